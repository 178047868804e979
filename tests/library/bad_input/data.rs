//! Samples that do not fit the model, sizes that do not fit the samples.

use kerust::prelude::*;

use super::{Fixture, good_compile, quiet, quiet_evaluate, refused};

#[test]
fn samples_of_another_shape() -> Result<()> {
    let mut fixture = Fixture::new()?;
    let wide = Tensor::ones((12, 6));
    fixture.refuses(
        |m, _, y| m.fit(&wide, y, quiet()),
        "model `model`: `fit`: expected samples of shape (4,), got samples of shape (6,)",
        "bring the data into that shape, or make a model with `input_shape((6,))`",
    );
    fixture.refuses(
        |m, _, y| m.evaluate(&wide, y, quiet_evaluate()),
        "model `model`: `evaluate`: expected samples of shape (4,), got samples of shape (6,)",
        "bring the data into that shape, or make a model with `input_shape((6,))`",
    );
    fixture.refuses(
        |m, _, _| m.predict(&wide),
        "model `model`: `predict`: expected samples of shape (4,), got samples of shape (6,)",
        "bring the data into that shape, or make a model with `input_shape((6,))`",
    );
    fixture.refuses(
        |m, _, y| m.train_on_batch(&wide, y),
        "model `model`: `train_on_batch`: expected samples of shape (4,), got samples of \
         shape (6,)",
        "bring the data into that shape, or make a model with `input_shape((6,))`",
    );
    fixture.refuses(
        |m, _, _| m.call(&wide, &mut Tape::off(), true),
        "model `model`: `call`: expected samples of shape (4,), got samples of shape (6,)",
        "bring the data into that shape, or make a model with `input_shape((6,))`",
    );
    fixture.refuses(
        |m, x, _| m.predict(&x.index(0)?),
        "model `model`: `predict`: expected samples of shape (4,), got samples of shape ()",
        "is this a single sample? take a batch of one with `x.slice(i..i + 1)?`",
    );
    fixture.refuses(
        |m, x, _| m.predict(&x.reshape((12, 2, 2))?),
        "model `model`: `predict`: expected samples of shape (4,), got samples of shape (2, \
         2)",
        "the number of elements is right: use `reshape`",
    );
    fixture.refuses(
        |m, _, _| m.predict(Tensor::scalar(1.0)),
        "model `model`: `predict`: argument `x`: expected at least one sample, got shape ()",
        "",
    );
    Ok(())
}

#[test]
fn empty_data() -> Result<()> {
    let mut fixture = Fixture::new()?;
    let (none, no_labels) = (Tensor::zeros((0, 4)), Tensor::arange(0));
    fixture.refuses(
        |m, _, _| m.fit(&none, &no_labels, quiet()),
        "model `model`: `fit`: argument `x`: expected at least one sample, got shape (0, 4)",
        "",
    );
    fixture.refuses(
        |m, _, _| m.evaluate(&none, &no_labels, quiet_evaluate()),
        "model `model`: `evaluate`: argument `x`: expected at least one sample, got shape \
         (0, 4)",
        "",
    );
    fixture.refuses(
        |m, _, _| m.predict(&none),
        "model `model`: `predict`: argument `x`: expected at least one sample, got shape \
         (0, 4)",
        "",
    );
    fixture.refuses(
        |m, _, _| m.train_on_batch(&none, &no_labels),
        "model `model`: `train_on_batch`: argument `x`: expected at least one sample, got \
         shape (0, 4)",
        "",
    );
    fixture.refuses(
        |m, _, y| m.fit(&none, y, quiet()),
        "model `model`: `fit`: `x` has 0 samples and `y` has 12 labels (shapes (0, 4) and \
         (12,)): each sample needs one",
        "",
    );
    fixture.refuses(
        |m, x, _| m.fit(x, &no_labels, quiet()),
        "model `model`: `fit`: `x` has 12 samples and `y` has 0 labels (shapes (12, 4) and \
         (0,)): each sample needs one",
        "",
    );
    Ok(())
}

#[test]
fn samples_and_labels_of_different_number() -> Result<()> {
    let mut fixture = Fixture::new()?;
    fixture.refuses(
        |m, x, y| m.fit(x, &y.slice(0..11)?, quiet()),
        "model `model`: `fit`: `x` has 12 samples and `y` has 11 labels (shapes (12, 4) and \
         (11,)): each sample needs one",
        "",
    );
    fixture.refuses(
        |m, x, y| m.evaluate(&x.slice(1..)?, y, quiet_evaluate()),
        "model `model`: `evaluate`: `x` has 11 samples and `y` has 12 labels (shapes (11, \
         4) and (12,)): each sample needs one",
        "",
    );
    fixture.refuses(
        |m, x, y| m.train_on_batch(x, &y.slice(0..11)?),
        "model `model`: `train_on_batch`: `x` has 12 samples and `y` has 11 labels (shapes \
         (12, 4) and (11,)): each sample needs one",
        "",
    );
    fixture.refuses(
        |m, x, _| m.fit(x, Tensor::scalar(1.0), quiet()),
        "model `model`: `fit`: `x` has 12 samples and `y` has 0 labels (shapes (12, 4) and \
         ()): each sample needs one",
        "",
    );
    Ok(())
}

#[test]
fn sizes_of_batches_and_splits() -> Result<()> {
    let mut fixture = Fixture::new()?;
    let fit = |batch_size, validation_split| Fit {
        batch_size,
        validation_split,
        ..quiet()
    };
    fixture.refuses(
        |m, x, y| m.fit(x, y, fit(0, 0.0)),
        "model `model`: `fit`: argument `batch_size`: expected a positive whole number, got 0",
        "",
    );
    let evaluate = Evaluate {
        batch_size: 0,
        verbose: 0,
        ..Evaluate::default()
    };
    fixture.refuses(
        |m, x, y| m.evaluate(x, y, evaluate),
        "model `model`: `evaluate`: argument `batch_size`: expected a positive whole \
         number, got 0",
        "",
    );
    let predict = Predict {
        batch_size: 0,
        ..Predict::default()
    };
    fixture.refuses(
        |m, x, _| m.predict_with(x, predict),
        "model `model`: `predict`: argument `batch_size`: expected a positive whole number, \
         got 0",
        "",
    );
    fixture.refuses(
        |m, x, y| m.fit(x, y, fit(32, 1.0)),
        "model `model`: `fit`: argument `validation_split`: expected a share of at least 0, \
         below 1, got 1",
        "0.2 keeps the last fifth of the samples for validation",
    );
    fixture.refuses(
        |m, x, y| m.fit(x, y, fit(32, -0.2)),
        "model `model`: `fit`: argument `validation_split`: expected a share of at least 0, \
         below 1, got -0.2",
        "0.2 keeps the last fifth of the samples for validation",
    );
    fixture.refuses(
        |m, x, y| m.fit(x, y, fit(32, f64::NAN)),
        "model `model`: `fit`: argument `validation_split`: expected a share of at least 0, \
         below 1, got NaN",
        "0.2 keeps the last fifth of the samples for validation",
    );
    fixture.refuses(
        |m, x, y| m.fit(x, y, fit(32, 0.99)),
        "model `model`: `fit`: argument `validation_split`: expected a share that leaves \
         some of the 12 samples on both sides, got 0.99",
        "0.2 keeps the last fifth of the samples for validation",
    );
    Ok(())
}

#[test]
fn validation_data() -> Result<()> {
    let mut fixture = Fixture::new()?;
    let fit = |x: Tensor, y: Tensor| Fit {
        validation_data: (&x, &y).into(),
        ..quiet()
    };
    let own = fit(Tensor::ones((2, 5)), Tensor::zeros(2));
    fixture.refuses(
        |m, x, y| m.fit(x, y, own),
        "model `model`: `fit`: argument `validation_data`: expected samples of shape (4,), \
         got samples of shape (5,)",
        "bring the data into that shape, or make a model with `input_shape((5,))`",
    );
    let own = fit(Tensor::ones((2, 4)), Tensor::full(2, 7.0));
    fixture.refuses(
        |m, x, y| m.fit(x, y, own),
        "model `model`: `fit`: argument `validation_data`: loss \
         `sparse_categorical_crossentropy`: label 7 at position 0 is not a class: the model \
         has 3 outputs, so labels are whole numbers from 0 to 2",
        "check the labels, or give the last layer as many units as there are classes",
    );
    let own = fit(Tensor::ones((2, 4)), Tensor::zeros(3));
    fixture.refuses(
        |m, x, y| m.fit(x, y, own),
        "model `model`: `fit`: argument `validation_data`: `x` has 2 samples and `y` has 3 \
         labels (shapes (2, 4) and (3,)): each sample needs one",
        "",
    );
    let own = fit(Tensor::ones((0, 4)), Tensor::zeros(0));
    fixture.refuses(
        |m, x, y| m.fit(x, y, own),
        "model `model`: `fit`: argument `validation_data`: argument `x`: expected at least \
         one sample, got shape (0, 4)",
        "",
    );
    Ok(())
}

#[test]
fn a_first_fit_that_fails_leaves_the_shape_open() -> Result<()> {
    let mut model = Sequential::named("model");
    model.add(Dense::new(3).activation("softmax").name("d"))?;
    model.compile(good_compile())?;
    let (wrong, y) = (
        Tensor::ones((4, 5, 2)),
        Tensor::from_vec(vec![0, 1, 2, 0], 4)?,
    );
    refused(
        model.fit(&wrong, &y, quiet()),
        "model `model`: `fit`: loss `sparse_categorical_crossentropy`: labels of shape (4,) \
         do not fit predictions of shape (4, 5, 3): expected (4, 5) or (4, 5, 1)",
        "add `Flatten` before the last layer, so that each sample gets one row of scores",
    );
    refused(
        model.evaluate(&wrong, &y, quiet_evaluate()),
        "model `model`: `evaluate`: loss `sparse_categorical_crossentropy`: labels of shape \
         (4,) do not fit predictions of shape (4, 5, 3): expected (4, 5) or (4, 5, 1)",
        "add `Flatten` before the last layer, so that each sample gets one row of scores",
    );
    refused(
        model.train_on_batch(&wrong, &y),
        "model `model`: `train_on_batch`: loss `sparse_categorical_crossentropy`: labels of \
         shape (4,) do not fit predictions of shape (4, 5, 3): expected (4, 5) or (4, 5, 1)",
        "add `Flatten` before the last layer, so that each sample gets one row of scores",
    );
    model.fit(&wrong.reshape((4, 10))?, &y, quiet())?;
    Ok(())
}
