//! What `kerust run` shows while it runs.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

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
        let width = self.total.to_string().len();
        let first = source
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with("//"))
            .unwrap_or_default();
        self.heading = format!("[{number:>width$}/{}] {}", self.total, shorten(first, 60));
        self.started = Instant::now();
        self.renewed = self.started;
        self.last_state.clear();
        if self.is_terminal {
            self.show(&format!("{} …", self.heading));
        }
    }

    /// Shows the running cell's state, unless that was done a moment ago.
    pub(crate) fn state(&mut self, state: Option<&str>) {
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
        let state = state.map(without_colors).unwrap_or_default();
        if self.is_terminal {
            let line = format!("{} … {time}  {state}", self.heading);
            self.show(&shorten(&line, terminal_width()));
        } else if state != self.last_state {
            println!("{} … {time}  {state}", self.heading);
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
            println!();
        } else {
            println!("{line}");
        }
    }

    /// Writes over the current line.
    fn show(&self, line: &str) {
        let mut stdout = std::io::stdout().lock();
        // Progress that cannot be shown is no reason to stop the run.
        let _ = write!(stdout, "\r\x1b[2K{line}").and_then(|()| stdout.flush());
    }
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

/// `text`, cut to `width` characters.
fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

fn without_colors(text: &str) -> String {
    super::ansi::spans(text)
        .into_iter()
        .map(|span| span.text)
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
