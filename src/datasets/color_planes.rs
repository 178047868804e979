//! Pictures as the CIFAR data sets store them: one color plane after another.

use crate::ops::shared_work::{Parallel, ParallelSlice};
/// Pixels on each side.
pub(super) const SIDE: usize = 32;
/// Pixels of one color plane.
const PLANE: usize = SIDE * SIDE;
/// Bytes of one picture.
pub(super) const PICTURE: usize = 3 * PLANE;

/// Puts the colors of each pixel side by side. `planes` is made of records of `record` bytes that
/// end with a picture; `pixels` has room for the pictures.
pub(super) fn to_pixels(planes: &[u8], record: usize, pixels: &mut [u8]) {
    // Enough pictures for a task to be worth its start.
    const TASK: usize = 256;
    planes
        .par_chunks(TASK * record)
        .zip(pixels.par_chunks_mut(TASK * PICTURE))
        .for_each(|(planes, pixels)| {
            let records = planes.chunks_exact(record);
            for (planes, picture) in records.zip(pixels.chunks_exact_mut(PICTURE)) {
                let (red, rest) = planes[record - PICTURE..].split_at(PLANE);
                let (green, blue) = rest.split_at(PLANE);
                let colors = red.iter().zip(green).zip(blue);
                for (pixel, ((r, g), b)) in picture.chunks_exact_mut(3).zip(colors) {
                    pixel.copy_from_slice(&[*r, *g, *b]);
                }
            }
        });
}
