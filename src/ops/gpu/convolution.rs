//! Convolutions on the GPU: kernels lay windows out as the rows of a matrix and add them up again,
//! cuBLAS multiplies. Where cuDNN is installed, it computes those whose matrices are large.

use std::ops::Range;

use super::dense::{before_the_products, bias_and_relu};
use super::implicit::Implicit;
use super::reduction::{How, reduce_middle};
use super::windows::{Channels, Rows, pieces, table};
use crate::Result;
use crate::device::{
    Argument, Buffer, Factor, Format, Gpu, Product, Source, Table, Target, Threads,
};
use crate::ops::convolution::{Convolution, Patches, TransposedConvolution};
use crate::tensor::bridge::{GpuBackpass, GpuOp, GpuWanted, Reals};

const KERNELS: Source = Source {
    name: "convolution",
    text: concat!(include_str!("windows.cuh"), include_str!("convolution.cu")),
};

/// Numbers in a matrix of windows: larger batches go in pieces.
const MOST: usize = 1 << 26;
/// Matrices of up to so many bytes wait for the backward pass, which then need not make them again.
/// They hardly leave the GPU's cache; larger ones are what limits a convolution.
const KEPT: usize = 1 << 24;

/// The matrix whose rows are the windows of a batch, one for each group.
struct WindowMatrix<'a> {
    patches: &'a Patches,
    format: Format,
    /// How many neighboring channels kernels count as one number.
    together: usize,
    table: Table,
    rows: Rows,
    /// Of one window.
    lines: usize,
    /// Whether the pictures themselves are that matrix.
    is_picture: bool,
}

/// What the rows of windows, one picture after another, are multiplied with: `width` numbers for
/// each, a share of them for each group.
struct Beside<'a> {
    values: &'a Buffer,
    width: usize,
}

impl<'a> WindowMatrix<'a> {
    fn new(patches: &'a Patches, format: Format) -> Result<Self> {
        let [planes, lines, columns] = &patches.axes;
        let group_channels = patches.group_channels();
        let runs = match columns.dilation == 1 && patches.groups == 1 {
            true => 1,
            false => columns.size,
        };
        let rows = Rows {
            runs,
            run: columns.size / runs * group_channels,
            // Tensor cores read as many numbers at once, too.
            step: patches.cells().next_multiple_of(format.wide()),
        };
        let together = match group_channels.is_multiple_of(format.wide()) {
            true => format.wide(),
            false => 1,
        };
        let channels = Channels {
            all: patches.channels / together,
            share: group_channels / together,
            groups: patches.groups,
        };
        let counted = Rows {
            runs,
            run: rows.run / together,
            step: rows.step / together,
        };
        let is_whole = patches.axes.iter().all(|axis| {
            (axis.output, axis.size, axis.before) == (1, axis.input, 0)
                && (axis.size == 1 || axis.dilation == 1)
        });
        Ok(WindowMatrix {
            patches,
            format,
            together,
            table: table(&patches.axes, &channels, counted)?,
            rows,
            lines: planes.size * lines.size,
            is_picture: patches.is_pointwise() || is_whole && patches.groups == 1,
        })
    }

    /// The numbers of these pictures' matrix.
    fn len(&self, pictures: usize) -> usize {
        pictures * self.patches.places() * self.patches.groups * self.rows.step
    }

    /// The pictures of a batch, as many at once as one matrix may hold.
    fn pieces(&self, pictures: usize) -> Result<impl Iterator<Item = Range<usize>>> {
        let numbers = self.len(1).max(self.patches.picture());
        pieces(pictures, numbers, MOST)
    }

    /// The same without a matrix, where that would be large.
    fn implicit(&self, pictures: usize, width: usize) -> Option<Implicit> {
        let is_large = !self.is_picture && self.len(pictures) * self.format.bytes() > KEPT;
        is_large.then(|| Implicit::new(self.patches, pictures, width))?
    }

    /// The matrix of these pictures.
    fn of(&self, gpu: &Gpu, from: &Buffer, pictures: &Range<usize>) -> Result<Buffer> {
        /// Threads that keep a GPU busy.
        const MANY: usize = 1 << 18;
        let mut matrix = gpu.unwritten_as(self.format, self.len(pictures.len()).max(1))?;
        let rows = pictures.len() * self.patches.places();
        let run = self.rows.run / self.together;
        let lanes = run.next_power_of_two().min(32).trailing_zeros();
        let mut count = rows * self.patches.groups;
        let is_shared = (count << lanes) < MANY;
        if is_shared {
            count *= self.lines;
        }
        if count == 0 {
            return Ok(matrix);
        }
        let arguments = [
            Argument::WriteReal(&mut matrix),
            Argument::ReadReal(from),
            Argument::Size(pictures.start * self.patches.picture() / self.together),
            Argument::Table(self.table),
            Argument::Word(count as u32),
            Argument::Word(rows as u32),
            Argument::Word(lanes),
            Argument::flag(is_shared),
        ];
        let threads = Threads::each(count << lanes);
        let name = match self.together {
            1 => "windows_to_rows",
            _ => "windows_to_rows_wide",
        };
        gpu.launch(&KERNELS, name, threads, arguments)?;
        Ok(matrix)
    }

    /// Adds the windows of a matrix up to these pictures, and what follows in a layer.
    fn add_up(
        &self,
        gpu: &Gpu,
        matrix: &Buffer,
        pictures: &Range<usize>,
        to: &mut Buffer,
        fresh: bool,
        (bias, relu): (Option<&Buffer>, bool),
    ) -> Result<()> {
        let count = pictures.len() * self.patches.picture() / self.together;
        let arguments = [
            Argument::WriteReal(to),
            Argument::ReadReal(matrix),
            Argument::MaybeReal(bias),
            Argument::Size(pictures.start * self.patches.picture() / self.together),
            Argument::Table(self.table),
            Argument::Word(count as u32),
            Argument::Word((pictures.len() * self.patches.places()) as u32),
            Argument::flag(relu),
            Argument::flag(fresh),
        ];
        let name = match self.together {
            1 => "rows_to_pictures",
            _ => "rows_to_pictures_wide",
        };
        gpu.launch(&KERNELS, name, Threads::each(count), arguments)
    }

    /// The windows as a factor of a product for each group.
    fn factor<'b>(&self, matrix: &'b Buffer, rows: usize) -> Factor<'b> {
        Factor {
            row_step: self.rows.step,
            step: rows * self.rows.step,
            ..Factor::new(matrix)
        }
    }

    /// The kernel as a factor of a product for each group; its rows are the cells of a window.
    fn kernel<'b>(&self, kernel: &'b Buffer, width: usize) -> Factor<'b> {
        Factor {
            row_step: width,
            step: width / self.patches.groups,
            ..Factor::new(kernel)
        }
    }

    /// Where numbers that lie beside windows go.
    fn beside(&self, pictures: &Range<usize>, width: usize) -> Target {
        Target {
            start: pictures.start * self.patches.places() * width,
            row_step: width,
            step: width / self.patches.groups,
            count: self.patches.groups,
        }
    }

    /// Multiplies the windows of these pictures with the kernel; `matrix` is `None` where the
    /// pictures `x` themselves are it.
    fn multiply(
        &self,
        gpu: &Gpu,
        (matrix, x): (Option<&Buffer>, &Buffer),
        kernel: &Buffer,
        pictures: &Range<usize>,
        (to, width, adds): (&mut Buffer, usize, bool),
    ) -> Result<()> {
        let rows = pictures.len() * self.patches.places();
        let product = Product {
            a: self.windows(matrix, x, pictures),
            b: self.kernel(kernel, width),
            sizes: [rows, self.patches.cells(), width / self.patches.groups],
            adds,
        };
        gpu.multiply(product, to, self.beside(pictures, width))
    }

    fn windows<'b>(
        &self,
        matrix: Option<&'b Buffer>,
        x: &'b Buffer,
        pictures: &Range<usize>,
    ) -> Factor<'b> {
        match matrix {
            Some(matrix) => self.factor(matrix, pictures.len() * self.patches.places()),
            None => Factor {
                start: pictures.start * self.patches.picture(),
                ..Factor::new(x)
            },
        }
    }

    /// Multiplies what lies beside the windows of these pictures with the kernel, and adds the
    /// windows that come out up to the pictures; then follows the rest of a layer, unless the
    /// pictures are their own windows.
    fn multiply_back(
        &self,
        gpu: &Gpu,
        beside: &Beside<'_>,
        kernel: &Buffer,
        pictures: &Range<usize>,
        (to, fresh): (&mut Buffer, bool),
        layer: (Option<&Buffer>, bool),
    ) -> Result<()> {
        let rows = pictures.len() * self.patches.places();
        let Target {
            start,
            row_step,
            step,
            count,
        } = self.beside(pictures, beside.width);
        let product = Product {
            a: Factor {
                start,
                row_step,
                step,
                ..Factor::new(beside.values)
            },
            b: self.kernel(kernel, beside.width).turned(),
            sizes: [
                rows,
                beside.width / self.patches.groups,
                self.patches.cells(),
            ],
            adds: self.is_picture && !fresh,
        };
        if self.is_picture {
            let target = Target {
                start: pictures.start * self.patches.picture(),
                ..Target::ONE
            };
            return gpu.multiply(product, to, target);
        }
        let mut matrix = gpu.unwritten_as(self.format, self.len(pictures.len()).max(1))?;
        let target = Target {
            start: 0,
            row_step: self.rows.step,
            step: rows * self.rows.step,
            count,
        };
        gpu.multiply(product, &mut matrix, target)?;
        self.add_up(gpu, &matrix, pictures, to, fresh, layer)
    }

    /// Gives the kernel its gradient: the products of windows with what lies beside them.
    fn multiply_for_kernel(
        &self,
        gpu: &Gpu,
        windows: (Option<&Buffer>, &Buffer),
        beside: &Beside<'_>,
        pictures: &Range<usize>,
        kernel: &mut GpuWanted,
    ) -> Result<()> {
        let (rows, cells, width) = (
            pictures.len() * self.patches.places(),
            self.patches.cells(),
            beside.width,
        );
        let fresh = std::mem::take(&mut kernel.fresh);
        if rows == 0 {
            return if fresh {
                gpu.clear(&mut kernel.values)
            } else {
                Ok(())
            };
        }
        let Target {
            start,
            row_step,
            step,
            count,
        } = self.beside(pictures, width);
        let product = |rows: usize, steps: Option<[usize; 2]>, adds: bool| {
            let mut a = self.windows(windows.0, windows.1, pictures).turned();
            let mut b = Factor {
                start,
                row_step,
                step,
                ..Factor::new(beside.values)
            };
            if let Some(steps) = steps {
                [a.step, b.step] = steps;
            }
            Product {
                a,
                b,
                sizes: [cells, rows, width / self.patches.groups],
                adds,
            }
        };
        let parts = match self.patches.groups {
            1 => parts(rows, cells, width),
            _ => 1,
        };
        if parts == 1 {
            let target = Target {
                start: 0,
                row_step,
                step,
                count,
            };
            return gpu.multiply(product(rows, None, !fresh), &mut kernel.values, target);
        }
        let part_rows = rows / parts;
        let row_step = if self.is_picture {
            cells
        } else {
            self.rows.step
        };
        let steps = [part_rows * row_step, part_rows * width];
        let mut sums = gpu.unwritten(parts * cells * width)?;
        let target = Target {
            step: cells * width,
            count: parts,
            ..Target::ONE
        };
        gpu.multiply(product(part_rows, Some(steps), false), &mut sums, target)?;
        let all = [1, parts, cells * width];
        reduce_middle(gpu, &sums, all, How::Sum, 1.0, &mut kernel.values, fresh)
    }
}

/// Into how many parts of equal size the long sum of a small product is split, so that it gives more
/// than a few processors of the GPU something to do.
fn parts(rows: usize, cells: usize, width: usize) -> usize {
    /// Rows and columns of the product that one processor computes.
    const TILE: usize = 64;
    const PROCESSORS: usize = 128;
    /// Numbers that are worth a part.
    const WORTH: usize = 256;
    let tiles = cells.div_ceil(TILE) * width.div_ceil(TILE);
    let most = (PROCESSORS / tiles.max(1)).min(rows / WORTH);
    (1..=most)
        .rev()
        .find(|parts| rows.is_multiple_of(*parts))
        .unwrap_or(1)
}

impl GpuOp for Convolution {
    fn reals(&self) -> Reals {
        Reals::WITH_WEIGHTS
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let (x, kernel, bias) = (inputs[0], inputs[1], inputs.get(2).copied());
        let matrix = WindowMatrix::new(&self.patches, x.format())?;
        let pictures = output.len() / (self.patches.places() * self.filters);
        if let Some(implicit) = matrix.implicit(pictures, self.filters)
            && implicit.layer(gpu, x, kernel, (bias, self.relu), output)?
        {
            return Ok(());
        }
        for piece in matrix.pieces(pictures)? {
            let windows = match matrix.is_picture {
                true => None,
                false => Some(matrix.of(gpu, x, &piece)?),
            };
            let to = (&mut *output, self.filters, false);
            matrix.multiply(gpu, (windows.as_ref(), x), kernel, &piece, to)?;
            let is_kept = |windows: &Buffer| {
                piece.len() == pictures && windows.len() * windows.format().bytes() <= KEPT
            };
            self.windows = windows.filter(is_kept);
        }
        bias_and_relu(gpu, output, bias, self.filters, self.relu)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let GpuBackpass {
            inputs,
            gradient,
            wanted,
            ..
        } = before_the_products(gpu, at, self.relu)?;
        let (x, kernel) = (inputs[0], inputs[1]);
        let matrix = WindowMatrix::new(&self.patches, x.format())?;
        let pictures = gradient.len() / (self.patches.places() * self.filters);
        let beside = Beside {
            values: gradient,
            width: self.filters,
        };
        let (mut to_x, mut sum) = x_and_kernel(wanted);
        if let Some(implicit) = matrix.implicit(pictures, self.filters) {
            if let Some(to) = &mut sum
                && implicit.multiply_for_kernel(gpu, x, gradient, to)?
            {
                sum = None;
            }
            if let Some(to) = &mut to_x
                && implicit.multiply_back(gpu, gradient, kernel, (&mut to.values, !to.fresh))?
            {
                to_x = None;
            }
        }
        if to_x.is_none() && sum.is_none() {
            return Ok(());
        }
        let mut kept = self.windows.take();
        for piece in matrix.pieces(pictures)? {
            if let Some(sum) = &mut sum {
                let windows = match (kept.take(), matrix.is_picture) {
                    (Some(kept), _) => Some(kept),
                    (None, true) => None,
                    (None, false) => Some(matrix.of(gpu, x, &piece)?),
                };
                matrix.multiply_for_kernel(gpu, (windows.as_ref(), x), &beside, &piece, sum)?;
            }
            if let Some(to_x) = &mut to_x {
                let to = (&mut to_x.values, to_x.fresh);
                matrix.multiply_back(gpu, &beside, kernel, &piece, to, (None, false))?;
            }
        }
        Ok(())
    }
}

/// The gradients of a layer's input and kernel, as far as they are wanted.
fn x_and_kernel(
    wanted: &mut [Option<GpuWanted>],
) -> (Option<&mut GpuWanted>, Option<&mut GpuWanted>) {
    match wanted {
        [x, kernel, ..] => (x.as_mut(), kernel.as_mut()),
        _ => (None, None),
    }
}

impl GpuOp for TransposedConvolution {
    fn reals(&self) -> Reals {
        Reals::WITH_WEIGHTS
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let (x, kernel, bias) = (inputs[0], inputs[1], inputs.get(2).copied());
        let matrix = WindowMatrix::new(&self.patches, x.format())?;
        let beside = Beside {
            values: x,
            width: self.channels,
        };
        let pictures = output.len() / self.patches.picture();
        if let Some(implicit) = matrix.implicit(pictures, self.channels)
            && implicit.multiply_back(gpu, x, kernel, (output, false))?
        {
            return bias_and_relu(gpu, output, bias, self.patches.channels, self.relu);
        }
        for piece in matrix.pieces(pictures)? {
            let to = (&mut *output, true);
            let layer = (bias, self.relu);
            matrix.multiply_back(gpu, &beside, kernel, &piece, to, layer)?;
        }
        match matrix.is_picture {
            true => bias_and_relu(gpu, output, bias, self.patches.channels, self.relu),
            false => Ok(()),
        }
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let GpuBackpass {
            inputs,
            gradient,
            wanted,
            ..
        } = before_the_products(gpu, at, self.relu)?;
        let (x, kernel) = (inputs[0], inputs[1]);
        let matrix = WindowMatrix::new(&self.patches, x.format())?;
        let beside = Beside {
            values: x,
            width: self.channels,
        };
        let pictures = gradient.len() / self.patches.picture();
        let (mut to_x, mut sum) = x_and_kernel(wanted);
        if let Some(implicit) = matrix.implicit(pictures, self.channels) {
            if let Some(to) = &mut sum
                && implicit.multiply_for_kernel(gpu, gradient, x, to)?
            {
                sum = None;
            }
            if let Some(to) = &mut to_x
                && implicit.multiply(gpu, gradient, kernel, (&mut to.values, !to.fresh))?
            {
                to_x = None;
            }
        }
        if to_x.is_none() && sum.is_none() {
            return Ok(());
        }
        for piece in matrix.pieces(pictures)? {
            let made = match matrix.is_picture {
                true => None,
                false => Some(matrix.of(gpu, gradient, &piece)?),
            };
            let windows = (made.as_ref(), &*gradient);
            if let Some(sum) = &mut sum {
                matrix.multiply_for_kernel(gpu, windows, &beside, &piece, sum)?;
            }
            if let Some(to_x) = &mut to_x {
                let to = (&mut to_x.values, self.channels, !to_x.fresh);
                matrix.multiply(gpu, windows, kernel, &piece, to)?;
            }
        }
        Ok(())
    }
}
