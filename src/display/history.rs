//! A training run as the value of a cell: its table and its curves.

use std::fmt;

use super::epochs::Epochs;
use super::html::{AMBER, RED, escape, frame};
use super::numbers::duration;
use super::width::terminal_width;
use super::{Bundle, show, show_result};
use crate::models::{Ending, History};
use crate::plot;

impl History {
    /// The run in every form in which it can be shown.
    pub fn bundle(&self) -> Bundle {
        let mut html = format!("<div><b>{}</b></div>", self.headline());
        if let Some(words) = self.ending_words() {
            let color = match self.ending {
                Ending::Diverged(_) => RED,
                _ => AMBER,
            };
            html += &format!(
                "<div style=\"color:{color};font-weight:600;white-space:pre-wrap\">{}</div>",
                escape(&words)
            );
        }
        let epochs = self.epochs();
        html += &(epochs.to_html() + &epochs.others());
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
            Ending::Diverged(what) => Some(format!("Stopped at {what}")),
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
        f.write_str(&self.epochs().to_text(terminal_width()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::html::well_formed;

    #[test]
    fn a_long_run_can_be_unfolded_and_its_end_has_a_color() {
        let mut history = History::default();
        for epoch in 0..100 {
            history.push(
                epoch,
                1.0,
                &[("loss".to_string(), 1.0 / (epoch + 1) as f64)],
            );
        }
        let html = |history: &History| {
            let bundle = history.bundle();
            let html = bundle.get("text/html").unwrap_or_default().to_string();
            well_formed(&html);
            html
        };
        let whole = html(&history);
        assert!(whole.contains("<details><summary>71 more epochs</summary>"));
        assert!(!whole.contains("Stopped"));
        history.ending = Ending::Stopped("enough".to_string());
        let words = |color: &str, text: &str| {
            format!("color:{color};font-weight:600;white-space:pre-wrap\">{text}<")
        };
        assert!(html(&history).contains(&words(AMBER, "Stopped: enough")));
        history.ending = Ending::Diverged("epoch 2, step 3: the loss became NaN".to_string());
        let diverged = words(RED, "Stopped at epoch 2, step 3: the loss became NaN");
        assert!(html(&history).contains(&diverged));
        assert!(
            history
                .to_string()
                .contains("\nStopped at epoch 2, step 3: ")
        );
    }
}
