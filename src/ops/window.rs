//! Windows that slide over sequences, pictures and volumes: how edges are treated, and how many
//! places a window takes.

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result, Setting, Shape, Tensor};

/// What happens at the edges of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Padding {
    /// The window stays inside.
    #[default]
    Valid,
    /// The picture is padded so that the output is as large as the input, divided by the stride.
    Same,
    /// Only padded before the start, so that no step of the output sees a later step of the input;
    /// for `Conv1D`.
    Causal,
}

impl std::str::FromStr for Padding {
    type Err = Error;

    fn from_str(name: &str) -> Result<Padding> {
        match name {
            "valid" => Ok(Padding::Valid),
            "same" => Ok(Padding::Same),
            "causal" => Ok(Padding::Causal),
            _ => {
                let known = ["valid", "same", "causal"];
                Err(Error::unknown_name("padding", name, &known))
            }
        }
    }
}

impl From<Padding> for Setting<Padding> {
    fn from(padding: Padding) -> Self {
        Setting::value(padding)
    }
}

/// How a window moves along one axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WindowAxis {
    /// Cells of the input.
    pub(crate) input: usize,
    /// Places that the window takes.
    pub(crate) output: usize,
    /// Cells of the window.
    pub(crate) size: usize,
    /// Cells from one place to the next.
    pub(crate) stride: usize,
    /// Distance between the cells of the window.
    pub(crate) dilation: usize,
    /// Cells padded before the input.
    pub(crate) before: usize,
}

impl WindowAxis {
    /// An axis that the input does not have: a single cell.
    pub(crate) const NONE: WindowAxis = WindowAxis {
        input: 1,
        output: 1,
        size: 1,
        stride: 1,
        dilation: 1,
        before: 0,
    };

    /// The cell of the input that lies under cell `cell` of the window at `place`; none for padding.
    #[inline(always)]
    pub(crate) fn cell(&self, place: usize, cell: usize) -> Option<usize> {
        let at = (place * self.stride + cell * self.dilation) as isize - self.before as isize;
        (0..self.input as isize)
            .contains(&at)
            .then_some(at as usize)
    }
}

/// The window over each axis; axes that the input does not have come first.
pub(crate) type WindowAxes = [WindowAxis; 3];

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

/// What depth, height and width are called for inputs with so many of them.
pub(crate) fn axis_name(rank: usize, axis: usize) -> &'static str {
    match rank {
        1 => "length",
        2 => ["height", "width"][axis],
        _ => ["depth", "height", "width"][axis],
    }
}

/// The shape that input with so many axes of space has.
pub(crate) fn spatial_shape(rank: usize) -> &'static str {
    match rank {
        1 => "steps, channels",
        2 => "height, width, channels",
        _ => "depth, height, width, channels",
    }
}

/// The batch, the sizes in space and the channels of `x`, or an error that says what `what` needs.
pub(super) fn spatial<const RANK: usize>(
    what: &str,
    x: &Tensor,
) -> Result<(usize, [usize; RANK], usize)> {
    if let [batch, sizes @ .., channels] = x.shape().dims()
        && let Ok(sizes) = sizes.try_into()
    {
        return Ok((*batch, sizes, *channels));
    }
    Err(Error::shape(format!(
        "{what} expects input of shape (batch, {}), got {}",
        spatial_shape(RANK),
        x.shape()
    )))
}

/// What `of_axis` gives for each axis in space, behind `none` for axes that are not there.
pub(crate) fn to_three<const RANK: usize, T>(
    none: impl Fn() -> T,
    mut of_axis: impl FnMut(usize) -> Result<T>,
) -> Result<[T; 3]> {
    let mut axes = [none(), none(), none()];
    for axis in 0..RANK {
        axes[3 - RANK + axis] = of_axis(axis)?;
    }
    Ok(axes)
}

/// How windows of `size` move over `input`.
pub(crate) fn window_axes<const RANK: usize>(
    input: [usize; RANK],
    size: [usize; RANK],
    strides: [usize; RANK],
    dilation: [usize; RANK],
    padding: Padding,
) -> Result<WindowAxes> {
    to_three::<RANK, _>(
        || WindowAxis::NONE,
        |i| {
            let name = axis_name(RANK, i);
            let (output, before) =
                window_output(name, input[i], size[i], strides[i], dilation[i], padding)?;
            Ok(WindowAxis {
                input: input[i],
                output,
                size: size[i],
                stride: strides[i],
                dilation: dilation[i],
                before,
            })
        },
    )
}

/// The shape of a batch over the axes that are there.
pub(super) fn output_shape<const RANK: usize>(
    batch: usize,
    axes: [usize; 3],
    channels: usize,
) -> Shape {
    let mut dims = vec![batch];
    dims.extend_from_slice(&axes[3 - RANK..]);
    dims.push(channels);
    Shape::from(dims)
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
        Padding::Causal if reach <= isize::MAX as usize / 2 => {
            Ok((input.div_ceil(stride), reach - 1))
        }
        Padding::Valid => Err(Error::shape(format!(
            "a window of {reach} does not fit into an input of {axis} {input}"
        ))
        .remedy("use a smaller window, or `padding(\"same\")`")),
        Padding::Same | Padding::Causal => Err(Error::shape(format!(
            "a window of {reach} is too large for an input of {axis} {input}"
        ))
        .remedy("use a smaller window")),
    }
}
