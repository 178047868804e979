//! What all recurrent layers can be told.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};

use crate::layers::require_positive;
use crate::layers::weight_settings::{self, WeightSettings};
use crate::ops::RecurrentOptions;
use crate::{Activation, Error, Result, Setting, Tensor};

/// The arguments that LSTM, GRU and SimpleRNN have in common.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) units: usize,
    pub(super) activation: Setting<Activation>,
    pub(super) use_bias: bool,
    #[serde(flatten, deserialize_with = "weight_settings::kernel")]
    pub(super) kernel: WeightSettings,
    #[serde(flatten, deserialize_with = "weight_settings::recurrent")]
    pub(super) recurrent: WeightSettings,
    #[serde(flatten, deserialize_with = "weight_settings::bias")]
    pub(super) bias: WeightSettings,
    pub(super) dropout: f32,
    pub(super) recurrent_dropout: f32,
    pub(super) return_sequences: bool,
    pub(super) return_state: bool,
    pub(super) go_backwards: bool,
    pub(super) stateful: bool,
    unroll: bool,
    #[serde(default)]
    pub(super) zero_output_for_mask: bool,
    #[serde(skip)]
    pub(super) kept: KeptStates,
}

/// The states that a `stateful` layer goes on with; a copy of the layer begins anew.
#[derive(Debug, Default)]
pub(super) struct KeptStates(RefCell<Vec<Tensor>>);

impl Clone for KeptStates {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl KeptStates {
    pub(super) fn get(&self) -> Vec<Tensor> {
        self.0.borrow().clone()
    }

    /// Keeps the numbers alone: no gradient goes back into the batch before.
    pub(super) fn keep(&self, states: &[Tensor]) -> Result<()> {
        let kept = states.iter().map(|state| {
            let numbers = state.floats()?.to_vec();
            Ok(Tensor::from_floats(numbers, state.shape().clone()))
        });
        *self.0.borrow_mut() = kept.collect::<Result<_>>()?;
        Ok(())
    }

    pub(super) fn forget(&self) {
        self.0.borrow_mut().clear();
    }
}

impl Settings {
    pub(super) fn new(units: usize) -> Self {
        Self {
            units,
            activation: Activation::Tanh.into(),
            use_bias: true,
            kernel: WeightSettings::kernel(),
            recurrent: WeightSettings::recurrent(),
            bias: WeightSettings::bias(),
            dropout: 0.0,
            recurrent_dropout: 0.0,
            return_sequences: false,
            return_state: false,
            go_backwards: false,
            stateful: false,
            unroll: false,
            zero_output_for_mask: false,
            kept: KeptStates::default(),
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        require_positive("units", self.units)?;
        self.activation.get()?;
        let rates = [
            ("dropout", self.dropout),
            ("recurrent_dropout", self.recurrent_dropout),
        ];
        for (name, rate) in rates {
            if !(0.0..=1.0).contains(&rate) {
                return Err(Error::argument(name, "a number from 0 to 1", rate));
            }
        }
        Ok(())
    }

    /// How the operation goes through a sequence; the states are needed to keep them as well.
    pub(super) fn options(&self) -> RecurrentOptions {
        RecurrentOptions {
            return_sequences: self.return_sequences,
            return_state: self.return_state || self.stateful,
            go_backwards: self.go_backwards,
            zero_output_for_mask: self.zero_output_for_mask,
        }
    }

    /// As Keras, which drops nothing at a rate of 1.
    pub(super) fn drops(rate: f32, training: bool) -> bool {
        training && rate > 0.0 && rate < 1.0
    }

    pub(super) fn set_unroll(&mut self, unroll: bool) {
        self.unroll = unroll;
    }
}

/// Writes the methods that set what recurrent layers have in common, in their field `settings`.
macro_rules! recurrent_setters {
    () => {
        /// The function of the candidate and of the output; `"tanh"` unless set.
        #[must_use]
        pub fn activation(
            mut self,
            activation: impl Into<crate::Setting<crate::Activation>>,
        ) -> Self {
            self.settings.activation = activation.into();
            self
        }

        /// Whether a bias is added; true unless set.
        #[must_use]
        pub fn use_bias(mut self, use_bias: bool) -> Self {
            self.settings.use_bias = use_bias;
            self
        }

        /// How the kernel starts; `"glorot_uniform"` unless set.
        #[must_use]
        pub fn kernel_initializer(
            mut self,
            initializer: impl Into<crate::Setting<crate::initializers::Initializer>>,
        ) -> Self {
            self.settings.kernel.initializer = initializer.into();
            self
        }

        /// How the recurrent kernel starts.
        #[must_use]
        pub fn recurrent_initializer(
            mut self,
            initializer: impl Into<crate::Setting<crate::initializers::Initializer>>,
        ) -> Self {
            self.settings.recurrent.initializer = initializer.into();
            self
        }

        /// How the bias starts; `"zeros"` unless set.
        #[must_use]
        pub fn bias_initializer(
            mut self,
            initializer: impl Into<crate::Setting<crate::initializers::Initializer>>,
        ) -> Self {
            self.settings.bias.initializer = initializer.into();
            self
        }

        /// How much of the input is left out while training, the same in every step; 0 unless set.
        #[must_use]
        pub fn dropout(mut self, rate: f32) -> Self {
            self.settings.dropout = rate;
            self
        }

        /// How much of the output before is left out while training, the same in every step; 0
        /// unless set.
        #[must_use]
        pub fn recurrent_dropout(mut self, rate: f32) -> Self {
            self.settings.recurrent_dropout = rate;
            self
        }

        /// Whether the output has all steps instead of the last one; false unless set.
        #[must_use]
        pub fn return_sequences(mut self, return_sequences: bool) -> Self {
            self.settings.return_sequences = return_sequences;
            self
        }

        /// Whether the states after the last step are further outputs; false unless set.
        #[must_use]
        pub fn return_state(mut self, return_state: bool) -> Self {
            self.settings.return_state = return_state;
            self
        }

        /// Whether the last step comes first; outputs are in the order in which they are computed.
        /// False unless set.
        #[must_use]
        pub fn go_backwards(mut self, go_backwards: bool) -> Self {
            self.settings.go_backwards = go_backwards;
            self
        }

        /// Whether a batch goes on with the states of the batch before, until
        /// [`reset_states`](crate::layers::Layer::reset_states); false unless set.
        #[must_use]
        pub fn stateful(mut self, stateful: bool) -> Self {
            self.settings.stateful = stateful;
            self
        }

        /// Accepted as in Keras; it changes nothing here.
        #[must_use]
        pub fn unroll(mut self, unroll: bool) -> Self {
            self.settings.set_unroll(unroll);
            self
        }

        /// Whether the output of a step that the mask leaves out is 0, instead of the output
        /// before; false unless set.
        #[must_use]
        pub fn zero_output_for_mask(mut self, zero_output_for_mask: bool) -> Self {
            self.settings.zero_output_for_mask = zero_output_for_mask;
            self
        }
    };
}
pub(super) use recurrent_setters;
