//! A layer in a model: its configuration, its weights, how it is built and called.

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::names::automatic_name;
use super::open_sizes::{common_outputs, trials, weight_needs_size};
use crate::layers::{Layer, Pass, Weight, Weights};
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
        let built = match inputs.iter().any(Shape::is_open) {
            true => self.build_open(inputs),
            false => self.build_closed(inputs),
        };
        built.map_err(|e| e.at(self.title()))
    }

    fn build_closed(&self, inputs: &[Shape]) -> Result<Built> {
        let output_shapes = self.checked_output_shapes(inputs)?;
        Ok(Built {
            weights: self.weights_for(inputs, random::stream())?,
            output_shapes,
        })
    }

    /// As [`build`](Self::build), where the sizes of some axes are open.
    fn build_open(&self, inputs: &[Shape]) -> Result<Built> {
        require_positive_sizes(inputs)?;
        let trials = trials(&*self.layer, inputs)?;
        let weights = self.weights_for(&trials[0].inputs, random::stream())?;
        // Nobody needs their numbers: no stream is used up for them.
        let others = self.weights_for(&trials[1].inputs, StdRng::seed_from_u64(0))?;
        let mut pairs = weights.iter().zip(others.iter());
        if let Some((weight, _)) = pairs.find(|(a, b)| a.value.shape() != b.value.shape()) {
            return Err(weight_needs_size(&weight.name, inputs));
        }
        Ok(Built {
            weights,
            output_shapes: common_outputs(&trials)?,
        })
    }

    fn weights_for(&self, inputs: &[Shape], generator: StdRng) -> Result<Weights> {
        let mut weights = Weights::new(generator, self.layer.base().frozen);
        self.layer.build_for(inputs, &mut weights)?;
        Ok(weights)
    }

    fn checked_output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        require_positive_sizes(inputs)?;
        let outputs = self.layer.output_shapes(inputs)?;
        self.layer.base().check_regularizer(&outputs)?;
        Ok(outputs)
    }

    /// The shapes that come out for samples of shapes `inputs`, none of them open.
    pub(super) fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let outputs = self.checked_output_shapes(inputs);
        outputs.map_err(|e| e.at(self.title()))
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
        let outputs = pass.call_layer(&*self.layer, inputs);
        outputs.map_err(|e| e.at(self.title()))
    }

    /// Computes this layer and the one in `next` in one go, if they can be.
    pub(super) fn call_with_next(
        &mut self,
        next: &Node,
        x: &Tensor,
        flow: &mut Flow<'_>,
    ) -> Result<Option<Tensor>> {
        // Their price is that of outputs which would never be there.
        let priced = |node: &Node| node.layer.base().activity_regularizer.is_some();
        if priced(self) || priced(next) {
            return Ok(None);
        }
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

fn require_positive_sizes(inputs: &[Shape]) -> Result<()> {
    match inputs.iter().find(|input| input.contains(&0)) {
        Some(input) => Err(Error::shape(format!(
            "expected input with positive sizes, got {input}"
        ))),
        None => Ok(()),
    }
}
