//! How much memory the cells may take, so that a cell that asks for too much fails by itself before
//! the whole machine suffers.

use std::fs;
use std::path::{Path, PathBuf};

use crate::events::CellError;

/// Sets the limit: a size such as `8GiB`, or `0` for none.
pub(crate) const LIMIT_VARIABLE: &str = "KERUST_MEMORY_LIMIT";
/// The share of the memory that there is, in percent.
const SHARE: u64 = 90;

/// The most memory that the cells' process may take, in bytes; `None` for no limit.
///
/// # Errors
/// If the variable holds something that is not a size.
pub(crate) fn limit() -> Result<Option<u64>, CellError> {
    match std::env::var(LIMIT_VARIABLE) {
        Ok(text) if !text.trim().is_empty() => match parse_size(&text) {
            Some(0) => Ok(None),
            Some(size) => Ok(Some(size)),
            None => Err(CellError::new(
                "StartFailed",
                &format!(
                    "the environment variable `{LIMIT_VARIABLE}` is `{text}`, which is not a size: \
                     use one like `8GiB` or `500MB`, or `0` for no limit"
                ),
                &[],
            )),
        },
        _ => Ok(available().map(|bytes| bytes / 100 * SHARE)),
    }
}

/// Limits this process to `limit` bytes of data, and what it starts as well.
pub(super) fn apply(limit: u64) -> std::io::Result<()> {
    let mut old = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the call fills in the structure.
    if unsafe { libc::getrlimit(libc::RLIMIT_DATA, &mut old) } == -1 {
        return Err(std::io::Error::last_os_error());
    }
    let new = libc::rlimit {
        rlim_cur: old.rlim_cur.min(limit),
        rlim_max: old.rlim_max,
    };
    // SAFETY: the call reads the structure.
    if unsafe { libc::setrlimit(libc::RLIMIT_DATA, &new) } == -1 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}

/// A size in bytes as people write it: a number and a unit, `GiB` (powers of 1024) or `GB` (powers
/// of 1000), bytes without one.
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text
        .find(|character: char| !character.is_ascii_digit() && character != '.')
        .unwrap_or(text.len());
    let number: f64 = text[..digits].parse().ok()?;
    let factor: f64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "tb" => 1e12,
        "k" | "kib" => 1024.0,
        "m" | "mib" => 1024.0 * 1024.0,
        "g" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "t" | "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let size = number * factor;
    (size < u64::MAX as f64).then_some(size as u64)
}

/// `bytes` in the largest unit that they fill.
pub fn format_size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 || value.fract() == 0.0 {
        format!("{value:.0} {}", UNITS[unit])
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}

/// The memory of the machine, or of the container if that has less.
fn available() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let total = field(&text, "MemTotal:")?.checked_mul(1024)?;
    Some(container_limits().fold(total, u64::min))
}

/// How often the system has ended a process because memory had run out, for as long as it counts.
pub(crate) fn out_of_memory_kills() -> u64 {
    let of_system = fs::read_to_string("/proc/vmstat")
        .ok()
        .and_then(|text| field(&text, "oom_kill"));
    let of_containers = container_folders().filter_map(|folder| {
        let text = fs::read_to_string(folder.join("memory.events")).ok()?;
        field(&text, "oom_kill")
    });
    of_system.into_iter().chain(of_containers).sum()
}

/// The number after `name` in a text with one field in each line.
fn field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next()? == name).then(|| words.next()?.parse().ok())?
    })
}

fn container_limits() -> impl Iterator<Item = u64> {
    container_folders()
        .flat_map(|folder| {
            [
                folder.join("memory.max"),
                folder.join("memory.limit_in_bytes"),
            ]
        })
        .filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok())
}

/// The control groups that this process is in, from its own up to the root, as far as they show.
fn container_folders() -> impl Iterator<Item = PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mut folders = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
            continue;
        };
        let root = match controllers {
            "" => Path::new("/sys/fs/cgroup"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                Path::new("/sys/fs/cgroup/memory")
            }
            _ => continue,
        };
        let own = root.join(path.trim_start_matches('/'));
        folders.extend(
            own.ancestors()
                .take_while(|folder| folder.starts_with(root))
                .map(Path::to_owned),
        );
    }
    folders.into_iter()
}
