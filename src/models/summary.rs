//! The rows of `model.summary()`: data first, text and HTML in `display`.

use super::graph::Graph;
use crate::Shape;

/// What `model.summary()` shows.
///
/// Keras: `keras.Model.summary`.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The model's name.
    pub name: String,
    /// One row for each layer.
    pub rows: Vec<SummaryRow>,
    /// Parameters that training changes.
    pub trainable_params: usize,
    /// Parameters that training leaves alone, such as moving averages.
    pub non_trainable_params: usize,
    /// Numbers that the optimizer keeps, once the model has been trained.
    pub optimizer_params: usize,
}

/// One layer in a [`Summary`].
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryRow {
    /// The layer's name, such as `conv2d_1`.
    pub name: String,
    /// Its class, such as `Conv2D`.
    pub class_name: String,
    /// Its output shape as Keras prints it, `(None, 30, 30, 32)`; `?` before the model is built.
    pub output_shape: String,
    /// Its number of parameters.
    pub params: usize,
    /// The values that it is called with, as `dense[0][0]`; nothing where each layer follows the one
    /// before.
    pub connected_to: Vec<String>,
}

impl Graph {
    /// One row for each layer; in a graph that is no chain, for each input as well.
    pub(super) fn summary_rows(&self) -> Vec<SummaryRow> {
        let is_chain = self.is_chain();
        let histories = self.histories();
        let value_name = |value: &usize| {
            let (name, call, output) = histories[*value];
            format!("{name}[{call}][{output}]")
        };
        let shown = |shape: Option<&Shape>| shape.map_or("?".to_string(), Shape::to_keras);
        let layers = self.nodes.iter().enumerate().map(|(i, node)| {
            let calls = || self.calls.iter().filter(|call| call.node == i);
            let first = calls().next().map(|call| call.outputs.start);
            let inputs = calls().flat_map(|call| &call.inputs);
            SummaryRow {
                name: node.name.clone(),
                class_name: node.layer.class_name().to_string(),
                output_shape: shown(first.and_then(|value| self.shape(value))),
                params: node.weights().map(|weight| weight.value.size()).sum(),
                connected_to: match is_chain {
                    true => Vec::new(),
                    false => inputs.map(value_name).collect(),
                },
            }
        });
        let mut rows: Vec<SummaryRow> = layers.collect();
        // From the last one, so that those before still stand where they were.
        let mut inputs: Vec<_> = self.inputs.iter().filter(|_| self.shows_inputs).collect();
        inputs.sort_by_key(|port| port.listed_after);
        for port in inputs.into_iter().rev() {
            let row = SummaryRow {
                name: port.name.clone(),
                class_name: "InputLayer".to_string(),
                output_shape: shown(port.shape.as_ref()),
                params: 0,
                connected_to: match is_chain {
                    true => Vec::new(),
                    false => vec!["-".to_string()],
                },
            };
            rows.insert(port.listed_after.min(rows.len()), row);
        }
        rows
    }

    /// Whether each layer takes what the one before makes, and nothing else.
    pub(super) fn is_chain(&self) -> bool {
        let mut calls = self.calls.iter().enumerate();
        self.inputs.len() == 1
            && self.nodes.len() == self.calls.len()
            && calls.all(|(i, call)| call.inputs == [i] && call.outputs.len() == 1)
    }
}
