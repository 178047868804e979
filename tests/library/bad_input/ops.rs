//! Operations called by hand: sizes that make no sense, and nothing to work on.

use kerust::losses::Loss;
use kerust::ops::{self, Conv2DOptions, Pool};
use kerust::prelude::*;

use super::refused;

#[test]
fn windows_without_size_or_step() {
    let (x, kernel) = (Tensor::ones((1, 5, 5, 2)), Tensor::ones((3, 3, 2, 4)));
    let conv = |kernel: &Tensor, options| ops::conv2d(&mut Tape::off(), &x, kernel, None, options);
    let options = Conv2DOptions::default();
    let strides = (1, 0);
    refused(
        conv(&kernel, Conv2DOptions { strides, ..options }),
        "a window needs a positive size, stride and dilation along the width, got 3, 0 and 1",
        "",
    );
    let dilation_rate = (0, 1);
    refused(
        conv(
            &kernel,
            Conv2DOptions {
                dilation_rate,
                ..options
            },
        ),
        "a window needs a positive size, stride and dilation along the height, got 3, 1 and 0",
        "",
    );
    let dilation_rate = (usize::MAX, 1);
    let padding = Padding::Same;
    refused(
        conv(
            &kernel,
            Conv2DOptions {
                dilation_rate,
                padding,
                ..options
            },
        ),
        "a window of 18446744073709551615 is too large for an input of height 5",
        "use a smaller window",
    );
    for groups in [0, 3] {
        refused(
            conv(&kernel, Conv2DOptions { groups, ..options }),
            &format!("argument `groups`: expected a divisor of the 4 filters, got {groups}"),
            "",
        );
    }
    for shape in [(3, 3, 2, 0), (3, 3, 0, 4), (0, 3, 2, 4)] {
        let shape = Shape::from(shape);
        refused(
            conv(&Tensor::zeros(&shape), options),
            &format!("a conv2d kernel needs numbers, got shape {shape}"),
            "",
        );
    }
    let pool = |size, strides| {
        ops::pool2d(
            &mut Tape::off(),
            &x,
            Pool::Average,
            size,
            strides,
            Padding::Same,
        )
    };
    refused(
        pool((2, 2), (0, 1)),
        "a window needs a positive size, stride and dilation along the height, got 2, 0 and 1",
        "",
    );
    refused(
        pool((2, 0), (1, 1)),
        "a window needs a positive size, stride and dilation along the width, got 0, 1 and 1",
        "",
    );
    assert!(pool((2, 2), (usize::MAX, 1)).is_ok());
}

/// Nothing goes in and nothing comes out, and gradients are zeros: as in NumPy, no mistake.
#[test]
fn axes_of_size_zero() -> Result<()> {
    let options = Conv2DOptions {
        padding: Padding::Same,
        ..Conv2DOptions::default()
    };
    let kernel = Tensor::ones((3, 3, 2, 4));
    for shape in [(0, 4, 4, 2), (2, 0, 4, 2)] {
        let mut tape = Tape::recording();
        let (x, kernel) = (tape.watch(&Tensor::ones(shape)), tape.watch(&kernel));
        let y = ops::conv2d(&mut tape, &x, &kernel, None, options)?;
        assert_eq!(y.shape(), (shape.0, shape.1, 4, 4));
        let gradients = tape.gradient(&y, &[&x, &kernel])?;
        assert_eq!(gradients[1], Tensor::zeros((3, 3, 2, 4)));
    }
    let mut tape = Tape::off();
    for shape in [(0, 4, 4, 2), (2, 4, 4, 0)] {
        let x = Tensor::ones(shape);
        for pool in [Pool::Max, Pool::Average] {
            let y = ops::pool2d(&mut tape, &x, pool, (2, 2), (2, 2), Padding::Valid)?;
            assert_eq!(y.shape(), (shape.0, 2, 2, shape.3));
        }
        assert_eq!(
            ops::global_average_pool2d(&mut tape, &x)?.shape(),
            (shape.0, shape.3)
        );
        assert_eq!(
            ops::global_max_pool2d(&mut tape, &x)?.shape(),
            (shape.0, shape.3)
        );
        assert_eq!(ops::softmax(&mut tape, &x)?.shape(), x.shape());
    }
    // Sums over nothing.
    let y = ops::dense(
        &mut tape,
        &Tensor::ones((3, 0)),
        &Tensor::ones((0, 4)),
        None,
        false,
    )?;
    assert_eq!(y, Tensor::zeros((3, 4)));
    Ok(())
}

#[test]
fn losses_of_nothing() -> Result<()> {
    let losses: [Box<dyn Loss>; 3] = [
        Box::new(MeanSquaredError::new()),
        Box::new(BinaryCrossentropy::new()),
        Box::new(CategoricalCrossentropy::new()),
    ];
    for shape in [(0, 3), (2, 0)] {
        let nothing = Tensor::zeros(shape);
        for loss in &losses {
            let shape = nothing.shape();
            refused(
                loss.call(&mut Tape::off(), &nothing, &nothing),
                &format!("expected predictions to measure, got shape {shape}"),
                "",
            );
        }
    }
    Ok(())
}
