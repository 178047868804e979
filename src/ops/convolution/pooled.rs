//! A convolution and the 2x2 maximum behind it as one operation: what lies between is never written.

use super::by_picture::{add_sums, split_mut};
use super::direct::{PooledRow, RowGradient, Sizes, Source};
use crate::ops::shared_work::{Parallel, ParallelJobs};
use crate::ops::{Instructions, pieces};
use crate::tensor::bridge::{Backpass, Op};

/// Windows of the maximum, along height and width.
pub(super) const WINDOW: usize = 2;

/// The convolution moves by single steps; sizes are (height, width) or (height, width, channels).
pub(super) struct PooledConvolution {
    pub(super) input: (usize, usize, usize),
    /// Of the maximum.
    pub(super) output: (usize, usize),
    pub(super) filters: usize,
    pub(super) kernel: (usize, usize),
    /// Cells padded above and to the left, and in all.
    pub(super) offset: (usize, usize),
    pub(super) padding: (usize, usize),
    pub(super) relu: bool,
    pub(super) instructions: Instructions,
    /// Which cell of each window was the largest.
    pub(super) largest: Vec<u8>,
}

impl PooledConvolution {
    fn picture(&self) -> usize {
        self.input.0 * self.input.1 * self.input.2
    }

    /// Numbers in a row of the output.
    fn row(&self) -> usize {
        self.output.1 * self.filters
    }

    fn result(&self) -> usize {
        self.output.0 * self.row()
    }

    fn padded_row(&self) -> usize {
        (self.input.1 + self.padding.1) * self.input.2
    }

    fn sizes(&self) -> Sizes {
        Sizes {
            row: self.padded_row(),
            cell: self.input.2,
            kernel_rows: self.kernel.0,
            run: self.kernel.1 * self.input.2,
            filters: self.filters,
            places: self.output.1,
        }
    }

    /// Room for a padded picture; zeros, which padding stays.
    fn room(&self) -> Vec<f32> {
        match self.padding {
            (0, 0) => Vec::new(),
            (rows, _) => vec![0.0; (self.input.0 + rows) * self.padded_row()],
        }
    }

    /// The picture with its padding around it.
    fn padded<'a>(&self, picture: &'a [f32], room: &'a mut [f32]) -> &'a [f32] {
        if self.padding == (0, 0) {
            return picture;
        }
        let (width, left) = (self.input.1 * self.input.2, self.offset.1 * self.input.2);
        let rows = room.chunks_exact_mut(self.padded_row()).skip(self.offset.0);
        for (to, from) in rows.zip(picture.chunks_exact(width)) {
            to[left..left + width].copy_from_slice(from);
        }
        room
    }

    /// Where the windows of a row of the output start in a padded picture.
    fn start(&self, row: usize) -> usize {
        WINDOW * row * self.padded_row()
    }
}

impl Op for PooledConvolution {
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]) {
        let (x, kernel, bias) = (inputs[0], inputs[1], inputs.get(2).copied());
        let (in_size, out_size) = (self.picture(), self.result());
        let mut largest = vec![0; output.len()];
        let ranges = pieces(output.len() / out_size, 1);
        let work: Vec<_> = split_mut(output, &ranges, out_size)
            .into_iter()
            .zip(split_mut(&mut largest, &ranges, out_size))
            .collect();
        let this = &*self;
        work.into_par_iter()
            .for_each(|((range, values), (_, largest))| {
                let mut room = this.room();
                let rows = values.chunks_exact_mut(this.row());
                for (i, (values, largest)) in
                    rows.zip(largest.chunks_exact_mut(this.row())).enumerate()
                {
                    let (n, row) = (range.start + i / this.output.0, i % this.output.0);
                    let picture = &x[n * in_size..(n + 1) * in_size];
                    if row == 0 {
                        this.padded(picture, &mut room);
                    }
                    let picture = if room.is_empty() { picture } else { &room };
                    let source = Source {
                        sizes: this.sizes(),
                        picture: &picture[this.start(row)..],
                        kernel,
                        bias,
                        relu: this.relu,
                    };
                    source.compute(this.instructions, PooledRow { values, largest });
                }
            });
        self.largest = largest;
    }

    fn backward(&self, at: Backpass<'_>) {
        let (x, kernel) = (at.inputs[0], at.inputs[1]);
        let (in_size, out_size) = (self.picture(), self.result());
        let (output, gradient) = (at.output, &*at.gradient);
        let sums: Vec<(Vec<f32>, Vec<f32>)> = pieces(gradient.len() / out_size, 1)
            .into_par_iter()
            .map(|range| {
                let mut room = self.room();
                let mut scratch = vec![0.0; WINDOW * WINDOW * self.row()];
                let mut kernel_sum = vec![0.0; kernel.len()];
                let mut bias_sum = vec![0.0; self.filters];
                for n in range {
                    let picture = self.padded(&x[n * in_size..(n + 1) * in_size], &mut room);
                    for row in 0..self.output.0 {
                        let start = n * out_size + row * self.row();
                        let part = start..start + self.row();
                        let row = RowGradient {
                            sizes: self.sizes(),
                            picture: &picture[self.start(row)..],
                            gradient: &gradient[part.clone()],
                            values: &output[part.clone()],
                            largest: &self.largest[part],
                            relu: self.relu,
                        };
                        row.add(
                            self.instructions,
                            &mut scratch,
                            &mut kernel_sum,
                            &mut bias_sum,
                        );
                    }
                }
                (kernel_sum, bias_sum)
            });
        add_sums(&mut at.wanted[1..], &sums);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::conv2d_max_pool_by;
    use crate::ops::{Conv2DOptions, Instructions, Padding, Pool, conv2d, pool2d};
    use crate::{Shape, Tape, Tensor};

    /// Numbers without a pattern that a wrong index could hit by chance.
    fn numbers(shape: impl Into<Shape>, seed: usize) -> Tensor {
        let shape = shape.into();
        let values = (0..shape.elements())
            .map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0);
        Tensor::from_vec(values.collect(), shape).unwrap()
    }

    /// What comes out, and the gradients of kernel and bias; of two operations without instructions.
    fn both(
        fused: Option<Instructions>,
        x: &Tensor,
        kernel: &Tensor,
        bias: Option<&Tensor>,
        options: Conv2DOptions,
    ) -> Option<Vec<Vec<f32>>> {
        let mut tape = Tape::recording();
        let kernel = tape.watch(kernel);
        let bias = bias.map(|bias| tape.watch(bias));
        let y = if let Some(instructions) = fused {
            let bias = bias.as_ref();
            conv2d_max_pool_by(instructions, &mut tape, x, &kernel, bias, options).unwrap()?
        } else {
            let y = conv2d(&mut tape, x, &kernel, bias.as_ref(), options).unwrap();
            pool2d(&mut tape, &y, Pool::Max, (2, 2), (2, 2), Padding::Valid).unwrap()
        };
        let sources: Vec<&Tensor> = [&kernel].into_iter().chain(&bias).collect();
        let slope = numbers(y.shape().clone(), 9);
        let gradients = tape.gradient_from(&y, &slope, &sources).unwrap();
        let all = [&y].into_iter().chain(&gradients);
        Some(all.map(Tensor::to_vec::<f32>).collect())
    }

    #[test]
    fn one_operation_is_the_two() {
        // Batch, picture, kernel, channels, filters.
        let cases = [
            (1, (4, 4), (3, 3), 3, 32),
            (5, (32, 32), (3, 3), 3, 32),
            (2, (9, 7), (2, 3), 1, 16),
            (3, (11, 21), (1, 1), 4, 48),
            (2, (8, 13), (5, 4), 2, 64),
            (2, (6, 2), (1, 1), 1, 16),
            (1, (7, 18), (3, 14), 1, 32),
        ];
        for (batch, picture, kernel, channels, filters) in cases {
            for padding in [Padding::Valid, Padding::Same] {
                for (relu, biased) in [(true, true), (false, false), (false, true)] {
                    let options = Conv2DOptions {
                        padding,
                        relu,
                        ..Conv2DOptions::default()
                    };
                    let x = numbers((batch, picture.0, picture.1, channels), 1);
                    let weights = numbers((kernel.0, kernel.1, channels, filters), 2);
                    let bias = biased.then(|| numbers(filters, 3));
                    let two = both(None, &x, &weights, bias.as_ref(), options).unwrap();
                    for instructions in Instructions::available() {
                        let by = Some(instructions);
                        let one = both(by, &x, &weights, bias.as_ref(), options).unwrap();
                        assert_eq!(one.len(), two.len());
                        for (one, two) in one.iter().flatten().zip(two.iter().flatten()) {
                            let tolerance = 1e-4 * (1.0 + two.abs());
                            assert!(
                                (one - two).abs() <= tolerance,
                                "{instructions:?} {one} {two} {x:?} {kernel:?}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn nan_shows_and_equal_cells_share_nothing() {
        let kernel = Tensor::ones((1, 1, 1, 16));
        let options = Conv2DOptions::default();
        for instructions in Instructions::available() {
            let by = Some(instructions);
            for place in 0..4 {
                let mut four = vec![1.0, 4.0, 2.0, 3.0];
                four[place] = f32::NAN;
                let x = Tensor::from_vec(four, (1, 2, 2, 1)).unwrap();
                let y = both(by, &x, &kernel, None, options).unwrap();
                assert!(y[0].iter().all(|value| value.is_nan()));
            }
            let x = Tensor::from_vec(vec![1.0, 5.0, 5.0, 5.0], (1, 2, 2, 1)).unwrap();
            let one = both(by, &x, &kernel, None, options).unwrap();
            assert_eq!(one, both(None, &x, &kernel, None, options).unwrap());
        }
    }

    #[test]
    fn what_it_cannot_do_is_left_to_two_operations() {
        let x = numbers((1, 8, 8, 3), 1);
        let fused = |kernel: (usize, usize, usize, usize), options: Conv2DOptions| {
            let mut tape = Tape::off();
            let kernel = numbers(kernel, 2);
            let by = Instructions::Usual;
            let y = conv2d_max_pool_by(by, &mut tape, &x, &kernel, None, options);
            y.unwrap().is_some()
        };
        let usual = Conv2DOptions::default();
        assert!(!fused((3, 3, 3, 20), usual));
        assert!(!fused((7, 7, 3, 16), usual));
        assert!(!fused((8, 8, 3, 16), usual));
        for options in [
            Conv2DOptions {
                strides: (2, 1),
                ..usual
            },
            Conv2DOptions {
                dilation_rate: (1, 2),
                ..usual
            },
        ] {
            assert!(!fused((3, 3, 3, 16), options));
        }
        let mut tape = Tape::recording();
        let (x, kernel) = (tape.watch(&x), numbers((3, 3, 3, 16), 2));
        let by = Instructions::Usual;
        let y = conv2d_max_pool_by(by, &mut tape, &x, &kernel, None, usual).unwrap();
        assert!(y.is_none(), "the gradient of the picture is wanted");
    }
}
