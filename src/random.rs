//! Seeded randomness: one generator for the process, one independent stream for each purpose.

use std::sync::Mutex;

use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};

static SEEDS: Mutex<Option<StdRng>> = Mutex::new(None);

/// Makes everything random from here on repeatable, bit for bit on one machine: initial weights,
/// shuffling, dropout.
///
/// Keras: `keras.utils.set_random_seed(seed)`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// set_random_seed(7);
/// let a = Tensor::random_uniform((2, 3), 0.0, 1.0);
/// set_random_seed(7);
/// assert_eq!(a, Tensor::random_uniform((2, 3), 0.0, 1.0));
/// ```
pub fn set_random_seed(seed: u64) {
    *lock() = Some(StdRng::seed_from_u64(seed));
}

/// A fresh generator, seeded from the process-wide one, so that what one consumer draws does not
/// shift what another gets.
pub(crate) fn stream() -> StdRng {
    let mut seeds = lock();
    let seeds = seeds.get_or_insert_with(|| StdRng::seed_from_u64(entropy()));
    StdRng::seed_from_u64(seeds.next_u64())
}

fn lock() -> std::sync::MutexGuard<'static, Option<StdRng>> {
    // A poisoned lock only means that a thread panicked while drawing: the generator is still good.
    SEEDS
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Entropy from the hasher keys that std draws from the system, without another dependency.
fn entropy() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

/// A seed for something that keeps it.
pub(crate) fn fresh_seed() -> u64 {
    stream().next_u64()
}

/// Runs `body` with everything random drawn from `seed`; afterwards the draws go on as if there had
/// been none.
pub(crate) fn seeded<R>(seed: u64, body: impl FnOnce() -> R) -> R {
    struct PutBack(Option<StdRng>);
    impl Drop for PutBack {
        fn drop(&mut self) {
            *lock() = self.0.take();
        }
    }
    let _before = PutBack(lock().replace(StdRng::seed_from_u64(seed)));
    body()
}

/// A permutation of `0..len`.
pub(crate) fn permutation(len: usize, generator: &mut StdRng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    for i in (1..len).rev() {
        order.swap(i, generator.gen_range(0..=i));
    }
    order
}
