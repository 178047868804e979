//! What a camera does to a scene: color casts, contrast, blur and noise; and things in front.

use super::super::canvas::{Canvas, Color, Frame, Paint, SIDE, blend, near};
use super::super::dice::Dice;

/// Something in front of the subject, cut by the edge of the picture.
pub(in crate::datasets::stand_in) fn occlude(canvas: &mut Canvas, ground: Color, dice: &mut Dice) {
    let whole = Frame::whole();
    let paint = Paint::from(near(ground, 0.2, dice));
    match dice.count(0, 3) {
        // Blades of grass from below.
        0 => {
            for _ in 0..dice.count(3, 9) {
                let x = dice.between(0.0, 1.0);
                let tip = [x + dice.between(-0.12, 0.12), dice.between(0.6, 0.9)];
                let blade = paint.shaded(dice.between(0.7, 1.3));
                canvas.stroke(&whole, &[[x, 1.02], tip], [0.06, 0.01], blade);
            }
        }
        // A post.
        1 => {
            let x = dice.between(0.05, 0.95);
            let width = dice.between(0.03, 0.09);
            let lean = dice.between(-0.08, 0.08);
            let post = near([0.35, 0.3, 0.25], 0.25, dice);
            canvas.stroke(&whole, &[[x, -0.1], [x + lean, 1.1]], [width, width], post);
        }
        // A dark or bright mass in a corner.
        2 => {
            let x = dice.pick(&[0.0, 1.0]);
            let y = dice.between(0.2, 1.1);
            let radii = [dice.between(0.12, 0.3), dice.between(0.12, 0.35)];
            let mass = near(blend(ground, [0.5; 3], 0.5), 0.3, dice);
            canvas.ellipse(&whole, [x, y], radii, dice.between(0.0, 3.0), mass);
        }
        // A low wall or the edge of a table.
        _ => {
            let top = dice.between(0.84, 0.95);
            let wall = near([0.5, 0.45, 0.4], 0.3, dice);
            let corners = [
                [0.0, top + dice.between(-0.06, 0.06)],
                [1.0, top],
                [1.0, 1.1],
                [0.0, 1.1],
            ];
            canvas.polygon(&whole, &corners, wall);
        }
    }
}

/// Turns the drawn scene into what a modest camera would have made of it.
pub(in crate::datasets::stand_in) fn photograph(canvas: &mut Canvas, dice: &mut Dice) {
    let sharpness = dice.between(0.0, 1.0);
    if sharpness < 0.5 {
        blur(canvas, 1.0 - sharpness);
    }
    let gray = if dice.chance(0.06) {
        1.0
    } else {
        dice.between(0.0, 0.25)
    };
    let contrast = dice.between(0.8, 1.25);
    let brightness = dice.between(-0.1, 0.1);
    let cast: Color = std::array::from_fn(|_| dice.between(0.92, 1.08));
    // Some cameras darken the corners.
    let corners = dice.between(-0.05, 0.35);
    let grain = dice.between(0.008, 0.035);
    for (index, pixel) in canvas.pixels.iter_mut().enumerate() {
        let from_middle = |at: usize| (at as f32 + 0.5) / SIDE as f32 - 0.5;
        let (x, y) = (from_middle(index % SIDE), from_middle(index / SIDE));
        let light = 1.0 - corners * 2.0 * (x * x + y * y);
        let luma = 0.3 * pixel[0] + 0.59 * pixel[1] + 0.11 * pixel[2];
        let toned = blend(*pixel, [luma; 3], gray);
        let common = dice.normal() * grain;
        *pixel = std::array::from_fn(|i| {
            let value = (toned[i] * cast[i] * light - 0.5) * contrast + 0.5 + brightness;
            value + common + dice.normal() * grain * 0.5
        });
    }
}

/// Mixes each pixel with its neighbors.
pub(in crate::datasets::stand_in) fn blur(canvas: &mut Canvas, amount: f32) {
    let side = amount * 0.5;
    for vertical in [false, true] {
        let before = canvas.pixels.clone();
        for (index, pixel) in canvas.pixels.iter_mut().enumerate() {
            let (x, y) = (index % SIDE, index / SIDE);
            let at = |step: isize| {
                let clamp = |v: usize, by: isize| v.saturating_add_signed(by).min(SIDE - 1);
                match vertical {
                    true => before[clamp(y, step) * SIDE + x],
                    false => before[y * SIDE + clamp(x, step)],
                }
            };
            let around = blend(at(-1), at(1), 0.5);
            *pixel = blend(*pixel, around, side);
        }
    }
}
