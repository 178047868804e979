//! How long a cell took, told at its end when the user wants to know.

use std::time::{Duration, Instant};

use super::shared::Cell;
use crate::events::Display;

/// What a cell took that was begun at `started` and is over now.
pub(super) fn display(started: Instant, cell: &Cell) -> Display {
    let now = Instant::now();
    let text = match cell.ran {
        Some(ran) => {
            let ended = cell.ended.unwrap_or(now);
            format!(
                "compiled in {}, ran for {}",
                duration(ran - started),
                duration(ended.saturating_duration_since(ran))
            )
        }
        None => format!("took {}, nothing was run", duration(now - started)),
    };
    let html = format!(
        "<div style=\"color: var(--jp-ui-font-color2, #757575); \
         font-size: var(--jp-ui-font-size1, 13px); \
         font-family: var(--jp-ui-font-family, sans-serif)\">{text}</div>"
    );
    Display::html(html, text)
}

/// A time in the unit that suits it.
fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match time.as_millis() {
        0 => format!("{:.0} µs", seconds * 1e6),
        1..100 => format!("{:.1} ms", seconds * 1e3),
        100..1_000 => format!("{:.0} ms", seconds * 1e3),
        1_000..60_000 => format!("{seconds:.2} s"),
        60_000..3_600_000 => format!("{} min {} s", time.as_secs() / 60, time.as_secs() % 60),
        _ => format!(
            "{} h {} min",
            time.as_secs() / 3600,
            time.as_secs() / 60 % 60
        ),
    }
}
