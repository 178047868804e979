//! Flowers and fruit, and what stands in a house.

use super::Subject;
use crate::datasets::stand_in::canvas::{Color, Frame};

const DARK: Color = [0.08, 0.08, 0.09];
const WOOD: Color = [0.36, 0.25, 0.16];
const LEAF: Color = [0.2, 0.45, 0.15];

/// Orchid, poppy, rose, sunflower, tulip.
pub(super) fn flower(s: &mut Subject<'_>) {
    s.canvas
        .stroke(&s.frame, &[[0.0, 0.0], [0.1, 1.2]], [0.1, 0.08], LEAF);
    s.canvas
        .ellipse(&s.frame, [0.3, 0.7], [0.3, 0.12], -0.6, LEAF);
    let (petals, reach, round, heart): (usize, f32, f32, Color) = match s.kind {
        0 => (5, 0.42, 0.24, [0.95, 0.9, 0.5]),
        1 => (4, 0.32, 0.4, DARK),
        2 => (9, 0.28, 0.3, s.paint.shaded(0.6).color),
        3 => (14, 0.62, 0.17, [0.3, 0.18, 0.08]),
        _ => (3, 0.2, 0.38, s.paint.color),
    };
    for petal in 0..petals {
        let angle = petal as f32 * std::f32::consts::TAU / petals as f32;
        let at = [angle.cos() * reach, angle.sin() * reach - 0.15];
        let paint = s.paint.shaded(s.dice.between(0.8, 1.15));
        s.canvas.circle(&s.frame, at, round, paint);
    }
    let middle = if s.kind == 3 { 0.42 } else { 0.2 };
    s.canvas.circle(&s.frame, [0.0, -0.15], middle, heart);
}

/// Bottle, bowl, can, cup, plate.
pub(super) fn container(s: &mut Subject<'_>) {
    let shine = s.paint.shaded(1.5).covering(0.6);
    match s.kind {
        0 => {
            let body = [
                [-0.14, -1.0],
                [0.14, -1.0],
                [0.14, -0.5],
                [0.36, -0.2],
                [0.36, 0.95],
                [-0.36, 0.95],
                [-0.36, -0.2],
                [-0.14, -0.5],
            ];
            s.canvas.polygon(&s.frame, &body, s.paint);
            s.canvas
                .rectangle(&s.frame, [-0.36, 0.1], [0.36, 0.5], [0.9, 0.88, 0.8]);
        }
        1 => {
            s.canvas.polygon(
                &s.frame,
                &[[-0.9, -0.1], [0.9, -0.1], [0.4, 0.7], [-0.4, 0.7]],
                s.paint,
            );
            s.canvas.ellipse(
                &s.frame,
                [0.0, -0.1],
                [0.9, 0.25],
                0.0,
                s.paint.shaded(0.75),
            );
        }
        2 => {
            s.canvas
                .rectangle(&s.frame, [-0.45, -0.75], [0.45, 0.8], s.paint);
            s.canvas
                .ellipse(&s.frame, [0.0, -0.75], [0.45, 0.14], 0.0, [0.8, 0.8, 0.82]);
            s.canvas.stroke(
                &s.frame,
                &[[-0.45, 0.0], [0.45, 0.1]],
                [0.22, 0.22],
                [0.92, 0.92, 0.9],
            );
        }
        3 => {
            s.canvas
                .circle(&s.frame, [0.6, 0.0], 0.33, s.paint.shaded(0.8));
            s.canvas.circle(&s.frame, [0.6, 0.0], 0.18, [0.5, 0.5, 0.5]);
            s.canvas.polygon(
                &s.frame,
                &[[-0.6, -0.5], [0.6, -0.5], [0.45, 0.6], [-0.45, 0.6]],
                s.paint,
            );
            s.canvas
                .ellipse(&s.frame, [0.0, -0.5], [0.6, 0.16], 0.0, [0.3, 0.18, 0.1]);
        }
        _ => {
            let tilt = s.dice.between(0.45, 0.95);
            s.canvas
                .ellipse(&s.frame, [0.0, 0.0], [0.95, tilt], 0.0, s.paint);
            s.canvas.ellipse(
                &s.frame,
                [0.0, 0.0],
                [0.6, tilt * 0.62],
                0.0,
                s.paint.shaded(0.85),
            );
        }
    }
    s.canvas
        .stroke(&s.frame, &[[-0.22, -0.2], [-0.2, 0.4]], [0.07, 0.05], shine);
}

/// Apple, mushroom, orange, pear, sweet pepper.
pub(super) fn fruit(s: &mut Subject<'_>) {
    let one = |s: &mut Subject<'_>, frame: &Frame| match s.kind {
        1 => {
            let stem = [[-0.16, 0.0], [0.16, 0.0], [0.22, 0.85], [-0.22, 0.85]];
            s.canvas.polygon(frame, &stem, s.paint.shaded(1.2));
            let cap = [
                [-0.85, 0.1],
                [-0.6, -0.5],
                [0.0, -0.7],
                [0.6, -0.5],
                [0.85, 0.1],
            ];
            s.canvas.polygon(frame, &cap, s.paint.shaded(0.75));
        }
        3 => {
            s.canvas
                .stroke(frame, &[[0.0, -0.75], [0.08, -1.0]], [0.09, 0.06], WOOD);
            s.canvas.circle(frame, [0.0, -0.4], 0.36, s.paint);
            s.canvas.circle(frame, [0.0, 0.3], 0.6, s.paint);
        }
        4 => {
            for x in [-0.35_f32, 0.0, 0.35] {
                s.canvas.ellipse(
                    frame,
                    [x, 0.1],
                    [0.32, 0.7],
                    x * 0.4,
                    s.paint.shaded(1.0 - x.abs() * 0.4),
                );
            }
            s.canvas
                .stroke(frame, &[[0.0, -0.5], [0.1, -0.9]], [0.16, 0.1], LEAF);
        }
        kind => {
            s.canvas.circle(frame, [0.0, 0.1], 0.7, s.paint);
            s.canvas.circle(
                frame,
                [-0.22, -0.15],
                0.14,
                s.paint.shaded(1.5).covering(0.7),
            );
            if kind == 0 {
                s.canvas
                    .stroke(frame, &[[0.0, -0.5], [0.1, -0.9]], [0.08, 0.06], WOOD);
                s.canvas
                    .ellipse(frame, [0.25, -0.75], [0.22, 0.1], -0.3, LEAF);
            }
        }
    };
    let frame = s.frame;
    if s.dice.chance(0.3) {
        for at in [[-0.45, 0.2], [0.45, 0.25], [0.0, -0.35]] {
            one(s, &frame.moved(at).stretched(0.6, 0.6));
        }
    } else {
        one(s, &frame);
    }
}

/// Clock, keyboard, lamp, telephone, television.
pub(super) fn device(s: &mut Subject<'_>) {
    match s.kind {
        0 => {
            s.canvas
                .circle(&s.frame, [0.0, 0.0], 0.9, s.paint.shaded(0.5));
            s.canvas.circle(&s.frame, [0.0, 0.0], 0.76, s.paint);
            for length in [0.4, 0.6] {
                let angle = s.dice.between(-3.1, 3.1);
                let hand = [[0.0, 0.0], [angle.cos() * length, angle.sin() * length]];
                s.canvas.stroke(&s.frame, &hand, [0.1, 0.06], DARK);
            }
        }
        1 => {
            s.canvas
                .rectangle(&s.frame, [-1.05, -0.4], [1.05, 0.45], s.paint);
            for row in 0..3 {
                for key in 0..8 {
                    let at = [-0.85 + 0.24 * key as f32, -0.2 + 0.24 * row as f32];
                    s.canvas.circle(&s.frame, at, 0.08, [0.85, 0.85, 0.85]);
                }
            }
        }
        2 => {
            s.canvas
                .stroke(&s.frame, &[[0.0, 0.0], [0.0, 0.85]], [0.1, 0.1], DARK);
            s.canvas
                .ellipse(&s.frame, [0.0, 0.9], [0.45, 0.12], 0.0, DARK);
            let shade = [[-0.3, -0.8], [0.3, -0.8], [0.7, 0.05], [-0.7, 0.05]];
            s.canvas.polygon(&s.frame, &shade, s.paint);
        }
        3 => {
            let base = [[-0.5, -0.1], [0.5, -0.1], [0.85, 0.7], [-0.85, 0.7]];
            s.canvas.polygon(&s.frame, &base, s.paint);
            s.canvas
                .circle(&s.frame, [0.0, 0.3], 0.26, s.paint.shaded(1.6));
            let receiver = [[-0.9, -0.3], [-0.5, -0.5], [0.5, -0.5], [0.9, -0.3]];
            s.canvas
                .stroke(&s.frame, &receiver, [0.26, 0.26], s.paint.shaded(0.8));
        }
        _ => {
            s.canvas
                .rectangle(&s.frame, [-1.0, -0.75], [1.0, 0.65], s.paint);
            let picture = [
                s.dice.between(0.2, 0.8),
                s.dice.between(0.3, 0.8),
                s.dice.between(0.4, 0.9),
            ];
            s.canvas
                .rectangle(&s.frame, [-0.86, -0.62], [0.86, 0.5], picture);
            s.canvas
                .stroke(&s.frame, &[[-0.4, 0.85], [0.4, 0.85]], [0.1, 0.1], DARK);
        }
    }
}

/// Bed, chair, couch, table, wardrobe.
pub(super) fn furniture(s: &mut Subject<'_>) {
    let dark = s.paint.shaded(0.65);
    let legs = |s: &mut Subject<'_>, at: &[f32], from: f32| {
        for x in at {
            s.canvas
                .stroke(&s.frame, &[[*x, from], [*x, 0.95]], [0.11, 0.1], dark);
        }
    };
    match s.kind {
        0 => {
            s.canvas
                .rectangle(&s.frame, [-1.0, -0.6], [-0.82, 0.8], WOOD);
            s.canvas
                .rectangle(&s.frame, [-0.9, 0.05], [1.0, 0.6], s.paint);
            s.canvas.ellipse(
                &s.frame,
                [-0.55, 0.0],
                [0.28, 0.16],
                0.0,
                [0.95, 0.95, 0.97],
            );
            s.canvas.rectangle(&s.frame, [0.92, 0.0], [1.05, 0.8], WOOD);
        }
        1 => {
            legs(s, &[-0.4, 0.4], 0.2);
            s.canvas
                .rectangle(&s.frame, [-0.45, -0.95], [-0.28, 0.3], s.paint);
            s.canvas
                .rectangle(&s.frame, [-0.5, 0.1], [0.5, 0.3], s.paint);
        }
        2 => {
            s.canvas
                .rectangle(&s.frame, [-1.0, -0.5], [1.0, 0.3], s.paint.shaded(0.85));
            s.canvas
                .rectangle(&s.frame, [-0.9, 0.0], [0.9, 0.6], s.paint);
            for x in [-0.95, 0.95] {
                s.canvas
                    .stroke(&s.frame, &[[x, -0.1], [x, 0.6]], [0.3, 0.3], dark);
            }
        }
        3 => {
            legs(s, &[-0.85, 0.85], -0.1);
            let top = [[-0.8, -0.4], [0.8, -0.4], [1.05, -0.05], [-1.05, -0.05]];
            s.canvas.polygon(&s.frame, &top, s.paint);
        }
        _ => {
            s.canvas
                .rectangle(&s.frame, [-0.65, -1.0], [0.65, 0.95], s.paint);
            s.canvas
                .stroke(&s.frame, &[[0.0, -1.0], [0.0, 0.95]], [0.06, 0.06], dark);
            for x in [-0.1, 0.1] {
                s.canvas.circle(&s.frame, [x, 0.0], 0.06, [0.85, 0.75, 0.4]);
            }
        }
    }
}
