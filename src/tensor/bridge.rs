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
use std::rc::Rc;

use dfdx::prelude::{Backward, Cpu, OwnedTape, PutTape, Tape as _, TensorFrom};

use super::storage::unwritten;
use super::{Shape, Tensor};
use crate::device::cpu;
use crate::ops::shared_work::{Parallel, ParallelSlice};
use crate::ops::{sum_of_squares, vectorized};
use crate::{Error, Result};

/// A differentiable operation on floats.
pub(crate) trait Op: 'static {
    /// Computes every element of `output`, which has at least one.
    fn forward(&mut self, inputs: &[&[f32]], output: &mut [f32]);

    /// Adds this operation's part to the gradients of the inputs that want one.
    fn backward(&self, at: Backpass<'_>);
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

/// Records what happens to tensors, so that gradients can be found afterwards; or nothing, when it
/// is off.
pub struct Tape {
    recording: Option<Recording>,
}

struct Recording {
    tape: OwnedTape<f32, Cpu>,
    gradients: Rc<RefCell<HashMap<u64, Vec<f32>>>>,
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
                gradients: Rc::new(RefCell::new(HashMap::new())),
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
            Some(gradient) => Tensor::from_floats(gradient.clone(), source.shape().clone()),
            None => Tensor::zeros(source.shape()),
        };
        let sources = sources.iter().map(Borrow::borrow);
        Ok(sources.map(of_source).collect())
    }

    /// The gradients of a loss, times `scale`, with respect to everything that is watched.
    pub(crate) fn backward(self, loss: &Tensor, scale: f32) -> Result<Gradients> {
        self.run_backward(loss, vec![scale; loss.size()])
    }

    fn run_backward(self, target: &Tensor, gradient: Vec<f32>) -> Result<Gradients> {
        let Some(Recording { tape, gradients }) = self.recording else {
            return Ok(Gradients(HashMap::new()));
        };
        gradients.borrow_mut().insert(target.id(), gradient);
        // dfdx starts from a scalar; this one only carries the tape, the start is set above.
        cpu().tensor(0.0f32).put_tape(tape).try_backward()?;
        let gradients = Rc::try_unwrap(gradients)
            .map(RefCell::into_inner)
            .unwrap_or_default();
        Ok(Gradients(gradients))
    }
}

/// The gradients that a backward pass left: those of tensors that no operation made.
pub(crate) struct Gradients(HashMap<u64, Vec<f32>>);

impl Gradients {
    /// These gradients of `weights`, in the same order, times `scale`.
    pub(crate) fn of(weights: &[&Tensor], gradients: &[Tensor], scale: f32) -> Gradients {
        let scaled = |gradient: &Tensor| {
            let mut values = gradient.to_vec::<f32>();
            if scale != 1.0 {
                values.iter_mut().for_each(|value| *value *= scale);
            }
            values
        };
        let pairs = weights.iter().zip(gradients);
        Gradients(pairs.map(|(w, g)| (w.id(), scaled(g))).collect())
    }

    /// Whether no gradient is infinite or NaN: a step with such a one would ruin the weights.
    pub(crate) fn are_finite(&self) -> bool {
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
        self.0
            .values()
            .flat_map(|gradient| gradient.par_chunks(PIECE).map(all_finite))
            .all(|finite| finite)
    }

    /// The sum of squares of each gradient, by the identity of its tensor; infinite or NaN when a
    /// number of the gradient is.
    pub(crate) fn sums_of_squares(&self) -> HashMap<u64, f64> {
        let gradients = self.0.iter();
        gradients
            .map(|(id, gradient)| (*id, sum_of_squares(gradient)))
            .collect()
    }

    /// Takes the gradient of `tensor`, if the loss depends on it.
    pub(crate) fn take(&mut self, tensor: &Tensor) -> Option<Vec<f32>> {
        self.0.remove(&tensor.id())
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
    let slices = inputs
        .iter()
        .map(|input| input.floats())
        .collect::<Result<Vec<_>>>()?;
    if shape.elements() == 0 {
        // Nothing to compute, and nothing that a gradient could flow through.
        return Ok(Tensor::from_floats(Vec::new(), shape));
    }
    let mut values = unwritten(shape.elements());
    op.forward(&slices, &mut values);
    let output = Tensor::from_floats(values, shape);
    let Some(recording) = tape.recording.as_mut() else {
        return Ok(output);
    };
    if !inputs.iter().any(|input| input.is_tracked()) {
        return Ok(output);
    }
    let output = output.tracked();
    let inputs: Vec<Tensor> = inputs.iter().map(|&input| input.clone()).collect();
    let gradients = Rc::clone(&recording.gradients);
    let result = output.clone();
    recording.tape.add_backward_op(move |_| {
        let taken = gradients.borrow_mut().remove(&result.id());
        // No gradient arrives where the loss does not depend on this output.
        if let Some(mut gradient) = taken {
            backpropagate(
                op.as_ref(),
                &inputs,
                &result,
                &mut gradient,
                &mut gradients.borrow_mut(),
            );
        }
        Ok(())
    });
    Ok(output)
}

fn backpropagate(
    op: &dyn Op,
    inputs: &[Tensor],
    output: &Tensor,
    gradient: &mut [f32],
    gradients: &mut HashMap<u64, Vec<f32>>,
) {
    let mut buffers: Vec<Option<(bool, Vec<f32>)>> = inputs
        .iter()
        .map(|input| {
            input
                .is_tracked()
                .then(|| match gradients.remove(&input.id()) {
                    Some(begun) => (false, begun),
                    None => (true, unwritten(input.size())),
                })
        })
        .collect();
    let slices: Vec<&[f32]> = inputs
        .iter()
        .map(|i| i.floats().unwrap_or_default())
        .collect();
    let mut wanted: Vec<Option<Wanted>> = buffers
        .iter_mut()
        .map(|buffer| {
            buffer.as_mut().map(|(fresh, values)| Wanted {
                values,
                fresh: *fresh,
            })
        })
        .collect();
    op.backward(Backpass {
        inputs: &slices,
        output: output.floats().unwrap_or_default(),
        gradient,
        wanted: &mut wanted,
    });
    for (input, buffer) in inputs.iter().zip(buffers) {
        let Some((_, part)) = buffer else { continue };
        match gradients.entry(input.id()) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(part);
            }
            // The op was given the same tensor twice.
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                for (total, part) in entry.get_mut().iter_mut().zip(part) {
                    *total += part;
                }
            }
        }
    }
}
