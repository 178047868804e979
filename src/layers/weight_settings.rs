//! What a layer is told about its weights: how they start, what keeps them small, what they obey.

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::Setting;
use crate::constraints::Constraint;
use crate::initializers::Initializer;
use crate::regularizers::Regularizer;

/// What a layer is told about one of its weights; in its configuration the arguments begin with
/// the name: `kernel_initializer`.
#[derive(Clone, Debug)]
pub(crate) struct WeightSettings {
    /// What the names of the arguments begin with.
    name: &'static str,
    pub(crate) initializer: Setting<Initializer>,
    pub(crate) regularizer: Option<Setting<Regularizer>>,
    pub(crate) constraint: Option<Setting<Constraint>>,
}

impl WeightSettings {
    pub(crate) fn new(name: &'static str, initializer: Initializer) -> Self {
        Self {
            name,
            initializer: initializer.into(),
            regularizer: None,
            constraint: None,
        }
    }

    /// `kernel`, as nearly every layer has it.
    pub(crate) fn kernel() -> Self {
        Self::new("kernel", Initializer::GlorotUniform)
    }

    /// `bias`, as nearly every layer has it.
    pub(crate) fn bias() -> Self {
        Self::new("bias", Initializer::Zeros)
    }

    /// The kernel of a depthwise convolution.
    pub(crate) fn depthwise() -> Self {
        Self::new("depthwise", Initializer::GlorotUniform)
    }

    /// The kernel of sums over channels.
    pub(crate) fn pointwise() -> Self {
        Self::new("pointwise", Initializer::GlorotUniform)
    }

    /// What recurrent layers multiply their last output by.
    pub(crate) fn recurrent() -> Self {
        Self::new("recurrent", Initializer::Orthogonal)
    }

    /// A table of vectors.
    pub(crate) fn embeddings() -> Self {
        Self::new("embeddings", Initializer::RandomUniform)
    }

    /// `gamma`, as normalizing layers have it.
    pub(crate) fn gamma() -> Self {
        Self::new("gamma", Initializer::Ones)
    }

    /// `beta`, as normalizing layers have it.
    pub(crate) fn beta() -> Self {
        Self::new("beta", Initializer::Zeros)
    }

    /// `alpha`, as learned activations have it.
    pub(crate) fn alpha() -> Self {
        Self::new("alpha", Initializer::Zeros)
    }

    /// Reads the arguments that begin with the name of `self`; what is not said stays.
    pub(crate) fn read<'de, D: Deserializer<'de>>(mut self, from: D) -> Result<Self, D::Error> {
        let arguments = Map::<String, Value>::deserialize(from)?;
        let argument = |what: &str| {
            let value = arguments.get(&format!("{}_{what}", self.name));
            value.filter(|value| !value.is_null())
        };
        if let Some(value) = argument("initializer") {
            let read = Setting::deserialize(value);
            self.initializer = read.map_err(serde::de::Error::custom)?;
        }
        if let Some(value) = argument("regularizer") {
            let read = Setting::deserialize(value);
            self.regularizer = Some(read.map_err(serde::de::Error::custom)?);
        }
        if let Some(value) = argument("constraint") {
            let read = Setting::deserialize(value);
            self.constraint = Some(read.map_err(serde::de::Error::custom)?);
        }
        Ok(self)
    }
}

impl Serialize for WeightSettings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(&format!("{}_initializer", self.name), &self.initializer)?;
        map.serialize_entry(&format!("{}_regularizer", self.name), &self.regularizer)?;
        map.serialize_entry(&format!("{}_constraint", self.name), &self.constraint)?;
        map.end()
    }
}

/// Functions for `#[serde(deserialize_with)]` of the weights that several layers have.
pub(crate) fn kernel<'de, D: Deserializer<'de>>(from: D) -> Result<WeightSettings, D::Error> {
    WeightSettings::kernel().read(from)
}

/// As [`kernel`].
pub(crate) fn bias<'de, D: Deserializer<'de>>(from: D) -> Result<WeightSettings, D::Error> {
    WeightSettings::bias().read(from)
}

/// As [`kernel`].
pub(crate) fn depthwise<'de, D: Deserializer<'de>>(from: D) -> Result<WeightSettings, D::Error> {
    WeightSettings::depthwise().read(from)
}

/// As [`kernel`].
pub(crate) fn pointwise<'de, D: Deserializer<'de>>(from: D) -> Result<WeightSettings, D::Error> {
    WeightSettings::pointwise().read(from)
}

/// As [`kernel`].
pub(crate) fn recurrent<'de, D: Deserializer<'de>>(from: D) -> Result<WeightSettings, D::Error> {
    WeightSettings::recurrent().read(from)
}

/// As [`kernel`].
pub(crate) fn embeddings<'de, D: Deserializer<'de>>(from: D) -> Result<WeightSettings, D::Error> {
    WeightSettings::embeddings().read(from)
}

/// As [`kernel`].
pub(crate) fn gamma<'de, D: Deserializer<'de>>(from: D) -> Result<WeightSettings, D::Error> {
    WeightSettings::gamma().read(from)
}

/// As [`kernel`].
pub(crate) fn beta<'de, D: Deserializer<'de>>(from: D) -> Result<WeightSettings, D::Error> {
    WeightSettings::beta().read(from)
}

/// As [`kernel`].
pub(crate) fn alpha<'de, D: Deserializer<'de>>(from: D) -> Result<WeightSettings, D::Error> {
    WeightSettings::alpha().read(from)
}

/// Writes the methods that set what a layer is told about one of its weights, which is in a field of
/// the same name, `weight_setters!(kernel)`, or in that field of another, `kernel in cell`.
macro_rules! weight_setters {
    (kernel) => {
        weight_setters!(
            kernel,
            kernel_initializer,
            kernel_regularizer,
            kernel_constraint,
            "glorot_uniform"
        );
    };
    (bias) => {
        weight_setters!(
            bias,
            bias_initializer,
            bias_regularizer,
            bias_constraint,
            "zeros"
        );
    };
    (depthwise) => {
        weight_setters!(
            depthwise,
            depthwise_initializer,
            depthwise_regularizer,
            depthwise_constraint,
            "glorot_uniform"
        );
    };
    (pointwise) => {
        weight_setters!(
            pointwise,
            pointwise_initializer,
            pointwise_regularizer,
            pointwise_constraint,
            "glorot_uniform"
        );
    };
    (embeddings) => {
        weight_setters!(
            embeddings,
            embeddings_initializer,
            embeddings_regularizer,
            embeddings_constraint,
            "random_uniform"
        );
    };
    (gamma) => {
        weight_setters!(
            gamma,
            gamma_initializer,
            gamma_regularizer,
            gamma_constraint,
            "ones"
        );
    };
    (beta) => {
        weight_setters!(
            beta,
            beta_initializer,
            beta_regularizer,
            beta_constraint,
            "zeros"
        );
    };
    (alpha) => {
        weight_setters!(
            alpha,
            alpha_initializer,
            alpha_regularizer,
            alpha_constraint,
            "zeros"
        );
    };
    (
        $weight:ident $(in $($path:ident).+)?,
        $initializer:ident, $regularizer:ident, $constraint:ident, $default:literal
    ) => {
        #[doc = concat!(
                    "How the ", stringify!($weight), " starts; `\"", $default, "\"` unless set."
                )]
        #[must_use]
        pub fn $initializer(
            mut self,
            initializer: impl Into<crate::Setting<crate::initializers::Initializer>>,
        ) -> Self {
            self.$($($path).+.)?$weight.initializer = initializer.into();
            self
        }

        #[doc = concat!(
                    "What is added to the loss for the ", stringify!($weight),
                    ", such as `\"l2\"`; nothing unless set."
                )]
        #[must_use]
        pub fn $regularizer(
            mut self,
            regularizer: impl Into<crate::Setting<crate::regularizers::Regularizer>>,
        ) -> Self {
            self.$($($path).+.)?$weight.regularizer = Some(regularizer.into());
            self
        }

        #[doc = concat!(
                    "What the ", stringify!($weight),
                    " is brought back to after every step, such as `\"max_norm\"`; nothing unless set."
                )]
        #[must_use]
        pub fn $constraint(
            mut self,
            constraint: impl Into<crate::Setting<crate::constraints::Constraint>>,
        ) -> Self {
            self.$($($path).+.)?$weight.constraint = Some(constraint.into());
            self
        }
    };
}
pub(crate) use weight_setters;
