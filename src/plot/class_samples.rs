//! What is in a data set: some samples of each class, and how many there are.

use image::RgbaImage;

use super::axes::TITLE;
use super::labels::{class_names, classes, count_classes, require_as_many};
use super::scene::{Point, Scene, Text};
use super::theme::{BLUE, Color};
use super::thumbnail::{self, thumbnail};
use super::{Figure, text};
use crate::display::grouped;
use crate::{Error, Result, Tensor};

/// The first `per_class` pictures of each class in a row, and a bar for how many the class has.
///
/// `x` are pictures of shape (n, height, width, channels) or (n, height, width), `y` their class
/// numbers. Without names pass `&[""; 0]`. Of more than 30 classes, the first are shown.
///
/// Keras: what its tutorials draw of a data set with `plt.subplot` and `plt.bar`.
///
/// # Errors
/// When these are no pictures, the number of labels is another one, there are fewer names than
/// classes, or `per_class` is not from 1 to 20.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let x = Tensor::zeros((6, 32, 32, 3));
/// let y = Tensor::from_vec(vec![0, 1, 1, 0, 1, 1], 6)?;
/// let figure = plot::class_samples(&x, &y, &["cat", "dog"], 5)?;
/// assert_eq!(figure.to_string(), "<6 samples of 2 classes: cat 2, dog 4>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn class_samples<S: AsRef<str>>(
    x: &Tensor,
    y: &Tensor,
    class_names: &[S],
    per_class: usize,
) -> Result<Figure> {
    let names: Vec<&str> = class_names.iter().map(AsRef::as_ref).collect();
    draw(Some((x, per_class)), y, &names).map_err(|error| error.at("class_samples"))
}

/// How many samples each class has, as bars.
///
/// `y` are class numbers, or one row of scores for each sample. Without names pass `&[""; 0]`. Of
/// more than 30 classes, the first are shown.
///
/// seaborn: `countplot(x=y)`.
///
/// # Errors
/// When these are no class numbers, or there are fewer names than classes.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let y = Tensor::from_vec(vec![0, 1, 1, 0, 1, 1], 6)?;
/// let figure = plot::class_counts(&y, &["cat", "dog"])?;
/// assert_eq!(figure.to_string(), "<6 samples of 2 classes: cat 2, dog 4>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn class_counts<S: AsRef<str>>(y: &Tensor, class_names: &[S]) -> Result<Figure> {
    let names: Vec<&str> = class_names.iter().map(AsRef::as_ref).collect();
    draw(None, y, &names).map_err(|error| error.at("class_counts"))
}

/// Of more classes than this the first ones are shown.
const MOST: usize = 30;
const MOST_PER_CLASS: usize = 20;
/// The room for pictures in a row, and the longest bar.
const PICTURES: f64 = 460.0;
const BAR: f64 = 150.0;
const SIZE: f64 = 12.0;

fn draw(pictures: Option<(&Tensor, usize)>, y: &Tensor, names: &[&str]) -> Result<Figure> {
    let labels = classes(y, "y")?;
    if let Some((x, per_class)) = pictures {
        if !matches!(x.ndim(), 3 | 4) {
            let error = format!(
                "pictures have shape (n, height, width, channels) or (n, height, width), got {}",
                x.shape()
            );
            return Err(Error::shape(error).remedy("`plot::class_counts` needs no pictures"));
        }
        if !(1..=MOST_PER_CLASS).contains(&per_class) {
            let expected = format!("a number from 1 to {MOST_PER_CLASS}");
            return Err(Error::argument("per_class", &expected, per_class));
        }
        require_as_many(labels.len(), x.len())?;
    }
    let count = count_classes(&labels).max(names.len());
    let names = class_names(names, count)?;
    let mut counts = vec![0; count];
    labels.iter().for_each(|&label| counts[label] += 1);
    let per_class = pictures.map_or(0, |(_, per_class)| per_class);
    let side = (PICTURES / per_class.max(1) as f64 - 4.0).clamp(19.0, 52.0);
    let mut rows: Vec<Row> = Vec::new();
    for class in 0..count.min(MOST) {
        let mut row = Row {
            name: names[class].clone(),
            count: counts[class],
            pictures: Vec::new(),
        };
        let of_class = (0..labels.len()).filter(|&i| labels[i] == class);
        if let Some((x, _)) = pictures {
            for i in of_class.take(per_class) {
                row.pictures.push(thumbnail(&x.index(i)?, side)?);
            }
        }
        rows.push(row);
    }
    let sheet = Sheet {
        rows: &rows,
        highest: counts.iter().copied().max().unwrap_or(0),
        per_class,
        side,
        left_out: count - rows.len(),
    };
    let scene = sheet.lay_out()?;
    let listed = rows.iter().map(|row| format!("{} {}", row.name, row.count));
    let listed = listed.collect::<Vec<_>>().join(", ");
    let noun = if count == 1 { "class" } else { "classes" };
    let description = format!("{} samples of {count} {noun}: {listed}", labels.len());
    Ok(Figure::from_scene(
        scene,
        description.trim_end_matches(": "),
    ))
}

struct Row {
    name: String,
    count: usize,
    pictures: Vec<RgbaImage>,
}

struct Sheet<'a> {
    rows: &'a [Row],
    highest: usize,
    per_class: usize,
    side: f64,
    left_out: usize,
}

impl Sheet<'_> {
    fn lay_out(&self) -> Result<Scene> {
        let names = text::widest(self.rows.iter().map(|row| row.name.as_str()), SIZE);
        let names = names.clamp(30.0, 150.0);
        let numbers = text::width(&grouped(self.highest), SIZE);
        let pictures = self.per_class as f64 * (self.side + 4.0);
        let height = if self.per_class > 0 {
            self.side + 8.0
        } else {
            26.0
        };
        let longest = if self.per_class > 0 { BAR } else { 2.4 * BAR };
        let left = 8.0 + names + 10.0;
        let bars = left + pictures + if self.per_class > 0 { 10.0 } else { 0.0 };
        let head = 30.0;
        let foot = if self.left_out > 0 { 24.0 } else { 6.0 };
        let width = bars + longest + 8.0 + numbers + 10.0;
        let mut scene = Scene::new(width, head + self.rows.len() as f64 * height + foot);
        scene.text(
            Text::new("class", left - 10.0, 15.0)
                .size(TITLE)
                .bold()
                .end(),
        );
        scene.text(Text::new("samples", bars, 15.0).size(TITLE).bold());
        for (i, row) in self.rows.iter().enumerate() {
            let top = head + i as f64 * height;
            let middle = top + height / 2.0;
            let name = Text::new(&row.name, left - 10.0, middle).size(SIZE).end();
            scene.text(name.within(names));
            for (j, pixels) in row.pictures.iter().enumerate() {
                let corner = (
                    left + j as f64 * (self.side + 4.0),
                    middle - self.side / 2.0,
                );
                thumbnail::draw(&mut scene, corner, self.side, pixels.clone())?;
            }
            let share = row.count as f64 / self.highest.max(1) as f64;
            self.draw_bar(&mut scene, (bars, middle), longest * share, row.count);
        }
        if self.left_out > 0 {
            let words = format!("… and {} more classes", self.left_out);
            scene.text(Text::new(words, 8.0, scene.height - 12.0));
        }
        Ok(scene)
    }

    fn draw_bar(&self, scene: &mut Scene, (x, middle): Point, length: f64, count: usize) {
        let height = 16.0;
        let corner = (x, middle - height / 2.0);
        let length = if count > 0 { length.max(1.0) } else { 0.0 };
        scene.rectangle(corner, (length, height), BLUE);
        scene.rectangle(
            (x - 1.0, middle - height / 2.0 - 3.0),
            (1.0, height + 6.0),
            Color::Ink.faint(0.5),
        );
        scene.text(Text::new(grouped(count), x + length + 7.0, middle).size(SIZE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::check::{checked, rectangles, texts};

    fn labels(values: Vec<usize>) -> Tensor {
        let count = values.len();
        Tensor::from_vec(values, count).expect("as many as there are")
    }

    #[test]
    fn every_class_has_its_pictures_and_its_bar() -> Result<()> {
        let y = labels(vec![0, 2, 2, 0, 2, 2]);
        let figure = class_samples(&Tensor::zeros((6, 8, 8, 3)), &y, &["cat", "dog", "飞机"], 3)?;
        let svg = checked(&figure);
        assert_eq!(svg.matches("<image").count(), 2 + 3);
        let lengths: Vec<f64> = rectangles(&figure, BLUE)
            .iter()
            .map(|bar| bar.1.0)
            .collect();
        assert_eq!(lengths, [BAR / 2.0, BAR]);
        for word in ["cat", "dog", "飞机", "2", "0", "4"] {
            assert!(texts(&figure).contains(&word.to_string()), "{word}");
        }
        assert_eq!(
            figure.to_string(),
            "<6 samples of 3 classes: cat 2, dog 0, 飞机 4>"
        );
        Ok(())
    }

    #[test]
    fn any_number_of_classes_can_be_read() -> Result<()> {
        let none: [&str; 0] = [];
        for count in [1, 10, 30, 31, 1000] {
            let y = labels((0..2 * count).map(|i| i % count).collect());
            let figure = class_counts(&y, &none)?;
            assert!(checked(&figure).len() < 30_000);
            let names = vec!["a name that is rather long, is it not?"; count];
            checked(&class_samples(
                &Tensor::zeros((2 * count, 4, 4)),
                &y,
                &names,
                20,
            )?);
        }
        checked(&class_counts(&labels(vec![0; 1_000_000]), &none)?);
        checked(&class_counts(&labels(vec![]), &none)?);
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let y = labels(vec![0, 1]);
        let none: [&str; 0] = [];
        assert!(class_samples(&Tensor::zeros((3, 4, 4)), &y, &none, 2).is_err());
        assert!(class_samples(&Tensor::zeros((2, 4)), &y, &none, 2).is_err());
        assert!(class_samples(&Tensor::zeros((2, 4, 4)), &y, &none, 0).is_err());
        assert!(class_samples(&Tensor::zeros((2, 4, 4)), &y, &["one"], 1).is_err());
        assert!(class_counts(&Tensor::full(2, 0.5), &none).is_err());
    }
}
