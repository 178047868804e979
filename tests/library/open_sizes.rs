//! Inputs whose sizes are open: `(None, 64)`, `(None, None, 3)`.

use kerust::ErrorKind;
use kerust::layers::{LAYERS, from_config};
use kerust::models::SharedLayer;
use kerust::prelude::*;

use crate::contract::example;

#[test]
fn sequences_of_any_length_train_and_predict() -> Result<()> {
    let mut model = Sequential::new();
    model.add(Input::new((None, 4)))?;
    model.add(Conv1D::new(6, 3).activation("relu").padding("same"))?;
    model.add(MaxPooling1D::new(2))?;
    model.add(LSTM::new(5).return_sequences(true))?;
    model.add(GlobalAveragePooling1D::new())?;
    model.add(Dense::new(2).activation("softmax"))?;
    let shapes: Vec<String> = model
        .summary()
        .rows
        .into_iter()
        .map(|r| r.output_shape)
        .collect();
    let expected = [
        "(None, None, 6)",
        "(None, None, 6)",
        "(None, None, 5)",
        "(None, 5)",
        "(None, 2)",
    ];
    assert_eq!(shapes, expected);

    let mut closed = Sequential::new();
    closed.add(Input::new((8, 4)))?;
    closed.add(Conv1D::new(6, 3).activation("relu").padding("same"))?;
    closed.add(MaxPooling1D::new(2))?;
    closed.add(LSTM::new(5).return_sequences(true))?;
    closed.add(GlobalAveragePooling1D::new())?;
    closed.add(Dense::new(2).activation("softmax"))?;
    closed.set_weights(&model.get_weights())?;
    let x = Tensor::random_normal((3, 8, 4), 0.0, 1.0);
    assert_eq!(model.predict(&x)?, closed.predict(&x)?);

    let compile = || Compile {
        loss: "sparse_categorical_crossentropy".into(),
        ..Compile::default()
    };
    model.compile(compile())?;
    let quietly = || Fit {
        verbose: 0,
        ..Fit::default()
    };
    for length in [2, 7, 30] {
        let x = Tensor::random_normal((6, length, 4), 0.0, 1.0);
        let y = Tensor::from_vec(vec![0, 1, 0, 1, 0, 1], 6)?;
        model.fit(&x, &y, quietly())?;
        assert_eq!(model.predict(&x)?.shape(), (6, 2));
        assert_eq!(
            model
                .evaluate(
                    &x,
                    &y,
                    Evaluate {
                        verbose: 0,
                        ..Evaluate::default()
                    }
                )?
                .len(),
            1
        );
    }
    // Batches of different lengths in one run.
    let batches = (3..9).map(|length| {
        let x = Tensor::random_normal((4, length, 4), 0.0, 1.0);
        (
            x,
            Tensor::from_vec(vec![0, 1, 0, 1], 4).expect("four labels"),
        )
    });
    assert_eq!(model.fit_batches(batches, quietly())?.epoch, [0]);
    Ok(())
}

#[test]
fn pictures_of_any_size() -> Result<()> {
    let pictures = Input::new((None, None, 3));
    let x = Conv2D::new(4, 3).strides(2).on(&pictures)?;
    assert_eq!(*x.shape(), (None, None, 4));
    let x = BatchNormalization::new().on(&x)?;
    let side = Conv2D::new(4, 1).on(&x)?;
    let x = Add::new().on([&x, &side])?;
    let x = GlobalMaxPooling2D::new().on(&x)?;
    let mut model = Model::new(&pictures, &Dense::new(2).on(&x)?)?;
    for (height, width) in [(8, 8), (31, 17)] {
        let x = Tensor::random_normal((2, height, width, 3), 0.0, 1.0);
        assert_eq!(model.predict(&x)?.shape(), (2, 2));
    }
    // As a layer of another, for any size again.
    let outer = Input::new((None, None, 3));
    let mut outer = Model::new(&outer, &model.on(&outer)?)?;
    let x = Tensor::random_normal((2, 9, 12, 3), 0.0, 1.0);
    assert_eq!(outer.predict(&x)?, model.predict(&x)?);
    // Too small for the convolution.
    let error = model
        .predict(Tensor::ones((1, 2, 9, 3)))
        .expect_err("no room");
    assert_eq!(error.kind(), ErrorKind::Shape);
    assert!(error.to_string().contains("(Conv2D)"), "{error}");
    Ok(())
}

#[test]
fn open_outputs_stay_open() -> Result<()> {
    let mut model = Sequential::new();
    model.add(Embedding::new(20, 4).mask_zero(true).input_shape(None))?;
    assert_eq!(model.output_shape()?, (None, 4));
    // Long strides make the same of short samples.
    model.add(MaxPooling1D::new(200).padding("same"))?;
    assert_eq!(model.output_shape()?, (None, 4));
    model.add(Conv1D::new(2, 500))?;
    assert_eq!(model.output_shape()?, (None, 2));
    model.add(Lambda::new(|x, tape| kerust::ops::multiply(tape, x, x)))?;
    assert_eq!(model.output_shape()?, (None, 2));
    model.add(Permute::new([2, 1]))?;
    assert_eq!(model.output_shape()?, (2, None));
    Ok(())
}

#[test]
fn layers_that_need_the_size_say_so() -> Result<()> {
    let mut model = Sequential::named("model");
    model.add(Flatten::new().input_shape((None, 3)))?;
    assert_eq!(model.output_shape()?, (None,));
    let error = model.add(Dense::new(2).name("dense")).expect_err("no size");
    assert_eq!(
        error.to_string(),
        "model `model`: layer `dense` (Dense): the shape of the weight `kernel` depends on a size \
         that is open: the input is (None,)\n  help: tell the input its sizes, or put a layer in \
         front whose output does not depend on them, such as GlobalAveragePooling2D"
    );
    let error = model
        .add(Conv2D::new(2, 3).name("conv"))
        .expect_err("no pictures");
    assert!(
        error
            .to_string()
            .contains("in the place of None: expected pictures"),
        "{error}"
    );
    let mut model = Sequential::named("model");
    model.add(Dense::new(2).input_shape((None, 3)))?;
    let error = model
        .predict(Tensor::ones((1, 5, 4)))
        .expect_err("other features");
    assert!(
        error
            .to_string()
            .contains("expected samples of shape (None, 3)"),
        "{error}"
    );
    let panic = std::panic::catch_unwind(|| Tensor::zeros((None, 3))).expect_err("no tensor");
    let text = panic.downcast_ref::<String>().expect("a text");
    assert!(text.contains("a tensor of shape (None, 3)"), "{text}");
    Ok(())
}

#[test]
fn every_layer_takes_open_sizes_as_it_takes_known_ones() {
    let mut open = 0;
    for entry in LAYERS.iter() {
        let (_, sample) = example(entry);
        for axis in 0..sample.rank() {
            let sizes: Vec<Option<usize>> = sample.sizes().collect();
            let mut opened = sizes.clone();
            opened[axis] = None;
            let input = match opened[..] {
                [a] => Input::new(a),
                [Some(a), None] => Input::new((a, None)),
                [a, b] => Input::new((a, b)),
                [a, b, c] => Input::new((a, b, c)),
                [a, b, c, d] => Input::new((a, b, c, d)),
                _ => continue,
            };
            let mut model = Sequential::new();
            model.add(input).expect("the first layer");
            // Some need the size: they must say so, and nothing may panic.
            if model.add(example(entry).0).is_err() {
                continue;
            }
            open += 1;
            let promised = model.output_shape().expect("built");
            let x = Tensor::ones(sample.with_batch(2));
            if let Ok(y) = model.predict(&x) {
                let made = y.shape().without_batch();
                assert_eq!(promised.rank(), made.rank(), "{}", entry.class_name);
                let mut pairs = promised.sizes().zip(made.sizes());
                let fits = pairs.all(|(promised, made)| promised.is_none() || promised == made);
                assert!(fits, "{}: {promised}, made {made}", entry.class_name);
            }
        }
    }
    assert!(open > 100, "{open}");
}

#[test]
fn inputs_write_open_sizes_down_as_keras() -> Result<()> {
    let config = Input::new((None, 64)).get_config()?.to_string();
    let config: String = config.split_whitespace().collect();
    assert!(
        config.contains(r#""batch_shape":[null,null,64]"#),
        "{config}"
    );
    Ok(())
}

#[test]
fn a_tied_language_model_of_any_length() -> Result<()> {
    let embed = SharedLayer::new(ReversibleEmbedding::new(11, 6));
    let words = Input::new(None);
    let x = GRU::new(6).return_sequences(true).on(&embed.on(&words)?)?;
    let mut model = Model::new(&words, &embed.on(&x)?)?;
    model.compile(Compile {
        loss: kerust::losses::SparseCategoricalCrossentropy::new()
            .from_logits(true)
            .into(),
        ..Compile::default()
    })?;
    for length in [3, 5] {
        let x = Tensor::from_vec((0..2 * length as i64).collect(), (2, length))?;
        let fit = Fit {
            verbose: 0,
            ..Fit::default()
        };
        model.fit(&x, &x, fit)?;
        assert_eq!(model.predict(&x)?.shape(), (2, length, 11));
    }
    Ok(())
}

#[test]
fn configurations_name_layers_by_their_aliases() -> Result<()> {
    let config = MaxPool2D::new(2).get_config()?;
    assert_eq!(
        from_config("MaxPool2D", &config)?.class_name(),
        "MaxPooling2D"
    );
    let config = Convolution2D::new(4, 3).get_config()?;
    assert_eq!(
        from_config("Convolution2D", &config)?.class_name(),
        "Conv2D"
    );
    let config = GlobalAvgPool1D::new().get_config()?;
    let layer = from_config("GlobalAvgPool1D", &config)?;
    assert_eq!(layer.class_name(), "GlobalAveragePooling1D");
    assert!(from_config("Convolution4D", &config).is_err());
    Ok(())
}

#[test]
fn models_of_open_sizes_come_back_from_files_and_json() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("open.keras");
    let mut model = Sequential::new();
    model.add(Input::new((None, 3)))?;
    model.add(LSTM::new(2))?;
    model.save(&path)?;
    assert!(
        model
            .to_json()?
            .replace([' ', '\n'], "")
            .contains("[null,null,3]")
    );
    let x = Tensor::random_uniform((2, 5, 3), -1.0, 1.0);
    for mut again in [
        kerust::models::load_model(&path)?,
        kerust::models::model_from_json(&model.to_json()?)?,
    ] {
        again.set_weights(&model.get_weights())?;
        assert_eq!(again.predict(&x)?, model.predict(&x)?);
        let longer = Tensor::ones((2, 7, 3));
        assert_eq!(again.predict(&longer)?, model.predict(&longer)?);
    }
    Ok(())
}
