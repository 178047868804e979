//! Models whose layers are connected in any way.

use kerust::models::{Losses, SharedLayer};
use kerust::prelude::*;

use crate::own_process;

/// Two towers that share a layer, and two outputs.
fn two_towers() -> Result<Model> {
    clear_session();
    let (a, b) = (Input::new(4).name("a"), Input::new(4).name("b"));
    let shared = SharedLayer::new(Dense::new(8));
    let x = Concatenate::new().on([&shared.on(&a)?, &shared.on(&b)?])?;
    let y = Dense::new(8).on(&x)?;
    let z = Add::new().on([&y, &shared.on(&a)?])?;
    let price = Dense::new(1).name("price").on(&z)?;
    let kind = Dense::new(3).activation("softmax").name("kind").on(&y)?;
    Ok(Model::new([&a, &b], [&price, &kind])?.named("two_tower"))
}

/// What Keras 3.15.1 prints for the same model.
const SUMMARY: &str = r#"Model: "two_tower"
┏━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━┓
┃ Layer (type)          ┃ Output Shape      ┃     Param # ┃ Connected to       ┃
┡━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━┩
│ a (InputLayer)        │ (None, 4)         │           0 │ -                  │
├───────────────────────┼───────────────────┼─────────────┼────────────────────┤
│ b (InputLayer)        │ (None, 4)         │           0 │ -                  │
├───────────────────────┼───────────────────┼─────────────┼────────────────────┤
│ dense (Dense)         │ (None, 8)         │          40 │ a[0][0], b[0][0],  │
│                       │                   │             │ a[0][0]            │
├───────────────────────┼───────────────────┼─────────────┼────────────────────┤
│ concatenate           │ (None, 16)        │           0 │ dense[0][0],       │
│ (Concatenate)         │                   │             │ dense[1][0]        │
├───────────────────────┼───────────────────┼─────────────┼────────────────────┤
│ dense_1 (Dense)       │ (None, 8)         │         136 │ concatenate[0][0]  │
├───────────────────────┼───────────────────┼─────────────┼────────────────────┤
│ add (Add)             │ (None, 8)         │           0 │ dense_1[0][0],     │
│                       │                   │             │ dense[2][0]        │
├───────────────────────┼───────────────────┼─────────────┼────────────────────┤
│ price (Dense)         │ (None, 1)         │           9 │ add[0][0]          │
├───────────────────────┼───────────────────┼─────────────┼────────────────────┤
│ kind (Dense)          │ (None, 3)         │          27 │ dense_1[0][0]      │
└───────────────────────┴───────────────────┴─────────────┴────────────────────┘
 Total params: 212 (848.00 B)
 Trainable params: 212 (848.00 B)
 Non-trainable params: 0 (0.00 B)
"#;

#[test]
fn the_summary_is_kerass() {
    own_process::run("functional::the_summary_is_kerass", || {
        let model = two_towers().expect("the layers fit");
        assert_eq!(model.summary().to_string(), SUMMARY);
    });
}

#[test]
fn several_inputs_and_outputs_train() -> Result<()> {
    set_random_seed(3);
    let mut model = two_towers()?;
    model.compile(Compile {
        optimizer: "adam".into(),
        loss: Losses::from(["mse", "sparse_categorical_crossentropy"]),
        loss_weights: vec![1.0, 0.5],
        metrics: vec!["mae".into(), ["accuracy"].into()],
        ..Compile::default()
    })?;
    let a = Tensor::random_uniform((48, 4), -1.0, 1.0);
    let b = Tensor::random_uniform((48, 4), -1.0, 1.0);
    let price = kerust::ops::sum(&mut Tape::off(), &(&a * &b), &[-1], true)?;
    let kind = a.slice(0..48)?.argmax(-1)?;
    let kind = kind.astype(DType::Float32).map(|k| k.min(2.0));
    let fit = Fit {
        epochs: 30,
        verbose: 0,
        validation_split: 0.25,
        ..Fit::default()
    };
    let history = model.fit([&a, &b], [&price, &kind], fit)?;
    let names = "kind_accuracy kind_loss loss price_loss price_mae";
    let all = format!(
        "{names} {}",
        names
            .split(' ')
            .map(|n| format!("val_{n}"))
            .collect::<Vec<_>>()
            .join(" ")
    );
    assert_eq!(history.metrics().join(" "), all);
    let of = |name: &str, epoch: usize| history.get(name).map_or(f64::NAN, |v| v[epoch]);
    for epoch in [0, 29] {
        let sum = of("price_loss", epoch) + 0.5 * of("kind_loss", epoch);
        assert!((of("loss", epoch) - sum).abs() < 1e-5);
    }
    assert!(of("loss", 29) < 0.8 * of("loss", 0));

    let outputs = model.predict_all(
        [&a, &b],
        kerust::models::Predict {
            verbose: 0,
            ..Default::default()
        },
    )?;
    assert_eq!(*outputs[0].shape(), (48, 1));
    assert_eq!(*outputs[1].shape(), (48, 3));
    let error = model.predict(&a).expect_err("a mistake").to_string();
    assert!(error.contains("expected 2 inputs (a, b), got 1"), "{error}");
    Ok(())
}

#[test]
fn a_model_inside_of_a_model_takes_its_weights_along() -> Result<()> {
    let mut inner = Sequential::new();
    inner.add(Dense::new(5).activation("tanh").input_shape(4))?;
    inner.add(BatchNormalization::new())?;
    inner.set_trainable(false);
    let x = Tensor::random_uniform((6, 4), -1.0, 1.0);
    let features = inner.predict(&x)?;

    let mut outer = Sequential::new();
    outer.add(inner.clone())?;
    assert_eq!(outer.predict(&x)?, features);
    outer.add(Dense::new(2))?;
    assert_eq!(outer.summary().trainable_params, 12);
    outer.compile(Compile {
        loss: "mse".into(),
        ..Compile::default()
    })?;
    let fit = Fit {
        epochs: 2,
        verbose: 0,
        ..Fit::default()
    };
    outer.fit(&x, Tensor::ones((6, 2)), fit)?;
    assert_eq!(outer.get_weights()[..6], inner.get_weights()[..], "frozen");

    let inputs = Input::new(4);
    let outputs = Dense::new(1).on(&inner.on(&inputs)?)?;
    let model = Model::new(&inputs, &outputs)?;
    assert_eq!(model.summary().rows[1].class_name, "Sequential");
    assert_eq!(model.count_params()?, inner.count_params()? + 6);
    Ok(())
}

#[test]
fn a_part_of_a_model_computes_the_same() -> Result<()> {
    let mut model = two_towers()?;
    let (a, b) = (Tensor::ones((3, 4)), Tensor::full((3, 4), -0.5));
    let mut part = model.submodel(&["add", "kind"])?;
    let quiet = || kerust::models::Predict {
        verbose: 0,
        ..Default::default()
    };
    let parts = part.predict_all([&a, &b], quiet())?;
    let whole = model.predict_all([&a, &b], quiet())?;
    assert_eq!(parts[1], whole[1]);
    assert_eq!(*parts[0].shape(), (3, 8));
    let error = model.submodel(&["ad"]).expect_err("a mistake").to_string();
    assert!(error.contains("did you mean `add`"), "{error}");
    Ok(())
}

#[test]
fn mistakes_are_told() -> Result<()> {
    let (a, b) = (Input::new(4), Input::new((3, 3)).name("picture"));
    let x = Dense::new(2).on(&a)?;
    let error = Conv2D::new(2, 3).on(&a).expect_err("a mistake").to_string();
    assert!(
        error.contains("conv2d") && error.contains("(4,)"),
        "{error}"
    );
    let both = Concatenate::new().on([&x, &Flatten::new().on(&b)?])?;
    let error = Model::new(&a, &both).expect_err("a mistake").to_string();
    assert!(error.contains("`picture`"), "{error}");
    let error = Model::new(&x, &both).expect_err("a mistake").to_string();
    assert!(error.contains("Input::new"), "{error}");
    let twice = Dense::new(2)
        .name("same")
        .on(&Dense::new(2).name("same").on(&a)?)?;
    let error = Model::new(&a, &twice).expect_err("a mistake").to_string();
    assert!(error.contains("`same` twice"), "{error}");
    Ok(())
}
