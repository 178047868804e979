//! Stand-ins for CIFAR-10 and CIFAR-100.

use std::io::Write;

use super::draw::{Pictures, draw};
use super::write_pickle::Pickler;
use super::{Work, files, photograph, things};
use crate::Result;
use crate::datasets::cifar10::CLASS_NAMES;
use crate::datasets::cifar100::{self, COARSE_LABEL_NAMES, FINE_LABEL_NAMES};
use crate::datasets::color_planes::PICTURE;

const TRAIN_BATCHES: usize = 5;

/// `data_batch_1.bin` to `data_batch_5.bin`, `test_batch.bin`, `batches.meta.txt`.
pub(in crate::datasets) fn write_cifar10(work: &mut Work<'_>) -> Result<()> {
    let names = CLASS_NAMES.map(|name| format!("{name}\n")).concat();
    files::write_bytes(work.folder, "batches.meta.txt", names.as_bytes())?;
    let train = work.size.train;
    for number in 1..=TRAIN_BATCHES + 1 {
        let (name, count) = match number {
            6 => ("test_batch.bin".to_owned(), work.size.test),
            _ => {
                let one_more = usize::from(number <= train % TRAIN_BATCHES);
                let count = train / TRAIN_BATCHES + one_more;
                (format!("data_batch_{number}.bin"), count)
            }
        };
        if count == 0 {
            continue;
        }
        let Pictures { pixels, labels } = draw(
            work,
            number as u64,
            count,
            CLASS_NAMES.len(),
            PICTURE,
            photograph::draw,
        )?;
        files::write(work.folder, &name, |file| {
            for (label, picture) in labels.iter().zip(pixels.chunks(PICTURE)) {
                file.write_all(&[*label])?;
                file.write_all(picture)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// `train`, `test` and `meta`, as Python 2 pickled them.
pub(in crate::datasets) fn write_cifar100(work: &mut Work<'_>) -> Result<()> {
    let mut meta = Pickler::new(2);
    meta.open_dict();
    for (key, names) in [
        ("fine_label_names", &FINE_LABEL_NAMES[..]),
        ("coarse_label_names", &COARSE_LABEL_NAMES[..]),
    ] {
        meta.bytes(key.as_bytes());
        meta.list(names.iter(), |pickler, name| pickler.bytes(name.as_bytes()));
    }
    meta.close_dict();
    files::write_bytes(work.folder, "meta", &meta.finish())?;
    for (part, name, count) in [(1, "train", work.size.train), (2, "test", work.size.test)] {
        let drawn = draw(
            work,
            part,
            count,
            FINE_LABEL_NAMES.len(),
            PICTURE,
            things::draw,
        )?;
        let pickled = pickled_batch(name, &drawn);
        files::write_bytes(work.folder, name, &pickled)?;
    }
    Ok(())
}

fn pickled_batch(name: &str, drawn: &Pictures) -> Vec<u8> {
    let mut pickler = Pickler::new(2);
    pickler.open_dict();
    pickler.bytes(b"filenames");
    pickler.list(0..drawn.labels.len(), |pickler, index| {
        pickler.bytes(format!("drawn_{index:06}.png").as_bytes());
    });
    pickler.bytes(b"batch_label");
    pickler.bytes(format!("{name}ing batch 1 of 1").as_bytes());
    pickler.bytes(b"fine_labels");
    pickler.integers(drawn.labels.iter().map(|label| i64::from(*label)));
    pickler.bytes(b"coarse_labels");
    let coarse = drawn.labels.iter().map(|fine| cifar100::coarse_of(*fine));
    pickler.integers(coarse.map(i64::from));
    pickler.bytes(b"data");
    pickler.byte_array(&drawn.pixels, drawn.labels.len(), PICTURE);
    pickler.close_dict();
    pickler.finish()
}
