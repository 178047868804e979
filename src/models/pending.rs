//! Steps that a GPU was given, and whose results the host has not seen yet.
//!
//! The GPU has something to do while the host prepares the next steps and measures the ones before.
//! On the processor, every step is seen at once.

use std::collections::VecDeque;

use super::batches::Batch;
use super::compile::{BatchLoss, Compiled};
use super::graph::Graph;
use super::train_step::not_finite;
use crate::device::{Arriving, gpu, on_processor};
use crate::{Result, Tensor};

/// A step that was begun.
pub(super) struct Begun {
    pub(super) batch: Batch,
    pub(super) y_pred: Vec<Tensor>,
    pub(super) loss: BatchLoss,
    /// Of a training step: whether its numbers were finite, and what weights that are not trained
    /// were before.
    pub(super) trained: Option<Trained>,
}

pub(super) struct Trained {
    pub(super) step: usize,
    /// Not 0 when a number was not finite; none when that is known.
    pub(super) flag: Option<Arriving>,
    pub(super) before: Vec<Tensor>,
}

#[derive(Default)]
pub(super) struct Pending {
    steps: VecDeque<Begun>,
    /// The step that failed when it was looked at.
    pub(super) failed: Option<usize>,
}

impl Pending {
    /// Remembers a step whose results are on their way, and looks at those that were begun long ago.
    pub(super) fn add(
        &mut self,
        begun: Begun,
        graph: &mut Graph,
        compiled: &mut Compiled,
    ) -> Result<()> {
        begun.loss.send_to_host()?;
        let ahead = send_ahead(&begun.y_pred)?;
        self.steps.push_back(begun);
        self.settle(ahead, graph, compiled)
    }

    /// Looks at all results but the last `left`: adds them to the metrics. Fails at the first step
    /// that was not finite: weights and optimizer are then as they were before it.
    pub(super) fn settle(
        &mut self,
        left: usize,
        graph: &mut Graph,
        compiled: &mut Compiled,
    ) -> Result<()> {
        while self.steps.len() > left {
            let Some(begun) = self.steps.pop_front() else {
                break;
            };
            if let Err(error) = self.see(begun, graph, compiled) {
                self.steps.clear();
                return Err(error);
            }
        }
        Ok(())
    }

    fn see(&mut self, begun: Begun, graph: &mut Graph, compiled: &mut Compiled) -> Result<()> {
        if let Some(trained) = begun.trained {
            self.failed = Some(trained.step);
            let flags = trained.flag.map(Arriving::wait).transpose()?;
            if flags.is_some_and(|flags| flags.iter().any(|flag| *flag != 0.0)) {
                restore(graph, trained.before);
                compiled.optimizer.take_back(1 + self.steps.len() as u64);
                let loss = begun.loss.total.item(0)?;
                return Err(not_finite(match loss.is_finite() {
                    true => "a gradient became infinite or NaN".to_string(),
                    false => format!("the loss became {loss}"),
                }));
            }
        }
        // Metrics are computed where their numbers have come to.
        on_processor(|| compiled.measure(&begun.loss, &begun.batch, &begun.y_pred))?;
        self.failed = None;
        Ok(())
    }
}

/// Lets a GPU send the outputs of a step to the host. How many steps may be begun before somebody
/// looks at them.
pub(super) fn send_ahead(outputs: &[Tensor]) -> Result<usize> {
    /// So many steps ahead keep a GPU busy, and more would only take memory.
    const AHEAD: usize = 8;
    /// Larger outputs are not kept for long.
    const MOST: usize = 16 << 20;
    if gpu().is_none() {
        return Ok(0);
    }
    outputs.iter().try_for_each(Tensor::send_to_host)?;
    let numbers: usize = outputs.iter().map(Tensor::size).sum();
    Ok((MOST / numbers.max(1)).clamp(1, AHEAD))
}

/// The weights that are not trained.
pub(super) fn untrained(graph: &Graph) -> Vec<Tensor> {
    let weights = graph.weights().filter(|weight| !weight.trainable);
    weights.map(|weight| weight.value.clone()).collect()
}

/// Gives them back what they were.
pub(super) fn restore(graph: &mut Graph, before: Vec<Tensor>) {
    let weights = graph.weights_mut().filter(|weight| !weight.trainable);
    for (weight, before) in weights.zip(before) {
        weight.value = before;
    }
}
