//! What a layer makes of a picture.

use super::Figure;
use super::axes::range;
use super::colormap::Colormap;
use super::tiles::{MOST, Sheet, Tile, colored};
use crate::models::Model;
use crate::{Error, Result, Tensor};

/// What the layer called `layer` makes of a picture: one map for each of its channels, from dark
/// (low) to yellow (high).
///
/// Each map has its own scale, since channels differ much; below it stands its highest value. A map
/// with the same value everywhere is dark. Of more than 64 maps, the first are shown.
///
/// Keras: what its tutorials draw of `keras.Model(model.inputs, model.get_layer(layer).output)`.
///
/// # Errors
/// When there is no such layer, the model cannot take the picture, or the layer does not make maps
/// of shape (height, width, channels).
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Conv2D::new(8, (3, 3)).name("first").input_shape((32, 32, 3)))?;
/// let picture = Tensor::random_uniform((32, 32, 3), 0.0, 1.0);
/// let figure = plot::feature_maps(&model, "first", &picture)?;
/// assert_eq!(figure.to_string(), "<8 feature maps of first, 30x30>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn feature_maps(model: &Model, layer: &str, picture: &Tensor) -> Result<Figure> {
    draw(model, layer, picture).map_err(|error| error.at("feature_maps"))
}

fn draw(model: &Model, layer: &str, picture: &Tensor) -> Result<Figure> {
    // A batch of one is taken as well.
    let batch = match picture.ndim() {
        4 => picture.slice(0..1)?,
        _ => picture.reshape(picture.shape().with_batch(1))?,
    };
    let outputs = model.outputs_of(&[layer], (&batch).into())?;
    let (_, maps) = &outputs[0];
    let [_, height, width, channels] = *maps.shape().dims() else {
        let given = format!("`{layer}`, whose outputs have shape {}", maps.shape());
        let expected = "a layer whose outputs have shape (batch, height, width, channels)";
        return Err(Error::argument("layer", expected, given)
            .remedy("take a convolution or pooling before `Flatten`"));
    };
    let values = maps.to_vec::<f32>();
    let at = |row: usize, column: usize, channel: usize| {
        f64::from(values[(row * width + column) * channels + channel])
    };
    let tiles = (0..channels.min(MOST)).map(|channel| {
        let all = (0..height * width).map(|i| at(i / width, i % width, channel));
        let highest = all
            .clone()
            .filter(|value| value.is_finite())
            .fold(f64::NAN, f64::max);
        let (low, high) = match all.clone().all(|value| value == highest) {
            true => (highest, highest + 1.0),
            false => range(all),
        };
        let value = |row, column| at(row, column, channel);
        Tile {
            pixels: colored((height, width), value, (Colormap::Viridis, low, high)),
            caption: match highest.is_nan() {
                true => "nan".to_string(),
                false => format!("{highest:.2}"),
            },
        }
    });
    let tiles: Vec<Tile> = tiles.collect();
    let noun = if channels == 1 { "map" } else { "maps" };
    let title = format!("{channels} feature {noun} of {layer}, {height}x{width}");
    let sheet = Sheet {
        title: title.clone(),
        left_out: channels - tiles.len(),
        tiles: &tiles,
        colors: None,
    };
    sheet.draw(&title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Conv2D, Flatten, Layer, MaxPooling2D};
    use crate::models::Sequential;
    use crate::plot::check::checked;

    fn model(filters: usize) -> Sequential {
        let mut model = Sequential::new();
        let conv = Conv2D::new(filters, (3, 3)).activation("relu").name("conv");
        model.add(conv.input_shape((18, 22, 1))).expect("a layer");
        model
            .add(MaxPooling2D::new((2, 2)).name("pool"))
            .expect("a layer");
        model.add(Flatten::new().name("flat")).expect("a layer");
        model
    }

    #[test]
    fn every_channel_has_a_map() -> Result<()> {
        let picture = Tensor::random_uniform((18, 22, 1), 0.0, 1.0);
        for filters in [1, 8, 70] {
            for layer in ["conv", "pool"] {
                let figure = feature_maps(&model(filters), layer, &picture)?;
                let svg = checked(&figure);
                assert_eq!(svg.matches("<image").count(), filters.min(64));
            }
        }
        // A batch of pictures, and numbers that are none.
        let batch = Tensor::full((2, 18, 22, 1), f32::NAN);
        checked(&feature_maps(&model(4), "conv", &batch)?);
        Ok(())
    }

    #[test]
    fn layers_without_maps_are_an_error() {
        let picture = Tensor::zeros((18, 22, 1));
        for layer in ["flat", "none"] {
            let error = feature_maps(&model(2), layer, &picture).expect_err("no maps");
            assert!(error.to_string().starts_with("feature_maps: "), "{error}");
        }
        assert!(feature_maps(&model(2), "conv", &Tensor::zeros((5, 5))).is_err());
    }
}
