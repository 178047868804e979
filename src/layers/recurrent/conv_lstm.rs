//! ConvLSTM1D, ConvLSTM2D, ConvLSTM3D.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::cell::{Constants, RNNCell};
use super::drops::{Drops, Where, times_every_step};
use super::gated::remember_at_first;
use super::lstm::remember;
use super::sequence::{SequenceOptions, sequence_setters};
use super::setters::{cell_setters, gate_setter, memory_setter};
use super::{around_cell, sequence};
use crate::layers::convolution::Window;
use crate::layers::weight_settings::{self, WeightSettings};
use crate::layers::{Layer, LayerBase, Padding, Pass, Sizes, Weights, require_positive};
use crate::ops::{self, ConvOptions, spatial_shape};
use crate::{Activation, Config, Error, Result, Setting, Shape, Tape, Tensor};

/// Input, forget, candidate, output.
const GATES: usize = 4;

/// A step of long short-term memory whose products are convolutions.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ConvLSTMCell<const RANK: usize> {
    #[serde(flatten)]
    base: LayerBase,
    filters: usize,
    #[serde(flatten)]
    window: Window<RANK>,
    recurrent_activation: Setting<Activation>,
    unit_forget_bias: bool,
    #[serde(flatten, deserialize_with = "weight_settings::kernel")]
    kernel: WeightSettings,
    #[serde(flatten, deserialize_with = "weight_settings::recurrent")]
    recurrent_kernel: WeightSettings,
    #[serde(flatten, deserialize_with = "weight_settings::bias")]
    bias: WeightSettings,
    #[serde(flatten)]
    drops: Drops,
}

impl<const RANK: usize> ConvLSTMCell<RANK> {
    fn new(filters: usize, kernel_size: Sizes<RANK>) -> Self {
        let mut window = Window::new(kernel_size);
        window.activation = Activation::Tanh.into();
        Self {
            base: LayerBase::default(),
            filters,
            window,
            recurrent_activation: Activation::Sigmoid.into(),
            unit_forget_bias: true,
            kernel: WeightSettings::kernel(),
            recurrent_kernel: WeightSettings::recurrent(),
            bias: WeightSettings::bias(),
            drops: Drops::default(),
        }
    }

    fn width(&self) -> usize {
        GATES.saturating_mul(self.filters)
    }

    fn columns(&self, gate: usize) -> Range<usize> {
        gate * self.filters..(gate + 1) * self.filters
    }

    /// The convolution of pictures from several steps, `(batch, steps, ..)`.
    fn convolve(
        &self,
        sequences: &Tensor,
        kernel: &Tensor,
        bias: Option<&Tensor>,
        tape: &mut Tape,
    ) -> Result<Tensor> {
        let (steps, step) = sequence::step_of(&sequences.shape().without_batch())?;
        let batch = sequences.len();
        let options = ConvOptions {
            strides: self.window.strides.0,
            padding: *self.window.padding.get()?,
            dilation_rate: self.window.dilation_rate.0,
            relu: false,
        };
        let pictures = sequences.reshape(step.with_batch(batch * steps))?;
        let y = ops::conv(tape, &pictures, kernel, bias, 1, options)?;
        let step = y.shape().without_batch();
        y.reshape(step.with_batch(steps).with_batch(batch))
    }
}

/// Some columns of the last axis.
fn last_columns(tape: &mut Tape, x: &Tensor, columns: Range<usize>) -> Result<Tensor> {
    let width = x.shape().last();
    let shape = x.shape().with_last(columns.len());
    let rows = x.reshape((x.size() / width.max(1), width))?;
    ops::columns(tape, &rows, columns)?.reshape(shape)
}

/// Parts of the constants: what dropout multiplies the input by, for each gate; the output before;
/// and then the recurrent kernel of each gate, else that of all of them.
const INPUT_FACTORS: usize = 0;
const FACTORS: usize = 1;
const KERNELS: usize = 2;

impl<const RANK: usize> RNNCell for ConvLSTMCell<RANK> {
    fn class_name(&self) -> &'static str {
        "ConvLSTMCell"
    }

    fn state_shapes(&self, input: &Shape) -> Result<Vec<Shape>> {
        require_positive("filters", self.filters)?;
        self.window.check(false)?;
        self.window.check_strides_or_dilation()?;
        self.recurrent_activation.get()?;
        self.drops.check()?;
        if input.rank() != RANK + 1 {
            return Err(Error::shape(format!(
                "expected sequences of shape (steps, {}) per sample, got steps of shape {input}",
                spatial_shape(RANK)
            ))
            .remedy("give a single picture an axis of steps in front with `reshape`"));
        }
        let state = self.window.output_shape(input, self.filters)?;
        Ok(vec![state.clone(), state])
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        let width = self.width();
        let kernel = self.window.kernel_shape([input.last(), width]);
        weights.add_configured("kernel", kernel, &self.kernel)?;
        let recurrent = self.window.kernel_shape([self.filters, width]);
        weights.add_configured("recurrent_kernel", recurrent, &self.recurrent_kernel)?;
        if self.window.use_bias {
            weights.add_configured("bias", width, &self.bias)?;
            if self.unit_forget_bias {
                remember_at_first(weights, self.filters)?;
            }
        }
        Ok(())
    }

    fn constants(&self, input: &Shape, batch: usize, pass: &mut Pass<'_>) -> Result<Constants> {
        let drops = &self.drops;
        let state = self.window.output_shape(input, self.filters)?;
        let (input, state) = (input.with_batch(batch), state.with_batch(batch));
        let input_factors = drops.factors(Where::Input, GATES, &input, pass)?;
        let factors = drops.factors(Where::Recurrent, GATES, &state, pass)?;
        let kernel = pass.weight("recurrent_kernel")?;
        let kernels = match factors.is_empty() {
            true => vec![kernel],
            false => (0..GATES)
                .map(|gate| last_columns(pass.tape, &kernel, self.columns(gate)))
                .collect::<Result<_>>()?,
        };
        let parts = [input_factors, factors, kernels];
        Ok(Constants {
            tensors: Vec::new(),
            parts: parts.map(Constants::from).to_vec(),
        })
    }

    fn project(
        &self,
        sequences: &Tensor,
        constants: &Constants,
        pass: &mut Pass<'_>,
    ) -> Result<Tensor> {
        let (kernel, bias) = (pass.weight("kernel")?, self.window.bias(pass)?);
        let factors = &constants.part(INPUT_FACTORS)?.tensors;
        if factors.is_empty() {
            return self.convolve(sequences, &kernel, bias.as_ref(), pass.tape);
        }
        let mut projected = Vec::new();
        for (gate, factors) in factors.iter().enumerate() {
            let columns = self.columns(gate);
            let dropped = times_every_step(pass.tape, sequences, factors)?;
            let kernel = last_columns(pass.tape, &kernel, columns.clone())?;
            let bias = bias
                .as_ref()
                .map(|bias| last_columns(pass.tape, bias, columns))
                .transpose()?;
            projected.push(self.convolve(&dropped, &kernel, bias.as_ref(), pass.tape)?);
        }
        ops::side_by_side(pass.tape, &projected)
    }

    fn call(
        &self,
        x: &Tensor,
        states: &[Tensor],
        constants: &Constants,
        pass: &mut Pass<'_>,
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let [output, carry] = states else {
            return Err(Error::argument("states", "2 tensors", states.len()));
        };
        let options = ConvOptions {
            padding: Padding::Same,
            ..ConvOptions::<RANK>::default()
        };
        let factors = &constants.part(FACTORS)?.tensors;
        let mut recurrent = Vec::new();
        for (gate, kernel) in constants.part(KERNELS)?.tensors.iter().enumerate() {
            let output = match factors.get(gate) {
                Some(factors) => ops::multiply(pass.tape, output, factors)?,
                None => output.clone(),
            };
            recurrent.push(ops::conv(pass.tape, &output, kernel, None, 1, options)?);
        }
        let recurrent = ops::side_by_side(pass.tape, &recurrent)?;
        let sums = ops::add(pass.tape, x, &recurrent)?;
        let gates = (0..GATES).map(|gate| last_columns(pass.tape, &sums, self.columns(gate)));
        let gates = gates.collect::<Result<Vec<Tensor>>>()?;
        let activation = *self.window.activation.get()?;
        let of_gates = *self.recurrent_activation.get()?;
        let next = remember(pass.tape, &gates, carry, activation, of_gates)?;
        Ok((next[0].clone(), next))
    }

    fn boxed_clone(&self) -> Box<dyn RNNCell> {
        Box::new(self.clone())
    }
}

/// A layer over `$rank` axes in space.
macro_rules! conv_lstm {
    ($(#[$doc:meta])* $name:ident, $class_name:literal, $rank:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct $name {
            #[serde(flatten)]
            cell: ConvLSTMCell<$rank>,
            #[serde(flatten)]
            sequence: SequenceOptions,
        }

        impl $name {
            /// `filters` patterns of `kernel_size` cells, in the input and in the output before.
            pub fn new(filters: usize, kernel_size: impl Into<Sizes<$rank>>) -> Self {
                Self {
                    cell: ConvLSTMCell::new(filters, kernel_size.into()),
                    sequence: SequenceOptions::default(),
                }
            }

            /// Steps of the window along each axis of the input; 1 unless set.
            #[must_use]
            pub fn strides(mut self, strides: impl Into<Sizes<$rank>>) -> Self {
                self.cell.window.strides = strides.into();
                self
            }

            /// `"valid"` (unless set) or `"same"`, for the input; the output before is always
            /// padded.
            #[must_use]
            pub fn padding(mut self, padding: impl Into<Setting<Padding>>) -> Self {
                self.cell.window.padding = padding.into();
                self
            }

            /// Distance between the cells of the window along each axis of the input; 1 unless set.
            #[must_use]
            pub fn dilation_rate(mut self, dilation_rate: impl Into<Sizes<$rank>>) -> Self {
                self.cell.window.dilation_rate = dilation_rate.into();
                self
            }

            cell_setters!(function in cell.window, weights in cell);
            gate_setter!(in self.cell);
            memory_setter!(in self.cell);
            sequence_setters!();
        }

        impl Layer for $name {
            around_cell!($class_name);
        }
    };
}

conv_lstm! {
    /// Long short-term memory for sequences of sequences: its products are one-dimensional
    /// convolutions.
    ///
    /// Keras: `keras.layers.ConvLSTM1D` (channels last). The weights are `kernel` (size, channels,
    /// 4 filters), `recurrent_kernel` (size, filters, 4 filters) and `bias` (4 filters). Further
    /// inputs, in a functional model, are the states to begin with: output and carry.
    ///
    /// Shi et al., "Convolutional LSTM network: a machine learning approach for precipitation
    /// nowcasting", 2015.
    ///
    /// # Shapes
    /// `(batch, steps, length, channels)` to `(batch, new_length, filters)`, with `return_sequences`
    /// to `(batch, steps, new_length, filters)`; with `return_state` two further outputs
    /// `(batch, new_length, filters)`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(ConvLSTM1D::new(4, 3).padding("same").input_shape((5, 20, 2)))?;
    /// assert_eq!(model.output_shape()?, (20, 4));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    ConvLSTM1D, "ConvLSTM1D", 1
}

conv_lstm! {
    /// Long short-term memory for sequences of pictures, such as films: its products are
    /// two-dimensional convolutions.
    ///
    /// Keras: `keras.layers.ConvLSTM2D` (channels last). The weights are `kernel` (height, width,
    /// channels, 4 filters), `recurrent_kernel` (height, width, filters, 4 filters) and `bias`
    /// (4 filters). Further inputs, in a functional model, are the states to begin with: output and
    /// carry.
    ///
    /// Shi et al., "Convolutional LSTM network: a machine learning approach for precipitation
    /// nowcasting", 2015.
    ///
    /// # Shapes
    /// `(batch, steps, height, width, channels)` to `(batch, new_height, new_width, filters)`, with
    /// `return_sequences` to `(batch, steps, new_height, new_width, filters)`; with `return_state`
    /// two further outputs `(batch, new_height, new_width, filters)`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// let film = ConvLSTM2D::new(4, (3, 3)).return_sequences(true);
    /// model.add(film.input_shape((5, 8, 8, 3)))?;
    /// assert_eq!(model.output_shape()?, (5, 6, 6, 4));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    ConvLSTM2D, "ConvLSTM2D", 2
}

conv_lstm! {
    /// Long short-term memory for sequences of volumes: its products are three-dimensional
    /// convolutions.
    ///
    /// Keras: `keras.layers.ConvLSTM3D` (channels last). The weights are `kernel` (depth, height,
    /// width, channels, 4 filters), `recurrent_kernel` (depth, height, width, filters, 4 filters)
    /// and `bias` (4 filters). Further inputs, in a functional model, are the states to begin with:
    /// output and carry.
    ///
    /// Shi et al., "Convolutional LSTM network: a machine learning approach for precipitation
    /// nowcasting", 2015.
    ///
    /// # Shapes
    /// `(batch, steps, depth, height, width, channels)` to
    /// `(batch, new_depth, new_height, new_width, filters)`, with `return_sequences` for every step;
    /// with `return_state` two further outputs of the shape of a step.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(ConvLSTM3D::new(2, 2).input_shape((3, 4, 4, 4, 1)))?;
    /// assert_eq!(model.output_shape()?, (3, 3, 3, 2));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    ConvLSTM3D, "ConvLSTM3D", 3
}
