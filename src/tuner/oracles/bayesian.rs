//! `BayesianOptimization`: values where the score may be best, by what is known so far.

use rand::Rng;
use rand::rngs::StdRng;

use super::gaussian_process::GaussianProcess;
use super::{Known, Oracle, Proposal};
use crate::tuner::hyperparameters::Values;
use crate::tuner::trial::by_score;
use crate::tuner::{HyperParameter, Value};
use crate::{Config, Error, Result};

/// After some random trials, a Gaussian process over the probabilities of the values predicts the
/// score; what may be lowest, at `beta` standard deviations below the mean, is tried.
#[derive(Clone, Copy, Debug)]
pub(in crate::tuner) struct BayesianOracle {
    /// How many trials are random; three for each hyperparameter unless set.
    pub(in crate::tuner) num_initial_points: Option<usize>,
    /// The variance of the scores' noise.
    pub(in crate::tuner) alpha: f64,
    /// How much what is not known counts against what is.
    pub(in crate::tuner) beta: f64,
}

/// The process is fitted to the best trials, as many as are computed quickly.
const MOST_POINTS: usize = 400;
/// How many points are looked at, and how often the best of them is moved a little.
const CANDIDATES: usize = 1000;
const MOVES: usize = 200;

impl Oracle for BayesianOracle {
    fn class_name(&self) -> &'static str {
        "BayesianOptimization"
    }

    fn check(&self) -> Result<()> {
        for (name, value) in [("alpha", self.alpha), ("beta", self.beta)] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(Error::argument(name, "a number of at least 0", value));
            }
        }
        Ok(())
    }

    fn arguments(&self) -> Result<Config> {
        Ok(serde_json::json!({}).into())
    }

    fn propose(&self, known: &Known<'_>) -> Result<Option<Proposal>> {
        let tuned: Vec<&HyperParameter> = known
            .space
            .space()
            .iter()
            .filter(|hp| hp.class_name() != "Fixed")
            .collect();
        let initial = self.num_initial_points.unwrap_or(3 * tuned.len()).max(1);
        let mut scored = by_score(known.trials, known.objective);
        if scored.len() < initial {
            return Ok(known.random_values().map(Proposal::from));
        }
        scored.truncate(MOST_POINTS);
        let costs = scored.iter().filter_map(|trial| trial.completed());
        let costs: Vec<f64> = costs.map(|score| known.objective.cost(score)).collect();
        let points = scored
            .iter()
            .map(|trial| point(&tuned, trial.hyperparameters.active()))
            .collect();
        let Some(process) = GaussianProcess::fit(points, &costs, self.alpha) else {
            return Ok(known.random_values().map(Proposal::from));
        };
        let promising = self.promising(known, &tuned, &process);
        let best = promising.or_else(|| known.random_values());
        Ok(best.map(Proposal::from))
    }
}

impl BayesianOracle {
    /// The values that were not tried yet whose cost may be lowest.
    fn promising(
        &self,
        known: &Known<'_>,
        tuned: &[&HyperParameter],
        process: &GaussianProcess,
    ) -> Option<Values> {
        let mut generator = known.generator();
        let mut best: Option<(f64, Vec<f64>, Values)> = None;
        for i in 0..CANDIDATES + MOVES {
            let drawn = match &best {
                Some((_, from, _)) if i >= CANDIDATES => moved(from, &mut generator),
                _ => tuned.iter().map(|_| generator.r#gen()).collect(),
            };
            let values = values_at(known, tuned, &drawn);
            // Where the values themselves are, not what they were rounded from.
            let (mean, deviation) = process.predict(&point(tuned, &values));
            let bound = mean - self.beta * deviation;
            let is_better = best.as_ref().is_none_or(|(least, ..)| bound < *least);
            if is_better && !known.was_tried(&values) {
                best = Some((bound, drawn, values));
            }
        }
        best.map(|(_, _, values)| values)
    }
}

/// A point a little beside another one.
fn moved(from: &[f64], generator: &mut StdRng) -> Vec<f64> {
    const FAR: f64 = 0.1;
    let mut step = || (generator.r#gen::<f64>() - 0.5) * 2.0 * FAR;
    from.iter().map(|x| (x + step()).clamp(0.0, 1.0)).collect()
}

/// Values as probabilities; what is not active is at its default.
fn point(tuned: &[&HyperParameter], values: &Values) -> Vec<f64> {
    let prob = |hp: &&HyperParameter| {
        let value = values.get(hp.name()).filter(|_| hp.is_active(values));
        let default = || hp.value_to_prob(&hp.default()).unwrap_or(0.5);
        value.map_or_else(default, |value| hp.value_to_prob(value).unwrap_or(0.5))
    };
    tuned.iter().map(prob).collect()
}

/// The values at probabilities.
fn values_at(known: &Known<'_>, tuned: &[&HyperParameter], probs: &[f64]) -> Values {
    let drawn = |hp: &HyperParameter| -> Value {
        let index = tuned.iter().position(|other| std::ptr::eq(*other, hp));
        let prob = index.and_then(|index| probs.get(index));
        prob.map_or_else(|| hp.default(), |prob| hp.prob_to_value(*prob))
    };
    let mut values = Values::new();
    for hp in known.space.space() {
        if hp.is_active(&values) && !values.contains_key(hp.name()) {
            values.insert(hp.name().to_string(), drawn(hp));
        }
    }
    values
}
