//! Seeded randomness: one generator for the process, one independent stream for each purpose.

use std::cell::RefCell;
use std::sync::Mutex;

use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};

static SEEDS: Mutex<Option<StdRng>> = Mutex::new(None);

thread_local! {
    /// What this thread draws from instead, for a while.
    static OWN_SEEDS: RefCell<Option<StdRng>> = const { RefCell::new(None) };
}

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
    let own = OWN_SEEDS.with_borrow_mut(|own| own.as_mut().map(StdRng::next_u64));
    if let Some(seed) = own {
        return StdRng::seed_from_u64(seed);
    }
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

/// Runs `body` with everything random that this thread draws drawn from `seed`, whatever other
/// threads do meanwhile.
pub(crate) fn seeded_on_this_thread<R>(seed: u64, body: impl FnOnce() -> R) -> R {
    struct PutBack(Option<StdRng>);
    impl Drop for PutBack {
        fn drop(&mut self) {
            OWN_SEEDS.set(self.0.take());
        }
    }
    let _before = PutBack(OWN_SEEDS.replace(Some(StdRng::seed_from_u64(seed))));
    body()
}

/// A seed made of two numbers, far from those of their neighbours.
///
/// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014 (SplitMix64).
pub(crate) fn mixed(seed: u64, number: u64) -> u64 {
    let spread = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = seed.wrapping_add(spread);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A permutation of `0..len`.
pub(crate) fn permutation(len: usize, generator: &mut StdRng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    for i in (1..len).rev() {
        order.swap(i, generator.gen_range(0..=i));
    }
    order
}

/// A number of the normal distribution, after Box and Muller.
pub(crate) fn normal(generator: &mut StdRng) -> f64 {
    // 1 less a number below 1 is never 0, whose logarithm is infinite.
    let radius = (-2.0 * (1.0 - generator.r#gen::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * generator.r#gen::<f64>()).cos()
}

/// A share from 0 to 1 of the beta distribution with twice the same parameter, a positive one.
pub(crate) fn beta(alpha: f64, generator: &mut StdRng) -> f64 {
    let (one, other) = (log_gamma(alpha, generator), log_gamma(alpha, generator));
    1.0 / (1.0 + (other - one).exp())
}

/// Shares that make 1 together, of the Dirichlet distribution with the same parameter for all.
pub(crate) fn dirichlet(count: usize, alpha: f64, generator: &mut StdRng) -> Vec<f64> {
    let logs: Vec<f64> = (0..count).map(|_| log_gamma(alpha, generator)).collect();
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let parts: Vec<f64> = logs.iter().map(|log| (log - largest).exp()).collect();
    let sum: f64 = parts.iter().sum();
    parts.into_iter().map(|part| part / sum).collect()
}

/// The logarithm of a number of the gamma distribution: the number itself may be too small.
///
/// Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables", 2000.
fn log_gamma(alpha: f64, generator: &mut StdRng) -> f64 {
    if alpha < 1.0 {
        let smaller = (1.0 - generator.r#gen::<f64>()).ln() / alpha;
        return log_gamma(alpha + 1.0, generator) + smaller;
    }
    let d = alpha - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(generator);
        let v = (1.0 + c * x).powi(3);
        let u = 1.0 - generator.r#gen::<f64>();
        if v > 0.0 && u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return (d * v).ln();
        }
    }
}
