//! `Sequential`: layers one after the other.

use std::ops::{Deref, DerefMut};

use super::graph::Graph;
use super::model::Model;
use super::names::automatic_name;
use super::node::Node;
use crate::layers::Layer;
use crate::{Error, Result, Shape};

/// Layers one after the other.
///
/// Keras: `keras.Sequential`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// model.add(Dense::new(8).activation("relu").input_shape(2))?;
/// model.add(Dense::new(1).activation("sigmoid"))?;
/// model.compile(Compile { optimizer: "adam".into(), loss: "binary_crossentropy".into(), ..Compile::default() })?;
/// let x = Tensor::from_vec(vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], (4, 2))?;
/// let y = Tensor::from_vec(vec![0, 1, 1, 0], 4)?;
/// let history = model.fit(&x, &y, Fit { epochs: 2, verbose: 0, ..Fit::default() })?;
/// assert_eq!(history.get("loss").map(<[f64]>::len), Some(2));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sequential(Model);

/// A `Sequential` is a [`Model`], as in Keras.
impl Deref for Sequential {
    type Target = Model;

    fn deref(&self) -> &Model {
        &self.0
    }
}

impl DerefMut for Sequential {
    fn deref_mut(&mut self) -> &mut Model {
        &mut self.0
    }
}

impl From<Sequential> for Model {
    fn from(sequential: Sequential) -> Model {
        sequential.0
    }
}

impl Default for Sequential {
    fn default() -> Self {
        Self::new()
    }
}

impl Sequential {
    /// A model without layers.
    pub fn new() -> Self {
        Self::named(&automatic_name("Sequential"))
    }

    /// A model without layers, called `name`.
    pub fn named(name: &str) -> Self {
        Sequential(Model::of(Graph::chain(name)))
    }

    /// Adds a layer at the end. When the shape of the samples is known (from
    /// [`Input`](crate::layers::Input) or the first layer's `input_shape`), the layer gets its
    /// weights at once; otherwise `fit` or `predict` builds the model for the data they are given.
    ///
    /// # Errors
    /// When the layer cannot follow the one before or an argument is wrong. The model then stays as
    /// it was.
    pub fn add(&mut self, layer: impl Into<Box<dyn Layer>>) -> Result<()> {
        let title = self.graph.title();
        self.add_layer(layer.into()).map_err(|e| e.at(title))?;
        self.forget_optimizer_steps();
        Ok(())
    }

    pub(super) fn add_layer(&mut self, layer: Box<dyn Layer>) -> Result<()> {
        let graph = &mut self.graph;
        let is_input = layer.class_name() == "InputLayer";
        if is_input {
            let begins_with = match (&graph.inputs[0].shape, graph.nodes.first()) {
                (_, Some(first)) => Some(first.title()),
                (Some(shape), None) => Some(format!("samples of shape {shape}")),
                (None, None) => None,
            };
            if let Some(first) = begins_with {
                return Err(Error::state(format!(
                    "`Input` must come first, but the model begins with {first}"
                ))
                .remedy("begin a new model with `Input`"));
            }
        }
        let tells_shape = graph.nodes.is_empty() && graph.inputs[0].shape.is_none();
        if tells_shape {
            let given = layer.base().input_shape.clone();
            if let Some(given) = given.as_ref().filter(|shape| shape.contains(&0)) {
                return Err(Error::argument("input_shape", "positive sizes", given));
            }
            graph.inputs[0].shape = given;
        }
        if is_input {
            if let Some(name) = &layer.base().name {
                graph.inputs[0].name = name.clone();
            }
            return Ok(());
        }
        let node = Node::new(layer);
        if graph.nodes.iter().any(|other| other.name == node.name) {
            let given = format!("`{}`", node.name);
            return Err(
                Error::argument("name", "a name that no other layer has", given)
                    .at(node.title())
                    .remedy("leave `name` out to get an automatic one"),
            );
        }
        let added = graph.push(node);
        if added.is_err() && tells_shape {
            graph.forget_samples();
        }
        added
    }

    /// Takes the last layer away; false when there is none.
    ///
    /// Keras: `model.pop()`.
    pub fn pop(&mut self) -> bool {
        self.forget_optimizer_steps();
        self.graph.pop().is_some()
    }

    /// Makes the weights for samples of `shape` (without the batch axis).
    ///
    /// Keras: `model.build(input_shape)`.
    ///
    /// # Errors
    /// When a layer cannot take what the one before makes.
    pub fn build(&mut self, shape: impl Into<Shape>) -> Result<()> {
        let built = self.graph.build(&[shape.into()]);
        built.map_err(|e| e.at(self.place("build")))?;
        self.forget_optimizer_steps();
        Ok(())
    }
}
