//! The kernel's sockets. All but the heartbeat belong to the server thread.

use std::cell::Cell;
use std::io;
use std::thread::JoinHandle;

use serde_json::{Value, json};

use crate::protocol::connection::ConnectionInfo;
use crate::protocol::message::Message;
use crate::protocol::wire::{self, Signer, WireError};

/// The largest frame of a request, in bytes; a client that sends a larger one is disconnected.
const LARGEST_FRAME: i64 = 64 << 20;
/// The largest frame of a heartbeat or a subscription, in bytes.
const LARGEST_SMALL_FRAME: i64 = 64 << 10;
/// How many dropped messages are noted one by one.
const MOST_NOTES: u64 = 10;

/// How long closing waits for the last messages to leave, in milliseconds.
const LINGER: i32 = 1000;

/// A channel that clients send requests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    Shell,
    Control,
    Stdin,
}

pub(crate) struct Sockets {
    shell: zmq::Socket,
    control: zmq::Socket,
    stdin: zmq::Socket,
    iopub: zmq::Socket,
    signer: Signer,
    heartbeat: Heartbeat,
    ports: Value,
    /// How many messages were dropped.
    dropped: Cell<u64>,
}

/// What the sockets have to say.
#[derive(Default)]
pub(crate) struct Readiness {
    pub(crate) control: bool,
    pub(crate) shell: bool,
    pub(crate) stdin: bool,
    pub(crate) iopub: bool,
    pub(crate) events: bool,
}

impl Sockets {
    /// Binds all sockets and starts the heartbeat.
    pub(crate) fn bind(info: &ConnectionInfo) -> io::Result<Self> {
        let context = zmq::Context::new();
        let bind = |kind, port, largest| -> io::Result<zmq::Socket> {
            let socket = context.socket(kind)?;
            socket.set_maxmsgsize(largest)?;
            socket.set_linger(LINGER)?;
            // No output may be dropped because a client is slow.
            socket.set_sndhwm(0)?;
            let endpoint = info.endpoint(port);
            socket.bind(&endpoint).map_err(|error| {
                io::Error::other(format!("the socket {endpoint} cannot be opened: {error}"))
            })?;
            Ok(socket)
        };
        let heartbeat = Heartbeat::start(
            &context,
            bind(zmq::ROUTER, info.hb_port, LARGEST_SMALL_FRAME)?,
        )?;
        let iopub = bind(zmq::XPUB, info.iopub_port, LARGEST_SMALL_FRAME)?;
        // Every subscriber gets its welcome, also the second one to the same topic.
        iopub.set_xpub_verbose(true)?;
        let shell = bind(zmq::ROUTER, info.shell_port, LARGEST_FRAME)?;
        let control = bind(zmq::ROUTER, info.control_port, LARGEST_FRAME)?;
        let stdin = bind(zmq::ROUTER, info.stdin_port, LARGEST_FRAME)?;
        for router in [&shell, &control, &stdin] {
            // A client that reconnects under its old name takes over its old connection.
            router.set_router_handover(true)?;
        }
        Ok(Sockets {
            shell,
            control,
            stdin,
            iopub,
            signer: Signer::new(&info.key),
            heartbeat,
            ports: json!({
                "status": "ok",
                "shell_port": info.shell_port,
                "iopub_port": info.iopub_port,
                "stdin_port": info.stdin_port,
                "control_port": info.control_port,
                "hb_port": info.hb_port,
            }),
            dropped: Cell::new(0),
        })
    }

    /// The content of the reply to a `connect_request`.
    pub(crate) fn ports(&self) -> Value {
        self.ports.clone()
    }

    /// Closes all sockets when their last messages have left, or after [`LINGER`].
    pub(crate) fn close(self) {
        // The context waits for the messages when its last socket is gone, and the heartbeat's
        // thread has one of them.
        self.heartbeat.stop();
    }

    /// Waits until something can be read, at most `timeout` milliseconds; `events` too, unless they
    /// are not wanted now.
    pub(crate) fn wait(&self, events: Option<std::os::fd::RawFd>, timeout: i64) -> Readiness {
        let mut items = vec![
            self.control.as_poll_item(zmq::POLLIN),
            self.shell.as_poll_item(zmq::POLLIN),
            self.stdin.as_poll_item(zmq::POLLIN),
            self.iopub.as_poll_item(zmq::POLLIN),
        ];
        items.extend(events.map(|events| zmq::PollItem::from_fd(events, zmq::POLLIN)));
        if zmq::poll(&mut items, timeout).is_err() {
            // A signal came; the next call waits again.
            return Readiness::default();
        }
        let readable = |index: usize| items.get(index).is_some_and(zmq::PollItem::is_readable);
        let [control, shell, stdin, iopub, events] = [0, 1, 2, 3, 4].map(readable);
        Readiness {
            control,
            shell,
            stdin,
            iopub,
            events,
        }
    }

    fn socket(&self, channel: Channel) -> &zmq::Socket {
        match channel {
            Channel::Shell => &self.shell,
            Channel::Control => &self.control,
            Channel::Stdin => &self.stdin,
        }
    }

    /// The next valid message on `channel`, if one is there. Invalid ones are noted and dropped.
    pub(crate) fn receive(&self, channel: Channel) -> Option<Message> {
        loop {
            let frames = self.socket(channel).recv_multipart(zmq::DONTWAIT).ok()?;
            match wire::decode(frames, &self.signer) {
                Ok(message) => return Some(message),
                Err(error) => self.note_dropped(&error),
            }
        }
    }

    /// Notes that a message was dropped: the first few one by one, then ever more at a time, for
    /// somebody may send them without end.
    fn note_dropped(&self, error: &WireError) {
        let count = self.dropped.get() + 1;
        self.dropped.set(count);
        if count <= MOST_NOTES {
            crate::log::note(&format!("a message was dropped: {error}"));
        } else if count.is_power_of_two() {
            crate::log::note(&format!(
                "{count} messages were dropped so far; the last one: {error}"
            ));
        }
    }

    /// Sends a message to the client that its identities name.
    pub(crate) fn send(&self, channel: Channel, message: &Message) {
        let frames = wire::encode(message, &self.signer);
        if let Err(error) = self.socket(channel).send_multipart(frames, 0) {
            crate::log::note(&format!("a reply could not be sent: {error}"));
        }
    }

    /// Publishes a message on the output channel.
    pub(crate) fn publish(&self, message: &Message) {
        let frames = wire::encode(message, &self.signer);
        if let Err(error) = self.iopub.send_multipart(frames, 0) {
            crate::log::note(&format!("an output could not be sent: {error}"));
        }
    }

    /// The topic of the next new subscription, if there is one.
    pub(crate) fn next_subscription(&self) -> Option<Vec<u8>> {
        loop {
            let frame = self.iopub.recv_bytes(zmq::DONTWAIT).ok()?;
            if let Some((1, topic)) = frame.split_first() {
                return Some(topic.to_vec());
            }
        }
    }
}

/// The thread that echoes every heartbeat, whatever the server thread is doing.
struct Heartbeat {
    /// A message on it ends the thread.
    stop: zmq::Socket,
    thread: JoinHandle<()>,
}

impl Heartbeat {
    fn start(context: &zmq::Context, echo: zmq::Socket) -> io::Result<Self> {
        const STOP: &str = "inproc://stop-heartbeat";
        let stop = context.socket(zmq::PAIR)?;
        stop.bind(STOP)?;
        let stopped = context.socket(zmq::PAIR)?;
        stopped.connect(STOP)?;
        let thread = std::thread::Builder::new()
            .name("kerust-heartbeat".to_owned())
            .spawn(move || {
                loop {
                    let mut items = [
                        echo.as_poll_item(zmq::POLLIN),
                        stopped.as_poll_item(zmq::POLLIN),
                    ];
                    // A signal ends the wait early.
                    let _ = zmq::poll(&mut items, -1);
                    if items[1].is_readable() {
                        return;
                    }
                    // Frame by frame, the sender's name first: unlike a socket made for replies,
                    // this one cannot get stuck between a question and its answer.
                    if let Ok(beat) = echo.recv_multipart(zmq::DONTWAIT) {
                        let _ = echo.send_multipart(beat, zmq::DONTWAIT);
                    }
                }
            })?;
        Ok(Heartbeat { stop, thread })
    }

    fn stop(self) {
        if self.stop.send("", 0).is_ok() {
            // It has nothing to tell, not even how it ended.
            let _ = self.thread.join();
        }
    }
}
