//! The loss over two weights, and the ways that optimizers take down.

use image::{Rgba, RgbaImage};

use super::axes::{Axis, Panel, Plot, Side};
use super::colormap::Colormap;
use super::contour::Grid;
use super::legend::Entry;
use super::scene::{Pen, Point, Scene};
use super::theme::{Color, series};
use super::thin::simplify;
use super::{Figure, colorbar};
use crate::{Error, Result};

/// The arguments of [`loss_surface`].
#[derive(Clone, Debug, PartialEq)]
pub struct LossSurface {
    /// The first weight, from where to where; -3 to 3 unless set. It grows where a path leads out.
    pub x: (f64, f64),
    /// The second weight, likewise.
    pub y: (f64, f64),
    /// What the first weight is called; `"w1"` unless set.
    pub x_label: String,
    /// What the second weight is called; `"w2"` unless set.
    pub y_label: String,
    /// The ways of optimizers: a name and the weights after each step.
    pub paths: Vec<(String, Vec<(f64, f64)>)>,
}

impl Default for LossSurface {
    fn default() -> Self {
        Self {
            x: (-3.0, 3.0),
            y: (-3.0, 3.0),
            x_label: "w1".to_string(),
            y_label: "w2".to_string(),
            paths: Vec::new(),
        }
    }
}

/// The loss over two weights as colors and lines of equal height, and the ways that optimizers take
/// on it, from a ring to a full dot.
///
/// `loss` is asked at about 6600 places. Colors lie closer where the loss is low, so that a narrow
/// valley shows. Where the loss has no value, the chart is gray.
///
/// Keras: what tutorials draw with `plt.contourf` and `plt.plot`.
///
/// # Errors
/// When a range has no length.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let loss = |w1: f64, w2: f64| w1 * w1 + 10.0 * w2 * w2;
/// let mut path = vec![(2.5, 2.0)];
/// for _ in 0..20 {
///     let (w1, w2) = path[path.len() - 1];
///     path.push((w1 - 0.08 * 2.0 * w1, w2 - 0.08 * 20.0 * w2));
/// }
/// let paths = vec![("gradient descent".to_string(), path)];
/// let figure = plot::loss_surface(loss, plot::LossSurface { paths, ..Default::default() })?;
/// assert_eq!(figure.to_string(), "<loss over w1 and w2, with the path of gradient descent>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn loss_surface(
    mut loss: impl FnMut(f64, f64) -> f64,
    arguments: LossSurface,
) -> Result<Figure> {
    draw(&mut loss, &arguments).map_err(|error| error.at("loss_surface"))
}

const SIZE: Point = (620.0, 480.0);
/// The points of the grid in each direction.
const POINTS: usize = 81;
/// The bands of color, and the pixels of their picture.
const BANDS: usize = 14;
const PIXELS: u32 = 280;

/// Heights as shares of the way from the lowest to the highest, stretched where they are low.
struct Heights {
    low: f64,
    high: f64,
    bend: f64,
}

impl Heights {
    fn of(heights: &[f64]) -> Heights {
        let (low, high) = super::axes::range(heights.iter().copied());
        let mut sorted: Vec<f64> = heights.iter().copied().filter(|h| h.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or(low);
        // Half of the surface gets more than half of the colors.
        let bend = ((median - low) / 3.0).max((high - low) * 1e-6);
        Heights { low, high, bend }
    }

    fn share(&self, height: f64) -> f64 {
        let whole = ((self.high - self.low) / self.bend).ln_1p();
        (((height - self.low) / self.bend).max(0.0).ln_1p() / whole).min(1.0)
    }

    fn at(&self, share: f64) -> f64 {
        let whole = ((self.high - self.low) / self.bend).ln_1p();
        self.low + self.bend * (share * whole).exp_m1()
    }
}

fn draw(loss: &mut dyn FnMut(f64, f64) -> f64, arguments: &LossSurface) -> Result<Figure> {
    let all = || arguments.paths.iter().flat_map(|(_, path)| path);
    let x = wide_enough("x", arguments.x, all().map(|point| point.0))?;
    let y = wide_enough("y", arguments.y, all().map(|point| point.1))?;
    let place =
        |(low, high): (f64, f64), i: usize| low + (high - low) * i as f64 / (POINTS - 1) as f64;
    let mut heights = Vec::with_capacity(POINTS * POINTS);
    for row in 0..POINTS {
        for column in 0..POINTS {
            // From the top row on.
            heights.push(loss(place(x, column), place(y, POINTS - 1 - row)));
        }
    }
    let scale = Heights::of(&heights);
    let grid = Grid {
        columns: POINTS,
        rows: POINTS,
        heights,
    };
    let levels: Vec<(f64, String)> = (0..=7)
        .map(|i| f64::from(i) / 7.0)
        .map(|share| (share, short(scale.at(share))))
        .collect();
    let beside = colorbar::width_of(&levels) + 8.0;
    let size = (SIZE.0 - beside, SIZE.1);
    let paths = arguments.paths.iter().enumerate();
    let legend = paths.map(|(i, (name, _))| Entry::line(name, Pen::new(series(order(i)), 2.5)));
    let mut scene = Scene::new(SIZE.0, SIZE.1);
    let plot = Panel::new(
        (0.0, 0.0),
        size,
        Axis::new(&arguments.x_label, x.0, x.1),
        Axis::new(&arguments.y_label, y.0, y.1),
    )
    .legend(legend.collect(), Side::Above)
    .grid(false, false)
    .draw(&mut scene);
    draw_surface(&mut scene, &plot, &grid, &scale)?;
    let paths = arguments.paths.iter().enumerate();
    let paths: Vec<(Vec<Point>, Color)> = paths
        .map(|(i, (_, path))| (places(&plot, path), series(order(i))))
        .filter(|(places, _)| !places.is_empty())
        .collect();
    for (path, color) in &paths {
        draw_path(&mut scene, path, *color);
    }
    for (path, color) in &paths {
        draw_ends(&mut scene, path, *color);
    }
    let corner = (plot.left + plot.width + 14.0, plot.top);
    colorbar::draw_at(&mut scene, corner, plot.height, Colormap::Viridis, &levels)?;
    let names: Vec<&str> = arguments
        .paths
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let with = match names.len() {
        0 => String::new(),
        1 => format!(", with the path of {}", names[0]),
        _ => format!(", with the paths of {}", names.join(", ")),
    };
    let (x, y) = (&arguments.x_label, &arguments.y_label);
    Ok(Figure::from_scene(
        scene,
        &format!("loss over {x} and {y}{with}"),
    ))
}

/// Orange stands out from the colors of the surface.
fn order(path: usize) -> usize {
    [1, 3, 0, 4, 2, 5, 6][path % 7]
}

/// A range, with room for what leaves it by less than its own length.
fn wide_enough(
    name: &str,
    (low, high): (f64, f64),
    values: impl Iterator<Item = f64>,
) -> Result<(f64, f64)> {
    let span = high - low;
    if !(low < high && span.is_finite()) {
        let given = format!("({low}, {high})");
        return Err(Error::argument(name, "a lower and a higher number", given));
    }
    let near = values.filter(|value| (low - span..=high + span).contains(value));
    let ends = near.fold((low, high), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let room = |by: f64| if by > 0.0 { 0.04 * span } else { 0.0 };
    Ok((ends.0 - room(low - ends.0), ends.1 + room(ends.1 - high)))
}

/// Three digits, at most.
fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_string(),
        size if (0.01..10.0).contains(&size) => format!("{value:.2}"),
        size if (10.0..100.0).contains(&size) => format!("{value:.1}"),
        size if (100.0..100_000.0).contains(&size) => format!("{value:.0}"),
        _ => format!("{value:.1e}"),
    }
}

fn draw_surface(scene: &mut Scene, plot: &Plot, grid: &Grid, scale: &Heights) -> Result<()> {
    let squares = (POINTS - 1) as f64;
    let pixels = RgbaImage::from_fn(PIXELS, PIXELS, |x, y| {
        let place = |pixel: u32| (f64::from(pixel) + 0.5) / f64::from(PIXELS) * squares;
        let share = scale.share(grid.between(place(x), place(y)));
        let band = (share * BANDS as f64).floor().min(BANDS as f64 - 1.0);
        let [red, green, blue] = Colormap::Viridis.at((band + 0.5) / BANDS as f64);
        Rgba([red, green, blue, 255])
    });
    scene.image((plot.left, plot.top), (plot.width, plot.height), pixels)?;
    let white = Pen::new(WHITE.faint(0.45), 0.8);
    for level in 1..BANDS {
        let level = scale.at(level as f64 / BANDS as f64);
        for line in grid.contour(level) {
            let place = |(x, y): &Point| {
                (
                    plot.left + x / squares * plot.width,
                    plot.top + y / squares * plot.height,
                )
            };
            let line: Vec<Point> = line.iter().map(place).collect();
            scene.line(simplify(&line, 0.35), white);
        }
    }
    Ok(())
}

/// The places of a path on the chart, until it leaves it.
fn places(plot: &Plot, path: &[Point]) -> Vec<Point> {
    const STEPS: usize = 400;
    let inside = path.iter().take_while(|point| plot.has(**point));
    let places: Vec<Point> = inside.map(|point| plot.at(*point)).collect();
    let step = places.len().div_ceil(STEPS).max(1);
    let mut shown: Vec<Point> = places.iter().copied().step_by(step).collect();
    if let Some(last) = places.last().filter(|last| shown.last() != Some(last)) {
        shown.push(*last);
    }
    shown
}

const WHITE: Color = Color::rgb(0xff_ff_ff);

/// A line with a white edge, so that it can be seen on every color.
fn draw_path(scene: &mut Scene, path: &[Point], color: Color) {
    scene.line(path.to_vec(), Pen::new(WHITE, 4.2));
    scene.line(path.to_vec(), Pen::new(color, 2.4));
    if path.len() <= 60 {
        scene.dots(path.to_vec(), 3.2, color);
    }
}

/// A ring at the start, and a full dot at the end.
fn draw_ends(scene: &mut Scene, path: &[Point], color: Color) {
    let (Some(start), Some(end)) = (path.first(), path.last()) else {
        return;
    };
    scene.dots(vec![*start], 6.0, color);
    scene.dots(vec![*start], 3.4, WHITE);
    scene.dots(vec![*end], 7.0, WHITE);
    scene.dots(vec![*end], 5.5, color);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::check::{checked, curves};

    #[test]
    fn shares_and_heights_belong_together() {
        let scale = Heights::of(&[0.0, 1.0, 4.0, 100.0]);
        assert_eq!((scale.share(0.0), scale.share(100.0)), (0.0, 1.0));
        for share in [0.1, 0.5, 0.9] {
            assert!((scale.share(scale.at(share)) - share).abs() < 1e-12);
        }
    }

    #[test]
    fn a_surface_has_lines_and_a_path() -> Result<()> {
        let rosenbrock = |x: f64, y: f64| (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2);
        let path: Vec<Point> = (0..30).map(|i| (-1.5 + 0.08 * f64::from(i), 2.0)).collect();
        let paths = vec![("adam".to_string(), path)];
        let arguments = LossSurface {
            x: (-2.0, 2.0),
            y: (-1.0, 3.0),
            paths,
            ..Default::default()
        };
        let figure = loss_surface(rosenbrock, arguments)?;
        let svg = checked(&figure);
        assert!(svg.len() < 90_000, "{}", svg.len());
        let drawn: Vec<usize> = curves(&figure, series(1)).iter().map(Vec::len).collect();
        assert_eq!(drawn, [2, 30], "the legend and the path");
        Ok(())
    }

    #[test]
    fn strange_surfaces_and_paths_are_drawn() -> Result<()> {
        let losses: [fn(f64, f64) -> f64; 5] = [
            |_, _| 1.0,
            |_, _| f64::NAN,
            |x, _| 1.0 / x,
            |x, y| (300.0 * (x * x + y * y)).exp(),
            |x, _| if x < 0.0 { f64::NAN } else { x },
        ];
        for loss in losses {
            for path in [
                vec![],
                vec![(0.0, 0.0)],
                vec![(0.0, 0.0), (f64::NAN, 1.0), (1e300, 0.0)],
                vec![(4.0, 0.0), (0.0, -4.0)],
                vec![(0.5, 0.5); 100_000],
            ] {
                let paths = vec![("p".to_string(), path)];
                let arguments = LossSurface {
                    paths,
                    ..Default::default()
                };
                checked(&loss_surface(loss, arguments)?);
            }
        }
        for range in [(1.0, 1.0), (f64::NAN, 1.0), (-1e308, 1e308), (2.0, 1.0)] {
            let arguments = LossSurface {
                y: range,
                ..Default::default()
            };
            assert!(loss_surface(|_, _| 0.0, arguments).is_err());
        }
        Ok(())
    }
}
