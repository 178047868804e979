//! Pictures of all sizes, brought to one.

use crate::ops::Interpolation;
use crate::{DType, Error, Result, Tensor};

/// How pictures are brought to one size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resize {
    /// Height and width.
    pub(super) size: (usize, usize),
    pub(super) interpolation: Interpolation,
    pub(super) aspect: Aspect,
}

/// What becomes of pictures of other proportions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aspect {
    Stretch,
    Crop,
    Pad,
}

/// A decoded picture in another size, as floats of the same range.
///
/// The layer `Resizing` has the whole picture as floats for this; here it stays bytes, of which few
/// count where a large picture becomes a small one.
pub(super) fn resized(picture: &Tensor, resize: &Resize) -> Result<Tensor> {
    let [old_height, old_width, channels] = *picture.shape().dims() else {
        let given = picture.shape();
        return Err(Error::argument("picture", "three axes", given));
    };
    let bytes = picture.bytes()?;
    let (height, width) = resize.size;
    if (old_height, old_width) == resize.size {
        return Ok(picture.astype(DType::Float32));
    }
    let [rows, columns] = resize.axes((old_height, old_width));
    let rows_of = rows.parts(resize.interpolation);
    let columns_of = columns.parts(resize.interpolation);
    let line = old_width * channels;
    // One new row, not narrowed yet.
    let mut mixed = vec![0.0; line];
    let mut new_picture = vec![0.0; height * width * channels];
    for (row, parts) in rows_of.iter().enumerate() {
        mixed.fill(0.0);
        for &(from, weight) in parts {
            let old = &bytes[from * line..][..line];
            for (mixed, &byte) in mixed.iter_mut().zip(old) {
                *mixed += weight * f32::from(byte);
            }
        }
        let at = (rows.before + row) * width + columns.before;
        let new = new_picture[at * channels..].chunks_exact_mut(channels);
        for (pixel, parts) in new.zip(&columns_of) {
            for &(from, weight) in parts {
                let old = &mixed[from * channels..][..channels];
                for (new, old) in pixel.iter_mut().zip(old) {
                    *new += weight * old;
                }
            }
        }
    }
    Tensor::from_vec(new_picture, (height, width, channels))
}

impl Resize {
    /// Which of `old` (height, width) pixels become the new ones.
    fn axes(&self, old: (usize, usize)) -> [Axis; 2] {
        let size = self.size;
        match self.aspect {
            Aspect::Stretch => [Axis::whole(old.0, size.0), Axis::whole(old.1, size.1)],
            Aspect::Crop => [
                Axis::cropped(old.0, old.1, size.0, size.1),
                Axis::cropped(old.1, old.0, size.1, size.0),
            ],
            Aspect::Pad => {
                let ratio = (old.1 as f32 / size.1 as f32).max(old.0 as f32 / size.0 as f32);
                [
                    Axis::padded(old.0, size.0, ratio),
                    Axis::padded(old.1, size.1, ratio),
                ]
            }
        }
    }
}

/// Which pixels along an axis make the new ones.
struct Axis {
    /// The part of the picture.
    start: usize,
    length: usize,
    /// How many new pixels it becomes, and how many there are before them.
    new: usize,
    before: usize,
}

impl Axis {
    fn whole(length: usize, new: usize) -> Axis {
        Axis {
            start: 0,
            length,
            new,
            before: 0,
        }
    }

    /// The largest part in the middle with the proportions of the new picture, in whole pixels as
    /// Keras cuts it (`smart_resize`); `across` is the other axis.
    fn cropped(old: usize, old_across: usize, new: usize, new_across: usize) -> Axis {
        let length = ((old_across * new) as f32 / new_across as f32) as usize;
        let length = length.min(old).max(1);
        Axis {
            start: ((old - length) as f32 / 2.0) as usize,
            length,
            new,
            before: 0,
        }
    }

    /// The whole axis, `ratio` times shorter, in the middle of the new one, in whole pixels as
    /// `tf.image.resize_with_pad` places it.
    fn padded(old: usize, new: usize, ratio: f32) -> Axis {
        let length = old as f32 / ratio;
        let before = ((new as f32 - length) / 2.0).floor().max(0.0) as usize;
        let shorter = (length.floor() as usize).clamp(1, new);
        Axis {
            start: 0,
            length: old,
            new: shorter,
            before: before.min(new - shorter),
        }
    }

    /// For each new pixel the old ones and how much each counts.
    fn parts(&self, interpolation: Interpolation) -> Vec<Vec<(usize, f32)>> {
        let middle = |new: usize| (new as f64 + 0.5) * self.length as f64 / self.new as f64;
        let parts = (0..self.new).map(|new| match interpolation {
            Interpolation::Nearest => {
                let pixel = (middle(new) as usize).min(self.length - 1);
                vec![(self.start + pixel, 1.0)]
            }
            _ => {
                let parts = interpolation.parts_around(middle(new) - 0.5, self.length);
                let parts = parts.into_iter();
                parts
                    .map(|(pixel, weight)| (self.start + pixel, weight))
                    .collect()
            }
        });
        parts.collect()
    }
}
