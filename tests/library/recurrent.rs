//! Recurrent layers and Embedding: repeatable results, mistakes, and what masks and states do.

use kerust::prelude::*;

use crate::own_process;

fn model() -> Result<Sequential> {
    let mut model = Sequential::named("text");
    model.add(Embedding::new(50, 12).mask_zero(true).input_shape(17))?;
    model.add(Bidirectional::new(
        LSTM::new(9).return_sequences(true).dropout(0.2),
    ))?;
    model.add(GRU::new(33).recurrent_dropout(0.3).return_sequences(true))?;
    model.add(GRU::new(7).reset_after(false).return_sequences(true))?;
    let cells = [
        GRUCell::new(6).dropout(0.2),
        GRUCell::new(5).recurrent_dropout(0.1),
    ];
    model.add(RNN::new(cells).return_sequences(true))?;
    model.add(SimpleRNN::new(5))?;
    model.add(Dense::new(1).activation("sigmoid"))?;
    model.compile(Compile {
        optimizer: "adam".into(),
        loss: "binary_crossentropy".into(),
        ..Compile::default()
    })?;
    Ok(model)
}

fn words(count: usize) -> Tensor {
    Tensor::random_uniform((count, 17), 0.0, 50.0).map(f32::floor)
}

#[test]
fn training_is_the_same_in_every_run() {
    let train = || -> Result<Vec<Tensor>> {
        set_random_seed(5);
        let mut model = model()?;
        let (x, y) = (
            words(70),
            Tensor::random_uniform((70, 1), 0.0, 1.0).map(f32::round),
        );
        let fit = Fit {
            epochs: 2,
            verbose: 0,
            ..Fit::default()
        };
        model.fit(&x, &y, fit)?;
        Ok(model.get_weights())
    };
    // Other tests draw from the same numbers.
    own_process::run("recurrent::training_is_the_same_in_every_run", || {
        assert_eq!(train().expect("right"), train().expect("right"));
    });
}

#[test]
fn whole_numbers_may_be_floats() -> Result<()> {
    let mut model = Sequential::new();
    model.add(Embedding::new(9, 2).input_shape(3))?;
    let whole = Tensor::from_vec(vec![1, 8, 0], (1, 3))?;
    let expected = model.predict(&whole)?;
    assert_eq!(model.predict(whole.astype(DType::Float32))?, expected);
    assert_eq!(model.predict(whole.astype(DType::Uint8))?, expected);
    Ok(())
}

#[track_caller]
fn says(error: Error, parts: &[&str]) {
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn indices_outside_of_the_table_are_named() -> Result<()> {
    let mut model = Sequential::new();
    model.add(Embedding::new(9, 2).input_shape(2))?;
    for (index, shown) in [(9.0, "9"), (-1.0, "-1"), (0.5, "0.5"), (f64::NAN, "NaN")] {
        let error = model.predict(&Tensor::from_vec(vec![1.0, index], (1, 2))?);
        says(
            error.expect_err("no such row"),
            &["input_dim", "got", shown, "8"],
        );
    }
    Ok(())
}

/// A layer at the beginning of a model whose samples have this shape.
fn behind(sample: impl Into<Shape>, layer: Box<dyn Layer>) -> Result<()> {
    let mut model = Sequential::new();
    model.add(Input::new(sample))?;
    model.add(layer)
}

#[test]
fn words_without_embedding_are_refused_with_a_remedy() {
    let layers: [Box<dyn Layer>; 5] = [
        Box::new(LSTM::new(3)),
        Box::new(GRU::new(3)),
        Box::new(SimpleRNN::new(3)),
        Box::new(RNN::new(GRUCell::new(3))),
        Box::new(Bidirectional::new(LSTM::new(3))),
    ];
    for layer in layers {
        let error = behind(200, layer);
        says(
            error.expect_err("no features"),
            &["(steps, features)", "(200,)", "Embedding"],
        );
    }
    let error = Sequential::new().add(TimeDistributed::new(Dense::new(2)).input_shape(4));
    says(error.expect_err("no steps"), &["(steps, ..)", "(4,)"]);
}

#[test]
fn arguments_that_cannot_be_are_named() {
    let refused = |layer: Box<dyn Layer>, parts: &[&str]| {
        let error = behind((5, 2), layer);
        says(error.expect_err("an argument is wrong"), parts);
    };
    refused(Box::new(LSTM::new(0)), &["`units`"]);
    refused(Box::new(LSTM::new(1).dropout(1.5)), &["`dropout`"]);
    refused(
        Box::new(GRU::new(1).recurrent_dropout(-0.1)),
        &["`recurrent_dropout`"],
    );
    refused(
        Box::new(GRU::new(1).recurrent_activation("sigmod")),
        &["did you mean `sigmoid`"],
    );
    refused(
        Box::new(Bidirectional::new(Dense::new(1))),
        &["`layer`", "recurrent", "Dense"],
    );
    refused(
        Box::new(Bidirectional::new(LSTM::new(1)).merge_mode("add")),
        &["merge mode", "concat"],
    );
    let both = Bidirectional::new(LSTM::new(1)).backward_layer(LSTM::new(1));
    refused(Box::new(both), &["`backward_layer`", "go_backwards"]);
    let both = Bidirectional::new(LSTM::new(1));
    let both = both.backward_layer(LSTM::new(1).go_backwards(true).return_sequences(true));
    refused(Box::new(both), &["`backward_layer`", "return_sequences"]);
    refused(Box::new(LSTM::new(1).return_state(true)), &["one output"]);
    let error = Sequential::new().add(Masking::new(0.0).input_shape(3));
    says(error.expect_err("no features"), &["(steps, features)"]);
}

#[test]
fn stateful_layers_want_batches_of_one_size_until_they_forget() -> Result<()> {
    let mut model = Sequential::new();
    model.add(LSTM::new(3).stateful(true).input_shape((4, 2)))?;
    let x = Tensor::random_uniform((2, 4, 2), -1.0, 1.0);
    let first = model.predict(&x)?;
    assert_ne!(model.predict(&x)?, first);
    let three = Tensor::zeros((3, 4, 2));
    says(
        model.predict(&three).expect_err("another size"),
        &["stateful", "reset_states"],
    );
    model.reset_states();
    assert_eq!(model.predict(&x)?, first);
    Ok(())
}

#[test]
fn what_is_masked_has_no_influence() -> Result<()> {
    let mut model = model()?;
    let values = |last: f32| Tensor::from_vec(vec![3.0, 4.0, 5.0, last, 0.0, 0.0], (1, 6));
    let mut short = Sequential::new();
    short.add(Embedding::new(9, 4).mask_zero(true).input_shape(6))?;
    short.add(LSTM::new(3))?;
    let padded = short.predict(&values(0.0)?)?;
    assert_ne!(short.predict(&values(8.0)?)?, padded);
    let mut cut = Sequential::new();
    cut.add(Embedding::new(9, 4).mask_zero(true).input_shape(3))?;
    cut.add(LSTM::new(3))?;
    cut.set_weights(&short.get_weights())?;
    assert_eq!(
        cut.predict(&values(0.0)?.slice(0..1)?.reshape((2, 3))?.slice(0..1)?)?,
        padded
    );
    // Nothing but masked steps is no error.
    let y = model.predict(Tensor::zeros((2, 17)))?;
    assert!(y.to_vec::<f32>().iter().all(|y| y.is_finite()));
    Ok(())
}
