//! [`Tensor`]: an owned array of any rank, on dfdx storage.
//!
//! A tensor knows its shape and type at run time, so that it can live in a notebook variable and
//! cells that use it compile fast. Cloning is cheap: the elements are shared until one side writes.
//! Floats live in dfdx tensors on a [`Device`]; `bridge` is the only file that
//! touches dfdx's tape.

mod arithmetic;
pub(crate) mod bridge;
mod convert;
mod create;
mod format;
mod gradient;
mod index;
mod reals;
mod reduce;
mod shape;
mod storage;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use bridge::Tape;
pub use convert::Element;
pub use shape::{Shape, Size};
pub(crate) use storage::unwritten;

use crate::device::{Buffer, Gpu};
use crate::{Activation, Device, Error, Result};
use storage::Floats;

/// The type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    /// 32-bit floats: everything that is computed with.
    Float32,
    /// Bytes: pixels and labels as files store them.
    Uint8,
    /// Whole numbers: class indices.
    Int64,
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DType::Float32 => "float32",
            DType::Uint8 => "uint8",
            DType::Int64 => "int64",
        })
    }
}

/// An owned array of any rank.
///
/// Keras: `keras.KerasTensor` / a NumPy array.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let x = Tensor::from_vec(vec![1.0, 2.0, 3.0, 4.0], (2, 2))?;
/// let y = &x * 2.0 + 1.0;
/// assert_eq!(y.shape(), (2, 2));
/// assert_eq!(y.to_vec::<f32>(), [3.0, 5.0, 7.0, 9.0]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone)]
pub struct Tensor {
    shape: Shape,
    data: Data,
    /// What the tape calls this value; reshaping keeps it, so gradients pass through unchanged.
    id: u64,
    /// Whether a gradient can reach a weight through this value.
    tracked: bool,
    /// The scores that a softmax or sigmoid was made from, and which of the two: losses computed
    /// from scores are exact where probabilities have saturated.
    logits: Option<(Activation, Box<Tensor>)>,
    /// Which steps of a sequence count.
    mask: Option<Box<Tensor>>,
}

#[derive(Clone)]
enum Data {
    Float32(Floats),
    Uint8(Arc<Vec<u8>>),
    Int64(Arc<Vec<i64>>),
}

/// Big enough that handing a piece of so many elements to another thread pays.
const PIECE: usize = 1 << 16;

fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Tensor {
    /// `data` must have as many elements as `shape`.
    fn new(data: Data, shape: Shape) -> Tensor {
        Tensor {
            shape,
            data,
            id: next_id(),
            tracked: false,
            logits: None,
            mask: None,
        }
    }

    /// A float tensor that takes `values` without a copy; their number must fit the shape.
    pub(crate) fn from_floats(values: Vec<f32>, shape: Shape) -> Tensor {
        debug_assert_eq!(values.len(), shape.elements());
        Tensor::new(Data::Float32(Floats::from_vec(values)), shape)
    }

    /// The sizes of the axes.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The number of axes.
    pub fn ndim(&self) -> usize {
        self.shape.rank()
    }

    /// The number of elements.
    pub fn size(&self) -> usize {
        self.shape.elements()
    }

    /// The size of the first axis, as Python's `len(array)`; 0 for a scalar.
    pub fn len(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.size() == 0
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        match self.data {
            Data::Float32(_) => DType::Float32,
            Data::Uint8(_) => DType::Uint8,
            Data::Int64(_) => DType::Int64,
        }
    }

    /// Where the elements live. What is computed on a GPU stays there until somebody looks at it.
    pub fn device(&self) -> Device {
        if let Data::Float32(floats) = &self.data
            && floats.is_on_gpu_alone()
        {
            return Device::current();
        }
        Device::Cpu
    }

    /// The floats, wherever they are.
    pub(crate) fn storage(&self) -> Result<&Floats> {
        match &self.data {
            Data::Float32(floats) => Ok(floats),
            _ => self
                .floats()
                .map(|_| unreachable!("integers are no floats")),
        }
    }

    /// Whether a copy is in the GPU's memory.
    pub(crate) fn is_on_gpu(&self) -> bool {
        matches!(&self.data, Data::Float32(floats) if floats.is_on_gpu())
    }

    /// The elements on the GPU for writing.
    pub(crate) fn on_gpu_mut(&mut self, gpu: &Gpu) -> Result<&mut Buffer> {
        match &mut self.data {
            Data::Float32(floats) => floats.on_gpu_mut(gpu),
            _ => Err(Error::argument("tensor", "a float32 tensor", "integers")),
        }
    }

    /// Lets the GPU send the elements to the host, if they are there alone; nobody waits.
    pub(crate) fn send_to_host(&self) -> Result<()> {
        match &self.data {
            Data::Float32(floats) => floats.send_to_host(),
            _ => Ok(()),
        }
    }

    /// A float tensor of what is on the GPU; the number of elements must fit the shape.
    pub(crate) fn from_buffer(buffer: Buffer, shape: Shape) -> Tensor {
        debug_assert_eq!(buffer.len(), shape.elements());
        Tensor::new(Data::Float32(Floats::from_buffer(buffer)), shape)
    }

    /// The same elements, as exact from now on as they are shown: what becomes a weight.
    pub(crate) fn in_float32(mut self) -> Result<Tensor> {
        if let Data::Float32(floats) = self.data {
            self.data = Data::Float32(floats.in_float32()?);
        }
        Ok(self)
    }

    /// The same elements in another shape, without a copy.
    ///
    /// Keras: `keras.ops.reshape`.
    ///
    /// # Errors
    /// When the number of elements differs.
    pub fn reshape(&self, shape: impl Into<Shape>) -> Result<Tensor> {
        self.reshaped(shape.into())
    }

    fn reshaped(&self, shape: Shape) -> Result<Tensor> {
        if shape.elements() != self.size() {
            return Err(Error::shape(format!(
                "cannot reshape {} into {shape}: {} elements against {}",
                self.shape,
                self.size(),
                shape.elements()
            )));
        }
        Ok(Tensor {
            shape,
            mask: None,
            ..self.clone().without_logits()
        })
    }

    /// The elements as floats, in row-major order, when the tensor is a float tensor on the host.
    pub(crate) fn floats(&self) -> Result<&[f32]> {
        match &self.data {
            Data::Float32(floats) => floats.on_host(),
            _ => Err(Error::argument("tensor", "a float32 tensor", self.dtype())
                .remedy("convert it with `astype(DType::Float32)` or divide it by 255.0")),
        }
    }

    /// The elements as bytes, in row-major order, when the tensor is one of bytes.
    pub(crate) fn bytes(&self) -> Result<&[u8]> {
        match &self.data {
            Data::Uint8(bytes) => Ok(bytes),
            _ => Err(Error::argument("tensor", "a uint8 tensor", self.dtype())),
        }
    }

    /// The elements as floats, in row-major order, whatever their type; floats are not copied.
    pub(crate) fn as_floats(&self) -> Cow<'_, [f32]> {
        match &self.data {
            Data::Float32(floats) => Cow::Borrowed(floats.as_slice()),
            _ => Cow::Owned(self.to_vec()),
        }
    }

    /// The elements for writing; copies them first when another tensor shares them.
    pub(crate) fn floats_mut(&mut self) -> Result<&mut [f32]> {
        match &mut self.data {
            Data::Float32(floats) => floats.as_mut_slice(),
            _ => Err(Error::argument("tensor", "a float32 tensor", "integers")),
        }
    }

    /// As [`floats_mut`](Self::floats_mut), and the shape.
    pub(crate) fn floats_mut_and_shape(&mut self) -> Result<(&mut [f32], &Shape)> {
        match &mut self.data {
            Data::Float32(floats) => Ok((floats.as_mut_slice()?, &self.shape)),
            _ => Err(Error::argument("tensor", "a float32 tensor", "integers")),
        }
    }

    /// What the tape calls this value.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Whether a gradient can reach a weight through this value.
    pub(crate) fn is_tracked(&self) -> bool {
        self.tracked
    }

    /// This value as one that a gradient is wanted for.
    pub(crate) fn tracked(mut self) -> Tensor {
        self.tracked = true;
        self
    }

    /// This value as a constant, that no gradient is wanted for.
    pub(crate) fn untracked(mut self) -> Tensor {
        self.tracked = false;
        self
    }

    /// The scores that `activation` made these probabilities from.
    pub(crate) fn logits(&self, activation: Activation) -> Option<&Tensor> {
        match &self.logits {
            Some((made_by, logits)) if *made_by == activation => Some(logits),
            _ => None,
        }
    }

    /// This value, forgetting what it was made from.
    pub(crate) fn without_logits(mut self) -> Tensor {
        self.logits = None;
        self
    }

    /// Which steps of the sequences count: 1 or 0 for each, of shape `(batch, steps)`. Set by
    /// `Embedding` with `mask_zero` and by
    /// `Masking`; recurrent layers and losses leave out the others.
    ///
    /// Keras: `tensor._keras_mask`.
    pub fn mask(&self) -> Option<&Tensor> {
        self.mask.as_deref()
    }

    /// This value, with a [`mask`](Self::mask).
    #[must_use]
    pub fn with_mask(mut self, mask: Tensor) -> Tensor {
        self.mask = Some(Box::new(mask));
        self
    }

    /// This value, without a [`mask`](Self::mask).
    #[must_use]
    pub fn without_mask(mut self) -> Tensor {
        self.mask = None;
        self
    }

    pub(crate) fn with_logits(mut self, made_by: Activation, logits: Tensor) -> Tensor {
        self.logits = Some((made_by, Box::new(logits)));
        self
    }
}

impl PartialEq for Tensor {
    /// Same shape, type and elements. NaN equals nothing.
    fn eq(&self, other: &Tensor) -> bool {
        self.shape == other.shape
            && match (&self.data, &other.data) {
                (Data::Float32(a), Data::Float32(b)) => a.as_slice() == b.as_slice(),
                (Data::Uint8(a), Data::Uint8(b)) => a == b,
                (Data::Int64(a), Data::Int64(b)) => a == b,
                _ => false,
            }
    }
}
