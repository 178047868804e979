//! The bounded queue of events for the server thread, which wakes it through a pipe.
//!
//! Outputs wait outside when the queue is full: so the thread that reads what the cells print stops
//! reading, the cells' pipes fill up, and the cells themselves wait. Everything else always finds
//! room, because it never comes in numbers.

use std::collections::VecDeque;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::events::{Display, Event, Output};

/// Outputs together heavier than this, in bytes, do not get into the queue.
const MOST_BYTES: usize = 1 << 20;
/// What an event weighs besides its texts: with this, a full queue holds at most 64 outputs, and
/// what the user stops ends soon.
const EVENT_BYTES: usize = 16 * 1024;
/// Text is joined with what waits before it up to this length.
const LONGEST_TEXT: usize = 64 * 1024;

struct State {
    events: VecDeque<(Event, usize)>,
    bytes: usize,
    /// How many senders wait for room.
    waiting: usize,
    closed: bool,
}

struct Queue {
    state: Mutex<State>,
    room: Condvar,
    /// Holds one byte while there are events, so that it can be polled.
    wake: PipeWriter,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends events and wakes the server thread.
#[derive(Clone)]
pub(crate) struct EventSender {
    queue: Arc<Queue>,
}

impl EventSender {
    /// Puts `event` into the queue; an output waits until there is room.
    pub(crate) fn send(&self, event: Event) {
        let mut state = self.queue.state();
        if matches!(event, Event::Output(_)) {
            state.waiting += 1;
            while state.bytes >= MOST_BYTES && !state.closed {
                state = self
                    .queue
                    .room
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            state.waiting -= 1;
        }
        if state.closed {
            // The server thread is gone, and the process ends.
            return;
        }
        let Some(event) = joined(&mut state, event) else {
            return;
        };
        let bytes = weight(&event);
        state.bytes += bytes;
        if matches!(event, Event::Answered { .. }) {
            // Whoever asks about code must not wait for what a cell prints.
            state.events.push_front((event, bytes));
        } else {
            state.events.push_back((event, bytes));
        }
        if state.events.len() == 1 {
            // This process holds both ends, and no more than this byte is ever in the pipe.
            let _ = (&self.queue.wake).write_all(&[1]);
        }
    }

    /// Whether outputs wait for room.
    pub(crate) fn is_full(&self) -> bool {
        self.queue.state().waiting > 0
    }
}

/// Adds `event` to the last one if both are text of the same stream, else gives it back.
fn joined(state: &mut State, event: Event) -> Option<Event> {
    let Event::Output(Output::Text { stream, text }) = &event else {
        return Some(event);
    };
    if let Some((
        Event::Output(Output::Text {
            stream: last,
            text: whole,
        }),
        bytes,
    )) = state.events.back_mut()
        && last == stream
        && whole.len() + text.len() <= LONGEST_TEXT
    {
        whole.push_str(text);
        *bytes += text.len();
        state.bytes += text.len();
        return None;
    }
    Some(event)
}

fn weight(event: &Event) -> usize {
    let of_display = |display: &Display| display.data.values().map(value_bytes).sum();
    let content: usize = match event {
        Event::Output(Output::Text { text, .. }) => text.len(),
        Event::Output(
            Output::Display(display) | Output::Update(display) | Output::Result(display),
        ) => of_display(display),
        // What is no output must always find room, and must not take it from outputs.
        Event::Output(Output::Clear { .. }) => 0,
        _ => return 0,
    };
    content + EVENT_BYTES
}

/// Roughly how many bytes a value holds.
pub(crate) fn value_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(value_bytes).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| name.len() + value_bytes(value))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

/// The server thread's end.
pub(crate) struct EventReceiver {
    queue: Arc<Queue>,
    wake: PipeReader,
}

impl EventReceiver {
    /// The descriptor to poll: it is readable while there are events.
    pub(crate) fn descriptor(&self) -> RawFd {
        self.wake.as_raw_fd()
    }

    /// The next event, if there is one.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let mut state = self.queue.state();
        let (event, bytes) = state.events.pop_front()?;
        state.bytes -= bytes;
        if state.events.is_empty() {
            // The byte was written before the first event could be taken.
            let _ = self.wake.read_exact(&mut [0]);
        }
        if state.bytes < MOST_BYTES {
            self.queue.room.notify_all();
        }
        Some(event)
    }
}

impl Drop for EventReceiver {
    fn drop(&mut self) {
        self.queue.state().closed = true;
        self.queue.room.notify_all();
    }
}

/// A connected sender and receiver.
pub(crate) fn event_channel() -> std::io::Result<(EventSender, EventReceiver)> {
    let (wake, writer) = std::io::pipe()?;
    let queue = Arc::new(Queue {
        state: Mutex::new(State {
            events: VecDeque::new(),
            bytes: 0,
            waiting: 0,
            closed: false,
        }),
        room: Condvar::new(),
        wake: writer,
    });
    let sender = EventSender {
        queue: Arc::clone(&queue),
    };
    Ok((sender, EventReceiver { queue, wake }))
}
