//! Attentions.

use serde::Deserialize;

use crate::models::export::builder::{Builder, Extent, Id};
use crate::models::export::part::Part;
use crate::{Error, Result, Tensor};

/// What comes in.
struct Given {
    query: Id,
    value: Id,
    key: Id,
}

fn given(part: &Part<'_>) -> Result<Given> {
    match *part.inputs {
        [query, value] => Ok(Given {
            query,
            value,
            key: value,
        }),
        [query, value, key] => Ok(Given { query, value, key }),
        _ => Err(Error::shape(format!(
            "expected the inputs [query, value] or [query, value, key] for ONNX, got {}",
            part.inputs.len()
        ))),
    }
}

#[derive(Deserialize)]
struct Options {
    #[serde(default)]
    use_causal_mask: bool,
    #[serde(default)]
    return_attention_scores: bool,
    #[serde(default)]
    score_mode: Option<String>,
    #[serde(default)]
    sliding_window: Option<usize>,
    #[serde(default)]
    dropout: f32,
}

/// Scores that are so low do not count any more.
const BLOCKED: f32 = -1e9;

/// What the positions of queries and keys let them see, `(queries, keys)`: a constant, so their
/// number must be known.
fn visible_by_place(b: &mut Builder, given: &Given, options: &Options) -> Result<Option<String>> {
    if !options.use_causal_mask && options.sliding_window.is_none() {
        return Ok(None);
    }
    let steps = |id: Id| b.shape(id).sizes().next().flatten();
    let (Some(queries), Some(keys)) = (steps(given.query), steps(given.value)) else {
        let error = "which keys a query sees depends on the number of steps, which is open";
        return Err(Error::shape(error).remedy("tell the input its sizes"));
    };
    let window = options.sliding_window.unwrap_or(usize::MAX);
    let sees = |query: usize, key: usize| {
        !(options.use_causal_mask && key > query) && query.abs_diff(key) < window
    };
    let places = (0..queries).flat_map(|query| (0..keys).map(move |key| (query, key)));
    let visible = places.map(|(query, key)| f32::from(sees(query, key)));
    let visible = b.floats("visible", &[queries, keys], visible.collect());
    let zero = b.number(0.0);
    Ok(Some(b.plain("Greater", &[&visible, &zero])))
}

/// Both at once, or the one that is there.
fn both(b: &mut Builder, first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) => Some(b.plain("And", &[&first, &second])),
        (first, second) => first.or(second),
    }
}

/// The mask of a value with new axes, if it has one.
fn mask_over(b: &mut Builder, id: Id, axes: &[i64]) -> Option<String> {
    let mask = b.mask(id)?.to_owned();
    Some(b.unsqueeze(&mask, axes))
}

/// Weights of scores `(batch, .., queries, keys)`, where only some of them are `visible`.
fn weights(b: &mut Builder, mut scores: String, visible: Option<&str>) -> String {
    if let Some(visible) = visible {
        let low = b.number(BLOCKED);
        scores = b.plain("Where", &[visible, &scores, &low]);
    }
    b.op("Softmax", &[&scores], vec![("axis", (-1).into())])
}

/// `Attention` and `AdditiveAttention`.
pub(super) fn dot(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let options: Options = part.read()?;
    let given = given(part)?;
    let by_place = visible_by_place(b, &given, &options)?;
    let by_mask = mask_over(b, given.value, &[1]);
    let visible = both(b, by_place, by_mask);
    let [query, key, value] = [given.query, given.key, given.value].map(|id| b.named(id));
    let scale = part.weight("scale").map(|scale| b.weight("scale", scale));
    let is_dot = part.class == "Attention" && options.score_mode.as_deref() != Some("concat");
    let scores = if is_dot {
        let key = b.transpose(&key, vec![0, 2, 1]);
        let scores = b.plain("MatMul", &[&query, &key]);
        match &scale {
            Some(scale) => b.plain("Mul", &[&scores, scale]),
            None => scores,
        }
    } else {
        // The sum of `tanh(query + key)` over the features, for each pair.
        let (mut query, mut key) = (query, key);
        if let (Some(scale), "Attention") = (&scale, part.class) {
            query = b.plain("Mul", &[&query, scale]);
            key = b.plain("Mul", &[&key, scale]);
        }
        let query = b.unsqueeze(&query, &[2]);
        let key = b.unsqueeze(&key, &[1]);
        let sum = b.plain("Add", &[&query, &key]);
        let mut tanh = b.plain("Tanh", &[&sum]);
        if let (Some(scale), "AdditiveAttention") = (&scale, part.class) {
            tanh = b.plain("Mul", &[&tanh, scale]);
        }
        let scores = b.over_axes("ReduceSum", &tanh, &[3], false);
        match part.weight("concat_score_weight") {
            Some(weight) => {
                let weight = b.weight("concat_score_weight", weight);
                b.plain("Mul", &[&scores, &weight])
            }
            None => scores,
        }
    };
    let weights = weights(b, scores, visible.as_deref());
    let mut y = b.plain("MatMul", &[&weights, &value]);
    let mask = b.mask(given.query).map(str::to_owned);
    if let Some(mask) = &mask {
        let (counts, zero) = (b.unsqueeze(mask, &[2]), b.number(0.0));
        y = b.plain("Where", &[&counts, &y, &zero]);
    }
    Ok(masked_outputs(b, part, &given, &options, [y, weights]))
}

/// What a layer gives: `y`, masked as the query is, and the weights where they are asked for.
fn masked_outputs(
    b: &mut Builder,
    part: &Part<'_>,
    given: &Given,
    options: &Options,
    [y, weights]: [String; 2],
) -> Vec<Id> {
    let mask = b.mask(given.query).map(str::to_owned);
    let y = b.last(y, part.output());
    b.set_mask(y, mask);
    let mut outputs = vec![y];
    if options.return_attention_scores {
        let shape = part.outputs.get(1).cloned().unwrap_or_default();
        outputs.push(b.last(weights, shape));
    }
    outputs
}

/// `MultiHeadAttention` and `GroupQueryAttention`.
pub(super) fn heads(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let options: Options = part.read()?;
    let given = given(part)?;
    if b.rank(given.query) != 3 {
        let error = "ONNX export needs samples of shape (steps, features)";
        return Err(Error::shape(error).remedy("reshape what lies in several axes to one"));
    }
    let mut visible = visible_by_place(b, &given, &options)?;
    let mut of_inputs = vec![(given.query, [1, 3]), (given.value, [1, 2])];
    if part.inputs.len() > 2 {
        of_inputs.push((given.key, [1, 2]));
    }
    for (input, axes) in of_inputs {
        let mask = mask_over(b, input, &axes);
        visible = both(b, visible, mask);
    }
    let [query, _] = heads_of(part.need("query/kernel")?);
    let [groups, key_width] = heads_of(part.need("key/kernel")?);
    let mut q = project(b, part, "query", given.query)?;
    let mut k = project(b, part, "key", given.key)?;
    let mut v = project(b, part, "value", given.value)?;
    // Heads in front of steps.
    q = b.transpose(&q, vec![0, 2, 1, 3]);
    k = b.transpose(&k, vec![0, 2, 3, 1]);
    v = b.transpose(&v, vec![0, 2, 1, 3]);
    let each = query / groups;
    if each > 1 {
        // Some heads of the query share one of key and value.
        let places: Vec<i64> = (0..query as i64).map(|head| head / each as i64).collect();
        let places = b.whole(&places);
        k = b.op("Gather", &[&k, &places], vec![("axis", 1.into())]);
        v = b.op("Gather", &[&v, &places], vec![("axis", 1.into())]);
    }
    let scale = b.number(1.0 / (key_width as f32).sqrt());
    let q = b.plain("Mul", &[&q, &scale]);
    let scores = b.plain("MatMul", &[&q, &k]);
    let mut weights = weights(b, scores, visible.as_deref());
    // Keras has two ways through, which differ in what a query does that sees nothing.
    if let (Some(visible), true) = (
        &visible,
        options.dropout > 0.0 || options.return_attention_scores,
    ) {
        let visible = b.as_floats(visible);
        weights = b.plain("Mul", &[&weights, &visible]);
    }
    let mixed = b.plain("MatMul", &[&weights, &v]);
    let mut mixed = b.transpose(&mixed, vec![0, 2, 1, 3]);
    if part.weight("gate/kernel").is_some() {
        let gate = project(b, part, "gate", given.query)?;
        let gate = b.plain("Sigmoid", &[&gate]);
        mixed = b.plain("Mul", &[&mixed, &gate]);
    }
    let kernel = part.need("attention_output/kernel")?;
    let [heads, width] = [kernel.shape()[0], kernel.shape()[1]];
    let steps = b.shape(given.query).clone();
    let of_query = b.named(given.query);
    let sizes = [
        Extent::Of(of_query.clone(), 0),
        Builder::extent(&of_query, &steps, 0),
        Extent::Fixed(heads * width),
    ];
    let flat = b.reshape(&mixed, &sizes);
    let outputs = kernel.size() / (heads * width);
    let kernel = b.floats(
        "attention_output/kernel",
        &[heads * width, outputs],
        kernel.to_vec(),
    );
    let mut y = b.plain("MatMul", &[&flat, &kernel]);
    if let Some(bias) = part.weight("attention_output/bias") {
        let bias = b.floats("attention_output/bias", &[outputs], bias.to_vec());
        y = b.plain("Add", &[&y, &bias]);
    }
    let shape = part.output();
    if shape.rank() > 2 {
        let mut sizes = vec![
            Extent::Of(of_query.clone(), 0),
            Builder::extent(&of_query, &steps, 0),
        ];
        sizes.extend(shape[1..].iter().map(|&size| Extent::Fixed(size)));
        y = b.reshape(&y, &sizes);
    }
    Ok(masked_outputs(b, part, &given, &options, [y, weights]))
}

/// The number of heads and the width of each, of a kernel `(features, heads, width)`.
fn heads_of(kernel: &Tensor) -> [usize; 2] {
    [kernel.shape()[1], kernel.shape()[2]]
}

/// `(batch, steps, heads, width)` of `(batch, steps, features)`.
fn project(b: &mut Builder, part: &Part<'_>, name: &str, x: Id) -> Result<String> {
    let kernel = part.need(&format!("{name}/kernel"))?;
    let [heads, width] = heads_of(kernel);
    let sizes = [kernel.shape()[0], heads * width];
    let kernel = b.floats(&format!("{name}/kernel"), &sizes, kernel.to_vec());
    let from = b.named(x);
    let mut y = b.plain("MatMul", &[&from, &kernel]);
    let bias_name = format!("{name}/bias");
    if let Some(bias) = part.weight(&bias_name) {
        let bias = b.floats(&bias_name, &[heads * width], bias.to_vec());
        y = b.plain("Add", &[&y, &bias]);
    }
    let steps = b.shape(x).clone();
    let sizes = [
        Extent::Of(from.clone(), 0),
        Builder::extent(&from, &steps, 0),
        Extent::Fixed(heads),
        Extent::Fixed(width),
    ];
    Ok(b.reshape(&y, &sizes))
}
