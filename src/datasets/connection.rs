//! What a server answers, read in a thread of its own: a server that is silent can keep that waiting
//! for half a minute, and the user who interrupts waits no longer than a moment.

use std::io::Read;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};

use ureq::http::{HeaderMap, Response, StatusCode, header};
use ureq::{Agent, Body};

use super::download::interrupted;
use super::waiting::{MOMENT, until};
use crate::{Error, ErrorKind, Result};

/// The beginning of an answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// The first byte of the file that follows, where the server says so.
    pub(super) range_start: Option<u64>,
    /// How many bytes follow, as far as that is known.
    pub(super) length: Option<u64>,
}

impl Answer {
    fn of(response: &Response<Body>) -> Answer {
        Answer {
            status: response.status(),
            range_start: range_start(response.headers()),
            length: response.body().content_length(),
        }
    }
}

/// What comes over a connection, one after the other.
enum News {
    Answer(std::result::Result<Answer, ureq::Error>),
    Bytes(std::io::Result<Vec<u8>>),
}

/// A request that is under way. The thread ends when this is dropped, at the latest when the server
/// has been silent for too long.
pub(super) struct Connection {
    news: Receiver<News>,
}

impl Connection {
    /// Asks for what is at `url`, from byte `start` on.
    pub(super) fn begin(agent: &Agent, url: &str, start: u64) -> Result<Connection> {
        let mut request = agent.get(url).header(header::ACCEPT_ENCODING, "identity");
        if start > 0 {
            request = request.header(header::RANGE, format!("bytes={start}-"));
        }
        // A little ahead, so that reading and writing go on at the same time.
        let (sender, news) = sync_channel(4);
        let spawned = std::thread::Builder::new()
            .name("kerust-download".to_owned())
            .spawn(move || match request.call() {
                Ok(response) => send_all(response, &sender),
                Err(error) => drop(sender.send(News::Answer(Err(error)))),
            });
        spawned.map_err(|error| Error::io("no thread for the download", error))?;
        Ok(Connection { news })
    }

    /// The next thing that comes; nothing at the end.
    fn next(&self) -> Result<Option<News>> {
        until(interrupted, || match self.news.recv_timeout(MOMENT) {
            Ok(news) => Some(Some(news)),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(None),
        })
    }

    /// The beginning of the answer.
    ///
    /// # Errors
    /// When the user interrupts; those of the request are within.
    pub(super) fn answer(&self) -> Result<std::result::Result<Answer, ureq::Error>> {
        match self.next()? {
            Some(News::Answer(answer)) => Ok(answer),
            _ => Err(Error::new(
                ErrorKind::Io,
                "the thread of the download ended",
            )),
        }
    }

    /// The next bytes of the body; none at its end.
    ///
    /// # Errors
    /// When the user interrupts; those of the connection are within.
    pub(super) fn bytes(&self) -> Result<std::io::Result<Vec<u8>>> {
        match self.next()? {
            Some(News::Bytes(bytes)) => Ok(bytes),
            _ => Ok(Ok(Vec::new())),
        }
    }
}

/// Sends an answer with its body, until nobody listens any more.
fn send_all(response: Response<Body>, sender: &SyncSender<News>) {
    if sender
        .send(News::Answer(Ok(Answer::of(&response))))
        .is_err()
    {
        return;
    }
    let mut body = response.into_body().into_reader();
    loop {
        let mut bytes = vec![0; 1 << 16];
        let read = match body.read(&mut bytes) {
            Ok(0) => return,
            Ok(count) => {
                bytes.truncate(count);
                Ok(bytes)
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let failed = read.is_err();
        if sender.send(News::Bytes(read)).is_err() || failed {
            return;
        }
    }
}

/// The first byte of `Content-Range: bytes 100-199/200`.
fn range_start(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    range
        .strip_prefix("bytes ")?
        .split('-')
        .next()?
        .parse()
        .ok()
}
