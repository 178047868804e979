//! What stands behind the last feature maps.

use crate::layers::{Dense, GlobalAveragePooling2D, GlobalMaxPooling2D, Layer};
use crate::models::KerasTensor;
use crate::{Activation, Error, Result, Setting};

/// What becomes of the last feature maps of a model without `include_top`.
///
/// Keras: the argument `pooling` of `keras.applications`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// They stay.
    None,
    /// The mean of each: `"avg"`.
    Avg,
    /// The largest number of each: `"max"`.
    Max,
}

impl std::str::FromStr for Pooling {
    type Err = Error;

    fn from_str(name: &str) -> Result<Pooling> {
        match name {
            "avg" => Ok(Pooling::Avg),
            "max" => Ok(Pooling::Max),
            _ => Err(Error::unknown_name("pooling", name, &["avg", "max"])),
        }
    }
}

impl From<Pooling> for Setting<Pooling> {
    fn from(pooling: Pooling) -> Self {
        Setting::value(pooling)
    }
}

/// What comes of feature maps: a share for each class, where there is a classifier of so many
/// classes, otherwise what `pooling` says.
pub(super) fn top(
    x: &KerasTensor,
    classifier: Option<(usize, &Setting<Activation>)>,
    pooling: Pooling,
) -> Result<KerasTensor> {
    match (classifier, pooling) {
        (Some((classes, activation)), _) => {
            let x = GlobalAveragePooling2D::new().name("avg_pool").on(x)?;
            let output = Dense::new(classes).activation(activation.clone());
            output.name("predictions").on(&x)
        }
        (None, Pooling::Avg) => GlobalAveragePooling2D::new().name("avg_pool").on(x),
        (None, Pooling::Max) => GlobalMaxPooling2D::new().name("max_pool").on(x),
        (None, Pooling::None) => Ok(x.clone()),
    }
}
