//! Where a training run stands.

use std::time::Instant;

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::history::{Ending, History};

/// Where a training run stands.
#[derive(Clone, Debug)]
pub(crate) struct Progression {
    /// The epoch that comes next or is under way, counted from 0.
    pub(crate) epoch: usize,
    /// The epoch after which the run ends.
    pub(crate) epochs: usize,
    /// How many batches an epoch has, once that is known.
    pub(crate) steps: Option<usize>,
    /// What the order of the samples and everything random in each step comes from: a run that goes
    /// on with it at some epoch is the run that was never interrupted.
    pub(crate) seed: u64,
    /// How many batches of that epoch were done before the run was taken up again.
    pub(crate) batch: usize,
    /// Why the run ends, when a callback ended it.
    pub(crate) stopped: Option<String>,
    /// What happened in the epochs so far.
    pub(crate) history: History,
    /// When the epoch began.
    pub(crate) epoch_begun: Instant,
}

impl Progression {
    /// What the order of an epoch comes from.
    pub(super) fn generators(&self) -> impl Fn(usize) -> StdRng + use<> {
        let seed = self.seed;
        move |epoch| StdRng::seed_from_u64(seed.wrapping_add(epoch as u64))
    }

    /// What is random in a step: its own, so that a run can go on at any of them.
    pub(super) fn step_generator(&self, batch: usize) -> StdRng {
        /// An odd number that spreads the batches over all seeds, far from those of the epochs.
        const APART: u64 = 0x9e37_79b9_7f4a_7c15;
        let epoch = self.seed.wrapping_add(self.epoch as u64);
        StdRng::seed_from_u64(epoch.wrapping_add((batch as u64 + 1).wrapping_mul(APART)))
    }

    /// Adds the epoch under way to the history.
    pub(crate) fn record(&mut self, results: &[(String, f64)]) {
        let seconds = self.epoch_begun.elapsed().as_secs_f64();
        self.history.push(self.epoch, seconds, results);
    }

    /// The user interrupted the epoch.
    pub(super) fn interrupt(&mut self, results: &[(String, f64)]) {
        self.record(results);
        self.history.ending = Ending::Interrupted;
    }
}
