//! `save_weights` and `load_weights`, and the checkpoints that `fit` writes by itself.
//!
//! `names.rs` says what weights are called in a file, `container.rs` how the file looks, `file.rs`
//! how it gets onto the disk, `checkpoint.rs` when `fit` writes one.

mod backup;
mod checkpoint;
mod container;
mod file;
mod names;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use safetensors::Dtype;

pub(super) use self::checkpoint::Checkpoints;
pub use self::checkpoint::{Checkpoint, Moment};
use self::container::{About, Container, Entry};
use self::file::Manner;
pub(crate) use self::file::write_whole;
use self::names::{CALLBACKS, NamedWeight, OPTIMIZER, check_names, named_weights};
use super::graph::Graph;
use super::model::Model;
use crate::optimizers::OptimizerState;
use crate::{Error, Result, Tensor};

/// The ending of the files that can be saved and loaded.
const EXTENSION: &str = "safetensors";

/// The arguments of `save_weights_with`, with Keras's defaults.
///
/// Keras: `keras.Model.save_weights`.
#[derive(Clone, Debug)]
pub struct SaveWeights {
    /// Whether a file that is there is replaced; true unless set.
    pub overwrite: bool,
}

impl Default for SaveWeights {
    fn default() -> Self {
        Self { overwrite: true }
    }
}

impl Model {
    /// Saves all weights, those that training leaves alone too (the moving averages of batch
    /// normalization), and what the optimizer remembers of its steps, so that training can go on.
    /// A file that is there is replaced, in one step: it is whole at every moment.
    ///
    /// The file is a `.safetensors` file; its tensors are called by layer and weight, as
    /// `dense/kernel`, and those of the optimizer as `optimizer/momentum/dense/kernel`. Layers
    /// without a name of their own are counted within the model (`dense`, `dense_1`), whatever
    /// other models there are. A leading `~` stands for the home folder.
    ///
    /// Keras: `model.save_weights(filepath)`.
    ///
    /// # Errors
    /// When the model is not built yet, the ending is another, or the file cannot be written.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let folder = tempfile::tempdir().expect("a folder");
    /// let path = folder.path().join("xor.safetensors");
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(1).input_shape(2))?;
    /// model.save_weights(&path)?;
    ///
    /// let mut again = Sequential::new();
    /// again.add(Dense::new(1).input_shape(2))?;
    /// again.load_weights(&path)?;
    /// assert_eq!(again.get_weights(), model.get_weights());
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn save_weights(&self, filepath: impl AsRef<Path>) -> Result<()> {
        self.save_weights_with(filepath, SaveWeights::default())
    }

    /// As [`save_weights`](Self::save_weights), with the choice to keep a file that is there.
    ///
    /// Keras: `model.save_weights(filepath, overwrite=False)`.
    ///
    /// # Errors
    /// As [`save_weights`](Self::save_weights); when there is a file and `overwrite` is false.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let folder = tempfile::tempdir().expect("a folder");
    /// let path = folder.path().join("first.safetensors");
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(1).input_shape(2))?;
    /// model.save_weights_with(&path, SaveWeights { overwrite: false })?;
    /// assert!(model.save_weights_with(&path, SaveWeights { overwrite: false }).is_err());
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn save_weights_with(
        &self,
        filepath: impl AsRef<Path>,
        arguments: SaveWeights,
    ) -> Result<()> {
        let manner = Manner {
            overwrite: arguments.overwrite,
            durable: true,
        };
        let optimizer = self.compiled.as_ref().map(|compiled| &compiled.optimizer);
        check_extension(filepath.as_ref())
            .and_then(|()| {
                let more = Besides::default();
                save(&self.graph, optimizer, filepath.as_ref(), &manner, more)
            })
            .map_err(|e| e.at(self.place("save_weights")))
    }

    /// Takes the weights from a file that [`save_weights`](Self::save_weights) wrote, or any
    /// `.safetensors` file with the same names and shapes.
    ///
    /// When the file holds what an optimizer remembers and the model is compiled with the same
    /// optimizer, that is taken, too: training goes on as if it had never stopped. Otherwise the
    /// optimizer stays as it is. Its learning rate is always that of `compile`.
    ///
    /// Keras: `model.load_weights(filepath)`.
    ///
    /// # Errors
    /// When the model is not built yet, the file cannot be read or is damaged, or its tensors are
    /// not those of the model. The model then stays as it was.
    pub fn load_weights(&mut self, filepath: impl AsRef<Path>) -> Result<()> {
        let place = self.place("load_weights");
        let optimizer = self.compiled.as_mut().map(|c| &mut c.optimizer);
        check_extension(filepath.as_ref())
            .and_then(|()| load(&mut self.graph, optimizer, filepath.as_ref()))
            .map_err(|e| e.at(place))
    }
}

/// What a file holds besides weights and the optimizer's memory.
#[derive(Default)]
struct Besides<'a> {
    moment: Option<Moment>,
    /// What a run needs to go on, and the tensors that its callbacks remember.
    run: Option<String>,
    tensors: &'a [Tensor],
}

/// Fails unless the path ends in what can be saved and loaded.
pub(crate) fn check_extension(path: &Path) -> Result<()> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    if extension.is_some_and(|extension| extension.eq_ignore_ascii_case(EXTENSION)) {
        return Ok(());
    }
    let given = format!("`{}`", path.display());
    let expected = "a path that ends in `.safetensors`, the one format there is";
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.strip_suffix(".weights").unwrap_or(&stem);
    let stem = if stem.is_empty() { "model" } else { stem };
    Err(Error::argument("filepath", expected, given)
        .remedy(format!("for example `{stem}.{EXTENSION}`")))
}

/// Writes the weights of a graph and the memory of its optimizer.
fn save(
    graph: &Graph,
    optimizer: Option<&OptimizerState>,
    path: &Path,
    manner: &Manner,
    more: Besides<'_>,
) -> Result<()> {
    let weights = named_weights(graph)?;
    let mut tensors: Vec<(String, &Tensor)> = weights
        .iter()
        .map(|named| (named.name.clone(), &named.weight.value))
        .collect();
    let stepped = optimizer.filter(|optimizer| optimizer.iterations() > 0);
    if let Some(optimizer) = stepped {
        let trainable = weights.iter().filter(|named| named.weight.trainable);
        for (named, slots) in trainable.zip(optimizer.slots()) {
            for (slot, tensor) in slots {
                tensors.push((slot_name(slot, &named.name), tensor));
            }
        }
    }
    for (i, tensor) in more.tensors.iter().enumerate() {
        tensors.push((format!("{CALLBACKS}{i}"), tensor));
    }
    check_names(tensors.iter().map(|(name, _)| name))?;
    let about = About {
        model: graph.name.clone(),
        moment: more.moment,
        run: more.run,
        optimizer: stepped.map(|state| (state.kind(), state.iterations())),
        ..About::default()
    };
    let path = file::expanded(path);
    file::write(&path, manner, |out| {
        container::write(&path, out, &tensors, about)
    })
}

/// Puts the weights of a file into a graph, and the optimizer's memory if it is the same one.
/// Either all goes well or nothing changes.
fn load(graph: &mut Graph, optimizer: Option<&mut OptimizerState>, path: &Path) -> Result<()> {
    named_weights(graph)?;
    let path = file::expanded(path);
    let container = Container::open(&path)?;
    let weights = named_weights(graph)?;
    check_tensors(&weights, &container)?;
    let names: Vec<String> = weights.iter().map(|named| named.name.clone()).collect();
    let memory = optimizer
        .as_deref()
        .and_then(|optimizer| Memory::in_file(&weights, optimizer, &container));
    let mut wanted = names.clone();
    wanted.extend(memory.iter().flat_map(|memory| memory.slots.concat()));

    let mut read = container.read(&wanted)?;
    let mut take = |name: &String| {
        read.remove(name)
            .ok_or_else(|| Error::data(format!("the tensor `{name}` could not be read")))
    };
    let values = names.iter().map(&mut take).collect::<Result<Vec<_>>>()?;
    let restored = memory
        .map(|memory| -> Result<_> {
            let mut slots: Vec<Vec<Tensor>> = Vec::new();
            for names in &memory.slots {
                slots.push(names.iter().map(&mut take).collect::<Result<_>>()?);
            }
            Ok((memory.iterations, slots))
        })
        .transpose()?;

    for (weight, value) in graph.weights_mut().zip(values) {
        weight.value = value;
    }
    if let (Some(optimizer), Some((iterations, slots))) = (optimizer, restored) {
        optimizer.restore(iterations, slots);
    }
    Ok(())
}

fn slot_name(slot: &str, weight: &str) -> String {
    format!("{OPTIMIZER}{slot}/{weight}")
}

/// Fails unless the file holds all weights, in their shapes, and nothing else.
fn check_tensors(weights: &[NamedWeight<'_>], container: &Container) -> Result<()> {
    let entries: HashMap<&str, &Entry> = container
        .tensors
        .iter()
        .map(|entry| (entry.name.as_str(), entry))
        .collect();
    let places: HashSet<&str> = weights.iter().map(|named| named.name.as_str()).collect();
    let extra: Vec<&Entry> = container
        .tensors
        .iter()
        .filter(|entry| !places.contains(entry.name.as_str()))
        .filter(|entry| {
            ![OPTIMIZER, CALLBACKS]
                .iter()
                .any(|p| entry.name.starts_with(p))
        })
        .collect();
    for named in weights {
        let expected = named.weight.value.shape();
        let Some(entry) = entries.get(named.name.as_str()) else {
            let missing = format!(
                "expected a tensor `{}` of shape {expected} in the file, which has {}",
                named.name,
                listed(&extra)
            );
            return Err(Error::data(missing)
                .remedy("make the model as it was when the weights were saved")
                .at(&named.layer));
        };
        if entry.shape != *expected {
            return Err(Error::shape(format!(
                "expected `{}` of shape {expected}, the file has shape {}",
                named.name, entry.shape
            ))
            .remedy("make the layer as it was when the weights were saved")
            .at(&named.layer));
        }
        if entry.dtype != Dtype::F32 {
            return Err(Error::data(format!(
                "expected `{}` in float32, the file has {}",
                named.name, entry.dtype
            ))
            .remedy("convert the file's tensors to float32")
            .at(&named.layer));
        }
    }
    if extra.is_empty() {
        return Ok(());
    }
    Err(Error::data(format!(
        "the model has no place for what the file has: {}",
        listed(&extra)
    ))
    .remedy("make the model as it was when the weights were saved"))
}

/// The first few of some tensors, in words.
fn listed(tensors: &[&Entry]) -> String {
    const MOST: usize = 4;
    if tensors.is_empty() {
        return "no other tensors".to_owned();
    }
    let shown = tensors.iter().take(MOST);
    let mut words: Vec<String> = shown
        .map(|entry| format!("`{}` {}", entry.name, entry.shape))
        .collect();
    if tensors.len() > MOST {
        words.push(format!("and {} more", tensors.len() - MOST));
    }
    words.join(", ")
}

/// Where the memory of an optimizer is in a file.
struct Memory {
    iterations: u64,
    /// For each trainable weight, the names of the tensors for its slots.
    slots: Vec<Vec<String>>,
}

impl Memory {
    /// The memory in a file, if it is that of this optimizer for these weights.
    fn in_file(
        weights: &[NamedWeight<'_>],
        optimizer: &OptimizerState,
        container: &Container,
    ) -> Option<Memory> {
        let (name, iterations) = container.about.as_ref()?.optimizer.as_ref()?;
        if *name != optimizer.kind() {
            return None;
        }
        let mut slots = Vec::new();
        for named in weights.iter().filter(|named| named.weight.trainable) {
            let mut names = Vec::new();
            for slot in optimizer.slot_names() {
                let name = slot_name(slot, &named.name);
                let entry = container.tensor(&name)?;
                let fits = entry.shape == *named.weight.value.shape() && entry.dtype == Dtype::F32;
                if !fits {
                    return None;
                }
                names.push(name);
            }
            slots.push(names);
        }
        Some(Memory {
            iterations: *iterations,
            slots,
        })
    }
}
