//! Birds and frogs. They face right.

use super::super::canvas::{Canvas, Color, Frame, Paint, blend, near};
use super::super::dice::Dice;
use super::coat;

const BEAKS: [Color; 4] = [
    [0.85, 0.6, 0.15],
    [0.25, 0.22, 0.2],
    [0.75, 0.35, 0.15],
    [0.6, 0.55, 0.45],
];

pub(super) fn bird(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    match dice.count(0, 9) {
        0..=3 => perched(canvas, frame, dice),
        4..=6 => {
            let turned = frame.turned(dice.between(-0.4, 0.4));
            flying(canvas, &turned, dice);
        }
        7 | 8 => wading(canvas, frame, dice),
        _ => portrait(canvas, frame, dice),
    }
}

fn beak(canvas: &mut Canvas, head: &Frame, radius: f32, length: f32, dice: &mut Dice) {
    let color = dice.pick(&BEAKS);
    canvas.polygon(
        head,
        &[
            [radius * 0.7, -radius * 0.45],
            [radius + length, radius * 0.15],
            [radius * 0.7, radius * 0.45],
        ],
        color,
    );
    canvas.circle(
        head,
        [radius * 0.35, -radius * 0.2],
        radius * 0.24,
        [0.04, 0.04, 0.05],
    );
}

fn perched(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let coat = coat::bird(dice);
    let belly = blend(coat.color, [0.9, 0.85, 0.75], dice.between(0.1, 0.7));
    if dice.chance(0.6) {
        let branch = near([0.32, 0.25, 0.18], 0.1, dice);
        let rise = dice.between(-0.15, 0.15);
        canvas.stroke(
            frame,
            &[[-1.4, 0.72 + rise], [1.4, 0.72 - rise]],
            [0.16, 0.1],
            branch,
        );
    }
    let upright = frame.turned(dice.between(-0.35, 0.25));
    let frame = &upright;
    canvas.polygon(
        frame,
        &[[-0.3, 0.1], [-0.95, 0.55], [-0.82, 0.68], [-0.2, 0.4]],
        coat.shaded(0.7),
    );
    for x in [-0.05, 0.1] {
        canvas.stroke(
            frame,
            &[[x, 0.4], [x + 0.03, 0.72]],
            [0.05, 0.05],
            [0.4, 0.28, 0.2],
        );
    }
    canvas.ellipse(frame, [0.0, 0.12], [0.52, 0.34], -0.5, coat);
    canvas.ellipse(frame, [0.12, 0.2], [0.34, 0.24], -0.6, belly);
    canvas.ellipse(frame, [-0.15, 0.12], [0.42, 0.17], 0.55, coat.shaded(0.72));
    let radius = dice.between(0.22, 0.28);
    let head = frame.moved([0.35, -0.35]);
    canvas.circle(&head, [0.0, 0.0], radius, coat);
    beak(canvas, &head, radius, dice.between(0.12, 0.3), dice);
}

fn flying(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let coat = coat::bird(dice);
    // Wings up, level or down.
    let beat = dice.between(-0.95, 0.6);
    let tip = coat.shaded(0.6);
    canvas.polygon(
        frame,
        &[
            [0.2, 0.0],
            [-0.05, beat * 0.6],
            [-0.5, beat],
            [-0.3, beat * 0.4],
            [-0.15, 0.05],
        ],
        tip,
    );
    canvas.polygon(
        frame,
        &[[-0.35, -0.05], [-0.85, -0.12], [-0.8, 0.15], [-0.35, 0.08]],
        coat.shaded(0.75),
    );
    canvas.ellipse(frame, [0.0, 0.03], [0.48, 0.15], 0.0, coat);
    let near_beat = beat * dice.between(0.7, 1.1) - 0.1;
    canvas.polygon(
        frame,
        &[
            [0.28, 0.0],
            [0.2, near_beat * 0.6],
            [-0.15, near_beat],
            [-0.2, near_beat * 0.4],
            [-0.15, 0.05],
        ],
        coat.shaded(0.85),
    );
    let head = frame.moved([0.5, -0.05]);
    canvas.circle(&head, [0.0, 0.0], 0.15, coat);
    beak(canvas, &head, 0.15, dice.between(0.12, 0.25), dice);
}

/// Long legs and a long neck, or a duck that swims.
fn wading(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let coat = coat::bird(dice);
    let swims = dice.chance(0.4);
    let back = if swims { 0.3 } else { -0.05 };
    if !swims {
        let knee = dice.between(-0.08, 0.08);
        for x in [-0.08, 0.1] {
            canvas.stroke(
                frame,
                &[[x, back + 0.2], [x + knee, 0.55], [x, 0.95]],
                [0.06, 0.05],
                [0.45, 0.35, 0.28],
            );
        }
    }
    canvas.polygon(
        frame,
        &[
            [-0.35, back - 0.1],
            [-0.8, back - 0.08],
            [-0.35, back + 0.18],
        ],
        coat.shaded(0.75),
    );
    canvas.ellipse(frame, [-0.05, back], [0.48, 0.26], -0.1, coat);
    canvas.ellipse(
        frame,
        [-0.15, back - 0.02],
        [0.34, 0.16],
        0.1,
        coat.shaded(0.72),
    );
    let top = [dice.between(0.4, 0.55), back - dice.between(0.4, 0.75)];
    canvas.stroke(
        frame,
        &[[0.3, back], [0.5, back - 0.25], top],
        [0.24, 0.12],
        coat,
    );
    let head = frame.moved(top);
    canvas.circle(&head, [0.0, 0.0], 0.14, coat);
    beak(canvas, &head, 0.14, dice.between(0.2, 0.35), dice);
}

/// Head and breast from close by.
fn portrait(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let coat = coat::bird(dice);
    canvas.ellipse(frame, [-0.25, 0.85], [0.65, 0.75], 0.0, coat.shaded(0.85));
    canvas.stroke(frame, &[[-0.2, 0.8], [0.05, -0.2]], [0.8, 0.6], coat);
    let head = frame.moved([0.1, -0.3]);
    canvas.circle(&head, [0.0, 0.0], 0.42, coat);
    beak(canvas, &head, 0.42, dice.between(0.25, 0.5), dice);
}

pub(super) fn frog(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    match dice.count(0, 9) {
        0..=4 => frog_side(canvas, frame, dice),
        5..=7 => {
            let turned = frame.turned(dice.between(-3.2, 3.2));
            frog_above(canvas, &turned, dice);
        }
        _ => frog_front(canvas, frame, dice),
    }
}

fn bulging_eye(
    canvas: &mut Canvas,
    frame: &Frame,
    at: [f32; 2],
    size: f32,
    lid: Paint,
    iris: Color,
) {
    canvas.circle(frame, at, size, lid);
    canvas.circle(frame, at, size * 0.68, iris);
    canvas.circle(frame, at, size * 0.35, [0.03, 0.03, 0.03]);
}

fn iris(dice: &mut Dice) -> Color {
    dice.pick(&[
        [0.85, 0.65, 0.15],
        [0.75, 0.2, 0.1],
        [0.8, 0.8, 0.5],
        [0.35, 0.25, 0.1],
    ])
}

fn frog_side(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let coat = coat::frog(dice);
    let belly = blend(coat.color, [0.88, 0.86, 0.7], 0.6);
    let crouch = frame.turned(dice.between(-0.3, 0.0));
    let frame = &crouch;
    canvas.ellipse(frame, [0.0, 0.15], [0.72, 0.36], -0.25, coat);
    canvas.ellipse(frame, [0.2, 0.32], [0.5, 0.18], -0.2, belly);
    canvas.ellipse(frame, [0.5, -0.08], [0.4, 0.25], 0.05, coat);
    canvas.stroke(
        frame,
        &[[0.3, 0.0], [0.85, 0.02]],
        [0.04, 0.03],
        coat.shaded(0.45),
    );
    // The folded hind leg and the front leg.
    canvas.ellipse(frame, [-0.42, 0.28], [0.36, 0.2], -0.5, coat.shaded(0.82));
    canvas.stroke(
        frame,
        &[[-0.65, 0.4], [-0.2, 0.5], [-0.5, 0.58], [0.05, 0.6]],
        [0.14, 0.08],
        coat.shaded(0.75),
    );
    canvas.stroke(
        frame,
        &[[0.35, 0.3], [0.45, 0.6], [0.65, 0.62]],
        [0.14, 0.08],
        coat.shaded(0.8),
    );
    let iris = iris(dice);
    bulging_eye(
        canvas,
        frame,
        [0.48, -0.28],
        dice.between(0.14, 0.2),
        coat.shaded(1.1),
        iris,
    );
}

fn frog_above(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let coat = coat::frog(dice);
    let spread = dice.between(0.0, 0.25);
    for side in [-1.0, 1.0] {
        let hind = [
            [-0.4, 0.15 * side],
            [0.0, (0.6 + spread) * side],
            [-0.55, (0.55 + spread) * side],
            [-0.85, (0.75 + spread) * side],
        ];
        canvas.stroke(frame, &hind, [0.24, 0.1], coat.shaded(0.8));
        let front = [
            [0.3, 0.2 * side],
            [0.3, 0.55 * side],
            [0.65, (0.6 + spread * 0.5) * side],
        ];
        canvas.stroke(frame, &front, [0.14, 0.08], coat.shaded(0.8));
    }
    canvas.ellipse(frame, [-0.1, 0.0], [0.55, 0.34], 0.0, coat);
    canvas.ellipse(frame, [0.4, 0.0], [0.36, 0.3], 0.0, coat);
    if dice.chance(0.4) {
        let stripe = Paint::from(near(coat.color, 0.3, dice));
        canvas.stroke(frame, &[[-0.6, 0.0], [0.6, 0.0]], [0.08, 0.06], stripe);
    }
    let iris = iris(dice);
    for side in [-1.0, 1.0] {
        bulging_eye(
            canvas,
            frame,
            [0.48, 0.25 * side],
            0.13,
            coat.shaded(1.15),
            iris,
        );
    }
}

fn frog_front(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let coat = coat::frog(dice);
    let belly = blend(coat.color, [0.9, 0.88, 0.75], 0.65);
    for side in [-1.0, 1.0] {
        canvas.ellipse(
            frame,
            [side * 0.62, 0.35],
            [0.3, 0.2],
            side * -0.4,
            coat.shaded(0.8),
        );
        canvas.stroke(
            frame,
            &[[side * 0.38, 0.3], [side * 0.48, 0.65], [side * 0.68, 0.68]],
            [0.16, 0.1],
            coat.shaded(0.85),
        );
    }
    canvas.ellipse(frame, [0.0, 0.25], [0.58, 0.4], 0.0, coat);
    canvas.ellipse(frame, [0.0, 0.4], [0.42, 0.24], 0.0, belly);
    canvas.ellipse(frame, [0.0, -0.08], [0.62, 0.32], 0.0, coat);
    canvas.stroke(
        frame,
        &[[-0.5, 0.0], [0.0, 0.1], [0.5, 0.0]],
        [0.05, 0.05],
        coat.shaded(0.4),
    );
    let iris = iris(dice);
    for side in [-1.0, 1.0] {
        bulging_eye(
            canvas,
            frame,
            [side * 0.38, -0.35],
            dice.between(0.16, 0.21),
            coat.shaded(1.1),
            iris,
        );
    }
}
