//! Other programs: where they are and what they say.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A program that takes longer to answer does not work.
const LIMIT: Duration = Duration::from_secs(30);
const CHECK: Duration = Duration::from_millis(10);

/// Where `name` is on the path.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// What a program printed on standard output, or why it failed, in one line.
pub(super) fn ask(command: &mut Command) -> Result<String, String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let (output, errors) = (reader(child.stdout.take()), reader(child.stderr.take()));
    let deadline = Instant::now() + LIMIT;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break status;
        }
        if Instant::now() > deadline {
            // What it still prints is not waited for: its own children may hold the pipes.
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("no answer within {} s", LIMIT.as_secs()));
        }
        std::thread::sleep(CHECK);
    };
    let output = output.join().unwrap_or_default();
    if status.success() {
        return Ok(output);
    }
    let errors = errors.join().unwrap_or_default();
    let reason = errors
        .lines()
        .chain(output.lines())
        .find(|line| !line.trim().is_empty());
    Err(reason.map_or_else(|| status.to_string(), |line| line.trim().to_owned()))
}

fn reader(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is as good as nothing more.
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A path as people write it, with `~` for the home folder.
pub(super) fn short(path: &Path) -> String {
    if let Some(home) = std::env::home_dir().filter(|home| home.parent().is_some())
        && let Ok(below) = path.strip_prefix(&home)
    {
        return Path::new("~").join(below).display().to_string();
    }
    path.display().to_string()
}

/// Bytes as people read them.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.0} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
