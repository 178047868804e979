//! Which file is meant by a path.

use std::path::Path;

use crate::{Error, Result};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Weights by name.
    Safetensors,
    /// Weights as Keras 3 keeps them.
    Weights,
    /// Weights as arrays of NumPy.
    Npz,
    /// A whole model.
    Archive,
    /// A whole model as Keras wrote it before.
    Legacy,
    /// A whole model for other programs.
    Onnx,
}

/// What weights can be saved to.
pub(super) const WEIGHTS: &[Format] = &[Format::Safetensors, Format::Weights, Format::Npz];
/// What whole models are in.
pub(super) const MODELS: &[Format] = &[Format::Archive, Format::Legacy];

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Format::Safetensors => ".safetensors",
            Format::Weights => ".weights.h5",
            Format::Npz => ".npz",
            Format::Archive => ".keras",
            Format::Legacy => ".h5",
            Format::Onnx => ".onnx",
        }
    }

    /// The format that `path` ends in, among these.
    pub(super) fn of(path: &Path, among: &[Format]) -> Result<Format> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let lower = name.to_lowercase();
        // A `.weights.h5` is no whole model.
        let order = [
            Format::Weights,
            Format::Safetensors,
            Format::Npz,
            Format::Archive,
            Format::Legacy,
            Format::Onnx,
        ];
        let found = order
            .into_iter()
            .find(|format| lower.ends_with(format.ending()));
        if let Some(format) = found.filter(|format| among.contains(format)) {
            return Ok(format);
        }
        let endings: Vec<String> = among.iter().map(|f| format!("`{}`", f.ending())).collect();
        let expected = match endings.split_last() {
            Some((last, [])) => format!("a path that ends in {last}"),
            Some((last, others)) => {
                format!("a path that ends in {} or {last}", others.join(", "))
            }
            None => "no path".to_owned(),
        };
        let given = format!("`{}`", path.display());
        let error = Error::argument("filepath", &expected, given);
        Err(match (found, among.contains(&Format::Archive)) {
            (Some(Format::Archive), false) => error.remedy("`save` saves whole models"),
            (Some(Format::Onnx), _) => error.remedy("`export` writes ONNX files; none are read"),
            (Some(Format::Weights | Format::Safetensors | Format::Npz), true) => {
                error.remedy("make the model first, and call its `load_weights` or `save_weights`")
            }
            _ => {
                let stem = name.split('.').next().unwrap_or_default();
                let stem = if stem.is_empty() { "model" } else { stem };
                let ending = among.first().map_or("", |format| format.ending());
                error.remedy(format!("for example `{stem}{ending}`"))
            }
        })
    }
}

/// Fails unless weights can be saved to `path`.
pub(crate) fn check_weights_path(path: &Path) -> Result<()> {
    Format::of(path, WEIGHTS).map(drop)
}

/// Fails unless a whole model can be saved to `path`.
pub(crate) fn check_model_path(path: &Path) -> Result<()> {
    Format::of(path, &[Format::Archive]).map(drop)
}

/// Fails unless a model can be exported to `path`.
pub(in crate::models) fn check_export_path(path: &Path) -> Result<()> {
    Format::of(path, &[Format::Onnx]).map(drop)
}

/// Whether what is saved to `path` is the weights alone; otherwise it is the whole model.
pub(crate) fn is_for_weights(path: &Path) -> Result<bool> {
    let all = [WEIGHTS, &[Format::Archive]].concat();
    Ok(Format::of(path, &all)? != Format::Archive)
}
