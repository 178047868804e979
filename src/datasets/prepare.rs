//! Getting a data set into the cache: what is there, else the download, else a stand-in.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::archive::unpack_tar_gz;
use super::cache::{self, Guard, STAND_IN};
use super::dataset::{Converted, DataFile, Dataset, Size, Unpacked};
use super::download::Download;
use super::{Step, contents, show_progress, stand_in};
use crate::{Error, ErrorKind, Result};

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

/// How to prepare a data set.
#[derive(Clone, Copy, Debug)]
pub struct Prepare {
    /// Which data set will do.
    pub accept: Accept,
    /// How often to try a download again without getting any further.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles with each one.
    pub pause: Duration,
    /// The seed of a new stand-in.
    pub seed: u64,
    /// The size of a new stand-in; that of the real data set unless set.
    pub size: Option<Size>,
}

impl Default for Prepare {
    fn default() -> Self {
        let Download {
            attempts, pause, ..
        } = Download::default();
        Prepare {
            accept: Accept::default(),
            attempts,
            pause,
            seed: stand_in::SEED,
            size: None,
        }
    }
}

/// Where a prepared data set came from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Source {
    /// It was in the cache.
    Cache,
    /// Keras had downloaded it.
    Keras,
    /// The archive lay in the cache and was unpacked.
    Archive,
    /// It was downloaded.
    Download,
    /// It was made: because the download failed for this reason, or because it was asked for.
    Made(Option<Error>),
}

/// A data set that is ready to be loaded.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Which one.
    pub dataset: Dataset,
    /// The folder that holds its files, to give to the module's `load_from`.
    pub path: PathBuf,
    /// Whether it is a stand-in. Whoever prepared it must say so in plain sight.
    pub stand_in: bool,
    /// Where it came from.
    pub source: Source,
}

impl fmt::Display for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        let title = self.dataset.title;
        let words = &self.dataset.stand_in;
        let what = match self.stand_in {
            true => format!(
                "STAND-IN for {title} ({} {}, not the real data set)",
                words.made, words.things
            ),
            false => title.to_owned(),
        };
        match &self.source {
            Source::Cache => write!(f, "{what} from the cache, `{path}`"),
            Source::Keras => write!(f, "{what} from what Keras has downloaded, `{path}`"),
            Source::Archive => write!(f, "{what} from the archive in the cache, `{path}`"),
            Source::Download => write!(f, "{what} downloaded to `{path}`"),
            Source::Made(None) => write!(f, "{what} {} to `{path}`", words.made),
            Source::Made(Some(why)) => {
                write!(f, "{what} {} to `{path}`, because {why}", words.made)
            }
        }
    }
}

/// A data set that is kept from being replaced while it is read.
pub(super) struct Opened {
    /// The folder that holds its files.
    pub(super) path: PathBuf,
    _guard: Guard,
}

impl Dataset {
    /// Makes the data set ready: takes what is in the cache or what Keras has downloaded, else
    /// unpacks the archive when somebody put it there, else downloads it, else makes a stand-in if
    /// `options` allow one.
    ///
    /// `progress` gets the step, how far it is, and the total. A stand-in is announced on the
    /// standard output when it is loaded; [`Prepared::stand_in`] lets the caller say it as well.
    ///
    /// # Errors
    /// When a file in the cache is damaged, when there is no way to get the data set (the message
    /// says what to do), or when the user interrupts.
    ///
    /// # Example
    /// ```no_run
    /// use kerust::datasets::{Accept, Prepare, mnist, show_progress};
    /// let options = Prepare { accept: Accept::NewStandIn, ..Prepare::default() };
    /// println!("{}", mnist::DATASET.prepare(&options, &mut show_progress("mnist"))?);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn prepare(
        &self,
        options: &Prepare,
        progress: &mut dyn FnMut(Step, u64, Option<u64>),
    ) -> Result<Prepared> {
        self.prepare_files(self.files, options, progress)
    }

    /// Makes some of the files ready to be read, with a bar for what takes time.
    pub(super) fn open(&self, wanted: &[DataFile]) -> Result<Opened> {
        let prepared =
            self.prepare_files(wanted, &Prepare::default(), &mut show_progress(self.name))?;
        Ok(Opened {
            path: prepared.path,
            _guard: cache::lock_for_reading(&cache::folder(self.name)?)?,
        })
    }

    fn prepare_files(
        &self,
        wanted: &[DataFile],
        options: &Prepare,
        progress: &mut dyn FnMut(Step, u64, Option<u64>),
    ) -> Result<Prepared> {
        if let Some(cached) = self.cached(wanted, options.accept)? {
            return Ok(cached);
        }
        let home = cache::folder(self.name)?;
        let _guard = cache::lock(&home)?;
        // Another process may have prepared it while this one waited.
        if let Some(cached) = self.cached(wanted, options.accept)? {
            return Ok(cached);
        }
        let fetched = match &self.unpacked {
            Some(unpacked) => self.fetch_archive(&home, unpacked, options, progress),
            None => self.fetch_files(&home, wanted, options, progress),
        };
        match fetched {
            Ok(prepared) => {
                // The real data set takes its place; a stand-in that cannot be removed is never
                // read again.
                let _ = fs::remove_dir_all(home.join(STAND_IN));
                Ok(prepared)
            }
            Err(Unfetched::Download(why)) if options.accept == Accept::NewStandIn => {
                self.make_stand_in(&home, options, Some(why), progress)
            }
            Err(Unfetched::Download(why)) => Err(self.what_to_do(&home, &why)),
            Err(Unfetched::Other(why)) => Err(why),
        }
    }

    /// Makes a stand-in in the cache, in place of one that is there.
    ///
    /// Only the seed and the size of `options` matter. `progress` is as for
    /// [`prepare`](Dataset::prepare).
    ///
    /// # Errors
    /// When the real data set is there, which a stand-in would never replace, or when the cache
    /// cannot be written.
    ///
    /// # Example
    /// ```no_run
    /// use kerust::datasets::{Prepare, cifar10};
    /// println!("{}", cifar10::DATASET.draw_stand_in(&Prepare::default(), &mut |_, _, _| {})?);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn draw_stand_in(
        &self,
        options: &Prepare,
        progress: &mut dyn FnMut(Step, u64, Option<u64>),
    ) -> Result<Prepared> {
        let home = cache::folder(self.name)?;
        let _guard = cache::lock(&home)?;
        if let Some((path, _)) = contents::real(self, &self.files[..1])? {
            return Err(Error::state(format!(
                "the cache holds the real {}, `{}`: a stand-in would not be used",
                self.title,
                path.display()
            ))
            .remedy("delete it first, if a stand-in is what you want"));
        }
        self.make_stand_in(&home, options, None, progress)
    }

    fn cached(&self, wanted: &[DataFile], accept: Accept) -> Result<Option<Prepared>> {
        let prepared = |path, stand_in, source| {
            Some(Prepared {
                dataset: *self,
                path,
                stand_in,
                source,
            })
        };
        if accept != Accept::OnlyReal
            && let Some(path) = contents::stand_in_in_use(self)?
        {
            return Ok(prepared(path, true, Source::Cache));
        }
        let found = contents::real(self, wanted)?;
        Ok(found.and_then(|(path, source)| prepared(path, false, source)))
    }

    /// The archive that somebody put into the cache, that Keras has, or that is downloaded.
    fn fetch_archive(
        &self,
        home: &Path,
        unpacked: &Unpacked,
        options: &Prepare,
        progress: &mut dyn FnMut(Step, u64, Option<u64>),
    ) -> std::result::Result<Prepared, Unfetched> {
        let file = &self.files[0];
        let archive = home.join(file.name);
        if archive.is_file() {
            contents::check_file(&archive, file)?;
            return Ok(self.unpack(home, unpacked, &archive, Source::Archive, progress)?);
        }
        if let Some(archive) = contents::file_of_keras(self, file)? {
            return Ok(self.unpack(home, unpacked, &archive, Source::Keras, progress)?);
        }
        if let Some(converted) = &self.converted
            && let Some(archive) = contents::file_of_keras(self, &converted.file)?
        {
            return Ok(self.convert(home, unpacked, converted, &archive, progress)?);
        }
        download(&archive, file, options, progress)?;
        let prepared = self.unpack(home, unpacked, &archive, Source::Download, progress)?;
        // The unpacked files are all that is needed; an archive that stays only takes room.
        let _ = fs::remove_file(&archive);
        Ok(prepared)
    }

    /// The files of the data set from an archive in another format.
    fn convert(
        &self,
        home: &Path,
        unpacked: &Unpacked,
        converted: &Converted,
        archive: &Path,
        progress: &mut dyn FnMut(Step, u64, Option<u64>),
    ) -> Result<Prepared> {
        let path = cache::install(home, unpacked.folder, |folder| {
            let other = folder.join(converted.unpacked.folder);
            let cannot = |error: std::io::Error| {
                Error::io(format!("cannot write `{}`", other.display()), error)
            };
            fs::create_dir(&other).map_err(cannot)?;
            let members = converted.unpacked.members;
            unpack_tar_gz(archive, members, &other, &mut |done, total| {
                progress(Step::Unpack, done, total);
            })?;
            (converted.convert)(&other, folder)?;
            fs::remove_dir_all(&other).map_err(cannot)?;
            contents::check_sizes(folder, unpacked.members)?;
            contents::note_hashes(folder, unpacked.members)
        })?;
        Ok(self.real(path, Source::Keras))
    }

    /// The data set itself, no stand-in, at `path`.
    fn real(&self, path: PathBuf, source: Source) -> Prepared {
        Prepared {
            dataset: *self,
            path,
            stand_in: false,
            source,
        }
    }

    fn unpack(
        &self,
        home: &Path,
        unpacked: &Unpacked,
        archive: &Path,
        source: Source,
        progress: &mut dyn FnMut(Step, u64, Option<u64>),
    ) -> Result<Prepared> {
        let path = cache::install(home, unpacked.folder, |folder| {
            unpack_tar_gz(archive, unpacked.members, folder, &mut |done, total| {
                progress(Step::Unpack, done, total);
            })?;
            contents::note_hashes(folder, unpacked.members)
        })?;
        Ok(self.real(path, source))
    }

    /// Downloads those of the files that are not there.
    fn fetch_files(
        &self,
        home: &Path,
        wanted: &[DataFile],
        options: &Prepare,
        progress: &mut dyn FnMut(Step, u64, Option<u64>),
    ) -> std::result::Result<Prepared, Unfetched> {
        for file in wanted {
            let path = home.join(file.name);
            if !path.is_file() {
                download(&path, file, options, progress)?;
            }
        }
        Ok(self.real(home.to_owned(), Source::Download))
    }

    fn make_stand_in(
        &self,
        home: &Path,
        options: &Prepare,
        why: Option<Error>,
        progress: &mut dyn FnMut(Step, u64, Option<u64>),
    ) -> Result<Prepared> {
        let size = options.size.unwrap_or(self.stand_in.size);
        let path = cache::install(home, STAND_IN, |folder| {
            stand_in::write(self, folder, size, options.seed, &mut |done, total| {
                progress(Step::StandIn, done, total);
            })
        })?;
        Ok(Prepared {
            dataset: *self,
            path,
            stand_in: true,
            source: Source::Made(why),
        })
    }

    fn what_to_do(&self, home: &Path, why: &Error) -> Error {
        let missing = self
            .files
            .iter()
            .filter(|file| !home.join(file.name).is_file());
        let (name, home) = (self.name, home.display());
        let origins: Vec<&str> = missing.map(|file| file.origin).collect();
        let (origins, these) = match origins.len() {
            1 => (origins[0].to_owned(), "the file, as it is,"),
            _ => (origins.join(" and "), "the files, as they are,"),
        };
        let (read, given) = match self.unpacked {
            Some(unpacked) => ("an unpacked folder", unpacked.folder),
            None => ("them in another folder", "folder"),
        };
        let words = &self.stand_in;
        Error::new(
            why.kind(),
            format!("{}: not in the cache `{home}`, and {why}", self.title),
        )
        .remedy(format!(
            "one of these:\n  \
             - connect to the network (behind a proxy, set `HTTPS_PROXY`) and call `load_data` \
               again\n  \
             - download {origins} elsewhere and put {these} into the folder `{home}`\n  \
             - read {read} with `{name}::load_from(\"path/to/{given}\")`\n  \
             - have {} {} in its place with `kerust datasets stand-in {name}`",
            words.things, words.made
        ))
    }
}

/// Why a data set was not fetched.
enum Unfetched {
    /// The download failed: something else may do.
    Download(Error),
    /// A file is damaged, the disk is full, the user interrupted: nothing else would do.
    Other(Error),
}

impl From<Error> for Unfetched {
    fn from(error: Error) -> Self {
        Unfetched::Other(error)
    }
}

fn download(
    to: &Path,
    file: &DataFile,
    options: &Prepare,
    progress: &mut dyn FnMut(Step, u64, Option<u64>),
) -> std::result::Result<(), Unfetched> {
    let download = Download {
        urls: vec![file.origin.to_owned()],
        hash: file.hash.to_owned(),
        size: Some(file.bytes),
        attempts: options.attempts,
        pause: options.pause,
        ..Download::default()
    };
    let fetched = download.fetch(to, &mut |done, total| progress(Step::Download, done, total));
    fetched.map_err(|why| match why.kind() {
        ErrorKind::Interrupted => Unfetched::Other(why),
        _ => Unfetched::Download(why),
    })
}
