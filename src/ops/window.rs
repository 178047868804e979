//! Windows that slide over pictures: how edges are treated, and how many places a window takes.

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result, Setting, Tensor};

/// What happens at the edges of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Padding {
    /// The window stays inside.
    #[default]
    Valid,
    /// The picture is padded so that the output is as large as the input, divided by the stride.
    Same,
}

impl std::str::FromStr for Padding {
    type Err = Error;

    fn from_str(name: &str) -> Result<Padding> {
        match name {
            "valid" => Ok(Padding::Valid),
            "same" => Ok(Padding::Same),
            _ => Err(Error::unknown_name("padding", name, &["valid", "same"])),
        }
    }
}

impl From<Padding> for Setting<Padding> {
    fn from(padding: Padding) -> Self {
        Setting::value(padding)
    }
}

/// The sizes of a batch of pictures, or an error that says what `what` needs.
pub(super) fn pictures(what: &str, x: &Tensor) -> Result<[usize; 4]> {
    match *x.shape().dims() {
        [batch, height, width, channels] => Ok([batch, height, width, channels]),
        _ => Err(Error::shape(format!(
            "{what} expects input of shape (batch, height, width, channels), got {}",
            x.shape()
        ))),
    }
}

/// How many places a window of `size` cells takes along an axis, and how many cells are padded
/// before its start. With `Padding::Same` the extra cell comes last, as in Keras.
pub(crate) fn window_output(
    axis: &str,
    input: usize,
    size: usize,
    stride: usize,
    dilation: usize,
    padding: Padding,
) -> Result<(usize, usize)> {
    if size == 0 || stride == 0 || dilation == 0 {
        return Err(Error::new(
            ErrorKind::Argument,
            format!(
                "a window needs a positive size, stride and dilation along the {axis}, got {size}, \
                 {stride} and {dilation}"
            ),
        ));
    }
    let reach = (size - 1).saturating_mul(dilation).saturating_add(1);
    match padding {
        Padding::Valid if input >= reach => Ok(((input - reach) / stride + 1, 0)),
        // Positions in the padding are computed as signed numbers.
        Padding::Same if reach <= isize::MAX as usize / 2 => {
            let output = input.div_ceil(stride);
            let padded = output.saturating_sub(1) * stride + reach;
            Ok((output, padded.saturating_sub(input) / 2))
        }
        Padding::Valid => Err(Error::shape(format!(
            "a window of {reach} does not fit into an input of {axis} {input}"
        ))
        .remedy("use a smaller window, or `padding(\"same\")`")),
        Padding::Same => Err(Error::shape(format!(
            "a window of {reach} is too large for an input of {axis} {input}"
        ))
        .remedy("use a smaller window")),
    }
}
