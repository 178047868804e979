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

/// Programs that compile a cell.
const COMPILING: [&str; 10] = [
    "cargo", "rustc", "ld", "cc", "gcc", "clang", "collect2", "ld.lld", "rust-lld", "mold",
];

/// Stops the running cell: ends the compiler if it is being compiled, asks it to stop if it runs,
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
            drop(cell);
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
        let phase = {
            let cell = shared.cell();
            if cell.number != number {
                return;
            }
            cell.phase
        };
        match (phase, asked_at) {
            (Phase::Idle, _) => return,
            (Phase::Compiling, None) => kill_compilers(shared.process_id()),
            (Phase::Compiling, Some(_)) => {}
            (Phase::Running, None) => {
                shared.pipes.send_control(b'i');
                asked_at = Some(Instant::now());
            }
            (Phase::Running, Some(asked)) if asked.elapsed() > GRACE => {
                shared.cell().killed = Some("it did not stop within 5 seconds");
                shared.kill_process();
                return;
            }
            (Phase::Running, Some(_)) => {}
        }
        std::thread::sleep(CHECK_INTERVAL);
    }
}

/// Ends every compiler that this process started, but nothing that the cells started.
pub(crate) fn kill_compilers(cells: Option<u32>) {
    let processes = list_processes();
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for (id, process) in &processes {
        children.entry(process.parent).or_default().push(*id);
    }
    let mut pending = vec![std::process::id()];
    while let Some(parent) = pending.pop() {
        for child in children.get(&parent).into_iter().flatten() {
            if Some(*child) == cells {
                continue;
            }
            pending.push(*child);
            if COMPILING.contains(&processes[child].name.as_str()) {
                // SAFETY: `kill` reads only its arguments; the id is of a descendant just seen.
                unsafe { libc::kill(*child as libc::pid_t, libc::SIGKILL) };
            }
        }
    }
}

struct Process {
    name: String,
    parent: u32,
}

/// The processes that `/proc` shows; none where there is no `/proc`.
fn list_processes() -> HashMap<u32, Process> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return HashMap::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name stands in parentheses and may hold any character.
            let (head, tail) = stat.rsplit_once(')')?;
            let name = head.split_once('(')?.1.to_owned();
            let parent = tail.split_whitespace().nth(1)?.parse().ok()?;
            Some((id, Process { name, parent }))
        })
        .collect()
}
