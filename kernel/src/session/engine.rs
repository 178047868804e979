//! evcxr, set up for this kernel.

use std::io;
use std::process::Command;
use std::sync::Arc;

use evcxr::{CommandContext, Error, EvalCallbacks, EvalContext, EvalOutputs};
use serde_json::Value;

use super::additions;
use super::checkpoints;
use super::child;
use super::library::{CELL_LEVEL, Library};
use super::memory;
use super::shared::Shared;
use super::workspace::Workspace;
use crate::events::{CellError, Display, Event, EventSender};

/// Run first in every process of the cells. The `?` makes evcxr learn that cells may use it, which
/// would otherwise cost the first such cell a second compilation.
const PRELUDE: &str = "Ok::<(), std::fmt::Error>(())?;\nkerust::notebook::attach();";

pub(crate) struct Engine {
    context: CommandContext,
    library: Library,
    /// The optimization level of the cells.
    level: String,
}

impl Engine {
    /// Starts evcxr in `workspace` and connects the library. The first time for a state of the
    /// library, this compiles the library and all that it needs.
    pub(crate) fn start(
        workspace: &Workspace,
        shared: &Arc<Shared>,
        events: &EventSender,
    ) -> Result<Engine, CellError> {
        let failed = |what: &str, why: &dyn std::fmt::Display| {
            CellError::new(
                "StartFailed",
                &format!("{what}: {}", why.to_string().trim_end()),
                &[],
            )
        };
        let memory = memory::limit()?;
        let library = workspace.library().clone();
        if !workspace.is_complete() {
            events.send(Event::Progress(Some(
                "preparing to compile kerust".to_owned(),
            )));
        }
        let unprepared =
            |error: io::Error| failed("the folder for compiled cells cannot be prepared", &error);
        let mut waits = false;
        let interrupted = || shared.cell().interrupted.is_some();
        let turn = workspace.take_turn(|| {
            if !std::mem::replace(&mut waits, true) {
                events.send(Event::Progress(Some(
                    "waiting for another notebook, which compiles kerust".to_owned(),
                )));
            }
            !interrupted()
        });
        // Until the library is compiled.
        let _turn = turn.map_err(unprepared)?;
        if waits && interrupted() {
            return Err(failed("kerust is not ready", &"the wait was interrupted"));
        }
        workspace.fill().map_err(unprepared)?;
        let program = std::env::current_exe()
            .map_err(|error| failed("the kernel's program cannot be found", &error))?;
        let mut command = Command::new(program);
        shared.pipes.give_to(&mut command);
        checkpoints::give_to(&mut command);
        workspace.environment().give_to(&mut command);
        command.env(memory::LIMIT_VARIABLE, memory.unwrap_or(0).to_string());
        child::give_libraries(&mut command, &workspace.library_folders());
        let (mut context, _) = EvalContext::with_subprocess_command(command)
            .map_err(|error| failed("evcxr could not start", &error))?;
        shared.set_process(Some(context.process_handle()));
        context
            .set_opt_level(&library.manifest_level(CELL_LEVEL))
            .map_err(|error| failed("evcxr could not be set up", &error))?;
        let mut engine = Engine {
            context: CommandContext::with_eval_context(context),
            library,
            level: CELL_LEVEL.to_owned(),
        };
        engine
            .attach()
            .map_err(|error| failed("kerust could not be loaded", &error))?;
        workspace.keep_manifest();
        workspace.set_complete();
        Ok(engine)
    }

    pub(crate) fn library(&self) -> &Library {
        &self.library
    }

    /// Sets the optimisation level of the cells to come.
    pub(crate) fn set_level(&mut self, level: &str) -> Result<(), Error> {
        self.context
            .set_opt_level(&self.library.manifest_level(level))?;
        self.level = level.to_owned();
        Ok(())
    }

    /// Whether the user asked for optimized cells: then their loops carry nothing extra.
    pub(crate) fn optimizes(&self) -> bool {
        !matches!(self.level.as_str(), "0" | "1")
    }

    /// Starts a fresh process for the cells, whose process has been ended; definitions stay.
    ///
    /// evcxr's own `:restart` would go on with variables that the new process does not have.
    pub(crate) fn restart(&mut self) {
        // It notices that the process is gone when it wants to run something there.
        let _ = self.attach();
    }

    /// Connects the library in the cells' process.
    pub(crate) fn attach(&mut self) -> Result<(), Error> {
        self.context.execute(PRELUDE).map(|_| ())
    }

    /// Runs a cell and returns what evcxr's commands print; all other output goes its own way.
    /// `ask` is given the prompt of a question of the cell, and whether the answer is secret.
    pub(crate) fn execute(
        &mut self,
        code: &str,
        ask: &dyn Fn(String, bool) -> String,
    ) -> Result<Option<Display>, Error> {
        let mut callbacks = EvalCallbacks {
            input_reader: &|request| ask(request.prompt, request.is_password),
        };
        let outputs = self.context.execute_with_callbacks(code, &mut callbacks)?;
        Ok(command_output(outputs))
    }

    /// The file that evcxr compiled last, with the user's lines as they were written.
    pub(crate) fn generated_source(&self) -> Option<String> {
        self.context
            .last_source()
            .ok()
            .map(|source| additions::removed(&source))
    }

    /// The variables that the cells have left, and their types.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        self.context
            .variables_and_types()
            .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
            .collect()
    }
}

fn command_output(outputs: EvalOutputs) -> Option<Display> {
    if outputs.is_empty() {
        return None;
    }
    let data = outputs
        .content_by_mime_type
        .into_iter()
        .map(|(mime, text)| (mime, Value::String(text)))
        .collect();
    Some(Display {
        data,
        ..Display::default()
    })
}
