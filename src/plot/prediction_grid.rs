//! Pictures with what a model says about them.

use super::Figure;
use super::image_grid::{GAP, LINE, MOST};
use super::labels::{class_names, classes, count_classes, require_as_many};
use super::scene::{Pen, Point, Scene, Text};
use super::theme::{RIGHT, WRONG};
use super::thumbnail::{self, require_pictures, sizes, thumbnail};
use crate::{Result, Tensor};

/// Pictures side by side with what was predicted for each: what is right has a green frame and a
/// tick, what is wrong an orange one, a cross and the true class below.
///
/// `y_true` are class numbers; `y_pred` class numbers or scores for each class, of shape (pictures,
/// classes), of which the highest is written down in percent when they are probabilities. Without
/// names pass `&[""; 0]`.
///
/// Keras: what its tutorials draw with `plt.subplot`, `plt.imshow` and `plt.xlabel(..., color=...)`.
///
/// # Errors
/// When the tensor is no batch of pictures, has more than 60 of them, the number of labels or
/// predictions is another one, or there are fewer names than classes.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let pictures = Tensor::zeros((2, 32, 32, 3));
/// let y_true = Tensor::from_vec(vec![0, 1], 2)?;
/// let y_pred = Tensor::from_vec(vec![0.9, 0.1, 0.7, 0.3], (2, 2))?;
/// let figure = plot::prediction_grid(&pictures, &y_true, &y_pred, &["cat", "dog"])?;
/// assert_eq!(figure.to_string(), "<2 pictures 32x32x3 with predictions: 1 of 2 right>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn prediction_grid<S: AsRef<str>>(
    pictures: &Tensor,
    y_true: &Tensor,
    y_pred: &Tensor,
    class_names: &[S],
) -> Result<Figure> {
    let names: Vec<&str> = class_names.iter().map(AsRef::as_ref).collect();
    draw(pictures, y_true, y_pred, &names).map_err(|error| error.at("prediction_grid"))
}

/// The longer side of a picture: wide enough for a name and a percentage.
const SIDE: f64 = 138.0;
const COLUMNS: usize = 5;

fn draw(pictures: &Tensor, y_true: &Tensor, y_pred: &Tensor, names: &[&str]) -> Result<Figure> {
    require_pictures(pictures, MOST)?;
    let count = pictures.len();
    let labels = classes(y_true, "y_true")?;
    let predictions = classes(y_pred, "y_pred")?;
    require_as_many(labels.len(), predictions.len())?;
    require_as_many(count, labels.len()).map_err(|e| e.at("pictures"))?;
    let probabilities = probabilities(y_pred, &predictions);
    let all = count_classes(labels.iter().chain(&predictions));
    let names = class_names(names, all)?;
    let (columns, rows) = (count.min(COLUMNS), count.div_ceil(COLUMNS));
    let height = SIDE + 2.0 * LINE + 6.0 + GAP;
    let mut scene = Scene::new(columns as f64 * (SIDE + GAP), rows as f64 * height);
    let mut right = 0;
    for i in 0..count {
        let x = (i % COLUMNS) as f64 * (SIDE + GAP) + GAP / 2.0;
        let y = (i / COLUMNS) as f64 * height + GAP / 2.0;
        let pixels = thumbnail(&pictures.index(i)?, SIDE)?;
        let (corner, size) = thumbnail::draw(&mut scene, (x, y), SIDE, pixels)?;
        let verdict = Verdict {
            predicted: &names[predictions[i]],
            percent: probabilities.as_ref().map(|shares| shares[i]),
            truth: &names[labels[i]],
            is_right: labels[i] == predictions[i],
        };
        right += usize::from(verdict.is_right);
        verdict.draw(&mut scene, (corner, size), (x, y + SIDE));
    }
    let noun = if count == 1 { "picture" } else { "pictures" };
    let sizes = sizes(pictures);
    let description = format!("{count} {noun} {sizes} with predictions: {right} of {count} right");
    Ok(Figure::from_scene(scene, &description))
}

/// How sure the model is of each prediction, when its scores are probabilities.
fn probabilities(y_pred: &Tensor, predictions: &[usize]) -> Option<Vec<f64>> {
    let [_, classes] = *y_pred.shape().dims() else {
        return None;
    };
    let scores = y_pred.to_vec::<f64>();
    let are_probabilities = |row: &[f64]| {
        let sum: f64 = row.iter().sum();
        row.iter().all(|score| (0.0..=1.0).contains(score)) && (sum - 1.0).abs() < 1e-3
    };
    if classes < 2 || !scores.chunks(classes).all(are_probabilities) {
        return None;
    }
    let rows = scores.chunks(classes).zip(predictions);
    Some(rows.map(|(row, &class)| row[class]).collect())
}

/// What is said of a picture.
struct Verdict<'a> {
    predicted: &'a str,
    percent: Option<f64>,
    truth: &'a str,
    is_right: bool,
}

impl Verdict<'_> {
    fn draw(&self, scene: &mut Scene, picture: (Point, Point), below: Point) {
        const FRAME: f64 = 3.0;
        let color = if self.is_right { RIGHT } else { WRONG };
        let ((x, y), (width, height)) = picture;
        let corner = (x - FRAME / 2.0, y - FRAME / 2.0);
        let size = (width + FRAME, height + FRAME);
        scene.frame(corner, size, Pen::new(color, FRAME));
        let percent = self.percent.map(|share| format!("{:.0} %", 100.0 * share));
        let line = below.1 + FRAME + 3.0 + LINE / 2.0;
        let mut room = SIDE - 16.0;
        if let Some(percent) = percent {
            let percent = Text::new(percent, below.0 + SIDE, line).size(11.0).end();
            room -= super::text::width(&percent.text, percent.size) + 6.0;
            scene.text(percent);
        }
        scene.verdict((below.0 + 6.0, line), self.is_right);
        let predicted = Text::new(self.predicted, below.0 + 16.0, line).paint(color);
        scene.text(predicted.bold().within(room));
        if !self.is_right {
            let truth = format!("true: {}", self.truth);
            let truth = Text::new(truth, below.0 + 16.0, line + LINE);
            scene.text(truth.size(11.0).within(SIDE - 16.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::check::{checked, curves, texts};

    #[test]
    fn right_and_wrong_differ_in_color_and_sign() -> Result<()> {
        let y_true = Tensor::from_vec(vec![0u8, 1, 1], (3, 1))?;
        let y_pred = Tensor::from_vec(vec![0.9, 0.1, 0.7, 0.3, 0.25, 0.75], (3, 2))?;
        let names = ["cat", "a dog with a very long name"];
        let figure = prediction_grid(&Tensor::zeros((3, 8, 8, 3)), &y_true, &y_pred, &names)?;
        checked(&figure);
        // Two frames with a tick each; one frame with a cross of two lines.
        let lengths = |color| {
            let curves = curves(&figure, color).into_iter();
            curves.map(|curve| curve.len()).collect::<Vec<_>>()
        };
        assert_eq!(lengths(RIGHT), [6, 3, 6, 3]);
        assert_eq!(lengths(WRONG), [6, 2, 2]);
        let texts = texts(&figure);
        assert_eq!(texts[..2], ["90 %", "cat"]);
        assert!(texts[4].starts_with("true: a dog"), "{texts:?}");
        Ok(())
    }

    #[test]
    fn scores_that_are_no_probabilities_have_no_percent() -> Result<()> {
        let y_true = Tensor::from_vec(vec![0, 1], 2)?;
        let none: [&str; 0] = [];
        for y_pred in [
            Tensor::from_vec(vec![3.0, -1.0, f32::NAN, 2.0], (2, 2))?,
            Tensor::from_vec(vec![0, 1], 2)?,
        ] {
            let figure = prediction_grid(&Tensor::zeros((2, 8, 8)), &y_true, &y_pred, &none)?;
            checked(&figure);
            assert_eq!(texts(&figure), ["0", "1"]);
        }
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_an_error() -> Result<()> {
        let pictures = Tensor::zeros((2, 8, 8));
        let two = Tensor::from_vec(vec![0, 1], 2)?;
        let three = Tensor::from_vec(vec![0, 1, 2], 3)?;
        let none: [&str; 0] = [];
        assert!(prediction_grid(&pictures, &two, &three, &none).is_err());
        assert!(prediction_grid(&pictures, &three, &three, &none).is_err());
        assert!(prediction_grid(&pictures, &two, &two, &["one"]).is_err());
        assert!(prediction_grid(&Tensor::zeros((2, 8)), &two, &two, &none).is_err());
        Ok(())
    }
}
