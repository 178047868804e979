//! From an `execute_request` to its reply.

use std::sync::mpsc::Sender;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::sockets::Channel;
use super::{Current, Server, pager, replies};
use crate::analysis::{Question, QuestionKind};
use crate::events::CellError;
use crate::protocol::message::Message;
use crate::protocol::requests::{self, BadRequest, ExecuteRequest};
use crate::session::Task;

impl Server {
    pub(super) fn start_cell(&mut self, request: Message) {
        let cell: ExecuteRequest = match requests::content(&request) {
            Ok(cell) => cell,
            Err(error) => return self.refuse_queued(&request, &error),
        };
        let counts = cell.counts();
        if counts {
            self.execution_count += 1;
            self.history.add(self.execution_count, &cell.code);
        }
        if !cell.silent {
            let content = json!({ "code": cell.code, "execution_count": self.execution_count });
            self.publish("execute_input", &request.header, content);
        }
        self.pacer.start_cell(Instant::now());
        self.last_cell = request.header.clone();
        self.last_job += 1;
        let text = |value: Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        self.current = Some(Current {
            job: self.last_job,
            request,
            silent: cell.silent,
            counts,
            stop_on_error: cell.stop_on_error,
            expressions: cell
                .user_expressions
                .into_iter()
                .map(|(name, expression)| (name, text(expression)))
                .collect(),
            has_output: false,
            payload: Vec::new(),
        });
        if cell.code.trim().is_empty() {
            self.finish_cell(Ok(()));
        } else if let Some(name) = pager::subject(&cell.code) {
            let question = Question {
                position: name.len(),
                kind: QuestionKind::Inspect { detailed: true },
                code: name.to_owned(),
            };
            self.session.analysis.ask(self.last_job, question);
        } else {
            let (code, input) = (cell.code, cell.allow_stdin);
            self.session
                .submit(self.last_job, Task::Execute { code, input });
        }
    }

    /// Answers a queued request that cannot be understood.
    pub(super) fn refuse_queued(&mut self, request: &Message, error: &BadRequest) {
        self.refuse(Channel::Shell, request, error);
        self.publish_status("idle", &request.header);
    }

    /// Asks the client for the line that the running cell wants.
    pub(super) fn ask(&mut self, prompt: &str, password: bool, reply: Sender<String>) {
        self.pacer.flush(Instant::now());
        self.publish_ready();
        let Some(current) = &self.current else {
            return;
        };
        let content = json!({ "prompt": prompt, "password": password });
        self.reply(Channel::Stdin, &current.request, "input_request", content);
        self.input = Some(reply);
    }

    /// Gives the running cell the line that it asked for.
    pub(super) fn take_input(&mut self, reply: &Message) {
        let line: requests::InputReply = match requests::content(reply) {
            Ok(line) => line,
            Err(error) => return self.refuse(Channel::Stdin, reply, &error),
        };
        if let Some(input) = self.input.take() {
            // The cell may have been ended meanwhile.
            let _ = input.send(line.value);
        }
    }

    /// The cell has run: its expressions are next, if there are any.
    pub(super) fn finish_cell(&mut self, result: Result<(), CellError>) {
        self.hide_progress();
        self.input = None;
        if result.is_ok()
            && let Some(current) = &mut self.current
            && !current.expressions.is_empty()
        {
            let expressions = std::mem::take(&mut current.expressions);
            self.session
                .submit(current.job, Task::Evaluate { expressions });
            return;
        }
        self.complete_cell(result.map(|()| Map::new()));
    }

    /// Everything about the cell is known: its reply is due.
    pub(super) fn complete_cell(&mut self, result: Result<Map<String, Value>, CellError>) {
        self.pacer.flush(Instant::now());
        self.publish_ready();
        let Some(current) = self.current.take() else {
            return;
        };
        let header = &current.request.header;
        let abort = result.is_err() && current.stop_on_error;
        if abort {
            // Cells sent before the failure is known are aborted, but none sent because of it.
            self.drain(Channel::Shell);
        }
        let content = match result {
            Ok(values) => replies::executed(self.execution_count, values, &current.payload),
            Err(error) => {
                let content = error.to_content();
                self.publish("error", header, content.clone());
                replies::failed(self.execution_count, content)
            }
        };
        self.reply(Channel::Shell, &current.request, "execute_reply", content);
        self.publish_status("idle", header);
        if abort {
            self.abort_queue();
        }
    }

    /// Answers the cells that were already sent when one before them failed.
    fn abort_queue(&mut self) {
        for request in std::mem::take(&mut self.queue) {
            self.publish_status("busy", &request.header);
            let content = replies::aborted(self.execution_count);
            self.reply(Channel::Shell, &request, "execute_reply", content);
            self.publish_status("idle", &request.header);
        }
    }
}
