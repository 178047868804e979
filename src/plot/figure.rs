//! [`Figure`]: something drawn, to be shown or saved.

use std::fmt;
use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::display::{Bundle, escape, show, show_result};
use crate::{Error, Result};

/// The colors of a chart in a notebook: those of the theme, on the notebook's own background.
pub(super) const THEME: &str = "style=\"color:var(--jp-ui-font-color1, currentColor)\"";
/// The color of lines and text that can be read on a light and on a dark background.
const ANY_THEME: &str = "style=\"color:#757575\"";
/// The colors of a chart on its own, where nobody knows what is behind it.
const PAPER: &str = "style=\"color:#333;background:#fff\"";

/// A chart or a picture. As the value of a cell it shows itself; elsewhere call
/// [`show`](Figure::show) or [`save`](Figure::save).
///
/// Keras users know it as Matplotlib's `Figure`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let figure = plot::imshow(&Tensor::zeros((32, 32, 3)))?;
/// figure.show();
/// assert_eq!(figure.to_string(), "<picture 32x32x3>");
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Figure {
    drawing: Drawing,
    width: u32,
    height: u32,
    description: String,
    /// For terminals that show colors.
    preview: Option<String>,
}

#[derive(Clone, PartialEq)]
enum Drawing {
    Svg(String),
    Png(Vec<u8>),
}

impl Figure {
    /// A drawing in SVG, `width` × `height` pixels large; `description` stands for it in text.
    pub fn from_svg(
        svg: impl Into<String>,
        width: u32,
        height: u32,
        description: impl Into<String>,
    ) -> Figure {
        Figure::new(Drawing::Svg(svg.into()), width, height, description.into())
    }

    /// A PNG file, to be shown `width` × `height` pixels large; `description` stands for it in
    /// text.
    pub fn from_png(
        png: Vec<u8>,
        width: u32,
        height: u32,
        description: impl Into<String>,
    ) -> Figure {
        Figure::new(Drawing::Png(png), width, height, description.into())
    }

    fn new(drawing: Drawing, width: u32, height: u32, description: String) -> Figure {
        Figure {
            drawing,
            width,
            height,
            description,
            preview: None,
        }
    }

    /// Adds what a terminal with colors shows.
    pub(super) fn with_preview(mut self, preview: String) -> Figure {
        self.preview = Some(preview);
        self
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The SVG source, when the figure is a drawing.
    pub fn svg(&self) -> Option<&str> {
        match &self.drawing {
            Drawing::Svg(svg) => Some(svg),
            Drawing::Png(_) => None,
        }
    }

    /// The bytes of the PNG file, when the figure is a picture.
    pub fn png(&self) -> Option<&[u8]> {
        match &self.drawing {
            Drawing::Png(png) => Some(png),
            Drawing::Svg(_) => None,
        }
    }

    /// The figure in every form in which it can be shown.
    pub fn bundle(&self) -> Bundle {
        let bundle = Bundle::text(&self.description).html(self.html());
        match &self.drawing {
            Drawing::Svg(svg) => bundle.svg(svg.replacen(THEME, PAPER, 1)),
            Drawing::Png(png) => bundle.png(png),
        }
    }

    /// The figure inside of a page, always as an image: JupyterLab takes drawings out of pages
    /// that it did not see being made, and leaves images.
    pub(crate) fn html(&self) -> String {
        let (mime, data, style) = match &self.drawing {
            Drawing::Svg(svg) => {
                let svg = svg.replacen(THEME, ANY_THEME, 1);
                (
                    "image/svg+xml",
                    STANDARD.encode(svg),
                    "max-width:100%;height:auto",
                )
            }
            Drawing::Png(png) => (
                "image/png",
                STANDARD.encode(png),
                "image-rendering:pixelated;max-width:none",
            ),
        };
        format!(
            "<img alt=\"{}\" width=\"{}\" height=\"{}\" style=\"{style}\" \
             src=\"data:{mime};base64,{data}\">",
            escape(&self.description),
            self.width,
            self.height,
        )
    }

    /// Shows the figure below what the cell has shown so far.
    pub fn show(&self) {
        show(&self.for_reader());
    }

    /// Shows the figure as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        show_result(&self.for_reader());
    }

    fn for_reader(&self) -> Bundle {
        match &self.preview {
            Some(preview) if crate::display::Destination::now().has_colors() => {
                Bundle::text(format!("{preview}{}", self.description))
            }
            _ => self.bundle(),
        }
    }

    /// Writes the figure into a file, `.svg` for charts and `.png` for pictures. The file is whole
    /// or not there at all, also when the disk is full.
    ///
    /// # Errors
    /// When the ending is another one, or the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let ending = path.extension().and_then(|ending| ending.to_str());
        let paper;
        let (fitting, content) = match &self.drawing {
            Drawing::Svg(svg) => {
                paper = svg.replacen(THEME, PAPER, 1);
                ("svg", paper.as_bytes())
            }
            Drawing::Png(png) => ("png", png.as_slice()),
        };
        if !ending.is_some_and(|ending| ending.eq_ignore_ascii_case(fitting)) {
            let given = format!("`{}`", path.display());
            let expected = format!("a file name that ends with `.{fitting}`");
            return Err(Error::argument("path", &expected, given)
                .remedy("charts are saved as SVG, pictures as PNG"));
        }
        let failed = |error| Error::io(format!("cannot save `{}`", path.display()), error);
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(content).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description)
    }
}

impl fmt::Debug for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::History;
    use crate::{ErrorKind, Tensor, plot};

    fn chart() -> Figure {
        let mut history = History::default();
        history.push(0, 1.0, &[("loss".to_string(), 1.0)]);
        history.plot()
    }

    #[test]
    fn figures_are_saved_whole_and_as_what_they_are() -> Result<()> {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("chart.SVG");
        chart().save(&path)?;
        let saved = std::fs::read_to_string(&path).expect("the file that was saved");
        assert!(saved.contains("background:#fff") && !saved.contains("--jp-"));
        let picture = plot::imshow(&Tensor::zeros((2, 2)))?;
        let path = folder.path().join("picture.png");
        picture.save(&path)?;
        picture.save(&path)?;
        assert_eq!(std::fs::read(&path).ok().as_deref(), picture.png());
        let error = picture
            .save(folder.path().join("a.svg"))
            .expect_err("not a drawing");
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert!(picture.save(folder.path().join("no/such/a.png")).is_err());
        let files = std::fs::read_dir(folder.path()).map(Iterator::count);
        assert_eq!(files.ok(), Some(2), "nothing else is left behind");
        Ok(())
    }

    #[test]
    fn a_bundle_has_all_forms() -> Result<()> {
        let picture = plot::imshow(&Tensor::zeros((32, 32, 3)))?.bundle();
        assert_eq!(picture.plain(), "<picture 32x32x3>");
        let html = picture.get("text/html").unwrap_or_default();
        assert!(html.contains("alt=\"&lt;picture 32x32x3&gt;\"") && html.contains("pixelated"));
        assert!(
            picture
                .get("image/png")
                .is_some_and(|png| png.starts_with("iVBORw0KGgo"))
        );
        let chart = chart().bundle();
        assert!(
            chart
                .get("text/html")
                .is_some_and(|html| html.contains("src=\"data:image/svg+xml;base64,"))
        );
        assert!(
            chart
                .get("image/svg+xml")
                .is_some_and(|svg| svg.contains("#fff"))
        );
        Ok(())
    }
}
