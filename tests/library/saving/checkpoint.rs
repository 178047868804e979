//! The checkpoints that `fit` writes by itself under kerust's kernel, and only there.

use std::io::PipeWriter;
use std::os::fd::IntoRawFd;
use std::path::Path;
use std::time::{Duration, Instant};

use kerust::models::{Checkpoint, Moment};
use kerust::notebook;
use kerust::prelude::*;

use super::{bits, data, model, names, scratch};
use crate::own_process;

/// Plays the kernel for this process, which the test has for itself.
fn attach(folder: &Path) -> PipeWriter {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let descriptor = reader.into_raw_fd().to_string();
    // SAFETY: the test has the process for itself, and no other thread reads the environment.
    unsafe {
        std::env::set_var("KERUST_CONTROL_FD", descriptor);
        std::env::set_var("KERUST_CHECKPOINTS", folder);
    }
    notebook::attach();
    writer
}

/// Trains for more than a second; returns how many epochs that took.
fn train(model: &mut Sequential) -> Result<usize> {
    let (x, y) = data()?;
    let mut epochs = 100;
    loop {
        let fit = Fit {
            epochs,
            batch_size: 1,
            verbose: 0,
            ..Fit::default()
        };
        let begun = Instant::now();
        model.fit(&x, &y, fit)?;
        if begun.elapsed() > Duration::from_millis(1200) {
            return Ok(epochs);
        }
        epochs *= 2;
    }
}

#[test]
fn nothing_is_written_without_the_kernel() {
    let name = "saving::checkpoint::nothing_is_written_without_the_kernel";
    own_process::run(name, || {
        let (_folder, path) = scratch("checkpoints");
        // SAFETY: the test has the process for itself, and no other thread reads the environment.
        unsafe { std::env::set_var("KERUST_CHECKPOINTS", &path) };
        let mut model = model("adam").expect("a model");
        train(&mut model).expect("training works");
        assert!(!path.exists());
    });
}

#[test]
fn a_run_leaves_its_last_state() {
    let name = "saving::checkpoint::a_run_leaves_its_last_state";
    own_process::run(name, || {
        let run = || -> Result<()> {
            let (_folder, path) = scratch("checkpoints");
            let _kernel = attach(&path);
            let mut trained = model("adam")?;
            let mut read = || {
                let epochs = train(&mut trained)?;
                assert_eq!(names(&path), ["model.safetensors"]);
                let checkpoint = Checkpoint::read(path.join("model.safetensors"))?;
                assert!(checkpoint.moment.epoch <= epochs);
                Ok::<_, Error>((epochs, checkpoint))
            };
            // Where the disk is busy, the end of a short run may not be worth writing.
            let at_end = |read: &(usize, Checkpoint)| read.1.moment.epoch == read.0;
            let mut runs = std::iter::from_fn(|| Some(read())).take(10);
            let run = runs.find(|run| run.as_ref().map_or(true, at_end));
            drop(runs);
            let (epochs, checkpoint) = run.expect("some run is saved at its end")?;
            let expected = Moment {
                epoch: epochs,
                epochs,
                batch: 64,
                batches: 64,
            };
            assert_eq!(checkpoint.moment, expected);
            assert_eq!(checkpoint.model, "model");
            let text = checkpoint.to_string();
            assert!(
                text.starts_with(&format!(
                    "the weights of `model` after epoch {epochs} of {epochs} are saved: \
                     model.load_weights(\""
                )),
                "{text}"
            );
            let mut loaded = model("adam")?;
            loaded.load_weights(&checkpoint.path)?;
            assert_eq!(bits(&loaded), bits(&trained));

            // What a user saves is no checkpoint.
            let own = path.join("own.safetensors");
            trained.save_weights(&own)?;
            assert!(Checkpoint::read(&own).is_err());
            Ok(())
        };
        run().expect("training works");
    });
}

#[test]
fn a_folder_that_cannot_be_made_does_not_disturb() {
    let name = "saving::checkpoint::a_folder_that_cannot_be_made_does_not_disturb";
    own_process::run(name, || {
        let (_folder, path) = scratch("file");
        std::fs::write(&path, "in the way").expect("a file");
        let _kernel = attach(&path);
        let mut model = model("adam").expect("a model");
        train(&mut model).expect("training works");
        train(&mut model).expect("training works");
    });
}
