//! TensorBoard's event files: `Event` messages in protobuf, each framed as a TFRecord.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::protobuf::Message;

/// A file that grows by one event after the other.
#[derive(Debug)]
pub(super) struct EventFile {
    file: File,
}

impl EventFile {
    /// A new file in `folder`, which is made if need be.
    pub(super) fn create(folder: &Path) -> io::Result<EventFile> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        std::fs::create_dir_all(folder)?;
        let seconds = now() as u64;
        let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let name = format!("events.out.tfevents.{seconds}.kerust.{process}.{number}.v2");
        let mut events = EventFile {
            file: File::create(folder.join(name))?,
        };
        let mut event = Message::default();
        event.double(1, now());
        event.bytes(3, b"brain.Event:2");
        events.append(&event.into_bytes())?;
        Ok(events)
    }

    /// Adds scalars of the same step.
    pub(super) fn scalars(&mut self, step: u64, scalars: &[(String, f64)]) -> io::Result<()> {
        let time = now();
        for (tag, value) in scalars {
            let event = scalar(time, step, tag, *value as f32);
            self.append(&event.into_bytes())?;
        }
        Ok(())
    }

    /// One record, in one write.
    fn append(&mut self, data: &[u8]) -> io::Result<()> {
        let length = (data.len() as u64).to_le_bytes();
        let mut record = Vec::with_capacity(data.len() + 16);
        record.extend(length);
        record.extend(masked(crc32c(&length)).to_le_bytes());
        record.extend(data);
        record.extend(masked(crc32c(data)).to_le_bytes());
        self.file.write_all(&record)
    }
}

fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

/// An `Event` with one scalar, as `tf.summary.scalar` writes it.
fn scalar(time: f64, step: u64, tag: &str, value: f32) -> Message {
    const FLOAT: i64 = 1;
    const DATA_CLASS_SCALAR: i64 = 1;
    let mut tensor = Message::default();
    tensor.int(1, FLOAT);
    tensor.bytes(2, b"");
    tensor.bytes(5, value.to_le_bytes());
    let mut plugin = Message::default();
    plugin.bytes(1, b"scalars");
    let mut metadata = Message::default();
    metadata.message(1, &plugin);
    metadata.int(4, DATA_CLASS_SCALAR);
    let mut entry = Message::default();
    entry.bytes(1, tag);
    entry.message(8, &tensor);
    entry.message(9, &metadata);
    let mut summary = Message::default();
    summary.message(1, &entry);
    let mut event = Message::default();
    event.double(1, time);
    event.int(2, step as i64);
    event.message(5, &summary);
    event
}

/// The checksum of Castagnoli, bit by bit: events are short.
fn crc32c(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let mut crc = !0u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (POLYNOMIAL & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// TFRecord turns checksums, because a file with checksums in it may be checked as a whole.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_rfc_3720() {
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }
}
