//! Which color stands for which number.

use image::{Rgba, RgbaImage};

use super::colormap::Colormap;
use super::scene::{Point, Scene, Text};
use super::text;
use super::ticks::ticks;
use crate::Result;

/// The width of the colors.
const WIDTH: f64 = 12.0;
const LABEL: f64 = 11.0;

/// The width of a bar with round numbers.
pub(super) fn width(low: f64, high: f64) -> f64 {
    width_of(&marks(low, high, MARKS))
}

/// The width of a bar with these labels.
pub(super) fn width_of(marks: &[(f64, String)]) -> f64 {
    let labels = marks.iter().map(|(_, label)| label.as_str());
    WIDTH + 6.0 + text::widest(labels, LABEL)
}

const MARKS: usize = 6;

/// Round numbers, and at which share of the way from `low` to `high` they lie.
fn marks(low: f64, high: f64, most: usize) -> Vec<(f64, String)> {
    let ticks = ticks(low, high, most, false).into_iter();
    ticks
        .map(|tick| ((tick.value - low) / (high - low), tick.label))
        .collect()
}

/// Draws a bar of this height from `low`, below, to `high`.
pub(super) fn draw(
    scene: &mut Scene,
    corner: Point,
    height: f64,
    colormap: Colormap,
    (low, high): (f64, f64),
) -> Result<()> {
    let most = (height / 30.0).clamp(1.0, MARKS as f64) as usize;
    draw_at(scene, corner, height, colormap, &marks(low, high, most))
}

/// Draws a bar with these labels, each at its share of the height.
pub(super) fn draw_at(
    scene: &mut Scene,
    corner: Point,
    height: f64,
    colormap: Colormap,
    marks: &[(f64, String)],
) -> Result<()> {
    const STEPS: u32 = 128;
    let pixels = RgbaImage::from_fn(1, STEPS, |_, y| {
        let share = 1.0 - f64::from(y) / f64::from(STEPS - 1);
        let [red, green, blue] = colormap.at(share);
        Rgba([red, green, blue, 255])
    });
    scene.image(corner, (WIDTH, height), pixels)?;
    for (share, label) in marks {
        let y = corner.1 + (1.0 - share.clamp(0.0, 1.0)) * height;
        scene.text(Text::new(label, corner.0 + WIDTH + 6.0, y).size(LABEL));
    }
    Ok(())
}
