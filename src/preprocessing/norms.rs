//! `normalize`.

use crate::{Error, Result, Tensor};

/// `x` divided by its norm of `order` along `axis`; where all numbers are 0 they stay so.
///
/// Keras: `keras.utils.normalize(x, axis=-1, order=2)`.
///
/// # Errors
/// When there is no such axis, or the order is 0.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let x = Tensor::from_vec(vec![3.0, 4.0], (1, 2))?;
/// assert_eq!(normalize(&x, -1, 2)?.to_vec::<f32>(), [0.6, 0.8]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn normalize(x: &Tensor, axis: isize, order: u32) -> Result<Tensor> {
    let axis = x.shape().axis(axis).map_err(|e| e.at("normalize"))?;
    if order == 0 {
        return Err(Error::argument("order", "1, 2 or more", order).at("normalize"));
    }
    let size = x.shape()[axis];
    // Numbers along the axis lie this far apart.
    let step: usize = x.shape()[axis + 1..].iter().product();
    let mut values = x.to_vec::<f32>();
    if values.is_empty() {
        return Tensor::from_vec(values, x.shape().clone());
    }
    let power = f64::from(order);
    for block in values.chunks_exact_mut(size * step) {
        for start in 0..step {
            let along = block[start..].iter().step_by(step);
            let sum: f64 = along.map(|&value| f64::from(value).abs().powf(power)).sum();
            let norm = sum.powf(1.0 / power) as f32;
            if norm != 0.0 {
                for value in block[start..].iter_mut().step_by(step) {
                    *value /= norm;
                }
            }
        }
    }
    Tensor::from_vec(values, x.shape().clone())
}
