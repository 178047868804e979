//! A search on the disk: a folder with what it searches and a folder for each trial.
//!
//! The trials are all there is to know: what comes next follows from them, so that a process may
//! die at any moment. Each file is whole at every moment.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind as IoErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::trial::Trial;
use super::{HyperParameters, Objective};
use crate::models::write_whole;
use crate::{Config, Error, Result};

const HEADER: &str = "oracle.json";
const TRIAL: &str = "trial.json";
const WEIGHTS: &str = "checkpoint.safetensors";
const LOCK: &str = "lock";
/// Before the number of a trial, in the name of its folder.
const TRIAL_FOLDER: &str = "trial_";
/// A file that is longer is none of a search.
const LONGEST: u64 = 8 << 20;
/// No search has more trials.
pub(super) const MOST_TRIALS: usize = 100_000;
const VERSION: u32 = 1;

/// What is searched, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    kerust: u32,
    /// The kind of the search by Keras Tuner's name.
    pub(super) oracle: String,
    /// Arguments that a search cannot go on without, such as `max_epochs`.
    pub(super) arguments: Config,
    pub(super) objective: Objective,
    pub(super) seed: u64,
}

impl Header {
    pub(super) fn new(oracle: &str, arguments: Config, objective: Objective, seed: u64) -> Header {
        Header {
            kerust: VERSION,
            oracle: oracle.to_string(),
            arguments,
            objective,
            seed,
        }
    }
}

/// A search as it was read.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) header: Header,
    pub(super) trials: Vec<Trial>,
}

/// The folder of a search.
#[derive(Clone, Debug)]
pub(super) struct Project {
    folder: PathBuf,
}

/// Keeps other processes from searching in the same folder; the system takes it back when this one
/// dies.
#[derive(Debug)]
pub(super) struct Lock(#[allow(dead_code)] File);

impl Project {
    pub(super) fn new(directory: &Path, project_name: &str) -> Result<Project> {
        let is_plain = !project_name.is_empty()
            && Path::new(project_name).file_name() == Some(project_name.as_ref());
        if !is_plain {
            let given = format!("`{project_name}`");
            return Err(
                Error::argument("project_name", "the name of a folder", given)
                    .remedy("say where that folder is with `directory`"),
            );
        }
        Ok(Project {
            folder: directory.join(project_name),
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn trial_folder(&self, trial_id: usize) -> PathBuf {
        self.folder.join(format!("{TRIAL_FOLDER}{trial_id:04}"))
    }

    /// Makes the folder if need be, and keeps others out of it as long as the lock lives.
    pub(super) fn lock(&self) -> Result<Lock> {
        make_folder(&self.folder)?;
        let path = self.folder.join(LOCK);
        let cannot = |error: std::io::Error| {
            let what = format!("cannot lock the search in `{}`", self.folder.display());
            Error::io(what, error).remedy("choose another `directory`")
        };
        let mut options = File::options();
        let file = options.create(true).truncate(false).write(true).open(path);
        let file = file.map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => Err(Error::state(format!(
                "another search is going on in `{}`",
                self.folder.display()
            ))
            .remedy("wait for its end, or choose another `project_name`")),
            Err(TryLockError::Error(error)) => Err(cannot(error)),
        }
    }

    /// The search in the folder, if there is one.
    pub(super) fn read(&self) -> Result<Option<Stored>> {
        let path = self.folder.join(HEADER);
        let Some(header) = read_json::<Header>(&path)? else {
            return Ok(None);
        };
        if header.kerust != VERSION {
            let why = format!("it has version {} of the format", header.kerust);
            return Err(damaged(&path, &why));
        }
        let mut trials = Vec::new();
        for trial_id in self.trial_ids()? {
            let folder = self.trial_folder(trial_id);
            let path = folder.join(TRIAL);
            // Its process may have died before it wrote it.
            let Some(mut trial) = read_json::<Trial>(&path)? else {
                continue;
            };
            trial
                .check(trial_id)
                .map_err(|error| damaged(&path, &error))?;
            trial.folder = folder;
            trials.push(trial);
        }
        Ok(Some(Stored { header, trials }))
    }

    /// The numbers of the trials that have a folder.
    fn trial_ids(&self) -> Result<Vec<usize>> {
        let entries = fs::read_dir(&self.folder).map_err(|e| cannot_read(&self.folder, &e))?;
        let mut ids = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|e| cannot_read(&self.folder, &e))?;
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| {
                let number = name.strip_prefix(TRIAL_FOLDER)?.parse().ok()?;
                (self.trial_folder(number).file_name() == Some(name.as_ref())).then_some(number)
            });
            ids.extend(number);
            if ids.len() > MOST_TRIALS {
                let what = format!("`{}` has too many trials", self.folder.display());
                return Err(Error::data(what).remedy("choose another `project_name`"));
            }
        }
        ids.sort_unstable();
        Ok(ids)
    }

    pub(super) fn write_header(&self, header: &Header) -> Result<()> {
        write_json(&self.folder.join(HEADER), header)
    }

    pub(super) fn write_trial(&self, trial: &Trial) -> Result<()> {
        make_folder(&trial.folder)?;
        write_json(&trial.folder.join(TRIAL), trial)
    }

    /// Takes away the files of a search, and nothing else that is in the folder.
    pub(super) fn clear(&self) -> Result<()> {
        let gone = |path: &Path| match fs::remove_file(path) {
            Err(error) if error.kind() != IoErrorKind::NotFound => Err(Error::io(
                format!("cannot delete `{}`", path.display()),
                error,
            )),
            _ => Ok(()),
        };
        gone(&self.folder.join(HEADER))?;
        for trial_id in self.trial_ids()? {
            let folder = self.trial_folder(trial_id);
            gone(&folder.join(TRIAL))?;
            gone(&folder.join(WEIGHTS))?;
            // What a trial of the user's keeps there stays, and its folder with it.
            let _ = fs::remove_dir(&folder);
        }
        Ok(())
    }
}

/// Where the best weights of a trial are.
pub(super) fn weights_file(folder: &Path) -> PathBuf {
    folder.join(WEIGHTS)
}

fn make_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| {
        Error::io(
            format!("cannot make the folder `{}`", folder.display()),
            error,
        )
        .remedy("choose another `directory`")
    })
}

fn write_json(path: &Path, content: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(content)
        .map_err(|error| Error::data(format!("the search cannot be written down: {error}")))?;
    write_whole(path, text.as_bytes())
}

/// What a file says, which anybody may have written; none when there is no file.
fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let about = match fs::metadata(path) {
        Err(error) if error.kind() == IoErrorKind::NotFound => return Ok(None),
        other => other.map_err(|error| cannot_read(path, &error))?,
    };
    if !about.is_file() {
        return Err(damaged(path, &"it is no file"));
    }
    let mut text = Vec::new();
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    let read = file.take(LONGEST + 1).read_to_end(&mut text);
    read.map_err(|error| cannot_read(path, &error))?;
    if text.len() as u64 > LONGEST {
        return Err(damaged(path, &"it is too long"));
    }
    let parsed = serde_json::from_slice(&text);
    parsed.map(Some).map_err(|error| damaged(path, &error))
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Error {
    Error::io(format!("cannot read `{}`", path.display()), error)
}

fn damaged(path: &Path, why: &dyn std::fmt::Display) -> Error {
    let what = format!(
        "`{}` is damaged or no file of a search: {why}",
        path.display()
    );
    let remedy = match path.file_name() == Some(HEADER.as_ref()) {
        true => "choose another `project_name`, or begin anew with `overwrite(true)`",
        false => "delete its folder to run this trial again, or begin anew with `overwrite(true)`",
    };
    Error::data(what).remedy(remedy)
}

/// The definitions of all trials together, after those of `space`.
pub(super) fn merged_space(mut space: HyperParameters, trials: &[Trial]) -> HyperParameters {
    for trial in trials {
        space.merge(trial.hyperparameters.space());
    }
    space
}
