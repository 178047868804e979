//! The pictures: waves of colors with a little noise, which take about as long to decode as photographs.

use std::fs;
use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};

/// What is written.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Jpeg,
    Png,
}

/// Writes pictures into two folders; gives the paths.
pub(crate) fn write(folder: &Path, kind: Kind) -> Vec<PathBuf> {
    let (count, width, height, ending) = match kind {
        Kind::Jpeg => (200, 320, 240, "jpg"),
        Kind::Png => (1000, 64, 64, "png"),
    };
    let mut paths = Vec::new();
    for class in ["even", "odd"] {
        fs::create_dir(folder.join(class)).expect("the folder is ours");
    }
    for number in 0..count {
        let class = ["even", "odd"][number % 2];
        let path = folder.join(class).join(format!("{number:05}.{ending}"));
        picture(number as u32, width, height)
            .save(&path)
            .expect("the folder is ours");
        paths.push(path);
    }
    paths
}

fn picture(number: u32, width: u32, height: u32) -> RgbImage {
    let mut state = number.wrapping_mul(2_654_435_761) | 1;
    let mut noise = move || {
        // Xorshift: the low bits of a picture of a camera.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state % 16) as f32
    };
    RgbImage::from_fn(width, height, |x, y| {
        let mut wave = |slow: f32| {
            let along = (x as f32 * slow + number as f32).sin() + (y as f32 / slow / 300.0).cos();
            (120.0 + 50.0 * along + noise()) as u8
        };
        Rgb([wave(0.02), wave(0.05), wave(0.09)])
    })
}
