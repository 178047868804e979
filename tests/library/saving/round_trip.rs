//! What is saved comes back.

use kerust::ErrorKind;
use kerust::prelude::*;
use safetensors::SafeTensors;

use super::{bits, comes_back_in_every_layer, data, fit, model, names, scratch};
use crate::own_process;

#[test]
fn weights_come_back_bit_by_bit() -> Result<()> {
    let (folder, path) = scratch("weights.safetensors");
    let (x, y) = data()?;
    let mut first = model("adam")?;
    first.fit(&x, &y, fit(2))?;
    first.save_weights(&path)?;
    assert_eq!(names(folder.path()), ["weights.safetensors"]);

    let mut second = model("adam")?;
    assert_ne!(bits(&second), bits(&first));
    second.load_weights(&path)?;
    assert_eq!(bits(&second), bits(&first));
    assert_eq!(second.predict(&x)?, first.predict(&x)?);
    Ok(())
}

#[test]
fn every_bit_pattern_comes_back() -> Result<()> {
    let (_folder, path) = scratch("weights.safetensors");
    let patterns = [
        0,
        0x8000_0000,
        1,
        0x7f80_0000,
        0xff80_0000,
        0x7fc0_1234,
        0x3f80_0000,
        0x7f7f_ffff,
    ];
    let floats: Vec<f32> = patterns.iter().map(|&p| f32::from_bits(p)).collect();
    let make = || -> Result<Sequential> {
        let mut model = Sequential::new();
        model.add(Dense::new(4).input_shape(1))?;
        Ok(model)
    };
    let mut first = make()?;
    first.set_weights(&[
        Tensor::from_vec(floats[..4].to_vec(), (1, 4))?,
        Tensor::from_vec(floats[4..].to_vec(), 4)?,
    ])?;
    first.save_weights(&path)?;
    let mut second = make()?;
    second.load_weights(&path)?;
    assert_eq!(bits(&second), patterns);
    Ok(())
}

#[test]
fn every_layer_comes_back() -> Result<()> {
    comes_back_in_every_layer("layer.safetensors")
}

#[test]
fn training_goes_on_as_if_it_had_never_stopped() -> Result<()> {
    let (_folder, path) = scratch("half.safetensors");
    let (x, y) = data()?;
    for optimizer in ["adam", "rmsprop", "adagrad", "sgd"] {
        let mut whole = model(optimizer)?;
        whole.fit(&x, &y, fit(2))?;
        whole.save_weights(&path)?;
        whole.fit(&x, &y, fit(2))?;

        let mut second = model(optimizer)?;
        second.load_weights(&path)?;
        second.fit(&x, &y, fit(2))?;
        assert_eq!(bits(&second), bits(&whole), "{optimizer}");
    }
    Ok(())
}

#[test]
fn another_optimizer_starts_anew() -> Result<()> {
    let (_folder, path) = scratch("adam.safetensors");
    let (x, y) = data()?;
    let mut trained = model("adam")?;
    trained.fit(&x, &y, fit(1))?;
    trained.save_weights(&path)?;

    let mut loaded = model("rmsprop")?;
    loaded.load_weights(&path)?;
    let mut copied = model("rmsprop")?;
    copied.set_weights(&trained.get_weights())?;
    loaded.fit(&x, &y, fit(1))?;
    copied.fit(&x, &y, fit(1))?;
    assert_eq!(bits(&loaded), bits(&copied));
    Ok(())
}

#[test]
fn a_model_made_again_in_the_same_process_finds_its_weights() -> Result<()> {
    let (_folder, path) = scratch("weights.safetensors");
    let make = || -> Result<Sequential> {
        let mut model = Sequential::new();
        model.add(Dense::new(3).input_shape(2))?;
        model.add(Dense::new(3).name("middle"))?;
        model.add(Dense::new(1).name("dense_1"))?;
        model.add(Dense::new(1))?;
        Ok(model)
    };
    let first = make()?;
    first.save_weights(&path)?;
    let mut second = make()?;
    assert_ne!(first.summary().rows[0].name, second.summary().rows[0].name);
    second.load_weights(&path)?;
    assert_eq!(bits(&second), bits(&first));
    Ok(())
}

#[test]
fn the_file_is_as_the_format_and_keras_have_it() {
    let name = "saving::round_trip::the_file_is_as_the_format_and_keras_have_it";
    own_process::run(name, || {
        let run = || -> Result<()> {
            let (_folder, path) = scratch("weights.safetensors");
            let (x, y) = data()?;
            let mut model = model("adam")?;
            model.fit(&x, &y, fit(1))?;
            model.save_weights(&path)?;
            let bytes = std::fs::read(&path).expect("a file");
            let tensors = SafeTensors::deserialize(&bytes).expect("the format");
            let weights = [
                ("dense/kernel", vec![3, 4]),
                ("dense/bias", vec![4]),
                ("batch_normalization/gamma", vec![4]),
                ("batch_normalization/beta", vec![4]),
                ("batch_normalization/moving_mean", vec![4]),
                ("batch_normalization/moving_variance", vec![4]),
                ("dense_1/kernel", vec![4, 2]),
                ("dense_1/bias", vec![2]),
            ];
            for ((name, shape), weight) in weights.iter().zip(model.get_weights()) {
                let view = tensors.tensor(name).expect(name);
                assert_eq!(view.shape(), shape);
                let words = view.data().chunks_exact(4);
                let floats: Vec<f32> = words
                    .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                    .collect();
                assert_eq!(floats, weight.to_vec::<f32>(), "{name}");
            }
            // Six of the weights are trained, and Adam has two slots for each.
            assert_eq!(tensors.len(), 8 + 2 * 6);
            let slot = tensors.tensor("optimizer/velocity/dense_1/bias");
            assert_eq!(slot.expect("Adam's memory").shape(), [2]);

            // The same model makes the same file.
            model.save_weights(&path)?;
            assert_eq!(std::fs::read(&path).expect("a file"), bytes);
            Ok(())
        };
        run().expect("saving works");
    });
}

#[test]
fn a_file_is_replaced_whole_or_kept() -> Result<()> {
    let (folder, path) = scratch("weights.safetensors");
    let first = model("adam")?;
    first.save_weights(&path)?;
    let keep = SaveWeights { overwrite: false };
    let second = model("adam")?;
    let error = second
        .save_weights_with(&path, keep.clone())
        .expect_err("there is one");
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert!(error.to_string().contains("overwrite"), "{error}");
    let mut read = model("adam")?;
    read.load_weights(&path)?;
    assert_eq!(bits(&read), bits(&first));

    // Somebody who reads the old file while it is replaced still has all of it.
    let mut old = std::fs::File::open(&path).expect("a file");
    let length = old.metadata().expect("a file").len();
    second.save_weights(&path)?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut old, &mut bytes).expect("the old file");
    assert_eq!(bytes.len() as u64, length);
    read.load_weights(&path)?;
    assert_eq!(bits(&read), bits(&second));

    second.save_weights_with(folder.path().join("other.safetensors"), keep)?;
    assert_eq!(
        names(folder.path()),
        ["other.safetensors", "weights.safetensors"]
    );
    Ok(())
}

#[test]
fn a_reader_never_meets_half_a_file() -> Result<()> {
    let (_folder, path) = scratch("weights.safetensors");
    let first = model("adam")?;
    first.save_weights(&path)?;
    let writing = std::sync::atomic::AtomicBool::new(true);
    let loaded = std::thread::scope(|scope| {
        let reader = scope.spawn(|| -> Result<usize> {
            let mut reader = model("adam")?;
            let mut loaded = 0;
            while writing.load(std::sync::atomic::Ordering::Relaxed) || loaded == 0 {
                reader.load_weights(&path)?;
                loaded += 1;
            }
            Ok(loaded)
        });
        let written = (0..100).try_for_each(|_| first.save_weights(&path));
        writing.store(false, std::sync::atomic::Ordering::Relaxed);
        written.and(reader.join().expect("no panic"))
    });
    assert!(loaded? > 0);
    Ok(())
}

#[test]
#[cfg(unix)]
fn a_link_stays_a_link_and_permissions_stay() -> Result<()> {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (folder, path) = scratch("real.safetensors");
    let first = model("adam")?;
    first.save_weights(&path)?;
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&path, private).expect("ours");
    let link = folder.path().join("link.safetensors");
    symlink(&path, &link).expect("a link");
    let second = model("adam")?;
    second.save_weights(&link)?;
    assert!(link.is_symlink());
    let mode = std::fs::metadata(&path).expect("a file").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let mut read = model("adam")?;
    read.load_weights(&path)?;
    assert_eq!(bits(&read), bits(&second));
    Ok(())
}

#[test]
fn a_tilde_is_the_home_folder() {
    own_process::run("saving::round_trip::a_tilde_is_the_home_folder", || {
        let (folder, path) = scratch("weights.safetensors");
        // SAFETY: the test has the process for itself, and no other thread reads the environment.
        unsafe { std::env::set_var("HOME", folder.path()) };
        let saved = model("adam").expect("a model");
        saved.save_weights("~/weights.safetensors").expect("saved");
        assert!(path.is_file());
        let mut loaded = model("adam").expect("a model");
        loaded
            .load_weights("~/weights.safetensors")
            .expect("loaded");
        assert_eq!(bits(&loaded), bits(&saved));
    });
}
