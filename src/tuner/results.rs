//! What a search has found.

use super::project::{Stored, merged_space, weights_file};
use super::search::check_same_search;
use super::summary::{ResultsSummary, SearchSpaceSummary};
use super::trial::{Trial, by_score};
use super::tuner::Tuner;
use super::{HyperParameters, seed_of};
use crate::models::Model;
use crate::{Error, Result, Shape, random};

impl Tuner {
    /// The models of the best `num_models` trials, the best one first, with the weights of their
    /// best epochs; fewer when not as many trials are completed.
    ///
    /// Keras Tuner: `tuner.get_best_models`. As there, a model that is trained anew on all samples,
    /// with [`get_best_hyperparameters`](Self::get_best_hyperparameters), is often better.
    ///
    /// # Errors
    /// When no trial is completed, there is no build function, or the files cannot be read.
    pub fn get_best_models(&self, num_models: usize) -> Result<Vec<Model>> {
        let place = self.place("get_best_models");
        let load = || {
            let (trials, seed) = self.best_trials(num_models)?;
            trials
                .iter()
                .map(|trial| self.load(trial, seed))
                .collect::<Result<Vec<Model>>>()
        };
        load().map_err(|e| e.at(place))
    }

    fn load(&self, trial: &Trial, seed: u64) -> Result<Model> {
        let seed = seed_of(seed, trial.trial_id, 1);
        let mut model = random::seeded(seed, || self.built(&trial.hyperparameters))?;
        let shapes = trial.input_shapes.iter();
        let shapes: Vec<Shape> = shapes.map(|dims| Shape::from(dims.clone())).collect();
        let load = model.build_for(&shapes);
        load.and_then(|()| model.load_weights(weights_file(&trial.folder)))
            .map_err(|e| e.at(format!("trial {}", trial.trial_id)))?;
        Ok(model)
    }

    fn built(&self, hyperparameters: &HyperParameters) -> Result<Model> {
        let Some(build) = &self.build else {
            return Err(Error::state("there is no function that builds a model")
                .remedy("give one to `new`"));
        };
        build(&mut hyperparameters.clone())
    }

    /// A new model with these values.
    ///
    /// Keras Tuner: `tuner.hypermodel.build(hp)`.
    ///
    /// # Errors
    /// Those of the build function; when there is none.
    pub fn build(&self, hyperparameters: &HyperParameters) -> Result<Model> {
        let place = self.place("build");
        self.built(hyperparameters).map_err(|e| e.at(place))
    }

    /// The values of the best `num_trials` trials, the best one first; fewer when not as many are
    /// completed.
    ///
    /// Keras Tuner: `tuner.get_best_hyperparameters`.
    ///
    /// # Errors
    /// When no trial is completed, or the files cannot be read.
    pub fn get_best_hyperparameters(&self, num_trials: usize) -> Result<Vec<HyperParameters>> {
        let place = self.place("get_best_hyperparameters");
        let (trials, _) = self.best_trials(num_trials).map_err(|e| e.at(place))?;
        Ok(trials.into_iter().map(|t| t.hyperparameters).collect())
    }

    /// The best `num_trials` trials, the best one first; fewer when not as many are completed.
    ///
    /// Keras Tuner: `tuner.oracle.get_best_trials`.
    ///
    /// # Errors
    /// When no trial is completed, or the files cannot be read.
    pub fn get_best_trials(&self, num_trials: usize) -> Result<Vec<Trial>> {
        let place = self.place("get_best_trials");
        let (trials, _) = self.best_trials(num_trials).map_err(|e| e.at(place))?;
        Ok(trials)
    }

    /// The best trials, and the seed of their search.
    fn best_trials(&self, count: usize) -> Result<(Vec<Trial>, u64)> {
        let stored = self.stored()?;
        let best = stored.as_ref().map(|stored| {
            let best = by_score(&stored.trials, &stored.header.objective);
            let best: Vec<Trial> = best.into_iter().take(count).cloned().collect();
            (best, stored.header.seed)
        });
        match best {
            Some((best, seed)) if best.is_empty() == (count == 0) => Ok((best, seed)),
            _ => Err(Error::state("no trial is completed yet").remedy("call `search` first")),
        }
    }

    /// All trials as a table, the best one first.
    ///
    /// Keras Tuner: `tuner.results_summary()`. End a cell with it, or call `.show()` on it.
    ///
    /// # Errors
    /// When nothing was searched yet, or the files cannot be read.
    pub fn results_summary(&self) -> Result<ResultsSummary> {
        let place = self.place("results_summary");
        let stored = self.stored().map_err(|e| e.at(&place))?;
        let stored = stored.ok_or_else(|| {
            let error = Error::state("nothing was searched yet");
            error.remedy("call `search` first").at(place)
        })?;
        let objective = &stored.header.objective;
        let (scored, rest): (Vec<Trial>, Vec<Trial>) = stored
            .trials
            .iter()
            .cloned()
            .partition(|trial| trial.completed().is_some());
        let mut trials: Vec<Trial> = by_score(&scored, objective).into_iter().cloned().collect();
        trials.extend(rest);
        Ok(ResultsSummary {
            folder: self.settings.project()?.folder().to_path_buf(),
            objective: objective.clone(),
            trials,
        })
    }

    /// The hyperparameters and their values as a table: those that the build function defines with
    /// its defaults and in its conditional scopes, and those that trials have brought to light.
    ///
    /// Keras Tuner: `tuner.search_space_summary()`. End a cell with it, or call `.show()` on it.
    ///
    /// # Errors
    /// When the build function fails before it defines any, or the files cannot be read.
    pub fn search_space_summary(&self) -> Result<SearchSpaceSummary> {
        let place = self.place("search_space_summary");
        let read = || {
            let stored = self.stored()?;
            let trials = stored.map_or_else(Vec::new, |stored| stored.trials);
            let space = merged_space(self.known_space()?, &trials);
            Ok(SearchSpaceSummary {
                space: space.space().to_vec(),
            })
        };
        read().map_err(|e: Error| e.at(place))
    }

    /// The search as it is on the disk, if there is one.
    fn stored(&self) -> Result<Option<Stored>> {
        if self.begins_anew() {
            return Ok(None);
        }
        let project = self.settings.project()?;
        let stored = project.read()?;
        if let Some(stored) = &stored {
            check_same_search(&stored.header, &*self.oracle, &project)?;
        }
        Ok(stored)
    }
}
