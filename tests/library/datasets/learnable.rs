//! The stand-ins: repeatable, marked, in the official formats, and learned by small models.

use std::fs;
use std::path::Path;

use kerust::datasets::{
    DATASETS, Dataset, Sequences, Size, boston_housing, california_housing, cifar100,
    fashion_mnist, imdb, mnist, reuters, stand_in,
};
use kerust::prelude::*;
use kerust::preprocessing::PadSequences;
use tempfile::TempDir;

fn made(dataset: &Dataset, train: usize, test: usize, seed: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    dataset
        .write_stand_in(folder.path(), Size { train, test }, seed)
        .unwrap();
    folder
}

/// The names and contents of the files in a folder.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn each_is_marked_and_decided_by_its_seed() {
    for dataset in DATASETS {
        let [first, again, other] = [1, 1, 2].map(|seed| made(dataset, 30, 20, seed));
        let (files, others) = (contents(first.path()), contents(other.path()));
        assert_eq!(files, contents(again.path()), "{}", dataset.name);
        assert_ne!(files, others, "{}", dataset.name);
        assert!(stand_in::is_stand_in(first.path()));
        let (_, mark) = files
            .iter()
            .find(|(name, _)| name == "STAND-IN.txt")
            .unwrap();
        let mark = String::from_utf8_lossy(mark);
        let not_real = format!("are NOT the {} data set", dataset.title);
        assert!(mark.contains(&not_real), "{mark}");
        let notice = stand_in::notice(dataset, first.path());
        assert!(
            notice.contains(&format!("NOT the real {}", dataset.title)),
            "{notice}"
        );
        // Nothing half-made is left, and real files are never replaced.
        assert!(files.iter().all(|(name, _)| !name.ends_with(".part")));
        fs::remove_file(first.path().join("STAND-IN.txt")).unwrap();
        let size = Size { train: 3, test: 3 };
        let error = dataset.write_stand_in(first.path(), size, 1).unwrap_err();
        assert!(error.to_string().contains("not a stand-in"), "{error}");
        let none = dataset.write_stand_in(other.path(), Size { train: 0, test: 3 }, 1);
        assert!(none.unwrap_err().to_string().contains("argument `train`"));
    }
}

/// The accuracy of giving each sample the class whose mean is nearest.
fn nearest_mean(train: (&Tensor, &Tensor), test: (&Tensor, &Tensor)) -> f64 {
    let rows = |x: &Tensor| -> Vec<Vec<f32>> {
        let values: Vec<f32> = x.to_vec();
        let width = x.size() / x.len();
        values.chunks(width).map(<[f32]>::to_vec).collect()
    };
    let labels: Vec<usize> = train.1.to_vec();
    let classes = labels.iter().max().unwrap() + 1;
    let samples = rows(train.0);
    let mut means = vec![vec![0.0; samples[0].len()]; classes];
    for (sample, label) in samples.iter().zip(&labels) {
        let count = labels.iter().filter(|other| *other == label).count();
        for (mean, value) in means[*label].iter_mut().zip(sample) {
            *mean += value / count as f32;
        }
    }
    let expected: Vec<usize> = test.1.to_vec();
    let samples = rows(test.0);
    let right = samples.iter().zip(&expected).filter(|(sample, label)| {
        let distance = |class: &usize| -> f32 {
            let pairs = means[*class].iter().zip(*sample);
            pairs.map(|(a, b)| (a - b) * (a - b)).sum()
        };
        (0..classes).min_by(|a, b| distance(a).total_cmp(&distance(b))) == Some(**label)
    });
    right.count() as f64 / expected.len() as f64
}

#[test]
fn drawn_digits_and_clothes_are_told_apart() {
    let folder = made(&mnist::DATASET, 1500, 500, 1);
    let ((x, y), (x_test, y_test)) = mnist::load_from(folder.path()).unwrap();
    let digits = nearest_mean((&x, &y), (&x_test, &y_test));
    let folder = made(&fashion_mnist::DATASET, 1500, 500, 1);
    let ((x, y), (x_test, y_test)) = fashion_mnist::load_from(folder.path()).unwrap();
    let clothes = nearest_mean((&x, &y), (&x_test, &y_test));
    println!("nearest mean: {digits} of the digits, {clothes} of the clothes");
    // By chance it would be 0.1; and it is not too easy.
    assert!((0.5..0.95).contains(&digits), "{digits}");
    assert!((0.5..0.95).contains(&clothes), "{clothes}");
}

#[test]
fn drawn_things_are_told_apart_in_classes_and_in_groups() {
    let folder = made(&cifar100::DATASET, 2000, 500, 1);
    let load = |mode: &str| {
        let how = cifar100::LoadData {
            label_mode: mode.into(),
        };
        cifar100::load_from(folder.path(), how).unwrap()
    };
    let ((x, fine), (x_test, fine_test)) = load("fine");
    let ((_, coarse), (_, coarse_test)) = load("coarse");
    let classes = nearest_mean((&x, &fine), (&x_test, &fine_test));
    let groups = nearest_mean((&x, &coarse), (&x_test, &coarse_test));
    println!("nearest mean: {classes} of 100 classes, {groups} of 20 groups");
    assert!(classes > 0.06, "{classes}");
    assert!(groups > 0.15, "{groups}");
    // Every class belongs to one group.
    let pairs: std::collections::BTreeSet<(usize, usize)> = fine
        .to_vec::<usize>()
        .into_iter()
        .zip(coarse.to_vec::<usize>())
        .collect();
    assert_eq!(pairs.len(), 100);
}

/// A bag of words: the mean of what each word says.
fn read(train: (&Sequences, &Tensor), test: (&Sequences, &Tensor), classes: usize) -> Result<f64> {
    let padded = |x: &Sequences| {
        let how = PadSequences {
            maxlen: Some(80),
            ..PadSequences::default()
        };
        pad_sequences(x, how)
    };
    set_random_seed(1);
    let mut model = Sequential::new();
    model.add(Input::new(80))?;
    model.add(Embedding::new(1000, 16))?;
    model.add(GlobalAveragePooling1D::new())?;
    model.add(Dense::new(classes).activation("softmax"))?;
    model.compile(Compile {
        optimizer: Adam::new().learning_rate(0.02).into(),
        loss: "sparse_categorical_crossentropy".into(),
        metrics: vec!["accuracy".into()],
        ..Compile::default()
    })?;
    let fit = Fit {
        epochs: 12,
        verbose: 0,
        ..Fit::default()
    };
    model.fit(&padded(train.0)?, train.1, fit)?;
    let quiet = Evaluate {
        verbose: 0,
        ..Evaluate::default()
    };
    Ok(model.evaluate(&padded(test.0)?, test.1, quiet)?[1])
}

#[test]
fn generated_reviews_say_what_they_think() -> Result<()> {
    let folder = made(&imdb::DATASET, 1000, 300, 1);
    let how = imdb::LoadData {
        num_words: Some(1000),
        ..imdb::LoadData::default()
    };
    let ((x, y), (x_test, y_test)) = imdb::load_from(folder.path(), how)?;
    let accuracy = read((&x, &y), (&x_test, &y_test), 2)?;
    println!("{accuracy} of the reviews");
    assert!((0.7..0.99).contains(&accuracy), "{accuracy}");
    Ok(())
}

#[test]
fn generated_newswires_say_what_they_are_about() -> Result<()> {
    let folder = made(&reuters::DATASET, 1600, 400, 1);
    let how = reuters::LoadData {
        num_words: Some(1000),
        ..reuters::LoadData::default()
    };
    let ((x, y), (x_test, y_test)) = reuters::load_from(folder.path(), how)?;
    let labels: Vec<usize> = y_test.to_vec();
    let common = (0..46).map(|topic| labels.iter().filter(|label| **label == topic).count());
    let guess = common.max().unwrap_or(0) as f64 / labels.len() as f64;
    let accuracy = read((&x, &y), (&x_test, &y_test), 46)?;
    println!("{accuracy} of the newswires; always the most common topic: {guess}");
    assert!(accuracy > guess + 0.2, "{accuracy} against {guess}");
    Ok(())
}

/// How much of the variance of the prices a small model explains.
fn explained(((x, y), (x_test, y_test)): kerust::datasets::Split) -> Result<f64> {
    set_random_seed(1);
    let mut scale = Normalization::new();
    scale.adapt(&x)?;
    // Prices near 1, whatever they are in.
    let unit = y.mean();
    let mut model = Sequential::new();
    model.add(Input::new(x.shape()[1]))?;
    model.add(scale)?;
    model.add(Dense::new(16).activation("relu"))?;
    model.add(Dense::new(1))?;
    model.compile(Compile {
        optimizer: Adam::new().learning_rate(0.02).into(),
        loss: "mse".into(),
        ..Compile::default()
    })?;
    let fit = Fit {
        epochs: 40,
        verbose: 0,
        ..Fit::default()
    };
    model.fit(&x, &(&y / unit), fit)?;
    let predicted: Vec<f64> = model.predict(&x_test)?.to_vec();
    let prices: Vec<f64> = y_test.to_vec();
    let mean = prices.iter().sum::<f64>() / prices.len() as f64;
    let squares = |guess: &dyn Fn(usize) -> f64| -> f64 {
        let errors = prices.iter().enumerate().map(|(i, price)| price - guess(i));
        errors.map(|error| error * error).sum()
    };
    let unit = f64::from(unit);
    Ok(1.0 - squares(&|i| predicted[i] * unit) / squares(&|_| mean))
}

#[test]
fn generated_prices_follow_from_the_columns() -> Result<()> {
    let folder = made(&boston_housing::DATASET, 404, 102, 1);
    let boston = boston_housing::LoadData::default();
    let boston = explained(boston_housing::load_from(folder.path(), boston)?)?;
    let folder = made(&california_housing::DATASET, 800, 200, 1);
    let california = california_housing::LoadData::default();
    let california = explained(california_housing::load_from(folder.path(), california)?)?;
    println!("explained: {boston} of Boston's prices, {california} of California's");
    assert!((0.5..0.99).contains(&boston), "{boston}");
    assert!((0.5..0.99).contains(&california), "{california}");
    Ok(())
}
