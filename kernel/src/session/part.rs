//! Compiling and running one part of a cell.

use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::additions::Additions;
use super::engine::Engine;
use super::{Session, catch, checkpoints, memory, question, stops, timing};
use crate::analysis::{self, Findings};
use crate::events::{CellError, Event, Output};
use crate::source;

/// How often the wait for the types of a cell is looked after.
const ANSWER_INTERVAL: Duration = Duration::from_millis(20);

/// How long it is worth to wait for the form in which a value is shown: evcxr finds it out by
/// compiling the cell twice.
const DISPLAY_LIMIT: Duration = Duration::from_millis(60);

/// A part of a cell: its commands, the rest, or all of it.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    /// The cell as the user wrote it.
    pub(super) cell: &'a str,
    /// The part, with the line numbers of the cell.
    pub(super) text: &'a str,
    /// Whether the cell ends with it.
    pub(super) is_last: bool,
    /// Whether it ends with an expression worth showing.
    pub(super) value: bool,
    /// Whether it makes evcxr start a fresh process for the cells.
    pub(super) restarts: bool,
    /// Whether it may ask the user for a line.
    pub(super) input: bool,
    /// When the cell started, if it tells at its end how long it took.
    pub(super) tells_time: Option<Instant>,
}

impl Session {
    /// Compiles and runs a part of a cell.
    pub(super) fn run_part(&mut self, part: &Part) -> Result<(), CellError> {
        self.begin_cell(part.value, false);
        self.analysis.cell_started(part.text);
        let kills = memory::out_of_memory_kills();
        self.events
            .send(Event::Progress(Some("compiling the cell".to_owned())));
        let additions = self.additions(part.text);
        let engine = self.engine.as_mut();
        let (shared, events) = (&self.shared, &self.events);
        let ask = |prompt, password| question::ask(shared, events, part.input, prompt, password);
        let outcome = catch(|| {
            let Some(engine) = engine else {
                return Ok(());
            };
            let printed = engine.execute(&additions.code, &ask)?;
            if let Some(display) = printed {
                events.send(Event::Output(if part.is_last {
                    Output::Result(display)
                } else {
                    Output::Display(display)
                }));
            }
            Ok(())
        });
        self.sync();
        let generated = self.engine.as_ref().and_then(Engine::generated_source);
        self.events.send(Event::Progress(None));
        if let Some(engine) = &self.engine {
            let ran = matches!(outcome, Ok(Ok(())));
            let variables = engine.variables();
            if ran {
                self.gone.cell_ended(part.text, &variables);
            }
            self.analysis.cell_ended(ran, variables);
        }
        let cell = self.end_cell();
        if let (Some(library), Some(generated)) = (&cell.library, &generated) {
            self.programs.add(library, part.cell, generated);
        }
        if let Some(started) = part.tells_time {
            let display = timing::display(started, &cell);
            self.events.send(Event::Output(Output::Display(display)));
        }
        let saved = self.checkpoints.of_dead(&outcome);
        let generated = generated.as_deref();
        let mut result = self.judge(outcome, &cell, part.cell, &additions, generated, kills);
        checkpoints::append(&mut result, saved);
        if part.restarts {
            self.checkpoints.begin();
            self.attach();
        } else if self.compiled_library() != self.loaded {
            self.reload();
        }
        result
    }

    /// `code` with all that has to be added before it is compiled.
    pub(super) fn additions(&self, code: &str) -> Additions {
        let mut pieces = match &self.engine {
            Some(engine) if !engine.optimizes() => stops::stops(code),
            _ => Vec::new(),
        };
        let findings = self.findings(code);
        pieces.extend(findings.additions);
        let mut additions = Additions::insert(code, pieces);
        additions.unnameable = findings.unnameable;
        additions
    }

    /// What rust-analyzer finds out about `code`.
    fn findings(&self, code: &str) -> Findings {
        let needs_types = analysis::needs_types(code);
        if !needs_types && source::ending(code).value.is_none() {
            return Findings::default();
        }
        let answer = self.analysis.find(code, !self.own_format);
        let asked = Instant::now();
        while self.shared.cell().interrupted.is_none() {
            match answer.recv_timeout(ANSWER_INTERVAL) {
                Ok(findings) => return findings,
                Err(RecvTimeoutError::Timeout)
                    if needs_types || asked.elapsed() < DISPLAY_LIMIT => {}
                Err(_) => break,
            }
        }
        // evcxr says which type it does not know.
        Findings::default()
    }
}
