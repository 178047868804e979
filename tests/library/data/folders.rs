//! Folders of files: what is found, what is refused, and files that are broken on purpose.

use std::fs;
use std::path::Path;

use kerust::ErrorKind;
use kerust::data::Labels;
use kerust::prelude::*;

use crate::own_process;

/// A folder with so many small pictures in each class.
fn pictures(classes: &[(&str, usize)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (class, count) in classes {
        fs::create_dir(folder.path().join(class)).expect("a folder");
        for i in 0..*count {
            let picture = Tensor::full((4, 5, 3), i as f32 / 100.0);
            let picture = picture.to_image().expect("a picture");
            let path = folder.path().join(format!("{class}/{i:03}.png"));
            picture.save(path).expect("a file");
        }
    }
    folder
}

fn quiet() -> ImageDatasetFromDirectory {
    ImageDatasetFromDirectory {
        image_size: (4, 4),
        verbose: false,
        ..Default::default()
    }
}

/// All batches, or the first error.
fn read(folder: &Path, arguments: ImageDatasetFromDirectory) -> Result<Vec<DatasetElement>> {
    image_dataset_from_directory(folder, arguments)?
        .elements()
        .collect()
}

#[test]
fn the_messages_are_those_of_keras() {
    const MARK: &str = "KERUST_TEST_MESSAGES";
    if std::env::var_os(MARK).is_none() {
        let name = "data::folders::the_messages_are_those_of_keras";
        let (status, said) = own_process::start(name, &[(MARK, "1")]);
        assert!(status.success(), "{said}");
        let expected = "Found 10 files belonging to 2 classes.\nUsing 8 files for training.\n\
                        Using 2 files for validation.\nFound 10 files.\n";
        assert!(said.contains(expected), "{said}");
        return;
    }
    let folder = pictures(&[("cats", 6), ("dogs", 4)]);
    let arguments = ImageDatasetFromDirectory {
        validation_split: 0.25,
        seed: Some(1),
        ..Default::default()
    };
    let both = image_datasets_from_directory(folder.path(), arguments);
    let (train, validation) = both.expect("both parts");
    assert_eq!(train.file_paths().len(), 8);
    assert_eq!(validation.file_paths().len(), 2);
    let unlabelled = ImageDatasetFromDirectory {
        labels: Labels::None,
        ..Default::default()
    };
    image_dataset_from_directory(folder.path(), unlabelled).expect("pictures");
}

#[test]
fn both_parts_together_are_the_folder() -> Result<()> {
    let folder = pictures(&[("a", 11), ("b", 9)]);
    let arguments = ImageDatasetFromDirectory {
        validation_split: 0.3,
        seed: Some(9),
        ..quiet()
    };
    let (train, validation) = image_datasets_from_directory(folder.path(), arguments.clone())?;
    for (subset, dataset) in [("training", &train), ("validation", &validation)] {
        let arguments = ImageDatasetFromDirectory {
            subset: Some(subset.into()),
            ..arguments.clone()
        };
        let alone = image_dataset_from_directory(folder.path(), arguments)?;
        assert_eq!(alone.file_paths(), dataset.file_paths());
    }
    let mut paths = [train.file_paths(), validation.file_paths()].concat();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 20);
    let labels = |dataset: &Dataset| -> Result<Vec<Vec<usize>>> {
        dataset.iter().map(|pair| Ok(pair?.1.to_vec())).collect()
    };
    assert_eq!(labels(&validation)?, labels(&validation)?);
    Ok(())
}

#[test]
fn a_broken_picture_is_an_error_with_its_path() -> Result<()> {
    let whole = {
        let folder = pictures(&[("a", 1)]);
        fs::read(folder.path().join("a/000.png")).expect("a file")
    };
    // A header that promises 60000 by 60000 pixels, with its checksum.
    let mut huge = whole.clone();
    huge[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let mut checksum = flate2::Crc::new();
    checksum.update(&huge[12..29]);
    huge[29..33].copy_from_slice(&checksum.sum().to_be_bytes());
    let broken: [(&str, &[u8]); 5] = [
        ("empty.png", b""),
        ("text.jpg", b"this is no picture"),
        ("short.png", &whole[..whole.len() / 2]),
        ("huge.png", &huge),
        ("gif.gif", b"GIF89a\xff\xff\xff\xff\x00\x00\x00"),
    ];
    for (name, bytes) in broken {
        let folder = pictures(&[("a", 3)]);
        fs::write(folder.path().join("a").join(name), bytes).expect("a file");
        let error = read(folder.path(), quiet()).expect_err(name);
        assert!(error.to_string().contains(name), "{error}");
        assert!(error.to_string().contains("`map`, element"), "{error}");
    }
    let folder = pictures(&[("a", 3)]);
    fs::create_dir(folder.path().join("a/folder.png")).expect("a folder");
    assert_eq!(
        read(folder.path(), quiet())?.len(),
        1,
        "a folder is no picture"
    );
    let dataset = image_dataset_from_directory(folder.path(), quiet())?;
    fs::remove_file(folder.path().join("a/001.png")).expect("a file");
    let error = dataset
        .elements()
        .last()
        .expect("something")
        .expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::Io);
    Ok(())
}

#[test]
fn links_are_followed_when_asked_for_and_not_in_circles() -> Result<()> {
    let folder = pictures(&[("a", 3)]);
    let elsewhere = pictures(&[("more", 4)]);
    let link = |from: &Path, to: &str| {
        std::os::unix::fs::symlink(from, folder.path().join(to)).expect("a link");
    };
    link(&elsewhere.path().join("more"), "a/linked");
    link(folder.path(), "a/around");
    link(&folder.path().join("a"), "a/again");
    let found = |follow_links| -> Result<usize> {
        let arguments = ImageDatasetFromDirectory {
            follow_links,
            ..quiet()
        };
        let dataset = image_dataset_from_directory(folder.path(), arguments)?;
        Ok(dataset.file_paths().len())
    };
    assert_eq!(found(false)?, 3);
    assert_eq!(found(true)?, 7);
    Ok(())
}

#[test]
fn wrong_arguments_are_named() -> Result<()> {
    type Change = fn(&mut ImageDatasetFromDirectory);
    let folder = pictures(&[("a", 4), ("b", 4), ("c", 4)]);
    let cases: [(&str, Change); 16] = [
        ("label mode", |a| a.label_mode = "ints".into()),
        ("two classes", |a| a.label_mode = "binary".into()),
        ("color_mode", |a| a.color_mode = "rbg".into()),
        ("interpolation", |a| a.interpolation = "area".into()),
        ("image_size", |a| a.image_size = (0, 4)),
        ("image_size", |a| a.image_size = (usize::MAX, 4)),
        ("batch_size", |a| a.batch_size = Some(0)),
        ("class_names", |a| a.class_names = vec!["d".to_string()]),
        ("validation_split", |a| a.validation_split = 1.5),
        ("validation_split", |a| a.validation_split = 0.5),
        ("subset", |a| a.subset = Some("training".into())),
        ("image_datasets_from_directory", |a| {
            a.subset = Some("both".into())
        }),
        ("seed", |a| {
            a.validation_split = 0.5;
            a.subset = Some("training".into());
        }),
        ("seed", |a| a.seed = Some(1 << 40)),
        ("labels", |a| a.labels = Labels::Given(vec![1, 2])),
        ("pad_to_aspect_ratio", |a| {
            a.crop_to_aspect_ratio = true;
            a.pad_to_aspect_ratio = true;
        }),
    ];
    for (words, change) in cases {
        let mut arguments = quiet();
        change(&mut arguments);
        let error = read(folder.path(), arguments).expect_err(words);
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert!(
            error
                .to_string()
                .starts_with("image_dataset_from_directory")
        );
    }
    let empty = tempfile::tempdir().expect("a folder");
    let error = read(empty.path(), quiet()).expect_err("nothing there");
    assert_eq!(error.kind(), ErrorKind::Data);
    let error = read(&empty.path().join("none"), quiet()).expect_err("no folder");
    assert_eq!(error.kind(), ErrorKind::Io);
    let windows = |length, arguments| {
        let data = Tensor::ones((10, 2));
        timeseries_dataset_from_array(&data, None, length, arguments).expect_err("refused")
    };
    let default = TimeseriesDatasetFromArray::default;
    for (words, length, arguments) in [
        ("sequence_length", 0, default()),
        ("no window fits", 11, default()),
        (
            "no window fits",
            usize::MAX,
            TimeseriesDatasetFromArray {
                sampling_rate: 7,
                ..default()
            },
        ),
        (
            "sequence_stride",
            2,
            TimeseriesDatasetFromArray {
                sequence_stride: 0,
                ..default()
            },
        ),
        (
            "start_index",
            2,
            TimeseriesDatasetFromArray {
                start_index: Some(10),
                ..default()
            },
        ),
        (
            "end_index",
            2,
            TimeseriesDatasetFromArray {
                end_index: Some(11),
                ..default()
            },
        ),
    ] {
        let error = windows(length, arguments);
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
    Ok(())
}

#[test]
fn a_sound_that_is_none_is_an_error_with_its_path() -> Result<()> {
    let whole = fs::read(crate::golden::file("files/sounds/no/a.wav")).expect("a file");
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("a")).expect("a folder");
    let path = folder.path().join("a/sound.wav");
    let read = |bytes: &[u8], sampling_rate| -> Result<Vec<DatasetElement>> {
        fs::write(&path, bytes).expect("a file");
        let arguments = AudioDatasetFromDirectory {
            sampling_rate,
            verbose: false,
            ..Default::default()
        };
        audio_dataset_from_directory(folder.path(), arguments)?
            .elements()
            .collect()
    };
    assert_eq!(read(&whole, Some(8000))?.len(), 1);
    let error = read(&whole, Some(16000)).expect_err("another rate");
    assert!(error.to_string().contains("sampling_rate"), "{error}");
    // Whatever is wrong before the samples is said; fewer samples than promised are all the same.
    for at in 0..44 {
        let error = read(&whole[..at], None).expect_err("too short");
        assert!(error.to_string().contains("sound.wav"), "{error}");
        let mut damaged = whole.clone();
        damaged[at] = 0xff;
        if let Err(error) = read(&damaged, None) {
            assert!(error.to_string().contains("sound.wav"), "{error}");
        }
    }
    assert_eq!(read(&whole[..60], None)?.len(), 1);
    // A few bytes of so many channels, filled up with silence, would take gigabytes.
    let mut many = whole;
    many[22..24].fill(0xff);
    let error = read(&many, None).expect_err("too many channels");
    assert!(error.to_string().contains("65535 channels"), "{error}");
    Ok(())
}

#[test]
fn a_text_that_is_none_is_an_error_with_its_path() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    for class in ["a", "b"] {
        fs::create_dir(folder.path().join(class)).expect("a folder");
        fs::write(folder.path().join(class).join("good.txt"), "words").expect("a file");
    }
    let arguments = TextDatasetFromDirectory {
        verbose: false,
        ..Default::default()
    };
    let texts = text_dataset_from_directory(folder.path(), arguments.clone())?;
    assert_eq!(texts.to_string(), "<TextDataset of 2 texts in 1 element>");
    let mut vectorize = TextVectorization::new();
    vectorize.adapt(&texts)?;
    assert_eq!(vectorize.get_vocabulary()?, ["", "[UNK]", "words"]);
    let mut lookup = StringLookup::new();
    lookup.adapt(&texts)?;
    assert_eq!(lookup.get_vocabulary()?, ["[UNK]", "words"]);

    fs::write(folder.path().join("b/bad.txt"), b"\xff\xfe\xfd").expect("a file");
    let texts = text_dataset_from_directory(folder.path(), arguments)?;
    let error = texts.iter().next().expect("a batch").expect_err("no UTF-8");
    assert!(error.to_string().contains("bad.txt"), "{error}");
    let error = vectorize.adapt(&texts).expect_err("no UTF-8");
    assert!(error.to_string().contains("bad.txt"), "{error}");
    let error = lookup.adapt(&texts).expect_err("no UTF-8").to_string();
    assert!(
        error.starts_with("StringLookup: adapt: ") && error.contains("bad.txt"),
        "{error}"
    );
    let learned = vectorize.get_vocabulary()?;
    assert_eq!(learned, ["", "[UNK]", "words"], "what was learned stays");
    Ok(())
}

#[test]
fn windows_are_shuffled_as_the_seed_says() -> Result<()> {
    let series = Tensor::arange(40);
    let next = series.slice(3..)?;
    let windows = |shuffle, seed, batch_size| {
        let arguments = TimeseriesDatasetFromArray {
            shuffle,
            seed,
            batch_size,
            ..Default::default()
        };
        timeseries_dataset_from_array(&series, &next, 3, arguments)
    };
    let order = |dataset: &Dataset| -> Result<Vec<i64>> {
        let mut order = Vec::new();
        for pair in dataset {
            let (x, y) = pair?;
            let (x, y) = (x.to_vec::<i64>(), y.to_vec::<i64>());
            for (window, next) in x.chunks(3).zip(y) {
                assert_eq!(window, [next - 3, next - 2, next - 1], "they stay together");
                order.push(window[0]);
            }
        }
        Ok(order)
    };
    let all: Vec<i64> = (0..37).collect();
    for batch_size in [Some(8), None] {
        assert_eq!(order(&windows(false, Some(1), batch_size)?)?, all);
        let shuffled = windows(true, Some(1), batch_size)?;
        let first = order(&shuffled)?;
        assert_ne!(first, all);
        assert_ne!(order(&shuffled)?, first, "another order each time");
        assert_eq!(order(&windows(true, Some(1), batch_size)?)?, first);
        assert_ne!(order(&windows(true, Some(2), batch_size)?)?, first);
        assert_ne!(order(&windows(true, None, batch_size)?)?, first);
        let mut sorted = first;
        sorted.sort_unstable();
        assert_eq!(sorted, all, "each once");
    }
    Ok(())
}
