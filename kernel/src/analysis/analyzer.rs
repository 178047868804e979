//! rust-analyzer over the notebook's definitions and the packages that cells use.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use ra_ap_ide::{Analysis, AnalysisHost, SourceRoot};
use ra_ap_ide_db::{ChangeWithProcMacros, FxHashMap};
use ra_ap_project_model::{PackageRoot, ProjectWorkspace};
use ra_ap_vfs::file_set::FileSetConfig;
use ra_ap_vfs::{AbsPath, AbsPathBuf, Change, FileId, Vfs, VfsPath};

use super::document::Document;
use super::types::{self, Extent, Findings};
use super::{Completions, Inspection, Packages};
use super::{completion, inspection, prime, project};
use crate::source;

/// How long an answer may take before it is given up; only something unforeseen takes so long.
const LIMIT: Duration = Duration::from_secs(30);

/// A cell whose types need the traits and methods that most cells need.
const EXAMPLE: &str = "let a = vec![1.0f32].iter().map(|x| x + 1.0).collect::<Vec<_>>();
let b = format!(\"{a:?}\").len();";

/// rust-analyzer recurses deeply.
pub(super) const STACK_SIZE: usize = 64 << 20;

/// Answers questions about code.
pub struct Analyzer {
    directory: AbsPathBuf,
    /// Where the standard library's sources may be.
    sources: AbsPathBuf,
    loaded: Option<Loaded>,
}

struct Loaded {
    host: AnalysisHost,
    files: Vfs,
    /// The file for the cell.
    cell: FileId,
    /// The manifest that this is about.
    manifest: Vec<u8>,
    workspace: Option<ProjectWorkspace>,
    /// Where the packages' files are.
    roots: Vec<PackageRoot>,
}

/// A place in the file for the cell, and what there is to know about the file.
pub(super) struct Place {
    pub(super) analysis: Analysis,
    pub(super) file: FileId,
    pub(super) text: String,
    /// Where the cell starts and ends in `text`, in bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The place, in bytes of `text`.
    pub(super) offset: usize,
}

impl Analyzer {
    /// An analyzer for cells that use `packages`; nothing is loaded yet.
    ///
    /// # Errors
    /// If a path is not absolute or not UTF-8.
    pub fn new(packages: &Packages) -> Result<Analyzer, String> {
        let absolute = |path: &Path| {
            path.to_str()
                .and_then(|path| AbsPathBuf::try_from(path).ok())
                .ok_or_else(|| format!("`{}` cannot be analyzed", path.display()))
        };
        Ok(Analyzer {
            directory: absolute(&packages.directory)?,
            sources: absolute(&packages.sources)?,
            loaded: None,
        })
    }

    /// Whether the packages are loaded.
    pub fn is_loaded(&self) -> bool {
        self.loaded.is_some()
    }

    /// Loads the packages if the manifest is not the one that is loaded.
    ///
    /// # Errors
    /// If there is no manifest, or cargo does not know all packages; what was loaded stays.
    pub fn refresh(&mut self) -> Result<(), String> {
        let path = self.directory.join("Cargo.toml");
        let manifest = std::fs::read(&path).map_err(|error| error.to_string())?;
        if self
            .loaded
            .as_ref()
            .is_some_and(|loaded| loaded.manifest == manifest)
        {
            return Ok(());
        }
        let mut loaded = self.loaded.take();
        let (directory, sources) = (&self.directory, &self.sources);
        let outcome = guarded(|| {
            let workspace = project::load(directory, sources)?;
            let mut now = match loaded.take() {
                Some(loaded) => loaded,
                None => Loaded::new(directory),
            };
            now.take_workspace(workspace, sources);
            Ok::<_, String>(now)
        });
        match outcome {
            Ok(Ok(mut now)) => {
                now.manifest = manifest;
                self.loaded = Some(now);
                Ok(())
            }
            Ok(Err(error)) => {
                self.loaded = loaded;
                Err(error)
            }
            Err(()) => Err("rust-analyzer failed while it read the packages".to_owned()),
        }
    }

    /// Takes over what has changed in the files of packages on this machine.
    pub fn reread(&mut self) {
        if let Some(mut loaded) = self.loaded.take()
            && guarded(|| loaded.reread(&self.sources)).is_ok()
        {
            self.loaded = Some(loaded);
        }
    }

    /// What can stand at byte `position` of the cell `code`.
    pub fn complete(&mut self, document: &Document, code: &str, position: usize) -> Completions {
        self.ask(document, code, position, completion::complete)
            .unwrap_or_else(|| Completions::nothing(position))
    }

    /// What stands at byte `position` of the cell `code`; `detailed` asks for all there is.
    pub fn inspect(
        &mut self,
        document: &Document,
        code: &str,
        position: usize,
        detailed: bool,
    ) -> Option<Inspection> {
        self.ask(document, code, position, move |place| {
            inspection::inspect(place, detailed)
        })
        .flatten()
    }

    /// What there is to know of the cell `code` before it is compiled; `shown` says whether its value
    /// is shown in the usual form.
    pub fn find(&mut self, document: &Document, code: &str, shown: bool) -> Option<Findings> {
        let value = source::ending(code).value.filter(|_| shown);
        let file = document.compiled_file(code, value.as_ref());
        let extent = Extent {
            start: file.start,
            end: file.start + code.len(),
            value,
        };
        self.look(file.text, move |loaded| {
            let (database, cell) = (loaded.host.raw_database().clone(), loaded.cell);
            move || types::find(&database, cell, &extent)
        })
    }

    /// Lets `question` look at a place in the cell `code`.
    fn ask<T: Send + 'static>(
        &mut self,
        document: &Document,
        code: &str,
        position: usize,
        question: impl FnOnce(&Place) -> T + Send + 'static,
    ) -> Option<T> {
        let file = document.file(code);
        let (start, end) = (file.start, file.start + code.len());
        let text = file.text.clone();
        self.look(file.text, move |loaded| {
            let place = Place {
                analysis: loaded.host.analysis(),
                file: loaded.cell,
                start,
                end,
                offset: start + position,
                text,
            };
            move || question(&place)
        })
    }

    /// Does work on a snapshot with `text` in the file for the cell. rust-analyzer may fail on
    /// half-written code: then it is started afresh next time.
    fn look<T: Send + 'static, W: FnOnce() -> T + Send + 'static>(
        &mut self,
        text: String,
        work: impl FnOnce(&Loaded) -> W,
    ) -> Option<T> {
        let mut loaded = self.loaded.take()?;
        let mut change = ChangeWithProcMacros::default();
        change.change_file(loaded.cell, Some(text));
        guarded(|| loaded.host.apply_change(change)).ok()?;
        let work = work(&loaded);
        let (sender, answer) = channel();
        let worker = std::thread::Builder::new()
            .name("kerust-question".to_owned())
            .stack_size(STACK_SIZE)
            .spawn(move || {
                // The snapshot ends with the work: the host waits for it before it takes a change.
                let found = work();
                let _ = sender.send(found);
            })
            .ok()?;
        let answer = answer.recv_timeout(LIMIT);
        if let Err(RecvTimeoutError::Timeout) = answer {
            guarded(|| loaded.host.trigger_cancellation()).ok()?;
        }
        // Its thread ends by a panic if rust-analyzer fails.
        worker.join().ok()?;
        self.loaded = Some(loaded);
        answer.ok()
    }

    /// Reads in advance what every question needs, and then goes on with what many need until the
    /// first question comes.
    pub(super) fn prime(&mut self) {
        let Some(loaded) = self.loaded.take() else {
            return;
        };
        let (database, cell) = (loaded.host.raw_database().clone(), loaded.cell);
        if guarded(|| prime::prime(&database, cell)).is_err() {
            return;
        }
        // A change ends it. If it cannot be started, the first questions take longer.
        let _ = std::thread::Builder::new()
            .name("kerust-example".to_owned())
            .stack_size(STACK_SIZE)
            .spawn(move || guarded(|| types::find(&database, cell, &example().1)));
        self.loaded = Some(loaded);
    }
}

/// A cell that needs what many cells need, and where it is in its file.
fn example() -> (String, Extent) {
    let file = Document::default().compiled_file(EXAMPLE, None);
    let extent = Extent {
        start: file.start,
        end: file.start + EXAMPLE.len(),
        value: None,
    };
    (file.text, extent)
}

impl Loaded {
    fn new(directory: &AbsPathBuf) -> Loaded {
        let mut files = Vfs::default();
        let path = VfsPath::from(directory.join("src/lib.rs"));
        files.set_file_contents(path.clone(), Some(example().0.into_bytes()));
        let cell = match files.file_id(&path) {
            Some((cell, _)) => cell,
            None => unreachable!("the file was added just now"),
        };
        Loaded {
            host: AnalysisHost::new(None),
            files,
            cell,
            manifest: Vec::new(),
            workspace: None,
            roots: Vec::new(),
        }
    }

    fn take_workspace(&mut self, workspace: ProjectWorkspace, sources: &AbsPathBuf) {
        self.roots = project::roots(&workspace);
        self.workspace = Some(workspace);
        self.read(sources, |_| true);
        self.apply();
    }

    fn reread(&mut self, sources: &AbsPathBuf) {
        if self.read(sources, |root| root.is_local) {
            self.apply();
        }
    }

    /// Reads the files of the packages that are `wanted`. Returns whether any has changed.
    fn read(&mut self, sources: &AbsPathBuf, wanted: impl Fn(&PackageRoot) -> bool) -> bool {
        let cell = self.files.file_path(self.cell).clone();
        let mut changed = false;
        let roots: Vec<&PackageRoot> = self.roots.iter().filter(|root| wanted(root)).collect();
        for (path, content) in project::files(&roots, sources) {
            let path = VfsPath::from(path);
            // evcxr writes this file while cells run.
            if path != cell {
                changed |= self.files.set_file_contents(path, Some(content));
            }
        }
        changed
    }

    /// Tells rust-analyzer what has changed.
    fn apply(&mut self) {
        let mut change = ChangeWithProcMacros::default();
        for (file, changed) in self.files.take_changes() {
            let text = match changed.change {
                Change::Create(content, _) | Change::Modify(content, _) => {
                    String::from_utf8(content).ok()
                }
                Change::Delete => None,
            };
            change.change_file(file, text);
        }
        let mut sets = FileSetConfig::builder();
        for root in &self.roots {
            let paths = root.include.iter().cloned().map(VfsPath::from);
            sets.add_file_set(paths.collect());
        }
        let cell = self.files.file_path(self.cell);
        let roots = sets.build().partition(&self.files).into_iter().map(|set| {
            if set.file_for_path(cell).is_some() {
                SourceRoot::new_local(set)
            } else {
                // Libraries are not looked at again with each cell.
                SourceRoot::new_library(set)
            }
        });
        change.set_roots(roots.collect());
        let files = &self.files;
        let mut find = |path: &AbsPath| {
            let found = files.file_id(&VfsPath::from(path.to_path_buf()));
            found.map(|(file, _)| file)
        };
        if let Some(workspace) = &self.workspace {
            let (graph, _) = workspace.to_crate_graph(&mut find, &FxHashMap::default());
            change.set_crate_graph(graph);
        }
        self.host.apply_change(change);
    }
}

/// Runs `action`, which may panic.
fn guarded<T>(action: impl FnOnce() -> T) -> Result<T, ()> {
    std::panic::catch_unwind(AssertUnwindSafe(action)).map_err(|_| ())
}
