//! Convolutions over sequences and volumes, transposed ones, and those of each channel alone.

use kerust::ops::{self, ConvOptions};
use kerust::prelude::*;

use super::{by_filter, check, numbers};

/// Steps and distances between the kernel's cells.
const MOVES: [(usize, usize); 4] = [(1, 1), (2, 1), (3, 1), (1, 2)];

#[test]
fn conv_over_one_axis() -> Result<()> {
    for padding in [Padding::Valid, Padding::Same, Padding::Causal] {
        for (stride, dilation) in MOVES {
            for groups in [1, 2] {
                for size in [1, 2, 3] {
                    for relu in [false, true] {
                        let options = ConvOptions {
                            strides: [stride],
                            padding,
                            dilation_rate: [dilation],
                            relu,
                        };
                        let inputs = [
                            numbers(6, (2, 7, 2), 0.2, 1.0),
                            by_filter((size, 2 / groups, 4), relu),
                            numbers(7, 4, -0.05, 0.05),
                        ];
                        check(&format!("{options:?}, size {size}"), &inputs, |t, i| {
                            ops::conv(t, &i[0], &i[1], Some(&i[2]), groups, options)
                        })?;
                    }
                }
            }
        }
    }
    Ok(())
}

#[test]
fn conv_over_three_axes() -> Result<()> {
    for padding in [Padding::Valid, Padding::Same] {
        for (strides, dilation_rate) in [
            ([1, 1, 1], [1, 1, 1]),
            ([2, 1, 2], [1, 1, 1]),
            ([1, 1, 1], [1, 2, 1]),
        ] {
            for groups in [1, 2] {
                let options = ConvOptions {
                    strides,
                    padding,
                    dilation_rate,
                    relu: false,
                };
                let inputs = [
                    numbers(6, (1, 3, 4, 3, 2), -1.0, 1.0),
                    numbers(7, (2, 2, 3, 2 / groups, 2), -1.0, 1.0),
                    numbers(8, 2, -1.0, 1.0),
                ];
                check(&format!("{options:?}, {groups} groups"), &inputs, |t, i| {
                    ops::conv(t, &i[0], &i[1], Some(&i[2]), groups, options)
                })?;
            }
        }
    }
    Ok(())
}

#[test]
fn conv_transpose() -> Result<()> {
    for padding in [Padding::Valid, Padding::Same] {
        for (stride, dilation) in MOVES {
            for size in [1, 2, 3, 4] {
                for extra in [None, Some([stride - 1])] {
                    let options = ConvOptions {
                        strides: [stride],
                        padding,
                        dilation_rate: [dilation],
                        relu: size == 3,
                    };
                    // The last axis is that of the input; the filters are the one before.
                    let kernel = match options.relu {
                        true => by_filter((size, 2, 1), true),
                        false => numbers(2, (size, 2, 3), -1.0, 1.0),
                    };
                    let x = numbers(6, (2, 5, kernel.shape().last()), 0.2, 1.0);
                    let inputs = [x, kernel, numbers(7, 2, 0.02, 0.05)];
                    let what = format!("{options:?}, size {size}, {extra:?} more");
                    check(&what, &inputs, |t, i| {
                        ops::conv_transpose(t, &i[0], &i[1], Some(&i[2]), extra, options)
                    })?;
                }
            }
        }
    }
    let x = numbers(6, (1, 2, 3, 2, 2), -1.0, 1.0);
    let inputs = [x, numbers(7, (2, 1, 3, 2, 2), -1.0, 1.0)];
    for padding in [Padding::Valid, Padding::Same] {
        let options = ConvOptions {
            strides: [1, 2, 2],
            padding,
            ..ConvOptions::default()
        };
        check(&format!("{options:?}"), &inputs, |t, i| {
            ops::conv_transpose(t, &i[0], &i[1], None, None, options)
        })?;
    }
    Ok(())
}

#[test]
fn depthwise_conv() -> Result<()> {
    for padding in [Padding::Valid, Padding::Same] {
        for (strides, dilation_rate) in [
            ([1, 1], [1, 1]),
            ([2, 2], [1, 1]),
            ([2, 1], [1, 1]),
            ([1, 3], [1, 1]),
            ([1, 1], [2, 1]),
            ([1, 2], [1, 2]),
        ] {
            for (channels, multiplier) in [(1, 1), (1, 3), (5, 1), (18, 1), (3, 2)] {
                for size in [(3, 3), (2, 3), (1, 1)] {
                    let options = ConvOptions {
                        strides,
                        padding,
                        dilation_rate,
                        relu: false,
                    };
                    let inputs = [
                        numbers(6, (1, 5, 8, channels), -1.0, 1.0),
                        numbers(7, (size.0, size.1, channels, multiplier), -1.0, 1.0),
                        numbers(8, channels * multiplier, -1.0, 1.0),
                    ];
                    let what = format!("{options:?}, {size:?}, {channels} times {multiplier}");
                    check(&what, &inputs, |t, i| {
                        ops::depthwise_conv(t, &i[0], &i[1], Some(&i[2]), options)
                    })?;
                }
            }
        }
    }
    let x = numbers(6, (2, 7, 2), 0.2, 1.0);
    let inputs = [x, by_filter((3, 2, 2), true), numbers(7, 4, -0.05, 0.05)];
    let options = ConvOptions {
        relu: true,
        ..ConvOptions::<1>::default()
    };
    check("relu", &inputs, |t, i| {
        ops::depthwise_conv(t, &i[0], &i[1], Some(&i[2]), options)
    })
}

/// Each channel as a convolution in a group of its own: the same numbers by another way.
#[test]
fn depthwise_conv_is_a_convolution_in_as_many_groups_as_channels() -> Result<()> {
    for (channels, multiplier) in [(64, 1), (39, 1), (7, 3)] {
        let x = numbers(1, (2, 9, 11, channels), -1.0, 1.0);
        let kernel = numbers(2, (3, 2, channels, multiplier), -1.0, 1.0);
        let options = ConvOptions {
            padding: Padding::Same,
            ..ConvOptions::<2>::default()
        };
        let tape = &mut Tape::off();
        let ours = ops::depthwise_conv(tape, &x, &kernel, None, options)?;
        let kernel = kernel.reshape((3, 2, 1, channels * multiplier))?;
        let grouped = ops::conv(tape, &x, &kernel, None, channels, options)?;
        let distance = (&ours - &grouped).map(f32::abs).max();
        assert!(distance < 1e-5, "{channels} times {multiplier}: {distance}");
    }
    Ok(())
}
