//! `kerust model` and `kerust predict`.

use std::path::Path;
use std::process::{Command, Output};

use kerust::models::load_model;
use kerust::prelude::*;

use super::support::program;

fn kerust(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(program());
    command
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// What a command prints that succeeds.
#[track_caller]
fn printed(arguments: &[&str], folder: &Path) -> String {
    let output = kerust(arguments, folder);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
    String::from_utf8(output.stdout).unwrap()
}

/// What a command says that fails.
#[track_caller]
fn complaint(arguments: &[&str], folder: &Path) -> String {
    let output = kerust(arguments, folder);
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

/// A model that says which of red, green and blue a picture is.
fn colors(input: impl Into<Shape>, first: Option<Rescaling>) -> Model {
    let mut model = Sequential::named("colors");
    model.add(Input::new(input)).unwrap();
    if let Some(first) = first {
        model.add(first).unwrap();
    }
    model.add(GlobalAveragePooling2D::new()).unwrap();
    model
        .add(Dense::new(3).activation("softmax").name("shares"))
        .unwrap();
    let mut kernel = vec![0.0; 9];
    (0..3).for_each(|i| kernel[4 * i] = 2.0);
    let kernel = Tensor::from_vec(kernel, (3, 3)).unwrap();
    model.set_weights(&[kernel, Tensor::zeros(3)]).unwrap();
    model.into()
}

/// Writes a picture of one color.
fn paint(path: &Path, color: [u8; 3], size: u32) {
    image::RgbImage::from_pixel(size, size, image::Rgb(color))
        .save(path)
        .unwrap();
}

#[test]
fn models_are_shown_and_written_as_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    colors((8, 8, 3), None)
        .save(folder.join("colors.keras"))
        .unwrap();
    let text = printed(&["model", "show", "colors.keras"], folder);
    assert!(text.contains("Model: \"colors\""), "{text}");
    assert!(
        text.contains("shares (Dense)") && text.contains("Total params: 12"),
        "{text}"
    );
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }

    for name in [
        "again.keras",
        "colors.onnx",
        "colors.weights.h5",
        "colors.safetensors",
    ] {
        let text = printed(&["model", "convert", "colors.keras", name], folder);
        assert_eq!(text, format!("wrote {name}\n"));
    }
    let x = Tensor::random_uniform((2, 8, 8, 3), 0.0, 1.0);
    let mut again = load_model(folder.join("again.keras")).unwrap();
    assert_eq!(
        again.predict(&x).unwrap(),
        colors((8, 8, 3), None).predict(&x).unwrap()
    );
    again
        .load_weights(folder.join("colors.weights.h5"))
        .unwrap();
    assert!(std::fs::metadata(folder.join("colors.onnx")).unwrap().len() > 100);

    let text = printed(&["model", "convert", "colors.keras", "colors.npz"], folder);
    assert_eq!(text, "wrote colors.npz\n");
    again.load_weights(folder.join("colors.npz")).unwrap();
    for name in ["colors.safetensors", "colors.npz"] {
        let text = printed(&["model", "show", name], folder);
        let expected = "shares/bias    (3,)\nshares/kernel  (3, 3)\n2 tensors, 12 numbers\n";
        assert_eq!(sorted(&text), sorted(expected), "{name}");
    }
    let text = printed(&["model", "show", "colors.weights.h5"], folder);
    assert!(text.contains("layers/dense/vars/0  (3, 3)"), "{text}");
}

#[test]
fn the_older_format_of_keras_is_shown_and_converted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/files/normalized.h5");
    std::fs::copy(golden, folder.join("older.h5")).unwrap();
    let text = printed(&["model", "show", "older.h5"], folder);
    assert!(
        text.contains("(BatchNormalization)") && text.contains("Trainable params: 22"),
        "{text}"
    );
    for name in ["newer.keras", "newer.npz"] {
        let text = printed(&["model", "convert", "older.h5", name], folder);
        assert_eq!(text, format!("wrote {name}\n"));
    }
    let x = Tensor::random_uniform((2, 3), 0.0, 1.0);
    let mut older = load_model(folder.join("older.h5")).unwrap();
    let expected = older.predict(&x).unwrap();
    let mut newer = load_model(folder.join("newer.keras")).unwrap();
    assert_eq!(newer.predict(&x).unwrap(), expected);
    newer.load_weights(folder.join("newer.npz")).unwrap();
    assert_eq!(newer.predict(&x).unwrap(), expected);
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn files_that_are_no_models_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("broken.keras"), b"PK\x03\x04 not a model").unwrap();
    for (arguments, part) in [
        (vec!["model", "show", "missing.keras"], "missing.keras"),
        (vec!["model", "show", "broken.keras"], "damaged"),
        (vec!["model", "show", "model.pt"], "`.keras`"),
        (
            vec!["model", "convert", "w.safetensors", "model.keras"],
            "load_weights",
        ),
        (vec!["predict", "broken.keras", "a.png"], "damaged"),
    ] {
        let said = complaint(&arguments, folder);
        assert!(
            said.starts_with("kerust: ") && said.contains(part),
            "{said}"
        );
    }
}

#[test]
fn pictures_are_classified() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    colors((8, 8, 3), None)
        .save(folder.join("colors.keras"))
        .unwrap();
    std::fs::write(folder.join("names.txt"), "red\ngreen\n\nblue\n").unwrap();
    std::fs::create_dir(folder.join("pictures")).unwrap();
    paint(&folder.join("pictures/b.png"), [0, 0, 255], 30);
    paint(&folder.join("pictures/g.bmp"), [0, 255, 0], 8);
    std::fs::write(folder.join("pictures/notes.txt"), "no picture").unwrap();
    paint(&folder.join("r.jpg"), [255, 0, 0], 17);
    let arguments = [
        "predict",
        "colors.keras",
        "r.jpg",
        "pictures",
        "--classes",
        "names.txt",
    ];

    // e² / (e² + 2) of the right class; a JPEG is not quite the color that it was.
    let text = printed(&[&arguments[..], &["--top", "1"]].concat(), folder);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("r.jpg  red    78."), "{text}");
    assert_eq!(lines[1..], ["b.png  blue   78.7 %", "g.bmp  green  78.7 %"]);
    // All classes, by number.
    let text = printed(&["predict", "colors.keras", "pictures/b.png"], folder);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert_eq!(lines[0], "b.png  class 2  78.7 %");
    assert!(
        lines[1].ends_with("10.7 %") && lines[1].starts_with("       class"),
        "{text}"
    );
}

#[test]
fn pixels_are_scaled_as_the_model_expects_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    paint(&folder.join("b.png"), [0, 0, 255], 8);
    let rescaling = Rescaling::new(1.0 / 255.0);
    colors((8, 8, 3), Some(rescaling))
        .save(folder.join("scales.keras"))
        .unwrap();
    let text = printed(&["predict", "scales.keras", "b.png", "--top", "1"], folder);
    assert_eq!(text, "b.png  class 2  78.7 %\n");
    colors((8, 8, 3), None)
        .save(folder.join("plain.keras"))
        .unwrap();
    let arguments = [
        "predict",
        "plain.keras",
        "b.png",
        "--top",
        "1",
        "--scale",
        "510",
    ];
    // e / (e + 2)
    assert_eq!(printed(&arguments, folder), "b.png  class 2  57.6 %\n");
}

/// A model that gives gray pictures the second class, as probable as they are bright.
fn brightness() -> Model {
    let mut model = Sequential::named("brightness");
    model.add(Input::new((4, 4, 1))).unwrap();
    model.add(GlobalAveragePooling2D::new()).unwrap();
    model.add(Dense::new(1)).unwrap();
    let weights = [Tensor::ones((1, 1)), Tensor::zeros(1)];
    model.set_weights(&weights).unwrap();
    model.into()
}

#[test]
fn gray_pictures_are_those_of_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    brightness().save(folder.join("brightness.keras")).unwrap();
    paint(&folder.join("green.png"), [0, 255, 0], 4);
    let deep = image::ImageBuffer::from_pixel(4, 4, image::Luma([0x4000u16]));
    deep.save(folder.join("deep.png")).unwrap();
    // Columns in turn: a picture that shrinks is the mean of what was there.
    let stripes = image::GrayImage::from_fn(64, 64, |x, _| image::Luma([x as u8 % 2 * 200]));
    stripes.save(folder.join("stripes.png")).unwrap();
    let arguments = ["predict", "brightness.keras", "green.png", "deep.png"];
    let text = printed(
        &[&arguments[..], &["stripes.png", "--top", "2"]].concat(),
        folder,
    );
    let bright = text.lines().filter(|line| line.contains("class 1"));
    let bright: Vec<&str> = bright.filter_map(|line| line.split("  ").last()).collect();
    // Pillow's gray of pure green is 150; half of the stripes are 200.
    assert_eq!(bright, ["58.8 %", "25.1 %", "39.2 %"], "{text}");
}

#[test]
fn pictures_that_are_too_large_are_refused_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    colors((8, 8, 3), None)
        .save(folder.join("colors.keras"))
        .unwrap();
    paint(&folder.join("b.png"), [0, 0, 255], 8);
    // The head of a bitmap of 30,000 x 30,000 pixels in three colors.
    let mut head = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    head.extend([30_000u32.to_le_bytes(), 30_000u32.to_le_bytes()].concat());
    head.extend(b"\x01\0\x18\0");
    head.extend([0; 24]);
    std::fs::write(folder.join("huge.bmp"), head).unwrap();
    let output = kerust(&["predict", "colors.keras", "huge.bmp", "b.png"], folder);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("huge.bmp") && said.contains("it has 30000 x 30000"),
        "{said}"
    );
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("b.png  class 2"));
    let arguments = ["predict", "colors.keras", "b.png", "--size", "99999x9"];
    assert!(complaint(&arguments, folder).contains("HEIGHTxWIDTH"));
}

#[test]
fn what_cannot_be_classified_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    paint(&folder.join("b.png"), [0, 0, 255], 8);
    std::fs::write(folder.join("broken.png"), b"\x89PNG\r\n\x1a\nnothing").unwrap();
    std::fs::write(folder.join("two.txt"), "a\nb\n").unwrap();
    std::fs::create_dir(folder.join("empty")).unwrap();
    colors((8, 8, 3), None)
        .save(folder.join("colors.keras"))
        .unwrap();
    colors((None, None, 3), None)
        .save(folder.join("any.keras"))
        .unwrap();
    let mut numbers = Sequential::new();
    numbers.add(Dense::new(2).input_shape(4)).unwrap();
    numbers.save(folder.join("numbers.keras")).unwrap();
    for (arguments, part) in [
        (vec!["colors.keras", "missing.png"], "missing.png"),
        (vec!["colors.keras", "empty"], "a folder with pictures"),
        (
            vec!["colors.keras", "b.png", "--classes", "two.txt"],
            "3 names",
        ),
        (vec!["colors.keras", "b.png", "--scale", "0"], "--scale"),
        (vec!["colors.keras", "b.png", "--size", "9x9"], "8x8"),
        (vec!["any.keras", "b.png"], "--size 224x224"),
        (vec!["numbers.keras", "b.png"], "pictures"),
        (vec!["colors.keras"], "required"),
    ] {
        let said = complaint(&[&["predict"], &arguments[..]].concat(), folder);
        assert!(said.contains(part), "{said}");
    }
    let text = printed(
        &[
            "predict",
            "any.keras",
            "b.png",
            "--size",
            "4x6",
            "--top",
            "1",
        ],
        folder,
    );
    assert_eq!(text, "b.png  class 2  78.7 %\n");
    // The others are shown all the same.
    let output = kerust(&["predict", "colors.keras", "broken.png", "b.png"], folder);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("broken.png"));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("b.png  class 2"));
}
