//! Putting tensors together and taking them apart, on the GPU.

use super::upload_places;
use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::embedding::Embedding;
use crate::ops::layout::Layout;
use crate::ops::parts::{Concatenate, Part};
use crate::ops::step_parts::{Choose, Columns, ReverseSteps, SideBySide};
use crate::tensor::bridge::{GpuBackpass, GpuOp, GpuWanted, Reals};

const KERNELS: Source = Source {
    name: "parts",
    text: include_str!("parts.cu"),
};

/// Where each of several matrices lies in the one that they make side by side.
fn layouts(widths: &[usize], numbers: usize) -> impl Iterator<Item = Layout> {
    let all: usize = widths.iter().sum();
    let count = numbers / all;
    widths.iter().scan(0, move |start, &width| {
        let layout = Layout::new(&[count, width], &[all, 1], *start);
        *start += width;
        Some(layout)
    })
}

fn put_together(gpu: &Gpu, widths: &[usize], parts: &[&Buffer], to: &mut Buffer) -> Result<()> {
    for (layout, part) in layouts(widths, to.len()).zip(parts) {
        if !part.is_empty() {
            layout.scatter_on(gpu, part, to, false)?;
        }
    }
    Ok(())
}

fn take_apart(gpu: &Gpu, widths: &[usize], at: GpuBackpass<'_>) -> Result<()> {
    for (layout, wanted) in layouts(widths, at.gradient.len()).zip(at.wanted) {
        if let Some(wanted) = wanted.as_mut().filter(|wanted| !wanted.values.is_empty()) {
            layout.gather_on(gpu, at.gradient, 1.0, wanted)?;
        }
    }
    Ok(())
}

/// Adds a gradient at the places of a layout; the others have no part of it.
fn give_back(gpu: &Gpu, layout: &Layout, gradient: &Buffer, to: &mut GpuWanted) -> Result<()> {
    if std::mem::take(&mut to.fresh) {
        gpu.clear(&mut to.values)?;
    }
    layout.scatter_on(gpu, gradient, &mut to.values, true)
}

impl GpuOp for Concatenate {
    fn reals(&self) -> Reals {
        Reals::MOVED
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        put_together(gpu, &self.rows, inputs, output)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        take_apart(gpu, &self.rows, at)
    }
}

impl GpuOp for SideBySide {
    fn reals(&self) -> Reals {
        Reals::MOVED
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        put_together(gpu, &self.widths, inputs, output)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        take_apart(gpu, &self.widths, at)
    }
}

impl GpuOp for Part {
    fn reals(&self) -> Reals {
        Reals::MOVED
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        self.layout.gather_all_on(gpu, inputs[0], output)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        match &mut at.wanted[0] {
            Some(x) => give_back(gpu, &self.layout, at.gradient, x),
            None => Ok(()),
        }
    }
}

impl Columns {
    fn layout(&self, numbers: usize) -> Layout {
        let width = self.columns.len();
        let sizes = [numbers / width, width];
        Layout::new(&sizes, &[self.width, 1], self.columns.start)
    }
}

impl GpuOp for Columns {
    fn reals(&self) -> Reals {
        Reals::MOVED
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        self.layout(output.len())
            .gather_all_on(gpu, inputs[0], output)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let layout = self.layout(at.gradient.len());
        match &mut at.wanted[0] {
            Some(x) => give_back(gpu, &layout, at.gradient, x),
            None => Ok(()),
        }
    }
}

impl Choose {
    fn chosen_on(&self, gpu: &Gpu) -> Result<Buffer> {
        let chosen: Vec<f32> = self
            .chosen
            .iter()
            .map(|chosen| f32::from(*chosen))
            .collect();
        gpu.upload(&chosen)
    }
}

impl GpuOp for Choose {
    fn reals(&self) -> Reals {
        Reals::MOVED
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let count = output.len();
        let arguments = [
            Argument::WriteReal(output),
            Argument::ReadReal(inputs[0]),
            Argument::ReadReal(inputs[1]),
            Argument::Read(&self.chosen_on(gpu)?),
            Argument::Size(count / self.chosen.len()),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "choose", Threads::each(count), arguments)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let (count, chosen) = (at.gradient.len(), self.chosen_on(gpu)?);
        for (which, wanted) in at.wanted.iter_mut().enumerate() {
            let Some(wanted) = wanted else { continue };
            let arguments = [
                Argument::WriteReal(&mut wanted.values),
                Argument::ReadReal(at.gradient),
                Argument::Read(&chosen),
                Argument::flag(which == 0),
                Argument::Size(count / self.chosen.len()),
                Argument::Size(count),
                Argument::flag(wanted.fresh),
            ];
            gpu.launch(&KERNELS, "choose_slope", Threads::each(count), arguments)?;
        }
        Ok(())
    }
}

impl ReverseSteps {
    fn go(&self, gpu: &Gpu, from: &Buffer, to: &mut Buffer, fresh: bool) -> Result<()> {
        let count = to.len();
        let arguments = [
            Argument::WriteReal(to),
            Argument::ReadReal(from),
            Argument::Size(self.steps),
            Argument::Size(self.of_step),
            Argument::Size(count),
            Argument::flag(fresh),
        ];
        gpu.launch(&KERNELS, "reverse_steps", Threads::each(count), arguments)
    }
}

impl GpuOp for ReverseSteps {
    fn reals(&self) -> Reals {
        Reals::MOVED
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        self.go(gpu, inputs[0], output, true)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        match &mut at.wanted[0] {
            Some(x) => self.go(gpu, at.gradient, &mut x.values, x.fresh),
            None => Ok(()),
        }
    }
}

impl Embedding {
    /// Whether rows and positions can be counted in floats.
    pub(in crate::ops) fn has_kernels(&self) -> bool {
        const MANY: usize = 1 << 24;
        let last = self.numbers.iter().max();
        self.numbers.len() < MANY && last.is_none_or(|last| (*last as usize) < MANY)
    }
}

impl GpuOp for Embedding {
    fn reals(&self) -> Reals {
        Reals::OUTPUT
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let count = output.len();
        let numbers = self.numbers.iter().map(|number| *number as usize);
        let arguments = [
            Argument::WriteReal(output),
            Argument::Read(inputs[0]),
            Argument::Read(&upload_places(gpu, numbers)?),
            Argument::Size(self.features),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "embed", Threads::each(count), arguments)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(table) = &mut at.wanted[0] else {
            return Ok(());
        };
        if std::mem::take(&mut table.fresh) {
            gpu.clear(&mut table.values)?;
        }
        if at.gradient.is_empty() {
            return Ok(());
        }
        let by_row = self.by_row(table.values.len() / self.features);
        let sum = |to: &mut Buffer, from: &Buffer, starts: &Buffer, rows, places| {
            let count = (starts.len() - 1) * self.features;
            let arguments = [
                Argument::Write(to),
                Argument::ReadReal(from),
                Argument::Maybe(rows),
                Argument::Read(starts),
                Argument::Maybe(places),
                Argument::Size(self.features),
                Argument::Size(count),
            ];
            gpu.launch(&KERNELS, "sums_of_rows", Threads::each(count), arguments)
        };
        let positions = upload_places(gpu, by_row.positions.into_iter())?;
        let pieces = upload_places(gpu, by_row.pieces.into_iter())?;
        let rows = upload_places(gpu, by_row.rows.into_iter())?;
        let starts = upload_places(gpu, by_row.starts.into_iter())?;
        let mut sums = gpu.unwritten((pieces.len() - 1) * self.features)?;
        sum(&mut sums, at.gradient, &pieces, None, Some(&positions))?;
        sum(&mut table.values, &sums, &starts, Some(&rows), None)
    }
}

/// Where the rows of a table were taken, row by row: each sum has its numbers together, always in the
/// same order.
struct ByRow {
    positions: Vec<usize>,
    /// Where each piece of them begins: no piece is long, for one thread adds it up.
    pieces: Vec<usize>,
    /// The rows that were taken at all,
    rows: Vec<usize>,
    /// and where the pieces of each begin.
    starts: Vec<usize>,
}

impl Embedding {
    fn by_row(&self, rows: usize) -> ByRow {
        const LONGEST: usize = 32;
        let positions = match rows < 8 * self.numbers.len() {
            true => self.positions_by_counting(rows),
            false => {
                let mut positions: Vec<usize> = (0..self.numbers.len()).collect();
                positions.sort_by_key(|position| self.numbers[*position]);
                positions
            }
        };
        let mut by_row = ByRow {
            pieces: Vec::new(),
            rows: Vec::new(),
            starts: Vec::new(),
            positions,
        };
        for (place, position) in by_row.positions.iter().enumerate() {
            let row = self.numbers[*position] as usize;
            if by_row.rows.last() != Some(&row) {
                by_row.rows.push(row);
                by_row.starts.push(by_row.pieces.len());
                by_row.pieces.push(place);
            } else if by_row
                .pieces
                .last()
                .is_some_and(|start| place - start == LONGEST)
            {
                by_row.pieces.push(place);
            }
        }
        by_row.starts.push(by_row.pieces.len());
        by_row.pieces.push(by_row.positions.len());
        by_row
    }

    fn positions_by_counting(&self, rows: usize) -> Vec<usize> {
        let mut places = vec![0u32; rows + 1];
        for number in &self.numbers {
            places[*number as usize + 1] += 1;
        }
        for row in 0..rows {
            places[row + 1] += places[row];
        }
        let mut positions = vec![0; self.numbers.len()];
        for (position, number) in self.numbers.iter().enumerate() {
            let place = &mut places[*number as usize];
            positions[*place as usize] = position;
            *place += 1;
        }
        positions
    }
}
