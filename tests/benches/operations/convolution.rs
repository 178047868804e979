//! Convolutions of the tutorial's model and of the cnn, over batches of 32 pictures.

use kerust::ops::{self, Conv2DOptions};
use kerust::prelude::*;

use crate::ceilings::Work;
use crate::timing::{Timing, numbers};

const BATCH: usize = 32;

pub(crate) fn all(timing: &mut Timing) -> Result<()> {
    with_relu_and_maximum(timing)?;
    for (size, channels, filters) in [(32, 3, 32), (16, 32, 64), (8, 64, 128)] {
        same(timing, size, channels, filters)?;
    }
    Ok(())
}

/// What a model makes one operation of: the convolution of three channels, relu and maximum.
fn with_relu_and_maximum(timing: &mut Timing) -> Result<()> {
    let (size, channels, filters) = (32, 3, 32);
    let mut model = Sequential::new();
    let convolution = Conv2D::new(filters, (3, 3)).activation("relu");
    model.add(convolution.input_shape((size, size, channels)))?;
    model.add(MaxPooling2D::new((2, 2)))?;
    let x = numbers((BATCH, size, size, channels));
    let (places, cells) = (BATCH * (size - 2) * (size - 2), 9 * channels);
    timing.both(
        "conv2d 32x32x3 to 32, relu, max_pool2d",
        Work::products(&[[places, cells, filters]]),
        Work::products(&[[cells, places, filters]]),
        |tape| model.call(&x, tape, true),
    )
}

/// A kernel of 3x3 over padded pictures.
fn same(timing: &mut Timing, size: usize, channels: usize, filters: usize) -> Result<()> {
    let x = numbers((BATCH, size, size, channels));
    let (kernel, bias) = (numbers((3, 3, channels, filters)), Tensor::zeros(filters));
    let (places, cells) = (BATCH * size * size, 9 * channels);
    let first = channels == 3;
    let of_kernel = [cells, places, filters];
    let gradient = match first {
        true => Work::products(&[of_kernel]),
        false => Work::products(&[of_kernel, [places, filters, cells]]),
    };
    let options = Conv2DOptions {
        padding: ops::Padding::Same,
        ..Conv2DOptions::default()
    };
    timing.both(
        &format!("conv2d {size}x{size}x{channels} to {filters}"),
        Work::products(&[[places, cells, filters]]),
        gradient,
        |tape| {
            let x = if first { x.clone() } else { tape.watch(&x) };
            let (kernel, bias) = (tape.watch(&kernel), tape.watch(&bias));
            ops::conv2d(tape, &x, &kernel, Some(&bias), options)
        },
    )
}
