//! What recurrent cells leave out while training.

use serde::{Deserialize, Serialize};

use crate::layers::Pass;
use crate::layers::regularization::{Seed, check_rate};
use crate::{Result, Shape, Tape, Tensor, ops};

/// The rates of dropout, and what it draws from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Drops {
    pub(super) dropout: f32,
    pub(super) recurrent_dropout: f32,
    pub(super) seed: Seed,
}

/// Where dropout leaves something out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// In the input.
    Input,
    /// In the output before.
    Recurrent,
}

impl Drops {
    pub(super) fn check(&self) -> Result<()> {
        check_rate("dropout", self.dropout)?;
        check_rate("recurrent_dropout", self.recurrent_dropout)
    }

    fn rate(&self, place: Where) -> f32 {
        match place {
            Where::Input => self.dropout,
            Where::Recurrent => self.recurrent_dropout,
        }
    }

    /// Whether anything is left out; as in Keras, nothing is at a rate of 1.
    pub(super) fn drops(&self, place: Where, training: bool) -> bool {
        let rate = self.rate(place);
        training && rate > 0.0 && rate < 1.0
    }

    /// `count` tensors of what dropout multiplies by; none when nothing is left out.
    pub(super) fn factors(
        &self,
        place: Where,
        count: usize,
        shape: &Shape,
        pass: &mut Pass<'_>,
    ) -> Result<Vec<Tensor>> {
        if !self.drops(place, pass.training) {
            return Ok(Vec::new());
        }
        let ones = Tensor::ones(shape.clone());
        let rate = self.rate(place);
        self.seed.draw(pass.generator, |from| {
            (0..count)
                .map(|_| ops::dropout(&mut Tape::off(), &ones, rate, from))
                .collect()
        })
    }
}

/// The steps of sequences, each times the same factors `(batch, ..)`.
pub(super) fn times_every_step(tape: &mut Tape, x: &Tensor, factors: &Tensor) -> Result<Tensor> {
    let mut sizes = factors.shape().to_vec();
    sizes.insert(1, 1);
    ops::multiply(tape, x, &factors.reshape(sizes)?)
}
