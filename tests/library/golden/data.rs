//! Datasets of folders and time series: the same files in the same order, with the same labels and
//! numbers.

use std::path::Path;

use kerust::Setting;
use kerust::data::{ColorMode, Labels, Subset};
use kerust::prelude::*;
use serde_json::Value;

use super::{FORWARD, Golden, count, file, list, text};

/// Decoders of JPEG round differently, and PNG's grey is cut off where PIL rounds: by so much of the
/// brightest.
const ROUNDED: f64 = 1e-2;
/// TensorFlow looks weights up in a table of 1024 places.
const TABLE: f64 = 2e-3;

fn strings(value: &Value) -> Vec<String> {
    list(value)
        .iter()
        .map(|item| text(item).to_string())
        .collect()
}

/// The arguments of a case, read as Keras's names.
struct Arguments<'a>(&'a Value);

impl Arguments<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    fn flag(&self, name: &str, default: bool) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(default)
    }

    fn count(&self, name: &str) -> Option<usize> {
        self.get(name).map(count)
    }

    /// Null is no batches.
    fn batch_size(&self, default: usize) -> Option<usize> {
        match self.get("batch_size") {
            None => Some(default),
            Some(size) => size.as_u64().map(|size| size as usize),
        }
    }

    fn name<T>(&self, name: &str, default: &str) -> Setting<T>
    where
        Setting<T>: for<'s> From<&'s str>,
    {
        match self.get(name) {
            None => default.into(),
            Some(Value::Null) => "none".into(),
            Some(given) => text(given).into(),
        }
    }

    fn images(&self) -> ImageDatasetFromDirectory {
        let size = self.get("image_size").map(list);
        ImageDatasetFromDirectory {
            labels: match self.get("labels") {
                None => Labels::Inferred,
                Some(Value::Null) => Labels::None,
                Some(given) => Labels::Given(list(given).iter().map(count).collect()),
            },
            label_mode: self.name("label_mode", "int"),
            class_names: self.get("class_names").map(strings).unwrap_or_default(),
            color_mode: self.name::<ColorMode>("color_mode", "rgb"),
            batch_size: self.batch_size(32),
            image_size: size.map_or((256, 256), |size| (count(&size[0]), count(&size[1]))),
            shuffle: self.flag("shuffle", true),
            seed: self.count("seed").map(|seed| seed as u64),
            validation_split: self
                .get("validation_split")
                .and_then(Value::as_f64)
                .unwrap_or(0.0),
            subset: self
                .get("subset")
                .map(|subset| Setting::<Subset>::from(text(subset))),
            interpolation: self.name("interpolation", "bilinear"),
            crop_to_aspect_ratio: self.flag("crop_to_aspect_ratio", false),
            pad_to_aspect_ratio: self.flag("pad_to_aspect_ratio", false),
            verbose: false,
            ..Default::default()
        }
    }

    fn timeseries(&self) -> TimeseriesDatasetFromArray {
        TimeseriesDatasetFromArray {
            sequence_stride: self.count("sequence_stride").unwrap_or(1),
            sampling_rate: self.count("sampling_rate").unwrap_or(1),
            batch_size: self.batch_size(128),
            start_index: self.count("start_index"),
            end_index: self.count("end_index"),
            ..Default::default()
        }
    }
}

/// Compares the batches of a dataset with those of a case.
fn compare_batches(
    golden: &mut Golden,
    case: &Value,
    dataset: &Dataset,
    tolerance: f64,
    is_batched: bool,
) -> Result<()> {
    let elements: Vec<DatasetElement> = dataset.elements().collect::<Result<_>>()?;
    let of = |part: fn(&DatasetElement) -> &[Tensor]| -> Result<Option<Tensor>> {
        let parts: Vec<Tensor> = elements.iter().flat_map(part).cloned().collect();
        match (parts.is_empty(), is_batched) {
            (true, _) => Ok(None),
            (_, true) => Tensor::concatenate(&parts).map(Some),
            (_, false) => Tensor::stack(&parts).map(Some),
        }
    };
    let sizes = elements.iter().map(|element| element.x()[0].len());
    let sizes: Vec<usize> = sizes
        .map(|size| if is_batched { size } else { 1 })
        .collect();
    let expected: Vec<usize> = list(&case["batches"]).iter().map(count).collect();
    assert_eq!(sizes, expected, "{}", case["name"]);
    let x = of(DatasetElement::x)?.expect("there are samples");
    let keras = golden.tensor(&case["x"]);
    golden.compare(case, "samples", tolerance, &x, &keras);
    let y = of(DatasetElement::y)?;
    assert_eq!(y.is_some(), case.get("y").is_some(), "{}", case["name"]);
    if let Some(y) = y {
        let keras = golden.tensor(&case["y"]);
        golden.compare(case, "labels", 0.0, &y, &keras);
        let is_float = text(&case["y_dtype"]) == "float32";
        assert_eq!(y.dtype() == DType::Float32, is_float, "{}", case["name"]);
    }
    Ok(())
}

fn compare_images(golden: &mut Golden, case: &Value) -> Result<()> {
    let folder = file("files/pictures/by_class");
    let arguments = Arguments(&case["arguments"]);
    let dataset = image_dataset_from_directory(&folder, arguments.images())?;
    let relative = |path: &Path| -> String {
        let below = path.strip_prefix(&folder).expect("a file of the folder");
        below.to_string_lossy().into_owned()
    };
    let paths = dataset.file_paths().iter();
    let paths: Vec<String> = paths.map(|path| relative(path)).collect();
    assert_eq!(paths, strings(&case["file_paths"]), "{}", case["name"]);
    let class_names = case["class_names"].as_array().map_or(Vec::new(), |names| {
        names.iter().map(|name| text(name).to_string()).collect()
    });
    assert_eq!(dataset.class_names(), class_names, "{}", case["name"]);
    if case.get("x").is_none() {
        return Ok(());
    }
    let tolerance = match text(&case["name"]) {
        name if name.contains("jpeg") || name.contains("label") => ROUNDED,
        "images_categorical" | "images_training" | "images_grayscale" => ROUNDED,
        "images_bicubic" => TABLE,
        _ => FORWARD,
    };
    let is_batched = arguments.batch_size(32).is_some();
    compare_batches(golden, case, &dataset, tolerance, is_batched)
}

fn compare_texts(case: &Value) -> Result<()> {
    let arguments = Arguments(&case["arguments"]);
    let texts = text_dataset_from_directory(
        file("files/texts"),
        TextDatasetFromDirectory {
            batch_size: arguments.batch_size(32),
            max_length: arguments.count("max_length"),
            shuffle: false,
            verbose: false,
            ..Default::default()
        },
    )?;
    for (batch, (keras, labels)) in texts
        .iter()
        .zip(list(&case["texts"]).iter().zip(list(&case["labels"])))
    {
        let (texts, y) = batch?;
        assert_eq!(texts, strings(keras), "{}", case["name"]);
        let labels: Vec<usize> = list(labels).iter().map(count).collect();
        assert_eq!(y.to_vec::<usize>(), labels, "{}", case["name"]);
    }
    let batches = list(&case["texts"]).len();
    assert_eq!(texts.cardinality().finite(), Some(batches));
    Ok(())
}

#[test]
fn folders_and_time_series_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("data");
    for case in &cases {
        match text(&case["kind"]) {
            "images" => compare_images(&mut golden, case)?,
            "texts" => compare_texts(case)?,
            "sounds" => {
                let arguments = Arguments(&case["arguments"]);
                let sounds = AudioDatasetFromDirectory {
                    batch_size: arguments.batch_size(32),
                    output_sequence_length: arguments.count("output_sequence_length"),
                    shuffle: false,
                    verbose: false,
                    ..Default::default()
                };
                let sounds = audio_dataset_from_directory(file("files/sounds"), sounds)?;
                compare_batches(&mut golden, case, &sounds, 0.0, true)?;
            }
            "timeseries" => {
                let arguments = Arguments(&case["arguments"]);
                let data = golden.tensor(&case["data"]);
                let targets = case.get("targets").map(|targets| golden.tensor(targets));
                let length = arguments.count("sequence_length").expect("a length");
                let windows = timeseries_dataset_from_array(
                    &data,
                    targets.as_ref(),
                    length,
                    arguments.timeseries(),
                )?;
                let is_batched = arguments.batch_size(128).is_some();
                compare_batches(&mut golden, case, &windows, 0.0, is_batched)?;
            }
            other => panic!("no test for {other}"),
        }
        golden.done();
    }
    golden.finish(37, &[]);
    Ok(())
}
