//! A GPU that is not there, is full, or stops working.

use kerust::prelude::*;

use super::{alone, on_the_gpu};

#[test]
fn without_a_driver_the_processor_computes_and_says_why() {
    const NAME: &str = "gpu::failures::without_a_driver_the_processor_computes_and_says_why";
    if std::env::var_os("KERUST_TEST_NO_DRIVER").is_some() {
        assert_eq!(Device::current(), Device::Cpu);
        return;
    }
    let run = |device: &str| {
        let program = std::env::current_exe().expect("a test runs from a file");
        let output = std::process::Command::new(program)
            .args([NAME, "--exact", "--nocapture"])
            .env("KERUST_TEST_NO_DRIVER", "1")
            .env("KERUST_DEVICE", device)
            .output()
            .expect("starts");
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    if kerust_has_a_gpu() {
        return;
    }
    let said = run("cuda:0");
    assert!(said.contains("no NVIDIA driver (`libcuda.so.1`)"), "{said}");
    assert!(said.contains("kerust: the processor is used"), "{said}");
    assert!(run("gpu0").contains("expected `cpu`, `cuda` or `cuda:N`, got `gpu0`"));
    assert_eq!(run("cpu"), "", "nothing to say");
    assert_eq!(run(""), "", "nobody asked for a GPU");
}

fn kerust_has_a_gpu() -> bool {
    Device::current() != Device::Cpu
}

#[test]
fn a_gpu_that_does_not_exist_is_named() {
    let arguments = ["bad_input::layers::", "--nocapture"];
    let output = on_the_gpu(&arguments, &[("KERUST_DEVICE", "cuda:7")]);
    let said = super::said(&output);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("GPU 7 does not answer (CUDA_ERROR_INVALID_DEVICE)"),
        "{said}"
    );
}

#[test]
fn a_compiler_that_is_older_than_the_gpu_writes_for_an_older_one() {
    let home = tempfile::tempdir().expect("a folder");
    let home = home.path().to_string_lossy().into_owned();
    let name = "gpu::failures::a_compiler_that_is_older_than_the_gpu_writes_for_an_older_one";
    for newest in ["90", "80", "damaged"] {
        if newest == "damaged" {
            for kept in std::fs::read_dir(format!("{home}/cuda"))
                .into_iter()
                .flatten()
            {
                std::fs::write(kept.expect("a file").path(), "nothing\0").expect("writes");
            }
        }
        let newest = newest.replace("damaged", "90");
        let variables = [("KERUST_HOME", &*home), ("EMULATED_GPU_NEWEST", &newest)];
        let said = alone(name, &variables, || {
            let x = Tensor::from_vec(vec![-1.0, 2.0], 2).expect("fits");
            let y = kerust::ops::square(&mut Tape::off(), &x).expect("works");
            assert_eq!(y.device(), Device::Cuda(0));
            assert_eq!(y.to_vec::<f32>(), [1.0, 4.0]);
        });
        if said.is_none() {
            return;
        }
        let kept = std::fs::read_dir(format!("{home}/cuda")).expect("kept");
        let names: Vec<_> = kept.map(|kept| kept.expect("a file").file_name()).collect();
        let target = if newest == "90" {
            "sm_90"
        } else {
            "compute_80"
        };
        let is_there = names
            .iter()
            .any(|name| name.to_string_lossy().ends_with(target));
        assert!(is_there, "{names:?}");
    }
}

#[test]
fn a_full_gpu_is_an_error_that_loses_nothing() {
    let name = "gpu::failures::a_full_gpu_is_an_error_that_loses_nothing";
    let limits = [
        ("EMULATED_GPU_MEMORY", "8388608"),
        ("EMULATED_GPU_OTHERS", "4194304"),
    ];
    alone(name, &limits, || {
        let mut model = Sequential::new();
        model.add(Dense::new(64).input_shape(64)).expect("fits");
        let compile = Compile {
            loss: "mse".into(),
            ..Compile::default()
        };
        model.compile(compile).expect("fits");
        let weights = model.get_weights();
        let (x, y) = (Tensor::ones((8192, 64)), Tensor::ones((8192, 64)));
        let fit = |batch_size: usize| Fit {
            batch_size,
            verbose: 0,
            ..Fit::default()
        };
        let error = model.fit(&x, &y, fit(8192)).expect_err("too large");
        let text = error.to_string();
        assert!(
            text.contains("the GPU's memory does not suffice for 2097152 more bytes"),
            "{text}"
        );
        assert!(text.contains("other programs hold 4 MiB"), "{text}");
        assert!(text.contains("take a smaller `batch_size`"), "{text}");
        assert_eq!(model.get_weights(), weights);
        assert_eq!(x.get(5).expect("there"), 1);
        model.fit(&x, &y, fit(64)).expect("smaller batches fit");
        assert_ne!(model.get_weights(), weights);
    });
}

#[test]
fn what_is_kept_to_be_used_again_gives_way() {
    let name = "gpu::failures::what_is_kept_to_be_used_again_gives_way";
    alone(name, &[("EMULATED_GPU_MEMORY", "25165824")], || {
        let mut model = Sequential::new();
        model.add(Dense::new(64).input_shape(64)).expect("fits");
        // Each batch leaves blocks of its own sizes, in all three times as much as there is.
        for rows in (1000..8000).step_by(250) {
            let arguments = Predict {
                batch_size: rows,
                verbose: 0,
                ..Predict::default()
            };
            let y = model.predict_with(Tensor::ones((rows, 64)), arguments);
            assert_eq!(y.expect("predicts").shape(), (rows, 64));
        }
    });
}

#[test]
fn a_lost_gpu_is_an_error_and_the_data_stays() {
    let name = "gpu::failures::a_lost_gpu_is_an_error_and_the_data_stays";
    alone(name, &[("EMULATED_GPU_FAILS_AFTER", "60")], || {
        let mut model = Sequential::new();
        model.add(Dense::new(2).input_shape(3)).expect("fits");
        let compile = Compile {
            loss: "mse".into(),
            ..Compile::default()
        };
        model.compile(compile).expect("fits");
        let (x, y) = (Tensor::ones((64, 3)), Tensor::ones((64, 2)));
        let fit = Fit {
            batch_size: 1,
            epochs: 5,
            verbose: 0,
            ..Fit::default()
        };
        let error = model.fit(&x, &y, fit).expect_err("the GPU is lost");
        let text = error.to_string();
        assert!(text.contains("the GPU stopped working"), "{text}");
        assert!(
            text.contains("what is in the host's memory is still there"),
            "{text}"
        );
        assert_eq!(x.to_vec::<f32>(), vec![1.0; 192]);
        let error = model.predict(&x).expect_err("still lost");
        assert!(
            error.to_string().contains("the GPU stopped working"),
            "{error}"
        );
    });
}
