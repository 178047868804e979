//! Several pictures with their labels in one figure.

use super::Figure;
use super::scene::{Scene, Text};
use super::text::clean;
use super::thumbnail::{self, require_pictures, sizes, thumbnail};
use crate::{Error, Result, Tensor};

/// The longer side of a picture, and the room between two of them.
pub(super) const SIDE: f64 = 112.0;
pub(super) const GAP: f64 = 12.0;
pub(super) const COLUMNS: usize = 6;
/// More pictures than this are not readable any more.
pub(super) const MOST: usize = 60;
/// The height of a line of a title.
pub(super) const LINE: f64 = 16.0;
/// A title has no more lines than this.
const LINES: usize = 5;

/// Pictures side by side, each under its title: a batch of shape (pictures, height, width,
/// channels) or (pictures, height, width). A title may have several lines; without titles pass
/// `&[""; 0]`.
///
/// Keras users know it as `matplotlib.pyplot.subplots` with `imshow` in a loop. To see what a model
/// says about pictures, see [`prediction_grid`](super::prediction_grid).
///
/// # Errors
/// When the tensor is no batch of pictures, has more than 60 of them, or the number of titles is
/// another one.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let pictures = Tensor::zeros((2, 32, 32, 3));
/// let figure = plot::image_grid(&pictures, &["cat", "dog"])?;
/// assert_eq!(figure.to_string(), "<2 pictures 32x32x3: cat, dog>");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn image_grid<S: AsRef<str>>(pictures: &Tensor, titles: &[S]) -> Result<Figure> {
    let titles: Vec<&str> = titles.iter().map(AsRef::as_ref).collect();
    draw(pictures, &titles).map_err(|error| error.at("image_grid"))
}

fn draw(pictures: &Tensor, titles: &[&str]) -> Result<Figure> {
    require_pictures(pictures, MOST)?;
    let count = pictures.len();
    if !titles.is_empty() && titles.len() != count {
        let expected = format!("{count} titles, one for each picture, or none");
        return Err(Error::argument("titles", &expected, titles.len()));
    }
    let lines = titles.iter().map(|title| title.lines().count()).max();
    let head = lines.map_or(0.0, |lines| lines.min(LINES) as f64 * LINE + 4.0);
    let (columns, rows) = (count.min(COLUMNS), count.div_ceil(COLUMNS));
    let mut scene = Scene::new(
        columns as f64 * (SIDE + GAP),
        rows as f64 * (SIDE + head + GAP),
    );
    for i in 0..count {
        let x = (i % COLUMNS) as f64 * (SIDE + GAP) + GAP / 2.0;
        let y = (i / COLUMNS) as f64 * (SIDE + head + GAP) + GAP / 2.0;
        let title = titles.get(i).copied().unwrap_or("");
        for (line, text) in title.lines().take(LINES).enumerate() {
            let middle = y + (line as f64 + 0.5) * LINE;
            let text = Text::new(text, x + SIDE / 2.0, middle).middle();
            scene.text(text.within(SIDE + GAP - 6.0));
        }
        let pixels = thumbnail(&pictures.index(i)?, SIDE)?;
        thumbnail::draw(&mut scene, (x, y + head), SIDE, pixels)?;
    }
    let noun = if count == 1 { "picture" } else { "pictures" };
    let names = match titles {
        [] => String::new(),
        titles => format!(": {}", clean(&titles.join(", "))),
    };
    let description = format!("{count} {noun} {}{names}", sizes(pictures));
    Ok(Figure::from_scene(scene, &description))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::check::{checked, texts};

    #[test]
    fn each_picture_stands_under_its_title() -> Result<()> {
        let titles = [
            "飞机",
            "<b>",
            "a very long title indeed",
            "real: cat\npredicted: dog",
        ];
        let figure = image_grid(&Tensor::zeros((4, 8, 16, 3)), &titles)?;
        let svg = checked(&figure);
        assert_eq!(svg.matches("<image").count(), 4);
        assert!(
            svg.contains("height=\"56\""),
            "a wide picture keeps its form"
        );
        let texts = texts(&figure);
        for word in ["飞机", "<b>", "predicted: dog"] {
            assert!(texts.contains(&word.to_string()), "{word} in {texts:?}");
        }
        assert!(texts[2].starts_with("a very long") && texts[2].ends_with('…'));
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let none: [&str; 0] = [];
        assert!(image_grid(&Tensor::zeros((3, 8, 8)), &none).is_ok());
        for (shape, titles) in [
            (vec![3, 8, 8, 1], vec!["one"]),
            (vec![8, 8], vec![]),
            (vec![61, 4, 4, 3], vec![]),
            (vec![2, 4, 4, 7], vec![]),
            (vec![0, 4, 4, 3], vec![]),
            (vec![2, 0, 4, 3], vec![]),
        ] {
            let error = image_grid(&Tensor::zeros(shape), &titles).expect_err("no grid");
            assert!(error.to_string().starts_with("image_grid: "), "{error}");
        }
    }
}
