//! `Tuner`: what all ways to search can do.

use std::fmt;
use std::path::{Path, PathBuf};

use super::oracles::Oracle;
use super::search::{Outcome, Results, Search};
use super::settings::Settings;
use super::train::{Samples, Trainer};
use super::trial::Trial;
use super::{HyperParameters, Objective, seed_of};
use crate::data::Dataset;
use crate::models::{Arrays, Fit, Model};
use crate::{Error, ErrorKind, Result, notebook, random};

/// Makes the model for some values.
pub(super) type Build = Box<dyn Fn(&mut HyperParameters) -> Result<Model> + Send + Sync>;

/// What all ways to search can do: [`RandomSearch`](super::RandomSearch) and the others are tuners.
///
/// Keras Tuner: `keras_tuner.Tuner`.
pub struct Tuner {
    pub(super) build: Option<Build>,
    pub(super) oracle: Box<dyn Oracle>,
    pub(super) settings: Settings,
    /// Whether this tuner has searched; one that overwrites knows nothing before.
    has_searched: bool,
}

impl fmt::Debug for Tuner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tuner")
            .field("oracle", &self.oracle)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Tuner {
    pub(super) fn new(oracle: impl Oracle + 'static) -> Tuner {
        Tuner {
            build: None,
            oracle: Box::new(oracle),
            settings: Settings::default(),
            has_searched: false,
        }
    }

    pub(super) fn building<M: Into<Model>>(
        mut self,
        build: impl Fn(&mut HyperParameters) -> Result<M> + Send + Sync + 'static,
    ) -> Tuner {
        self.build = Some(Box::new(move |hp| build(hp).map(Into::into)));
        self
    }

    /// Trains one model after the other on samples `x` and labels `y`, as `fit` says, and remembers
    /// how good each one is.
    ///
    /// `fit.verbose` is 0 for nothing, 1 for a live table of the trials, 2 for a line for each. The
    /// callbacks are the same in every trial. All is written down as it comes: a search that was
    /// interrupted or whose process died goes on where it was when it is started again, and one that
    /// has all of its trials ends at once.
    ///
    /// Keras Tuner: `tuner.search`.
    ///
    /// # Errors
    /// When there is no build function or no objective, an argument is wrong, the objective is not
    /// measured, another process searches in the same folder, the folder holds another search or
    /// damaged files, or too many trials in a row have failed.
    pub fn search(&mut self, x: impl Into<Arrays>, y: impl Into<Arrays>, fit: Fit) -> Result<()> {
        let (x, y) = (x.into(), y.into());
        let place = self.place("search");
        let samples = Samples::Arrays(&x, &y);
        self.search_models(samples, &fit).map_err(|e| e.at(place))
    }

    /// As [`search`](Self::search), on the batches of a dataset.
    ///
    /// Keras Tuner: `tuner.search(dataset)`.
    ///
    /// # Errors
    /// As [`search`](Self::search), and when the dataset has no end and `fit.steps_per_epoch` does not
    /// say how long an epoch is.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// # let folder = tempfile::tempdir().expect("a folder");
    /// fn build(hp: &mut HyperParameters) -> Result<Sequential> {
    ///     let mut model = Sequential::new();
    ///     model.add(Dense::new(hp.int("units", 1, 8).get()?).input_shape(2))?;
    ///     model.add(Dense::new(1))?;
    ///     model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
    ///     Ok(model)
    /// }
    ///
    /// let samples = (Tensor::ones((40, 2)), Tensor::ones((40, 1)));
    /// let batches = Dataset::from_tensor_slices(samples)?.batch(8);
    /// let (validation, train) = (batches.take(1), batches.skip(1));
    /// let mut tuner = RandomSearch::new(build)
    ///     .objective("val_loss")
    ///     .max_trials(2)
    ///     .directory(folder.path());
    /// tuner.search_batches(&train, Fit {
    ///     validation_data: (&validation).into(),
    ///     ..Fit::default()
    /// })?;
    /// assert_eq!(tuner.get_best_trials(2)?.len(), 2);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn search_batches(&mut self, batches: &Dataset, fit: Fit) -> Result<()> {
        let place = self.place("search_batches");
        let samples = Samples::Batches(batches);
        self.search_models(samples, &fit).map_err(|e| e.at(place))
    }

    fn search_models(&mut self, samples: Samples<'_>, fit: &Fit) -> Result<()> {
        let Some(build) = &self.build else {
            return Err(Error::state("there is no function that builds a model")
                .remedy("give one to `new`, or use `search_with`"));
        };
        let Some(objective) = &self.settings.objective else {
            return Err(Error::argument("objective", "the name of a result", "none")
                .remedy("for example `.objective(\"val_accuracy\")`"));
        };
        let objective = objective.get()?.clone();
        let shapes = samples.shapes()?;
        let search = Search::open(
            &self.settings,
            &*self.oracle,
            objective,
            self.known_space()?,
            self.begins_anew(),
        )?;
        self.has_searched = true;
        let trainer = Trainer {
            build,
            samples,
            shapes,
            fit,
            objective: search.objective(),
            executions: self.settings.executions_per_trial,
            project: search.project(),
            seed: search.seed(),
        };
        search.go(fit.verbose, &mut |trial, watch| trainer.run(trial, watch))
    }

    /// Searches over anything: `run_trial` gets a trial, whose hyperparameters it defines and uses,
    /// and returns how good it is. Without an objective, less is better.
    ///
    /// Keras Tuner: a subclass of `Tuner` with its own `run_trial`.
    ///
    /// # Errors
    /// As [`search`](Self::search). An error of `run_trial` makes the trial a failed one.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// # let folder = tempfile::tempdir().expect("a folder");
    /// let tuner = RandomSearch::default().max_trials(20).seed(1).project_name("parabola");
    /// # let tuner = tuner.directory(folder.path());
    /// let mut tuner = tuner.objective(Objective::new("y", "min"));
    /// tuner.search_with(|trial| {
    ///     let x: f64 = trial.hyperparameters.float("x", -2.0, 2.0).get()?;
    ///     Ok(x * x + 2.0 * x + 1.0)
    /// })?;
    /// let best = tuner.get_best_hyperparameters(1)?.remove(0);
    /// assert!((best.get::<f64>("x")? + 1.0).abs() < 0.3);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn search_with(&mut self, run_trial: impl FnMut(&mut Trial) -> Result<f64>) -> Result<()> {
        let place = self.place("search_with");
        self.search_own(run_trial).map_err(|e| e.at(place))
    }

    fn search_own(&mut self, mut run_trial: impl FnMut(&mut Trial) -> Result<f64>) -> Result<()> {
        let objective = match &self.settings.objective {
            Some(objective) => objective.get()?.clone(),
            None => Objective::of_own_trials(),
        };
        let search = Search::open(
            &self.settings,
            &*self.oracle,
            objective,
            self.given_space(),
            self.begins_anew(),
        )?;
        self.has_searched = true;
        let (seed, name) = (search.seed(), search.objective().name().to_string());
        search.go(1, &mut |trial, _| {
            let seed = seed_of(seed, trial.trial_id, 1);
            Ok(match random::seeded(seed, || run_trial(trial)) {
                Ok(score) if score.is_finite() => Outcome::Completed(Results {
                    score,
                    best_step: None,
                    metrics: [(name.clone(), score)].into(),
                    epochs: trial.last_epoch().unwrap_or(0),
                }),
                Ok(score) => {
                    let what = format!("the trial returned {score}");
                    Outcome::Failed(Error::new(ErrorKind::NotFinite, what))
                }
                Err(_) if notebook::interrupted() => Outcome::Interrupted,
                Err(error) => Outcome::Failed(error),
            })
        })
    }

    /// The folder that the search is written down in.
    ///
    /// Keras Tuner: `tuner.project_dir`.
    pub fn project_dir(&self) -> PathBuf {
        Path::new(&self.settings.directory).join(&self.settings.project_name)
    }

    pub(super) fn place(&self, method: &str) -> String {
        format!("{}: `{method}`", self.oracle.class_name())
    }

    pub(super) fn begins_anew(&self) -> bool {
        self.settings.overwrite && !self.has_searched
    }

    fn given_space(&self) -> HyperParameters {
        let given = self.settings.hyperparameters.clone();
        given.unwrap_or_default()
    }

    /// What the build function defines: with all defaults, and again with values that lead into the
    /// conditional scopes that it has not been in.
    ///
    /// Keras Tuner: `BaseTuner._populate_initial_space`.
    pub(super) fn known_space(&self) -> Result<HyperParameters> {
        let mut space = self.given_space();
        let explores = self.settings.tune_new_entries && self.settings.allow_new_entries;
        let Some(build) = self.build.as_ref().filter(|_| explores) else {
            return Ok(space);
        };
        let mut seen = Vec::new();
        let mut hp = space.with_values(space.active());
        loop {
            // Where a build fails, trials may do better; but one that defines nothing does not.
            let built = random::seeded(0, || build(&mut hp).map(drop));
            space.merge(hp.space());
            if space.space().is_empty() {
                return built.map(|()| space);
            }
            let Some(values) = hp.next_to_explore(&mut seen) else {
                return Ok(space);
            };
            hp = space.with_values(&values);
        }
    }
}
