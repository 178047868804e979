//! Waiting for others, as long as the user likes.

use std::time::{Duration, Instant};

use crate::{Error, Result, notebook};

/// How long nobody asks whether the user has interrupted.
pub(super) const MOMENT: Duration = Duration::from_millis(100);

/// What `ready` gives at last, which is asked again and again and takes a moment for each answer.
///
/// # Errors
/// `interrupted`, when the user interrupts.
pub(super) fn until<T>(
    interrupted: impl FnOnce() -> Error,
    mut ready: impl FnMut() -> Option<T>,
) -> Result<T> {
    loop {
        if let Some(thing) = ready() {
            return Ok(thing);
        }
        if notebook::interrupted() {
            return Err(interrupted());
        }
    }
}

/// Waits so long.
///
/// # Errors
/// `interrupted`, when the user interrupts.
pub(super) fn pause(interrupted: impl FnOnce() -> Error, time: Duration) -> Result<()> {
    let begun = Instant::now();
    until(interrupted, || {
        let rest = time.saturating_sub(begun.elapsed());
        std::thread::sleep(rest.min(MOMENT));
        (begun.elapsed() >= time).then_some(())
    })
}
