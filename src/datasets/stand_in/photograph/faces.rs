//! Cats, dogs, deer and horses looking into the camera.

use super::super::canvas::{Canvas, Frame, Paint, blend};
use super::super::dice::Dice;
use super::coat;
use super::four_legged::antlers;

/// The shoulders below the face.
fn chest(canvas: &mut Canvas, frame: &Frame, wide: f32, coat: Paint, dice: &mut Dice) {
    let aside = dice.between(-0.25, 0.25);
    canvas.ellipse(frame, [aside, 1.0], [wide, 0.75], 0.0, coat.shaded(0.8));
}

fn eyes(canvas: &mut Canvas, frame: &Frame, apart: f32, y: f32, size: f32, iris: [f32; 3]) {
    for x in [-apart, apart] {
        canvas.circle(frame, [x, y], size, iris);
        canvas.circle(frame, [x, y], size * 0.5, [0.03, 0.03, 0.04]);
    }
}

pub(super) fn cat(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let coat = coat::cat(dice);
    chest(canvas, frame, dice.between(0.5, 0.75), coat, dice);
    let wide = dice.between(0.58, 0.68);
    for side in [-1.0, 1.0] {
        canvas.polygon(
            frame,
            &[
                [side * 0.1, -0.4],
                [side * wide * 0.95, -0.98],
                [side * wide, -0.1],
            ],
            coat.shaded(0.85),
        );
        canvas.polygon(
            frame,
            &[
                [side * 0.25, -0.4],
                [side * wide * 0.85, -0.8],
                [side * wide * 0.85, -0.25],
            ],
            [0.75, 0.5, 0.48],
        );
    }
    canvas.ellipse(frame, [0.0, 0.0], [wide, 0.54], 0.0, coat);
    let pale = blend(coat.color, [0.95, 0.93, 0.9], dice.between(0.1, 0.7));
    canvas.ellipse(frame, [0.0, 0.25], [0.28, 0.2], 0.0, pale);
    let iris = dice.pick(&[
        [0.75, 0.75, 0.2],
        [0.4, 0.65, 0.3],
        [0.35, 0.6, 0.8],
        [0.8, 0.55, 0.15],
    ]);
    eyes(canvas, frame, 0.26, -0.05, 0.13, iris);
    canvas.polygon(
        frame,
        &[[-0.08, 0.16], [0.08, 0.16], [0.0, 0.26]],
        [0.75, 0.42, 0.42],
    );
    canvas.stroke(
        frame,
        &[[-0.15, 0.38], [0.0, 0.3], [0.15, 0.38]],
        [0.03, 0.03],
        [0.2, 0.15, 0.15],
    );
    for side in [-1.0, 1.0] {
        for y in [0.18, 0.32] {
            let whisker = Paint::from([0.9; 3]).covering(0.6);
            canvas.stroke(
                frame,
                &[[side * 0.2, 0.27], [side * 0.85, y]],
                [0.02, 0.02],
                whisker,
            );
        }
    }
}

pub(super) fn dog(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let coat = coat::dog(dice);
    chest(canvas, frame, dice.between(0.5, 0.75), coat, dice);
    let wide = dice.between(0.44, 0.54);
    canvas.ellipse(frame, [0.0, -0.1], [wide, 0.6], 0.0, coat);
    let hang = dice.between(0.0, 0.3);
    let ears = coat.shaded(dice.between(0.5, 0.85));
    for side in [-1.0, 1.0] {
        canvas.ellipse(
            frame,
            [side * (wide + 0.06), -0.25 + hang],
            [0.17, 0.42],
            side * -0.25,
            ears,
        );
    }
    let pale = blend(coat.color, [0.92, 0.88, 0.82], dice.between(0.0, 0.8));
    canvas.ellipse(frame, [0.0, 0.25], [wide * 0.62, 0.32], 0.0, pale);
    eyes(canvas, frame, 0.22, -0.18, 0.085, [0.2, 0.12, 0.07]);
    canvas.ellipse(frame, [0.0, 0.13], [0.15, 0.11], 0.0, [0.06, 0.05, 0.06]);
    canvas.stroke(
        frame,
        &[[-0.2, 0.42], [0.0, 0.36], [0.2, 0.42]],
        [0.04, 0.04],
        [0.12, 0.08, 0.08],
    );
    if dice.chance(0.45) {
        canvas.stroke(
            frame,
            &[[0.02, 0.44], [0.04, 0.64]],
            [0.2, 0.18],
            [0.85, 0.42, 0.45],
        );
    }
}

pub(super) fn deer(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let coat = coat::deer(dice);
    canvas.stroke(
        frame,
        &[[0.0, 0.3], [dice.between(-0.3, 0.3), 1.2]],
        [0.45, 0.7],
        coat.shaded(0.8),
    );
    if dice.chance(0.65) {
        let large = frame.stretched(1.5, 1.0);
        antlers(canvas, &large, [0.0, -0.3], dice);
    }
    for side in [-1.0, 1.0] {
        canvas.ellipse(
            frame,
            [side * 0.48, -0.22],
            [0.28, 0.12],
            side * -0.35,
            coat.shaded(0.8),
        );
        canvas.ellipse(
            frame,
            [side * 0.48, -0.22],
            [0.18, 0.06],
            side * -0.35,
            [0.8, 0.65, 0.58],
        );
    }
    canvas.stroke(frame, &[[0.0, -0.15], [0.0, 0.45]], [0.6, 0.3], coat);
    let pale = blend(coat.color, [0.9, 0.86, 0.8], 0.5);
    canvas.ellipse(frame, [0.0, 0.5], [0.15, 0.12], 0.0, pale);
    eyes(canvas, frame, 0.24, -0.08, 0.075, [0.06, 0.04, 0.04]);
    canvas.ellipse(frame, [0.0, 0.48], [0.11, 0.08], 0.0, [0.07, 0.06, 0.06]);
}

pub(super) fn horse(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let coat = coat::horse(dice);
    let aside = dice.between(-0.5, 0.5);
    canvas.stroke(
        frame,
        &[[0.0, -0.2], [aside, 1.2]],
        [0.5, 0.95],
        coat.shaded(0.8),
    );
    let hair = coat.shaded(if dice.chance(0.7) { 0.35 } else { 1.35 });
    canvas.stroke(
        frame,
        &[[aside * 0.2, -0.55], [aside * 1.2 + 0.3, 0.9]],
        [0.2, 0.3],
        hair,
    );
    for side in [-1.0, 1.0] {
        canvas.polygon(
            frame,
            &[
                [side * 0.08, -0.6],
                [side * 0.22, -0.98],
                [side * 0.32, -0.55],
            ],
            coat.shaded(0.8),
        );
    }
    canvas.stroke(frame, &[[0.0, -0.4], [0.0, 0.62]], [0.66, 0.44], coat);
    if dice.chance(0.6) {
        canvas.stroke(
            frame,
            &[[0.0, -0.4], [0.0, 0.5]],
            [0.14, 0.1],
            [0.92, 0.9, 0.87],
        );
    }
    canvas.stroke(frame, &[[0.0, -0.72], [0.05, -0.4]], [0.22, 0.1], hair);
    eyes(canvas, frame, 0.29, -0.28, 0.075, [0.06, 0.04, 0.04]);
    for x in [-0.11, 0.11] {
        canvas.ellipse(frame, [x, 0.66], [0.06, 0.08], 0.0, [0.08, 0.06, 0.06]);
    }
    if dice.chance(0.35) {
        let strap = dice.pick(&[[0.5, 0.2, 0.1], [0.1; 3], [0.2, 0.3, 0.65]]);
        canvas.stroke(frame, &[[-0.28, 0.28], [0.28, 0.28]], [0.06, 0.06], strap);
        for x in [-0.29, 0.29] {
            canvas.stroke(frame, &[[x, 0.28], [x * 1.1, -0.5]], [0.05, 0.05], strap);
        }
    }
}
