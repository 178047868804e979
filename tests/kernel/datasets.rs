//! `kerust datasets`: every data set by the same few words.

use std::path::Path;
use std::process::{Command, Output};

use kerust::datasets::DATASETS;

use super::support::program;

/// `kerust datasets ..` with caches of its own and no network.
fn datasets(home: &Path, arguments: &[&str]) -> (bool, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(program())
        .arg("datasets")
        .args(arguments)
        .env("KERUST_HOME", home)
        .env("KERAS_HOME", home.join("keras"))
        // Nothing listens there.
        .env("ALL_PROXY", "http://127.0.0.1:9")
        .output()
        .unwrap();
    let said = [stdout, stderr].concat();
    (
        status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn every_data_set_can_be_listed_made_up_checked_and_removed() {
    let home = tempfile::tempdir().unwrap();
    let (fine, listed) = datasets(home.path(), &["list"]);
    assert!(fine, "{listed}");
    for dataset in DATASETS {
        assert!(
            listed.contains(&format!("{}: {}", dataset.name, dataset.what)),
            "{listed}"
        );
        for file in dataset.files {
            assert!(listed.contains(file.origin), "{listed}");
        }
        let make = ["stand-in", dataset.name, "--train", "25", "--test", "15"];
        let (fine, made) = datasets(home.path(), &make);
        assert!(fine, "{made}");
        let stand_in = format!("STAND-IN for {}", dataset.title);
        assert!(made.contains(&stand_in), "{made}");
    }
    assert_eq!(listed.matches("not here yet").count(), DATASETS.len());

    let (fine, listed) = datasets(home.path(), &["list"]);
    assert!(fine, "{listed}");
    assert_eq!(listed.matches("a STAND-IN, ").count(), DATASETS.len());
    let (fine, verified) = datasets(home.path(), &["verify"]);
    assert!(fine, "{verified}");
    assert_eq!(
        verified.matches(": a STAND-IN, in ").count(),
        DATASETS.len()
    );

    let (fine, cleaned) = datasets(home.path(), &["clean", "mnist", "imdb", "--stand-in"]);
    assert!(fine, "{cleaned}");
    assert!(
        cleaned.contains("mnist: removed ") && cleaned.contains("imdb: removed "),
        "{cleaned}"
    );
    let (_, verified) = datasets(home.path(), &["verify", "mnist", "reuters"]);
    assert_eq!(verified.lines().count(), 2, "{verified}");
    assert!(
        verified.contains("mnist: not here") && verified.contains("reuters: a STAND-IN"),
        "{verified}"
    );
}

#[test]
fn what_is_damaged_unknown_or_out_of_reach_is_an_error() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("datasets/mnist");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("mnist.npz"), "half of it").unwrap();
    let (fine, said) = datasets(home.path(), &["verify"]);
    assert!(!fine, "{said}");
    assert!(
        said.contains("is truncated or corrupted: its SHA-256 is"),
        "{said}"
    );
    assert!(said.contains("kerust: damaged: mnist"), "{said}");

    let (fine, said) = datasets(home.path(), &["get", "minst"]);
    assert!(
        !fine && said.contains("mnist") && said.contains("california_housing"),
        "{said}"
    );
    let (fine, said) = datasets(home.path(), &["clean"]);
    assert!(!fine && said.contains("<NAMES>"), "{said}");

    let (fine, said) = datasets(home.path(), &["get", "reuters"]);
    assert!(!fine, "{said}");
    assert!(
        said.contains("kerust datasets stand-in reuters") && said.contains("reuters.npz"),
        "{said}"
    );
}
