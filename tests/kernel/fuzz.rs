//! A hundred thousand messages that nobody should send, to every socket of a kernel: it lives, runs
//! nothing that is not signed, and takes no memory for them.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kerust_kernel::protocol::connection::ConnectionInfo;
use kerust_kernel::protocol::message::Message;
use kerust_kernel::protocol::wire::{DELIMITER, Signer, decode, encode};
use serde_json::{Value, json};

use super::support::{COMPILING, LIMIT, program};

const MESSAGES: u32 = 100_000;
/// How much more memory the kernel may take afterwards, in KiB.
const MEMORY: u64 = 200 << 10;

/// Splitmix64: the same bytes in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn bytes(&mut self, longest: u64) -> Vec<u8> {
        let length = self.below(longest + 1);
        (0..length).map(|_| self.next() as u8).collect()
    }

    fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u64) as usize]
    }
}

/// A kernel on TCP, with the five sockets of a client.
struct Kernel {
    child: Child,
    info: ConnectionInfo,
    signer: Signer,
    context: zmq::Context,
    shell: zmq::Socket,
    iopub: zmq::Socket,
}

impl Kernel {
    fn start(folder: &Path) -> Kernel {
        let free: Vec<TcpListener> = (0..5)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let port = |index: usize| u32::from(free[index].local_addr().unwrap().port());
        let info = ConnectionInfo {
            transport: "tcp".to_owned(),
            ip: "127.0.0.1".to_owned(),
            shell_port: port(0),
            iopub_port: port(1),
            stdin_port: port(2),
            control_port: port(3),
            hb_port: port(4),
            key: "a key that only the client knows".to_owned(),
            signature_scheme: "hmac-sha256".to_owned(),
        };
        drop(free);
        let file = folder.join("connection.json");
        std::fs::write(&file, serde_json::to_string(&info).unwrap()).unwrap();
        let child = Command::new(program())
            .args(["kernel", "-f"])
            .arg(&file)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        let context = zmq::Context::new();
        let shell = context.socket(zmq::DEALER).unwrap();
        shell.connect(&info.endpoint(info.shell_port)).unwrap();
        let iopub = context.socket(zmq::SUB).unwrap();
        iopub.set_subscribe(b"").unwrap();
        iopub.connect(&info.endpoint(info.iopub_port)).unwrap();
        Kernel {
            child,
            signer: Signer::new(&info.key),
            info,
            context,
            shell,
            iopub,
        }
    }

    fn ports(&self) -> [u32; 5] {
        let info = &self.info;
        [
            info.shell_port,
            info.control_port,
            info.stdin_port,
            info.hb_port,
            info.iopub_port,
        ]
    }

    /// A socket with a name of its own.
    fn socket(&self, kind: zmq::SocketType, port: u32, name: &[u8]) -> zmq::Socket {
        let socket = self.context.socket(kind).unwrap();
        socket.set_linger(10_000).unwrap();
        socket.set_sndtimeo(10_000).unwrap();
        if !name.is_empty() {
            socket.set_identity(name).unwrap();
        }
        socket.connect(&self.info.endpoint(port)).unwrap();
        socket
    }

    /// Runs a cell and returns its reply.
    fn run(&self, code: &str, limit: Duration) -> Value {
        let content = json!({ "code": code, "silent": false, "store_history": false });
        let message = Message::new("fuzz", "execute_request", json!({}), content);
        let id = message.msg_id().to_owned();
        let frames = encode(&message, &self.signer);
        self.shell.send_multipart(frames, 0).unwrap();
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            self.forget_outputs();
            if self.shell.poll(zmq::POLLIN, 100).unwrap() == 0 {
                continue;
            }
            let frames = self.shell.recv_multipart(0).unwrap();
            let reply = decode(frames, &self.signer).unwrap();
            if reply.parent_id() == id {
                return reply.content;
            }
        }
        panic!("no reply");
    }

    fn forget_outputs(&self) {
        while self.iopub.recv_multipart(zmq::DONTWAIT).is_ok() {}
    }

    /// A field of the kernel's status in KiB.
    fn memory(&self, field: &str) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(path).unwrap();
        let line = text.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A JSON value of any kind.
fn any_value(random: &mut Random) -> Value {
    match random.below(9) {
        0 => Value::Null,
        1 => json!(random.next().is_multiple_of(2)),
        2 => json!(random.next()),
        3 => json!(-(random.below(1 << 40) as i64)),
        4 => json!(1e300),
        5 => json!("\u{1F980} text"),
        6 => json!([]),
        7 => json!({ "x": [1, { "y": null }] }),
        _ => json!("a".repeat(random.below(2000) as usize)),
    }
}

/// A request that asks for `code` to be run, before anything is wrong with it.
fn request(msg_type: &str, content: Value) -> Message {
    Message::new("fuzz", msg_type, json!({}), content)
}

/// Frames with something wrong about them; `evil` is code that must not run.
fn wrong_frames(random: &mut Random, signer: &Signer, evil: &str) -> Vec<Vec<u8>> {
    let types = [
        "execute_request",
        "shutdown_request",
        "interrupt_request",
        "complete_request",
        "comm_open",
        "input_reply",
    ];
    let content = json!({ "code": evil, "silent": false, "value": evil, "restart": false });
    let message = request(random.pick::<&str>(&types), content);
    let mut frames = encode(&message, signer);
    match random.below(12) {
        // A signature by another key, none, a part of it, another case, or no digits.
        0 => encode(&message, &Signer::new("another key")),
        1 => encode(&message, &Signer::new("")),
        2 => {
            frames[1].truncate(random.below(64) as usize);
            frames
        }
        3 => {
            frames[1] = random.bytes(100);
            frames
        }
        4 => {
            let first = frames[1][0];
            frames[1][0] = if first == b'0' { b'1' } else { b'0' };
            frames
        }
        // Content that the signature is not for.
        5 => {
            let part = 2 + random.below(4) as usize;
            frames[part].push(b' ');
            frames
        }
        6 => {
            frames.swap(2, 5);
            frames
        }
        // Missing and surplus frames.
        7 => {
            frames.truncate(random.below(6) as usize);
            frames.push(Vec::new());
            frames
        }
        8 => {
            frames.remove(0);
            frames
        }
        9 => vec![DELIMITER.to_vec(); 1 + random.below(20) as usize],
        // Nothing like a message.
        10 => {
            let count = 1 + random.below(12);
            (0..count).map(|_| random.bytes(300)).collect()
        }
        _ => {
            let mut frames: Vec<Vec<u8>> =
                (0..random.below(30)).map(|_| random.bytes(40)).collect();
            frames.push(DELIMITER.to_vec());
            frames.push(random.bytes(64));
            frames.extend((0..random.below(6)).map(|_| b"{}".to_vec()));
            frames
        }
    }
}

/// A signed message whose parts have the wrong types.
fn signed_nonsense(random: &mut Random, signer: &Signer) -> Vec<Vec<u8>> {
    let types = [
        "execute_request",
        "kernel_info_request",
        "is_complete_request",
        "history_request",
        "comm_info_request",
        "comm_open",
        "comm_msg",
        "comm_close",
        "interrupt_request",
        "input_reply",
        "connect_request",
        "",
        "unknown",
    ];
    let mut content = json!({});
    for name in [
        "silent",
        "store_history",
        "user_expressions",
        "allow_stdin",
        "stop_on_error",
        "cursor_pos",
        "detail_level",
        "hist_access_type",
        "output",
        "raw",
        "session",
        "start",
        "stop",
        "n",
        "pattern",
        "unique",
        "comm_id",
        "target_name",
        "value",
        "data",
    ] {
        if random.below(3) > 0 {
            content[name] = any_value(random);
        }
    }
    let msg_type: &str = random.pick::<&str>(&types);
    // Text here would be run or looked at for real.
    content["code"] = match random.below(3) {
        0 => json!(random.next()),
        1 => json!([1]),
        _ => json!("  "),
    };
    let mut message = request(msg_type, content);
    match random.below(8) {
        0 => message.header = json!({ "msg_type": any_value(random), "msg_id": any_value(random) }),
        1 => message.header["msg_id"] = any_value(random),
        2 => message.content = any_value(random),
        3 => message.parent_header = any_value(random),
        4 => message.metadata = any_value(random),
        5 => message.buffers = vec![random.bytes(100), Vec::new()],
        _ => {}
    }
    encode(&message, signer)
}

/// Bytes that are no ZeroMQ, or stop being it.
fn raw_bytes(random: &mut Random) -> Vec<u8> {
    let mut greeting = vec![0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0];
    greeting.extend_from_slice(b"NULL");
    greeting.resize(64, 0);
    match random.below(6) {
        0 => random.bytes(500),
        1 => b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        2 => greeting[..random.below(64) as usize].to_vec(),
        3 => {
            greeting.extend(random.bytes(200));
            greeting
        }
        kind => {
            // A handshake, and then a frame that claims to be as large as can be.
            let ready = b"\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\0";
            greeting.extend([4, ready.len() as u8]);
            greeting.extend_from_slice(ready);
            greeting.push(2);
            let size = if kind == 4 { u64::MAX >> 1 } else { 1 << 36 };
            greeting.extend(size.to_be_bytes());
            greeting.extend(random.bytes(100));
            greeting
        }
    }
}

#[test]
fn a_hundred_thousand_wrong_messages_do_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let kernel = Kernel::start(folder.path());
    assert_eq!(kernel.run("let kept = 41;", COMPILING)["status"], "ok");
    let before = kernel.memory("VmRSS:");
    let started = Instant::now();

    let crime = folder.path().join("crime");
    let evil = format!("std::fs::write({crime:?}, \"done\").unwrap();");
    let mut random = Random(5);
    let [shell, control, stdin, heartbeat, iopub] = kernel.ports();
    let mut sockets = Vec::new();
    let mut sent = 0;
    while sent < MESSAGES {
        if sent % 2000 == 0 {
            // New clients, with names short and long; the old ones leave in the middle of it.
            let name = |random: &mut Random| {
                let mut name = random.bytes(254);
                name.insert(0, 1 + random.below(255) as u8);
                name
            };
            sockets = [shell, control, stdin]
                .into_iter()
                .map(|port| kernel.socket(zmq::DEALER, port, &name(&mut random)))
                .collect();
            sockets.push(kernel.socket(zmq::DEALER, heartbeat, b""));
            sockets.push(kernel.socket(zmq::XSUB, iopub, b""));
        }
        let index = random.below(5) as usize;
        let frames = match random.below(20) {
            0..15 => wrong_frames(&mut random, &kernel.signer, &evil),
            15..19 if index < 3 => signed_nonsense(&mut random, &kernel.signer),
            _ if random.below(200) == 0 => {
                // Some megabytes that nobody signed.
                let size = random.below(4 << 20) as usize;
                let mut frames = encode(&request("execute_request", json!({})), &Signer::new("x"));
                frames[5] = vec![b'{'; size];
                frames
            }
            _ => vec![random.bytes(2000)],
        };
        if index == 4 {
            // To the output socket, single frames are subscriptions.
            for frame in frames.into_iter().take(1) {
                sockets[index].send(frame, 0).unwrap();
            }
        } else {
            sockets[index].send_multipart(frames, 0).unwrap();
        }
        sent += 1;
        if sent % 100 == 0 {
            kernel.forget_outputs();
            for socket in &sockets {
                while socket.recv_multipart(zmq::DONTWAIT).is_ok() {}
            }
        }
        if sent % 500 == 0 {
            let port = *random.pick(&[shell, control, stdin, heartbeat, iopub]);
            let mut stream = TcpStream::connect(("127.0.0.1", port as u16)).unwrap();
            // The kernel may hang up in the middle.
            let _ = stream.write_all(&raw_bytes(&mut random));
        }
    }

    drop(sockets);
    // A signed interrupt may still be on its way.
    let mut runs = (0..20).map(|_| kernel.run("assert_eq!(kept, 41);", LIMIT));
    let reply = runs.find(|reply| reply["ename"] != "KeyboardInterrupt");
    assert_eq!(reply.unwrap()["status"], "ok");
    assert!(!crime.exists(), "a message without a signature was obeyed");
    let after = kernel.memory("VmHWM:");
    println!(
        "{sent} messages in {:.1} s; memory {before} KiB before, {after} KiB at most",
        started.elapsed().as_secs_f64()
    );
    assert!(after < before + MEMORY, "{before} KiB, then {after} KiB");
    // They have arrived, and the log is not flooded by them.
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    let dropped = log.lines().filter(|line| line.contains("dropped")).count();
    assert!(log.contains("32768 messages were dropped"));
    assert!(dropped < 50, "{dropped} lines about them");
    heartbeat_answers(&kernel, heartbeat);
}

fn heartbeat_answers(kernel: &Kernel, port: u32) {
    let socket = kernel.socket(zmq::REQ, port, b"");
    socket.set_rcvtimeo(5000).unwrap();
    socket.send("still there?", 0).unwrap();
    assert_eq!(socket.recv_bytes(0).unwrap(), b"still there?");
}

/// The local addresses of the sockets in `table` that listen and belong to the kernel.
fn listening(table: &str, inodes: &[String]) -> Vec<String> {
    let text = std::fs::read_to_string(table).unwrap_or_default();
    text.lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let listens = *fields.get(3)? == "0A";
            let own = inodes
                .iter()
                .any(|inode| Some(&inode.as_str()) == fields.get(9));
            (listens && own).then(|| fields[1].to_owned())
        })
        .collect()
}

#[test]
fn only_the_given_address_is_bound() {
    let folder = tempfile::tempdir().unwrap();
    let kernel = Kernel::start(folder.path());
    assert_eq!(kernel.run("1", COMPILING)["status"], "ok");
    let descriptors = format!("/proc/{}/fd", kernel.child.id());
    let inodes: Vec<String> = std::fs::read_dir(descriptors)
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let target = std::fs::read_link(entry.path()).ok()?;
            let name = target.to_str()?.strip_prefix("socket:[")?;
            Some(name.strip_suffix(']')?.to_owned())
        })
        .collect();
    let mut expected: Vec<String> = kernel
        .ports()
        .iter()
        .map(|port| format!("0100007F:{port:04X}"))
        .collect();
    let mut found = listening("/proc/net/tcp", &inodes);
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert!(listening("/proc/net/tcp6", &inodes).is_empty());
}
