//! The session: evcxr on a thread of its own, and the process that runs the cells.

pub mod additions;
mod checkpoints;
pub mod child;
mod commands;
mod compiler;
#[cfg(target_os = "linux")]
mod crash;
mod crash_report;
mod engine;
mod errors;
mod expressions;
pub(crate) mod help;
mod interrupt;
mod library;
pub mod memory;
pub(crate) mod outline;
pub mod parser;
mod part;
mod paths;
mod pipes;
mod progress;
mod question;
mod reader;
mod sealed;
mod shared;
mod slots;
pub mod stops;
#[cfg(target_os = "linux")]
mod threads;
mod timing;
pub mod tools;
pub mod traps;
mod workspace;

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use evcxr::Error;

use self::additions::Additions;
use self::checkpoints::Checkpoints;
use self::crash_report::{Circumstances, Programs};
use self::engine::Engine;
use self::part::Part;
use self::pipes::Pipes;
use self::reader::Reader;
use self::shared::{Cell, Phase, Shared};
pub(crate) use self::slots::cache_directory;
use self::traps::Gone;
use self::workspace::Workspace;
use crate::analysis::{AnalysisHandle, Packages};
use crate::events::{CellError, Event, EventSender, JobResult, Output, Stream};
use crate::source;

/// What rust-analyzer reads of the standard library: an outline of the sources of the `rustc` on the
/// path, made under `cache` once. Nothing if there are no sources and none can be installed.
///
/// # Errors
/// If there is no compiler, or the folder cannot be written.
pub fn standard_library(cache: &Path) -> std::io::Result<Option<PathBuf>> {
    std::fs::create_dir_all(cache)?;
    compiler::Compiler::find(cache)?.make_outline(cache)
}

/// How long the end of a cell waits for its last output to be read.
const SYNC_LIMIT: Duration = Duration::from_secs(2);

/// Work for the session.
pub(crate) enum Task {
    /// Run a cell. `input` says whether it may ask the user for a line.
    Execute { code: String, input: bool },
    /// Evaluate expressions after a cell, each with a name, and show nothing.
    Evaluate { expressions: Vec<(String, String)> },
}

struct Job {
    number: u64,
    task: Task,
}

/// The server thread's hold on the session.
pub(crate) struct SessionHandle {
    jobs: Sender<Job>,
    skip: Arc<AtomicU64>,
    shared: Arc<Shared>,
    /// What answers questions about code, also while a cell runs.
    pub(crate) analysis: AnalysisHandle,
}

impl SessionHandle {
    /// Starts the session's threads; evcxr starts in the background.
    ///
    /// Call it while the process has one thread.
    pub(crate) fn start(events: EventSender) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::new(Pipes::new()?));
        let workspace = Workspace::claim().map_err(|error| {
            CellError::new(
                "StartFailed",
                &format!("cells cannot be compiled: {error}"),
                &[],
            )
        });
        let captured = pipes::capture_standard_error()?;
        crate::log::set_target(captured.original.try_clone()?);
        let (directory, from_nothing) = match &workspace {
            Ok(workspace) => (workspace.directory(), workspace.from_nothing),
            Err(_) => (std::env::temp_dir(), false),
        };
        let packages = workspace.as_ref().ok().map(|workspace| Packages {
            directory: workspace.directory(),
            sources: workspace.sources(),
        });
        let known = workspace.as_ref().is_ok_and(Workspace::restore_manifest);
        let analysis = AnalysisHandle::start(packages, known, events.clone())?;
        progress::watch(captured, events.clone(), directory, from_nothing)?;
        checkpoints::remove_old();
        let (synced, syncs) = channel();
        let reader = Reader::new(Arc::clone(&shared), events.clone(), synced);
        std::thread::Builder::new()
            .name("kerust-reader".to_owned())
            .spawn(move || reader.run())?;
        let (jobs, queue) = channel();
        let skip = Arc::new(AtomicU64::new(0));
        let session = Session {
            shared: Arc::clone(&shared),
            skip: Arc::clone(&skip),
            events,
            analysis: analysis.clone(),
            syncs,
            sync_number: 0,
            cell_number: 0,
            timing: false,
            own_format: false,
            workspace,
            engine: None,
            trouble: None,
            checkpoints: Checkpoints::default(),
            loaded: None,
            gone: Gone::default(),
            programs: Programs::default(),
        };
        std::thread::Builder::new()
            .name("kerust-session".to_owned())
            // rust-analyzer and the parser recurse deeply.
            .stack_size(64 << 20)
            .spawn(move || session.run(&queue))?;
        Ok(SessionHandle {
            jobs,
            skip,
            shared,
            analysis,
        })
    }

    /// Queues `task`; its result comes as an event with `number`.
    pub(crate) fn submit(&self, number: u64, task: Task) {
        // The session thread catches every panic, so it is there as long as the process.
        let _ = self.jobs.send(Job { number, task });
    }

    /// Leaves out the job with this number, which has not started yet.
    pub(crate) fn skip(&self, number: u64) {
        // Jobs come one after the other, so all before it are done or left out as well.
        self.skip.store(number, Ordering::SeqCst);
    }

    /// Stops the running cell.
    pub(crate) fn interrupt(&self) {
        interrupt::interrupt(&self.shared);
    }

    /// Ends the cells' process and every compiler, for good.
    pub(crate) fn kill(&self) {
        self.skip(u64::MAX);
        interrupt::end_programs(self.shared.process_id());
        self.shared.end_process();
    }
}

struct Session {
    shared: Arc<Shared>,
    skip: Arc<AtomicU64>,
    events: EventSender,
    analysis: AnalysisHandle,
    syncs: Receiver<u64>,
    sync_number: u64,
    cell_number: u64,
    /// Whether each cell tells how long it took.
    timing: bool,
    /// Whether the user has changed the form in which evcxr shows values.
    own_format: bool,
    workspace: Result<Workspace, CellError>,
    engine: Option<Engine>,
    /// Why there is no engine.
    trouble: Option<CellError>,
    checkpoints: Checkpoints,
    /// The compiled library that the cells' process has loaded.
    loaded: Option<(u64, i64, i64)>,
    /// The variables that cells took away.
    gone: Gone,
    /// The cells that have run.
    programs: Programs,
}

impl Session {
    fn run(mut self, queue: &Receiver<Job>) {
        self.start_engine();
        while let Ok(job) = queue.recv() {
            if job.number <= self.skip.load(Ordering::SeqCst) {
                continue;
            }
            let result = match job.task {
                Task::Execute { code, input } => JobResult::Executed(self.execute(&code, input)),
                Task::Evaluate { expressions } => JobResult::Evaluated(self.evaluate(expressions)),
            };
            self.events.send(Event::Done {
                job: job.number,
                result,
            });
        }
    }

    /// Starts evcxr and brings in the library.
    fn start_engine(&mut self) {
        self.begin_cell(false, true);
        let (shared, events) = (&self.shared, &self.events);
        let started = match &self.workspace {
            Ok(workspace) => catch(|| Engine::start(workspace, shared, events)),
            Err(error) => Ok(Err(error.clone())),
        };
        self.sync();
        self.end_cell();
        self.events.send(Event::Progress(None));
        match started {
            Ok(Ok(engine)) => {
                self.engine = Some(engine);
                self.trouble = None;
                self.loaded = self.compiled_library();
            }
            Ok(Err(error)) => self.trouble = Some(error),
            Err(message) => {
                self.trouble = Some(CellError::new(
                    "StartFailed",
                    &format!("evcxr failed while it started: {message}"),
                    &[],
                ));
            }
        }
        self.analysis.session_ready();
        self.events.send(Event::Ready);
    }

    fn begin_cell(&mut self, has_value: bool, hidden: bool) {
        self.cell_number += 1;
        *self.shared.cell() = Cell {
            number: self.cell_number,
            phase: Phase::Compiling,
            has_value,
            hidden,
            ..Cell::idle()
        };
        self.shared.pipes.send_control(b'r');
    }

    /// The cell as it ended.
    fn end_cell(&mut self) -> Cell {
        std::mem::replace(&mut *self.shared.cell(), Cell::idle())
    }

    /// Waits until everything that the cells wrote so far is given out.
    fn sync(&mut self) {
        self.sync_number += 1;
        let mark = parser::sync_mark(self.sync_number);
        use std::io::Write;
        for writer in [&self.shared.pipes.output.1, &self.shared.pipes.errors.1] {
            let mut writer = writer;
            // This process holds both ends, so it cannot fail.
            let _ = writer.write_all(&mark);
        }
        let mut missing = 2;
        while missing > 0 {
            match self.syncs.recv_timeout(SYNC_LIMIT) {
                Ok(number) if number == self.sync_number => missing -= 1,
                Ok(_) => {}
                // The cells print faster than it can be passed on.
                Err(_) if self.events.is_full() => {}
                Err(_) => return,
            }
        }
    }

    fn execute(&mut self, code: &str, input: bool) -> Result<(), CellError> {
        if self.engine.is_none() {
            self.start_engine();
        } else if !self.shared.attached() {
            // An earlier attempt was interrupted.
            self.attach();
        }
        let Some(engine) = &mut self.engine else {
            return Err(self.no_engine());
        };
        let mut prepared = commands::prepare(code, engine.library(), &mut self.timing)?;
        if let Some(level) = &prepared.level {
            let set = engine.set_level(level);
            set.map_err(|error| {
                errors::from_evcxr(&error, code, &Additions::default(), &self.gone)
            })?;
        }
        for display in prepared.shown.drain(..) {
            self.events.send(Event::Output(Output::Display(display)));
        }
        for note in &prepared.notes {
            self.events.send(Event::Output(Output::Text {
                stream: Stream::Stdout,
                text: format!("{note}\n"),
            }));
        }
        self.own_format |= prepared.reformats;
        let started = Instant::now();
        if prepared.begins_afresh {
            self.restart();
        }
        let mut part = Part {
            cell: code,
            text: &prepared.code,
            is_last: true,
            value: prepared.has_value,
            restarts: prepared.restarts,
            input,
            tells_time: self.timing.then_some(started),
        };
        let Some(commands) = source::commands_apart(&prepared.code) else {
            return self.run_part(&part);
        };
        // The types in the rest can depend on what the commands bring.
        let rest = source::without_commands(&prepared.code);
        let first = Part {
            text: &commands,
            is_last: false,
            value: false,
            tells_time: None,
            ..part
        };
        match self.run_part(&first) {
            // The process has the old library no more, so the commands are followed now.
            Err(error) if error.ename == errors::RESTARTED => self.run_part(&first)?,
            result => result?,
        }
        (part.text, part.restarts) = (&rest, false);
        self.run_part(&part)
    }

    fn compiled_library(&self) -> Option<(u64, i64, i64)> {
        self.workspace.as_ref().ok()?.compiled_library()
    }

    /// Gives the cells a fresh process with the library connected. Variables are lost.
    fn restart(&mut self) {
        self.begin_cell(false, true);
        self.shared.kill_process();
        let engine = self.engine.as_mut();
        if catch(|| engine.map(Engine::restart)).is_err() {
            crate::log::note("evcxr failed while it started a process");
        }
        self.sync();
        self.end_cell();
        // It was ended on purpose.
        self.shared.take_death();
        self.checkpoints.begin();
        self.gone.clear();
        self.analysis.cell_started("");
        self.analysis.cell_ended(false, Vec::new());
        self.attach();
    }

    /// A cell's crate shares parts with the library, which was compiled again for it: cells from
    /// now on need a process that loads the new one.
    fn reload(&mut self) {
        self.restart();
        self.events.send(Event::Output(Output::Text {
            stream: Stream::Stderr,
            text: "kerust was compiled again, because the new crate shares parts with it, and \
                   started afresh.\nVariables of earlier cells are lost: run the cells again that \
                   make them. It is best to name crates first, in cells above all others.\n"
                .to_owned(),
        }));
    }

    /// Why no cell can run.
    fn no_engine(&self) -> CellError {
        let unknown = || CellError::new("StartFailed", "evcxr could not be started", &[]);
        self.trouble.clone().unwrap_or_else(unknown)
    }

    /// What became of the cell. `kills` is how often the system had run out of memory before it.
    fn judge(
        &mut self,
        outcome: Result<Result<(), Error>, String>,
        cell: &Cell,
        code: &str,
        additions: &Additions,
        generated: Option<&str>,
        kills: u64,
    ) -> Result<(), CellError> {
        match outcome {
            Ok(Err(Error::SubprocessTerminated(message))) => {
                Err(self.process_ended(&message, cell, kills))
            }
            Err(message) => {
                let state = self.recover();
                Err(CellError::new(
                    "EvcxrFailed",
                    &format!("evcxr itself failed on this cell: {message}"),
                    &[
                        "This is a fault of evcxr, not of the cell; written a little differently, \
                         it may work."
                            .to_owned(),
                        state.to_owned(),
                    ],
                ))
            }
            Ok(_) if cell.interrupted.is_some() => {
                Err(CellError::interrupted(match cell.panicked {
                    false => "the cell was stopped; variables are kept",
                    true => {
                        "the cell was stopped; variables are kept, except those that the cell itself made"
                    }
                }))
            }
            Ok(Err(error)) => Err(errors::from_evcxr(&error, code, additions, &self.gone)),
            Ok(Ok(())) => {
                let (fatal, survived) = match (cell.panicked, cell.panics.split_last()) {
                    (true, Some((last, others))) => (Some(last), others),
                    _ => (None, &cell.panics[..]),
                };
                for panic in survived {
                    self.events.send(Event::Output(Output::Text {
                        stream: Stream::Stderr,
                        text: errors::survived_panic(panic),
                    }));
                }
                if cell.panicked {
                    Err(errors::from_panic(fatal, code, generated))
                } else if let Some(message) = &cell.user_error {
                    Err(errors::from_question_mark(message, code))
                } else {
                    Ok(())
                }
            }
        }
    }

    /// The cells' process has ended: connects the library in the fresh one and says why.
    fn process_ended(&mut self, message: &str, cell: &Cell, kills: u64) -> CellError {
        let death = self.shared.take_death();
        self.gone.clear();
        let compiled_again = self.compiled_library() != self.loaded;
        self.attach();
        if compiled_again {
            return CellError::new(
                errors::RESTARTED,
                "kerust was compiled again, because the new crate shares parts with it, and the \
                 process of the cells has not loaded the new one",
                &[errors::lost(), "Run this cell again, too.".to_owned()],
            );
        }
        if let Some(why) = cell.killed {
            return CellError::new(
                "KeyboardInterrupt",
                &format!("the cell was ended by force: {why}"),
                &[errors::lost()],
            );
        }
        crash_report::explain(&Circumstances {
            message,
            death: death.as_ref(),
            panics: &cell.panics,
            library: cell.library.as_deref(),
            programs: &self.programs,
            limit: memory::limit().unwrap_or_default(),
            out_of_memory: memory::out_of_memory_kills() > kills,
        })
    }

    /// Connects the library in a fresh process of the cells. Returns whether that worked.
    fn attach(&mut self) -> bool {
        self.shared.set_attached(false);
        self.begin_cell(false, true);
        let engine = self.engine.as_mut();
        let attached = catch(|| engine.map(Engine::attach));
        self.sync();
        self.end_cell();
        let attached = matches!(attached, Ok(Some(Ok(()))));
        self.loaded = self.compiled_library();
        if !attached {
            crate::log::note("the library could not be connected to the process of the cells");
        }
        attached
    }

    /// After a failure inside evcxr: goes on with it if it still works, else replaces it. Returns
    /// what to tell the user.
    fn recover(&mut self) -> &'static str {
        if self.attach() {
            return "Earlier cells are not affected: variables and definitions are kept.";
        }
        self.rebuild();
        "A fresh session is ready, but everything that earlier cells defined is lost: run them \
         again."
    }

    /// Replaces evcxr after a failure of its own.
    fn rebuild(&mut self) {
        self.shared.kill_process();
        self.shared.set_attached(false);
        if let Some(engine) = self.engine.take() {
            // Its state is unknown, so even letting go of it may fail.
            let _ = catch(|| drop(engine));
        }
        self.start_engine();
    }
}

/// Runs `action`; a panic becomes its message.
fn catch<T>(action: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(AssertUnwindSafe(action)).map_err(|payload| {
        payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned())
    })
}
