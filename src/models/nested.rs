//! A model as a layer of another, and a layer as a model.

use serde_json::Value;

use super::config::config_of;
use super::diagram::Diagram;
use super::graph::{Graph, Made, run};
use super::model::Model;
use super::node::Node;
use super::saving::groups_in_model;
use super::sequential::Sequential;
use crate::layers::{Layer, LayerBase, Pass, Weights};
use crate::{Config, Result, Shape, Tensor};

/// A model inside of another; the outer one takes over what it has learned.
#[derive(Clone, Debug)]
struct Nested {
    base: LayerBase,
    class_name: &'static str,
    graph: Graph,
}

impl From<Model> for Box<dyn Layer> {
    fn from(model: Model) -> Self {
        Box::new(Nested::new(model))
    }
}

impl From<Sequential> for Box<dyn Layer> {
    fn from(model: Sequential) -> Self {
        Box::new(Nested::new(model.into()))
    }
}

impl Model {
    /// The model that `layer` is alone: one of your own, whose `call` says how samples go through
    /// what is inside. It trains, predicts and saves its weights as every model does. With an
    /// `input_shape` it is built at once, otherwise for the data that it is given first. For several
    /// inputs or outputs, call the layer `on` them and use [`Model::new`].
    ///
    /// Keras: subclassing `keras.Model`.
    ///
    /// # Errors
    /// When the layer cannot take samples of its `input_shape`, or an argument is wrong.
    ///
    /// # Example
    /// ```
    /// use kerust::layers::{LayerBase, Pass, Weights};
    /// use kerust::prelude::*;
    ///
    /// #[derive(Clone, Debug)]
    /// struct Classifier {
    ///     hidden: Dense,
    ///     scores: Dense,
    ///     base: LayerBase,
    /// }
    ///
    /// impl Layer for Classifier {
    ///     fn output_shape(&self, input: &Shape) -> Result<Shape> {
    ///         self.scores.output_shape(&self.hidden.output_shape(input)?)
    ///     }
    ///
    ///     fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
    ///         weights.build_inner("hidden", &self.hidden, &[input.clone()])?;
    ///         weights.build_inner("scores", &self.scores, &[self.hidden.output_shape(input)?])
    ///     }
    ///
    ///     fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
    ///         let hidden = pass.call_inner("hidden", &self.hidden, &[x.clone()])?;
    ///         Ok(pass.call_last_inner("scores", &self.scores, &hidden)?.remove(0))
    ///     }
    ///
    ///     fn class_name(&self) -> &'static str { "Classifier" }
    ///     fn base(&self) -> &LayerBase { &self.base }
    ///     fn base_mut(&mut self) -> &mut LayerBase { &mut self.base }
    ///     fn boxed_clone(&self) -> Box<dyn Layer> { Box::new(self.clone()) }
    /// }
    ///
    /// let mut model = Model::from_layer(Classifier {
    ///     hidden: Dense::new(8).activation("relu"),
    ///     scores: Dense::new(3).activation("softmax"),
    ///     base: LayerBase::default(),
    /// })?;
    /// model.compile(Compile {
    ///     loss: "sparse_categorical_crossentropy".into(),
    ///     ..Compile::default()
    /// })?;
    /// let (x, y) = (Tensor::random_uniform((30, 4), 0.0, 1.0), Tensor::from_vec(vec![1; 30], 30)?);
    /// model.fit(&x, &y, Fit { epochs: 2, verbose: 0, ..Fit::default() })?;
    /// assert_eq!(model.predict(&x)?.shape(), (30, 3));
    /// assert_eq!(model.count_params()?, 67);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn from_layer(layer: impl Into<Box<dyn Layer>>) -> Result<Model> {
        let mut model = Sequential::named("");
        let added = model.add_layer(layer.into());
        added.map_err(|e| e.at("`Model::from_layer`"))?;
        let mut model = Model::from(model);
        if let Some(node) = model.graph.nodes.first() {
            model.graph.name = node.name.clone();
        }
        Ok(model)
    }
}

impl Nested {
    fn new(model: Model) -> Nested {
        let graph = model.graph;
        let learns = |node: &Node| !node.layer.base().frozen;
        let input_shape = match &graph.inputs[..] {
            [only] => only.shape.clone(),
            _ => None,
        };
        Nested {
            base: LayerBase {
                name: Some(graph.name.clone()),
                input_shape,
                frozen: !graph.nodes.is_empty() && !graph.nodes.iter().any(learns),
                activity_regularizer: None,
            },
            class_name: graph.class_name(),
            graph,
        }
    }
}

impl Layer for Nested {
    fn class_name(&self) -> &'static str {
        self.class_name
    }

    fn base(&self) -> &LayerBase {
        &self.base
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        &mut self.base
    }

    fn boxed_clone(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }

    fn get_config(&self) -> Result<Config> {
        let config = config_of(&self.graph, self.base.frozen)?;
        Ok(Config::from(Value::Object(config)))
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let mut outputs = self.output_shapes(std::slice::from_ref(input))?;
        Ok(outputs.swap_remove(0))
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let shapes = self.graph.shapes_for(inputs)?;
        let outputs = self.graph.outputs.iter();
        Ok(outputs.map(|&value| shapes[value].clone()).collect())
    }

    fn build_for(&self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let graph = &self.graph;
        let of_others = match graph.is_built() && !graph.has_open_inputs() {
            // What was learned belongs to these.
            true => None,
            false => Some(graph.shapes_for(inputs)?),
        };
        let shape = |value: usize| match &of_others {
            None => graph.shape(value).cloned(),
            Some(shapes) => shapes.get(value).cloned(),
        };
        let mut built = vec![false; graph.nodes.len()];
        for call in &graph.calls {
            if std::mem::replace(&mut built[call.node], true) {
                continue;
            }
            let node = &graph.nodes[call.node];
            let shapes: Vec<Shape> = call.inputs.iter().filter_map(|&v| shape(v)).collect();
            weights.build_inner(&node.name, &*node.layer, &shapes)?;
            weights.take_over(&node.name, node.weights())?;
        }
        Ok(())
    }

    fn diagram(&self, inputs: &[Shape]) -> Option<Diagram> {
        Some(self.graph.diagram(Some(inputs)))
    }

    fn groups_in_file(&self, weight: &str) -> Vec<String> {
        groups_in_model(&self.graph, weight)
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        let mut outputs = self.call_for(std::slice::from_ref(x), pass)?;
        Ok(outputs.swap_remove(0))
    }

    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        let Graph {
            nodes,
            calls,
            outputs,
            ..
        } = &self.graph;
        let scores = self.graph.scores();
        run(calls, outputs, inputs, |call, _, inputs| {
            let node = &nodes[call.node];
            let made = || pass.call_last_inner(&node.name, &*node.layer, inputs);
            call.at_its_place(&scores, made).map(Made::Outputs)
        })
    }
}
