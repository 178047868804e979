//! An interrupt of the notebook while a data set is waited for.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use kerust::ErrorKind;
use kerust::datasets::download::Download;
use kerust::datasets::{Prepare, Size, mnist};

use super::server::nobody;
use crate::own_process;
use crate::training::interrupted::{attach, press};

/// Presses the button while `wait` waits, which must end soon with the error for it.
#[track_caller]
fn interrupted<T>(wait: impl FnOnce() -> kerust::Result<T>) -> String {
    let mut kernel = attach();
    let presser = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        press(&mut kernel, b'i', true);
        kernel
    });
    let begun = Instant::now();
    let Err(error) = wait() else {
        panic!("nothing was waited for")
    };
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}");
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    drop(presser.join());
    error.to_string()
}

/// A cache with a small stand-in, which another process has locked.
fn locked_cache(home: &Path) -> File {
    // SAFETY: the test has the process for itself, and no other thread reads the environment.
    unsafe {
        std::env::set_var("KERUST_HOME", home);
        std::env::set_var("KERAS_HOME", home.join("keras"));
    }
    let options = Prepare {
        size: Some(Size {
            train: 20,
            test: 10,
        }),
        ..Prepare::default()
    };
    let dataset = mnist::DATASET;
    dataset.draw_stand_in(&options, &mut |_, _, _| {}).unwrap();
    let lock = File::open(home.join("datasets/mnist/.lock")).unwrap();
    lock.lock().unwrap();
    lock
}

/// Waits for the lock of another process until the user interrupts. `test` is the name of the test
/// that calls this.
fn lock_is_waited_for<T>(test: &str, wait: fn() -> kerust::Result<T>) {
    own_process::run(&format!("datasets::interrupted::{test}"), || {
        let home = tempfile::tempdir().unwrap();
        let lock = locked_cache(home.path());
        let said = interrupted(wait);
        assert!(said.contains("waiting for another process"), "{said}");
        drop(lock);
    });
}

#[test]
fn an_interrupt_ends_waiting_for_another_process() {
    lock_is_waited_for("an_interrupt_ends_waiting_for_another_process", || {
        mnist::DATASET.draw_stand_in(&Prepare::default(), &mut |_, _, _| {})
    });
}

#[test]
fn an_interrupt_ends_waiting_for_a_data_set_to_be_replaced() {
    let name = "an_interrupt_ends_waiting_for_a_data_set_to_be_replaced";
    lock_is_waited_for(name, mnist::load_data);
}

/// A download that is patient, to a file in `folder`.
fn patient(url: String, folder: &Path) -> impl FnOnce() -> kerust::Result<()> {
    let to = folder.join("target.bin");
    let download = Download {
        urls: vec![url],
        hash: "0".repeat(32),
        attempts: 10,
        pause: Duration::from_secs(60),
        timeout: Duration::from_secs(60),
        ..Download::default()
    };
    move || download.fetch(&to, &mut |_, _| {})
}

/// A server that answers with this, and then says nothing more.
fn silent(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file.bin", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        stream.write_all(answer).unwrap();
        std::thread::sleep(Duration::from_secs(60));
    });
    url
}

#[test]
fn an_interrupt_ends_waiting_for_a_server() {
    let name = "datasets::interrupted::an_interrupt_ends_waiting_for_a_server";
    own_process::run(name, || {
        let folder = tempfile::tempdir().unwrap();
        let said = interrupted(patient(silent(b""), folder.path()));
        assert!(said.contains("the download was interrupted"), "{said}");
    });
}

#[test]
fn an_interrupt_ends_waiting_for_the_rest_of_a_file() {
    let name = "datasets::interrupted::an_interrupt_ends_waiting_for_the_rest_of_a_file";
    own_process::run(name, || {
        let folder = tempfile::tempdir().unwrap();
        let url = silent(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nthe beginning");
        let said = interrupted(patient(url, folder.path()));
        assert!(said.contains("call it again to go on"), "{said}");
        let part = fs::read(folder.path().join("target.bin.part")).unwrap();
        assert_eq!(part, b"the beginning", "what came stays");
    });
}

#[test]
fn an_interrupt_ends_the_pause_between_two_attempts() {
    let name = "datasets::interrupted::an_interrupt_ends_the_pause_between_two_attempts";
    own_process::run(name, || {
        let folder = tempfile::tempdir().unwrap();
        interrupted(patient(nobody(), folder.path()));
    });
}
