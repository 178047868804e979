//! The programs that stand in for cargo, rustc and the shell: what they remember from one kernel to
//! the next, and whom they leave alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use kerust_kernel::run::client::Client;

use super::support::{COMPILING, program, root, run, run_within, shared, start};

/// A cache of its own, in which nobody else's kernels take slots, that starts with what the cache
/// of the other tests has compiled.
struct Cache {
    folder: tempfile::TempDir,
    script: PathBuf,
}

impl Cache {
    fn make() -> Cache {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let home = folder.path().join("cache/cells/other");
        let compiled = home.join("slot-0");
        fs::create_dir_all(compiled.join("work")).unwrap();
        // Held to the end of the copy, so that nobody compiles there meanwhile.
        let mut kernel = shared();
        let slot = slot(&mut kernel);
        for part in ["target", "Cargo.lock"] {
            let copied = Command::new("cp")
                .arg("-a")
                .args([slot.join("work").join(part), compiled.join("work")])
                .status();
            assert!(copied.unwrap().success());
        }
        for mark in [compiled.join("complete"), home.join("used")] {
            fs::write(mark, "").unwrap();
        }
        let script = folder.path().join("kernel.sh");
        let text = format!(
            "#!/bin/sh\nexport KERUST_CACHE='{0}/cache'\n\
             export KERUST_TEST_VALUE=\"$(cat '{0}/value')\"\n\
             export LD_LIBRARY_PATH=\"$(cat '{0}/libraries')\"\nexec '{1}' \"$@\"\n",
            folder.path().display(),
            program().display()
        );
        fs::write(&script, text).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        Cache { folder, script }
    }

    fn set(&self, file: &str, text: &str) {
        fs::write(self.folder.path().join(file), text).unwrap();
    }

    /// Runs cells in a kernel of their own, and returns what they show.
    fn run(&self, cells: &[String]) -> Vec<Vec<String>> {
        let limit = Duration::from_secs(60);
        let mut kernel = Client::start(&self.script, &std::env::temp_dir(), limit).unwrap();
        cells
            .iter()
            .map(|cell| {
                let outcome = run_within(&mut kernel, cell, COMPILING);
                outcome.assert_ok();
                outcome.summary()
            })
            .collect()
    }

    /// The results that are kept, each with its size and when it was used.
    fn results(&self) -> BTreeMap<PathBuf, (u64, SystemTime)> {
        let cells = self.folder.path().join("cache/cells");
        let homes = fs::read_dir(cells).unwrap().map(|home| home.unwrap());
        homes
            .flat_map(|home| fs::read_dir(home.path().join("slot-0/results")))
            .flatten()
            .map(|file| {
                let file = file.unwrap();
                let metadata = file.metadata().unwrap();
                (file.path(), (metadata.len(), metadata.modified().unwrap()))
            })
            .collect()
    }

    /// Makes the results look as if nobody had used them for long.
    fn age_results(&self) -> SystemTime {
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        for path in self.results().keys() {
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(old).unwrap();
        }
        old
    }
}

/// The folder in which `kernel` compiles its cells.
fn slot(kernel: &mut Client) -> PathBuf {
    let shown = run(
        kernel,
        r#"print!("{}", std::fs::read_to_string("/proc/self/maps").unwrap());"#,
    );
    let maps = shown.summary().concat();
    let path = maps
        .split_whitespace()
        .find(|word| word.contains("/work/target/") && word.contains("libcode_"))
        .expect("the cell is loaded from the slot");
    let work = path.split("/work/target/").next().unwrap();
    Path::new(work).to_owned()
}

#[test]
fn a_crate_that_a_cell_adds_leaves_the_versions_of_all_others() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "[package]\nname = \"leaves-versions\"\nversion = \"1.0.0\"\n";
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/lib.rs"), "").unwrap();
    let mut kernel = start();
    let added = format!(":dep leaves-versions = {{ path = {:?} }}", folder.path());
    run(&mut kernel, &added).assert_ok();

    let versions = |lock: PathBuf| -> BTreeSet<String> {
        let text = fs::read_to_string(lock).unwrap();
        let packages = text.split("[[package]]").skip(1);
        let published = packages.filter(|package| package.contains("\nchecksum = "));
        published
            .map(|package| package.lines().skip(1).take(2).collect())
            .collect()
    };
    let used = versions(slot(&mut kernel).join("work/Cargo.lock"));
    let locked = versions(root().join("Cargo.lock"));
    assert!(used.len() > 20, "{used:?}");
    let others: Vec<&String> = used.difference(&locked).collect();
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn cells_that_were_compiled_before_are_not_compiled_again() {
    let cache = Cache::make();
    cache.set("value", "first value");
    cache.set("text", "first text");
    cache.set("libraries", "");
    let cells = [
        "let count: i32 = 41;".to_owned(),
        "count + 1".to_owned(),
        r#"println!("{}", option_env!("KERUST_TEST_VALUE").unwrap());"#.to_owned(),
        format!(
            r#"println!("{{}}", include_str!("{}/text"));"#,
            cache.folder.path().display()
        ),
        "println!(\"{}\", count * 2);".to_owned(),
    ];
    let expected = |value: &str, text: &str| {
        [
            vec![],
            vec!["execute_result: 42".to_owned()],
            vec![format!("stdout: {value} value\n")],
            vec![format!("stdout: {text} text\n")],
            vec!["stdout: 82\n".to_owned()],
        ]
    };
    // The first build of a slot is cargo's.
    assert_eq!(cache.run(&cells), expected("first", "first"));
    assert_eq!(cache.run(&cells), expected("first", "first"));
    let filled = cache.results();
    assert!(filled.len() >= cells.len(), "{filled:?}");

    let old = cache.age_results();
    assert_eq!(cache.run(&cells), expected("first", "first"));
    let used = cache.results();
    assert!(
        used.keys().eq(filled.keys()),
        "{filled:?} became {used:?}: a cell was compiled"
    );
    let unused = used.values().filter(|(_, time)| *time == old).count();
    // The first kernel of the slot had asked cargo, which told the compiler the same otherwise.
    assert!(unused < used.len() - cells.len() + 2, "{used:?}");

    // Who has other libraries for a GPU waits for nothing.
    cache.set("libraries", "/libraries/of/a/gpu");
    assert_eq!(cache.run(&cells), expected("first", "first"));
    let with_other_libraries = cache.results();
    assert!(
        with_other_libraries.keys().eq(filled.keys()),
        "{filled:?} became {with_other_libraries:?}: a cell was compiled"
    );

    cache.set("text", "second text");
    assert_eq!(cache.run(&cells), expected("first", "second"));
    cache.set("value", "second value");
    assert_eq!(cache.run(&cells), expected("second", "second"));

    let whole = cache.results();
    for (number, (path, (size, _))) in whole.iter().enumerate() {
        if number % 2 == 0 {
            let file = File::options().write(true).open(path).unwrap();
            file.set_len(size / 2).unwrap();
        } else {
            let mut content = fs::read(path).unwrap();
            let middle = content.len() / 2;
            content[middle] ^= 1;
            fs::write(path, content).unwrap();
        }
    }
    cache.age_results();
    assert_eq!(cache.run(&cells), expected("second", "second"));
    let mended = cache.results();
    let of_used = |(path, (size, time)): (&PathBuf, &(u64, SystemTime))| {
        *time == old || whole.get(path).is_some_and(|(before, _)| before == size)
    };
    assert!(mended.iter().all(of_used), "{whole:?} became {mended:?}");
}

#[test]
fn shells_and_cells_get_the_users_own_programs_and_variables() {
    let mut kernel = shared();
    let variables = "PATH CARGO_HOME RUSTC KERUST_SLOT RUST_SRC_PATH";
    let expected: Vec<String> = variables
        .split(' ')
        .map(|name| format!("{name}={:?}", std::env::var(name).ok()))
        .collect();
    let of_cell = run(
        &mut kernel,
        &format!(
            "for name in \"{variables}\".split(' ') {{\n    \
             println!(\"{{name}}={{:?}}\", std::env::var(name).ok());\n}}"
        ),
    );
    assert_eq!(
        of_cell.summary(),
        [format!("stdout: {}\n", expected.join("\n"))]
    );
    let of_shell = run(
        &mut kernel,
        "!for name in CARGO_HOME RUSTC KERUST_SLOT; do eval echo $name=\\$$name; done; command -v cargo",
    );
    let shown = of_shell.summary().concat();
    let own = |name| std::env::var(name).unwrap_or_default();
    let cargo = std::env::split_paths(&own("PATH"))
        .map(|folder| folder.join("cargo"))
        .find(|program| program.is_file())
        .unwrap();
    let lines = format!(
        "CARGO_HOME={}\nRUSTC={}\nKERUST_SLOT=\n{}",
        own("CARGO_HOME"),
        own("RUSTC"),
        cargo.display()
    );
    assert!(shown.contains(&lines), "{shown}");
}
