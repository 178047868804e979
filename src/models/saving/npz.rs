//! Weights in a `.npz` file of NumPy: each array under the name of its weight, in the model's order.

use std::path::Path;

use super::file::{Manner, check_free};
use super::names::named_weights;
use crate::data::{load_npz, save_npz};
use crate::models::graph::Graph;
use crate::{DType, Error, Result, Tensor};

/// Writes the weights of a graph; what an optimizer remembers is not in such a file.
pub(super) fn save(graph: &Graph, path: &Path, manner: &Manner) -> Result<()> {
    check_free(path, manner)?;
    let weights = named_weights(graph)?;
    save_npz(
        path,
        weights
            .iter()
            .map(|named| (named.name.as_str(), &named.weight.value)),
    )
}

/// Puts the arrays of a file into a graph: by their names, or by their order where NumPy has numbered
/// them. Either all goes well or nothing changes.
pub(super) fn load(graph: &mut Graph, path: &Path) -> Result<()> {
    let weights = named_weights(graph)?;
    let arrays = load_npz(path)?;
    if arrays.len() != weights.len() {
        let (expected, given) = (weights.len(), arrays.len());
        let error = format!("the model has {expected} weights, the file has {given} arrays");
        return Err(
            Error::data(error).remedy("make the model as it was when the weights were saved")
        );
    }
    // As `np.savez(path, *weights)` calls them.
    let numbered = arrays.names().iter().all(|name| name.starts_with("arr_"));
    let mut values = Vec::new();
    for (i, named) in weights.iter().enumerate() {
        let name = if numbered {
            format!("arr_{i}")
        } else {
            named.name.clone()
        };
        let array = arrays.get(&name).map_err(|e| e.at(&named.layer))?;
        let expected = named.weight.value.shape();
        if array.shape() != expected {
            let given = array.shape();
            return Err(Error::shape(format!(
                "expected `{name}` of shape {expected}, the file has shape {given}"
            ))
            .remedy("make the layer as it was when the weights were saved")
            .at(&named.layer));
        }
        let floats = array.astype(DType::Float32).to_vec();
        values.push(Tensor::from_floats(floats, expected.clone()));
    }
    for (weight, value) in graph.weights_mut().zip(values) {
        weight.value = value;
    }
    Ok(())
}
