//! A run in a notebook: its state in one display and, below it, its epochs in another one.
//!
//! The state moves up to ten times a second and is small. The table and the curves of the epochs are
//! large and change only when an epoch ends, so they are sent apart from it.

use std::time::{Duration, Instant};

use super::page;
use super::run::Run;
use crate::display::{Bundle, Live};
use crate::models::History;

/// The shortest time between two drawings of the epochs.
pub(super) const EPOCHS_INTERVAL: Duration = Duration::from_millis(500);

#[derive(Debug, Default)]
pub(super) struct Board {
    state: Place,
    epochs: Place,
    /// The epochs that are drawn so far.
    drawn: History,
    /// When the epochs were drawn.
    drawn_at: Option<Instant>,
}

/// Where a display goes: into the cell's output, except in tests.
#[derive(Debug)]
pub(in crate::display) enum Place {
    Cell(Option<Live>),
    #[cfg(test)]
    Memory(std::sync::Arc<std::sync::Mutex<Vec<Bundle>>>),
}

impl Default for Place {
    fn default() -> Place {
        Place::Cell(None)
    }
}

impl Place {
    /// Shows `bundle`, in the place of the one before.
    pub(in crate::display) fn show(&mut self, bundle: Bundle) {
        match self {
            Place::Cell(Some(live)) => live.update(&bundle),
            Place::Cell(live) => *live = Some(Live::new(&bundle)),
            #[cfg(test)]
            Place::Memory(bundles) => bundles.lock().expect("one thread").push(bundle),
        }
    }
}

impl Board {
    #[cfg(test)]
    pub(super) fn new(state: Place, epochs: Place) -> Board {
        Board {
            state,
            epochs,
            ..Board::default()
        }
    }

    /// Shows the run as it is at `now`.
    pub(super) fn draw(&mut self, run: &Run, now: Instant) {
        let is_due = |at: Instant| now.saturating_duration_since(at) >= EPOCHS_INTERVAL;
        if self.drawn_at.is_none_or(is_due) {
            self.draw_epochs(run, now);
        }
        self.state.show(page::bundle(run, 0.0));
    }

    /// Shows the last state of a run that took `seconds`.
    pub(super) fn close(&mut self, run: &Run, seconds: f64) {
        self.draw_epochs(run, Instant::now());
        // It comes last, so that it is what a reader of only the latest line sees.
        self.state.show(page::bundle(run, seconds));
    }

    fn draw_epochs(&mut self, run: &Run, now: Instant) {
        let new = &run.rows[self.drawn.epoch.len()..];
        if new.is_empty() {
            return;
        }
        for row in new {
            self.drawn.push(row.epoch, row.seconds, &row.metrics);
        }
        self.drawn_at = Some(now);
        self.epochs.show(page::epochs(&self.drawn));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::display::progress::line;
    use crate::display::progress::run::{EpochRow, Status, Work};

    type Shown = Arc<Mutex<Vec<Bundle>>>;

    fn board() -> (Board, Shown, Shown) {
        let (state, epochs) = (Shown::default(), Shown::default());
        let board = Board::new(Place::Memory(state.clone()), Place::Memory(epochs.clone()));
        (board, state, epochs)
    }

    fn fit(epochs: usize) -> Run {
        let batch_size = 64;
        Run::new(Work::Fit { epochs, batch_size }, 250)
    }

    fn metrics(epoch: usize) -> Vec<(String, f64)> {
        let value = 1.0 / (epoch + 2) as f64;
        ["accuracy", "loss", "val_accuracy", "val_loss"]
            .map(|name| (name.to_string(), value))
            .to_vec()
    }

    fn end_epoch(run: &mut Run) {
        run.set_metrics(&metrics(run.epoch));
        run.rows.push(EpochRow {
            epoch: run.epoch,
            seconds: run.elapsed,
            metrics: metrics(run.epoch),
            line: line::bar(run, true),
        });
    }

    fn last(shown: &Shown) -> Bundle {
        let shown = shown.lock().expect("one thread");
        shown.last().cloned().expect("something was shown")
    }

    fn count(shown: &Shown) -> usize {
        shown.lock().expect("one thread").len()
    }

    fn bytes(shown: &Shown) -> usize {
        let shown = shown.lock().expect("one thread");
        shown.iter().map(|b| b.to_json().to_string().len()).sum()
    }

    #[test]
    fn the_epochs_are_drawn_once_each_and_ten_epochs_are_not_many_bytes() {
        let (mut board, state, epochs) = board();
        let mut run = fit(10);
        let begun = Instant::now();
        for epoch in 0..10 {
            run.begin_epoch(epoch);
            // Ten times a second for 2.5 seconds.
            for tenth in 0..=25 {
                run.step(10 * tenth, &metrics(epoch)[..2], 0.1 * tenth as f64);
                let now = begun + Duration::from_millis(2500 * epoch as u64 + 100 * tenth as u64);
                board.draw(&run, now);
            }
            assert_eq!(count(&epochs), epoch, "nothing of an epoch before its end");
            end_epoch(&mut run);
            board.draw(
                &run,
                begun + Duration::from_millis(2500 * (epoch as u64 + 1)),
            );
            let html = last(&epochs)
                .get("text/html")
                .unwrap_or_default()
                .to_string();
            assert_eq!(html.contains("<img"), epoch > 0, "epoch {epoch}");
            assert_eq!(html.matches("<tr").count(), epoch + 2);
        }
        run.status = Status::Finished;
        board.close(&run, 25.0);
        assert_eq!(count(&epochs), 10);
        assert!(last(&state).plain().contains("Epoch 10/10"));
        let (state, epochs) = (bytes(&state), bytes(&epochs));
        println!("{state} bytes of states, {epochs} bytes of tables and curves");
        assert!(state + epochs < 900_000, "{state} + {epochs}");
    }

    /// How many messages a run is, and how many bytes, as the kernel sends them; its drawings are
    /// where `Progress` has them, in a time of its own.
    fn cost(epochs: usize, epoch_seconds: f64) -> (usize, usize) {
        /// The steps of an epoch, and those of its validation, which takes a tenth of the time.
        const STEPS: usize = 9000;
        const VALIDATION_STEPS: usize = 1000;
        /// Header, parent header, signature, the number of the display and the names around.
        const AROUND: usize = 800;
        let (mut board, state, table) = board();
        let work = Work::Fit {
            epochs,
            batch_size: 64,
        };
        let mut run = Run::new(work, STEPS);
        let (begun, mut next) = (Instant::now(), 0.0);
        let mut draw = |run: &Run, seconds: f64, always: bool| {
            if always || seconds >= next {
                board.draw(run, begun + Duration::from_secs_f64(seconds));
                next = seconds + run.interval(seconds).as_secs_f64();
            }
            next
        };
        let mut longest_pause: f64 = 0.0;
        for epoch in 0..epochs {
            let start = epoch_seconds * epoch as f64;
            run.begin_epoch(epoch);
            draw(&run, start, true);
            for step in 1..=STEPS + VALIDATION_STEPS {
                let at = epoch_seconds * step as f64 / (STEPS + VALIDATION_STEPS) as f64;
                if step <= STEPS {
                    run.step(step, &metrics(epoch)[..2], at);
                } else {
                    run.elapsed = at;
                    run.status = Status::Validating(step - STEPS, VALIDATION_STEPS);
                }
                let next = draw(&run, start + at, step == STEPS);
                longest_pause = longest_pause.max(next - start - at);
            }
            run.elapsed = epoch_seconds;
            run.status = Status::Running;
            end_epoch(&mut run);
            draw(&run, start + epoch_seconds, true);
        }
        run.status = Status::Finished;
        board.close(&run, epoch_seconds * epochs as f64);
        let messages = count(&state) + count(&table);
        let bytes = bytes(&state) + bytes(&table) + AROUND * messages;
        println!(
            "{epochs} epochs of {epoch_seconds} s: {} states, {} tables, {bytes} bytes, \
             {longest_pause:.1} s between two at most",
            count(&state),
            count(&table)
        );
        (messages, bytes)
    }

    #[test]
    fn a_long_run_is_no_more_messages_and_bytes_than_a_short_one() {
        for epoch_seconds in [1.0, 10.0, 60.0, 600.0] {
            let (messages, bytes) = cost(10, epoch_seconds);
            assert!(messages < 1000, "{messages} messages");
            assert!(bytes < 1_000_000, "{bytes} bytes");
        }
    }

    #[test]
    fn short_epochs_are_drawn_twice_a_second_and_the_last_one_always() {
        let (mut board, _, epochs) = board();
        let mut run = fit(100);
        let begun = Instant::now();
        for epoch in 0..100 {
            run.begin_epoch(epoch);
            end_epoch(&mut run);
            board.draw(&run, begun + Duration::from_millis(20 * epoch as u64));
        }
        // Two seconds: at 0, 0.5, 1 and 1.5 s.
        assert_eq!(count(&epochs), 4);
        run.status = Status::Interrupted("Interrupted".into());
        board.close(&run, 2.0);
        assert_eq!(count(&epochs), 5);
        assert_eq!(
            last(&epochs).plain(),
            "<chart: loss and accuracy over 100 epochs>"
        );
        board.close(&run, 2.0);
        assert_eq!(count(&epochs), 5, "nothing new, nothing drawn");
    }

    #[test]
    fn what_waited_is_drawn_during_the_next_epoch() {
        let (mut board, _, epochs) = board();
        let mut run = fit(3);
        let begun = Instant::now();
        for epoch in 0..2 {
            run.begin_epoch(epoch);
            end_epoch(&mut run);
            board.draw(&run, begun + Duration::from_millis(100 * epoch as u64));
        }
        assert_eq!(count(&epochs), 1);
        run.begin_epoch(2);
        board.draw(&run, begun + Duration::from_millis(499));
        assert_eq!(count(&epochs), 1);
        board.draw(&run, begun + Duration::from_millis(500));
        assert_eq!(count(&epochs), 2);
        assert!(last(&epochs).plain().ends_with("over 2 epochs>"));
    }

    #[test]
    fn what_has_no_epochs_has_one_display() {
        let (mut board, state, epochs) = board();
        let mut run = Run::new(Work::Evaluate, 10);
        run.step(10, &metrics(0)[..2], 1.0);
        board.draw(&run, Instant::now());
        run.status = Status::Finished;
        board.close(&run, 1.0);
        assert_eq!((count(&state), count(&epochs)), (2, 0));
    }
}
