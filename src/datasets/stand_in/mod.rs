//! Drawn pictures in the place of a data set that cannot be had: learnable, and marked as drawn.
//!
//! A stand-in is in the official layout, so everything works on it; scores on it say nothing about
//! the real data set. It is marked by a file, and every load announces it.

mod animals;
mod backdrop;
mod canvas;
mod coat;
mod dice;
mod effects;
mod faces;
mod four_legged;
mod scene;
mod vehicles;
mod water_and_air;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::cache::readable;
use super::cifar10::CLASS_NAMES;
use crate::display::{self, Bundle};
use crate::{Error, Result, notebook};
use dice::Dice;

/// The seed of a stand-in unless another one is asked for.
pub const SEED: u64 = 10;

/// The file that marks a folder as a stand-in.
const MARKER: &str = "STAND-IN.txt";
const MARKER_TEXT: &str = "\
STAND-IN: the pictures in this folder are NOT the CIFAR-10 data set.

They were drawn by a program (kerust), because the real pictures could not be downloaded. They are
in the layout of the binary version of CIFAR-10 and have its ten classes, so that everything that
works on CIFAR-10 works on them. Scores reached on them say nothing about CIFAR-10.

To get the real data set: kerust datasets get cifar10
";

/// Bytes of one record: the label and three color planes of 32x32.
const RECORD: usize = 1 + 3 * canvas::SIDE * canvas::SIDE;
const TRAIN_BATCHES: usize = 5;
/// A file is drawn in memory: this many pictures take 3 GB.
const MOST_PICTURES: usize = 1_000_000;

/// Writes a drawn data set with CIFAR-10's classes into `folder`, in the official binary layout:
/// `data_batch_1.bin` to `data_batch_5.bin` with `train_per_batch` pictures each, `test_batch.bin`
/// with `test` pictures, `batches.meta.txt`, and the file `STAND-IN.txt` that marks it.
///
/// Each class is drawn equally often in each file, up to one picture. The same arguments give the
/// same pictures. The official data set has 10,000 pictures in each file.
///
/// # Errors
/// When a number is 0 or above a million, when `folder` holds batches that are not marked as a stand-in, when it cannot
/// be written, or when the user interrupts.
///
/// # Example
/// ```
/// use kerust::datasets::{cifar10, stand_in};
/// let folder = tempfile::tempdir().unwrap();
/// stand_in::write_cifar10(folder.path(), 10, 10, 7)?;
/// assert!(stand_in::is_stand_in(folder.path()));
/// let (_, (_, y_test)) = cifar10::load_from(folder.path())?;
/// assert_eq!(y_test.shape(), (10, 1));
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn write_cifar10(
    folder: impl AsRef<Path>,
    train_per_batch: usize,
    test: usize,
    seed: u64,
) -> Result<()> {
    write_cifar10_with(folder.as_ref(), train_per_batch, test, seed, &mut |_, _| {})
}

/// As [`write_cifar10`], with a hook that gets the pictures drawn so far and their total.
pub(crate) fn write_cifar10_with(
    folder: &Path,
    train_per_batch: usize,
    test: usize,
    seed: u64,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<()> {
    for (name, count) in [("train_per_batch", train_per_batch), ("test", test)] {
        if !(1..=MOST_PICTURES).contains(&count) {
            let expected = format!("1 to {MOST_PICTURES} pictures");
            return Err(Error::argument(name, &expected, count));
        }
    }
    let cannot = |error: std::io::Error| {
        Error::io(
            format!("cannot write a stand-in into `{}`", folder.display()),
            error,
        )
    };
    if holds_batches(folder) && !is_stand_in(folder) {
        return Err(Error::state(format!(
            "`{}` holds batches that are not a stand-in; they are left as they are",
            folder.display()
        ))
        .remedy("give another folder"));
    }
    fs::create_dir_all(folder).map_err(cannot)?;
    // The mark comes first: nothing drawn may ever lie here without it.
    write_whole(folder, MARKER, MARKER_TEXT.as_bytes()).map_err(cannot)?;
    let names = CLASS_NAMES.map(|name| format!("{name}\n")).concat();
    write_whole(folder, "batches.meta.txt", names.as_bytes()).map_err(cannot)?;

    let total = (TRAIN_BATCHES * train_per_batch + test) as u64;
    let mut done = 0;
    progress(done, Some(total));
    for number in 1..=TRAIN_BATCHES + 1 {
        let (name, count) = match number {
            6 => ("test_batch.bin".to_owned(), test),
            _ => (format!("data_batch_{number}.bin"), train_per_batch),
        };
        // Another family of pictures for each file, and for each seed.
        let family = dice::mix(seed, number as u64);
        let batch = draw_batch(count, family, &mut |drawn| {
            progress(done + drawn, Some(total))
        })?;
        write_whole(folder, &name, &batch).map_err(cannot)?;
        done += count as u64;
    }
    progress(total, Some(total));
    Ok(())
}

/// The records of one file.
fn draw_batch(count: usize, family: u64, progress: &mut dyn FnMut(u64)) -> Result<Vec<u8>> {
    // Chunks, so that the hook can be called on this thread while the others draw.
    const CHUNK: usize = 1000;
    let mut labels: Vec<u8> = (0..count).map(|i| (i % CLASS_NAMES.len()) as u8).collect();
    Dice::new(family).shuffle(&mut labels);
    let mut batch = vec![0; count * RECORD];
    let drawn = AtomicU64::new(0);
    for (chunk, records) in batch.chunks_mut(CHUNK * RECORD).enumerate() {
        records
            .par_chunks_mut(RECORD)
            .enumerate()
            .for_each(|(within, record)| {
                let index = chunk * CHUNK + within;
                let mut dice = Dice::new(dice::mix(family, index as u64 + 1));
                record[0] = labels[index];
                scene::draw(labels[index], &mut dice, &mut record[1..]);
                drawn.fetch_add(1, Ordering::Relaxed);
            });
        progress(drawn.load(Ordering::Relaxed));
        if notebook::interrupted() {
            return Err(Error::interrupted("drawing the stand-in"));
        }
    }
    Ok(batch)
}

/// Writes a file under another name first, so that there is never half of it under its own.
fn write_whole(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let unfinished = folder.join(format!("{name}.part"));
    let mut file = BufWriter::new(File::create(&unfinished)?);
    file.write_all(bytes)?;
    file.into_inner()?.sync_all()?;
    fs::rename(unfinished, folder.join(name))
}

fn holds_batches(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("data_batch_") || name.starts_with("test_batch")
    })
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

/// What is said about the stand-in in `folder`, in a few lines.
///
/// # Example
/// ```
/// let notice = kerust::datasets::stand_in::notice("drawn".as_ref());
/// assert!(notice.contains("NOT the real CIFAR-10"));
/// ```
pub fn notice(folder: &Path) -> String {
    let lines = [
        "STAND-IN DATA: these pictures are NOT the real CIFAR-10.".to_owned(),
        "They were drawn by a program, with the same classes and layout.".to_owned(),
        "Scores reached on them say nothing about CIFAR-10.".to_owned(),
        format!("folder: {}", readable(folder)),
        "real data: kerust datasets get cifar10".to_owned(),
    ];
    let width = lines.iter().map(|line| line.chars().count()).max();
    let rule = "!".repeat(width.unwrap_or(0) + 6);
    let body: String = lines
        .iter()
        .map(|line| format!("!! {line:<width$} !!\n", width = width.unwrap_or(0)))
        .collect();
    format!("{rule}\n{body}{rule}")
}

/// Says in plain sight that the data are a stand-in: a banner in a notebook, text elsewhere.
pub(crate) fn announce_stand_in(folder: &Path) {
    let html = format!(
        "<div style=\"border:2px solid #b45309;border-left-width:8px;border-radius:4px;\
         padding:8px 12px;max-width:44em\"><b style=\"color:#b45309\">STAND-IN DATA: these pictures \
         are NOT the real CIFAR-10.</b><br>They were drawn by a program, with the same classes and \
         layout. Scores reached on them say nothing about CIFAR-10.<br><small>Folder: <code>{}</code>. \
         Real data: <code>kerust datasets get cifar10</code></small></div>",
        display::escape(&readable(folder))
    );
    display::show(&Bundle::text(notice(folder)).html(html));
}
