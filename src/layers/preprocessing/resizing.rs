//! Resizing.

use serde::{Deserialize, Serialize};

use super::picture;
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity, require_positive};
use crate::ops::{Between, FillMode, Interpolation, Look, Origin, Stretch, rearrange, resize_part};
use crate::{Config, Error, Result, Setting, Shape, Tape, Tensor};

/// Brings pictures to another size.
///
/// Keras: `keras.layers.Resizing`.
///
/// # Shapes
/// `(batch, any_height, any_width, channels)` to `(batch, height, width, channels)`
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Resizing::new(2, 2).input_shape((4, 4, 1)))?;
/// let picture = Tensor::arange(16).astype(DType::Float32).reshape((1, 4, 4, 1))?;
/// assert_eq!(model.predict(&picture)?.to_vec::<f32>(), [2.5, 4.5, 10.5, 12.5]);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Resizing {
    #[serde(flatten)]
    base: LayerBase,
    height: usize,
    width: usize,
    interpolation: Setting<Interpolation>,
    crop_to_aspect_ratio: bool,
    pad_to_aspect_ratio: bool,
    fill_mode: Setting<FillMode>,
    fill_value: f32,
    antialias: bool,
}

impl Default for Resizing {
    fn default() -> Self {
        Self {
            base: LayerBase::default(),
            height: 0,
            width: 0,
            interpolation: Interpolation::Bilinear.into(),
            crop_to_aspect_ratio: false,
            pad_to_aspect_ratio: false,
            fill_mode: FillMode::Constant.into(),
            fill_value: 0.0,
            antialias: false,
        }
    }
}

impl Resizing {
    /// Pictures of `height` by `width`.
    pub fn new(height: usize, width: usize) -> Self {
        Self {
            height,
            width,
            ..Self::default()
        }
    }

    /// `"bilinear"` (unless set), `"nearest"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
    #[must_use]
    pub fn interpolation(mut self, interpolation: impl Into<Setting<Interpolation>>) -> Self {
        self.interpolation = interpolation.into();
        self
    }

    /// Whether each pixel of a smaller picture is made of all pixels that it covers, so that fine
    /// lines do not vanish; false unless set. It changes nothing with `"nearest"`.
    #[must_use]
    pub fn antialias(mut self, antialias: bool) -> Self {
        self.antialias = antialias;
        self
    }

    /// Whether the picture keeps its proportions and loses what is then too much; false unless set.
    #[must_use]
    pub fn crop_to_aspect_ratio(mut self, crop: bool) -> Self {
        self.crop_to_aspect_ratio = crop;
        self
    }

    /// Whether the picture keeps its proportions and is filled up with
    /// [`fill_value`](Self::fill_value); false unless set.
    #[must_use]
    pub fn pad_to_aspect_ratio(mut self, pad: bool) -> Self {
        self.pad_to_aspect_ratio = pad;
        self
    }

    /// What padding consists of; 0 unless set.
    #[must_use]
    pub fn fill_value(mut self, fill_value: f32) -> Self {
        self.fill_value = fill_value;
        self
    }
}

impl Layer for Resizing {
    layer_identity!("Resizing");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let [_, _, channels] = picture(input)?;
        require_positive("height", self.height)?;
        require_positive("width", self.width)?;
        if self.crop_to_aspect_ratio && self.pad_to_aspect_ratio {
            let expected = "false when `crop_to_aspect_ratio` is set";
            return Err(
                Error::argument("pad_to_aspect_ratio", expected, true).remedy("set one of the two")
            );
        }
        if *self.fill_mode.get()? != FillMode::Constant {
            let error = Error::argument("fill_mode", "\"constant\"", "another");
            return Err(error.remedy("Keras knows no other one for this layer either"));
        }
        self.interpolation.get()?;
        Ok(Shape::from((self.height, self.width, channels)))
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let [height, width, _] = picture(&x.shape().without_batch())?;
        let size = (self.height, self.width);
        let part = if self.crop_to_aspect_ratio {
            Part::cropped((height, width), size)
        } else if self.pad_to_aspect_ratio {
            Part::padded((height, width), size)
        } else {
            Part::whole((height, width))
        };
        let interpolation = *self.interpolation.get()?;
        if self.antialias || interpolation.among_near().is_err() {
            let part = part.stretched(size);
            let how = (interpolation, self.antialias);
            return resize_part(pass.tape, x, part, how, self.fill_value);
        }
        part.resized(pass.tape, x, size, interpolation, self.fill_value)
    }
}

/// The part of a picture that is resized; it begins before the picture where it is padded.
pub(crate) struct Part {
    /// Size and start of the part and size of the picture, along the height and the width.
    pub(crate) axes: [(usize, isize, usize); 2],
}

impl Part {
    fn whole((height, width): (usize, usize)) -> Part {
        Part {
            axes: [(height, 0, height), (width, 0, width)],
        }
    }

    /// The largest part with the proportions of `size`, in the middle.
    pub(crate) fn cropped(from: (usize, usize), size: (usize, usize)) -> Part {
        let axis = |from: usize, wanted: usize| {
            let length = wanted.min(from).max(1);
            (length, ((from - length) / 2) as isize, from)
        };
        let (height, width) = in_proportion(from, size);
        Part {
            axes: [axis(from.0, height), axis(from.1, width)],
        }
    }

    /// The smallest part with the proportions of `size` that holds all of the picture.
    pub(crate) fn padded(from: (usize, usize), size: (usize, usize)) -> Part {
        let axis = |from: usize, wanted: usize| {
            let before = wanted.saturating_sub(from) / 2;
            // As much behind as in front, as in Keras: never a row more on one side.
            (from + 2 * before, -(before as isize), from)
        };
        let (height, width) = in_proportion(from, size);
        Part {
            axes: [axis(from.0, height), axis(from.1, width)],
        }
    }

    fn stretched(&self, size: (usize, usize)) -> [Stretch; 2] {
        let [rows, columns] = self.axes;
        [(rows, size.0), (columns, size.1)].map(|((length, start, from), to)| Stretch {
            length,
            start,
            from,
            to,
        })
    }

    pub(super) fn resized(
        &self,
        tape: &mut Tape,
        x: &Tensor,
        size: (usize, usize),
        interpolation: Interpolation,
        fill_value: f32,
    ) -> Result<Tensor> {
        let [rows, columns] = [(self.axes[0], size.0), (self.axes[1], size.1)]
            .map(|(axis, size)| resized_axis(axis, size, interpolation));
        let look = Look {
            interpolation,
            fill_mode: FillMode::Constant,
            fill_value,
        };
        rearrange(tape, x, size, vec![Origin::Axes { rows, columns }], look)
    }
}

/// The height that `from`'s width would have in the proportions of `size`, and the other way round.
fn in_proportion(from: (usize, usize), size: (usize, usize)) -> (usize, usize) {
    (
        (from.1 as f64 * size.0 as f64 / size.1 as f64) as usize,
        (from.0 as f64 * size.1 as f64 / size.0 as f64) as usize,
    )
}

/// Where `size` new pixels along an axis come from.
fn resized_axis(
    (length, start, from): (usize, isize, usize),
    size: usize,
    interpolation: Interpolation,
) -> Vec<Between> {
    let middle = |i: usize| (i as f64 + 0.5) * length as f64 / size as f64;
    let last = length as isize - 1;
    let places = (0..size).map(middle).map(|middle| match interpolation {
        Interpolation::Nearest => {
            let pixel = (middle as isize).min(last);
            Between::new([pixel + start; 2], 0.0, from)
        }
        _ => {
            let place = middle - 0.5;
            let low = place.floor();
            // The edge of the part repeats itself, not what lies beyond.
            let pixels = [low, low + 1.0].map(|pixel| (pixel as isize).clamp(0, last) + start);
            Between::new(pixels, (place - low) as f32, from)
        }
    });
    places.collect()
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "Resizing",
    what: "brings pictures to another size",
    example: || (Box::new(Resizing::new(3, 4)), Shape::from((6, 5, 2))),
    from_config: Config::layer::<Resizing>,
}];
