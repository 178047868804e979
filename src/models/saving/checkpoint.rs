//! The checkpoints that `fit` writes by itself under kerust's own notebook kernel, so that a
//! process that dies does not take hours of training with it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::container::Container;
use super::file::Manner;
use super::tensors::{Besides, save};
use crate::datasets::cache::readable;
use crate::models::compile::Compiled;
use crate::models::graph::Graph;
use crate::{Error, Result, notebook};

/// The environment variable with which the kernel names the folder for this session's checkpoints.
const FOLDER_VARIABLE: &str = "KERUST_CHECKPOINTS";

/// The ending of the checkpoints.
const EXTENSION: &str = "safetensors";

/// How far a training run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// The epoch that the run ends after.
    pub epochs: usize,
    /// How many batches of the epoch are done.
    pub batch: usize,
    /// How many there are.
    pub batches: usize,
}

impl Moment {
    /// Whether the whole epoch is done.
    pub fn ends_epoch(&self) -> bool {
        self.batch >= self.batches
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch {} of {}", self.epoch, self.epochs)?;
        if !self.ends_epoch() {
            write!(f, ", batch {} of {}", self.batch, self.batches)?;
        }
        Ok(())
    }
}

/// A checkpoint on the disk: which model, how far trained. Its text says how to go on from it.
///
/// While `fit` runs under kerust's own notebook kernel, it saves the weights now and then. When the
/// process of the cells dies, the kernel shows what was saved last.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// The file, for `load_weights`.
    pub path: PathBuf,
    /// The model's name.
    pub model: String,
    /// How far it was trained.
    pub moment: Moment,
}

impl Checkpoint {
    /// What the file at `path` says of itself; its numbers are not read.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or `fit` did not write it.
    pub fn read(path: impl AsRef<Path>) -> Result<Checkpoint> {
        let path = path.as_ref().to_path_buf();
        let about = Container::open(&path)?.about;
        let known = about.and_then(|about| Some((about.model, about.moment?)));
        let Some((model, moment)) = known else {
            let what = format!("`{}` is no checkpoint of `fit`", path.display());
            return Err(Error::data(what));
        };
        Ok(Checkpoint {
            path,
            model,
            moment,
        })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the weights of `{}` after {} are saved: model.load_weights({:?})?",
            self.model,
            self.moment,
            readable(&self.path)
        )
    }
}

/// When a training run saves its weights: writing takes at most 2 % of its time.
struct Pace {
    begun: Instant,
    last: Instant,
    /// How long the last one took; before the first one, how long it takes on a fast disk.
    cost: Duration,
}

impl Pace {
    const LEAST: Duration = Duration::from_secs(1);
    const MOST: Duration = Duration::from_secs(30);
    /// A checkpoint costs at most this part of the time that it comes after: 1 % while training
    /// goes on, and as much at its end.
    const SHARE: u32 = 100;

    fn new(now: Instant, bytes: usize) -> Pace {
        const BYTES_PER_SECOND: f64 = 1e9;
        Pace {
            begun: now,
            last: now,
            cost: Duration::from_secs_f64(bytes as f64 / BYTES_PER_SECOND),
        }
    }

    /// Whether it is time for one. A long run has fewer, which spares the disk: dying loses a
    /// twentieth of the run, and at most half a minute when writing is fast.
    fn is_due(&self, now: Instant) -> bool {
        let rest = ((now - self.begun) / 20).clamp(Self::LEAST, Self::MOST);
        now - self.last >= rest.max(self.cost * Self::SHARE)
    }

    /// Whether the end of the run is worth one.
    fn is_due_at_end(&self, now: Instant) -> bool {
        now - self.begun >= Self::LEAST.max(self.cost * Self::SHARE)
    }

    fn written(&mut self, begun: Instant, now: Instant) {
        self.cost = now - begun;
        self.last = now;
    }
}

/// The checkpoints of one training run.
pub(in crate::models) struct Checkpoints {
    /// None where none are written.
    writer: Option<Writer>,
}

struct Writer {
    path: PathBuf,
    pace: Pace,
    last: Option<Moment>,
}

impl Checkpoints {
    /// For a run that begins now; they are written only under kerust's kernel.
    pub(in crate::models) fn begin(graph: &mut Graph, compiled: &Compiled) -> Checkpoints {
        let folder = std::env::var_os(FOLDER_VARIABLE)
            .map(PathBuf::from)
            .filter(|folder| notebook::is_attached() && folder.is_absolute());
        let writer = folder.map(|folder| {
            let numbers: usize = graph.weights_mut().map(|w| w.value.size()).sum();
            let copies = 1 + compiled.optimizer.slot_names().len();
            Writer {
                path: folder.join(file_name(&graph.name)),
                pace: Pace::new(Instant::now(), numbers * copies * size_of::<f32>()),
                last: None,
            }
        });
        Checkpoints { writer }
    }

    /// Between two batches: writes a checkpoint if it is time for one.
    pub(in crate::models) fn at(&mut self, moment: Moment, graph: &Graph, compiled: &Compiled) {
        if let Some(writer) = &self.writer
            && writer.pace.is_due(Instant::now())
        {
            self.write(moment, graph, compiled);
        }
    }

    /// After the last batch: what was trained to the end is worth one.
    pub(in crate::models) fn at_end(&mut self, moment: Moment, graph: &Graph, compiled: &Compiled) {
        if let Some(writer) = &self.writer
            && writer.pace.is_due_at_end(Instant::now())
        {
            self.write(moment, graph, compiled);
        }
    }

    /// A failure does not disturb the training: it is told once, and this run tries no more.
    fn write(&mut self, moment: Moment, graph: &Graph, compiled: &Compiled) {
        static TOLD: AtomicBool = AtomicBool::new(false);
        let Some(writer) = &mut self.writer else {
            return;
        };
        if writer.last == Some(moment) {
            return;
        }
        let begun = Instant::now();
        match writer.write(moment, graph, compiled) {
            Ok(()) => {
                writer.pace.written(begun, Instant::now());
                writer.last = Some(moment);
            }
            Err(error) => {
                if !TOLD.swap(true, Ordering::Relaxed) {
                    eprintln!("note: training goes on without automatic checkpoints: {error}");
                }
                self.writer = None;
            }
        }
    }
}

impl Writer {
    fn write(&self, moment: Moment, graph: &Graph, compiled: &Compiled) -> Result<()> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| {
                Error::io(
                    format!("cannot make the folder `{}`", folder.display()),
                    error,
                )
            })?;
        }
        // The death of the process does not harm what the system has taken; a power cut, which
        // does, takes the kernel that would offer the file as well.
        let manner = Manner {
            overwrite: true,
            durable: false,
        };
        let optimizer = Some(&compiled.optimizer);
        let more = Besides {
            moment: Some(moment),
            ..Besides::default()
        };
        save(graph, optimizer, &self.path, &manner, more)
    }
}

/// A model's name as that of a file.
fn file_name(model: &str) -> String {
    const LONGEST: usize = 60;
    let name: String = model
        .chars()
        .take(LONGEST)
        .map(|letter| match letter {
            '-' | '_' => letter,
            _ if letter.is_alphanumeric() => letter,
            _ => '_',
        })
        .collect();
    let name = if name.is_empty() { "model" } else { &name };
    format!("{name}.{EXTENSION}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a training of `length` whose checkpoints take `cost`; returns when they were written.
    fn written(length: Duration, cost: Duration) -> Vec<Duration> {
        let begun = Instant::now();
        let mut pace = Pace::new(begun, 0);
        let mut now = begun;
        let mut all = Vec::new();
        while now - begun < length {
            now += Duration::from_millis(10);
            if pace.is_due(now) {
                all.push(now - begun);
                pace.written(now, now + cost);
                now += cost;
            }
        }
        if pace.is_due_at_end(now) {
            all.push(now - begun);
        }
        all
    }

    #[test]
    fn writing_takes_at_most_a_fiftieth_of_the_time() {
        for (length, cost) in [(5, 1), (60, 20), (600, 200), (3600, 1000), (3600, 5000)] {
            let (length, cost) = (Duration::from_secs(length), Duration::from_millis(cost));
            let count = written(length, cost).len() as u32;
            assert!(count >= 1, "{length:?} {cost:?}");
            // The first one, whose time is not known before, may be too much by itself.
            assert!(
                cost * (count - 1) <= length / 50,
                "{length:?} {cost:?} {count}"
            );
        }
    }

    #[test]
    fn a_long_run_loses_little_and_spares_the_disk() {
        let cost = Duration::from_millis(5);
        assert_eq!(written(Duration::from_millis(900), cost), []);
        let all = written(Duration::from_secs(3600), cost);
        assert_eq!(all[0], Duration::from_secs(1));
        for pair in all.windows(2) {
            assert!(pair[1] - pair[0] <= Duration::from_secs(31), "{pair:?}");
        }
        assert!(all.len() < 300, "{}", all.len());
    }

    #[test]
    fn the_first_one_of_a_huge_model_waits() {
        let begun = Instant::now();
        let pace = Pace::new(begun, 4_000_000_000);
        assert!(!pace.is_due(begun + Duration::from_secs(399)));
        assert!(pace.is_due(begun + Duration::from_secs(400)));
    }

    #[test]
    fn any_name_of_a_model_makes_a_name_of_a_file() {
        for (model, file) in [
            ("sequential_1", "sequential_1.safetensors"),
            ("../a b/..", "___a_b___.safetensors"),
            ("网络", "网络.safetensors"),
            ("", "model.safetensors"),
        ] {
            assert_eq!(file_name(model), file);
        }
        assert!(file_name(&"网".repeat(500)).len() < 255);
    }
}
