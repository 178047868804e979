//! Weights and the memory of an optimizer in Keras's `.weights.h5`, written and read.

use std::borrow::Cow;

use super::super::hdf5::{Dataset, Group, Source};
use super::optimizer::{Variable, counters, slot_of, variables};
use super::places::{Place, places};
use crate::layers::Weight;
use crate::models::graph::Graph;
use crate::optimizers::{LearningRate, OptimizerState};
use crate::{Error, Result, Shape, Tensor};

/// The group with the optimizer's variables.
const OPTIMIZER: &str = "optimizer/vars";
/// What the group `layers` is called in files of Keras 2.13.
const EARLIER_LAYERS: &str = "_layer_checkpoint_dependencies";

/// The file's contents for a graph and its optimizer.
pub(super) fn contents<'a>(
    graph: &'a Graph,
    optimizer: Option<&'a OptimizerState>,
) -> Result<Group<'a>> {
    let weights: Vec<&Weight> = graph.weights().collect();
    let mut root = Group::default();
    root.at("vars").name = Some(graph.name.clone());
    for place in places(graph) {
        let group = root.at(&format!("{}/vars", place.path));
        group.name = Some(place.name);
        for (i, weight) in place.weights.iter().enumerate() {
            let numbers = floats(&weights[*weight].value)?;
            group.datasets.insert(i.to_string(), numbers);
        }
    }
    if let Some(optimizer) = optimizer {
        let group = root.at(OPTIMIZER);
        group.name = Some(optimizer.optimizer().base().name.clone());
        let trained = trained(graph);
        let slots: Vec<Vec<&Tensor>> = optimizer
            .slots()
            .map(|slots| slots.into_iter().map(|(_, tensor)| tensor).collect())
            .collect();
        let all = match slots.len() == trained.len() {
            true => variables(optimizer, &trained),
            false => counters(optimizer),
        };
        for (i, variable) in all.iter().enumerate() {
            let dataset = match variable {
                Variable::Iterations => {
                    let steps = i32::try_from(optimizer.iterations());
                    Dataset::Whole(steps.unwrap_or(i32::MAX))
                }
                Variable::LearningRate => {
                    Dataset::Floats(Cow::Owned(vec![optimizer.learning_rate()]), Vec::new())
                }
                Variable::Memory(memory) => {
                    let length = memory.shape.elements();
                    let numbers = match memory.slot {
                        Some(slot) => {
                            Cow::Borrowed(&slots[memory.weight][slot].floats()?[..length])
                        }
                        None => Cow::Owned(vec![0.0; length]),
                    };
                    Dataset::Floats(numbers, memory.shape.to_vec())
                }
            };
            group.datasets.insert(i.to_string(), dataset);
        }
    }
    Ok(root)
}

fn floats(tensor: &Tensor) -> Result<Dataset<'_>> {
    Ok(Dataset::Floats(
        Cow::Borrowed(tensor.floats()?),
        tensor.shape().to_vec(),
    ))
}

/// The shapes of the weights that training changes.
pub(super) fn trained(graph: &Graph) -> Vec<Shape> {
    let weights = graph.weights().filter(|weight| weight.trainable);
    weights.map(|weight| weight.value.shape().clone()).collect()
}

/// What a file holds for a graph and its optimizer.
pub(super) struct Read {
    /// A value for each weight.
    pub(super) weights: Vec<Tensor>,
    pub(super) optimizer: Option<Remembered>,
}

/// What a file holds for an optimizer.
pub(super) struct Remembered {
    iterations: u64,
    learning_rate: Option<f32>,
    /// None when it has made no step.
    slots: Option<Vec<Vec<Tensor>>>,
}

impl Read {
    /// Puts all of it to use.
    pub(super) fn apply(self, graph: &mut Graph, optimizer: Option<&mut OptimizerState>) {
        for (weight, value) in graph.weights_mut().zip(self.weights) {
            weight.value = value;
        }
        if let (Some(optimizer), Some(remembered)) = (optimizer, self.optimizer) {
            optimizer.restart();
            optimizer.restore(remembered.iterations, remembered.slots.unwrap_or_default());
            if let Some(rate) = remembered.learning_rate
                && let LearningRate::Constant(own) =
                    &mut optimizer.optimizer_mut().base_mut().learning_rate
            {
                *own = rate;
            }
        }
    }
}

/// Reads all of a `.weights.h5` that a graph and its optimizer need. The memory of another
/// optimizer is left alone.
pub(super) fn read(
    source: &Source,
    graph: &Graph,
    optimizer: Option<&OptimizerState>,
) -> Result<Read> {
    let weights: Vec<&Weight> = graph.weights().collect();
    let places = places(graph);
    let layers = layers_group(source)?;
    check_layers(source, layers, &places)?;
    let mut values: Vec<Option<Tensor>> = vec![None; weights.len()];
    for place in &places {
        let path = place.path.replace("layers", layers);
        let group = format!("{path}/vars");
        let (_, found) = source.names(&group)?;
        if found.len() != place.weights.len() {
            return Err(Error::data(format!(
                "expected {} weights in the file's group `{group}`, it has {}",
                place.weights.len(),
                found.len()
            ))
            .remedy("make the model as it was when the weights were saved")
            .at(&place.layer));
        }
        for (i, weight) in place.weights.iter().enumerate() {
            let expected = weights[*weight].value.shape();
            let value = tensor(source, &format!("{group}/{i}"), expected);
            values[*weight] = Some(value.map_err(|e| e.at(&place.layer))?);
        }
    }
    let optimizer = match optimizer {
        Some(optimizer) => {
            let (_, names) = source.names(OPTIMIZER)?;
            let paths = (0..names.len()).map(|i| format!("{OPTIMIZER}/{i}"));
            remembered(
                source,
                &paths.collect::<Vec<_>>(),
                optimizer,
                &trained(graph),
            )?
        }
        None => None,
    };
    Ok(Read {
        weights: values.into_iter().flatten().collect(),
        optimizer,
    })
}

/// What the group of the layers is called.
fn layers_group(source: &Source) -> Result<&'static str> {
    let (groups, _) = source.names("")?;
    let has = |name: &str| groups.iter().any(|group| group == name);
    Ok(match !has("layers") && has(EARLIER_LAYERS) {
        true => EARLIER_LAYERS,
        false => "layers",
    })
}

/// Fails when the file has weights of layers that the model does not have.
fn check_layers(source: &Source, layers: &str, places: &[Place]) -> Result<()> {
    let (groups, _) = source.names(layers)?;
    for name in groups {
        let known = |place: &Place| {
            let rest = place.path.strip_prefix("layers/");
            rest.is_some_and(|rest| rest == name || rest.starts_with(&format!("{name}/")))
        };
        if places.iter().any(known) {
            continue;
        }
        let (_, weights) = source.names(&format!("{layers}/{name}/vars"))?;
        if !weights.is_empty() {
            return Err(Error::data(format!(
                "the model has no place for what the file has: {} weights of a layer in its group \
                 `{layers}/{name}`",
                weights.len()
            ))
            .remedy("make the model as it was when the weights were saved"));
        }
    }
    Ok(())
}

/// A tensor of a file, which must have this shape.
pub(super) fn tensor(source: &Source, path: &str, expected: &Shape) -> Result<Tensor> {
    let Some(numbers) = source.numbers(path)? else {
        return Err(Error::data(format!("the file has no dataset `{path}`"))
            .remedy("make the model as it was when the weights were saved"));
    };
    if numbers.shape != *expected {
        return Err(Error::shape(format!(
            "expected `{path}` of shape {expected}, the file has shape {}",
            numbers.shape
        ))
        .remedy("make the layer as it was when the weights were saved"));
    }
    Ok(Tensor::from_floats(numbers.floats()?, expected.clone()))
}

/// What stands in the datasets `paths` for an optimizer; none where they are those of another one.
pub(super) fn remembered(
    source: &Source,
    paths: &[String],
    optimizer: &OptimizerState,
    trained: &[Shape],
) -> Result<Option<Remembered>> {
    let mut all = variables(optimizer, trained);
    let stepped = paths.len() == all.len();
    if !stepped {
        all = counters(optimizer);
    }
    if paths.len() != all.len() {
        return Ok(None);
    }
    let new_slots = optimizer.slot_names().len();
    let mut slots: Vec<Vec<Option<Tensor>>> = vec![vec![None; new_slots]; trained.len()];
    let mut remembered = Remembered {
        iterations: 0,
        learning_rate: None,
        slots: None,
    };
    for (path, variable) in paths.iter().zip(&all) {
        let Some(numbers) = source.numbers(path)? else {
            return Ok(None);
        };
        match variable {
            Variable::Iterations => {
                let steps = numbers.whole()?;
                let steps = u64::try_from(steps).map_err(|_| {
                    Error::data(format!("the optimizer has made {steps} steps in the file"))
                })?;
                remembered.iterations = steps;
            }
            Variable::LearningRate if numbers.shape.rank() == 0 => {
                remembered.learning_rate = numbers.floats()?.first().copied();
            }
            Variable::Memory(memory) if numbers.shape == memory.shape => {
                if let Some(slot) = memory.slot {
                    let value = slot_of(numbers.floats()?, &trained[memory.weight]);
                    slots[memory.weight][slot] = Some(value);
                }
            }
            _ => return Ok(None),
        }
    }
    if stepped {
        let start = |(slot, shape): (Option<Tensor>, &Shape)| {
            slot.unwrap_or_else(|| Tensor::full(shape, 0.0))
        };
        let whole = slots.into_iter().zip(trained).map(|(slots, shape)| {
            let slots = slots.into_iter();
            slots.map(|slot| start((slot, shape))).collect()
        });
        remembered.slots = Some(whole.collect());
    } else {
        remembered.iterations = 0;
    }
    Ok(Some(remembered))
}
