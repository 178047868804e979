//! NumPy's shuffle: a seed splits a folder into training and validation as it does in Keras.

/// The Mersenne Twister MT19937, seeded as `numpy.random.RandomState(seed)`.
///
/// Matsumoto and Nishimura, "Mersenne Twister: A 623-Dimensionally Equidistributed Uniform
/// Pseudo-Random Number Generator", 1998.
struct MersenneTwister {
    state: [u32; SIZE],
    at: usize,
}

const SIZE: usize = 624;
const SHIFT: usize = 397;

impl MersenneTwister {
    fn new(seed: u32) -> MersenneTwister {
        let mut state = [seed; SIZE];
        for i in 1..SIZE {
            let before = state[i - 1];
            state[i] = (before ^ (before >> 30))
                .wrapping_mul(1_812_433_253)
                .wrapping_add(i as u32);
        }
        MersenneTwister { state, at: SIZE }
    }

    fn twist(&mut self) {
        for i in 0..SIZE {
            let next = self.state[(i + 1) % SIZE];
            let joined = (self.state[i] & 0x8000_0000) | (next & 0x7fff_ffff);
            let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + SHIFT) % SIZE] ^ (joined >> 1) ^ odd;
        }
        self.at = 0;
    }

    fn next(&mut self) -> u32 {
        if self.at == SIZE {
            self.twist();
        }
        let mut y = self.state[self.at];
        self.at += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// A number from 0 to `most`, drawn until it is small enough.
    fn up_to(&mut self, most: u32) -> u32 {
        let mask = u32::MAX.checked_shr(most.leading_zeros()).unwrap_or(0);
        loop {
            let drawn = self.next() & mask;
            if drawn <= most {
                return drawn;
            }
        }
    }
}

/// Brings `items` into the order of `numpy.random.RandomState(seed).shuffle(items)`.
pub(super) fn shuffle<T>(items: &mut [T], seed: u32) {
    let mut generator = MersenneTwister::new(seed);
    for i in (1..items.len()).rev() {
        let Ok(most) = u32::try_from(i) else {
            // NumPy draws two words for so many; no list here is as long.
            continue;
        };
        items.swap(i, generator.up_to(most) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::shuffle;

    #[test]
    fn the_order_is_that_of_numpy() {
        // numpy.random.RandomState(123).shuffle(list(range(10)))
        let mut items: Vec<u32> = (0..10).collect();
        shuffle(&mut items, 123);
        assert_eq!(items, [4, 0, 7, 5, 8, 3, 1, 6, 9, 2]);
    }
}
