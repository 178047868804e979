//! Recurrent layers: LSTM, GRU, SimpleRNN, RNN around such cells, and Bidirectional.

use serde::Deserialize;

use super::recurrence::{Cell, Kind, Way};
use crate::layers::from_config;
use crate::models::export::builder::{Builder, Id};
use crate::models::export::part::{Part, Weights, weights_in};
use crate::{Activation, Config, Error, Result, Setting};

#[derive(Deserialize)]
struct Sequence {
    return_sequences: bool,
    return_state: bool,
    go_backwards: bool,
    stateful: bool,
    #[serde(default)]
    zero_output_for_mask: bool,
}

#[derive(Deserialize)]
struct CellConfig {
    units: usize,
    activation: Setting<Activation>,
    #[serde(default)]
    recurrent_activation: Option<Setting<Activation>>,
    #[serde(default)]
    reset_after: bool,
}

/// A layer or cell in the configuration of another.
#[derive(Deserialize)]
struct Described {
    class_name: String,
    config: Config,
}

/// Where the cells of a layer are.
struct Place<'a> {
    class: String,
    config: Config,
    weights: Weights<'a>,
    /// What its constants are called.
    name: String,
}

/// The cells of a recurrent layer, each with the output of the one before as its input.
fn places<'a>(class: &str, config: &Config, weights: &Weights<'a>) -> Result<Vec<Place<'a>>> {
    #[derive(Deserialize)]
    struct Around {
        cell: Described,
    }
    #[derive(Deserialize)]
    struct Stacked {
        cells: Vec<Described>,
    }
    if class != "RNN" {
        return Ok(vec![Place {
            class: class.to_owned(),
            config: config.clone(),
            weights: weights.clone(),
            name: "cell".to_owned(),
        }]);
    }
    let cell = config.read::<Around>()?.cell;
    let weights = weights_in(weights, "cell");
    if cell.class_name != "StackedRNNCells" {
        return Ok(vec![Place {
            class: cell.class_name,
            config: cell.config,
            weights,
            name: "cell".to_owned(),
        }]);
    }
    let cells = cell.config.read::<Stacked>()?.cells;
    let places = cells.into_iter().enumerate().map(|(i, cell)| Place {
        class: cell.class_name,
        config: cell.config,
        weights: weights_in(&weights, &i.to_string()),
        name: format!("cell_{i}"),
    });
    Ok(places.collect())
}

impl Place<'_> {
    fn cell(&self) -> Result<Cell<'_>> {
        let kind = match self.class.trim_end_matches("Cell") {
            "LSTM" => Kind::Lstm,
            "GRU" => Kind::Gru,
            "SimpleRNN" => Kind::Simple,
            other => {
                let why = format!("a cell of class `{other}` cannot be expressed in ONNX");
                return Err(Error::state(why).remedy("use LSTM, GRU or SimpleRNN"));
            }
        };
        let CellConfig {
            units,
            activation,
            recurrent_activation,
            reset_after,
        } = self.config.read()?;
        let weight = |name: &str| {
            let found = self.weights.iter().find(|(own, _)| *own == name);
            found.map(|(_, tensor)| *tensor)
        };
        let missing = || Error::state("the cell has no weights yet");
        Ok(Cell {
            kind,
            units,
            activation: *activation.get()?,
            recurrent_activation: match &recurrent_activation {
                Some(setting) => *setting.get()?,
                None => Activation::Sigmoid,
            },
            reset_after,
            kernel: weight("kernel").ok_or_else(missing)?,
            recurrent_kernel: weight("recurrent_kernel").ok_or_else(missing)?,
            bias: weight("bias"),
        })
    }
}

/// What a layer makes of sequences.
struct Made {
    /// The outputs of all steps, `(batch, steps, units)`, in the order of the input.
    all: String,
    /// The output of the step that was computed last.
    last: String,
    states: Vec<String>,
    backwards: bool,
    sequence: Sequence,
}

impl Made {
    /// What the layer gives out.
    fn output(&self, b: &mut Builder) -> String {
        match (self.sequence.return_sequences, self.backwards) {
            (true, true) => reversed(b, &self.all),
            (true, false) => self.all.clone(),
            (false, _) => self.last.clone(),
        }
    }
}

/// The steps of `x`, the last one first.
fn reversed(b: &mut Builder, x: &str) -> String {
    let (start, end) = (b.whole(&[-1]), b.whole(&[i64::MIN]));
    let axis = b.whole(&[1]);
    b.plain("Slice", &[x, &start, &end, &axis, &start])
}

fn run(
    b: &mut Builder,
    class: &str,
    config: &Config,
    weights: &Weights<'_>,
    inputs: &[Id],
) -> Result<Made> {
    let sequence: Sequence = config.read()?;
    if sequence.stateful {
        let error = Error::argument("stateful", "false, for ONNX", true);
        return Err(error.remedy("use `return_state`, and give the states as further inputs"));
    }
    let Some((&x, states)) = inputs.split_first() else {
        return Err(Error::shape("expected sequences, got no input"));
    };
    let mask = b.mask(x).map(str::to_owned);
    let mut given = states
        .iter()
        .map(|&state| b.named(state))
        .collect::<Vec<_>>()
        .into_iter();
    let mut x = b.named(x);
    let places = places(class, config, weights)?;
    let (mut after, count) = (Vec::new(), places.len());
    // In which order the steps of `x` are.
    let mut backwards = sequence.go_backwards;
    let mut last = String::new();
    for (i, place) in places.iter().enumerate() {
        let cell = place.cell()?;
        let initial: Vec<String> = given.by_ref().take(cell.kind.states()).collect();
        let is_last = i + 1 == count;
        let way = Way {
            backwards,
            mask: mask.as_deref(),
            zero_output_for_mask: sequence.zero_output_for_mask && is_last,
        };
        let made = b.inside(&place.name, |b| cell.run(b, &x, &initial, way))?;
        x = made.all;
        if backwards && !is_last {
            if mask.is_some() {
                return Err(super::no_masks());
            }
            // The cells behind the first one get the steps in the order that it has made.
            x = reversed(b, &x);
            backwards = false;
        }
        last = made.last;
        after.extend(made.states);
    }
    // Behind several cells, the steps are in the order in which they were computed.
    Ok(Made {
        all: x,
        last,
        states: after,
        backwards,
        sequence,
    })
}

/// The outputs as values: the first with the mask of the input if it has all steps.
fn values(b: &mut Builder, part: &Part<'_>, names: Vec<String>, masked: usize) -> Result<Vec<Id>> {
    let mask = b.mask(part.input()?).map(str::to_owned);
    let mut values = Vec::new();
    for (i, (name, shape)) in names.into_iter().zip(&part.outputs).enumerate() {
        let value = b.last(name, shape.clone());
        if i < masked {
            b.set_mask(value, mask.clone());
        }
        values.push(value);
    }
    Ok(values)
}

/// `LSTM`, `GRU`, `SimpleRNN` and `RNN`.
pub(super) fn recurrent(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    let made = run(b, part.class, part.config, part.weights, part.inputs)?;
    let mut names = vec![made.output(b)];
    if made.sequence.return_state {
        names.extend(made.states);
    }
    values(b, part, names, usize::from(made.sequence.return_sequences))
}

pub(super) fn bidirectional(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Bidirectional {
        merge_mode: Option<String>,
        layer: Described,
        backward_layer: Described,
    }
    let layer: Bidirectional = part.read()?;
    let (sequences, states) = part.inputs.split_at(1);
    let (first, second) = states.split_at(states.len() / 2);
    let mut both = Vec::new();
    for (name, inner, states) in [
        ("forward_layer", &layer.layer, first),
        ("backward_layer", &layer.backward_layer, second),
    ] {
        // As its own arguments say it, whatever is left out.
        let inner = from_config(&inner.class_name, &inner.config)?;
        let (class, config) = (inner.class_name(), inner.get_config()?);
        let weights = weights_in(part.weights, name);
        let inputs = [sequences, states].concat();
        both.push(b.inside(name, |b| run(b, class, &config, &weights, &inputs))?);
    }
    let [forward, backward] = &both[..] else {
        return Err(Error::state("expected two directions"));
    };
    let sequences = forward.sequence.return_sequences;
    let mut names = match sequences {
        true => [&forward.all, &backward.all],
        false => [&forward.last, &backward.last],
    }
    .map(String::clone);
    if sequences && forward.backwards {
        names = names.map(|name| reversed(b, &name));
    }
    let [first, second] = &names;
    let mut outputs = match layer.merge_mode.as_deref() {
        Some("concat") => vec![b.op("Concat", &[first, second], vec![("axis", (-1).into())])],
        Some("sum") => vec![b.plain("Add", &[first, second])],
        Some("mul") => vec![b.plain("Mul", &[first, second])],
        Some("ave") => vec![b.plain("Mean", &[first, second])],
        _ => names.to_vec(),
    };
    let merged = outputs.len();
    if forward.sequence.return_state {
        outputs.extend(both.into_iter().flat_map(|made| made.states));
    }
    values(b, part, outputs, if sequences { merged } else { 0 })
}
