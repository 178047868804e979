//! Random bits by counting: any part of the stream can be computed alone, so that threads share the
//! work and the bits do not depend on how.

/// How many counters become bits together: enough that the compiler takes wide registers for them.
pub(super) const LANES: usize = 32;

/// Four words for each of the counters from `first`, a multiple of [`LANES`], on: first the first
/// word of each, then the second.
///
/// Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011: Philox 4x32-10.
#[inline(always)]
pub(super) fn random_words(key: [u32; 2], first: u64) -> [[u32; LANES]; 4] {
    let mut words = [[0; LANES]; 4];
    for lane in 0..LANES {
        let low = first as u32 + lane as u32;
        let scrambled = scramble([low, (first >> 32) as u32, 0, 0], key);
        for (words, word) in words.iter_mut().zip(scrambled) {
            words[lane] = word;
        }
    }
    words
}

#[inline(always)]
fn scramble(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    const ROUNDS: u32 = 10;
    const FACTORS: [u64; 2] = [0xd251_1f53, 0xcd9e_8d57];
    const KEY_STEPS: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
    let [mut a, mut b, mut c, mut d] = counter;
    for round in 0..ROUNDS {
        let (of_a, of_c) = (u64::from(a) * FACTORS[0], u64::from(c) * FACTORS[1]);
        let key = [0, 1].map(|i| key[i].wrapping_add(round.wrapping_mul(KEY_STEPS[i])));
        (a, b) = ((of_c >> 32) as u32 ^ b ^ key[0], of_c as u32);
        (c, d) = ((of_a >> 32) as u32 ^ d ^ key[1], of_a as u32);
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
            assert_eq!(scramble(counter, key), words);
        }
    }

    #[test]
    fn every_counter_has_its_own_words() {
        let first = (7 << 32) + 3 * LANES as u64;
        let words = random_words([1, 2], first);
        for lane in 0..LANES {
            let counter = [3 * LANES as u32 + lane as u32, 7, 0, 0];
            assert_eq!(words.map(|words| words[lane]), scramble(counter, [1, 2]));
        }
    }
}
