//! `kerust doctor` on a machine with a GPU: the emulated one of `tests/emulated_gpu/`.

use std::process::Command;

use super::support::{emulated_gpu, program};

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
                    driver for CUDA 12.0, kernels by NVRTC 12.0";
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
