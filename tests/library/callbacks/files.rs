//! What callbacks write: checkpoints, tables, events.

use std::fs;
use std::path::Path;

use kerust::prelude::*;

use super::{folder, small_model, train};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| {
            entry
                .expect("readable")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn checkpoints_have_epochs_and_results_in_their_names() -> Result<()> {
    let folder = folder();
    let path = folder
        .path()
        .join("deep/{epoch:02d}-{val_loss:.3f}.safetensors");
    let (model, history) = train(3, vec![ModelCheckpoint::new(path).into()])?;
    let losses = history.get("val_loss").expect("measured");
    let expected: Vec<String> = losses
        .iter()
        .enumerate()
        .map(|(epoch, loss)| format!("{:02}-{loss:.3}.safetensors", epoch + 1))
        .collect();
    assert_eq!(names(&folder.path().join("deep")), expected);
    let mut again = small_model()?;
    again.load_weights(folder.path().join("deep").join(&expected[2]))?;
    assert_eq!(again.get_weights(), model.get_weights());
    Ok(())
}

#[test]
fn only_better_checkpoints_are_kept_when_asked_for() -> Result<()> {
    let folder = folder();
    let path = folder.path().join("{epoch}.safetensors");
    let best = ModelCheckpoint::new(path).save_best_only(true);
    let (_, history) = train(8, vec![best.into()])?;
    let mut least = f64::INFINITY;
    let mut expected = Vec::new();
    for (epoch, loss) in history
        .get("val_loss")
        .expect("measured")
        .iter()
        .enumerate()
    {
        if *loss < least {
            least = *loss;
            expected.push(format!("{}.safetensors", epoch + 1));
        }
    }
    assert_eq!(names(folder.path()), expected);

    let never = ModelCheckpoint::new(folder.path().join("never.safetensors"))
        .save_best_only(true)
        .initial_value_threshold(-1.0);
    train(2, vec![never.into()])?;
    assert!(!folder.path().join("never.safetensors").exists());
    Ok(())
}

#[test]
fn the_ending_says_whether_the_whole_model_is_saved() -> Result<()> {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let (model, _) = train(
        2,
        vec![
            ModelCheckpoint::new(path("best.keras"))
                .save_best_only(true)
                .into(),
            ModelCheckpoint::new(path("{epoch}.keras")).into(),
            ModelCheckpoint::new(path("{epoch}.weights.h5")).into(),
        ],
    )?;
    let expected = ["1.keras", "1.weights.h5", "2.keras", "2.weights.h5"];
    assert_eq!(names(folder.path())[..4], expected);
    assert!(path("best.keras").exists());
    let mut whole = kerust::models::load_model(path("2.keras"))?;
    assert_eq!(whole.get_weights(), model.get_weights());
    let mut again = small_model()?;
    again.load_weights(path("1.weights.h5"))?;
    whole.load_weights(path("1.keras"))?;
    assert_eq!(whole.get_weights(), again.get_weights());
    Ok(())
}

/// Trains the small model, and fails before an epoch.
fn train_until(backup: &Path, fails: usize, epochs: usize) -> Result<History> {
    let failing = LearningRateScheduler::new(move |epoch, rate| match epoch == fails {
        true => f32::NAN,
        false => rate,
    });
    let backup = BackupAndRestore::new(backup).double_checkpoint(true);
    Ok(train(epochs, vec![failing.into(), backup.into()])?.1)
}

#[test]
fn a_run_goes_on_from_the_backup_before_where_the_latest_is_damaged() -> Result<()> {
    let folder = folder();
    let (latest, before) = (
        folder.path().join("latest.safetensors"),
        folder.path().join("previous.safetensors"),
    );
    let epochs_seen = |damage: &dyn Fn()| -> Result<Vec<usize>> {
        assert!(train_until(folder.path(), 3, 6).is_err());
        assert!(latest.exists() && before.exists());
        damage();
        let history = train_until(folder.path(), 100, 5)?;
        assert!(!folder.path().exists(), "both are deleted in the end");
        Ok(history.epoch)
    };
    let all = [0, 1, 2, 3, 4];
    assert_eq!(epochs_seen(&|| {})?, all);
    assert_eq!(
        epochs_seen(&|| fs::write(&latest, b"not a backup").expect("written"))?,
        all
    );
    assert_eq!(
        epochs_seen(&|| fs::remove_file(&latest).expect("deleted"))?,
        all
    );
    let both = || {
        fs::write(&latest, b"not a backup").expect("written");
        fs::write(&before, b"neither").expect("written");
    };
    let error = epochs_seen(&both).expect_err("both are damaged");
    assert!(error.to_string().contains("latest.safetensors"), "{error}");
    Ok(())
}

#[test]
fn batches_are_counted_on_from_one_epoch_to_the_next() -> Result<()> {
    let folder = folder();
    let path = folder.path().join("{epoch}-{batch}.safetensors");
    // Three batches an epoch: the 4th, the 8th and the 12th.
    train(4, vec![ModelCheckpoint::new(path).save_freq(4).into()])?;
    let expected = ["2-1", "3-2", "4-3"].map(|name| format!("{name}.safetensors"));
    assert_eq!(names(folder.path()), expected);
    Ok(())
}

#[test]
fn a_table_has_a_line_for_each_epoch() -> Result<()> {
    let folder = folder();
    let path = folder.path().join("log.csv");
    let (_, history) = train(2, vec![CSVLogger::new(&path).separator(";").into()])?;
    let text = fs::read_to_string(&path).expect("readable");
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert_eq!(lines[0], "epoch;loss;val_loss");
    let cells: Vec<f64> = lines[2].split(';').filter_map(|c| c.parse().ok()).collect();
    let value = |name| history.get(name).expect("measured")[1];
    assert_eq!(cells, [1.0, value("loss"), value("val_loss")]);
    // Once more: at the end of the file, without a second head.
    train(
        1,
        vec![CSVLogger::new(&path).separator(";").append(true).into()],
    )?;
    let longer = fs::read_to_string(&path).expect("readable");
    assert!(longer.starts_with(&text) && longer.lines().count() == 4);
    train(1, vec![CSVLogger::new(&path).into()])?;
    assert_eq!(
        fs::read_to_string(&path).expect("readable").lines().count(),
        2
    );
    Ok(())
}

#[test]
fn the_learning_rate_of_an_epoch_is_in_its_results() -> Result<()> {
    let halves =
        LearningRateScheduler::new(|epoch, rate| if epoch == 0 { rate } else { rate / 2.0 });
    let (model, history) = train(3, vec![halves.into()])?;
    let rates = [0.01f32, 0.005, 0.0025].map(f64::from);
    assert_eq!(history.get("learning_rate"), Some(&rates[..]));
    assert_eq!(model.learning_rate(), Some(0.0025));
    Ok(())
}

/// The fields of a protobuf message: number, and the bytes or the number.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let (first, rest) = bytes.split_first().expect("a number ends");
            *bytes = rest;
            value |= u64::from(first & 0x7f) << shift;
            shift += 7;
            if first & 0x80 == 0 {
                return value;
            }
        }
    }
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => {
                let value = varint(&mut bytes);
                found.push((key >> 3, value.to_le_bytes().to_vec()));
                continue;
            }
            1 => 8,
            2 => varint(&mut bytes) as usize,
            other => panic!("wire type {other}"),
        };
        let (field, rest) = bytes.split_at(length);
        found.push((key >> 3, field.to_vec()));
        bytes = rest;
    }
    found
}

fn field(message: &[u8], number: u64) -> Option<Vec<u8>> {
    let mut all = fields(message).into_iter();
    all.find(|(known, _)| *known == number)
        .map(|(_, value)| value)
}

/// Steps, tags and values in the one event file of a folder.
fn scalars(folder: &Path) -> Vec<(u64, String, f32)> {
    let file = names(folder).pop().expect("a file of events");
    assert!(file.starts_with("events.out.tfevents."), "{file}");
    let bytes = fs::read(folder.join(file)).expect("readable");
    let mut rest = bytes.as_slice();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let length = u64::from_le_bytes(rest[..8].try_into().expect("8 bytes")) as usize;
        let event = &rest[12..12 + length];
        rest = &rest[16 + length..];
        let Some(summary) = field(event, 5) else {
            assert_eq!(field(event, 3).as_deref(), Some(&b"brain.Event:2"[..]));
            continue;
        };
        let step = field(event, 2).map_or(0, |v| u64::from_le_bytes(v.try_into().expect("8")));
        let value = field(&summary, 1).expect("a value");
        let tag = String::from_utf8(field(&value, 1).expect("a tag")).expect("text");
        let number = field(&field(&value, 8).expect("a tensor"), 5).expect("a float");
        found.push((
            step,
            tag,
            f32::from_le_bytes(number.try_into().expect("4 bytes")),
        ));
    }
    found
}

#[test]
fn events_are_what_tensorboard_reads() -> Result<()> {
    let folder = folder();
    let board = TensorBoard::new(folder.path()).update_freq(2);
    let (_, history) = train(2, vec![board.into()])?;
    let value = |name, epoch: usize| history.get(name).expect("measured")[epoch] as f32;
    let train = scalars(&folder.path().join("train"));
    let epochs: Vec<_> = train
        .iter()
        .filter(|(_, tag, _)| tag == "epoch_loss")
        .collect();
    for (epoch, (step, _, loss)) in epochs.into_iter().enumerate() {
        assert_eq!((*step, *loss), (epoch as u64, value("loss", epoch)));
    }
    let rates = train
        .iter()
        .filter(|(_, tag, _)| tag == "epoch_learning_rate");
    assert!(rates.count() == 2 && train.iter().any(|s| s.2 == 0.01));
    let batches: Vec<u64> = train
        .iter()
        .filter(|(_, tag, _)| tag == "batch_loss")
        .map(|(step, ..)| *step)
        .collect();
    assert_eq!(batches, [2, 4, 6]);
    let validation = scalars(&folder.path().join("validation"));
    assert_eq!(
        validation,
        [
            (0, "epoch_loss".to_string(), value("val_loss", 0)),
            (
                3,
                "evaluation_loss_vs_iterations".to_string(),
                value("val_loss", 0)
            ),
            (1, "epoch_loss".to_string(), value("val_loss", 1)),
            (
                6,
                "evaluation_loss_vs_iterations".to_string(),
                value("val_loss", 1)
            ),
        ]
    );
    Ok(())
}
