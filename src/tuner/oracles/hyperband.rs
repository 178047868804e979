//! `Hyperband`: many short trainings, of which the best ones go on.
//!
//! Li et al. 2018, "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization",
//! <https://jmlr.org/papers/v18/16-558.html>.

use super::{Known, Oracle, Proposal};
use crate::tuner::trial::{Rung, Trial, by_score};
use crate::{Config, Error, Result};

/// A search goes through brackets, from the one that halves most often down to 0, which is a random
/// search. The first round of a bracket draws its trials at random; each later round goes on with
/// the best ones of the round before, for more epochs.
#[derive(Clone, Copy, Debug)]
pub(in crate::tuner) struct HyperbandOracle {
    pub(in crate::tuner) max_epochs: usize,
    pub(in crate::tuner) factor: usize,
    pub(in crate::tuner) hyperband_iterations: usize,
}

impl HyperbandOracle {
    /// How many brackets an iteration has.
    fn brackets(&self) -> usize {
        let mut epochs = self.max_epochs as f64;
        let mut brackets = 0;
        while epochs >= 1.0 {
            epochs /= self.factor as f64;
            brackets += 1;
        }
        brackets
    }

    /// How many trials a round has.
    fn size(&self, bracket: usize, round: usize) -> usize {
        let factor = self.factor as f64;
        // Logarithms in this order, which rounds as Keras Tuner does.
        let last = (1.0 + (self.max_epochs as f64).ln() / factor.ln()).ceil();
        let last = last / (bracket + 1) as f64;
        (last * factor.powi((bracket - round) as i32)).ceil() as usize
    }

    /// Up to which epoch the trials of a round are trained.
    fn epochs(&self, bracket: usize, round: usize) -> usize {
        let share = (self.factor as f64).powi((bracket - round) as i32);
        (self.max_epochs as f64 / share).ceil() as usize
    }

    fn rung(&self, iteration: usize, bracket: usize, round: usize) -> Rung {
        Rung {
            iteration,
            bracket,
            round,
            initial_epoch: match round {
                0 => 0,
                round => self.epochs(bracket, round - 1),
            },
            epochs: self.epochs(bracket, round),
            past: None,
        }
    }

    /// The next trial of a bracket, unless it is complete.
    fn propose_in(&self, known: &Known<'_>, iteration: usize, bracket: usize) -> Option<Proposal> {
        let of_round = |round: usize| {
            let is_there = move |trial: &&Trial| {
                let rung = trial.rung.map(|r| (r.iteration, r.bracket, r.round));
                rung == Some((iteration, bracket, round))
            };
            known.trials.iter().filter(is_there)
        };
        let begun = of_round(0).count();
        if begun < self.size(bracket, 0)
            && of_round(1).next().is_none()
            && let Some(values) = known.random_values()
        {
            let rung = Some(self.rung(iteration, bracket, 0));
            return Some(Proposal { values, rung });
        }
        for round in 1..=bracket {
            let selected: Vec<usize> = of_round(round).filter_map(Trial::continues).collect();
            if selected.len() >= self.size(bracket, round) {
                continue;
            }
            let before: Vec<Trial> = of_round(round - 1).cloned().collect();
            let ranked = by_score(&before, known.objective);
            let mut left = ranked
                .into_iter()
                .filter(|trial| !selected.contains(&trial.trial_id));
            if let Some(best) = left.next() {
                let rung = Rung {
                    past: Some(best.trial_id),
                    ..self.rung(iteration, bracket, round)
                };
                return Some(Proposal {
                    values: best.hyperparameters.active().clone(),
                    rung: Some(rung),
                });
            }
        }
        None
    }
}

impl Oracle for HyperbandOracle {
    fn class_name(&self) -> &'static str {
        "Hyperband"
    }

    fn check(&self) -> Result<()> {
        /// More than anybody trains, and few enough for exact arithmetic.
        const MOST: usize = 1_000_000_000;
        for (name, value, least) in [
            ("max_epochs", self.max_epochs, 1),
            ("factor", self.factor, 2),
            ("hyperband_iterations", self.hyperband_iterations, 1),
        ] {
            if !(least..=MOST).contains(&value) {
                let expected = format!("a whole number from {least} to {MOST}");
                return Err(Error::argument(name, &expected, value));
            }
        }
        Ok(())
    }

    fn arguments(&self) -> Result<Config> {
        let (max_epochs, factor) = (self.max_epochs, self.factor);
        Ok(serde_json::json!({ "max_epochs": max_epochs, "factor": factor }).into())
    }

    fn trials(&self) -> Option<usize> {
        let rounds = (0..self.brackets()).flat_map(|b| (0..=b).map(move |round| (b, round)));
        let sizes = rounds.map(|(bracket, round)| self.size(bracket, round));
        let iteration = sizes.fold(0, usize::saturating_add);
        Some(iteration.saturating_mul(self.hyperband_iterations))
    }

    fn propose(&self, known: &Known<'_>) -> Result<Option<Proposal>> {
        // Brackets before the last one that was begun are complete.
        let latest = known.trials.iter().filter_map(|trial| trial.rung);
        let latest = latest.max_by_key(|rung| (rung.iteration, usize::MAX - rung.bracket));
        let first = latest.map_or(0, |rung| rung.iteration);
        for iteration in first..self.hyperband_iterations {
            let from = match latest.filter(|rung| rung.iteration == iteration) {
                Some(rung) => rung.bracket.min(self.brackets() - 1),
                None => self.brackets() - 1,
            };
            for bracket in (0..=from).rev() {
                if let Some(proposal) = self.propose_in(known, iteration, bracket) {
                    return Ok(Some(proposal));
                }
            }
            // Without new values, further iterations would find none either.
            if known.random_values().is_none() {
                return Ok(None);
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oracle(max_epochs: usize, factor: usize) -> HyperbandOracle {
        HyperbandOracle {
            max_epochs,
            factor,
            hyperband_iterations: 1,
        }
    }

    #[test]
    fn brackets_are_those_of_the_paper() {
        // Table 1 of Li et al. 2018, whose brackets begin with 81, 34, 15, 8 and 5 trials; Keras
        // Tuner rounds up what each bracket ends with instead.
        let oracle = oracle(81, 3);
        assert_eq!(oracle.brackets(), 5);
        let epochs: Vec<usize> = (0..=4).map(|round| oracle.epochs(4, round)).collect();
        assert_eq!(epochs, [1, 3, 9, 27, 81]);
        let sizes: Vec<usize> = (0..=4).map(|round| oracle.size(4, round)).collect();
        assert_eq!(sizes, [81, 27, 9, 3, 1]);
        assert_eq!(
            (0..5).map(|b| oracle.size(b, 0)).collect::<Vec<_>>(),
            [5, 8, 15, 34, 81]
        );
    }

    #[test]
    fn absurd_arguments_are_refused() {
        for (max_epochs, factor) in [(0, 3), (10, 1), (usize::MAX, 3), (10, usize::MAX)] {
            assert!(oracle(max_epochs, factor).check().is_err());
        }
        let largest = oracle(1_000_000_000, 2);
        assert!(largest.check().is_ok());
        assert!(largest.trials() > Some(1 << 29));
    }
}
