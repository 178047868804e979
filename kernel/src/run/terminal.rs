//! What `kerust run` shows while it runs.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::text::width;

/// How often the running cell's line is renewed on a terminal.
const TERMINAL_INTERVAL: Duration = Duration::from_millis(100);
/// How often it is repeated where lines cannot be renewed.
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);

/// One line per cell, and while a cell runs, its state.
pub(crate) struct Progress {
    total: usize,
    is_terminal: bool,
    heading: String,
    started: Instant,
    renewed: Instant,
    last_state: String,
}

impl Progress {
    pub(crate) fn new(total: usize) -> Self {
        let now = Instant::now();
        Progress {
            total,
            is_terminal: std::io::stdout().is_terminal(),
            heading: String::new(),
            started: now,
            renewed: now,
            last_state: String::new(),
        }
    }

    /// Starts cell number `number`, from 1.
    pub(crate) fn start(&mut self, number: usize, source: &str) {
        let digits = self.total.to_string().len();
        let first = source
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with("//"))
            .unwrap_or_default();
        let first = shorten(&printable(first), 60);
        self.heading = format!("[{number:>digits$}/{}] {first}", self.total);
        self.started = Instant::now();
        self.renewed = self.started;
        self.last_state.clear();
        if self.is_terminal {
            let line = format!("{} …", self.heading);
            self.show(&shorten(&line, terminal_width()));
        }
    }

    /// Shows the running cell's state, unless that was done a moment ago.
    pub(crate) fn state(&mut self, state: impl FnOnce() -> Option<String>) {
        let interval = if self.is_terminal {
            TERMINAL_INTERVAL
        } else {
            PLAIN_INTERVAL
        };
        if self.renewed.elapsed() < interval {
            return;
        }
        self.renewed = Instant::now();
        let time = duration(self.started.elapsed());
        let state = state().as_deref().map(printable).unwrap_or_default();
        if self.is_terminal {
            let line = format!("{} … {time}  {state}", self.heading);
            self.show(&shorten(&line, terminal_width()));
        } else if state != self.last_state {
            say(&format!("{} … {time}  {state}", self.heading));
            self.last_state = state;
        }
    }

    /// Ends the cell's line.
    pub(crate) fn finish(&mut self, failed: bool) {
        let time = duration(self.started.elapsed());
        let mark = if failed { "failed after" } else { "…" };
        let line = format!("{} {mark} {time}", self.heading);
        if self.is_terminal {
            self.show(&line);
            say("");
        } else {
            say(&line);
        }
    }

    /// Writes over the current line.
    fn show(&self, line: &str) {
        let mut stdout = std::io::stdout().lock();
        // Progress that cannot be shown is no reason to stop the run.
        let _ = write!(stdout, "\r\x1b[2K{line}").and_then(|()| stdout.flush());
    }
}

/// Prints a line. A reader who is gone is no reason to stop the run and lose its results.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A length of time, as short as it is worth reading.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 10.0 {
        format!("{seconds:.2} s")
    } else if seconds < 100.0 {
        format!("{seconds:.1} s")
    } else {
        let whole = duration.as_secs();
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

/// `text`, cut to `columns` columns.
fn shorten(text: &str, columns: usize) -> String {
    let mut used = 0;
    let mut cut = None;
    for (start, character) in text.char_indices() {
        if used < columns {
            cut = Some(start);
        }
        used += width(character);
        if used > columns {
            return format!("{}…", &text[..cut.unwrap_or(0)]);
        }
    }
    text.to_owned()
}

/// `text` without what would move the cursor or change colors.
fn printable(text: &str) -> String {
    super::ansi::spans(text)
        .into_iter()
        .flat_map(|span| span.text.chars().collect::<Vec<_>>())
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

fn terminal_width() -> usize {
    let mut size = libc::winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: `TIOCGWINSZ` writes a `winsize`, which `size` is.
    let known = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &mut size) } == 0;
    match usize::from(size.ws_col) {
        columns if known && columns > 20 => columns - 1,
        _ => 79,
    }
}
