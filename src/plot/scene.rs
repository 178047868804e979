//! What is on a chart, before it becomes SVG or PNG: shapes and texts at places in pixels.

use std::sync::Arc;

use image::RgbaImage;

use super::picture::encode;
use super::text;
use super::theme::{self, Color, RIGHT, WRONG};
use crate::Result;

pub(super) type Point = (f64, f64);

/// A color that may let through what is behind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Paint {
    pub(super) color: Color,
    pub(super) opacity: f64,
}

impl From<Color> for Paint {
    fn from(color: Color) -> Paint {
        Paint {
            color,
            opacity: 1.0,
        }
    }
}

impl Color {
    pub(super) fn faint(self, opacity: f64) -> Paint {
        Paint {
            color: self,
            opacity,
        }
    }
}

/// How a line is drawn: color, width, and the lengths of its dashes and gaps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pen {
    pub(super) paint: Paint,
    pub(super) width: f64,
    pub(super) dash: Option<(f64, f64)>,
}

impl Pen {
    pub(super) fn new(paint: impl Into<Paint>, width: f64) -> Pen {
        Pen {
            paint: paint.into(),
            width,
            dash: None,
        }
    }

    /// The pen of the series with this number: where colors are used up, dashes tell lines apart.
    pub(super) fn series(number: usize) -> Pen {
        let pen = Pen::new(theme::series(number), 2.0);
        match number / theme::COLORS % 2 {
            0 => pen,
            _ => pen.dashed(),
        }
    }

    pub(super) fn dashed(mut self) -> Pen {
        self.dash = Some((6.0, 4.0));
        self
    }
}

/// Where the given place is on a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// One line of text. `y` is the middle of its height.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) anchor: Anchor,
    pub(super) paint: Paint,
    pub(super) bold: bool,
    /// In degrees, clockwise, round the given place.
    pub(super) turn: f64,
}

/// Bold letters are wider.
const BOLD: f64 = 1.12;

impl Text {
    pub(super) fn new(text: impl AsRef<str>, x: f64, y: f64) -> Text {
        Text {
            text: text::clean(text.as_ref()),
            x,
            y,
            size: 12.0,
            anchor: Anchor::Start,
            paint: Color::Ink.into(),
            bold: false,
            turn: 0.0,
        }
    }

    pub(super) fn size(mut self, size: f64) -> Text {
        self.size = size;
        self
    }

    pub(super) fn middle(mut self) -> Text {
        self.anchor = Anchor::Middle;
        self
    }

    pub(super) fn end(mut self) -> Text {
        self.anchor = Anchor::End;
        self
    }

    pub(super) fn paint(mut self, paint: impl Into<Paint>) -> Text {
        self.paint = paint.into();
        self
    }

    pub(super) fn bold(mut self) -> Text {
        self.bold = true;
        self
    }

    pub(super) fn turned(mut self, degrees: f64) -> Text {
        self.turn = degrees;
        self
    }

    /// Cuts the text so that it fits.
    pub(super) fn within(mut self, room: f64) -> Text {
        let room = if self.bold { room / BOLD } else { room };
        self.text = text::shorten(&self.text, self.size, room);
        self
    }

    /// Where the foot of the letters is.
    pub(super) fn baseline(&self) -> f64 {
        self.y + 0.36 * self.size
    }
}

/// Something on a chart.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    Rectangle {
        corner: Point,
        size: Point,
        radius: f64,
        fill: Paint,
    },
    Line {
        points: Vec<Point>,
        pen: Pen,
    },
    Polygon {
        points: Vec<Point>,
        fill: Paint,
    },
    Dots {
        points: Vec<Point>,
        radius: f64,
        fill: Paint,
        /// Whether they are squares, twice the radius wide.
        square: bool,
    },
    Text(Text),
    Image {
        corner: Point,
        size: Point,
        pixels: Arc<RgbaImage>,
        /// The same, as a PNG file.
        png: Arc<Vec<u8>>,
    },
}

/// All that is on a chart, from the back to the front.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scene {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) marks: Vec<Mark>,
}

impl Scene {
    pub(super) fn new(width: f64, height: f64) -> Scene {
        Scene {
            width: width.ceil(),
            height: height.ceil(),
            marks: Vec::new(),
        }
    }

    pub(super) fn rectangle(&mut self, corner: Point, size: Point, fill: impl Into<Paint>) {
        self.rounded(corner, size, 0.0, fill);
    }

    pub(super) fn rounded(
        &mut self,
        corner: Point,
        size: Point,
        radius: f64,
        fill: impl Into<Paint>,
    ) {
        if size.0 > 0.0 && size.1 > 0.0 {
            let fill = fill.into();
            self.marks.push(Mark::Rectangle {
                corner,
                size,
                radius,
                fill,
            });
        }
    }

    /// The edge of a rectangle.
    pub(super) fn frame(&mut self, corner: Point, size: Point, pen: Pen) {
        let ((x, y), (width, height)) = (corner, size);
        let (right, bottom) = (x + width, y + height);
        // From the middle of a side, so that all corners are corners.
        let middle = (x + width / 2.0, y);
        let points = vec![
            middle,
            (right, y),
            (right, bottom),
            (x, bottom),
            (x, y),
            middle,
        ];
        self.line(points, pen);
    }

    pub(super) fn line(&mut self, points: Vec<Point>, pen: Pen) {
        if points.len() > 1 {
            self.marks.push(Mark::Line { points, pen });
        }
    }

    pub(super) fn polygon(&mut self, points: Vec<Point>, fill: impl Into<Paint>) {
        let fill = fill.into();
        self.marks.push(Mark::Polygon { points, fill });
    }

    pub(super) fn dots(&mut self, points: Vec<Point>, radius: f64, fill: impl Into<Paint>) {
        self.dots_or_squares(points, radius, fill.into(), false);
    }

    /// The dots of the class with this number: where colors are used up, squares tell them apart.
    pub(super) fn dots_of_class(&mut self, class: usize, points: Vec<Point>, radius: f64) {
        let square = class / theme::COLORS % 2 == 1;
        self.dots_or_squares(points, radius, theme::series(class).faint(0.85), square);
    }

    fn dots_or_squares(&mut self, points: Vec<Point>, radius: f64, fill: Paint, square: bool) {
        if !points.is_empty() {
            self.marks.push(Mark::Dots {
                points,
                radius,
                fill,
                square,
            });
        }
    }

    pub(super) fn text(&mut self, text: Text) {
        if !text.text.is_empty() {
            self.marks.push(Mark::Text(text));
        }
    }

    /// A picture, its pixels enlarged without smoothing.
    ///
    /// # Errors
    /// When it cannot be written as PNG.
    pub(super) fn image(&mut self, corner: Point, size: Point, pixels: RgbaImage) -> Result<()> {
        if pixels.width() > 0 && pixels.height() > 0 {
            self.marks.push(Mark::Image {
                corner,
                size,
                png: Arc::new(encode(&pixels)?),
                pixels: Arc::new(pixels),
            });
        }
        Ok(())
    }

    /// A tick where something is right and a cross where it is wrong.
    pub(super) fn verdict(&mut self, center: Point, right: bool) {
        let at = |x: f64, y: f64| (center.0 + x, center.1 + y);
        if right {
            let points = vec![at(-4.0, 0.5), at(-1.2, 3.3), at(4.2, -3.3)];
            self.line(points, Pen::new(RIGHT, 2.0));
        } else {
            for points in [
                vec![at(-3.3, -3.3), at(3.3, 3.3)],
                vec![at(-3.3, 3.3), at(3.3, -3.3)],
            ] {
                self.line(points, Pen::new(WRONG, 2.0));
            }
        }
    }
}
