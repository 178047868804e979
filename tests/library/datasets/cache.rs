//! The cache and the order of cache, archive, download and stand-in.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use kerust::datasets::hash::{self, Algorithm};

use super::child::{About, child, run, text};
use super::server::{Reply, Server, nobody};

const HERE: About = About {
    name: "",
    origins: &[],
    hashes: &[],
    sizes: &[],
    converted: "",
};

#[test]
fn the_home_follows_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let home = |set: &[(&str, &str)]| {
        let mut command = child("home", folder.path(), &HERE);
        command
            .env_remove("KERUST_HOME")
            .env_remove("XDG_DATA_HOME");
        for (name, value) in set {
            command.env(name, value);
        }
        let text = text(command.output().unwrap());
        let line = text.lines().find_map(|line| line.split_once("HOME "));
        line.unwrap().1.to_owned()
    };
    assert_eq!(home(&[("KERUST_HOME", "/some/where")]), "/some/where");
    assert_eq!(home(&[("KERUST_HOME", "~/k"), ("HOME", "/h")]), "/h/k");
    if cfg!(target_os = "linux") {
        assert_eq!(home(&[("HOME", "/h")]), "/h/.local/share/kerust");
        assert_eq!(
            home(&[("KERUST_HOME", ""), ("HOME", "/h")]),
            "/h/.local/share/kerust"
        );
        assert_eq!(
            home(&[("XDG_DATA_HOME", "/data"), ("HOME", "/h")]),
            "/data/kerust"
        );
    }
}

#[test]
fn without_cache_and_network_the_error_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let nobody = nobody();
    for step in ["only real", "cached"] {
        let text = run(step, &home, &About::from(&nobody.as_str()));
        let folder = home.path().join("datasets").join("cifar10");
        assert!(text.contains("ERROR CIFAR-10: not in the cache"), "{text}");
        for part in [
            nobody.as_str(),
            folder.to_str().unwrap(),
            "kerust datasets stand-in cifar10",
            "cifar10::load_from(",
        ] {
            assert!(text.contains(part), "no `{part}` in {text}");
        }
    }
    assert!(run("status", &home, &HERE).contains("STATUS Missing"));
}

#[test]
fn a_stand_in_is_drawn_only_when_allowed_and_every_load_says_so() {
    let home = tempfile::tempdir().unwrap();
    let nobody = nobody();
    let drawn = run("stand-in", &home, &About::from(&nobody.as_str()));
    assert!(drawn.contains("READY STAND-IN for CIFAR-10"), "{drawn}");
    assert!(drawn.contains("because cannot download"), "{drawn}");
    assert!(run("status", &home, &HERE).contains("STATUS StandIn"));

    for _ in 0..2 {
        let loaded = run("load", &home, &HERE);
        assert!(
            loaded.contains("STAND-IN DATA: these pictures are NOT"),
            "{loaded}"
        );
        assert!(
            loaded.contains("LOADED (1000, 32, 32, 3) (100, 1)"),
            "{loaded}"
        );
    }
    let cached = run("cached", &home, &About::from(&nobody.as_str()));
    assert!(
        cached.contains("STAND-IN for CIFAR-10") && cached.contains("from the cache"),
        "{cached}"
    );
    // Who wants the real data set does not get the stand-in.
    assert!(run("only real", &home, &About::from(&nobody.as_str())).contains("ERROR"));
    assert!(run("status", &home, &HERE).contains("STATUS StandIn"));
}

#[test]
fn two_processes_draw_it_once() {
    let home = tempfile::tempdir().unwrap();
    let nobody = nobody();
    let start = || {
        let mut command = child("stand-in", home.path(), &About::from(&nobody.as_str()));
        command.stdout(Stdio::piped()).spawn().unwrap()
    };
    let children = [start(), start(), start()];
    let texts = children.map(|child| text(child.wait_with_output().unwrap()));
    let drawn = texts
        .iter()
        .filter(|text| text.contains("drawn to"))
        .count();
    let cached = texts
        .iter()
        .filter(|text| text.contains("from the cache"))
        .count();
    assert_eq!((drawn, cached), (1, 2), "{texts:?}");
    let left = left_in(&home.path().join("datasets").join("cifar10"));
    assert_eq!(left, [".lock", "stand-in"]);
}

#[test]
fn a_wrong_archive_is_refused_wherever_it_comes_from() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| Reply::whole(b"a page that asks for a password"));
    let text = run("cached", &home, &About::from(&server.url.as_str()));
    assert!(text.contains("not the expected one: its MD5 is"), "{text}");

    let folder = home.path().join("datasets").join("cifar10");
    let archive = folder.join("cifar-10-binary.tar.gz");
    assert!(!archive.exists());
    fs::write(&archive, "half of it").unwrap();
    let text = run("cached", &home, &About::from(&server.url.as_str()));
    assert!(
        text.contains("is truncated or corrupted: its MD5 is"),
        "{text}"
    );
    assert!(text.contains("(10 bytes, expected 170052171)"), "{text}");
    // It was put there by hand: it is not for the program to delete.
    assert!(archive.exists());
}

/// An archive like the official one, of dark pictures.
fn archive() -> Vec<u8> {
    let zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(zip);
    let mut add = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        let name = format!("cifar-10-batches-bin/{name}");
        tar.append_data(&mut header, name, bytes).unwrap();
    };
    let batch = vec![0; 30_730_000];
    for number in 1..=5 {
        add(&format!("data_batch_{number}.bin"), &batch);
    }
    add("test_batch.bin", &batch);
    add("batches.meta.txt", b"airplane\n");
    add("readme.html", b"<html></html>");
    tar.into_inner().unwrap().finish().unwrap()
}

#[test]
fn the_data_set_comes_from_the_archive_or_the_network_and_replaces_a_stand_in() {
    let archive = archive();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("datasets").join("cifar10");
    fs::create_dir_all(folder.join(".unfinished-by-a-crash/fresh")).unwrap();
    run("draw", &home, &HERE);
    let by_hand = folder.join("cifar-10-binary.tar.gz");
    fs::write(&by_hand, &archive).unwrap();
    let md5 = hash::of_file(&by_hand, Algorithm::Md5).unwrap();
    fs::remove_file(&by_hand).unwrap();

    // From the network, in two pieces.
    let served = archive.clone();
    let server = Server::start(move |_, range| match range {
        None => Reply::whole(&served).broken_after(served.len() / 2),
        Some(start) => Reply::rest(&served, start),
    });
    let about = About {
        name: "",
        origins: &[&server.url],
        hashes: &[&md5],
        sizes: &[archive.len()],
        converted: "",
    };
    let prepared = run("only real", &home, &about);
    assert!(
        prepared.contains("READY CIFAR-10 downloaded to"),
        "{prepared}"
    );
    assert_eq!(server.ranges(), [None, Some(archive.len() / 2)]);
    assert_eq!(left_in(&folder), [".lock", "cifar-10-batches-bin"]);
    let loaded = run("load", &home, &HERE);
    assert!(
        loaded.contains("LOADED (50000, 32, 32, 3) (10000, 1)"),
        "{loaded}"
    );
    assert!(!loaded.contains("STAND-IN"), "{loaded}");

    // From a file that somebody put there.
    fs::remove_dir_all(folder.join("cifar-10-batches-bin")).unwrap();
    fs::write(&by_hand, &archive).unwrap();
    let nobody = nobody();
    let about = About {
        origins: &[&nobody],
        ..about
    };
    let prepared = run("cached", &home, &about);
    assert!(
        prepared.contains("READY CIFAR-10 from the archive"),
        "{prepared}"
    );
    assert!(run("status", &home, &HERE).contains("STATUS Real"));
    let verified = run("verify", &home, &HERE);
    assert!(verified.contains("VERIFIED sound"), "{verified}");
    let batch = folder.join("cifar-10-batches-bin/data_batch_2.bin");
    let mut bytes = fs::read(&batch).unwrap();
    bytes[70_000] ^= 1;
    fs::write(&batch, bytes).unwrap();
    let verified = run("verify", &home, &HERE);
    assert!(
        verified.contains("data_batch_2.bin` is damaged"),
        "{verified}"
    );
}

/// The names in a folder, sorted.
pub(super) fn left_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Files of the official sizes, all zeros: airplanes in the dark.
fn official_sizes(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for number in 1..=5 {
        let batch = folder.join(format!("data_batch_{number}.bin"));
        File::create(batch).unwrap().set_len(30_730_000).unwrap();
    }
    let test = File::create(folder.join("test_batch.bin")).unwrap();
    test.set_len(30_730_000).unwrap();
}

#[test]
fn the_cached_data_set_is_loaded_without_a_notice_and_checked() {
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join("datasets").join("cifar10");
    let folder = cache.join("cifar-10-batches-bin");
    // The real data set goes before a stand-in.
    run("draw", &home, &HERE);
    official_sizes(&folder);
    let loaded = run("load", &home, &HERE);
    assert!(
        loaded.contains("LOADED (50000, 32, 32, 3) (10000, 1)"),
        "{loaded}"
    );
    assert!(!loaded.contains("STAND-IN"), "{loaded}");
    assert!(run("verify", &home, &HERE).contains("VERIFIED the sizes are right"));
    assert!(run("draw", &home, &HERE).contains("ERROR the cache holds the real CIFAR-10"));

    // Cut between two pictures: only the official size gives it away.
    let batch = File::options()
        .write(true)
        .open(folder.join("data_batch_3.bin"));
    batch.unwrap().set_len(3073 * 5000).unwrap();
    let text = run("load", &home, &HERE);
    assert!(text.contains("data_batch_3.bin` is truncated"), "{text}");
    assert!(
        text.contains("it has 15365000 bytes, expected 30730000"),
        "{text}"
    );
    assert!(text.contains("delete the folder"), "{text}");

    fs::remove_file(folder.join("data_batch_3.bin")).unwrap();
    let text = run("load", &home, &HERE);
    assert!(text.contains("`data_batch_3.bin` is not in"), "{text}");
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let text = text(
        child("cached", &file, &About::from(&nobody().as_str()))
            .output()
            .unwrap(),
    );
    assert!(
        text.contains("ERROR cannot write in") && text.contains("KERUST_HOME"),
        "{text}"
    );
}
