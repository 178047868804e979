//! How kerust's ops join dfdx's tape; the only file that touches it.
//!
//! An op is a struct with a forward and a backward kernel over flat slices ([`Op`]). [`apply`] runs
//! the forward kernel and, when a gradient is wanted, records the backward kernel on dfdx's
//! [`OwnedTape`]. [`Tape::backward`] lets dfdx run the recorded operations in reverse.
//!
//! Gradients are kept beside the tape rather than in dfdx's `Gradients`: dfdx clears every gradient
//! before the first write, and that costs as much as many kernels; here a kernel is told that its
//! buffer is fresh and simply overwrites it.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

use dfdx::prelude::{Backward, Cpu, OwnedTape, PutTape, Tape as _, TensorFrom};

use super::gradient::Gradient;
pub(crate) use super::reals::Reals;
use super::storage::{OnGpu, unwritten};
use super::{Shape, Tensor};
use crate::device::{Buffer, Format, Gpu, cpu, gpu, policy_holds, with_policy};
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::ops::{sum_of_squares, vectorized};
use crate::{Error, Result};

/// A differentiable operation on floats.
pub(crate) trait Op: 'static {
    /// Computes every element of `output`, which has at least one.
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]);

    /// Adds this operation's part to the gradients of the inputs that want one.
    fn backward(&self, at: Backpass<'_>);

    /// The same on the GPU, if there are kernels for it.
    fn gpu_kernels(&mut self) -> Option<&mut dyn GpuOp> {
        None
    }

    /// What it is called in messages.
    fn type_name(&self) -> &'static str {
        std::any::type_name::<Self>()
    }
}

/// The kernels of an operation on the GPU; as [`Op`].
pub(crate) trait GpuOp {
    /// What may have fewer bits than a float; nothing, unless the kernels are made for it.
    fn reals(&self) -> Reals {
        Reals::NONE
    }

    /// As [`Op::forward`].
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()>;

    /// As [`Op::backward`].
    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()>;
}

/// What a backward kernel works with.
pub(crate) struct Backpass<'a> {
    /// The inputs of the forward pass.
    pub(crate) inputs: &'a [&'a [f32]],
    /// The output of the forward pass.
    pub(crate) output: &'a [f32],
    /// The gradient of the loss with respect to the output; the kernel may scribble on it.
    pub(crate) gradient: &'a mut [f32],
    /// For each input, where its gradient goes; `None` when nobody asks for it.
    pub(crate) wanted: &'a mut [Option<Wanted<'a>>],
}

/// A gradient that a kernel contributes to.
pub(crate) struct Wanted<'a> {
    /// The buffer.
    pub(crate) values: &'a mut [f32],
    /// Whether the buffer holds nothing yet: the kernel then overwrites all of it instead of adding.
    pub(crate) fresh: bool,
}

impl Wanted<'_> {
    /// Adds `part(i)` to every element, or sets it when the buffer is fresh.
    #[inline(always)]
    pub(crate) fn add_each(&mut self, part: impl Fn(usize) -> f32) {
        if self.fresh {
            for (i, value) in self.values.iter_mut().enumerate() {
                *value = part(i);
            }
        } else {
            for (i, value) in self.values.iter_mut().enumerate() {
                *value += part(i);
            }
        }
    }

    /// Makes sure that the buffer can be added to.
    pub(crate) fn clear_if_fresh(&mut self) {
        if std::mem::take(&mut self.fresh) {
            self.values.fill(0.0);
        }
    }
}

/// What a backward kernel on the GPU works with; as [`Backpass`].
pub(crate) struct GpuBackpass<'a> {
    pub(crate) inputs: &'a [&'a Buffer],
    pub(crate) output: &'a Buffer,
    pub(crate) gradient: &'a mut Buffer,
    /// If the numbers of each column of the gradient are known to add up to 0, but for rounding: how
    /// many columns there are when it is seen as rows of so many.
    pub(crate) balanced: Option<usize>,
    pub(crate) wanted: &'a mut [Option<GpuWanted>],
    /// The same of the gradient that the first input gets, if the kernel says so.
    pub(crate) gives_balanced: &'a mut Option<usize>,
}

/// A gradient on the GPU that a kernel contributes to; as [`Wanted`].
pub(crate) struct GpuWanted {
    pub(crate) values: Buffer,
    pub(crate) fresh: bool,
}

/// Records what happens to tensors, so that gradients can be found afterwards; or nothing, when it
/// is off.
pub struct Tape {
    recording: Option<Recording>,
}

struct Recording {
    tape: OwnedTape<f32, Cpu>,
    backward: Rc<RefCell<BackwardState>>,
}

/// What the recorded operations leave while they run in reverse.
#[derive(Default)]
struct BackwardState {
    gradients: HashMap<u64, Gradient>,
    /// The gradients that are [balanced](GpuBackpass::balanced), as far as that is known.
    balanced: HashMap<u64, usize>,
    /// dfdx's errors have no room for ours.
    failed: Option<Error>,
}

impl Tape {
    /// A tape that records nothing: for `predict` and `evaluate`.
    pub fn off() -> Tape {
        Tape { recording: None }
    }

    /// A tape that records: for training.
    ///
    /// Keras (TensorFlow): `tf.GradientTape`.
    pub fn recording() -> Tape {
        Tape {
            recording: Some(Recording {
                tape: OwnedTape::default(),
                backward: Rc::default(),
            }),
        }
    }

    /// Whether gradients can be asked for.
    pub fn is_recording(&self) -> bool {
        self.recording.is_some()
    }

    /// `x` as a tensor that gradients are wanted for. The trainable weights of a model are watched
    /// by themselves.
    ///
    /// Keras (TensorFlow): `tape.watch(x)`.
    #[must_use]
    pub fn watch(&self, x: &Tensor) -> Tensor {
        if self.is_recording() {
            // A loss must depend on `x` itself, not on the scores that it was made from.
            x.clone().without_logits().tracked()
        } else {
            x.clone()
        }
    }

    /// The gradients of the sum of `target` with respect to `sources`, in their shapes; zeros where
    /// `target` does not depend on a source.
    ///
    /// Keras (TensorFlow): `tape.gradient(target, sources)`.
    ///
    /// # Errors
    /// When the tape does not record, or the device fails.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::ops;
    /// let mut tape = Tape::recording();
    /// let x = tape.watch(&Tensor::from_vec(vec![1.0, 2.0], (1, 2))?);
    /// let y = ops::dense(&mut tape, &x, &Tensor::full((2, 1), 3.0), None, false)?;
    /// assert_eq!(tape.gradient(&y, &[&x])?[0].to_vec::<f32>(), [3.0, 3.0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn gradient(self, target: &Tensor, sources: &[impl Borrow<Tensor>]) -> Result<Vec<Tensor>> {
        self.gradient_from(target, &Tensor::ones(target.shape()), sources)
    }

    /// As [`gradient`](Self::gradient), of the sum of `target * output_gradient`.
    ///
    /// Keras (TensorFlow): the argument `output_gradients` of `tape.gradient`.
    ///
    /// # Errors
    /// When the tape does not record, or `output_gradient` has another shape than `target`.
    pub fn gradient_from(
        self,
        target: &Tensor,
        output_gradient: &Tensor,
        sources: &[impl Borrow<Tensor>],
    ) -> Result<Vec<Tensor>> {
        if !self.is_recording() {
            return Err(Error::state("the tape has recorded nothing")
                .remedy("make it with `Tape::recording()`"));
        }
        if output_gradient.shape() != target.shape() {
            return Err(Error::shape(format!(
                "argument `output_gradient`: expected shape {}, as that of `target`, got {}",
                target.shape(),
                output_gradient.shape()
            )));
        }
        let gradients = self.run_backward(target, output_gradient.to_vec())?;
        // Copied, because a source may be asked for twice.
        let of_source = |source: &Tensor| match gradients.0.get(&source.id()) {
            Some(gradient) => gradient.to_tensor(source.shape().clone()),
            None => Ok(Tensor::zeros(source.shape())),
        };
        let sources = sources.iter().map(Borrow::borrow);
        sources.map(of_source).collect()
    }

    /// The gradients of a loss, times `scale`, with respect to everything that is watched.
    pub(crate) fn backward(self, loss: &Tensor, scale: f32) -> Result<Gradients> {
        self.run_backward(loss, vec![scale; loss.size()])
    }

    fn run_backward(self, target: &Tensor, gradient: Vec<f32>) -> Result<Gradients> {
        let Some(Recording { tape, backward }) = self.recording else {
            return Ok(Gradients(HashMap::new()));
        };
        let start = Gradient::Host(gradient);
        backward.borrow_mut().gradients.insert(target.id(), start);
        // dfdx starts from a scalar; this one only carries the tape, the start is set above.
        cpu().tensor(0.0f32).put_tape(tape).try_backward()?;
        let BackwardState {
            gradients, failed, ..
        } = std::mem::take(&mut *backward.borrow_mut());
        match failed {
            Some(error) => Err(error),
            None => Ok(Gradients(gradients)),
        }
    }
}

/// The gradients that a backward pass left: those of tensors that no operation made.
pub(crate) struct Gradients(HashMap<u64, Gradient>);

impl Gradients {
    /// These gradients of `weights`, in the same order, times `scale`.
    pub(crate) fn of(weights: &[&Tensor], gradients: &[Tensor], scale: f32) -> Gradients {
        let scaled = |gradient: &Tensor| {
            let mut values = gradient.to_vec::<f32>();
            if scale != 1.0 {
                values.iter_mut().for_each(|value| *value *= scale);
            }
            Gradient::Host(values)
        };
        let pairs = weights.iter().zip(gradients);
        Gradients(pairs.map(|(w, g)| (w.id(), scaled(g))).collect())
    }

    /// Whether no gradient is infinite or NaN: a step with such a one would ruin the weights.
    pub(crate) fn are_finite(&mut self) -> Result<bool> {
        /// The bits of the smallest float that is not finite, without its sign.
        const INFINITY: u32 = 0x7f80_0000;
        const PIECE: usize = 1 << 16;
        let all_finite = |piece: &[f32]| {
            let largest = vectorized(
                #[inline(always)]
                || {
                    piece
                        .iter()
                        .fold(0, |largest, v| u32::max(largest, v.to_bits() & !(1 << 31)))
                },
            );
            largest < INFINITY
        };
        Ok(self
            .on_host()?
            .flat_map(|(_, gradient)| gradient.par_chunks(PIECE).map(all_finite))
            .all(|finite| finite))
    }

    /// The sum of squares of each gradient, by the identity of its tensor; infinite or NaN when a
    /// number of the gradient is.
    pub(crate) fn sums_of_squares(&mut self) -> Result<HashMap<u64, f64>> {
        let gradients = self.on_host()?;
        Ok(gradients
            .map(|(id, gradient)| (id, sum_of_squares(gradient)))
            .collect())
    }

    /// All gradients, on the host from now on.
    fn on_host(&mut self) -> Result<impl Iterator<Item = (u64, &[f32])>> {
        for gradient in self.0.values_mut() {
            gradient.on_host()?;
        }
        Ok(self
            .0
            .iter()
            .map(|(id, gradient)| (*id, gradient.as_slice())))
    }

    /// As [`take`](Self::take), on the GPU.
    pub(crate) fn take_on_gpu(&mut self, gpu: &Gpu, tensor: &Tensor) -> Result<Option<Buffer>> {
        let gradient = self.0.remove(&tensor.id());
        gradient
            .map(|gradient| gradient.into_buffer_as(gpu, Format::Float32))
            .transpose()
    }

    /// Takes the gradient of `tensor`, if the loss depends on it.
    pub(crate) fn take(&mut self, tensor: &Tensor) -> Result<Option<Vec<f32>>> {
        let gradient = self.0.remove(&tensor.id());
        gradient.map(Gradient::into_vec).transpose()
    }
}

/// Runs `op` on float tensors and records its gradient when one of them is tracked.
pub(crate) fn apply(
    tape: &mut Tape,
    op: impl Op,
    inputs: &[&Tensor],
    shape: Shape,
) -> Result<Tensor> {
    apply_boxed(tape, Box::new(op), inputs, shape)
}

/// As [`apply`], compiled once for all ops.
fn apply_boxed(
    tape: &mut Tape,
    mut op: Box<dyn Op>,
    inputs: &[&Tensor],
    shape: Shape,
) -> Result<Tensor> {
    if shape.elements() == 0 {
        for input in inputs {
            input.floats()?;
        }
        // Nothing to compute, and nothing that a gradient could flow through.
        return Ok(Tensor::from_floats(Vec::new(), shape));
    }
    let (output, on_gpu) = match on_gpu(op.as_mut(), inputs, &shape)? {
        Some((output, format)) => (output, Some(format)),
        None => (on_host(op.as_mut(), inputs, shape)?, None),
    };
    let Some(recording) = tape.recording.as_mut() else {
        return Ok(output);
    };
    if !inputs.iter().any(|input| input.is_tracked()) {
        return Ok(output);
    }
    let output = output.tracked();
    let inputs: Vec<Tensor> = inputs.iter().map(|&input| input.clone()).collect();
    let by_policy = policy_holds();
    let backward = Rc::clone(&recording.backward);
    let result = output.clone();
    recording.tape.add_backward_op(move |_| {
        let state = &mut *backward.borrow_mut();
        // No gradient arrives where the loss does not depend on this output.
        let taken = state.gradients.remove(&result.id());
        let balanced = state.balanced.remove(&result.id());
        if let (Some(gradient), None) = (taken, &state.failed) {
            let mut step = BackwardStep {
                op: op.as_mut(),
                inputs: &inputs,
                output: &result,
                on_gpu,
                balanced,
                gives_balanced: None,
            };
            let run = || step.run(gradient, state);
            state.failed = with_policy(by_policy, run).err();
        }
        Ok(())
    });
    Ok(output)
}

fn on_host(op: &mut dyn Op, inputs: &[&Tensor], shape: Shape) -> Result<Tensor> {
    let slices = inputs
        .iter()
        .map(|input| input.floats())
        .collect::<Result<Vec<_>>>()?;
    let mut values = unwritten(shape.elements());
    op.forward(&slices, &mut values);
    Ok(Tensor::from_floats(values, shape))
}

/// The result, if there is a GPU that has kernels for this, and the format of activations that it was
/// computed with.
fn on_gpu(op: &mut dyn Op, inputs: &[&Tensor], shape: &Shape) -> Result<Option<(Tensor, Format)>> {
    let Some(gpu) = gpu() else { return Ok(None) };
    let name = op.type_name();
    let Some(kernels) = op.gpu_kernels() else {
        gpu.say_missing(name);
        return Ok(None);
    };
    // What is no float is refused below.
    let formats = inputs.iter().flat_map(|input| input.storage());
    let formats = formats.map(|floats| floats.format());
    let reals = kernels.reals();
    let format = reals.format(gpu.format_of_activations(), formats);
    let buffers = inputs_on_gpu(gpu, inputs.iter().copied(), reals, format)?;
    let buffers: Vec<&Buffer> = buffers.iter().map(|buffer| &**buffer).collect();
    let mut output = gpu.unwritten_as(reals.output(format), shape.elements())?;
    kernels.forward(gpu, &buffers, &mut output)?;
    Ok(Some((Tensor::from_buffer(output, shape.clone()), format)))
}

/// The inputs of an operation whose activations have this format.
fn inputs_on_gpu<'a>(
    gpu: &Gpu,
    inputs: impl Iterator<Item = &'a Tensor>,
    reals: Reals,
    format: Format,
) -> Result<Vec<OnGpu<'a>>> {
    inputs
        .enumerate()
        .map(|(i, input)| input.storage()?.on_gpu_as(gpu, reals.input(i, format)))
        .collect()
}

/// An operation on its way back.
struct BackwardStep<'a> {
    op: &'a mut dyn Op,
    inputs: &'a [Tensor],
    output: &'a Tensor,
    /// The format of activations, as on the way there; none where the processor went it.
    on_gpu: Option<Format>,
    balanced: Option<usize>,
    gives_balanced: Option<usize>,
}

impl BackwardStep<'_> {
    /// Adds the parts that this operation has in the gradients of its inputs.
    fn run(&mut self, gradient: Gradient, state: &mut BackwardState) -> Result<()> {
        let parts = match self.on_gpu {
            None => self.on_host(gradient, &mut state.gradients)?,
            Some(format) => self.on_gpu(format, gradient, &mut state.gradients)?,
        };
        for (i, (input, part)) in self.inputs.iter().zip(parts).enumerate() {
            let Some(part) = part else { continue };
            state.balanced.remove(&input.id());
            match state.gradients.entry(input.id()) {
                Entry::Vacant(entry) => {
                    entry.insert(part);
                    if let (0, Some(columns)) = (i, self.gives_balanced) {
                        state.balanced.insert(input.id(), columns);
                    }
                }
                // The op was given the same tensor twice, or adds in another format.
                Entry::Occupied(mut entry) => entry.get_mut().add(part)?,
            }
        }
        Ok(())
    }

    fn on_host(
        &self,
        gradient: Gradient,
        gradients: &mut HashMap<u64, Gradient>,
    ) -> Result<Vec<Option<Gradient>>> {
        let mut buffers = self
            .inputs
            .iter()
            .map(|input| -> Result<Option<(bool, Vec<f32>)>> {
                if !input.is_tracked() {
                    return Ok(None);
                }
                Ok(Some(match gradients.remove(&input.id()) {
                    Some(begun) => (false, begun.into_vec()?),
                    None => (true, unwritten(input.size())),
                }))
            })
            .collect::<Result<Vec<_>>>()?;
        let slices = self
            .inputs
            .iter()
            .map(|input| input.floats())
            .collect::<Result<Vec<_>>>()?;
        let mut wanted: Vec<Option<Wanted>> = buffers
            .iter_mut()
            .map(|buffer| {
                buffer.as_mut().map(|(fresh, values)| Wanted {
                    values,
                    fresh: *fresh,
                })
            })
            .collect();
        self.op.backward(Backpass {
            inputs: &slices,
            output: self.output.floats()?,
            gradient: &mut gradient.into_vec()?,
            wanted: &mut wanted,
        });
        let parts = buffers.into_iter();
        Ok(parts
            .map(|buffer| buffer.map(|(_, values)| Gradient::Host(values)))
            .collect())
    }

    fn on_gpu(
        &mut self,
        format: Format,
        gradient: Gradient,
        gradients: &mut HashMap<u64, Gradient>,
    ) -> Result<Vec<Option<Gradient>>> {
        let (Some(gpu), Some(kernels)) = (gpu(), self.op.gpu_kernels()) else {
            return self.on_host(gradient, gradients);
        };
        let (reals, output) = (kernels.reals(), self.output.storage()?);
        let mut wanted = self
            .inputs
            .iter()
            .enumerate()
            .map(|(i, input)| -> Result<Option<GpuWanted>> {
                if !input.is_tracked() {
                    return Ok(None);
                }
                let format = reals.gradient(i, format);
                // In another format, this part is added afterwards.
                let begun = match input.storage()?.format() == format {
                    true => gradients.remove(&input.id()),
                    false => None,
                };
                Ok(Some(match begun {
                    Some(begun) => GpuWanted {
                        values: begun.into_buffer_as(gpu, format)?,
                        fresh: false,
                    },
                    None => GpuWanted {
                        values: gpu.unwritten_as(format, input.size())?,
                        fresh: true,
                    },
                }))
            })
            .collect::<Result<Vec<_>>>()?;
        let inputs = inputs_on_gpu(gpu, self.inputs.iter(), reals, format)?;
        let inputs: Vec<&Buffer> = inputs.iter().map(|buffer| &**buffer).collect();
        kernels.backward(
            gpu,
            GpuBackpass {
                inputs: &inputs,
                output: &*output.on_gpu_as(gpu, reals.output(format))?,
                gradient: &mut gradient.into_buffer_as(gpu, format)?,
                balanced: self.balanced,
                wanted: &mut wanted,
                gives_balanced: &mut self.gives_balanced,
            },
        )?;
        let parts = self.inputs.iter().zip(wanted);
        parts
            .map(|(input, part)| {
                let Some(part) = part else { return Ok(None) };
                let (part, own) = (Gradient::Gpu(part.values), input.storage()?.format());
                Ok(Some(Gradient::Gpu(part.into_buffer_as(gpu, own)?)))
            })
            .collect()
    }
}
