//! An interrupt of the notebook: every long call listens, and nothing is lost.

use std::io::{PipeWriter, Write};
use std::os::fd::IntoRawFd;
use std::sync::Mutex;
use std::time::Duration;

use kerust::models::Ending;
use kerust::prelude::*;
use kerust::{ErrorKind, notebook};

use super::{column, compile, quiet, two_sides};
use crate::own_process;

/// The kernel's end of the control pipe.
pub(super) fn attach() -> PipeWriter {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let descriptor = reader.into_raw_fd().to_string();
    // SAFETY: the test has the process for itself, and no other thread reads the environment.
    unsafe { std::env::set_var("KERUST_CONTROL_FD", descriptor) };
    notebook::attach();
    writer
}

/// Sends a command and waits until it has arrived.
pub(super) fn press(kernel: &mut PipeWriter, command: u8, interrupted: bool) {
    kernel.write_all(&[command]).expect("the library listens");
    while notebook::interrupted() != interrupted {
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn every_long_call_listens_to_an_interrupt() {
    let name = "training::interrupted::every_long_call_listens_to_an_interrupt";
    own_process::run(name, || {
        let run = || -> Result<()> {
            let (x, y) = two_sides(100)?;
            let mut model = Sequential::named("model");
            model.add(Dense::new(2).activation("softmax").input_shape(2))?;
            model.compile(compile("adam", "sparse_categorical_crossentropy", &[]))?;
            let mut kernel = attach();
            press(&mut kernel, b'i', true);

            let history = model.fit(&x, &y, quiet(3))?;
            assert_eq!(history.ending, Ending::Interrupted);
            assert_eq!(history.epoch, [0]);

            let weights = model.get_weights();
            let evaluate = Evaluate {
                batch_size: 10,
                verbose: 0,
                ..Evaluate::default()
            };
            let error = model
                .evaluate(&x, &y, evaluate.clone())
                .expect_err("stopped");
            assert_eq!(error.kind(), ErrorKind::Interrupted);
            assert_eq!(
                error.to_string(),
                "model `model`: `evaluate`: evaluating was interrupted"
            );
            let error = model.predict(&x).expect_err("stopped");
            assert_eq!(error.kind(), ErrorKind::Interrupted);
            // A call that needs one step has its result when it asks.
            assert_eq!(model.predict(&x.slice(0..5)?)?.shape(), (5, 2));
            assert_eq!(weights, model.get_weights());

            press(&mut kernel, b'r', false);
            assert_eq!(model.evaluate(&x, &y, evaluate)?.len(), 1);
            let history = model.fit(&x, &y, quiet(2))?;
            assert_eq!(history.ending, Ending::Finished);
            Ok(())
        };
        run().expect("training works");
    });
}

/// Interrupts while the loss of the validation is computed.
#[derive(Clone, Debug)]
struct Interrupter;

impl kerust::losses::Loss for Interrupter {
    fn name(&self) -> &'static str {
        "interrupter"
    }

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        if !tape.is_recording() {
            let mut kernel = KERNEL.lock().expect("the only test that uses it");
            press(kernel.as_mut().expect("attached"), b'i', true);
        }
        MeanSquaredError::new().values(tape, y_true, y_pred)
    }

    fn boxed_clone(&self) -> Box<dyn kerust::losses::Loss> {
        Box::new(self.clone())
    }
}

static KERNEL: Mutex<Option<PipeWriter>> = Mutex::new(None);

#[test]
fn an_interrupt_during_the_validation_ends_the_run_there() {
    let name = "training::interrupted::an_interrupt_during_the_validation_ends_the_run_there";
    own_process::run(name, || {
        let run = || -> Result<()> {
            *KERNEL.lock().expect("the only test that uses it") = Some(attach());
            let mut model = Sequential::named("model");
            model.add(Dense::new(1).input_shape(2))?;
            let mut compile = compile("sgd", "mse", &[]);
            compile.loss = Interrupter.into();
            model.compile(compile)?;
            let fit = Fit {
                validation_split: 0.9,
                batch_size: 10,
                ..quiet(3)
            };
            let history = model.fit(Tensor::ones((100, 2)), Tensor::ones((100, 1)), fit)?;
            assert_eq!(history.ending, Ending::Interrupted);
            assert_eq!(history.epoch, [0]);
            assert_eq!(column(&history, "loss").len(), 1);
            assert_eq!(
                history.get("val_loss"),
                None,
                "half a validation is no result"
            );
            assert!(history.plot().svg().is_some());
            Ok(())
        };
        run().expect("training works");
    });
}
