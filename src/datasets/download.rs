//! Fetching a file over HTTP: resumed where it stopped, checked while it arrives.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::http::StatusCode;

use super::connection::Connection;
use super::hash::{Algorithm, Hasher};
use super::waiting::pause;
use crate::{Error, ErrorKind, Result, notebook};

/// A file to fetch, and how patiently.
///
/// Proxies are taken from `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in capital or
/// small letters.
///
/// Keras: `keras.utils.get_file`.
///
/// # Example
/// ```no_run
/// use kerust::datasets::download::Download;
/// Download {
///     urls: vec!["https://example.org/pictures.tar.gz".into()],
///     hash: "0123456789abcdef0123456789abcdef".into(),
///     ..Download::default()
/// }
/// .fetch("pictures.tar.gz".as_ref(), &mut |done, _total| println!("{done} bytes"))?;
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Download {
    /// Addresses of the same file; the next is tried when one fails.
    pub urls: Vec<String>,
    /// The hash of the file: 64 hexadecimal digits of SHA-256, or 32 of MD5.
    pub hash: String,
    /// The size of the file in bytes, when it is known.
    pub size: Option<u64>,
    /// How often to try an address again without getting any further.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles with each one.
    pub pause: Duration,
    /// How long a connection may be silent.
    pub timeout: Duration,
}

impl Default for Download {
    fn default() -> Self {
        Download {
            urls: Vec::new(),
            hash: String::new(),
            size: None,
            attempts: 4,
            pause: Duration::from_secs(1),
            timeout: Duration::from_secs(30),
        }
    }
}

/// Why an attempt did not bring the file.
enum Trouble {
    /// Another attempt may go better.
    Passing(Error),
    /// This address will not do better.
    Lasting(Error),
    /// Nothing can go better: the disk is full, or the user interrupted.
    Fatal(Error),
}

impl Download {
    /// Fetches the file to `to`. A part that an earlier call left beside it (`<to>.part`) is
    /// continued. Under the name `to` there is never anything but the whole file with the right
    /// hash. `progress` gets the bytes so far and, when it is known, the size.
    ///
    /// # Errors
    /// When no address gives the file (the message has the reason for each), the disk is full, or
    /// the user interrupts.
    pub fn fetch(&self, to: &Path, progress: &mut dyn FnMut(u64, Option<u64>)) -> Result<()> {
        let mut part = Part::open(to, Algorithm::of(&self.hash))?;
        let agent = self.agent();
        let mut failures = Vec::new();
        for url in &self.urls {
            match self.fetch_from(url, &agent, &mut part, progress) {
                Ok(()) => return part.finish(to),
                Err(Trouble::Fatal(error)) => return Err(error),
                Err(Trouble::Passing(error) | Trouble::Lasting(error)) => {
                    failures.push(error.at(format!("cannot download `{url}`")));
                }
            }
        }
        part.remove_if_empty();
        match failures.len() {
            0 => Err(Error::argument("urls", "at least one address", "none")),
            1 => Err(failures.remove(0)),
            _ => {
                let reasons: Vec<String> = failures.iter().map(Error::to_string).collect();
                Err(Error::new(failures[0].kind(), reasons.join("; ")))
            }
        }
    }

    fn agent(&self) -> ureq::Agent {
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(self.timeout))
            .timeout_recv_response(Some(self.timeout))
            .timeout_per_read(Some(self.timeout))
            .user_agent(concat!("kerust/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent()
    }

    fn fetch_from(
        &self,
        url: &str,
        agent: &ureq::Agent,
        part: &mut Part,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> std::result::Result<(), Trouble> {
        let mut furthest = part.bytes;
        let mut fruitless = 0;
        loop {
            let trouble = match self.attempt(url, agent, part, progress) {
                Ok(()) => return Ok(()),
                Err(Trouble::Passing(error)) => error,
                Err(trouble) => return Err(trouble),
            };
            // Only getting further than ever counts: a server that always breaks off at the same
            // place must not keep this loop alive.
            fruitless = if part.bytes > furthest {
                0
            } else {
                fruitless + 1
            };
            furthest = furthest.max(part.bytes);
            if fruitless >= self.attempts.max(1) {
                return Err(Trouble::Passing(trouble));
            }
            let doubled = 2u32.pow(fruitless.saturating_sub(1).min(5));
            pause(interrupted, self.pause.saturating_mul(doubled)).map_err(Trouble::Fatal)?;
        }
    }

    /// One request, and the check of the hash when it brought the rest of the file.
    fn attempt(
        &self,
        url: &str,
        agent: &ureq::Agent,
        part: &mut Part,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> std::result::Result<(), Trouble> {
        if self.size.is_some_and(|size| part.bytes >= size) {
            // An earlier call may have been stopped just before it checked the hash.
            if part.hash.digits() == self.hash {
                return Ok(());
            }
            part.clear().map_err(Trouble::Fatal)?;
        }
        if notebook::interrupted() {
            return Err(Trouble::Fatal(interrupted()));
        }
        let connection = Connection::begin(agent, url, part.bytes).map_err(Trouble::Fatal)?;
        let answer = connection.answer().map_err(Trouble::Fatal)?;
        let answer = answer.map_err(network_trouble)?;
        let status = answer.status;
        let continued = status == StatusCode::PARTIAL_CONTENT;
        if status == StatusCode::RANGE_NOT_SATISFIABLE {
            return self.check(part, true);
        } else if !status.is_success() {
            return Err(status_trouble(status));
        }
        if continued && answer.range_start != Some(part.bytes) {
            part.clear().map_err(Trouble::Fatal)?;
            return Err(Trouble::Passing(Error::new(
                ErrorKind::Io,
                "the server sent another part of the file than asked for",
            )));
        }
        if !continued {
            // The server does not resume: it sends the file from the start.
            part.clear().map_err(Trouble::Fatal)?;
        }
        let rest = answer.length;
        let total = rest
            .map(|rest| part.bytes.saturating_add(rest))
            .or(self.size);
        progress(part.bytes, total);
        loop {
            let bytes = connection
                .bytes()
                .map_err(Trouble::Fatal)?
                .map_err(|error| {
                    let what = format!("the connection broke after {} bytes", part.bytes);
                    Trouble::Passing(Error::io(what, error))
                })?;
            if bytes.is_empty() {
                break;
            }
            part.append(&bytes).map_err(Trouble::Fatal)?;
            progress(part.bytes, total);
            if notebook::interrupted() {
                return Err(Trouble::Fatal(interrupted()));
            }
            if self.size.is_some_and(|size| part.bytes > size) {
                break;
            }
        }
        if total.is_some_and(|total| part.bytes < total) && self.size != Some(part.bytes) {
            return Err(Trouble::Passing(Error::new(
                ErrorKind::Io,
                format!(
                    "the connection ended after {} of {} bytes",
                    part.bytes,
                    total.unwrap_or_default()
                ),
            )));
        }
        self.check(part, continued)
    }

    /// Whether the complete part is the wanted file. A wrong one is cleared; when it was put
    /// together from several requests, a clean start may go better.
    fn check(&self, part: &mut Part, patched: bool) -> std::result::Result<(), Trouble> {
        let hash = part.hash.digits();
        if hash == self.hash {
            return Ok(());
        }
        let error = Error::data(format!(
            "the file is not the expected one: its {} is {hash}, expected {} ({} bytes{})",
            part.algorithm,
            self.hash,
            part.bytes,
            match self.size {
                Some(size) => format!(", expected {size}"),
                None => String::new(),
            }
        ));
        part.clear().map_err(Trouble::Fatal)?;
        Err(if patched {
            Trouble::Passing(error)
        } else {
            Trouble::Lasting(error)
        })
    }
}

fn network_trouble(error: ureq::Error) -> Trouble {
    use ureq::Error as E;
    let lasting = matches!(
        error,
        E::BadUri(_) | E::InvalidProxyUrl | E::TooManyRedirects | E::RedirectFailed
            // Without a network there is no name service: waiting for it would only delay the
            // message that says what to do.
            | E::HostNotFound
            | E::Tls(_) | E::Rustls(_)
    );
    let error = Error::new(ErrorKind::Io, error.to_string());
    if lasting {
        Trouble::Lasting(error)
    } else {
        Trouble::Passing(error)
    }
}

fn status_trouble(status: StatusCode) -> Trouble {
    let error = Error::new(ErrorKind::Io, format!("the server answers {status}"));
    let passing = status.is_server_error()
        || status == StatusCode::REQUEST_TIMEOUT
        || status == StatusCode::TOO_MANY_REQUESTS;
    if passing {
        Trouble::Passing(error)
    } else {
        Trouble::Lasting(error)
    }
}

pub(super) fn interrupted() -> Error {
    Error::interrupted("the download").remedy("call it again to go on from there")
}

/// What has arrived so far: `<to>.part`, with its hash.
struct Part {
    path: PathBuf,
    file: File,
    algorithm: Algorithm,
    hash: Hasher,
    bytes: u64,
}

impl Part {
    fn open(to: &Path, algorithm: Algorithm) -> Result<Part> {
        let mut name = to.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        let cannot = |error| cannot_write(&path, error);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(cannot)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(cannot)?;
        let mut hash = Hasher::new(algorithm);
        let bytes = hash.update_from(&mut file).map_err(cannot)?;
        Ok(Part {
            path,
            file,
            algorithm,
            hash,
            bytes,
        })
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.file
            .write_all(bytes)
            .map_err(|error| cannot_write(&self.path, error))?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn clear(&mut self) -> Result<()> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .map_err(|error| cannot_write(&self.path, error))?;
        self.hash = Hasher::new(self.algorithm);
        self.bytes = 0;
        Ok(())
    }

    fn finish(self, to: &Path) -> Result<()> {
        self.file
            .sync_all()
            .and_then(|()| fs::rename(&self.path, to))
            .map_err(|error| cannot_write(to, error))
    }

    fn remove_if_empty(self) {
        if self.bytes == 0 {
            // An empty part does no harm when it stays.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn cannot_write(path: &Path, error: std::io::Error) -> Error {
    Error::io(format!("cannot write `{}`", path.display()), error)
        .remedy("free disk space, or set `KERUST_HOME` to a folder that can be written")
}
