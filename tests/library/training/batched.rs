//! Batches that an iterator makes: the next one while a step computes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use kerust::models::Ending;
use kerust::prelude::*;
use kerust::{ErrorKind, notebook};

use super::interrupted::{attach, press};
use super::{bits, column, compile, quiet, random_model, two_sides};
use crate::own_process;

/// What `fit_batches` is asked for: so many epochs of so many batches.
fn steps(epochs: usize, steps_per_epoch: usize) -> Fit {
    Fit {
        steps_per_epoch: Some(steps_per_epoch),
        ..quiet(epochs)
    }
}

fn line() -> Result<Sequential> {
    let mut model = Sequential::named("model");
    let dense = Dense::new(1).kernel_initializer("ones").input_shape(2);
    model.add(dense)?;
    model.compile(compile("sgd", "mse", &[]))?;
    Ok(model)
}

/// A batch that is not like any other.
fn batch(number: usize) -> (Tensor, Tensor) {
    let value = number as f32 / 10.0;
    (
        Tensor::full((4, 2), value),
        Tensor::full((4, 1), 1.0 - value),
    )
}

#[test]
fn one_batch_is_made_ahead_and_none_beyond_the_epoch() -> Result<()> {
    let made = Arc::new(AtomicUsize::new(0));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let batches = {
        let made = Arc::clone(&made);
        (0..).map(move |number| {
            made.fetch_add(1, Ordering::SeqCst);
            batch(number)
        })
    };
    let callback = {
        let (made, seen) = (Arc::clone(&made), Arc::clone(&seen));
        LambdaCallback::new().on_train_batch_end(move |_, _| {
            let made = made.load(Ordering::SeqCst);
            seen.lock().expect("no panic").push(made);
        })
    };
    let fit = Fit {
        callbacks: vec![callback.into()],
        ..steps(2, 3)
    };
    line()?.fit_batches(batches, fit)?;
    assert_eq!(*seen.lock().expect("no panic"), [2, 3, 3, 5, 6, 6]);
    Ok(())
}

#[test]
fn the_batches_are_trained_on_in_their_order() -> Result<()> {
    let mut one_by_one = line()?;
    for number in 0..6 {
        let (x, y) = batch(number);
        one_by_one.train_on_batch(&x, &y)?;
    }
    for fit in [steps(2, 3), steps(1, 6), quiet(1)] {
        let mut model = line()?;
        model.fit_batches((0..6).map(batch), fit)?;
        assert_eq!(bits(&model.get_weights()), bits(&one_by_one.get_weights()));
    }
    Ok(())
}

#[test]
fn a_seed_repeats_what_the_iterator_draws_too() {
    let name = "training::batched::a_seed_repeats_what_the_iterator_draws_too";
    own_process::run(name, || {
        let run = |seed| -> Result<_> {
            set_random_seed(seed);
            let mut model = random_model()?;
            let batches = std::iter::repeat_with(|| two_sides(16).expect("points"));
            let fit = Fit {
                validation_data: two_sides(40)?.into(),
                ..steps(3, 20)
            };
            let history = model.fit_batches(batches, fit)?;
            let losses = [column(&history, "loss"), column(&history, "val_loss")];
            Ok((losses, bits(&model.get_weights())))
        };
        let run = |seed| run(seed).expect("training works");
        let first = run(7);
        assert_eq!(first, run(7));
        assert_ne!(first, run(8));
    });
}

#[test]
fn a_bad_batch_fails_in_its_own_step() -> Result<()> {
    let mut model = line()?;
    let batches = (0..5).map(|number| match number {
        2 => (Tensor::ones((4, 3)), Tensor::ones((4, 1))),
        _ => batch(number),
    });
    let error = model.fit_batches(batches, quiet(1)).expect_err("bad");
    assert_eq!(error.kind(), ErrorKind::Shape);
    let mut good = line()?;
    good.fit_batches((0..2).map(batch), quiet(1))?;
    assert_eq!(bits(&model.get_weights()), bits(&good.get_weights()));
    Ok(())
}

#[test]
fn a_panic_of_the_iterator_comes_after_the_steps_before_it() -> Result<()> {
    let done = Arc::new(AtomicUsize::new(0));
    let callback = {
        let done = Arc::clone(&done);
        LambdaCallback::new().on_train_batch_end(move |_, _| {
            done.fetch_add(1, Ordering::SeqCst);
        })
    };
    let fit = Fit {
        callbacks: vec![callback.into()],
        ..steps(1, 5)
    };
    let batches = (0..5).map(|number| {
        if number == 2 {
            std::panic::resume_unwind(Box::new("no more pictures"));
        }
        batch(number)
    });
    let mut model = line()?;
    let panic = catch_unwind(AssertUnwindSafe(|| model.fit_batches(batches, fit)))
        .expect_err("the iterator panics");
    assert_eq!(panic.downcast_ref(), Some(&"no more pictures"));
    assert_eq!(done.load(Ordering::SeqCst), 2);
    Ok(())
}

#[test]
fn an_interrupt_that_ends_the_iterator_keeps_what_was_trained() {
    let name = "training::batched::an_interrupt_that_ends_the_iterator_keeps_what_was_trained";
    own_process::run(name, || {
        let run = || -> Result<()> {
            let mut kernel = attach();
            let batches = (0..5).map(move |number| {
                if number == 2 {
                    press(&mut kernel, b'i', true);
                }
                // As the kernel puts it into every closure of a cell.
                notebook::keep_running();
                batch(number)
            });
            let mut model = line()?;
            let history = model.fit_batches(batches, steps(1, 5))?;
            assert_eq!(history.ending, Ending::Interrupted);
            assert_eq!(column(&history, "loss").len(), 1);
            let mut good = line()?;
            for number in 0..2 {
                let (x, y) = batch(number);
                good.train_on_batch(&x, &y)?;
            }
            assert_eq!(bits(&model.get_weights()), bits(&good.get_weights()));
            Ok(())
        };
        run().expect("training works");
    });
}
