//! What every loss of Keras can be told.

use serde::{Deserialize, Serialize};

use super::Reduction;
use crate::Setting;

/// The arguments that all losses share.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LossBase {
    pub(super) name: String,
    pub(super) reduction: Setting<Reduction>,
}

impl LossBase {
    /// Keras's defaults for a loss of that name.
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_string(),
            reduction: Reduction::SumOverBatchSize.into(),
        }
    }
}

/// Writes `new` and the setters of what all losses share.
macro_rules! loss_setters {
    () => {
        /// With Keras's defaults.
        pub fn new() -> Self {
            Self::default()
        }

        /// What the loss is called; as in Keras unless set.
        #[must_use]
        pub fn name(mut self, name: &str) -> Self {
            self.base.name = name.to_string();
            self
        }

        /// How the values become one number: `"sum_over_batch_size"` unless set, else `"sum"` or
        /// `"mean_with_sample_weight"`.
        #[must_use]
        pub fn reduction(
            mut self,
            reduction: impl Into<$crate::Setting<$crate::losses::Reduction>>,
        ) -> Self {
            self.base.reduction = reduction.into();
            self
        }
    };
}
pub(super) use loss_setters;

/// Writes `name`, `class_name`, `reduction`, `get_config` and `boxed_clone`, which are the same for
/// every loss of Keras; `get_config` has all arguments unless something else is said.
macro_rules! loss_identity {
    ($class_name:expr, config: |$loss:ident| $config:expr) => {
        fn name(&self) -> &str {
            &self.base.name
        }

        fn class_name(&self) -> &str {
            $class_name
        }

        fn reduction(&self) -> $crate::Result<$crate::losses::Reduction> {
            self.base.reduction.get().copied()
        }

        fn get_config(&self) -> $crate::Result<$crate::Config> {
            let $loss = self;
            $config
        }

        fn boxed_clone(&self) -> Box<dyn $crate::losses::Loss> {
            Box::new(self.clone())
        }
    };
    ($class_name:expr) => {
        $crate::losses::base::loss_identity!(
            $class_name, config: |loss| $crate::Config::of(loss)
        );
    };
}
pub(super) use loss_identity;
