//! What is behind the subject: sky, sea, grass, roads, rooms, woods, snow, sand.

use super::super::canvas::{Canvas, Color, Frame, Paint, blend, cloud, near, shade};
use super::super::dice::Dice;

/// The kinds of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::datasets::stand_in) enum Place {
    Sky,
    Sea,
    Grass,
    Road,
    Room,
    Woods,
    Snow,
    Sand,
    Studio,
    /// Leaves or earth from close by, filling the picture.
    Ground,
}

/// Draws the place over the whole canvas; gives the color of its ground.
pub(in crate::datasets::stand_in) fn draw(
    place: Place,
    canvas: &mut Canvas,
    dice: &mut Dice,
) -> Color {
    let horizon = dice.between(0.25, 0.7);
    match place {
        Place::Sky => {
            sky(canvas, dice);
            if dice.chance(0.2) {
                let ground = near([0.3, 0.35, 0.25], 0.15, dice);
                let low = dice.between(0.85, 0.95);
                canvas.rectangle(&Frame::whole(), [-0.1, low], [1.1, 1.1], ground);
            }
            [0.6, 0.65, 0.7]
        }
        Place::Sea => sea(canvas, horizon, dice),
        Place::Road => road(canvas, horizon, dice),
        Place::Room => room(canvas, dice),
        Place::Studio => {
            let color = dice.pick(&[[0.95; 3], [0.9; 3], [0.6; 3], [0.2; 3], [0.7, 0.75, 0.8]]);
            let top = near(color, 0.15, dice);
            let bottom = near(color, 0.15, dice);
            canvas.cover(|at| blend(top, bottom, at[1]));
            bottom
        }
        Place::Ground => {
            let color = dice.pick(&[
                [0.25, 0.45, 0.15],
                [0.45, 0.35, 0.22],
                [0.3, 0.3, 0.28],
                [0.2, 0.3, 0.28],
                [0.6, 0.55, 0.45],
            ]);
            let color = near(color, 0.12, dice);
            cluttered(canvas, color, dice);
            color
        }
        Place::Grass => {
            let color = dice.pick(&[
                [0.3, 0.5, 0.15],
                [0.4, 0.5, 0.2],
                [0.55, 0.5, 0.25],
                [0.2, 0.38, 0.15],
            ]);
            open_land(canvas, horizon, color, 0.35, dice)
        }
        Place::Snow => open_land(canvas, horizon, [0.88, 0.9, 0.95], 0.1, dice),
        Place::Sand => open_land(canvas, horizon, [0.75, 0.63, 0.45], 0.18, dice),
        Place::Woods => woods(canvas, dice),
    }
}

fn sky(canvas: &mut Canvas, dice: &mut Dice) -> Color {
    let (top, bottom) = dice.weighted(&[
        (([0.25, 0.45, 0.8], [0.65, 0.8, 0.95]), 4.0),
        (([0.6, 0.65, 0.7], [0.8, 0.82, 0.85]), 3.0),
        (([0.9, 0.92, 0.95], [0.95, 0.95, 0.95]), 1.5),
        (([0.3, 0.3, 0.5], [0.95, 0.6, 0.4]), 1.0),
        (([0.1, 0.15, 0.3], [0.25, 0.35, 0.5]), 0.7),
    ]);
    let (top, bottom) = (near(top, 0.1, dice), near(bottom, 0.1, dice));
    let clouds = if dice.chance(0.55) {
        dice.between(0.2, 0.9)
    } else {
        0.0
    };
    let (size, seed) = (dice.between(2.0, 5.0), dice.seed());
    let white = near([0.95, 0.95, 0.97], 0.05, dice);
    canvas.cover(|[x, y]| {
        let thick = cloud([x * size, y * size * 2.0], seed) * 0.65
            + cloud([x * size * 2.7, y * size * 5.0], seed ^ 1) * 0.35;
        let cover = ((thick - 0.5) * 3.0).clamp(0.0, 1.0) * clouds;
        blend(blend(top, bottom, y), white, cover)
    });
    bottom
}

/// Lets a color vary over the lower part of the canvas, finer toward the horizon.
fn texture(canvas: &mut Canvas, horizon: f32, color: Color, rough: f32, dice: &mut Dice) {
    let seed = dice.seed();
    let size = dice.between(5.0, 14.0);
    let far = shade(color, dice.between(0.75, 1.2));
    let slope = dice.between(-0.08, 0.08);
    let old = std::mem::take(&mut canvas.pixels);
    let mut before = old.iter();
    canvas.pixels = vec![[0.0; 3]; old.len()];
    canvas.cover(|[x, y]| {
        let above = before.next().copied().unwrap_or(color);
        let line = horizon + slope * (x - 0.5);
        let depth = (y - line) / (1.05 - line).max(0.05);
        let vary = cloud([x * size, y * size * 2.0], seed) * 0.6
            + cloud([x * size * 3.0, y * size * 5.0], seed ^ 7) * 0.4;
        let here = shade(
            blend(far, color, depth.clamp(0.0, 1.0)),
            1.0 + (vary - 0.5) * 2.0 * rough,
        );
        blend(above, here, ((y - line) * 32.0 + 0.5).clamp(0.0, 1.0))
    });
}

fn sea(canvas: &mut Canvas, horizon: f32, dice: &mut Dice) -> Color {
    let above = sky(canvas, dice);
    if dice.chance(0.35) {
        hills(canvas, horizon, dice);
    }
    let water = dice.pick(&[
        [0.1, 0.25, 0.4],
        [0.2, 0.4, 0.55],
        [0.3, 0.38, 0.4],
        [0.12, 0.35, 0.4],
    ]);
    let water = near(blend(water, above, dice.between(0.0, 0.4)), 0.08, dice);
    texture(canvas, horizon, water, 0.2, dice);
    for _ in 0..dice.count(2, 10) {
        let y = dice.between(horizon + 0.05, 1.0);
        let x = dice.between(-0.1, 1.0);
        let length = dice.between(0.05, 0.3);
        let crest = Paint::from(shade(water, dice.between(0.7, 1.5))).covering(0.6);
        canvas.stroke(
            &Frame::whole(),
            &[[x, y], [x + length, y]],
            [0.02, 0.02],
            crest,
        );
    }
    water
}

fn hills(canvas: &mut Canvas, horizon: f32, dice: &mut Dice) {
    let color = dice.pick(&[
        [0.25, 0.35, 0.3],
        [0.4, 0.45, 0.55],
        [0.35, 0.3, 0.25],
        [0.15, 0.25, 0.15],
    ]);
    let color = near(color, 0.1, dice);
    for _ in 0..dice.count(1, 5) {
        let middle = [dice.between(0.0, 1.0), horizon + 0.06];
        let radii = [dice.between(0.15, 0.5), dice.between(0.08, 0.25)];
        canvas.ellipse(&Frame::whole(), middle, radii, 0.0, near(color, 0.05, dice));
    }
}

fn houses(canvas: &mut Canvas, horizon: f32, dice: &mut Dice) {
    let whole = Frame::whole();
    for _ in 0..dice.count(2, 5) {
        let x = dice.between(-0.1, 0.9);
        let width = dice.between(0.15, 0.45);
        let top = horizon - dice.between(0.1, 0.5);
        let wall = near([0.55, 0.48, 0.42], 0.25, dice);
        canvas.rectangle(&whole, [x, top], [x + width, horizon + 0.05], wall);
        for _ in 0..dice.count(0, 4) {
            let at = [
                dice.between(x, x + width - 0.05),
                dice.between(top, horizon - 0.05),
            ];
            let window = near([0.2, 0.22, 0.28], 0.15, dice);
            canvas.rectangle(&whole, at, [at[0] + 0.05, at[1] + 0.07], window);
        }
    }
}

fn road(canvas: &mut Canvas, horizon: f32, dice: &mut Dice) -> Color {
    sky(canvas, dice);
    if dice.chance(0.55) {
        houses(canvas, horizon, dice);
    } else {
        hills(canvas, horizon, dice);
    }
    let beside = dice.pick(&[[0.3, 0.42, 0.2], [0.5, 0.48, 0.4], [0.45, 0.45, 0.45]]);
    texture(canvas, horizon, near(beside, 0.1, dice), 0.25, dice);
    let asphalt = near([0.38, 0.38, 0.4], 0.18, dice);
    let start = horizon + dice.between(0.02, 0.2);
    texture(canvas, start, asphalt, 0.12, dice);
    if dice.chance(0.5) {
        let y = dice.between(start + 0.05, 1.0);
        let line = Paint::from(near([0.85, 0.85, 0.75], 0.1, dice)).covering(0.8);
        let end = y + dice.between(-0.1, 0.1);
        canvas.stroke(
            &Frame::whole(),
            &[[-0.1, y], [1.1, end]],
            [0.03, 0.03],
            line,
        );
    }
    asphalt
}

fn room(canvas: &mut Canvas, dice: &mut Dice) -> Color {
    let wall = dice.pick(&[
        [0.75, 0.7, 0.6],
        [0.6, 0.6, 0.65],
        [0.5, 0.35, 0.25],
        [0.35, 0.4, 0.45],
        [0.85, 0.83, 0.8],
    ]);
    let wall = near(wall, 0.12, dice);
    let floor = dice.pick(&[
        [0.5, 0.35, 0.22],
        [0.65, 0.6, 0.55],
        [0.35, 0.2, 0.2],
        [0.3, 0.32, 0.4],
        [0.7, 0.6, 0.4],
    ]);
    let floor = near(floor, 0.12, dice);
    let line = dice.between(0.3, 0.8);
    canvas.cover(|[x, y]| shade(wall, 1.0 + 0.2 * (x - y)));
    let whole = Frame::whole();
    for _ in 0..dice.count(0, 3) {
        // Pictures, doors, cupboards, cushions.
        let (x, y) = (dice.between(-0.2, 0.9), dice.between(-0.2, line));
        let size = [dice.between(0.15, 0.6), dice.between(0.15, 0.6)];
        let thing = near([0.5, 0.45, 0.42], 0.35, dice);
        canvas.rectangle(&whole, [x, y], [x + size[0], y + size[1]], thing);
    }
    texture(canvas, line, floor, 0.15, dice);
    if dice.chance(0.4) {
        let cloth = near([0.5, 0.4, 0.45], 0.35, dice);
        let middle = [dice.between(0.1, 0.9), dice.between(0.75, 1.05)];
        canvas.ellipse(&whole, middle, [dice.between(0.4, 0.8), 0.3], 0.0, cloth);
    }
    floor
}

fn woods(canvas: &mut Canvas, dice: &mut Dice) -> Color {
    let color = dice.pick(&[
        [0.2, 0.32, 0.15],
        [0.35, 0.3, 0.2],
        [0.15, 0.22, 0.15],
        [0.45, 0.45, 0.25],
    ]);
    let leaves = near(color, 0.1, dice);
    cluttered(canvas, leaves, dice);
    let horizon = dice.between(0.5, 0.9);
    for _ in 0..dice.count(1, 6) {
        let x = dice.between(0.0, 1.0);
        let width = dice.between(0.03, 0.13);
        let trunk = near([0.3, 0.24, 0.18], 0.15, dice);
        let foot = [
            x + dice.between(-0.08, 0.08),
            horizon + dice.between(0.0, 0.15),
        ];
        canvas.stroke(
            &Frame::whole(),
            &[[x, -0.1], foot],
            [width * 0.8, width],
            trunk,
        );
    }
    let floor = near(blend(leaves, [0.4, 0.33, 0.2], 0.5), 0.1, dice);
    texture(canvas, horizon, floor, 0.35, dice);
    floor
}

/// Leaves, stones and shadows all over.
fn cluttered(canvas: &mut Canvas, color: Color, dice: &mut Dice) {
    let seed = dice.seed();
    let size = dice.between(3.0, 12.0);
    let rough = dice.between(0.15, 0.6);
    let other = near(color, 0.2, dice);
    canvas.cover(|[x, y]| {
        let coarse = cloud([x * size, y * size], seed);
        let fine = cloud([x * size * 3.0, y * size * 3.0], seed ^ 3);
        shade(
            blend(color, other, coarse),
            1.0 + (coarse * 0.6 + fine * 0.4 - 0.5) * 2.0 * rough,
        )
    });
    for _ in 0..dice.count(0, 6) {
        let middle = [dice.between(0.0, 1.0), dice.between(0.0, 1.0)];
        let radii = [dice.between(0.05, 0.2), dice.between(0.02, 0.08)];
        let leaf = Paint::from(near(color, 0.25, dice)).covering(dice.between(0.4, 1.0));
        canvas.ellipse(&Frame::whole(), middle, radii, dice.between(0.0, 3.0), leaf);
    }
}

fn open_land(
    canvas: &mut Canvas,
    horizon: f32,
    color: Color,
    rough: f32,
    dice: &mut Dice,
) -> Color {
    let color = near(color, 0.08, dice);
    // Sometimes the camera looks down and there is only ground.
    let horizon = if dice.chance(0.3) { -0.2 } else { horizon };
    sky(canvas, dice);
    match dice.count(0, 3) {
        0 => hills(canvas, horizon, dice),
        1 => {
            for _ in 0..dice.count(4, 9) {
                let middle = [dice.between(0.0, 1.0), horizon - dice.between(0.0, 0.1)];
                let radius = dice.between(0.06, 0.2);
                let bush = near([0.18, 0.28, 0.12], 0.1, dice);
                canvas.ellipse(&Frame::whole(), middle, [radius, radius], 0.0, bush);
            }
        }
        2 => houses(canvas, horizon, dice),
        _ => {}
    }
    texture(canvas, horizon, color, rough, dice);
    if dice.chance(0.25) {
        let rail = near([0.5, 0.42, 0.32], 0.25, dice);
        let y = dice.between(0.3, 0.6);
        for at in [y, y + 0.13] {
            canvas.stroke(
                &Frame::whole(),
                &[[-0.1, at], [1.1, at]],
                [0.03, 0.03],
                rail,
            );
        }
    }
    color
}
