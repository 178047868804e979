//! Weights and the optimizer's memory in a `.safetensors` file, each tensor under its name.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use safetensors::Dtype;

use super::checkpoint::Moment;
use super::container::{self, About, Container, Entry};
use super::file::{self, Manner};
use super::names::{CALLBACKS, NamedWeight, OPTIMIZER, check_names, named_weights};
use crate::models::graph::Graph;
use crate::optimizers::OptimizerState;
use crate::{Error, Result, Tensor};

/// What a file holds besides weights and the optimizer's memory.
#[derive(Default)]
pub(super) struct Besides<'a> {
    pub(super) moment: Option<Moment>,
    /// What a run needs to go on, and the tensors that its callbacks remember.
    pub(super) run: Option<String>,
    pub(super) tensors: &'a [Tensor],
}

/// Writes the weights of a graph and the memory of its optimizer.
pub(super) fn save(
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
pub(super) fn load(
    graph: &mut Graph,
    optimizer: Option<&mut OptimizerState>,
    path: &Path,
) -> Result<()> {
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
