//! What attentions with several heads share: projections, masks, and the way through.

use super::{Given, Weighing, as_flags, both};
use crate::layers::weight_settings::WeightSettings;
use crate::layers::{Pass, Weights};
use crate::ops::{self, Attending};
use crate::regularizers::Regularizer;
use crate::{Error, Result, Setting, Shape, Tensor};

/// An attention with several heads, as its layer was told.
pub(super) struct Heads<'a> {
    /// Heads of the query.
    pub(super) heads: usize,
    /// Heads of key and value.
    pub(super) groups: usize,
    pub(super) key_dim: usize,
    pub(super) value_dim: usize,
    pub(super) use_bias: bool,
    pub(super) use_gate: bool,
    /// What a step of the output is.
    pub(super) output: Shape,
    pub(super) kernel: &'a WeightSettings,
    pub(super) bias: &'a WeightSettings,
    /// What is added to the loss for every projection.
    pub(super) activity: Option<&'a Setting<Regularizer>>,
    /// How many samples a batch has, when it is called with one.
    pub(super) samples: usize,
}

impl Heads<'_> {
    /// Adds the weights, for samples of these shapes.
    pub(super) fn build(&self, given: &Given<'_, Shape>, weights: &mut Weights) -> Result<()> {
        let (query, value, key) = (given.query.last(), given.value.last(), given.key.last());
        let (heads, groups) = (self.heads, self.groups);
        let mut add = |name: &str, features: usize, heads: usize, width: usize| -> Result<()> {
            let kernel = format!("{name}/kernel");
            let fans = [features as f64, (heads * width) as f64];
            weights.add_connecting(&kernel, (features, heads, width), self.kernel, fans)?;
            if self.use_bias {
                weights.add_configured(&format!("{name}/bias"), (heads, width), self.bias)?;
            }
            Ok(())
        };
        add("query", query, heads, self.key_dim)?;
        add("key", key, groups, self.key_dim)?;
        if self.use_gate {
            add("gate", query, heads, self.value_dim)?;
        }
        add("value", value, groups, self.value_dim)?;
        let kernel = [&[heads, self.value_dim], self.output.dims()].concat();
        let fans = [
            (heads * self.value_dim) as f64,
            self.output.elements() as f64,
        ];
        weights.add_connecting("attention_output/kernel", kernel, self.kernel, fans)?;
        if self.use_bias {
            weights.add_configured("attention_output/bias", &self.output, self.bias)?;
        }
        Ok(())
    }

    /// A step of `x`, `(batch, steps, features)`, for each head: `(batch, steps, heads, width)`.
    fn project(
        &self,
        name: &str,
        x: &Tensor,
        heads: usize,
        width: usize,
        pass: &mut Pass<'_>,
    ) -> Result<Tensor> {
        let kernel = pass.weight(&format!("{name}/kernel"))?;
        let kernel = kernel.reshape((x.shape().last(), heads * width))?;
        let bias = self.bias(name, pass)?;
        let y = ops::dense(pass.tape, x, &kernel, bias.as_ref(), false)?;
        y.reshape((x.len(), x.shape()[1], heads, width))
    }

    fn bias(&self, name: &str, pass: &Pass<'_>) -> Result<Option<Tensor>> {
        if !self.use_bias {
            return Ok(None);
        }
        let bias = pass.weight(&format!("{name}/bias"))?;
        bias.reshape(bias.size()).map(Some)
    }

    fn add_activity_loss(&self, projection: &Tensor, pass: &mut Pass<'_>) -> Result<()> {
        match self.activity {
            Some(regularizer) => {
                pass.add_activity_loss(regularizer.get()?, projection, self.samples)
            }
            None => Ok(()),
        }
    }

    /// The output, `(batch, queries, output..)`, and the weights, `(batch, heads, queries, keys)`, of
    /// inputs `(batch, steps, features)`.
    pub(super) fn attend(
        &self,
        given: &Given<'_, Tensor>,
        mask: Option<&Tensor>,
        weighing: &Weighing<'_>,
        pass: &mut Pass<'_>,
    ) -> Result<[Tensor; 2]> {
        let (heads, groups) = (self.heads, self.groups);
        let query = self.project("query", given.query, heads, self.key_dim, pass)?;
        let key = self.project("key", given.key, groups, self.key_dim, pass)?;
        let value = self.project("value", given.value, groups, self.value_dim, pass)?;
        for projection in [&query, &key, &value] {
            self.add_activity_loss(projection, pass)?;
        }
        let scores = ops::attention_scores(pass.tape, &query, &key)?;
        let scale = 1.0 / (self.key_dim as f32).sqrt();
        let weighing = Weighing {
            rules: Attending {
                scale,
                ..weighing.rules
            },
            ..*weighing
        };
        let [mut y, weights] = weighing.weigh(&scores, &value, mask, pass)?;
        if self.use_gate {
            let gate = self.project("gate", given.query, heads, self.value_dim, pass)?;
            let gate = crate::Activation::Sigmoid.call(pass.tape, &gate)?;
            self.add_activity_loss(&gate, pass)?;
            y = ops::multiply(pass.tape, &y, &gate)?;
        }
        let (batch, queries) = (y.len(), y.shape()[1]);
        let flat = y.reshape((batch, queries, heads * self.value_dim))?;
        let kernel = pass.weight("attention_output/kernel")?;
        let kernel = kernel.reshape((heads * self.value_dim, self.output.elements()))?;
        let bias = self.bias("attention_output", pass)?;
        let y = ops::dense(pass.tape, &flat, &kernel, bias.as_ref(), false)?;
        self.add_activity_loss(&y, pass)?;
        let shape = [&[batch, queries], self.output.dims()].concat();
        Ok([y.reshape(shape)?, weights])
    }
}

/// What the masks of all inputs let queries see: `(batch, 1 or heads, queries, keys)`, or none.
pub(super) fn visible(given: &Given<'_, Tensor>) -> Result<Option<Tensor>> {
    let (batch, queries, keys) = (
        given.query.len(),
        given.query.shape()[1],
        given.value.shape()[1],
    );
    let steps = |x: Option<&Tensor>, of_queries: bool| {
        let Some(mask) = x.and_then(Tensor::mask) else {
            return Ok(None);
        };
        let sizes = match of_queries {
            true => (batch, 1, queries, 1),
            false => (batch, 1, 1, keys),
        };
        as_flags(mask).reshape(sizes).map(Some)
    };
    let of_query = steps(Some(given.query), true)?;
    let of_value = steps(Some(given.value), false)?;
    let of_key = steps(given.own_key, false)?;
    let by_steps = both(both(of_query, of_value)?, of_key)?;
    let Some(mask) = given.attention_mask else {
        return Ok(by_steps);
    };
    let mask = as_flags(mask);
    let mask = match *mask.shape().dims() {
        [batch, queries, keys] => mask.reshape((batch, 1, queries, keys))?,
        _ => mask,
    };
    both(by_steps, Some(mask))
}

/// Fails unless samples of an attention mask fit.
pub(super) fn check_attention_mask(
    mask: Option<&Shape>,
    heads: usize,
    queries: usize,
    keys: usize,
) -> Result<()> {
    let Some(mask) = mask else { return Ok(()) };
    let fits = match *mask.dims() {
        [t, s] => (t, s) == (queries, keys),
        [n, t, s] => (n == heads || n == 1) && (t, s) == (queries, keys),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(Error::shape(format!(
        "expected an attention mask of shape ({queries}, {keys}) or ({heads}, {queries}, {keys}) per \
         sample, got {mask}"
    ))
.remedy("give the mask a row for each step of the query and a column for each of the key"))
}

/// What Keras calls the projection that has the weight called `weight`.
pub(super) fn projection(weight: &str) -> String {
    match weight.split_once('/').map(|(name, _)| name) {
        Some("attention_output") => "output_dense".to_owned(),
        Some(name) => format!("{name}_dense"),
        None => String::new(),
    }
}
