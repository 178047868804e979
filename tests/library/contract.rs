//! What every entry of a family must do, whoever adds it: nothing in the tables is left out.

use kerust::activations::ACTIVATIONS;
use kerust::initializers::INITIALIZERS;
use kerust::layers::LAYERS;
use kerust::losses::{LOSSES, Loss};
use kerust::metrics::{METRICS, Metric};
use kerust::optimizers::{OPTIMIZERS, Optimizer};
use kerust::prelude::*;
use kerust::{ErrorKind, Setting};

/// Layers that make or take categories.
const CATEGORIES: &[&str] = &[
    "CategoryEncoding",
    "Discretization",
    "Hashing",
    "IntegerLookup",
];

/// A model of one layer, and a batch that it takes.
fn alone(entry: &kerust::layers::LayerEntry) -> (Sequential, Tensor) {
    let (layer, sample) = (entry.example)();
    let mut model = Sequential::new();
    let input = Input::new(sample.clone());
    model.add(input).expect("the first layer");
    model.add(layer).expect("the example is right");
    (
        model,
        Tensor::random_uniform(sample.with_batch(3), -1.0, 1.0),
    )
}

#[test]
fn layers_make_the_shapes_they_promise() {
    for entry in LAYERS.iter() {
        let (mut model, x) = alone(entry);
        assert_eq!(model.summary().rows[0].class_name, entry.class_name);
        let y = model.predict(&x).expect(entry.class_name);
        assert_eq!(
            y.shape(),
            &model.output_shape().expect("built").with_batch(3),
            "{entry:?}"
        );
        let counted: usize = model.get_weights().iter().map(Tensor::size).sum();
        assert_eq!(model.count_params().expect("built"), counted, "{entry:?}");
    }
}

#[test]
fn layers_compute_the_same_again_and_alone() {
    for entry in LAYERS.iter() {
        let (mut model, x) = alone(entry);
        let together = model.predict(&x).expect(entry.class_name);
        assert_eq!(
            model.predict(&x).expect(entry.class_name),
            together,
            "{entry:?}"
        );
        let first = model
            .predict(&x.slice(0..1).expect("a batch"))
            .expect(entry.class_name);
        let distance = (&first - together.slice(0..1).expect("a batch"))
            .map(f32::abs)
            .max();
        assert!(
            distance < 1e-6,
            "{entry:?}: samples influence each other when predicting"
        );
    }
}

#[test]
fn gradients_reach_the_input_and_every_trainable_weight() {
    for entry in LAYERS.iter() {
        let (mut model, x) = alone(entry);
        let mut tape = Tape::recording();
        let x = tape.watch(&x);
        let y = model.call(&x, &mut tape, true).expect(entry.class_name);
        let weights = model.get_weights();
        let sources: Vec<&Tensor> = std::iter::once(&x).chain(&weights).collect();
        let cotangent = Tensor::random_uniform(y.shape(), 0.5, 1.0);
        let gradients = tape
            .gradient_from(&y, &cotangent, &sources)
            .expect(entry.class_name);
        let trainable = model.summary().trainable_params;
        let reached: usize = gradients[1..]
            .iter()
            .filter(|g| g.map(f32::abs).max() > 0.0)
            .map(Tensor::size)
            .sum();
        assert_eq!(reached, trainable, "{entry:?}");
        // A category has no gradient.
        let sorts = CATEGORIES.contains(&entry.class_name);
        assert!(
            sorts || gradients[0].map(f32::abs).max() > 0.0,
            "{entry:?}: nothing reaches the input"
        );
        assert!(gradients.iter().all(|g| g.sum().is_finite()), "{entry:?}");
    }
}

#[test]
fn layers_train_inside_of_a_model() {
    for entry in LAYERS.iter() {
        let (layer, sample) = (entry.example)();
        let mut model = Sequential::new();
        let input = Input::new(sample.clone());
        model.add(input).expect("the first layer");
        model.add(layer).expect("the example is right");
        model.add(Flatten::new()).expect("any shape");
        model.add(Dense::new(1)).expect("any shape");
        model
            .compile(Compile {
                optimizer: "sgd".into(),
                loss: "mse".into(),
                ..Compile::default()
            })
            .expect("names exist");
        let x = Tensor::random_uniform(sample.with_batch(8), -1.0, 1.0);
        let y = Tensor::ones(8);
        // Measured without dropout: its noise would hide what was learned.
        let quiet = Evaluate {
            batch_size: 8,
            verbose: 0,
            ..Evaluate::default()
        };
        let before = model
            .evaluate(&x, &y, quiet.clone())
            .expect(entry.class_name)[0];
        let fit = Fit {
            epochs: 60,
            batch_size: 8,
            verbose: 0,
            ..Fit::default()
        };
        model.fit(&x, &y, fit).expect(entry.class_name);
        // Batch normalization's averages follow slowly; training mode is what was trained.
        let after = match entry.class_name {
            "BatchNormalization" => model.train_on_batch(&x, &y).expect(entry.class_name)[0],
            _ => model.evaluate(&x, &y, quiet).expect(entry.class_name)[0],
        };
        assert!(after < before, "{entry:?}: {before} to {after}");
    }
}

#[test]
fn layers_refuse_what_they_cannot_take_and_name_themselves() {
    let shapes = [
        vec![],
        vec![3],
        vec![2, 2],
        vec![1, 1, 1],
        vec![2, 3, 4, 5],
        vec![9, 0, 1],
    ];
    for entry in LAYERS.iter() {
        for shape in &shapes {
            let (layer, _) = (entry.example)();
            let mut model = Sequential::new();
            let built = model.add(layer).and_then(|()| model.build(shape.clone()));
            if let Err(error) = built {
                assert!(error.to_string().contains(entry.class_name), "{error}");
            }
        }
    }
}

#[test]
fn names_are_found_and_mistakes_are_answered_with_the_right_one() {
    for (names, activation) in ACTIVATIONS {
        for name in *names {
            assert_eq!(name.parse::<Activation>().expect(name), *activation);
        }
        assert_eq!(activation.name(), names[0]);
        suggests(
            format!("{}x", names[0]).parse::<Activation>().err(),
            names[0],
        );
    }
    for (name, initializer) in INITIALIZERS {
        assert_eq!(name.parse::<Initializer>().expect(name), *initializer);
        suggests(format!("{name}x").parse::<Initializer>().err(), name);
    }
    for (name, _) in OPTIMIZERS {
        let found = Setting::<Box<dyn Optimizer>>::from(*name);
        let optimizer = found.get().expect(name);
        assert_eq!(optimizer.name(), *name);
        optimizer.check().expect("defaults are right");
        let wrong = Setting::<Box<dyn Optimizer>>::from(format!("{name}x").as_str());
        suggests(wrong.get().err(), name);
    }
    for (names, _) in LOSSES {
        for name in *names {
            let found = Setting::<Box<dyn Loss>>::from(*name);
            assert_eq!(found.get().expect(name).name(), names[0]);
        }
        let wrong = Setting::<Box<dyn Loss>>::from(format!("{}x", names[0]).as_str());
        suggests(wrong.get().err(), names[0]);
    }
    for (names, _) in METRICS {
        for name in *names {
            let found = Setting::<Box<dyn Metric>>::from(*name);
            assert_eq!(found.get().expect(name).name(), *name);
        }
        let wrong = Setting::<Box<dyn Metric>>::from(format!("{}x", names[0]).as_str());
        suggests(wrong.get().err(), names[0]);
    }
}

#[track_caller]
fn suggests(error: Option<Error>, name: &str) {
    let error = error.expect("the name is wrong");
    assert_eq!(error.kind(), ErrorKind::UnknownName);
    assert!(
        error
            .to_string()
            .contains(&format!("did you mean `{name}`")),
        "{error}"
    );
}

#[test]
fn optimizers_make_losses_small() {
    for (name, _) in OPTIMIZERS {
        let mut model = Sequential::new();
        model.add(Dense::new(1).input_shape(2)).expect("right");
        let optimizer = Setting::<Box<dyn Optimizer>>::from(*name);
        model
            .compile(Compile {
                optimizer,
                loss: "mse".into(),
                ..Compile::default()
            })
            .expect("right");
        model.set_learning_rate(0.05).expect("right");
        let x =
            Tensor::from_vec(vec![0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.5, 0.2], (4, 2)).expect("right");
        let y = Tensor::from_vec(vec![1.0, 2.0, 3.0, 1.2], 4).expect("right");
        let fit = Fit {
            epochs: 60,
            batch_size: 4,
            verbose: 0,
            ..Fit::default()
        };
        let history = model.fit(&x, &y, fit).expect(name);
        let loss = history.get("loss").expect("always there");
        assert!(loss[59] < 0.8 * loss[0], "{name}: {loss:?}");
    }
}
