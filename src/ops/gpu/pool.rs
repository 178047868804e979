//! Pooling on the GPU.

use std::ops::Range;

use super::reduction::{How, reduce_middle};
use super::windows::{Channels, Rows, countable, table};
use crate::Result;
use crate::device::{Argument, Buffer, Format, Gpu, Source, Table, Threads};
use crate::ops::pool::{AveragePool, MaskedAverage, MaxPool, Windows};
use crate::ops::window::WindowAxis;
use crate::tensor::bridge::{GpuBackpass, GpuOp, GpuWanted, Reals};

const KERNELS: Source = Source {
    name: "pool",
    text: concat!(include_str!("windows.cuh"), include_str!("pool.cu")),
};

/// Windows as kernels are told of them.
struct OnGpu {
    table: Table,
    /// For each place the cells under it and for each cell the places over it, where no rule tells.
    ranges: Option<Buffer>,
    /// How many neighboring channels count as one number.
    together: usize,
}

impl OnGpu {
    /// For kernels that pool as many channels at once as 16 bytes hold, if they come out even.
    fn wide(gpu: &Gpu, windows: &Windows, format: Format) -> Result<Self> {
        match windows.channels.is_multiple_of(format.wide()) {
            true => OnGpu::new(gpu, windows, format.wide()),
            false => OnGpu::new(gpu, windows, 1),
        }
    }

    fn new(gpu: &Gpu, windows: &Windows, together: usize) -> Result<Self> {
        let axes = [0, 1, 2].map(|axis| by_rule(&windows.places[axis], windows.input[axis]));
        let is_regular = axes.iter().all(Option::is_some);
        let [planes, rows, columns] = [0, 1, 2].map(|axis| {
            axes[axis].unwrap_or(WindowAxis {
                input: windows.input[axis],
                output: windows.places[axis].len(),
                ..WindowAxis::NONE
            })
        });
        let channels = Channels {
            all: windows.channels / together,
            share: 1,
            groups: 1,
        };
        Ok(OnGpu {
            table: table(&[planes, rows, columns], &channels, Rows::default())?,
            ranges: match is_regular {
                true => None,
                false => Some(gpu.upload(&ranges(windows))?),
            },
            together,
        })
    }

    /// What a kernel is called.
    fn name(&self, narrow: &'static str, wide: &'static str) -> &'static str {
        match self.together {
            1 => narrow,
            _ => wide,
        }
    }
}

/// The rule of windows of one size and stride that are cut off at the edges, if they follow it.
fn by_rule(places: &[Range<usize>], input: usize) -> Option<WindowAxis> {
    let last = places.len().checked_sub(1)?;
    let before_last = last.saturating_sub(1);
    // Where the edges hide the stride from all windows, any will do.
    let strides = [
        places[last].start.checked_sub(places[before_last].start)?,
        places[last.min(1)].end.checked_sub(places[0].end)?,
        1,
    ];
    let axis = |stride: usize| {
        let before = (last * stride).checked_sub(places[last].start)?;
        let inside = places.iter().position(|place| place.end < input);
        let size = match inside {
            Some(place) => (places[place].end + before).checked_sub(place * stride)?,
            None => input + before,
        };
        let cut = |at: usize| at.saturating_sub(before).min(input);
        let follows = |(i, place): (usize, &Range<usize>)| {
            *place == (cut(i * stride)..cut(i * stride + size))
        };
        let all = size > 0 && places.iter().enumerate().all(follows);
        all.then_some(WindowAxis {
            input,
            output: places.len(),
            size,
            stride,
            dilation: 1,
            before,
        })
    };
    let mut strides = strides.into_iter().filter(|stride| *stride > 0);
    strides.find_map(axis)
}

/// The table of `pool.cu`; whole numbers, whose bits travel as those of floats.
fn ranges(windows: &Windows) -> Vec<f32> {
    let mut numbers = Vec::new();
    for places in &windows.places {
        numbers.extend(places.iter().flat_map(|place| [place.start, place.end]));
    }
    for (places, input) in windows.places.iter().zip(windows.input) {
        for cell in 0..input {
            // Both ends of windows only move forward.
            let first = places.partition_point(|place| place.end <= cell);
            let end = places.partition_point(|place| place.start <= cell);
            numbers.extend([first, end]);
        }
    }
    let bits = numbers
        .into_iter()
        .map(|number| f32::from_bits(number as u32));
    bits.collect()
}

impl Windows {
    fn cells(&self) -> usize {
        self.input.iter().product()
    }

    /// Whether there is one window, the picture.
    fn is_whole(&self) -> bool {
        let mut axes = self.places.iter().zip(self.input);
        axes.all(|(places, input)| matches!(places.as_slice(), [place] if *place == (0..input)))
    }

    /// Whether windows do not overlap and leave nothing before the first.
    fn are_apart(&self) -> bool {
        self.places.iter().all(|places| {
            let mut pairs = places.iter().zip(&places[1..]);
            places[0].start == 0 && pairs.all(|(place, next)| place.end <= next.start)
        })
    }

    /// Pools whole pictures: many threads share a window.
    fn reduce(
        &self,
        gpu: &Gpu,
        x: &Buffer,
        how: How,
        factor: f32,
        output: &mut Buffer,
    ) -> Result<()> {
        let all = [output.len() / self.channels, self.cells(), self.channels];
        reduce_middle(gpu, x, all, how, factor, output, true)
    }

    /// Starts a kernel with a thread for each window.
    fn forward(
        &self,
        gpu: &Gpu,
        [narrow, wide]: [&'static str; 2],
        x: &Buffer,
        output: &mut Buffer,
    ) -> Result<()> {
        let on_gpu = OnGpu::wide(gpu, self, x.format())?;
        let name = on_gpu.name(narrow, wide);
        for part in self.parts(output.len(), self.result(), on_gpu.together)? {
            let arguments = [
                Argument::WriteReal(output),
                Argument::ReadReal(x),
                Argument::Maybe(on_gpu.ranges.as_ref()),
                Argument::Table(on_gpu.table),
                Argument::Size(part.skipped),
                Argument::Size(part.skipped_results),
                Argument::Word(part.count as u32),
            ];
            gpu.launch(&KERNELS, name, Threads::each(part.count), arguments)?;
        }
        Ok(())
    }

    /// Pieces of a batch with a thread for each of so many numbers of a picture, or for so many
    /// `together`, which then count as one.
    fn parts(
        &self,
        results: usize,
        numbers: usize,
        together: usize,
    ) -> Result<impl Iterator<Item = Part> + use<>> {
        let (picture, result) = (self.picture(), self.result());
        let pieces = countable(results / result, picture.max(result))?;
        Ok(pieces.map(move |piece| Part {
            count: piece.len() * numbers / together,
            skipped: piece.start * picture / together,
            skipped_results: piece.start * result / together,
        }))
    }
}

/// What one launch does: so many threads, behind numbers of pictures and of results that others do.
struct Part {
    count: usize,
    skipped: usize,
    skipped_results: usize,
}

impl GpuOp for MaxPool {
    fn reals(&self) -> Reals {
        Reals::ALL
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let Self(windows) = self;
        match windows.is_whole() {
            true => windows.reduce(gpu, inputs[0], How::Maximum, 1.0, output),
            false => windows.forward(gpu, ["max_pool", "max_pool_wide"], inputs[0], output),
        }
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        /// Larger windows than this are shared by several threads.
        const FEW: usize = 64;
        let Some(x) = &mut at.wanted[0] else {
            return Ok(());
        };
        let Self(windows) = self;
        let (pictures, result, gradient) = (at.inputs[0], at.output, &*at.gradient);
        if windows.is_whole() && windows.cells() > FEW {
            return give_to_largest_of_all(gpu, windows, pictures, result, gradient, x);
        }
        let (on_gpu, name, numbers) = match windows.are_apart() {
            true => {
                let on_gpu = OnGpu::wide(gpu, windows, pictures.format())?;
                let name = on_gpu.name("max_pool_back_apart", "max_pool_back_apart_wide");
                (on_gpu, name, windows.result())
            }
            false => (
                OnGpu::new(gpu, windows, 1)?,
                "max_pool_back",
                windows.picture(),
            ),
        };
        for part in windows.parts(result.len(), numbers, on_gpu.together)? {
            let arguments = [
                Argument::WriteReal(&mut x.values),
                Argument::ReadReal(pictures),
                Argument::ReadReal(result),
                Argument::ReadReal(gradient),
                Argument::Maybe(on_gpu.ranges.as_ref()),
                Argument::Table(on_gpu.table),
                Argument::Size(part.skipped),
                Argument::Size(part.skipped_results),
                Argument::Word(part.count as u32),
                Argument::flag(x.fresh),
            ];
            gpu.launch(&KERNELS, name, Threads::each(part.count), arguments)?;
        }
        Ok(())
    }
}

/// The backward pass of windows that are whole pictures.
fn give_to_largest_of_all(
    gpu: &Gpu,
    windows: &Windows,
    pictures: &Buffer,
    result: &Buffer,
    gradient: &Buffer,
    x: &mut GpuWanted,
) -> Result<()> {
    let table = OnGpu::new(gpu, windows, 1)?.table;
    let (cells, channels) = (windows.cells(), windows.channels);
    let lanes = channels.next_power_of_two().min(32);
    let mut which = gpu.unwritten(result.len())?;
    let arguments = [
        Argument::Write(&mut which),
        Argument::ReadReal(pictures),
        Argument::ReadReal(result),
        Argument::Size(cells),
        Argument::Size(channels),
        Argument::Word(lanes as u32),
    ];
    let blocks = result.len() / channels * channels.div_ceil(lanes);
    gpu.launch(
        &KERNELS,
        "first_largest",
        Threads::blocks(blocks),
        arguments,
    )?;
    for part in windows.parts(result.len(), windows.picture(), 1)? {
        let arguments = [
            Argument::WriteReal(&mut x.values),
            Argument::ReadReal(gradient),
            Argument::Read(&which),
            Argument::Table(table),
            Argument::Size(part.skipped),
            Argument::Size(part.skipped_results),
            Argument::Word(part.count as u32),
            Argument::flag(x.fresh),
        ];
        let threads = Threads::each(part.count);
        gpu.launch(&KERNELS, "give_to_cell", threads, arguments)?;
    }
    Ok(())
}

impl GpuOp for AveragePool {
    fn reals(&self) -> Reals {
        Reals::ALL
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let Self(windows) = self;
        if !windows.is_whole() {
            let kernels = ["average_pool", "average_pool_wide"];
            return windows.forward(gpu, kernels, inputs[0], output);
        }
        let share = 1.0 / windows.cells() as f32;
        windows.reduce(gpu, inputs[0], How::Sum, share, output)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(x) = &mut at.wanted[0] else {
            return Ok(());
        };
        let Self(windows) = self;
        let on_gpu = OnGpu::wide(gpu, windows, at.output.format())?;
        let name = on_gpu.name("average_pool_back", "average_pool_back_wide");
        for part in windows.parts(at.output.len(), windows.picture(), on_gpu.together)? {
            let arguments = [
                Argument::WriteReal(&mut x.values),
                Argument::ReadReal(at.gradient),
                Argument::Maybe(on_gpu.ranges.as_ref()),
                Argument::Table(on_gpu.table),
                Argument::Size(part.skipped),
                Argument::Size(part.skipped_results),
                Argument::Word(part.count as u32),
                Argument::flag(x.fresh),
            ];
            let threads = Threads::each(part.count);
            gpu.launch(&KERNELS, name, threads, arguments)?;
        }
        Ok(())
    }
}

impl MaskedAverage {
    /// For each step whether it counts, then for each sequence the share of a step.
    fn upload(&self, gpu: &Gpu) -> Result<Buffer> {
        let counts = self
            .counts
            .iter()
            .map(|&counts| f32::from(u8::from(counts)));
        let sequences = self.counts.chunks_exact(self.steps);
        let share = |counts: &[bool]| 1.0 / counts.iter().filter(|counts| **counts).count() as f32;
        let numbers: Vec<f32> = counts.chain(sequences.map(share)).collect();
        gpu.upload(&numbers)
    }

    fn sequences(&self) -> usize {
        self.counts.len() / self.steps
    }
}

impl GpuOp for MaskedAverage {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let counts = self.upload(gpu)?;
        let lanes = self.channels.next_power_of_two().min(32);
        let arguments = [
            Argument::Write(output),
            Argument::Read(inputs[0]),
            Argument::Read(&counts),
            Argument::Size(self.sequences()),
            Argument::Size(self.steps),
            Argument::Size(self.channels),
            Argument::Word(lanes as u32),
        ];
        let threads = Threads::blocks(self.sequences() * self.channels.div_ceil(lanes));
        gpu.launch(&KERNELS, "masked_average", threads, arguments)?;
        self.on_gpu = Some(counts);
        Ok(())
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let (Some(x), Some(counts)) = (&mut at.wanted[0], &self.on_gpu) else {
            return Ok(());
        };
        let count = x.values.len();
        let arguments = [
            Argument::Write(&mut x.values),
            Argument::Read(at.gradient),
            Argument::Read(counts),
            Argument::Size(self.sequences()),
            Argument::Size(self.steps),
            Argument::Size(self.channels),
            Argument::Size(count),
            Argument::flag(x.fresh),
        ];
        let threads = Threads::each(count);
        gpu.launch(&KERNELS, "masked_average_back", threads, arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_found_and_others_are_not_made_up() {
        for (size, stride, before, input, output) in [
            (2, 2, 0, 8, 4),
            (2, 2, 0, 9, 4),
            (3, 2, 1, 7, 4),
            (3, 1, 1, 5, 5),
            (5, 1, 2, 3, 3),
            (1, 3, 0, 10, 4),
            (4, 3, 0, 4, 1),
            (9, 2, 4, 2, 1),
        ] {
            let places: Vec<Range<usize>> = (0..output)
                .map(|i: usize| {
                    let end = (i * stride + size).saturating_sub(before);
                    (i * stride).saturating_sub(before)..end.min(input)
                })
                .collect();
            let found = by_rule(&places, input).map(|axis| {
                let start = |i: usize| (i * axis.stride).saturating_sub(axis.before);
                let end = |i: usize| (i * axis.stride + axis.size).saturating_sub(axis.before);
                let places = (0..axis.output).map(|i| start(i)..end(i).min(input));
                places.collect::<Vec<_>>()
            });
            assert_eq!(found, Some(places));
        }
        let uneven: Vec<Range<usize>> = vec![0..2, 1..3, 3..5];
        assert!(by_rule(&uneven, 5).is_none());
    }
}
