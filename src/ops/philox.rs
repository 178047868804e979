//! Random bits by counting: any part of the stream can be computed alone, so that threads share the
//! work and the bits do not depend on how.

/// How many counters become bits together, in wide registers.
pub(super) const LANES: usize = 16;

/// Four words for each of the counters from `first`, a multiple of [`LANES`], on: first the first
/// word of each, then the second.
///
/// Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011: Philox 4x32-10.
#[inline(always)]
pub(super) fn random_words(key: [u32; 2], first: u64) -> [[u32; LANES]; 4] {
    let mut counters = [[0; LANES]; 4];
    for lane in 0..LANES {
        counters[0][lane] = first as u32 + lane as u32;
        counters[1][lane] = (first >> 32) as u32;
    }
    scramble(counters, key)
}

#[inline(always)]
fn scramble(counters: [[u32; LANES]; 4], key: [u32; 2]) -> [[u32; LANES]; 4] {
    const ROUNDS: u32 = 10;
    const FACTORS: [u64; 2] = [0xd251_1f53, 0xcd9e_8d57];
    const KEY_STEPS: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
    let [mut a, mut b, mut c, mut d] = counters;
    for round in 0..ROUNDS {
        let key_a = key[0].wrapping_add(round.wrapping_mul(KEY_STEPS[0]));
        let key_c = key[1].wrapping_add(round.wrapping_mul(KEY_STEPS[1]));
        for lane in 0..LANES {
            let (of_a, of_c) = (
                u64::from(a[lane]) * FACTORS[0],
                u64::from(c[lane]) * FACTORS[1],
            );
            a[lane] = (of_c >> 32) as u32 ^ b[lane] ^ key_a;
            b[lane] = of_c as u32;
            c[lane] = (of_a >> 32) as u32 ^ d[lane] ^ key_c;
            d[lane] = of_a as u32;
        }
    }
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_are_those_of_the_authors() {
        // Counter, key and words from `kat_vectors` of Random123, the authors' own library.
        let known = [
            (
                [0; 4],
                [0; 2],
                [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8],
            ),
            (
                [u32::MAX; 4],
                [u32::MAX; 2],
                [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd],
            ),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, words) in known {
            let scrambled = scramble(counter.map(|word| [word; LANES]), key);
            assert_eq!(scrambled, words.map(|word| [word; LANES]));
        }
    }

    #[test]
    fn every_counter_has_its_own_words() {
        let first = (7 << 32) + 3 * LANES as u64;
        let words = random_words([1, 2], first);
        for lane in 0..LANES {
            let counter = [3 * LANES as u32 + lane as u32, 7, 0, 0];
            let own = scramble(counter.map(|word| [word; LANES]), [1, 2]);
            for (words, own) in words.iter().zip(own) {
                assert_eq!(words[lane], own[0]);
            }
        }
    }
}
