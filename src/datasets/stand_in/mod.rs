//! Made-up samples in the place of a data set that cannot be had: learnable, and marked as such.
//!
//! A stand-in is in the official format, so everything works on it; scores on it say nothing about
//! the real data set. It is marked by a file, and every load announces it.

mod announce;
mod canvas;
mod color_pictures;
mod dice;
mod digits;
mod draw;
mod files;
mod garments;
mod gray_pictures;
mod houses;
mod newswires;
mod photograph;
mod reviews;
mod text;
mod things;
mod write_npz;
mod write_pickle;

use std::fs;
use std::path::Path;

use super::dataset::{Dataset, Size};
use crate::{Error, Result};

pub(super) use announce::announce;
pub use announce::notice;
pub(super) use color_pictures::{write_cifar10, write_cifar100};
pub(super) use gray_pictures::{write_fashion_mnist, write_mnist};
pub(super) use houses::{write_boston, write_california};
pub(super) use newswires::write_reuters;
pub(super) use reviews::write_imdb;

/// The seed of a stand-in unless another one is asked for.
pub const SEED: u64 = 10;

/// The file that marks a folder as a stand-in.
const MARKER: &str = "STAND-IN.txt";
/// The samples of a file are made in memory: this many pictures take 3 GB.
const MOST_SAMPLES: usize = 1_000_000;

/// What can stand in for a data set.
#[derive(Clone, Copy)]
pub struct StandIn {
    /// What the samples are: `pictures`.
    pub things: &'static str,
    /// How they came about: `drawn`.
    pub made: &'static str,
    /// What they have in common with the real ones: `classes`.
    pub same: &'static str,
    /// How many samples the real data set has.
    pub size: Size,
    /// Writes the files into a folder that is marked already.
    pub write: fn(&mut Work<'_>) -> Result<()>,
}

impl std::fmt::Debug for StandIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:?}", self.made, self.things, self.size)
    }
}

/// The stand-in to write.
pub struct Work<'a> {
    /// Where to.
    pub folder: &'a Path,
    /// How many samples.
    pub size: Size,
    /// Another seed makes other samples.
    pub seed: u64,
    /// How many samples are done.
    done: u64,
    progress: &'a mut dyn FnMut(u64, Option<u64>),
}

impl Work<'_> {
    /// Reports how many of the samples are made.
    pub(super) fn report(&mut self, done: u64) {
        self.done = done;
        (self.progress)(done, Some(self.size.total() as u64));
    }

    /// Reports `count` more.
    fn advance(&mut self, count: usize) {
        self.report(self.done + count as u64);
    }
}

/// Writes a stand-in for `dataset`; `progress` gets the samples made so far and their total.
pub(super) fn write(
    dataset: &Dataset,
    folder: &Path,
    size: Size,
    seed: u64,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<()> {
    for (name, count) in [("train", size.train), ("test", size.test)] {
        if !(1..=MOST_SAMPLES).contains(&count) {
            let expected = format!("1 to {MOST_SAMPLES} {}", dataset.stand_in.things);
            return Err(Error::argument(name, &expected, count));
        }
    }
    let names = dataset.readable_names();
    let holds_data = names.iter().any(|name| folder.join(name).exists());
    if holds_data && !is_stand_in(folder) {
        return Err(Error::state(format!(
            "`{}` holds files of {} that are not a stand-in; they are left as they are",
            folder.display(),
            dataset.title
        ))
        .remedy("give another folder"));
    }
    fs::create_dir_all(folder).map_err(|error| files::cannot(folder, &error))?;
    // The mark comes first: nothing made up may ever lie here without it.
    files::write_bytes(folder, MARKER, announce::mark(dataset).as_bytes())?;
    let mut work = Work {
        folder,
        size,
        seed,
        done: 0,
        progress,
    };
    work.report(0);
    (dataset.stand_in.write)(&mut work)?;
    work.report(size.total() as u64);
    Ok(())
}

/// Whether the folder is marked as a stand-in.
///
/// # Example
/// ```
/// use kerust::datasets::stand_in::is_stand_in;
/// let folder = tempfile::tempdir().unwrap();
/// assert!(!is_stand_in(folder.path()));
/// ```
pub fn is_stand_in(folder: &Path) -> bool {
    folder.join(MARKER).exists()
}
