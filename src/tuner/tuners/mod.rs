//! The ways to search, as a user names them; `oracles/` is what they do.

mod bayesian_optimization;
mod grid_search;
mod hyperband;
mod random_search;

pub use bayesian_optimization::BayesianOptimization;
pub use grid_search::GridSearch;
pub use hyperband::Hyperband;
pub use random_search::RandomSearch;

/// What all ways to search have: the arguments of `keras_tuner.Tuner`, and being a `Tuner`.
macro_rules! tuner {
    ($name:ident) => {
        impl $name {
            /// A search for the best model of those that `build` makes: a function or closure that
            /// takes `&mut HyperParameters` and returns a compiled model.
            ///
            /// `default()` makes a search without models, for
            /// [`search_with`](crate::tuner::Tuner::search_with).
            pub fn new<M: Into<$crate::Model>>(
                build: impl Fn(&mut $crate::tuner::HyperParameters) -> $crate::Result<M>
                + Send
                + Sync
                + 'static,
            ) -> Self {
                let mut made = Self::default();
                made.tuner = made.tuner.building(build);
                made
            }

            /// The result that is made best: its name, or an
            /// [`Objective`](crate::tuner::Objective) where the name does not tell which way is
            /// better.
            #[must_use]
            pub fn objective(
                mut self,
                objective: impl Into<$crate::Setting<$crate::tuner::Objective>>,
            ) -> Self {
                self.tuner.settings.objective = Some(objective.into());
                self
            }

            /// How often the model of a trial is trained anew; its score is the mean. 1 unless set.
            #[must_use]
            pub fn executions_per_trial(mut self, executions_per_trial: usize) -> Self {
                self.tuner.settings.executions_per_trial = executions_per_trial;
                self
            }

            /// What everything random comes from: the values of the trials, and the first weights
            /// and the order of the samples in each. Drawn at random unless set; a search that goes
            /// on keeps the one that it began with.
            #[must_use]
            pub fn seed(mut self, seed: u64) -> Self {
                self.tuner.settings.seed = Some(seed);
                self
            }

            /// The folder in which the folder of the search is; the current one unless set.
            #[must_use]
            pub fn directory(mut self, directory: impl AsRef<std::path::Path>) -> Self {
                self.tuner.settings.directory = directory.as_ref().to_path_buf();
                self
            }

            /// The name of the folder of the search; `untitled_project` unless set.
            #[must_use]
            pub fn project_name(mut self, project_name: &str) -> Self {
                self.tuner.settings.project_name = project_name.to_string();
                self
            }

            /// Whether the first search of this tuner begins anew, instead of going on with what is
            /// in the folder; false unless set. Files of other programs stay.
            #[must_use]
            pub fn overwrite(mut self, overwrite: bool) -> Self {
                self.tuner.settings.overwrite = overwrite;
                self
            }

            /// Hyperparameters that are known before a model is built; their definitions count
            /// where the build function has others of the same names.
            #[must_use]
            pub fn hyperparameters(
                mut self,
                hyperparameters: $crate::tuner::HyperParameters,
            ) -> Self {
                self.tuner.settings.hyperparameters = Some(hyperparameters);
                self
            }

            /// Whether hyperparameters that are not among those given are tuned, too; true unless
            /// set. Otherwise they have their defaults.
            #[must_use]
            pub fn tune_new_entries(mut self, tune_new_entries: bool) -> Self {
                self.tuner.settings.tune_new_entries = tune_new_entries;
                self
            }

            /// Whether there may be hyperparameters that are not among those given; true unless set.
            #[must_use]
            pub fn allow_new_entries(mut self, allow_new_entries: bool) -> Self {
                self.tuner.settings.allow_new_entries = allow_new_entries;
                self
            }

            /// How often a trial with an error is tried again; 0 unless set.
            #[must_use]
            pub fn max_retries_per_trial(mut self, max_retries_per_trial: usize) -> Self {
                self.tuner.settings.max_retries_per_trial = max_retries_per_trial;
                self
            }

            /// After how many failed trials in a row the search ends with an error; 3 unless set.
            #[must_use]
            pub fn max_consecutive_failed_trials(
                mut self,
                max_consecutive_failed_trials: usize,
            ) -> Self {
                self.tuner.settings.max_consecutive_failed_trials = max_consecutive_failed_trials;
                self
            }
        }

        impl std::ops::Deref for $name {
            type Target = $crate::tuner::Tuner;

            fn deref(&self) -> &$crate::tuner::Tuner {
                &self.tuner
            }
        }

        impl std::ops::DerefMut for $name {
            fn deref_mut(&mut self) -> &mut $crate::tuner::Tuner {
                &mut self.tuner
            }
        }
    };
}
use tuner;
