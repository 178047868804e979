//! FarmHash's 64-bit fingerprint, by which Keras distributes what it does not know.

const K0: u64 = 0xc3a5_c85c_97cb_3127;
const K1: u64 = 0xb492_b66f_be98_f273;
const K2: u64 = 0x9ae1_6a3b_2f90_404f;

/// What the hash of a combination begins with: TensorFlow's default.
pub(super) const CROSSING_KEY: u64 = 0xDE_CAFC_AFFE;

/// The hash of a combination and one more part: TensorFlow's way to join two fingerprints.
pub(super) fn join(combination: u64, part: u64) -> u64 {
    const BY: u64 = 0xc6a4_a793_5bd1_e995;
    let part = shift_mix(part.wrapping_mul(BY)).wrapping_mul(BY);
    let joined = (combination ^ BY ^ part).wrapping_mul(BY);
    shift_mix(shift_mix(joined).wrapping_mul(BY))
}

pub(super) fn fingerprint(s: &[u8]) -> u64 {
    match s.len() {
        0..=16 => up_to_16(s),
        17..=32 => up_to_32(s),
        33..=64 => up_to_64(s),
        _ => longer(s),
    }
}

/// The eight bytes at `at`.
fn word(s: &[u8], at: usize) -> u64 {
    let bytes = s[at..].iter().take(8).enumerate();
    bytes.fold(0, |word, (i, &byte)| word | u64::from(byte) << (8 * i))
}

fn half_word(s: &[u8], at: usize) -> u64 {
    word(s, at) & 0xffff_ffff
}

fn shift_mix(value: u64) -> u64 {
    value ^ (value >> 47)
}

fn mix(u: u64, v: u64, by: u64) -> u64 {
    let a = shift_mix((u ^ v).wrapping_mul(by));
    shift_mix((v ^ a).wrapping_mul(by)).wrapping_mul(by)
}

/// The sum, however large.
fn sum<const N: usize>(terms: [u64; N]) -> u64 {
    terms.into_iter().fold(0, u64::wrapping_add)
}

fn by_length(s: &[u8]) -> u64 {
    K2.wrapping_add(2 * s.len() as u64)
}

fn up_to_16(s: &[u8]) -> u64 {
    let (len, by) = (s.len(), by_length(s));
    if len >= 8 {
        let (a, b) = (word(s, 0).wrapping_add(K2), word(s, len - 8));
        let c = b.rotate_right(37).wrapping_mul(by).wrapping_add(a);
        let d = a.rotate_right(25).wrapping_add(b).wrapping_mul(by);
        return mix(c, d, by);
    }
    if len >= 4 {
        let a = half_word(s, 0);
        return mix((len as u64).wrapping_add(a << 3), half_word(s, len - 4), by);
    }
    if len > 0 {
        let [a, b, c] = [s[0], s[len >> 1], s[len - 1]].map(u64::from);
        let (y, z) = (a + (b << 8), len as u64 + (c << 2));
        return shift_mix(y.wrapping_mul(K2) ^ z.wrapping_mul(K0)).wrapping_mul(K2);
    }
    K2
}

fn up_to_32(s: &[u8]) -> u64 {
    let (len, by) = (s.len(), by_length(s));
    let (a, b) = (word(s, 0).wrapping_mul(K1), word(s, 8));
    let (c, d) = (
        word(s, len - 8).wrapping_mul(by),
        word(s, len - 16).wrapping_mul(K2),
    );
    let u = sum([sum([a, b]).rotate_right(43), c.rotate_right(30), d]);
    mix(u, sum([a, sum([b, K2]).rotate_right(18), c]), by)
}

fn up_to_64(s: &[u8]) -> u64 {
    let (len, by) = (s.len(), by_length(s));
    let (a, b) = (word(s, 0).wrapping_mul(K2), word(s, 8));
    let (c, d) = (
        word(s, len - 8).wrapping_mul(by),
        word(s, len - 16).wrapping_mul(K2),
    );
    let y = sum([sum([a, b]).rotate_right(43), c.rotate_right(30), d]);
    let z = mix(y, sum([a, sum([b, K2]).rotate_right(18), c]), by);
    let (e, f) = (word(s, 16).wrapping_mul(by), word(s, 24));
    let g = sum([y, word(s, len - 32)]).wrapping_mul(by);
    let h = sum([z, word(s, len - 24)]).wrapping_mul(by);
    let u = sum([sum([e, f]).rotate_right(43), g.rotate_right(30), h]);
    mix(u, sum([e, sum([f, a]).rotate_right(18), g]), by)
}

/// What the longer strings are read into, 64 bytes at a time.
struct State {
    x: u64,
    y: u64,
    z: u64,
    v: (u64, u64),
    w: (u64, u64),
}

impl State {
    /// Takes in the 64 bytes at `at`; `nine` is 1, and 9 for the last ones.
    fn read(&mut self, s: &[u8], at: usize, by: u64, nine: u64) {
        let State { x, y, z, v, w } = self;
        *x = sum([*x, *y, v.0, word(s, at + 8)])
            .rotate_right(37)
            .wrapping_mul(by);
        *y = sum([*y, v.1, word(s, at + 48)])
            .rotate_right(42)
            .wrapping_mul(by);
        *x ^= w.1.wrapping_mul(nine);
        *y = sum([*y, v.0.wrapping_mul(nine), word(s, at + 40)]);
        *z = sum([*z, w.0]).rotate_right(33).wrapping_mul(by);
        *v = weak(s, at, v.1.wrapping_mul(by), sum([*x, w.0]));
        *w = weak(s, at + 32, sum([*z, w.1]), sum([*y, word(s, at + 16)]));
        std::mem::swap(z, x);
    }
}

fn weak(s: &[u8], at: usize, a: u64, b: u64) -> (u64, u64) {
    let z = word(s, at + 24);
    let first = sum([a, word(s, at)]);
    let b = sum([b, first, z]).rotate_right(21);
    let all = sum([first, word(s, at + 8), word(s, at + 16)]);
    (sum([all, z]), sum([b, all.rotate_right(44), first]))
}

fn longer(s: &[u8]) -> u64 {
    const SEED: u64 = 81;
    let y = SEED.wrapping_mul(K1).wrapping_add(113);
    let mut state = State {
        x: SEED.wrapping_mul(K2).wrapping_add(word(s, 0)),
        y,
        z: shift_mix(y.wrapping_mul(K2).wrapping_add(113)).wrapping_mul(K2),
        v: (0, 0),
        w: (0, 0),
    };
    let rest = (s.len() - 1) & 63;
    for at in (0..s.len() - 1 - rest).step_by(64) {
        state.read(s, at, K1, 1);
    }
    let by = K1.wrapping_add((state.z & 0xff) << 1);
    state.w.0 = sum([state.w.0, rest as u64]);
    state.v.0 = sum([state.v.0, state.w.0]);
    state.w.0 = sum([state.w.0, state.v.0]);
    state.read(s, s.len() - 64, by, 9);
    let State { x, y, z, v, w } = state;
    let u = sum([mix(v.0, w.0, by), shift_mix(y).wrapping_mul(K0), z]);
    mix(u, sum([mix(v.1, w.1, by), x]), by)
}
