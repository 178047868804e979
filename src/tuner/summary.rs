//! What a search has found and what it searches, as the values of cells.

use std::fmt;
use std::path::PathBuf;

use super::{HyperParameter, HyperParameters, Objective, Trial, Tuner};
use crate::display::html::{FAINT, RED, Table, escape, frame};
use crate::display::{
    Bundle, TrialRow, Trials, duration, metric, show, show_result, terminal_width,
};

impl Tuner {
    /// The search in every form in which it can be shown: its trials so far, else what it searches.
    pub fn bundle(&self) -> Bundle {
        let name = self.oracle.class_name();
        let found = self.results_summary().map(|results| results.bundle());
        let found = found.or_else(|_| self.search_space_summary().map(|space| space.bundle()));
        let Ok(found) = found else {
            return Bundle::text(name).html(frame(&format!("<b>{name}</b>")));
        };
        let html = found.get("text/html").unwrap_or_default();
        let html = frame(&format!("<div><b>{name}</b></div>{html}"));
        Bundle::text(format!("{name}\n{}", found.plain())).html(html)
    }

    /// Shows the search below what the cell has shown so far.
    pub fn show(&self) {
        show(&self.bundle());
    }

    /// Shows the search as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        show_result(&self.bundle());
    }
}

/// The trials of a search, the best one first.
///
/// Keras Tuner: what `tuner.results_summary()` prints.
#[derive(Clone, Debug)]
pub struct ResultsSummary {
    /// Where the search is written down.
    pub folder: PathBuf,
    /// What was made best.
    pub objective: Objective,
    /// The completed trials from the best one on, then the others.
    pub trials: Vec<Trial>,
}

impl ResultsSummary {
    fn rows(&self) -> Vec<TrialRow> {
        self.trials.iter().map(TrialRow::of).collect()
    }

    /// The summary in every form in which it can be shown.
    pub fn bundle(&self) -> Bundle {
        let rows = self.rows();
        let trials = Trials {
            objective: &self.objective,
            rows: &rows,
        };
        let html = format!(
            "<div><b>Results</b> <span style=\"{FAINT}\">in {}</span></div>{}",
            escape(&self.folder.display().to_string()),
            trials.to_html() + &trials.others()
        );
        Bundle::text(self.to_string().trim_end()).html(frame(&html))
    }

    /// Shows the summary below what the cell has shown so far.
    pub fn show(&self) {
        show(&self.bundle());
    }

    /// Shows the summary as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        show_result(&self.bundle());
    }
}

impl fmt::Display for ResultsSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        let trials = Trials {
            objective: &self.objective,
            rows: &rows,
        };
        writeln!(f, "Results in {}", self.folder.display())?;
        f.write_str(&trials.to_text(terminal_width()))
    }
}

/// The hyperparameters of a search.
///
/// Keras Tuner: what `tuner.search_space_summary()` prints.
#[derive(Clone, Debug)]
pub struct SearchSpaceSummary {
    /// All of them, in the order of their definition.
    pub space: Vec<HyperParameter>,
}

impl SearchSpaceSummary {
    /// Name, kind, values, default and condition of each.
    fn rows(&self) -> Vec<[String; 5]> {
        let row = |hp: &HyperParameter| {
            [
                hp.name().to_string(),
                hp.class_name().to_string(),
                hp.to_string(),
                hp.default().short(),
                hp.condition_words(),
            ]
        };
        self.space.iter().map(row).collect()
    }

    /// The summary in every form in which it can be shown.
    pub fn bundle(&self) -> Bundle {
        let head = ["Name", "Kind", "Values", "Default", "Only if"];
        let head = head.map(str::to_string).to_vec();
        let mut table = Table::new(&[0, 1, 2, 3, 4], head);
        for row in self.rows() {
            table.row(row.iter().map(|cell| escape(cell)).collect(), false);
        }
        let html = format!("<div><b>Search space</b></div>{}", table.to_html());
        Bundle::text(self.to_string().trim_end()).html(frame(&html))
    }

    /// Shows the summary below what the cell has shown so far.
    pub fn show(&self) {
        show(&self.bundle());
    }

    /// Shows the summary as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        show_result(&self.bundle());
    }
}

impl fmt::Display for SearchSpaceSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Search space: {} hyperparameters", self.space.len())?;
        for [name, kind, values, default, condition] in self.rows() {
            write!(f, "{name} ({kind}): {values}; default {default}")?;
            if !condition.is_empty() {
                write!(f, "; only if {condition}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl Trial {
    /// Score, epoch, time: what came out, as far as it is known.
    fn outcome(&self) -> String {
        let score = self
            .completed()
            .map(|score| format!("Score: {}", metric(score)));
        let epoch = match (self.best_step, self.epochs) {
            (Some(step), epochs) if epochs > 0 => Some(format!("epoch {} of {epochs}", step + 1)),
            (_, 0) => None,
            (_, epochs) => Some(format!("{epochs} epochs")),
        };
        let time = (self.seconds > 0.0).then(|| duration(self.seconds));
        let known: Vec<String> = [score, epoch, time].into_iter().flatten().collect();
        known.join(", ")
    }

    fn title(&self) -> String {
        format!("Trial {}: {}", self.trial_id, TrialRow::of(self).state())
    }

    /// The trial in every form in which it can be shown.
    pub fn bundle(&self) -> Bundle {
        let mut html = format!("<div><b>{}</b></div>", self.title());
        html += &self.hyperparameters.to_html();
        html += &format!("<div>{}</div>", escape(&self.outcome()));
        if let Some(message) = &self.message {
            html += &format!("<div style=\"color:{RED}\">{}</div>", escape(message));
        }
        Bundle::text(self.to_string().trim_end()).html(frame(&html))
    }

    /// Shows the trial below what the cell has shown so far.
    ///
    /// Keras Tuner: `trial.summary()`.
    pub fn show(&self) {
        show(&self.bundle());
    }

    /// Shows the trial as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        show_result(&self.bundle());
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title())?;
        write!(f, "Hyperparameters:\n{}", self.hyperparameters)?;
        for line in [Some(self.outcome()), self.message.clone()]
            .into_iter()
            .flatten()
        {
            if !line.is_empty() {
                writeln!(f, "{line}")?;
            }
        }
        Ok(())
    }
}

/// One line, for lists of trials.
impl fmt::Debug for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.title(), self.hyperparameters)?;
        match self.outcome() {
            outcome if outcome.is_empty() => Ok(()),
            outcome => write!(f, " {outcome}"),
        }
    }
}

impl HyperParameters {
    fn to_html(&self) -> String {
        let head = ["Hyperparameter", "Value"].map(str::to_string).to_vec();
        let mut table = Table::new(&[0], head);
        for (name, value) in self.values() {
            table.row(vec![escape(name), escape(&value.to_string())], false);
        }
        table.to_html()
    }

    /// The values in every form in which they can be shown.
    pub fn bundle(&self) -> Bundle {
        Bundle::text(self.to_string().trim_end()).html(frame(&self.to_html()))
    }

    /// Shows the values below what the cell has shown so far.
    pub fn show(&self) {
        show(&self.bundle());
    }

    /// Shows the values as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        show_result(&self.bundle());
    }
}

/// One line, for lists of them.
impl fmt::Debug for HyperParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values().into_iter();
        let values: Vec<String> = values
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        write!(f, "{{{}}}", values.join(", "))
    }
}

impl fmt::Display for HyperParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.values() {
            writeln!(f, "{name}: {value}")?;
        }
        Ok(())
    }
}
