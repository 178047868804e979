//! StackedRNNCells.

use serde::{Deserialize, Serialize};

use super::cell::{self, Constants, RNNCell};
use super::cell_table::InnerCell;
use super::sequence::{self, step_of};
use super::setters::cell_identity_setters;
use crate::layers::{LayerBase, Pass, Weights, part_of_group};
use crate::models::counted;
use crate::ops::{self, RecurrentOptions};
use crate::{Config, Error, Result, Shape, Tape, Tensor};

/// Several cells as one, for [`RNN`](crate::layers::RNN): each has the output of the one before as
/// its input.
///
/// Keras: `keras.layers.StackedRNNCells`. The names of the weights begin with the number of the
/// cell. The states are those of the cells, one after the other.
///
/// # Shapes
/// A step `(batch, ..)` to the output of the last cell
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let cells: [Box<dyn RNNCell>; 2] = [LSTMCell::new(8).into(), GRUCell::new(4).into()];
/// let mut model = Sequential::new();
/// model.add(RNN::new(StackedRNNCells::new(cells)).input_shape((20, 3)))?;
/// assert_eq!(model.predict(&Tensor::zeros((2, 20, 3)))?.shape(), (2, 4));
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StackedRNNCells {
    #[serde(flatten)]
    base: LayerBase,
    cells: Vec<InnerCell>,
}

impl StackedRNNCells {
    /// The first cell takes the input, the last one makes the output.
    pub fn new(cells: impl IntoIterator<Item = impl Into<Box<dyn RNNCell>>>) -> Self {
        Self {
            base: LayerBase::default(),
            cells: cells.into_iter().map(|c| InnerCell(c.into())).collect(),
        }
    }

    cell_identity_setters!();

    /// Each cell with its number, the shape of its input, and where its states begin.
    fn each(&self, input: &Shape) -> Result<Vec<Place<'_>>> {
        let mut places = Vec::new();
        let (mut input, mut states) = (input.clone(), 0);
        for (number, InnerCell(cell)) in self.cells.iter().enumerate() {
            let cell = &**cell;
            let at = |e: Error| e.at(cell::title(cell));
            let shapes = cell.state_shapes(&input).map_err(at)?;
            let output = cell.output_shape(&input).map_err(at)?;
            let first_state = states;
            states += shapes.len();
            places.push(Place {
                cell,
                name: number.to_string(),
                input: std::mem::replace(&mut input, output.clone()),
                output,
                states: shapes,
                first_state,
            });
        }
        if places.is_empty() {
            return Err(Error::argument("cells", "at least one cell", "none"));
        }
        Ok(places)
    }
}

/// A cell between the others.
struct Place<'a> {
    cell: &'a dyn RNNCell,
    name: String,
    input: Shape,
    output: Shape,
    states: Vec<Shape>,
    first_state: usize,
}

impl Place<'_> {
    /// The states of this cell among those of all.
    fn states_of<'a>(&self, all: &'a [Tensor]) -> Result<&'a [Tensor]> {
        let range = self.first_state..self.first_state + self.states.len();
        all.get(range).ok_or_else(|| {
            let expected = "as many tensors as all cells have states";
            Error::argument("states", expected, all.len())
        })
    }
}

impl RNNCell for StackedRNNCells {
    fn class_name(&self) -> &'static str {
        "StackedRNNCells"
    }

    fn state_shapes(&self, input: &Shape) -> Result<Vec<Shape>> {
        let places = self.each(input)?;
        Ok(places.into_iter().flat_map(|place| place.states).collect())
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let last = self.each(input)?.pop();
        Ok(last.map(|place| place.output).unwrap_or_default())
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        for Place {
            cell, name, input, ..
        } in self.each(input)?
        {
            cell::build_inner(&name, cell, &input, weights)?;
        }
        Ok(())
    }

    fn initial_states(&self, input: &Shape, batch: usize) -> Result<Vec<Tensor>> {
        let mut states = Vec::new();
        for place in self.each(input)? {
            states.extend(place.cell.initial_states(&place.input, batch)?);
        }
        Ok(states)
    }

    fn constants(&self, input: &Shape, batch: usize, pass: &mut Pass<'_>) -> Result<Constants> {
        let mut parts = Vec::new();
        for Place {
            cell, name, input, ..
        } in self.each(input)?
        {
            parts.push(cell::inside(&name, cell, pass, |pass| {
                cell.constants(&input, batch, pass)
            })?);
        }
        Ok(Constants {
            tensors: Vec::new(),
            parts,
        })
    }

    fn call(
        &self,
        x: &Tensor,
        states: &[Tensor],
        constants: &Constants,
        pass: &mut Pass<'_>,
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let (mut x, batch) = (x.clone(), x.len());
        let mut next = Vec::new();
        for (number, place) in self.each(&x.shape().without_batch())?.iter().enumerate() {
            let constants = constants.part(number)?;
            let states = place.states_of(states)?;
            let (output, after) = cell::inside(&place.name, place.cell, pass, |pass| {
                // A step is a sequence of one.
                let sequence = x.reshape(place.input.with_batch(1).with_batch(batch))?;
                let projected = place.cell.project(&sequence, constants, pass)?;
                let (_, step) = step_of(&projected.shape().without_batch())?;
                let projected = projected.reshape(step.with_batch(batch))?;
                place.cell.call(&projected, states, constants, pass)
            })?;
            x = output;
            next.extend(after);
        }
        Ok((x, next))
    }

    /// Each cell takes all steps before the next one does: that is the same, and faster.
    fn all_steps(
        &self,
        sequences: &Tensor,
        initial_states: &[Tensor],
        options: RecurrentOptions,
        pass: &mut Pass<'_>,
    ) -> Result<Option<Vec<Tensor>>> {
        let (_, step) = step_of(&sequences.shape().without_batch())?;
        let places = self.each(&step)?;
        let mut x = sequences.clone();
        let mut next = Vec::new();
        for (number, place) in places.iter().enumerate() {
            let (is_first, is_last) = (number == 0, number + 1 == places.len());
            let options = RecurrentOptions {
                return_sequences: options.return_sequences || !is_last,
                // The cells behind the first one get the steps in the order that it has made.
                go_backwards: options.go_backwards && is_first,
                zero_output_for_mask: options.zero_output_for_mask && is_last,
                ..options
            };
            let states = match initial_states {
                [] => &[],
                all => place.states_of(all)?,
            };
            let mut outputs = cell::inside(&place.name, place.cell, pass, |pass| {
                sequence::all_steps(place.cell, &x, states, options, pass)
            })?;
            let mut mask = x.mask().cloned();
            if let (Some(given), true) = (&mask, options.go_backwards) {
                mask = Some(last_step_first(given)?);
            }
            x = outputs.remove(0);
            next.extend(outputs);
            if let Some(mask) = mask {
                x = x.with_mask(mask);
            }
        }
        next.insert(0, x.without_mask());
        Ok(Some(next))
    }

    /// The cells are called after their classes there.
    fn group_in_file(&self, weight: &str) -> String {
        let classes: Vec<&str> = self.cells.iter().map(|c| c.0.class_name()).collect();
        let found = weight.split_once('/').and_then(|(number, weight)| {
            let number: usize = number.parse().ok()?;
            let group = format!("cells/{}", counted(&classes).get(number)?);
            let cell = self.cells.get(number)?;
            Some(part_of_group(&group, &cell.0.group_in_file(weight)))
        });
        found.unwrap_or_default()
    }

    fn is_frozen(&self) -> bool {
        self.base.frozen
    }

    fn get_config(&self) -> Result<Config> {
        Config::of(self)
    }

    fn boxed_clone(&self) -> Box<dyn RNNCell> {
        Box::new(self.clone())
    }
}

/// A mask with the last step first.
fn last_step_first(mask: &Tensor) -> Result<Tensor> {
    let counts = Tensor::from_floats(mask.as_floats().into_owned(), mask.shape().clone());
    ops::reverse_steps(&mut Tape::off(), &counts)
}

impl<C: RNNCell + 'static, const N: usize> From<[C; N]> for Box<dyn RNNCell> {
    fn from(cells: [C; N]) -> Self {
        Box::new(StackedRNNCells::new(cells))
    }
}

impl From<Vec<Box<dyn RNNCell>>> for Box<dyn RNNCell> {
    fn from(cells: Vec<Box<dyn RNNCell>>) -> Self {
        Box::new(StackedRNNCells::new(cells))
    }
}
