//! Recurrent layers, and the cells that they take sequences through.
//!
//! A cell computes one step (`cell.rs`); `sequence.rs` takes sequences through any cell, one step
//! after the other. LSTM, GRU and SimpleRNN are such a cell with a way through sequences. With the
//! usual activations, all of their steps are one operation of `ops::recurrent`.

mod cell;
mod cell_table;
mod conv_lstm;
mod drops;
mod gated;
mod gru;
mod lstm;
mod rnn;
mod sequence;
mod setters;
mod simple_rnn;
mod stacked;

pub use cell::{Constants, RNNCell};
pub use cell_table::{CELLS, CellEntry, cell_from_config};
pub use conv_lstm::{ConvLSTM1D, ConvLSTM2D, ConvLSTM3D};
pub use gru::{GRU, GRUCell};
pub use lstm::{LSTM, LSTMCell};
pub use rnn::RNN;
pub use sequence::SequenceOptions;
pub use simple_rnn::{SimpleRNN, SimpleRNNCell};
pub use stacked::StackedRNNCells;

use super::LayerEntry;
use crate::{Config, Shape};

/// Writes the methods of [`Layer`](super::Layer) for a layer that is its field `cell`, whose weights
/// and name are its own, with a way through sequences in its field `sequence`.
macro_rules! around_cell {
    ($class_name:literal) => {
        fn class_name(&self) -> &'static str {
            $class_name
        }

        fn base(&self) -> &LayerBase {
            &self.cell.base
        }

        fn base_mut(&mut self) -> &mut LayerBase {
            &mut self.cell.base
        }

        fn boxed_clone(&self) -> Box<dyn Layer> {
            Box::new(self.clone())
        }

        fn get_config(&self) -> Result<Config> {
            Config::of(self)
        }

        fn groups_in_file(&self, _weight: &str) -> Vec<String> {
            vec!["cell".to_owned()]
        }

        fn sequence_options(&mut self) -> Option<&mut SequenceOptions> {
            Some(&mut self.sequence)
        }

        fn build_for(&self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
            let (_, step) = sequence::step_of(crate::layers::first_input(inputs)?)?;
            self.cell.build(&step, weights)
        }

        fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
            sequence::output_shapes(&self.cell, &self.sequence, inputs)
        }

        fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
            sequence::call(&self.cell, &self.sequence, inputs, pass)
        }

        fn reset_states(&self) {
            self.sequence.forget();
        }

        crate::layers::through_several!();
    };
}
use around_cell;

/// The layers of this folder.
pub(super) const ENTRIES: &[LayerEntry] = &[
    LayerEntry {
        class_name: "LSTM",
        what: "reads sequences with a memory that gates write, keep and read",
        example: || (Box::new(LSTM::new(4)), Shape::from((5, 3))),
        from_config: Config::layer::<LSTM>,
    },
    LayerEntry {
        class_name: "GRU",
        what: "reads sequences with an output that gates keep or renew",
        example: || (Box::new(GRU::new(4)), Shape::from((5, 3))),
        from_config: Config::layer::<GRU>,
    },
    LayerEntry {
        class_name: "SimpleRNN",
        what: "reads sequences, with its last output as a further input",
        example: || (Box::new(SimpleRNN::new(4)), Shape::from((5, 3))),
        from_config: Config::layer::<SimpleRNN>,
    },
    LayerEntry {
        class_name: "RNN",
        what: "reads sequences with any cell",
        example: || (Box::new(RNN::new(GRUCell::new(4))), Shape::from((5, 3))),
        from_config: Config::layer::<RNN>,
    },
    LayerEntry {
        class_name: "ConvLSTM1D",
        what: "reads sequences of sequences with a memory and convolutions",
        example: || (Box::new(ConvLSTM1D::new(3, 2)), Shape::from((3, 5, 2))),
        from_config: Config::layer::<ConvLSTM1D>,
    },
    LayerEntry {
        class_name: "ConvLSTM2D",
        what: "reads sequences of pictures with a memory and convolutions",
        example: || (Box::new(ConvLSTM2D::new(2, 2)), Shape::from((3, 4, 3, 2))),
        from_config: Config::layer::<ConvLSTM2D>,
    },
    LayerEntry {
        class_name: "ConvLSTM3D",
        what: "reads sequences of volumes with a memory and convolutions",
        example: || {
            let layer = ConvLSTM3D::new(2, 2);
            (Box::new(layer), Shape::from((2, 3, 3, 2, 1)))
        },
        from_config: Config::layer::<ConvLSTM3D>,
    },
];
