//! What the relatives of Adam have in common.

use super::{check_beta, check_not_negative};
use crate::Result;

/// Writes the setters of the means that Adam and its relatives follow, where `$inner` is the field
/// that holds them, if they are in one.
macro_rules! moment_setters {
    ($($inner:ident)?) => {
        /// How slowly the mean of the gradient follows; 0.9 unless set.
        #[must_use]
        pub fn beta_1(mut self, beta_1: f32) -> Self {
            self.$($inner.)?beta_1 = beta_1;
            self
        }

        /// How slowly the mean of its square follows (with Adamax, its largest size); 0.999 unless
        /// set.
        #[must_use]
        pub fn beta_2(mut self, beta_2: f32) -> Self {
            self.$($inner.)?beta_2 = beta_2;
            self
        }

        /// What keeps the division away from 0; 1e-7 unless set.
        #[must_use]
        pub fn epsilon(mut self, epsilon: f32) -> Self {
            self.$($inner.)?epsilon = epsilon;
            self
        }
    };
}
pub(super) use moment_setters;

/// Fails unless both means follow at all.
pub(super) fn check_moments(beta_1: f32, beta_2: f32, epsilon: f32) -> Result<()> {
    check_beta("beta_1", beta_1)?;
    check_beta("beta_2", beta_2)?;
    check_not_negative("epsilon", epsilon)
}
