//! A run whose process is killed in the middle of an epoch, and started again.

use std::path::Path;

use kerust::callbacks::Callback;
use kerust::prelude::*;

use super::folder;
use crate::own_process;

const TEST: &str = "callbacks::killed::a_run_that_is_killed_goes_on_with_the_same_result";
/// The folder, what `save_freq` is, and the epoch and batch at which the process dies.
const ARGUMENTS: &str = "KERUST_TEST_KILLED_RUN";

/// Kills its process, as `kill -9` does, before a batch.
#[derive(Debug)]
struct Killer {
    at: (usize, usize),
    epoch: usize,
}

impl Callback for Killer {
    fn on_epoch_begin(&mut self, epoch: usize, _: &mut Training<'_>) -> Result<()> {
        self.epoch = epoch;
        Ok(())
    }

    fn on_train_batch_begin(&mut self, batch: usize, _: &mut Training<'_>) -> Result<()> {
        if (self.epoch, batch) == self.at {
            // SAFETY: a signal to this process, which needs no memory to be in order.
            unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
        }
        Ok(())
    }
}

/// One life of the process: trains as far as it comes, and writes down what came out.
fn live(folder: &Path, save_freq: &str, at: (usize, usize)) -> Result<()> {
    set_random_seed(7);
    let x = Tensor::random_normal((120, 2), 0.0, 1.0);
    let points = x.to_vec::<f32>();
    let sides = points.chunks_exact(2).map(|p| i64::from(p[0] > p[1]));
    let y = Tensor::from_vec(sides.collect(), 120)?;
    let mut model = Sequential::named("model");
    model.add(Dense::new(8).activation("relu").input_shape(2))?;
    model.add(BatchNormalization::new())?;
    model.add(Dropout::new(0.3))?;
    model.add(Dense::new(2).activation("softmax"))?;
    model.compile(Compile {
        optimizer: "adam".into(),
        loss: "sparse_categorical_crossentropy".into(),
        metrics: vec!["accuracy".into()],
        ..Compile::default()
    })?;
    if folder.join("backup").exists() {
        // What follows depends on the backup alone.
        set_random_seed(8);
        let zeros = model
            .get_weights()
            .iter()
            .map(|w| Tensor::zeros(w.shape()))
            .collect::<Vec<_>>();
        model.set_weights(&zeros)?;
    }
    let backup = BackupAndRestore::new(folder.join("backup"));
    let backup = match save_freq.parse::<usize>() {
        Ok(batches) => backup.save_freq(batches),
        Err(_) => backup.save_freq(save_freq),
    };
    let fit = Fit {
        epochs: 9,
        batch_size: 10,
        validation_split: 0.25,
        callbacks: vec![
            backup.into(),
            LearningRateScheduler::new(|epoch, rate| rate * (1.0 - epoch as f32 / 50.0)).into(),
            ReduceLROnPlateau::new()
                .patience(1)
                .min_delta(0.05)
                .factor(0.5)
                .into(),
            EarlyStopping::new()
                .min_delta(0.02)
                .patience(4)
                .restore_best_weights(true)
                .into(),
            CSVLogger::new(folder.join("log.csv")).into(),
            Killer { at, epoch: 0 }.into(),
        ],
        verbose: 0,
        ..Fit::default()
    };
    let history = model.fit(&x, &y, fit)?;
    let column = |name: &str| history.get(name).map(<[f64]>::to_vec);
    let mut result = format!("{:?}\n{:?}\n", history.epoch, history.ending);
    for name in ["val_loss", "val_accuracy", "learning_rate"] {
        result += &format!("{name} {:?}\n", column(name));
    }
    if save_freq == "epoch" {
        result += &format!("{:?} {:?}\n", column("loss"), column("accuracy"));
        result += &std::fs::read_to_string(folder.join("log.csv")).expect("readable");
    }
    for weight in model.get_weights() {
        let bits: Vec<u32> = weight
            .to_vec::<f32>()
            .into_iter()
            .map(f32::to_bits)
            .collect();
        result += &format!("{bits:?}\n");
    }
    std::fs::write(folder.join("result"), result).expect("written");
    Ok(())
}

/// Starts a process; whether it lived to the end.
fn start(folder: &Path, save_freq: &str, at: (usize, usize)) -> bool {
    let arguments = format!("{}|{save_freq}|{}|{}", folder.display(), at.0, at.1);
    own_process::lives(TEST, ARGUMENTS, &arguments)
}

#[test]
fn a_run_that_is_killed_goes_on_with_the_same_result() {
    if let Ok(arguments) = std::env::var(ARGUMENTS) {
        let parts: Vec<&str> = arguments.split('|').collect();
        let number = |text: &str| text.parse().expect("a number");
        let at = (number(parts[2]), number(parts[3]));
        return live(Path::new(parts[0]), parts[1], at).expect("training works");
    }
    const NEVER: (usize, usize) = (1000, 0);
    for save_freq in ["epoch", "4"] {
        let (whole, killed) = (folder(), folder());
        assert!(start(whole.path(), save_freq, NEVER));
        for at in [(0, 2), (2, 3), (2, 7), (3, 0)] {
            assert!(!start(killed.path(), save_freq, at), "dies at {at:?}");
        }
        assert!(start(killed.path(), save_freq, NEVER));
        let read = |folder: &Path| std::fs::read_to_string(folder.join("result")).expect("written");
        assert_eq!(
            read(whole.path()),
            read(killed.path()),
            "save_freq {save_freq}"
        );
        assert!(!killed.path().join("backup").exists(), "nothing is left");
    }
}
