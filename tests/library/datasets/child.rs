//! Steps that run in processes of their own, because the caches are found through environment
//! variables: this test program once more, with one ignored test that does what the variables say.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use kerust::datasets::archive::Member;
use kerust::datasets::{
    Accept, Converted, DataFile, Dataset, Prepare, Size, Unpacked, cache, cifar10, imdb, named,
    reuters, show_progress,
};
use tempfile::TempDir;

const STEP: &str = "KERUST_TEST_STEP";
const NAME: &str = "KERUST_TEST_DATASET";
const ORIGINS: &str = "KERUST_TEST_ORIGINS";
const HASHES: &str = "KERUST_TEST_HASHES";
const SIZES: &str = "KERUST_TEST_SIZES";
/// The hash of the archive in another format.
const CONVERTED: &str = "KERUST_TEST_CONVERTED";

/// What a step works on: a data set of kerust, with other origins, hashes and sizes where given.
#[derive(Clone, Default)]
pub(super) struct About<'a> {
    /// CIFAR-10 unless set.
    pub(super) name: &'a str,
    /// One for each file.
    pub(super) origins: &'a [&'a str],
    pub(super) hashes: &'a [&'a str],
    pub(super) sizes: &'a [usize],
    pub(super) converted: &'a str,
}

impl<'a> About<'a> {
    /// CIFAR-10 from another address.
    pub(super) fn from(origin: &'a &'a str) -> About<'a> {
        About {
            origins: std::slice::from_ref(origin),
            ..About::default()
        }
    }
}

/// This program, about to run `step` with `home` as the cache.
pub(super) fn child(step: &str, home: &Path, about: &About) -> Command {
    let (_, module) = module_path!().split_once("::").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    let sizes: Vec<String> = about.sizes.iter().map(usize::to_string).collect();
    command
        .args([
            "--exact",
            &format!("{module}::in_a_child"),
            "--ignored",
            "--nocapture",
        ])
        .env("KERUST_HOME", home)
        .env("KERAS_HOME", home.join("keras"))
        .env(STEP, step)
        .env(NAME, about.name)
        .env(ORIGINS, about.origins.join(","))
        .env(HASHES, about.hashes.join(","))
        .env(SIZES, sizes.join(","))
        .env(CONVERTED, about.converted);
    for proxy in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
        command.env_remove(proxy).env_remove(proxy.to_lowercase());
    }
    command
}

/// What a child printed; its failure is the test's.
pub(super) fn text(output: Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    text
}

pub(super) fn run(step: &str, home: &TempDir, about: &About) -> String {
    text(child(step, home.path(), about).output().unwrap())
}

/// The entries of a variable; they live as long as the process.
fn listed(variable: &str) -> Vec<&'static str> {
    let text: &'static str = std::env::var(variable).unwrap_or_default().leak();
    text.split(',').filter(|entry| !entry.is_empty()).collect()
}

/// The data set that the variables describe.
fn dataset() -> Dataset {
    let name = std::env::var(NAME).unwrap_or_default();
    let official = *named(if name.is_empty() { "cifar10" } else { &name }).unwrap();
    let (origins, hashes, sizes) = (listed(ORIGINS), listed(HASHES), listed(SIZES));
    let files = official.files.iter().enumerate().map(|(i, file)| DataFile {
        origin: origins.get(i).copied().unwrap_or(file.origin),
        hash: hashes.get(i).copied().unwrap_or(file.hash),
        bytes: sizes
            .get(i)
            .map_or(file.bytes, |size| size.parse().unwrap()),
        ..*file
    });
    let files: Vec<DataFile> = files.collect();
    let converted: &'static str = std::env::var(CONVERTED).unwrap_or_default().leak();
    let unpacked = official.unpacked.map(|unpacked| match () {
        // Small archives will do where the tests make them.
        () if name == "cifar100" || !converted.is_empty() => Unpacked {
            members: unpacked
                .members
                .iter()
                .map(|member| Member {
                    bytes: (1, 1_000_000),
                    ..*member
                })
                .collect::<Vec<Member>>()
                .leak(),
            ..unpacked
        },
        () => unpacked,
    });
    Dataset {
        files: files.leak(),
        unpacked,
        converted: official.converted.map(|other| Converted {
            file: DataFile {
                hash: converted,
                ..other.file
            },
            ..other
        }),
        ..official
    }
}

#[test]
#[ignore = "a step that the other tests run in a process of its own"]
fn in_a_child() {
    let step = std::env::var(STEP).unwrap_or_default();
    let dataset = dataset();
    let options = |accept| Prepare {
        accept,
        attempts: 1,
        pause: Duration::from_millis(1),
        size: Some(Size {
            train: 1000,
            test: 100,
        }),
        ..Prepare::default()
    };
    let say = |what: &str, result: kerust::Result<String>| match result {
        Ok(text) => println!("{what} {text}"),
        Err(error) => println!("ERROR {error}"),
    };
    let prepare = |accept| {
        let prepared = dataset.prepare(&options(accept), &mut |_, _, _| {});
        say("READY", prepared.map(|prepared| prepared.to_string()));
    };
    match step.as_str() {
        "home" => println!("HOME {}", cache::home().unwrap().display()),
        "status" => println!("STATUS {:?}", dataset.status().unwrap()),
        "verify" => say("VERIFIED", dataset.verify().map(|check| check.to_string())),
        "only real" => prepare(Accept::OnlyReal),
        "cached" => prepare(Accept::CachedStandIn),
        "stand-in" => prepare(Accept::NewStandIn),
        "draw" => {
            let drawn = dataset.draw_stand_in(&options(Accept::NewStandIn), &mut |_, _, _| {});
            say("READY", drawn.map(|prepared| prepared.to_string()));
        }
        "clean" => say("FREED", dataset.clean(false).map(|bytes| bytes.to_string())),
        "clean stand-in" => say("FREED", dataset.clean(true).map(|bytes| bytes.to_string())),
        "get" => {
            let mut progress = show_progress(dataset.name);
            let prepared = dataset.prepare(&options(Accept::OnlyReal), &mut progress);
            say("READY", prepared.map(|prepared| prepared.to_string()));
        }
        "load" => {
            let loaded = cifar10::load_data();
            let shapes = loaded.map(|((x, _), (_, y))| format!("{} {}", x.shape(), y.shape()));
            say("LOADED", shapes);
        }
        "load imdb" => {
            let loaded = imdb::load_data();
            let sizes = loaded.map(|((x, _), (_, y))| format!("{} {}", x.len(), y.len()));
            say("LOADED", sizes);
        }
        "words" => {
            let index = match dataset.name {
                "imdb" => imdb::get_word_index(),
                _ => reuters::get_word_index(),
            };
            let index = index.map(|index| index.into_iter().collect());
            let sorted = |index: std::collections::BTreeMap<String, i64>| {
                serde_json::to_string(&index).unwrap()
            };
            say("WORDS", index.map(sorted));
        }
        other => panic!("unknown step {other}"),
    }
}
