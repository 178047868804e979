//! What reaches a terminal or a file, and how often.

use std::sync::{Arc, Mutex};

use super::screen::Sink;
use super::*;

type Writes = Arc<Mutex<Vec<String>>>;

fn metrics(values: &[(&str, f64)]) -> Vec<(String, f64)> {
    values.iter().map(|(n, v)| (n.to_string(), *v)).collect()
}

fn fit(epochs: usize, screen: fn(Sink) -> Screen) -> (Progress, Writes) {
    let writes = Writes::default();
    let work = Work::Fit {
        epochs,
        batch_size: 32,
    };
    let screen = screen(Sink::Memory(writes.clone()));
    (Progress::new(Run::new(work, 10_000), screen), writes)
}

fn terminal(sink: Sink) -> Screen {
    Screen::Terminal {
        sink,
        colors: false,
        drawn: 0,
    }
}

fn lines(sink: Sink) -> Screen {
    Screen::Lines {
        sink,
        alive: Instant::now(),
        curves: None,
    }
}

fn text(writes: &Writes) -> String {
    writes.lock().expect("one thread").concat()
}

/// What a terminal shows in the end: each `\r` starts the line again.
fn visible(text: &str) -> Vec<String> {
    let shown = |line: &str| {
        let mut screen: Vec<char> = Vec::new();
        for part in line.split('\r') {
            let part: Vec<char> = part.chars().collect();
            let kept = screen.len().max(part.len());
            screen.resize(kept, ' ');
            screen[..part.len()].copy_from_slice(&part);
        }
        screen
            .into_iter()
            .collect::<String>()
            .trim_end()
            .to_string()
    };
    text.lines().map(shown).collect()
}

fn run(progress: &mut Progress, epochs: usize) {
    for epoch in 0..epochs {
        progress.begin_epoch(epoch);
        for step in 1..=10_000 {
            progress.step(step, &metrics(&[("loss", 1.0)]));
        }
        progress.end_epoch(&metrics(&[("loss", 0.5), ("val_loss", 0.25)]));
    }
}

#[test]
fn a_terminal_is_drawn_rarely_and_ends_with_kerass_lines() {
    let (mut progress, writes) = fit(2, terminal);
    run(&mut progress, 2);
    let seconds = progress.begun.elapsed().as_secs_f64();
    progress.finish();
    drop(progress);
    let count = writes.lock().expect("one thread").len();
    // Two lines and two full bars an epoch, and one bar each 50 ms.
    assert!(
        count <= 8 + (seconds / 0.05) as usize,
        "{count} in {seconds} s"
    );
    let visible = visible(&text(&writes));
    assert_eq!(visible.len(), 4, "{visible:?}");
    assert_eq!(
        (visible[0].as_str(), visible[2].as_str()),
        ("Epoch 1/2", "Epoch 2/2")
    );
    assert!(visible[1].starts_with("10000/10000 ━━━━━━━━━━━━━━━━━━━━ 0s "));
    assert!(visible[1].ends_with("us/step - loss: 0.5000 - val_loss: 0.2500"));
}

#[test]
fn a_file_gets_one_line_an_epoch() {
    let (mut progress, writes) = fit(1, lines);
    run(&mut progress, 1);
    progress.finish();
    let text = text(&writes);
    assert_eq!(text.lines().count(), 1, "a single epoch needs no number");
    assert!(text.starts_with("10000/10000 ━━━━━━━━━━━━━━━━━━━━ ") && text.ends_with("0.2500\n"));
    let (mut progress, writes) = fit(3, Screen::Brief);
    run(&mut progress, 1);
    progress.finish();
    let text = self::text(&writes);
    assert!(text.starts_with("Epoch 1/3\n10000/10000 - 0s - "), "{text}");
}

#[test]
fn runs_that_stop_say_so_once() {
    let (mut progress, writes) = fit(5, terminal);
    progress.begin_epoch(3);
    progress.step(120, &metrics(&[("loss", 1.0)]));
    progress.interrupted(3, 120);
    progress.finish();
    drop(progress);
    assert!(text(&writes).ends_with(
        "\nInterrupted at epoch 4/5, step 120/10000. The model and the history so far are \
         kept.\n"
    ));
    let (mut progress, writes) = fit(5, lines);
    progress.begin_epoch(0);
    progress.step(5, &[]);
    progress.diverged(7, "the loss is NaN");
    drop(progress);
    assert_eq!(
        text(&writes),
        "Epoch 1/5\nStopped at epoch 1/5, step 7/10000: the loss is NaN\n"
    );
    let (mut progress, writes) = fit(5, lines);
    progress.begin_epoch(0);
    drop(progress);
    assert!(text(&writes).ends_with("step 0/10000: an error ended the run.\n"));
    let (progress, writes) = fit(5, lines);
    drop(progress);
    assert_eq!(text(&writes), "", "what never began has nothing to say");
}

#[test]
fn the_stock_kernel_gets_the_curves_in_the_end() {
    for (epochs, charts) in [(1, vec![]), (2, vec!["<chart: loss over 2 epochs>"])] {
        let (mut progress, writes) = fit(epochs, lines);
        let shown = Arc::new(Mutex::new(Vec::new()));
        if let Screen::Lines { curves, .. } = &mut progress.screen {
            *curves = Some(Place::Memory(shown.clone()));
        }
        run(&mut progress, epochs);
        assert!(shown.lock().expect("one thread").is_empty(), "not before");
        progress.finish();
        drop(progress);
        let shown = shown.lock().expect("one thread");
        let texts: Vec<&str> = shown.iter().map(|bundle| bundle.plain()).collect();
        assert_eq!(texts, charts);
        assert_eq!(text(&writes).matches("val_loss").count(), epochs);
    }
}

#[test]
fn the_first_step_is_always_due() {
    let (mut progress, _) = fit(2, Screen::Brief);
    progress.begin_epoch(0);
    assert!(progress.is_due());
    progress.step(1, &[]);
    assert!(
        !progress.is_due(),
        "nothing is drawn before the end of the epoch"
    );
    progress.begin_epoch(1);
    assert!(progress.is_due());
}

#[test]
fn silence_is_silent() {
    let (mut progress, writes) = fit(2, |_| Screen::Nothing);
    run(&mut progress, 2);
    assert!(!progress.is_due());
    drop(progress);
    assert_eq!(text(&writes), "");
}
