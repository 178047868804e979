//! NumPy's legacy random numbers, which decide how Keras shuffles: a seed gives the same order here.

/// The Mersenne Twister MT19937, seeded as `numpy.random.RandomState(seed)`.
///
/// Matsumoto and Nishimura, "Mersenne Twister: A 623-Dimensionally Equidistributed Uniform
/// Pseudo-Random Number Generator", 1998.
pub(crate) struct RandomState {
    state: [u32; Self::LENGTH],
    at: usize,
}

impl RandomState {
    const LENGTH: usize = 624;
    const MIDDLE: usize = 397;

    pub(crate) fn new(seed: u32) -> RandomState {
        let mut state = [seed; Self::LENGTH];
        for i in 1..Self::LENGTH {
            let before = state[i - 1];
            state[i] = (before ^ (before >> 30))
                .wrapping_mul(1_812_433_253)
                .wrapping_add(i as u32);
        }
        RandomState {
            state,
            at: Self::LENGTH,
        }
    }

    fn next(&mut self) -> u32 {
        if self.at == Self::LENGTH {
            self.turn();
        }
        let mut word = self.state[self.at];
        self.at += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// The next 624 words.
    fn turn(&mut self) {
        for i in 0..Self::LENGTH {
            let next = self.state[(i + 1) % Self::LENGTH];
            let joined = (self.state[i] & 0x8000_0000) | (next & 0x7fff_ffff);
            let odd = if next & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + Self::MIDDLE) % Self::LENGTH] ^ (joined >> 1) ^ odd;
        }
        self.at = 0;
    }

    /// A number from 0 to `most`: numbers that are too large are drawn again, after cutting them to
    /// as many bits as `most` has.
    fn up_to(&mut self, most: u32) -> u32 {
        let mask = u32::MAX.checked_shr(most.leading_zeros()).unwrap_or(0);
        loop {
            let drawn = self.next() & mask;
            if drawn <= most {
                return drawn;
            }
        }
    }

    /// Brings `items` into another order.
    ///
    /// NumPy: `shuffle(items)`. There are at most 2^32.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.up_to(i as u32) as usize);
        }
    }

    /// The numbers below `count` in a random order.
    pub(crate) fn shuffled(&mut self, count: usize) -> Vec<usize> {
        let mut indices: Vec<usize> = (0..count).collect();
        self.shuffle(&mut indices);
        indices
    }
}

#[cfg(test)]
mod tests {
    use super::RandomState;

    #[test]
    fn it_shuffles_as_numpy_does() {
        let mut state = RandomState::new(113);
        let words: Vec<u32> = (0..4).map(|_| state.next()).collect();
        assert_eq!(words, [3659249829, 529109724, 317413538, 548173386]);
        let first = |count, most| RandomState::new(113).shuffled(count)[..most].to_vec();
        assert_eq!(first(10, 10), [9, 3, 6, 1, 0, 7, 4, 8, 2, 5]);
        assert_eq!(first(506, 5), [22, 202, 368, 335, 461]);
        assert_eq!(first(20640, 3), [4380, 8381, 15859]);
        assert_eq!(first(11228, 3), [1341, 4427, 5095]);
        let mut state = RandomState::new(113);
        assert_eq!(state.shuffled(25000)[..3], [7798, 13226, 18078]);
        assert_eq!(state.shuffled(25000)[..3], [22748, 4083, 8015]);
        assert!(RandomState::new(0).shuffled(0).is_empty());
    }
}
