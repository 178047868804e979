//! Files that are whole but not the model's, and paths that lead nowhere.

use std::collections::HashMap;
use std::path::Path;

use kerust::ErrorKind;
use kerust::prelude::*;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

use super::{bits, data, fit, model, scratch};

/// Fails to load, leaves the model as it was, and returns the error's kind and text.
#[track_caller]
fn refused(model: &mut Sequential, path: &Path) -> (ErrorKind, String) {
    let before = bits(model);
    let error = model.load_weights(path).expect_err("refused");
    assert_eq!(bits(model), before);
    let text = error
        .to_string()
        .replace(&path.display().to_string(), "FILE");
    (error.kind(), text)
}

fn one_layer(units: usize) -> Result<Sequential> {
    let mut model = Sequential::named("model");
    model.add(Dense::new(units).name("a").input_shape(2))?;
    Ok(model)
}

/// Writes tensors of one type, all zeros, as another program would.
fn write(path: &Path, dtype: Dtype, tensors: &[(&str, &[usize])]) {
    let zeros = vec![0; 1000];
    let views = tensors.iter().map(|(name, shape)| {
        let bytes = shape.iter().product::<usize>() * dtype.bitsize() / 8;
        let view = TensorView::new(dtype, shape.to_vec(), &zeros[..bytes]);
        (*name, view.expect("the sizes fit"))
    });
    let bytes = serialize(views, Some(HashMap::new())).expect("the format");
    std::fs::write(path, bytes).expect("a file");
}

#[test]
fn what_does_not_fit_is_named_and_changes_nothing() -> Result<()> {
    let (_folder, path) = scratch("weights.safetensors");
    let mut model = one_layer(3)?;
    let kernel: (&str, &[usize]) = ("a/kernel", &[2, 3]);
    let bias: (&str, &[usize]) = ("a/bias", &[3]);
    let place = "model `model`: `load_weights`: ";

    write(&path, Dtype::F32, &[kernel, ("b/bias", &[3])]);
    assert_eq!(
        refused(&mut model, &path),
        (
            ErrorKind::Data,
            format!(
                "{place}layer `a` (Dense): expected a tensor `a/bias` of shape (3,) in the file, \
                 which has `b/bias` (3,)\n  help: make the model as it was when the weights were \
                 saved"
            )
        )
    );
    write(&path, Dtype::F32, &[kernel, bias, ("c/kernel", &[9, 1])]);
    assert_eq!(
        refused(&mut model, &path),
        (
            ErrorKind::Data,
            format!(
                "{place}the model has no place for what the file has: `c/kernel` (9, 1)\n  help: \
                 make the model as it was when the weights were saved"
            )
        )
    );
    write(&path, Dtype::F32, &[("a/kernel", &[3, 2]), bias]);
    assert_eq!(
        refused(&mut model, &path),
        (
            ErrorKind::Shape,
            format!(
                "{place}layer `a` (Dense): expected `a/kernel` of shape (2, 3), the file has \
                 shape (3, 2)\n  help: make the layer as it was when the weights were saved"
            )
        )
    );
    for (dtype, name) in [
        (Dtype::F64, "F64"),
        (Dtype::BF16, "BF16"),
        (Dtype::I32, "I32"),
    ] {
        write(&path, dtype, &[kernel, bias]);
        assert_eq!(
            refused(&mut model, &path),
            (
                ErrorKind::Data,
                format!(
                    "{place}layer `a` (Dense): expected `a/kernel` in float32, the file has \
                     {name}\n  help: convert the file's tensors to float32"
                )
            )
        );
    }
    // Written by another program, and right.
    write(&path, Dtype::F32, &[bias, kernel]);
    model.load_weights(&path)?;
    assert!(bits(&model).iter().all(|&bits| bits == 0));
    Ok(())
}

#[test]
fn a_file_of_another_model_is_refused() -> Result<()> {
    let (_folder, path) = scratch("weights.safetensors");
    let (x, y) = data()?;
    let mut trained = model("adam")?;
    trained.fit(&x, &y, fit(1))?;
    trained.save_weights(&path)?;
    let mut other = one_layer(3)?;
    let (kind, text) = refused(&mut other, &path);
    assert_eq!(kind, ErrorKind::Data);
    assert!(text.contains("`dense/kernel` (3, 4)"), "{text}");
    assert!(text.contains("and 4 more"), "{text}");
    assert!(!text.contains("optimizer"), "{text}");
    Ok(())
}

#[test]
fn models_without_weights_say_so() -> Result<()> {
    let (folder, path) = scratch("weights.safetensors");
    one_layer(3)?.save_weights(&path)?;
    let mut unbuilt = Sequential::named("model");
    unbuilt.add(Dense::new(3))?;
    let expected = "the model has no weights yet\n  help: give the first layer an `input_shape`";
    let (kind, text) = refused(&mut unbuilt, &path);
    assert_eq!(kind, ErrorKind::State);
    assert!(text.contains(expected), "{text}");
    let other = folder.path().join("other.safetensors");
    let error = unbuilt.save_weights(&other).expect_err("no weights");
    assert!(error.to_string().contains(expected), "{error}");
    assert!(!other.exists());
    Ok(())
}

#[test]
fn paths_that_cannot_be_are_told_apart() -> Result<()> {
    let (folder, path) = scratch("none.safetensors");
    let mut model = one_layer(3)?;
    for name in ["model.weights", "model.hdf", "model", "", "safetensors"] {
        for error in [
            model.save_weights(name).expect_err(name),
            model.load_weights(name).expect_err(name),
        ] {
            assert_eq!(error.kind(), ErrorKind::Argument);
            let text = error.to_string();
            assert!(
                text.contains("a path that ends in `.safetensors`"),
                "{text}"
            );
            assert!(text.contains(&format!("got `{name}`")), "{text}");
        }
    }
    assert!(
        refused(&mut model, Path::new("model.weights.hdf"))
            .1
            .ends_with("help: for example `model.safetensors`")
    );

    let (kind, text) = refused(&mut model, &path);
    assert_eq!(kind, ErrorKind::Io);
    assert!(text.contains("cannot read `FILE`"), "{text}");
    let (_, text) = refused(&mut model, Path::new("none.safetensors"));
    assert!(text.contains("relative paths start at"), "{text}");

    let nowhere = folder.path().join("no/such/folder/x.safetensors");
    let error = model.save_weights(&nowhere).expect_err("no folder");
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("create_dir_all"), "{error}");

    let is_folder = folder.path().join("folder.safetensors");
    std::fs::create_dir(&is_folder).expect("a folder");
    assert_eq!(refused(&mut model, &is_folder).0, ErrorKind::Argument);
    let error = model.save_weights(&is_folder).expect_err("a folder");
    assert_eq!(error.kind(), ErrorKind::Argument);
    Ok(())
}

#[test]
fn names_that_collide_are_refused() -> Result<()> {
    let (_folder, path) = scratch("weights.safetensors");
    let (x, _) = data()?;
    let mut model = Sequential::new();
    model.add(Dense::new(2).name("b").input_shape(3))?;
    model.add(Dense::new(2).name("optimizer/momentum/b"))?;
    model.compile(Compile {
        optimizer: "adam".into(),
        loss: "mse".into(),
        ..Compile::default()
    })?;
    model.save_weights(&path)?;
    model.fit(&x, Tensor::ones((64, 2)), fit(1))?;
    let before = std::fs::read(&path).expect("a file");
    let error = model.save_weights(&path).expect_err("two of a name");
    assert!(
        error.to_string().contains("optimizer/momentum/b/kernel"),
        "{error}"
    );
    assert_eq!(std::fs::read(&path).expect("a file"), before);
    Ok(())
}
