//! Operations that do little with each number: memory limits them.

use kerust::losses::Loss;
use kerust::ops::{self, Padding, Pool};
use kerust::prelude::{Result, SparseCategoricalCrossentropy, Tensor};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::ceilings::Work;
use crate::timing::{Timing, numbers};

/// What the convolutions of the cnn make of a batch: size of a picture, and channels.
const PICTURES: [(usize, usize); 3] = [(32, 32), (16, 64), (8, 128)];
const BATCH: usize = 32;

pub(crate) fn all(timing: &mut Timing) -> Result<()> {
    for (size, channels) in PICTURES {
        max_pool(timing, size, channels)?;
    }
    for (size, channels) in PICTURES {
        batch_normalization(timing, size, channels)?;
    }
    for (rows, classes) in [(32, 10), (128, 10), (1024, 1000)] {
        crossentropy(timing, rows, classes)?;
    }
    for (rows, features) in [(128, 512), (128, 256), (1024, 4096)] {
        dropout(timing, rows, features)?;
    }
    Ok(())
}

fn max_pool(timing: &mut Timing, size: usize, channels: usize) -> Result<()> {
    let x = numbers((BATCH, size, size, channels));
    // A quarter of the numbers is the output, or its gradient.
    let floats = x.size() + x.size() / 4;
    timing.both(
        &format!("max_pool2d {size}x{size}x{channels}"),
        Work::Floats(floats),
        Work::Floats(floats),
        |tape| {
            let x = tape.watch(&x);
            ops::pool2d(tape, &x, Pool::Max, (2, 2), (2, 2), Padding::Valid)
        },
    )
}

fn batch_normalization(timing: &mut Timing, size: usize, channels: usize) -> Result<()> {
    let x = numbers((BATCH, size, size, channels));
    let (gamma, beta) = (Tensor::ones(channels), Tensor::zeros(channels));
    timing.both(
        &format!("batch_normalization {size}x{size}x{channels}"),
        Work::Floats(2 * x.size()),
        Work::Floats(3 * x.size()),
        |tape| {
            let (x, gamma, beta) = (tape.watch(&x), tape.watch(&gamma), tape.watch(&beta));
            let statistics = ops::batch_statistics(&x)?;
            let (gamma, beta) = (Some(&gamma), Some(&beta));
            ops::batch_normalization(tape, &x, gamma, beta, &statistics, 1e-3, true)
        },
    )
}

fn crossentropy(timing: &mut Timing, rows: usize, classes: usize) -> Result<()> {
    let x = numbers((rows, classes));
    let labels: Vec<i64> = (0..rows).map(|row| (row * 7 % classes) as i64).collect();
    let labels = Tensor::from_vec(labels, rows)?;
    let loss = SparseCategoricalCrossentropy::new();
    timing.both(
        &format!("softmax and crossentropy {rows}x{classes}"),
        Work::Floats(2 * x.size()),
        Work::Floats(2 * x.size()),
        |tape| {
            let scores = tape.watch(&x);
            let y_pred = ops::softmax(tape, &scores)?;
            loss.call(tape, &labels, &y_pred)
        },
    )
}

fn dropout(timing: &mut Timing, rows: usize, features: usize) -> Result<()> {
    let x = numbers((rows, features));
    let mut generator = StdRng::seed_from_u64(1);
    timing.both(
        &format!("dropout {rows}x{features}"),
        Work::Floats(2 * x.size()),
        Work::Floats(2 * x.size()),
        |tape| {
            let x = tape.watch(&x);
            ops::dropout(tape, &x, 0.2, &mut generator)
        },
    )
}
