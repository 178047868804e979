//! Keras's progress lines, for terminals, files and `text/plain`.

use super::run::{Run, Status, Work};
use crate::display::numbers::{eta, metric, pace, scientific};
use crate::display::width::cut;

const WIDTH: usize = 20;

/// Keras's bar as text without colors; `complete` when the epoch is over.
///
/// Keras: `keras.utils.Progbar` with `verbose=1`.
pub(super) fn bar(run: &Run, complete: bool) -> String {
    draw(run, complete, |_, text| text.to_string())
}

/// The same with Keras's terminal colors.
pub(super) fn colored_bar(run: &Run, complete: bool) -> String {
    draw(run, complete, |style, text| match (style, text) {
        // Keras leaves out an empty green part, but never the gray one.
        (Style::Done, "") => String::new(),
        (style, text) => format!("\x1b[{}m{text}\x1b[0m", style as u8),
    })
}

/// A bar that is to be drawn over: a terminal with `columns` wraps what is longer, and keeps what is
/// wrapped.
pub(super) fn running_bar(run: &Run, has_colors: bool, columns: usize) -> String {
    let line = match has_colors {
        true => colored_bar(run, false),
        false => bar(run, false),
    };
    cut(&line, columns.saturating_sub(1))
}

/// ANSI codes of the parts of a bar.
#[derive(Clone, Copy)]
enum Style {
    Bold = 1,
    Done = 32,
    Left = 37,
}

fn draw(run: &Run, complete: bool, paint: impl Fn(Style, &str) -> String) -> String {
    let mut line = if run.target > 0 {
        let filled = ((WIDTH as f64 * run.share()) as usize).min(WIDTH);
        format!(
            "{} {}{}",
            paint(Style::Bold, &counter(run)),
            paint(Style::Done, &"━".repeat(filled)),
            paint(Style::Left, &"━".repeat(WIDTH - filled)),
        )
    } else {
        unknown_counter(run)
    };
    let time = if run.target > 0 && !complete {
        eta(run.seconds_left())
    } else {
        format!("{:.0}s", run.elapsed)
    };
    line += &format!(" {} {}", paint(Style::Bold, &time), speed(run, complete));
    for (name, value) in &run.metrics {
        line += &format!(" - {name}: {}", metric(*value));
    }
    line
}

/// Keras's one line for a whole epoch with `verbose=2`.
pub(super) fn brief(run: &Run) -> String {
    let pace = pace(run.step_seconds(run.elapsed), run.unit());
    let mut line = format!("{} - {:.0}s - {pace}", counter(run), run.elapsed);
    for (name, value) in &run.metrics {
        // Unlike its bar, Keras's brief line writes negative numbers in scientific notation.
        let value = match *value {
            value if value < 0.0 => scientific(value),
            value => metric(value),
        };
        line += &format!(" - {name}: {value}");
    }
    line
}

/// What stands above the bar: `Epoch 2/10`, or the name of the work.
pub(super) fn headline(run: &Run) -> Option<String> {
    match &run.work {
        Work::Fit { epochs, .. } if *epochs > 1 => {
            Some(format!("Epoch {}/{epochs}", run.epoch + 1))
        }
        Work::Task { label, .. } => Some(label.clone()),
        _ => None,
    }
}

/// What stands below the bar of a run that did not finish.
pub(super) fn verdict(run: &Run) -> Option<&str> {
    match &run.status {
        Status::Interrupted(words) | Status::Failed(words) => Some(words),
        _ => None,
    }
}

fn counter(run: &Run) -> String {
    if run.counts_bytes() {
        return format!("{}/{}", megabytes(run.done), bytes(run.target as f64));
    }
    let digits = run.target.to_string().len();
    format!("{:>digits$}/{}", run.done, run.target)
}

fn unknown_counter(run: &Run) -> String {
    if run.counts_bytes() {
        return bytes(run.done as f64);
    }
    format!("{:>7}/Unknown", run.done)
}

fn speed(run: &Run, complete: bool) -> String {
    if run.counts_bytes() {
        let rate = if run.at_step > 0.0 {
            run.done as f64 / run.at_step
        } else {
            0.0
        };
        return format!("{}/s", bytes(rate));
    }
    // Keras's final time for a step includes the validation.
    let now = if complete { run.elapsed } else { run.at_step };
    pace(run.step_seconds(now), run.unit())
}

/// An amount of data as download pages write it: `170.5 MB`.
pub(super) fn bytes(amount: f64) -> String {
    format!("{:.1} MB", amount / 1e6)
}

fn megabytes(amount: usize) -> String {
    format!("{:.1}", amount as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::width::width;

    fn fit(epochs: usize, target: usize) -> Run {
        let work = Work::Fit {
            epochs,
            batch_size: 32,
        };
        Run::new(work, target)
    }

    fn metrics(values: &[(&str, f64)]) -> Vec<(String, f64)> {
        values.iter().map(|(n, v)| (n.to_string(), *v)).collect()
    }

    #[test]
    fn a_running_bar_has_kerass_bytes() {
        let mut run = fit(2, 3);
        run.step(
            1,
            &metrics(&[("accuracy", 0.34375), ("loss", 1.38171)]),
            1.2,
        );
        assert_eq!(
            colored_bar(&run, false),
            "\x1b[1m1/3\x1b[0m \x1b[32m━━━━━━\x1b[0m\x1b[37m━━━━━━━━━━━━━━\x1b[0m \
             \x1b[1m2s\x1b[0m 1s/step - accuracy: 0.3438 - loss: 1.3817"
        );
        assert_eq!(
            bar(&run, false),
            "1/3 ━━━━━━━━━━━━━━━━━━━━ 2s 1s/step - accuracy: 0.3438 - loss: 1.3817"
        );
    }

    #[test]
    fn a_complete_bar_has_kerass_bytes() {
        let mut run = fit(2, 3);
        run.step(1, &[], 0.4);
        run.step(3, &[], 1.5);
        run.elapsed = 1.666;
        run.set_metrics(&metrics(&[
            ("accuracy", 0.2875),
            ("loss", 1.62104),
            ("val_accuracy", 0.25),
            ("val_loss", 1.3827),
        ]));
        assert_eq!(
            colored_bar(&run, true),
            "\x1b[1m3/3\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \
             \x1b[1m2s\x1b[0m 633ms/step - accuracy: 0.2875 - loss: 1.6210 \
             - val_accuracy: 0.2500 - val_loss: 1.3827"
        );
    }

    #[test]
    fn an_empty_bar_has_no_green_part_and_the_counter_is_padded() {
        let mut run = fit(1, 1563);
        run.step(1, &[], 0.5);
        assert!(colored_bar(&run, false).starts_with("\x1b[1m   1/1563\x1b[0m \x1b[37m━━"));
    }

    #[test]
    fn a_bar_that_is_drawn_over_is_shorter_than_the_terminal() {
        let mut run = fit(2, 1563);
        let names = ["accuracy", "auc", "loss", "precision", "recall"];
        run.step(700, &metrics(&names.map(|name| (name, 0.5))), 7.0);
        let whole = bar(&run, false);
        assert_eq!(whole.chars().count(), 128, "{whole}");
        for columns in [1, 10, 60, 80, 120] {
            let plain = running_bar(&run, false, columns);
            assert_eq!(width(&plain), columns - 1, "{plain}");
            assert!(columns == 1 || plain.ends_with('…'), "{plain}");
            let colored = running_bar(&run, true, columns);
            assert_eq!(width(&colored), columns - 1, "{colored}");
            assert_eq!(
                colored.matches("\x1b[0m").count(),
                4,
                "colors end: {colored}"
            );
        }
        assert_eq!(running_bar(&run, false, 129), whole);
        assert_eq!(running_bar(&run, true, 129), colored_bar(&run, false));
    }

    #[test]
    fn the_brief_line_is_kerass() {
        let mut run = fit(2, 16);
        run.step(1, &[], 1.0);
        run.step(16, &[], 2.4);
        run.elapsed = 2.455;
        run.set_metrics(&metrics(&[("accuracy", 0.0957), ("loss", 2.50314)]));
        assert_eq!(
            brief(&run),
            "16/16 - 2s - 97ms/step - accuracy: 0.0957 - loss: 2.5031"
        );
    }

    #[test]
    fn a_download_counts_megabytes() {
        let work = Work::Task {
            label: "Downloading".into(),
            unit: "bytes".into(),
        };
        let mut run = Run::new(work, 170_498_071);
        run.step(85_249_035, &[], 2.0);
        assert_eq!(
            bar(&run, false),
            "85.2/170.5 MB ━━━━━━━━━━━━━━━━━━━━ 2s 42.6 MB/s"
        );
        run.target = 0;
        assert_eq!(bar(&run, false), "85.2 MB 2s 42.6 MB/s");
    }
}
