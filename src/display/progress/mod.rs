//! Progress of training, evaluation, prediction and downloads.
//!
//! `run` holds the state, `line` draws it as Keras's text, `page` as a display that a notebook
//! updates in place; [`Progress`] decides when to draw what, and where.

mod line;
mod page;
mod run;
mod screen;

use std::time::{Duration, Instant};

use run::{EpochRow, Run, Status, Work};
use screen::Screen;

/// Shows how far a run has come: a live display in a notebook, Keras's bar in a terminal, a line
/// for each epoch in a file.
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
    /// so far. Draws at most ten times a second, in a terminal twenty times.
    pub fn step(&mut self, done: usize, metrics: &[(String, f64)]) {
        let now = Instant::now();
        let seconds = (now - self.epoch_begun).as_secs_f64();
        self.run.step(done, metrics, seconds);
        // The full bar is always drawn: it stands while the epoch is validated.
        if now >= self.next_draw || done == self.run.target {
            self.draw(now);
        }
    }

    /// `done` of `steps` validation steps are done; between the last step and the end of an epoch.
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
                "Interrupted at epoch {}/{epochs}, step {step}/{}. The model and the history so \
                 far are kept.",
                epoch + 1,
                self.run.target
            ),
            _ => format!("Interrupted at {step}/{}.", self.run.target),
        };
        self.close(Status::Interrupted(words));
    }

    /// The numbers went wrong, and the run stopped; `what` says how, such as ``the loss is NaN``.
    pub fn diverged(&mut self, what: &str) {
        let words = match &self.run.work {
            Work::Fit { epochs, .. } => format!(
                "Stopped at epoch {}/{epochs}, step {}/{}: {what}",
                self.run.epoch + 1,
                self.run.done,
                self.run.target
            ),
            _ => format!("Stopped at {}/{}: {what}", self.run.done, self.run.target),
        };
        self.close(Status::Failed(words));
    }

    fn close(&mut self, status: Status) {
        if self.run.is_over() {
            return;
        }
        self.run.status = status;
        if self.started {
            self.screen
                .close(&self.run, self.begun.elapsed().as_secs_f64());
        }
    }

    fn draw(&mut self, now: Instant) {
        match self.screen.interval() {
            Some(interval) => {
                self.screen.draw(&self.run);
                self.next_draw = now + interval;
            }
            None => self.next_draw = now + Duration::from_secs(u32::MAX.into()),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if !self.run.is_over() {
            self.diverged("an error ended the run.");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::screen::Sink;
    use super::*;

    type Writes = Arc<Mutex<Vec<String>>>;

    fn metrics(values: &[(&str, f64)]) -> Vec<(String, f64)> {
        values.iter().map(|(n, v)| (n.to_string(), *v)).collect()
    }

    fn fit(epochs: usize, screen: fn(Sink) -> Screen) -> (Progress, Writes) {
        let writes = Writes::default();
        let work = Work::Fit {
            epochs,
            batch_size: 32,
        };
        let screen = screen(Sink::Memory(writes.clone()));
        (Progress::new(Run::new(work, 10_000), screen), writes)
    }

    fn terminal(sink: Sink) -> Screen {
        Screen::Terminal {
            sink,
            colors: false,
            drawn: 0,
        }
    }

    fn lines(sink: Sink) -> Screen {
        let alive = Instant::now();
        Screen::Lines { sink, alive }
    }

    fn text(writes: &Writes) -> String {
        writes.lock().expect("one thread").concat()
    }

    /// What a terminal shows in the end: each `\r` starts the line again.
    fn visible(text: &str) -> Vec<String> {
        let shown = |line: &str| {
            let mut screen: Vec<char> = Vec::new();
            for part in line.split('\r') {
                let part: Vec<char> = part.chars().collect();
                let kept = screen.len().max(part.len());
                screen.resize(kept, ' ');
                screen[..part.len()].copy_from_slice(&part);
            }
            screen
                .into_iter()
                .collect::<String>()
                .trim_end()
                .to_string()
        };
        text.lines().map(shown).collect()
    }

    fn run(progress: &mut Progress, epochs: usize) {
        for epoch in 0..epochs {
            progress.begin_epoch(epoch);
            for step in 1..=10_000 {
                progress.step(step, &metrics(&[("loss", 1.0)]));
            }
            progress.end_epoch(&metrics(&[("loss", 0.5), ("val_loss", 0.25)]));
        }
    }

    #[test]
    fn a_terminal_is_drawn_rarely_and_ends_with_kerass_lines() {
        let (mut progress, writes) = fit(2, terminal);
        run(&mut progress, 2);
        let seconds = progress.begun.elapsed().as_secs_f64();
        progress.finish();
        drop(progress);
        let count = writes.lock().expect("one thread").len();
        // Two lines and two full bars an epoch, and one bar each 50 ms.
        assert!(
            count <= 8 + (seconds / 0.05) as usize,
            "{count} in {seconds} s"
        );
        let visible = visible(&text(&writes));
        assert_eq!(visible.len(), 4, "{visible:?}");
        assert_eq!(
            (visible[0].as_str(), visible[2].as_str()),
            ("Epoch 1/2", "Epoch 2/2")
        );
        assert!(visible[1].starts_with("10000/10000 ━━━━━━━━━━━━━━━━━━━━ 0s "));
        assert!(visible[1].ends_with("us/step - loss: 0.5000 - val_loss: 0.2500"));
    }

    #[test]
    fn a_file_gets_one_line_an_epoch() {
        let (mut progress, writes) = fit(1, lines);
        run(&mut progress, 1);
        progress.finish();
        let text = text(&writes);
        assert_eq!(text.lines().count(), 1, "a single epoch needs no number");
        assert!(
            text.starts_with("10000/10000 ━━━━━━━━━━━━━━━━━━━━ ") && text.ends_with("0.2500\n")
        );
        let (mut progress, writes) = fit(3, Screen::Brief);
        run(&mut progress, 1);
        progress.finish();
        let text = self::text(&writes);
        assert!(text.starts_with("Epoch 1/3\n10000/10000 - 0s - "), "{text}");
    }

    #[test]
    fn runs_that_stop_say_so_once() {
        let (mut progress, writes) = fit(5, terminal);
        progress.begin_epoch(3);
        progress.step(120, &metrics(&[("loss", 1.0)]));
        progress.interrupted(3, 120);
        progress.finish();
        drop(progress);
        assert!(text(&writes).ends_with(
            "\nInterrupted at epoch 4/5, step 120/10000. The model and the history so far are \
             kept.\n"
        ));
        let (mut progress, writes) = fit(5, lines);
        progress.begin_epoch(0);
        progress.step(7, &[]);
        progress.diverged("the loss is NaN");
        drop(progress);
        assert_eq!(
            text(&writes),
            "Epoch 1/5\nStopped at epoch 1/5, step 7/10000: the loss is NaN\n"
        );
        let (mut progress, writes) = fit(5, lines);
        progress.begin_epoch(0);
        drop(progress);
        assert!(text(&writes).ends_with("step 0/10000: an error ended the run.\n"));
        let (progress, writes) = fit(5, lines);
        drop(progress);
        assert_eq!(text(&writes), "", "what never began has nothing to say");
    }

    #[test]
    fn the_first_step_is_always_due() {
        let (mut progress, _) = fit(2, Screen::Brief);
        progress.begin_epoch(0);
        assert!(progress.is_due());
        progress.step(1, &[]);
        assert!(
            !progress.is_due(),
            "nothing is drawn before the end of the epoch"
        );
        progress.begin_epoch(1);
        assert!(progress.is_due());
    }

    #[test]
    fn silence_is_silent() {
        let (mut progress, writes) = fit(2, |_| Screen::Nothing);
        run(&mut progress, 2);
        assert!(!progress.is_due());
        drop(progress);
        assert_eq!(text(&writes), "");
    }
}
