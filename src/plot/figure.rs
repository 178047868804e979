//! [`Figure`]: something drawn, to be shown or saved.

use std::fmt;
use std::io::Write;
use std::path::Path;

use crate::display::{Bundle, escape, show, show_result};
use crate::{Error, Result};

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
        let bundle = Bundle::text(&self.description);
        match &self.drawing {
            Drawing::Svg(svg) => bundle.svg(svg).html(svg),
            Drawing::Png(png) => {
                let bundle = bundle.png(png);
                let html = format!(
                    "<img alt=\"{}\" width=\"{}\" height=\"{}\" \
                     style=\"image-rendering:pixelated;width:{}px;max-width:none\" \
                     src=\"data:image/png;base64,{}\">",
                    escape(&self.description),
                    self.width,
                    self.height,
                    self.width,
                    bundle.get("image/png").unwrap_or_default(),
                );
                bundle.html(html)
            }
        }
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
        let (fitting, content) = match &self.drawing {
            Drawing::Svg(svg) => ("svg", svg.as_bytes()),
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
