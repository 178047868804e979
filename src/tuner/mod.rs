//! Searches for the best hyperparameters, with Keras Tuner's names.
//!
//! A function builds a model from [`HyperParameters`], which it asks for each value where it needs
//! it. A tuner calls it with other values each time, trains the model, and remembers what came out:
//! [`RandomSearch`], [`GridSearch`], [`Hyperband`] or [`BayesianOptimization`].
//!
//! ```
//! use kerust::prelude::*;
//!
//! fn build(hp: &mut HyperParameters) -> Result<Sequential> {
//!     let units = hp.int("units", 4, 32).step(4).get()?;
//!     let activation = hp.choice("activation", ["relu", "tanh"]).get()?;
//!     let learning_rate = hp.float("learning_rate", 1e-3, 1e-1).sampling("log").get()?;
//!     let mut model = Sequential::new();
//!     model.add(Dense::new(units).activation(activation).input_shape(2))?;
//!     if hp.boolean("dropout").get()? {
//!         model.add(Dropout::new(0.2))?;
//!     }
//!     model.add(Dense::new(2).activation("softmax"))?;
//!     model.compile(Compile {
//!         optimizer: Adam::new().learning_rate(learning_rate).into(),
//!         loss: "sparse_categorical_crossentropy".into(),
//!         metrics: vec!["accuracy".into()],
//!         ..Compile::default()
//!     })?;
//!     Ok(model)
//! }
//!
//! # let folder = tempfile::tempdir().expect("a folder");
//! let x = Tensor::random_uniform((60, 2), -1.0, 1.0);
//! let y = x.to_vec::<f32>().chunks_exact(2).map(|p| i32::from(p[0] > p[1])).collect();
//! let y = Tensor::from_vec(y, 60)?;
//!
//! let mut tuner = RandomSearch::new(build)
//!     .objective("val_accuracy")
//!     .max_trials(3)
//!     .directory(folder.path())
//!     .project_name("two_sides");
//! tuner.search(&x, &y, Fit { epochs: 2, validation_split: 0.25, ..Fit::default() })?;
//!
//! let best = tuner.get_best_hyperparameters(1)?.remove(0);
//! println!("{} units", best.get::<usize>("units")?);
//! let mut model = tuner.get_best_models(1)?.remove(0);
//! assert_eq!(model.predict(&x)?.shape(), (60, 2));
//! println!("{}", tuner.results_summary()?);
//! # Ok::<(), kerust::Error>(())
//! ```
//!
//! While it searches, a notebook shows a live table of the trials. All of it is written down in the
//! folder of the project: when the process dies, the same cell goes on where the search was, with
//! the same result as if nothing had happened.
//!
//! # The map
//!
//! * `hyperparameters/`: what is tuned, and how probabilities become values.
//! * `oracles/`: what to try next, for each way to search; `tuners/`: the ways as a user names them.
//! * `tuner.rs`, `results.rs`: what all of them can do; `search.rs`: trial after trial; `train.rs`: a trial that
//!   trains a model; `project.rs`: the search on the disk.

mod hyperparameters;
mod objective;
mod oracles;
mod project;
mod results;
mod search;
mod settings;
mod summary;
mod train;
mod trial;
#[allow(clippy::module_inception)]
mod tuner;
mod tuners;
mod value;

pub use hyperparameters::{
    BooleanArguments, ChoiceArguments, Conditional, Define, FixedArguments, FloatArguments,
    HyperParameter, HyperParameters, IntArguments, Sampling,
};
pub use objective::Objective;
pub use summary::{ResultsSummary, SearchSpaceSummary};
pub use trial::{Trial, TrialStatus};
pub use tuner::Tuner;
pub use tuners::{BayesianOptimization, GridSearch, Hyperband, RandomSearch};
pub use value::{Real, Tunable, Value, Whole};

/// What is random in a trial, from the seed of its search: with `execution` 0 its values, with the
/// others each of its trainings.
fn seed_of(seed: u64, trial: usize, execution: usize) -> u64 {
    /// Odd numbers that spread trials and executions over all seeds.
    const TRIALS: u64 = 0x9e37_79b9_7f4a_7c15;
    const EXECUTIONS: u64 = 0xd1b5_4a32_d192_ed03;
    let trial = (trial as u64).wrapping_mul(TRIALS);
    let execution = (execution as u64).wrapping_mul(EXECUTIONS);
    seed.wrapping_add(trial).wrapping_add(execution)
}
