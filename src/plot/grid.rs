//! Several pictures with their labels in one figure.

use image::imageops::FilterType;

use super::Figure;
use super::figure::THEME;
use super::picture::encode;
use crate::display::{Bundle, escape};
use crate::{Error, Result, Tensor};

/// The longer side of a picture, and the room between two of them.
const SIDE: usize = 112;
const GAP: usize = 12;
const COLUMNS: usize = 6;
/// More pictures than this are not readable any more.
const MOST: usize = 60;
const LINE: usize = 16;
/// Titles are cut after so many characters.
const LETTERS: usize = 17;

/// Pictures side by side, each under its title: a batch of shape (pictures, height, width,
/// channels) or (pictures, height, width). A title may have several lines; without titles pass
/// `&[""; 0]`.
///
/// Keras users know it as `matplotlib.pyplot.subplots` with `imshow` in a loop.
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
    let count = pictures.len();
    if !matches!(pictures.ndim(), 3 | 4) || pictures.is_empty() {
        return Err(Error::shape(format!(
            "a batch of pictures has shape (pictures, height, width, channels) or (pictures, \
             height, width), got {}",
            pictures.shape()
        ))
        .remedy("show a single picture with `plot::imshow`"));
    }
    if count > MOST {
        let expected = format!("at most {MOST} pictures");
        return Err(Error::argument("pictures", &expected, count)
            .remedy("take the first ones with `x.slice(0..25)?`"));
    }
    if !titles.is_empty() && titles.len() != count {
        let expected = format!("{count} titles, one for each picture, or none");
        return Err(Error::argument("titles", &expected, titles.len()));
    }
    let lines = titles.iter().map(|title| title.lines().count()).max();
    let head = lines.map_or(0, |lines| lines * LINE + 4);
    let (columns, rows) = (count.min(COLUMNS), count.div_ceil(COLUMNS));
    let (width, height) = (columns * (SIDE + GAP), rows * (SIDE + head + GAP));
    let mut body = String::new();
    for i in 0..count {
        let (x, y) = (
            i % COLUMNS * (SIDE + GAP),
            i / COLUMNS * (SIDE + head + GAP),
        );
        for (line, text) in titles.get(i).copied().unwrap_or("").lines().enumerate() {
            body += &format!(
                "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-family=\"sans-serif\" \
                 font-size=\"12\" fill=\"currentColor\">{}</text>\n",
                x + SIDE / 2,
                y + 12 + line * LINE,
                escape(&cut(text)),
            );
        }
        body += &picture(&pictures.index(i)?, x, y + head)?;
    }
    let sizes: Vec<String> = pictures.shape()[1..].iter().map(usize::to_string).collect();
    let noun = if count == 1 { "picture" } else { "pictures" };
    let names = match titles {
        [] => String::new(),
        titles => format!(": {}", titles.join(", ").replace('\n', " ")),
    };
    let description = format!("<{count} {noun} {}{names}>", sizes.join("x"));
    let svg = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-label=\"{}\" {THEME} xmlns=\"http://www.w3.org/2000/svg\">\n{body}</svg>",
        escape(description.trim_matches(['<', '>'])),
    );
    Ok(Figure::from_svg(
        svg,
        width as u32,
        height as u32,
        description,
    ))
}

/// One picture, with its own pixels and enlarged by the front end without smoothing.
fn picture(picture: &Tensor, x: usize, y: usize) -> Result<String> {
    let mut pixels = picture.to_image()?.to_rgba8();
    let largest = pixels.width().max(pixels.height()).max(1);
    // Twice the side looks sharp on every screen; more would only make the notebook heavier.
    let most = 2 * SIDE as u32;
    if largest > most {
        let size = |side: u32| (side * most / largest).max(1);
        let (width, height) = (size(pixels.width()), size(pixels.height()));
        pixels = image::imageops::resize(&pixels, width, height, FilterType::Triangle);
    }
    let largest = f64::from(pixels.width().max(pixels.height()).max(1));
    let scale = SIDE as f64 / largest;
    let (width, height) = (
        f64::from(pixels.width()) * scale,
        f64::from(pixels.height()) * scale,
    );
    let png = Bundle::text("").png(&encode(&pixels)?);
    Ok(format!(
        "<image x=\"{:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{height:.1}\" \
         style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>\n",
        x as f64 + (SIDE as f64 - width) / 2.0,
        png.get("image/png").unwrap_or_default(),
    ))
}

fn cut(title: &str) -> String {
    if title.chars().count() <= LETTERS {
        return title.to_string();
    }
    title.chars().take(LETTERS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::html::well_formed;

    #[test]
    fn each_picture_stands_under_its_title() -> Result<()> {
        let titles = [
            "飞机",
            "<b>",
            "a very long title indeed",
            "real: cat\npredicted: dog",
        ];
        let figure = image_grid(&Tensor::zeros((4, 8, 16, 3)), &titles)?;
        let svg = figure.svg().unwrap_or_default();
        let words = well_formed(svg);
        assert_eq!(svg.matches("<image").count(), 4);
        assert!(
            svg.contains("height=\"56.0\""),
            "a wide picture keeps its form"
        );
        for word in ["飞机", "&lt;b&gt;", "a very long titl…", "predicted: dog"] {
            assert!(words.contains(word), "{word} in {words}");
        }
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
        ] {
            let error = image_grid(&Tensor::zeros(shape), &titles).expect_err("no grid");
            assert!(error.to_string().starts_with("image_grid: "), "{error}");
        }
    }
}
