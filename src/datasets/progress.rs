//! What a data set reports while it is being prepared.

use std::fmt;

use crate::display::Progress;

/// What is being done right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Fetching a file; counted in bytes.
    Download,
    /// Unpacking the archive; counted in bytes.
    Unpack,
    /// Making a stand-in; counted in samples.
    StandIn,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Download => "downloading",
            Step::Unpack => "unpacking",
            Step::StandIn => "making the stand-in",
        })
    }
}

impl Step {
    /// How far it is, in the step's own unit: `12.5 of 170.1 MB`, `300 of 60000 samples`.
    pub fn describe(self, done: u64, total: Option<u64>) -> String {
        let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
        let (done, total, unit) = match self {
            Step::StandIn => (done.to_string(), total.map(|t| t.to_string()), "samples"),
            Step::Download | Step::Unpack => (megabytes(done), total.map(megabytes), "MB"),
        };
        match total {
            Some(total) => format!("{done} of {total} {unit}"),
            None => format!("{done} {unit}"),
        }
    }
}

/// A progress hook that shows a bar for each step: live in a notebook or a terminal, plain lines
/// elsewhere.
///
/// `name` says what the progress belongs to.
///
/// # Example
/// ```
/// use kerust::datasets::{Step, show_progress};
/// let mut progress = show_progress("cifar10");
/// progress(Step::StandIn, 300, Some(600));
/// progress(Step::StandIn, 600, Some(600));
/// assert_eq!(Step::Download.describe(12_500_000, Some(170_052_171)), "12.5 of 170.1 MB");
/// ```
pub fn show_progress(name: &str) -> impl FnMut(Step, u64, Option<u64>) + use<> {
    let name = name.to_owned();
    let mut shown: Option<(Step, Progress)> = None;
    // What the last bar ended with: the next file begins another one.
    let mut ended: Option<u64> = None;
    move |step, done, total| {
        let is_another = ended.is_some_and(|end| done < end || total != Some(end));
        if is_another || shown.as_ref().is_none_or(|(of, _)| *of != step) {
            ended = None;
            let unit = if step == Step::StandIn {
                "sample"
            } else {
                "bytes"
            };
            let label = format!("{name}: {step}");
            shown = Some((
                step,
                Progress::task(label, total.unwrap_or(0) as usize, unit),
            ));
        }
        let Some((_, bar)) = &mut shown else { return };
        let finished = total == Some(done);
        if bar.is_due() || finished {
            bar.step(done as usize, &[]);
        }
        if finished {
            bar.finish();
            ended = total;
        }
    }
}
