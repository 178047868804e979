//! The drawn stand-in: repeatable, balanced, marked, and telling its classes apart.

use std::fs;
use std::path::Path;

use kerust::datasets::Size;
use kerust::datasets::cifar10::{CLASS_NAMES, DATASET, load_from};
use kerust::datasets::stand_in::{is_stand_in, notice};

/// A stand-in with so many pictures in each of the five files to train on.
fn write_cifar10(folder: &Path, per_batch: usize, test: usize, seed: u64) -> kerust::Result<()> {
    let train = 5 * per_batch;
    DATASET.write_stand_in(folder, Size { train, test }, seed)
}

const FILES: [&str; 6] = [
    "data_batch_1.bin",
    "data_batch_2.bin",
    "data_batch_3.bin",
    "data_batch_4.bin",
    "data_batch_5.bin",
    "test_batch.bin",
];

fn all_bytes(folder: &Path) -> Vec<Vec<u8>> {
    FILES
        .map(|name| fs::read(folder.join(name)).unwrap())
        .to_vec()
}

#[test]
fn it_is_in_the_official_layout_and_marked() {
    let folder = tempfile::tempdir().unwrap();
    write_cifar10(folder.path(), 25, 20, 1).unwrap();
    let sizes: Vec<usize> = all_bytes(folder.path()).iter().map(Vec::len).collect();
    assert_eq!(sizes, [25, 25, 25, 25, 25, 20].map(|count| count * 3073));
    let names = fs::read_to_string(folder.path().join("batches.meta.txt")).unwrap();
    assert_eq!(names, CLASS_NAMES.map(|name| format!("{name}\n")).concat());
    assert!(is_stand_in(folder.path()));
    let mark = fs::read_to_string(folder.path().join("STAND-IN.txt")).unwrap();
    assert!(mark.contains("NOT the CIFAR-10 data set"));
    assert!(notice(&DATASET, folder.path()).contains("NOT the real CIFAR-10"));
    // Nothing half-made is left.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 8);
}

#[test]
fn classes_are_balanced_and_shuffled() {
    let folder = tempfile::tempdir().unwrap();
    write_cifar10(folder.path(), 30, 100, 2).unwrap();
    let (_, (_, labels)) = load_from(folder.path()).unwrap();
    let labels = labels.to_vec::<u8>();
    for class in 0..10 {
        assert_eq!(labels.iter().filter(|label| **label == class).count(), 10);
    }
    assert!(!labels.is_sorted());
    let in_turn = labels
        .iter()
        .enumerate()
        .all(|(i, label)| i % 10 == *label as usize);
    assert!(!in_turn);
}

#[test]
fn the_seed_decides_everything() {
    let folders = [1, 1, 2].map(|seed| {
        let folder = tempfile::tempdir().unwrap();
        write_cifar10(folder.path(), 20, 20, seed).unwrap();
        folder
    });
    let [first, again, other] = folders.each_ref().map(|folder| all_bytes(folder.path()));
    assert_eq!(first, again);
    assert_ne!(first, other);
    // No picture is drawn twice, in one file or in two.
    let mut pictures: Vec<&[u8]> = first
        .iter()
        .flat_map(|file| file.chunks(3073).map(|record| &record[1..]))
        .collect();
    let count = pictures.len();
    pictures.sort();
    pictures.dedup();
    assert_eq!(pictures.len(), count);
}

#[test]
fn the_pictures_can_be_learned_but_not_by_their_colors_alone() {
    let folder = tempfile::tempdir().unwrap();
    write_cifar10(folder.path(), 800, 1000, 3).unwrap();
    let ((x_train, y_train), (x_test, y_test)) = load_from(folder.path()).unwrap();
    let train = (x_train.to_vec::<f32>(), y_train.to_vec::<usize>());
    let test = (x_test.to_vec::<f32>(), y_test.to_vec::<usize>());

    // The nearest class mean sees where things are; the mean color sees only the palette.
    let by_picture = nearest_mean(&train, &test, |picture| picture.to_vec());
    let by_color = nearest_mean(&train, &test, |picture| {
        let mean = |color| picture.iter().skip(color).step_by(3).sum::<f32>() / 1024.0;
        (0..3).map(mean).collect()
    });
    println!("nearest mean: {by_picture} by picture, {by_color} by color");
    assert!(by_picture > 0.2, "{by_picture}");
    assert!(by_color < 0.3, "{by_color}");
}

/// The accuracy of giving each picture the class whose mean features are nearest.
fn nearest_mean(
    train: &(Vec<f32>, Vec<usize>),
    test: &(Vec<f32>, Vec<usize>),
    features: impl Fn(&[f32]) -> Vec<f32>,
) -> f64 {
    let size = features(&train.0[..3072]).len();
    let mut means = vec![vec![0.0f32; size]; 10];
    let counts = (0..10).map(|c| train.1.iter().filter(|label| **label == c).count());
    let counts: Vec<usize> = counts.collect();
    for (picture, label) in train.0.chunks(3072).zip(&train.1) {
        for (mean, value) in means[*label].iter_mut().zip(features(picture)) {
            *mean += value / counts[*label] as f32;
        }
    }
    let right = test.0.chunks(3072).zip(&test.1).filter(|(picture, label)| {
        let features = features(picture);
        let distance = |class: &usize| -> f32 {
            let pairs = means[*class].iter().zip(&features);
            pairs.map(|(a, b)| (a - b) * (a - b)).sum()
        };
        let nearest = (0..10).min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest == Some(**label)
    });
    right.count() as f64 / test.1.len() as f64
}

#[test]
fn real_data_are_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let batch = folder.path().join("data_batch_1.bin");
    fs::write(&batch, "real").unwrap();
    let error = write_cifar10(folder.path(), 10, 10, 1)
        .unwrap_err()
        .to_string();
    assert!(error.contains("not a stand-in"), "{error}");
    assert_eq!(fs::read(&batch).unwrap(), b"real");
    assert!(!is_stand_in(folder.path()));
}

#[test]
fn an_empty_set_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = write_cifar10(folder.path(), 0, 10, 1)
        .unwrap_err()
        .to_string();
    assert!(error.contains("argument `train`"), "{error}");
    let error = write_cifar10(folder.path(), 10, 0, 1)
        .unwrap_err()
        .to_string();
    assert!(error.contains("argument `test`"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
