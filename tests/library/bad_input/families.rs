//! Layers of several inputs, and arguments of the families around them: refused when the model is
//! built.

use kerust::prelude::*;

use super::refused;

/// Fails unless a model of `layer` alone is refused with this text.
#[track_caller]
fn cannot_take(layer: impl Into<Box<dyn Layer>>, sample: &[usize], message: &str, help: &str) {
    let mut layer: Box<dyn Layer> = layer.into();
    layer.base_mut().name = Some("l".to_string());
    layer.base_mut().input_shape = Some(Shape::from(sample));
    let mut model = Sequential::named("model");
    let message = format!(
        "model `model`: layer `l` ({}): {message}",
        layer.class_name()
    );
    refused(model.add(layer), &message, help);
}

/// Fails unless `layer` refuses inputs of these shapes with this text.
#[track_caller]
fn misfits(layer: impl Layer, shapes: &[&[usize]], message: &str, help: &str) {
    let shapes: Vec<Shape> = shapes.iter().map(|shape| Shape::from(*shape)).collect();
    refused(layer.output_shapes(&shapes), message, help);
}

#[test]
fn inputs_that_cannot_be_merged() {
    let broadcast = "each axis, counted from the end, must be equal or 1";
    misfits(
        Add::new(),
        &[&[4, 3], &[5, 3]],
        "shapes (4, 3) and (5, 3) do not broadcast",
        broadcast,
    );
    misfits(
        Maximum::new(),
        &[],
        "expected at least one input, got none",
        "list the tensors to merge: `.on([&a, &b])`",
    );
    let both = "list both: `.on([&a, &b])`";
    misfits(Subtract::new(), &[&[2]], "expected two inputs, got 1", both);
    misfits(Dot::new(1), &[&[2]], "expected two inputs, got 1", both);
    misfits(
        Concatenate::new(),
        &[&[4, 3], &[5, 3]],
        "cannot concatenate samples of shape (4, 3) with (5, 3): they may differ in axis -1 alone",
        "reshape one of the inputs, or set another `axis`",
    );
    misfits(
        Concatenate::new().axis(0),
        &[&[4, 3], &[4, 3]],
        "argument `axis`: expected 1 to 2 or -2 to -1 for samples of shape (4, 3), got 0",
        "axes count from that of the batch, which is 0, or from the end",
    );
    misfits(
        Dot::new((1, 2)),
        &[&[4, 3], &[5, 3]],
        "samples of shapes (4, 3) and (5, 3) cannot be multiplied along axes 1 and 2: 4 numbers \
         against 3",
        "set other `axes`, or reshape one of the inputs",
    );
    misfits(
        Dot::new([1, 2, 3]),
        &[&[4, 3], &[5, 3]],
        "argument `axes`: expected one axis, or one for each of the two inputs, got [1, 2, 3]",
        "Dot adds up along one axis of each input: `Dot::new((1, 2))`",
    );
}

#[test]
fn what_cannot_be_merged_in_a_model_is_told_with_the_layer() -> Result<()> {
    let (a, b) = (Input::new((4, 3)), Input::new((5, 3)));
    let on =
        |layer: Result<kerust::models::KerasTensor>, class: &str, message: &str, help: &str| {
            let message = format!("layer `l` ({class}): {message}");
            refused(layer, &message, help);
        };
    on(
        Add::new().name("l").on([&a, &b]),
        "Add",
        "shapes (4, 3) and (5, 3) do not broadcast",
        "each axis, counted from the end, must be equal or 1",
    );
    on(
        Subtract::new().name("l").on([&a, &a, &a]),
        "Subtract",
        "expected two inputs, got 3",
        "list both: `.on([&a, &b])`",
    );
    on(
        Concatenate::new().name("l").on([&a, &b]),
        "Concatenate",
        "cannot concatenate samples of shape (4, 3) with (5, 3): they may differ in axis -1 alone",
        "reshape one of the inputs, or set another `axis`",
    );
    on(
        Dot::new(1).name("l").on([&a, &b]),
        "Dot",
        "samples of shapes (4, 3) and (5, 3) cannot be multiplied along axes 1 and 1: 4 numbers \
         against 5",
        "set other `axes`, or reshape one of the inputs",
    );
    on(
        Dense::new(2).name("l").on([&a, &b]),
        "Dense",
        "expected one input, got 2",
        "call the layer on one tensor, `.on(&x)`; Concatenate joins several",
    );
    on(
        BatchNormalization::new().axis(3).name("l").on(&a),
        "BatchNormalization",
        "argument `axis`: expected 1 to 2 or -2 to -1 for samples of shape (4, 3), got 3",
        "axes count from that of the batch, which is 0, or from the end",
    );
    Ok(())
}

#[test]
fn inputs_that_cannot_be_attended_to() {
    misfits(
        Attention::new(),
        &[&[4, 3]],
        "expected the inputs [query, value] or [query, value, key], got 1",
        "for self-attention, give the same tensor as query and as value",
    );
    misfits(
        Attention::new(),
        &[&[4, 3], &[5, 2]],
        "query and key must have as many features: got samples of shapes (4, 3) and (5, 2)",
        "add a Dense layer in front of one of them",
    );
    misfits(
        MultiHeadAttention::new(2, 3),
        &[&[4, 3], &[5, 2], &[6, 2]],
        "value and key must have as many steps: got samples of shapes (5, 2) and (6, 2)",
        "give the inputs in the order query, value, key",
    );
    misfits(
        MultiHeadAttention::new(0, 3),
        &[&[4, 3], &[5, 2]],
        "argument `num_heads`: expected a positive whole number, got 0",
        "",
    );
    misfits(
        MultiHeadAttention::new(2, 3).attention_axes(2),
        &[&[4, 3], &[5, 2]],
        "argument `attention_axes`: expected different axes from 1 to 1, got [2]",
        "",
    );
    misfits(
        MultiHeadAttention::new(2, 3),
        &[&[4, 3], &[5, 3], &[5, 3], &[4, 4]],
        "expected an attention mask of shape (4, 5) or (2, 4, 5) per sample, got (4, 4)",
        "give the mask a row for each step of the query and a column for each of the key",
    );
    misfits(
        GroupQueryAttention::new(3, 4, 3),
        &[&[4, 3], &[5, 3]],
        "argument `num_key_value_heads`: expected a divisor of the 4 heads of queries, got 3",
        "",
    );
}

#[test]
fn shapes_and_arguments() -> Result<()> {
    cannot_take(
        Reshape::new([5, -1]),
        &[4, 3],
        "cannot reshape samples of shape (4, 3) into [5, -1]: 12 numbers against 5",
        "set another `target_shape`; -1 stands for what is left",
    );
    cannot_take(
        Reshape::new([-1, -1]),
        &[4, 3],
        "argument `target_shape`: expected positive sizes, one of which may be -1, got [-1, -1]",
        "",
    );
    cannot_take(
        Permute::new([1, 3]),
        &[4, 3],
        "argument `dims`: expected the numbers 1 to 2, each once, for samples of shape (4, 3), got \
         [1, 3]",
        "",
    );
    cannot_take(
        RepeatVector::new(2),
        &[4, 3],
        "expected samples of shape (features,), got (4, 3)",
        "add Flatten before this layer",
    );
    cannot_take(
        LayerNormalization::new().axis([1, 1]),
        &[4, 3],
        "argument `axis`: expected axes that differ, got [1, 1]",
        "name each axis once",
    );
    cannot_take(
        BatchNormalization::new().axis(3),
        &[4, 3],
        "argument `axis`: expected 1 to 2 or -2 to -1 for samples of shape (4, 3), got 3",
        "axes count from that of the batch, which is 0, or from the end",
    );
    cannot_take(
        GroupNormalization::new(),
        &[4, 3],
        "argument `groups`: expected a divisor of the 3 channels, or -1, got 32",
        "",
    );
    cannot_take(
        SpatialDropout1D::new(0.5),
        &[4],
        "expected samples of shape (steps, channels), got (4,)",
        "take the spatial dropout of as many axes as the data has, or Dropout",
    );
    cannot_take(
        Dropout::new(0.5).noise_shape([None, Some(2)]),
        &[4],
        "argument `noise_shape`: expected 2 sizes that stretch to batches of samples of shape (4,): \
         each the same, 1, or none, got [None, Some(2)]",
        "",
    );
    cannot_take(
        ReLU::new().max_value(-1.0),
        &[4],
        "argument `max_value`: expected a number from 0 on, got -1",
        "",
    );
    cannot_take(
        PReLU::new().shared_axes(2),
        &[4],
        "argument `shared_axes`: expected 1 or -1, the only axis of samples of shape (4,), got 2",
        "axes count from that of the batch, which is 0, or from the end",
    );
    cannot_take(
        Lambda::new(|x, tape| kerust::ops::sum(tape, x, &[], false)),
        &[4],
        "the function made shape () of a batch of shape (2, 4)",
        "it must keep the first axis, which is that of the batch",
    );
    let config = r#"{"renorm": true, "renorm_clipping": {"rmin": 2.0, "rmax": 1.0}}"#;
    cannot_take(
        kerust::layers::from_config("BatchNormalization", &kerust::Config::from_json(config)?)?,
        &[4],
        "argument `renorm_clipping`: expected `rmin` no larger than `rmax`, got 2 and 1",
        "",
    );
    Ok(())
}

#[test]
fn operations_on_what_does_not_fit() {
    let (tape, x) = (&mut Tape::off(), Tensor::ones((2, 3)));
    refused(
        kerust::ops::matmul(tape, &x, &x),
        "cannot multiply matrices of shapes (2, 3) and (2, 3)",
        "the last axis of the first must be as long as the last but one of the second",
    );
    refused(
        kerust::ops::transpose(tape, &x, &[0, 0]),
        "argument `axes`: expected every axis of a tensor of shape (2, 3) once, got [0, 0]",
        "",
    );
    refused(
        kerust::ops::sum(tape, &x, &[0, -2], false),
        "argument `axis`: expected axes that differ, got [0, -2]",
        "name each axis once",
    );
    refused(
        kerust::ops::max(tape, &Tensor::ones((2, 0)), &[1], false),
        "axes [1] of a tensor of shape (2, 0) are empty: nothing is largest or smallest",
        "",
    );
    refused(
        kerust::ops::slice(tape, &x, &[1, 1], (2, 2)),
        "a part of shape (2, 2) that begins at [1, 1] does not lie inside of a tensor of shape (2, 3)",
        "",
    );
    refused(
        kerust::ops::split(tape, &x, 2, -1),
        "argument `sections`: expected a divisor of 3, the size of axis 1, got 2",
        "",
    );
    // Nothing goes in, nothing comes out.
    let nothing = Tensor::ones((0, 3));
    assert_eq!(
        kerust::ops::add(tape, &nothing, &nothing)
            .expect("fits")
            .shape(),
        (0, 3)
    );
    assert_eq!(
        kerust::ops::sum(tape, &nothing, &[0], false).expect("fits"),
        Tensor::zeros(3)
    );
    let three = Tensor::ones((3, 2));
    assert_eq!(
        kerust::ops::matmul(tape, &nothing, &three)
            .expect("fits")
            .shape(),
        (0, 2)
    );
    let inner = kerust::ops::matmul(tape, &Tensor::ones((2, 4, 0)), &Tensor::ones((2, 0, 3)));
    assert_eq!(inner.expect("fits"), Tensor::zeros((2, 4, 3)));
}

#[test]
fn glu_halves_and_recurrent_layers_refuse_it() -> Result<()> {
    let mut model = Sequential::named("model");
    model.add(Dense::new(6).activation("glu").input_shape(4))?;
    assert_eq!(model.output_shape()?, (3,));
    assert_eq!(model.predict(Tensor::ones((2, 4)))?.shape(), (2, 3));
    let mut odd = Sequential::named("model");
    let layer = Dense::new(5).activation("glu").name("d").input_shape(4);
    refused(
        odd.add(layer),
        "model `model`: layer `d` (Dense): `glu` halves an axis, but axis 1 of shape (1, 5) has the \
         odd size 5",
        "give the layer before it an even number of units",
    );
    let error = odd.add(LSTM::new(4).activation("glu").input_shape((3, 2)));
    let error = error
        .expect_err("the states would have another shape")
        .to_string();
    assert!(
        error.contains("argument `activation`: expected a function that keeps the shape"),
        "{error}"
    );
    Ok(())
}
