//! What a data set reports while it is being prepared.

use std::fmt;
use std::time::{Duration, Instant};

/// What is being done right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Fetching the archive; counted in bytes.
    Download,
    /// Unpacking the archive; counted in bytes.
    Unpack,
    /// Drawing the pictures of a stand-in; counted in pictures.
    Draw,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Download => "downloading",
            Step::Unpack => "unpacking",
            Step::Draw => "drawing the stand-in",
        })
    }
}

impl Step {
    /// How far it is, in the step's own unit: `12.5 of 170.1 MB`, `300 of 60000 pictures`.
    pub fn describe(self, done: u64, total: Option<u64>) -> String {
        let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
        let (done, total, unit) = match self {
            Step::Draw => (done.to_string(), total.map(|t| t.to_string()), "pictures"),
            Step::Download | Step::Unpack => (megabytes(done), total.map(megabytes), "MB"),
        };
        match total {
            Some(total) => format!("{done} of {total} {unit}"),
            None => format!("{done} {unit}"),
        }
    }
}

/// A progress hook that writes a line to the standard error now and then: at the start and the end
/// of a step and every five seconds between.
///
/// `name` says what the progress belongs to.
///
/// # Example
/// ```
/// use kerust::datasets::{Step, plain_lines};
/// let mut progress = plain_lines("cifar10");
/// progress(Step::Download, 12_500_000, Some(170_052_171));
/// assert_eq!(Step::Download.describe(12_500_000, Some(170_052_171)), "12.5 of 170.1 MB");
/// ```
pub fn plain_lines(name: &str) -> impl FnMut(Step, u64, Option<u64>) + use<> {
    const PAUSE: Duration = Duration::from_secs(5);
    let name = name.to_owned();
    let mut last: Option<(Step, Instant)> = None;
    move |step, done, total| {
        let finished = total == Some(done);
        let due = last.is_none_or(|(of, at)| of != step || at.elapsed() >= PAUSE);
        if due || finished {
            eprintln!("{name}: {step}, {}", step.describe(done, total));
            last = Some((step, Instant::now()));
        }
    }
}
