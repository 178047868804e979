//! How many of a class are found, at the price of how many others.

use super::Figure;
use super::axes::{Axis, Panel, Side};
use super::legend::Entry;
use super::scene::{Pen, Point, Scene};
use super::scores::{OneClass, against_others, area, average_precision};
use super::theme::Color;
use crate::{Result, Tensor};

/// ROC curves: the true positive rate over the false positive rate at every threshold, with the
/// area under the curve (AUC) in the legend.
///
/// `y_true` are class numbers. `y_score` are the scores of two classes, of shape (n,), (n, 1) or (n,
/// 2), or of more, of shape (n, classes): then each class is compared with all others, and the title
/// has the mean of the areas. Of more than 14 classes those with the smallest areas are drawn.
/// Without names pass `&[""; 0]`.
///
/// scikit-learn: `RocCurveDisplay.from_predictions`, `roc_auc_score(..., multi_class="ovr")`.
///
/// # Errors
/// When labels and scores do not fit, a score is NaN, or there are fewer names than classes.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let y_true = Tensor::from_vec(vec![0, 0, 1, 1], 4)?;
/// let y_score = Tensor::from_vec(vec![0.1, 0.4, 0.35, 0.8], 4)?;
/// let figure = plot::roc_curve(&y_true, &y_score, &[""; 0])?;
/// assert_eq!(figure.to_string(), "<ROC curve: AUC 0.750>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn roc_curve<S: AsRef<str>>(
    y_true: &Tensor,
    y_score: &Tensor,
    class_names: &[S],
) -> Result<Figure> {
    let names: Vec<&str> = class_names.iter().map(AsRef::as_ref).collect();
    let classes = against_others(y_true, y_score, &names).map_err(|e| e.at("roc_curve"))?;
    let curves = curves(&classes, OneClass::roc, area);
    let mut scene = Scene::new(SIZE.0, SIZE.1);
    let chart = Chart {
        name: "ROC curve",
        measure: "AUC",
        axes: ["false positive rate", "true positive rate"],
        curves: &curves,
    };
    let chance = vec![(0.0, 0.0), (1.0, 1.0)];
    let description = chart.draw(&mut scene, &[("chance", chance)]);
    Ok(Figure::from_scene(scene, &description))
}

/// Precision-recall curves: how many of those taken for a class are of it, over how many of the
/// class are found, at every threshold, with the average precision (AP) in the legend.
///
/// The arguments are those of [`roc_curve`].
///
/// scikit-learn: `PrecisionRecallDisplay.from_predictions`, `average_precision_score`.
///
/// # Errors
/// When labels and scores do not fit, a score is NaN, or there are fewer names than classes.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let y_true = Tensor::from_vec(vec![0, 0, 1, 1], 4)?;
/// let y_score = Tensor::from_vec(vec![0.1, 0.4, 0.35, 0.8], 4)?;
/// let figure = plot::precision_recall_curve(&y_true, &y_score, &[""; 0])?;
/// assert_eq!(figure.to_string(), "<precision-recall curve: AP 0.833>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn precision_recall_curve<S: AsRef<str>>(
    y_true: &Tensor,
    y_score: &Tensor,
    class_names: &[S],
) -> Result<Figure> {
    let names: Vec<&str> = class_names.iter().map(AsRef::as_ref).collect();
    let classes = against_others(y_true, y_score, &names);
    let classes = classes.map_err(|e| e.at("precision_recall_curve"))?;
    let mut curves = curves(&classes, OneClass::precision_recall, average_precision);
    for curve in &mut curves {
        curve.points = in_steps(&curve.points);
    }
    let mut scene = Scene::new(SIZE.0, SIZE.1);
    let chart = Chart {
        name: "precision-recall curve",
        measure: "AP",
        axes: ["recall", "precision"],
        curves: &curves,
    };
    // By chance, precision is the share of the class; of several classes each has another one.
    let level = |share: f64| ("chance", vec![(0.0, share), (1.0, share)]);
    let chance: Vec<_> = match &classes[..] {
        [only] => vec![level(only.share())],
        _ => Vec::new(),
    };
    let description = chart.draw(&mut scene, &chance);
    Ok(Figure::from_scene(scene, &description))
}

const SIZE: Point = (680.0, 400.0);

/// The curve of a class.
struct Curve {
    name: Option<String>,
    /// Empty where there are no samples to draw it from.
    points: Vec<Point>,
    area: Option<f64>,
}

fn curves(
    classes: &[OneClass],
    points: impl Fn(&OneClass) -> Option<Vec<Point>>,
    area: impl Fn(&[Point]) -> f64,
) -> Vec<Curve> {
    let curve = |class: &OneClass| {
        let points = points(class);
        Curve {
            name: class.name.clone(),
            area: points.as_deref().map(&area),
            points: points.unwrap_or_default(),
        }
    };
    classes.iter().map(curve).collect()
}

/// A precision holds until the next threshold is passed.
fn in_steps(points: &[Point]) -> Vec<Point> {
    let mut steps: Vec<Point> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        steps.extend([(pair[0].0, pair[1].1), pair[1]]);
    }
    steps.dedup();
    steps
}

struct Chart<'a> {
    name: &'a str,
    measure: &'a str,
    axes: [&'a str; 2],
    curves: &'a [Curve],
}

/// More curves than these cannot be told apart.
const MOST: usize = 14;

impl Chart<'_> {
    /// All curves; of very many those with the smallest areas, which one wants to know about.
    fn shown(&self) -> Vec<&Curve> {
        let mut areas: Vec<f64> = self.curves.iter().filter_map(|curve| curve.area).collect();
        areas.sort_by(f64::total_cmp);
        let limit = match self.curves.len() > MOST {
            true => areas.get(MOST - 1).copied().unwrap_or(f64::INFINITY),
            false => f64::INFINITY,
        };
        let shown = self
            .curves
            .iter()
            .filter(|curve| curve.area.is_none_or(|area| area <= limit));
        shown.take(MOST).collect()
    }

    /// Draws the curves, and gray ones to compare with; returns a description.
    fn draw(&self, scene: &mut Scene, others: &[(&str, Vec<Point>)]) -> String {
        let areas: Vec<f64> = self.curves.iter().filter_map(|curve| curve.area).collect();
        let mean = match areas.len() {
            0 => None,
            count => Some(areas.iter().sum::<f64>() / count as f64),
        };
        let shown = self.shown();
        let mut legend: Vec<Entry> = Vec::new();
        for (i, curve) in shown.iter().enumerate() {
            let area = match curve.area {
                Some(area) => format!("{} = {area:.3}", self.measure),
                None => "no samples".to_string(),
            };
            let name = match &curve.name {
                Some(name) => format!("{} ({area})", super::text::shorten(name, 12.0, 92.0)),
                None => area,
            };
            legend.push(Entry::line(name, Pen::series(i)));
        }
        let gray = Pen::new(Color::Ink.faint(0.7), 1.5).dashed();
        legend.extend(others.iter().map(|(name, _)| Entry::line(*name, gray)));
        let (title, description) = match (self.curves.len(), mean) {
            (1, Some(mean)) => (self.name.to_string(), format!("{} {mean:.3}", self.measure)),
            (count, Some(mean)) => {
                let words = format!("mean {} {mean:.3}", self.measure);
                let which = match count > MOST {
                    true => format!("the {MOST} lowest of {count} classes"),
                    false => "each class against the others".to_string(),
                };
                (format!("{}: {words}, {which}", self.name), words)
            }
            (_, None) => (
                self.name.to_string(),
                "no samples of both kinds".to_string(),
            ),
        };
        let [x, y] = self.axes.map(|name| Axis::new(name, 0.0, 1.0));
        let plot = Panel::new((0.0, 0.0), SIZE, x, y)
            .title(title)
            .legend(legend, Side::Right)
            .grid(true, true)
            .draw(scene)
            .for_curves(shown.len());
        for (_, points) in others {
            plot.curve(scene, points, gray);
        }
        for (i, curve) in shown.iter().enumerate() {
            plot.curve(scene, &curve.points, Pen::series(i));
        }
        format!("{}: {description}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::check::{checked, curves as drawn, texts};
    use crate::plot::theme::series;

    fn tensor(values: &[f32], columns: usize) -> Tensor {
        let shape = match columns {
            1 => vec![values.len()],
            _ => vec![values.len() / columns, columns],
        };
        Tensor::from_vec(values.to_vec(), shape).expect("the values fill the shape")
    }

    #[test]
    fn two_classes_have_one_curve_and_chance() -> Result<()> {
        let none: [&str; 0] = [];
        let y_true = tensor(&[0.0, 0.0, 1.0, 1.0], 1);
        let y_score = tensor(&[0.1, 0.4, 0.35, 0.8], 1);
        let roc = roc_curve(&y_true, &y_score, &none)?;
        checked(&roc);
        // (0, 0), (0, 0.5), (0.5, 0.5), (0.5, 1), (1, 1), and the legend.
        let points: Vec<usize> = drawn(&roc, series(0)).iter().map(Vec::len).collect();
        assert_eq!(points, [2, 5]);
        assert!(texts(&roc).contains(&"AUC = 0.750".to_string()));
        assert!(texts(&roc).contains(&"false positive rate".to_string()));
        let pr = precision_recall_curve(&y_true, &y_score, &none)?;
        checked(&pr);
        assert!(texts(&pr).contains(&"AP = 0.833".to_string()));
        let both = tensor(&[0.9, 0.1, 0.6, 0.4, 0.65, 0.35, 0.2, 0.8], 2);
        assert_eq!(roc_curve(&y_true, &both, &none)?, roc);
        Ok(())
    }

    #[test]
    fn any_number_of_classes_and_samples_can_be_read() -> Result<()> {
        let none: [&str; 0] = [];
        for classes in [3, 10, 100] {
            let labels: Vec<f32> = (0..300).map(|i| (i % classes) as f32).collect();
            let scores: Vec<f32> = (0..300 * classes)
                .map(|i| (i * 7919 % 1000) as f32)
                .collect();
            let names: Vec<String> = (0..classes)
                .map(|i| format!("a rather long name {i}"))
                .collect();
            for figure in [
                roc_curve(&tensor(&labels, 1), &tensor(&scores, classes), &names)?,
                precision_recall_curve(&tensor(&labels, 1), &tensor(&scores, classes), &none)?,
            ] {
                assert!(
                    checked(&figure).len() < 60_000,
                    "{}",
                    checked(&figure).len()
                );
            }
        }
        let many: Vec<f32> = (0..200_000).map(|i| (i * 7919 % 100_003) as f32).collect();
        let labels: Vec<f32> = (0..200_000).map(|i| (i % 2) as f32).collect();
        let figure = roc_curve(&tensor(&labels, 1), &tensor(&many, 1), &none)?;
        assert!(checked(&figure).len() < 60_000);
        // Without samples of one kind there is no curve.
        let zeros = tensor(&[0.0, 0.0], 1);
        for draw in [roc_curve::<&str>, precision_recall_curve::<&str>] {
            let figure = draw(&zeros, &tensor(&[0.5, f32::INFINITY], 1), &none)?;
            checked(&figure);
            assert!(texts(&figure).contains(&"no samples".to_string()));
        }
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let none: [&str; 0] = [];
        let two = tensor(&[0.0, 1.0], 1);
        for (y_true, y_score) in [
            (&two, tensor(&[0.5], 1)),
            (&two, tensor(&[0.5, f32::NAN], 1)),
            (&tensor(&[0.0, 5.0], 1), tensor(&[0.5; 6], 3)),
            (&tensor(&[], 1), tensor(&[], 1)),
        ] {
            for draw in [roc_curve::<&str>, precision_recall_curve::<&str>] {
                assert!(draw(y_true, &y_score, &none).is_err());
            }
        }
        assert!(roc_curve(&two, &tensor(&[0.5; 6], 3), &["one"]).is_err());
    }
}
