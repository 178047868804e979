//! A picture of 32x32 pixels, and smooth-edged ellipses, polygons and strokes on it.

use super::dice::Dice;

/// Pixels on each side.
pub(super) const SIDE: usize = 32;

/// Red, green and blue from 0 to 1.
pub(super) type Color = [f32; 3];

/// A place: to the right, and down.
pub(super) type Point = [f32; 2];

/// The color between two: 0 gives the first, 1 the second.
pub(super) fn blend(a: Color, b: Color, amount: f32) -> Color {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * amount)
}

/// Lighter (above 1) or darker (below 1).
pub(super) fn shade(color: Color, factor: f32) -> Color {
    color.map(|value| (value * factor).clamp(0.0, 1.0))
}

/// A color near another one.
pub(super) fn near(color: Color, by: f32, dice: &mut Dice) -> Color {
    let all = dice.between(-by, by);
    color.map(|value| (value + all + dice.between(-by, by) * 0.5).clamp(0.0, 1.0))
}

/// Where a thing is, how large, and how it is turned: takes its own coordinates to pixels.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    right: Point,
    down: Point,
    origin: Point,
}

impl Frame {
    /// One unit is `scale` pixels, and (0, 0) is at `origin`.
    pub(super) fn new(origin: Point, scale: f32) -> Frame {
        Frame {
            right: [scale, 0.0],
            down: [0.0, scale],
            origin,
        }
    }

    /// The unit coordinates of the whole picture: (0, 0) to (1, 1).
    pub(super) fn whole() -> Frame {
        Frame::new([0.0, 0.0], SIDE as f32)
    }

    pub(super) fn at(&self, point: Point) -> Point {
        std::array::from_fn(|i| self.origin[i] + self.right[i] * point[0] + self.down[i] * point[1])
    }

    fn vector(&self, vector: Point) -> Point {
        std::array::from_fn(|i| self.right[i] * vector[0] + self.down[i] * vector[1])
    }

    /// Pixels per unit, on average.
    fn scale(&self) -> f32 {
        (self.right[0] * self.down[1] - self.right[1] * self.down[0])
            .abs()
            .sqrt()
    }

    /// Its own axes changed: `right` and `down` say where they go.
    fn changed(&self, right: Point, down: Point) -> Frame {
        Frame {
            right: self.vector(right),
            down: self.vector(down),
            origin: self.origin,
        }
    }

    /// Turned clockwise, in radians.
    pub(super) fn turned(&self, angle: f32) -> Frame {
        let (sin, cos) = angle.sin_cos();
        self.changed([cos, sin], [-sin, cos])
    }

    /// Stretched along its own axes; a negative number mirrors.
    pub(super) fn stretched(&self, x: f32, y: f32) -> Frame {
        self.changed([x, 0.0], [0.0, y])
    }

    /// Slanted, so that things on its right lie lower.
    pub(super) fn slanted(&self, amount: f32) -> Frame {
        self.changed([1.0, amount], [0.0, 1.0])
    }

    /// With its middle at another of its points.
    pub(super) fn moved(&self, to: Point) -> Frame {
        Frame {
            origin: self.at(to),
            ..*self
        }
    }
}

/// How a surface looks.
#[derive(Clone, Copy)]
pub(super) struct Paint {
    pub(super) color: Color,
    /// A second color in blotches: the color, their size in pixels and a seed.
    pub(super) blotches: Option<(Color, f32, u32)>,
    /// 1 hides what is below.
    pub(super) cover: f32,
}

impl From<Color> for Paint {
    fn from(color: Color) -> Paint {
        Paint {
            color,
            blotches: None,
            cover: 1.0,
        }
    }
}

impl Paint {
    /// Lighter or darker all over.
    pub(super) fn shaded(self, factor: f32) -> Paint {
        Paint {
            color: shade(self.color, factor),
            blotches: self
                .blotches
                .map(|(color, size, seed)| (shade(color, factor), size, seed)),
            ..self
        }
    }

    /// Partly transparent.
    pub(super) fn covering(self, cover: f32) -> Paint {
        Paint { cover, ..self }
    }

    fn at(&self, pixel: Point) -> Color {
        match self.blotches {
            None => self.color,
            Some((color, size, seed)) => {
                let value = cloud([pixel[0] / size, pixel[1] / size], seed);
                blend(self.color, color, ((value - 0.5) * 8.0).clamp(0.0, 1.0))
            }
        }
    }
}

/// Smooth chance over the plane, from 0 to 1: random corners, blended between them.
pub(super) fn cloud(at: Point, seed: u32) -> f32 {
    let cell = at.map(f32::floor);
    let part: [f32; 2] = std::array::from_fn(|i| {
        let part = at[i] - cell[i];
        part * part * (3.0 - 2.0 * part)
    });
    let corner = |x: i32, y: i32| {
        let mut hash = (cell[0] as i32 + x) as u32;
        hash = hash.wrapping_mul(0x85eb_ca6b) ^ ((cell[1] as i32 + y) as u32);
        hash = (hash ^ seed).wrapping_mul(0xc2b2_ae35);
        hash = (hash ^ (hash >> 15)).wrapping_mul(0x27d4_eb2f);
        (hash ^ (hash >> 13)) as f32 / u32::MAX as f32
    };
    let top = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * part[0];
    let bottom = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * part[0];
    top + (bottom - top) * part[1]
}

/// The picture that is being drawn.
pub(super) struct Canvas {
    /// Row by row.
    pub(super) pixels: Vec<Color>,
    /// Where the light comes from, and how strong the difference is that it makes.
    light: Point,
}

impl Canvas {
    pub(super) fn new(light: Point) -> Canvas {
        Canvas {
            pixels: vec![[0.0; 3]; SIDE * SIDE],
            light,
        }
    }

    /// Gives every pixel the color that `color` says for its middle, from (0, 0) to (1, 1).
    pub(super) fn cover(&mut self, mut color: impl FnMut(Point) -> Color) {
        for (index, pixel) in self.pixels.iter_mut().enumerate() {
            let middle = |at: usize| (at as f32 + 0.5) / SIDE as f32;
            *pixel = color([middle(index % SIDE), middle(index / SIDE)]);
        }
    }

    /// The picture as 32x32 bytes of red, then green, then blue.
    pub(super) fn write_planes(&self, planes: &mut [u8]) {
        for (index, pixel) in self.pixels.iter().enumerate() {
            for (plane, value) in pixel.iter().enumerate() {
                planes[plane * SIDE * SIDE + index] =
                    (value * 255.0).round().clamp(0.0, 255.0) as u8;
            }
        }
    }

    /// Fills what lies inside: where `distance` (in pixels, to the edge) is negative.
    fn fill(&mut self, low: Point, high: Point, paint: Paint, distance: impl Fn(Point) -> f32) {
        let first = |value: f32| (value - 1.0).floor().clamp(0.0, SIDE as f32) as usize;
        let last = |value: f32| (value + 1.0).ceil().clamp(0.0, SIDE as f32) as usize;
        let middle: Point = std::array::from_fn(|i| (low[i] + high[i]) / 2.0);
        let reach = ((high[0] - low[0]) + (high[1] - low[1])).max(2.0) / 4.0;
        for y in first(low[1])..last(high[1]) {
            for x in first(low[0])..last(high[0]) {
                let at = [x as f32 + 0.5, y as f32 + 0.5];
                let inside = (0.5 - distance(at)).clamp(0.0, 1.0);
                if inside > 0.0 {
                    let toward_light = ((at[0] - middle[0]) * self.light[0]
                        + (at[1] - middle[1]) * self.light[1])
                        / reach;
                    let lit = shade(paint.at(at), 1.0 + toward_light.clamp(-0.6, 0.6));
                    let pixel = &mut self.pixels[y * SIDE + x];
                    *pixel = blend(*pixel, lit, inside * paint.cover);
                }
            }
        }
    }

    /// A filled ellipse, turned by `tilt` around its middle.
    pub(super) fn ellipse(
        &mut self,
        frame: &Frame,
        middle: Point,
        radii: Point,
        tilt: f32,
        paint: impl Into<Paint>,
    ) {
        let own = frame
            .moved(middle)
            .turned(tilt)
            .stretched(radii[0], radii[1]);
        let ([a, c], [b, d]) = (own.right, own.down);
        let determinant = a * d - b * c;
        if determinant.abs() < 1e-4 {
            return;
        }
        let reach = [a.hypot(b), c.hypot(d)];
        let low = std::array::from_fn(|i| own.origin[i] - reach[i]);
        let high = std::array::from_fn(|i| own.origin[i] + reach[i]);
        self.fill(low, high, paint.into(), |at| {
            let (x, y) = (at[0] - own.origin[0], at[1] - own.origin[1]);
            // In the ellipse's own coordinates it is the unit circle.
            let (u, v) = ((d * x - b * y) / determinant, (a * y - c * x) / determinant);
            let radius = u.hypot(v);
            let slope = ((u * d - v * c) / determinant).hypot((v * a - u * b) / determinant);
            match slope > 1e-6 {
                true => (radius - 1.0) * radius / slope,
                false => -1.0,
            }
        });
    }

    /// A filled circle.
    pub(super) fn circle(
        &mut self,
        frame: &Frame,
        middle: Point,
        radius: f32,
        paint: impl Into<Paint>,
    ) {
        self.ellipse(frame, middle, [radius, radius], 0.0, paint);
    }

    /// A filled polygon with any number of corners.
    pub(super) fn polygon(&mut self, frame: &Frame, corners: &[Point], paint: impl Into<Paint>) {
        let corners: Vec<Point> = corners.iter().map(|corner| frame.at(*corner)).collect();
        let (low, high) = bounds(&corners);
        self.fill(low, high, paint.into(), |at| {
            let mut nearest = f32::INFINITY;
            let mut inside = false;
            let mut a = corners[corners.len() - 1];
            for &b in &corners {
                nearest = nearest.min(to_segment(at, a, b).0);
                let crosses = (a[1] > at[1]) != (b[1] > at[1]);
                if crosses && at[0] < (b[0] - a[0]) * (at[1] - a[1]) / (b[1] - a[1]) + a[0] {
                    inside = !inside;
                }
                a = b;
            }
            if inside { -nearest } else { nearest }
        });
    }

    /// A filled rectangle between two opposite corners.
    pub(super) fn rectangle(&mut self, frame: &Frame, a: Point, b: Point, paint: impl Into<Paint>) {
        self.polygon(frame, &[a, [b[0], a[1]], b, [a[0], b[1]]], paint);
    }

    /// A line with round ends through the points, `widths` wide at its start and its end.
    pub(super) fn stroke(
        &mut self,
        frame: &Frame,
        points: &[Point],
        widths: Point,
        paint: impl Into<Paint>,
    ) {
        let scale = frame.scale();
        let points: Vec<Point> = points.iter().map(|point| frame.at(*point)).collect();
        let pieces = points.len() as f32 - 1.0;
        // A hair must still be seen.
        let radius =
            |part: f32| ((widths[0] + (widths[1] - widths[0]) * part) * scale / 2.0).max(0.35);
        let reach = radius(0.0).max(radius(1.0));
        let (low, high) = bounds(&points);
        let (low, high) = (low.map(|v| v - reach), high.map(|v| v + reach));
        self.fill(low, high, paint.into(), |at| {
            let ends = points.windows(2).enumerate();
            ends.map(|(piece, ends)| {
                let (distance, along) = to_segment(at, ends[0], ends[1]);
                distance - radius((piece as f32 + along) / pieces)
            })
            .fold(f32::INFINITY, f32::min)
        });
    }
}

fn bounds(points: &[Point]) -> (Point, Point) {
    points.iter().fold(
        ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]),
        |(low, high), point| {
            (
                std::array::from_fn(|i| low[i].min(point[i])),
                std::array::from_fn(|i| high[i].max(point[i])),
            )
        },
    )
}

/// The distance to the segment from `a` to `b`, and how far along it the nearest point is.
fn to_segment(at: Point, a: Point, b: Point) -> (f32, f32) {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let (x, y) = (at[0] - a[0], at[1] - a[1]);
    let length = dx * dx + dy * dy;
    let along = match length > 1e-9 {
        true => ((x * dx + y * dy) / length).clamp(0.0, 1.0),
        false => 0.0,
    };
    ((x - dx * along).hypot(y - dy * along), along)
}
