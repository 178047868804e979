//! A training run as the value of a cell: its table and its curves.

use std::fmt;

use super::epochs::Epochs;
use super::html::{AMBER, escape, frame};
use super::numbers::duration;
use super::{Bundle, show, show_result};
use crate::models::{Ending, History};
use crate::plot;

impl History {
    /// The run in every form in which it can be shown.
    pub fn bundle(&self) -> Bundle {
        let mut html = format!("<div><b>{}</b></div>", self.headline());
        if let Some(words) = self.ending_words() {
            let words = escape(&words);
            html += &format!("<div style=\"color:{AMBER};font-weight:600\">{words}</div>");
        }
        html += &self.epochs().to_html();
        if !self.epoch.is_empty() {
            html += &plot::history(self).html();
        }
        Bundle::text(self.to_string().trim_end()).html(frame(&html))
    }

    /// Shows the run below what the cell has shown so far.
    pub fn show(&self) {
        show(&self.bundle());
    }

    /// Shows the run as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        show_result(&self.bundle());
    }

    fn headline(&self) -> String {
        let epochs = match self.epoch.len() {
            1 => "1 epoch".to_string(),
            count => format!("{count} epochs"),
        };
        format!("{epochs} in {}", duration(self.seconds.iter().sum()))
    }

    /// What is said of a run that did not go through all epochs.
    fn ending_words(&self) -> Option<String> {
        match &self.ending {
            Ending::Finished => None,
            Ending::Interrupted => Some("Interrupted".to_string()),
            Ending::Stopped(reason) => Some(format!("Stopped: {reason}")),
        }
    }

    pub(super) fn epochs(&self) -> Epochs<'_> {
        let metrics = self.metrics();
        let value = |name: &str, row: usize| {
            let column = self.get(name).unwrap_or_default();
            column.get(row).copied().unwrap_or(f64::NAN)
        };
        let rows = (0..self.epoch.len())
            .map(|row| {
                let seconds = self.seconds.get(row).copied().unwrap_or(0.0);
                let values = metrics.iter().map(|name| value(name, row)).collect();
                (self.epoch[row], seconds, values)
            })
            .collect();
        Epochs { metrics, rows }
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.headline())?;
        if let Some(words) = self.ending_words() {
            writeln!(f, "{words}")?;
        }
        f.write_str(&self.epochs().to_text())
    }
}
