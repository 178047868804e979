//! Downloads from a server that is well, broken, lying or absent.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kerust::datasets::download::Download;
use kerust::datasets::hash::{self, Algorithm};
use tempfile::TempDir;

use super::server::{Reply, Server, nobody};

/// A file to serve, larger than one read.
fn file() -> Vec<u8> {
    (0..300_000u32).map(|i| ((i * 7919) >> 5) as u8).collect()
}

fn download(folder: &TempDir, urls: &[&str]) -> (Download, PathBuf) {
    let original = folder.path().join("original");
    fs::write(&original, file()).unwrap();
    let download = Download {
        urls: urls.iter().map(|url| url.to_string()).collect(),
        hash: hash::of_file(&original, Algorithm::Md5).unwrap(),
        size: Some(300_000),
        attempts: 2,
        pause: Duration::from_millis(1),
        timeout: Duration::from_secs(2),
    };
    (download, folder.path().join("target.bin"))
}

fn part(target: &Path) -> PathBuf {
    target.with_extension("bin.part")
}

/// Fetches and checks that the target is whole and nothing else is left.
fn fetch(download: &Download, target: &Path) {
    download.fetch(target, &mut |_, _| {}).unwrap();
    assert_eq!(fs::read(target).unwrap(), file());
    assert!(!part(target).exists());
}

#[test]
fn a_file_arrives_whole_and_reports_its_progress() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| Reply::whole(&file()));
    let (download, target) = download(&folder, &[&server.url]);
    let mut seen = Vec::new();
    let hook = &mut |done, total| seen.push((done, total));
    download.fetch(&target, hook).unwrap();
    assert_eq!(fs::read(&target).unwrap(), file());
    assert_eq!(seen.first(), Some(&(0, Some(300_000))));
    assert_eq!(seen.last(), Some(&(300_000, Some(300_000))));
    assert!(seen.is_sorted_by_key(|(done, _)| *done));
    assert_eq!(server.ranges(), [None]);
}

#[test]
fn a_broken_connection_is_resumed_where_it_broke() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|number, range| match (number, range) {
        (0, _) => Reply::whole(&file()).broken_after(100_000),
        (_, Some(start)) => Reply::rest(&file(), start).broken_after(150_000),
        _ => Reply::status("400 Bad Request"),
    });
    let (download, target) = download(&folder, &[&server.url]);
    fetch(&download, &target);
    assert_eq!(server.ranges(), [None, Some(100_000), Some(250_000)]);
}

#[test]
fn a_part_of_an_earlier_run_is_continued() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, range| Reply::rest(&file(), range.unwrap_or(0)));
    let (download, target) = download(&folder, &[&server.url]);
    fs::write(part(&target), &file()[..123_456]).unwrap();
    fetch(&download, &target);
    assert_eq!(server.ranges(), [Some(123_456)]);
}

#[test]
fn a_complete_part_needs_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let (download, target) = download(&folder, &[&nobody()]);
    fs::write(part(&target), file()).unwrap();
    fetch(&download, &target);
}

#[test]
fn a_damaged_part_leads_to_a_clean_start() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, range| match range {
        Some(start) => Reply::rest(&file(), start),
        None => Reply::whole(&file()),
    });
    let (download, target) = download(&folder, &[&server.url]);
    fs::write(part(&target), vec![9; 5000]).unwrap();
    fetch(&download, &target);
    assert_eq!(server.ranges(), [Some(5000), None]);
}

#[test]
fn a_server_that_does_not_resume_sends_the_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| Reply::whole(&file()));
    let (download, target) = download(&folder, &[&server.url]);
    fs::write(part(&target), &file()[..5000]).unwrap();
    fetch(&download, &target);
    assert_eq!(server.ranges(), [Some(5000)]);
}

#[test]
fn a_server_that_sends_another_range_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, range| match range {
        Some(_) => Reply::rest(&file(), 7),
        None => Reply::whole(&file()),
    });
    let (download, target) = download(&folder, &[&server.url]);
    fs::write(part(&target), &file()[..5000]).unwrap();
    fetch(&download, &target);
    assert_eq!(server.ranges(), [Some(5000), None]);
}

#[test]
fn a_wrong_file_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = file();
    wrong[70_000] ^= 1;
    let server = Server::start(move |_, _| Reply::whole(&wrong));
    let (download, target) = download(&folder, &[&server.url]);
    let error = download.fetch(&target, &mut |_, _| {}).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("not the expected one: its MD5 is"), "{text}");
    assert!(
        text.contains(&download.hash) && text.contains(&server.url),
        "{text}"
    );
    assert!(!target.exists() && !part(&target).exists());
}

#[test]
fn a_server_that_goes_on_for_ever_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let endless = Reply {
        announced: None,
        ..Reply::whole(&vec![1; 5_000_000])
    };
    let endless = std::sync::Mutex::new(Some(endless));
    let server = Server::start(move |_, _| {
        let first = endless.lock().unwrap().take();
        first.unwrap_or(Reply::status("404 Not Found"))
    });
    let (download, target) = download(&folder, &[&server.url]);
    let mut most = 0;
    let error = download.fetch(&target, &mut |done, _| most = done);
    assert!(error.is_err() && most < 400_000, "{most} bytes were taken");
    assert!(!target.exists());
}

#[test]
fn a_missing_file_is_not_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| Reply::status("404 Not Found"));
    let (download, target) = download(&folder, &[&server.url]);
    let error = download.fetch(&target, &mut |_, _| {}).unwrap_err();
    assert!(error.to_string().contains("404 Not Found"), "{error}");
    assert_eq!(server.ranges().len(), 1);
    assert!(!target.exists() && !part(&target).exists());
}

#[test]
fn a_busy_server_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|number, _| match number {
        0 => Reply::status("503 Service Unavailable"),
        _ => Reply::whole(&file()),
    });
    let (download, target) = download(&folder, &[&server.url]);
    fetch(&download, &target);
    assert_eq!(server.ranges().len(), 2);
}

#[test]
fn a_server_that_always_breaks_at_the_same_place_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    // It does not resume, so every attempt starts again and ends at the same byte.
    let server = Server::start(|_, _| Reply::whole(&file()).broken_after(1000));
    let (download, target) = download(&folder, &[&server.url]);
    let error = download.fetch(&target, &mut |_, _| {}).unwrap_err();
    assert!(error.to_string().contains("after 1000"), "{error}");
    assert_eq!(server.ranges().len(), 3);
    assert!(!target.exists());
    // What came so far stays, for the next call.
    assert_eq!(fs::read(part(&target)).unwrap(), file()[..1000]);
}

#[test]
fn a_silent_server_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| {
        std::thread::sleep(Duration::from_secs(4));
        Reply::status("200 OK")
    });
    let (download, target) = download(&folder, &[&server.url]);
    let download = Download {
        attempts: 1,
        timeout: Duration::from_millis(300),
        ..download
    };
    let start = std::time::Instant::now();
    let error = download.fetch(&target, &mut |_, _| {}).unwrap_err();
    assert!(error.to_string().contains("timeout"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[test]
fn the_next_address_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| Reply::whole(&file()));
    let (download, target) = download(&folder, &[&nobody(), &server.url]);
    fetch(&download, &target);
    assert_eq!(server.ranges().len(), 1);
}

#[test]
fn all_reasons_are_told_when_no_address_works() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| Reply::status("404 Not Found"));
    let nobody = nobody();
    let (download, target) = download(&folder, &[&nobody, &server.url]);
    let text = download
        .fetch(&target, &mut |_, _| {})
        .unwrap_err()
        .to_string();
    assert!(
        text.contains(&nobody) && text.contains(&server.url),
        "{text}"
    );
}
