//! `compile`: arguments of optimizers and losses, and calls that come too early.

use kerust::prelude::*;

use super::{Fixture, good_compile, quiet, quiet_evaluate, refused};

#[test]
fn no_loss() -> Result<()> {
    let mut fixture = Fixture::new()?;
    fixture.refuses(
        |m, _, _| m.compile(Compile::default()),
        "model `model`: `compile`: argument `loss`: expected the name of a loss, got none",
        "for example `loss: \"sparse_categorical_crossentropy\".into()`",
    );
    Ok(())
}

#[test]
fn metrics_of_the_same_name() -> Result<()> {
    let mut fixture = Fixture::new()?;
    for metrics in [
        vec!["accuracy".into(), "mae".into(), "accuracy".into()],
        vec![Accuracy::new().name("loss").into()],
    ] {
        let name = if metrics.len() > 1 {
            "accuracy"
        } else {
            "loss"
        };
        let compile = Compile {
            metrics,
            ..good_compile()
        };
        fixture.refuses(
            |m, _, _| m.compile(compile),
            &format!(
                "model `model`: `compile`: argument `metrics`: expected metrics whose names \
                 differ, got `{name}` twice"
            ),
            "leave one out; `loss` is measured without being named",
        );
    }
    Ok(())
}

/// Fails unless `compile` refuses the optimizer with this text.
#[track_caller]
fn refuses_optimizer(fixture: &mut Fixture, optimizer: impl Optimizer + 'static, message: &str) {
    let compile = Compile {
        optimizer: optimizer.into(),
        ..good_compile()
    };
    let (message, help) = message.split_once("\n  help: ").unwrap_or((message, ""));
    fixture.refuses(|m, _, _| m.compile(compile), message, help);
}

#[test]
fn arguments_of_optimizers() -> Result<()> {
    let mut fixture = Fixture::new()?;
    let fixture = &mut fixture;
    refuses_optimizer(
        fixture,
        Adam::new().learning_rate(f32::NAN),
        "model `model`: `compile`: optimizer `adam`: argument `learning_rate`: expected a \
         number of at least 0, got NaN",
    );
    refuses_optimizer(
        fixture,
        Adam::new().learning_rate(-0.1),
        "model `model`: `compile`: optimizer `adam`: argument `learning_rate`: expected a \
         number of at least 0, got -0.1",
    );
    refuses_optimizer(
        fixture,
        SGD::new().learning_rate(f32::INFINITY),
        "model `model`: `compile`: optimizer `sgd`: argument `learning_rate`: expected a \
         number of at least 0, got inf",
    );
    refuses_optimizer(
        fixture,
        SGD::new().momentum(1.5),
        "model `model`: `compile`: optimizer `sgd`: argument `momentum`: expected a number \
         from 0 to 1, got 1.5",
    );
    refuses_optimizer(
        fixture,
        Adam::new().beta_1(1.0),
        "model `model`: `compile`: optimizer `adam`: argument `beta_1`: expected a number \
         of at least 0, below 1, got 1",
    );
    refuses_optimizer(
        fixture,
        Adam::new().beta_2(-0.5),
        "model `model`: `compile`: optimizer `adam`: argument `beta_2`: expected a number \
         of at least 0, below 1, got -0.5",
    );
    refuses_optimizer(
        fixture,
        Adam::new().epsilon(-1.0),
        "model `model`: `compile`: optimizer `adam`: argument `epsilon`: expected a number \
         of at least 0, got -1",
    );
    refuses_optimizer(
        fixture,
        RMSprop::new().rho(1.1),
        "model `model`: `compile`: optimizer `rmsprop`: argument `rho`: expected a number \
         from 0 to 1, got 1.1",
    );
    refuses_optimizer(
        fixture,
        RMSprop::new().momentum(f32::NAN),
        "model `model`: `compile`: optimizer `rmsprop`: argument `momentum`: expected a \
         number from 0 to 1, got NaN",
    );
    refuses_optimizer(
        fixture,
        Adagrad::new().initial_accumulator_value(-1.0),
        "model `model`: `compile`: optimizer `adagrad`: argument \
         `initial_accumulator_value`: expected a number of at least 0, got -1",
    );
    refuses_optimizer(
        fixture,
        Muon::new().ns_steps(usize::MAX),
        &format!(
            "model `model`: `compile`: optimizer `muon`: argument `ns_steps`: expected a number of \
             at most 1000, got {}",
            usize::MAX
        ),
    );
    refuses_optimizer(
        fixture,
        ScheduleFreeAdamW::new().beta_1(0.0),
        "model `model`: `compile`: optimizer `schedule_free_adam_w`: argument `beta_1`: expected a \
         number above 0, below 1, got 0",
    );
    refuses_optimizer(
        fixture,
        LossScaleOptimizer::new(LossScaleOptimizer::new(SGD::new())),
        "model `model`: `compile`: optimizer `sgd`: argument `inner_optimizer`: expected an \
         optimizer that is around no other, got LossScaleOptimizer",
    );
    Ok(())
}

#[test]
fn arguments_that_optimizers_share() -> Result<()> {
    let mut fixture = Fixture::new()?;
    let at = "model `model`: `compile`: optimizer `adam`: ";
    let adam = Adam::new;
    for (optimizer, message) in [
        (
            adam().weight_decay(-0.1),
            "argument `weight_decay`: expected a number of at least 0, got -0.1",
        ),
        (
            adam().clipnorm(f32::NAN),
            "argument `clipnorm`: expected a number of at least 0, got NaN",
        ),
        (
            adam().clipnorm(1.0).clipvalue(0.5),
            "argument `clipvalue`: expected only one of `clipnorm`, `global_clipnorm` and \
             `clipvalue`, got `clipnorm` and `clipvalue`\n  help: leave one out",
        ),
        (
            adam().use_ema(true).ema_momentum(1.5),
            "argument `ema_momentum`: expected a number from 0 to 1, got 1.5",
        ),
        (
            adam().use_ema(true).ema_overwrite_frequency(0),
            "argument `ema_overwrite_frequency`: expected a number of steps of at least 1, got 0",
        ),
        (
            adam().loss_scale_factor(0.0),
            "argument `loss_scale_factor`: expected a positive number, got 0",
        ),
        (
            adam().gradient_accumulation_steps(1),
            "argument `gradient_accumulation_steps`: expected a number of steps of at least 2, \
             got 1\n  help: leave it out to update weights in every step",
        ),
        (
            adam().learning_rate(ExponentialDecay::new(0.1, 0, 0.5)),
            "schedule `ExponentialDecay`: argument `decay_steps`: expected a number of steps of \
             at least 1, got 0",
        ),
        (
            adam().learning_rate(PiecewiseConstantDecay::new([1, 2], [0.1])),
            "schedule `PiecewiseConstantDecay`: argument `values`: expected 3 values for 2 \
             boundaries, got 1",
        ),
        (
            adam().learning_rate(CosineDecayRestarts::new(0.1, 5).t_mul(0.5)),
            "schedule `CosineDecayRestarts`: argument `t_mul`: expected a number of at least 1, \
             got 0.5",
        ),
    ] {
        refuses_optimizer(&mut fixture, optimizer, &format!("{at}{message}"));
    }
    Ok(())
}

#[test]
fn a_schedule_is_not_set() -> Result<()> {
    let mut fixture = Fixture::new()?;
    fixture.model.compile(Compile {
        optimizer: Adam::new()
            .learning_rate(ExponentialDecay::new(0.1, 1, 0.5))
            .into(),
        ..good_compile()
    })?;
    fixture.refuses(
        |m, _, _| m.set_learning_rate(0.1),
        "model `model`: `set_learning_rate`: the learning rate follows the schedule \
         `ExponentialDecay`, it cannot be set",
        "compile with a number as the optimizer's `learning_rate`",
    );
    // `fit` of the fixture has made one step.
    assert_eq!(fixture.model.learning_rate(), Some(0.05));
    Ok(())
}

#[test]
fn arguments_of_regularizers_and_constraints() {
    let matrix = Shape::from((2, 3));
    refused(
        Regularizer::L2 { l2: -1.0 }.check(),
        "argument `l2`: expected a number of at least 0, got -1",
        "",
    );
    let orthogonal = "orthogonal_regularizer".parse::<Regularizer>();
    refused(
        orthogonal.and_then(|regularizer| regularizer.value(&Tensor::ones(3))),
        "`OrthogonalRegularizer` compares rows or columns of a matrix, got shape (3,)",
        "use `\"l2\"` for weights that are no matrices",
    );
    refused(
        "l3".parse::<Regularizer>(),
        "unknown regularizer `l3`",
        "known: l1, l2, l1_l2, orthogonal_regularizer",
    );
    refused(
        Constraint::max_norm(-1.0, 0).check(&matrix),
        "argument `max_value`: expected a number of at least 0, got -1",
        "",
    );
    refused(
        Constraint::min_max_norm(2.0, 1.0, 1.0, 0).check(&matrix),
        "argument `max_value`: expected a number of at least `min_value`, 2, got 1",
        "",
    );
    assert!(
        Constraint::unit_norm(2)
            .apply(&mut Tensor::ones((2, 3)))
            .is_err()
    );
    refused(
        "nonneg".parse::<Constraint>(),
        "unknown constraint `nonneg`",
        "did you mean `non_neg`? known: max_norm, min_max_norm, non_neg, unit_norm",
    );
}

#[test]
fn learning_rates_set_later() -> Result<()> {
    let mut fixture = Fixture::new()?;
    fixture.refuses(
        |m, _, _| m.set_learning_rate(-1.0),
        "model `model`: `set_learning_rate`: argument `learning_rate`: expected a number of \
         at least 0, got -1",
        "",
    );
    assert_eq!(fixture.model.learning_rate(), Some(1e-3));
    fixture.refuses(
        |m, _, _| m.set_learning_rate(f32::NAN),
        "model `model`: `set_learning_rate`: argument `learning_rate`: expected a number of \
         at least 0, got NaN",
        "",
    );
    assert_eq!(fixture.model.learning_rate(), Some(1e-3));
    Ok(())
}

#[test]
fn arguments_of_losses() -> Result<()> {
    let mut fixture = Fixture::new()?;
    let smooth = CategoricalCrossentropy::new().label_smoothing(1.5);
    let compile = Compile {
        loss: smooth.into(),
        ..good_compile()
    };
    fixture.refuses(
        |m, _, _| m.compile(compile),
        "model `model`: `compile`: loss `categorical_crossentropy`: argument \
         `label_smoothing`: expected a number from 0 to 1, got 1.5",
        "",
    );
    let smooth = BinaryCrossentropy::new().label_smoothing(f32::NAN);
    let compile = Compile {
        loss: smooth.into(),
        ..good_compile()
    };
    fixture.refuses(
        |m, _, _| m.compile(compile),
        "model `model`: `compile`: loss `binary_crossentropy`: argument `label_smoothing`: \
         expected a number from 0 to 1, got NaN",
        "",
    );
    Ok(())
}

#[test]
fn calls_before_compile() -> Result<()> {
    let (x, y) = (Tensor::ones((2, 3)), Tensor::zeros((2, 1)));
    let mut model = Sequential::named("model");
    model.add(Dense::new(1).name("d").input_shape(3))?;
    refused(
        model.fit(&x, &y, quiet()),
        "model `model`: `fit`: the model has no loss and no optimizer yet",
        "call `compile` before `fit`",
    );
    refused(
        model.evaluate(&x, &y, quiet_evaluate()),
        "model `model`: `evaluate`: the model has no loss and no optimizer yet",
        "call `compile` before `evaluate`",
    );
    refused(
        model.train_on_batch(&x, &y),
        "model `model`: `train_on_batch`: the model has no loss and no optimizer yet",
        "call `compile` before `train_on_batch`",
    );
    refused(
        model.set_learning_rate(0.1),
        "model `model`: `set_learning_rate`: the model has no loss and no optimizer yet",
        "call `compile` before `set_learning_rate`",
    );
    assert_eq!(model.learning_rate(), None);
    // Predicting needs no loss.
    assert_eq!(model.predict(&x)?.shape(), (2, 1));
    let mut model = Sequential::named("model");
    model.compile(good_compile())?;
    refused(
        model.fit(&x, &y, quiet()),
        "model `model`: `fit`: the model has no layers",
        "call `add` first",
    );
    Ok(())
}
