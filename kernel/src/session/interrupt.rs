//! Stopping a cell, as gently as it allows.

use std::collections::HashMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::shared::{Phase, Shared};

/// How long a running cell has to stop by itself.
const GRACE: Duration = Duration::from_secs(5);
/// Two requests closer than this are one: somebody pressed the button twice.
const SAME_REQUEST: Duration = Duration::from_millis(700);
const CHECK_INTERVAL: Duration = Duration::from_millis(30);

/// Stops the running cell: ends the compiler or shell if it waits for one, asks it to stop if it runs,
/// and ends its process when it does not, or when asked a second time.
pub(crate) fn interrupt(shared: &Arc<Shared>) {
    let mut cell = shared.cell();
    if cell.phase == Phase::Idle {
        return;
    }
    match cell.interrupted {
        Some(first) if first.elapsed() < SAME_REQUEST => return,
        Some(_) if cell.phase == Phase::Running => {
            cell.killed = Some("asked to stop a second time");
            shared.kill_process();
            return;
        }
        Some(_) => return,
        None => {}
    }
    cell.interrupted = Some(Instant::now());
    let number = cell.number;
    drop(cell);
    let watched = Arc::clone(shared);
    let started = std::thread::Builder::new()
        .name("kerust-interrupt".to_owned())
        .spawn(move || stop(&watched, number));
    if started.is_err() {
        shared.kill_process();
    }
}

fn stop(shared: &Shared, number: u64) {
    let mut asked_at: Option<Instant> = None;
    loop {
        {
            // Held to the end of the step, so that the step cannot hit the cell after this one.
            let mut cell = shared.cell();
            if cell.number != number {
                return;
            }
            match (cell.phase, asked_at) {
                (Phase::Idle, _) => return,
                (Phase::Compiling, None) => end_programs(shared.process_id()),
                (Phase::Compiling, Some(_)) => {}
                (Phase::Running, None) => {
                    shared.pipes.send_control(b'i');
                    asked_at = Some(Instant::now());
                }
                (Phase::Running, Some(asked)) if asked.elapsed() > GRACE => {
                    cell.killed = Some("it did not stop within 5 seconds");
                    shared.kill_process();
                    return;
                }
                (Phase::Running, Some(_)) => {}
            }
        }
        std::thread::sleep(CHECK_INTERVAL);
    }
}

/// Ends every program that this process started, compilers and what `!` lines run, but neither the
/// cells' process nor what the cells started.
pub(crate) fn end_programs(cells: Option<u32>) {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for (id, parent) in list_processes() {
        children.entry(parent).or_default().push(id);
    }
    let mut pending = vec![std::process::id()];
    while let Some(parent) = pending.pop() {
        for child in children.get(&parent).into_iter().flatten() {
            if Some(*child) == cells {
                continue;
            }
            pending.push(*child);
            // SAFETY: `kill` reads only its arguments; the id is of a descendant just seen.
            unsafe { libc::kill(*child as libc::pid_t, libc::SIGKILL) };
        }
    }
}

/// The processes that `/proc` shows, with their parents; none where there is no `/proc`.
fn list_processes() -> Vec<(u32, u32)> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name stands in parentheses and may hold any character.
            let (_, fields) = stat.rsplit_once(')')?;
            let parent = fields.split_whitespace().nth(1)?.parse().ok()?;
            Some((id, parent))
        })
        .collect()
}
