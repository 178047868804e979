//! A model as a layer of another.

use super::graph::{Graph, Made, run};
use super::model::Model;
use super::node::Node;
use super::sequential::Sequential;
use crate::layers::{Layer, LayerBase, Pass, Weights};
use crate::{Result, Shape, Tensor};

/// A model inside of another; the outer one takes over what it has learned.
#[derive(Clone, Debug)]
struct Nested {
    base: LayerBase,
    class_name: &'static str,
    graph: Graph,
}

impl From<Model> for Box<dyn Layer> {
    fn from(model: Model) -> Self {
        Box::new(Nested::new(model, "Functional"))
    }
}

impl From<Sequential> for Box<dyn Layer> {
    fn from(model: Sequential) -> Self {
        Box::new(Nested::new(model.into(), "Sequential"))
    }
}

impl Nested {
    fn new(model: Model, class_name: &'static str) -> Nested {
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
            class_name,
            graph,
        }
    }

    /// The graph for such inputs, which may be others than the model was built for.
    fn built_for(&self, inputs: &[Shape]) -> Result<Graph> {
        let mut graph = self.graph.clone();
        if graph.take_samples(inputs).is_err() {
            graph.build(inputs)?;
        }
        Ok(graph)
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

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let mut outputs = self.output_shapes(std::slice::from_ref(input))?;
        Ok(outputs.swap_remove(0))
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        self.built_for(inputs)?.output_shapes_for(inputs)
    }

    fn build_for(&self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let mut graph = self.graph.clone();
        if !graph.is_built() {
            graph.build(inputs)?;
        }
        let values = graph.shapes_for(inputs)?;
        for (i, node) in graph.nodes.iter().enumerate() {
            let Some(call) = graph.calls.iter().find(|call| call.node == i) else {
                continue;
            };
            let shapes: Vec<Shape> = call.inputs.iter().map(|&i| values[i].clone()).collect();
            weights.build_inner(&node.name, &*node.layer, &shapes)?;
            weights.take_over(&node.name, node.weights())?;
        }
        Ok(())
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
        run(calls, outputs, inputs, |call, _, inputs| {
            let node = &nodes[call.node];
            let made = pass.call_inner(&node.name, &*node.layer, inputs)?;
            Ok(Made::Outputs(made))
        })
    }
}
