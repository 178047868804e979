//! Stand-ins for MNIST and Fashion-MNIST.

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};

use super::canvas::{self, Canvas};
use super::dice::Dice;
use super::draw::{Pictures, draw};
use super::write_npz::{self, Array};
use super::{Work, digits, files, garments};
use crate::Result;
use crate::datasets::gray_pictures::SIDE;
use crate::datasets::{Size, mnist};

const CLASSES: usize = 10;

/// `mnist.npz`.
pub(in crate::datasets) fn write_mnist(work: &mut Work<'_>) -> Result<()> {
    let [train, test] = both(work, digits::draw)?;
    let (n, m) = (work.size.train, work.size.test);
    let arrays = [
        Array::of_bytes("x_test", test.pixels, &[m, SIDE, SIDE]),
        Array::of_bytes("x_train", train.pixels, &[n, SIDE, SIDE]),
        Array::of_bytes("y_train", train.labels, &[n]),
        Array::of_bytes("y_test", test.labels, &[m]),
    ];
    files::write(work.folder, mnist::FILE, |file| {
        write_npz::write(file, &arrays)
    })
}

/// The four idx files.
pub(in crate::datasets) fn write_fashion_mnist(work: &mut Work<'_>) -> Result<()> {
    let [train, test] = both(work, garments::draw)?;
    for (name, drawn) in [("train", train), ("t10k", test)] {
        let count = drawn.labels.len();
        let images = format!("{name}-images-idx3-ubyte.gz");
        write_idx(work, &images, &[count, SIDE, SIDE], &drawn.pixels)?;
        let labels = format!("{name}-labels-idx1-ubyte.gz");
        write_idx(work, &labels, &[count], &drawn.labels)?;
    }
    Ok(())
}

/// Pictures to train on, and pictures to test with.
fn both(
    work: &mut Work<'_>,
    subject: impl Fn(u8, &mut Canvas, &mut Dice) + Sync,
) -> Result<[Pictures; 2]> {
    let picture = |label: u8, dice: &mut Dice, picture: &mut [u8]| {
        let mut canvas = Canvas::new([0.0, 0.0]);
        subject(label, &mut canvas, dice);
        // The canvas is a little larger: its upper left part is the picture.
        let rows = canvas.pixels.chunks(canvas::SIDE);
        for (row, pixels) in picture.chunks_mut(SIDE).zip(rows) {
            for (gray, [value, ..]) in row.iter_mut().zip(pixels) {
                *gray = (value * 255.0).round().clamp(0.0, 255.0) as u8;
            }
        }
    };
    let Size { train, test } = work.size;
    Ok([
        draw(work, 1, train, CLASSES, SIDE * SIDE, picture)?,
        draw(work, 2, test, CLASSES, SIDE * SIDE, picture)?,
    ])
}

fn write_idx(work: &Work<'_>, name: &str, sizes: &[usize], bytes: &[u8]) -> Result<()> {
    files::write(work.folder, name, |file| -> io::Result<()> {
        // No date: the same seed gives the same file.
        let mut zipped = GzBuilder::new().write(file, Compression::fast());
        zipped.write_all(&[0, 0, 8, sizes.len() as u8])?;
        for size in sizes {
            zipped.write_all(&(*size as u32).to_be_bytes())?;
        }
        zipped.write_all(bytes)?;
        zipped.finish()?.flush()
    })
}
