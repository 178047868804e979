//! The pipes between the kernel and the process that runs the cells.
//!
//! They outlive that process: when evcxr starts a new one, it gets the same ends again. So the
//! kernel keeps both ends of each open, and can also write marks of its own into the streams.

use std::fs::File;
use std::io::{PipeReader, PipeWriter, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::child::{CONTROL_VARIABLE, PIPES_VARIABLE};

/// Both ends of all pipes.
pub(crate) struct Pipes {
    /// The cells' standard output.
    pub(crate) output: (PipeReader, PipeWriter),
    /// The cells' standard error.
    pub(crate) errors: (PipeReader, PipeWriter),
    marks: (PipeReader, PipeWriter),
    control: (PipeReader, PipeWriter),
}

impl Pipes {
    pub(crate) fn new() -> std::io::Result<Self> {
        let control = std::io::pipe()?;
        // Nobody may be listening, and the kernel must never wait for a listener.
        set_nonblocking(control.1.as_raw_fd())?;
        let output = std::io::pipe()?;
        let errors = std::io::pipe()?;
        set_nonblocking(output.0.as_raw_fd())?;
        set_nonblocking(errors.0.as_raw_fd())?;
        Ok(Pipes {
            output,
            errors,
            marks: std::io::pipe()?,
            control,
        })
    }

    /// Lets the processes that `command` starts inherit their ends, and tells them where.
    pub(crate) fn give_to(&self, command: &mut Command) {
        let output = self.output.1.as_raw_fd();
        let errors = self.errors.1.as_raw_fd();
        let marks = self.marks.0.as_raw_fd();
        let control = self.control.0.as_raw_fd();
        command
            .env(PIPES_VARIABLE, format!("{output},{errors},{marks}"))
            .env(CONTROL_VARIABLE, control.to_string());
        let inherit = move || {
            for descriptor in [output, errors, marks, control] {
                // SAFETY: `F_SETFD` reads only its arguments.
                if unsafe { libc::fcntl(descriptor, libc::F_SETFD, 0) } == -1 {
                    return Err(std::io::Error::last_os_error());
                }
            }
            Ok(())
        };
        // SAFETY: between fork and exec the closure makes only `fcntl` calls, which are
        // async-signal-safe, and allocates nothing.
        unsafe { command.pre_exec(inherit) };
    }

    /// Sends one of evcxr's control lines to evcxr.
    pub(crate) fn send_mark(&self, line: &str) {
        // This fails only when the pipe is closed, and this process holds both ends.
        let _ = (&self.marks.1).write_all(format!("{line}\n").as_bytes());
    }

    /// Sends a one-byte command to the library. Returns whether it was sent: it is lost when nobody
    /// listens and the pipe is full.
    pub(crate) fn send_control(&self, command: u8) -> bool {
        (&self.control.1).write(&[command]).is_ok()
    }
}

fn set_nonblocking(descriptor: RawFd) -> std::io::Result<()> {
    // SAFETY: `F_GETFL` reads only its arguments.
    let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFL) };
    if flags == -1 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: `F_SETFL` reads only its arguments.
    let set = unsafe { libc::fcntl(descriptor, libc::F_SETFL, flags | libc::O_NONBLOCK) };
    if set == -1 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}

/// This process's standard error, and a pipe that has taken its place.
pub(crate) struct CapturedErrors {
    /// Where standard error went before.
    pub(crate) original: File,
    /// What this process writes to standard error from now on.
    pub(crate) captured: PipeReader,
}

/// Puts a pipe in the place of this process's standard error.
pub(crate) fn capture_standard_error() -> std::io::Result<CapturedErrors> {
    use std::os::fd::FromRawFd;
    // SAFETY: `F_DUPFD_CLOEXEC` reads only its arguments.
    let copy = unsafe { libc::fcntl(libc::STDERR_FILENO, libc::F_DUPFD_CLOEXEC, 3) };
    if copy == -1 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just made, so this is its only owner.
    let original = unsafe { File::from_raw_fd(copy) };
    let (captured, writer) = std::io::pipe()?;
    // SAFETY: `dup2` replaces standard error in one step, so no writer ever finds it closed.
    if unsafe { libc::dup2(writer.as_raw_fd(), libc::STDERR_FILENO) } == -1 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(CapturedErrors { original, captured })
}
