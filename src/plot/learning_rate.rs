//! Learning rates over the steps of a training.

use super::Figure;
use super::axes::{Axis, Panel, Side};
use super::legend::Entry;
use super::scene::{Pen, Point, Scene};
use crate::optimizers::schedules::LearningRateSchedule;
use crate::{Error, Result};

/// Learning-rate schedules over so many steps, each under its name.
///
/// Keras: what tutorials draw of `keras.optimizers.schedules` with Matplotlib.
///
/// # Errors
/// When there are no steps, or an argument of a schedule makes no sense.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let cosine = CosineDecay::new(0.1, 1000);
/// let steps = ExponentialDecay::new(0.1, 100, 0.8).staircase(true);
/// let figure = plot::learning_rate(&[("cosine", &cosine), ("exponential", &steps)], 1000)?;
/// assert_eq!(figure.to_string(), "<learning rate over 1000 steps: cosine, exponential>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn learning_rate(
    schedules: &[(&str, &dyn LearningRateSchedule)],
    steps: u64,
) -> Result<Figure> {
    draw(schedules, steps).map_err(|error| error.at("learning_rate"))
}

const SIZE: Point = (620.0, 320.0);
/// So many steps are asked for their rate.
const PLACES: u64 = 1000;

fn draw(schedules: &[(&str, &dyn LearningRateSchedule)], steps: u64) -> Result<Figure> {
    if steps == 0 {
        return Err(Error::argument("steps", "a positive whole number", steps));
    }
    let mut curves: Vec<Vec<Point>> = Vec::new();
    for (name, schedule) in schedules {
        schedule
            .check()
            .map_err(|error| error.at(format!("schedule `{name}`")))?;
        let places = steps.min(PLACES);
        let step = |place: u64| (u128::from(place) * u128::from(steps) / u128::from(places)) as u64;
        let rate = |place| (step(place) as f64, f64::from(schedule.call(step(place))));
        curves.push((0..=places).map(rate).collect());
    }
    let rates = || curves.iter().flatten().map(|point| point.1);
    let y = Axis::of("learning rate", rates(), 0.06);
    // 0 is near enough to be shown.
    let low = if y.low < 0.3 * y.high && rates().all(|rate| rate >= 0.0) {
        0.0
    } else {
        y.low
    };
    let y = Axis::new("learning rate", low, y.high);
    let entries = schedules.iter().enumerate();
    let legend = entries
        .map(|(i, (name, _))| Entry::line(*name, Pen::series(i)))
        .collect();
    let mut scene = Scene::new(SIZE.0, SIZE.1);
    let plot = Panel::new(
        (0.0, 0.0),
        SIZE,
        Axis::new("step", 0.0, steps as f64).whole(),
        y,
    )
    .legend(legend, Side::Above)
    .draw(&mut scene);
    for (i, curve) in curves.iter().enumerate() {
        plot.curve(&mut scene, curve, Pen::series(i));
    }
    let names: Vec<&str> = schedules.iter().map(|(name, _)| *name).collect();
    let description = format!("learning rate over {steps} steps: {}", names.join(", "));
    Ok(Figure::from_scene(scene, &description))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizers::schedules::{CosineDecay, ExponentialDecay};
    use crate::plot::check::{checked, curves};
    use crate::plot::theme::series;

    #[test]
    fn rates_are_drawn_from_the_first_step_to_the_last() -> Result<()> {
        let cosine = CosineDecay::new(0.1, 1000);
        let tiny = ExponentialDecay::new(1e-7, 10, 0.5);
        for steps in [1, 7, 1000, 1_000_000, u64::MAX] {
            let figure = learning_rate(&[("cosine", &cosine), ("tiny", &tiny)], steps)?;
            checked(&figure);
            assert_eq!(curves(&figure, series(0)).len(), 2);
        }
        let figure = learning_rate(&[("cosine", &cosine)], 1000)?;
        let curve = &curves(&figure, series(0))[1];
        assert!(
            curve.windows(2).all(|pair| pair[0].1 <= pair[1].1),
            "it falls"
        );
        checked(&learning_rate(&[("tiny", &tiny)], 100)?);
        checked(&learning_rate(&[], 100)?);
        assert!(learning_rate(&[("cosine", &cosine)], 0).is_err());
        assert!(learning_rate(&[("none", &CosineDecay::new(0.1, 0))], 9).is_err());
        Ok(())
    }
}
