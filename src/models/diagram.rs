//! The layers of a model and their connections, as `plot_model` draws them.

use serde_json::Value;

use super::arrays::Arrays;
use super::graph::Graph;
use super::model::Model;
use super::predict::Predict;
use crate::layers::Weight;
use crate::{DType, Result, Shape, Tensor};

/// The layers of a model and how they are connected: data first, the drawing is
/// [`plot::plot_model`](crate::plot::plot_model).
///
/// Keras: what `keras.utils.model_to_dot` makes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagram {
    /// The model's name.
    pub name: String,
    /// The layers, each after those whose outputs it takes; those of a functional model begin with
    /// its inputs.
    pub nodes: Vec<DiagramNode>,
    /// Which layer's output which layer takes, as numbers of nodes.
    pub edges: Vec<(usize, usize)>,
}

/// A layer in a [`Diagram`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DiagramNode {
    /// The layer's name, such as `conv2d_1`.
    pub name: String,
    /// Its class, such as `Conv2D`.
    pub class_name: String,
    /// The activation that it was given.
    pub activation: Option<String>,
    /// The shapes of its inputs as Keras prints them, `(None, 30, 30, 32)`; none before the model
    /// is built.
    pub input_shapes: Vec<String>,
    /// The shapes of its outputs.
    pub output_shapes: Vec<String>,
    /// The type of its outputs' elements.
    pub dtype: String,
    /// Whether training changes its weights.
    pub trainable: bool,
    /// What is inside, when it is a model itself.
    pub inner: Option<Diagram>,
}

impl Model {
    /// The layers and how they are connected, to be drawn.
    ///
    /// Keras: `keras.utils.model_to_dot`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(8).activation("relu").input_shape(4))?;
    /// model.add(Dense::new(1))?;
    /// let diagram = model.diagram();
    /// assert_eq!(diagram.edges, [(0, 1)]);
    /// assert_eq!(diagram.nodes[0].output_shapes, ["(None, 8)"]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn diagram(&self) -> Diagram {
        self.graph.diagram(None)
    }

    /// Every weight with the name of its layer.
    pub(crate) fn weights_of_layers(&self) -> Vec<(&str, &Weight)> {
        let nodes = self.graph.nodes.iter();
        nodes
            .flat_map(|node| node.weights().map(|weight| (node.name.as_str(), weight)))
            .collect()
    }

    /// What the layers called `layers` make of `x`, each output with its name.
    pub(crate) fn outputs_of(&self, layers: &[&str], x: Arrays) -> Result<Vec<(String, Tensor)>> {
        let mut part = self.submodel(layers)?;
        let names = part.graph.output_names();
        let quietly = Predict {
            verbose: 0,
            ..Predict::default()
        };
        Ok(names
            .into_iter()
            .zip(part.predict_all(x, quietly)?)
            .collect())
    }
}

impl Graph {
    /// For samples of these shapes, or of those that it was built for.
    pub(super) fn diagram(&self, samples: Option<&[Shape]>) -> Diagram {
        let of_others = samples.and_then(|samples| self.shapes_for(samples).ok());
        let shape = |value: usize| match &of_others {
            Some(shapes) => shapes.get(value),
            None => self.shape(value),
        };
        let written = |values: &mut dyn Iterator<Item = usize>| {
            values
                .filter_map(|value| shape(value).map(Shape::to_keras))
                .collect()
        };
        let mut diagram = Diagram {
            name: self.name.clone(),
            ..Diagram::default()
        };
        // The node that makes each value; an input that is not shown makes none.
        let mut maker: Vec<Option<usize>> = vec![None; self.inputs.len()];
        if self.shows_inputs {
            for (i, port) in self.inputs.iter().enumerate() {
                maker[i] = Some(i);
                let shapes: Vec<String> = port.shape.iter().map(Shape::to_keras).collect();
                diagram.nodes.push(DiagramNode {
                    name: port.name.clone(),
                    class_name: "InputLayer".to_string(),
                    input_shapes: shapes.clone(),
                    output_shapes: shapes,
                    dtype: DType::Float32.to_string(),
                    trainable: true,
                    ..DiagramNode::default()
                });
            }
        }
        // A layer that is called several times is one node, as in Keras.
        let mut node_of: Vec<Option<usize>> = vec![None; self.nodes.len()];
        for call in &self.calls {
            let number = match node_of[call.node] {
                Some(known) => known,
                None => {
                    let node = &self.nodes[call.node];
                    let config = node.layer.get_config().ok();
                    let setting = |name| config.as_ref().and_then(|c| c.as_value().get(name));
                    let inputs: Vec<Shape> = call
                        .inputs
                        .iter()
                        .filter_map(|&v| shape(v).cloned())
                        .collect();
                    diagram.nodes.push(DiagramNode {
                        name: node.name.clone(),
                        class_name: node.layer.class_name().to_string(),
                        activation: setting("activation").and_then(function_name),
                        input_shapes: written(&mut call.inputs.iter().copied()),
                        output_shapes: written(&mut call.outputs.clone()),
                        dtype: setting("dtype")
                            .and_then(Value::as_str)
                            .map_or(DType::Float32.to_string(), str::to_string),
                        trainable: !node.layer.base().frozen,
                        inner: node.layer.diagram(&inputs),
                    });
                    diagram.nodes.len() - 1
                }
            };
            node_of[call.node] = Some(number);
            for from in call.inputs.iter().filter_map(|&value| maker[value]) {
                if !diagram.edges.contains(&(from, number)) {
                    diagram.edges.push((from, number));
                }
            }
            maker.extend(call.outputs.clone().map(|_| Some(number)));
        }
        diagram
    }
}

/// What Keras calls a function in a configuration.
fn function_name(setting: &Value) -> Option<String> {
    let name = setting.get("config").unwrap_or(setting);
    let name = name
        .as_str()
        .or_else(|| setting.get("class_name")?.as_str());
    name.map(str::to_string)
}
