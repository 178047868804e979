//! The library's side of the conversation with kerust's own notebook kernel.
//!
//! The kernel calls [`attach`] once when it starts a session. From then on [`emit`] sends rich
//! output, in order with everything that is printed, and [`interrupted`] says whether the user
//! pressed the stop button. Outside the kernel nothing here does anything.
//!
//! A frame is `ESC _ kerust;<length>;<payload> ESC \` on standard output, where the payload is
//! UTF-8 JSON, `{"msg_type": …, "content": …}`, of `<length>` bytes. JSON escapes control
//! characters, so the escape character never occurs inside a payload.

use std::fmt::Debug;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, RawFd};
use std::panic::PanicHookInfo;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::display::{self, Bundle};
use crate::error::{Error, ErrorKind, Result};

/// The environment variable that names the file descriptor of the kernel's control pipe.
const CONTROL_FD_VARIABLE: &str = "KERUST_CONTROL_FD";

static ATTACHED: OnceLock<bool> = OnceLock::new();
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Connects this process to kerust's kernel, if it runs under one; later calls do nothing.
///
/// It starts the thread that listens for the kernel's one-byte commands and replaces the panic
/// message on standard error by one error frame, which the kernel shows as the cell's error.
pub fn attach() {
    ATTACHED.get_or_init(|| {
        let Some(control) = control_pipe() else {
            return false;
        };
        let listener = std::thread::Builder::new()
            .name("kerust-control".to_owned())
            .spawn(move || listen(control));
        if listener.is_err() {
            return false;
        }
        std::panic::set_hook(Box::new(emit_panic));
        true
    });
    emit("attached", json!({ "version": env!("CARGO_PKG_VERSION") }));
}

/// Whether this process runs under kerust's own kernel and is connected to it.
pub fn is_attached() -> bool {
    ATTACHED.get().copied().unwrap_or(false)
}

/// Whether the user asked the running cell to stop.
///
/// Long-running calls ask this between two steps, finish the step they are in, and return what
/// they have, so that nothing already computed is lost. The kernel clears the request when the
/// next cell starts, and reports the interrupted cell as `KeyboardInterrupt` itself.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Ends the running cell here if the user asked it to stop; otherwise does nothing.
///
/// The kernel puts a call at the start of every loop, function and closure of a cell, so that a cell
/// can be stopped without ending its process. The cell unwinds as after a panic, without a message:
/// what earlier cells made is kept. A library whose calls run long can ask at suitable places, too.
#[inline]
pub fn keep_running() {
    if interrupted() {
        stop();
    }
}

#[cold]
fn stop() {
    // A second unwinding, from a destructor, would end the process.
    if !std::thread::panicking() {
        std::panic::resume_unwind(Box::new("KeyboardInterrupt"));
    }
}

/// The value of a cell's last line, to be shown in its `{:?}` form: kerust's kernel writes this
/// around a value whose type has no display of its own.
pub fn debugged<T: Debug + ?Sized>(value: &T) -> Debugged {
    fn text(value: &dyn Debug) -> String {
        format!("{value:?}")
    }
    Debugged(text(&value))
}

/// What [`debugged`] makes of a value.
#[derive(Clone, Debug)]
pub struct Debugged(String);

impl Debugged {
    /// Shows the value as the cell's result, unless it is `()`.
    pub fn evcxr_display(&self) {
        if self.0 != "()" {
            display::show_result(&Bundle::text(&self.0));
        }
    }
}

/// Sends one message to the kernel, in order with everything printed before and after it.
///
/// `msg_type` is one of Jupyter's output messages: `display_data`, `update_display_data`,
/// `clear_output`, `execute_result` (the kernel adds the execution count) or `error`; `content`
/// is its content as Jupyter defines it. Returns whether a kernel was there to receive it.
pub fn emit(msg_type: &str, content: Value) -> bool {
    if !is_attached() {
        return false;
    }
    let payload = json!({ "msg_type": msg_type, "content": content }).to_string();
    let frame = format!("\x1b_kerust;{};{payload}\x1b\\", payload.len());
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(frame.as_bytes())
        .and_then(|()| stdout.flush())
        .is_ok()
}

/// Asks the user for a line, in a notebook or in a terminal, and returns it without its line end.
///
/// In a notebook the front end shows a field with `prompt` before it: under kerust's own kernel and
/// under `evcxr_jupyter`, which shows the prompt only up to its first colon. In a terminal the
/// prompt is printed. Python's counterpart is `input`.
///
/// # Errors
/// If nobody can answer: a notebook is executed without a front end, standard input is at its end,
/// or the user stops the cell.
pub fn input(prompt: &str) -> Result<String> {
    ask(prompt, false)
}

/// Like [`input`], but what the user types is not shown. In a terminal it is.
///
/// # Errors
/// Those of [`input`].
pub fn password(prompt: &str) -> Result<String> {
    ask(prompt, true)
}

/// The answer of kerust's kernel when nobody can give one.
const NOBODY: &str = "\x1b_kerust-nobody";

fn ask(prompt: &str, secret: bool) -> Result<String> {
    let nobody = || {
        Error::new(
            ErrorKind::Io,
            format!("nobody can answer `{}`", prompt.trim_end()),
        )
        .remedy("run this cell in a notebook that is open in a browser or an editor")
    };
    let failed = |error: std::io::Error| Error::io("asking the user", error);
    emit(
        "input_request",
        json!({ "prompt": prompt, "password": secret }),
    );
    let mut stdout = std::io::stdout().lock();
    if is_attached() || std::env::var_os("EVCXR_IS_RUNTIME").is_some() {
        // This is how evcxr's runtime is asked: one line, answered by one on standard input.
        let kind = if secret { "_PASSWORD" } else { "" };
        let line = prompt.replace(['\n', '\r'], " ");
        writeln!(stdout, "EVCXR_INPUT_REQUEST{kind}:{line}").map_err(failed)?;
    } else {
        write!(stdout, "{prompt}").map_err(failed)?;
    }
    stdout.flush().map_err(failed)?;
    drop(stdout);
    let mut line = String::new();
    let length = std::io::stdin().read_line(&mut line).map_err(failed)?;
    if interrupted() {
        return Err(Error::interrupted("the question"));
    }
    let line = line.strip_suffix('\n').unwrap_or(&line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if length == 0 || line == NOBODY {
        return Err(nobody());
    }
    Ok(line.to_owned())
}

/// The control pipe named by the environment, if it is open in this process.
fn control_pipe() -> Option<File> {
    let descriptor: RawFd = std::env::var(CONTROL_FD_VARIABLE).ok()?.parse().ok()?;
    // SAFETY: `F_GETFD` only asks whether the number is an open descriptor.
    if unsafe { libc::fcntl(descriptor, libc::F_GETFD) } == -1 {
        return None;
    }
    // SAFETY: the descriptor is open, and the kernel made it for this one reader, so nothing else
    // in the process owns or closes it.
    Some(unsafe { File::from_raw_fd(descriptor) })
}

/// Obeys the kernel's commands until the kernel is gone: `f` flushes standard output and says so,
/// `i` asks the running cell to stop, `r` takes that back because a new cell starts.
fn listen(mut control: File) {
    let mut commands = [0u8; 64];
    loop {
        let count = match control.read(&mut commands) {
            Ok(0) => return,
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        for command in &commands[..count] {
            match command {
                b'f' => {
                    // A failed flush means that nobody reads any more; the next read ends this.
                    let _ = std::io::stdout().flush();
                    emit("flushed", json!({}));
                }
                b'i' => INTERRUPTED.store(true, Ordering::Relaxed),
                b'r' => INTERRUPTED.store(false, Ordering::Relaxed),
                _ => {}
            }
        }
    }
}

/// The panic hook: one error frame with the message and the place, nothing on standard error.
fn emit_panic(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "the panic carries no message".to_owned());
    let location = info.location().map(|location| {
        json!({
            "file": location.file(),
            "line": location.line(),
            "column": location.column(),
        })
    });
    let thread = std::thread::current().name().map(str::to_owned);
    emit(
        "error",
        json!({ "ename": "panic", "evalue": message, "location": location, "thread": thread }),
    );
}
