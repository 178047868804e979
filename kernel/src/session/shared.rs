//! What the session thread, the reader thread and the server thread know together.

use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::crash_report::Death;
use super::pipes::Pipes;
use crate::events::Display;

/// What the session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Idle,
    /// Analysing or compiling a cell.
    Compiling,
    /// The cell runs in the cells' process.
    Running,
}

/// A panic that the library reported.
#[derive(Clone, Debug)]
pub(crate) struct Panic {
    pub(crate) message: String,
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) thread: Option<String>,
}

/// What the running cell asks the user.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) prompt: String,
    /// Whether the library asks, which understands that nobody can answer.
    pub(crate) by_library: bool,
}

/// The running cell.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) number: u64,
    pub(crate) phase: Phase,
    /// Whether the cell ends with an expression, whose display is then the cell's result.
    pub(crate) has_value: bool,
    /// Whether everything it prints is thrown away: a cell of the kernel's own.
    pub(crate) hidden: bool,
    /// The value of a hidden cell.
    pub(crate) value: Option<Display>,
    /// When its code began to run, and when that was over.
    pub(crate) ran: Option<Instant>,
    pub(crate) ended: Option<Instant>,
    /// What it asks the user, from the question to the answer.
    pub(crate) question: Option<Question>,
    pub(crate) interrupted: Option<Instant>,
    /// Why the kernel killed the cells' process, if it did.
    pub(crate) killed: Option<&'static str>,
    pub(crate) panicked: bool,
    pub(crate) panics: Vec<Panic>,
    /// What the error that left the cell by `?` says.
    pub(crate) user_error: Option<String>,
    /// The file of the compiled cell, once it runs.
    pub(crate) library: Option<String>,
}

impl Cell {
    pub(crate) fn idle() -> Self {
        Cell {
            number: 0,
            phase: Phase::Idle,
            has_value: false,
            hidden: false,
            value: None,
            ran: None,
            ended: None,
            question: None,
            interrupted: None,
            killed: None,
            panicked: false,
            panics: Vec::new(),
            user_error: None,
            library: None,
        }
    }
}

/// The shared state.
pub(crate) struct Shared {
    pub(crate) pipes: Pipes,
    cell: Mutex<Cell>,
    process: Mutex<Option<Arc<Mutex<Child>>>>,
    /// The last words of the cells' process; they may come while no cell runs.
    death: Mutex<Option<Death>>,
    attached: AtomicBool,
}

impl Shared {
    pub(crate) fn new(pipes: Pipes) -> Self {
        Shared {
            pipes,
            cell: Mutex::new(Cell::idle()),
            process: Mutex::new(None),
            death: Mutex::new(None),
            attached: AtomicBool::new(false),
        }
    }

    /// The running cell. A panic elsewhere leaves it usable, so poisoning is ignored.
    pub(crate) fn cell(&self) -> MutexGuard<'_, Cell> {
        self.cell.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_death(&self, death: Death) {
        *self.death.lock().unwrap_or_else(PoisonError::into_inner) = Some(death);
    }

    /// The last words of the cells' process, if it said any since the last call.
    pub(crate) fn take_death(&self) -> Option<Death> {
        let mut death = self.death.lock().unwrap_or_else(PoisonError::into_inner);
        death.take()
    }

    /// Whether the library in the cells' process listens and answers.
    pub(crate) fn attached(&self) -> bool {
        self.attached.load(Ordering::Relaxed)
    }

    pub(crate) fn set_attached(&self, attached: bool) {
        self.attached.store(attached, Ordering::Relaxed);
    }

    pub(crate) fn set_process(&self, process: Option<Arc<Mutex<Child>>>) {
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = process;
    }

    fn process(&self) -> Option<Arc<Mutex<Child>>> {
        self.process
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The process id of the cells' process.
    pub(crate) fn process_id(&self) -> Option<u32> {
        let process = self.process()?;
        let process = process.lock().unwrap_or_else(PoisonError::into_inner);
        Some(process.id())
    }

    /// Ends the cells' process and waits until it is gone.
    pub(crate) fn end_process(&self) {
        if let Some(process) = self.process() {
            let mut process = process.lock().unwrap_or_else(PoisonError::into_inner);
            // It may have ended by itself, which is just as good.
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Ends the cells' process at once.
    pub(crate) fn kill_process(&self) {
        if let Some(process) = self.process() {
            // It may have ended by itself, which is just as good.
            let _ = process
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .kill();
        }
    }
}
