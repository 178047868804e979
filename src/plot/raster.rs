//! A chart as PNG: plotters fills shapes, pictures and letters are put on top, all of it at twice the
//! resolution of the file, so that edges are smooth.

use ab_glyph::{Font, PxScale, point};
use image::{Rgba, RgbaImage};
use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::{Color as _, RGBAColor, RGBColor};

use super::fonts::Fonts;
use super::picture::encode;
use super::scene::{Anchor, Mark, Paint, Pen, Point, Scene, Text};
use super::theme::{Color, Theme};
use crate::{Error, ErrorKind, Result};

/// Pixels that are filled for one of the file, in each direction.
const SMOOTH: usize = 2;
/// A file has no more pixels than this.
const MOST: f64 = 4e7;

impl Scene {
    /// The chart as a PNG file with `scale` pixels for each of its own.
    ///
    /// # Errors
    /// When no font of this computer has the letters, or the chart is too large.
    pub(super) fn to_png(&self, scale: f64, theme: Theme) -> Result<Vec<u8>> {
        let (width, height) = ((self.width * scale).round(), (self.height * scale).round());
        if width * height > MOST || width < 1.0 || height < 1.0 {
            let error = format!("a PNG of {width} x {height} pixels is too large");
            return Err(Error::new(ErrorKind::Device, error).remedy("save it as `.svg`"));
        }
        let fonts = Fonts::of(self)?;
        let (width, height) = (width as usize * SMOOTH, height as usize * SMOOTH);
        let paper = theme.paper().unwrap_or([255; 3]);
        let mut canvas = Canvas {
            bytes: paper.repeat(width * height),
            width,
            height,
            scale: scale * SMOOTH as f64,
            ink: theme.ink(),
        };
        // Runs of shapes, each drawn at once; what comes between is put on top in its turn.
        let is_shape = |mark: &Mark| !matches!(mark, Mark::Text(_) | Mark::Image { .. });
        for run in self.marks.chunk_by(|a, b| is_shape(a) == is_shape(b)) {
            if is_shape(&run[0]) {
                canvas.draw_shapes(run)?;
                continue;
            }
            for mark in run {
                match mark {
                    Mark::Text(text) => canvas.draw_text(text, &fonts),
                    Mark::Image {
                        corner,
                        size,
                        pixels,
                        ..
                    } => canvas.draw_image(*corner, *size, pixels),
                    _ => {}
                }
            }
        }
        encode(&canvas.finish())
    }
}

/// What is drawn on: red, green and blue of each pixel, row by row.
struct Canvas {
    bytes: Vec<u8>,
    width: usize,
    height: usize,
    /// How many of its pixels one of the chart has.
    scale: f64,
    ink: [u8; 3],
}

type Area<'a> = DrawingArea<BitMapBackend<'a>, plotters::coord::Shift>;
type Failure = <BitMapBackend<'static> as DrawingBackend>::ErrorType;
type Drawn = Result<(), DrawingAreaErrorKind<Failure>>;

impl Canvas {
    fn code(&self, color: Color) -> [u8; 3] {
        match color {
            Color::Ink => self.ink,
            Color::Rgb(code) => code,
        }
    }

    fn color(&self, paint: Paint) -> RGBAColor {
        let [red, green, blue] = self.code(paint.color);
        RGBColor(red, green, blue).mix(paint.opacity)
    }

    /// The mean of the pixels that become one of the file.
    fn finish(&self) -> RgbaImage {
        let size = |pixels: usize| (pixels / SMOOTH) as u32;
        RgbaImage::from_fn(size(self.width), size(self.height), |x, y| {
            let channel = |channel: usize| {
                let mut sum = 0;
                for i in 0..SMOOTH * SMOOTH {
                    let column = x as usize * SMOOTH + i % SMOOTH;
                    let row = y as usize * SMOOTH + i / SMOOTH;
                    sum += usize::from(self.bytes[(row * self.width + column) * 3 + channel]);
                }
                ((sum + SMOOTH) / (SMOOTH * SMOOTH)) as u8
            };
            Rgba([channel(0), channel(1), channel(2), 255])
        })
    }

    fn draw_shapes(&mut self, marks: &[Mark]) -> Result<()> {
        let size = (self.width as u32, self.height as u32);
        let mut bytes = std::mem::take(&mut self.bytes);
        let drawn = {
            let root = BitMapBackend::with_buffer(&mut bytes, size).into_drawing_area();
            let drawn = marks
                .iter()
                .try_for_each(|mark| self.draw_shape(&root, mark));
            drawn.and_then(|()| root.present())
        };
        self.bytes = bytes;
        drawn.map_err(|error| Error::io("cannot draw the chart", error))
    }

    fn draw_shape(&self, root: &Area<'_>, mark: &Mark) -> Drawn {
        let scale = self.scale;
        let place = |(x, y): Point| ((x * scale).round() as i32, (y * scale).round() as i32);
        match mark {
            Mark::Rectangle {
                corner, size, fill, ..
            } => {
                let (left, top) = place(*corner);
                let (right, bottom) = place((corner.0 + size.0, corner.1 + size.1));
                let corners = [(left, top), ((right - 1).max(left), (bottom - 1).max(top))];
                root.draw(&Rectangle::new(corners, self.color(*fill).filled()))
            }
            Mark::Line { points, pen } => {
                let style = self
                    .color(pen.paint)
                    .stroke_width((pen.width * scale).round().max(1.0) as u32);
                let mut pieces = dashes(points, *pen).into_iter();
                pieces.try_for_each(|piece| {
                    let piece: Vec<(i32, i32)> = piece.into_iter().map(place).collect();
                    root.draw(&PathElement::new(piece, style))
                })
            }
            Mark::Polygon { points, fill } => {
                let points: Vec<(i32, i32)> = points.iter().copied().map(place).collect();
                root.draw(&Polygon::new(points, self.color(*fill).filled()))
            }
            Mark::Dots {
                points,
                radius,
                fill,
                square,
            } => {
                let radius = (radius * scale).round().max(1.0) as i32;
                points.iter().try_for_each(|point| {
                    let style = self.color(*fill).filled();
                    let (x, y) = place(*point);
                    if *square {
                        let corners = [(x - radius, y - radius), (x + radius, y + radius)];
                        return root.draw(&Rectangle::new(corners, style));
                    }
                    root.draw(&Circle::new((x, y), radius, style))
                })
            }
            Mark::Text(_) | Mark::Image { .. } => Ok(()),
        }
    }

    fn draw_image(&mut self, corner: Point, size: Point, pixels: &RgbaImage) {
        let at = |value: f64| (value * self.scale).round() as i64;
        let (left, top) = (at(corner.0), at(corner.1));
        let width = (at(corner.0 + size.0) - left).clamp(1, self.width as i64);
        let height = (at(corner.1 + size.1) - top).clamp(1, self.height as i64);
        let from = |place: i64, all: i64, pixels: u32| (place * i64::from(pixels) / all) as u32;
        for y in 0..height {
            let row = from(y, height, pixels.height());
            for x in 0..width {
                let pixel = pixels.get_pixel(from(x, width, pixels.width()), row);
                let Rgba([red, green, blue, alpha]) = *pixel;
                let share = f64::from(alpha) / 255.0;
                self.blend((left + x, top + y), [red, green, blue], share);
            }
        }
    }

    fn blend(&mut self, (x, y): (i64, i64), color: [u8; 3], share: f64) {
        let inside = (0..self.width as i64).contains(&x) && (0..self.height as i64).contains(&y);
        if !inside {
            return;
        }
        let place = (y as usize * self.width + x as usize) * 3;
        for (old, new) in self.bytes[place..place + 3].iter_mut().zip(color) {
            let mixed = f64::from(*old) * (1.0 - share) + f64::from(new) * share;
            *old = mixed.round().clamp(0.0, 255.0) as u8;
        }
    }

    /// Letters side by side, each in the first font that has it.
    fn draw_text(&mut self, text: &Text, fonts: &Fonts) {
        let size = text.size * self.scale;
        let mut glyphs = Vec::new();
        let mut x = 0.0;
        for letter in text.text.chars() {
            let Some((font, id)) = fonts.glyph(letter) else {
                x += 0.3 * size;
                continue;
            };
            let em = f64::from(font.units_per_em().unwrap_or(1000.0));
            glyphs.push((font, id, x));
            x += f64::from(font.h_advance_unscaled(id)) / em * size;
        }
        let start = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -x / 2.0,
            Anchor::End => -x,
        };
        let color = self.code(text.paint.color);
        let baseline = (text.baseline() - text.y) * self.scale;
        for (font, id, x) in glyphs {
            // ab_glyph counts a font's size from its lowest to its highest letter.
            let em = font.units_per_em().unwrap_or(1000.0);
            let scale = PxScale::from((size * f64::from(font.height_unscaled() / em)) as f32);
            let turn = (-text.turn).rem_euclid(360.0);
            if turn == 0.0 {
                let place = (
                    text.x * self.scale + start + x,
                    text.y * self.scale + baseline,
                );
                let glyph =
                    id.with_scale_and_position(scale, point(place.0 as f32, place.1 as f32));
                if let Some(outlined) = font.outline_glyph(glyph) {
                    let bounds = outlined.px_bounds();
                    let corner = (bounds.min.x as i64, bounds.min.y as i64);
                    // The same letter again, a little to the right.
                    let bold = if text.bold {
                        1 + (0.07 * size) as i64
                    } else {
                        1
                    };
                    outlined.draw(|x, y, share| {
                        let share = f64::from(share.clamp(0.0, 1.0)) * text.paint.opacity;
                        for shift in 0..bold {
                            let place = (corner.0 + i64::from(x) + shift, corner.1 + i64::from(y));
                            self.blend(place, color, share);
                        }
                    });
                }
                continue;
            }
            self.draw_turned(text, font, id.with_scale(scale), (start + x, baseline));
        }
    }

    /// A letter that is turned: each pixel around asks what the upright letter has there.
    fn draw_turned(
        &mut self,
        text: &Text,
        font: &ab_glyph::FontVec,
        glyph: ab_glyph::Glyph,
        (x, y): Point,
    ) {
        let Some(outlined) = font.outline_glyph(glyph) else {
            return;
        };
        let bounds = outlined.px_bounds();
        let (width, height) = (
            bounds.width().ceil() as usize + 1,
            bounds.height().ceil() as usize + 1,
        );
        let mut shares = vec![0.0; width * height];
        outlined.draw(|x, y, share| {
            if let Some(place) = shares.get_mut(y as usize * width + x as usize) {
                *place = f64::from(share.clamp(0.0, 1.0));
            }
        });
        let share = |x: i64, y: i64| {
            let inside = (0..width as i64).contains(&x) && (0..height as i64).contains(&y);
            if inside {
                shares[y as usize * width + x as usize]
            } else {
                0.0
            }
        };
        let (sine, cosine) = text.turn.to_radians().sin_cos();
        let center = (text.x * self.scale, text.y * self.scale);
        let (left, top) = (x + f64::from(bounds.min.x), y + f64::from(bounds.min.y));
        let middle = (left + width as f64 / 2.0, top + height as f64 / 2.0);
        let turned = (
            center.0 + middle.0 * cosine - middle.1 * sine,
            center.1 + middle.0 * sine + middle.1 * cosine,
        );
        let reach = (width as f64).hypot(height as f64) / 2.0 + 1.0;
        let color = self.code(text.paint.color);
        for py in (turned.1 - reach) as i64..=(turned.1 + reach) as i64 {
            for px in (turned.0 - reach) as i64..=(turned.0 + reach) as i64 {
                let (dx, dy) = (px as f64 + 0.5 - center.0, py as f64 + 0.5 - center.1);
                let gx = dx * cosine + dy * sine - left - 0.5;
                let gy = -dx * sine + dy * cosine - top - 0.5;
                let (fx, fy) = (gx.floor(), gy.floor());
                let (ix, iy) = (fx as i64, fy as i64);
                let (rx, ry) = (gx - fx, gy - fy);
                let upper = share(ix, iy) * (1.0 - rx) + share(ix + 1, iy) * rx;
                let lower = share(ix, iy + 1) * (1.0 - rx) + share(ix + 1, iy + 1) * rx;
                let mixed = upper * (1.0 - ry) + lower * ry;
                if mixed > 0.0 {
                    self.blend((px, py), color, mixed * text.paint.opacity);
                }
            }
        }
    }
}

/// A line in the pieces that its dashes leave.
fn dashes(points: &[Point], pen: Pen) -> Vec<Vec<Point>> {
    let Some((dash, gap)) = pen.dash else {
        return vec![points.to_vec()];
    };
    let mut pieces = Vec::new();
    let mut piece: Vec<Point> = points.first().copied().into_iter().collect();
    let (mut is_dash, mut left) = (true, dash);
    for pair in points.windows(2) {
        let (mut start, end) = (pair[0], pair[1]);
        loop {
            let length = (end.0 - start.0).hypot(end.1 - start.1);
            if length <= left {
                left -= length;
                if is_dash {
                    piece.push(end);
                }
                break;
            }
            let share = left / length;
            start = (
                start.0 + (end.0 - start.0) * share,
                start.1 + (end.1 - start.1) * share,
            );
            if is_dash {
                piece.push(start);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece.push(start);
            }
            is_dash = !is_dash;
            left = if is_dash { dash } else { gap };
        }
    }
    if is_dash && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(scene: &Scene, scale: f64, theme: Theme) -> RgbaImage {
        let png = scene.to_png(scale, theme).expect("no letters, no fonts");
        let picture = image::load_from_memory(&png).expect("a PNG file");
        picture.to_rgba8()
    }

    #[test]
    fn shapes_are_where_and_in_the_colors_that_the_scene_says() {
        let mut scene = Scene::new(40.0, 20.0);
        let red = Color::rgb(0xff_00_00);
        scene.rectangle((10.0, 5.0), (10.0, 10.0), red);
        scene.dots(vec![(30.0, 10.0)], 4.0, Color::Ink);
        scene.line(
            vec![(0.0, 18.0), (40.0, 18.0)],
            Pen::new(red.faint(0.5), 2.0),
        );
        let picture = RgbaImage::from_pixel(1, 1, Rgba([0, 0, 255, 255]));
        let drawn = scene.image((0.0, 0.0), (5.0, 5.0), picture);
        assert!(drawn.is_ok());
        for (theme, paper) in [(Theme::Light, 0xff), (Theme::Dark, 0x11)] {
            let pixels = pixels(&scene, 2.0, theme);
            assert_eq!(pixels.dimensions(), (80, 40));
            let at = |x, y| pixels.get_pixel(x, y).0[..3].to_vec();
            assert_eq!(at(30, 20), [0xff, 0, 0]);
            assert_eq!(at(14, 20), [paper; 3]);
            assert_eq!(at(60, 20), theme.ink());
            assert_eq!(at(4, 4), [0, 0, 0xff]);
            let mixed = at(40, 36);
            assert!(mixed[0] > 0x80 && mixed[1] < 0x90, "half red: {mixed:?}");
        }
    }

    #[test]
    fn dashes_cover_their_share_of_a_line() {
        let pen = Pen::new(Color::Ink, 1.0).dashed();
        let line: Vec<Point> = (0..=1000).map(|i| (f64::from(i) * 0.37, 0.0)).collect();
        let length = |piece: &Vec<Point>| piece[piece.len() - 1].0 - piece[0].0;
        let covered: f64 = dashes(&line, pen).iter().map(length).sum();
        assert!((covered / 370.0 - 0.6).abs() < 0.01, "{covered}");
        assert_eq!(dashes(&line, Pen::new(Color::Ink, 1.0)).len(), 1);
    }

    #[test]
    fn what_is_too_large_is_an_error() {
        let error = Scene::new(800.0, 100_000.0).to_png(2.0, Theme::Light);
        let error = error.expect_err("too large").to_string();
        assert!(error.contains("save it as `.svg`"), "{error}");
    }
}
