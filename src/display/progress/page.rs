//! A run as one display in a notebook: each state is complete, the last one is what is saved.

use super::line;
use super::run::{Run, Status, Work};
use crate::display::Bundle;
use crate::display::epochs::Epochs;
use crate::display::html::{self, AMBER, BLUE, FAINT, GREEN, RED, escape};
use crate::display::numbers::{duration, eta, grouped, metric, pace};

/// While a run is going on, its text form has the last lines only.
const LAST_LINES: usize = 50;

/// The state of a run; `seconds` is how long the whole run took, once it is over.
pub(super) fn bundle(run: &Run, seconds: f64) -> Bundle {
    Bundle::text(text(run)).html(page(run, seconds))
}

/// What Keras would have printed so far.
fn text(run: &Run) -> String {
    let mut lines = Vec::new();
    let many = run.epochs() > 1;
    let skip = match run.is_over() {
        true => 0,
        false => run.rows.len().saturating_sub(LAST_LINES),
    };
    for row in &run.rows[skip..] {
        if many {
            lines.push(format!("Epoch {}/{}", row.epoch + 1, run.epochs()));
        }
        lines.push(row.line.clone());
    }
    if is_open(run) {
        lines.extend(line::headline(run));
        lines.push(line::bar(run, run.status == Status::Finished));
    }
    lines.extend(line::verdict(run).map(str::to_string));
    lines.join("\n")
}

/// Whether the current epoch is not in the table.
fn is_open(run: &Run) -> bool {
    match run.work {
        Work::Fit { .. } => run.rows.last().is_none_or(|row| row.epoch != run.epoch),
        _ => true,
    }
}

fn page(run: &Run, seconds: f64) -> String {
    let (color, share) = match run.status {
        Status::Running | Status::Validating(..) => (BLUE, run.share()),
        Status::Finished => (GREEN, 1.0),
        Status::Interrupted(_) => (AMBER, run.share()),
        Status::Failed(_) => (RED, run.share()),
    };
    let mut page = format!(
        "<div style=\"display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 16px\">\
         <b>{}</b><span style=\"{FAINT}\">{}</span></div>",
        escape(&title(run, seconds)),
        escape(&figures(run)),
    );
    page += &html::bar(share, color);
    if let Some(verdict) = line::verdict(run) {
        page += &format!(
            "<div style=\"color:{color};font-weight:600\">{}</div>",
            escape(verdict)
        );
    }
    if is_open(run) && !run.metrics.is_empty() {
        let metrics: Vec<String> = run
            .metrics
            .iter()
            .map(|(name, value)| format!("{} <b>{}</b>", escape(name), metric(*value)))
            .collect();
        page += &format!("<div>{}</div>", metrics.join(" &nbsp; "));
    }
    if let Some(last) = run.rows.last() {
        let epochs = Epochs {
            metrics: last.metrics.iter().map(|(name, _)| name.as_str()).collect(),
            rows: run
                .rows
                .iter()
                .map(|row| {
                    let values = row.metrics.iter().map(|(_, value)| *value).collect();
                    (row.epoch, row.seconds, values)
                })
                .collect(),
        };
        page += &epochs.to_html();
    }
    html::frame(&format!("<div style=\"max-width:720px\">{page}</div>"))
}

fn title(run: &Run, seconds: f64) -> String {
    match (&run.work, &run.status) {
        (Work::Fit { .. }, Status::Finished) => {
            let count = run.rows.len();
            let epochs = if count == 1 { "epoch" } else { "epochs" };
            format!("{count} {epochs} in {}", duration(seconds))
        }
        (Work::Fit { epochs, .. }, _) => format!("Epoch {}/{epochs}", run.epoch + 1),
        (Work::Evaluate, Status::Finished) => format!("Evaluated in {}", duration(seconds)),
        (Work::Evaluate, _) => "Evaluating".to_string(),
        (Work::Predict, Status::Finished) => format!("Predicted in {}", duration(seconds)),
        (Work::Predict, _) => "Predicting".to_string(),
        (Work::Task { label, .. }, _) => label.clone(),
    }
}

/// The numbers beside the title: steps, time for a step, speed, time that is left.
fn figures(run: &Run) -> String {
    let mut figures = Vec::new();
    if run.counts_bytes() {
        let done = line::bytes(run.done as f64);
        figures.push(match run.target {
            0 => done,
            target if run.done == target => done,
            target => format!("{done} of {}", line::bytes(target as f64)),
        });
        if run.at_step > 0.0 {
            figures.push(format!("{}/s", line::bytes(run.done as f64 / run.at_step)));
        }
    } else {
        let plural = if run.target == 1 { "" } else { "s" };
        figures.push(match run.target {
            0 => format!("{} {}s", grouped(run.done), run.unit()),
            target => format!(
                "{}/{} {}{plural}",
                grouped(run.done),
                grouped(target),
                run.unit()
            ),
        });
        if run.done > 0 {
            let seconds = run.step_seconds(run.at_step);
            figures.push(pace(seconds, run.unit()).replacen("ms", " ms", 1));
        }
        if let (Work::Fit { .. }, Some(rate)) = (&run.work, run.rate()) {
            figures.push(format!("{} samples/s", grouped(rate.round() as usize)));
        }
    }
    match run.status {
        Status::Running if run.target > run.done && run.done > 0 => {
            figures.push(format!("ETA {}", eta(run.seconds_left())));
        }
        Status::Validating(done, steps) => figures.push(format!("validating {done}/{steps}")),
        _ => {}
    }
    figures.join(" · ")
}
