//! kerust's folders: what is in them, and whether more fits.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use kerust::datasets::{DATASETS, Status, cache};

use super::Finding;
use super::programs::{short, size};
use crate::session;

/// With less free space than this, in bytes, compiling fails soon.
const LITTLE_SPACE: u64 = 2_000_000_000;

pub(super) fn look() -> Vec<Finding> {
    let mut findings = vec![compiled(), kept()];
    findings.extend(data_sets());
    findings
}

fn compiled() -> Finding {
    match session::cache_directory() {
        Ok(folder) => folder_finding("cache", &folder, "KERUST_CACHE", LITTLE_SPACE),
        Err(error) => Finding::problem(
            "cache",
            error.to_string(),
            "set the environment variable `KERUST_CACHE`",
        ),
    }
}

fn kept() -> Finding {
    match cache::home() {
        Ok(folder) => folder_finding("data", &folder, "KERUST_HOME", 0),
        Err(error) => Finding::problem(
            "data",
            error.to_string(),
            "set the environment variable `KERUST_HOME`",
        ),
    }
}

fn folder_finding(subject: &'static str, folder: &Path, variable: &str, least: u64) -> Finding {
    let writable = std::fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
    if let Err(error) = writable {
        return Finding::problem(
            subject,
            format!("{} cannot be written: {error}", short(folder)),
            format!("set the environment variable `{variable}` to a folder that can"),
        );
    }
    let free = free_space(folder);
    let text = match free {
        Some(free) => format!(
            "{}, {} in use, {} free",
            short(folder),
            size(used(folder)),
            size(free)
        ),
        None => format!("{}, {} in use", short(folder), size(used(folder))),
    };
    if free.is_some_and(|free| free < least) {
        return Finding::warning(
            subject,
            text,
            format!("free some space, or set `{variable}` to a folder on another disk"),
        );
    }
    Finding::ok(subject, text)
}

/// What the files in `folder` hold together, in bytes.
fn used(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => used(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}

fn free_space(folder: &Path) -> Option<u64> {
    let path = CString::new(folder.as_os_str().as_bytes()).ok()?;
    let mut space = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends with a zero byte, and the structure is only written to.
    if unsafe { libc::statvfs(path.as_ptr(), space.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: the call succeeded, so it has filled the structure.
    let space = unsafe { space.assume_init() };
    Some(space.f_bavail.saturating_mul(space.f_frsize))
}

/// The data sets that are here, a line each, and those that are not, together.
fn data_sets() -> Vec<Finding> {
    let mut missing = Vec::new();
    let mut findings = Vec::new();
    for dataset in DATASETS {
        let name = dataset.name;
        let get = format!("`kerust datasets get {name}`");
        match dataset.status() {
            Ok(Status::Real(folder)) => findings.push(Finding::ok(
                "data set",
                format!("{name} in {}", short(&folder)),
            )),
            Ok(Status::StandIn(folder)) => findings.push(Finding::warning(
                "data set",
                format!(
                    "{name} is a stand-in, {} {}, in {}",
                    dataset.stand_in.made,
                    dataset.stand_in.things,
                    short(&folder)
                ),
                format!("{get} fetches the real one"),
            )),
            Ok(Status::Missing(_)) => missing.push(name),
            Err(error) => {
                findings.push(Finding::problem(
                    "data set",
                    format!("{name}: {error}"),
                    get,
                ));
            }
        }
    }
    if !missing.is_empty() {
        findings.push(Finding::ok(
            "data sets",
            format!(
                "not here yet: {}; fetched when first used, or now by `kerust datasets get NAME`",
                missing.join(", ")
            ),
        ));
    }
    findings
}
