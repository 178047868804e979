//! What cannot be exported is refused, with the layer and the reason.

use kerust::layers::*;
use kerust::prelude::*;

/// The error of exporting a model, which must leave no file behind.
fn error_of(model: &Model, name: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let error = model
        .export(folder.path().join(name))
        .expect_err("it is refused");
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 0, "{error}");
    error.to_string()
}

fn model(layer: impl Into<Box<dyn Layer>>, sample: impl Into<Shape>) -> Result<Sequential> {
    let mut model = Sequential::named("model");
    model.add(Input::new(sample))?;
    model.add(layer)?;
    Ok(model)
}

#[test]
fn a_layer_that_cannot_be_expressed_is_named_with_the_reason() -> Result<()> {
    let own =
        Lambda::new(|x: &Tensor, tape: &mut Tape| kerust::ops::square(tape, x)).name("square");
    let error = error_of(&*model(own, 3)?, "model.onnx");
    assert!(error.contains("`square` (Lambda)"), "{error}");
    assert!(error.contains("a function of your own"), "{error}");
    let stateful = LSTM::new(2).stateful(true).name("remembers");
    let error = error_of(&*model(stateful, (3, 2))?, "model.onnx");
    assert!(
        error.contains("`remembers` (LSTM)") && error.contains("`stateful`"),
        "{error}"
    );
    let uneven = AdaptiveMaxPooling2D::new(3).name("uneven");
    let error = error_of(&*model(uneven, (7, 7, 1))?, "model.onnx");
    assert!(
        error.contains("`uneven`") && error.contains("multiples"),
        "{error}"
    );
    Ok(())
}

#[test]
fn a_layer_inside_of_others_is_named_as_well() -> Result<()> {
    let each = TimeDistributed::new(ConvLSTM1D::new(2, 2)).name("each");
    let error = error_of(&*model(each, (2, 3, 4, 1))?, "model.onnx");
    assert!(error.contains("`each` (TimeDistributed)"), "{error}");
    assert!(error.contains("ConvLSTM1D"), "{error}");
    Ok(())
}

#[test]
fn other_endings_and_models_without_weights_are_refused() -> Result<()> {
    let built = model(Dense::new(2), 3)?;
    let error = error_of(&built, "model.pt");
    assert!(error.contains("`.onnx`"), "{error}");
    let error = built
        .save("model.onnx")
        .expect_err("it is refused")
        .to_string();
    assert!(error.contains("`export`"), "{error}");
    let mut open = Sequential::new();
    open.add(Dense::new(2))?;
    let error = error_of(&open, "model.onnx");
    assert!(error.contains("input_shape"), "{error}");
    Ok(())
}
