//! Augmentation: what is drawn by chance, and how labels follow their pictures.

use kerust::layers::ImageAugmentation;
use kerust::prelude::*;

/// A layer alone, in a model.
fn model(layer: Box<dyn Layer>) -> Result<Sequential> {
    let mut model = Sequential::new();
    model.add(Input::new((8, 9, 3)))?;
    model.add(layer)?;
    Ok(model)
}

fn pictures(count: usize) -> Tensor {
    Tensor::random_uniform((count, 8, 9, 3), 0.0, 1.0)
}

/// One of each layer that draws something, for pictures from 0 to 1.
fn random_layers() -> Vec<Box<dyn Layer>> {
    vec![
        Solarization::new()
            .addition_factor(0.5)
            .threshold_factor(0.9)
            .value_range(0.0, 1.0)
            .seed(3)
            .into(),
        RandomInvert::new(0.9).value_range(0.0, 1.0).seed(3).into(),
        RandomPosterization::new((1, 6))
            .value_range(0.0, 1.0)
            .seed(3)
            .into(),
        RandomGrayscale::default().seed(3).into(),
        RandomColorDegeneration::new(0.9)
            .value_range(0.0, 1.0)
            .seed(3)
            .into(),
        RandomSaturation::new(0.9)
            .value_range(0.0, 1.0)
            .seed(3)
            .into(),
        RandomHue::new(0.9).value_range(0.0, 1.0).seed(3).into(),
        RandomColorJitter::new()
            .brightness_factor(0.3)
            .contrast_factor(0.3)
            .saturation_factor(0.7)
            .hue_factor(0.3)
            .value_range(0.0, 1.0)
            .seed(3)
            .into(),
        RandomGaussianBlur::new((0.4, 0.6))
            .kernel_size((5, 3))
            .value_range(0.0, 1.0)
            .seed(3)
            .into(),
        RandomSharpness::new(1.0)
            .value_range(0.0, 1.0)
            .seed(3)
            .into(),
        RandomErasing::new((0.9, 1.0))
            .value_range(0.0, 1.0)
            .seed(3)
            .into(),
        RandomErasing::new((1.0, 1.0))
            .fill_value([0.1, 0.2, 3.0])
            .value_range(0.0, 1.0)
            .seed(3)
            .into(),
        RandomShear::new()
            .x_factor(0.3)
            .y_factor((0.1, 0.3))
            .seed(3)
            .into(),
        RandomPerspective::default().scale(0.6).seed(3).into(),
        RandomElasticTransform::default()
            .value_range(0.0, 1.0)
            .seed(3)
            .into(),
        MixUp::new(0.5).seed(3).into(),
        CutMix::default().seed(3).into(),
        RandAugment::new().value_range(0.0, 1.0).seed(3).into(),
        AugMix::new().value_range(0.0, 1.0).seed(3).into(),
        Pipeline::new([
            RandomFlip::default().seed(3).into(),
            RandomShear::new().x_factor(0.3).seed(4).into(),
        ])
        .into(),
    ]
}

#[test]
fn a_seed_makes_layers_repeatable_and_calls_differ() -> Result<()> {
    let x = pictures(6);
    for (first, second) in random_layers().into_iter().zip(random_layers()) {
        let name = first.class_name();
        let (mut a, mut b) = (model(first)?, model(second)?);
        let mut differ = false;
        for _ in 0..8 {
            let once = a.call(&x, &mut Tape::off(), true)?;
            assert_eq!(once, b.call(&x, &mut Tape::off(), true)?, "{name}");
            differ |= once != a.call(&x, &mut Tape::off(), true)?;
            b.call(&x, &mut Tape::off(), true)?;
        }
        assert!(differ, "{name}");
    }
    Ok(())
}

#[test]
fn numbers_stay_in_their_range_and_only_training_changes_them() -> Result<()> {
    let x = pictures(12);
    for layer in random_layers() {
        let name = layer.class_name();
        let mut model = model(layer)?;
        assert_eq!(model.predict(&x)?, x, "{name}");
        for _ in 0..20 {
            let y = model.call(&x, &mut Tape::off(), true)?;
            assert_eq!(y.shape(), x.shape(), "{name}");
            let (low, high) = (y.min(), y.max());
            assert!(low > -1e-6 && high < 1.0 + 1e-6, "{name}: {low} to {high}");
            assert!(y.to_vec::<f32>().iter().all(|y| y.is_finite()), "{name}");
        }
    }
    Ok(())
}

#[test]
fn each_picture_of_a_batch_is_changed_on_its_own() -> Result<()> {
    // The same picture eight times; mixing it with itself changes nothing.
    let one = pictures(1);
    let x = Tensor::concatenate(&vec![one.clone(); 8])?;
    for layer in random_layers() {
        let name = layer.class_name();
        if ["MixUp", "CutMix"].contains(&name) {
            continue;
        }
        let mut model = model(layer)?;
        let mut differ = false;
        for _ in 0..20 {
            let y = model.call(&x, &mut Tape::off(), true)?;
            let first = y.index(0)?;
            for i in 1..8 {
                differ |= y.index(i)? != first;
            }
        }
        assert!(differ, "{name}");
    }
    Ok(())
}

#[test]
fn single_pictures_and_batches_are_taken() -> Result<()> {
    let batch = pictures(2);
    let layers: [&dyn ImageAugmentation; 3] = [
        &RandomInvert::new((1.0, 1.0)).value_range(0.0, 1.0),
        &Equalization::new().value_range(0.0, 1.0),
        &Pipeline::new([CenterCrop::new(8, 9).into()]),
    ];
    for layer in layers {
        assert_eq!(layer.augment_images(&batch)?.shape(), (2, 8, 9, 3));
        let first = batch.slice(0..1)?;
        let alone = layer.augment_images(&first.index(0)?)?;
        assert_eq!(alone, layer.augment_images(&first)?.index(0)?);
    }
    let error = RandomHue::new(0.1).augment_images(&Tensor::ones((2, 3)));
    assert!(error.is_err_and(|e| e.to_string().contains("(height, width, channels)")));
    Ok(())
}

#[test]
fn an_erased_rectangle_is_as_large_as_it_should_be() -> Result<()> {
    let x = Tensor::ones((50, 40, 60, 1));
    let erase = RandomErasing::new((1.0, 1.0))
        .scale((0.25, 0.25))
        .fill_value(0.0);
    let y = erase.seed(1).augment_images(&x)?;
    for i in 0..50 {
        let y = y.index(i)?.to_vec::<f32>();
        let gone = |(_, value): &(usize, &f32)| **value == 0.0;
        let places: Vec<usize> = y.iter().enumerate().filter(gone).map(|(i, _)| i).collect();
        // Half of each side, and all of it in one rectangle.
        assert_eq!(places.len(), 20 * 30);
        let (rows, columns) = (places[0] / 60, places[0] % 60);
        assert!(places.iter().all(|place| {
            (rows..rows + 20).contains(&(place / 60))
                && (columns..columns + 30).contains(&(place % 60))
        }));
    }
    Ok(())
}

/// Pictures of one number each, and labels that tell which picture is which.
fn labelled(count: usize) -> Result<(Tensor, Tensor)> {
    let labels = to_categorical(&Tensor::arange(count), count)?;
    let x = Tensor::arange(count)
        .astype(DType::Float32)
        .reshape((count, 1, 1, 1))?;
    let x = kerust::ops::broadcast_to(&mut Tape::off(), &x, (count, 20, 30, 2))?;
    Ok((x, labels))
}

/// Which other picture a label is mixed with, and how much of it is its own.
fn told(label: &Tensor, own: usize) -> (usize, f32) {
    let label = label.to_vec::<f32>();
    let other = (0..label.len()).filter(|i| *i != own);
    let other = other.max_by(|a, b| label[*a].total_cmp(&label[*b]));
    (other.expect("two labels"), label[own])
}

#[test]
fn mix_up_mixes_labels_as_it_mixes_pictures() -> Result<()> {
    let (x, labels) = labelled(100)?;
    let (mixed, mixed_labels) = MixUp::new(0.4).seed(2).augment(&x, &labels)?;
    let mut shares = Vec::new();
    for i in 0..100 {
        let (other, share) = told(&mixed_labels.index(i)?, i);
        let expected = share * i as f32 + (1.0 - share) * other as f32;
        let picture = mixed.index(i)?;
        assert!((picture.min() - expected).abs() < 1e-3 && (picture.max() - expected).abs() < 1e-3);
        shares.push(share);
    }
    // The mean of the beta distribution is 1/2, its variance 1 / (4 (2 alpha + 1)).
    let mean = shares.iter().sum::<f32>() / 100.0;
    let variance = shares.iter().map(|s| (s - mean).powi(2)).sum::<f32>() / 100.0;
    assert!((mean - 0.5).abs() < 0.1, "{mean}");
    assert!((variance - 0.25 / 1.8).abs() < 0.04, "{variance}");
    Ok(())
}

#[test]
fn cut_mix_mixes_labels_by_the_area_of_the_part() -> Result<()> {
    let (x, labels) = labelled(100)?;
    let (mixed, mixed_labels) = CutMix::default().seed(2).augment(&x, &labels)?;
    let mut cut = 0;
    for i in 0..100 {
        let (other, share) = told(&mixed_labels.index(i)?, i);
        let numbers = mixed.index(i)?.to_vec::<f32>();
        let own = numbers.iter().filter(|x| **x == i as f32).count();
        if own < numbers.len() && share < 1.0 {
            assert!(numbers.iter().all(|x| *x == i as f32 || *x == other as f32));
            // The part ends at whole pixels.
            let seen = own as f32 / numbers.len() as f32;
            assert!((seen - share).abs() < 0.1, "{seen} {share}");
            cut += 1;
        }
    }
    assert!(cut > 80, "{cut}");
    Ok(())
}

#[test]
fn mixed_batches_train_a_model() -> Result<()> {
    let mix = MixUp::default().seed(1);
    let classes = Tensor::from_vec((0..30).map(|i| i % 3).collect(), 30)?;
    let labels = to_categorical(&classes, 3)?;
    // Each class has a brightness of its own.
    let x = classes.astype(DType::Float32).reshape((30, 1, 1, 1))?;
    let x = kerust::ops::broadcast_to(&mut Tape::off(), &x, (30, 8, 9, 3))?;
    let (all, answers) = (x.clone(), labels.clone());
    let batches = std::iter::repeat_with(move || mix.augment(&x, &labels)).map_while(Result::ok);
    let mut model = Sequential::new();
    model.add(Flatten::new().input_shape((8, 9, 3)))?;
    model.add(Dense::new(3).activation("softmax"))?;
    model.compile(Compile {
        optimizer: "adam".into(),
        loss: "categorical_crossentropy".into(),
        ..Compile::default()
    })?;
    // The loss of the mixed batches depends on how they are mixed; that of the pictures does not.
    let quiet = Evaluate {
        verbose: 0,
        ..Evaluate::default()
    };
    let before = model.evaluate(&all, &answers, quiet.clone())?[0];
    let fit = Fit {
        epochs: 40,
        steps_per_epoch: Some(2),
        verbose: 0,
        ..Fit::default()
    };
    model.fit_batches(batches, fit)?;
    let after = model.evaluate(&all, &answers, quiet)?[0];
    assert!(after < 0.9 * before, "{before} before, {after} after");
    Ok(())
}

#[test]
fn aug_mix_of_nothing_changes_nothing() -> Result<()> {
    let x = pictures(3);
    let layer = AugMix::new().chain_depth(0).value_range(0.0, 1.0);
    let distance = (layer.augment_images(&x)? - &x).map(f32::abs).max();
    assert!(distance < 1e-6, "{distance}");
    Ok(())
}

#[test]
fn elastic_pictures_move_more_the_larger_the_scale() -> Result<()> {
    // The number of each pixel is its column: what it becomes tells where it came from.
    let column = Tensor::arange(60)
        .astype(DType::Float32)
        .reshape((1, 1, 60, 1))?;
    let x = kerust::ops::broadcast_to(&mut Tape::off(), &column, (4, 40, 60, 1))?;
    let moved = |scale: f32| {
        let layer = RandomElasticTransform::new((1.0, 1.0)).scale((scale, scale));
        let y = layer.fill_mode("nearest").seed(5).augment_images(&x)?;
        Ok::<f32, kerust::Error>((y - &x).map(f32::abs).mean())
    };
    let (none, some, most) = (moved(0.0)?, moved(0.5)?, moved(1.0)?);
    assert!(
        none == 0.0 && some > 0.05 && most > some,
        "{none} {some} {most}"
    );
    // Neighbours move alike: no column jumps over the next.
    let layer = RandomElasticTransform::new((1.0, 1.0)).scale((0.5, 0.5));
    let y = layer.seed(5).augment_images(&x)?.to_vec::<f32>();
    let jumps = y.windows(2).filter(|pair| (pair[1] - pair[0]).abs() > 10.0);
    assert!(jumps.count() <= 4 * 40 + 8);
    Ok(())
}

#[track_caller]
fn fails(layer: impl Into<Box<dyn Layer>>, says: &str) {
    let error = model(layer.into()).map(drop).expect_err(says).to_string();
    assert!(error.contains(says), "{error}");
}

#[test]
fn mistakes_are_told() {
    fails(AutoContrast::new().value_range(1.0, 1.0), "value_range");
    fails(
        AutoContrast::new().value_range(0.0, f32::NAN),
        "value_range",
    );
    fails(Equalization::new().bins(0), "bins");
    fails(Equalization::new().bins(usize::MAX), "bins");
    let clahe = ContrastLimitedAdaptiveHistogramEqualization::new;
    fails(clahe().tile_grid_size(0), "tile_grid_size");
    fails(clahe().tile_grid_size(usize::MAX), "tile_grid_size");
    fails(clahe().clip_limit(f32::NAN), "clip_limit");
    fails(Solarization::new().addition_factor(1.5), "addition_factor");
    fails(
        Solarization::new().threshold_factor(-0.5),
        "threshold_factor",
    );
    fails(RandomInvert::new((0.5, 1.5)), "factor");
    fails(RandomPosterization::new(0), "factor");
    fails(RandomPosterization::new((3, 9)), "factor");
    fails(RandomGrayscale::new(f32::NAN), "factor");
    fails(RandomColorDegeneration::new(2.0), "factor");
    fails(RandomSaturation::new(2.0), "factor");
    fails(RandomHue::new(-0.1), "factor");
    fails(RandomColorJitter::new().hue_factor(3.0), "RandomHue");
    fails(RandomGaussianBlur::default().kernel_size(4), "kernel_size");
    fails(
        RandomGaussianBlur::default().kernel_size(usize::MAX),
        "kernel_size",
    );
    fails(RandomGaussianBlur::default().sigma(2.0), "sigma");
    fails(RandomSharpness::new(2.0), "factor");
    fails(RandomErasing::default().scale(2.0), "scale");
    fails(RandomErasing::default().fill_value([1.0]), "fill_value");
    fails(RandomShear::new().x_factor(2.0), "x_factor");
    fails(RandomShear::new().fill_mode("mirror"), "unknown fill mode");
    fails(RandomPerspective::default().scale(2.0), "scale");
    fails(RandomElasticTransform::default().scale(2.0), "scale");
    fails(MixUp::new(0.0), "alpha");
    fails(CutMix::new(2.0), "factor");
    fails(RandAugment::new().num_ops(1000), "num_ops");
    fails(RandAugment::new().factor(2.0), "factor");
    fails(AugMix::new().num_chains(0), "num_chains");
    fails(AugMix::new().alpha(0.0), "alpha");
    fails(Pipeline::new([RandomHue::new(2.0).into()]), "RandomHue");
    let hue = Sequential::new().add(RandomHue::new(0.1).input_shape((8, 8, 2)));
    let error = hue.map(drop).expect_err("two channels").to_string();
    assert!(error.contains("red, green and blue"), "{error}");
    let config = RandomHue::new(0.1).get_config().expect("JSON").to_string();
    let first = config.replacen('{', r#"{"data_format": "channels_first","#, 1);
    let first = kerust::Config::from_json(&first).expect("JSON");
    let error = kerust::layers::from_config("RandomHue", &first).expect_err("axes");
    assert!(error.to_string().contains("last axis"), "{error}");
    let labels = MixUp::default().augment(&pictures(3), &Tensor::zeros(3));
    let error = labels.expect_err("no rows").to_string();
    assert!(error.contains("to_categorical"), "{error}");
    let labels = CutMix::default().augment(&pictures(3), &Tensor::zeros((2, 4)));
    assert!(labels.is_err());
    let images =
        CutMix::default().augment(&pictures(3).index(0).expect("one"), &Tensor::zeros((8, 4)));
    assert!(images.is_err());
}

#[test]
fn empty_batches_and_tiny_pictures_are_fine() -> Result<()> {
    for layer in random_layers() {
        let name = layer.class_name();
        let mut model = Sequential::new();
        model.add(Input::new((1, 1, 3)))?;
        model.add(layer)?;
        for count in [0, 1] {
            let y = model.call(Tensor::ones((count, 1, 1, 3)), &mut Tape::off(), true)?;
            assert_eq!(y.shape(), (count, 1, 1, 3), "{name}");
        }
    }
    Ok(())
}
