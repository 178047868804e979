//! Known architectures, ready to be compiled: [`Mlp`], [`Vgg`] and [`VGG16`],
//! [`ResNet`], [`ResNet50`] and its kin, [`MobileNet`].
//!
//! Each is a plain struct with Keras's arguments and `Default`; `build` makes the model. There are no
//! pretrained weights: the models begin with random ones, as with Keras's `weights=None`.

mod mlp;
mod mobilenet;
mod pooling;
mod resnet;
mod resnet50;
mod vgg;

pub use mlp::Mlp;
pub use mobilenet::MobileNet;
pub use pooling::Pooling;
use pooling::top;
pub use resnet::ResNet;
pub use resnet50::{ResNet50, ResNet50V2, ResNet101, ResNet101V2, ResNet152, ResNet152V2};
pub use vgg::{VGG16, Vgg};

use crate::layers::Input;
use crate::models::{KerasTensor, Symbols};
use crate::{Error, Model, Result, Shape};

/// Fails with the argument's name unless pictures of `shape` survive being halved so often.
fn require_pictures(shape: &Shape, halvings: u32) -> Result<()> {
    let least = 1usize << halvings;
    match *shape.dims() {
        [height, width, channels] if height.min(width) >= least && channels > 0 => Ok(()),
        _ => {
            let expected =
                format!("(height, width, channels) with at least {least} rows and columns");
            Err(Error::argument("input_shape", &expected, shape))
        }
    }
}

/// The model of what `connect` makes, which errors name.
fn named(name: &str, connect: impl FnOnce() -> Result<Model>) -> Result<Model> {
    let model = connect().map_err(|e| e.at(format!("applications: {name}")))?;
    Ok(model.named(name))
}

/// What layers are put on first: what a model's input will be.
fn beginning(inputs: &Input) -> KerasTensor {
    inputs.symbols().swap_remove(0)
}
