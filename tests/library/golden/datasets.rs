//! Data sets: what Keras's own loaders make of the same files.

use kerust::datasets::{
    Sequences, boston_housing, california_housing, cifar100, fashion_mnist, imdb, mnist, reuters,
};
use kerust::prelude::*;
use serde_json::Value;

use super::{Golden, file, list, text, title};

/// Samples of either kind.
enum Samples {
    Numbers(Tensor),
    Texts(Sequences),
}

type Part = (Samples, Tensor);

fn numbers(((x_train, y_train), (x_test, y_test)): kerust::datasets::Split) -> [Part; 2] {
    [
        (Samples::Numbers(x_train), y_train),
        (Samples::Numbers(x_test), y_test),
    ]
}

fn texts(((x_train, y_train), (x_test, y_test)): imdb::TextSplit) -> [Part; 2] {
    [
        (Samples::Texts(x_train), y_train),
        (Samples::Texts(x_test), y_test),
    ]
}

/// A whole number, or none where Keras is given `None`; `default` where it is given nothing.
fn number(arguments: &Value, name: &str, default: Option<i64>) -> Option<i64> {
    match arguments.get(name) {
        None => default,
        Some(given) => given.as_i64(),
    }
}

fn load(case: &Value) -> Result<[Part; 2]> {
    let folder = file("datasets");
    let arguments = &case["arguments"];
    let size = |name| number(arguments, name, None).map(|size| size as usize);
    let seed = number(arguments, "seed", Some(113)).expect("a seed") as u32;
    let test_split = arguments["test_split"].as_f64().unwrap_or(0.2);
    let start_char = number(arguments, "start_char", Some(1));
    let oov_char = number(arguments, "oov_char", Some(2));
    let index_from = number(arguments, "index_from", Some(3)).expect("a number");
    Ok(match text(&case["module"]) {
        "mnist" => numbers(mnist::load_from(folder.join("mnist.npz"))?),
        "fashion_mnist" => numbers(fashion_mnist::load_from(folder)?),
        "cifar100" => {
            let mode = arguments["label_mode"].as_str().unwrap_or("fine");
            let how = cifar100::LoadData {
                label_mode: mode.into(),
            };
            numbers(cifar100::load_from(folder, how)?)
        }
        "imdb" => texts(imdb::load_from(
            folder,
            imdb::LoadData {
                num_words: size("num_words"),
                skip_top: size("skip_top").unwrap_or(0),
                maxlen: size("maxlen"),
                seed,
                start_char,
                oov_char,
                index_from,
            },
        )?),
        "reuters" => texts(reuters::load_from(
            folder,
            reuters::LoadData {
                num_words: size("num_words"),
                skip_top: size("skip_top").unwrap_or(0),
                maxlen: size("maxlen"),
                test_split,
                seed,
                start_char,
                oov_char,
                index_from,
            },
        )?),
        "boston_housing" => numbers(boston_housing::load_from(
            folder,
            boston_housing::LoadData { test_split, seed },
        )?),
        "california_housing" => numbers(california_housing::load_from(
            folder,
            california_housing::LoadData {
                version: arguments["version"].as_str().unwrap_or("large").into(),
                test_split,
                seed,
            },
        )?),
        other => panic!("{other} is no data set"),
    })
}

/// kerust's name of a type of NumPy's.
fn dtype(keras: &Value) -> &str {
    match text(keras) {
        "float32" | "float64" => "float32",
        same => same,
    }
}

fn compare(golden: &mut Golden, case: &Value, part: &str, (x, y): &Part) {
    let title = title(case);
    let key = |what: &str| format!("{what}_{part}");
    let dtypes = &case[key("dtypes")];
    match x {
        Samples::Numbers(x) => {
            assert_eq!(x.dtype().to_string(), dtype(&dtypes[0]), "{title}");
            let expected = golden.tensor(&case[key("x")]);
            golden.compare(case, "samples", 0.0, x, &expected);
        }
        Samples::Texts(x) => {
            let expected: Vec<Vec<i64>> = list(&case[key("x")])
                .iter()
                .map(|words| list(words).iter().filter_map(Value::as_i64).collect())
                .collect();
            assert_eq!(*x, Sequences::from(expected), "{title}");
        }
    }
    assert_eq!(y.dtype().to_string(), dtype(&dtypes[1]), "{title}");
    let expected = golden.tensor(&case[key("y")]);
    golden.compare(case, "labels", 0.0, y, &expected);
}

#[test]
fn data_sets_are_loaded_as_keras_loads_them() {
    let (mut golden, cases) = Golden::read("datasets");
    for case in cases {
        match text(&case["kind"]) {
            "dataset" => {
                let parts = load(&case).unwrap_or_else(|e| panic!("{}: {e}", title(&case)));
                for (name, part) in ["train", "test"].iter().zip(&parts) {
                    compare(&mut golden, &case, name, part);
                }
            }
            "word_index" => {
                let read = match text(&case["module"]) {
                    "imdb" => imdb::get_word_index_from(file("datasets")),
                    _ => reuters::get_word_index_from(file("datasets")),
                };
                let index = read.unwrap_or_else(|e| panic!("{}: {e}", title(&case)));
                assert_eq!(serde_json::json!(index), case["index"], "{}", title(&case));
            }
            "label_names" => {
                let names: Vec<&str> = list(&case["names"]).iter().map(text).collect();
                assert_eq!(names, reuters::get_label_names());
            }
            other => panic!("{other} is no kind of case"),
        }
        golden.done();
    }
    golden.finish(30, &[]);
}
