//! Getting the data set into the cache: what is there, else the download, else a stand-in.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::files::{FOLDER, MEMBERS, check_official};
use super::{ARCHIVE_BYTES, ARCHIVE_MD5, ORIGIN};
use crate::datasets::archive::{file_bytes, unpack_tar_gz};
use crate::datasets::download::{Download, md5_of_file};
use crate::datasets::{Step, cache, stand_in};
use crate::{Error, ErrorKind, Result};

/// The archive's name in the cache, for people who bring it by hand too.
const ARCHIVE: &str = "cifar-10-binary.tar.gz";
/// The stand-in has its own folder, so that real data are never taken for it or it for them.
const STAND_IN: &str = "stand-in";

/// What the cache holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing that can be loaded; the folder where it would be.
    Missing(PathBuf),
    /// The real data set, and its folder.
    Real(PathBuf),
    /// A stand-in, and its folder.
    StandIn(PathBuf),
}

/// What the cache holds; the real data set when it holds both.
///
/// # Errors
/// When no folder for the cache is known.
///
/// # Example
/// ```
/// use kerust::datasets::cifar10::{self, Status};
/// match cifar10::status()? {
///     Status::Real(folder) => println!("real data in {}", folder.display()),
///     Status::StandIn(folder) => println!("drawn pictures in {}", folder.display()),
///     Status::Missing(folder) => println!("nothing in {}", folder.display()),
/// }
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn status() -> Result<Status> {
    let home = cache::folder("cifar10")?;
    let real = home.join(FOLDER);
    if real.is_dir() {
        return Ok(match stand_in::is_stand_in(&real) {
            true => Status::StandIn(real),
            false => Status::Real(real),
        });
    }
    let drawn = home.join(STAND_IN);
    Ok(match drawn.is_dir() {
        true => Status::StandIn(drawn),
        false => Status::Missing(real),
    })
}

/// Which data set will do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accept {
    /// Only the real one: it is downloaded even when the cache holds a stand-in.
    OnlyReal,
    /// The real one, or a stand-in that the cache holds already.
    #[default]
    CachedStandIn,
    /// The real one, or a stand-in: one from the cache, or a new one when the download fails.
    NewStandIn,
}

/// How to prepare the data set.
#[derive(Clone, Debug)]
pub struct Prepare {
    /// Which data set will do.
    pub accept: Accept,
    /// Where to download from; the official origin unless a mirror is wanted. The hash is checked
    /// either way.
    pub download: Download,
    /// The seed of a new stand-in.
    pub seed: u64,
    /// Pictures in each of the five training batches of a new stand-in.
    pub stand_in_per_batch: usize,
    /// Pictures in the test batch of a new stand-in.
    pub stand_in_test: usize,
}

impl Default for Prepare {
    fn default() -> Self {
        Prepare {
            accept: Accept::default(),
            download: Download {
                urls: vec![ORIGIN.to_owned()],
                md5: ARCHIVE_MD5.to_owned(),
                size: Some(ARCHIVE_BYTES),
                ..Download::default()
            },
            seed: stand_in::SEED,
            stand_in_per_batch: 10_000,
            stand_in_test: 10_000,
        }
    }
}

/// Where a prepared data set came from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Source {
    /// It was in the cache.
    Cache,
    /// The archive lay in the cache and was unpacked.
    Archive,
    /// It was downloaded.
    Download,
    /// It was drawn: because the download failed for this reason, or because it was asked for.
    Drawn(Option<Error>),
}

/// A data set that is ready to be loaded.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The folder to give to [`load_from`](super::load_from).
    pub path: PathBuf,
    /// Whether it is a stand-in. Whoever prepared it must say so in plain sight.
    pub stand_in: bool,
    /// Where it came from.
    pub source: Source,
}

impl fmt::Display for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        let what = match self.stand_in {
            true => "STAND-IN for CIFAR-10 (drawn pictures, not the real data set)",
            false => "CIFAR-10",
        };
        match &self.source {
            Source::Cache => write!(f, "{what} from the cache, `{path}`"),
            Source::Archive => write!(f, "{what} from the archive in the cache, `{path}`"),
            Source::Download => write!(f, "{what} downloaded to `{path}`"),
            Source::Drawn(None) => write!(f, "{what} drawn to `{path}`"),
            Source::Drawn(Some(why)) => write!(f, "{what} drawn to `{path}`, because {why}"),
        }
    }
}

/// Makes the data set ready: takes what is in the cache, else unpacks the archive when somebody
/// put it there, else downloads it, else draws a stand-in if `options` allow one.
///
/// `progress` gets the step, how far it is, and the total. A stand-in is announced on the standard
/// output when it is loaded; [`Prepared::stand_in`] lets the caller say it as well.
///
/// # Errors
/// When a file in the cache is damaged, when there is no way to get the data set (the message says
/// what to do), or when the user interrupts.
///
/// # Example
/// ```no_run
/// use kerust::datasets::cifar10::{Accept, Prepare, prepare};
/// let options = Prepare { accept: Accept::NewStandIn, ..Prepare::default() };
/// let prepared = prepare(&options, &mut |step, done, total| {
///     eprintln!("{step}: {}", step.describe(done, total));
/// })?;
/// println!("{prepared}");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn prepare(
    options: &Prepare,
    progress: &mut dyn FnMut(Step, u64, Option<u64>),
) -> Result<Prepared> {
    if let Some(cached) = cached(options)? {
        return Ok(cached);
    }
    let home = cache::folder("cifar10")?;
    let _guard = cache::lock(&home)?;
    // Another process may have prepared it while this one waited.
    if let Some(cached) = cached(options)? {
        return Ok(cached);
    }
    let archive = home.join(ARCHIVE);
    if archive.is_file() {
        check_archive(&archive, &options.download.md5)?;
        return unpack(&home, &archive, Source::Archive, progress);
    }
    let fetched = options.download.fetch(&archive, &mut |done, total| {
        progress(Step::Download, done, total);
    });
    match fetched {
        Ok(()) => {
            let prepared = unpack(&home, &archive, Source::Download, progress)?;
            // The unpacked files are all that is needed; an archive that stays only takes room.
            let _ = fs::remove_file(&archive);
            Ok(prepared)
        }
        Err(why) if why.kind() == ErrorKind::Interrupted => Err(why),
        Err(why) if options.accept == Accept::NewStandIn => {
            draw(&home, options, Some(why), progress)
        }
        Err(why) => Err(what_to_do(&home, why)),
    }
}

/// Draws a stand-in into the cache, in place of one that is there.
///
/// Only the seed and the sizes of `options` matter. `progress` is as for [`prepare`].
///
/// # Errors
/// When the cache holds the real data set, which a stand-in would never replace, or when it cannot
/// be written.
///
/// # Example
/// ```no_run
/// use kerust::datasets::cifar10::{Prepare, draw_stand_in};
/// println!("{}", draw_stand_in(&Prepare::default(), &mut |_, _, _| {})?);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn draw_stand_in(
    options: &Prepare,
    progress: &mut dyn FnMut(Step, u64, Option<u64>),
) -> Result<Prepared> {
    let home = cache::folder("cifar10")?;
    let _guard = cache::lock(&home)?;
    if let Status::Real(path) = status()? {
        return Err(Error::state(format!(
            "the cache holds the real CIFAR-10, `{}`: a stand-in would not be used",
            path.display()
        ))
        .remedy("delete that folder first, if a stand-in is what you want"));
    }
    draw(&home, options, None, progress)
}

fn cached(options: &Prepare) -> Result<Option<Prepared>> {
    let prepared = |path, stand_in| {
        Some(Prepared {
            path,
            stand_in,
            source: Source::Cache,
        })
    };
    Ok(match status()? {
        Status::Real(path) => {
            check_official(&path)?;
            prepared(path, false)
        }
        Status::StandIn(path) if options.accept != Accept::OnlyReal => prepared(path, true),
        _ => None,
    })
}

fn check_archive(archive: &Path, expected: &str) -> Result<()> {
    let md5 = md5_of_file(archive)?;
    if md5 == expected {
        return Ok(());
    }
    Err(Error::data(format!(
        "`{}` is truncated or corrupted: its MD5 is {md5}, expected {expected} ({} bytes, \
         expected {ARCHIVE_BYTES})",
        archive.display(),
        file_bytes(archive)
    ))
    .remedy(format!(
        "delete it, or replace it with the file from {ORIGIN}"
    )))
}

fn unpack(
    home: &Path,
    archive: &Path,
    source: Source,
    progress: &mut dyn FnMut(Step, u64, Option<u64>),
) -> Result<Prepared> {
    let path = cache::install(home, FOLDER, |folder| {
        unpack_tar_gz(archive, &MEMBERS, folder, &mut |done, total| {
            progress(Step::Unpack, done, total);
        })
    })?;
    // The real data set takes its place; a stand-in that cannot be removed is never read again.
    let _ = fs::remove_dir_all(home.join(STAND_IN));
    Ok(Prepared {
        path,
        stand_in: false,
        source,
    })
}

fn draw(
    home: &Path,
    options: &Prepare,
    why: Option<Error>,
    progress: &mut dyn FnMut(Step, u64, Option<u64>),
) -> Result<Prepared> {
    let path = cache::install(home, STAND_IN, |folder| {
        stand_in::write_cifar10_with(
            folder,
            options.stand_in_per_batch,
            options.stand_in_test,
            options.seed,
            &mut |done, total| progress(Step::Draw, done, total),
        )
    })?;
    Ok(Prepared {
        path,
        stand_in: true,
        source: Source::Drawn(why),
    })
}

fn what_to_do(home: &Path, why: Error) -> Error {
    let home = home.display();
    Error::new(
        why.kind(),
        format!("CIFAR-10 is not in the cache `{home}`, and {why}"),
    )
    .remedy(format!(
        "one of these:\n  \
         - connect to the network and call `load_data` again\n  \
         - download {ORIGIN} elsewhere and put the file, as it is, into the folder `{home}`\n  \
         - read an unpacked folder with `cifar10::load_from(\"path/to/{FOLDER}\")`\n  \
         - make drawn pictures in its place with `kerust datasets stand-in cifar10`"
    ))
}
