//! What recurrent layers compute in each step.

use std::fmt::Debug;

use crate::layers::{Pass, Weights, first_of};
use crate::ops::RecurrentOptions;
use crate::{Config, Error, Result, Shape, Tensor};

/// One step of a recurrent layer: [`RNN`](crate::layers::RNN) takes sequences through it, one of
/// kerust's or your own.
///
/// Keras: a layer with `call(inputs, states)` and `state_size`. Shapes are those of one sample,
/// except in `call`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::layers::{Constants, Pass, Weights};
/// use kerust::ops;
///
/// /// `x · kernel + state · recurrent_kernel`
/// #[derive(Clone, Debug)]
/// struct MinimalCell {
///     units: usize,
/// }
///
/// impl RNNCell for MinimalCell {
///     fn class_name(&self) -> &'static str {
///         "MinimalCell"
///     }
///
///     fn state_shapes(&self, _input: &Shape) -> Result<Vec<Shape>> {
///         Ok(vec![Shape::from(self.units)])
///     }
///
///     fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
///         weights.add("kernel", (input.last(), self.units), &"glorot_uniform".into())?;
///         weights.add("recurrent_kernel", (self.units, self.units), &"orthogonal".into())
///     }
///
///     fn call(
///         &self,
///         x: &Tensor,
///         states: &[Tensor],
///         _constants: &Constants,
///         pass: &mut Pass<'_>,
///     ) -> Result<(Tensor, Vec<Tensor>)> {
///         let (kernel, recurrent) = (pass.weight("kernel")?, pass.weight("recurrent_kernel")?);
///         let of_input = ops::matmul(pass.tape, x, &kernel)?;
///         let of_state = ops::matmul(pass.tape, &states[0], &recurrent)?;
///         let output = ops::add(pass.tape, &of_input, &of_state)?;
///         Ok((output.clone(), vec![output]))
///     }
///
///     fn boxed_clone(&self) -> Box<dyn RNNCell> {
///         Box::new(self.clone())
///     }
/// }
///
/// let mut model = Sequential::new();
/// model.add(RNN::new(MinimalCell { units: 4 }).input_shape((10, 3)))?;
/// assert_eq!(model.predict(&Tensor::zeros((2, 10, 3)))?.shape(), (2, 4));
/// # Ok::<(), kerust::Error>(())
/// ```
pub trait RNNCell: Debug + Send {
    /// The class, as Keras names it: `LSTMCell`.
    fn class_name(&self) -> &'static str;

    /// The shapes of what goes from step to step, when each step has shape `input`.
    ///
    /// Keras: `cell.state_size`.
    ///
    /// # Errors
    /// When the cell cannot take such input, or an argument is wrong.
    fn state_shapes(&self, input: &Shape) -> Result<Vec<Shape>>;

    /// The shape of the output of a step of shape `input`; that of the first state unless said.
    ///
    /// Keras: `cell.output_size`.
    ///
    /// # Errors
    /// As [`state_shapes`](Self::state_shapes).
    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        first_of(self.state_shapes(input)?)
    }

    /// Adds the cell's weights; cells without weights need not say anything.
    ///
    /// # Errors
    /// When an argument is wrong.
    fn build(&self, _input: &Shape, _weights: &mut Weights) -> Result<()> {
        Ok(())
    }

    /// The output of a step, and the states after it. `x` is the step of each sequence of the batch,
    /// or what [`project`](Self::project) made of it; `states` are those before.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn call(
        &self,
        x: &Tensor,
        states: &[Tensor],
        constants: &Constants,
        pass: &mut Pass<'_>,
    ) -> Result<(Tensor, Vec<Tensor>)>;

    /// The states before the first step of `batch` sequences; zeros unless said.
    ///
    /// Keras: `cell.get_initial_state(batch_size)`.
    ///
    /// # Errors
    /// As [`state_shapes`](Self::state_shapes).
    fn initial_states(&self, input: &Shape, batch: usize) -> Result<Vec<Tensor>> {
        let shapes = self.state_shapes(input)?;
        let zeros = shapes
            .iter()
            .map(|shape| Tensor::zeros(shape.with_batch(batch)));
        Ok(zeros.collect())
    }

    /// What stays the same in all steps of `batch` sequences, such as what dropout leaves out;
    /// nothing unless said.
    ///
    /// # Errors
    /// When an argument is wrong.
    fn constants(&self, _input: &Shape, _batch: usize, _pass: &mut Pass<'_>) -> Result<Constants> {
        Ok(Constants::default())
    }

    /// What the steps take instead of those of `sequences`, `(batch, steps, ..)`, in the same order:
    /// what depends on the input alone is faster for all steps together. The sequences themselves
    /// unless said.
    ///
    /// # Errors
    /// When the shapes do not fit.
    fn project(
        &self,
        sequences: &Tensor,
        _constants: &Constants,
        _pass: &mut Pass<'_>,
    ) -> Result<Tensor> {
        Ok(sequences.clone())
    }

    /// Computes all steps in one go, where that is faster; most cells cannot. The result is that of
    /// the layer: the output, then the states if they are asked for.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    fn all_steps(
        &self,
        _sequences: &Tensor,
        _initial_states: &[Tensor],
        _options: RecurrentOptions,
        _pass: &mut Pass<'_>,
    ) -> Result<Option<Vec<Tensor>>> {
        Ok(None)
    }

    /// In which part of the cell Keras keeps the weight called `weight` when it writes a file; cells
    /// that have all weights themselves need not say anything.
    fn group_in_file(&self, _weight: &str) -> String {
        String::new()
    }

    /// Whether training leaves the cell's weights alone.
    fn is_frozen(&self) -> bool {
        false
    }

    /// The arguments, named as in Keras.
    ///
    /// Keras: `cell.get_config()`.
    ///
    /// # Errors
    /// When the cell does not say them (one of your own) or holds a name that does not exist.
    fn get_config(&self) -> Result<Config> {
        let what = format!("a cell of class `{}` cannot be saved", self.class_name());
        Err(Error::state(what).remedy("implement `get_config` for it"))
    }

    /// A copy of the configuration, for a new layer.
    fn boxed_clone(&self) -> Box<dyn RNNCell>;
}

impl<C: RNNCell + 'static> From<C> for Box<dyn RNNCell> {
    fn from(cell: C) -> Self {
        Box::new(cell)
    }
}

impl Clone for Box<dyn RNNCell> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// What stays the same in all steps of a batch: see [`RNNCell::constants`].
#[derive(Clone, Debug, Default)]
pub struct Constants {
    /// Those of the cell itself.
    pub tensors: Vec<Tensor>,
    /// Those of cells inside of it, or of parts.
    pub parts: Vec<Constants>,
}

impl From<Vec<Tensor>> for Constants {
    fn from(tensors: Vec<Tensor>) -> Self {
        Self {
            tensors,
            parts: Vec::new(),
        }
    }
}

impl Constants {
    /// The constants of a part.
    ///
    /// # Errors
    /// When there is no such part: they are not what the cell's `constants` has returned.
    pub fn part(&self, number: usize) -> Result<&Constants> {
        self.parts.get(number).ok_or_else(|| {
            let expected = "what the cell's method `constants` has returned";
            Error::argument("constants", expected, format!("{} parts", self.parts.len()))
        })
    }
}

/// Makes the weights of a cell inside of a layer, or of another cell.
pub(super) fn build_inner(
    name: &str,
    cell: &dyn RNNCell,
    input: &Shape,
    weights: &mut Weights,
) -> Result<()> {
    let outer = weights.enter(name, cell.is_frozen());
    let built = cell.build(input, weights);
    weights.leave(outer);
    built.map_err(|e| e.at(title(cell)))
}

/// Does `work` with the weights of a cell inside of a layer, or of another cell.
pub(super) fn inside<T>(
    name: &str,
    cell: &dyn RNNCell,
    pass: &mut Pass<'_>,
    work: impl FnOnce(&mut Pass<'_>) -> Result<T>,
) -> Result<T> {
    let outer = pass.weights.enter(name, cell.is_frozen());
    let done = work(pass);
    pass.weights.leave(outer);
    done.map_err(|e| e.at(title(cell)))
}

/// How errors call it.
pub(super) fn title(cell: &dyn RNNCell) -> String {
    format!("cell of class `{}`", cell.class_name())
}
