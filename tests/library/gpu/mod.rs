//! The GPU, or what stands in for one: `tests/emulated_gpu/`.

#[path = "../../emulated_gpu/build.rs"]
mod build;
mod convolutions;
mod failures;
mod halves;
mod pictures;
mod recurrent;
mod rows;
mod rules;
mod tones;
mod training;

use std::process::{Command, Output};

use kerust::prelude::*;

/// These tests of this program, in a process that finds an emulated GPU.
fn on_the_gpu(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let program = std::env::current_exe().expect("a test runs from a file");
    let mut command = Command::new(program);
    build::with_emulated_gpu(&mut command)
        .args(arguments)
        // Every digit counts: the same tolerance as on the processor.
        .env("KERUST_TF32", "0")
        .envs(variables.iter().copied())
        .output()
        .expect("the test's own program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn keras_numbers_hold_on_the_gpu() {
    let output = on_the_gpu(&["golden::", "--nocapture"], &[]);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    let missing: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("has no kernels"))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

const STEP: &str = "KERUST_TEST_ON_GPU";

/// Runs `body` in a process of its own with an emulated GPU, and returns what it said.
fn alone(name: &str, variables: &[(&str, &str)], body: impl FnOnce()) -> Option<String> {
    if std::env::var_os(STEP).is_some() {
        body();
        return None;
    }
    let arguments = [name, "--exact", "--nocapture"];
    let output = on_the_gpu(&arguments, &[variables, &[(STEP, "1")]].concat());
    let said = said(&output);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
    Some(said)
}

/// As [`alone`]; also returns what the GPU was given to do.
fn alone_with_log(
    name: &str,
    variables: &[(&str, &str)],
    body: impl FnOnce(),
) -> Option<(String, String)> {
    let log = tempfile::NamedTempFile::new().expect("a file");
    let path = log.path().to_string_lossy().into_owned();
    let variables = [variables, &[("EMULATED_GPU_LOG", &path)]].concat();
    let said = alone(name, &variables, body)?;
    Some((said, std::fs::read_to_string(&path).expect("the log")))
}

/// The rest of the line that a process began with `mark`.
fn said_after<'a>(said: &'a str, mark: &str) -> &'a str {
    let (_, rest) = said.split_once(mark).expect("it was said");
    rest.lines().next().expect("a line")
}

#[test]
fn what_is_computed_stays_on_the_gpu_until_somebody_looks() {
    let name = "gpu::what_is_computed_stays_on_the_gpu_until_somebody_looks";
    let ran = alone_with_log(name, &[], || {
        assert_eq!(Device::current(), Device::Cuda(0));
        let x = Tensor::from_vec(vec![1.0, 2.0, 3.0, 4.0], (2, 2)).expect("fits");
        let kernel = Tensor::from_vec(vec![1.0, 0.0, 0.0, -1.0], (2, 2)).expect("fits");
        let mut tape = Tape::recording();
        let x = tape.watch(&x);
        let y = kerust::ops::dense(&mut tape, &x, &kernel, None, true).expect("works");
        assert_eq!((x.device(), y.device()), (Device::Cpu, Device::Cuda(0)));
        assert_eq!(y.to_vec::<f32>(), [1.0, 0.0, 3.0, 0.0]);
        assert_eq!(y.device(), Device::Cpu);
        let gradient = tape.gradient(&y, &[&x]).expect("works");
        assert_eq!(gradient[0].to_vec::<f32>(), [1.0, 0.0, 1.0, 0.0]);
    });
    let Some((_, log)) = ran else { return };
    let of_kernels = |line: &&str| line.starts_with("launch") || line.starts_with("product");
    let work: Vec<&str> = log.lines().filter(of_kernels).collect();
    let expected = [
        "product 2 2 2",
        "launch bias_and_relu 1",
        "launch mask_by_relu 1",
        "product 2 2 2",
    ];
    assert_eq!(work, expected, "{log}");
    let copies = log.lines().filter(|line| line.contains("to-host")).count();
    assert_eq!(copies, 2, "the result and the gradient: {log}");
}
