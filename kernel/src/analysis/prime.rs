//! What rust-analyzer reads of the packages, read in advance on two threads.
//!
//! It keeps the syntax trees of few files from one change to the next. So what every question needs
//! is found before the first change: then no file is parsed twice.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use ra_ap_hir::{TraitImpls, attach_db, crate_def_map};
use ra_ap_ide_db::base_db::{Crate, EditionedFileId, SourceDatabase, all_crates};
use ra_ap_ide_db::{FileId, RootDatabase};

use super::analyzer::STACK_SIZE;

/// Reads the package whose root is `cell` and all that it uses.
pub(super) fn prime(database: &RootDatabase, cell: FileId) {
    let crates = needed(database, cell);
    let standard = crates
        .iter()
        .position(|krate| is_named(database, *krate, "std"))
        .map_or(0, |position| position + 1);
    let (standard, others) = crates.split_at(standard);
    let (others_named, others_read) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (sender, named) = channel();
    let second = database.clone();
    std::thread::scope(|scope| {
        let (others_named, others_read) = (&others_named, &others_read);
        // If it cannot be started or fails, the first question does what is missing.
        let _ = std::thread::Builder::new()
            .name("kerust-prime".to_owned())
            .stack_size(STACK_SIZE)
            .spawn_scoped(scope, move || {
                attach_db(&second, || {
                    parse_files(&second, standard.first().copied());
                    for krate in named {
                        read_implementations(&second, krate);
                    }
                    share(others, others_named, |krate| read_names(&second, krate));
                    share(others, others_read, |krate| {
                        read_implementations(&second, krate)
                    });
                });
            });
        attach_db(database, || {
            for krate in standard {
                read_names(database, *krate);
                // The other thread may have failed.
                let _ = sender.send(*krate);
            }
            drop(sender);
            share(others, others_named, |krate| read_names(database, krate));
            share(others, others_read, |krate| {
                read_implementations(database, krate)
            });
        });
    });
}

/// Parses the files of the first and largest package, which the other thread is about to need.
fn parse_files(database: &RootDatabase, krate: Option<Crate>) {
    let Some(krate) = krate else {
        return;
    };
    let data = krate.data(database);
    let root = database.file_source_root(data.root_file_id);
    let files = database.source_root(root.source_root_id(database));
    for file in files.source_root(database).iter() {
        EditionedFileId::new(database, file, data.edition).parse(database);
    }
}

fn read_names(database: &RootDatabase, krate: Crate) {
    crate_def_map(database, krate);
}

fn read_implementations(database: &RootDatabase, krate: Crate) {
    TraitImpls::for_crate(database, krate);
}

/// Does `work` for those of `crates` that the other thread has not begun.
fn share(crates: &[Crate], next: &AtomicUsize, work: impl Fn(Crate)) {
    while let Some(krate) = crates.get(next.fetch_add(1, Ordering::Relaxed)) {
        work(*krate);
    }
}

fn is_named(database: &RootDatabase, krate: Crate, name: &str) -> bool {
    let extra = krate.extra_data(database);
    let own = extra.display_name.as_ref();
    own.is_some_and(|own| own.to_string() == name)
}

/// The package of `cell` and what it uses, each after all that it uses itself.
fn needed(database: &RootDatabase, cell: FileId) -> Vec<Crate> {
    let all = all_crates(database);
    let Some(own) = all
        .iter()
        .find(|krate| krate.data(database).root_file_id == cell)
    else {
        return Vec::new();
    };
    let used = own.transitive_deps(database);
    all.iter()
        .filter(|krate| used.contains(krate))
        .copied()
        .collect()
}
