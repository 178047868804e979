//! The files of a folder, and the classes that its folders stand for.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::labels::{LabelMode, Labels, Subset};
use super::listing::Listing;
use crate::random_state::RandomState;
use crate::{Error, Result, Setting, random};

/// What all functions take that make a dataset of the files of a folder.
pub(super) struct Folder<'a> {
    pub(super) directory: &'a Path,
    /// How file names end, in small letters.
    pub(super) formats: &'static [&'static str],
    /// What the files are, in messages.
    pub(super) what: &'static str,
    pub(super) labels: &'a Labels,
    pub(super) label_mode: &'a Setting<LabelMode>,
    pub(super) class_names: &'a [String],
    pub(super) batch_size: Option<usize>,
    pub(super) shuffle: bool,
    pub(super) seed: Option<u64>,
    pub(super) validation_split: f64,
    pub(super) subset: Option<&'a Setting<Subset>>,
    pub(super) follow_links: bool,
    pub(super) verbose: bool,
}

impl Folder<'_> {
    /// The files that the arguments ask for.
    pub(super) fn listing(&self) -> Result<Listing> {
        let subset = self.subset.map(Setting::get).transpose()?.copied();
        if subset == Some(Subset::Both) {
            let error = Error::argument("subset", "\"training\" or \"validation\"", "\"both\"");
            let remedy = format!("`{}_datasets_from_directory` gives both", self.what);
            return Err(error.remedy(remedy));
        }
        self.check_split(subset)?;
        let (training, validation) = self.split(self.whole()?);
        let listing = match subset {
            None => Listing::joined(training, validation),
            Some(Subset::Validation) => {
                self.say(&format!(
                    "Using {} files for validation.",
                    validation.paths.len()
                ));
                validation
            }
            Some(_) => {
                self.say(&format!(
                    "Using {} files for training.",
                    training.paths.len()
                ));
                training
            }
        };
        self.require_files(listing, "")
    }

    /// The files to train on and those to measure, which stay in one order.
    pub(super) fn both(&self) -> Result<(Listing, Listing)> {
        let subset = self.subset.map(Setting::get).transpose()?.copied();
        if !matches!(subset, None | Some(Subset::Both)) {
            let expected = "\"both\", or none";
            return Err(Error::argument("subset", expected, "one of the two"));
        }
        self.check_split(Some(Subset::Both))?;
        let (training, mut validation) = self.split(self.whole()?);
        self.say(&format!(
            "Using {} files for training.",
            training.paths.len()
        ));
        self.say(&format!(
            "Using {} files for validation.",
            validation.paths.len()
        ));
        validation.seed = None;
        Ok((
            self.require_files(training, " to train on")?,
            self.require_files(validation, " to validate with")?,
        ))
    }

    fn say(&self, line: &str) {
        if self.verbose {
            println!("{line}");
        }
    }

    fn check_split(&self, subset: Option<Subset>) -> Result<()> {
        let share = self.validation_split;
        if !(0.0..1.0).contains(&share) {
            let expected = "a share of at least 0, below 1";
            return Err(Error::argument("validation_split", expected, share));
        }
        if (share > 0.0) != subset.is_some() {
            let error = Error::state("`subset` and `validation_split` must be given together");
            return Err(error.remedy("give both, or none for all files"));
        }
        if share > 0.0 && self.shuffle && self.seed.is_none() {
            let error =
                Error::argument("seed", "a number when files are shuffled and split", "none");
            return Err(error.remedy(
                "give both datasets the same `seed`: otherwise files to train on are measured",
            ));
        }
        Ok(())
    }

    fn require_files(&self, listing: Listing, purpose: &str) -> Result<Listing> {
        if listing.paths.is_empty() {
            let directory = self.directory.display();
            let what = format!("there are no {} files{purpose} in `{directory}`", self.what);
            let formats = self.formats.join(", ");
            return Err(Error::data(what).remedy(format!("files that count end in {formats}")));
        }
        Ok(listing)
    }

    /// All files, in the order that the seed gives.
    fn whole(&self) -> Result<Listing> {
        if self.batch_size == Some(0) {
            return Err(Error::argument("batch_size", "a positive whole number", 0));
        }
        let mut label_mode = *self.label_mode.get()?;
        if *self.labels == Labels::None {
            label_mode = LabelMode::None;
        }
        let labels = match label_mode {
            LabelMode::None => &Labels::None,
            _ => self.labels,
        };
        let seed = self
            .seed
            .unwrap_or_else(|| random::fresh_seed() % 1_000_000);
        let seed = u32::try_from(seed)
            .map_err(|_| Error::argument("seed", "a number below 4294967296, as in NumPy", seed))?;
        let mut listing = Listing {
            label_mode,
            ..self.index(labels)?
        };
        let (files, classes) = (listing.paths.len(), listing.class_names.len());
        match &listing.labels {
            None => self.say(&format!("Found {files} files.")),
            Some(_) => self.say(&format!(
                "Found {files} files belonging to {classes} classes."
            )),
        }
        if label_mode == LabelMode::Binary && classes != 2 {
            let given = format!("{:?}", listing.class_names);
            let error = Error::argument(
                "label_mode",
                "another when there are not two classes",
                given,
            );
            return Err(error.remedy("use \"int\" or \"categorical\""));
        }
        if self.shuffle {
            listing.seed = Some(seed);
            RandomState::new(seed).shuffle(&mut listing.paths);
            if let Some(labels) = &mut listing.labels {
                RandomState::new(seed).shuffle(labels);
            }
        }
        Ok(listing)
    }

    /// All files in the order of their paths.
    fn index(&self, labels: &Labels) -> Result<Listing> {
        if *labels != Labels::Inferred && !self.class_names.is_empty() {
            let expected = "none unless labels are inferred from folders";
            let given = format!("{:?}", self.class_names);
            return Err(Error::argument("class_names", expected, given));
        }
        if *labels == Labels::Inferred {
            return self.index_classes();
        }
        let paths = self.files_below(self.directory)?;
        let Labels::Given(labels) = labels else {
            return Ok(Listing {
                paths,
                ..Listing::default()
            });
        };
        if labels.len() != paths.len() {
            let directory = self.directory.display();
            let expected = format!("one for each of the {} files in `{directory}`", paths.len());
            let given = format!("{} labels", labels.len());
            return Err(Error::argument("labels", &expected, given));
        }
        let classes: BTreeSet<usize> = labels.iter().copied().collect();
        let class_names = classes.iter().map(usize::to_string).collect();
        Ok(Listing {
            paths,
            labels: Some(labels.clone()),
            class_names,
            ..Listing::default()
        })
    }

    fn index_classes(&self) -> Result<Listing> {
        let mut found: Vec<OsString> = Vec::new();
        for Entry { name, kind, .. } in entries(self.directory)? {
            if kind != Kind::File && !name.as_encoded_bytes().starts_with(b".") {
                found.push(name);
            }
        }
        let classes: Vec<OsString> = match self.class_names {
            [] => found,
            given => {
                let given: Vec<OsString> = given.iter().map(OsString::from).collect();
                if given.iter().any(|name| !found.contains(name)) {
                    let expected = format!("names among the folders {found:?}");
                    let given = format!("{:?}", self.class_names);
                    return Err(Error::argument("class_names", &expected, given));
                }
                given
            }
        };
        let (mut paths, mut labels) = (Vec::new(), Vec::new());
        for (label, class) in classes.iter().enumerate() {
            let files = self.files_below(&self.directory.join(class))?;
            labels.resize(labels.len() + files.len(), label);
            paths.extend(files);
        }
        let names = classes.iter();
        let names = names.map(|name| name.to_string_lossy().into_owned());
        Ok(Listing {
            paths,
            labels: Some(labels),
            class_names: names.collect(),
            ..Listing::default()
        })
    }

    /// The files below a folder: folder by folder in the order of their paths, in each by name.
    fn files_below(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let mut folders = vec![folder.to_path_buf()];
        let mut open = vec![(folder.to_path_buf(), vec![real(folder)?])];
        while let Some((folder, above)) = open.pop() {
            for Entry { path, kind, .. } in entries(&folder)? {
                let goes_on = match kind {
                    Kind::Folder => true,
                    Kind::LinkToFolder => self.follow_links,
                    Kind::File => false,
                };
                if !goes_on {
                    continue;
                }
                let own = real(&path)?;
                // A link to a folder above would lead around in a circle.
                if above.contains(&own) {
                    continue;
                }
                let mut above = above.clone();
                above.push(own);
                folders.push(path.clone());
                open.push((path, above));
            }
        }
        folders.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
        let mut files = Vec::new();
        for folder in folders {
            for Entry { name, path, kind } in entries(&folder)? {
                let name = name.to_string_lossy().to_lowercase();
                let counts = self.formats.iter().any(|ending| name.ends_with(ending));
                if counts && kind == Kind::File {
                    files.push(path);
                }
            }
        }
        Ok(files)
    }

    /// The files to train on, and those to measure.
    fn split(&self, whole: Listing) -> (Listing, Listing) {
        let count = whole.paths.len();
        let measured = (self.validation_split * count as f64) as usize;
        whole.split_at(count - measured.min(count))
    }
}

struct Entry {
    name: OsString,
    path: PathBuf,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    LinkToFolder,
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<Entry>> {
    let cannot = |error: std::io::Error| {
        let what = format!("cannot read the folder `{}`", folder.display());
        Error::io(what, error)
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let (kind, path) = (entry.file_type().map_err(cannot)?, entry.path());
        let kind = match kind {
            kind if kind.is_dir() => Kind::Folder,
            kind if kind.is_symlink() && path.is_dir() => Kind::LinkToFolder,
            _ => Kind::File,
        };
        found.push(Entry {
            name: entry.file_name(),
            path,
            kind,
        });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The folder itself, where links lead to it.
fn real(folder: &Path) -> Result<PathBuf> {
    let real = fs::canonicalize(folder);
    real.map_err(|error| Error::io(format!("cannot read `{}`", folder.display()), error))
}
