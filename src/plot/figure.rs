//! [`Figure`]: something drawn, to be shown or saved.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::scene::Scene;
use super::text;
use super::theme::Theme;
use crate::display::{Bundle, escape, show, show_result};
use crate::models::write_whole;
use crate::{Error, Result};

/// What stands in a chart where its colors will be: those of the page that it is part of.
pub(super) const THEME: &str = "style=\"color:var(--jp-ui-font-color1, currentColor)\"";

/// How many pixels of a PNG file a pixel of a chart has: that looks sharp on every screen.
const SCALE: f64 = 2.0;

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
    /// What a chart consists of, from which its PNG is made.
    scene: Option<Arc<Scene>>,
    /// How many pixels its PNG has for one of the chart.
    scale: f64,
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
            scene: None,
            scale: SCALE,
            preview: None,
        }
    }

    /// A chart; `description` says in a few words what it shows.
    pub(super) fn from_scene(scene: Scene, description: &str) -> Figure {
        let description = text::clean(description);
        let svg = scene.to_svg(&description);
        let (width, height) = (scene.width as u32, scene.height as u32);
        let figure = Figure::from_svg(svg, width, height, format!("<{description}>"));
        Figure {
            scene: Some(Arc::new(scene)),
            ..figure
        }
    }

    /// The same chart, with a PNG of this resolution.
    pub(super) fn with_scale(mut self, scale: f64) -> Figure {
        self.scale = scale;
        self
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
            Drawing::Svg(svg) => bundle.svg(colored(svg, Theme::current().for_file())),
            Drawing::Png(png) => bundle.png(png),
        }
    }

    /// The figure inside of a page, always as an image: JupyterLab takes drawings out of pages
    /// that it did not see being made, and leaves images.
    pub(crate) fn html(&self) -> String {
        let (mime, data, style) = match &self.drawing {
            Drawing::Svg(svg) => {
                let svg = colored(svg, Theme::current());
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

    /// Writes the figure into a file that ends with `.svg` or `.png`. The file is whole or not there
    /// at all, also when the disk is full.
    ///
    /// Matplotlib: `plt.savefig`.
    ///
    /// # Errors
    /// When the ending is another one, the file cannot be written, or no font of this computer has
    /// the letters of a chart that is to become PNG.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let ending = path.extension().and_then(|ending| ending.to_str());
        let ending = ending.map(str::to_ascii_lowercase);
        let content = match ending.as_deref() {
            Some("svg") => self.to_svg().into_bytes(),
            Some("png") => self.to_png()?,
            _ => {
                let expected = "a file name that ends with `.svg` or `.png`";
                return Err(Error::argument(
                    "path",
                    expected,
                    format!("`{}`", path.display()),
                ));
            }
        };
        write_whole(path, &content)
    }

    /// The figure as a drawing, with its own background; a picture is put into one.
    fn to_svg(&self) -> String {
        match &self.drawing {
            Drawing::Svg(svg) => colored(svg, Theme::current().for_file()),
            Drawing::Png(png) => format!(
                "<svg width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" \
                 aria-label=\"{2}\" xmlns=\"http://www.w3.org/2000/svg\">\
                 <image width=\"{0}\" height=\"{1}\" style=\"image-rendering:pixelated\" \
                 href=\"data:image/png;base64,{3}\"/></svg>",
                self.width,
                self.height,
                escape(&self.description),
                STANDARD.encode(png),
            ),
        }
    }

    fn to_png(&self) -> Result<Vec<u8>> {
        match (&self.drawing, &self.scene) {
            (Drawing::Png(png), _) => Ok(png.clone()),
            (Drawing::Svg(_), Some(scene)) => scene.to_png(self.scale, Theme::current().for_file()),
            (Drawing::Svg(_), None) => Err(Error::state("a drawing that was given as SVG")
                .remedy("save it as `.svg`; only kerust's own charts become PNG")),
        }
    }
}

/// A chart in the colors of a theme.
fn colored(svg: &str, theme: Theme) -> String {
    let code = |[red, green, blue]: [u8; 3]| format!("#{red:02x}{green:02x}{blue:02x}");
    let mut style = format!("color:{}", code(theme.ink()));
    if let Some(paper) = theme.paper() {
        style += &format!(";background:{}", code(paper));
    }
    svg.replacen(THEME, &format!("style=\"{style}\""), 1)
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
        assert!(saved.contains("background:#ffffff") && !saved.contains("--jp-"));
        let picture = plot::imshow(&Tensor::zeros((2, 2)))?;
        let path = folder.path().join("picture.png");
        picture.save(&path)?;
        picture.save(&path)?;
        assert_eq!(std::fs::read(&path).ok().as_deref(), picture.png());
        picture.save(folder.path().join("picture.svg"))?;
        let error = picture
            .save(folder.path().join("a.jpg"))
            .expect_err("another kind of file");
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert!(picture.save(folder.path().join("no/such/a.png")).is_err());
        let drawing = Figure::from_svg("<svg/>", 1, 1, "mine");
        let error = drawing.save(folder.path().join("b.png")).expect_err("SVG");
        assert!(error.to_string().contains("save it as `.svg`"), "{error}");
        let files = std::fs::read_dir(folder.path()).map(Iterator::count);
        assert_eq!(files.ok(), Some(3), "nothing else is left behind");
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
                .is_some_and(|svg| svg.contains("background:#ffffff"))
        );
        Ok(())
    }
}
