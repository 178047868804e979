//! `kerust predict`: what a saved model sees in pictures.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use kerust::models::{LoadModel, load_model_with};
use kerust::preprocessing::image::{Image, LoadImg, load_img_with};
use kerust::{DType, Error, Model, Result, Tensor};

/// Pictures that are shown to the model together, and the most numbers in them unless it is one.
const BATCH: usize = 32;
const MOST_NUMBERS: usize = 1 << 25;
/// The largest side that pictures are brought to.
const LARGEST_SIDE: usize = 1 << 15;
/// What pictures in a folder end in.
const ENDINGS: [&str; 5] = ["png", "jpg", "jpeg", "bmp", "gif"];

/// What to show to which model.
#[derive(Args, Debug)]
pub(crate) struct PredictArguments {
    /// The model (.keras, .h5), which gives each class of pictures a number
    model: PathBuf,
    /// Pictures (PNG, JPEG, BMP, GIF), or folders of them
    #[arg(required = true)]
    images: Vec<PathBuf>,
    /// By what the pixels, 0 to 255, are divided [default: 1 if the model begins with a Rescaling or
    /// Normalization layer, 255 if not]
    #[arg(long)]
    scale: Option<f32>,
    /// A text file with the names of the classes, one in each line [default: their numbers]
    #[arg(long)]
    classes: Option<PathBuf>,
    /// How many classes are shown of each picture
    #[arg(long, default_value_t = 3)]
    top: usize,
    /// Height and width, for a model that takes pictures of any size: 224x224
    #[arg(long, value_parser = size)]
    size: Option<(usize, usize)>,
}

/// `HEIGHTxWIDTH`
fn size(text: &str) -> std::result::Result<(usize, usize), String> {
    let parts = text.split_once('x');
    let sizes = parts.and_then(|(height, width)| Some((height.parse().ok()?, width.parse().ok()?)));
    let fits = |&(height, width): &(usize, usize)| {
        let sides = 1..=LARGEST_SIDE;
        sides.contains(&height) && sides.contains(&width)
    };
    sizes
        .filter(fits)
        .ok_or_else(|| "expected HEIGHTxWIDTH, such as 224x224".to_owned())
}

/// Shows the pictures to the model. False when some could not be read.
pub(crate) fn run(arguments: &PredictArguments) -> io::Result<bool> {
    predict(arguments).map_err(io::Error::other)
}

fn predict(arguments: &PredictArguments) -> Result<bool> {
    let mut model = load_model_with(&arguments.model, LoadModel { compile: false })?;
    let size = picture_size(&model, arguments.size)?;
    let count = model.output_shape()?;
    if count.rank() != 1 {
        return Err(Error::argument(
            "MODEL",
            "a model with one number for each class",
            &count,
        ));
    }
    let classes = arguments.classes.as_deref().map(read_classes).transpose()?;
    if let Some(classes) = &classes {
        check_classes(classes, count.last())?;
    }
    let scale = match arguments.scale {
        Some(scale) if scale.is_finite() && scale > 0.0 => scale,
        Some(scale) => return Err(Error::argument("--scale", "a positive number", scale)),
        None if scales_itself(&model) => 1.0,
        None => 255.0,
    };
    let paths = pictures(&arguments.images)?;
    let mut all_read = true;
    let mut lines = Vec::new();
    for paths in paths.chunks(batch_size(size)) {
        let (mut pixels, mut read) = (Vec::new(), Vec::new());
        for path in paths {
            match open(path, size) {
                Ok(picture) => {
                    pixels.extend(bytes_of(&picture).iter().map(|byte| byte / scale));
                    read.push(path);
                }
                Err(error) => {
                    eprintln!("kerust: {error}");
                    all_read = false;
                }
            }
        }
        if read.is_empty() {
            continue;
        }
        let [height, width, channels] = size;
        let x = Tensor::from_vec(pixels, (read.len(), height, width, channels))?;
        let scores: Vec<f32> = model.predict(&x)?.to_vec();
        for (path, scores) in read.into_iter().zip(scores.chunks(count.last())) {
            lines.extend(answers(path, scores, classes.as_deref(), arguments.top));
        }
    }
    print!("{}", table(&lines));
    Ok(all_read)
}

/// The height, width and channels of the pictures that a model takes.
fn picture_size(model: &Model, size: Option<(usize, usize)>) -> Result<[usize; 3]> {
    let input = model.input_shape()?;
    let sizes: Vec<Option<usize>> = input.sizes().collect();
    let [height, width, Some(channels @ (1 | 3 | 4))] = sizes[..] else {
        return Err(Error::argument(
            "MODEL",
            "a model that takes pictures, (height, width, 1, 3 or 4)",
            input.to_keras(),
        ));
    };
    match (height.zip(width), size) {
        (Some(own), Some(size)) if own != size => {
            let expected = format!("{}x{}, which the model takes", own.0, own.1);
            Err(Error::argument(
                "--size",
                &expected,
                format!("{}x{}", size.0, size.1),
            ))
        }
        (Some((height, width)), _) | (None, Some((height, width))) => Ok([height, width, channels]),
        (None, None) => {
            let error = Error::argument("--size", "a size: the model takes any", "none");
            Err(error.remedy("for example `--size 224x224`"))
        }
    }
}

/// Whether the model's first layer brings pixels to a smaller range.
fn scales_itself(model: &Model) -> bool {
    let summary = model.summary();
    let mut classes = summary.rows.iter().map(|row| row.class_name.as_str());
    let first = classes.find(|class| *class != "InputLayer");
    matches!(first, Some("Rescaling" | "Normalization"))
}

fn cannot_read(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::io(format!("cannot read `{}`", path.display()), error)
}

fn read_classes(path: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(path).map_err(|error| cannot_read(path, &error))?;
    Ok(text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect())
}

fn check_classes(classes: &[String], outputs: usize) -> Result<()> {
    // A single number says how much a picture is of the second class.
    let expected = if outputs == 1 { 2 } else { outputs };
    if classes.len() == expected {
        return Ok(());
    }
    let expected = format!("{expected} names, one in each line");
    Err(Error::argument("--classes", &expected, classes.len()))
}

/// The pictures themselves, and those in folders, by name.
fn pictures(given: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for path in given {
        if !path.is_dir() {
            paths.push(path.clone());
            continue;
        }
        let entries = fs::read_dir(path).map_err(|error| cannot_read(path, &error))?;
        let mut inside: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| is_picture(path))
            .collect();
        if inside.is_empty() {
            let given = format!("`{}`, which has none", path.display());
            return Err(Error::argument("IMAGES", "a folder with pictures", given));
        }
        inside.sort();
        paths.extend(inside);
    }
    Ok(paths)
}

fn is_picture(path: &Path) -> bool {
    let ending = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    path.is_file() && ENDINGS.contains(&ending.as_str())
}

/// How many pictures of a size are shown to the model together.
fn batch_size(size: [usize; 3]) -> usize {
    let numbers = size.into_iter().fold(1, usize::saturating_mul);
    (MOST_NUMBERS / numbers.max(1)).clamp(1, BATCH)
}

/// The picture in a file, of this height, width and number of channels.
fn open(path: &Path, [height, width, channels]: [usize; 3]) -> Result<Image> {
    let color_mode = match channels {
        1 => "grayscale",
        3 => "rgb",
        _ => "rgba",
    };
    load_img_with(
        path,
        LoadImg {
            color_mode: color_mode.into(),
            target_size: Some((height, width)),
            interpolation: "bilinear".into(),
            keep_aspect_ratio: false,
        },
    )
}

/// The pixels of a picture, 0 to 255. Gray ones of 16 bits count by their higher ones, as in
/// `image_dataset_from_directory`.
fn bytes_of(picture: &Image) -> Vec<f32> {
    let pixels = picture.pixels();
    match pixels.dtype() {
        DType::Int64 => {
            let deep = pixels.to_vec::<i64>();
            deep.into_iter().map(|value| (value >> 8) as f32).collect()
        }
        _ => pixels.to_vec(),
    }
}

/// What a model says of one picture: the picture, a class, and how probable that is.
fn answers(
    path: &Path,
    scores: &[f32],
    classes: Option<&[String]>,
    top: usize,
) -> Vec<[String; 3]> {
    let mut ranked: Vec<(usize, f32)> = probabilities(scores).into_iter().enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let name = |class: usize| match classes {
        Some(classes) => classes[class].clone(),
        None => format!("class {class}"),
    };
    let picture = path.file_name().unwrap_or_default().to_string_lossy();
    let shown = ranked.into_iter().take(top.max(1)).enumerate();
    let lines = shown.map(|(place, (class, probability))| {
        let picture = if place == 0 {
            picture.to_string()
        } else {
            String::new()
        };
        [
            picture,
            name(class),
            format!("{:.1} %", 100.0 * probability),
        ]
    });
    lines.collect()
}

/// The probability of each class: what the model says if that is one, or the softmax of its scores.
fn probabilities(scores: &[f32]) -> Vec<f32> {
    let in_range = scores
        .iter()
        .all(|score| (-1e-6..=1.0 + 1e-6).contains(score));
    let sum: f32 = scores.iter().sum();
    match *scores {
        [second] if in_range => vec![1.0 - second, second],
        [second] => {
            let second = 1.0 / (1.0 + (-second).exp());
            vec![1.0 - second, second]
        }
        _ if in_range && (sum - 1.0).abs() < 1e-3 => scores.to_vec(),
        _ => {
            let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let powers: Vec<f32> = scores.iter().map(|score| (score - largest).exp()).collect();
            let sum: f32 = powers.iter().sum();
            powers.iter().map(|power| power / sum).collect()
        }
    }
}

/// Columns beside each other, the numbers aligned to the right.
fn table(lines: &[[String; 3]]) -> String {
    let width = |column: usize| {
        let cells = lines.iter().map(|line| line[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2)];
    let lines = lines.iter().map(|[picture, class, probability]| {
        let [first, second, third] = widths;
        format!("{picture:first$}  {class:second$}  {probability:>third$}\n")
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::{batch_size, probabilities, size};

    #[test]
    fn scores_become_probabilities_where_they_are_none() {
        assert_eq!(probabilities(&[0.25, 0.75]), [0.25, 0.75]);
        assert_eq!(probabilities(&[0.75]), [0.25, 0.75]);
        let two = probabilities(&[3.0, 3.0]);
        assert_eq!(two, [0.5, 0.5]);
        // Each by itself may be right: several classes at once.
        let many = probabilities(&[0.9, 0.8]);
        assert!((many.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn sizes_are_read_and_limited() {
        assert_eq!(size("224x160"), Ok((224, 160)));
        for wrong in ["224", "0x3", "3x", "axb", "99999999x2"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn few_large_pictures_are_shown_together() {
        assert_eq!(batch_size([224, 224, 3]), 32);
        assert_eq!(batch_size([2048, 2048, 3]), 2);
        assert_eq!(batch_size([1 << 40, 1 << 40, 3]), 1);
    }
}
