//! Damage to bytes, the same in every run.

/// Pieces of the formats that are read.
const WORDS: [&[u8]; 20] = [
    b"0",
    b"9",
    b"-1",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b",",
    b":",
    b"/",
    b"(",
    b")",
    b"null",
    b"1e999",
    b"\n",
    b"PK\x01\x02",
    b"\xff\xff\xff\x7f",
    b"\x00\x00\x00\x80",
    b"99999999999999999999",
];

/// Random numbers that come again: a linear congruence.
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// One whose numbers depend on `seed` alone.
    pub fn new(seed: u64) -> Mutator {
        Mutator { state: seed }
    }

    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) as usize % limit
    }

    /// Changes bytes in one place: other ones, missing ones, new ones, some from elsewhere.
    pub fn wound(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            bytes.push(self.below(256) as u8);
            return;
        }
        let position = self.below(bytes.len());
        match self.below(9) {
            0 => bytes[position] = self.below(256) as u8,
            1 => bytes[position] ^= 1 << self.below(8),
            2 => bytes[position] = [0, 1, 0x7f, 0xff][self.below(4)],
            3 => {
                let end = (position + self.below(40)).min(bytes.len());
                bytes.drain(position..end);
            }
            4 => bytes.insert(position, self.below(256) as u8),
            5 => {
                let word = WORDS[self.below(WORDS.len())];
                bytes.splice(position..position, word.iter().copied());
            }
            6 => {
                let end = (position + [2, 4, 8][self.below(3)]).min(bytes.len());
                bytes[position..end].fill([0, 0xff][self.below(2)]);
            }
            7 => {
                let word = WORDS[self.below(WORDS.len())];
                let end = (position + word.len()).min(bytes.len());
                bytes[position..end].copy_from_slice(&word[..end - position]);
            }
            _ => {
                let from = self.below(bytes.len());
                let length = (1 + self.below(16)).min(bytes.len() - from.max(position));
                bytes.copy_within(from..from + length, position);
            }
        }
    }
}

/// Copies of `bytes` with one to six wounds: in round `n`, counted from 0, `1 + n % 6`.
pub fn damaged(bytes: &[u8], rounds: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut mutator = Mutator::new(1);
    (0..rounds).map(move |round| {
        let mut damaged = bytes.to_vec();
        for _ in 0..=round % 6 {
            mutator.wound(&mut damaged);
        }
        damaged
    })
}
