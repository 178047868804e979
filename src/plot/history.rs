//! The curves of training runs: which ones, and what they are called.

use super::Figure;
use super::axes::{Axis, Panel, TITLE};
use super::legend::{Entry, Rows};
use super::scene::{Pen, Point, Scene, Text};
use super::theme::{BLUE, Color, ORANGE, series};
use crate::models::History;

/// The size of a panel.
const PANEL: Point = (370.0, 270.0);
/// Up to so many epochs get a dot each.
const DOTS: usize = 40;

/// Loss and accuracy over the epochs, training beside validation.
///
/// Without an accuracy the first other metric takes its place; epochs count from 1. Values that
/// are not finite leave a gap.
///
/// Keras: what its tutorials draw from `history.history` with Matplotlib.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let nothing_yet = History::default();
/// assert_eq!(plot::history(&nothing_yet).to_string(), "<chart: no epochs yet>");
/// ```
pub fn history(history: &History) -> Figure {
    let pens = [Pen::new(BLUE, 2.0), Pen::new(ORANGE, 2.0).dashed()];
    let run = Run { history, pens };
    let legend = ["training", "validation"]
        .into_iter()
        .zip(pens)
        .map(|(name, pen)| Entry::line(name, pen));
    draw(&[run], legend.collect(), "")
}

/// Loss and accuracy of several training runs over the epochs: a color for each run, full lines
/// for training and dashed ones for validation.
///
/// Keras: what its tutorials draw from several `history.history` with Matplotlib.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let (adam, sgd) = (History::default(), History::default());
/// let figure = plot::histories(&[("adam", &adam), ("sgd", &sgd)]);
/// assert_eq!(figure.to_string(), "<chart: no epochs yet of 2 runs>");
/// ```
pub fn histories<S: AsRef<str>>(runs: &[(S, &History)]) -> Figure {
    let pen = |number: usize| {
        let pen = Pen::new(series(number), 2.0);
        [pen, pen.dashed()]
    };
    let mut legend: Vec<Entry> = runs
        .iter()
        .enumerate()
        .map(|(i, (name, _))| Entry::line(name.as_ref(), pen(i)[0]))
        .collect();
    let validates = |(_, history): &(S, &History)| {
        let metrics = history.metrics();
        metrics.iter().any(|metric| metric.starts_with("val_"))
    };
    if runs.iter().any(validates) {
        let gray = Pen::new(Color::Ink, 2.0);
        legend.push(Entry::line("training", gray));
        legend.push(Entry::line("validation", gray.dashed()));
    }
    let drawn = runs.iter().enumerate().map(|(i, (_, history))| Run {
        history,
        pens: pen(i),
    });
    let of = match runs.len() {
        1 => " of 1 run".to_string(),
        count => format!(" of {count} runs"),
    };
    draw(&drawn.collect::<Vec<_>>(), legend, &of)
}

/// A run, and how its training and its validation are drawn.
struct Run<'a> {
    history: &'a History,
    pens: [Pen; 2],
}

impl Run<'_> {
    /// Training and validation of a metric, where the run has them.
    fn curves(&self, metric: &str) -> Vec<(Pen, Vec<Point>)> {
        let epochs = self.history.epoch.iter().map(|epoch| *epoch as f64 + 1.0);
        let keys = [metric.to_string(), format!("val_{metric}")];
        let curves = keys.iter().zip(self.pens).filter_map(|(key, pen)| {
            let values = self.history.get(key)?.iter().copied();
            Some((pen, epochs.clone().zip(values).collect()))
        });
        curves.collect()
    }
}

fn draw(runs: &[Run<'_>], legend: Vec<Entry>, of: &str) -> Figure {
    let mut metrics: Vec<&str> = Vec::new();
    for metric in runs.iter().flat_map(|run| shown_metrics(run.history)) {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    // Runs may be measured by different metrics; four panels can still be read.
    metrics.truncate(4);
    let epochs = runs.iter().map(|run| run.history.epoch.len()).max();
    let epochs = epochs.unwrap_or(0);
    let description = match (metrics.as_slice(), epochs) {
        ([], _) | (_, 0) => format!("chart: no epochs yet{of}"),
        (metrics, 1) => format!("chart: {} of 1 epoch{of}", metrics.join(" and ")),
        (metrics, count) => format!("chart: {} over {count} epochs{of}", metrics.join(" and ")),
    };
    let columns = metrics.len().clamp(1, 2);
    let width = PANEL.0 * columns as f64;
    let rows = metrics.len().div_ceil(columns).max(1);
    let legend = Rows::new(&legend, width - 24.0, 4);
    let top = legend.height() + 8.0;
    let mut scene = Scene::new(width, top + PANEL.1 * rows as f64);
    if metrics.is_empty() || epochs == 0 {
        let words = Text::new("no epochs yet", width / 2.0, scene.height / 2.0);
        scene.text(words.size(TITLE).middle());
        return Figure::from_scene(scene, &description);
    }
    legend.draw(&mut scene, 8.0, 6.0);
    for (i, metric) in metrics.iter().enumerate() {
        let (column, row) = ((i % columns) as f64, (i / columns) as f64);
        let corner = (column * PANEL.0, top + row * PANEL.1);
        let curves = runs.iter().flat_map(|run| run.curves(metric)).collect();
        draw_metric(&mut scene, corner, metric, curves);
    }
    Figure::from_scene(scene, &description)
}

fn draw_metric(scene: &mut Scene, corner: Point, metric: &str, curves: Vec<(Pen, Vec<Point>)>) {
    let points = || curves.iter().flat_map(|(_, points)| points);
    let epochs = Axis::of("epoch", points().map(|point| point.0), 0.0).whole();
    let values = points().map(|point| point.1);
    let plot = Panel::new(corner, PANEL, epochs, value_axis(metric, values))
        .title(metric)
        .draw(scene)
        .for_curves(2 * curves.len());
    for (pen, points) in &curves {
        plot.curve(scene, points, *pen);
        if points.len() <= DOTS {
            plot.dots(scene, points, 2.8, pen.paint.color);
        }
    }
}

/// The range of the values, and a little more; what cannot be negative stays from 0 on, and shares
/// stay within 0 and 1.
fn value_axis(metric: &str, values: impl Iterator<Item = f64> + Clone) -> Axis {
    let (low, high) = super::axes::range(values.clone());
    let axis = Axis::of("", values, 0.06);
    let bottom = if low >= 0.0 {
        axis.low.max(0.0)
    } else {
        axis.low
    };
    let is_share = low >= 0.0 && high <= 1.0 && metric.contains("acc");
    let top = if is_share {
        axis.high.min(1.0)
    } else {
        axis.high
    };
    Axis::new("", bottom, top)
}

/// The loss, and the accuracy or else the first other metric of the training.
fn shown_metrics(history: &History) -> Vec<&str> {
    let training: Vec<&str> = history
        .metrics()
        .into_iter()
        .filter(|metric| !metric.starts_with("val_"))
        .collect();
    let loss = training.iter().copied().find(|metric| *metric == "loss");
    let mut others = training
        .iter()
        .copied()
        .filter(|m| *m != "loss" && *m != "learning_rate");
    let other = others
        .clone()
        .find(|metric| metric.contains("accuracy") || *metric == "acc")
        .or_else(|| others.next());
    loss.into_iter().chain(other).collect()
}

impl History {
    /// The curves of the run, as [`plot::history`](crate::plot::history) draws them.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let figure = History::default().plot();
    /// assert!(figure.svg().is_some());
    /// ```
    pub fn plot(&self) -> Figure {
        history(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::check::{checked, curves, texts};

    fn run(epochs: usize) -> History {
        let mut history = History::default();
        for epoch in 0..epochs {
            let x = epoch as f64;
            let values = [
                ("accuracy", 1.0 - 1.0 / (x + 2.0)),
                ("loss", 2.0 / (x + 1.0)),
                ("val_accuracy", 0.9 - 1.0 / (x + 2.0)),
                ("val_loss", 2.2 / (x + 1.0)),
            ];
            let values = values.map(|(name, value)| (name.to_string(), value));
            history.push(epoch, 1.5, &values);
        }
        history
    }

    #[test]
    fn a_run_has_two_panels_with_two_curves() {
        let figure = run(10).plot();
        let svg = checked(&figure);
        assert_eq!(
            figure.to_string(),
            "<chart: loss and accuracy over 10 epochs>"
        );
        assert_eq!(
            svg.matches("stroke-dasharray").count(),
            3,
            "two curves, one legend"
        );
        assert_eq!(curves(&figure, BLUE).len(), 3);
        for word in ["loss", "accuracy", "epoch", "training", "validation", "10"] {
            assert!(texts(&figure).iter().any(|text| text == word), "{word}");
        }
        assert!(svg.contains("currentColor") && !svg.contains(" id="));
        assert!(svg.len() < 10_000, "{}", svg.len());
    }

    #[test]
    fn several_runs_have_a_color_each() {
        let (a, b) = (run(10), run(20));
        let figure = histories(&[("adam", &a), ("sgd", &b)]);
        checked(&figure);
        for number in 0..2 {
            // Two metrics in training and validation, and the legend.
            assert_eq!(curves(&figure, series(number)).len(), 5);
        }
        assert!(texts(&figure).contains(&"adam".to_string()));
        let many: Vec<(String, &History)> = (0..100).map(|i| (format!("run {i}"), &a)).collect();
        let figure = histories(&many);
        checked(&figure);
        assert!(texts(&figure).iter().any(|text| text.ends_with("more")));
        checked(&histories::<&str>(&[]));
    }

    #[test]
    fn long_short_and_broken_runs_are_drawn() {
        assert!(checked(&run(5000).plot()).len() < 30_000);
        checked(&run(1).plot());
        assert_eq!(
            run(1).plot().to_string(),
            "<chart: loss and accuracy of 1 epoch>"
        );
        let mut history = run(3);
        let broken = [("accuracy", f64::NAN), ("loss", f64::INFINITY)];
        history.push(
            3,
            1.0,
            &broken.map(|(name, value)| (name.to_string(), value)),
        );
        checked(&history.plot());
        for value in [f64::NAN, 0.0, f64::MAX, f64::MIN_POSITIVE, -1e-200] {
            let mut history = History::default();
            history.push(0, 1.0, &[("loss".to_string(), value)]);
            history.push(1, 1.0, &[("loss".to_string(), value)]);
            checked(&history.plot());
        }
    }

    #[test]
    fn without_an_accuracy_the_first_metric_is_shown() {
        let mut history = History::default();
        let values = [("loss", 1.0), ("mae", 0.5), ("mse", 0.3), ("val_loss", 1.0)];
        history.push(
            0,
            1.0,
            &values.map(|(name, value)| (name.to_string(), value)),
        );
        assert_eq!(shown_metrics(&history), ["loss", "mae"]);
    }
}
