//! Labels that do not fit the loss, the metrics or the samples.

use kerust::prelude::*;

use super::{Fixture, good_compile, quiet, quiet_evaluate, refused};

#[test]
fn labels_out_of_range() -> Result<()> {
    let mut fixture = Fixture::new()?;
    let with = |position: usize, label: f64| {
        let mut labels = vec![0.0; 12];
        labels[position] = label;
        Tensor::from_vec(labels, 12)
    };
    fixture.refuses(
        |m, x, _| m.fit(x, &with(7, 3.0)?, quiet()),
        "model `model`: `fit`: loss `sparse_categorical_crossentropy`: label 3 at position \
         7 is not a class: the model has 3 outputs, so labels are whole numbers from 0 to 2",
        "check the labels, or give the last layer as many units as there are classes",
    );
    fixture.refuses(
        |m, x, _| m.fit(x, &with(0, -1.0)?, quiet()),
        "model `model`: `fit`: loss `sparse_categorical_crossentropy`: label -1 at position \
         0 is not a class: the model has 3 outputs, so labels are whole numbers from 0 to 2",
        "check the labels, or give the last layer as many units as there are classes",
    );
    fixture.refuses(
        |m, x, _| m.fit(x, &with(11, 0.5)?, quiet()),
        "model `model`: `fit`: loss `sparse_categorical_crossentropy`: label 0.5 at \
         position 11 is not a class: the model has 3 outputs, so labels are whole numbers \
         from 0 to 2",
        "check the labels, or give the last layer as many units as there are classes",
    );
    fixture.refuses(
        |m, x, _| m.fit(x, &with(2, f64::NAN)?, quiet()),
        "model `model`: `fit`: loss `sparse_categorical_crossentropy`: label NaN at \
         position 2 is not a class: the model has 3 outputs, so labels are whole numbers \
         from 0 to 2",
        "check the labels, or give the last layer as many units as there are classes",
    );
    fixture.refuses(
        |m, x, _| m.evaluate(x, &with(7, 3.0)?, quiet_evaluate()),
        "model `model`: `evaluate`: loss `sparse_categorical_crossentropy`: label 3 at \
         position 7 is not a class: the model has 3 outputs, so labels are whole numbers \
         from 0 to 2",
        "check the labels, or give the last layer as many units as there are classes",
    );
    fixture.refuses(
        |m, x, _| m.train_on_batch(x, &with(7, 3.0)?),
        "model `model`: `train_on_batch`: loss `sparse_categorical_crossentropy`: label 3 \
         at position 7 is not a class: the model has 3 outputs, so labels are whole numbers \
         from 0 to 2",
        "check the labels, or give the last layer as many units as there are classes",
    );
    Ok(())
}

#[test]
fn labels_of_another_kind() -> Result<()> {
    let mut fixture = Fixture::new()?;
    let one_hot = Tensor::zeros((12, 3));
    fixture.refuses(
        |m, x, _| m.fit(x, &one_hot, quiet()),
        "model `model`: `fit`: loss `sparse_categorical_crossentropy`: labels of shape (12, \
         3) do not fit predictions of shape (12, 3): expected (12,) or (12, 1)",
        "one-hot labels go with `categorical_crossentropy` and `categorical_accuracy`",
    );
    fixture.refuses(
        |m, x, _| m.fit(x, Tensor::zeros((12, 2)), quiet()),
        "model `model`: `fit`: loss `sparse_categorical_crossentropy`: labels of shape (12, \
         2) do not fit predictions of shape (12, 3): expected (12,) or (12, 1)",
        "give one whole number for each sample",
    );

    let compile = Compile {
        loss: "categorical_crossentropy".into(),
        ..good_compile()
    };
    fixture.model.compile(compile)?;
    let (x, y) = (fixture.x.clone(), fixture.y.clone());
    refused(
        fixture.model.fit(&x, &y, quiet()),
        "model `model`: `fit`: loss `categorical_crossentropy`: labels of shape (12,) do \
         not fit predictions of shape (12, 3): the two must be equal",
        "whole-number labels go with `sparse_categorical_crossentropy` and \
         `sparse_categorical_accuracy`",
    );
    refused(
        fixture.model.fit(&x, Tensor::full((12, 3), 1.5), quiet()),
        "model `model`: `fit`: loss `categorical_crossentropy`: label 1.5 at position 0 is \
         not a probability: labels are from 0 to 1",
        "class numbers go with `sparse_categorical_crossentropy`",
    );
    fixture.model.fit(&x, &one_hot, quiet())?;

    fixture.model.compile(Compile {
        loss: "mse".into(),
        ..good_compile()
    })?;
    refused(
        fixture.model.fit(&x, Tensor::zeros((12, 2)), quiet()),
        "model `model`: `fit`: loss `mean_squared_error`: labels of shape (12, 2) do not \
         fit predictions of shape (12, 3): the two must be equal",
        "give the last layer 2 units, or change the labels",
    );

    // A metric that does not go with the labels is found after the first forward pass.
    let metrics = vec!["categorical_accuracy".into()];
    fixture.model.compile(Compile {
        metrics,
        ..good_compile()
    })?;
    let before = super::bits(&fixture.model);
    refused(
        fixture.model.fit(&x, &y, quiet()),
        "model `model`: `fit`: metric `categorical_accuracy`: labels of shape (12,) do not \
         fit predictions of shape (12, 3): the two must be equal",
        "whole-number labels go with `sparse_categorical_crossentropy` and \
         `sparse_categorical_accuracy`",
    );
    refused(
        fixture.model.train_on_batch(&x, &y),
        "model `model`: `train_on_batch`: metric `categorical_accuracy`: labels of shape \
         (12,) do not fit predictions of shape (12, 3): the two must be equal",
        "whole-number labels go with `sparse_categorical_crossentropy` and \
         `sparse_categorical_accuracy`",
    );
    assert_eq!(before, super::bits(&fixture.model));
    fixture.model.compile(good_compile())?;
    fixture.works();
    Ok(())
}

#[test]
fn labels_for_two_classes() -> Result<()> {
    let mut model = Sequential::named("model");
    model.add(Dense::new(1).activation("sigmoid").name("d").input_shape(2))?;
    model.compile(Compile {
        loss: "binary_crossentropy".into(),
        ..good_compile()
    })?;
    let x = Tensor::ones((3, 2));
    let y = Tensor::from_vec(vec![0, 1, 2], 3)?;
    refused(
        model.fit(&x, &y, quiet()),
        "model `model`: `fit`: loss `binary_crossentropy`: label 2 at position 2 is not a \
         probability: labels are from 0 to 1",
        "class numbers go with `sparse_categorical_crossentropy`",
    );
    refused(
        model.fit(&x, Tensor::zeros((3, 2)), quiet()),
        "model `model`: `fit`: loss `binary_crossentropy`: labels of shape (3, 2) do not \
         fit predictions of shape (3, 1): the two must be equal",
        "give the last layer 2 units, or change the labels",
    );
    Ok(())
}
