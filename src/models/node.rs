//! A layer in a model: its configuration, its weights, how it is built and called.

use rand::rngs::StdRng;

use super::names::automatic_name;
use crate::layers::{Layer, Pass, Weight, Weights, pass_mask_on};
use crate::{Error, Result, Shape, Tape, Tensor, random};

/// What goes through a model besides the batch.
pub(super) struct Flow<'a> {
    pub(super) tape: &'a mut Tape,
    pub(super) training: bool,
    pub(super) generator: &'a mut StdRng,
    /// What layers have added to the loss.
    pub(super) losses: Vec<Tensor>,
}

impl<'a> Flow<'a> {
    pub(super) fn new(tape: &'a mut Tape, training: bool, generator: &'a mut StdRng) -> Self {
        Self {
            tape,
            training,
            generator,
            losses: Vec::new(),
        }
    }

    /// One layer's way through.
    fn pass<'b>(&'b mut self, weights: &'b mut Weights) -> Pass<'b> {
        Pass {
            tape: self.tape,
            weights,
            training: self.training,
            generator: self.generator,
            losses: &mut self.losses,
        }
    }
}

/// A layer in a model: its configuration, its weights, and what it makes.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) layer: Box<dyn Layer>,
    pub(super) name: String,
    /// None until the shape of its input is known.
    built: Option<Built>,
}

/// What a layer has once the shape of its input is known.
#[derive(Clone, Debug)]
pub(super) struct Built {
    weights: Weights,
    pub(super) output_shapes: Vec<Shape>,
}

impl Node {
    pub(super) fn new(layer: Box<dyn Layer>) -> Node {
        let name = layer.base().name.clone();
        let name = name.unwrap_or_else(|| automatic_name(layer.class_name()));
        Node::named(layer, name)
    }

    pub(super) fn named(layer: Box<dyn Layer>, name: String) -> Node {
        Node {
            layer,
            name,
            built: None,
        }
    }

    /// How errors call it: ``layer `dense` (Dense)``.
    pub(super) fn title(&self) -> String {
        format!("layer `{}` ({})", self.name, self.layer.class_name())
    }

    /// Makes weights for samples of shapes `inputs`; [`adopt`](Self::adopt) puts them to use.
    pub(super) fn build(&self, inputs: &[Shape]) -> Result<Built> {
        if let Some(input) = inputs.iter().find(|input| input.contains(&0)) {
            let error = format!("expected input with positive sizes, got {input}");
            return Err(Error::shape(error).at(self.title()));
        }
        let output_shapes = self
            .layer
            .output_shapes(inputs)
            .map_err(|e| e.at(self.title()))?;
        let mut weights = Weights::new(random::stream(), self.layer.base().frozen);
        self.layer
            .build_for(inputs, &mut weights)
            .map_err(|e| e.at(self.title()))?;
        Ok(Built {
            weights,
            output_shapes,
        })
    }

    /// The shapes that come out when the layer, already built, is called with other inputs.
    pub(super) fn output_shapes_again(
        &self,
        built: &Built,
        inputs: &[Shape],
    ) -> Result<Vec<Shape>> {
        let expected: Vec<&Shape> = built.weights.iter().map(|w| w.value.shape()).collect();
        let again = self.build(inputs)?;
        let given: Vec<&Shape> = again.weights.iter().map(|w| w.value.shape()).collect();
        if expected != given {
            return Err(Error::shape(
                "the layer is called again with an input that its weights do not fit",
            )
            .at(self.title())
            .remedy("give each input a layer of its own"));
        }
        Ok(again.output_shapes)
    }

    /// Takes new weights, or none.
    pub(super) fn adopt(&mut self, built: Option<Built>) {
        self.built = built;
    }

    /// Computes the layer's outputs for a batch of its inputs.
    pub(super) fn call(&mut self, inputs: &[Tensor], flow: &mut Flow<'_>) -> Result<Vec<Tensor>> {
        let Some(built) = &mut self.built else {
            return Err(Error::state(format!("{} has no weights yet", self.title()))
                .remedy("tell the model its `input_shape`, or call `build`"));
        };
        let mut pass = flow.pass(&mut built.weights);
        let outputs = self.layer.call_for(inputs, &mut pass);
        let outputs = outputs.map_err(|e| e.at(self.title()))?;
        Ok(pass_mask_on(&*self.layer, inputs, outputs))
    }

    /// Computes this layer and the one in `next` in one go, if they can be.
    pub(super) fn call_with_next(
        &mut self,
        next: &Node,
        x: &Tensor,
        flow: &mut Flow<'_>,
    ) -> Result<Option<Tensor>> {
        let Some(built) = &mut self.built else {
            return Ok(None);
        };
        let mut pass = flow.pass(&mut built.weights);
        let result = self.layer.call_with_next(&*next.layer, x, &mut pass);
        result.map_err(|e| e.at(self.title()))
    }

    pub(super) fn weights(&self) -> impl Iterator<Item = &Weight> {
        self.built.iter().flat_map(|built| built.weights.iter())
    }

    /// The weights that training moves, each with the name of the layer.
    pub(super) fn trained_mut(&mut self) -> impl Iterator<Item = (&str, &mut Weight)> {
        let Node { name, built, .. } = self;
        let weights = built.iter_mut().flat_map(|built| built.weights.iter_mut());
        let trained = weights.filter(|weight| weight.trainable);
        trained.map(|weight| (name.as_str(), weight))
    }

    pub(super) fn weights_mut(&mut self) -> impl Iterator<Item = &mut Weight> {
        self.built
            .iter_mut()
            .flat_map(|built| built.weights.iter_mut())
    }

    /// Whether training leaves the layer's weights alone.
    pub(super) fn freeze(&mut self, frozen: bool) {
        self.layer.base_mut().frozen = frozen;
        if let Some(built) = &mut self.built {
            built.weights.freeze(frozen);
        }
    }
}
