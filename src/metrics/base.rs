//! What every metric of Keras can be told.

use serde::{Deserialize, Serialize};

/// The arguments that all metrics share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct MetricBase {
    pub(super) name: String,
    /// What Keras computes in; it has no meaning here but stays in the configuration.
    pub(super) dtype: String,
}

impl MetricBase {
    /// Keras's defaults for a metric of that name.
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_string(),
            dtype: "float32".to_string(),
        }
    }

    /// The same for a metric that counts in whole numbers.
    pub(super) fn whole(name: &str) -> Self {
        Self {
            dtype: "int32".to_string(),
            ..Self::new(name)
        }
    }
}

/// Writes the setter of what all metrics share.
macro_rules! metric_setters {
    () => {
        /// The name under which results are shown; a usual one unless set.
        #[must_use]
        pub fn name(mut self, name: &str) -> Self {
            self.base.name = name.to_string();
            self
        }
    };
}
pub(super) use metric_setters;

/// Writes `name`, `class_name`, `reset`, `get_config` and `boxed_clone`, which are the same for every
/// metric of Keras; `get_config` has all arguments unless something else is said.
macro_rules! metric_identity {
    ($class_name:expr, config: |$metric:ident| $config:expr) => {
        fn name(&self) -> &str {
            &self.base.name
        }

        fn class_name(&self) -> &str {
            $class_name
        }

        fn reset(&mut self) {
            self.state = Default::default();
        }

        fn get_config(&self) -> $crate::Result<$crate::Config> {
            let $metric = self;
            $config
        }

        fn boxed_clone(&self) -> Box<dyn $crate::metrics::Metric> {
            Box::new(self.clone())
        }
    };
    ($class_name:expr) => {
        $crate::metrics::base::metric_identity!(
            $class_name, config: |metric| $crate::Config::of(metric)
        );
    };
}
pub(super) use metric_identity;
