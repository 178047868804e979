//! Losses that become NaN or infinite.

use kerust::ErrorKind;
use kerust::prelude::*;

use super::{Fixture, bits, good_compile, quiet, refused};

#[test]
fn data_with_nan() -> Result<()> {
    let mut fixture = Fixture::new()?;
    let mut values = fixture.x.to_vec::<f32>();
    values[17] = f32::NAN;
    let broken = Tensor::from_vec(values, (12, 4))?;
    fixture.refuses(
        |m, _, y| m.fit(&broken, y, quiet()),
        "model `model`: `fit`: epoch 1, step 1: the loss became NaN",
        "the weights are those before this step; lower the learning rate, or look for NaN, \
         infinite or very large numbers in the data (divide pixels by 255)",
    );
    fixture.refuses(
        |m, _, y| m.train_on_batch(&broken, y),
        "model `model`: `train_on_batch`: the loss became NaN",
        "the weights are those before this step; lower the learning rate, or look for NaN, \
         infinite or very large numbers in the data (divide pixels by 255)",
    );
    let infinite = Tensor::full((12, 4), f32::INFINITY);
    fixture.refuses(
        |m, _, y| m.fit(&infinite, y, quiet()),
        "model `model`: `fit`: epoch 1, step 1: the loss became NaN",
        "the weights are those before this step; lower the learning rate, or look for NaN, \
         infinite or very large numbers in the data (divide pixels by 255)",
    );
    Ok(())
}

/// A NaN must reach the loss through every layer; hidden, it would leave NaN in the weights.
#[test]
fn nan_reaches_the_loss_through_every_layer() -> Result<()> {
    let through: [fn(&mut Sequential) -> Result<()>; 10] = [
        |m| m.add(Conv2D::new(2, 3).activation("relu").use_bias(false)),
        |m| m.add(Conv2D::new(2, 3).activation("relu")),
        |m| m.add(Dense::new(2).activation("relu").use_bias(false)),
        |m| m.add(Dense::new(2).activation("relu6")),
        |m| m.add(MaxPooling2D::new(2)),
        |m| m.add(MaxPooling2D::new(2).padding("same").strides(3)),
        |m| m.add(AveragePooling2D::new(2)),
        |m| m.add(GlobalMaxPooling2D::new()),
        |m| m.add(GlobalAveragePooling2D::new()),
        |m| m.add(BatchNormalization::new()),
    ];
    for (which, add) in through.iter().enumerate() {
        for position in [0, 7, 31] {
            let mut model = Sequential::named("model");
            model.add(
                Dense::new(2)
                    .activation("leaky_relu")
                    .input_shape((4, 4, 2)),
            )?;
            add(&mut model)?;
            model.add(Flatten::new())?;
            model.add(Dense::new(1))?;
            model.compile(Compile {
                loss: "mse".into(),
                metrics: vec![],
                ..good_compile()
            })?;
            let mut values = vec![0.5; 32];
            values[position] = f64::NAN;
            let x = Tensor::from_vec(values, (1, 4, 4, 2))?;
            let before = bits(&model);
            let error = model.train_on_batch(&x, Tensor::zeros((1, 1))).err();
            let kind = error.map(|error| error.kind());
            assert_eq!(
                kind,
                Some(ErrorKind::NotFinite),
                "layer {which}, NaN at {position}"
            );
            assert_eq!(before, bits(&model), "layer {which}, NaN at {position}");
        }
    }
    Ok(())
}

#[test]
fn steps_far_too_large() -> Result<()> {
    let mut model = Sequential::named("model");
    model.add(
        Dense::new(1)
            .kernel_initializer("ones")
            .name("d")
            .input_shape(1),
    )?;
    let huge = SGD::new().learning_rate(1e30);
    model.compile(Compile {
        optimizer: huge.into(),
        loss: "mse".into(),
        metrics: vec![],
        ..Compile::default()
    })?;
    let (x, y) = (Tensor::ones((4, 1)), Tensor::zeros((4, 1)));
    let fit = Fit {
        epochs: 5,
        batch_size: 2,
        ..quiet()
    };
    refused(
        model.fit(&x, &y, fit),
        "model `model`: `fit`: epoch 1, step 2: the loss became inf",
        "the weights are those before this step; lower the learning rate, or look for NaN, \
         infinite or very large numbers in the data (divide pixels by 255)",
    );
    // The weights are those after the one step that could be made.
    assert!(
        model
            .get_weights()
            .iter()
            .all(|w| w.to_vec::<f32>().iter().all(|v| v.is_finite()))
    );
    model.compile(Compile {
        loss: "mse".into(),
        metrics: vec![],
        ..good_compile()
    })?;
    model.set_weights(&[Tensor::ones((1, 1)), Tensor::zeros(1)])?;
    model.fit(&x, &y, quiet())?;
    Ok(())
}

#[test]
fn a_gradient_that_overflows_behind_a_finite_loss() -> Result<()> {
    let mut model = Sequential::named("model");
    model.add(Dense::new(1).use_bias(false).input_shape(1))?;
    model.compile(Compile {
        optimizer: "adam".into(),
        loss: "mse".into(),
        metrics: vec![],
        ..Compile::default()
    })?;
    model.set_weights(&[Tensor::full((1, 1), 1e-10)])?;
    // The prediction is 1e15 and the loss 1e30, but the slope is 2e40.
    let (x, y) = (Tensor::full((1, 1), 1e25), Tensor::zeros((1, 1)));
    let before = bits(&model);
    refused(
        model.fit(&x, &y, quiet()),
        "model `model`: `fit`: epoch 1, step 1: a gradient became infinite or NaN",
        "the weights are those before this step; lower the learning rate, or look for NaN, \
         infinite or very large numbers in the data (divide pixels by 255)",
    );
    assert_eq!(before, bits(&model));
    Ok(())
}
