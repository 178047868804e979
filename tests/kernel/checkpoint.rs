//! When the cells' process dies, the training that `fit` saved by itself can be taken up again.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use kerust::prelude::*;
use kerust_kernel::run::client::{Client, Source};
use serde_json::json;

use super::support::{COMPILING, LIMIT, Outcome, collect, request_cell, run, run_within, start};

/// A model and data that train for minutes.
const MODEL: &str = r#"
use kerust::prelude::*;
let x = Tensor::from_vec((0..128_000).map(|i| (i % 97) as f32 / 97.0).collect(), (2000, 64))?;
let y = Tensor::from_vec((0..2000).map(|i| i % 10).collect(), 2000)?;
let mut model = Sequential::new();
model.add(Dense::new(64).activation("relu").input_shape(64))?;
model.add(BatchNormalization::new())?;
model.add(Dense::new(10).activation("softmax"))?;
model.compile(Compile {
    optimizer: "adam".into(),
    loss: "sparse_categorical_crossentropy".into(),
    ..Compile::default()
})?;
println!("process {}", std::process::id());
"#;

/// Makes the model; returns the process id of the cells.
fn make_model(kernel: &mut Client) -> i32 {
    let outcome = run_within(kernel, MODEL, COMPILING);
    outcome.assert_ok();
    let text = outcome.summary().concat();
    let id = text.trim().rsplit(' ').next().unwrap();
    id.parse().unwrap()
}

/// The end of an error's block, and the line in it that loads the weights.
fn offer(outcome: &Outcome) -> Option<(String, String)> {
    let traceback = outcome.error()["traceback"].as_array().unwrap();
    let last = traceback.last().unwrap().as_str().unwrap().to_owned();
    let at = last.find("model.load_weights(")?;
    let line = last[at..].lines().next().unwrap().to_owned();
    Some((last, line))
}

/// The file that a line loads.
fn file(line: &str) -> PathBuf {
    let path = line.split('"').nth(1).unwrap();
    match path.strip_prefix("~/") {
        Some(below) => std::env::home_dir().unwrap().join(below),
        None => path.into(),
    }
}

/// What the model of [`MODEL`] says of the first samples with the weights of a file.
fn predictions(weights: &PathBuf) -> Result<Vec<u32>> {
    let values = (0..320).map(|i| (i % 97) as f32 / 97.0).collect();
    let x = Tensor::from_vec(values, (5, 64))?;
    let mut model = Sequential::new();
    model.add(Dense::new(64).activation("relu").input_shape(64))?;
    model.add(BatchNormalization::new())?;
    model.add(Dense::new(10).activation("softmax"))?;
    model.load_weights(weights)?;
    let predicted = model.predict(&x)?.to_vec::<f32>();
    Ok(predicted.into_iter().map(f32::to_bits).collect())
}

const PREDICT: &str = "let bits: Vec<u32> = model.predict(&x.slice(0..5)?)?.to_vec::<f32>()\
    .into_iter().map(f32::to_bits).collect();\nprintln!(\"{bits:?}\");";

#[test]
fn what_fit_saved_outlives_the_process() {
    let mut kernel = start();
    let process = make_model(&mut kernel);

    // Killed in the middle of a training.
    let long = "model.fit(&x, &y, Fit { epochs: 100_000, ..Fit::default() })?;";
    let id = request_cell(&kernel, long);
    let mut begun: Option<Instant> = None;
    let mut killed = false;
    let outcome = collect(&mut kernel, &id, LIMIT, |_, message| {
        if message.msg_type() != "update_display_data" {
            return;
        }
        let begun = begun.get_or_insert_with(Instant::now);
        if !killed && begun.elapsed() > Duration::from_secs(4) {
            killed = true;
            // SAFETY: `kill` reads only its arguments; the process is the kernel's child.
            assert_eq!(unsafe { libc::kill(process, libc::SIGKILL) }, 0);
        }
    });
    assert_eq!(outcome.error()["ename"], "ProcessDied");
    let (text, line) = offer(&outcome).expect("the error names the file");
    assert!(
        text.starts_with("the weights of `sequential` after epoch "),
        "{text}"
    );
    assert!(text.contains(" of 100000"), "{text}");

    // The model made again, with what was saved.
    let fresh = make_model(&mut kernel);
    assert_ne!(fresh, process);
    run(&mut kernel, &format!("{line};")).assert_ok();
    let weights = file(&line);
    let expected = predictions(&weights).unwrap();
    let outcome = run(&mut kernel, PREDICT);
    outcome.assert_ok();
    assert_eq!(outcome.summary(), [format!("stdout: {expected:?}\n")]);

    // What an earlier process saved is not told as this one's.
    let outcome = run(&mut kernel, "std::process::abort();");
    assert_eq!(outcome.error()["ename"], "ProcessDied");
    assert!(offer(&outcome).is_none());

    // Ended by force, because a call does not listen.
    make_model(&mut kernel);
    let stubborn = "let begun = std::time::Instant::now();\nlet mut epochs = 8;\n\
        while begun.elapsed().as_secs() < 3 {\n    \
        model.fit(&x, &y, Fit { epochs, verbose: 0, ..Fit::default() })?;\n    epochs *= 2;\n}\n\
        println!(\"trained\");\nstd::thread::sleep(std::time::Duration::from_secs(600));";
    let id = request_cell(&kernel, stubborn);
    let mut asked = false;
    let outcome = collect(&mut kernel, &id, LIMIT, |client, message| {
        let text = message.content["text"].as_str().unwrap_or_default();
        if !asked && text.contains("trained") {
            asked = true;
            client
                .send(Source::Control, "interrupt_request", json!({}))
                .unwrap();
        }
    });
    assert_eq!(outcome.error()["ename"], "KeyboardInterrupt");
    let (text, line) = offer(&outcome).expect("the error names the file");
    assert!(
        text.starts_with("the weights of `sequential` after epoch "),
        "{text}"
    );
    assert_eq!(file(&line), weights);
    make_model(&mut kernel);
    run(&mut kernel, &format!("{line};")).assert_ok();
    let expected = predictions(&weights).unwrap();
    let outcome = run(&mut kernel, PREDICT);
    assert_eq!(outcome.summary(), [format!("stdout: {expected:?}\n")]);

    drop(kernel);
    std::fs::remove_dir_all(weights.parent().unwrap()).unwrap();
}
