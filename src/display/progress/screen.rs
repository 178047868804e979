//! Where and how a run is drawn.

use std::time::{Duration, Instant};

use super::board::Board;
use super::line;
use super::run::{Run, Work};
use crate::display::{Destination, output};

/// Work in a file or the stock kernel, where nothing can be redrawn, gets a line this often.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// One way of drawing.
#[derive(Debug)]
pub(super) enum Screen {
    /// `verbose=0`.
    Nothing,
    /// `verbose=2`: Keras's one line for each epoch.
    Brief(Sink),
    /// Displays that a notebook updates in place.
    Notebook(Box<Board>),
    /// Keras's bar, drawn over itself; how wide it was the last time.
    Terminal {
        sink: Sink,
        colors: bool,
        drawn: usize,
    },
    /// The final line of each epoch.
    Lines { sink: Sink, alive: Instant },
}

/// Where text goes: the standard output, except in tests.
#[derive(Clone, Debug)]
pub(in crate::display) enum Sink {
    Stdout,
    #[cfg(test)]
    Memory(std::sync::Arc<std::sync::Mutex<Vec<String>>>),
}

impl Sink {
    pub(in crate::display) fn write(&self, text: &str) {
        match self {
            Sink::Stdout => output::write(text),
            #[cfg(test)]
            Sink::Memory(writes) => writes.lock().expect("one thread").push(text.to_string()),
        }
    }
}

impl Screen {
    pub(super) fn for_verbose(verbose: usize) -> Screen {
        let sink = Sink::Stdout;
        let destination = Destination::now();
        match (verbose, destination) {
            (0, _) => Screen::Nothing,
            (2.., _) => Screen::Brief(sink),
            (_, Destination::Kernel) => Screen::Notebook(Box::default()),
            (_, Destination::Terminal) => Screen::Terminal {
                sink,
                colors: destination.has_colors(),
                drawn: 0,
            },
            _ => Screen::Lines {
                sink,
                alive: Instant::now(),
            },
        }
    }

    /// The shortest time between two drawings; none where nothing is drawn between epochs.
    pub(super) fn interval(&self) -> Option<Duration> {
        match self {
            Screen::Notebook(_) => Some(Duration::from_millis(100)),
            Screen::Terminal { .. } => Some(Duration::from_millis(50)),
            Screen::Lines { .. } => Some(Duration::from_millis(500)),
            Screen::Nothing | Screen::Brief(_) => None,
        }
    }

    /// An epoch, or other work, begins.
    pub(super) fn begin(&mut self, run: &Run) {
        if let Some(headline) = line::headline(run) {
            match self {
                Screen::Brief(sink)
                | Screen::Terminal { sink, .. }
                | Screen::Lines { sink, .. } => sink.write(&format!("{headline}\n")),
                Screen::Nothing | Screen::Notebook(_) => {}
            }
        }
    }

    pub(super) fn draw(&mut self, run: &Run) {
        match self {
            Screen::Nothing | Screen::Brief(_) => {}
            Screen::Notebook(board) => board.draw(run, Instant::now()),
            Screen::Terminal { .. } => {
                if run.done > 0 {
                    self.draw_over(run, false);
                }
            }
            Screen::Lines { sink, alive } => {
                if matches!(run.work, Work::Task { .. }) && alive.elapsed() >= SIGN_OF_LIFE {
                    *alive = Instant::now();
                    sink.write(&format!("{}\n", line::bar(run, false)));
                }
            }
        }
    }

    /// An epoch, or other work, is complete.
    pub(super) fn end(&mut self, run: &Run) {
        match self {
            Screen::Nothing => {}
            Screen::Brief(sink) => sink.write(&format!("{}\n", line::brief(run))),
            Screen::Notebook(_) => self.draw(run),
            Screen::Terminal { .. } => self.draw_over(run, true),
            Screen::Lines { sink, .. } => sink.write(&format!("{}\n", line::bar(run, true))),
        }
    }

    /// Nothing more comes; `seconds` is the time of the whole run.
    pub(super) fn close(&mut self, run: &Run, seconds: f64) {
        if let Screen::Notebook(board) = self {
            board.close(run, seconds);
            return;
        }
        let Some(verdict) = line::verdict(run) else {
            return;
        };
        match self {
            Screen::Nothing | Screen::Notebook(_) => {}
            Screen::Terminal { sink, drawn, .. } => {
                let newline = if *drawn > 0 { "\n" } else { "" };
                sink.write(&format!("{newline}{verdict}\n"));
            }
            Screen::Brief(sink) | Screen::Lines { sink, .. } => {
                sink.write(&format!("{verdict}\n"));
            }
        }
    }

    /// Draws Keras's bar over the one before; spaces wipe out what a longer one has left.
    fn draw_over(&mut self, run: &Run, complete: bool) {
        if let Screen::Terminal {
            sink,
            colors,
            drawn,
        } = self
        {
            let plain = line::bar(run, complete);
            let width = plain.chars().count();
            let text = if *colors {
                line::colored_bar(run, complete)
            } else {
                plain
            };
            let wipe = " ".repeat(drawn.saturating_sub(width));
            let end = if complete { "\n" } else { "" };
            sink.write(&format!("\r{text}{wipe}{end}"));
            *drawn = if complete { 0 } else { width };
        }
    }
}
