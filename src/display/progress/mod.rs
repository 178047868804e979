//! Progress of training, evaluation, prediction and downloads.
//!
//! `run` holds the state, `line` draws it as Keras's text, `page` as HTML, which `board` has a
//! notebook update in place; [`Progress`] decides when to draw what, and where.

mod board;
mod line;
mod page;
mod run;
mod screen;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use crate::device::{Gpu, opened_gpu};
pub(super) use board::Place;
use run::{EpochRow, Run, Status, Work};
use screen::Screen;
pub(super) use screen::Sink;

/// Shows how far a run has come: a live bar in a notebook, above the table and the curves of the
/// epochs so far; Keras's bar in a terminal, a line for each epoch in a file.
///
/// Keras: `keras.utils.Progbar` and the `verbose` argument of `fit`, `evaluate` and `predict`.
///
/// A run that ends without [`finish`](Progress::finish), by an error or a panic, is shown as
/// stopped when its `Progress` is dropped.
///
/// # Example
/// ```
/// use kerust::display::Progress;
/// let mut progress = Progress::fit(2, 4, 100, 32, 1);
/// let mut metrics = vec![("loss".to_string(), 0.0)];
/// for epoch in 0..2 {
///     progress.begin_epoch(epoch);
///     for step in 1..=4 {
///         metrics[0].1 = 1.0 / step as f64;
///         progress.step(step, &metrics);
///     }
///     progress.end_epoch(&[("loss".to_string(), 0.25), ("val_loss".to_string(), 0.3)]);
/// }
/// progress.finish();
/// ```
#[derive(Debug)]
pub struct Progress {
    run: Run,
    screen: Screen,
    begun: Instant,
    epoch_begun: Instant,
    next_draw: Instant,
    /// Whether anything has been shown.
    started: bool,
}

impl Progress {
    /// Progress of `fit`: `epochs` of `steps` steps over `samples` samples.
    ///
    /// `verbose` is Keras's: 0 shows nothing, 1 a bar, 2 a line for each epoch.
    pub fn fit(
        epochs: usize,
        steps: usize,
        samples: usize,
        batch_size: usize,
        verbose: usize,
    ) -> Progress {
        let batch_size = batch_size.min(samples);
        let work = Work::Fit { epochs, batch_size };
        Progress::new(Run::new(work, steps), Screen::for_verbose(verbose))
    }

    /// Progress of `evaluate` over `steps` batches.
    pub fn evaluate(steps: usize, verbose: usize) -> Progress {
        let screen = Screen::for_verbose(verbose);
        Progress::new(Run::new(Work::Evaluate, steps), screen)
    }

    /// Progress of `predict` over `steps` batches.
    pub fn predict(steps: usize, verbose: usize) -> Progress {
        let screen = Screen::for_verbose(verbose);
        Progress::new(Run::new(Work::Predict, steps), screen)
    }

    /// Progress of any other work of `total` units; 0 when the total is not known.
    ///
    /// The unit `"bytes"` is shown as megabytes.
    ///
    /// # Example
    /// ```
    /// use kerust::display::Progress;
    /// let mut progress = Progress::task("Unpacking", 3, "file");
    /// for file in 1..=3 {
    ///     progress.step(file, &[]);
    /// }
    /// progress.finish();
    /// ```
    pub fn task(label: impl Into<String>, total: usize, unit: &str) -> Progress {
        let work = Work::Task {
            label: label.into(),
            unit: unit.to_string(),
        };
        Progress::new(Run::new(work, total), Screen::for_verbose(1))
    }

    fn new(run: Run, screen: Screen) -> Progress {
        let now = Instant::now();
        let mut progress = Progress {
            run,
            screen,
            begun: now,
            epoch_begun: now,
            next_draw: now,
            started: false,
        };
        // A fit shows itself when its first epoch begins, with the right number.
        if !matches!(progress.run.work, Work::Fit { .. }) {
            progress.start(now);
        }
        progress
    }

    /// An epoch begins; `epoch` counts from 0.
    pub fn begin_epoch(&mut self, epoch: usize) {
        let now = Instant::now();
        self.epoch_begun = now;
        self.run.begin_epoch(epoch);
        self.start(now);
    }

    fn start(&mut self, now: Instant) {
        self.started = true;
        self.screen.begin(&self.run);
        self.draw(now);
    }

    /// Whether the next [`step`](Progress::step) may be drawn: a caller whose metrics are costly
    /// to compute can pass none until then.
    ///
    /// The first step of an epoch is always due: it tells the slow start from the pace.
    pub fn is_due(&self) -> bool {
        match self.screen {
            Screen::Nothing => false,
            _ => self.run.done == 0 || Instant::now() >= self.next_draw,
        }
    }

    /// `done` steps of this epoch (or units of this work) are done; `metrics` are the averages
    /// so far. Draws at most ten times a second, in a terminal twenty times, and in a notebook less
    /// often the longer the run takes.
    pub fn step(&mut self, done: usize, metrics: &[(String, f64)]) {
        let now = Instant::now();
        let seconds = (now - self.epoch_begun).as_secs_f64();
        self.run.step(done, metrics, seconds);
        // The full bar is always drawn: it stands while the epoch is validated.
        if now >= self.next_draw || done == self.run.target {
            self.draw(now);
        }
    }

    /// `done` of `steps` validation steps are done, 0 when the number is not known; between the last
    /// step and the end of an epoch.
    pub fn validation_step(&mut self, done: usize, steps: usize) {
        let now = Instant::now();
        self.run.elapsed = (now - self.epoch_begun).as_secs_f64();
        self.run.status = Status::Validating(done, steps);
        if now >= self.next_draw {
            self.draw(now);
        }
    }

    /// The epoch is over; `metrics` are its final values, those of the validation included.
    pub fn end_epoch(&mut self, metrics: &[(String, f64)]) {
        let now = Instant::now();
        self.run.elapsed = (now - self.epoch_begun).as_secs_f64();
        self.run.status = Status::Running;
        self.run.set_metrics(metrics);
        self.run.rows.push(EpochRow {
            epoch: self.run.epoch,
            seconds: self.run.elapsed,
            metrics: metrics.to_vec(),
            line: line::bar(&self.run, true),
        });
        self.screen.end(&self.run);
        self.next_draw = now;
    }

    /// The run is over, and all went well.
    pub fn finish(&mut self) {
        if self.run.is_over() {
            return;
        }
        let now = Instant::now();
        if !matches!(self.run.work, Work::Fit { .. }) {
            self.run.elapsed = (now - self.epoch_begun).as_secs_f64();
            self.screen.end(&self.run);
        }
        self.close(Status::Finished);
    }

    /// The user stopped the run after `step` steps of `epoch`, which counts from 0.
    pub fn interrupted(&mut self, epoch: usize, step: usize) {
        self.run.done = step;
        let words = match &self.run.work {
            Work::Fit { epochs, .. } => format!(
                "Interrupted at epoch {}/{epochs}, step {}. The model and the history so far are \
                 kept.",
                epoch + 1,
                reached(step, self.run.target)
            ),
            _ => format!("Interrupted at {}.", reached(step, self.run.target)),
        };
        self.close(Status::Interrupted(words));
    }

    /// The numbers went wrong at `step`, and the run stopped; `what` says how, such as `the loss is
    /// NaN`.
    pub fn diverged(&mut self, step: usize, what: &str) {
        self.run.done = step;
        self.stopped(what);
    }

    fn stopped(&mut self, what: &str) {
        let words = match &self.run.work {
            Work::Fit { epochs, .. } => format!(
                "Stopped at epoch {}/{epochs}, step {}: {what}",
                self.run.epoch + 1,
                reached(self.run.done, self.run.target)
            ),
            _ => {
                let step = reached(self.run.done, self.run.target);
                format!("Stopped at {step}: {what}")
            }
        };
        self.close(Status::Failed(words));
    }

    fn close(&mut self, status: Status) {
        if self.run.is_over() {
            return;
        }
        self.run.status = status;
        // How busy it is says nothing any more.
        self.run.device = self.device().map(Gpu::occupancy);
        if self.started {
            self.screen
                .close(&self.run, self.begun.elapsed().as_secs_f64());
        }
    }

    fn draw(&mut self, now: Instant) {
        let seconds = now.saturating_duration_since(self.begun).as_secs_f64();
        match self.screen.interval(&self.run, seconds) {
            Some(interval) => {
                self.run.device = self.device().map(Gpu::status);
                self.screen.draw(&self.run);
                self.next_draw = now + interval;
            }
            None => self.next_draw = now + Duration::from_secs(u32::MAX.into()),
        }
    }

    /// The GPU that computes, where it is shown.
    fn device(&self) -> Option<&'static Gpu> {
        let computes = !matches!(self.run.work, Work::Task { .. });
        let is_shown = matches!(self.screen, Screen::Notebook(_));
        opened_gpu().filter(|_| computes && is_shown)
    }
}

/// `3/10`, or `3` when the total is not known.
fn reached(done: usize, total: usize) -> String {
    match total {
        0 => done.to_string(),
        _ => format!("{done}/{total}"),
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if !self.run.is_over() {
            self.stopped("an error ended the run.");
        }
    }
}
