//! Automobiles and trucks. They face right; wheels stand at y = 0.5.

use super::super::canvas::{Canvas, Color, Frame, Paint, Point, near, shade};
use super::super::dice::Dice;

const PAINTS: [Color; 9] = [
    [0.75, 0.12, 0.1],
    [0.15, 0.25, 0.6],
    [0.85, 0.85, 0.86],
    [0.12, 0.12, 0.13],
    [0.55, 0.56, 0.58],
    [0.85, 0.7, 0.15],
    [0.15, 0.4, 0.25],
    [0.45, 0.1, 0.15],
    [0.35, 0.5, 0.65],
];

fn lacquer(dice: &mut Dice) -> Color {
    let paint = dice.pick(&PAINTS);
    near(paint, 0.08, dice)
}

fn glass(dice: &mut Dice) -> Color {
    near([0.25, 0.32, 0.4], 0.15, dice)
}

fn wheel(canvas: &mut Canvas, frame: &Frame, middle: Point, radius: f32, dice: &mut Dice) {
    canvas.circle(frame, middle, radius, near([0.07, 0.07, 0.08], 0.04, dice));
    canvas.circle(
        frame,
        middle,
        radius * 0.5,
        near([0.55, 0.55, 0.57], 0.2, dice),
    );
}

fn shadow(canvas: &mut Canvas, frame: &Frame, reach: f32) {
    let dark = Paint::from([0.05, 0.05, 0.06]).covering(0.5);
    canvas.ellipse(frame, [0.0, 0.5], [reach, 0.08], 0.0, dark);
}

pub(super) fn automobile(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    match dice.chance(0.3) {
        true => automobile_front(canvas, frame, dice),
        false => automobile_side(canvas, frame, dice),
    }
}

fn automobile_side(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let body = Paint::from(lacquer(dice));
    let windows = glass(dice);
    // Where the cabin starts and ends at the roof: sports car, sedan, hatchback.
    let roof = dice.between(-0.4, -0.14);
    let (tail, rear, front, hood) = (
        dice.between(-0.98, -0.6),
        dice.between(-0.66, -0.32),
        dice.between(0.06, 0.3),
        dice.between(0.45, 0.66),
    );
    let belt = dice.between(-0.05, 0.06);
    let rear = rear.max(tail + 0.12);
    shadow(canvas, frame, 1.0);
    canvas.polygon(
        frame,
        &[
            [tail, belt + 0.03],
            [rear, roof],
            [front, roof],
            [hood, belt + 0.03],
        ],
        body.shaded(0.9),
    );
    let inner = roof + 0.06;
    canvas.polygon(
        frame,
        &[
            [tail + 0.12, belt],
            [rear + 0.04, inner],
            [front - 0.03, inner],
            [hood - 0.1, belt],
        ],
        windows,
    );
    let post = rear + (front - rear) * dice.between(0.35, 0.65);
    canvas.stroke(frame, &[[post, roof], [post, belt]], [0.06, 0.06], body);
    let nose = dice.between(0.0, 0.12);
    let hull = [
        [-1.0, belt + 0.08],
        [-0.9, belt],
        [0.6, belt],
        [0.97, belt + nose],
        [1.0, 0.36],
        [-0.98, 0.36],
    ];
    canvas.polygon(frame, &hull, body);
    canvas.stroke(
        frame,
        &[[-0.95, 0.33], [0.97, 0.33]],
        [0.07, 0.07],
        body.shaded(0.5),
    );
    canvas.ellipse(
        frame,
        [0.92, belt + nose + 0.07],
        [0.07, 0.05],
        0.0,
        [0.95, 0.93, 0.8],
    );
    canvas.ellipse(
        frame,
        [-0.95, belt + 0.12],
        [0.05, 0.05],
        0.0,
        [0.7, 0.1, 0.1],
    );
    let radius = dice.between(0.16, 0.23);
    let at = dice.between(0.54, 0.64);
    wheel(canvas, frame, [-at, 0.5 - radius], radius, dice);
    wheel(canvas, frame, [at, 0.5 - radius], radius, dice);
}

fn automobile_front(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let body = Paint::from(lacquer(dice));
    let narrow = frame.stretched(dice.between(0.7, 0.9), 1.0);
    let frame = &narrow;
    let roof = dice.between(-0.55, -0.35);
    shadow(canvas, frame, 0.95);
    for x in [-0.68, 0.68] {
        canvas.stroke(
            frame,
            &[[x, 0.3], [x, 0.45]],
            [0.22, 0.22],
            [0.07, 0.07, 0.08],
        );
    }
    canvas.polygon(
        frame,
        &[[-0.75, -0.05], [-0.5, roof], [0.5, roof], [0.75, -0.05]],
        body.shaded(0.9),
    );
    canvas.polygon(
        frame,
        &[
            [-0.62, -0.07],
            [-0.43, roof + 0.07],
            [0.43, roof + 0.07],
            [0.62, -0.07],
        ],
        glass(dice),
    );
    let hull = [
        [-0.85, 0.0],
        [-0.7, -0.08],
        [0.7, -0.08],
        [0.85, 0.0],
        [0.88, 0.34],
        [-0.88, 0.34],
    ];
    canvas.polygon(frame, &hull, body);
    let lamp = dice.pick(&[[0.95, 0.93, 0.8], [0.75, 0.12, 0.1]]);
    for x in [-0.63, 0.63] {
        canvas.ellipse(frame, [x, 0.08], [0.15, 0.08], 0.0, lamp);
    }
    canvas.rectangle(frame, [-0.35, 0.04], [0.35, 0.17], shade(body.color, 0.35));
    canvas.stroke(
        frame,
        &[[-0.8, 0.28], [0.8, 0.28]],
        [0.08, 0.08],
        body.shaded(0.6),
    );
    canvas.rectangle(frame, [-0.15, 0.21], [0.15, 0.29], [0.8, 0.8, 0.78]);
}

pub(super) fn truck(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    match dice.count(0, 9) {
        0..=2 => truck_front(canvas, frame, dice),
        3 | 4 => pickup(canvas, frame, dice),
        _ => truck_side(canvas, frame, dice),
    }
}

fn truck_side(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let cab = Paint::from(lacquer(dice));
    let back = dice.between(0.25, 0.5);
    shadow(canvas, frame, 1.0);
    canvas.rectangle(frame, [-1.0, 0.2], [0.95, 0.32], [0.13, 0.13, 0.14]);
    cargo(canvas, frame, back - 0.05, cab, dice);
    // The cab, with or without a hood in front.
    let roof = dice.between(-0.5, -0.3);
    let hood = dice.chance(0.35);
    let nose = if hood { 0.72 } else { 1.0 };
    canvas.polygon(
        frame,
        &[
            [back, 0.3],
            [back, roof],
            [nose - 0.12, roof],
            [nose, -0.08],
            [nose, 0.3],
        ],
        cab,
    );
    if hood {
        canvas.rectangle(frame, [0.68, -0.04], [1.0, 0.3], cab.shaded(0.92));
    }
    let windows = glass(dice);
    canvas.polygon(
        frame,
        &[
            [back + 0.12, -0.07],
            [back + 0.12, roof + 0.08],
            [nose - 0.15, roof + 0.08],
            [nose - 0.06, -0.07],
        ],
        windows,
    );
    canvas.rectangle(frame, [0.9, 0.22], [1.02, 0.32], near([0.6; 3], 0.2, dice));
    canvas.circle(frame, [0.97, 0.14], 0.05, [0.95, 0.93, 0.8]);
    let radius = dice.between(0.13, 0.18);
    let mut axles = vec![0.7, -0.72];
    if dice.chance(0.7) {
        axles.push(-0.72 + 2.1 * radius);
    }
    if dice.chance(0.3) {
        axles.push(0.7 - 2.1 * radius);
    }
    for x in axles {
        wheel(canvas, frame, [x, 0.5 - radius], radius, dice);
    }
}

/// A box, a tank, an open bed with a load, or a ladder.
fn cargo(canvas: &mut Canvas, frame: &Frame, end: f32, cab: Paint, dice: &mut Dice) {
    let color = if dice.chance(0.35) {
        cab.color
    } else {
        lacquer(dice)
    };
    let load = Paint::from(color);
    match dice.count(0, 9) {
        0..=4 => {
            let top = dice.between(-0.8, -0.5);
            canvas.rectangle(frame, [-1.0, top], [end, 0.22], load);
            canvas.stroke(
                frame,
                &[[-1.0, top], [end, top]],
                [0.05, 0.05],
                load.shaded(1.2),
            );
            if dice.chance(0.5) {
                let band = dice.between(-0.4, -0.1);
                canvas.rectangle(frame, [-0.9, band], [end - 0.1, band + 0.18], lacquer(dice));
            }
        }
        5 | 6 => {
            let middle = [(end - 1.0) / 2.0, -0.1];
            let radii = [(end + 1.0) / 2.0, dice.between(0.26, 0.36)];
            canvas.ellipse(frame, middle, radii, 0.0, load);
            canvas.stroke(
                frame,
                &[[-0.9, -0.05], [end - 0.1, -0.05]],
                [0.06, 0.06],
                load.shaded(0.6),
            );
        }
        7 | 8 => {
            let top = dice.between(-0.3, -0.1);
            let heap = near([0.45, 0.38, 0.28], 0.15, dice);
            canvas.ellipse(frame, [(end - 1.0) / 2.0, top], [0.55, 0.25], 0.0, heap);
            canvas.polygon(
                frame,
                &[
                    [-1.02, top - 0.05],
                    [end, top - 0.05],
                    [end - 0.06, 0.22],
                    [-0.9, 0.22],
                ],
                load,
            );
            for rib in 1..4 {
                let x = -1.0 + rib as f32 * (end + 1.0) / 4.0;
                canvas.stroke(
                    frame,
                    &[[x, top], [x, 0.2]],
                    [0.05, 0.05],
                    load.shaded(0.65),
                );
            }
        }
        _ => {
            canvas.rectangle(frame, [-1.0, -0.25], [end, 0.22], cab);
            let ladder = Paint::from([0.75, 0.75, 0.72]);
            let rise = dice.between(-0.5, -0.3);
            canvas.stroke(
                frame,
                &[[-1.0, rise], [end + 0.3, -0.42]],
                [0.09, 0.09],
                ladder,
            );
            canvas.rectangle(frame, [-0.8, -0.1], [-0.3, 0.1], cab.shaded(0.6));
        }
    }
}

fn pickup(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let body = Paint::from(lacquer(dice));
    let roof = dice.between(-0.45, -0.35);
    shadow(canvas, frame, 1.0);
    canvas.polygon(
        frame,
        &[
            [-0.1, 0.0],
            [-0.05, roof],
            [0.32, roof],
            [0.5, -0.08],
            [0.5, 0.1],
        ],
        body.shaded(0.95),
    );
    canvas.polygon(
        frame,
        &[
            [0.0, -0.06],
            [0.03, roof + 0.08],
            [0.28, roof + 0.08],
            [0.4, -0.06],
        ],
        glass(dice),
    );
    // The bed is open: a dark gap between its walls.
    canvas.rectangle(frame, [-0.95, -0.12], [-0.1, 0.05], body.shaded(0.35));
    canvas.rectangle(frame, [-1.0, -0.06], [0.98, 0.3], body);
    canvas.stroke(
        frame,
        &[[-1.0, -0.1], [-0.1, -0.1]],
        [0.07, 0.07],
        body.shaded(0.8),
    );
    canvas.stroke(
        frame,
        &[[-0.97, 0.28], [0.97, 0.28]],
        [0.07, 0.07],
        body.shaded(0.5),
    );
    canvas.circle(frame, [0.94, 0.04], 0.06, [0.95, 0.93, 0.8]);
    let radius = dice.between(0.19, 0.25);
    wheel(canvas, frame, [-0.6, 0.5 - radius], radius, dice);
    wheel(canvas, frame, [0.6, 0.5 - radius], radius, dice);
}

fn truck_front(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let cab = Paint::from(lacquer(dice));
    let tall = frame.stretched(dice.between(0.62, 0.8), 1.1);
    let frame = &tall;
    shadow(canvas, frame, 0.9);
    for x in [-0.62, 0.62] {
        canvas.stroke(
            frame,
            &[[x, 0.3], [x, 0.45]],
            [0.24, 0.24],
            [0.07, 0.07, 0.08],
        );
    }
    if dice.chance(0.7) {
        // The box behind, higher than the cab.
        let load = lacquer(dice);
        canvas.rectangle(frame, [-0.85, -0.85], [0.85, 0.2], load);
    }
    canvas.rectangle(frame, [-0.76, -0.6], [0.76, 0.34], cab);
    canvas.rectangle(frame, [-0.64, -0.5], [0.64, -0.12], glass(dice));
    let grille = near([0.2, 0.2, 0.21], 0.12, dice);
    canvas.rectangle(frame, [-0.4, 0.0], [0.4, 0.24], grille);
    canvas.stroke(
        frame,
        &[[-0.4, 0.12], [0.4, 0.12]],
        [0.04, 0.04],
        [0.7, 0.7, 0.7],
    );
    for x in [-0.58, 0.58] {
        canvas.circle(frame, [x, 0.15], 0.1, [0.95, 0.93, 0.8]);
        canvas.stroke(
            frame,
            &[[x * 1.5, -0.45], [x * 1.5, -0.2]],
            [0.08, 0.08],
            [0.1, 0.1, 0.1],
        );
    }
    canvas.stroke(
        frame,
        &[[-0.75, 0.31], [0.75, 0.31]],
        [0.12, 0.12],
        near([0.6; 3], 0.25, dice),
    );
}
