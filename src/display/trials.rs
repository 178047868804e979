//! The table of a search's trials.

use super::html::{AMBER, FAINT, RED, Table, escape};
use super::numbers::{duration, metric};
use super::rows::{self, MORE};
use crate::tuner::{Objective, Trial, TrialStatus};

/// A trial as a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TrialRow {
    pub(crate) trial_id: usize,
    pub(crate) status: TrialStatus,
    /// Whether it is the one under way.
    pub(crate) is_running: bool,
    /// Names and values of its hyperparameters.
    pub(crate) values: Vec<(String, String)>,
    pub(crate) score: Option<f64>,
    pub(crate) epochs: usize,
    pub(crate) seconds: f64,
    pub(crate) message: Option<String>,
}

impl TrialRow {
    /// The trial as it is on the disk; it is not under way.
    pub(crate) fn of(trial: &Trial) -> TrialRow {
        let values = trial.hyperparameters.values().into_iter();
        TrialRow {
            trial_id: trial.trial_id,
            status: trial.status,
            is_running: false,
            values: values
                .map(|(name, value)| (name.to_string(), value.short()))
                .collect(),
            score: trial
                .score
                .filter(|_| trial.status == TrialStatus::Completed),
            epochs: trial.epochs,
            seconds: trial.seconds,
            message: trial.message.clone(),
        }
    }

    pub(crate) fn state(&self) -> &'static str {
        match self.status {
            TrialStatus::Running if !self.is_running => "interrupted",
            status => status.words(),
        }
    }

    /// The first line of why it failed.
    fn failure(&self) -> Option<&str> {
        let failed = matches!(self.status, TrialStatus::Invalid | TrialStatus::Failed);
        self.message.as_deref().filter(|_| failed)?.lines().next()
    }
}

/// The trials of a search.
pub(crate) struct Trials<'a> {
    pub(crate) objective: &'a Objective,
    pub(crate) rows: &'a [TrialRow],
}

/// A row and its cells; none for rows that are left out.
type Line<'a> = Option<(&'a TrialRow, Vec<String>)>;

/// More hyperparameters than these have no column.
const MOST_COLUMNS: usize = 12;
/// Of so many failed trials it is said why they failed: the last ones.
const MOST_FAILURES: usize = 5;
/// So much is said of each.
const MOST_LETTERS: usize = 300;

impl Trials<'_> {
    /// The best row; the first one of equals.
    pub(super) fn best(&self) -> Option<&TrialRow> {
        let scored = self.rows.iter().filter_map(|row| Some((row.score?, row)));
        let best = scored.reduce(
            |best, next| match self.objective.is_better(next.0, best.0) {
                true => next,
                false => best,
            },
        );
        best.map(|(_, row)| row)
    }

    /// The names of the hyperparameters that have a column, in the order in which they come up.
    fn columns(&self) -> Vec<&str> {
        let mut columns: Vec<&str> = Vec::new();
        for (name, _) in self.rows.iter().flat_map(|row| &row.values) {
            if columns.len() < MOST_COLUMNS && !columns.contains(&name.as_str()) {
                columns.push(name);
            }
        }
        columns
    }

    /// Which row is the best one.
    fn best_row(&self) -> Option<usize> {
        let best = self.best()?.trial_id;
        self.rows.iter().position(|row| row.trial_id == best)
    }

    /// Head and these rows; the hyperparameters come last, for there may be more than fit the page.
    fn cells(&self, rows: &[Option<usize>]) -> (Vec<String>, Vec<Line<'_>>) {
        let columns = self.columns();
        let trained = self.rows.iter().any(|row| row.epochs > 0);
        let mut head = vec!["Trial".to_string(), "Status".to_string()];
        head.push(self.objective.name().to_string());
        if trained {
            head.push("Epochs".to_string());
        }
        head.push("Time".to_string());
        head.extend(columns.iter().map(|name| name.to_string()));
        let rows = rows.iter().map(|row| {
            let row = &self.rows[(*row)?];
            let value = |column: &&str| {
                let found = row.values.iter().find(|(name, _)| name == column);
                found.map_or(String::new(), |(_, value)| value.clone())
            };
            let mut cells = vec![row.trial_id.to_string(), row.state().to_string()];
            cells.push(row.score.map_or(String::new(), metric));
            if trained {
                cells.push(match row.epochs {
                    0 => String::new(),
                    epochs => epochs.to_string(),
                });
            }
            cells.push(match row.seconds {
                0.0 => String::new(),
                seconds => duration(seconds),
            });
            cells.extend(columns.iter().map(value));
            Some((row, cells))
        });
        (head, rows.collect())
    }

    /// Why trials failed.
    fn failures(&self) -> Vec<(usize, String)> {
        let failed = self.rows.iter().filter_map(|row| {
            let message: String = row.failure()?.chars().take(MOST_LETTERS).collect();
            Some((row.trial_id, message))
        });
        let mut failed: Vec<_> = failed.collect();
        failed.drain(..failed.len().saturating_sub(MOST_FAILURES));
        failed
    }

    pub(crate) fn to_html(&self) -> String {
        let best = self.best().map(|best| best.trial_id);
        let (head, rows) = self.cells(&self.shown());
        let width = head.len();
        let head = head.iter().map(|cell| escape(cell)).collect();
        let mut table = Table::new(&[1], head);
        for row in rows {
            let Some((row, cells)) = row else {
                table.row(vec!["…".to_string(); width], false);
                continue;
            };
            let is_best = best == Some(row.trial_id);
            let mut cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
            if is_best {
                cells[0] = format!("★ {}", cells[0]);
            }
            let color = match row.status {
                TrialStatus::Failed => Some(RED),
                TrialStatus::Invalid => Some(AMBER),
                TrialStatus::Running if !row.is_running => Some(AMBER),
                _ => None,
            };
            if let Some(color) = color {
                cells[1] = format!("<span style=\"color:{color}\">{}</span>", cells[1]);
            }
            table.row(cells, is_best);
        }
        let mut html = table.to_html();
        if best.is_some() {
            let name = escape(self.objective.name());
            html += &format!("<div style=\"{FAINT}\">★ best {name}</div>");
        }
        for (trial_id, message) in self.failures() {
            html += &format!(
                "<div style=\"color:{RED}\">Trial {trial_id}: {}</div>",
                escape(&message)
            );
        }
        html
    }

    /// The rows to show; `None` stands for rows that are left out.
    fn shown(&self) -> Vec<Option<usize>> {
        rows::shown(self.rows.len(), self.best_row())
    }

    /// The trials that the table leaves out, to be unfolded.
    pub(crate) fn others(&self) -> String {
        let write = |rows: &[Option<usize>]| rows::aligned(&self.lines(rows));
        rows::others(self.rows.len(), self.best_row(), "trials", write)
    }

    /// The table as aligned text, in lines of at most `room` columns.
    pub(crate) fn to_text(&self, room: usize) -> String {
        let mut text = rows::fitted(&self.lines(&self.shown()), room);
        for (trial_id, message) in self.failures() {
            text += &format!("Trial {trial_id}: {message}\n");
        }
        text
    }

    fn lines(&self, rows: &[Option<usize>]) -> Vec<Vec<String>> {
        let best = self.best().map(|best| best.trial_id);
        let (head, rows) = self.cells(rows);
        let width = head.len();
        let mut lines = vec![head];
        for row in rows {
            lines.push(match row {
                None => vec![MORE.to_string(); width],
                Some((row, mut cells)) => {
                    if best == Some(row.trial_id) {
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
pub(super) mod tests {
    use super::*;
    use crate::display::html::well_formed;

    pub(in crate::display) fn row(trial_id: usize, units: &str, score: Option<f64>) -> TrialRow {
        TrialRow {
            trial_id,
            status: match score {
                Some(_) => TrialStatus::Completed,
                None => TrialStatus::Failed,
            },
            is_running: false,
            values: vec![("units".to_string(), units.to_string())],
            score,
            epochs: 5,
            seconds: 1.5,
            message: score
                .is_none()
                .then(|| "layer <b>: too wide\n  help".to_string()),
        }
    }

    pub(in crate::display) fn objective() -> Objective {
        "val_accuracy".parse().expect("known")
    }

    #[test]
    fn the_best_trial_is_marked_and_failures_are_explained() {
        let rows = [
            row(1, "32", Some(0.5)),
            row(2, "64", Some(0.75)),
            row(3, "<96>", None),
        ];
        let objective = objective();
        let trials = Trials {
            objective: &objective,
            rows: &rows,
        };
        assert_eq!(
            trials.to_text(80),
            "Trial     Status  val_accuracy  Epochs   Time  units\n    \
             1  completed        0.5000       5  1.5 s     32\n    \
             2  completed        0.7500       5  1.5 s     64  * best\n    \
             3     failed                     5  1.5 s   <96>\n\
             Trial 3: layer <b>: too wide\n"
        );
        let text = well_formed(&trials.to_html());
        assert!(text.contains("★ 2completed0.750051.5 s64"), "{text}");
        assert!(
            text.ends_with("Trial 3: layer &lt;b&gt;: too wide"),
            "{text}"
        );
    }

    #[test]
    fn many_trials_stay_few_rows() {
        let rows: Vec<TrialRow> = (1..=1000)
            .map(|i| row(i, "8", Some(if i == 500 { 1.0 } else { 0.5 })))
            .collect();
        let objective = objective();
        let trials = Trials {
            objective: &objective,
            rows: &rows,
        };
        assert!(trials.to_text(80).lines().count() <= rows::MOST_ROWS + 3);
        assert!(trials.to_text(80).contains("* best"));
        assert!(trials.to_html().len() < 60_000);
        let others = trials.others();
        well_formed(&others);
        assert!(others.contains("<details><summary>970 more trials</summary>"));
        assert!(others.len() < 100_000);
    }

    #[test]
    fn lines_fit_a_terminal() {
        let values = (0..12).map(|i| (format!("hyperparameter_{i}"), "0.25".to_string()));
        let wide = TrialRow {
            values: values.collect(),
            ..row(1, "", Some(0.5))
        };
        let (objective, rows) = (objective(), [wide]);
        let trials = Trials {
            objective: &objective,
            rows: &rows,
        };
        for room in [60, 80, 120] {
            let text = trials.to_text(room);
            assert!(text.lines().all(|line| line.len() <= room), "{text}");
            assert!(
                text.contains("  ...  hyper") && text.contains("0.25  * best"),
                "{text}"
            );
            assert!(text.starts_with("Trial     Status  "), "{text}");
        }
    }
}
