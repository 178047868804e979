//! Methods that set the arguments of cells, for the cells and for the layers around them.

/// Writes the methods that set what all cells have in common: `$function` is where `activation` and
/// `use_bias` are, `$weights` where the others are.
macro_rules! cell_setters {
    (function in $($function:ident).+, weights in $($weights:ident).+) => {
        /// The function of the candidate and of the output; `"tanh"` unless set.
        #[must_use]
        pub fn activation(
            mut self,
            activation: impl Into<crate::Setting<crate::Activation>>,
        ) -> Self {
            self.$($function).+.activation = activation.into();
            self
        }

        /// Whether a bias is added; true unless set.
        #[must_use]
        pub fn use_bias(mut self, use_bias: bool) -> Self {
            self.$($function).+.use_bias = use_bias;
            self
        }

        crate::layers::weight_settings::weight_setters!(
            kernel in $($weights).+,
            kernel_initializer,
            kernel_regularizer,
            kernel_constraint,
            "glorot_uniform"
        );
        crate::layers::weight_settings::weight_setters!(
            recurrent_kernel in $($weights).+,
            recurrent_initializer,
            recurrent_regularizer,
            recurrent_constraint,
            "orthogonal"
        );
        crate::layers::weight_settings::weight_setters!(
            bias in $($weights).+,
            bias_initializer,
            bias_regularizer,
            bias_constraint,
            "zeros"
        );

        /// How much of the input is left out while training, the same in every step; 0 unless set.
        #[must_use]
        pub fn dropout(mut self, rate: f32) -> Self {
            self.$($weights).+.drops.dropout = rate;
            self
        }

        /// How much of the output before is left out while training, the same in every step; 0
        /// unless set.
        #[must_use]
        pub fn recurrent_dropout(mut self, rate: f32) -> Self {
            self.$($weights).+.drops.recurrent_dropout = rate;
            self
        }

        /// Makes what is left out the same in every run; from the model's generator unless set.
        #[must_use]
        pub fn seed(mut self, seed: u64) -> Self {
            self.$($weights).+.drops.seed = crate::layers::regularization::Seed::new(seed);
            self
        }
    };
}
pub(super) use cell_setters;

/// Writes the method that sets the function of the gates, in the field of `$cell` of that name.
macro_rules! gate_setter {
    (in self $(.$cell:ident)?) => {
        /// The function of the gates; `"sigmoid"` unless set.
        #[must_use]
        pub fn recurrent_activation(
            mut self,
            activation: impl Into<crate::Setting<crate::Activation>>,
        ) -> Self {
            self.$($cell.)?recurrent_activation = activation.into();
            self
        }
    };
}
pub(super) use gate_setter;

/// Writes the method that sets how the memory of long short-term memory begins.
macro_rules! memory_setter {
    (in self $(.$cell:ident)?) => {
        /// Whether the bias of the forget gate starts as 1, so that the memory is kept at first; true
        /// unless set.
        #[must_use]
        pub fn unit_forget_bias(mut self, unit_forget_bias: bool) -> Self {
            self.$($cell.)?unit_forget_bias = unit_forget_bias;
            self
        }
    };
}
pub(super) use memory_setter;

/// Writes the methods of every cell that layers have from their trait.
macro_rules! cell_identity_setters {
    () => {
        /// Gives the cell a name, which is written down with it.
        #[must_use]
        pub fn name(mut self, name: &str) -> Self {
            self.base.name = Some(name.to_string());
            self
        }

        /// Whether training changes the cell's weights; true unless set.
        #[must_use]
        pub fn trainable(mut self, trainable: bool) -> Self {
            self.base.frozen = !trainable;
            self
        }
    };
}
pub(super) use cell_identity_setters;
