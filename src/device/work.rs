//! What a GPU is given to do.

use super::Buffer;
use super::precision::Format;

/// A file of kernels.
pub(crate) struct Source {
    /// Its name, for messages and for finding it again.
    pub(crate) name: &'static str,
    /// CUDA C++, all functions `extern "C" __global__ void`; `prelude.cuh` stands in front of it.
    pub(crate) text: &'static str,
}

/// How many blocks of how many threads.
#[derive(Clone, Copy)]
pub(crate) struct Threads {
    pub(crate) blocks: [usize; 3],
    pub(crate) threads: u32,
}

/// Threads of a block, unless a kernel says otherwise.
pub(crate) const BLOCK: u32 = 256;

impl Threads {
    /// A thread for each element.
    pub(crate) fn each(elements: usize) -> Threads {
        Threads::blocks(elements.div_ceil(BLOCK as usize))
    }

    /// A thread for as many elements as 16 bytes hold.
    pub(crate) fn wide(elements: usize, format: Format) -> Threads {
        Threads::each(elements.div_ceil(format.wide()))
    }

    /// For sums: several elements for each thread, and no more blocks than keep a GPU busy.
    pub(crate) fn some(elements: usize) -> Threads {
        const EACH: usize = 8;
        const BUSY: usize = 1 << 9;
        Threads::blocks(elements.div_ceil(EACH * BLOCK as usize).min(BUSY))
    }

    /// So many blocks of [`BLOCK`] threads.
    pub(crate) fn blocks(blocks: usize) -> Threads {
        Threads {
            blocks: [blocks.max(1), 1, 1],
            threads: BLOCK,
        }
    }
}

/// Small numbers that a kernel gets by value: sizes and steps of axes.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Table(pub(crate) [u32; Table::LENGTH]);

impl Table {
    pub(crate) const LENGTH: usize = 64;

    /// These numbers, then zeros; none when they are too many or too large.
    pub(crate) fn new(numbers: impl IntoIterator<Item = usize>) -> Option<Table> {
        let mut table = [0; Table::LENGTH];
        let mut places = table.iter_mut();
        for number in numbers {
            *places.next()? = u32::try_from(number).ok()?;
        }
        Some(Table(table))
    }
}

/// What a kernel is given; each lives for one call.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Argument<'a> {
    /// `const float*`
    Read(&'a Buffer),
    /// `const float*`, which may be null.
    Maybe(Option<&'a Buffer>),
    /// `float*`
    Write(&'a mut Buffer),
    /// `const Real*`: all of a call have the same format, for which its kernel is compiled.
    ReadReal(&'a Buffer),
    /// `const Real*`, which may be null.
    MaybeReal(Option<&'a Buffer>),
    /// `Real*`
    WriteReal(&'a mut Buffer),
    /// `Size`
    Size(usize),
    /// `int`
    Whole(i32),
    /// `unsigned`
    Word(u32),
    /// `float`
    Number(f32),
    /// `Table`
    Table(Table),
    /// A structure of so many words.
    Words(&'a [u64]),
}

impl Argument<'_> {
    /// `int`: whether something is so.
    pub(crate) fn flag(is_so: bool) -> Self {
        Argument::Whole(is_so.into())
    }
}

/// One side of a product: a matrix, or one for each product of a batch.
pub(crate) struct Factor<'a> {
    pub(crate) values: &'a Buffer,
    /// Where the first matrix begins.
    pub(crate) start: usize,
    /// From one row to the next in memory; 0 when rows follow one another.
    pub(crate) row_step: usize,
    /// From one matrix to the next.
    pub(crate) step: usize,
    /// Whether it lies in memory with rows and columns exchanged.
    pub(crate) turned: bool,
}

impl<'a> Factor<'a> {
    /// One matrix whose rows follow one another.
    pub(crate) fn new(values: &'a Buffer) -> Factor<'a> {
        Factor {
            values,
            start: 0,
            row_step: 0,
            step: 0,
            turned: false,
        }
    }

    /// With rows and columns exchanged in memory.
    pub(crate) fn turned(self) -> Factor<'a> {
        Factor {
            turned: true,
            ..self
        }
    }
}

/// Matrix products `a · b`.
pub(crate) struct Product<'a> {
    pub(crate) a: Factor<'a>,
    pub(crate) b: Factor<'a>,
    /// Rows of the result, what is summed over, columns of the result.
    pub(crate) sizes: [usize; 3],
    /// Whether the product is added to what is there.
    pub(crate) adds: bool,
}

/// Where the results of products go; as [`Factor`].
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) start: usize,
    pub(crate) row_step: usize,
    pub(crate) step: usize,
    /// How many products.
    pub(crate) count: usize,
}

impl Target {
    /// One result whose rows follow one another.
    pub(crate) const ONE: Target = Target {
        start: 0,
        row_step: 0,
        step: 0,
        count: 1,
    };
}

/// A convolution of pictures of shape `(pictures, height, width, channels)` with kernels of shape
/// `(filters, height, width, channels)`. Sizes are `[height, width]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Geometry {
    pub(crate) pictures: i32,
    pub(crate) channels: i32,
    pub(crate) filters: i32,
    pub(crate) input: [i32; 2],
    pub(crate) output: [i32; 2],
    pub(crate) kernel: [i32; 2],
    pub(crate) strides: [i32; 2],
    pub(crate) dilation: [i32; 2],
    /// Cells padded before the input, and so many of them or fewer after it.
    pub(crate) padding: [i32; 2],
}

impl Geometry {
    /// The numbers in all windows together, those that overlap counted for each.
    pub(crate) fn windows(&self) -> usize {
        let sizes = [self.pictures, self.channels].into_iter();
        let sizes = sizes.chain(self.output).chain(self.kernel);
        sizes.fold(1, |all, size| all.saturating_mul(size as usize))
    }
}

/// What a convolution computes from what.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Pass {
    /// The output, from pictures and kernels.
    Forward,
    /// The same, with a number for each filter added, and with a relu if asked: from pictures, kernels
    /// and these numbers.
    ForwardWithBias { relu: bool },
    /// The gradient of the pictures, from that of the output and kernels.
    BackwardData,
    /// The gradient of the kernels, from pictures and the gradient of the output.
    BackwardFilter,
}
