//! Files that are read as they are: from the cache, from Keras's folder, through a proxy, by several
//! processes at once.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use kerust::datasets::hash::{Algorithm, of_file};
use serde_json::Value;

use super::cache::left_in;
use super::child::{About, child, run, text};
use super::server::{Reply, Server, nobody};
use crate::golden::file;

/// A small file in the place of the official one, and its SHA-256.
fn houses() -> (Vec<u8>, String) {
    let path = file("datasets/boston_housing.npz");
    let hash = of_file(&path, Algorithm::Sha256).unwrap();
    (fs::read(path).unwrap(), hash)
}

const NAME: &str = "boston_housing";
const FILE: &str = "boston_housing.npz";

#[test]
fn a_file_is_downloaded_checked_at_every_load_and_removed() {
    let home = tempfile::tempdir().unwrap();
    let (bytes, hash) = houses();
    let served = bytes.clone();
    let server = Server::start(move |_, range| Reply::rest(&served, range.unwrap_or(0)));
    let about = About {
        name: NAME,
        origins: &[&server.url],
        hashes: &[&hash],
        sizes: &[bytes.len()],
        converted: "",
    };
    // What an interrupted run left is continued.
    let folder = home.path().join("datasets").join(NAME);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{FILE}.part")), &bytes[..1000]).unwrap();
    let prepared = run("only real", &home, &about);
    assert!(
        prepared.contains("READY Boston housing downloaded to"),
        "{prepared}"
    );
    assert_eq!(server.ranges(), [Some(1000)]);
    assert_eq!(left_in(&folder), [".lock", FILE]);
    assert!(run("cached", &home, &about).contains("from the cache"));
    assert!(run("status", &home, &about).contains("STATUS Real"));
    assert!(run("verify", &home, &about).contains("VERIFIED sound"));
    assert!(run("draw", &home, &about).contains("ERROR the cache holds the real Boston housing"));

    let mut damaged = bytes.clone();
    damaged[bytes.len() / 2] ^= 4;
    fs::write(folder.join(FILE), damaged).unwrap();
    for step in ["cached", "verify"] {
        let text = run(step, &home, &about);
        assert!(
            text.contains("is truncated or corrupted: its SHA-256 is"),
            "{text}"
        );
        assert!(text.contains(&hash) && text.contains(&server.url), "{text}");
    }
    assert_eq!(server.ranges().len(), 1);

    let freed = run("clean", &home, &about);
    assert!(freed.contains(&format!("FREED {}", bytes.len())), "{freed}");
    assert_eq!(left_in(&folder), [".lock"]);
    assert!(run("clean", &home, &about).contains("FREED 0"));
    assert!(run("verify", &home, &about).contains("VERIFIED not here"));
    assert!(run("status", &home, &about).contains("STATUS Missing"));
}

#[test]
fn several_processes_download_it_once() {
    let home = tempfile::tempdir().unwrap();
    let (bytes, hash) = houses();
    let served = bytes.clone();
    let server = Server::start(move |_, _| {
        // Long enough for the others to come.
        std::thread::sleep(std::time::Duration::from_millis(500));
        Reply::whole(&served)
    });
    let about = About {
        name: NAME,
        origins: &[&server.url],
        hashes: &[&hash],
        sizes: &[bytes.len()],
        converted: "",
    };
    let start = || {
        let mut command = child("only real", home.path(), &about);
        command.stdout(Stdio::piped()).spawn().unwrap()
    };
    let children = [start(), start(), start()];
    for child in children {
        let text = text(child.wait_with_output().unwrap());
        assert!(text.contains("READY Boston housing"), "{text}");
    }
    assert_eq!(server.ranges().len(), 1);
    let folder = home.path().join("datasets").join(NAME);
    assert_eq!(left_in(&folder), [".lock", FILE]);
    assert_eq!(fs::read(folder.join(FILE)).unwrap(), bytes);
}

/// Puts a file where Keras keeps it.
fn keras_has(home: &Path, name: &str, bytes: &[u8]) {
    let folder = home.join("keras/datasets");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), bytes).unwrap();
}

#[test]
fn what_keras_has_is_read_where_it_is_if_it_is_sound() {
    let home = tempfile::tempdir().unwrap();
    let (bytes, hash) = houses();
    let served = bytes.clone();
    let server = Server::start(move |_, _| Reply::whole(&served));
    let about = About {
        name: NAME,
        origins: &[&server.url],
        hashes: &[&hash],
        sizes: &[bytes.len()],
        converted: "",
    };
    keras_has(home.path(), FILE, &bytes);
    let prepared = run("only real", &home, &about);
    assert!(
        prepared.contains("from what Keras has downloaded"),
        "{prepared}"
    );
    assert!(prepared.contains("keras/datasets"), "{prepared}");
    assert!(run("status", &home, &about).contains("STATUS Real"));
    assert!(run("draw", &home, &about).contains("ERROR the cache holds the real"));
    // It is Keras's: it is not removed.
    assert!(run("clean", &home, &about).contains("FREED 0"));
    assert!(home.path().join("keras/datasets").join(FILE).exists());
    assert!(server.ranges().is_empty());

    keras_has(home.path(), FILE, &bytes[..bytes.len() - 1]);
    let prepared = run("only real", &home, &about);
    assert!(prepared.contains("downloaded to"), "{prepared}");
    assert_eq!(server.ranges().len(), 1);
}

/// A small archive like the official one of CIFAR-100.
fn small_archive() -> Vec<u8> {
    let zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(zip);
    for name in ["train", "test", "meta"] {
        let bytes = match name {
            "meta" => b"names".to_vec(),
            _ => fs::read(file("datasets/cifar-100-python").join(name)).unwrap(),
        };
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        let path = format!("cifar-100-python/{name}");
        tar.append_data(&mut header, path, bytes.as_slice())
            .unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

#[test]
fn an_archive_that_keras_has_is_unpacked() {
    let archive = small_archive();
    for name in ["cifar-100-python-target_archive", "cifar-100-python.tar.gz"] {
        let home = tempfile::tempdir().unwrap();
        keras_has(home.path(), name, &archive);
        let path = home.path().join("keras/datasets").join(name);
        let hash = of_file(&path, Algorithm::Sha256).unwrap();
        let about = About {
            name: "cifar100",
            origins: &[&nobody()],
            hashes: &[&hash],
            sizes: &[archive.len()],
            converted: "",
        };
        let prepared = run("only real", &home, &about);
        assert!(
            prepared.contains("READY CIFAR-100 from what Keras has"),
            "{prepared}"
        );
        let folder = home.path().join("datasets/cifar100");
        assert_eq!(left_in(&folder), [".lock", "cifar-100-python"]);
        let unpacked = folder.join("cifar-100-python/train");
        let original = file("datasets/cifar-100-python/train");
        assert_eq!(fs::read(unpacked).unwrap(), fs::read(original).unwrap());
        assert!(path.exists());
        assert!(run("cached", &home, &about).contains("from the cache"));
    }
}

/// A pickled batch of CIFAR-10 as Python 2 writes it, with two pictures of the label's color.
fn python_batch(labels: [u8; 2]) -> Vec<u8> {
    let mut batch = b"\x80\x02}q\x01(U\x06labelsq\x02]q\x03(".to_vec();
    batch.extend(labels.iter().flat_map(|label| [b'K', *label]));
    batch.extend(
        b"eU\x04dataq\x04cnumpy.core.multiarray\n_reconstruct\nq\x05cnumpy\nndarray\nq\x06K\x00\
          \x85q\x07U\x01bq\x08\x87q\x09Rq\x0a(K\x01K\x02M\x00\x0c\x86q\x0bcnumpy\ndtype\nq\x0c\
          U\x02u1q\x0dK\x00K\x01\x87q\x0eRq\x0f(K\x03U\x01|q\x10NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff\
          K\x00tq\x11b\x89T",
    );
    batch.extend(6144u32.to_le_bytes());
    batch.extend(labels.iter().flat_map(|label| [*label; 3072]));
    batch.extend(b"q\x12tq\x13bu.");
    batch
}

#[test]
fn the_archive_for_python_that_keras_has_becomes_the_binary_version() {
    let zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(zip);
    for number in 1..=6u8 {
        let name = match number {
            6 => "test_batch".to_owned(),
            _ => format!("data_batch_{number}"),
        };
        let bytes = python_batch([number, 9 - number]);
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        let path = format!("cifar-10-batches-py/{name}");
        tar.append_data(&mut header, path, bytes.as_slice())
            .unwrap();
    }
    let archive = tar.into_inner().unwrap().finish().unwrap();
    let home = tempfile::tempdir().unwrap();
    let name = "cifar-10-batches-py-target_archive";
    keras_has(home.path(), name, &archive);
    let hash = of_file(
        &home.path().join("keras/datasets").join(name),
        Algorithm::Sha256,
    )
    .unwrap();
    let about = About {
        converted: &hash,
        ..About::default()
    };
    let prepared = run("only real", &home, &about);
    assert!(
        prepared.contains("READY CIFAR-10 from what Keras has"),
        "{prepared}"
    );
    let folder = home.path().join("datasets/cifar10");
    assert_eq!(left_in(&folder), [".lock", "cifar-10-batches-bin"]);
    let folder = folder.join("cifar-10-batches-bin");
    let batch = fs::read(folder.join("data_batch_3.bin")).unwrap();
    assert_eq!(batch, [&[3; 3073][..], &[6; 3073]].concat());
    let ((_, y), (x, _)) = kerust::datasets::cifar10::load_from(folder).unwrap();
    assert_eq!(y.to_vec::<u8>(), [1, 8, 2, 7, 3, 6, 4, 5, 5, 4]);
    assert_eq!(x.to_vec::<u8>()[..3], [6, 6, 6]);
    assert!(run("verify", &home, &about).contains("VERIFIED sound"));
}

/// The words in the place of a stand-in's, marked as that.
fn words_are_made_up(home: &Path, name: &str) {
    let folder = home.join("datasets").join(name).join("stand-in");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("STAND-IN.txt"), "for a test").unwrap();
    let index = format!("{name}_word_index.json");
    fs::copy(file("datasets").join(&index), folder.join(&index)).unwrap();
}

#[test]
fn word_indices_are_read_as_keras_reads_them() {
    let golden: Value = serde_json::from_slice(&fs::read(file("datasets.json")).unwrap()).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut compared = 0;
    for case in cases.iter().filter(|case| case["kind"] == "word_index") {
        let name = case["module"].as_str().unwrap();
        words_are_made_up(home.path(), name);
        let about = About {
            name,
            ..About::default()
        };
        let said = run("words", &home, &about);
        let words = said.lines().find_map(|line| line.split_once("WORDS "));
        let words: Value = serde_json::from_str(words.expect(&said).1).unwrap();
        assert_eq!(words, case["index"]);
        // Nobody takes it for the real one.
        assert!(said.contains("STAND-IN DATA: these"), "{said}");
        compared += 1;
    }
    assert_eq!(compared, 2);
}

#[test]
fn texts_and_words_are_both_real_or_both_made_up() {
    let home = tempfile::tempdir().unwrap();
    let about = About {
        name: "imdb",
        ..About::default()
    };
    let drawn = run("draw", &home, &about);
    assert!(
        drawn.contains("STAND-IN for IMDB reviews (generated reviews"),
        "{drawn}"
    );
    let loaded = run("load imdb", &home, &about);
    assert!(loaded.contains("LOADED 1000 100"), "{loaded}");
    assert!(
        loaded.contains("these reviews are NOT the real IMDB reviews"),
        "{loaded}"
    );
    assert!(run("words", &home, &about).contains("\"the\":1,"));

    // A real index beside made-up reviews would be the wrong one.
    let folder = home.path().join("datasets/imdb");
    fs::write(folder.join("imdb_word_index.json"), "{\"real\": 1}").unwrap();
    assert!(run("words", &home, &about).contains("\"the\":1,"));
    // And the other way round: real reviews take no made-up index, even where it cannot be had.
    let reviews = file("datasets/imdb.npz");
    fs::copy(&reviews, folder.join("imdb.npz")).unwrap();
    fs::remove_file(folder.join("imdb_word_index.json")).unwrap();
    let hash = of_file(&reviews, Algorithm::Sha256).unwrap();
    let nobody = nobody();
    let about = About {
        name: "imdb",
        origins: &[&nobody, &nobody],
        hashes: &[&hash],
        sizes: &[],
        converted: "",
    };
    let text = run("cached", &home, &about);
    assert!(
        text.contains("ERROR IMDB reviews: not in the cache"),
        "{text}"
    );
    assert!(
        text.contains("put the file, as it is,") && text.contains("HTTPS_PROXY"),
        "{text}"
    );
    assert!(run("status", &home, &about).contains("STATUS Real"));
}

#[test]
fn proxies_of_the_environment_are_used_and_those_exempt_are_not() {
    let (bytes, hash) = houses();
    let served = bytes.clone();
    let server = Server::start(move |_, _| Reply::whole(&served));
    let address = server.url.strip_prefix("http://").unwrap();
    let proxy = format!("http://{}", address.split('/').next().unwrap());
    // A name that only the proxy can know.
    let about = About {
        name: NAME,
        origins: &["http://data.invalid/boston_housing.npz"],
        hashes: &[&hash],
        sizes: &[bytes.len()],
        converted: "",
    };
    for variable in ["HTTP_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"] {
        let home = tempfile::tempdir().unwrap();
        let mut command = child("only real", home.path(), &about);
        let said = text(command.env(variable, &proxy).output().unwrap());
        assert!(
            said.contains("READY Boston housing downloaded"),
            "{variable}: {said}"
        );
    }
    let through = server.ranges().len();
    assert!(through >= 4);
    let home = tempfile::tempdir().unwrap();
    let mut command = child("only real", home.path(), &about);
    command
        .env("http_proxy", &proxy)
        .env("no_proxy", "data.invalid");
    let said = text(command.output().unwrap());
    assert!(
        said.contains("ERROR Boston housing: not in the cache"),
        "{said}"
    );
    assert_eq!(server.ranges().len(), through);
}

#[test]
fn the_bar_of_each_file_is_shown() {
    let home = tempfile::tempdir().unwrap();
    let sizes = [2_100_000, 30_000, 400_000, 30_000];
    let files = sizes.map(|size| vec![size as u8; size]);
    let hashes = files.each_ref().map(|bytes| {
        let path = home.path().join("file");
        fs::write(&path, bytes).unwrap();
        of_file(&path, Algorithm::Sha256).unwrap()
    });
    let servers = files.map(|bytes| Server::start(move |_, _| Reply::whole(&bytes)));
    let origins = servers.each_ref().map(|server| server.url.as_str());
    let about = About {
        name: "fashion_mnist",
        origins: &origins,
        hashes: &hashes.each_ref().map(String::as_str),
        sizes: &sizes,
        converted: "",
    };
    // As somebody keeps it who runs a program over night.
    let log = home.path().join("log");
    let mut command = child("get", home.path(), &about);
    command.stdout(fs::File::create(&log).unwrap());
    assert!(command.status().unwrap().success());
    let log = fs::read_to_string(log).unwrap();
    let shown = log
        .lines()
        .skip_while(|line| !line.contains("fashion_mnist: downloading"));
    let shown: Vec<&str> = shown.take_while(|line| !line.contains("READY")).collect();
    assert_eq!(shown.len(), 8, "{log}");
    for (lines, megabytes) in shown.chunks(2).zip(["2.1", "0.0", "0.4", "0.0"]) {
        assert!(lines[0].ends_with("fashion_mnist: downloading"), "{log}");
        let bar = format!("{megabytes}/{megabytes} MB {} ", "━".repeat(20));
        assert!(
            lines[1].starts_with(&bar) && lines[1].ends_with("MB/s"),
            "{log}"
        );
    }
    assert!(log.contains("READY Fashion-MNIST downloaded to"), "{log}");
}

#[test]
fn keras_is_looked_for_in_the_home_folder() {
    let home = tempfile::tempdir().unwrap();
    let (bytes, hash) = houses();
    let nobody = nobody();
    let about = About {
        name: NAME,
        origins: &[&nobody],
        hashes: &[&hash],
        sizes: &[bytes.len()],
        converted: "",
    };
    let folder = home.path().join(".keras/datasets");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(FILE), &bytes).unwrap();
    let found = |keras_home: Option<&str>| {
        let mut command = child("only real", &home.path().join("kerust"), &about);
        command.env("HOME", home.path()).env_remove("KERAS_HOME");
        if let Some(keras_home) = keras_home {
            command.env("KERAS_HOME", keras_home);
        }
        text(command.output().unwrap())
    };
    for keras_home in [None, Some(""), Some("~/.keras")] {
        let said = found(keras_home);
        assert!(said.contains("from what Keras has downloaded"), "{said}");
        assert!(said.contains(".keras/datasets"), "{said}");
    }
    let said = found(Some("/nowhere"));
    assert!(
        said.contains("ERROR Boston housing: not in the cache"),
        "{said}"
    );
}
