//! Points of many dimensions on a plane, in the colors of their classes.

use std::collections::BTreeMap;

use super::Figure;
use super::axes::{Axis, Panel, Side};
use super::labels::{class_names, classes, count_classes, require_as_many};
use super::legend::Entry;
use super::pca::components;
use super::scene::{Point, Scene};
use crate::{Error, Result, Tensor};

/// Embeddings, features or any other rows of numbers as points on the plane of their first two
/// principal components (PCA), a color for each class.
///
/// `x` has shape (n, features), or any other with a row for each sample; rows of two numbers are
/// drawn as they are. `labels` are class numbers; without them pass `&Tensor::zeros(0)`. Without
/// names pass `&[""; 0]`. Rows that are not finite are left out; of more than 3000 points, so many
/// are drawn that lie evenly in the data. Colors repeat after seven classes.
///
/// scikit-learn: `PCA(n_components=2).fit_transform(x)`; seaborn: `scatterplot(hue=labels)`.
///
/// # Errors
/// When there are no rows, the number of labels is another one, or there are fewer names than
/// classes.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let x = Tensor::random_normal((100, 16), 0.0, 1.0);
/// let labels = Tensor::from_vec((0..100).map(|i| i % 2).collect(), 100)?;
/// let figure = plot::embedding(&x, &labels, &["cat", "dog"])?;
/// assert_eq!(figure.to_string(), "<100 points of 16 dimensions, 2 classes>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn embedding<S: AsRef<str>>(x: &Tensor, labels: &Tensor, class_names: &[S]) -> Result<Figure> {
    let names: Vec<&str> = class_names.iter().map(AsRef::as_ref).collect();
    draw(x, labels, &names).map_err(|error| error.at("embedding"))
}

const SIZE: Point = (700.0, 460.0);
/// More points than this hide one another.
const MOST: usize = 3000;

fn draw(x: &Tensor, labels: &Tensor, names: &[&str]) -> Result<Figure> {
    let count = x.len();
    let columns = x.shape().without_batch().elements();
    if x.ndim() < 2 || count == 0 || columns == 0 {
        let error = format!(
            "expected rows of numbers, of shape (n, features), got {}",
            x.shape()
        );
        return Err(Error::shape(error));
    }
    let labels = match labels.size() {
        0 => vec![0; count],
        _ => classes(labels, "labels")?,
    };
    require_as_many(labels.len(), count)?;
    let classes = count_classes(&labels);
    let is_labeled = classes > 1 || !names.is_empty();
    let names = class_names(names, classes)?;
    let values = x.to_vec::<f64>();
    let rows = values.chunks(columns).zip(&labels);
    let finite = rows.filter(|(row, _)| row.iter().all(|value| value.is_finite()));
    let finite: Vec<(&[f64], usize)> = finite.map(|(row, label)| (row, *label)).collect();
    let (points, axes) = on_a_plane(&finite, columns);
    let step = finite.len().div_ceil(MOST).max(1);
    let shown = points.iter().zip(&finite).step_by(step);
    let shown: Vec<(Point, usize)> = shown.map(|(point, (_, label))| (*point, *label)).collect();

    let mut present = labels.clone();
    present.sort_unstable();
    present.dedup();
    let legend = present
        .iter()
        .map(|&class| Entry::class(&names[class], class));
    let legend: Vec<Entry> = if is_labeled {
        legend.collect()
    } else {
        Vec::new()
    };
    let mut scene = Scene::new(SIZE.0, SIZE.1);
    let [x_name, y_name] = axes;
    let x_axis = Axis::of(x_name, points.iter().map(|point| point.0), 0.04);
    let y_axis = Axis::of(y_name, points.iter().map(|point| point.1), 0.04);
    let plot = Panel::new((0.0, 0.0), SIZE, x_axis, y_axis)
        .legend(legend, Side::Right)
        .grid(true, true)
        .draw(&mut scene);
    let radius = if shown.len() > 500 { 2.2 } else { 3.5 };
    let mut of_classes: BTreeMap<usize, Vec<Point>> = BTreeMap::new();
    for (point, class) in &shown {
        of_classes.entry(*class).or_default().push(plot.at(*point));
    }
    for (class, places) in of_classes {
        scene.dots_of_class(class, places, radius);
    }
    let mut description = format!("{count} points of {columns} dimensions");
    if is_labeled {
        let noun = if classes == 1 { "class" } else { "classes" };
        description += &format!(", {classes} {noun}");
    }
    if finite.len() < count {
        description += &format!(", {} of them not finite", count - finite.len());
    }
    Ok(Figure::from_scene(scene, &description))
}

/// The points, and what the axes are called.
fn on_a_plane(rows: &[(&[f64], usize)], columns: usize) -> (Vec<Point>, [String; 2]) {
    if columns == 2 {
        let points = rows.iter().map(|(row, _)| (row[0], row[1])).collect();
        return (points, ["dimension 1", "dimension 2"].map(str::to_string));
    }
    let values: Vec<f64> = rows
        .iter()
        .flat_map(|(row, _)| row.iter().copied())
        .collect();
    let components = components(&values, columns);
    let name = |i: usize| {
        let percent = 100.0 * components.explained[i];
        format!("component {} ({percent:.1} % of the variance)", i + 1)
    };
    let names = [name(0), name(1)];
    (components.points, names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::check::{checked, dots, texts};
    use crate::plot::theme::{COLORS, series};

    fn labels(count: usize, classes: usize) -> Tensor {
        let values = (0..count).map(|i| i % classes).collect();
        Tensor::from_vec(values, count).expect("as many as there are")
    }

    #[test]
    fn every_class_has_its_color_and_its_name() -> Result<()> {
        let x = Tensor::random_normal((90, 4, 5), 0.0, 1.0);
        let figure = embedding(&x, &labels(90, 3), &["cat", "dog", "飞机"])?;
        checked(&figure);
        for class in 0..3 {
            // Thirty points and one in the legend.
            assert_eq!(dots(&figure, series(class)), 31);
        }
        assert!(texts(&figure).contains(&"飞机".to_string()));
        assert!(
            texts(&figure)
                .iter()
                .any(|text| text.contains("of the variance"))
        );
        Ok(())
    }

    #[test]
    fn classes_beyond_the_colors_are_squares() -> Result<()> {
        let x = Tensor::random_normal((100, 4), 0.0, 1.0);
        let none: [&str; 0] = [];
        let of_classes = |classes| embedding(&x, &labels(100, classes), &none);
        let squares =
            |figure: &Figure| checked(figure).matches("stroke-linecap=\"square\"").count();
        assert_eq!(squares(&of_classes(COLORS)?), 0);
        // The points of a class, and the legend.
        assert_eq!(squares(&of_classes(COLORS + 3)?), 6);
        Ok(())
    }

    #[test]
    fn many_few_and_strange_points_are_drawn() -> Result<()> {
        let none: [&str; 0] = [];
        let unlabeled = Tensor::zeros(0);
        let many = Tensor::random_normal((20_000, 2), 0.0, 1.0);
        let figure = embedding(&many, &labels(20_000, 100), &none)?;
        assert!(
            checked(&figure).len() < 60_000,
            "{}",
            checked(&figure).len()
        );
        for x in [
            Tensor::zeros((1, 3)),
            Tensor::ones((5, 1)),
            Tensor::ones((5, 2)),
            Tensor::full((5, 7), f32::NAN),
            Tensor::full((5, 7), f32::MAX),
        ] {
            let figure = embedding(&x, &unlabeled, &none)?;
            checked(&figure);
        }
        assert!(embedding(&Tensor::zeros(5), &unlabeled, &none).is_err());
        assert!(embedding(&Tensor::zeros((0, 5)), &unlabeled, &none).is_err());
        assert!(embedding(&Tensor::zeros((5, 2)), &labels(4, 2), &none).is_err());
        Ok(())
    }
}
