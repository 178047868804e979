//! What layers make of samples whose sizes are open.
//!
//! A layer says what it makes of samples of one size. It is asked for several sizes: what stays the
//! same is known, and what changes with them is open as well.

use crate::layers::Layer;
use crate::{Error, Result, Shape};

/// Sizes that stand for open ones: many numbers divide them, some layers need the long ones, and no
/// stride is so long that all of them give the same.
const SIZES: [usize; 8] = [12, 24, 60, 120, 840, 1_680, 55_440, 110_880];

/// Samples with more numbers are not tried: some layers compute with them.
const MOST_NUMBERS: usize = 1 << 24;

/// The inputs and outputs of a layer for one of the sizes.
pub(super) struct Trial {
    pub(super) inputs: Vec<Shape>,
    outputs: Vec<Shape>,
}

/// What a layer makes of `inputs` with each size in the place of the open ones; sizes that it does
/// not take are left out.
///
/// # Errors
/// When it takes less than two of the sizes.
pub(super) fn trials(layer: &dyn Layer, inputs: &[Shape]) -> Result<Vec<Trial>> {
    let (mut trials, mut errors) = (Vec::new(), Vec::new());
    for size in SIZES {
        let inputs: Vec<Shape> = inputs.iter().map(|input| input.closed(size)).collect();
        if size > SIZES[1] && inputs.iter().any(|input| input.elements() > MOST_NUMBERS) {
            break;
        }
        match layer.output_shapes(&inputs) {
            Ok(outputs) => trials.push(Trial { inputs, outputs }),
            Err(error) => errors.push(error.at(format!("with {size} in the place of None"))),
        }
    }
    match trials.len() {
        // Those in the middle are neither too short nor too long.
        0 | 1 => Err(errors.swap_remove(errors.len() / 2)),
        _ => Ok(trials),
    }
}

/// The outputs, with open sizes where they differ from trial to trial.
pub(super) fn common_outputs(trials: &[Trial]) -> Result<Vec<Shape>> {
    let Some((first, others)) = trials.split_first() else {
        return Ok(Vec::new());
    };
    let mut common = first.outputs.clone();
    for other in others {
        let alike = common.len() == other.outputs.len()
            && (common.iter().zip(&other.outputs)).all(|(a, b)| a.rank() == b.rank());
        if !alike {
            return Err(Error::shape(
                "the number of outputs or axes depends on a size that is open (None)",
            )
            .remedy("tell the input its sizes"));
        }
        for (common, other) in common.iter_mut().zip(&other.outputs) {
            let sizes = common.sizes().zip(other.sizes());
            let sizes = sizes.map(|(a, b)| if a == b { a } else { None });
            *common = Shape::of_sizes(sizes);
        }
    }
    Ok(common)
}

/// What to say when weights depend on a size that is open.
pub(super) fn weight_needs_size(weight: &str, inputs: &[Shape]) -> Error {
    let inputs: Vec<String> = inputs.iter().map(Shape::to_string).collect();
    Error::shape(format!(
        "the shape of the weight `{weight}` depends on a size that is open: the input is {}",
        inputs.join(", ")
    ))
    .remedy(
        "tell the input its sizes, or put a layer in front whose output does not depend on them, \
         such as GlobalAveragePooling2D",
    )
}
