//! What the filters of a convolution look for.

use image::{Rgba, RgbaImage};

use super::Figure;
use super::axes::range;
use super::colormap::Colormap;
use super::tiles::{MOST, Sheet, Tile, colored};
use crate::models::Model;
use crate::{Error, Result, Tensor};

/// The filters of the convolution called `layer`, each as a picture of its weights.
///
/// Filters for pictures in color are shown in color, each from its lowest to its highest weight.
/// Others are shown from blue (negative) over white to red (positive), all on the same scale; of
/// several input channels as their mean. Those of a one-dimensional convolution have a row for each
/// step and a column for each channel. Of more than 64 filters, the first are shown.
///
/// Keras: what its tutorials draw of `model.get_layer(layer).get_weights()[0]`.
///
/// # Errors
/// When there is no such layer, or it is no convolution over one or two axes.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Conv2D::new(8, (3, 3)).name("first").input_shape((32, 32, 3)))?;
/// let figure = plot::filters(&model, "first")?;
/// assert_eq!(figure.to_string(), "<8 filters of first, 3x3x3>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn filters(model: &Model, layer: &str) -> Result<Figure> {
    draw(model, layer).map_err(|error| error.at("filters"))
}

/// Weights as (rows, columns, channels, filters).
struct Kernel {
    weights: Vec<f32>,
    sizes: [usize; 4],
}

impl Kernel {
    fn of(kernel: &Tensor) -> Option<Kernel> {
        let sizes = match *kernel.shape().dims() {
            [rows, columns, channels, filters] => [rows, columns, channels, filters],
            // The channels of a sequence lie side by side.
            [steps, channels, filters] => [steps, channels, 1, filters],
            _ => return None,
        };
        let weights = kernel.to_vec::<f32>();
        (!weights.is_empty()).then_some(Kernel { weights, sizes })
    }

    fn at(&self, row: usize, column: usize, channel: usize, filter: usize) -> f64 {
        let [_, columns, channels, filters] = self.sizes;
        let place = ((row * columns + column) * channels + channel) * filters + filter;
        f64::from(self.weights[place])
    }

    fn mean(&self, row: usize, column: usize, filter: usize) -> f64 {
        let channels = self.sizes[2];
        let all = (0..channels).map(|channel| self.at(row, column, channel, filter));
        all.sum::<f64>() / channels as f64
    }

    /// A filter over red, green and blue as a picture.
    fn in_color(&self, filter: usize) -> RgbaImage {
        let [rows, columns, ..] = self.sizes;
        let places = (0..rows * columns * 3).map(|i| (i / 3 / columns, i / 3 % columns, i % 3));
        let all = places.map(|(row, column, channel)| self.at(row, column, channel, filter));
        let (low, high) = range(all);
        RgbaImage::from_fn(columns as u32, rows as u32, |x, y| {
            let byte = |channel| {
                let weight = self.at(y as usize, x as usize, channel, filter);
                ((weight - low) / (high - low) * 255.0).round() as u8
            };
            Rgba([byte(0), byte(1), byte(2), 255])
        })
    }
}

fn draw(model: &Model, layer: &str) -> Result<Figure> {
    let weights = model.layer_weights(layer)?;
    let kernel = weights.first().and_then(Kernel::of).ok_or_else(|| {
        let shape = weights.first().map(|weight| weight.shape().to_string());
        let shape = shape.unwrap_or("no weights".to_string());
        let expected = "a convolution, whose kernel has 3 or 4 axes";
        Error::argument("layer", expected, format!("`{layer}` with {shape}"))
    })?;
    let [rows, columns, channels, filters] = kernel.sizes;
    let shown = 0..filters.min(MOST);
    let (pixels, colors, words): (Vec<RgbaImage>, _, _) = if channels == 3 {
        let pixels = shown.map(|filter| kernel.in_color(filter)).collect();
        (pixels, None, "")
    } else {
        let places = (0..rows * columns * filters)
            .map(|i| (i / filters / columns, i / filters % columns, i % filters));
        let all = places.map(|(row, column, filter)| kernel.mean(row, column, filter));
        let (low, high) = range(all);
        let end = low.abs().max(high.abs());
        let colors = (Colormap::BlueWhiteRed, -end, end);
        let picture = |filter| {
            let value = |row, column| kernel.mean(row, column, filter);
            colored((rows, columns), value, colors)
        };
        let words = if channels > 1 {
            ", mean of the channels"
        } else {
            ""
        };
        (shown.map(picture).collect(), Some(colors), words)
    };
    let tiles: Vec<Tile> = pixels
        .into_iter()
        .enumerate()
        .map(|(i, pixels)| Tile {
            pixels,
            caption: i.to_string(),
        })
        .collect();
    let shape = weights[0].shape();
    let sizes: Vec<String> = shape[..shape.rank() - 1]
        .iter()
        .map(usize::to_string)
        .collect();
    let noun = if filters == 1 { "filter" } else { "filters" };
    let title = format!("{filters} {noun} of {layer}, {}{words}", sizes.join("x"));
    let sheet = Sheet {
        title: title.clone(),
        left_out: filters - tiles.len(),
        tiles: &tiles,
        colors,
    };
    sheet.draw(&title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Conv1D, Conv2D, Dense, Layer};
    use crate::models::Sequential;
    use crate::plot::check::{checked, texts};

    #[test]
    fn every_filter_is_a_picture() -> Result<()> {
        for (channels, filters, bar) in [(3, 8, 0), (1, 100, 1), (16, 1, 1)] {
            let mut model = Sequential::new();
            let conv = Conv2D::new(filters, (5, 3)).name("first");
            model.add(conv.input_shape((9, 9, channels)))?;
            let figure = super::filters(&model, "first")?;
            let svg = checked(&figure);
            assert_eq!(svg.matches("<image").count(), filters.min(64) + bar);
            assert!(svg.len() < 60_000, "{}", svg.len());
            assert_eq!(
                texts(&figure).iter().any(|text| text.contains("mean of")),
                channels > 3
            );
        }
        let mut model = Sequential::new();
        model.add(Conv1D::new(4, 5).name("first").input_shape((20, 7)))?;
        checked(&super::filters(&model, "first")?);
        Ok(())
    }

    #[test]
    fn a_filter_in_color_has_the_colors_of_its_weights() -> Result<()> {
        let weights = Tensor::from_vec(vec![0.0, 1.0, -1.0, 0.5, 0.0, 0.0], (1, 2, 3, 1))?;
        let kernel = Kernel::of(&weights).expect("four axes");
        let pixels = kernel.in_color(0);
        assert_eq!(pixels.get_pixel(0, 0).0, [128, 255, 0, 255]);
        assert_eq!(pixels.get_pixel(1, 0).0, [191, 128, 128, 255]);
        Ok(())
    }

    #[test]
    fn what_is_no_convolution_is_an_error() -> Result<()> {
        let mut model = Sequential::new();
        model.add(Dense::new(2).name("dense").input_shape(3))?;
        for layer in ["dense", "conv"] {
            let error = super::filters(&model, layer).expect_err("no filters");
            assert!(error.to_string().starts_with("filters: "), "{error}");
        }
        Ok(())
    }
}
