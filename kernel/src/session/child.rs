//! Set-up of the process that runs the cells, before evcxr takes over in it.
//!
//! evcxr listens to this process's standard output for its control lines, line by line, which
//! loses partial lines and all order. So the cells' standard output and error become pipes to the
//! kernel, and the kernel sends evcxr's control lines back here, to be relayed to evcxr's own
//! pipe. Standard input is relayed too, to tell the kernel when a cell starts to run.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::memory;
#[cfg(target_os = "linux")]
use super::{crash, threads};

/// Names the file descriptors made by the kernel: output, errors, control lines.
pub(crate) const PIPES_VARIABLE: &str = "KERUST_CHILD_PIPES";
/// Names the file descriptor that the kerust library listens to.
pub(crate) const CONTROL_VARIABLE: &str = "KERUST_CONTROL_FD";
/// Where the loader looks for shared libraries.
const LOADER_VARIABLE: &str = if cfg!(target_os = "macos") {
    "DYLD_LIBRARY_PATH"
} else {
    "LD_LIBRARY_PATH"
};
/// Keeps what the loader's variable was before.
const KEPT_LOADER_VARIABLE: &str = "KERUST_KEPT_LIBRARY_PATH";
/// evcxr's control line for the end of a cell.
pub(crate) const COMPLETE: &str = "EVCXR_EXECUTION_COMPLETE";
/// Whether evcxr waits for control lines.
static RUNNING: AtomicBool = AtomicBool::new(false);
/// Set by evcxr in the process that runs the cells.
const RUNTIME_VARIABLE: &str = "EVCXR_IS_RUNTIME";

/// Lets the processes that `command` starts load shared libraries from `folders`.
///
/// The compiled cells name the folders themselves, but relative to the folder in which they are
/// linked, and evcxr loads them from its parent; that goes wrong for folders below one that also
/// holds the compiler.
pub(crate) fn give_libraries(command: &mut Command, folders: &[PathBuf]) {
    let kept = std::env::var_os(LOADER_VARIABLE);
    let own = kept.iter().flat_map(std::env::split_paths);
    if let Ok(joined) = std::env::join_paths(folders.iter().cloned().chain(own)) {
        command.env(LOADER_VARIABLE, joined);
        command.env(KEPT_LOADER_VARIABLE, kept.unwrap_or_default());
    }
}

/// Takes the libraries' folders out of the environment again: the loader has read them when the
/// process started, and programs that a cell starts have no use for them.
fn hide_libraries() {
    let Some(kept) = std::env::var_os(KEPT_LOADER_VARIABLE) else {
        return;
    };
    // SAFETY: the process has one thread yet, so nobody reads the environment meanwhile.
    unsafe {
        std::env::remove_var(KEPT_LOADER_VARIABLE);
        if kept.is_empty() {
            std::env::remove_var(LOADER_VARIABLE);
        } else {
            std::env::set_var(LOADER_VARIABLE, kept);
        }
    }
}

/// Prepares this process if it was started to run cells: rearranges the standard streams, limits
/// its memory, and makes it report how it ends. Otherwise it makes sure that evcxr does not take
/// it for such a process.
///
/// Call it first in `main`, while the process has one thread.
pub fn set_up() {
    if std::env::var_os(RUNTIME_VARIABLE).is_none() {
        return;
    }
    let Ok(pipes) = std::env::var(PIPES_VARIABLE) else {
        // A cell has started this program, and its environment came along.
        // SAFETY: the process has one thread yet, so nobody reads the environment meanwhile.
        unsafe { std::env::remove_var(RUNTIME_VARIABLE) };
        return;
    };
    // SAFETY: as above.
    unsafe {
        std::env::remove_var(PIPES_VARIABLE);
        // evcxr sets it for its own reports. It would make a failed allocation, or every error of
        // some crates, print all that was called.
        std::env::remove_var("RUST_BACKTRACE");
    }
    let numbers: Vec<RawFd> = pipes
        .split(',')
        .filter_map(|part| part.parse().ok())
        .collect();
    let [output, errors, marks] = numbers[..] else {
        return;
    };
    hide_libraries();
    // The kernel has checked the value, and only a limit above what is allowed cannot be set.
    if let Ok(Some(limit)) = memory::limit() {
        let _ = memory::apply(limit);
    }
    #[cfg(target_os = "linux")]
    {
        crash::watch_exit();
        threads::give_stacks();
    }
    if let Err(error) = rearrange(output, errors, marks) {
        eprintln!("kerust: cannot connect this process to the kernel: {error}");
        std::process::exit(1);
    }
}

fn rearrange(output: RawFd, errors: RawFd, marks: RawFd) -> std::io::Result<()> {
    // SAFETY: `getppid` has no preconditions.
    let kernel = unsafe { libc::getppid() };
    #[cfg(target_os = "linux")]
    let bus_handler = crash::handler(libc::SIGBUS);
    #[cfg(not(target_os = "linux"))]
    let bus_handler = 0;
    let to_evcxr = File::from(duplicate(libc::STDOUT_FILENO)?);
    let from_evcxr = File::from(duplicate(libc::STDIN_FILENO)?);
    let (cell_input, to_cell_input) = std::io::pipe()?;
    replace(output, libc::STDOUT_FILENO)?;
    replace(errors, libc::STDERR_FILENO)?;
    replace(cell_input.as_raw_fd(), libc::STDIN_FILENO)?;
    for descriptor in [output, errors] {
        // SAFETY: the kernel made these for this process and nothing here uses them again.
        unsafe { libc::close(descriptor) };
    }
    if let Some(control) = std::env::var(CONTROL_VARIABLE)
        .ok()
        .and_then(|text| text.parse().ok())
    {
        keep_from_programs(control)?;
    }
    keep_from_programs(marks)?;
    // SAFETY: the kernel made this descriptor for this process, which owns it alone.
    let marks = unsafe { File::from_raw_fd(marks) };
    std::thread::Builder::new()
        .name("kerust-marks".to_owned())
        .spawn(move || relay_marks(marks, to_evcxr))?;
    std::thread::Builder::new()
        .name("kerust-input".to_owned())
        .spawn(move || relay_input(from_evcxr, to_cell_input, kernel, bus_handler))?;
    Ok(())
}

fn duplicate(descriptor: RawFd) -> std::io::Result<OwnedFd> {
    // SAFETY: `F_DUPFD_CLOEXEC` reads only its arguments.
    let copy = unsafe { libc::fcntl(descriptor, libc::F_DUPFD_CLOEXEC, 3) };
    if copy == -1 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just made, so this is its only owner.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

fn replace(source: RawFd, target: RawFd) -> std::io::Result<()> {
    // SAFETY: `dup2` reads only its arguments; nobody uses the replaced standard stream yet.
    if unsafe { libc::dup2(source, target) } == -1 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}

/// Closes `descriptor` in programs that a cell starts.
fn keep_from_programs(descriptor: RawFd) -> std::io::Result<()> {
    // SAFETY: `F_SETFD` reads only its arguments.
    if unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) } == -1 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}

/// Relays control lines to evcxr while it waits for them. The kernel's pipe outlives this process,
/// so a line that comes while no cell runs was meant for the process before this one, and would
/// make evcxr take the next cell for complete.
fn relay_marks(from: File, mut to: File) {
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        line.clear();
        match lines.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if !RUNNING.load(Ordering::SeqCst) {
            continue;
        }
        if line.trim_ascii_end() == COMPLETE.as_bytes() {
            // Before evcxr knows, for it may start the next cell at once.
            RUNNING.store(false, Ordering::SeqCst);
        }
        if to.write_all(&line).is_err() {
            return;
        }
    }
}

fn relay_input(from: File, mut to: std::io::PipeWriter, kernel: libc::pid_t, bus_handler: usize) {
    let mut lines = BufReader::new(from);
    let mut line = Vec::new();
    let mut taken_over = false;
    loop {
        line.clear();
        match lines.read_until(b'\n', &mut line) {
            // The kernel has let go of this process, or is gone.
            Ok(0) | Err(_) => end(kernel),
            Ok(_) => {}
        }
        if let Some(arguments) = line.strip_prefix(b"LOAD_AND_RUN ") {
            if !taken_over {
                taken_over = true;
                take_over(bus_handler);
            }
            RUNNING.store(true, Ordering::SeqCst);
            let library = arguments.split(|byte| *byte == b' ').next();
            announce_run(&String::from_utf8_lossy(library.unwrap_or_default()));
        }
        if to.write_all(&line).is_err() {
            return;
        }
    }
}

/// Takes over from evcxr, which now waits for its first line: the signals of crashes, and the
/// variable by which programs that a cell starts would take themselves for such a process.
fn take_over(bus_handler: usize) {
    #[cfg(target_os = "linux")]
    {
        // The handler for this signal is the last thing that evcxr sets before it reads.
        let deadline = Instant::now() + Duration::from_secs(2);
        while crash::handler(libc::SIGBUS) == bus_handler {
            if Instant::now() > deadline {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        crash::watch_signals();
        // SAFETY: evcxr's thread only reads its input now, no cell has run yet, and the other
        // relay never looks at the environment.
        unsafe { std::env::remove_var(RUNTIME_VARIABLE) };
    }
}

/// Ends this process, and when the kernel is gone, the compilers that it left behind.
fn end(kernel: libc::pid_t) -> ! {
    for _ in 0..20 {
        // SAFETY: both only return a number.
        let (parent, group) = unsafe { (libc::getppid(), libc::getpgrp()) };
        if parent != kernel {
            if group == kernel {
                // SAFETY: `kill` reads only its arguments; the group is the kernel's own.
                unsafe { libc::kill(0, libc::SIGKILL) };
            }
            break;
        }
        // The kernel's pipes close before the system has noted that it is gone.
        std::thread::sleep(Duration::from_millis(10));
    }
    // SAFETY: `_exit` only ends the process; running destructors could wait for the cell.
    unsafe { libc::_exit(0) }
}

/// Tells the kernel that compiling is over and the cell in the file `library` runs.
fn announce_run(library: &str) {
    let content = json!({ "library": library });
    let payload = json!({ "msg_type": "running", "content": content }).to_string();
    let frame = format!("\x1b_kerust;{};{payload}\x1b\\", payload.len());
    let mut stdout = std::io::stdout().lock();
    // If the kernel is gone, the next read ends the process.
    let _ = stdout
        .write_all(frame.as_bytes())
        .and_then(|()| stdout.flush());
}
