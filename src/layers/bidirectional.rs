//! Bidirectional.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::inner::{self, Inner};
use super::{Layer, LayerBase, LayerEntry, Pass, SequenceOptions, Weights, layer_identity};
use crate::{Config, Error, Result, Setting, Shape, Tape, Tensor, ops};

/// How the outputs of both directions become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeMode {
    /// Side by side on the last axis.
    Concat,
    /// Their sum.
    Sum,
    /// Their product.
    Mul,
    /// Their mean.
    Ave,
    /// They stay two outputs.
    None,
}

const MERGE_MODES: &[(&str, MergeMode)] = &[
    ("concat", MergeMode::Concat),
    ("sum", MergeMode::Sum),
    ("mul", MergeMode::Mul),
    ("ave", MergeMode::Ave),
];

impl std::str::FromStr for MergeMode {
    type Err = Error;

    fn from_str(name: &str) -> Result<MergeMode> {
        let entry = MERGE_MODES.iter().find(|(known, _)| *known == name);
        entry.map(|(_, mode)| *mode).ok_or_else(|| {
            let known: Vec<&str> = MERGE_MODES.iter().map(|(name, _)| *name).collect();
            Error::unknown_name("merge mode", name, &known)
        })
    }
}

impl From<MergeMode> for Setting<MergeMode> {
    fn from(mode: MergeMode) -> Self {
        Setting::value(mode)
    }
}

impl Serialize for MergeMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let entry = MERGE_MODES.iter().find(|(_, mode)| mode == self);
        entry.map(|(name, _)| name).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MergeMode {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        match Option::<String>::deserialize(from)? {
            Some(name) => name.parse().map_err(serde::de::Error::custom),
            None => Ok(MergeMode::None),
        }
    }
}

/// Reads sequences from both ends, with a recurrent layer for each direction.
///
/// Keras: `keras.layers.Bidirectional`. The names of the weights begin with `forward_layer` and
/// `backward_layer`. Further inputs, in a functional model, are the states to begin with: those of
/// the forward layer, then those of the backward layer.
///
/// # Shapes
/// Those of the layer, with the last axis twice as long where `merge_mode` is `"concat"`.
///
/// # Errors
/// When the layer is not recurrent, or the two layers do not go together.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let mut model = Sequential::new();
/// let lstm = LSTM::new(8).return_sequences(true);
/// model.add(Bidirectional::new(lstm).merge_mode("sum").input_shape((20, 3)))?;
/// assert_eq!(model.predict(&Tensor::zeros((2, 20, 3)))?.shape(), (2, 20, 8));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "BidirectionalConfig", into = "BidirectionalConfig")]
pub struct Bidirectional {
    base: LayerBase,
    directions: Setting<Directions>,
    merge_mode: Setting<MergeMode>,
}

/// How Keras writes the layer down.
#[derive(Serialize, Deserialize)]
struct BidirectionalConfig {
    #[serde(flatten)]
    base: LayerBase,
    merge_mode: Setting<MergeMode>,
    layer: Setting<Inner>,
    #[serde(default)]
    backward_layer: Option<Setting<Inner>>,
}

impl From<Bidirectional> for BidirectionalConfig {
    fn from(layer: Bidirectional) -> Self {
        let part = |which: fn(&Directions) -> &Inner| {
            Setting::looked_up(layer.directions.get().map(|both| which(both).clone()))
        };
        BidirectionalConfig {
            base: layer.base.clone(),
            merge_mode: layer.merge_mode.clone(),
            layer: part(|both| &both.forward),
            backward_layer: Some(part(|both| &both.backward)),
        }
    }
}

impl TryFrom<BidirectionalConfig> for Bidirectional {
    type Error = Error;

    fn try_from(config: BidirectionalConfig) -> Result<Self> {
        let backward = config
            .backward_layer
            .as_ref()
            .map(Setting::get)
            .transpose()?;
        let forward = &*config.layer.get()?.0;
        let directions = Directions::new(forward, backward.map(|layer| &*layer.0))?;
        Ok(Self {
            base: config.base,
            directions: Setting::value(directions),
            merge_mode: config.merge_mode,
        })
    }
}

/// The layers of both directions.
#[derive(Clone, Debug)]
struct Directions {
    forward: Inner,
    backward: Inner,
    return_sequences: bool,
    return_state: bool,
}

impl Directions {
    /// A layer, and another or the same backwards.
    fn new(layer: &dyn Layer, backward: Option<&dyn Layer>) -> Result<Self> {
        let (forward, options) = direction(layer)?;
        let (backward, back) = match backward {
            Some(layer) => direction(layer)?,
            None => {
                let (mut layer, mut back) = direction(layer)?;
                layer.base_mut().name = None;
                back.go_backwards = !options.go_backwards;
                if let Some(options) = layer.sequence_options() {
                    options.go_backwards = back.go_backwards;
                }
                (layer, back)
            }
        };
        for (name, forward, back) in [
            (
                "return_sequences",
                options.return_sequences,
                back.return_sequences,
            ),
            ("return_state", options.return_state, back.return_state),
            ("stateful", options.stateful, back.stateful),
        ] {
            if forward != back {
                let expected = format!("a layer whose `{name}` is {forward} as well");
                return Err(Error::argument("backward_layer", &expected, back));
            }
        }
        if options.go_backwards == back.go_backwards {
            let expected = "a layer with another `go_backwards`";
            return Err(Error::argument(
                "backward_layer",
                expected,
                back.go_backwards,
            ));
        }
        Ok(Self {
            forward: Inner(forward),
            backward: Inner(backward),
            return_sequences: options.return_sequences,
            return_state: options.return_state,
        })
    }
}

/// The layer of one direction, with its way through sequences. As in Keras, steps that the mask
/// leaves out have output 0, because those at the end would otherwise repeat what the backward layer
/// has not read yet.
fn direction(layer: &dyn Layer) -> Result<(Box<dyn Layer>, SequenceOptions)> {
    let mut copy = layer.boxed_clone();
    let Some(options) = copy.sequence_options() else {
        let expected = "a recurrent layer, such as LSTM or GRU";
        return Err(Error::argument("layer", expected, layer.class_name()));
    };
    options.zero_output_for_mask = options.return_sequences;
    let options = options.clone();
    Ok((copy, options))
}

impl Bidirectional {
    /// `layer` and the same layer backwards.
    pub fn new(layer: impl Layer + 'static) -> Self {
        Self {
            base: LayerBase::default(),
            directions: Setting::looked_up(Directions::new(&layer, None)),
            merge_mode: MergeMode::Concat.into(),
        }
    }

    /// How the outputs become one: `"concat"` (unless set), `"sum"`, `"mul"`, `"ave"`, or
    /// [`MergeMode::None`] for two outputs.
    #[must_use]
    pub fn merge_mode(mut self, merge_mode: impl Into<Setting<MergeMode>>) -> Self {
        self.merge_mode = merge_mode.into();
        self
    }

    /// Another layer for the way back; it must have another `go_backwards` than the first one.
    #[must_use]
    pub fn backward_layer(mut self, layer: impl Layer + 'static) -> Self {
        let both = self.directions.get();
        let both = both.and_then(|both| Directions::new(&*both.forward.0, Some(&layer)));
        self.directions = Setting::looked_up(both);
        self
    }

    fn merge(&self, tape: &mut Tape, forward: Tensor, backward: Tensor) -> Result<Vec<Tensor>> {
        Ok(vec![match self.merge_mode.get()? {
            MergeMode::Concat => ops::side_by_side(tape, &[forward, backward])?,
            MergeMode::Sum => ops::add(tape, &forward, &backward)?,
            MergeMode::Mul => ops::multiply(tape, &forward, &backward)?,
            MergeMode::Ave => {
                let sum = ops::add(tape, &forward, &backward)?;
                ops::elementwise(
                    tape,
                    &sum,
                    ops::Each::with("rescale", [0.5, 0.0]),
                    |x| 0.5 * x,
                    |_, _| 0.5,
                )?
            }
            MergeMode::None => return Ok(vec![forward, backward]),
        }])
    }
}

/// The inputs of each direction: the sequences, and half of the states.
fn halves<T: Clone>(inputs: &[T]) -> Result<[Vec<T>; 2]> {
    let Some((sequences, states)) = inputs.split_first() else {
        return Err(Error::shape("expected sequences, got no input")
            .remedy("call the layer on a sequence: `layer.on(&x)`"));
    };
    if states.len() % 2 != 0 {
        let expected = "as many states for the forward as for the backward layer";
        return Err(Error::argument("initial_state", expected, states.len()));
    }
    let (first, second) = states.split_at(states.len() / 2);
    Ok([first, second].map(|states| {
        let sequences = std::iter::once(sequences.clone());
        sequences.chain(states.iter().cloned()).collect()
    }))
}

impl Layer for Bidirectional {
    layer_identity!("Bidirectional");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(self
            .output_shapes(std::slice::from_ref(input))?
            .swap_remove(0))
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let both = self.directions.get()?;
        let [forward, backward] = halves(inputs)?;
        let mut forward = both.forward.0.output_shapes(&forward)?;
        let mut backward = both.backward.0.output_shapes(&backward)?;
        let (first, second) = (forward.remove(0), backward.remove(0));
        let mut outputs = match self.merge_mode.get()? {
            MergeMode::Concat => vec![first.with_last(first.last() + second.last())],
            MergeMode::None => vec![first, second],
            _ if first == second => vec![first],
            _ => {
                let expected = format!("a layer whose output has shape {first}, to be merged");
                return Err(Error::argument("backward_layer", &expected, second));
            }
        };
        outputs.extend(forward);
        outputs.extend(backward);
        Ok(outputs)
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        self.build_for(std::slice::from_ref(input), weights)
    }

    fn build_for(&self, inputs: &[Shape], weights: &mut Weights) -> Result<()> {
        let both = self.directions.get()?;
        let [forward, backward] = halves(inputs)?;
        weights.build_inner("forward_layer", &*both.forward.0, &forward)?;
        weights.build_inner("backward_layer", &*both.backward.0, &backward)
    }

    fn groups_in_file(&self, weight: &str) -> Vec<String> {
        let Ok(both) = self.directions.get() else {
            return vec![String::new()];
        };
        let parts = [
            ("forward_layer", &both.forward),
            ("backward_layer", &both.backward),
        ];
        inner::groups_of_inner(
            parts.map(|(name, layer)| (name, name.to_owned(), &*layer.0)),
            weight,
        )
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        Ok(self.call_for(std::slice::from_ref(x), pass)?.swap_remove(0))
    }

    fn call_for(&self, inputs: &[Tensor], pass: &mut Pass<'_>) -> Result<Vec<Tensor>> {
        let both = self.directions.get()?;
        let mask = inputs.first().and_then(Tensor::mask);
        let [forward, backward] = halves(inputs)?;
        let mut forward = pass.call_last_inner("forward_layer", &*both.forward.0, &forward)?;
        let mut backward = pass.call_last_inner("backward_layer", &*both.backward.0, &backward)?;
        let (first, mut second) = (forward.remove(0), backward.remove(0));
        if both.return_sequences {
            second = ops::reverse_steps(pass.tape, &second)?;
        }
        let mut outputs = self.merge(pass.tape, first.without_mask(), second)?;
        if let (true, Some(mask)) = (both.return_sequences, mask) {
            let masked = outputs
                .into_iter()
                .map(|output| output.with_mask(mask.clone()));
            outputs = masked.collect();
        }
        if both.return_state {
            outputs.extend(forward);
            outputs.extend(backward);
        }
        Ok(outputs)
    }

    fn reset_states(&self) {
        if let Ok(both) = self.directions.get() {
            both.forward.0.reset_states();
            both.backward.0.reset_states();
        }
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "Bidirectional",
    what: "reads sequences from both ends",
    example: || {
        let layer = Bidirectional::new(super::GRU::new(3).return_sequences(true));
        (Box::new(layer), Shape::from((5, 3)))
    },
    from_config: Config::layer::<Bidirectional>,
}];
