//! Budgets that refill with time.

use std::time::{Duration, Instant};

/// An amount that is spent at once and comes back steadily. Spending may go into debt, so that
/// things need not be cut to what is left.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    level: f64,
    most: f64,
    per_second: f64,
    at: Instant,
}

impl Budget {
    /// A full budget.
    pub(crate) fn new(most: f64, per_second: f64, now: Instant) -> Self {
        Budget {
            level: most,
            most,
            per_second,
            at: now,
        }
    }

    fn level(&self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        (self.level + passed * self.per_second).min(self.most)
    }

    /// Whether `amount` is there.
    pub(crate) fn has(&self, amount: f64, now: Instant) -> bool {
        self.level(now) >= amount
    }

    /// Spends `amount`, whether it is there or not.
    pub(crate) fn spend(&mut self, amount: f64, now: Instant) {
        self.level = self.level(now) - amount;
        self.at = now;
    }

    /// When `amount` will be there.
    pub(crate) fn when(&self, amount: f64, now: Instant) -> Instant {
        let missing = (amount - self.level(now)).max(0.0);
        // A millisecond more, so that rounding does not ask a moment too early.
        now + Duration::from_secs_f64(missing / self.per_second) + Duration::from_millis(1)
    }

    /// Lets it refill at another pace from now on.
    pub(crate) fn set_pace(&mut self, per_second: f64, now: Instant) {
        self.spend(0.0, now);
        self.per_second = per_second;
    }
}
