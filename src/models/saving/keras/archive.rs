//! `.keras`: an archive of a whole model.
//!
//! It is a zip file of `metadata.json`, `config.json` (layers, connections, what `compile` was told)
//! and `model.weights.h5`, which are not compressed, and of vocabularies (`vocabularies.rs`). Nothing of it is ever unpacked onto the disk.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use zip::read::ZipFile;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::super::file::{self, Manner};
use super::super::hdf5::{self, Source};
use super::super::names::check_built;
use super::{described, take_weights, vocabularies, weights};
use crate::models::graph::Graph;
use crate::models::model::Model;
use crate::optimizers::OptimizerState;
use crate::{Config, Error, Result};

const METADATA: &str = "metadata.json";
const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.weights.h5";
/// The version of Keras whose files these are like.
const KERAS_VERSION: &str = "3.15.1";
/// How much memory `config.json` and the vocabularies may take together: so much, and so much for
/// each byte of the file, as people may have compressed it.
const ROOM_FOR_TEXTS: u64 = 1 << 26;
const TEXTS_FOR_A_BYTE: u64 = 64;
/// What that is at most, for a file of any length.
const MOST_TEXTS: u64 = 1 << 32;
/// How many times shorter compression makes weights at most. Those of a model hardly get shorter.
const COMPRESSION: u64 = 4;
/// How much longer than its numbers the file of the weights may be.
const ROOM: u64 = 1 << 26;

/// Writes a whole model.
pub(in crate::models::saving) fn save(model: &Model, path: &Path, manner: &Manner) -> Result<()> {
    check_built(&model.graph)?;
    let optimizer = model.compiled.as_ref().map(|c| &c.optimizer);
    let contents = weights::contents(&model.graph, optimizer)?;
    let config = model.describe()?.to_string();
    let about = json!({"keras_version": KERAS_VERSION, "date_saved": now()}).to_string();
    file::write(path, manner, |out| {
        let cannot = |error: io::Error| file::cannot_write(path, &error);
        let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let large = numbers(&model.graph, optimizer).saturating_mul(4) >= ROOM << 5;
        let write = || -> io::Result<()> {
            let mut archive = ZipWriter::new(out);
            for (name, text) in [(METADATA, &about), (CONFIG, &config)] {
                archive.start_file(name, plain)?;
                archive.write_all(text.as_bytes())?;
            }
            archive.start_file(WEIGHTS, plain.large_file(large))?;
            hdf5::write(&contents, &mut archive)?;
            archive.finish()?;
            Ok(())
        };
        write().map_err(cannot)
    })
}

/// Reads a whole model; without what it was compiled with unless `compile`.
pub(in crate::models::saving) fn load(path: &Path, compile: bool) -> Result<Model> {
    let (mut archive, length) = open(path)?;
    let config = config(&mut archive, length, path)?;
    let weights = member(&mut archive, WEIGHTS, path)?;
    // An archive may say of a member what it likes.
    let most = weights
        .compressed_size()
        .min(length)
        .saturating_mul(COMPRESSION);
    let bytes = weights.size().min(most);
    drop(weights);
    let mut model = described(&config, bytes, compile)?;
    let optimizer = model.compiled.as_mut().map(|c| &mut c.optimizer);
    take_from(archive, &mut model.graph, optimizer, path)?;
    Ok(model)
}

/// What the layer called `name` of class `class_name` was told and has learned, from a file of a whole
/// model.
pub(in crate::models::saving) fn layer_config(
    path: &Path,
    class_name: &str,
    name: &str,
) -> Result<Config> {
    let (mut archive, length) = open(path)?;
    let object = config(&mut archive, length, path)?;
    vocabularies::find(&object, class_name, name)
}

/// Takes the weights alone from a file of a whole model.
pub(in crate::models::saving) fn load_weights(
    graph: &mut Graph,
    optimizer: Option<&mut OptimizerState>,
    path: &Path,
) -> Result<()> {
    check_built(graph)?;
    take_from(open(path)?.0, graph, optimizer, path)
}

type Archive = ZipArchive<BufReader<File>>;

/// The archive, and the length of the file.
fn open(path: &Path) -> Result<(Archive, u64)> {
    let (file, length) = file::open(path)?;
    let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(path, &error))?;
    Ok((archive, length))
}

fn member<'a>(
    archive: &'a mut Archive,
    name: &str,
    path: &Path,
) -> Result<ZipFile<'a, BufReader<File>>> {
    archive.by_name(name).map_err(|error| match error {
        ZipError::FileNotFound => damaged(path, &format!("it has no `{name}`")),
        error => damaged(path, &error),
    })
}

/// The text of a member, which takes from `room` what it needs in memory.
fn text(archive: &mut Archive, name: &str, room: &mut u64, path: &Path) -> Result<String> {
    let mut member = member(archive, name, path)?;
    let (mut text, mut piece) = (Vec::new(), [0; 1 << 14]);
    loop {
        let read = member.read(&mut piece);
        let count = read.map_err(|error| damaged(path, &format!("`{name}`: {error}")))?;
        if count == 0 {
            break;
        }
        let rest = room.checked_sub(memory(&piece[..count]));
        *room = rest.ok_or_else(|| damaged(path, &format!("`{name}` is too long")))?;
        text.extend_from_slice(&piece[..count]);
    }
    String::from_utf8(text).map_err(|_| damaged(path, &format!("`{name}` is not in UTF-8")))
}

/// About how many bytes of memory a text takes with the values that are made of it, which are what
/// commas, brackets and, in a vocabulary, line ends stand between: `[{"":0},{"":0}]` is a hundred
/// times as large there.
fn memory(text: &[u8]) -> u64 {
    const VALUE: u64 = 256;
    const OBJECT: u64 = 1024;
    let taken = text.iter().map(|byte| match byte {
        b'{' => OBJECT,
        b',' | b'[' | b'\n' => VALUE,
        _ => 1,
    });
    taken.sum()
}

/// What `config.json` says, with the vocabularies that stand beside it, in a file of `length` bytes.
fn config(archive: &mut Archive, length: u64, path: &Path) -> Result<Value> {
    let room = ROOM_FOR_TEXTS.saturating_add(length.saturating_mul(TEXTS_FOR_A_BYTE));
    let mut room = room.min(MOST_TEXTS);
    let json = text(archive, CONFIG, &mut room, path)?;
    let mut object: Value = serde_json::from_str(&json).map_err(|error| {
        let what = format!("`{}` describes no model: {error}", path.display());
        Error::data(what).remedy("take another copy of it, or save it again")
    })?;
    drop(json);
    let mut read = |member: &str| match archive.index_for_name(member) {
        Some(_) => text(archive, member, &mut room, path).map(Some),
        None => Ok(None),
    };
    let weights = || source(open(path)?.0, ROOM, path);
    vocabularies::complete(&mut object, &mut read, &weights)?;
    Ok(object)
}

fn take_from(
    archive: Archive,
    graph: &mut Graph,
    optimizer: Option<&mut OptimizerState>,
    path: &Path,
) -> Result<()> {
    let most = numbers(graph, optimizer.as_deref()).saturating_mul(8);
    let source = source(archive, most.saturating_add(ROOM), path)?;
    take_weights(graph, optimizer, &source)
}

/// The weights; where they are compressed, `most` bytes of them at most.
fn source(mut archive: Archive, most: u64, path: &Path) -> Result<Source> {
    let mut weights = member(&mut archive, WEIGHTS, path)?;
    let broken = |error: io::Error| damaged(path, &format!("`{WEIGHTS}`: {error}"));
    if weights.compression() == CompressionMethod::Stored {
        let (start, length) = (weights.data_start(), weights.size());
        // Reading all of it compares the checksum.
        let read = io::copy(&mut weights, &mut io::sink()).map_err(broken)?;
        drop(weights);
        let Some(start) = start.filter(|_| read == length) else {
            return Err(damaged(path, &format!("`{WEIGHTS}` is not whole")));
        };
        Source::part(archive.into_inner().into_inner(), path, start, length)
    } else {
        let mut bytes = Vec::new();
        let mut limited = weights.take(most.saturating_add(1));
        limited.read_to_end(&mut bytes).map_err(broken)?;
        if bytes.len() as u64 > most {
            let what = format!("`{WEIGHTS}` is much longer than the model's weights");
            return Err(damaged(path, &what));
        }
        Source::bytes(bytes, path)
    }
}

/// How many numbers a model has, with all that its optimizer may remember.
fn numbers(graph: &Graph, optimizer: Option<&OptimizerState>) -> u64 {
    let weights = graph.weights().map(|weight| weight.value.size() as u64);
    let copies = optimizer.map_or(0, |optimizer| optimizer.slot_names().len() as u64);
    weights.sum::<u64>().saturating_mul(1 + copies)
}

fn damaged(path: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::data(format!(
        "`{}` is damaged or no `.keras` file: {why}",
        path.display()
    ))
    .remedy("take another copy of it, or save the model again")
}

/// The moment as Keras writes it, in universal time: `2026-11-24@02:23:31`.
fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    date(since.unwrap_or_default().as_secs())
}

/// So many seconds after the beginning of 1970.
fn date(seconds: u64) -> String {
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let (mut year, mut day) = (1970, seconds / 86_400);
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if day < length {
            break;
        }
        day -= length;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    let day = day + 1;
    format!("{year}-{month:02}-{day:02}@{hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn days_are_counted_as_calendars_do() {
        for (seconds, date) in [
            (0, "1970-01-01@00:00:00"),
            (951_782_399, "2000-02-28@23:59:59"),
            (951_782_400, "2000-02-29@00:00:00"),
            (1_709_251_199, "2024-02-29@23:59:59"),
            (1_735_689_599, "2024-12-31@23:59:59"),
            (4_107_542_400, "2100-03-01@00:00:00"),
        ] {
            assert_eq!(super::date(seconds), date);
        }
    }
}
