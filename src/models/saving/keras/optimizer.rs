//! What Keras remembers of an optimizer in a file: numbered variables, without names.
//!
//! First how many steps were made, then the learning rate where no schedule gives it, then what is
//! remembered for the weights. Where an optimizer asks for several things at once, they take turns
//! weight by weight; otherwise all weights have their turn with one thing before the next comes.

use crate::optimizers::{LearningRate, OptimizerState};
use crate::{Shape, Tensor};

/// A variable of an optimizer.
pub(super) enum Variable {
    /// How many steps were made.
    Iterations,
    LearningRate,
    /// What is remembered for a weight.
    Memory(Memory),
}

/// What is remembered for a weight, in the shape that it has in the file.
pub(super) struct Memory {
    /// Which of the weights that learn.
    pub(super) weight: usize,
    /// In which slot it is here: at its beginning, where the slot is larger. None for what only the
    /// file has, which is 0.
    pub(super) slot: Option<usize>,
    pub(super) shape: Shape,
}

/// What stands in front of everything else that is remembered.
const FIRST: [&str; 2] = ["average", "gradient_accumulator"];

/// The variables of an optimizer that has made steps, in the order of the file. `weights` are the
/// shapes of all weights that learn.
pub(super) fn variables(optimizer: &OptimizerState, weights: &[Shape]) -> Vec<Variable> {
    let names = optimizer.slot_names();
    let slot = |name: &str| names.iter().position(|known| *known == name);
    let mut variables = counters(optimizer);
    let mut add = |weight: usize, slot: Option<usize>, shape: Shape| {
        variables.push(Variable::Memory(Memory {
            weight,
            slot,
            shape,
        }));
    };
    for together in turns(optimizer, &names) {
        for (weight, shape) in weights.iter().enumerate() {
            for name in &together {
                add(weight, slot(name), shape.clone());
            }
        }
    }
    if optimizer.kind() == ADAFACTOR {
        let (rows, columns) = (slot("velocity"), slot("velocity_columns"));
        for (weight, shape) in weights.iter().enumerate() {
            let factors = shape.dims();
            if let [outer @ .., height, width] = factors {
                add(weight, rows, [outer, &[*height]].concat().into());
                add(weight, columns, [outer, &[*width]].concat().into());
                add(weight, None, shape.clone());
            } else {
                // Nothing stands for the factors that others have.
                add(weight, None, Shape::from(()));
                add(weight, None, Shape::from(()));
                add(weight, rows, shape.clone());
            }
        }
    }
    variables
}

/// The variables of an optimizer that has made no step.
pub(super) fn counters(optimizer: &OptimizerState) -> Vec<Variable> {
    match optimizer.optimizer().base().learning_rate {
        LearningRate::Constant(_) => vec![Variable::Iterations, Variable::LearningRate],
        LearningRate::Schedule(_) => vec![Variable::Iterations],
    }
}

const ADAFACTOR: &str = "adafactor";

/// The slots that take turns weight by weight.
fn turns<'a>(optimizer: &OptimizerState, names: &[&'a str]) -> Vec<Vec<&'a str>> {
    let first = names.iter().filter(|name| FIRST.contains(name));
    let mut turns: Vec<Vec<&str>> = first.map(|name| vec![*name]).collect();
    let own = names.iter().copied().filter(|name| !FIRST.contains(name));
    match optimizer.kind().as_str() {
        // Its means of rows and columns have shapes of their own.
        ADAFACTOR => {}
        "rmsprop" => turns.extend(own.map(|name| vec![name])),
        _ => {
            let (last, together): (Vec<&str>, Vec<&str>) = own.partition(|n| *n == "velocity_hat");
            turns.extend([together, last].into_iter().filter(|turn| !turn.is_empty()));
        }
    }
    turns
}

/// A slot of a weight, of shape `shape`, from what stands for it in the file.
pub(super) fn slot_of(mut numbers: Vec<f32>, shape: &Shape) -> Tensor {
    numbers.resize(shape.elements(), 0.0);
    Tensor::from_floats(numbers, shape.clone())
}
