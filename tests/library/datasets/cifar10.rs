//! Reading CIFAR-10's layout: sound, damaged, and the real data where they are at hand.

use std::fs;
use std::path::Path;

use kerust::Tensor;
use kerust::datasets::cifar10::{CLASS_NAMES, load_from};
use kerust::datasets::stand_in;

const RECORD: usize = 3073;

/// A record whose pixels say where they are: red counts up, green down, blue is the label.
fn record(label: u8) -> Vec<u8> {
    let mut record = vec![label];
    record.extend((0..1024).map(|i| (i % 251) as u8));
    record.extend((0..1024).map(|i| 250 - (i % 251) as u8));
    record.extend([label * 20; 1024]);
    record
}

fn write(folder: &Path, name: &str, labels: &[u8]) {
    let records: Vec<Vec<u8>> = labels.iter().map(|label| record(*label)).collect();
    fs::write(folder.join(name), records.concat()).unwrap();
}

fn bytes(tensor: &Tensor) -> Vec<u8> {
    tensor.to_vec()
}

fn refusal(folder: &Path) -> String {
    load_from(folder).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn planes_become_pixels_and_batches_come_in_the_order_of_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "data_batch_10.bin", &[5]);
    write(folder.path(), "data_batch_2.bin", &[3, 4]);
    write(folder.path(), "data_batch_1.bin", &[1]);
    write(folder.path(), "test_batch.bin", &[9, 0]);
    fs::write(folder.path().join("data_batch_x.bin"), "not a batch").unwrap();

    let ((x_train, y_train), (x_test, y_test)) = load_from(folder.path()).unwrap();
    assert_eq!(x_train.shape(), (4, 32, 32, 3));
    assert_eq!(y_train.shape(), (4, 1));
    assert_eq!(x_test.shape(), (2, 32, 32, 3));
    assert_eq!(x_train.dtype().to_string(), "uint8");
    assert_eq!(y_train.dtype().to_string(), "uint8");
    assert_eq!(bytes(&y_train), [1, 3, 4, 5]);
    assert_eq!(bytes(&y_test), [9, 0]);
    let pixels = bytes(&x_train);
    for (picture, label) in [1, 3, 4, 5].into_iter().enumerate() {
        for at in [0, 31, 500, 1023] {
            let pixel = &pixels[(picture * 1024 + at) * 3..][..3];
            let count = (at % 251) as u8;
            assert_eq!(pixel, [count, 250 - count, label * 20], "{picture} {at}");
        }
    }
}

#[test]
fn the_parent_folder_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("cifar-10-batches-bin");
    fs::create_dir(&below).unwrap();
    write(&below, "data_batch_1.bin", &[1]);
    write(&below, "test_batch.bin", &[2]);
    let ((_, y_train), _) = load_from(folder.path()).unwrap();
    assert_eq!(bytes(&y_train), [1]);
}

#[test]
fn what_is_missing_or_damaged_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = refusal(&folder.join("nowhere"));
    assert!(
        text.contains("cannot read the folder") && text.contains("nowhere"),
        "{text}"
    );

    let text = refusal(folder);
    assert!(text.contains("`data_batch_1.bin` is not in"), "{text}");
    assert!(text.contains("cifar-10-binary.tar.gz"), "{text}");

    fs::write(folder.join("data_batch_1"), "pickle").unwrap();
    let text = refusal(folder);
    assert!(text.contains("Python version"), "{text}");

    write(folder, "data_batch_1.bin", &[0, 1, 2]);
    let text = refusal(folder);
    assert!(text.contains("`test_batch.bin` is not in"), "{text}");

    write(folder, "test_batch.bin", &[0]);
    assert!(load_from(folder).is_ok());

    let batch = folder.join("data_batch_1.bin");
    let sound = fs::read(&batch).unwrap();
    fs::write(&batch, &sound[..RECORD * 2 + 17]).unwrap();
    let text = refusal(folder);
    let expected = format!(
        "it has {} bytes, expected a multiple of 3073",
        RECORD * 2 + 17
    );
    assert!(
        text.contains("data_batch_1.bin") && text.contains(&expected),
        "{text}"
    );

    fs::write(&batch, "").unwrap();
    let text = refusal(folder);
    assert!(text.contains("it has 0 bytes"), "{text}");

    let mut damaged = sound.clone();
    damaged[RECORD * 2] = 10;
    fs::write(&batch, damaged).unwrap();
    let text = refusal(folder);
    let expected = "picture 2 (at byte 6146) has the label 10, expected 0 to 9";
    assert!(text.contains(expected), "{text}");

    fs::write(&batch, sound).unwrap();
    assert!(load_from(folder).is_ok());
}

#[test]
fn the_real_data_read_as_they_lie_in_the_files() {
    let Some(folder) = crate::real_cifar10::folder() else {
        return;
    };
    let ((x_train, y_train), (x_test, y_test)) = load_from(&folder).unwrap();
    for (pictures, labels) in [(&x_train, &y_train), (&x_test, &y_test)] {
        let count = pictures.len();
        assert_eq!(pictures.shape(), (count, 32, 32, 3));
        assert_eq!(labels.shape(), (count, 1));
        assert!(bytes(labels).iter().all(|label| *label < 10));
    }
    let raw = fs::read(folder.join("test_batch.bin")).unwrap();
    let pixels = bytes(&x_test);
    assert_eq!(raw.len(), x_test.len() * RECORD);
    for picture in [0, x_test.len() / 2, x_test.len() - 1] {
        let record = &raw[picture * RECORD..][..RECORD];
        assert_eq!(bytes(&y_test)[picture], record[0]);
        for at in 0..1024 {
            for color in 0..3 {
                let pixel = pixels[(picture * 1024 + at) * 3 + color];
                assert_eq!(pixel, record[1 + color * 1024 + at]);
            }
        }
    }
    assert!(!stand_in::is_stand_in(&folder));
    let names = fs::read_to_string(folder.join("batches.meta.txt")).unwrap();
    assert!(names.split_whitespace().eq(CLASS_NAMES));
}
