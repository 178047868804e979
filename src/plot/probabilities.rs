//! What a model says about one sample.

use image::RgbaImage;

use super::labels::class_names;
use super::scene::{Point, Scene, Text};
use super::theme::{BLUE, Color, RIGHT, WRONG};
use super::thumbnail::{self, thumbnail};
use super::{Figure, text};
use crate::{Error, Result, Tensor};

/// The arguments of [`probabilities`].
#[derive(Clone, Debug)]
pub struct Probabilities {
    /// The picture that they are about, to be shown beside them; none unless set.
    pub picture: Option<Tensor>,
    /// The true class, if it is known: it is marked.
    pub label: Option<usize>,
    /// How many of the most probable classes are shown; 10 unless set.
    pub top: usize,
}

impl Default for Probabilities {
    fn default() -> Self {
        Self {
            picture: None,
            label: None,
            top: 10,
        }
    }
}

/// The probabilities of the classes for one sample as bars, the most probable first.
///
/// `y_pred` is what `predict` makes of one sample, of shape (classes,) or (1, classes). With a
/// `label`, the bar of the true class has a tick, and the first bar is green or orange as it is
/// right or wrong. Without names pass `&[""; 0]`.
///
/// Keras: what its tutorials draw with `plt.bar` beside `plt.imshow`.
///
/// # Errors
/// When these are not the probabilities of one sample, the picture is none, or there are fewer
/// names than classes.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let y_pred = Tensor::from_vec(vec![0.2, 0.7, 0.1], (1, 3))?;
/// let known = plot::Probabilities { label: Some(1), ..Default::default() };
/// let figure = plot::probabilities(&y_pred, &["cat", "dog", "frog"], known)?;
/// assert_eq!(figure.to_string(), "<probabilities of 3 classes: dog 70.0 %>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn probabilities<S: AsRef<str>>(
    y_pred: &Tensor,
    class_names: &[S],
    arguments: Probabilities,
) -> Result<Figure> {
    let names: Vec<&str> = class_names.iter().map(AsRef::as_ref).collect();
    draw(y_pred, &names, &arguments).map_err(|error| error.at("probabilities"))
}

/// More bars than this cannot be read.
const MOST: usize = 50;
/// The longer side of the picture, and the height of a bar with the room below.
const PICTURE: f64 = 168.0;
const ROW: f64 = 25.0;
/// The length of a bar for everything.
const LENGTH: f64 = 260.0;
const SIZE: f64 = 12.0;

fn draw(y_pred: &Tensor, names: &[&str], arguments: &Probabilities) -> Result<Figure> {
    let classes = y_pred.size();
    let is_one_sample = matches!(y_pred.shape().dims(), [_] | [1, _]);
    if !is_one_sample || classes == 0 {
        let error = format!(
            "expected the probabilities of one sample, of shape (classes,) or (1, classes), got {}",
            y_pred.shape()
        );
        return Err(Error::shape(error).remedy("take one sample with `y_pred.index(i)?`"));
    }
    if arguments.top == 0 {
        return Err(Error::argument("top", "a positive whole number", 0));
    }
    let shares = y_pred.to_vec::<f64>();
    let strange = |share: &&f64| !(-1e-6..=1.0 + 1e-6).contains(*share);
    if let Some(strange) = shares.iter().find(strange) {
        let error = format!("{strange} is no probability");
        return Err(Error::data(error).remedy("scores become probabilities with a softmax"));
    }
    if let Some(label) = arguments.label.filter(|label| *label >= classes) {
        let expected = format!("a class from 0 to {}", classes - 1);
        return Err(Error::argument("label", &expected, label));
    }
    let names = class_names(names, classes)?;
    let mut ranking: Vec<usize> = (0..classes).collect();
    ranking.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]));
    let first = ranking[0];
    let mut shown = ranking.clone();
    shown.truncate(arguments.top.min(MOST));
    // The true class is always there.
    let more = arguments.label.filter(|label| !shown.contains(label));
    shown.extend(more);
    let bars = shown.into_iter().map(|class| Bar {
        name: names[class].clone(),
        share: shares[class].clamp(0.0, 1.0),
        is_first: class == first,
        is_true: arguments.label.map(|label| label == class),
    });
    let pixels = match &arguments.picture {
        Some(picture) => Some(thumbnail(picture, PICTURE).map_err(|e| e.at("picture"))?),
        None => None,
    };
    let scene = lay_out(&bars.collect::<Vec<_>>(), pixels)?;
    let (name, percent) = (&names[first], 100.0 * shares[first]);
    let description = format!("probabilities of {classes} classes: {name} {percent:.1} %");
    Ok(Figure::from_scene(scene, &description))
}

fn lay_out(bars: &[Bar], pixels: Option<RgbaImage>) -> Result<Scene> {
    let beside = if pixels.is_some() {
        PICTURE + 20.0
    } else {
        0.0
    };
    let widest = text::widest(bars.iter().map(|bar| bar.name.as_str()), SIZE * 1.12);
    let widest = widest.clamp(20.0, 180.0);
    let rows = bars.len() as f64 * ROW;
    let height = if pixels.is_some() {
        rows.max(PICTURE)
    } else {
        rows
    };
    let left = 8.0 + beside + widest + 26.0;
    let mut scene = Scene::new(left + LENGTH + 62.0, height + 16.0);
    if let Some(pixels) = pixels {
        thumbnail::draw(&mut scene, (8.0, 8.0), PICTURE, pixels)?;
    }
    let top = 8.0 + (height - rows) / 2.0;
    for (i, bar) in bars.iter().enumerate() {
        let middle = top + (i as f64 + 0.5) * ROW;
        bar.draw(&mut scene, (left, middle), widest);
    }
    Ok(scene)
}

struct Bar {
    name: String,
    share: f64,
    /// Whether it is the most probable one.
    is_first: bool,
    /// Whether it is the true one, if that is known.
    is_true: Option<bool>,
}

impl Bar {
    fn color(&self) -> Color {
        match (self.is_first, self.is_true) {
            (true, Some(false)) => WRONG,
            (_, Some(true)) => RIGHT,
            _ => BLUE,
        }
    }

    fn draw(&self, scene: &mut Scene, (left, middle): Point, room: f64) {
        let height = 15.0;
        let top = middle - height / 2.0;
        scene.rounded((left, top), (LENGTH, height), 3.0, Color::Ink.faint(0.12));
        let strength = if self.is_first || self.is_true == Some(true) {
            1.0
        } else {
            0.55
        };
        let length = (LENGTH * self.share).max(1.5);
        scene.rounded(
            (left, top),
            (length, height),
            3.0,
            self.color().faint(strength),
        );
        let name = Text::new(&self.name, left - 26.0, middle).size(SIZE).end();
        let name = if self.is_first { name.bold() } else { name };
        scene.text(name.within(room));
        match self.is_true {
            Some(true) => scene.verdict((left - 13.0, middle), true),
            Some(false) if self.is_first => scene.verdict((left - 13.0, middle), false),
            _ => {}
        }
        let percent = format!("{:.1} %", 100.0 * self.share);
        let percent = Text::new(percent, left + LENGTH + 54.0, middle)
            .size(SIZE)
            .end();
        scene.text(if self.is_first {
            percent.bold()
        } else {
            percent
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::check::{checked, rectangles, texts};

    fn shares(values: Vec<f32>) -> Tensor {
        let count = values.len();
        Tensor::from_vec(values, count).expect("as many as there are")
    }

    #[test]
    fn the_most_probable_class_comes_first_and_is_right_or_wrong() -> Result<()> {
        let y_pred = shares(vec![0.2, 0.7, 0.1]);
        let names = ["cat", "dog", "飞机"];
        for (label, color) in [(None, BLUE), (Some(1), RIGHT), (Some(0), WRONG)] {
            let arguments = Probabilities {
                label,
                picture: Some(Tensor::zeros((8, 8, 3))),
                ..Default::default()
            };
            let figure = probabilities(&y_pred, &names, arguments)?;
            checked(&figure);
            let expected = ["dog", "70.0 %", "cat", "20.0 %", "飞机", "10.0 %"];
            assert_eq!(texts(&figure), expected);
            let first = rectangles(&figure, color)[0];
            assert!((first.1.0 - 0.7 * LENGTH).abs() < 0.1, "{first:?}");
        }
        Ok(())
    }

    #[test]
    fn of_many_classes_the_first_are_shown_and_the_true_one() -> Result<()> {
        let mut values = vec![0.0; 1000];
        values[7] = 1.0;
        let none: [&str; 0] = [];
        let arguments = Probabilities {
            label: Some(999),
            ..Default::default()
        };
        let figure = probabilities(&shares(values), &none, arguments)?;
        checked(&figure);
        assert_eq!(texts(&figure).len(), 2 * 11);
        assert!(texts(&figure).contains(&"999".to_string()));
        let names = vec!["a name that is far too long to stand beside a bar"; 3];
        checked(&probabilities(
            &shares(vec![1.0, 0.0, 0.0]),
            &names,
            Default::default(),
        )?);
        Ok(())
    }

    #[test]
    fn what_are_no_probabilities_is_an_error() {
        let none: [&str; 0] = [];
        for values in [vec![], vec![2.0, 0.0], vec![f32::NAN], vec![-0.5]] {
            assert!(probabilities(&shares(values), &none, Default::default()).is_err());
        }
        assert!(probabilities(&Tensor::zeros((2, 2)), &none, Default::default()).is_err());
        for (label, top) in [(Some(1), 1), (None, 0)] {
            let arguments = Probabilities {
                label,
                top,
                ..Default::default()
            };
            assert!(probabilities(&shares(vec![1.0]), &none, arguments).is_err());
        }
    }
}
