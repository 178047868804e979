//! Preprocessing layers: what golden values cannot say, chance and mistakes.

use kerust::prelude::*;

/// A layer alone, called as in training.
fn train(layer: impl Into<Box<dyn Layer>>, x: &Tensor) -> Result<Tensor> {
    let mut model = Sequential::new();
    model.add(Input::new(x.shape().without_batch()))?;
    model.add(layer)?;
    model.call(x, &mut Tape::off(), true)
}

fn pictures(count: usize) -> Tensor {
    Tensor::random_uniform((count, 8, 9, 3), 0.0, 1.0)
}

/// One of each random layer, with a seed.
fn random_layers() -> Vec<Box<dyn Layer>> {
    vec![
        RandomFlip::default().seed(3).into(),
        RandomRotation::new(0.2).seed(3).into(),
        RandomZoom::new(0.2).width_factor(0.3).seed(3).into(),
        RandomTranslation::new(0.2, 0.3).seed(3).into(),
        RandomCrop::new(4, 5).seed(3).into(),
        RandomContrast::new((0.4, 0.4))
            .value_range(0.0, 1.0)
            .seed(3)
            .into(),
        RandomBrightness::new(0.4)
            .value_range(0.0, 1.0)
            .seed(3)
            .into(),
    ]
}

#[test]
fn a_seed_makes_random_layers_repeatable_and_calls_differ() -> Result<()> {
    let x = pictures(6);
    for (first, second) in random_layers().into_iter().zip(random_layers()) {
        let name = first.class_name();
        let mut models = [Sequential::new(), Sequential::new()];
        for (model, layer) in models.iter_mut().zip([first, second]) {
            model.add(Input::new((8, 9, 3)))?;
            model.add(layer)?;
        }
        let [a, b] = &mut models;
        let once = a.call(&x, &mut Tape::off(), true)?;
        assert_eq!(once, b.call(&x, &mut Tape::off(), true)?, "{name}");
        let again = a.call(&x, &mut Tape::off(), true)?;
        assert_ne!(once, again, "{name}");
    }
    Ok(())
}

#[test]
fn about_half_of_the_pictures_are_flipped_and_nothing_else_happens() -> Result<()> {
    let x = pictures(200);
    let y = train(RandomFlip::new("horizontal").seed(1), &x)?;
    let mut flipped = 0;
    for i in 0..200 {
        let (old, new) = (x.index(i)?.to_vec::<f32>(), y.index(i)?.to_vec::<f32>());
        let mirrored: Vec<f32> = old
            .chunks(27)
            .flat_map(|row| row.chunks(3).rev().flatten().copied().collect::<Vec<_>>())
            .collect();
        assert!(new == old || new == mirrored);
        flipped += usize::from(new != old);
    }
    assert!((70..130).contains(&flipped), "{flipped} of 200");
    Ok(())
}

#[test]
fn a_random_crop_is_a_part_of_the_picture() -> Result<()> {
    let x = Tensor::arange(8 * 9)
        .astype(DType::Float32)
        .reshape((1, 8, 9, 1))?;
    let y = train(RandomCrop::new(3, 4).seed(5), &x)?.to_vec::<f32>();
    for (i, &value) in y.iter().enumerate() {
        assert_eq!(value, y[0] + (i / 4 * 9 + i % 4) as f32);
    }
    Ok(())
}

#[test]
fn brightness_is_spread_evenly_between_its_bounds() -> Result<()> {
    let x = Tensor::full((500, 1, 1, 1), 0.5);
    let y = train(RandomBrightness::new(0.2).value_range(0.0, 1.0).seed(1), &x)?;
    assert!(y.min() > 0.3 && y.min() < 0.32 && y.max() < 0.7 && y.max() > 0.68);
    assert!((y.mean() - 0.5).abs() < 0.02);
    Ok(())
}

#[track_caller]
fn fails<T: std::fmt::Debug>(result: Result<T>, says: &str) {
    let error = result.expect_err(says).to_string();
    assert!(error.contains(says), "{error}");
}

#[test]
fn mistakes_are_told() {
    let x = Tensor::ones((2, 3));
    fails(train(Normalization::new(), &x), "adapt(&data)");
    fails(train(Normalization::new().mean(1.0), &x), "together");
    fails(
        train(Normalization::new().mean([1.0]).variance([1.0]), &x),
        "or 3",
    );
    fails(train(Normalization::new().axis(4), &x), "axis");
    fails(
        Normalization::new().adapt(Tensor::ones((0, 3))),
        "no numbers",
    );
    fails(train(Discretization::num_bins(3), &x), "adapt(&data)");
    fails(train(Discretization::new([2.0, 1.0]), &x), "grow");
    fails(train(Discretization::new(Vec::new()), &x), "grow");
    fails(Discretization::new([1.0]).adapt(&x), "num_bins");
    fails(train(CategoryEncoding::new(1), &x), "from 0 to 0, got 1");
    fails(train(CategoryEncoding::new(0), &x), "num_tokens");
    fails(train(CategoryEncoding::new(usize::MAX), &x), "memory");
    fails(
        train(CategoryEncoding::new(3).output_mode("int"), &x),
        "output_mode",
    );
    fails(train(IntegerLookup::new(), &x), "no vocabulary yet");
    fails(
        train(IntegerLookup::new().vocabulary([1, 1]), &x),
        "1 twice",
    );
    fails(
        train(IntegerLookup::new().vocabulary([2]).num_oov_indices(0), &x),
        "num_oov_indices",
    );
    fails(StringLookup::new().call_text(&["a"]), "no vocabulary yet");
    fails(
        StringLookup::new().set_vocabulary(Vec::<String>::new()),
        "empty",
    );
    fails(
        StringLookup::new().vocabulary(["a"]).adapt(&["b"]),
        "given its vocabulary",
    );
    fails(TextVectorization::new().call_text(&["a"]), "adapt(&data)");
    fails(TextVectorization::new().adapt(&[""]), "no token");
    fails(
        TextVectorization::new().split("words").adapt(&["a"]),
        "unknown split",
    );
    fails(TextVectorization::new().ngrams(0).adapt(&["a"]), "ngrams");
    let long = TextVectorization::new()
        .vocabulary(["a"])
        .output_sequence_length(usize::MAX);
    fails(long.call_text(&["a", "b"]), "memory");
    fails(train(Resizing::new(0, 2), &pictures(1)), "height");
    fails(train(Resizing::new(2, 2), &x), "pictures of shape");
    fails(train(RandomRotation::new(1.5), &pictures(1)), "factor");
    fails(train(RandomZoom::new(-1.0), &pictures(1)), "height_factor");
    fails(
        train(RandomTranslation::new(0.1, 2.0), &pictures(1)),
        "width_factor",
    );
    fails(train(RandomContrast::new(1.5), &pictures(1)), "factor");
    fails(
        train(RandomBrightness::new(f32::NAN), &pictures(1)),
        "factor",
    );
    fails(
        train(RandomFlip::new("sideways"), &pictures(1)),
        "unknown flip mode",
    );
    fails(
        train(RandomRotation::new(0.1).fill_mode("mirror"), &pictures(1)),
        "unknown fill mode",
    );
    fails(
        to_categorical(&Tensor::from_vec(vec![3], 1).expect("one"), 2),
        "from 0 to 1",
    );
}

#[test]
fn keras_reads_bins_as_whole_numbers() -> Result<()> {
    // It refuses to make bins of floats.
    for (layer, dtype) in [
        (Hashing::new(5), "int64"),
        (Hashing::new(5).output_mode("count"), "float32"),
    ] {
        let mut model = Sequential::new();
        model.add(layer.input_shape(3))?;
        let json: serde_json::Value = serde_json::from_str(&model.to_json()?).expect("JSON");
        let layers = json["config"]["layers"].as_array().expect("a list");
        let hashing = layers.iter().find(|layer| layer["class_name"] == "Hashing");
        let hashing = hashing.expect("it is there");
        assert_eq!(hashing["config"]["dtype"]["config"]["name"], dtype);
    }
    Ok(())
}

#[test]
fn integers_are_salted_only_where_they_are_hashed() {
    let lookup = IntegerLookup::new().vocabulary([3]).num_oov_indices(2);
    let error = lookup.salt(7).output_shape(&Shape::from(1));
    let error = error.expect_err("no hash, no salt").to_string();
    assert!(error.contains("`salt`"), "{error}");
    assert!(error.contains("farmhash"), "{error}");
}
