//! How fast `image_dataset_from_directory` reads pictures, beside what nothing can be faster than:
//! reading the same files alone, and decoding them on all cores: `cargo bench -p kerust --bench pictures`.
//!
//! The files were just written, so that they are in the system's cache: what is measured is the work,
//! not the disk. All of them take turns in each round.

mod files;

use std::fs;
use std::path::Path;
use std::time::Instant;

use kerust::prelude::*;
use rayon::prelude::*;

const ROUNDS: usize = 5;

/// Pictures of one kind, and the size that a model takes.
struct Case {
    name: &'static str,
    kind: files::Kind,
    image_size: (usize, usize),
}

const CASES: [Case; 3] = [
    Case {
        name: "JPEG of 320x240, brought to 224x224",
        kind: files::Kind::Jpeg,
        image_size: (224, 224),
    },
    Case {
        name: "JPEG of 320x240, as they are",
        kind: files::Kind::Jpeg,
        image_size: (240, 320),
    },
    Case {
        name: "PNG of 64x64, as they are",
        kind: files::Kind::Png,
        image_size: (64, 64),
    },
];

fn main() -> Result<()> {
    for case in &CASES {
        let folder = tempfile::tempdir().expect("a folder for the pictures");
        let paths = files::write(folder.path(), case.kind);
        let dataset = image_dataset_from_directory(
            folder.path(),
            ImageDatasetFromDirectory {
                image_size: case.image_size,
                shuffle: false,
                verbose: false,
                ..Default::default()
            },
        )?
        .prefetch(2);
        let mut seconds: [Vec<f64>; 3] = Default::default();
        for _ in 0..ROUNDS {
            let ways: [&dyn Fn() -> usize; 3] = [
                &|| paths.iter().filter(|path| !read(path).is_empty()).count(),
                &|| {
                    paths
                        .par_iter()
                        .filter(|path| !decode(path).is_empty())
                        .count()
                },
                &|| go_through(&dataset),
            ];
            for (way, seconds) in ways.iter().zip(&mut seconds) {
                let begun = Instant::now();
                assert_eq!(way(), paths.len(), "all pictures are there");
                seconds.push(begun.elapsed().as_secs_f64());
            }
        }
        let [reading, decoding, pipeline] = seconds.map(median);
        let bytes: u64 = paths.iter().map(|path| size(path)).sum();
        println!("{}, {} files, {} KiB", case.name, paths.len(), bytes >> 10);
        let speed = |seconds: f64| paths.len() as f64 / seconds;
        for (what, seconds) in [
            ("reading alone, one thread", reading),
            ("reading and decoding, all cores", decoding),
            ("the dataset", pipeline),
        ] {
            println!("  {what:<33}{:>9.0} pictures a second", speed(seconds));
        }
        println!(
            "  the dataset: {:.2} of decoding, {:.3} of reading",
            decoding / pipeline,
            reading / pipeline
        );
    }
    Ok(())
}

fn read(path: &Path) -> Vec<u8> {
    std::hint::black_box(fs::read(path).expect("it was just written"))
}

fn decode(path: &Path) -> Vec<u8> {
    let picture = image::load_from_memory(&read(path)).expect("it was just written");
    std::hint::black_box(picture.into_rgb8().into_raw())
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).expect("it was just written").len()
}

/// How many pictures a pass gives.
fn go_through(dataset: &Dataset) -> usize {
    let batches = dataset.iter().map(|batch| {
        let (x, _) = batch.expect("the pictures are whole");
        std::hint::black_box(&x).len()
    });
    batches.sum()
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
