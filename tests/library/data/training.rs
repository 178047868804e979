//! Models on datasets: the same as on the arrays that they are made of.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kerust::ErrorKind;
use kerust::models::{Inputs, ValidationData};
use kerust::prelude::*;

use super::numbered;
use crate::own_process;
use crate::training::interrupted::{attach, press};
use crate::training::{bits, column, compile, quiet};

fn model() -> Result<Sequential> {
    let mut model = Sequential::named("model");
    model.add(Dense::new(1).kernel_initializer("ones").input_shape(3))?;
    model.compile(compile("sgd", "mse", &["mae"]))?;
    Ok(model)
}

/// Twenty samples and labels.
fn arrays() -> (Tensor, Tensor) {
    let x = Tensor::arange(60).astype(DType::Float32) / 60.0;
    let x = x.reshape((20, 3)).expect("60 numbers");
    let y = Tensor::arange(20).astype(DType::Float32) / 20.0;
    (x, y.reshape((20, 1)).expect("20 numbers"))
}

fn batches() -> Result<Dataset> {
    let (x, y) = arrays();
    Ok(Dataset::from_tensor_slices((&x, &y))?.batch(6))
}

fn same_weights(a: &Sequential, b: &Sequential) {
    assert_eq!(bits(&a.get_weights()), bits(&b.get_weights()));
}

#[test]
fn a_dataset_trains_as_its_arrays_do() -> Result<()> {
    let (x, y) = arrays();
    let fit = || Fit {
        batch_size: 6,
        shuffle: false,
        ..quiet(3)
    };
    let mut of_arrays = model()?;
    let validated = Fit {
        validation_data: (&x, &y).into(),
        ..fit()
    };
    let expected = of_arrays.fit(&x, &y, validated)?;
    let mut of_dataset = model()?;
    let validated = Fit {
        validation_data: (&batches()?).into(),
        ..fit()
    };
    let history = of_dataset.fit_batches(&batches()?, validated)?;
    same_weights(&of_arrays, &of_dataset);
    for name in ["loss", "mae", "val_loss", "val_mae"] {
        assert_eq!(column(&history, name), column(&expected, name), "{name}");
    }
    let evaluate = Evaluate {
        batch_size: 6,
        verbose: 0,
        ..Evaluate::default()
    };
    assert_eq!(
        of_dataset.evaluate_batches(&batches()?, evaluate.clone())?,
        of_arrays.evaluate(&x, &y, evaluate)?
    );
    let expected = of_arrays.predict(&x)?;
    assert_eq!(of_dataset.predict(&batches()?)?, expected);
    let unlabelled = Dataset::from_tensor_slices(&x)?.batch(7);
    assert_eq!(of_dataset.predict(&unlabelled)?, expected);
    Ok(())
}

#[test]
fn epochs_of_so_many_steps_go_on_where_the_last_one_ended() -> Result<()> {
    let (x, y) = arrays();
    let mut one_by_one = model()?;
    // Batches 0 to 3, then from the beginning: three epochs of three.
    for i in [0, 1, 2, 3, 0, 1, 2, 3, 0] {
        let rows = i * 6..(i + 1) * 6;
        one_by_one.train_on_batch(&x.slice(rows.clone())?, &y.slice(rows)?)?;
    }
    let fit = Fit {
        steps_per_epoch: Some(3),
        ..quiet(3)
    };
    let mut repeated = model()?;
    let history = repeated.fit_batches(&batches()?.repeat(None), fit)?;
    assert_eq!(history.epoch, [0, 1, 2]);
    same_weights(&repeated, &one_by_one);
    Ok(())
}

#[test]
fn weights_of_samples_and_classes_count() -> Result<()> {
    let (x, y) = arrays();
    let classes = Tensor::from_vec((0..20).map(|i| i % 2).collect::<Vec<i64>>(), (20, 1))?;
    let weights = Tensor::from_vec((0..20).map(|i| (1 + 3 * (i % 2)) as f32).collect(), 20)?;
    let fit = || Fit {
        batch_size: 6,
        shuffle: false,
        ..quiet(2)
    };
    let mut expected = model()?;
    let weighted = Fit {
        sample_weight: (&weights).into(),
        ..fit()
    };
    expected.fit(&x, &classes, weighted)?;

    let mut by_sample = model()?;
    let weighted = Dataset::from_tensor_slices((&x, &classes, &weights))?.batch(6);
    by_sample.fit_batches(&weighted, fit())?;
    same_weights(&by_sample, &expected);

    let mut by_class = model()?;
    let class_weight = || Fit {
        class_weight: vec![(1, 4.0)],
        ..fit()
    };
    let labelled = Dataset::from_tensor_slices((&x, &classes))?.batch(6);
    by_class.fit_batches(&labelled, class_weight())?;
    same_weights(&by_class, &expected);
    let error = by_class.fit_batches(&weighted, class_weight());
    assert!(
        error
            .expect_err("both")
            .to_string()
            .contains("class_weight")
    );
    let error = by_class.fit_batches(
        &labelled,
        Fit {
            sample_weight: y.into(),
            ..fit()
        },
    );
    assert!(
        error
            .expect_err("beside it")
            .to_string()
            .contains("sample_weight")
    );
    Ok(())
}

#[test]
fn what_a_model_cannot_take_is_said() -> Result<()> {
    let said = |result: Result<History>, words: &str| {
        let error = result.expect_err(words).to_string();
        assert!(error.contains(words), "{words}: {error}");
    };
    let mut model = model()?;
    let (x, y) = arrays();
    let samples = Dataset::from_tensor_slices((&x, &y))?;
    said(model.fit_batches(&samples, quiet(1)), "`.batch(32)`");
    said(
        model.fit_batches(&batches()?.take(0), quiet(1)),
        "at least one batch",
    );
    said(
        model.fit_batches(&batches()?.repeat(None), quiet(1)),
        "steps_per_epoch",
    );
    let split = Fit {
        validation_split: 0.2,
        ..quiet(1)
    };
    said(model.fit_batches(&batches()?, split), "validation_split");
    let endless = Fit {
        validation_data: (&batches()?.repeat(None)).into(),
        ..quiet(1)
    };
    said(model.fit_batches(&batches()?, endless), "validation_data");
    let evaluate = Evaluate {
        verbose: 0,
        ..Evaluate::default()
    };
    let error = model.evaluate_batches(&batches()?.repeat(None), evaluate);
    assert!(error.expect_err("no end").to_string().contains("take"));
    assert!(model.predict(&batches()?.repeat(None)).is_err());

    let before = model.get_weights();
    let late = batches()?.map(|(x, y): (Tensor, Tensor)| {
        if y.item(0)? > 0.5 {
            return Err(kerust::Error::data("bad batch"));
        }
        Ok((x, y))
    });
    said(
        model.fit_batches(&late, quiet(1)),
        "`map`, element 2: bad batch",
    );
    assert_ne!(
        bits(&before),
        bits(&model.get_weights()),
        "the batches before it count"
    );
    Ok(())
}

#[test]
fn numbers_of_steps_are_looked_at_before_data_is_read() -> Result<()> {
    let read = Arc::new(AtomicUsize::new(0));
    let counted = {
        let read = Arc::clone(&read);
        batches()?.map(move |pair: (Tensor, Tensor)| {
            read.fetch_add(1, Ordering::Relaxed);
            pair
        })
    };
    let (x, y) = arrays();
    let validated = |validation_data: ValidationData| Fit {
        validation_data,
        ..quiet(1)
    };
    let no_steps = |fit: Fit| Fit {
        validation_steps: Some(0),
        ..fit
    };
    let no_epoch = Fit {
        steps_per_epoch: Some(0),
        ..validated((&counted).into())
    };
    let no_batch = Fit {
        validation_batch_size: Some(0),
        ..validated((&x, &y).into())
    };
    for (name, fit) in [
        ("validation_steps", no_steps(validated((&counted).into()))),
        ("validation_steps", no_steps(validated((&x, &y).into()))),
        ("validation_steps", no_steps(quiet(1))),
        ("steps_per_epoch", no_epoch),
        ("validation_batch_size", no_batch),
    ] {
        let mut model = model()?;
        let pairs = vec![(x.clone(), y.clone())];
        for result in [
            model.fit_batches(&counted, fit.clone()),
            model.fit_batches(pairs, fit.clone()),
            model.fit(&x, &y, fit),
        ] {
            let error = result.expect_err(name).to_string();
            let expected = format!("argument `{name}`: expected a positive whole number, got 0");
            assert!(error.ends_with(&expected), "{error}");
        }
    }
    assert_eq!(read.load(Ordering::Relaxed), 0);
    Ok(())
}

#[test]
fn a_seed_repeats_a_run_on_a_dataset() {
    let name = "data::training::a_seed_repeats_a_run_on_a_dataset";
    own_process::run(name, || {
        let run = |seed| -> Result<Vec<f64>> {
            set_random_seed(seed);
            let (x, y) = arrays();
            let noisy = Dataset::from_tensor_slices((&x, &y))?
                .shuffle(20)
                .map(|(x, y)| (x + Tensor::random_normal(3, 0.0, 0.1), y))
                .batch(3);
            Ok(column(&model()?.fit_batches(&noisy, quiet(4))?, "loss"))
        };
        let run = |seed| run(seed).expect("training works");
        let first = run(3);
        assert_eq!(first, run(3));
        assert_ne!(first, run(4));
    });
}

#[test]
fn a_run_taken_up_again_sees_the_same_batches() {
    let name = "data::training::a_run_taken_up_again_sees_the_same_batches";
    own_process::run(name, || {
        let run = || -> Result<()> {
            let (x, y) = arrays();
            let dataset = Dataset::from_tensor_slices((&x, &y))?
                .shuffle(20)
                .map(|(x, y)| (x + Tensor::random_normal(3, 0.0, 0.1), y))
                .batch(3);
            set_random_seed(5);
            let mut whole = model()?;
            whole.fit_batches(&dataset, quiet(3))?;

            let folder = tempfile::tempdir().expect("a folder");
            let backup = || BackupAndRestore::new(folder.path().join("backup")).save_freq(1);
            let done = Arc::new(AtomicUsize::new(0));
            let stop = LambdaCallback::new().on_train_batch_end(move |_, _| {
                if done.fetch_add(1, Ordering::SeqCst) == 9 {
                    std::panic::resume_unwind(Box::new("power cut"));
                }
            });
            set_random_seed(5);
            let mut first = model()?;
            let fit = Fit {
                callbacks: vec![backup().into(), stop.into()],
                ..quiet(3)
            };
            let cut = std::panic::AssertUnwindSafe(|| first.fit_batches(&dataset, fit));
            assert!(std::panic::catch_unwind(cut).is_err());

            set_random_seed(6);
            let mut second = model()?;
            let fit = Fit {
                callbacks: vec![backup().into()],
                ..quiet(3)
            };
            second.fit_batches(&dataset, fit)?;
            same_weights(&second, &whole);
            Ok(())
        };
        run().expect("training works");
    });
}

#[test]
fn an_interrupt_ends_waiting_for_a_batch() {
    let name = "data::training::an_interrupt_ends_waiting_for_a_batch";
    own_process::run(name, || {
        let run = || -> Result<()> {
            let mut kernel = attach();
            let slow = numbered(100)?.batch(5).map(|(x, y)| {
                // Another thread waits for the first batch meanwhile.
                std::thread::sleep(std::time::Duration::from_secs(3));
                (x, y)
            });
            let presser = std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(200));
                press(&mut kernel, b'i', true);
                kernel
            });
            let begun = std::time::Instant::now();
            let error = slow.iter().next().expect("an error").expect_err("stopped");
            assert_eq!(error.kind(), ErrorKind::Interrupted);
            assert!(begun.elapsed() < std::time::Duration::from_secs(2));
            drop(presser.join());
            Ok(())
        };
        run().expect("it stops");
    });
}

#[test]
fn layers_learn_from_batches_what_they_learn_from_the_whole() -> Result<()> {
    let x = Tensor::random_normal((103, 4), 5.0, 3.0);
    let batches = Dataset::from_tensor_slices(&x)?.batch(10);
    let normalized = |of: &dyn Fn(&mut Normalization) -> Result<()>| -> Result<Tensor> {
        let mut layer = Normalization::new();
        of(&mut layer)?;
        let mut model = Sequential::new();
        model.add(layer.input_shape(4))?;
        model.predict(&x)
    };
    let whole = normalized(&|layer| layer.adapt(&x))?;
    let pieces = normalized(&|layer| layer.adapt(&batches))?;
    let apart = (&whole - &pieces).map(f32::abs);
    assert!(apart.to_vec::<f32>().iter().all(|&apart| apart < 1e-5));
    assert!(whole.mean().abs() < 1e-5);

    let words = Tensor::from_vec((0..60).map(|i| i * i % 11).collect::<Vec<i64>>(), (20, 3))?;
    let (mut whole, mut pieces) = (IntegerLookup::new(), IntegerLookup::new());
    whole.adapt(&words)?;
    pieces.adapt(&Dataset::from_tensor_slices(&words)?.batch(7))?;
    assert_eq!(pieces.get_vocabulary()?, whole.get_vocabulary()?);

    // In one batch the boundaries are those of the array; in several they are near to them.
    let boundaries = |data: Inputs| -> Result<Vec<f32>> {
        let mut layer = Discretization::num_bins(4);
        layer.adapt(data)?;
        Ok(layer.bin_boundaries().expect("it was adapted").to_vec())
    };
    let whole = boundaries((&x).into())?;
    let one = Dataset::from_tensor_slices(&x)?.batch(200);
    assert_eq!(boundaries((&one).into())?, whole);
    for (piece, whole) in boundaries((&batches).into())?.iter().zip(&whole) {
        assert!((piece - whole).abs() < 0.5, "{piece} and {whole}");
    }
    let broken = batches.map(|_: Tensor| Err::<Tensor, _>(kerust::Error::data("bad batch")));
    let error = boundaries((&broken).into())
        .expect_err("no numbers")
        .to_string();
    assert!(error.starts_with("Discretization: adapt: `map`"), "{error}");
    Ok(())
}
