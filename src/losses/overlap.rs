//! Losses that compare areas, for masks of pictures.

use serde_json::Value;

use super::rows::{Rows, record};
use super::targets::{check_same_shape, common_shape};
use super::{EPSILON, Loss, described, loss};
use crate::arguments::Argument;
use crate::{Result, Shape, Tape, Tensor};

/// The axes that are taken together; all of them, or those named.
///
/// Keras: the argument `axis` of `Dice` and `Tversky`.
///
/// # Example
/// ```
/// use kerust::losses::{Axes, Dice};
/// let for_each_picture = Dice::new().axis([1, 2, 3]);
/// assert_eq!(Axes::default(), Axes::all());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axes(Given);

/// As it was given, so that it is written to a configuration like that.
#[derive(Clone, Debug, Default, PartialEq)]
enum Given {
    #[default]
    All,
    One(isize),
    Several(Vec<isize>),
}

impl Axes {
    /// All axes.
    pub fn all() -> Self {
        Axes(Given::All)
    }

    fn rows(&self, shape: &Shape) -> Result<Rows> {
        match &self.0 {
            Given::All => Ok(Rows::whole(shape)),
            Given::One(axis) => Rows::along(shape, &[*axis]),
            Given::Several(axes) => Rows::along(shape, axes),
        }
    }
}

impl From<isize> for Axes {
    fn from(axis: isize) -> Self {
        Axes(Given::One(axis))
    }
}

impl<const N: usize> From<[isize; N]> for Axes {
    fn from(axes: [isize; N]) -> Self {
        Axes(Given::Several(axes.to_vec()))
    }
}

impl From<Vec<isize>> for Axes {
    fn from(axes: Vec<isize>) -> Self {
        Axes(Given::Several(axes))
    }
}

impl Argument for Axes {
    fn to_json(&self) -> Value {
        match &self.0 {
            Given::All => Value::Null,
            Given::One(axis) => axis.to_json(),
            Given::Several(axes) => axes.to_json(),
        }
    }

    fn from_json(value: &Value) -> Option<Self> {
        Some(Axes(match value {
            Value::Null => Given::All,
            Value::Array(_) => Given::Several(Argument::from_json(value)?),
            _ => Given::One(Argument::from_json(value)?),
        }))
    }

    fn expected() -> String {
        "an axis, a list of axes, or null for all".to_string()
    }
}

loss! {
    /// One minus twice the overlap of `y_true` and `y_pred`, divided by the sum of their areas.
    ///
    /// Keras: `keras.losses.Dice`, `"dice"`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::losses::{Dice, Loss};
    /// let y_true = Tensor::from_vec(vec![1, 1, 0, 0], (1, 2, 2, 1))?;
    /// let y_pred = Tensor::from_vec(vec![0.5, 1.0, 0.5, 0.0], (1, 2, 2, 1))?;
    /// let loss = Dice::new().axis([1, 2, 3]).call(&mut Tape::off(), &y_true, &y_pred)?;
    /// assert!((loss.item(0)? - 0.25).abs() < 1e-6);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    Dice, "dice" {
        /// The axes of an area; all of the batch together unless set.
        [into] axis: Axes = Axes::all(),
    }
}

loss! {
    /// One minus the overlap of `y_true` and `y_pred`, divided by itself plus `alpha` times what
    /// was missed plus `beta` times what was predicted in vain.
    ///
    /// Keras: `keras.losses.Tversky`, `"tversky"`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::losses::{Loss, Tversky};
    /// let y_true = Tensor::from_vec(vec![1, 1, 0, 0], (1, 4))?;
    /// let y_pred = Tensor::from_vec(vec![0.5, 1.0, 0.5, 0.0], (1, 4))?;
    /// let loss = Tversky::new().alpha(1.0).beta(0.0);
    /// let loss = loss.call(&mut Tape::off(), &y_true, &y_pred)?;
    /// assert!((loss.item(0)? - 0.25).abs() < 1e-6);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    Tversky, "tversky" {
        /// How much it weighs what is missed; 1/2 unless set.
        alpha: f32 = 0.5,
        /// How much it weighs what is predicted in vain; 1/2 unless set.
        beta: f32 = 0.5,
        /// The axes of an area; all of the batch together unless set.
        [into] axis: Axes = Axes::all(),
    }
}

impl Loss for Dice {
    described!();

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let rows = self.axis.rows(&common_shape(y_true, y_pred)?)?;
        record(
            tape,
            y_true,
            y_pred,
            rows,
            |targets, predictions, slopes| {
                let (overlap, of_targets, of_predictions) = areas(targets, predictions);
                let total = of_targets + of_predictions + f64::from(EPSILON);
                let share = 2.0 * overlap / total;
                for (slope, target) in slopes.iter_mut().zip(targets) {
                    *slope = ((share - 2.0 * f64::from(*target)) / total) as f32;
                }
                (1.0 - share) as f32
            },
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}

impl Loss for Tversky {
    described!();

    fn values(&self, tape: &mut Tape, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        let rows = self.axis.rows(&common_shape(y_true, y_pred)?)?;
        let (alpha, beta) = (f64::from(self.alpha), f64::from(self.beta));
        record(
            tape,
            y_true,
            y_pred,
            rows,
            move |targets, predictions, slopes| {
                let (overlap, of_targets, of_predictions) = areas(targets, predictions);
                let (missed, in_vain) = (of_targets - overlap, of_predictions - overlap);
                let total = overlap + alpha * missed + beta * in_vain + f64::from(EPSILON);
                let share = overlap / total;
                for (slope, target) in slopes.iter_mut().zip(targets) {
                    let target = f64::from(*target);
                    let growth = target - alpha * target + beta * (1.0 - target);
                    *slope = ((share * growth - target) / total) as f32;
                }
                (1.0 - share) as f32
            },
        )
    }

    fn check(&self, y_true: &Tensor, sample: &Shape) -> Result<()> {
        check_same_shape(y_true, sample)
    }
}

/// The overlap, the area of the labels and that of the predictions.
fn areas(targets: &[f32], predictions: &[f32]) -> (f64, f64, f64) {
    let sum = |values: &[f32]| values.iter().copied().map(f64::from).sum::<f64>();
    let products = targets.iter().zip(predictions);
    let overlap = products.map(|(t, p)| f64::from(*t) * f64::from(*p)).sum();
    (overlap, sum(targets), sum(predictions))
}
