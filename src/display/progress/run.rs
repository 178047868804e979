//! The state of a run, without any drawing: what is done, how long it took, what came out.

use std::time::Duration;

use crate::models::History;

/// What kind of work is going on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Work {
    /// Epochs of steps of `batch_size` samples.
    Fit {
        epochs: usize,
        batch_size: usize,
    },
    Evaluate,
    Predict,
    /// Any other work, counted in `unit`s.
    Task {
        label: String,
        unit: String,
    },
}

/// How a run stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Status {
    Running,
    /// The steps of the epoch are done; so many of the validation's steps are, too.
    Validating(usize, usize),
    Finished,
    /// The user stopped it; where.
    Interrupted(String),
    /// The numbers went wrong, or an error ended it; what happened.
    Failed(String),
}

/// A finished epoch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EpochRow {
    pub(super) epoch: usize,
    pub(super) seconds: f64,
    pub(super) metrics: Vec<(String, f64)>,
    /// Keras's line for it.
    pub(super) line: String,
}

#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) work: Work,
    /// The number of steps of an epoch; 0 when it is not known.
    pub(super) target: usize,
    /// The current epoch, from 0.
    pub(super) epoch: usize,
    pub(super) done: usize,
    pub(super) metrics: Vec<(String, f64)>,
    /// Seconds since the epoch began.
    pub(super) elapsed: f64,
    /// Seconds from the beginning of the epoch to its latest step.
    pub(super) at_step: f64,
    /// When the first step ended; it is left out of the time for a step.
    pub(super) after_first: Option<f64>,
    pub(super) rows: Vec<EpochRow>,
    pub(super) status: Status,
    /// The GPU that computes it: its name, memory and how busy it is.
    pub(super) device: Option<String>,
}

impl Run {
    pub(super) fn new(work: Work, target: usize) -> Run {
        Run {
            work,
            target,
            epoch: 0,
            done: 0,
            metrics: Vec::new(),
            elapsed: 0.0,
            at_step: 0.0,
            after_first: None,
            rows: Vec::new(),
            status: Status::Running,
            device: None,
        }
    }

    pub(super) fn begin_epoch(&mut self, epoch: usize) {
        self.epoch = epoch;
        self.done = 0;
        self.metrics.clear();
        self.elapsed = 0.0;
        self.at_step = 0.0;
        self.after_first = None;
        self.status = Status::Running;
    }

    /// Notes the state after a step; called for each one, so it allocates nothing as a rule.
    pub(super) fn step(&mut self, done: usize, metrics: &[(String, f64)], now: f64) {
        self.done = done;
        self.elapsed = now;
        self.at_step = now;
        if done == 1 {
            self.after_first = Some(now);
        }
        self.set_metrics(metrics);
    }

    pub(super) fn set_metrics(&mut self, metrics: &[(String, f64)]) {
        let same = self.metrics.len() == metrics.len()
            && self.metrics.iter().zip(metrics).all(|(a, b)| a.0 == b.0);
        if same {
            for (known, given) in self.metrics.iter_mut().zip(metrics) {
                known.1 = given.1;
            }
        } else {
            self.metrics = metrics.to_vec();
        }
    }

    pub(super) fn epochs(&self) -> usize {
        match self.work {
            Work::Fit { epochs, .. } => epochs,
            _ => 1,
        }
    }

    pub(super) fn unit(&self) -> &str {
        match &self.work {
            Work::Task { unit, .. } => unit,
            _ => "step",
        }
    }

    pub(super) fn counts_bytes(&self) -> bool {
        matches!(&self.work, Work::Task { unit, .. } if unit == "bytes")
    }

    /// The share of the epoch that is done, 0 to 1.
    pub(super) fn share(&self) -> f64 {
        match self.target {
            0 => 0.0,
            target => (self.done as f64 / target as f64).min(1.0),
        }
    }

    /// Keras's estimate of the seconds of one step at `now`: without the first one, which is slow.
    pub(super) fn step_seconds(&self, now: f64) -> f64 {
        match (self.done, self.after_first) {
            (0, _) => 0.0,
            (done, Some(first)) if done > 1 => (now - first) / (done - 1) as f64,
            (done, _) => now / done as f64,
        }
    }

    /// Seconds that the rest of the epoch will take.
    pub(super) fn seconds_left(&self) -> f64 {
        self.step_seconds(self.at_step) * self.target.saturating_sub(self.done) as f64
    }

    /// The share of all epochs that is done, 0 to 1.
    pub(super) fn whole_share(&self) -> f64 {
        let of_epoch = match self.target {
            0 if !self.is_open() => 1.0,
            _ => self.share(),
        };
        ((self.epoch as f64 + of_epoch) / self.epochs().max(1) as f64).min(1.0)
    }

    /// Seconds that the rest of all epochs will take: the later ones as much as those before, or,
    /// when there is none yet, as the steps of the first one.
    pub(super) fn whole_seconds_left(&self) -> f64 {
        let later = self.epochs().saturating_sub(self.epoch + 1);
        let epoch = match (self.rows.len(), self.target) {
            (0, 0) => self.elapsed,
            (0, target) => self.step_seconds(self.at_step) * target as f64,
            (count, _) => self.rows.iter().map(|row| row.seconds).sum::<f64>() / count as f64,
        };
        self.seconds_left() + later as f64 * epoch
    }

    /// The shortest time between two drawings in a notebook, `seconds` after the run began: 0.1 s, and
    /// more in long runs, whose saved notebooks and connections would otherwise carry thousands of
    /// messages. The beginning says little about the end, so that it has no long pauses.
    pub(super) fn interval(&self, seconds: f64) -> Duration {
        const SHORTEST: f64 = 0.1;
        const DRAWINGS: f64 = 300.0;
        const PAUSE: f64 = 0.1;
        let whole = seconds + self.whole_seconds_left();
        let interval = (whole / DRAWINGS).min(seconds * PAUSE).max(SHORTEST);
        // A guess from next to nothing may be infinite.
        Duration::try_from_secs_f64(interval).unwrap_or(Duration::from_secs(1))
    }

    /// Whether the current epoch is not over.
    pub(super) fn is_open(&self) -> bool {
        match self.work {
            Work::Fit { .. } => self.rows.last().is_none_or(|row| row.epoch != self.epoch),
            _ => true,
        }
    }

    /// The epochs so far.
    pub(super) fn history(&self) -> History {
        let mut history = History::default();
        for row in &self.rows {
            history.push(row.epoch, row.seconds, &row.metrics);
        }
        history
    }

    /// Units of work in a second: samples where they are known.
    pub(super) fn rate(&self) -> Option<f64> {
        let seconds = self.step_seconds(self.at_step);
        (seconds > 0.0).then(|| match self.work {
            Work::Fit { batch_size, .. } => batch_size as f64 / seconds,
            _ => 1.0 / seconds,
        })
    }

    /// Whether there is anything more to come.
    pub(super) fn is_over(&self) -> bool {
        !matches!(self.status, Status::Running | Status::Validating(..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(loss: f64) -> Vec<(String, f64)> {
        vec![("loss".to_string(), loss)]
    }

    #[test]
    fn the_first_step_is_left_out_of_the_time_of_a_step() {
        let fit = Work::Fit {
            epochs: 1,
            batch_size: 32,
        };
        let mut run = Run::new(fit, 11);
        assert_eq!(run.step_seconds(0.0), 0.0);
        run.step(1, &metrics(2.0), 5.0);
        assert_eq!(run.step_seconds(5.0), 5.0);
        run.step(6, &metrics(1.0), 6.0);
        assert_eq!(run.step_seconds(6.0), 0.2);
        assert_eq!(run.seconds_left(), 1.0);
        assert_eq!(run.rate(), Some(160.0));
        assert_eq!(run.metrics, metrics(1.0));
    }

    fn fit(epochs: usize, target: usize) -> Run {
        let batch_size = 32;
        Run::new(Work::Fit { epochs, batch_size }, target)
    }

    fn row(epoch: usize, seconds: f64) -> EpochRow {
        EpochRow {
            epoch,
            seconds,
            metrics: metrics(1.0),
            line: String::new(),
        }
    }

    #[test]
    fn the_whole_run_is_estimated_from_what_is_done() {
        let mut run = fit(4, 11);
        assert_eq!((run.whole_share(), run.whole_seconds_left()), (0.0, 0.0));
        run.step(1, &metrics(2.0), 5.0);
        run.step(6, &metrics(2.0), 6.0);
        // 5 steps of this epoch and 33 of the others.
        assert!((run.whole_seconds_left() - 38.0 * 0.2).abs() < 1e-9);
        assert!((run.whole_share() - 6.0 / 44.0).abs() < 1e-9);
        run.rows.push(row(0, 8.0));
        run.step(11, &metrics(2.0), 7.0);
        assert_eq!((run.whole_share(), run.whole_seconds_left()), (0.25, 24.0));
        let mut unknown = fit(4, 0);
        unknown.step(6, &metrics(2.0), 6.0);
        assert_eq!(unknown.whole_share(), 0.0);
        assert_eq!(unknown.whole_seconds_left(), 18.0, "at least as long");
        unknown.rows.push(row(0, 8.0));
        assert_eq!(unknown.whole_share(), 0.25);
        assert_eq!(Run::new(Work::Evaluate, 2).whole_share(), 0.0);
    }

    #[test]
    fn long_runs_are_drawn_less_often() {
        let interval = |run: &Run, seconds: f64| run.interval(seconds).as_secs_f64();
        let mut run = fit(10, 100);
        assert_eq!(interval(&run, 0.0), 0.1);
        run.step(1, &metrics(1.0), 60.0);
        assert_eq!(interval(&run, 0.5), 0.1, "not by a slow first step alone");
        run.step(100, &metrics(1.0), 60.0);
        run.rows.push(row(0, 60.0));
        assert_eq!(interval(&run, 60.0), 2.0, "two seconds in ten minutes");
        run.rows[0].seconds = 2.0;
        assert_eq!(interval(&run, 2.0), 0.1);
        run.rows[0].seconds = f64::INFINITY;
        assert_eq!(interval(&run, f64::INFINITY), 1.0);
    }

    #[test]
    fn a_new_epoch_starts_from_nothing() {
        let mut run = Run::new(Work::Evaluate, 2);
        run.step(2, &metrics(1.0), 1.0);
        run.begin_epoch(1);
        assert_eq!((run.done, run.share(), run.rate()), (0, 0.0, None));
        assert!(run.metrics.is_empty());
    }
}
