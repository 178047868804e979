//! What a side of the benchmark says and is told: `serve.py` in Rust.

use std::io::BufRead;
use std::time::Instant;

use serde_json::json;

/// Says that the model is made, with what the libraries are.
pub(crate) fn ready(name: &str, version: &str) {
    println!("{}", json!({"event": "ready", "versions": {name: version}}));
}

/// Says that the samples are made.
pub(crate) fn loaded() {
    println!("{}", json!({"event": "load"}));
}

/// Each command as it comes, with the number of calls.
pub(crate) fn commands() -> impl Iterator<Item = (String, usize)> {
    let lines = std::io::stdin().lock().lines();
    lines.map_while(Result::ok).filter_map(|line| {
        let (command, calls) = line.split_once(' ')?;
        Some((command.to_owned(), calls.parse().ok()?))
    })
}

/// Calls `function` and answers; `check` makes the number of its last result, untimed.
///
/// # Errors
/// Those of `function`.
pub(crate) fn timed<T, E>(
    command: &str,
    calls: usize,
    mut function: impl FnMut() -> Result<T, E>,
    check: impl FnOnce(T) -> f64,
) -> Result<(), E> {
    let started = Instant::now();
    for _ in 1..calls {
        function()?;
    }
    let last = function()?;
    let seconds = started.elapsed().as_secs_f64() / calls as f64;
    let answer = json!({"event": command, "seconds": seconds, "check": check(last)});
    println!("{answer}");
    Ok(())
}
