//! A machine with a GPU, the emulated one of `tests/emulated_gpu/`: `kerust doctor`, and a training
//! in a notebook.

use std::process::Command;
use std::time::Duration;

use kerust_kernel::run::client::Client;
use serde_json::Value;

use super::support::{COMPILING, Outcome, emulated_gpu, program, run, run_within};

#[test]
fn the_doctor_looks_at_the_gpu() {
    let doctor = |change: &dyn Fn(&mut Command)| {
        let mut command = Command::new(program());
        emulated_gpu::with_emulated_gpu(&mut command).arg("doctor");
        change(&mut command);
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let text = doctor(&|_| {});
    let expected = "ok GPU emulated GPU · 0.0 of 1.0 GiB · 42 % busy, compute capability 9.0, \
                    driver for CUDA 12.0, kernels by NVRTC 12.0, large convolutions by cuDNN 9.10.2";
    assert!(text.contains(expected), "{text}");
    let text = doctor(&|command| {
        command.env("EMULATED_CUDNN_VERSION", "8907");
    });
    let expected = "no cuDNN 9, which is quicker for large convolutions \
                    (`pip install nvidia-cudnn-cu12`)";
    assert!(text.contains(expected), "{text}");
    let text = doctor(&|command| {
        command.env("KERUST_DEVICE", "cpu");
    });
    assert!(
        text.contains("ok GPU not used: `KERUST_DEVICE` chooses the CPU"),
        "{text}"
    );
    let text = doctor(&|command| {
        command.env("KERUST_DEVICE", "cuda:3");
    });
    assert!(text.contains("warning GPU GPU 3 does not answer"), "{text}");
    assert!(
        text.contains("-> `nvidia-smi` shows the GPUs of this machine"),
        "{text}"
    );
}

/// A training that takes next to nothing, on a GPU of which other programs leave 4 MiB.
const MODEL: &str = r#"
use kerust::prelude::*;
println!("{}", Device::current());
let (x, y) = (Tensor::ones((8192, 64)), Tensor::ones((8192, 64)));
let mut model = Sequential::new();
model.add(Dense::new(64).input_shape(64))?;
model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
"#;
const OTHERS: usize = (1 << 30) - (4 << 20);

#[test]
fn a_training_on_the_gpu_shows_what_it_does_and_a_full_gpu_costs_nothing() {
    let mut command = Command::new(program());
    emulated_gpu::with_emulated_gpu(&mut command).env("EMULATED_GPU_OTHERS", OTHERS.to_string());
    let folder = std::env::temp_dir();
    let mut kernel = Client::start_by(command, &folder, Duration::from_secs(60)).unwrap();
    let model = run_within(&mut kernel, MODEL, COMPILING);
    model.assert_ok();
    assert_eq!(model.summary(), ["stdout: cuda:0\n"]);

    let training = run(
        &mut kernel,
        "let history = model.fit(&x, &y, Fit { epochs: 2, batch_size: 64, ..Fit::default() })?;",
    );
    training.assert_ok();
    let states = states(&training);
    let busy = "emulated GPU · 1.0 of 1.0 GiB · 42\u{a0}% busy</span>";
    let (last, running) = states.split_last().unwrap();
    assert!(running.len() > 1, "{states:?}");
    assert!(
        running.iter().all(|state| state.contains(busy)),
        "{states:?}"
    );
    assert!(
        last.contains("emulated GPU · 1.0 of 1.0 GiB</span>"),
        "{last}"
    );

    run(&mut kernel, "let weights = model.get_weights();").assert_ok();
    let too_large = run(
        &mut kernel,
        "model.fit(&x, &y, Fit { batch_size: 8192, ..Fit::default() })?;",
    );
    let error = too_large.error()["evalue"].as_str().unwrap();
    assert!(
        error.contains("the GPU's memory does not suffice for 2097152 more bytes"),
        "{error}"
    );
    let shown = self::states(&too_large).pop().unwrap();
    assert!(
        shown.contains("an error ended the run") && shown.contains("emulated GPU"),
        "{shown}"
    );

    let after = run(
        &mut kernel,
        "println!(\"{} {}\", model.get_weights() == weights, x.get(5)?);\n\
         model.fit(&x, &y, Fit { batch_size: 64, verbose: 0, ..Fit::default() })?;\n\
         println!(\"{} {}\", model.get_weights() == weights, history.epoch.len());",
    );
    after.assert_ok();
    assert_eq!(after.summary(), ["stdout: true 1\nfalse 2\n"]);
}

/// All that the first display of a cell has shown, one after the other.
fn states(outcome: &Outcome) -> Vec<String> {
    let first = outcome.of_type("display_data")[0];
    let updates = outcome.of_type("update_display_data");
    let of_first = |update: &&Value| update["transient"] == first["transient"];
    let states = std::iter::once(first).chain(updates.into_iter().filter(of_first));
    states
        .map(|state| {
            let html = state["data"]["text/html"].as_str();
            html.unwrap_or_default().to_owned()
        })
        .collect()
}
