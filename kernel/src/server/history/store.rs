//! The file that keeps the history of all sessions: one JSON object a line.
//!
//! A cell is one line with its `session`, `line` and `input`; its result, if it has one, follows in
//! a line with the same numbers and its `output`. Lines are appended in one write each, so several
//! kernels can write at once; a lock file guards what is more than that.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Cells that are kept when a kernel starts.
const KEPT: usize = 10_000;
/// More than this are not kept even before that is tidied up.
const TOLERATED: usize = KEPT + KEPT / 10;
/// How long another kernel may hold the lock: it needs it for moments only.
const LOCK_LIMIT: Duration = Duration::from_millis(500);
const LOCK_RETRY: Duration = Duration::from_millis(10);

/// A cell that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) session: i64,
    pub(crate) line: u32,
    pub(crate) input: String,
    pub(crate) output: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    session: i64,
    line: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output: Option<String>,
}

/// The file, and this session's number in it.
pub(crate) struct Store {
    path: PathBuf,
    /// Given when the first cell is written.
    session: Option<i64>,
}

impl Store {
    /// The store in `folder`, with what is too old taken out of it.
    pub(crate) fn open(folder: &Path) -> Store {
        let store = Store {
            path: folder.join("history.jsonl"),
            session: None,
        };
        if let Err(error) = store.tidy_up() {
            crate::log::note(&format!("{}: {error}", store.path.display()));
        }
        store
    }

    /// This session's number, if it has one by now.
    pub(crate) fn session(&self) -> Option<i64> {
        self.session
    }

    /// All cells in the file, in the order in which they were written.
    pub(crate) fn read(&self) -> Vec<Entry> {
        // A file that is missing or cannot be read is an empty history.
        read(&self.path).unwrap_or_default()
    }

    /// Writes a cell that starts.
    pub(crate) fn add_input(&mut self, line: u32, input: &str) -> io::Result<()> {
        let session = match self.session {
            Some(session) => session,
            None => self.allot()?,
        };
        self.append(&Record {
            session,
            line,
            input: Some(input.to_owned()),
            output: None,
        })
    }

    /// Writes the result of a cell.
    pub(crate) fn add_output(&self, line: u32, output: &str) -> io::Result<()> {
        let Some(session) = self.session else {
            return Ok(());
        };
        self.append(&Record {
            session,
            line,
            input: None,
            output: Some(output.to_owned()),
        })
    }

    /// Takes the number after the highest one, with a line that holds its place.
    fn allot(&mut self) -> io::Result<i64> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let _lock = self.lock()?;
        let session = next_session(&self.path);
        self.append(&Record {
            session,
            line: 0,
            input: None,
            output: None,
        })?;
        self.session = Some(session);
        Ok(session)
    }

    fn append(&self, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        let mut file = File::options()
            .create(true)
            .append(true)
            // What somebody typed is nobody else's business.
            .mode(0o600)
            .open(&self.path)?;
        file.write_all(&line)
    }

    fn lock(&self) -> io::Result<File> {
        let file = File::create(self.path.with_extension("lock"))?;
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if waited < LOCK_LIMIT => {
                    std::thread::sleep(LOCK_RETRY);
                    waited += LOCK_RETRY;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Replaces a file that has grown too long by its end.
    fn tidy_up(&self) -> io::Result<()> {
        if !self.path.exists() {
            return Ok(());
        }
        if read(&self.path)?.len() <= TOLERATED {
            return Ok(());
        }
        let _lock = self.lock()?;
        let entries = read(&self.path)?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut draft = tempfile::NamedTempFile::new_in(folder)?;
        for entry in &entries[entries.len().saturating_sub(KEPT)..] {
            let record = Record {
                session: entry.session,
                line: entry.line,
                input: Some(entry.input.clone()),
                output: entry.output.clone(),
            };
            serde_json::to_writer(&mut draft, &record)?;
            draft.write_all(b"\n")?;
        }
        draft.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// The records of the file; lines that are none, as a full disk may leave them, are left out.
fn records(path: &Path) -> io::Result<impl Iterator<Item = Record>> {
    let mut lines = BufReader::new(File::open(path)?);
    Ok(std::iter::from_fn(move || {
        let mut line = Vec::new();
        loop {
            line.clear();
            match lines.read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
            if let Ok(record) = serde_json::from_slice(&line) {
                return Some(record);
            }
        }
    }))
}

fn read(path: &Path) -> io::Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut places = HashMap::new();
    for record in records(path)? {
        let key = (record.session, record.line);
        if let Some(input) = record.input {
            places.insert(key, entries.len());
            entries.push(Entry {
                session: record.session,
                line: record.line,
                input,
                output: record.output,
            });
        } else if let (Some(output), Some(place)) = (record.output, places.get(&key)) {
            entries[*place].output = Some(output);
        }
    }
    Ok(entries)
}

fn next_session(path: &Path) -> i64 {
    let highest = records(path)
        .ok()
        .and_then(|records| records.map(|record| record.session).max());
    highest.unwrap_or(0).saturating_add(1)
}
