//! Windows that move over pictures, as kernels are told of them.

use std::ops::Range;

use super::layout::too_large;
use crate::Result;
use crate::device::Table;
use crate::ops::window::{WindowAxes, WindowAxis};

/// What kernels count is below this.
const COUNTABLE: usize = 1 << 31;

/// What kernels divide numbers below 2^31 by, as `Divisor` in `windows.cuh`: the number itself, and a
/// factor and a shift that do the same.
pub(super) fn divisor(by: usize) -> Result<[usize; 3]> {
    if !(1..=COUNTABLE).contains(&by) {
        return Err(too_large());
    }
    let shift = 31 + by.next_power_of_two().trailing_zeros() as usize;
    Ok([by, (1usize << shift).div_ceil(by), shift])
}

/// What windows do with channels.
pub(super) struct Channels {
    pub(super) all: usize,
    /// Those of a group, or the kernels of each channel.
    pub(super) share: usize,
    pub(super) groups: usize,
}

/// How windows are laid out as rows of a matrix.
#[derive(Clone, Copy, Default)]
pub(super) struct Rows {
    /// Runs of neighboring numbers in each line of a window.
    pub(super) runs: usize,
    /// Numbers in a run.
    pub(super) run: usize,
    /// From one row of the matrix to the next.
    pub(super) step: usize,
}

/// `Windows` of `windows.cuh`.
pub(super) fn table(axes: &WindowAxes, channels: &Channels, rows: Rows) -> Result<Table> {
    let mut numbers = Vec::with_capacity(Table::LENGTH);
    for axis in axes {
        numbers.extend(axis_numbers(axis, channels.all)?);
    }
    let [planes, lines, _] = axes.each_ref().map(|axis| axis.size);
    let divisors = [
        channels.all,
        channels.share,
        channels.groups,
        lines,
        planes * lines,
    ];
    for by in divisors {
        numbers.extend(divisor(by)?);
    }
    numbers.extend([rows.runs, rows.run, rows.step]);
    Table::new(numbers).ok_or_else(too_large)
}

fn axis_numbers(axis: &WindowAxis, channels: usize) -> Result<Vec<usize>> {
    // Steps that are never taken may be of any length.
    let stride = if axis.output == 1 { 1 } else { axis.stride };
    let dilation = if axis.size == 1 { 1 } else { axis.dilation };
    let reach = (axis.size - 1).saturating_mul(dilation);
    let last = (axis.output.saturating_sub(1)).saturating_mul(stride);
    // Kernels count numbers to both sides of the start of a line.
    let furthest = last
        .saturating_add(reach)
        .saturating_add(axis.input)
        .saturating_add(axis.before)
        .saturating_mul(channels);
    if furthest >= COUNTABLE {
        return Err(too_large());
    }
    let mut numbers = Vec::with_capacity(14);
    for by in [axis.input, axis.output, stride, dilation] {
        // Nothing is divided by zero, but some things are compared with it.
        let [_, factor, shift] = divisor(by.max(1))?;
        numbers.extend([by, factor, shift]);
    }
    numbers.extend([axis.size, axis.before]);
    Ok(numbers)
}

/// The pictures of a batch in pieces for which a kernel counts no further than `most`, with
/// `numbers` for each.
pub(super) fn pieces(
    pictures: usize,
    numbers: usize,
    most: usize,
) -> Result<impl Iterator<Item = Range<usize>>> {
    if numbers >= COUNTABLE {
        return Err(too_large());
    }
    let at_once = (most / numbers.max(1)).max(1);
    let starts = (0..pictures).step_by(at_once);
    Ok(starts.map(move |start| start..(start + at_once).min(pictures)))
}

/// [`pieces`] that are as large as can be.
pub(super) fn countable(
    pictures: usize,
    numbers: usize,
) -> Result<impl Iterator<Item = Range<usize>>> {
    // Threads beyond the last number are counted too.
    pieces(pictures, numbers, COUNTABLE - (1 << 12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplying_divides() {
        let divisors = (1..200).chain([255, 1023, 65_537, (1 << 30) + 1, (1 << 31) - 1, 1 << 31]);
        for by in divisors {
            let Ok([_, factor, shift]) = divisor(by) else {
                panic!("{by} can be divided by");
            };
            assert!(u32::try_from(factor).is_ok());
            let near = (1..5).flat_map(|times| [times * by - 1, times * by]);
            let numbers = (0..300).chain(near).chain([(1 << 31) - 1, (1 << 31) - by]);
            for number in numbers.filter(|number| *number < COUNTABLE) {
                assert_eq!((number * factor) >> shift, number / by, "{number} / {by}");
            }
        }
        assert!(divisor(0).is_err() && divisor(COUNTABLE + 1).is_err());
    }
}
