//! What bytes from strangers go through in the kernel and in `kerust run`.

use std::path::Path;

use kerust_kernel::protocol::connection::ConnectionInfo;
use kerust_kernel::protocol::message::Message;
use kerust_kernel::protocol::requests::{self, CursorRequest, ExecuteRequest, HistoryRequest};
use kerust_kernel::protocol::wire::{DELIMITER, Signer, decode, encode};
use kerust_kernel::run::html::page;
use kerust_kernel::run::notebook::Notebook;
use serde_json::json;

/// The name of a fuzz target, and what it calls.
pub type Reader = (&'static str, fn(&[u8]));

/// All readers.
pub const READERS: [Reader; 3] = [
    ("message", message),
    ("connection", connection),
    ("notebook", notebook),
];

const KEY: &str = "a key that only the client knows";

/// Frames of a message. The first time they are taken as they come, each behind its length; the
/// second time all bytes are the content of a message that is signed.
pub fn message(bytes: &[u8]) {
    let signer = Signer::new(KEY);
    let mut frames = Vec::new();
    let mut rest = bytes;
    while let Some((length, behind)) = rest.split_first() {
        let (frame, behind) = behind.split_at(usize::from(*length).min(behind.len()));
        frames.push(frame.to_vec());
        rest = behind;
    }
    drop(decode(frames, &signer).map(|message| look(&message)));
    let parts: [&[u8]; 4] = [br#"{"msg_type":"execute_request"}"#, b"{}", b"{}", bytes];
    let mut frames = vec![DELIMITER.to_vec(), signer.sign(&parts).into_bytes()];
    frames.extend(parts.map(<[u8]>::to_vec));
    drop(decode(frames, &signer).map(|message| look(&message)));
}

fn look(message: &Message) {
    let _ = (message.msg_type(), message.msg_id(), message.parent_id());
    let execute = requests::content::<ExecuteRequest>(message);
    drop(execute.map(|request| request.counts()));
    let cursor = requests::content::<CursorRequest>(message);
    drop(cursor.map(|request| request.position()));
    if let Err(error) = requests::content::<HistoryRequest>(message) {
        drop(error.reply());
    }
}

fn with_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("the folder is ours");
    read(&path);
}

/// A connection file.
pub fn connection(bytes: &[u8]) {
    with_file("connection.json", bytes, |path| {
        drop(ConnectionInfo::read(path))
    });
}

/// A notebook and the page that is made of it.
pub fn notebook(bytes: &[u8]) {
    with_file("notebook.ipynb", bytes, |path| {
        if let Ok(notebook) = Notebook::read(path) {
            let title = notebook.title().unwrap_or_default();
            let page = page(&notebook, &title);
            assert!(page.contains("</html>"), "the page is whole");
        }
    });
}

/// Whole files and messages.
pub fn seeds(reader: &str) -> Vec<Vec<u8>> {
    match reader {
        "message" => {
            let content = json!({
                "code": "let x = 1;", "silent": false, "store_history": true, "cursor_pos": 3,
                "output": true, "raw": false, "hist_access_type": "tail", "n": 5,
            });
            let message = Message::new("fuzz", "execute_request", json!({}), content.clone());
            let frames = encode(&message, &Signer::new(KEY))
                .into_iter()
                .flat_map(|frame| {
                    let length = frame.len().min(255);
                    std::iter::once(length as u8).chain(frame.into_iter().take(length))
                });
            vec![frames.collect(), content.to_string().into_bytes()]
        }
        "connection" => {
            let info = json!({
                "transport": "tcp", "ip": "127.0.0.1", "shell_port": 1, "iopub_port": 2,
                "stdin_port": 3, "control_port": 4, "hb_port": 5, "key": KEY,
                "signature_scheme": "hmac-sha256",
            });
            vec![info.to_string().into_bytes()]
        }
        "notebook" => {
            let notebook = json!({
                "nbformat": 4, "nbformat_minor": 4, "metadata": {},
                "cells": [
                    {"cell_type": "markdown", "metadata": {}, "source": ["# Title\n", "*text* <b>"]},
                    {"cell_type": "code", "metadata": {}, "source": "1 + 1", "execution_count": 1,
                     "outputs": [
                        {"output_type": "stream", "name": "stdout", "text": ["a\u{1b}[31mb\u{1b}[0m\n"]},
                        {"output_type": "execute_result", "execution_count": 1, "metadata": {},
                         "data": {"text/plain": "2", "text/html": "<i>2</i>", "image/png": "iVBORw=="}},
                        {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]},
                     ]},
                ],
            });
            vec![notebook.to_string().into_bytes()]
        }
        other => panic!("there is no reader `{other}`"),
    }
}
