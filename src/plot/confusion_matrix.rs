//! Which class was taken for which.

use std::str::FromStr;

use image::{Rgba, RgbaImage};

use super::axes::TITLE;
use super::colormap::{Colormap, readable_on};
use super::labels::{class_names, classes, count_classes, require_as_many};
use super::scene::{Point, Scene, Text};
use super::theme::Color;
use super::ticks::every;
use super::{Figure, colorbar, text};
use crate::{Error, Result, Setting, Tensor};

/// Of what the numbers of a confusion matrix are shares.
///
/// scikit-learn: the argument `normalize` of `confusion_matrix`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalize {
    /// `"true"`: of all samples of the true class, so that each row adds up to 1.
    True,
    /// `"pred"`: of all samples predicted as the class, so that each column adds up to 1.
    Pred,
    /// `"all"`: of all samples.
    All,
}

impl FromStr for Normalize {
    type Err = Error;

    fn from_str(name: &str) -> Result<Normalize> {
        match name {
            "true" => Ok(Normalize::True),
            "pred" => Ok(Normalize::Pred),
            "all" => Ok(Normalize::All),
            _ => Err(Error::unknown_name(
                "normalization",
                name,
                &["true", "pred", "all"],
            )),
        }
    }
}

impl From<Normalize> for Setting<Normalize> {
    fn from(normalize: Normalize) -> Self {
        Setting::value(normalize)
    }
}

/// The arguments of [`confusion_matrix`], with scikit-learn's defaults.
#[derive(Clone, Debug, Default)]
pub struct ConfusionMatrix {
    /// Shares in the place of counts: `Some("true".into())`, `"pred"` or `"all"`; counts unless
    /// set.
    pub normalize: Option<Setting<Normalize>>,
}

/// Which class was taken for which: a row for each true class, a column for each predicted one, and
/// in the cells how often, as numbers and as colors.
///
/// `y_true` and `y_pred` are class numbers of shape (n,) or (n, 1), or scores for each class, of
/// shape (n, classes). Without names pass `&[""; 0]`. More than 40 classes are shown by color alone.
///
/// scikit-learn: `ConfusionMatrixDisplay.from_predictions`.
///
/// # Errors
/// When there are more labels than predictions or the other way round, one is no class number, or
/// there are fewer names than classes.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let y_true = Tensor::from_vec(vec![0, 1, 1, 1], 4)?;
/// let y_pred = Tensor::from_vec(vec![0.9, 0.1, 0.2, 0.8, 0.6, 0.4, 0.3, 0.7], (4, 2))?;
/// let names = ["cat", "dog"];
/// let figure = plot::confusion_matrix(&y_true, &y_pred, &names, Default::default())?;
/// assert_eq!(figure.to_string(), "<confusion matrix of 2 classes: 3 of 4 right>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn confusion_matrix<S: AsRef<str>>(
    y_true: &Tensor,
    y_pred: &Tensor,
    class_names: &[S],
    arguments: ConfusionMatrix,
) -> Result<Figure> {
    let names: Vec<&str> = class_names.iter().map(AsRef::as_ref).collect();
    draw(y_true, y_pred, &names, &arguments).map_err(|error| error.at("confusion_matrix"))
}

/// More classes than this would not fit into memory.
const MOST: usize = 4096;
/// Up to so many classes have numbers in their cells.
const NUMBERS: usize = 40;
/// The side of all cells together, at most.
const SIDE: f64 = 560.0;
const LABEL: f64 = 11.0;

/// The counts of each true class, and the numbers that are shown.
pub(super) struct Matrix {
    classes: usize,
    counts: Vec<u64>,
    shown: Vec<f64>,
}

impl Matrix {
    pub(super) fn new(y_true: &[usize], y_pred: &[usize], classes: usize) -> Matrix {
        let mut counts = vec![0; classes * classes];
        for (label, prediction) in y_true.iter().zip(y_pred) {
            counts[label * classes + prediction] += 1;
        }
        Matrix {
            classes,
            shown: counts.iter().map(|&count| count as f64).collect(),
            counts,
        }
    }

    /// Divides by what the numbers are to be shares of; what is 0 has shares of 0.
    pub(super) fn normalize(&mut self, normalize: Normalize) {
        let n = self.classes;
        let row = |row: usize| self.counts[row * n..(row + 1) * n].iter().sum::<u64>();
        let column = |column: usize| self.counts.iter().skip(column).step_by(n).sum::<u64>();
        let wholes: Vec<u64> = match normalize {
            Normalize::True => (0..n).map(row).collect(),
            Normalize::Pred => (0..n).map(column).collect(),
            Normalize::All => vec![self.counts.iter().sum(); n],
        };
        for (place, shown) in self.shown.iter_mut().enumerate() {
            let whole = match normalize {
                Normalize::Pred => wholes[place % n],
                _ => wholes[place / n],
            };
            *shown /= whole.max(1) as f64;
        }
    }

    fn right(&self) -> u64 {
        (0..self.classes)
            .map(|class| self.counts[class * self.classes + class])
            .sum()
    }

    fn highest(&self) -> f64 {
        self.shown.iter().copied().fold(0.0, f64::max)
    }

    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.shown[row * self.classes..(row + 1) * self.classes]
    }
}

fn draw(
    y_true: &Tensor,
    y_pred: &Tensor,
    names: &[&str],
    arguments: &ConfusionMatrix,
) -> Result<Figure> {
    let normalize = arguments.normalize.as_ref().map(Setting::get).transpose()?;
    let labels = classes(y_true, "y_true")?;
    let predictions = classes(y_pred, "y_pred")?;
    require_as_many(labels.len(), predictions.len())?;
    let count = count_classes(labels.iter().chain(&predictions)).max(names.len());
    if count > MOST {
        let error = format!("{count} classes do not fit into a matrix that can be looked at");
        return Err(Error::data(error).remedy("are the class numbers what was meant?"));
    }
    let count = count.max(1);
    let names = class_names(names, count)?;
    let mut matrix = Matrix::new(&labels, &predictions, count);
    if let Some(normalize) = normalize {
        matrix.normalize(*normalize);
    }
    let unit = match normalize {
        None => "samples",
        Some(Normalize::True) => "share of the true class",
        Some(Normalize::Pred) => "share of the predicted class",
        Some(Normalize::All) => "share of all samples",
    };
    let (right, all) = (matrix.right(), labels.len());
    let percent = 100.0 * right as f64 / all.max(1) as f64;
    let headline = format!("{percent:.1} % right ({right} of {all})");
    let scene = lay_out(&matrix, &names, &headline, unit, normalize.is_some())?;
    let noun = if count == 1 { "class" } else { "classes" };
    let description = format!("confusion matrix of {count} {noun}: {right} of {all} right");
    Ok(Figure::from_scene(scene, &description))
}

fn lay_out(
    matrix: &Matrix,
    names: &[String],
    headline: &str,
    unit: &str,
    is_share: bool,
) -> Result<Scene> {
    let count = matrix.classes as f64;
    let cell = (SIDE / count).min(86.0);
    let side = cell * count;
    let step = every(matrix.classes, (side / 15.0) as usize);
    let shown: Vec<(usize, &str)> = names
        .iter()
        .map(String::as_str)
        .enumerate()
        .step_by(step)
        .collect();
    let labels: Vec<String> = shown
        .iter()
        .map(|(_, name)| text::shorten(name, LABEL, 110.0))
        .collect();
    let widest = text::widest(labels.iter().map(String::as_str), LABEL);
    let are_flat = widest < cell * step as f64 - 6.0;
    let below = if are_flat { 22.0 } else { 0.72 * widest + 22.0 };
    let top = 62.0;
    // Turned names reach to the left of their cell.
    let left = (26.0 + widest + 8.0).max(if are_flat {
        0.0
    } else {
        0.72 * widest - cell / 2.0 + 8.0
    });
    let high = if is_share {
        1.0
    } else {
        matrix.highest().max(1.0)
    };
    let right = 18.0 + colorbar::width(0.0, high) + 10.0;
    let least = text::width(headline, TITLE) * 1.12 + 20.0;
    let mut scene = Scene::new((left + side + right).max(least), top + side + below + 26.0);
    scene.text(Text::new(headline, 8.0, 16.0).size(TITLE).bold());
    scene.text(
        Text::new(unit, left + side + right - 8.0, top - 16.0)
            .size(LABEL)
            .end(),
    );
    draw_cells(&mut scene, (left, top), cell, matrix, high, is_share)?;
    for ((class, _), label) in shown.iter().zip(&labels) {
        let middle = (*class as f64 + 0.5) * cell;
        scene.text(Text::new(label, left - 8.0, top + middle).size(LABEL).end());
        let bottom = top + side + 13.0;
        let name = Text::new(label, left + middle, bottom).size(LABEL);
        scene.text(match are_flat {
            true => name.middle(),
            false => name.end().turned(-45.0),
        });
    }
    let bar = (left + side + 18.0, top);
    colorbar::draw(&mut scene, bar, side, Colormap::Blues, (0.0, high))?;
    let middle = side / 2.0;
    scene.text(
        Text::new("true class", 14.0, top + middle)
            .middle()
            .turned(-90.0),
    );
    scene.text(Text::new("predicted class", left + middle, top + side + below + 14.0).middle());
    Ok(scene)
}

fn draw_cells(
    scene: &mut Scene,
    corner: Point,
    cell: f64,
    matrix: &Matrix,
    high: f64,
    is_share: bool,
) -> Result<()> {
    let color = |value: f64| Colormap::Blues.at(value / high);
    if matrix.classes > NUMBERS {
        let pixels = reduced(matrix, |value| {
            let [red, green, blue] = color(value);
            Rgba([red, green, blue, 255])
        });
        let side = cell * matrix.classes as f64;
        return scene.image(corner, (side, side), pixels);
    }
    let gap = if cell > 20.0 { 1.0 } else { 0.0 };
    for row in 0..matrix.classes {
        for (column, &value) in matrix.row(row).iter().enumerate() {
            let place = (
                corner.0 + column as f64 * cell,
                corner.1 + row as f64 * cell,
            );
            let background = color(value);
            let size = (cell - gap, cell - gap);
            scene.rectangle(place, size, Color::Rgb(background));
            let number = written(value, is_share);
            let size = (cell * 0.34).min(14.0);
            let size = size.min(size * (cell - 4.0) / text::width(&number, size));
            if size >= 6.0 {
                let center = (place.0 + (cell - gap) / 2.0, place.1 + (cell - gap) / 2.0);
                let number = Text::new(number, center.0, center.1).size(size).middle();
                scene.text(number.paint(readable_on(background)));
            }
        }
    }
    Ok(())
}

/// A pixel for each cell; of very many cells the highest ones of each neighborhood.
fn reduced(matrix: &Matrix, color: impl Fn(f64) -> Rgba<u8>) -> RgbaImage {
    const PIXELS: usize = 256;
    let block = matrix.classes.div_ceil(PIXELS);
    let side = matrix.classes.div_ceil(block);
    let mut highest = vec![0.0; side * side];
    for row in 0..matrix.classes {
        for (column, value) in matrix.row(row).iter().enumerate() {
            let highest: &mut f64 = &mut highest[row / block * side + column / block];
            *highest = highest.max(*value);
        }
    }
    RgbaImage::from_fn(side as u32, side as u32, |x, y| {
        color(highest[y as usize * side + x as usize])
    })
}

fn written(value: f64, is_share: bool) -> String {
    match is_share {
        false => format!("{value:.0}"),
        // Exact where it matters: nothing and everything.
        true if value == 0.0 => "0".to_string(),
        true if value == 1.0 => "1".to_string(),
        true => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::check::{checked, rectangles, texts};

    fn labels(values: &[usize]) -> Tensor {
        Tensor::from_vec(values.to_vec(), values.len()).expect("as many as there are")
    }

    fn figure(normalize: Option<&str>) -> Figure {
        let y_true = labels(&[0, 0, 0, 1, 1, 2]);
        let y_pred = labels(&[0, 0, 1, 1, 2, 2]);
        let arguments = ConfusionMatrix {
            normalize: normalize.map(Into::into),
        };
        confusion_matrix(&y_true, &y_pred, &["cat", "dog", "飞机"], arguments).expect("a chart")
    }

    /// The numbers in the cells, row by row.
    fn numbers(figure: &Figure) -> Vec<String> {
        texts(figure)[2..11].to_vec()
    }

    // scikit-learn 1.9: `confusion_matrix([0,0,0,1,1,2], [0,0,1,1,2,2], normalize=..)`.
    #[test]
    fn counts_and_shares_are_those_of_scikit_learn() {
        let counts = figure(None);
        checked(&counts);
        assert_eq!(
            numbers(&counts),
            ["2", "1", "0", "0", "1", "1", "0", "0", "1"]
        );
        let highest = Color::Rgb(Colormap::Blues.at(1.0));
        assert_eq!(rectangles(&counts, highest).len(), 1);
        for (normalize, expected) in [
            (
                "true",
                ["0.67", "0.33", "0", "0", "0.50", "0.50", "0", "0", "1"],
            ),
            (
                "pred",
                ["1", "0.50", "0", "0", "0.50", "0.50", "0", "0", "0.50"],
            ),
            (
                "all",
                ["0.33", "0.17", "0", "0", "0.17", "0.17", "0", "0", "0.17"],
            ),
        ] {
            let figure = figure(Some(normalize));
            checked(&figure);
            assert_eq!(numbers(&figure), expected);
        }
        for word in [
            "cat",
            "飞机",
            "true class",
            "predicted class",
            "66.7 % right (4 of 6)",
        ] {
            assert!(texts(&counts).iter().any(|text| text == word), "{word}");
        }
    }

    #[test]
    fn any_number_of_classes_can_be_read() -> Result<()> {
        let none: [&str; 0] = [];
        for count in [1, 2, 5, 10, 17, 30, 40, 41, 100, 1000, 4000] {
            let all = labels(&(0..count).collect::<Vec<_>>());
            let figure = confusion_matrix(&all, &all, &none, Default::default())?;
            let svg = checked(&figure);
            assert!(svg.len() < 320_000, "{count}: {}", svg.len());
            let names: Vec<String> = (0..count)
                .map(|i| format!("a rather long name {i}"))
                .collect();
            checked(&confusion_matrix(&all, &all, &names, Default::default())?);
        }
        let large = labels(&vec![0; 1_000_000]);
        checked(&confusion_matrix(
            &large,
            &large,
            &none,
            Default::default(),
        )?);
        let nothing = Tensor::zeros(0);
        checked(&confusion_matrix(
            &nothing,
            &nothing,
            &none,
            Default::default(),
        )?);
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let none: [&str; 0] = [];
        let draw = |y_true: &Tensor, y_pred: &Tensor, names: &[&str], normalize: Option<&str>| {
            let normalize = normalize.map(Into::into);
            confusion_matrix(y_true, y_pred, names, ConfusionMatrix { normalize })
        };
        let two = labels(&[0, 1]);
        for error in [
            draw(&two, &labels(&[0]), &none, None),
            draw(&two, &two, &["one"], None),
            draw(&two, &labels(&[0, 50_000]), &none, None),
            draw(&two, &two, &none, Some("rows")),
            draw(&Tensor::zeros((2, 3, 4)), &two, &none, None),
        ] {
            let error = error.expect_err("no chart").to_string();
            assert!(error.starts_with("confusion_matrix: "), "{error}");
        }
    }
}
