//! Weights in Keras's `.weights.h5`: what is written comes back, and what does not fit is named.

use kerust::layers::{Normalization, Pipeline};
use kerust::models::saved_weights;
use kerust::optimizers::OPTIMIZERS;
use kerust::prelude::*;
use kerust::{ErrorKind, Setting};

use super::{bits, comes_back_in_every_layer, data, fit, model, names, scratch};

type Optimizers = Vec<(String, Setting<Box<dyn Optimizer>>)>;

/// Every optimizer, and some with more to remember.
fn optimizers() -> Optimizers {
    let plain = OPTIMIZERS.iter().map(|entry| entry.name());
    let mut all: Optimizers = plain
        .map(|name| (name.clone(), name.as_str().into()))
        .collect();
    let more: [(&str, Setting<Box<dyn Optimizer>>); 5] = [
        ("momentum", SGD::new().momentum(0.9).into()),
        ("amsgrad", Adam::new().amsgrad(true).into()),
        (
            "centered",
            RMSprop::new().momentum(0.5).centered(true).into(),
        ),
        ("average", Adam::new().use_ema(true).into()),
        (
            "gathered",
            SGD::new()
                .momentum(0.9)
                .gradient_accumulation_steps(3)
                .into(),
        ),
    ];
    all.extend(more.map(|(name, optimizer)| (name.to_string(), optimizer)));
    all
}

#[test]
fn training_goes_on_with_every_optimizer() -> Result<()> {
    let (folder, path) = scratch("half.weights.h5");
    let (x, y) = data()?;
    for (name, optimizer) in optimizers() {
        let make = || -> Result<Sequential> {
            let mut model = model("adam")?;
            model.compile(Compile {
                optimizer: optimizer.clone(),
                loss: "sparse_categorical_crossentropy".into(),
                ..Compile::default()
            })?;
            Ok(model)
        };
        let mut whole = make()?;
        whole.fit(&x, &y, fit(2))?;
        whole.save_weights(&path)?;
        assert_eq!(names(folder.path()), ["half.weights.h5"]);
        let mut second = make()?;
        second.load_weights(&path)?;
        assert_eq!(bits(&second), bits(&whole), "{name}");
        whole.fit(&x, &y, fit(2))?;
        second.fit(&x, &y, fit(2))?;
        assert_eq!(bits(&second), bits(&whole), "{name}");
    }
    Ok(())
}

#[test]
fn every_layer_comes_back() -> Result<()> {
    comes_back_in_every_layer("layer.weights.h5")
}

#[test]
fn a_model_in_a_model_comes_back() -> Result<()> {
    let (_folder, path) = scratch("nested.weights.h5");
    let make = || -> Result<Sequential> {
        let mut inner = Sequential::new();
        inner.add(Dense::new(3).input_shape(2))?;
        inner.add(BatchNormalization::new())?;
        inner.add(Dense::new(3))?;
        let mut model = Sequential::new();
        model.add(inner)?;
        model.add(Reshape::new([3, 1]))?;
        model.add(Bidirectional::new(LSTM::new(2)))?;
        Ok(model)
    };
    let first = make()?;
    first.save_weights(&path)?;
    let mut second = make()?;
    second.load_weights(&path)?;
    assert_eq!(bits(&second), bits(&first));
    Ok(())
}

#[test]
fn layers_of_a_pipeline_have_groups_of_their_own() -> Result<()> {
    let (_folder, path) = scratch("pipeline.weights.h5");
    let make = |data: &Tensor| -> Result<Sequential> {
        let mut normalization = Normalization::new();
        normalization.adapt(data)?;
        let layers: [Box<dyn Layer>; 2] = [Rescaling::new(0.5).into(), normalization.into()];
        let mut model = Sequential::new();
        model.add(Pipeline::new(layers).input_shape((2, 3)))?;
        Ok(model)
    };
    let first = make(&Tensor::random_normal((9, 2, 3), 1.0, 2.0))?;
    first.save_weights(&path)?;
    let saved = saved_weights(&path)?;
    // Where Keras 3.15 has them.
    let expected = (0..3).map(|i| format!("layers/pipeline/layers/normalization/vars/{i}"));
    assert!(
        saved.iter().map(|weight| weight.name.clone()).eq(expected),
        "{saved:?}"
    );
    let mut second = make(&Tensor::random_normal((9, 2, 3), 0.0, 1.0))?;
    second.load_weights(&path)?;
    assert_eq!(bits(&second), bits(&first));
    Ok(())
}

#[test]
fn layers_are_found_whatever_their_names_are() -> Result<()> {
    let (_folder, path) = scratch("model.weights.h5");
    let make = |names: [&str; 2]| -> Result<Sequential> {
        let mut model = Sequential::new();
        model.add(Dense::new(3).name(names[0]).input_shape(2))?;
        model.add(Dense::new(2).name(names[1]))?;
        Ok(model)
    };
    let first = make(["a", "b/c"])?;
    first.save_weights(&path)?;
    let mut second = make(["x", "a"])?;
    second.load_weights(&path)?;
    assert_eq!(bits(&second), bits(&first));
    Ok(())
}

#[test]
fn the_learning_rate_is_that_of_the_file() -> Result<()> {
    let (_folder, path) = scratch("slow.weights.h5");
    let (x, y) = data()?;
    let with_rate = |rate: f32| -> Result<Sequential> {
        let mut model = model("adam")?;
        model.compile(Compile {
            optimizer: Adam::new().learning_rate(rate).into(),
            loss: "sparse_categorical_crossentropy".into(),
            ..Compile::default()
        })?;
        Ok(model)
    };
    let mut slow = with_rate(1e-5)?;
    slow.fit(&x, &y, fit(1))?;
    slow.save_weights(&path)?;
    let mut fast = with_rate(0.1)?;
    fast.load_weights(&path)?;
    slow.fit(&x, &y, fit(1))?;
    fast.fit(&x, &y, fit(1))?;
    assert_eq!(bits(&fast), bits(&slow));
    Ok(())
}

#[test]
fn the_memory_of_another_optimizer_is_left_alone() -> Result<()> {
    let (_folder, path) = scratch("adam.weights.h5");
    let (x, y) = data()?;
    let mut trained = model("adam")?;
    trained.fit(&x, &y, fit(1))?;
    trained.save_weights(&path)?;
    let mut loaded = model("adagrad")?;
    loaded.load_weights(&path)?;
    let mut copied = model("adagrad")?;
    copied.set_weights(&trained.get_weights())?;
    loaded.fit(&x, &y, fit(1))?;
    copied.fit(&x, &y, fit(1))?;
    assert_eq!(bits(&loaded), bits(&copied));
    Ok(())
}

#[test]
fn what_does_not_fit_is_named_and_changes_nothing() -> Result<()> {
    let (_folder, path) = scratch("model.weights.h5");
    let dense = |units: &[usize]| -> Result<Sequential> {
        let mut model = Sequential::named("model");
        model.add(Input::new(3))?;
        for (i, units) in units.iter().enumerate() {
            model.add(Dense::new(*units).name(&format!("layer_{i}")))?;
        }
        Ok(model)
    };
    dense(&[4, 2])?.save_weights(&path)?;
    let mut without_bias = Sequential::named("model");
    without_bias.add(Dense::new(4).use_bias(false).name("layer_0").input_shape(3))?;
    without_bias.add(Dense::new(2))?;
    for (mut model, kind, part) in [
        (
            dense(&[5, 2])?,
            ErrorKind::Shape,
            "`layers/dense/vars/0` of shape (3, 5), the file has shape (3, 4)",
        ),
        (
            dense(&[4])?,
            ErrorKind::Data,
            "has no place for what the file has: 2 weights of a layer in its group `layers/dense_1`",
        ),
        (
            dense(&[4, 2, 2])?,
            ErrorKind::Data,
            "expected 2 weights in the file's group `layers/dense_2/vars`, it has 0",
        ),
        (
            without_bias,
            ErrorKind::Data,
            "expected 1 weights in the file's group `layers/dense/vars`, it has 2",
        ),
    ] {
        let before = bits(&model);
        let error = model.load_weights(&path).expect_err(part);
        assert_eq!((error.kind(), bits(&model)), (kind, before), "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
    let unbuilt = Sequential::new();
    let error = unbuilt.save_weights(&path).expect_err("no weights yet");
    assert_eq!(error.kind(), ErrorKind::State);
    Ok(())
}
