//! `kerust model`: what is in a saved model, and the same model in another kind of file.

use std::io;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use kerust::models::{LoadModel, load_model_with};
use kerust::{Error, Result};

/// What to do with a saved model.
#[derive(Subcommand, Debug)]
pub(crate) enum ModelCommand {
    /// Show the layers of a model, or the weights in a file of weights
    Show {
        /// A model (.keras, .h5) or weights (.weights.h5, .safetensors, .npz)
        file: PathBuf,
    },
    /// Write a model as another kind of file, which its ending says
    Convert {
        /// A model (.keras, .h5)
        from: PathBuf,
        /// A model (.keras), one for other programs (.onnx), or weights alone (.weights.h5,
        /// .safetensors, .npz)
        to: PathBuf,
    },
}

/// Does what `command` says.
pub(crate) fn run(command: &ModelCommand) -> io::Result<()> {
    let result = match command {
        ModelCommand::Show { file } => show(file),
        ModelCommand::Convert { from, to } => convert(from, to),
    };
    result.map_err(io::Error::other)
}

/// Whether a path ends so, in capitals or not.
fn ends_in(path: &Path, ending: &str) -> bool {
    path.to_string_lossy().to_lowercase().ends_with(ending)
}

fn is_weights(path: &Path) -> bool {
    [".weights.h5", ".safetensors", ".npz"]
        .iter()
        .any(|ending| ends_in(path, ending))
}

fn show(file: &Path) -> Result<()> {
    if is_weights(file) {
        let weights = kerust::models::saved_weights(file)?;
        let width = weights
            .iter()
            .map(|weight| weight.name.chars().count())
            .max();
        let width = width.unwrap_or_default();
        for weight in &weights {
            println!("{:width$}  {}", weight.name, weight.shape);
        }
        let numbers: usize = weights.iter().map(|weight| weight.shape.elements()).sum();
        println!("{} tensors, {numbers} numbers", weights.len());
        return Ok(());
    }
    // Losses and metrics that kerust does not have do not matter here.
    let model = load_model_with(file, LoadModel { compile: false })?;
    println!("{}", model.summary().to_string().trim_end());
    Ok(())
}

fn convert(from: &Path, to: &Path) -> Result<()> {
    if is_weights(from) {
        let given = format!("`{}`, which holds weights alone", from.display());
        return Err(Error::argument("FROM", "a model (.keras, .h5)", given)
            .remedy("make the model in a notebook, and call its `load_weights` and `save`"));
    }
    let keeps_training = ends_in(to, ".keras");
    let model = load_model_with(
        from,
        LoadModel {
            compile: keeps_training,
        },
    )?;
    if is_weights(to) {
        model.save_weights(to)?;
    } else if ends_in(to, ".onnx") {
        model.export(to)?;
    } else {
        model.save(to)?;
    }
    println!("wrote {}", to.display());
    Ok(())
}
