//! Sounds in WAV files.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use crate::{Error, Result, Tensor};

/// More than any device records: where a sound is filled up with silence, a small file with many
/// would become large.
const MOST_CHANNELS: u16 = 256;

/// A sound: samples from -1 to 1 of shape `(samples, channels)`, and how many make a second.
#[derive(Debug)]
pub(super) struct Sound {
    pub(super) samples: Tensor,
    pub(super) rate: u32,
}

/// Reads a WAV file with samples of 16 bits. Of more than `most` samples, the rest is not read.
///
/// # Errors
/// When the file cannot be read, or holds no such sound.
pub(super) fn read(path: &Path, most: Option<usize>) -> Result<Sound> {
    let cannot =
        |error: std::io::Error| Error::io(format!("cannot read `{}`", path.display()), error);
    let about = path.metadata().map_err(cannot)?;
    // Asked first: opening a pipe would wait until somebody writes into it.
    if !about.is_file() {
        let given = format!("`{}`, which is none", path.display());
        return Err(Error::argument("path", "the path of a file", given));
    }
    let file = BufReader::new(File::open(path).map_err(cannot)?);
    let mut chunks = Chunks {
        file,
        rest: about.len(),
        path,
    };
    chunks.sound(most)
}

/// The parts of a file that is read from its beginning.
struct Chunks<'a> {
    file: BufReader<File>,
    /// How many bytes follow.
    rest: u64,
    path: &'a Path,
}

/// What the format says of the samples.
struct Format {
    channels: u16,
    rate: u32,
}

impl Chunks<'_> {
    fn bad(&self, why: &str) -> Error {
        let path = self.path.display();
        Error::data(format!("`{path}` cannot be read as a sound: {why}"))
            .remedy("WAV files with samples of 16 bits (PCM) are read; convert the file")
    }

    fn bytes(&mut self, count: u64) -> Result<Vec<u8>> {
        if count > self.rest {
            return Err(self.bad("it ends too early"));
        }
        self.rest -= count;
        let mut bytes = vec![0; count as usize];
        self.file
            .read_exact(&mut bytes)
            .map_err(|error| Error::io(format!("cannot read `{}`", self.path.display()), error))?;
        Ok(bytes)
    }

    fn skip(&mut self, count: u64) -> Result<()> {
        if count > self.rest {
            return Err(self.bad("it ends too early"));
        }
        self.rest -= count;
        self.file
            .seek_relative(count as i64)
            .map_err(|error| Error::io(format!("cannot read `{}`", self.path.display()), error))
    }

    fn sound(&mut self, most: Option<usize>) -> Result<Sound> {
        let head = self.bytes(12)?;
        if !head.starts_with(b"RIFF") || !head.ends_with(b"WAVE") {
            return Err(self.bad("it does not begin like a WAV file"));
        }
        let mut format = None;
        loop {
            let head = self.bytes(8)?;
            let (name, size) = head.split_at(4);
            let size = u64::from(u32::from_le_bytes([size[0], size[1], size[2], size[3]]));
            match (name, &format) {
                (b"fmt ", _) => {
                    if size < 16 {
                        return Err(self.bad("what it says of its format is too short"));
                    }
                    let said = self.bytes(16)?;
                    format = Some(self.format(&said)?);
                    self.skip(size - 16)?;
                }
                (b"data", Some(format)) => {
                    let (channels, rate) = (format.channels, format.rate);
                    // Programs that do not know the length beforehand write too much.
                    let size = size.min(self.rest);
                    return self.samples(size, channels, rate, most);
                }
                (b"data", None) => return Err(self.bad("its samples come before their format")),
                _ => self.skip(size)?,
            }
            // Parts have an even number of bytes.
            if size % 2 == 1 {
                self.skip(1)?;
            }
        }
    }

    fn format(&self, said: &[u8]) -> Result<Format> {
        let word = |at: usize| u16::from_le_bytes([said[at], said[at + 1]]);
        /// Integers, and what says the same in a longer form.
        const PCM: [u16; 2] = [1, 0xfffe];
        let (kind, channels, bits) = (word(0), word(2), word(14));
        if !PCM.contains(&kind) || bits != 16 {
            let why = format!("its samples have {bits} bits, in format {kind}");
            return Err(self.bad(&why));
        }
        if channels == 0 || channels > MOST_CHANNELS {
            return Err(self.bad(&format!("it has {channels} channels")));
        }
        Ok(Format {
            channels,
            rate: u32::from_le_bytes([said[4], said[5], said[6], said[7]]),
        })
    }

    fn samples(
        &mut self,
        size: u64,
        channels: u16,
        rate: u32,
        most: Option<usize>,
    ) -> Result<Sound> {
        let frame = 2 * u64::from(channels);
        let count = (size / frame).min(most.map_or(u64::MAX, |most| most as u64));
        let bytes = self.bytes(count * frame)?;
        let samples = bytes
            .chunks_exact(2)
            .map(|sample| f32::from(i16::from_le_bytes([sample[0], sample[1]])) / 32768.0);
        let shape = (count as usize, usize::from(channels));
        Ok(Sound {
            samples: Tensor::from_vec(samples.collect(), shape)?,
            rate,
        })
    }
}
