//! Activation functions and losses as curves, to see what they do.

use super::Figure;
use super::axes::{Axis, Panel, Side};
use super::legend::{Entry, Rows};
use super::scene::{Pen, Point, Scene};
use super::theme::Color;
use crate::losses::Loss;
use crate::{Activation, Error, Result, Setting, Tape, Tensor};

/// The arguments of [`activation_curves`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActivationCurves {
    /// From where to where; -5 to 5 unless set.
    pub range: (f64, f64),
    /// Whether the derivatives are drawn beside, as unless set.
    pub derivative: bool,
}

impl Default for ActivationCurves {
    fn default() -> Self {
        Self {
            range: (-5.0, 5.0),
            derivative: true,
        }
    }
}

/// Activation functions as curves, and their derivatives beside.
///
/// Takes names or values, as layers do.
///
/// Keras: what its tutorials draw of `keras.activations` with Matplotlib.
///
/// # Errors
/// When a name does not exist, the range has no length, or a function is not one of single numbers,
/// such as softmax.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let figure = plot::activation_curves(&["relu", "gelu", "silu"], Default::default())?;
/// assert_eq!(figure.to_string(), "<curves of relu, gelu, silu>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn activation_curves<A: Clone + Into<Setting<Activation>>>(
    activations: &[A],
    arguments: ActivationCurves,
) -> Result<Figure> {
    let settings: Vec<Setting<Activation>> = activations.iter().cloned().map(Into::into).collect();
    draw_activations(&settings, arguments).map_err(|error| error.at("activation_curves"))
}

/// The arguments of [`loss_curves`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossCurves {
    /// What would be right; 0 unless set.
    pub y_true: f64,
    /// The predictions, from where to where; -3 to 3 unless set.
    pub range: (f64, f64),
}

impl Default for LossCurves {
    fn default() -> Self {
        Self {
            y_true: 0.0,
            range: (-3.0, 3.0),
        }
    }
}

/// What losses make of predictions around the true value, as curves.
///
/// Takes names or values, as `compile` does. Where a loss has no value there is a gap.
///
/// Keras: what tutorials draw of `keras.losses` with Matplotlib.
///
/// # Errors
/// When a name does not exist, the range has no length, or a loss does not take single numbers.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let figure = plot::loss_curves(&["mse", "mae", "huber"], Default::default())?;
/// let probabilities = plot::LossCurves { y_true: 1.0, range: (0.0, 1.0) };
/// plot::loss_curves(&["binary_crossentropy"], probabilities)?;
/// assert_eq!(figure.to_string(), "<curves of mean_squared_error, mean_absolute_error, huber_loss>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn loss_curves<L: Clone + Into<Setting<Box<dyn Loss>>>>(
    losses: &[L],
    arguments: LossCurves,
) -> Result<Figure> {
    let settings = losses.iter().cloned().map(Into::into).collect::<Vec<_>>();
    draw_losses(&settings, arguments).map_err(|error| error.at("loss_curves"))
}

/// So many places have a value.
const PLACES: usize = 401;
const PANEL: Point = (370.0, 290.0);

/// Evenly lying numbers.
fn places((low, high): (f64, f64)) -> Result<Tensor> {
    if !(low.is_finite() && high.is_finite() && low < high) {
        let given = format!("({low}, {high})");
        return Err(Error::argument(
            "range",
            "a lower and a higher number",
            given,
        ));
    }
    // Not the ends themselves: there a loss of probabilities is out of all proportion.
    let place = |i: usize| low + (high - low) * (i as f64 + 0.5) / PLACES as f64;
    Tensor::from_vec((0..PLACES).map(place).collect(), (PLACES, 1))
}

/// A function's name, its values, and those of its derivative.
struct Function {
    name: String,
    values: Vec<Point>,
    slopes: Vec<Point>,
}

fn draw_activations(
    settings: &[Setting<Activation>],
    arguments: ActivationCurves,
) -> Result<Figure> {
    let x = places(arguments.range)?;
    let across = x.to_vec::<f64>();
    let points = |y: &Tensor| across.iter().copied().zip(y.to_vec::<f64>()).collect();
    let mut functions = Vec::new();
    for setting in settings {
        let activation = *setting.get()?;
        require_single_numbers(activation)?;
        let mut tape = Tape::recording();
        let watched = tape.watch(&x);
        let y = activation.call(&mut tape, &watched)?;
        let slopes = tape.gradient(&y, &[&watched])?;
        functions.push(Function {
            name: activation.name().to_string(),
            values: points(&y),
            slopes: points(&slopes[0]),
        });
    }
    let columns = if arguments.derivative { 2 } else { 1 };
    let x = Axis::new("x", arguments.range.0, arguments.range.1);
    draw(&functions, columns, &x, ["activation(x)", "derivative"])
}

fn require_single_numbers(activation: Activation) -> Result<()> {
    use Activation::{
        Glu, GluWith, LogSoftmax, LogSoftmaxWith, Softmax, SoftmaxWith, Sparsemax, SparsemaxWith,
    };
    match activation {
        Softmax
        | SoftmaxWith { .. }
        | LogSoftmax
        | LogSoftmaxWith { .. }
        | Sparsemax
        | SparsemaxWith { .. }
        | Glu
        | GluWith { .. } => {
            let given = format!(
                "\"{}\", which works on all numbers of an axis",
                activation.name()
            );
            Err(Error::argument(
                "activations",
                "functions of one number",
                given,
            ))
        }
        _ => Ok(()),
    }
}

fn draw_losses(settings: &[Setting<Box<dyn Loss>>], arguments: LossCurves) -> Result<Figure> {
    let y_pred = places(arguments.range)?;
    let y_true = Tensor::full((PLACES, 1), arguments.y_true as f32);
    let across = y_pred.to_vec::<f64>();
    let mut functions = Vec::new();
    for setting in settings {
        let loss = setting.get()?;
        loss.check_arguments()?;
        let values = loss.values(&mut Tape::off(), &y_true, &y_pred)?;
        let values = across.iter().copied().zip(values.to_vec::<f64>());
        functions.push(Function {
            name: loss.name().to_string(),
            values: values.collect(),
            slopes: Vec::new(),
        });
    }
    let x = format!("prediction (true value: {})", arguments.y_true);
    let x = Axis::new(x, arguments.range.0, arguments.range.1);
    draw(&functions, 1, &x, ["loss", ""])
}

fn draw(functions: &[Function], columns: usize, across: &Axis, y: [&str; 2]) -> Result<Figure> {
    let size = match columns {
        1 => (560.0, 320.0),
        _ => PANEL,
    };
    let width = size.0 * columns as f64;
    let entries = functions.iter().enumerate();
    let entries = entries.map(|(i, function)| Entry::line(&function.name, Pen::series(i)));
    let legend = Rows::new(&entries.collect::<Vec<_>>(), width - 24.0, 4);
    let mut scene = Scene::new(width, legend.height() + 8.0 + size.1);
    legend.draw(&mut scene, 8.0, 6.0);
    for (column, name) in y.into_iter().take(columns).enumerate() {
        let curves = || {
            functions.iter().map(|function| match column {
                0 => &function.values,
                _ => &function.slopes,
            })
        };
        let all = || curves().flatten();
        let corner = (column as f64 * size.0, legend.height() + 8.0);
        let along = Axis::of(name, all().map(|point| point.1), 0.06);
        let (low, high) = (along.low, along.high);
        let plot = Panel::new(corner, size, across.clone(), along)
            .legend(Vec::new(), Side::Above)
            .grid(true, true)
            .draw(&mut scene);
        if low < 0.0 && high > 0.0 {
            let (left, right) = (plot.left, plot.left + plot.width);
            let zero = vec![(left, plot.y(0.0)), (right, plot.y(0.0))];
            scene.line(zero, Pen::new(Color::Ink.faint(0.6), 1.0));
        }
        for (i, points) in curves().enumerate() {
            plot.curve(&mut scene, points, Pen::series(i));
        }
    }
    let names: Vec<&str> = functions.iter().map(|f| f.name.as_str()).collect();
    let description = format!("curves of {}", names.join(", "));
    Ok(Figure::from_scene(scene, &description))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::check::{checked, curves, texts};
    use crate::plot::theme::series;

    #[test]
    fn a_function_and_its_derivative_have_a_curve_each() -> Result<()> {
        let figure = activation_curves(&["relu", "tanh"], Default::default())?;
        checked(&figure);
        let drawn = curves(&figure, series(0));
        assert_eq!(drawn.len(), 3, "legend, function, derivative");
        let (start, end) = (drawn[1][0], drawn[1][drawn[1].len() - 1]);
        let below = drawn[1][drawn[1].len() / 4];
        assert_eq!(start.1, below.1, "0 below 0");
        assert!(end.1 < below.1, "up from there");
        let alone = ActivationCurves {
            derivative: false,
            ..Default::default()
        };
        let leaky = Activation::LeakyReluWith {
            negative_slope: 0.5,
        };
        checked(&activation_curves(&[leaky], alone)?);
        Ok(())
    }

    #[test]
    fn all_names_are_drawn_or_refused() -> Result<()> {
        let single: Vec<&str> = crate::activations::ACTIVATIONS
            .iter()
            .filter(|(_, activation)| require_single_numbers(*activation).is_ok())
            .map(|(names, _)| names[0])
            .collect();
        assert!(single.len() > 20);
        let figure = activation_curves(&single, Default::default())?;
        assert!(checked(&figure).len() < 400_000);
        for names in [["softmax", "relu"], ["relu", "reluu"]] {
            assert!(activation_curves(&names, Default::default()).is_err());
        }
        for range in [
            (1.0, 1.0),
            (2.0, 1.0),
            (f64::NAN, 1.0),
            (0.0, f64::INFINITY),
        ] {
            let arguments = ActivationCurves {
                range,
                derivative: true,
            };
            assert!(activation_curves(&["relu"], arguments).is_err());
        }
        checked(&activation_curves::<&str>(&[], Default::default())?);
        Ok(())
    }

    #[test]
    fn losses_have_their_least_where_the_prediction_is_right() -> Result<()> {
        let figure = loss_curves(&["mse", "mae", "huber", "log_cosh"], Default::default())?;
        checked(&figure);
        for number in 0..4 {
            let curve = &curves(&figure, series(number))[1];
            let lowest = curve.iter().max_by(|a, b| a.1.total_cmp(&b.1));
            let middle = (curve[0].0 + curve[curve.len() - 1].0) / 2.0;
            assert!(lowest.is_some_and(|lowest| (lowest.0 - middle).abs() < 3.0));
        }
        let probabilities = LossCurves {
            y_true: 1.0,
            range: (0.0, 1.0),
        };
        let names = ["binary_crossentropy", "binary_focal_crossentropy"];
        let figure = loss_curves(&names, probabilities)?;
        checked(&figure);
        assert!(texts(&figure).contains(&"prediction (true value: 1)".to_string()));
        assert!(loss_curves(&["nonsense"], Default::default()).is_err());
        Ok(())
    }
}
