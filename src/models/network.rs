//! What training needs to know of a model, and the layers of one.

use rand::rngs::StdRng;

use super::names::automatic_name;
use super::summary::SummaryRow;
use crate::layers::{Layer, Pass, Weight, Weights};
use crate::{Error, Result, Shape, Tape, Tensor, random};

/// A function with weights: all that `fit`, `evaluate` and `predict` know of a model.
pub(super) trait Network: Send {
    /// How errors call it: ``model `sequential` ``.
    fn title(&self) -> String;

    /// Builds the network for samples of this shape, or checks that it takes them. True when it
    /// was built by this call.
    fn take_samples(&mut self, sample: &Shape) -> Result<bool>;

    /// The shape of the output for one sample.
    fn output_shape(&self) -> Result<Shape>;

    /// Computes the output for a batch.
    fn forward(
        &mut self,
        x: &Tensor,
        tape: &mut Tape,
        training: bool,
        generator: &mut StdRng,
    ) -> Result<Tensor>;

    /// Forgets for which samples the network was built, and its weights.
    fn forget_samples(&mut self);

    /// The model's name.
    fn name(&self) -> &str;

    /// The layers, always in the same order.
    fn nodes(&self) -> Vec<&Node>;

    /// All weights, in the order of the layers.
    fn weights_mut(&mut self) -> Box<dyn Iterator<Item = &mut Weight> + '_>;
}

/// A layer in a network: its configuration, its weights, and what it makes.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) layer: Box<dyn Layer>,
    pub(super) name: String,
    /// None until the shape of its input is known.
    built: Option<Built>,
}

/// What a layer has once the shape of its input is known.
#[derive(Debug)]
pub(super) struct Built {
    weights: Weights,
    pub(super) output_shape: Shape,
}

impl Node {
    pub(super) fn new(layer: Box<dyn Layer>) -> Node {
        let name = layer.base().name.clone();
        let name = name.unwrap_or_else(|| automatic_name(layer.class_name()));
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

    /// Makes weights for samples of shape `input`; [`adopt`](Self::adopt) puts them to use.
    pub(super) fn build(&self, input: &Shape) -> Result<Built> {
        if input.contains(&0) {
            let error = format!("expected input with positive sizes, got {input}");
            return Err(Error::shape(error).at(self.title()));
        }
        let output_shape = self
            .layer
            .output_shape(input)
            .map_err(|e| e.at(self.title()))?;
        let mut weights = Weights::new(random::stream(), self.layer.base().frozen);
        self.layer
            .build(input, &mut weights)
            .map_err(|e| e.at(self.title()))?;
        Ok(Built {
            weights,
            output_shape,
        })
    }

    /// Takes new weights, or none.
    pub(super) fn adopt(&mut self, built: Option<Built>) {
        self.built = built;
    }

    pub(super) fn output_shape(&self) -> Option<&Shape> {
        self.built.as_ref().map(|built| &built.output_shape)
    }

    pub(super) fn call(
        &mut self,
        x: &Tensor,
        tape: &mut Tape,
        training: bool,
        generator: &mut StdRng,
    ) -> Result<Tensor> {
        let title = self.title();
        let Some(built) = &mut self.built else {
            return Err(Error::state(format!("{title} has no weights yet"))
                .remedy("tell the model its `input_shape`, or call `build`"));
        };
        let mut pass = Pass {
            tape,
            weights: &mut built.weights,
            training,
            generator,
        };
        self.layer.call(x, &mut pass).map_err(|e| e.at(title))
    }

    /// Computes this layer and the one in `next` in one go, if they can be.
    pub(super) fn call_with_next(
        &mut self,
        next: &Node,
        x: &Tensor,
        tape: &mut Tape,
        training: bool,
        generator: &mut StdRng,
    ) -> Result<Option<Tensor>> {
        let Some(built) = &mut self.built else {
            return Ok(None);
        };
        let mut pass = Pass {
            tape,
            weights: &mut built.weights,
            training,
            generator,
        };
        let result = self.layer.call_with_next(&*next.layer, x, &mut pass);
        result.map_err(|e| e.at(self.title()))
    }

    pub(super) fn weights(&self) -> impl Iterator<Item = &Weight> {
        self.built.iter().flat_map(|built| built.weights.iter())
    }

    pub(super) fn weights_mut(&mut self) -> impl Iterator<Item = &mut Weight> {
        self.built
            .iter_mut()
            .flat_map(|built| built.weights.iter_mut())
    }

    pub(super) fn summary_row(&self) -> SummaryRow {
        SummaryRow {
            name: self.name.clone(),
            class_name: self.layer.class_name().to_string(),
            output_shape: self.output_shape().map_or("?".to_string(), Shape::to_keras),
            params: self.weights().map(|weight| weight.value.size()).sum(),
        }
    }
}
