//! A client of the kernel: starts one, sends it requests, follows its outputs.

use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::protocol::connection::ConnectionInfo;
use crate::protocol::message::Message;
use crate::protocol::wire::{self, Signer};

/// How often a waiting client looks whether the kernel still lives.
const LIFE_CHECK: Duration = Duration::from_millis(200);
/// How long a kernel has to end after it was asked to.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(5);

/// The longest path of a folder whose files can still be sockets everywhere.
const LONGEST_FOLDER: usize = 90;

/// A running kernel and the connection to it. Dropping it ends the kernel.
pub struct Client {
    child: Child,
    info: ConnectionInfo,
    session: String,
    signer: Signer,
    context: zmq::Context,
    shell: zmq::Socket,
    control: zmq::Socket,
    stdin: zmq::Socket,
    iopub: zmq::Socket,
    _folder: TempDir,
}

/// Which of the client's sockets a message came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A reply to a request.
    Shell,
    /// A reply to a control request.
    Control,
    /// A question from a cell.
    Stdin,
    /// An output or a status.
    Iopub,
}

impl Client {
    /// Starts `program` as a kernel in `directory` and waits until it answers.
    ///
    /// # Errors
    /// If it cannot be started, ends, or does not answer within `limit`.
    pub fn start(program: &Path, directory: &Path, limit: Duration) -> io::Result<Client> {
        Client::start_by(Command::new(program), directory, limit)
    }

    /// Starts a kernel as [`Client::start`] does, by a `command` that names the program and may
    /// change its environment.
    ///
    /// # Errors
    /// As there.
    pub fn start_by(mut command: Command, directory: &Path, limit: Duration) -> io::Result<Client> {
        let folder = socket_folder()?;
        let info = ConnectionInfo::ipc(&folder.path().join("s"));
        let file = folder.path().join("connection.json");
        std::fs::write(&file, serde_json::to_string(&info)?)?;
        command
            .args(["kernel", "-f"])
            .arg(&file)
            .current_dir(directory)
            .env("JPY_PARENT_PID", std::process::id().to_string())
            .stdin(Stdio::null());
        // An interrupt in the terminal is this client's to pass on.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn().map_err(|error| {
            let program = Path::new(command.get_program());
            io::Error::other(format!("{} cannot be run: {error}", program.display()))
        })?;
        let context = zmq::Context::new();
        let session = uuid::Uuid::new_v4().to_string();
        let connect = |kind, port| -> io::Result<zmq::Socket> {
            let socket = context.socket(kind)?;
            socket.set_linger(0)?;
            if kind == zmq::SUB {
                socket.set_rcvhwm(0)?;
                socket.set_subscribe(b"")?;
            } else {
                socket.set_identity(session.as_bytes())?;
            }
            socket.connect(&info.endpoint(port))?;
            Ok(socket)
        };
        let iopub = connect(zmq::SUB, info.iopub_port)?;
        let shell = connect(zmq::DEALER, info.shell_port)?;
        let control = connect(zmq::DEALER, info.control_port)?;
        let stdin = connect(zmq::DEALER, info.stdin_port)?;
        let signer = Signer::new(&info.key);
        let mut client = Client {
            child,
            info,
            session,
            signer,
            context,
            shell,
            control,
            stdin,
            iopub,
            _folder: folder,
        };
        client.wait_until_ready(limit)?;
        Ok(client)
    }

    /// Waits for the welcome on the output channel, after which no output is missed, and for an
    /// answer.
    fn wait_until_ready(&mut self, limit: Duration) -> io::Result<()> {
        let deadline = Instant::now() + limit;
        let request = self.send(Source::Shell, "kernel_info_request", json!({}))?;
        let (mut welcome, mut answer) = (false, false);
        while !(welcome && answer) {
            let Some((source, message)) = self.receive(deadline)? else {
                return Err(io::Error::other("the kernel does not answer"));
            };
            welcome |= message.msg_type() == "iopub_welcome";
            answer |= source == Source::Shell && message.parent_id() == request;
        }
        Ok(())
    }

    /// The connection, for further clients.
    pub fn connection(&self) -> &ConnectionInfo {
        &self.info
    }

    /// The ZeroMQ context, for further sockets.
    pub fn context(&self) -> &zmq::Context {
        &self.context
    }

    /// Sends a request on the shell or control channel, or an answer on the stdin channel, and
    /// returns its message id.
    ///
    /// # Errors
    /// If the message cannot be sent.
    pub fn send(&self, to: Source, msg_type: &str, content: Value) -> io::Result<String> {
        let message = Message::new(&self.session, msg_type, json!({}), content);
        let id = message.msg_id().to_owned();
        let socket = match to {
            Source::Shell => &self.shell,
            Source::Control => &self.control,
            Source::Stdin => &self.stdin,
            Source::Iopub => return Err(io::Error::other("nothing is sent on the output channel")),
        };
        socket.send_multipart(wire::encode(&message, &self.signer), 0)?;
        Ok(id)
    }

    /// The next message on any channel, outputs first; nothing if none comes until `deadline`.
    ///
    /// # Errors
    /// If the kernel has ended, or a message is not valid.
    pub fn receive(&mut self, deadline: Instant) -> io::Result<Option<(Source, Message)>> {
        loop {
            let wait = deadline
                .saturating_duration_since(Instant::now())
                .min(LIFE_CHECK);
            let mut items = [
                self.iopub.as_poll_item(zmq::POLLIN),
                self.shell.as_poll_item(zmq::POLLIN),
                self.control.as_poll_item(zmq::POLLIN),
                self.stdin.as_poll_item(zmq::POLLIN),
            ];
            // A signal ends the wait early, which is as good as its end.
            let polled = zmq::poll(&mut items, wait.as_millis() as i64).unwrap_or(0);
            let readable = items.iter().position(zmq::PollItem::is_readable);
            let (source, socket) = match readable {
                Some(0) => (Source::Iopub, &self.iopub),
                Some(1) => (Source::Shell, &self.shell),
                Some(2) => (Source::Control, &self.control),
                Some(_) => (Source::Stdin, &self.stdin),
                None => {
                    if let Some(status) = self.child.try_wait()? {
                        return Err(io::Error::other(format!("the kernel ended ({status})")));
                    }
                    if polled == 0 && Instant::now() >= deadline {
                        return Ok(None);
                    }
                    continue;
                }
            };
            let frames = socket.recv_multipart(0)?;
            let message = wire::decode(frames, &self.signer).map_err(io::Error::other)?;
            return Ok(Some((source, message)));
        }
    }

    /// Sends a request and waits for its reply; messages of others are dropped.
    ///
    /// # Errors
    /// If the kernel has ended or does not reply within `limit`.
    pub fn request(
        &mut self,
        to: Source,
        msg_type: &str,
        content: Value,
        limit: Duration,
    ) -> io::Result<Message> {
        let id = self.send(to, msg_type, content)?;
        let deadline = Instant::now() + limit;
        while let Some((source, message)) = self.receive(deadline)? {
            if source == to && message.parent_id() == id {
                return Ok(message);
            }
        }
        Err(io::Error::other(format!("no reply to `{msg_type}`")))
    }

    /// The process id of the kernel.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Asks the kernel to end and waits until it has; ends it by force if it does not.
    ///
    /// # Errors
    /// If its end cannot be observed.
    pub fn shut_down(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        self.send(
            Source::Control,
            "shutdown_request",
            json!({ "restart": false }),
        )?;
        let deadline = Instant::now() + SHUTDOWN_LIMIT;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.child.kill()?;
        self.child.wait()
    }
}

/// A folder for socket files, whose paths must be short.
fn socket_folder() -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("kerust-").tempdir()?;
    if folder.path().as_os_str().len() <= LONGEST_FOLDER {
        return Ok(folder);
    }
    tempfile::Builder::new()
        .prefix("kerust-")
        .tempdir_in("/tmp")
}

impl Drop for Client {
    fn drop(&mut self) {
        // Nothing more can be done about a kernel that cannot even be killed.
        let _ = self.shut_down();
    }
}
