//! What every entry of a family must do, whoever adds it: nothing in the tables is left out.

use kerust::activations::ACTIVATIONS;
use kerust::constraints::CONSTRAINTS;
use kerust::initializers::INITIALIZERS;
use kerust::layers::{LAYERS, LayerBase, LayerEntry, Pass, Weights};
use kerust::losses::{LOSSES, Loss};
use kerust::metrics::{METRICS, Metric};
use kerust::optimizers::OPTIMIZERS;
use kerust::prelude::*;
use kerust::regularizers::REGULARIZERS;
use kerust::{ErrorKind, Setting};

/// Layers that make or take categories.
const CATEGORIES: &[&str] = &[
    "CategoryEncoding",
    "Discretization",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
];

/// Layers whose numbers go in steps, or that may choose one of those.
const STEPS: &[&str] = &[
    "ContrastLimitedAdaptiveHistogramEqualization",
    "Equalization",
    "RandAugment",
    "RandomPosterization",
];

/// Gives a layer that needs two inputs its input, and the square of that.
#[derive(Debug)]
struct GivenTwo(Box<dyn Layer>);

impl GivenTwo {
    /// The inputs from the one that there is.
    fn inputs(x: &Tensor, tape: &mut Tape) -> Result<[Tensor; 2]> {
        Ok([x.clone(), kerust::ops::square(tape, x)?])
    }
}

impl Layer for GivenTwo {
    fn class_name(&self) -> &'static str {
        self.0.class_name()
    }

    fn base(&self) -> &LayerBase {
        self.0.base()
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        self.0.base_mut()
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let shapes = self.0.output_shapes(&[input.clone(), input.clone()])?;
        Ok(shapes[0].clone())
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        self.0.build_for(&[input.clone(), input.clone()], weights)
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let inputs = GivenTwo::inputs(x, pass.tape)?;
        Ok(self.0.call_for(&inputs, pass)?.swap_remove(0))
    }

    fn boxed_clone(&self) -> Box<dyn Layer> {
        Box::new(GivenTwo(self.0.boxed_clone()))
    }
}

/// The example of a layer, which takes one input: one that needs two gets them from it.
pub(crate) fn example(entry: &LayerEntry) -> (Box<dyn Layer>, Shape) {
    let (layer, sample) = (entry.example)();
    match layer.output_shapes(std::slice::from_ref(&sample)) {
        Ok(_) => (layer, sample),
        Err(_) => (Box::new(GivenTwo(layer)), sample),
    }
}

/// A model of one layer, and a batch that it takes.
fn alone(entry: &LayerEntry) -> (Sequential, Tensor) {
    let (layer, sample) = example(entry);
    let mut model = Sequential::new();
    let input = Input::new(sample.clone());
    model.add(input).expect("the first layer");
    model.add(layer).expect("the example is right");
    (model, batch(entry, &sample, 3))
}

/// Samples of a shape; whole numbers for layers that take indices.
fn batch(entry: &LayerEntry, sample: &Shape, size: usize) -> Tensor {
    let x = Tensor::random_uniform(sample.with_batch(size), -1.0, 1.0);
    match takes_indices(entry) {
        true => x.map(|x| (x.abs() * 9.0).round()),
        false => x,
    }
}

fn takes_indices(entry: &LayerEntry) -> bool {
    entry.class_name == "Embedding"
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
            .predict(x.slice(0..1).expect("a batch"))
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
        let sorts = [CATEGORIES, STEPS].concat().contains(&entry.class_name);
        assert!(
            sorts || takes_indices(entry) || gradients[0].map(f32::abs).max() > 0.0,
            "{entry:?}: nothing reaches the input"
        );
        assert!(gradients.iter().all(|g| g.sum().is_finite()), "{entry:?}");
    }
}

#[test]
fn layers_train_inside_of_a_model() {
    for entry in LAYERS.iter() {
        let (layer, sample) = example(entry);
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
        let x = batch(entry, &sample, 8);
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
            let (layer, _) = example(entry);
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
    for (names, initializer) in INITIALIZERS {
        for name in *names {
            assert_eq!(name.parse::<Initializer>().expect(name), *initializer);
        }
        let wrong = format!("{}x", names[0]);
        suggests(wrong.parse::<Initializer>().err(), names[0]);
    }
    for (names, regularizer) in REGULARIZERS {
        for name in *names {
            assert_eq!(name.parse::<Regularizer>().expect(name), *regularizer);
        }
    }
    for (names, new) in CONSTRAINTS {
        for name in *names {
            assert_eq!(name.parse::<Constraint>().expect(name), new());
        }
        suggests(
            format!("{}x", names[0]).parse::<Constraint>().err(),
            names[0],
        );
    }
    for entry in OPTIMIZERS {
        let name = entry.name();
        let name = name.as_str();
        let found = Setting::<Box<dyn Optimizer>>::from(name);
        let optimizer = found.get().expect(name);
        // Keras looks for them without the underscores of their names.
        assert_eq!(optimizer.base().name.replace('_', ""), name);
        assert_eq!(optimizer.class_name(), entry.class_name);
        optimizer.check().expect("defaults are right");
        let wrong = Setting::<Box<dyn Optimizer>>::from(format!("{name}_").as_str());
        suggests(wrong.get().err(), name);
    }
    for entry in LOSSES {
        for name in entry.names.iter().chain([&entry.class_name]) {
            let found = Setting::<Box<dyn Loss>>::from(*name);
            let loss = found.get().expect(name);
            assert_eq!(loss.class_name(), entry.class_name);
            assert!(entry.names.contains(&loss.name()), "{entry:?}");
            loss.check_arguments().expect("defaults are right");
        }
        let wrong = Setting::<Box<dyn Loss>>::from(format!("{}x", entry.names[0]).as_str());
        suggests(wrong.get().err(), entry.names[0]);
    }
    for entry in METRICS {
        for name in entry.names {
            let found = Setting::<Box<dyn Metric>>::from(*name);
            match found.get() {
                Ok(metric) => {
                    assert_eq!(metric.name(), *name);
                    let of_function = metric.class_name() == "MeanMetricWrapper";
                    assert!(of_function || metric.class_name() == entry.class_name);
                    metric.check_arguments().expect("defaults are right");
                }
                // Some arguments have no default.
                Err(error) => assert_eq!(error.kind(), ErrorKind::Argument, "{error}"),
            }
        }
        if let Some(name) = entry.names.first() {
            let wrong = Setting::<Box<dyn Metric>>::from(format!("{name}x").as_str());
            suggests(wrong.get().err(), name);
        }
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
    for entry in OPTIMIZERS {
        let name = entry.class_name;
        let mut model = Sequential::new();
        model.add(Dense::new(1).input_shape(2)).expect("right");
        let optimizer = Setting::<Box<dyn Optimizer>>::from(name);
        model
            .compile(Compile {
                optimizer,
                loss: "mse".into(),
                ..Compile::default()
            })
            .expect("right");
        // The steps of Adadelta begin at next to nothing.
        let learning_rate = if name == "Adadelta" { 10.0 } else { 0.05 };
        model.set_learning_rate(learning_rate).expect("right");
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
