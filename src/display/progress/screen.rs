//! Where and how a run is drawn.

use std::time::{Duration, Instant};

use super::board::{Board, Place};
use super::line;
use super::run::{Run, Work};
use crate::display::width::{terminal_width, width};
use crate::display::{Destination, output};
use crate::plot;

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
    /// The final line of each epoch; in the stock kernel, the curves where they are shown in the end.
    Lines {
        sink: Sink,
        alive: Instant,
        curves: Option<Place>,
    },
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
                curves: (destination == Destination::Evcxr).then(Place::default),
            },
        }
    }

    /// The shortest time between two drawings, `seconds` after the run began; none where nothing is
    /// drawn between epochs.
    pub(super) fn interval(&self, run: &Run, seconds: f64) -> Option<Duration> {
        match self {
            Screen::Notebook(_) => Some(run.interval(seconds)),
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
            Screen::Lines { sink, alive, .. } => {
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
        let verdict = line::verdict(run);
        match self {
            Screen::Nothing => {}
            Screen::Notebook(board) => board.close(run, seconds),
            Screen::Terminal { sink, drawn, .. } => {
                if let Some(verdict) = verdict {
                    let newline = if *drawn > 0 { "\n" } else { "" };
                    sink.write(&format!("{newline}{verdict}\n"));
                }
            }
            Screen::Brief(sink) | Screen::Lines { sink, .. } => {
                if let Some(verdict) = verdict {
                    sink.write(&format!("{verdict}\n"));
                }
            }
        }
        if let Screen::Lines { curves, .. } = self
            && let Some(mut place) = curves.take()
            && run.rows.len() > 1
        {
            place.show(plot::history(&run.history()).bundle());
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
            let text = match (complete, *colors) {
                (false, colors) => line::running_bar(run, colors, terminal_width()),
                (true, true) => line::colored_bar(run, true),
                (true, false) => line::bar(run, true),
            };
            let width = width(&text);
            let wipe = " ".repeat(drawn.saturating_sub(width));
            let end = if complete { "\n" } else { "" };
            sink.write(&format!("\r{text}{wipe}{end}"));
            *drawn = if complete { 0 } else { width };
        }
    }
}
