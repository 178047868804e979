//! RNN.

use serde::{Deserialize, Serialize};

use super::cell::{self, RNNCell};
use super::cell_table::InnerCell;
use super::sequence::{self, SequenceOptions, sequence_setters};
use crate::layers::{
    Layer, LayerBase, Pass, Weights, first_input, layer_identity, part_of_group, through_several,
};
use crate::{Result, Shape, Tensor};

/// Reads sequences step by step, with any cell: one of kerust's, several of them, or your own
/// [`RNNCell`].
///
/// Keras: `keras.layers.RNN`. The names of the weights begin with `cell`. Steps that the mask of the
/// input leaves out change nothing. Further inputs, in a functional model, are the states to begin
/// with, those of several cells one after the other.
///
/// # Shapes
/// `(batch, steps, ..)` to what the cell makes of `(batch, ..)`, with `return_sequences` for every
/// step; with `return_state` the states are further outputs.
///
/// # Errors
/// When the cell does not take the steps.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(RNN::new(LSTMCell::new(8)).return_sequences(true).input_shape((20, 3)))?;
/// // Several cells are taken as one.
/// model.add(RNN::new([GRUCell::new(8), GRUCell::new(4)]))?;
/// assert_eq!(model.predict(&Tensor::zeros((2, 20, 3)))?.shape(), (2, 4));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RNN {
    #[serde(flatten)]
    base: LayerBase,
    cell: InnerCell,
    #[serde(flatten)]
    sequence: SequenceOptions,
}

/// What the names of the cell's weights begin with.
const CELL: &str = "cell";

impl RNN {
    /// Takes sequences through `cell`.
    pub fn new(cell: impl Into<Box<dyn RNNCell>>) -> Self {
        Self {
            base: LayerBase::default(),
            cell: InnerCell(cell.into()),
            sequence: SequenceOptions::default(),
        }
    }

    sequence_setters!();
}

impl Layer for RNN {
    layer_identity!("RNN");
    through_several!();

    fn sequence_options(&mut self) -> Option<&mut SequenceOptions> {
        Some(&mut self.sequence)
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        sequence::output_shapes(&*self.cell.0, &self.sequence, inputs)
    }

    fn groups_in_file(&self, weight: &str) -> Vec<String> {
        let inner = weight.strip_prefix(CELL).and_then(|w| w.strip_prefix('/'));
        let part = self.cell.0.group_in_file(inner.unwrap_or(weight));
        vec![part_of_group(CELL, &part)]
    }

    fn build_for(&self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let (_, step) = sequence::step_of(first_input(inputs)?)?;
        cell::build_inner(CELL, &*self.cell.0, &step, weights)
    }

    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        let cell = &*self.cell.0;
        cell::inside(CELL, cell, pass, |pass| {
            sequence::call(cell, &self.sequence, inputs, pass)
        })
    }

    fn reset_states(&self) {
        self.sequence.forget();
    }
}
