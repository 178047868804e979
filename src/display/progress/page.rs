//! A run as displays in a notebook: each state is complete, the last one is what is saved.

use super::run::{Run, Status, Work};
use super::{line, reached};
use crate::display::Bundle;
use crate::display::html::{self, AMBER, BLUE, FAINT, GREEN, RED, escape};
use crate::display::numbers::{duration, eta, grouped, metric, pace};
use crate::models::History;
use crate::plot;

/// While a run is going on, its text form has the last epoch only: it is sent often.
const LAST_EPOCHS: usize = 1;

/// The state of a run; `seconds` is how long the whole run took, once it is over.
pub(super) fn bundle(run: &Run, seconds: f64) -> Bundle {
    Bundle::text(text(run)).html(page(run, seconds))
}

/// The epochs so far: their table and, from the second one on, their curves.
pub(super) fn epochs(history: &History) -> Bundle {
    let mut page = history.epochs().to_html();
    let text = match history.epoch.len() {
        0 | 1 => "<table: 1 epoch>".to_string(),
        _ => {
            let figure = plot::history(history);
            page += &figure.html();
            figure.to_string()
        }
    };
    Bundle::text(text).html(html::frame(&page))
}

/// What Keras would have printed so far.
fn text(run: &Run) -> String {
    let mut lines = Vec::new();
    let many = run.epochs() > 1;
    let skip = match run.is_over() {
        true => 0,
        false => run.rows.len().saturating_sub(LAST_EPOCHS),
    };
    for row in &run.rows[skip..] {
        if many {
            lines.push(format!("Epoch {}/{}", row.epoch + 1, run.epochs()));
        }
        lines.push(row.line.clone());
    }
    if run.is_open() {
        lines.extend(line::headline(run));
        lines.push(line::bar(run, run.status == Status::Finished));
    }
    lines.extend(line::verdict(run).map(str::to_string));
    lines.join("\n")
}

fn page(run: &Run, seconds: f64) -> String {
    let (color, share) = match run.status {
        Status::Running | Status::Validating(..) => (BLUE, run.share()),
        Status::Finished => (GREEN, 1.0),
        Status::Interrupted(_) => (AMBER, run.share()),
        Status::Failed(_) => (RED, run.share()),
    };
    let title = format!("<b>{}</b>", escape(&title(run, seconds)));
    let mut page = sides(&title, &figures(run));
    page += &html::bar(share, color, 4);
    if run.epochs() > 1 {
        page += &html::bar(run.whole_share(), color, 2);
    }
    if let Some(verdict) = line::verdict(run) {
        page += &format!(
            "<div style=\"color:{color};font-weight:600;white-space:pre-wrap\">{}</div>",
            escape(verdict)
        );
    }
    let metrics: Vec<String> = metrics(run)
        .iter()
        .map(|(name, value)| format!("{} <b>{}</b>", escape(name), metric(*value)))
        .collect();
    // A line does not end between a number and its sign.
    let device = run.device.as_deref().unwrap_or_default();
    let device = device.replace(" %", "\u{a0}%");
    if !metrics.is_empty() || !device.is_empty() {
        page += &sides(&metrics.join(" &nbsp; "), &device);
    }
    html::frame(&format!("<div style=\"max-width:720px\">{page}</div>"))
}

/// A row with HTML on its left and, on its right, text that matters less; one below the other where
/// both do not fit.
fn sides(left: &str, right: &str) -> String {
    format!(
        "<div style=\"display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 16px\">\
         <span>{left}</span><span style=\"{FAINT}\">{}</span></div>",
        escape(right),
    )
}

/// What was measured: in the current epoch or, until it has something, in the one before, because a
/// line that comes and goes moves the page. What has ended stands in the table.
fn metrics(run: &Run) -> &[(String, f64)] {
    match run.rows.last() {
        Some(last) if run.metrics.is_empty() && !run.is_over() => &last.metrics,
        _ if run.is_open() || !run.is_over() => &run.metrics,
        _ => &[],
    }
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
        // Not before a step was drawn: nothing was measured until then.
        if run.done > 0 && run.at_step > 0.0 {
            let seconds = run.step_seconds(run.at_step);
            figures.push(spaced(&pace(seconds, run.unit())));
        }
        if let (Work::Fit { .. }, Some(rate)) = (&run.work, run.rate()) {
            figures.push(format!("{} samples/s", grouped(rate.round() as usize)));
        }
    }
    match run.status {
        Status::Running if run.target > run.done && run.done > 0 => {
            figures.push(format!("ETA {}", eta(run.seconds_left())));
        }
        Status::Validating(done, steps) => {
            figures.push(format!("validating {}", reached(done, steps)))
        }
        _ => {}
    }
    let has_later = run.epochs() > run.epoch + 1;
    if has_later && !run.is_over() && (run.done > 0 || !run.rows.is_empty()) {
        figures.push(format!("all epochs {}", eta(run.whole_seconds_left())));
    }
    figures.join(" · ")
}

/// `412us/step` as people write it: `412 µs/step`.
fn spaced(pace: &str) -> String {
    let digits = pace.chars().take_while(char::is_ascii_digit).count();
    let (number, unit) = pace.split_at(digits);
    match unit.strip_prefix("us/") {
        Some(rest) => format!("{number} µs/{rest}"),
        None => format!("{number} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::html::well_formed;
    use crate::display::progress::run::EpochRow;

    fn metrics(accuracy: f64) -> Vec<(String, f64)> {
        vec![
            ("loss".to_string(), 1.0),
            ("val_accuracy".to_string(), accuracy),
        ]
    }

    fn fit() -> Run {
        let mut run = Run::new(
            Work::Fit {
                epochs: 3,
                batch_size: 32,
            },
            250,
        );
        for (epoch, accuracy) in [0.5, 0.25].into_iter().enumerate() {
            run.rows.push(EpochRow {
                epoch,
                seconds: 2.0,
                metrics: metrics(accuracy),
                line: format!("line {epoch}"),
            });
        }
        run.begin_epoch(2);
        run.step(1, &metrics(0.1)[..1], 0.5);
        run.step(101, &metrics(0.1)[..1], 1.5);
        run
    }

    fn words(run: &Run) -> String {
        well_formed(bundle(run, 83.0).get("text/html").unwrap_or_default())
    }

    fn history(epochs: usize) -> History {
        let mut history = History::default();
        for epoch in 0..epochs {
            history.push(epoch, 2.0, &metrics(0.5 / (epoch + 1) as f64));
        }
        history
    }

    #[test]
    fn a_running_fit_shows_where_it_is() {
        let run = fit();
        let words = words(&run);
        assert!(
            words.starts_with("Epoch 3/3101/250 steps · 10 ms/step · 3,200 samples/s · ETA 1s")
        );
        assert!(words.ends_with("loss 1.0000"), "{words}");
        assert!(!words.contains("all epochs"), "the last one says it all");
        assert_eq!(
            bundle(&run, 0.0).plain(),
            "Epoch 2/3\nline 1\nEpoch 3/3\n\
             101/250 ━━━━━━━━━━━━━━━━━━━━ 1s 10ms/step - loss: 1.0000"
        );
    }

    #[test]
    fn a_gpu_says_what_it_does_beside_the_metrics() {
        let mut run = fit();
        run.device = Some("NVIDIA H200 · 3.1 of 139.8 GiB · 87 % busy".to_string());
        let words = words(&run);
        assert!(
            words.ends_with("loss 1.0000NVIDIA H200 · 3.1 of 139.8 GiB · 87\u{a0}% busy"),
            "{words}"
        );
        run.status = Status::Finished;
        assert!(
            self::words(&run).contains("NVIDIA H200"),
            "who reads it later learns what it ran on"
        );
    }

    #[test]
    fn below_the_bar_of_the_epoch_is_that_of_the_run() {
        let bars = |run: &Run| {
            let html = bundle(run, 83.0).to_html();
            let widths = html.split("width:").skip(1);
            let shares = widths.filter_map(|rest| rest.split_once('%').map(|(share, _)| share));
            let shares: Vec<String> = shares.filter(|s| s.len() < 6).map(String::from).collect();
            shares
        };
        let mut run = fit();
        run.epoch = 1;
        run.rows.pop();
        assert_eq!(bars(&run), ["40.4", "46.8"]);
        let words = words(&run);
        assert!(words.contains(" · ETA 1s · all epochs 3s"), "{words}");
        run.status = Status::Validating(1, 2);
        let validating = self::words(&run);
        assert!(
            validating.contains(" · validating 1/2 · all epochs 3s"),
            "{validating}"
        );
        run.work = Work::Fit {
            epochs: 1,
            batch_size: 32,
        };
        assert_eq!(bars(&run).len(), 1, "one epoch is the run");
        let mut run = Run::new(Work::Evaluate, 10);
        run.step(5, &[], 1.0);
        assert_eq!(bars(&run), ["50.0"]);
    }

    #[test]
    fn how_a_run_ended_can_be_seen_from_its_color() {
        let interrupted = Status::Interrupted("Interrupted at epoch 3/3, step 101/250.".into());
        let diverged = Status::Failed("Stopped at epoch 3/3, step 101/250: the loss is NaN".into());
        for (status, color, share) in [
            (Status::Running, BLUE, "40.4"),
            (Status::Finished, GREEN, "100.0"),
            (interrupted, AMBER, "40.4"),
            (diverged, RED, "40.4"),
        ] {
            let mut run = fit();
            run.status = status.clone();
            let html = bundle(&run, 83.0).to_html();
            assert!(
                html.contains(&format!("background:{color};width:{share}%")),
                "{html}"
            );
            for other in [BLUE, GREEN, AMBER, RED] {
                assert_eq!(html.contains(other), other == color, "{other}: {html}");
            }
            let verdict = line::verdict(&run).map(str::to_string);
            let colored = verdict.map(|words| {
                format!("color:{color};font-weight:600;white-space:pre-wrap\">{words}</div>")
            });
            assert!(colored.is_none_or(|words| html.contains(&words)), "{html}");
        }
    }

    #[test]
    fn the_epochs_are_a_table_and_then_curves_too() {
        let one = epochs(&history(1));
        let html = one.get("text/html").unwrap_or_default();
        assert!(well_formed(html).contains("12.0 s1.00000.5000"), "{html}");
        assert!(!html.contains("<img"), "one point is no curve");
        assert_eq!(one.plain(), "<table: 1 epoch>");
        let two = epochs(&history(2));
        let html = two.get("text/html").unwrap_or_default();
        assert!(well_formed(html).contains("★ 12.0 s1.00000.5000"), "{html}");
        assert!(html.contains("src=\"data:image/svg+xml;base64,"));
        assert_eq!(two.plain(), "<chart: loss over 2 epochs>");
        assert_eq!(two.get("image/svg+xml"), None, "sent once is enough");
    }

    #[test]
    fn without_a_measured_step_there_is_no_pace() {
        let mut run = fit();
        run.begin_epoch(2);
        // Interrupted in the first step: nothing of it was drawn.
        run.done = 1;
        run.status = Status::Interrupted("Interrupted".into());
        let words = words(&run);
        assert!(words.contains("1/250 steps"), "{words}");
        assert!(
            !words.contains("/step ") && !words.contains("0 s/step"),
            "{words}"
        );
        assert!(!words.contains("0 µs/step"), "{words}");
        run.step(1, &[], 0.25);
        run.status = Status::Interrupted("Interrupted".into());
        assert!(self::words(&run).contains("250 ms/step"));
    }

    #[test]
    fn the_metrics_stay_between_two_epochs() {
        let mut run = fit();
        run.begin_epoch(2);
        assert!(words(&run).ends_with("loss 1.0000 &nbsp; val_accuracy 0.2500"));
        run.rows.push(EpochRow {
            epoch: 2,
            ..run.rows[0].clone()
        });
        run.set_metrics(&metrics(0.5));
        assert!(words(&run).ends_with("loss 1.0000 &nbsp; val_accuracy 0.5000"));
        run.status = Status::Finished;
        assert!(!words(&run).contains("loss"), "the table has them");
    }

    #[test]
    fn the_ways_to_end_are_told_in_words() {
        let mut run = fit();
        run.status = Status::Validating(3, 63);
        assert!(words(&run).contains("validating 3/63"));
        run.status = Status::Interrupted("Interrupted at <3>".into());
        assert!(words(&run).contains("Interrupted at &lt;3&gt;"));
        assert!(bundle(&run, 1.0).plain().ends_with("\nInterrupted at <3>"));
        run.epoch = 1;
        run.status = Status::Finished;
        assert!(words(&run).starts_with("2 epochs in 1 min 23 s"));
        assert!(bundle(&run, 1.0).plain().ends_with("line 1"));
    }

    #[test]
    fn the_state_of_a_long_run_stays_small() {
        let mut run = fit();
        for epoch in 2..1000 {
            let mut row = run.rows[0].clone();
            row.epoch = epoch;
            run.rows.push(row);
        }
        run.begin_epoch(1000);
        let bundle = bundle(&run, 0.0);
        assert!(
            bundle
                .get("text/html")
                .is_some_and(|html| html.len() < 2000)
        );
        let epochs = epochs(&history(1000));
        assert!(
            epochs
                .get("text/html")
                .is_some_and(|html| html.len() < 80_000)
        );
        assert!(bundle.plain().lines().count() <= 2 * LAST_EPOCHS + 2);
    }

    #[test]
    fn times_have_a_space_on_pages() {
        assert_eq!(spaced("9ms/step"), "9 ms/step");
        assert_eq!(spaced("42us/step"), "42 µs/step");
        assert_eq!(spaced("2s/step"), "2 s/step");
    }
}
