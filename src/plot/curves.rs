//! The curves of a training run: which ones, and what they are called.

use super::Figure;
use super::panel::{self, Curve, Panel, Pen};
use crate::models::History;

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
    let epochs: Vec<i32> = history
        .epoch
        .iter()
        .map(|epoch| *epoch as i32 + 1)
        .collect();
    let panels: Vec<Panel> = shown_metrics(history)
        .into_iter()
        .map(|metric| Panel {
            title: metric.to_string(),
            curves: [
                ("training", Pen::Training, metric.to_string()),
                ("validation", Pen::Validation, format!("val_{metric}")),
            ]
            .into_iter()
            .filter_map(|(name, pen, key)| {
                let values = history.get(&key)?;
                let points = epochs.iter().copied().zip(values.iter().copied());
                Some(Curve {
                    name,
                    pen,
                    points: points.collect(),
                })
            })
            .collect(),
        })
        .collect();
    let titles: Vec<&str> = panels.iter().map(|panel| panel.title.as_str()).collect();
    let description = match (titles.as_slice(), epochs.len()) {
        ([], _) | (_, 0) => "<chart: no epochs yet>".to_string(),
        (titles, 1) => format!("<chart: {} of 1 epoch>", titles.join(" and ")),
        (titles, count) => format!("<chart: {} over {count} epochs>", titles.join(" and ")),
    };
    panel::draw(&panels, &description)
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
        let svg = figure.svg().unwrap_or_default();
        assert_eq!(
            figure.to_string(),
            "<chart: loss and accuracy over 10 epochs>"
        );
        assert_eq!(
            svg.matches("stroke-dasharray").count(),
            4,
            "two curves, two legends"
        );
        for word in [
            ">\nloss\n<",
            ">\naccuracy\n<",
            ">\nepoch\n<",
            ">\nvalidation\n<",
        ] {
            assert!(svg.contains(word), "{word:?} in {svg}");
        }
        assert!(svg.contains("currentColor"));
        assert!(!svg.contains("#010203") && !svg.contains(" id="));
        assert!(svg.len() < 20_000, "{}", svg.len());
    }

    #[test]
    fn long_short_and_broken_runs_are_drawn() {
        assert!(run(5000).plot().svg().is_some_and(|svg| svg.len() < 20_000));
        assert!(
            run(1)
                .plot()
                .svg()
                .is_some_and(|svg| svg.contains("<circle"))
        );
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
        assert!(history.plot().svg().is_some_and(|svg| !svg.contains("NaN")));
        let mut history = History::default();
        history.push(0, 1.0, &[("loss".to_string(), f64::NAN)]);
        assert!(history.plot().svg().is_some());
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
