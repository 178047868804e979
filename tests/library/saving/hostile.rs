//! Files that were made to do harm: they are refused quickly and cost no memory.

use std::io::{Cursor, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use kerust::models::{load_model, saved_weights};
use kerust::prelude::*;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{model, scratch};
use crate::golden::file;
use crate::own_process::{self, peak};

/// How long looking at a small file may take in the dev profile on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Fails to load, and soon.
#[track_caller]
fn refused(path: &Path, part: &str) {
    let begun = Instant::now();
    let error = load_model(path).expect_err(part).to_string();
    assert!(error.contains(part), "{error}");
    assert!(begun.elapsed() < PATIENCE, "{part}");
}

/// An archive of these members.
fn archive(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in members {
        archive.start_file(*name, options).expect("a member");
        archive.write_all(bytes).expect("memory is there");
    }
    archive.finish().expect("memory is there").into_inner()
}

/// The configuration of a model of equal layers, for samples of `shape`.
fn layers(layer: &dyn Layer, count: usize, shape: &Value) -> String {
    let config = layer
        .get_config()
        .expect("it says its arguments")
        .to_string();
    let config: Value = serde_json::from_str(&config).expect("arguments are JSON");
    let layer = json!({"class_name": layer.class_name(), "config": config});
    let input = json!({"class_name": "InputLayer", "config": {"batch_shape": shape}});
    let mut all = vec![input];
    all.resize(count + 1, layer);
    json!({"class_name": "Sequential", "config": {"name": "m", "layers": all}}).to_string()
}

#[test]
fn archives_that_lie_are_refused() {
    let (_folder, path) = scratch("model.keras");
    let dense = layers(&Dense::new(2), 1, &json!([null, 3]));
    let dense = dense.as_bytes();
    let nested = "[".repeat(100_000);
    let zeros = vec![0; 200 << 20];
    for (members, part) in [
        (vec![], "it has no `config.json`"),
        (vec![("../config.json", dense)], "it has no `config.json`"),
        (vec![("/config.json", dense)], "it has no `config.json`"),
        (vec![("config.json", dense)], "it has no `model.weights.h5`"),
        (
            vec![("config.json", dense), ("../model.weights.h5", b"")],
            "it has no `model.weights.h5`",
        ),
        (
            vec![("config.json", b"\xff\xfe{}"), ("model.weights.h5", b"")],
            "UTF-8",
        ),
        (
            vec![
                ("config.json", nested.as_bytes()),
                ("model.weights.h5", b""),
            ],
            "describes no model",
        ),
        (
            vec![("config.json", b"null"), ("model.weights.h5", b"")],
            "model",
        ),
        (
            vec![("config.json", dense), ("model.weights.h5", b"")],
            "damaged",
        ),
        (
            vec![("config.json", dense), ("model.weights.h5", &zeros)],
            "much longer than the model's weights",
        ),
        (
            vec![("config.json", &zeros), ("model.weights.h5", b"")],
            "`config.json` is too long",
        ),
    ] {
        let bytes = archive(&members, CompressionMethod::Deflated);
        assert!(bytes.len() < 1 << 20, "{part}");
        std::fs::write(&path, bytes).expect("a file");
        refused(&path, part);
    }
}

/// `bytes` as an archive that says of a member that it is of `size`.
fn lying(mut bytes: Vec<u8>, member: &str, size: u32) -> Vec<u8> {
    // In the list at the end, the size stands 22 bytes before the name.
    let name = member.as_bytes();
    let mut places = bytes.windows(name.len()).enumerate();
    let place = places
        .rfind(|(_, part)| *part == name)
        .expect("it is there")
        .0;
    bytes[place - 22..place - 18].copy_from_slice(&size.to_le_bytes());
    bytes
}

#[test]
fn small_archives_take_little_memory() {
    // How much a file of some KB may take, in KiB, with what the test itself needs.
    const MEMORY: u64 = 300 << 10;
    own_process::run("saving::hostile::small_archives_take_little_memory", || {
        let (_folder, path) = scratch("model.keras");
        let lookups = |count| {
            let numbers = layers(&IntegerLookup::new(), count, &json!([null, 1]));
            numbers.replace("IntegerLookup", "StringLookup")
        };
        let dense = layers(&Dense::new(1 << 28), 1, &json!([null, 1]));
        let lines = "\n".repeat(16 << 20);
        let vocabulary = "assets/layers/string_lookup/vocabulary.txt";
        let others: Vec<String> = (1..4)
            .map(|i| format!("assets/layers/string_lookup_{i}/vocabulary.txt"))
            .collect();
        let part = &lines.as_bytes()[..4 << 20];
        let (one, four) = (lookups(1), lookups(4));
        let mut several = vec![("config.json", four.as_bytes()), (vocabulary, part)];
        several.extend(others.iter().map(|name| (name.as_str(), part)));
        let commas = format!("[{}0]", "0,".repeat(8 << 20));
        let objects = format!("[{}0]", "{\"\":0},".repeat(2 << 20));
        for (members, reason) in [
            (
                vec![("config.json", one.as_bytes()), (vocabulary, part)],
                "vocabulary.txt` is too long",
            ),
            (
                vec![
                    ("config.json", one.as_bytes()),
                    (vocabulary, lines.as_bytes()),
                ],
                "vocabulary.txt` is too long",
            ),
            (several, "vocabulary.txt` is too long"),
            (
                vec![("config.json", commas.as_bytes())],
                "`config.json` is too long",
            ),
            (
                vec![("config.json", objects.as_bytes())],
                "`config.json` is too long",
            ),
            (
                vec![
                    ("config.json", dense.as_bytes()),
                    ("model.weights.h5", b"no weights"),
                ],
                "much larger than the weights in it",
            ),
        ] {
            let bytes = archive(&members, CompressionMethod::Deflated);
            let bytes = match reason.contains("weights") {
                true => lying(bytes, "model.weights.h5", u32::MAX - 1),
                false => bytes,
            };
            assert!(bytes.len() < 1 << 16, "{}", bytes.len());
            std::fs::write(&path, bytes).expect("a file");
            refused(&path, reason);
            assert!(peak() < MEMORY, "{reason}: {} KiB", peak());
        }
    });
}

#[test]
fn archives_that_people_compressed_are_read() -> Result<()> {
    let (folder, path) = scratch("model.keras");
    let again = folder.path().join("again.keras");
    // Hundreds of layers that are much alike, with few weights beside them.
    let deep = kerust::applications::ResNet {
        depth: 110,
        filters: 2,
        ..Default::default()
    };
    let model = deep.build()?;
    model.save(&path)?;
    let bytes = std::fs::read(&path).expect("a file");
    let mut stored = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut members = Vec::new();
    for name in ["config.json", "model.weights.h5"] {
        let mut bytes = Vec::new();
        let mut member = stored.by_name(name).expect("a member");
        std::io::copy(&mut member, &mut bytes).expect("memory is there");
        members.push((name, bytes));
    }
    let members: Vec<(&str, &[u8])> = members.iter().map(|(n, b)| (*n, &b[..])).collect();
    std::fs::write(&again, archive(&members, CompressionMethod::Deflated)).expect("a file");
    let loaded = load_model(&again)?;
    assert_eq!(loaded.get_weights(), model.get_weights());
    Ok(())
}

#[test]
fn models_of_absurd_size_are_refused() {
    let (_folder, path) = scratch("model.keras");
    let huge = 1usize << 40;
    let absurd: Vec<(Box<dyn Layer>, Value)> = vec![
        (Dense::new(huge).into(), json!([null, 3])),
        (Dense::new(usize::MAX).into(), json!([null, 3])),
        (Dense::new(100_000).into(), json!([null, 100_000])),
        (Embedding::new(huge, 8).into(), json!([null, 3])),
        (LSTM::new(1 << 20).into(), json!([null, 4, 4])),
        (Conv2D::new(huge, 3).into(), json!([null, 8, 8, 3])),
        (BatchNormalization::new().into(), json!([null, huge])),
        (Normalization::new().into(), json!([null, huge])),
        (PReLU::new().into(), json!([null, huge, huge])),
    ];
    let save = |config: String| {
        let members = [
            ("config.json", config.as_bytes()),
            ("model.weights.h5", b""),
        ];
        let bytes = archive(&members, CompressionMethod::Stored);
        std::fs::write(&path, bytes).expect("a file");
    };
    for (layer, shape) in &absurd {
        save(layers(&**layer, 1, shape));
        refused(&path, "much larger than the weights in it");
    }
    // Many layers that are each just small enough.
    save(layers(&Dense::new(3000), 2000, &json!([null, 3000])));
    refused(&path, "much larger than the weights in it");
}

/// A file in HDF5's oldest form whose root group is in a tree of `depth` nodes, each with twice the
/// same child: 2 to the power of `depth` ways lead to its end.
fn tree_of_ways(depth: u64) -> Vec<u8> {
    const NODE: u64 = 64;
    const NOWHERE: u64 = u64::MAX;
    let (header, heap, nodes) = (96u64, 136u64, 176u64);
    let leaf = nodes + depth * NODE;
    let end = leaf + 8;
    let mut bytes = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0\x04\0\x10\0\0\0\0\0".to_vec();
    for number in [0, NOWHERE, end, NOWHERE, 0, header, 0, 0, 0] {
        bytes.extend(u64::to_le_bytes(number));
    }
    // The header of the root: one message, which names the tree and the heap.
    bytes.extend(b"\x01\0\x01\0\x01\0\0\0\x18\0\0\0\0\0\0\0\x11\0\x10\0\0\0\0\0");
    bytes.extend(nodes.to_le_bytes());
    bytes.extend(heap.to_le_bytes());
    bytes.extend(b"HEAP\0\0\0\0");
    for number in [8, NOWHERE, heap + 32] {
        bytes.extend(u64::to_le_bytes(number));
    }
    bytes.extend([0; 8]);
    for node in 0..depth {
        bytes.extend(b"TREE\0");
        bytes.push((depth - 1 - node) as u8);
        bytes.extend(2u16.to_le_bytes());
        let child = nodes + (node + 1) * NODE;
        for number in [NOWHERE, NOWHERE, 0, child, 0, child, 0] {
            bytes.extend(u64::to_le_bytes(number));
        }
    }
    bytes.extend(b"SNOD\x01\0\0\0");
    assert_eq!(bytes.len() as u64, end);
    bytes
}

#[test]
fn groups_that_go_in_circles_are_refused() -> Result<()> {
    let (folder, path) = scratch("model.weights.h5");
    let mut victim = model("adam")?;
    for depth in [1, 2, 40, 200] {
        std::fs::write(&path, tree_of_ways(depth)).expect("a file");
        let begun = Instant::now();
        assert!(victim.load_weights(&path).is_err());
        let _ = saved_weights(&path);
        assert!(begun.elapsed() < PATIENCE, "{depth}");
    }
    // Each address in turn leads to the root, whose groups are then in themselves.
    for (name, victim) in [
        ("files/short.weights.h5", Some(&mut victim)),
        ("files/normalized.h5", None),
    ] {
        let bytes = std::fs::read(file(name)).expect("a file");
        let root = bytes[64..72].to_vec();
        let path = folder.path().join(name.trim_start_matches("files/"));
        let begun = Instant::now();
        let mut victim = victim;
        for position in (96..bytes.len() - 8).step_by(8) {
            let address = u64::from_le_bytes(bytes[position..position + 8].try_into().expect("8"));
            if address < 96 || address > bytes.len() as u64 {
                continue;
            }
            let mut turned = bytes.clone();
            turned[position..position + 8].copy_from_slice(&root);
            std::fs::write(&path, turned).expect("a file");
            match &mut victim {
                Some(victim) => {
                    let _ = (victim.load_weights(&path), saved_weights(&path));
                }
                None => drop(load_model(&path)),
            }
        }
        assert!(begun.elapsed() < 6 * PATIENCE, "{name}");
    }
    Ok(())
}
