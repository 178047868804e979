//! Pictures that are seen from another side.

use super::window::pictures;
use super::{FillMode, Interpolation, Look, Origin, rearrange};
use crate::{Error, Result, Tape, Tensor};

/// The four corners of a picture, or where they go: `(x, y)` of each.
pub(crate) type Corners = [[f32; 2]; 4];

/// Moves four points of each picture to where four others are, and all between them accordingly.
///
/// `start_points` and `end_points` have shape (batch, 4, 2), with `(x, y)` of each point in pixels;
/// `fill_value` is what is seen outside of the picture. A picture whose points say nothing (three
/// on a line) stays as it is.
///
/// Keras: `keras.ops.image.perspective_transform`.
///
/// # Errors
/// When `images` does not have shape (batch, height, width, channels), or there are not four points
/// for each picture.
///
/// # Example
/// ```
/// use kerust::{ops, prelude::*};
/// let picture = Tensor::arange(9).astype(DType::Float32).reshape((1, 3, 3, 1))?;
/// let start = [0.0, 0.0, 2.0, 0.0, 0.0, 2.0, 2.0, 2.0];
/// let start = Tensor::from_vec(start.to_vec(), (1, 4, 2))?;
/// // All points one pixel to the right.
/// let end = [1.0, 0.0, 3.0, 0.0, 1.0, 2.0, 3.0, 2.0];
/// let end = Tensor::from_vec(end.to_vec(), (1, 4, 2))?;
/// let tape = &mut Tape::off();
/// let bilinear = kerust::layers::Interpolation::Bilinear;
/// let moved = ops::perspective_transform(tape, &picture, &start, &end, bilinear, 0.0)?;
/// assert_eq!(moved.index(0)?.index(1)?.to_vec::<i64>(), [0, 3, 4]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn perspective_transform(
    tape: &mut Tape,
    images: &Tensor,
    start_points: &Tensor,
    end_points: &Tensor,
    interpolation: Interpolation,
    fill_value: f32,
) -> Result<Tensor> {
    let [batch, height, width, _] = pictures("perspective_transform", images)?;
    let start = corners("start_points", start_points, batch)?;
    let end = corners("end_points", end_points, batch)?;
    let pairs = start.iter().zip(&end);
    let origins = pairs.map(|(start, end)| perspective_origin(homography(start, end)));
    let look = Look {
        interpolation,
        fill_mode: FillMode::Constant,
        fill_value,
    };
    rearrange(tape, images, (height, width), origins.collect(), look)
}

/// Where the pixels come from under a map; without one they stay.
pub(crate) fn perspective_origin(map: Option<[f32; 8]>) -> Origin {
    const AS_IT_IS: [f32; 8] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0];
    Origin::Perspective(map.unwrap_or(AS_IT_IS))
}

fn corners(name: &str, points: &Tensor, batch: usize) -> Result<Vec<Corners>> {
    if points.shape().dims() != [batch, 4, 2] {
        return Err(Error::shape(format!(
            "argument `{name}`: expected shape ({batch}, 4, 2), got {}",
            points.shape()
        )));
    }
    let points = points.as_floats();
    let numbers = points.as_chunks::<2>().0;
    Ok(numbers.as_chunks::<4>().0.to_vec())
}

/// The map that brings `end` back to `start`; none when the points do not say one.
pub(crate) fn homography(start: &Corners, end: &Corners) -> Option<[f32; 8]> {
    let mut system = [[0.0f64; 9]; 8];
    for (i, (start, end)) in start.iter().zip(end).enumerate() {
        let [sx, sy] = start.map(f64::from);
        let [ex, ey] = end.map(f64::from);
        system[2 * i] = [ex, ey, 1.0, 0.0, 0.0, 0.0, -sx * ex, -sx * ey, sx];
        system[2 * i + 1] = [0.0, 0.0, 0.0, ex, ey, 1.0, -sy * ex, -sy * ey, sy];
    }
    solve(system).map(|map| map.map(|number| number as f32))
}

/// Solves eight equations, each with its right side behind, by elimination.
fn solve(mut system: [[f64; 9]; 8]) -> Option<[f64; 8]> {
    for column in 0..8 {
        let rest = column..8;
        let pivot = rest.max_by(|&a, &b| {
            let size = |row: usize| system[row][column].abs();
            size(a).total_cmp(&size(b))
        })?;
        system.swap(column, pivot);
        let pivot = system[column];
        if pivot[column].is_nan() || pivot[column].abs() <= 1e-9 {
            return None;
        }
        for (row, equation) in system.iter_mut().enumerate() {
            if row == column {
                continue;
            }
            let times = equation[column] / pivot[column];
            for (number, pivot) in equation.iter_mut().zip(&pivot) {
                *number -= times * pivot;
            }
        }
    }
    let mut solution = [0.0; 8];
    for (i, (solution, equation)) in solution.iter_mut().zip(&system).enumerate() {
        *solution = equation[8] / equation[i];
    }
    solution.iter().all(|x| x.is_finite()).then_some(solution)
}
