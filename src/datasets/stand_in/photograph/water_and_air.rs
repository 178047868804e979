//! Ships and airplanes. They face right.

use super::super::canvas::{Canvas, Color, Frame, Paint, Point, near, shade};
use super::super::dice::Dice;

const METALS: [Color; 6] = [
    [0.88, 0.88, 0.9],
    [0.7, 0.72, 0.75],
    [0.45, 0.48, 0.5],
    [0.3, 0.36, 0.3],
    [0.75, 0.2, 0.15],
    [0.2, 0.3, 0.6],
];

fn metal(dice: &mut Dice) -> Paint {
    let color = dice.pick(&METALS);
    near(color, 0.08, dice).into()
}

pub(super) fn airplane(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    match dice.count(0, 9) {
        0..=4 => {
            let climbing = frame.turned(dice.between(-0.45, 0.25));
            airliner(canvas, &climbing, dice);
        }
        5..=7 => {
            let circling = frame.turned(dice.between(-3.2, 3.2));
            from_above(canvas, &circling, dice);
        }
        _ => {
            let banking = frame.turned(dice.between(-0.35, 0.35));
            from_front(canvas, &banking, dice);
        }
    }
}

fn airliner(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let body = metal(dice);
    let trim = metal(dice);
    let thick = dice.between(0.13, 0.2);
    let swept = dice.between(0.2, 0.5);
    // The far wing, behind the body.
    canvas.polygon(
        frame,
        &[
            [0.2, 0.0],
            [-0.05, 0.0],
            [-swept, -0.3],
            [-swept + 0.12, -0.3],
        ],
        body.shaded(0.7),
    );
    let fin = dice.between(0.35, 0.55);
    canvas.polygon(
        frame,
        &[[-0.6, -0.05], [-0.92, -fin], [-1.0, -fin], [-0.93, 0.0]],
        trim,
    );
    canvas.ellipse(frame, [0.05, 0.0], [0.92, thick], 0.0, body);
    canvas.polygon(
        frame,
        &[[-0.4, -thick], [-1.0, -0.08], [-0.95, 0.0], [-0.3, thick]],
        body,
    );
    canvas.polygon(
        frame,
        &[[-0.7, -0.02], [-0.95, 0.12], [-1.02, 0.12], [-0.92, -0.02]],
        body.shaded(0.75),
    );
    canvas.stroke(
        frame,
        &[[-0.6, -0.02], [0.75, -0.02]],
        [0.04, 0.04],
        shade(trim.color, 0.6),
    );
    canvas.ellipse(frame, [0.82, -0.04], [0.07, 0.04], 0.3, [0.12, 0.14, 0.2]);
    // The near wing and what hangs below it.
    let reach = dice.between(0.3, 0.6);
    canvas.polygon(
        frame,
        &[
            [0.25, 0.03],
            [-0.1, 0.05],
            [-swept - 0.12, reach],
            [-swept, reach],
        ],
        body.shaded(0.85),
    );
    if dice.chance(0.6) {
        canvas.ellipse(frame, [0.08, 0.18], [0.14, 0.07], 0.0, body.shaded(0.6));
    }
    if dice.chance(0.3) {
        for x in [0.6, -0.1] {
            canvas.stroke(frame, &[[x, 0.1], [x, 0.28]], [0.04, 0.04], [0.2; 3]);
            canvas.circle(frame, [x, 0.3], 0.06, [0.08; 3]);
        }
    }
}

fn from_above(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let body = metal(dice);
    let wings = body.shaded(dice.between(0.75, 0.95));
    let fighter = dice.chance(0.4);
    let (root, tip, span) = match fighter {
        true => (0.3, -0.55, dice.between(0.5, 0.7)),
        false => (0.25, dice.between(-0.4, 0.1), dice.between(0.75, 0.98)),
    };
    let chord = if fighter {
        0.75
    } else {
        dice.between(0.22, 0.35)
    };
    for side in [-1.0, 1.0] {
        canvas.polygon(
            frame,
            &[
                [root, 0.04 * side],
                [tip, span * side],
                [tip - 0.12, span * side],
                [root - chord, 0.04 * side],
            ],
            wings,
        );
        canvas.polygon(
            frame,
            &[
                [-0.65, 0.02 * side],
                [-0.88, 0.32 * side],
                [-0.98, 0.32 * side],
                [-0.9, 0.02 * side],
            ],
            wings,
        );
        if !fighter && dice.chance(0.7) {
            canvas.ellipse(
                frame,
                [0.05, 0.36 * side],
                [0.13, 0.06],
                0.0,
                body.shaded(0.6),
            );
        }
    }
    canvas.stroke(
        frame,
        &[[-0.95, 0.0], [0.85, 0.0]],
        [0.13, dice.between(0.17, 0.24)],
        body,
    );
    canvas.ellipse(frame, [0.55, 0.0], [0.15, 0.05], 0.0, [0.15, 0.17, 0.22]);
}

fn from_front(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let body = metal(dice);
    let lift = dice.between(-0.2, 0.05);
    let wings: [Point; 3] = [[-1.0, lift], [0.0, 0.08], [1.0, lift]];
    canvas.stroke(frame, &wings, [0.08, 0.08], body.shaded(0.8));
    if dice.chance(0.4) {
        let upper: [Point; 2] = [[-0.95, lift - 0.32], [0.95, lift - 0.32]];
        canvas.stroke(frame, &upper, [0.08, 0.08], body.shaded(0.9));
        for x in [-0.6, 0.6] {
            canvas.stroke(frame, &[[x, lift - 0.32], [x, 0.0]], [0.03, 0.03], [0.2; 3]);
        }
    }
    canvas.polygon(
        frame,
        &[[-0.05, -0.1], [0.0, -0.6], [0.05, -0.1]],
        body.shaded(0.9),
    );
    canvas.stroke(
        frame,
        &[[-0.35, -0.2], [0.35, -0.2]],
        [0.06, 0.06],
        body.shaded(0.7),
    );
    canvas.circle(frame, [0.0, 0.02], dice.between(0.16, 0.24), body);
    canvas.ellipse(frame, [0.0, -0.07], [0.1, 0.05], 0.0, [0.15, 0.17, 0.22]);
    for x in [-0.45, 0.45] {
        canvas.circle(frame, [x, 0.12], 0.1, body.shaded(0.5));
    }
    if dice.chance(0.5) {
        for x in [-0.2, 0.2] {
            canvas.stroke(frame, &[[x * 0.5, 0.15], [x, 0.4]], [0.04, 0.04], [0.15; 3]);
            canvas.circle(frame, [x, 0.42], 0.07, [0.06; 3]);
        }
    }
}

/// `water` closes over the lower part of the hull.
pub(super) fn ship(canvas: &mut Canvas, frame: &Frame, water: Color, dice: &mut Dice) {
    let hull_paint = dice.pick(&[
        [0.12, 0.14, 0.2],
        [0.85, 0.85, 0.85],
        [0.6, 0.15, 0.12],
        [0.15, 0.25, 0.5],
        [0.45, 0.48, 0.5],
        [0.4, 0.28, 0.18],
    ]);
    let hull_paint = Paint::from(near(hull_paint, 0.08, dice));
    let deck = dice.between(0.0, 0.15);
    match dice.count(0, 9) {
        0..=2 => sails(canvas, frame, deck, dice),
        3..=5 => containers(canvas, frame, deck, dice),
        6 | 7 => decks(canvas, frame, deck, dice),
        _ => bridge(canvas, frame, deck, dice),
    }
    let bow = dice.between(0.05, 0.18);
    let hull = [
        [-1.0, deck],
        [0.8, deck],
        [1.05, deck - bow],
        [0.8, 0.45],
        [-0.88, 0.45],
    ];
    canvas.polygon(frame, &hull, hull_paint);
    let line = near([0.6, 0.2, 0.15], 0.2, dice);
    canvas.polygon(
        frame,
        &[[-0.93, 0.36], [0.86, 0.36], [0.8, 0.46], [-0.88, 0.46]],
        line,
    );
    if dice.chance(0.5) {
        let rail = hull_paint.shaded(1.4);
        canvas.stroke(
            frame,
            &[[-0.95, deck + 0.06], [0.9, deck + 0.04]],
            [0.03, 0.03],
            rail,
        );
    }
    let wave = Paint::from(near(water, 0.05, dice));
    canvas.rectangle(frame, [-1.3, 0.43], [1.3, 0.6], wave);
    let foam = Paint::from(near([0.8, 0.85, 0.88], 0.1, dice)).covering(dice.between(0.0, 0.7));
    canvas.stroke(frame, &[[-1.1, 0.44], [1.0, 0.43]], [0.05, 0.03], foam);
}

fn sails(canvas: &mut Canvas, frame: &Frame, deck: f32, dice: &mut Dice) {
    let cloth = dice.weighted(&[
        ([0.93, 0.92, 0.88], 4.0),
        ([0.75, 0.3, 0.2], 1.0),
        ([0.3, 0.45, 0.65], 1.0),
    ]);
    let cloth = Paint::from(near(cloth, 0.06, dice));
    let mast = dice.between(-0.15, 0.15);
    let top = dice.between(-1.1, -0.8);
    canvas.stroke(
        frame,
        &[[mast, deck], [mast, top]],
        [0.05, 0.03],
        [0.3, 0.22, 0.15],
    );
    let foot = deck - 0.1;
    canvas.polygon(
        frame,
        &[
            [mast - 0.05, top + 0.05],
            [mast - 0.05, foot],
            [mast - 0.7, foot],
        ],
        cloth,
    );
    if dice.chance(0.8) {
        canvas.polygon(
            frame,
            &[
                [mast + 0.05, top + 0.15],
                [mast + 0.06, foot],
                [mast + 0.65, foot],
            ],
            cloth.shaded(0.9),
        );
    }
}

fn house(canvas: &mut Canvas, frame: &Frame, from: Point, to: Point, dice: &mut Dice) {
    let wall = near([0.87, 0.87, 0.85], 0.08, dice);
    canvas.rectangle(frame, from, to, wall);
    let mut y = to[1] + 0.07;
    while y < from[1] - 0.05 {
        canvas.stroke(
            frame,
            &[[from[0] + 0.05, y], [to[0] - 0.05, y]],
            [0.05, 0.05],
            [0.2, 0.25, 0.32],
        );
        y += 0.16;
    }
}

fn funnel(canvas: &mut Canvas, frame: &Frame, x: f32, foot: f32, dice: &mut Dice) {
    let color = dice.pick(&[
        [0.75, 0.2, 0.12],
        [0.15; 3],
        [0.85, 0.7, 0.2],
        [0.2, 0.35, 0.6],
    ]);
    let top = foot - dice.between(0.18, 0.32);
    canvas.polygon(
        frame,
        &[
            [x, foot],
            [x - 0.02, top],
            [x + 0.13, top],
            [x + 0.15, foot],
        ],
        near(color, 0.08, dice),
    );
}

fn containers(canvas: &mut Canvas, frame: &Frame, deck: f32, dice: &mut Dice) {
    let high = deck - dice.between(0.45, 0.65);
    house(canvas, frame, [-0.92, deck], [-0.58, high], dice);
    funnel(canvas, frame, -0.85, high, dice);
    let mut x = -0.5;
    while x < 0.75 {
        let rows = dice.count(1, 3);
        for row in 0..rows {
            let y = deck - 0.14 * row as f32;
            let color = dice.pick(&[
                [0.7, 0.25, 0.15],
                [0.2, 0.4, 0.6],
                [0.35, 0.5, 0.3],
                [0.8, 0.65, 0.3],
                [0.6; 3],
            ]);
            canvas.rectangle(frame, [x, y], [x + 0.23, y - 0.13], near(color, 0.1, dice));
        }
        x += 0.25;
    }
}

fn decks(canvas: &mut Canvas, frame: &Frame, deck: f32, dice: &mut Dice) {
    let (mut from, mut to, mut foot) = (-0.88, 0.7, deck);
    for _ in 0..dice.count(2, 3) {
        let top = foot - 0.17;
        house(canvas, frame, [from, foot], [to, top], dice);
        from += dice.between(0.05, 0.15);
        to -= dice.between(0.1, 0.25);
        foot = top;
    }
    for x in [from + 0.1, from + 0.4] {
        if dice.chance(0.7) {
            funnel(canvas, frame, x, foot, dice);
        }
    }
}

fn bridge(canvas: &mut Canvas, frame: &Frame, deck: f32, dice: &mut Dice) {
    let at = dice.between(-0.6, 0.2);
    let high = deck - dice.between(0.25, 0.4);
    house(
        canvas,
        frame,
        [at, deck],
        [at + dice.between(0.4, 0.6), high],
        dice,
    );
    funnel(canvas, frame, at + 0.1, high, dice);
    let mast = at + dice.between(0.2, 0.4);
    canvas.stroke(
        frame,
        &[[mast, high], [mast, high - 0.4]],
        [0.04, 0.03],
        [0.25; 3],
    );
    let crane = at + dice.between(0.65, 0.8);
    canvas.stroke(
        frame,
        &[
            [crane, deck],
            [crane + 0.1, deck - 0.4],
            [crane + 0.3, deck - 0.1],
        ],
        [0.04, 0.03],
        [0.3; 3],
    );
}
