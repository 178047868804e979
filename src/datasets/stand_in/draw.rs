//! Drawing many pictures at once.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Work;
use super::dice::{Dice, mix};
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::{Error, Result, notebook};

/// Pictures of equal size, one after another, and their labels.
pub(super) struct Pictures {
    pub(super) pixels: Vec<u8>,
    pub(super) labels: Vec<u8>,
}

/// Lets `draw` draw `count` pictures of `bytes` bytes. Each of the labels 0 to `classes - 1` comes
/// equally often, up to one picture; `part` tells the pictures of one file from those of another.
pub(super) fn draw(
    work: &mut Work<'_>,
    part: u64,
    count: usize,
    classes: usize,
    bytes: usize,
    draw: impl Fn(u8, &mut Dice, &mut [u8]) + Sync,
) -> Result<Pictures> {
    // Chunks, so that the hook can be called on this thread while the others draw.
    const CHUNK: usize = 1000;
    // Another family of pictures for each file, and for each seed.
    let family = mix(work.seed, part);
    let mut labels: Vec<u8> = (0..count).map(|i| (i % classes) as u8).collect();
    Dice::new(family).shuffle(&mut labels);
    let mut pixels = vec![0; count * bytes];
    let before = work.done;
    let drawn = AtomicU64::new(0);
    for (chunk, pictures) in pixels.chunks_mut(CHUNK * bytes).enumerate() {
        pictures
            .par_chunks_mut(bytes)
            .enumerate()
            .for_each(|(within, picture)| {
                let index = chunk * CHUNK + within;
                let mut dice = Dice::new(mix(family, index as u64 + 1));
                draw(labels[index], &mut dice, picture);
                drawn.fetch_add(1, Ordering::Relaxed);
            });
        work.report(before + drawn.load(Ordering::Relaxed));
        if notebook::interrupted() {
            return Err(Error::interrupted("drawing the stand-in"));
        }
    }
    Ok(Pictures { pixels, labels })
}
