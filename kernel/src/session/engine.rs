//! evcxr, set up for this kernel.

use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::channel;

use evcxr::{CommandContext, Error, EvalCallbacks, EvalContext, EvalOutputs};
use serde_json::Value;

use super::Completions;
use super::child;
use super::library::{CELL_LEVEL, Library};
use super::memory;
use super::shared::Shared;
use super::workspace::{SOURCES_VARIABLE, Workspace};
use crate::events::{CellError, Completion, Display, Event, EventSender, Output};

/// Run first in every process of the cells. The `?` makes evcxr learn that cells may use it, which
/// would otherwise cost the first such cell a second compilation.
const PRELUDE: &str = "Ok::<(), std::fmt::Error>(())?;\nkerust::notebook::attach();";

pub(crate) struct Engine {
    context: CommandContext,
    library: Library,
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
        workspace
            .fill()
            .map_err(|error| failed("the folder for compiled cells cannot be prepared", &error))?;
        let program = std::env::current_exe()
            .map_err(|error| failed("the kernel's program cannot be found", &error))?;
        let mut command = Command::new(program);
        shared.pipes.give_to(&mut command);
        command.env_remove(SOURCES_VARIABLE);
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
        };
        engine
            .attach()
            .map_err(|error| failed("kerust could not be loaded", &error))?;
        workspace.set_complete();
        Ok(engine)
    }

    pub(crate) fn library(&self) -> &Library {
        &self.library
    }

    /// Sets the optimisation level of the cells to come.
    pub(crate) fn set_level(&mut self, level: &str) -> Result<(), Error> {
        self.context
            .set_opt_level(&self.library.manifest_level(level))
    }

    /// Connects the library in the cells' process.
    pub(crate) fn attach(&mut self) -> Result<(), Error> {
        self.context.execute(PRELUDE).map(|_| ())
    }

    /// Runs a cell; its output goes its own way, except what evcxr's commands print.
    pub(crate) fn execute(
        &mut self,
        code: &str,
        events: &EventSender,
        input: bool,
    ) -> Result<(), Error> {
        let ask = |prompt: String, password: bool| {
            if !input {
                return String::new();
            }
            let (reply, answer) = channel();
            events.send(Event::Input {
                prompt,
                password,
                reply,
            });
            answer.recv().unwrap_or_default()
        };
        let mut callbacks = EvalCallbacks {
            input_reader: &|request| ask(request.prompt, request.is_password),
        };
        let outputs = self.context.execute_with_callbacks(code, &mut callbacks)?;
        if let Some(display) = command_output(outputs) {
            events.send(Event::Output(Output::Result(display)));
        }
        Ok(())
    }

    /// The file that evcxr compiled last.
    pub(crate) fn generated_source(&self) -> Option<String> {
        self.context.last_source().ok()
    }

    pub(crate) fn complete(&mut self, code: &str, position: usize) -> Option<Completions> {
        let found = self.context.completions(code, position).ok()?;
        let completions = found
            .completions
            .into_iter()
            .map(|completion| Completion {
                text: completion.code,
                kind: completion.kind.to_owned(),
            })
            .collect();
        Some((completions, found.start_offset, found.end_offset))
    }

    /// Documentation of what stands before `position`, as text and as HTML.
    pub(crate) fn inspect(&mut self, code: &str, position: usize) -> Option<(String, String)> {
        let end = word_end(code, position);
        let (text, html) = self.context.hover_at(code, end).ok()?;
        (text != "No documentation found").then_some((text, html))
    }
}

/// The end of the word that `position` is in.
fn word_end(code: &str, position: usize) -> usize {
    code[position..]
        .find(|character: char| !character.is_alphanumeric() && character != '_')
        .map_or(code.len(), |length| position + length)
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
