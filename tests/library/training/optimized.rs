//! What optimizers do in `fit` besides their rule: averages, constraints, clipping by norms.

use kerust::layers::{LayerBase, Pass, Weights};
use kerust::prelude::*;
use kerust::{ErrorKind, Setting, ops};

/// A dense layer without bias, whose kernel obeys a constraint.
#[derive(Clone, Debug)]
struct Constrained {
    base: LayerBase,
    constraint: Setting<Constraint>,
}

impl Layer for Constrained {
    fn class_name(&self) -> &'static str {
        "Constrained"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.with_last(1))
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        let start = "ones".into();
        let shape = (input.last(), 1);
        weights.add_with("kernel", shape, &start, None, Some(&self.constraint))
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let kernel = pass.weight("kernel")?;
        ops::dense(pass.tape, x, &kernel, None, false)
    }

    fn boxed_clone(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

/// `y = -3 x1 + x2` on four samples.
fn data() -> Result<(Tensor, Tensor)> {
    let x = Tensor::from_vec(vec![1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 1.0], (4, 2))?;
    Ok((x, Tensor::from_vec(vec![-3.0, 1.0, -2.0, -5.0], (4, 1))?))
}

fn fit(epochs: usize) -> Fit {
    Fit {
        epochs,
        batch_size: 4,
        shuffle: false,
        verbose: 0,
        ..Fit::default()
    }
}

fn trained(layer: impl Layer + 'static, optimizer: impl Optimizer + 'static) -> Result<Sequential> {
    let mut model = Sequential::new();
    model.add(layer.input_shape(2))?;
    model.compile(Compile {
        optimizer: optimizer.into(),
        loss: "mse".into(),
        ..Compile::default()
    })?;
    let (x, y) = data()?;
    model.fit(&x, &y, fit(20))?;
    Ok(model)
}

#[test]
fn weights_obey_their_constraint_after_every_step() -> Result<()> {
    let layer = Constrained {
        base: LayerBase::default(),
        constraint: "non_neg".into(),
    };
    let model = trained(layer, SGD::new().learning_rate(0.1))?;
    let kernel = model.get_weights()[0].to_vec::<f32>();
    assert_eq!(kernel[0], 0.0, "it would be -3");
    assert!(kernel[1] >= 0.0);
    Ok(())
}

#[test]
fn weights_are_their_average_when_training_ends() -> Result<()> {
    let start = || Dense::new(1).use_bias(false).kernel_initializer("ones");
    let sgd = || SGD::new().learning_rate(0.05);
    let plain = trained(start(), sgd())?.get_weights();
    let average = trained(start(), sgd().use_ema(true).ema_momentum(0.9))?.get_weights();
    let (plain, average) = (plain[0].to_vec::<f32>(), average[0].to_vec::<f32>());
    // From 1 on the way to -3, the average comes behind.
    assert!(plain[0] < average[0] - 0.1, "{plain:?} {average:?}");
    Ok(())
}

#[test]
fn a_scaled_loss_changes_nothing() -> Result<()> {
    let start = || Dense::new(1).kernel_initializer("ones");
    let plain = trained(start(), Adam::new().global_clipnorm(1.0))?;
    let scaled = Adam::new().global_clipnorm(1.0).loss_scale_factor(1024.0);
    let scaled = trained(start(), scaled)?;
    for (a, b) in plain.get_weights().iter().zip(scaled.get_weights()) {
        assert!((a - &b).map(f32::abs).max() < 1e-6);
    }
    Ok(())
}

#[test]
fn what_clips_by_norms_refuses_gradients_that_are_not_finite() -> Result<()> {
    let mut model = trained(Dense::new(1).use_bias(false), Adam::new().clipnorm(1.0))?;
    // Small predictions and a small loss, but the gradient is infinite: the sum over samples.
    model.set_weights(&[Tensor::zeros((2, 1))])?;
    let (x, y) = (Tensor::full((4, 2), f32::MAX), Tensor::full((4, 1), 8.0));
    let error = model.train_on_batch(&x, &y).expect_err("not finite");
    assert_eq!(error.kind(), ErrorKind::NotFinite);
    assert!(error.to_string().contains("gradient"), "{error}");
    assert_eq!(model.get_weights(), [Tensor::zeros((2, 1))]);
    Ok(())
}

#[test]
fn muon_leaves_layers_to_adam() -> Result<()> {
    let (x, y) = data()?;
    let mut start: Option<Vec<Tensor>> = None;
    let mut after = Vec::new();
    let muon = Muon::new()
        .exclude_layers(["output"])
        .adam_weight_decay(None);
    let optimizers: [Box<dyn Optimizer>; 2] = [Box::new(muon), Box::new(Adam::new())];
    for optimizer in optimizers {
        let mut model = Sequential::new();
        model.add(Dense::new(3).name("hidden").input_shape(2))?;
        model.add(Dense::new(1).name("output"))?;
        let start = start.get_or_insert_with(|| model.get_weights());
        model.set_weights(start)?;
        model.compile(Compile {
            optimizer: Setting::value(optimizer),
            loss: "mse".into(),
            ..Compile::default()
        })?;
        model.fit(&x, &y, fit(1))?;
        let weights = model.get_weights();
        after.push(
            weights
                .iter()
                .map(|w| w.to_vec::<f32>())
                .collect::<Vec<_>>(),
        );
    }
    let same: Vec<bool> = (0..4).map(|i| after[0][i] == after[1][i]).collect();
    // Of the kernels and biases, the hidden kernel alone goes another way.
    assert_eq!(same, [false, true, true, true]);
    Ok(())
}
