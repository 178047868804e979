//! The table of epochs, as `fit` grows it and as a `History` shows it.

use super::html::{GREEN, RED, Table};
use super::numbers::{duration, metric};
use super::rows::{self, MORE};
use crate::callbacks::direction;

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
            cells.extend((0..values.len()).map(|column| self.cell(row, column, is_best)));
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

    /// A value behind an arrow that says how it has changed since the epoch before: green when that
    /// is better, red when it is worse. The best row is tinted, so its arrows have the color of text.
    fn cell(&self, row: usize, column: usize, is_best: bool) -> String {
        let values = |row: usize| self.rows.get(row).map(|(.., values)| values);
        let value = |row: usize| values(row)?.get(column).filter(|v| v.is_finite()).copied();
        let text = metric(values(row).map_or(f64::NAN, |values| values[column]));
        let before = row.checked_sub(1).and_then(value);
        let (Some(before), Some(now)) = (before, value(row)) else {
            return text;
        };
        let Some(better) = direction(self.metrics[column]) else {
            return text;
        };
        if metric(before) == text {
            return text;
        }
        let arrow = if now > before { "▲" } else { "▼" };
        let text = format!("<small>{arrow}</small> {text}");
        if is_best {
            return text;
        }
        let is_better = better.is_better(now, before);
        let color = if is_better { GREEN } else { RED };
        format!("<span style=\"color:{color}\">{text}</span>")
    }

    /// The epochs that the table leaves out, to be unfolded.
    pub(super) fn others(&self) -> String {
        let best = self.best().map(|(row, _)| row);
        let write = |rows: &[Option<usize>]| rows::aligned(&self.lines(rows));
        rows::others(self.rows.len(), best, "epochs", write)
    }

    /// The table as aligned text, in lines of at most `room` columns.
    pub(super) fn to_text(&self, room: usize) -> String {
        rows::fitted(&self.lines(&self.shown()), room)
    }

    fn lines(&self, rows: &[Option<usize>]) -> Vec<Vec<String>> {
        let mut head = vec!["Epoch".to_string(), "Time".to_string()];
        head.extend(self.metrics.iter().map(|name| name.to_string()));
        let best = self.best();
        let mut lines = vec![head];
        for row in rows {
            lines.push(match *row {
                None => vec![MORE.to_string(); lines[0].len()],
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
        lines
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
            epochs.to_text(80),
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
        assert!(epochs.to_text(80).lines().count() <= MOST_ROWS + 3);
        assert!(epochs.to_text(80).contains(" 501 "));
        assert!(epochs.to_text(80).contains("1000 "));
        assert!(epochs.to_html().len() < 40_000);
        let others = epochs.others();
        assert!(others.contains("<details><summary>970 more epochs</summary>"));
        assert!(others.len() < 50_000 && epochs.to_html().matches("<details>").count() == 0);
        let text = well_formed(&others);
        assert!(text.contains("\n    6  1.5 s"), "{text}");
        assert!(!text.contains("\n  501 "), "the best one is seen anyway");
    }

    #[test]
    fn changes_are_green_when_they_are_better() {
        let mut epochs = epochs(&[0.4, 0.6, 0.5, 0.5, f64::NAN, 0.5]);
        for (row, loss) in [0.5, 0.4, 0.45, 0.3, 0.2, 0.1].into_iter().enumerate() {
            epochs.rows[row].2[0] = loss;
        }
        let cells =
            |row: usize, is_best: bool| [0, 1].map(|column| epochs.cell(row, column, is_best));
        let changed = |color: &str, arrow: &str, value: &str| {
            format!("<span style=\"color:{color}\"><small>{arrow}</small> {value}</span>")
        };
        assert_eq!(cells(0, false), ["0.5000", "0.4000"], "nothing before");
        let better = [changed(GREEN, "▼", "0.4000"), changed(GREEN, "▲", "0.6000")];
        assert_eq!(cells(1, false), better);
        let in_ink = ["<small>▼</small> 0.4000", "<small>▲</small> 0.6000"];
        assert_eq!(cells(1, true), in_ink);
        let worse = [changed(RED, "▲", "0.4500"), changed(RED, "▼", "0.5000")];
        assert_eq!(cells(2, false), worse);
        assert_eq!(cells(3, false)[1], "0.5000", "the same");
        assert_eq!(cells(4, false)[1], "nan");
        assert_eq!(cells(5, false)[1], "0.5000", "not comparable");
        let html = epochs.to_html();
        assert_eq!(html.matches("<small>").count(), 7);
        assert!(
            well_formed(&html).contains("★ 21.5 s▼ 0.4000▲ 0.6000"),
            "{html}"
        );
        epochs.metrics[0] = "beauty";
        assert_eq!(
            epochs.cell(1, 0, false),
            "0.4000",
            "who knows what is better"
        );
    }

    #[test]
    fn lines_fit_a_terminal() {
        let names = [
            "accuracy",
            "loss",
            "top_k",
            "val_accuracy",
            "val_loss",
            "val_top_k",
        ];
        let epochs = Epochs {
            metrics: names.to_vec(),
            rows: (0..40).map(|i| (i, 83.0, vec![0.5; 6])).collect(),
        };
        for room in [60, 80, 120] {
            let text = epochs.to_text(room);
            assert!(text.lines().all(|line| line.len() <= room), "{text}");
            assert!(text.contains("val_top_k"), "{text}");
        }
        assert!(epochs.to_text(60).contains("  ...  "));
        assert!(epochs.to_text(120).contains("top_k  val_accuracy"));
    }
}
