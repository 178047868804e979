//! Many small pictures of numbers, side by side.

use image::{Rgba, RgbaImage};

use super::colormap::Colormap;
use super::scene::{Scene, Text};
use super::{Figure, colorbar, thumbnail};
use crate::Result;

/// Numbers in rows, and what stands below them.
pub(super) struct Tile {
    pub(super) pixels: RgbaImage,
    pub(super) caption: String,
}

/// What the tiles are, and the colors of their numbers if they are not colors themselves.
pub(super) struct Sheet<'a> {
    pub(super) title: String,
    pub(super) tiles: &'a [Tile],
    /// How many tiles have no place.
    pub(super) left_out: usize,
    pub(super) colors: Option<(Colormap, f64, f64)>,
}

/// More tiles than this are not looked at.
pub(super) const MOST: usize = 64;
const GAP: f64 = 8.0;
const CAPTION: f64 = 14.0;
const WIDTH: f64 = 640.0;

impl Sheet<'_> {
    pub(super) fn draw(&self, description: &str) -> Result<Figure> {
        let count = self.tiles.len().max(1);
        let columns = count.min(8);
        let side = (WIDTH / columns as f64 - GAP).min(120.0);
        let rows = count.div_ceil(columns);
        let row = side + CAPTION + GAP;
        let head = 30.0;
        let foot = if self.left_out > 0 { 22.0 } else { 0.0 };
        let width = columns as f64 * (side + GAP) + GAP;
        let beside = match self.colors {
            Some((_, low, high)) => 12.0 + colorbar::width(low, high),
            None => 0.0,
        };
        let least = super::text::width(&self.title, 14.0) * 1.12 + 16.0;
        let full = (width + beside + GAP).max(least.min(WIDTH + 100.0));
        let mut scene = Scene::new(full, head + rows as f64 * row + foot);
        let title = Text::new(&self.title, GAP, 15.0).size(14.0).bold();
        scene.text(title.within(full - 2.0 * GAP));
        for (i, tile) in self.tiles.iter().enumerate() {
            let x = GAP + (i % columns) as f64 * (side + GAP);
            let y = head + (i / columns) as f64 * row;
            thumbnail::draw(&mut scene, (x, y), side, tile.pixels.clone())?;
            let caption = Text::new(
                &tile.caption,
                x + side / 2.0,
                y + side + CAPTION / 2.0 + 1.0,
            );
            scene.text(caption.size(10.0).middle().within(side + GAP - 4.0));
        }
        if let Some((colormap, low, high)) = self.colors {
            let height = (rows as f64 * row - CAPTION - GAP).min(240.0);
            let corner = (width + 6.0, head);
            colorbar::draw(&mut scene, corner, height, colormap, (low, high))?;
        }
        if self.left_out > 0 {
            let words = format!("… and {} more", self.left_out);
            scene.text(Text::new(words, GAP, scene.height - 11.0));
        }
        Ok(Figure::from_scene(scene, description))
    }
}

/// Numbers as colors, `low` at one end and `high` at the other; of more than `most` in a row or
/// column, those at even places.
pub(super) fn colored(
    (height, width): (usize, usize),
    value: impl Fn(usize, usize) -> f64,
    (colormap, low, high): (Colormap, f64, f64),
) -> RgbaImage {
    const MOST: usize = 96;
    let (rows, columns) = (height.min(MOST), width.min(MOST));
    RgbaImage::from_fn(columns as u32, rows as u32, |x, y| {
        let row = y as usize * height / rows;
        let column = x as usize * width / columns;
        let share = (value(row, column) - low) / (high - low);
        let [red, green, blue] = colormap.at(share);
        Rgba([red, green, blue, 255])
    })
}
