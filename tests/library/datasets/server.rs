//! A small HTTP server that misbehaves as it is told.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the server does with one request.
pub(super) struct Reply {
    pub(super) status: &'static str,
    /// The first byte of the body in the whole file; `None` leaves out `Content-Range`.
    pub(super) range_start: Option<usize>,
    /// The size that it announces; `None` closes the connection to end the body.
    pub(super) announced: Option<usize>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn whole(body: &[u8]) -> Reply {
        Reply {
            status: "200 OK",
            range_start: None,
            announced: Some(body.len()),
            body: body.to_vec(),
        }
    }

    pub(super) fn rest(file: &[u8], start: usize) -> Reply {
        Reply {
            status: "206 Partial Content",
            range_start: Some(start),
            ..Reply::whole(&file[start..])
        }
    }

    pub(super) fn status(status: &'static str) -> Reply {
        Reply {
            status,
            ..Reply::whole(b"")
        }
    }

    /// The connection breaks after `bytes` of the body.
    pub(super) fn broken_after(mut self, bytes: usize) -> Reply {
        self.body.truncate(bytes);
        self
    }
}

/// The server; it ends with the test's process.
pub(super) struct Server {
    pub(super) url: String,
    /// For each request, the first byte that it asked for.
    ranges: Arc<Mutex<Vec<Option<usize>>>>,
}

impl Server {
    /// Serves with `reply`, which gets the number of the request and the first byte asked for.
    pub(super) fn start(reply: impl Fn(usize, Option<usize>) -> Reply + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/file.bin", listener.local_addr().unwrap());
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&ranges);
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let Ok(mut stream) = stream else { break };
                let Some(range) = read_request(&stream) else {
                    continue;
                };
                seen.lock().unwrap().push(range);
                // A client that hangs up early is no failure of the server.
                let _ = answer(&mut stream, &reply(number, range));
            }
        });
        Server { url, ranges }
    }

    /// What each request so far asked to start from.
    pub(super) fn ranges(&self) -> Vec<Option<usize>> {
        self.ranges.lock().unwrap().clone()
    }
}

/// An address where nothing listens.
pub(super) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/file.bin", listener.local_addr().unwrap())
}

/// The first byte asked for. A client that takes this for a proxy is connected with this.
fn read_request(mut stream: &TcpStream) -> Option<Option<usize>> {
    let mut range = None;
    let mut connect = false;
    let mut lines = BufReader::new(stream).lines();
    loop {
        let line = lines.next()?.ok()?.to_lowercase();
        if line.starts_with("connect ") {
            connect = true;
        } else if line.is_empty() && connect {
            connect = false;
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
        } else if line.is_empty() {
            return Some(range);
        } else if let Some(bytes) = line.strip_prefix("range: bytes=") {
            range = bytes.trim_end_matches('-').parse().ok();
        }
    }
}

fn answer(stream: &mut TcpStream, reply: &Reply) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {}\r\nConnection: close\r\n", reply.status);
    if let Some(length) = reply.announced {
        head += &format!("Content-Length: {length}\r\n");
        if let Some(start) = reply.range_start {
            let end = start + length;
            head += &format!("Content-Range: bytes {start}-{}/{end}\r\n", end - 1);
        }
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(&reply.body)?;
    stream.flush()
}
