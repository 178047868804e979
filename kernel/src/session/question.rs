//! Questions of cells to the user.

use std::sync::mpsc::channel;

use super::shared::Shared;
use crate::events::{Event, EventSender};

/// Tells the library, in the place of an answer, that nobody can give one.
const NOBODY: &str = "\x1b_kerust-nobody";

/// Asks the user the question of the running cell and waits for the answer. `allowed` says whether
/// the client can ask; `prompt` is what evcxr has understood.
pub(super) fn ask(
    shared: &Shared,
    events: &EventSender,
    allowed: bool,
    prompt: String,
    password: bool,
) -> String {
    let question = shared.cell().question.take();
    if !allowed {
        let by_library = question.is_some_and(|question| question.by_library);
        return if by_library { NOBODY } else { "" }.to_owned();
    }
    let prompt = question.map_or(prompt, |question| question.prompt);
    let (reply, answer) = channel();
    events.send(Event::Input {
        prompt,
        password,
        reply,
    });
    // After an interrupt nobody answers. The answer is a line of its own to the cells' process.
    answer.recv().unwrap_or_default().replace(['\n', '\r'], " ")
}
