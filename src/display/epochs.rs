//! The table of epochs, as `fit` grows it and as a `History` shows it.

use super::html::Table;
use super::numbers::{duration, metric};
use super::rows;

/// The epochs of a training run: number from 0, seconds, and the value of each metric.
pub(super) struct Epochs<'a> {
    pub(super) metrics: Vec<&'a str>,
    pub(super) rows: Vec<(usize, f64, Vec<f64>)>,
}

impl Epochs<'_> {
    /// The best epoch: its row, and the metric that says so. Only a validation can tell.
    pub(super) fn best(&self) -> Option<(usize, &str)> {
        if self.rows.len() < 2 {
            return None;
        }
        let by = |name: &str| self.metrics.iter().position(|metric| *metric == name);
        let (column, sign) = match by("val_accuracy") {
            Some(column) => (column, 1.0),
            None => (by("val_loss")?, -1.0),
        };
        let value = |row: usize| sign * self.rows[row].2.get(column).copied().unwrap_or(f64::NAN);
        let mut best = None;
        for row in 0..self.rows.len() {
            // The first of equal epochs is the best one: it took the least training.
            if !value(row).is_nan() && best.is_none_or(|best| value(row) > value(best)) {
                best = Some(row);
            }
        }
        best.map(|row| (row, self.metrics[column]))
    }

    /// The rows to show; `None` stands for rows that are left out.
    fn shown(&self) -> Vec<Option<usize>> {
        rows::shown(self.rows.len(), self.best().map(|(row, _)| row))
    }

    pub(super) fn to_html(&self) -> String {
        let mut head = vec!["Epoch".to_string(), "Time".to_string()];
        head.extend(self.metrics.iter().map(|name| super::escape(name)));
        let columns = head.len();
        let mut table = Table::new(&[], head);
        let best = self.best();
        for row in self.shown() {
            let Some(row) = row else {
                table.row(vec!["…".to_string(); columns], false);
                continue;
            };
            let (epoch, seconds, values) = &self.rows[row];
            let is_best = best.is_some_and(|(best, _)| best == row);
            let star = if is_best { "★ " } else { "" };
            let mut cells = vec![format!("{star}{}", epoch + 1), duration(*seconds)];
            cells.extend(values.iter().map(|value| metric(*value)));
            table.row(cells, is_best);
        }
        let legend = best.map_or(String::new(), |(_, metric)| {
            format!(
                "<div style=\"{}\">★ best {}</div>",
                super::html::FAINT,
                super::escape(metric)
            )
        });
        table.to_html() + &legend
    }

    /// The table as aligned text.
    pub(super) fn to_text(&self) -> String {
        let mut head = vec!["Epoch".to_string(), "Time".to_string()];
        head.extend(self.metrics.iter().map(|name| name.to_string()));
        let best = self.best();
        let mut lines = vec![head];
        for row in self.shown() {
            lines.push(match row {
                None => vec!["...".to_string(); lines[0].len()],
                Some(row) => {
                    let (epoch, seconds, values) = &self.rows[row];
                    let mut cells = vec![(epoch + 1).to_string(), duration(*seconds)];
                    cells.extend(values.iter().map(|value| metric(*value)));
                    if best.is_some_and(|(best, _)| best == row) {
                        cells.push("* best".to_string());
                    }
                    cells
                }
            });
        }
        rows::aligned(&lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::html::well_formed;
    use crate::display::rows::MOST_ROWS;

    fn epochs(val_accuracy: &[f64]) -> Epochs<'static> {
        let row = |(i, v): (usize, &f64)| (i, 1.5, vec![0.5, *v]);
        Epochs {
            metrics: vec!["loss", "val_accuracy"],
            rows: val_accuracy.iter().enumerate().map(row).collect(),
        }
    }

    #[test]
    fn the_best_epoch_is_marked() {
        let epochs = epochs(&[0.4, 0.6, f64::NAN, 0.6]);
        assert_eq!(epochs.best(), Some((1, "val_accuracy")));
        assert_eq!(
            epochs.to_text(),
            "Epoch   Time    loss  val_accuracy\n    \
             1  1.5 s  0.5000        0.4000\n    \
             2  1.5 s  0.5000        0.6000  * best\n    \
             3  1.5 s  0.5000           nan\n    \
             4  1.5 s  0.5000        0.6000\n"
        );
        let text = well_formed(&epochs.to_html());
        assert!(text.contains("★ 2") && text.ends_with("★ best val_accuracy"));
    }

    #[test]
    fn without_a_validation_no_epoch_is_the_best() {
        let mut epochs = epochs(&[0.4, 0.6]);
        epochs.metrics[1] = "accuracy";
        assert_eq!(epochs.best(), None);
    }

    #[test]
    fn many_epochs_stay_few_rows() {
        let values: Vec<f64> = (0..1000)
            .map(|i| if i == 500 { 1.0 } else { 0.1 })
            .collect();
        let epochs = epochs(&values);
        assert!(epochs.to_text().lines().count() <= MOST_ROWS + 3);
        assert!(epochs.to_text().contains(" 501 "));
        assert!(epochs.to_text().contains("1000 "));
        assert!(epochs.to_html().len() < 40_000);
    }
}
