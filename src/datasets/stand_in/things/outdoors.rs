//! Buildings, landscapes, trees, and what rolls.

use super::Subject;
use crate::datasets::stand_in::canvas::{Color, Frame, Paint, Point};

const DARK: Color = [0.08, 0.08, 0.09];
const WOOD: Color = [0.36, 0.25, 0.16];

/// Windows in rows.
fn windows(s: &mut Subject<'_>, from: Point, to: Point, columns: usize, rows: usize) {
    for column in 0..columns {
        for row in 0..rows {
            let part = |i: usize, of: usize| (i as f32 + 0.5) / of as f32;
            let at = [
                from[0] + (to[0] - from[0]) * part(column, columns),
                from[1] + (to[1] - from[1]) * part(row, rows),
            ];
            let lit = s.dice.pick(&[[0.15, 0.18, 0.25], [0.9, 0.85, 0.55]]);
            s.canvas.circle(&s.frame, at, 0.07, lit);
        }
    }
}

/// Bridge, castle, house, road, skyscraper.
pub(super) fn building(s: &mut Subject<'_>) {
    match s.kind {
        0 => {
            for x in [-0.6, 0.6] {
                s.canvas
                    .stroke(&s.frame, &[[x, -0.8], [x, 1.0]], [0.16, 0.2], s.paint);
                let cables = [[x - 0.7, 0.2], [x, -0.75], [x + 0.7, 0.2]];
                s.canvas
                    .stroke(&s.frame, &cables, [0.05, 0.05], s.paint.shaded(0.7));
            }
            s.canvas.stroke(
                &s.frame,
                &[[-1.4, 0.25], [1.4, 0.25]],
                [0.16, 0.16],
                s.paint.shaded(0.8),
            );
        }
        1 => {
            s.canvas
                .rectangle(&s.frame, [-0.8, -0.1], [0.8, 1.0], s.paint);
            for x in [-0.8, 0.0, 0.8] {
                s.canvas.rectangle(
                    &s.frame,
                    [x - 0.2, -0.7],
                    [x + 0.2, 1.0],
                    s.paint.shaded(0.85),
                );
                let roof = [[x - 0.26, -0.7], [x, -1.15], [x + 0.26, -0.7]];
                s.canvas.polygon(&s.frame, &roof, [0.45, 0.2, 0.18]);
            }
            s.canvas
                .rectangle(&s.frame, [-0.15, 0.5], [0.15, 1.0], DARK);
        }
        2 => {
            s.canvas
                .rectangle(&s.frame, [-0.75, -0.1], [0.75, 0.9], s.paint);
            s.canvas.polygon(
                &s.frame,
                &[[-0.95, -0.1], [0.0, -0.9], [0.95, -0.1]],
                [0.5, 0.2, 0.15],
            );
            s.canvas
                .rectangle(&s.frame, [-0.12, 0.35], [0.18, 0.9], WOOD);
            windows(s, [-0.7, 0.0], [0.7, 0.4], 2, 1);
        }
        3 => {
            let bend = s.dice.between(-0.3, 0.3);
            let road = [
                [-0.1 + bend, -0.3],
                [0.1 + bend, -0.3],
                [0.9, 1.3],
                [-0.9, 1.3],
            ];
            s.canvas.polygon(&s.frame, &road, s.paint);
            s.canvas.stroke(
                &s.frame,
                &[[bend, -0.2], [0.0, 1.2]],
                [0.03, 0.12],
                [0.95, 0.9, 0.6],
            );
        }
        _ => {
            let half = s.dice.between(0.3, 0.42);
            s.canvas
                .rectangle(&s.frame, [-half, -1.15], [half, 1.2], s.paint);
            windows(s, [-half, -1.05], [half, 1.0], 3, 8);
        }
    }
}

/// Cloud, forest, mountain, plain, sea.
pub(super) fn landscape(s: &mut Subject<'_>) {
    let wide = Frame::whole();
    match s.kind {
        0 => {
            for _ in 0..7 {
                let at = [s.dice.between(-0.7, 0.7), s.dice.between(-0.3, 0.3)];
                let size = s.dice.between(0.25, 0.5);
                s.canvas.circle(
                    &s.frame,
                    at,
                    size,
                    s.paint.shaded(s.dice.between(0.9, 1.05)),
                );
            }
        }
        1 => {
            for _ in 0..16 {
                let (x, low) = (s.dice.between(0.0, 1.0), s.dice.between(0.75, 1.1));
                let top = low - s.dice.between(0.5, 0.85);
                let paint = s.paint.shaded(s.dice.between(0.6, 1.4));
                s.canvas
                    .polygon(&wide, &[[x - 0.12, low], [x, top], [x + 0.12, low]], paint);
            }
        }
        2 => {
            for shade in [0.7, 1.0] {
                let peak = [s.dice.between(0.2, 0.8), s.dice.between(0.1, 0.35)];
                let slopes = [[peak[0] - 0.6, 1.0], peak, [peak[0] + 0.6, 1.0]];
                s.canvas.polygon(&wide, &slopes, s.paint.shaded(shade));
                let snow = [
                    [peak[0] - 0.12, peak[1] + 0.2],
                    peak,
                    [peak[0] + 0.12, peak[1] + 0.2],
                ];
                s.canvas.polygon(&wide, &snow, [0.95, 0.96, 0.98]);
            }
        }
        kind => {
            let horizon = s.dice.between(0.4, 0.65);
            s.canvas
                .rectangle(&wide, [-0.1, horizon], [1.1, 1.1], s.paint);
            for step in 0..6 {
                let y = horizon + 0.06 + 0.09 * step as f32;
                let x = s.dice.between(-0.1, 0.7);
                let paint = s
                    .paint
                    .shaded(if kind == 4 { 1.5 } else { 0.8 })
                    .covering(0.7);
                s.canvas
                    .stroke(&wide, &[[x, y], [x + 0.3, y]], [0.03, 0.03], paint);
            }
        }
    }
}

/// Maple, oak, palm, pine, willow.
pub(super) fn tree(s: &mut Subject<'_>) {
    s.canvas
        .stroke(&s.frame, &[[0.0, 1.1], [0.0, -0.2]], [0.2, 0.12], WOOD);
    match s.kind {
        2 => {
            for angle in [-3.0f32, -2.4, -1.6, -0.8, -0.2] {
                let tip = [angle.cos() * 0.9, -0.5 + angle.sin() * 0.4 + 0.35];
                let leaf = [[0.0, -0.5], [tip[0] * 0.5, -0.85], tip];
                s.canvas.stroke(&s.frame, &leaf, [0.2, 0.06], s.paint);
            }
        }
        3 => {
            for (top, half) in [(-1.1, 0.35), (-0.7, 0.5), (-0.25, 0.68)] {
                let tier = [[-half, top + 0.7], [0.0, top], [half, top + 0.7]];
                s.canvas
                    .polygon(&s.frame, &tier, s.paint.shaded(s.dice.between(0.8, 1.1)));
            }
        }
        4 => {
            s.canvas
                .ellipse(&s.frame, [0.0, -0.5], [0.85, 0.45], 0.0, s.paint);
            for step in 0..9 {
                let x = -0.85 + 0.21 * step as f32;
                let strand = [[x, -0.5], [x * 1.1, s.dice.between(0.3, 0.8)]];
                s.canvas.stroke(
                    &s.frame,
                    &strand,
                    [0.12, 0.05],
                    s.paint.shaded(s.dice.between(0.7, 1.1)),
                );
            }
        }
        kind => {
            let spread = if kind == 1 { 0.75 } else { 0.5 };
            for _ in 0..9 {
                let at = [s.dice.between(-spread, spread), s.dice.between(-0.9, -0.1)];
                let size = s.dice.between(0.25, 0.42);
                s.canvas.circle(
                    &s.frame,
                    at,
                    size,
                    s.paint.shaded(s.dice.between(0.7, 1.15)),
                );
            }
        }
    }
}

fn wheels(s: &mut Subject<'_>, at: &[f32], radius: f32) {
    for x in at {
        s.canvas.circle(&s.frame, [*x, 0.6], radius, DARK);
        s.canvas
            .circle(&s.frame, [*x, 0.6], radius * 0.5, [0.6, 0.6, 0.62]);
    }
}

/// Bicycle, bus, motorcycle, pickup truck, train.
pub(super) fn vehicle(s: &mut Subject<'_>) {
    let glass: Paint = [0.25, 0.32, 0.4].into();
    match s.kind {
        0 | 2 => {
            let heavy = s.kind == 2;
            wheels(s, &[-0.65, 0.65], if heavy { 0.36 } else { 0.4 });
            if !heavy {
                for x in [-0.65, 0.65] {
                    s.canvas.circle(&s.frame, [x, 0.6], 0.3, [0.6, 0.62, 0.6]);
                }
            }
            let width = if heavy { 0.3 } else { 0.09 };
            let bars = [[-0.65, 0.6], [-0.15, 0.0], [0.45, 0.0], [0.65, 0.6]];
            s.canvas
                .stroke(&s.frame, &bars, [width, width * 0.6], s.paint);
            s.canvas.stroke(
                &s.frame,
                &[[0.45, 0.0], [0.35, -0.35], [0.6, -0.4]],
                [0.08, 0.07],
                DARK,
            );
            s.canvas
                .ellipse(&s.frame, [-0.25, -0.15], [0.22, 0.08], 0.0, DARK);
        }
        3 => {
            s.canvas
                .rectangle(&s.frame, [-1.0, 0.0], [1.0, 0.5], s.paint);
            s.canvas.polygon(
                &s.frame,
                &[[0.0, 0.05], [0.1, -0.45], [0.5, -0.45], [0.7, 0.05]],
                s.paint,
            );
            s.canvas
                .rectangle(&s.frame, [0.14, -0.35], [0.52, -0.02], glass);
            wheels(s, &[-0.6, 0.6], 0.25);
        }
        kind => {
            let top = if kind == 1 { -0.65 } else { -0.4 };
            s.canvas
                .rectangle(&s.frame, [-1.1, top], [1.1, 0.5], s.paint);
            for step in 0..5 {
                let x = -0.9 + 0.42 * step as f32;
                s.canvas.rectangle(
                    &s.frame,
                    [x - 0.14, top + 0.15],
                    [x + 0.14, top + 0.5],
                    glass,
                );
            }
            if kind == 4 {
                s.canvas.stroke(
                    &s.frame,
                    &[[-1.4, 0.85], [1.4, 0.85]],
                    [0.08, 0.08],
                    [0.5, 0.48, 0.45],
                );
                wheels(s, &[-0.8, -0.4, 0.4, 0.8], 0.16);
            } else {
                wheels(s, &[-0.65, 0.65], 0.24);
            }
        }
    }
}

/// Lawn mower, rocket, streetcar, tank, tractor.
pub(super) fn machine(s: &mut Subject<'_>) {
    match s.kind {
        0 => {
            s.canvas
                .stroke(&s.frame, &[[-0.3, 0.3], [-1.0, -0.7]], [0.09, 0.09], DARK);
            s.canvas
                .rectangle(&s.frame, [-0.5, 0.1], [0.7, 0.6], s.paint);
            s.canvas
                .ellipse(&s.frame, [0.1, 0.05], [0.3, 0.2], 0.0, s.paint.shaded(0.6));
            wheels(s, &[-0.45, 0.65], 0.22);
        }
        1 => {
            let body = [
                [0.0, -1.15],
                [0.26, -0.6],
                [0.26, 0.6],
                [-0.26, 0.6],
                [-0.26, -0.6],
            ];
            s.canvas.polygon(&s.frame, &body, s.paint);
            for side in [-1.0, 1.0] {
                let fin = [[side * 0.24, 0.2], [side * 0.55, 0.75], [side * 0.24, 0.65]];
                s.canvas.polygon(&s.frame, &fin, [0.8, 0.15, 0.12]);
            }
            let flame = [[-0.18, 0.62], [0.0, s.dice.between(0.9, 1.4)], [0.18, 0.62]];
            s.canvas.polygon(&s.frame, &flame, [0.98, 0.7, 0.15]);
        }
        2 => {
            s.canvas
                .rectangle(&s.frame, [-0.95, -0.55], [0.95, 0.55], s.paint);
            s.canvas
                .stroke(&s.frame, &[[-0.3, -0.55], [0.1, -1.0]], [0.06, 0.05], DARK);
            s.canvas
                .rectangle(&s.frame, [-0.85, -0.4], [0.85, 0.0], [0.3, 0.36, 0.42]);
            s.canvas.stroke(
                &s.frame,
                &[[0.0, -0.5], [0.0, 0.5]],
                [0.1, 0.1],
                s.paint.shaded(0.7),
            );
            wheels(s, &[-0.5, 0.5], 0.16);
        }
        3 => {
            s.canvas.stroke(
                &s.frame,
                &[[0.2, -0.35], [1.2, -0.45]],
                [0.13, 0.1],
                s.paint.shaded(0.8),
            );
            s.canvas
                .ellipse(&s.frame, [0.0, -0.3], [0.45, 0.28], 0.0, s.paint);
            let hull = [[-1.0, 0.3], [-0.8, -0.1], [0.8, -0.1], [1.0, 0.3]];
            s.canvas.polygon(&s.frame, &hull, s.paint.shaded(0.9));
            s.canvas
                .stroke(&s.frame, &[[-0.8, 0.5], [0.8, 0.5]], [0.5, 0.5], DARK);
            wheels(s, &[-0.7, -0.25, 0.25, 0.7], 0.17);
        }
        _ => {
            s.canvas
                .rectangle(&s.frame, [-0.1, -0.15], [0.95, 0.35], s.paint);
            s.canvas
                .rectangle(&s.frame, [-0.65, -0.85], [0.0, 0.3], s.paint.shaded(0.85));
            s.canvas
                .rectangle(&s.frame, [-0.55, -0.75], [-0.1, -0.25], [0.3, 0.38, 0.45]);
            s.canvas
                .stroke(&s.frame, &[[0.5, -0.1], [0.5, -0.6]], [0.1, 0.1], DARK);
            s.canvas.circle(&s.frame, [-0.45, 0.4], 0.52, DARK);
            s.canvas
                .circle(&s.frame, [-0.45, 0.4], 0.24, s.paint.shaded(1.2));
            wheels(s, &[0.7], 0.27);
        }
    }
}
