//! How the numbers in a model are spread.

use super::Figure;
use super::axes::{Axis, Panel, range};
use super::scene::{Point, Scene, Text};
use super::text::shorten;
use super::theme::{BLUE, Color, RIGHT};
use super::ticks::every;
use crate::models::{Arrays, Model};
use crate::{Error, Result, Tensor};

/// Histograms of all weights of a model: one for each kernel, bias and so on.
///
/// Of more than 24, so many are drawn that lie evenly in the model. Numbers that are not finite are
/// counted beside.
///
/// Keras: what TensorBoard shows with `histogram_freq=1`.
///
/// # Errors
/// When the model has no weights yet.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Dense::new(8).input_shape(4))?;
/// let figure = plot::weight_histograms(&model)?;
/// assert_eq!(figure.to_string(), "<histograms of 2 weights>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn weight_histograms(model: &Model) -> Result<Figure> {
    let weights = model.weights_of_layers();
    if weights.is_empty() {
        let error = Error::state("the model has no weights yet");
        let error = error.remedy("give the first layer an `input_shape`, or call `build`");
        return Err(error.at("weight_histograms"));
    }
    let all = weights.iter().map(|(layer, weight)| {
        let name = format!("{layer} / {}", weight.name);
        (name, weight.value.clone())
    });
    let figure = draw(&all.collect::<Vec<_>>(), "weight", BLUE);
    Ok(figure)
}

/// Histograms of what the layers of a model make of some samples: one for each layer.
///
/// `x` are samples as for `predict`; a hundred are plenty. Under each name stands how many numbers
/// are 0: neurons that are always silent show there.
///
/// # Errors
/// When the model is not built yet or cannot take such samples.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Dense::new(8).activation("relu").input_shape(4))?;
/// model.add(Dense::new(1))?;
/// let x = Tensor::random_normal((100, 4), 0.0, 1.0);
/// let figure = plot::activation_histograms(&model, &x)?;
/// assert_eq!(figure.to_string(), "<histograms of 2 activations>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn activation_histograms(model: &Model, x: impl Into<Arrays>) -> Result<Figure> {
    let names = model.layer_names();
    let names: Vec<&str> = chosen(&names).into_iter().map(String::as_str).collect();
    let outputs = model.outputs_of(&names, x.into());
    let outputs = outputs.map_err(|error| error.at("activation_histograms"))?;
    Ok(draw(&outputs, "activation", RIGHT))
}

/// More histograms than this are not looked at.
const MOST: usize = 24;
const COLUMNS: usize = 3;
const PANEL: Point = (250.0, 196.0);
const BINS: usize = 40;

/// All of them, or so many that lie evenly.
fn chosen<T>(all: &[T]) -> Vec<&T> {
    all.iter().step_by(every(all.len(), MOST)).collect()
}

fn draw(tensors: &[(String, Tensor)], what: &str, color: Color) -> Figure {
    let shown = chosen(tensors);
    let columns = shown.len().clamp(1, COLUMNS);
    let rows = shown.len().div_ceil(columns);
    let left_out = tensors.len() - shown.len();
    let foot = if left_out > 0 { 24.0 } else { 0.0 };
    let width = PANEL.0 * columns as f64;
    let mut scene = Scene::new(width, PANEL.1 * rows as f64 + foot);
    for (i, (name, tensor)) in shown.iter().enumerate() {
        let corner = (
            (i % columns) as f64 * PANEL.0,
            (i / columns) as f64 * PANEL.1,
        );
        Histogram::of(&tensor.to_vec::<f32>()).draw(&mut scene, corner, name, what, color);
    }
    if left_out > 0 {
        let words = format!("{left_out} more are not shown");
        scene.text(Text::new(words, width / 2.0, scene.height - 12.0).middle());
    }
    let noun = match tensors.len() {
        1 => what.to_string(),
        _ => format!("{what}s"),
    };
    let description = format!("histograms of {} {noun}", tensors.len());
    Figure::from_scene(scene, &description)
}

/// How many numbers lie in each of some stretches.
struct Histogram {
    low: f64,
    high: f64,
    counts: Vec<usize>,
    mean: f64,
    deviation: f64,
    /// The share of zeros, and the number of those that are not finite.
    zeros: f64,
    not_finite: usize,
}

impl Histogram {
    fn of(values: &[f32]) -> Histogram {
        let finite = || {
            let finite = values.iter().filter(|value| value.is_finite());
            finite.map(|value| f64::from(*value))
        };
        let count = finite().count();
        let (low, high) = range(finite());
        // Few numbers need wide bars.
        let bins = BINS.min((2.0 * (count as f64).sqrt()) as usize).max(5);
        let mut counts = vec![0; bins];
        for value in finite() {
            let place = (value - low) / (high - low) * bins as f64;
            counts[(place as usize).min(bins - 1)] += 1;
        }
        let mean = finite().sum::<f64>() / count.max(1) as f64;
        let squares: f64 = finite().map(|value| (value - mean).powi(2)).sum();
        Histogram {
            low,
            high,
            counts,
            mean,
            deviation: (squares / count.max(1) as f64).sqrt(),
            zeros: finite().filter(|value| *value == 0.0).count() as f64 / count.max(1) as f64,
            not_finite: values.len() - count,
        }
    }

    fn words(&self) -> String {
        let number = |value: f64| match value.abs() {
            size if size == 0.0 || (0.001..1000.0).contains(&size) => format!("{value:.3}"),
            _ => format!("{value:.1e}"),
        };
        let mut words = format!("mean {}, std {}", number(self.mean), number(self.deviation));
        if self.zeros >= 0.005 {
            words += &format!(", {:.0} % are 0", 100.0 * self.zeros);
        }
        if self.not_finite > 0 {
            words = format!("{} not finite! {words}", self.not_finite);
        }
        words
    }

    fn draw(&self, scene: &mut Scene, corner: Point, name: &str, what: &str, color: Color) {
        let highest = self.counts.iter().copied().max().unwrap_or(0).max(1) as f64;
        let x = Axis::new(what, self.low, self.high);
        let y = Axis::new("count", 0.0, highest * 1.05).whole();
        // The line below the name has a place of its own.
        let name = Text::new(name, corner.0 + 8.0, corner.1 + 14.0)
            .size(13.0)
            .bold();
        scene.text(name.within(PANEL.0 - 16.0));
        let words = shorten(&self.words(), 10.5, PANEL.0 - 16.0);
        scene.text(Text::new(words, corner.0 + 8.0, corner.1 + 31.0).size(10.5));
        let (left, top) = (corner.0, corner.1 + 34.0);
        let size = (PANEL.0, PANEL.1 - 34.0);
        let plot = Panel::new((left, top), size, x, y).draw(scene);
        let step = (self.high - self.low) / self.counts.len() as f64;
        let mut outline = vec![plot.at((self.low, 0.0))];
        for (i, &count) in self.counts.iter().enumerate() {
            let (start, end) = (i as f64 * step, (i + 1) as f64 * step);
            outline.push(plot.at((self.low + start, count as f64)));
            outline.push(plot.at((self.low + end, count as f64)));
        }
        outline.push(plot.at((self.high, 0.0)));
        scene.polygon(outline.clone(), color.faint(0.45));
        scene.line(outline, super::scene::Pen::new(color, 1.2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Dense, Layer};
    use crate::models::Sequential;
    use crate::plot::check::{checked, curves, texts};

    fn model(layers: usize) -> Sequential {
        let mut model = Sequential::new();
        model
            .add(Dense::new(5).activation("relu").input_shape(4))
            .expect("a layer");
        for _ in 1..layers {
            model.add(Dense::new(5)).expect("a layer");
        }
        model
    }

    #[test]
    fn every_number_is_counted_once() {
        let values: Vec<f32> = (0..1000).map(|i| i as f32).collect();
        let histogram = Histogram::of(&values);
        assert_eq!(histogram.counts, [25; 40]);
        assert_eq!((histogram.mean, histogram.zeros), (499.5, 0.001));
        // numpy: `np.arange(1000).std()`
        assert!((histogram.deviation - 288.674_990_257_209_5).abs() < 1e-9);
        let broken = Histogram::of(&[f32::NAN, 1.0, f32::INFINITY]);
        assert_eq!(
            (broken.not_finite, broken.counts.iter().sum::<usize>()),
            (2, 1)
        );
    }

    #[test]
    fn weights_and_activations_have_a_histogram_each() -> Result<()> {
        let figure = weight_histograms(&model(2))?;
        checked(&figure);
        assert_eq!(curves(&figure, BLUE).len(), 4);
        assert!(texts(&figure).iter().any(|text| text.ends_with("/ kernel")));
        let x = Tensor::random_normal((50, 4), 0.0, 1.0);
        let figure = activation_histograms(&model(3), &x)?;
        checked(&figure);
        assert_eq!(curves(&figure, RIGHT).len(), 3);
        assert!(texts(&figure).iter().any(|text| text.ends_with("are 0")));
        Ok(())
    }

    #[test]
    fn strange_numbers_and_many_layers_are_drawn() -> Result<()> {
        let figure = weight_histograms(&model(40))?;
        assert!(checked(&figure).len() < 60_000);
        assert!(texts(&figure).iter().any(|text| text.contains("not shown")));
        for value in [f32::NAN, 0.0, f32::MAX, 1e-40, f32::NEG_INFINITY] {
            let tensors = vec![("w".to_string(), Tensor::full(7, value))];
            checked(&draw(&tensors, "weight", BLUE));
        }
        checked(&draw(
            &[("none".to_string(), Tensor::zeros(0))],
            "weight",
            BLUE,
        ));
        assert!(weight_histograms(&Sequential::new()).is_err());
        assert!(activation_histograms(&model(1), Tensor::zeros((2, 9))).is_err());
        Ok(())
    }
}
