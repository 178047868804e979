//! Models and training steps of somebody's own.

use kerust::layers::{Layer, LayerBase, Pass, Weights};
use kerust::losses::Loss;
use kerust::models::Ending;
use kerust::prelude::*;
use kerust::{ErrorKind, Setting, ops};

use super::{bits, column, compile, quiet, two_sides};

/// A gate decides how much of the new and how much of the old goes on; then comes an answer.
#[derive(Clone, Debug)]
struct Gated {
    transform: Dense,
    gate: Dense,
    normalization: BatchNormalization,
    answer: Dense,
    base: LayerBase,
}

impl Gated {
    fn new() -> Self {
        Gated {
            transform: Dense::new(2).activation("tanh"),
            gate: Dense::new(2).activation("sigmoid"),
            normalization: BatchNormalization::new(),
            answer: Dense::new(2).activation("softmax"),
            base: LayerBase::default(),
        }
    }
}

impl Layer for Gated {
    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.answer.output_shape(input)
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        let input = [input.clone()];
        weights.build_inner("transform", &self.transform, &input)?;
        weights.build_inner("gate", &self.gate, &input)?;
        weights.build_inner("normalization", &self.normalization, &input)?;
        weights.build_inner("answer", &self.answer, &input)
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let old = [x.clone()];
        let new = pass.call_inner("transform", &self.transform, &old)?;
        let gate = pass.call_inner("gate", &self.gate, &old)?;
        let change = ops::subtract(pass.tape, &new[0], x)?;
        let change = ops::multiply(pass.tape, &gate[0], &change)?;
        let gated = [ops::add(pass.tape, x, &change)?];
        let normal = pass.call_inner("normalization", &self.normalization, &gated)?;
        Ok(pass
            .call_last_inner("answer", &self.answer, &normal)?
            .remove(0))
    }

    fn class_name(&self) -> &'static str {
        "Gated"
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn boxed_clone(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

fn classifier() -> Compile {
    compile("adam", "sparse_categorical_crossentropy", &["accuracy"])
}

#[test]
fn a_layer_of_ones_own_is_a_model() -> Result<()> {
    let (x, y) = two_sides(200)?;
    let mut model = Model::from_layer(Gated::new())?;
    let name = model.name().to_string();
    assert!(name.starts_with("gated"), "{name}");
    assert_eq!(model.layer_names(), [name.as_str()]);
    model.compile(Compile {
        optimizer: Adam::new().learning_rate(0.05).into(),
        ..classifier()
    })?;
    model.fit(&x, &y, quiet(30))?;
    let silent = Evaluate {
        verbose: 0,
        ..Evaluate::default()
    };
    let score = model.evaluate(&x, &y, silent.clone())?;
    assert!(score[1] > 0.9, "{score:?}");
    assert_eq!(model.predict(&x)?.shape(), (200, 2));
    let summary = model.summary();
    assert_eq!(summary.trainable_params, 6 + 6 + 4 + 6);
    assert_eq!(summary.non_trainable_params, 4);
    assert!(summary.to_string().contains("(Gated)"), "{summary}");

    let folder = tempfile::tempdir().expect("a folder");
    for file in ["a.weights.h5", "a.safetensors", "a.npz"] {
        let path = folder.path().join(file);
        model.save_weights(&path)?;
        let mut again = Model::from_layer(Gated::new().input_shape(2))?;
        again.compile(classifier())?;
        again.load_weights(&path)?;
        assert_eq!(bits(&again.get_weights()), bits(&model.get_weights()));
        assert_eq!(again.evaluate(&x, &y, silent.clone())?, score, "{file}");
    }
    let error = model.save(folder.path().join("a.keras")).expect_err("own");
    assert!(error.to_string().contains("get_config"), "{error}");
    Ok(())
}

#[test]
fn what_a_layer_as_a_model_cannot_do_is_said() -> Result<()> {
    let error = Model::from_layer(Dense::new(0).input_shape(2)).expect_err("no units");
    assert!(error.to_string().contains("units"), "{error}");
    let mut model = Model::from_layer(Gated::new())?;
    let error = model.summary().to_string();
    assert!(error.contains("Gated"), "{error}");
    model.compile(classifier())?;
    let (x, y) = (Tensor::ones((4, 3)), Tensor::zeros((4, 1)));
    let error = model.fit(&x, &y, quiet(1)).expect_err("three features");
    assert_eq!(error.kind(), ErrorKind::Shape);
    Ok(())
}

/// What `fit` does by itself, as a step of one's own.
fn usual_step(model: &mut Model, batch: &DatasetElement) -> Result<Logs> {
    let mut tape = Tape::recording();
    let (loss, y_pred) = model.compute_loss(batch, &mut tape)?;
    assert_eq!(y_pred.len(), 1);
    let gradients = tape.gradient(&loss, &model.trainable_weights())?;
    model.apply_gradients(&gradients)?;
    Ok([("loss", loss.item(0)?)].into())
}

/// A model with prices of weights and of outputs, and an optimizer with all that it can be told.
fn priced(optimizer: impl Optimizer + 'static) -> Result<Sequential> {
    let mut model = Sequential::named("priced");
    let dense = Dense::new(3).kernel_initializer("ones").activation("tanh");
    let dense = dense.kernel_regularizer("l2").activity_regularizer("l1");
    model.add(dense.input_shape(2))?;
    model.add(BatchNormalization::new())?;
    model.add(Dense::new(1).kernel_initializer("ones"))?;
    model.compile(Compile {
        optimizer: optimizer.into(),
        ..compile("sgd", "mse", &[])
    })?;
    Ok(model)
}

#[test]
fn the_usual_step_by_hand_trains_as_fit_does() -> Result<()> {
    let (x, y) = two_sides(40)?;
    let y = y.astype(DType::Float32).reshape((40, 1))?;
    let weights = Tensor::random_uniform(40, 0.0, 2.0);
    let batches = Dataset::from_tensor_slices((&x, &y, &weights))?.batch(8);
    type Make = fn() -> Setting<Box<dyn Optimizer>>;
    let optimizers: [Make; 3] = [
        || Adam::new().global_clipnorm(0.1).into(),
        || {
            SGD::new()
                .use_ema(true)
                .gradient_accumulation_steps(2)
                .into()
        },
        || LossScaleOptimizer::new(SGD::new()).into(),
    ];
    for optimizer in optimizers {
        let compiled = || -> Result<Sequential> {
            let mut model = priced(SGD::new())?;
            model.compile(Compile {
                optimizer: optimizer(),
                ..compile("sgd", "mse", &[])
            })?;
            Ok(model)
        };
        let mut usual = compiled()?;
        let expected = usual.fit_batches(&batches, quiet(4))?;
        let mut own = compiled()?;
        let history = own.fit_with_train_step(&batches, quiet(4), usual_step)?;
        assert_eq!(column(&history, "loss"), column(&expected, "loss"));
        assert_eq!(bits(&own.get_weights()), bits(&usual.get_weights()));
    }
    Ok(())
}

#[test]
fn a_step_may_train_another_model_and_is_validated() -> Result<()> {
    let (x, y) = two_sides(60)?;
    let mut teacher = Sequential::named("teacher");
    teacher.add(Dense::new(2).activation("softmax").input_shape(2))?;
    let kernel = Tensor::from_vec(vec![-3.0, 3.0, 1.5, -1.5], (2, 2))?;
    teacher.set_weights(&[kernel, Tensor::zeros(2)])?;
    let before = bits(&teacher.get_weights());
    // The student sees no labels, only what the teacher says.
    let mut student = Sequential::named("student");
    student.add(Dense::new(2).activation("softmax"))?;
    student.compile(Compile {
        optimizer: Adam::new().learning_rate(0.1).into(),
        ..classifier()
    })?;
    let difference = MeanSquaredError::new();
    let fit = Fit {
        validation_data: (&x, &y).into(),
        ..quiet(20)
    };
    let unlabelled = Dataset::from_tensor_slices(&x)?.batch(20);
    let history = student.fit_with_train_step(&unlabelled, fit, |student, batch| {
        let x = &batch.x()[0];
        let said = teacher.call(x, &mut Tape::off(), false)?;
        let mut tape = Tape::recording();
        let y_pred = student.call(x, &mut tape, true)?;
        let distance = difference.call(&mut tape, &said, &y_pred)?;
        let gradients = tape.gradient(&distance, &student.trainable_weights())?;
        student.apply_gradients(&gradients)?;
        Ok([("distance", distance.item(0)?), ("batches", 1.0)].into())
    })?;
    assert_eq!(
        history.metrics(),
        ["batches", "distance", "val_accuracy", "val_loss"]
    );
    assert_eq!(column(&history, "batches"), [1.0; 20]);
    let distance = column(&history, "distance");
    assert!(distance[19] < distance[0] / 4.0, "{distance:?}");
    let accuracy = column(&history, "val_accuracy");
    assert!(accuracy[19] > 0.85, "{accuracy:?}");
    assert_eq!(bits(&teacher.get_weights()), before);
    Ok(())
}

#[test]
fn results_of_a_step_are_means_over_samples() -> Result<()> {
    let mut model = priced(SGD::new())?;
    let x = Tensor::from_vec(vec![0.0, 0.0, 0.0, 0.0, 10.0, 10.0], (3, 2))?;
    let batches = Dataset::from_tensor_slices(&x)?.batch(2);
    let mean = |_: &mut Model, batch: &DatasetElement| {
        Ok([("mean", f64::from(batch.x()[0].mean()))].into())
    };
    let history = model.fit_with_train_step(&batches, quiet(2), mean)?;
    // The mean of the batches' means would be 5.
    let means = column(&history, "mean");
    assert!((means[0] - 10.0 / 3.0).abs() < 1e-6, "{means:?}");
    assert_eq!(means[0], means[1]);
    Ok(())
}

#[test]
fn a_step_that_fails_ends_the_run() -> Result<()> {
    let mut model = priced(SGD::new())?;
    let before = bits(&model.get_weights());
    let batches = Dataset::from_tensor_slices((&Tensor::ones((8, 2)), &Tensor::ones((8, 1))))?;
    let batches = batches.batch(4);
    let infinite = |model: &mut Model, _: &DatasetElement| {
        let weights = model.trainable_weights();
        let gradients = weights.iter().map(|w| Tensor::full(w.shape(), f32::NAN));
        model.apply_gradients(&gradients.collect::<Vec<_>>())?;
        Ok(Logs::default())
    };
    let error = model.fit_with_train_step(&batches, quiet(1), infinite);
    assert_eq!(error.expect_err("NaN").kind(), ErrorKind::NotFinite);
    let patient = Fit {
        callbacks: vec![TerminateOnNaN::new().into()],
        ..quiet(1)
    };
    let history = model.fit_with_train_step(&batches, patient, infinite)?;
    assert!(matches!(history.ending, Ending::Diverged(_)));
    assert_eq!(bits(&model.get_weights()), before);

    let said = |result: Result<()>, words: &str| {
        let error = result.expect_err(words).to_string();
        assert!(error.contains(words), "{words}: {error}");
    };
    said(
        model.apply_gradients(&[]),
        "each of the 6 trainable weights",
    );
    let ones = vec![Tensor::ones(1); 6];
    said(model.apply_gradients(&ones), "shape (2, 3)");
    let mut raw = Sequential::new();
    raw.add(Dense::new(1).input_shape(2))?;
    said(raw.apply_gradients(&ones[..2]), "call `compile`");
    let batch = DatasetElement::new(Tensor::ones((4, 3)), Tensor::ones((4, 1)));
    let loss = model.compute_loss(&batch, &mut Tape::off());
    said(loss.map(drop), "expected samples of shape");
    Ok(())
}
