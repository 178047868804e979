//! Handwritten digits: strokes of a pen that slants, shakes and is thick or thin.

use super::canvas::{Canvas, Frame, Paint, Point, cloud};
use super::dice::Dice;
use super::photograph::effects::blur;
use crate::datasets::gray_pictures::SIDE;

/// Draws the digit in white on black into the upper left part of the canvas.
pub(super) fn draw(digit: u8, canvas: &mut Canvas, dice: &mut Dice) {
    let middle = SIDE as f32 / 2.0;
    let origin = [
        middle + dice.between(-1.5, 1.5),
        middle + dice.between(-1.5, 1.5),
    ];
    let lean = dice.between(-0.35, 0.15);
    let frame = Frame::new(origin, dice.between(9.0, 12.0))
        .turned(dice.between(-0.15, 0.15))
        .stretched(dice.between(0.75, 1.15), 1.0);
    let width = dice.between(0.16, 0.38);
    let ink = Paint::from([dice.between(0.85, 1.0); 3]);
    let shake = (dice.between(0.05, 0.16), dice.seed());
    for stroke in strokes(digit, dice) {
        let points: Vec<Point> = stroke
            .iter()
            .map(|point| shaken(*point, shake))
            // Letters slant: what is higher lies further to the right.
            .map(|[x, y]| [x + y * lean, y])
            .collect();
        let end = width * dice.between(0.7, 1.1);
        canvas.stroke(&frame, &points, [width, end], ink);
    }
    blur(canvas, dice.between(0.2, 0.7));
}

/// Moved a little, and points nearby alike.
fn shaken([x, y]: Point, (by, seed): (f32, u32)) -> Point {
    let at = [x * 1.8 + 7.0, y * 1.8 + 7.0];
    let drift = |seed| (cloud(at, seed) - 0.5) * 2.0 * by;
    [x + drift(seed), y + drift(seed ^ 0x9e37)]
}

/// Part of an ellipse; angles in degrees, clockwise from the right.
fn arc(middle: Point, radii: Point, from: f32, to: f32) -> Vec<Point> {
    const STEPS: usize = 14;
    let points = (0..=STEPS).map(|step| {
        let angle = (from + (to - from) * step as f32 / STEPS as f32).to_radians();
        [
            middle[0] + radii[0] * angle.cos(),
            middle[1] + radii[1] * angle.sin(),
        ]
    });
    points.collect()
}

/// The strokes of a digit, 1.6 high and around (0, 0).
fn strokes(digit: u8, dice: &mut Dice) -> Vec<Vec<Point>> {
    let lines = |points: &[Point]| points.to_vec();
    let joined = |parts: [Vec<Point>; 2]| parts.concat();
    match digit {
        0 => {
            let start = dice.between(-120.0, -50.0);
            let radii = [dice.between(0.38, 0.58), 0.8];
            vec![arc(
                [0.0, 0.0],
                radii,
                start,
                start + dice.between(345.0, 380.0),
            )]
        }
        1 => match dice.count(0, 9) {
            0..=5 => vec![lines(&[[0.0, -0.8], [0.0, 0.0], [0.0, 0.8]])],
            6..=8 => vec![lines(&[[-0.28, -0.5], [0.05, -0.8], [0.05, 0.8]])],
            _ => vec![
                lines(&[[-0.28, -0.5], [0.05, -0.8], [0.05, 0.8]]),
                lines(&[[-0.3, 0.8], [0.38, 0.8]]),
            ],
        },
        2 => {
            let bow = arc([0.0, -0.4], [0.45, 0.4], dice.between(180.0, 215.0), 395.0);
            let foot = match dice.chance(0.3) {
                // A loop at the lower left corner.
                true => [
                    arc([-0.3, 0.62], [0.16, 0.14], 20.0, -250.0),
                    lines(&[[0.52, 0.8]]),
                ]
                .concat(),
                false => lines(&[[-0.45, 0.8], [0.5, dice.between(0.7, 0.82)]]),
            };
            vec![joined([bow, foot])]
        }
        3 => {
            let upper = arc(
                [-0.02, -0.4],
                [0.42, 0.4],
                dice.between(190.0, 225.0),
                440.0,
            );
            let lower = arc([-0.02, 0.4], [0.48, 0.4], 280.0, dice.between(495.0, 530.0));
            vec![joined([upper, lower])]
        }
        4 => match dice.chance(0.65) {
            true => {
                let bar = dice.between(0.0, 0.25);
                vec![
                    lines(&[[-0.3, -0.75], [-0.48, bar], [0.5, bar]]),
                    lines(&[[0.22, -0.7], [0.2, 0.8]]),
                ]
            }
            false => vec![lines(&[[0.2, 0.8], [0.2, -0.8], [-0.5, 0.2], [0.5, 0.2]])],
        },
        5 => {
            let top = lines(&[[0.42, -0.8], [-0.32, -0.78], [-0.38, -0.12]]);
            let bowl = arc([-0.02, 0.3], [0.46, 0.5], 235.0, dice.between(500.0, 525.0));
            vec![joined([top, bowl])]
        }
        6 => {
            let stem = lines(&[[0.3, -0.8], [-0.1, -0.5], [-0.36, -0.05], [-0.42, 0.38]]);
            let loop_ = arc([0.0, 0.4], [0.42, dice.between(0.3, 0.42)], 180.0, -190.0);
            vec![joined([stem, loop_])]
        }
        7 => {
            let mut all = vec![lines(&[
                [-0.45, dice.between(-0.8, -0.65)],
                [0.45, -0.8],
                [0.1, 0.0],
                [-0.1, 0.8],
            ])];
            if dice.chance(0.25) {
                all.push(lines(&[[-0.2, 0.05], [0.35, 0.0]]));
            }
            all
        }
        8 => {
            let size = dice.between(0.3, 0.4);
            vec![
                arc([0.0, -0.4], [size, 0.4], 90.0, 450.0),
                arc([0.0, 0.4], [size + 0.08, 0.4], -90.0, 270.0),
            ]
        }
        _ => {
            let head = arc([0.0, -0.38], [0.4, 0.42], -10.0, -365.0);
            let tail = match dice.chance(0.6) {
                true => lines(&[[0.38, 0.2], [0.3, 0.8]]),
                false => lines(&[[0.36, 0.3], [0.05, 0.78], [-0.35, 0.7]]),
            };
            vec![joined([head, tail])]
        }
    }
}
