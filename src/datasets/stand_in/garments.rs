//! Clothes, shoes and bags, laid out on black.

use super::canvas::{Canvas, Frame, Paint, Point, blend};
use super::dice::Dice;
use super::photograph::effects::blur;
use crate::datasets::gray_pictures::SIDE;

/// Draws a piece of the class into the upper left part of the canvas.
pub(super) fn draw(class: u8, canvas: &mut Canvas, dice: &mut Dice) {
    let middle = SIDE as f32 / 2.0;
    let origin = [
        middle + dice.between(-0.7, 0.7),
        middle + dice.between(-0.7, 0.7),
    ];
    let frame =
        Frame::new(origin, dice.between(11.5, 13.5)).stretched(dice.between(0.9, 1.08), 1.0);
    let frame = frame.turned(dice.between(-0.04, 0.04));
    let cloth = cloth(dice);
    match class {
        0 => shirt(canvas, &frame, cloth, dice, Sleeves::Short, false),
        1 => trousers(canvas, &frame, cloth, dice),
        2 => shirt(canvas, &frame, cloth, dice, Sleeves::Long, false),
        3 => dress(canvas, &frame, cloth, dice),
        4 => coat(canvas, &frame, cloth, dice),
        5 => sandal(canvas, &frame, cloth, dice),
        6 => {
            let sleeves = match dice.chance(0.7) {
                true => Sleeves::Long,
                false => Sleeves::Short,
            };
            shirt(canvas, &frame, cloth, dice, sleeves, true);
        }
        7 => sneaker(canvas, &frame, cloth, dice),
        8 => bag(canvas, &frame, cloth, dice),
        _ => boot(canvas, &frame, cloth, dice),
    }
    blur(canvas, dice.between(0.2, 0.6));
    for pixel in &mut canvas.pixels {
        // The ground stays black.
        if pixel[0] > 0.02 {
            let grain = dice.normal() * 0.02;
            *pixel = pixel.map(|value| value + grain);
        }
    }
}

fn cloth(dice: &mut Dice) -> Paint {
    let gray = [dice.between(0.3, 0.95); 3];
    let mut cloth = Paint::from(gray);
    if dice.chance(0.3) {
        let other = [dice.between(0.2, 1.0); 3];
        cloth.blotches = Some((blend(gray, other, 0.6), dice.between(1.5, 5.0), dice.seed()));
    }
    cloth
}

/// Both halves of something that is the same on the left and on the right.
fn mirrored(canvas: &mut Canvas, frame: &Frame, right: &[Point], paint: Paint) {
    canvas.polygon(frame, right, paint);
    canvas.polygon(&frame.stretched(-1.0, 1.0), right, paint);
}

/// Horizontal stripes or a print on the front.
fn decorate(canvas: &mut Canvas, frame: &Frame, half: f32, cloth: Paint, dice: &mut Dice) {
    let mark = cloth.shaded(dice.pick(&[0.45, 0.6, 1.5]));
    match dice.count(0, 5) {
        0 => {
            let mut y = -0.4;
            while y < 0.8 {
                canvas.stroke(frame, &[[-half, y], [half, y]], [0.09, 0.09], mark);
                y += 0.28;
            }
        }
        1 => canvas.circle(frame, [0.0, -0.15], dice.between(0.12, 0.3), mark),
        _ => {}
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Sleeves {
    Short,
    Long,
}

fn shirt(
    canvas: &mut Canvas,
    frame: &Frame,
    cloth: Paint,
    dice: &mut Dice,
    sleeves: Sleeves,
    buttons: bool,
) {
    let half = dice.between(0.45, 0.56);
    let hem = dice.between(0.82, 0.98);
    let sleeve = cloth.shaded(dice.between(0.8, 1.0));
    match sleeves {
        Sleeves::Short => {
            let reach = dice.between(0.82, 0.98);
            let arm = [
                [0.3, -0.88],
                [half, -0.82],
                [reach, -0.35],
                [reach - 0.22, -0.18],
                [half - 0.06, -0.42],
            ];
            mirrored(canvas, frame, &arm, sleeve);
        }
        Sleeves::Long => {
            let reach = dice.between(0.72, 0.92);
            let arm = [
                [0.3, -0.88],
                [half + 0.05, -0.78],
                [reach, 0.72],
                [reach - 0.22, 0.78],
                [half - 0.06, -0.3],
            ];
            mirrored(canvas, frame, &arm, sleeve);
        }
    }
    let neck = dice.between(0.12, 0.28);
    let body = [
        [0.0, -0.72],
        [neck, -0.92],
        [half, -0.8],
        [half, hem],
        [0.0, hem],
    ];
    mirrored(canvas, frame, &body, cloth);
    if buttons {
        let seam = cloth.shaded(0.55);
        canvas.stroke(frame, &[[0.0, -0.7], [0.0, hem]], [0.05, 0.05], seam);
        mirrored(
            canvas,
            frame,
            &[[0.0, -0.7], [neck, -0.95], [neck + 0.1, -0.72]],
            seam,
        );
        let mut y = -0.5;
        while y < hem {
            canvas.circle(frame, [0.04, y], 0.045, cloth.shaded(1.6));
            y += 0.26;
        }
    } else {
        decorate(canvas, frame, half, cloth, dice);
    }
}

fn trousers(canvas: &mut Canvas, frame: &Frame, cloth: Paint, dice: &mut Dice) {
    let waist = dice.between(0.26, 0.36);
    let cuff = dice.between(0.14, 0.26);
    let apart = dice.between(0.05, 0.16);
    let leg = [
        [0.0, -0.95],
        [waist, -0.95],
        [waist + 0.06, -0.5],
        [apart + cuff, 0.97],
        [apart, 0.97],
        [0.02, -0.4],
    ];
    mirrored(canvas, frame, &leg, cloth);
    let belt = cloth.shaded(0.6);
    canvas.stroke(frame, &[[-waist, -0.9], [waist, -0.9]], [0.08, 0.08], belt);
}

fn dress(canvas: &mut Canvas, frame: &Frame, cloth: Paint, dice: &mut Dice) {
    let waist = dice.between(0.16, 0.26);
    let hem = dice.between(0.3, 0.52);
    let half = [
        [0.0, -0.8],
        [0.1, -0.95],
        [dice.between(0.22, 0.32), -0.9],
        [waist, -0.25],
        [hem, 0.96],
        [0.0, 0.98],
    ];
    mirrored(canvas, frame, &half, cloth);
    if dice.chance(0.35) {
        let arm = [
            [0.2, -0.9],
            [0.36, -0.85],
            [0.42, dice.between(-0.4, 0.3)],
            [0.3, -0.2],
        ];
        mirrored(canvas, frame, &arm, cloth.shaded(0.85));
    }
    if dice.chance(0.4) {
        let belt = cloth.shaded(0.5);
        canvas.stroke(
            frame,
            &[[-waist, -0.22], [waist, -0.22]],
            [0.08, 0.08],
            belt,
        );
    }
}

fn coat(canvas: &mut Canvas, frame: &Frame, cloth: Paint, dice: &mut Dice) {
    shirt(canvas, frame, cloth, dice, Sleeves::Long, false);
    let half = dice.between(0.52, 0.6);
    let front = [
        [0.04, -0.5],
        [0.3, -0.9],
        [half, -0.75],
        [half + 0.03, 0.98],
        [0.04, 0.98],
    ];
    mirrored(canvas, frame, &front, cloth);
    let opening = cloth.shaded(0.3);
    canvas.stroke(frame, &[[0.0, -0.6], [0.0, 1.0]], [0.1, 0.07], opening);
    let lapel = cloth.shaded(0.7);
    mirrored(
        canvas,
        frame,
        &[[0.04, -0.3], [0.12, -0.92], [0.32, -0.7]],
        lapel,
    );
    let pocket = cloth.shaded(0.6);
    for side in [-1.0, 1.0] {
        let pocket_line = [[side * 0.2, 0.35], [side * 0.42, 0.3]];
        canvas.stroke(frame, &pocket_line, [0.06, 0.06], pocket);
    }
}

/// The sole that shoes stand on, at `y`.
fn sole(canvas: &mut Canvas, frame: &Frame, y: f32, heel: f32, paint: Paint) {
    let line = [[-0.92, y - heel], [-0.4, y], [0.9, y]];
    canvas.stroke(frame, &line, [0.14, 0.1], paint);
}

fn sandal(canvas: &mut Canvas, frame: &Frame, cloth: Paint, dice: &mut Dice) {
    let heel = match dice.chance(0.4) {
        true => dice.between(0.25, 0.5),
        false => 0.0,
    };
    let low = dice.between(0.3, 0.45);
    sole(canvas, frame, low, heel, cloth);
    if heel > 0.0 {
        let post = [[-0.85, low - heel], [-0.8, low]];
        canvas.stroke(frame, &post, [0.14, 0.08], cloth);
    }
    for _ in 0..dice.count(2, 4) {
        let x = dice.between(-0.5, 0.75);
        let top = low - dice.between(0.25, 0.5);
        let strap = [[x - 0.2, low], [x, top], [x + 0.18, low]];
        canvas.stroke(
            frame,
            &strap,
            [0.09, 0.09],
            cloth.shaded(dice.between(0.7, 1.2)),
        );
    }
    if dice.chance(0.6) {
        let back = [[-0.88, low - heel], [-0.8, low - 0.75], [-0.35, low - 0.55]];
        canvas.stroke(frame, &back, [0.09, 0.07], cloth);
    }
}

fn sneaker(canvas: &mut Canvas, frame: &Frame, cloth: Paint, dice: &mut Dice) {
    let low = dice.between(0.3, 0.42);
    let upper = [
        [-0.92, low],
        [-0.92, low - dice.between(0.5, 0.65)],
        [-0.45, low - 0.45],
        [-0.15, low - dice.between(0.6, 0.7)],
        [0.3, low - 0.35],
        [0.85, low - 0.22],
        [0.95, low],
    ];
    canvas.polygon(frame, &upper, cloth);
    sole(
        canvas,
        frame,
        low,
        0.0,
        Paint::from([dice.between(0.7, 1.0); 3]),
    );
    for x in [-0.05, 0.08, 0.21] {
        let lace = [[x, low - 0.55 + x * 0.5], [x + 0.12, low - 0.4 + x * 0.4]];
        canvas.stroke(frame, &lace, [0.05, 0.05], cloth.shaded(1.6));
    }
    if dice.chance(0.5) {
        let mark = [[-0.5, low - 0.1], [-0.1, low - 0.35], [0.1, low - 0.3]];
        canvas.stroke(frame, &mark, [0.1, 0.05], cloth.shaded(0.5));
    }
}

fn boot(canvas: &mut Canvas, frame: &Frame, cloth: Paint, dice: &mut Dice) {
    let low = dice.between(0.62, 0.78);
    let top = dice.between(-0.9, -0.6);
    let shaft = dice.between(-0.2, 0.0);
    let upper = [
        [-0.8, low],
        [-0.75, top],
        [shaft, top + 0.05],
        [shaft + 0.1, low - 0.55],
        [0.75, low - 0.3],
        [0.88, low],
    ];
    canvas.polygon(frame, &upper, cloth);
    let sole_paint = cloth.shaded(0.5);
    sole(canvas, frame, low, 0.0, sole_paint);
    if dice.chance(0.5) {
        canvas.rectangle(
            frame,
            [-0.85, low],
            [-0.45, low + dice.between(0.1, 0.25)],
            sole_paint,
        );
    }
    if dice.chance(0.5) {
        let zip = [[shaft - 0.25, top + 0.1], [shaft - 0.2, low - 0.1]];
        canvas.stroke(frame, &zip, [0.05, 0.05], cloth.shaded(0.55));
    }
}

fn bag(canvas: &mut Canvas, frame: &Frame, cloth: Paint, dice: &mut Dice) {
    let top = dice.between(-0.35, 0.0);
    let (above, below) = (dice.between(0.6, 0.85), dice.between(0.75, 0.95));
    let handle = dice.between(0.25, 0.5);
    let strap = [
        [-handle, top + 0.05],
        [-handle * 0.8, top - 0.5],
        [0.0, top - 0.62],
        [handle * 0.8, top - 0.5],
        [handle, top + 0.05],
    ];
    canvas.stroke(frame, &strap, [0.1, 0.1], cloth.shaded(0.85));
    let body = [[-above, top], [above, top], [below, 0.85], [-below, 0.85]];
    canvas.polygon(frame, &body, cloth);
    if dice.chance(0.6) {
        let flap = [
            [-above, top],
            [above, top],
            [above * 0.8, top + 0.4],
            [-above * 0.8, top + 0.4],
        ];
        canvas.polygon(frame, &flap, cloth.shaded(0.75));
        canvas.circle(frame, [0.0, top + 0.38], 0.08, cloth.shaded(1.7));
    }
}
