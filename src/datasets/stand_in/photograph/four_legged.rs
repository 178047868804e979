//! Cats, dogs, deer and horses from the side: one skeleton, different proportions.

use super::super::canvas::{Canvas, Color, Frame, Paint, Point, blend, shade};
use super::super::dice::Dice;
use super::coat;

/// The proportions of an animal that faces right, in units of half the picture's subject.
struct Build {
    coat: Paint,
    /// Half the length and half the height of the trunk.
    trunk: Point,
    /// The height of the trunk's middle.
    back: f32,
    leg_width: f32,
    /// Where the neck leaves the trunk is fixed; this is where the head is.
    head: Point,
    head_radii: Point,
    /// How far the nose points down, in radians.
    nod: f32,
    neck: Point,
    /// Where the feet stand.
    ground: f32,
}

/// The trunk, four legs and the neck; heads and tails differ too much.
fn stand(canvas: &mut Canvas, frame: &Frame, build: &Build, dice: &mut Dice) {
    let [long, high] = build.trunk;
    let hip = [-long * 0.75, build.back + high * 0.3];
    let shoulder = [long * 0.72, build.back + high * 0.3];
    let stride = dice.between(0.0, 0.25);
    let widths = [build.leg_width * 1.5, build.leg_width * 0.8];
    let mut leg = |from: Point, swing: f32, paint: Paint| {
        let knee = [from[0] + swing * 0.7, (from[1] + build.ground) / 2.0];
        let foot = [from[0] + swing, build.ground];
        canvas.stroke(frame, &[from, knee, foot], widths, paint);
    };
    let far = build.coat.shaded(0.62);
    leg(hip, stride, far);
    leg(shoulder, -stride, far);
    leg(
        [hip[0] - 0.05, hip[1]],
        -stride * dice.between(0.3, 1.0),
        build.coat.shaded(0.85),
    );
    leg(
        [shoulder[0] + 0.03, shoulder[1]],
        stride * dice.between(0.3, 1.0),
        build.coat.shaded(0.85),
    );
    canvas.ellipse(frame, [0.0, build.back], build.trunk, 0.0, build.coat);
    canvas.ellipse(
        frame,
        [-long * 0.6, build.back],
        [long * 0.42, high * 1.02],
        0.0,
        build.coat,
    );
    canvas.ellipse(
        frame,
        [long * 0.62, build.back],
        [long * 0.4, high * 1.05],
        0.0,
        build.coat,
    );
    let root = [long * 0.75, build.back - high * 0.2];
    canvas.stroke(frame, &[root, build.head], build.neck, build.coat);
}

/// A head with a muzzle; gives where the nose is.
fn head(canvas: &mut Canvas, frame: &Frame, build: &Build, muzzle: f32, nose: Color) -> Frame {
    let own = frame.moved(build.head).turned(build.nod);
    let [long, high] = build.head_radii;
    canvas.stroke(
        &own,
        &[[0.0, 0.02], [long * 0.5 + muzzle, high * 0.25]],
        [high * 1.9, high * 1.05],
        build.coat,
    );
    canvas.ellipse(&own, [0.0, 0.0], build.head_radii, 0.0, build.coat);
    canvas.circle(
        &own,
        [long * 0.5 + muzzle + high * 0.3, high * 0.2],
        high * 0.3,
        nose,
    );
    canvas.circle(
        &own,
        [long * 0.35, -high * 0.25],
        high * 0.22,
        [0.05, 0.05, 0.06],
    );
    own
}

pub(super) fn cat(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let coat = coat::cat(dice);
    let pose = dice.count(0, 2);
    let head_radius = dice.between(0.24, 0.3);
    if pose == 0 {
        sit(canvas, frame, coat, dice);
    } else {
        let lies = pose == 2;
        let build = Build {
            coat,
            trunk: [dice.between(0.5, 0.6), dice.between(0.2, 0.27)],
            back: if lies { 0.32 } else { 0.05 },
            leg_width: 0.12,
            head: [
                0.68,
                if lies {
                    0.1
                } else {
                    dice.between(-0.28, -0.05)
                },
            ],
            head_radii: [head_radius, head_radius * 0.92],
            nod: 0.1,
            neck: [0.32, 0.3],
            ground: if lies { 0.5 } else { 0.58 },
        };
        tail(canvas, frame, &build, dice.between(-0.75, -0.2), 0.11);
        stand(canvas, frame, &build, dice);
        let own = head(canvas, frame, &build, 0.04, [0.55, 0.35, 0.33]);
        pointed_ears(canvas, &own, head_radius, coat);
    }
}

/// A tail that rises from the rump to a tip at the height `tip`.
fn tail(canvas: &mut Canvas, frame: &Frame, build: &Build, tip: f32, width: f32) {
    let rump = [-build.trunk[0] * 0.9, build.back - build.trunk[1] * 0.3];
    let bend = [rump[0] - 0.28, rump[1] - 0.02];
    canvas.stroke(
        frame,
        &[rump, bend, [rump[0] - 0.32, tip]],
        [width, width * 0.8],
        build.coat.shaded(0.85),
    );
}

fn pointed_ears(canvas: &mut Canvas, head: &Frame, radius: f32, coat: Paint) {
    for x in [-0.55, 0.35] {
        let x = x * radius;
        canvas.polygon(
            head,
            &[
                [x - radius * 0.35, -radius * 0.5],
                [x, -radius * 1.55],
                [x + radius * 0.45, -radius * 0.55],
            ],
            coat.shaded(0.8),
        );
    }
}

/// A cat that sits upright.
fn sit(canvas: &mut Canvas, frame: &Frame, coat: Paint, dice: &mut Dice) {
    let wide = dice.between(0.32, 0.42);
    let curl = [[-0.3, 0.5], [-0.75, 0.52], [-0.8, dice.between(0.1, 0.45)]];
    canvas.stroke(frame, &curl, [0.14, 0.1], coat.shaded(0.8));
    canvas.ellipse(frame, [-0.1, 0.25], [wide, 0.38], 0.0, coat);
    canvas.ellipse(frame, [0.08, -0.02], [wide * 0.7, 0.4], 0.25, coat);
    for x in [0.1, 0.25] {
        canvas.stroke(
            frame,
            &[[x, 0.1], [x + 0.02, 0.6]],
            [0.14, 0.12],
            coat.shaded(0.9),
        );
    }
    let radius = dice.between(0.27, 0.32);
    let own = frame.moved([0.2, -0.48]);
    pointed_ears(canvas, &own, radius, coat);
    canvas.ellipse(&own, [0.0, 0.0], [radius, radius * 0.9], 0.0, coat);
    let eye = dice.pick(&[[0.75, 0.75, 0.2], [0.4, 0.65, 0.3], [0.15; 3]]);
    for x in [-0.08, 0.15] {
        canvas.circle(&own, [x, -0.03], 0.06, eye);
    }
    canvas.circle(&own, [0.05, 0.1], 0.05, [0.55, 0.35, 0.33]);
}

pub(super) fn dog(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let coat = coat::dog(dice);
    let short = dice.chance(0.25);
    let ground = 0.65;
    let build = Build {
        coat,
        trunk: [dice.between(0.46, 0.58), dice.between(0.19, 0.25)],
        back: if short { 0.22 } else { 0.02 },
        leg_width: dice.between(0.11, 0.15),
        head: [dice.between(0.62, 0.72), dice.between(-0.42, -0.2)],
        head_radii: [0.23, 0.19],
        nod: dice.between(0.0, 0.4),
        neck: [0.34, 0.25],
        ground,
    };
    tail(canvas, frame, &build, dice.between(-0.5, 0.1), 0.09);
    stand(canvas, frame, &build, dice);
    let own = head(
        canvas,
        frame,
        &build,
        dice.between(0.14, 0.24),
        [0.06, 0.05, 0.05],
    );
    if dice.chance(0.75) {
        canvas.ellipse(&own, [-0.08, 0.08], [0.1, 0.22], 0.15, coat.shaded(0.65));
    } else {
        canvas.polygon(
            &own,
            &[[-0.18, -0.1], [-0.1, -0.38], [0.03, -0.14]],
            coat.shaded(0.75),
        );
    }
    if dice.chance(0.3) {
        canvas.stroke(
            &own,
            &[[0.28, 0.15], [0.3, 0.28]],
            [0.08, 0.07],
            [0.85, 0.4, 0.42],
        );
    }
    if dice.chance(0.35) {
        let collar = dice.pick(&[[0.8, 0.15, 0.15], [0.15, 0.3, 0.7], [0.1; 3]]);
        let at = build.head;
        canvas.stroke(
            frame,
            &[[at[0] - 0.24, at[1] + 0.02], [at[0] - 0.06, at[1] + 0.26]],
            [0.08, 0.08],
            collar,
        );
    }
}

/// Deer and horses graze or stand with the head up.
fn grazing(dice: &mut Dice) -> bool {
    dice.chance(0.25)
}

pub(super) fn deer(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let coat = coat::deer(dice);
    let grazes = grazing(dice);
    let build = Build {
        coat,
        trunk: [dice.between(0.42, 0.5), dice.between(0.17, 0.22)],
        back: 0.02,
        leg_width: 0.075,
        head: if grazes {
            [0.8, 0.45]
        } else {
            [dice.between(0.58, 0.7), dice.between(-0.62, -0.45)]
        },
        head_radii: [0.16, 0.12],
        nod: if grazes { 1.1 } else { dice.between(0.2, 0.5) },
        neck: [0.24, 0.14],
        ground: 0.82,
    };
    stand(canvas, frame, &build, dice);
    // The light belly and the white rump patch.
    let pale = blend(coat.color, [0.92, 0.88, 0.8], 0.7);
    canvas.ellipse(
        frame,
        [0.0, 0.14],
        [0.34, 0.06],
        0.0,
        Paint::from(pale).covering(0.8),
    );
    canvas.ellipse(
        frame,
        [-build.trunk[0] - 0.02, -0.02],
        [0.07, 0.11],
        0.0,
        pale,
    );
    let own = head(canvas, frame, &build, 0.14, [0.1, 0.08, 0.08]);
    canvas.ellipse(&own, [-0.17, -0.1], [0.13, 0.05], 0.5, coat.shaded(0.8));
    if dice.chance(0.65) {
        antlers(canvas, &own, [-0.03, -0.1], dice);
    }
}

/// Two branching horns that grow up from `root`.
pub(super) fn antlers(canvas: &mut Canvas, head: &Frame, root: Point, dice: &mut Dice) {
    let horn = Paint::from(dice.pick(&[[0.55, 0.45, 0.32], [0.3, 0.22, 0.15], [0.75, 0.68, 0.55]]));
    let tall = dice.between(0.35, 0.6);
    for (side, paint) in [(-1.0, horn), (1.0, horn.shaded(0.8))] {
        let at = |x: f32, y: f32| [root[0] + side * x, root[1] - y * tall];
        canvas.stroke(
            head,
            &[at(0.03, 0.0), at(0.22, 0.45), at(0.16, 1.0)],
            [0.06, 0.035],
            paint,
        );
        canvas.stroke(head, &[at(0.15, 0.3), at(0.02, 0.65)], [0.045, 0.03], paint);
        canvas.stroke(head, &[at(0.22, 0.45), at(0.38, 0.8)], [0.045, 0.03], paint);
    }
}

pub(super) fn horse(canvas: &mut Canvas, frame: &Frame, dice: &mut Dice) {
    let coat = coat::horse(dice);
    let grazes = grazing(dice);
    let build = Build {
        coat,
        trunk: [dice.between(0.5, 0.58), dice.between(0.24, 0.29)],
        back: 0.0,
        leg_width: 0.11,
        head: if grazes {
            [0.88, 0.38]
        } else {
            [dice.between(0.72, 0.84), dice.between(-0.58, -0.4)]
        },
        head_radii: [0.18, 0.14],
        nod: if grazes { 1.2 } else { dice.between(0.6, 1.0) },
        neck: [0.42, 0.24],
        ground: 0.82,
    };
    let dark = dice.chance(0.7);
    let hair = Paint::from(shade(coat.color, if dark { 0.35 } else { 1.35 }));
    let rump = -build.trunk[0] - 0.02;
    let blown = dice.between(0.1, 0.3);
    canvas.stroke(
        frame,
        &[
            [rump + 0.05, -0.12],
            [rump - blown * 0.8, 0.05],
            [rump - blown, dice.between(0.35, 0.55)],
        ],
        [0.12, 0.17],
        hair,
    );
    stand(canvas, frame, &build, dice);
    let own = head(canvas, frame, &build, 0.26, coat.shaded(0.55).color);
    canvas.polygon(
        &own,
        &[[-0.12, -0.08], [-0.16, -0.28], [-0.02, -0.12]],
        coat.shaded(0.8),
    );
    // The mane runs along the back of the neck.
    let root = [build.trunk[0] * 0.5, -build.trunk[1] * 0.9];
    let [x, y] = build.head;
    let lift = if grazes { -0.1 } else { -0.04 };
    let crest = [x - 0.14, y + lift];
    canvas.stroke(
        frame,
        &[
            root,
            [
                (root[0] + crest[0]) / 2.0 - 0.06,
                (root[1] + crest[1]) / 2.0,
            ],
            crest,
        ],
        [0.1, 0.16],
        hair,
    );
    if dice.chance(0.25) {
        saddle(canvas, frame, &build, dice);
    }
}

/// A saddle, perhaps with a rider.
fn saddle(canvas: &mut Canvas, frame: &Frame, build: &Build, dice: &mut Dice) {
    let top = -build.trunk[1];
    canvas.ellipse(
        frame,
        [0.0, top + 0.02],
        [0.2, 0.1],
        0.0,
        [0.25, 0.14, 0.08],
    );
    if dice.chance(0.5) {
        let cloth = dice.pick(&[[0.7, 0.15, 0.15], [0.2, 0.3, 0.6], [0.85; 3], [0.12; 3]]);
        canvas.stroke(
            frame,
            &[[0.05, top], [0.1, build.back + 0.2]],
            [0.14, 0.1],
            shade(cloth, 0.6),
        );
        canvas.stroke(
            frame,
            &[[0.0, top], [0.02, top - 0.38]],
            [0.22, 0.24],
            cloth,
        );
        canvas.circle(frame, [0.04, top - 0.58], 0.12, [0.75, 0.58, 0.48]);
    }
}
