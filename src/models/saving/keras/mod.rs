//! The files of Keras 3: `.weights.h5`, `.keras`, and its `.h5` of whole models.
//!
//! `places.rs` and `optimizer.rs` say what stands where, `weights.rs` writes and reads it,
//! `archive.rs` and `legacy.rs` are about files with the model's configuration in them,
//! `vocabularies.rs` about what layers have learned besides weights.

mod archive;
mod legacy;
mod optimizer;
mod places;
mod vocabularies;
mod weights;

use std::path::Path;

use serde_json::Value;

pub(super) use self::archive::{
    layer_config, load as load_archive, load_weights as load_archived_weights, save,
};
pub(super) use self::legacy::{load as load_legacy, load_weights as load_legacy_weights};
pub(in crate::models) use self::places::groups_in_model;
use super::file::{self, Manner};
use super::hdf5::{self, Source};
use super::names::check_built;
use crate::Result;
use crate::layers::for_file;
use crate::models::graph::Graph;
use crate::models::model::Model;
use crate::optimizers::OptimizerState;

/// Writes a `.weights.h5`.
pub(super) fn save_weights(
    graph: &Graph,
    optimizer: Option<&OptimizerState>,
    path: &Path,
    manner: &Manner,
) -> Result<()> {
    check_built(graph)?;
    let contents = weights::contents(graph, optimizer)?;
    file::write(path, manner, |out| {
        hdf5::write(&contents, out).map_err(|error| file::cannot_write(path, &error))
    })
}

/// Takes the weights from a `.weights.h5`, and the optimizer's memory if it is the same one. Either
/// all goes well or nothing changes.
pub(super) fn load_weights(
    graph: &mut Graph,
    optimizer: Option<&mut OptimizerState>,
    path: &Path,
) -> Result<()> {
    check_built(graph)?;
    take_weights(graph, optimizer, &Source::open(path)?)
}

fn take_weights(
    graph: &mut Graph,
    optimizer: Option<&mut OptimizerState>,
    source: &Source,
) -> Result<()> {
    let read = weights::read(source, graph, optimizer.as_deref())?;
    read.apply(graph, optimizer);
    Ok(())
}

/// The model that a file of `length` bytes describes. As one that lies may describe a model that no
/// machine can hold, its weights may not be many times what the file has room for.
fn described(object: &Value, length: u64, compile: bool) -> Result<Model> {
    const ROOM: usize = 1 << 24;
    const TIMES: usize = 8;
    let numbers = usize::try_from(length).unwrap_or(usize::MAX);
    let most = numbers.saturating_mul(TIMES).saturating_add(ROOM);
    for_file(most, || Model::from_description(object, compile))
}
