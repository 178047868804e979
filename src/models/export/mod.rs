//! Models as ONNX files, for other programs: `model.export("model.onnx")`.
//!
//! `protobuf.rs` and `onnx.rs` write such a file, `builder.rs` collects what is in it, `layers/` says
//! what each layer is there, `simplify.rs` takes away what is not needed.

mod builder;
mod layers;
mod onnx;
mod part;
mod simplify;

use std::path::Path;

use self::builder::{Builder, Layout};
use self::layers::wrappers;
use self::onnx::{Node, Port, Size};
use self::part::named;
use super::graph::Graph;
use super::model::Model;
use super::saving::{check_built, check_export_path, expanded, write_whole};
use crate::{Error, Result, Shape};

/// The largest file that the format allows.
const LARGEST: usize = i32::MAX as usize;

impl Model {
    /// Writes the model as an ONNX file, which other programs run: onnxruntime in Python, C++, Java,
    /// JavaScript and on phones. A file that is there is replaced, in one step. A leading `~` stands
    /// for the home folder.
    ///
    /// The inputs and outputs are float32, called and shaped as in kerust (channels last), and the
    /// number of samples is open. Dropout and the like are left out: the file is what `predict`
    /// computes, without what training needs.
    ///
    /// Keras: `model.export(filepath, format="onnx")`.
    ///
    /// # Errors
    /// When the model is not built yet, holds a layer that cannot be expressed in ONNX (the error
    /// says which and why), the path does not end in `.onnx`, or the file cannot be written.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let folder = tempfile::tempdir().expect("a folder");
    /// let mut model = Sequential::new();
    /// model.add(Conv2D::new(4, 3).activation("relu").input_shape((28, 28, 1)))?;
    /// model.add(Flatten::new())?;
    /// model.add(Dense::new(10).activation("softmax"))?;
    /// model.export(folder.path().join("digits.onnx"))?;
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn export(&self, filepath: impl AsRef<Path>) -> Result<()> {
        let write = || {
            check_export_path(filepath.as_ref())?;
            let bytes = onnx_file(&self.graph)?;
            write_whole(&expanded(filepath.as_ref()), &bytes)
        };
        write().map_err(|e| e.at(self.place("export")))
    }
}

/// The bytes of an ONNX file with this model.
fn onnx_file(graph: &Graph) -> Result<Vec<u8>> {
    check_built(graph)?;
    let translated = translated(graph)?;
    let bytes = translated
        .constants
        .iter()
        .map(onnx::Constant::bytes)
        .sum::<usize>();
    let file = match bytes < LARGEST {
        true => translated.to_file(),
        false => Vec::new(),
    };
    if bytes >= LARGEST || file.len() >= LARGEST {
        let error = "an ONNX file may have 2 GiB at most, the model's weights are more";
        return Err(Error::data(error).remedy("export parts of it: `submodel` cuts a model"));
    }
    Ok(file)
}

fn translated(graph: &Graph) -> Result<onnx::Graph> {
    let mut b = Builder::default();
    let mut inputs = Vec::new();
    for port in &graph.inputs {
        let name = b.unique(&port.name);
        let shape = port.shape.clone().unwrap_or_default();
        b.graph.inputs.push(self::port(&name, &shape));
        inputs.push(b.value(name, Layout::Last, shape));
    }
    let wanted: Vec<String> = graph
        .output_names()
        .iter()
        .map(|name| b.unique(name))
        .collect();
    let outputs = wrappers::graph(&mut b, graph, &inputs, |name| {
        let node = graph.nodes.iter().find(|node| node.name == name);
        node.map(|node| named(node.weights())).unwrap_or_default()
    })?;
    let shapes = graph.output_shapes()?;
    for ((id, shape), name) in outputs.into_iter().zip(&shapes).zip(wanted) {
        let inner = b.named(id);
        b.graph.nodes.push(Node {
            op: "Identity",
            name: format!("{name}/output"),
            inputs: vec![inner],
            outputs: vec![name.clone()],
            attributes: Vec::new(),
        });
        b.graph.outputs.push(port(&name, shape));
    }
    let mut made = b.graph;
    made.name.clone_from(&graph.name);
    simplify::simplify(&mut made);
    Ok(made)
}

/// A value that comes in or goes out. Sizes that are open are called after it.
fn port(name: &str, shape: &Shape) -> Port {
    let sizes = shape.sizes().enumerate().map(|(axis, size)| match size {
        Some(size) => Size::Fixed(size),
        None => Size::Named(format!("{name}_{}", axis + 1)),
    });
    Port {
        name: name.to_owned(),
        sizes: std::iter::once(Size::Named("batch".to_owned()))
            .chain(sizes)
            .collect(),
    }
}
