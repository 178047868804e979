//! What the stages of a dataset do, in which order, and what happens when something fails.

use std::collections::HashSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kerust::ErrorKind;
use kerust::data::Cardinality;
use kerust::prelude::*;

use super::{labels, numbered};
use crate::own_process;

#[test]
fn stages_do_what_those_of_tf_data_do() -> Result<()> {
    let ten = numbered(10)?;
    let all: Vec<usize> = (0..10).collect();
    assert_eq!(labels(&ten)?, all);
    assert_eq!(labels(&ten.take(3))?, [0, 1, 2]);
    assert_eq!(labels(&ten.skip(7))?, [7, 8, 9]);
    assert_eq!(labels(&ten.skip(2).take(2).repeat(2))?, [2, 3, 2, 3]);
    assert_eq!(labels(&ten.shard(4, 1)?)?, [1, 5, 9]);
    assert_eq!(labels(&ten.batch(4))?, all);
    assert_eq!(labels(&ten.batch(4).unbatch())?, all);
    let whole = ten.batch(Batch::new(4).drop_remainder(true));
    assert_eq!(labels(&whole)?, (0..8).collect::<Vec<_>>());
    assert_eq!(labels(&ten.take(2).concatenate(&ten.skip(9)))?, [0, 1, 9]);
    let odd = ten.filter(|(_, y)| Ok(y.get(0)? % 2 == 1));
    assert_eq!(labels(&odd)?, [1, 3, 5, 7, 9]);
    assert_eq!(labels(&ten.prefetch(3))?, all);
    assert_eq!(labels(&ten.padded_batch(4))?, all);
    let moved = ten.map(|(x, y)| (x + 1.0, y)).map(|(x, y)| (x - 1.0, y));
    assert_eq!(labels(&moved)?, all);
    let x = ten.map(|(x, _)| x);
    let y = ten.map(|(_, y)| y);
    assert_eq!(labels(&x.zip(&y))?, all);
    assert_eq!(labels(&ten.repeat(None).take(25))?.len(), 25);
    Ok(())
}

#[test]
fn the_number_of_elements_is_known_where_it_can_be() -> Result<()> {
    use Cardinality::{Finite, Infinite, Unknown};
    let ten = numbered(10)?;
    let generated = Dataset::from_generator(|| (0..4).map(|i| Tensor::scalar(i as f32)));
    for (dataset, expected) in [
        (ten.clone(), Finite(10)),
        (ten.batch(4), Finite(3)),
        (ten.batch(Batch::new(4).drop_remainder(true)), Finite(2)),
        (ten.skip(3).repeat(2), Finite(14)),
        (ten.repeat(None), Infinite),
        (ten.repeat(None).take(7), Finite(7)),
        (ten.repeat(None).batch(3), Infinite),
        (ten.shard(4, 1)?, Finite(3)),
        (ten.shard(4, 3)?, Finite(2)),
        (ten.filter(|_: DatasetElement| Ok(true)), Unknown),
        (ten.batch(4).unbatch(), Unknown),
        (ten.concatenate(&ten), Finite(20)),
        (ten.take(0).repeat(None), Finite(0)),
        (generated.clone(), Unknown),
        (generated.take(2), Unknown),
    ] {
        assert_eq!(dataset.cardinality(), expected, "{dataset}");
        if let Finite(count) = expected {
            assert_eq!(dataset.elements().count(), count, "{dataset}");
        }
    }
    assert_eq!(generated.elements().count(), 4);
    Ok(())
}

#[test]
fn what_elements_are_made_of_is_known_before_a_pass() -> Result<()> {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = {
        let calls = Arc::clone(&calls);
        numbered(100)?.map(move |(x, y): (Tensor, Tensor)| {
            calls.fetch_add(1, Ordering::SeqCst);
            Ok((x.reshape((3, 1))?, y))
        })
    };
    let batches = counted.shuffle(50).batch(8).prefetch(4);
    let shown = "<Dataset of 13 elements, x: (None, 3, 1) float32, y: (None,) int64>";
    assert_eq!(batches.to_string(), shown);
    assert_eq!(calls.load(Ordering::SeqCst), 8, "one batch was made");
    assert_eq!(batches.to_string(), shown);
    assert_eq!(calls.load(Ordering::SeqCst), 8, "and only once");
    let weighted = Dataset::from_tensor_slices((
        &Tensor::ones((4, 2)),
        &Tensor::ones((4, 1)),
        &Tensor::ones(4),
    ))?;
    let whole = weighted.batch(Batch::new(2).drop_remainder(true));
    let spec = whole.element_spec()?.to_string();
    let expected = "x: (2, 2) float32, y: (2, 1) float32, sample_weight: (2,) float32";
    assert_eq!(spec, expected);
    Ok(())
}

#[test]
fn shuffling_keeps_every_element_and_obeys_its_seed() -> Result<()> {
    let hundred = numbered(100)?;
    let sorted = |dataset: &Dataset| -> Result<Vec<usize>> {
        let mut labels = labels(dataset)?;
        labels.sort_unstable();
        Ok(labels)
    };
    let all: Vec<usize> = (0..100).collect();
    for buffer_size in [1, 7, 100, 1000] {
        let shuffled = hundred.shuffle(Shuffle::new(buffer_size).seed(3));
        assert_eq!(sorted(&shuffled)?, all);
        let again = hundred.shuffle(Shuffle::new(buffer_size).seed(3));
        let first = labels(&shuffled)?;
        // The second pass of the one; the first and second of the other.
        assert_eq!(sorted(&again)?, all);
        assert_eq!(first, labels(&again)?);
        if buffer_size == 1 {
            assert_eq!(first, all);
            continue;
        }
        assert_ne!(first, labels(&shuffled)?, "another order each time");
        let fixed = Shuffle::new(buffer_size)
            .seed(3)
            .reshuffle_each_iteration(false);
        let fixed = hundred.shuffle(fixed);
        assert_eq!(labels(&fixed)?, labels(&fixed)?);
        let twice = hundred.shuffle(Shuffle::new(buffer_size).seed(3)).repeat(2);
        let twice = labels(&twice)?;
        assert_ne!(twice[..100], twice[100..]);
    }
    // With a small buffer, nothing comes much too early.
    let near = labels(&hundred.shuffle(10))?;
    assert!(near.iter().enumerate().all(|(at, &label)| label < at + 10));
    Ok(())
}

#[test]
fn a_seed_decides_orders_and_what_functions_draw() {
    let name = "data::pipeline::a_seed_decides_orders_and_what_functions_draw";
    own_process::run(name, || {
        let run = |seed| -> Result<Vec<f32>> {
            set_random_seed(seed);
            let noisy = numbered(200)?
                .shuffle(50)
                .map(|(x, y)| (x + Tensor::random_uniform(3, 0.0, 1.0), y))
                .batch(16);
            let mut seen = Vec::new();
            for _ in 0..2 {
                for batch in &noisy {
                    seen.extend(batch?.0.to_vec::<f32>());
                }
            }
            Ok(seen)
        };
        let run = |seed| run(seed).expect("nothing fails");
        let first = run(7);
        assert_eq!(first, run(7));
        assert_ne!(first, run(8));
        assert_ne!(first[..600], first[600..], "two passes draw anew");
    });
}

/// Shuffled, with something drawn for each element and pass, batched.
fn drawn() -> Result<Vec<f32>> {
    set_random_seed(11);
    let noisy = numbered(300)?
        .shuffle(Shuffle::new(40).seed(2))
        .map(|(x, y): (Tensor, Tensor)| {
            // Some take longer than those after them.
            let slow = y.get(0)? * 7919 % 5;
            std::thread::sleep(Duration::from_micros(100 * slow as u64));
            Ok((x + Tensor::random_uniform(3, 0.0, 1.0), y))
        })
        .filter(|(x, _)| Ok(x.item(0)?.fract() < 0.9))
        .batch(16)
        .map(|(x, y)| (x * 2.0, y))
        .repeat(2)
        .prefetch(2);
    let mut seen = Vec::new();
    for batch in &noisy {
        seen.extend(batch?.0.to_vec::<f32>());
    }
    let mut model = Sequential::new();
    model.add(Dense::new(1).kernel_initializer("ones").input_shape(3))?;
    model.compile(Compile {
        optimizer: SGD::new().learning_rate(1e-6).into(),
        loss: "mse".into(),
        ..Compile::default()
    })?;
    let fit = Fit {
        verbose: 0,
        ..Fit::default()
    };
    let batches = noisy.map(|(x, y)| Ok((x, y.reshape((y.len(), 1))?)));
    model.fit_batches(&batches, fit)?;
    seen.extend(model.get_weights()[0].to_vec::<f32>());
    Ok(seen)
}

#[test]
fn the_number_of_threads_changes_nothing() {
    const THREADS: &str = "RAYON_NUM_THREADS";
    const CHILD: &str = "KERUST_TEST_THREADS";
    let name = "data::pipeline::the_number_of_threads_changes_nothing";
    if std::env::var_os(CHILD).is_some() {
        // With one thread, what trains must not wait for what reads, nor the other way round.
        println!("\ndrawn: {:?}", drawn().expect("nothing fails"));
        return;
    }
    let run = |threads: &str| {
        let (status, said) = own_process::start(name, &[(CHILD, "1"), (THREADS, threads)]);
        assert!(status.success(), "{said}");
        let line = said.lines().find(|line| line.starts_with("drawn: "));
        line.expect("the numbers").to_string()
    };
    let one = run("1");
    assert!(one.len() > 1000);
    assert_eq!(one, run("2"));
    assert_eq!(one, run("7"));
}

#[test]
fn errors_and_panics_come_out_with_their_position() -> Result<()> {
    let ten = numbered(10)?;
    let failing = ten.map(|(x, y): (Tensor, Tensor)| {
        if y.get(0)? == 4 {
            return Err(kerust::Error::data("no fours"));
        }
        Ok((x, y))
    });
    let mut iterator = failing.iter();
    assert_eq!(iterator.by_ref().take(4).filter(Result::is_ok).count(), 4);
    let error = iterator.next().expect("an error").expect_err("an error");
    assert_eq!(error.to_string(), "`map`, element 4: no fours");
    assert!(iterator.next().is_none(), "it ends with its error");

    let panicking = ten.map(|(x, y): (Tensor, Tensor)| {
        if y.get(0).is_ok_and(|y| y == 6) {
            std::panic::resume_unwind(Box::new("no sixes"));
        }
        (x, y)
    });
    let error = labels(&panicking.batch(2).prefetch(1)).expect_err("a panic");
    assert_eq!(error.kind(), ErrorKind::State);
    let expected = "`map`, element 6: the function panicked: no sixes";
    assert_eq!(error.to_string(), expected);

    let generated = Dataset::from_generator(|| {
        (0..3).map(|i| match i {
            2 => std::panic::resume_unwind(Box::new("no more".to_string())),
            _ => (Tensor::scalar(i as f32), Tensor::scalar(0.0)),
        })
    });
    let error = generated
        .iter()
        .last()
        .expect("items")
        .expect_err("a panic");
    assert!(error.to_string().contains("element 2"), "{error}");
    assert!(error.to_string().contains("no more"), "{error}");

    let filtered = ten.filter(|(_, y)| Ok(y.get(1)? > 0));
    let error = labels(&filtered).expect_err("there is no second label");
    assert!(
        error.to_string().starts_with("`filter`, element 0"),
        "{error}"
    );
    // What skips elements does not skip an error.
    assert!(labels(&failing.skip(6)).is_err());
    assert!(labels(&failing.shard(3, 2)?).is_err());
    assert!(labels(&failing.cache()).is_err());
    Ok(())
}

#[test]
fn what_does_not_fit_together_is_said() -> Result<()> {
    let said = |result: Result<Vec<usize>>, words: &str| {
        let error = result.expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    };
    let ten = numbered(10)?;
    let ragged = ten.map(|(x, y): (Tensor, Tensor)| {
        let length = if y.get(0)? == 5 { 2 } else { 3 };
        Ok((x.slice(..length)?, y))
    });
    said(labels(&ragged.batch(4)), "`batch`, batch 1: cannot stack");
    said(labels(&ten.batch(0)), "batch_size");
    said(labels(&ten.shuffle(0)), "buffer_size");
    said(labels(&ten.unbatch()), "`unbatch`");
    said(labels(&ten.zip(&ten)), "`zip`");
    said(labels(&ten.map(|(x, _)| x)), "`dataset.elements()`");
    said(
        labels(&ten.map(|x: Tensor| x)),
        "expected elements (x), got (x, y)",
    );
    let error = ten.shard(2, 2).expect_err("there are two");
    assert!(error.to_string().contains("num_shards"), "{error}");
    let error = Dataset::from_tensor_slices((&Tensor::ones((3, 2)), &Tensor::ones(4)));
    assert!(error.is_err());
    assert!(Dataset::from_tensor_slices(Tensor::scalar(1.0)).is_err());
    Ok(())
}

#[test]
fn a_cache_is_filled_by_one_whole_pass() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cache");
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = || -> Result<Dataset> {
        let calls = Arc::clone(&calls);
        Ok(numbered(20)?.map(move |(x, y)| {
            calls.fetch_add(1, Ordering::SeqCst);
            (x, y)
        }))
    };
    let all: Vec<usize> = (0..20).collect();
    for (cached, other) in [
        (counted()?.cache(), None),
        (
            counted()?.cache_file(&file),
            Some(counted()?.cache_file(&file)),
        ),
    ] {
        calls.store(0, Ordering::SeqCst);
        assert_eq!(labels(&cached.take(5))?, all[..5]);
        assert!(!file.exists(), "not before a whole pass");
        assert_eq!(labels(&cached)?, all);
        let made = calls.load(Ordering::SeqCst);
        assert_eq!(labels(&cached.repeat(2))?.len(), 40);
        if let Some(other) = other {
            assert_eq!(labels(&other)?, all, "another dataset reads the file, too");
        }
        assert_eq!(calls.load(Ordering::SeqCst), made, "nothing is made again");
    }
    let left: Vec<_> = fs::read_dir(folder.path())
        .expect("there")
        .flatten()
        .collect();
    assert_eq!(left.len(), 1, "nothing half-written stays: {left:?}");
    Ok(())
}

#[test]
fn a_cache_file_keeps_every_type_and_notices_damage() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cache");
    let (bytes, floats) = (Tensor::arange(6).astype(DType::Uint8), Tensor::ones((6, 2)));
    let element = DatasetElement::new([&bytes, &floats], Tensor::arange(6));
    let element = element.with_sample_weight(Tensor::full(6, 0.5));
    let samples = Dataset::from_tensor_slices(element)?.batch(4);
    let elements = |dataset: &Dataset| dataset.elements().collect::<Result<Vec<_>>>();
    let cached = samples.cache_file(&file);
    assert_eq!(elements(&cached)?, elements(&samples)?);
    assert_eq!(elements(&cached)?, elements(&samples)?);

    let whole = fs::read(&file).expect("the cache");
    let step = whole.len() / 97;
    for at in (0..whole.len()).step_by(step) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        fs::write(&file, &damaged).expect("a file");
        elements(&cached).expect_err("damage is noticed");
        fs::write(&file, &whole[..at]).expect("a file");
        let error = elements(&cached).expect_err("an end too early is noticed");
        assert!(error.to_string().contains("delete the file"), "{error}");
    }
    let nowhere = samples.cache_file(folder.path().join("none/cache"));
    assert_eq!(
        elements(&nowhere).expect_err("no folder").kind(),
        ErrorKind::Io
    );
    Ok(())
}

#[test]
fn nothing_is_made_far_ahead() -> Result<()> {
    let made = Arc::new(AtomicUsize::new(0));
    let batches = {
        let made = Arc::clone(&made);
        Dataset::from_generator(move || {
            let made = Arc::clone(&made);
            std::iter::repeat_with(move || {
                made.fetch_add(1, Ordering::SeqCst);
                Tensor::zeros(100)
            })
        })
    };
    let mut iterator = batches.prefetch(3).elements();
    for taken in 1..=5 {
        iterator.next().expect("without end")?;
        std::thread::sleep(Duration::from_millis(30));
        assert_eq!(made.load(Ordering::SeqCst), taken + 3);
    }
    drop(iterator);
    std::thread::sleep(Duration::from_millis(30));
    assert_eq!(made.load(Ordering::SeqCst), 8, "nothing is made for nobody");

    // Elements that take long to make are not taken in crowds.
    let begun = Arc::new(AtomicUsize::new(0));
    let slow = {
        let begun = Arc::clone(&begun);
        numbered(10_000)?.map(move |(x, y)| {
            begun.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(5));
            (x, y)
        })
    };
    let mut iterator = slow.iter();
    iterator.next().expect("not empty")?;
    std::thread::sleep(Duration::from_millis(100));
    let threads = rayon::current_num_threads();
    let begun = begun.load(Ordering::SeqCst);
    assert!(begun <= 1 + 2 * threads, "{begun} with {threads} threads");
    Ok(())
}

#[test]
fn iterators_that_are_dropped_leave_no_threads() {
    let name = "data::pipeline::iterators_that_are_dropped_leave_no_threads";
    own_process::run(name, || {
        let threads = || -> HashSet<String> {
            let tasks = fs::read_dir("/proc/self/task").expect("Linux").flatten();
            let names = tasks.filter_map(|task| {
                let name = fs::read_to_string(task.path().join("comm")).ok()?;
                Some(format!("{}{}", task.file_name().display(), name))
            });
            names.filter(|name| name.contains("kerust-data")).collect()
        };
        if !std::path::Path::new("/proc/self/task").exists() {
            return own_process::say("the system does not tell its threads: not checked");
        }
        let endless = numbered(100)
            .expect("samples")
            .repeat(None)
            .shuffle(20)
            .map(|(x, y)| (x, y))
            .batch(4)
            .map(|(x, y)| (x, y))
            .prefetch(2);
        for _ in 0..20 {
            let taken = endless.iter().take(3).filter(Result::is_ok).count();
            assert_eq!(taken, 3);
        }
        let mut held = endless.iter();
        assert!(held.next().is_some_and(|batch| batch.is_ok()));
        assert!(
            !threads().is_empty(),
            "an iterator that is held has threads"
        );
        drop(held);
        let begun = Instant::now();
        while !threads().is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", threads());
            std::thread::sleep(Duration::from_millis(5));
        }
    });
}
