//! The real MNIST, as its authors' four files, where they are at hand beside the workspace.

use std::path::Path;

use kerust::datasets::mnist;

use crate::own_process::say;

#[test]
fn the_authors_files_are_read_as_they_lie() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/mnist");
    if !folder.is_dir() {
        say("no MNIST: put its four files into ../shared/data/mnist to read them");
        return;
    }
    let ((x_train, y_train), (x_test, y_test)) = mnist::load_from(folder).unwrap();
    assert_eq!(x_train.shape(), (60_000, 28, 28));
    assert_eq!(x_test.shape(), (10_000, 28, 28));
    assert_eq!(x_train.dtype().to_string(), "uint8");
    // What everybody who has seen them knows: the first digits, how often each comes, and the mean
    // and the deviation of the pixels.
    let digits: Vec<usize> = y_train.to_vec();
    assert_eq!(digits[..10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    assert_eq!(y_test.to_vec::<usize>()[..5], [7, 2, 1, 0, 4]);
    let counts: Vec<usize> = (0..10)
        .map(|digit| digits.iter().filter(|label| **label == digit).count())
        .collect();
    let known = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];
    assert_eq!(counts, known);
    let pixels: Vec<u8> = x_train.to_vec();
    let part = |sum: f64| sum / pixels.len() as f64;
    let mean = part(pixels.iter().map(|pixel| f64::from(*pixel) / 255.0).sum());
    let squares = pixels
        .iter()
        .map(|pixel| (f64::from(*pixel) / 255.0 - mean).powi(2));
    let deviation = part(squares.sum()).sqrt();
    assert!((mean - 0.1307).abs() < 5e-5, "{mean}");
    assert!((deviation - 0.3081).abs() < 5e-5, "{deviation}");
}
