//! What lives: swimmers, fish, insects, beasts, crawlers, people, reptiles.

use super::Subject;
use crate::datasets::stand_in::canvas::{Color, Point};

const DARK: Color = [0.06, 0.06, 0.07];

/// The length of five legs, tails or bodies, by the kind.
fn by_kind(kind: usize, lengths: [f32; 5]) -> f32 {
    lengths[kind.min(4)]
}

/// Beaver, dolphin, otter, seal, whale.
pub(super) fn swimmer(s: &mut Subject<'_>) {
    let thick = by_kind(s.kind, [0.36, 0.25, 0.2, 0.3, 0.48]) * s.dice.between(0.9, 1.1);
    let arch = by_kind(s.kind, [0.0, 0.35, 0.15, -0.25, 0.05]);
    let spine = [[-0.85, 0.2], [-0.2, 0.1 - arch], [0.6, 0.1]];
    s.canvas
        .stroke(&s.frame, &spine, [thick, thick * 1.7], s.paint);
    s.canvas
        .circle(&s.frame, [0.65, 0.08], thick * 0.85, s.paint);
    let tail = match s.kind {
        0 => [[-0.8, 0.1], [-1.15, 0.3], [-0.8, 0.38]],
        2 => [[-0.8, 0.15], [-1.3, 0.25], [-0.8, 0.28]],
        _ => [[-0.75, 0.2], [-1.15, -0.15], [-1.05, 0.4]],
    };
    s.canvas.polygon(&s.frame, &tail, s.paint.shaded(0.75));
    if matches!(s.kind, 1 | 4) {
        let fin = [
            [-0.1, -0.1 - arch],
            [-0.25, -0.55 - arch],
            [0.2, -0.05 - arch],
        ];
        s.canvas.polygon(&s.frame, &fin, s.paint.shaded(0.7));
    }
    let belly = s.paint.shaded(1.5).covering(0.7);
    s.canvas
        .ellipse(&s.frame, [0.1, 0.25], [0.55, thick * 0.35], 0.0, belly);
    s.canvas.circle(&s.frame, [0.75, 0.0], 0.07, DARK);
}

/// Aquarium fish, flatfish, ray, shark, trout.
pub(super) fn fish(s: &mut Subject<'_>) {
    let height = by_kind(s.kind, [0.55, 0.75, 0.35, 0.26, 0.32]) * s.dice.between(0.9, 1.1);
    if s.kind == 2 {
        // A ray from above: a rhombus with a whip.
        let wings = [[0.7, 0.0], [0.0, -0.9], [-0.5, 0.0], [0.0, 0.9]];
        s.canvas.polygon(&s.frame, &wings, s.paint);
        s.canvas.stroke(
            &s.frame,
            &[[-0.4, 0.0], [-1.3, 0.2]],
            [0.12, 0.03],
            s.paint.shaded(0.7),
        );
        return;
    }
    let tail = [[-0.55, 0.0], [-1.1, -height], [-0.95, 0.0], [-1.1, height]];
    s.canvas.polygon(&s.frame, &tail, s.paint.shaded(0.8));
    s.canvas
        .ellipse(&s.frame, [0.05, 0.0], [0.8, height], 0.0, s.paint);
    let fin = [
        [-0.2, -height * 0.8],
        [0.05, -height - by_kind(s.kind, [0.3, 0.1, 0.0, 0.45, 0.15])],
        [0.3, -height * 0.8],
    ];
    s.canvas.polygon(&s.frame, &fin, s.paint.shaded(0.7));
    if s.kind == 0 {
        for x in [-0.3, 0.1] {
            let stripe = [[x, -height * 0.8], [x, height * 0.8]];
            s.canvas
                .stroke(&s.frame, &stripe, [0.14, 0.14], [0.95, 0.95, 0.95]);
        }
    }
    s.canvas.circle(&s.frame, [0.6, -0.08], 0.08, DARK);
}

/// Bee, beetle, butterfly, caterpillar, cockroach.
pub(super) fn insect(s: &mut Subject<'_>) {
    let legs = |s: &mut Subject<'_>| {
        for x in [-0.35, 0.0, 0.35] {
            for side in [-1.0, 1.0] {
                let leg = [[x, 0.0], [x * 1.3, side * 0.45], [x * 1.6, side * 0.75]];
                s.canvas.stroke(&s.frame, &leg, [0.06, 0.04], DARK);
            }
        }
    };
    match s.kind {
        2 => {
            for side in [-1.0, 1.0] {
                let upper = s.paint;
                s.canvas
                    .ellipse(&s.frame, [0.25, side * 0.5], [0.4, 0.55], side * 0.5, upper);
                let lower = s.paint.shaded(0.75);
                s.canvas.ellipse(
                    &s.frame,
                    [-0.4, side * 0.4],
                    [0.32, 0.4],
                    -side * 0.5,
                    lower,
                );
                s.canvas
                    .circle(&s.frame, [0.3, side * 0.6], 0.13, [0.95, 0.9, 0.6]);
            }
            s.canvas
                .stroke(&s.frame, &[[-0.6, 0.0], [0.6, 0.0]], [0.1, 0.12], DARK);
        }
        3 => {
            for step in 0..6 {
                let x = -0.85 + 0.33 * step as f32;
                let y = s.dice.between(-0.1, 0.1) - if step % 2 == 0 { 0.0 } else { 0.15 };
                let part = s.paint.shaded(if step % 2 == 0 { 1.0 } else { 0.7 });
                s.canvas.circle(&s.frame, [x, y], 0.24, part);
            }
        }
        kind => {
            legs(s);
            let width = by_kind(kind, [0.4, 0.5, 0.0, 0.0, 0.3]);
            s.canvas
                .ellipse(&s.frame, [-0.1, 0.0], [0.65, width], 0.0, s.paint);
            s.canvas
                .circle(&s.frame, [0.6, 0.0], width * 0.6, s.paint.shaded(0.5));
            match kind {
                0 => {
                    for x in [-0.45, -0.15, 0.15] {
                        let band = [[x, -width * 0.85], [x, width * 0.85]];
                        s.canvas.stroke(&s.frame, &band, [0.13, 0.13], DARK);
                    }
                }
                1 => s
                    .canvas
                    .stroke(&s.frame, &[[-0.7, 0.0], [0.4, 0.0]], [0.05, 0.05], DARK),
                _ => {
                    for side in [-1.0, 1.0] {
                        let feeler = [[0.65, 0.0], [1.2, side * 0.5]];
                        s.canvas.stroke(&s.frame, &feeler, [0.04, 0.03], DARK);
                    }
                }
            }
        }
    }
}

/// An animal on four legs of this length; its five kinds differ in neck, tail, trunk and pattern.
pub(super) fn beast(s: &mut Subject<'_>, legs: f32) {
    let tall = by_kind(s.kind, [0.42, 0.32, 0.36, 0.3, 0.34]) * s.dice.between(0.9, 1.1);
    let hip = 0.95 - legs;
    for x in [-0.6, -0.4, 0.35, 0.55] {
        let foot = x + s.dice.between(-0.12, 0.12);
        let leg = [[x, hip - 0.1], [foot, 0.95]];
        s.canvas
            .stroke(&s.frame, &leg, [0.22, 0.13], s.paint.shaded(0.75));
    }
    s.canvas.ellipse(
        &s.frame,
        [0.0, hip - tall * 0.5],
        [0.75, tall],
        0.0,
        s.paint,
    );
    let neck = by_kind(s.kind, [0.1, 0.25, 0.2, 0.3, 0.35]) * legs * 2.0;
    let head: Point = [0.85, hip - tall - neck];
    s.canvas.stroke(
        &s.frame,
        &[[0.5, hip - tall * 0.6], head],
        [0.4, 0.26],
        s.paint,
    );
    s.canvas.circle(&s.frame, head, 0.24, s.paint.shaded(1.1));
    let nose = [head[0] + 0.25, head[1] + 0.08];
    s.canvas.circle(&s.frame, nose, 0.11, s.paint.shaded(0.6));
    let tail = by_kind(s.kind, [0.1, 0.5, 0.35, 0.6, 0.75]);
    let tail = [
        [-0.7, hip - tall * 0.6],
        [-0.7 - tail, hip - tall * 0.6 - tail * 0.4],
    ];
    s.canvas.stroke(
        &s.frame,
        &tail,
        [0.16, 0.06 + 0.1 * (s.kind % 2) as f32],
        s.paint.shaded(0.85),
    );
    match s.kind {
        // A mane, or a hump.
        2 => s.canvas.circle(
            &s.frame,
            [head[0] - 0.1, head[1] + 0.1],
            0.34,
            s.paint.shaded(0.6),
        ),
        // Stripes.
        3 => {
            for x in [-0.45, -0.15, 0.15, 0.45] {
                let stripe = [[x, hip - tall * 1.2], [x + 0.08, hip]];
                s.canvas.stroke(&s.frame, &stripe, [0.1, 0.05], DARK);
            }
        }
        // Spots.
        1 => {
            for _ in 0..7 {
                let at = [
                    s.dice.between(-0.5, 0.5),
                    hip - tall * s.dice.between(0.1, 1.0),
                ];
                s.canvas.circle(&s.frame, at, 0.08, s.paint.shaded(0.45));
            }
        }
        0 => s
            .canvas
            .circle(&s.frame, [-0.15, hip - tall * 1.3], 0.3, s.paint),
        _ => s.canvas.stroke(
            &s.frame,
            &[[-0.6, hip - tall], [0.5, hip - tall]],
            [0.12, 0.12],
            s.paint.shaded(1.6),
        ),
    }
    s.canvas
        .circle(&s.frame, [head[0] + 0.06, head[1] - 0.06], 0.05, DARK);
}

/// Crab, lobster, snail, spider, worm.
pub(super) fn crawler(s: &mut Subject<'_>) {
    match s.kind {
        2 => {
            s.canvas.stroke(
                &s.frame,
                &[[-0.7, 0.6], [0.7, 0.6], [0.9, 0.2]],
                [0.2, 0.15],
                s.paint.shaded(0.8),
            );
            s.canvas.circle(&s.frame, [-0.05, 0.1], 0.52, s.paint);
            s.canvas
                .circle(&s.frame, [-0.05, 0.1], 0.3, s.paint.shaded(0.65));
            s.canvas
                .circle(&s.frame, [-0.05, 0.1], 0.14, s.paint.shaded(1.2));
        }
        4 => {
            let bend = s.dice.between(0.2, 0.6);
            let body = [
                [-0.95, 0.1],
                [-0.5, -bend],
                [0.0, 0.1],
                [0.45, bend],
                [0.95, 0.0],
            ];
            s.canvas.stroke(&s.frame, &body, [0.18, 0.14], s.paint);
        }
        kind => {
            let reach = by_kind(kind, [0.7, 0.45, 0.0, 1.0, 0.0]);
            for (index, x) in [-0.4, -0.15, 0.1, 0.35].into_iter().enumerate() {
                for side in [-1.0, 1.0] {
                    let knee = [x * 1.6, side * reach * 0.7];
                    let foot = [x * 2.2, side * (reach + 0.04 * index as f32)];
                    s.canvas.stroke(
                        &s.frame,
                        &[[x, 0.0], knee, foot],
                        [0.08, 0.05],
                        s.paint.shaded(0.7),
                    );
                }
            }
            let body = by_kind(kind, [0.5, 0.25, 0.0, 0.32, 0.0]);
            let long = by_kind(kind, [0.45, 0.8, 0.0, 0.4, 0.0]);
            s.canvas
                .ellipse(&s.frame, [0.0, 0.0], [long, body], 0.0, s.paint);
            if kind != 3 {
                for side in [-1.0, 1.0] {
                    let claw = [long + 0.3, side * 0.5];
                    s.canvas.stroke(
                        &s.frame,
                        &[[long * 0.7, side * 0.2], claw],
                        [0.1, 0.1],
                        s.paint,
                    );
                    s.canvas.circle(&s.frame, claw, 0.2, s.paint.shaded(1.1));
                }
            }
        }
    }
}

/// Baby, boy, girl, man, woman.
pub(super) fn person(s: &mut Subject<'_>) {
    let skin = s
        .dice
        .pick(&[[0.95, 0.78, 0.65], [0.8, 0.6, 0.45], [0.5, 0.34, 0.24]]);
    let hair = s
        .dice
        .pick(&[[0.1, 0.08, 0.07], [0.35, 0.22, 0.12], [0.75, 0.6, 0.3]]);
    let head = by_kind(s.kind, [0.5, 0.34, 0.34, 0.28, 0.28]);
    let top = by_kind(s.kind, [-0.4, -0.55, -0.55, -0.72, -0.7]);
    let long_hair = matches!(s.kind, 2 | 4);
    if long_hair {
        s.canvas.ellipse(
            &s.frame,
            [0.0, top + head * 0.5],
            [head * 1.35, head * 1.9],
            0.0,
            hair,
        );
    }
    let wide = by_kind(s.kind, [0.5, 0.4, 0.3, 0.62, 0.4]);
    let hem = by_kind(s.kind, [0.5, 0.45, 0.75, 0.36, 0.6]);
    let body = [
        [-wide, top + head + 0.25],
        [wide, top + head + 0.25],
        [hem, 1.1],
        [-hem, 1.1],
    ];
    s.canvas.polygon(&s.frame, &body, s.paint);
    for side in [-1.0, 1.0] {
        let arm = [[side * wide, top + head + 0.3], [side * (wide + 0.2), 0.75]];
        s.canvas
            .stroke(&s.frame, &arm, [0.24, 0.16], s.paint.shaded(0.85));
    }
    s.canvas.circle(&s.frame, [0.0, top], head, skin);
    if s.kind != 0 {
        let fringe = [0.0, top - head * 0.65];
        s.canvas
            .ellipse(&s.frame, fringe, [head * 0.95, head * 0.5], 0.0, hair);
    }
    for x in [-0.35, 0.35] {
        s.canvas
            .circle(&s.frame, [x * head, top + 0.02], 0.05, DARK);
    }
    if s.kind == 3 {
        s.canvas.ellipse(
            &s.frame,
            [0.0, top + head * 0.75],
            [head * 0.7, head * 0.35],
            0.0,
            hair,
        );
    }
}

/// Crocodile, dinosaur, lizard, snake, turtle.
pub(super) fn reptile(s: &mut Subject<'_>) {
    match s.kind {
        3 => {
            let bend = s.dice.between(0.4, 0.8);
            let body = [
                [-1.0, 0.4],
                [-0.6, -bend],
                [-0.1, bend],
                [0.4, -bend],
                [0.9, 0.0],
            ];
            s.canvas.stroke(&s.frame, &body, [0.1, 0.26], s.paint);
            s.canvas.circle(&s.frame, [0.95, -0.02], 0.05, DARK);
        }
        4 => {
            for at in [[-0.6, 0.5], [0.5, 0.5], [0.85, 0.05]] {
                s.canvas.circle(&s.frame, at, 0.22, s.paint.shaded(1.3));
            }
            s.canvas
                .ellipse(&s.frame, [-0.05, 0.1], [0.7, 0.55], 0.0, s.paint);
            for x in [-0.35, 0.0, 0.35] {
                s.canvas
                    .circle(&s.frame, [x, 0.0], 0.15, s.paint.shaded(0.6));
            }
        }
        1 => {
            s.canvas
                .stroke(&s.frame, &[[-1.1, 0.8], [-0.3, 0.3]], [0.08, 0.4], s.paint);
            s.canvas
                .ellipse(&s.frame, [-0.1, 0.25], [0.5, 0.4], -0.5, s.paint);
            s.canvas.stroke(
                &s.frame,
                &[[0.1, 0.1], [0.4, -0.7], [0.75, -0.75]],
                [0.34, 0.26],
                s.paint,
            );
            for x in [-0.3, 0.15] {
                s.canvas.stroke(
                    &s.frame,
                    &[[x, 0.4], [x, 1.0]],
                    [0.24, 0.16],
                    s.paint.shaded(0.75),
                );
            }
        }
        kind => {
            let thick = if kind == 0 { 0.3 } else { 0.18 };
            let spine = [[-1.15, 0.25], [-0.3, 0.1], [0.4, 0.05], [1.0, 0.1]];
            s.canvas.stroke(&s.frame, &spine, [0.06, thick], s.paint);
            s.canvas
                .ellipse(&s.frame, [0.0, 0.1], [0.55, thick], 0.0, s.paint);
            for x in [-0.35, 0.35] {
                for side in [-1.0, 1.0] {
                    let leg = [[x, 0.1], [x + 0.12, 0.1 + side * 0.45]];
                    s.canvas
                        .stroke(&s.frame, &leg, [0.13, 0.09], s.paint.shaded(0.8));
                }
            }
            if kind == 0 {
                for x in [-0.5, -0.25, 0.0, 0.25] {
                    s.canvas
                        .circle(&s.frame, [x, -0.15], 0.09, s.paint.shaded(0.55));
                }
            }
            s.canvas.circle(&s.frame, [0.85, 0.0], 0.06, DARK);
        }
    }
}

/// Hamster, mouse, rabbit, shrew, squirrel.
pub(super) fn small_animal(s: &mut Subject<'_>) {
    let round = by_kind(s.kind, [0.55, 0.42, 0.48, 0.32, 0.42]) * s.dice.between(0.92, 1.08);
    match s.kind {
        4 => {
            let tail = [[-0.5, 0.6], [-0.95, 0.1], [-0.8, -0.6], [-0.45, -0.7]];
            s.canvas
                .stroke(&s.frame, &tail, [0.35, 0.5], s.paint.shaded(0.8));
        }
        1 | 3 => {
            let tail = [[-0.5, 0.5], [-1.0, 0.6], [-1.2, 0.3]];
            s.canvas
                .stroke(&s.frame, &tail, [0.08, 0.03], s.paint.shaded(0.7));
        }
        _ => s
            .canvas
            .circle(&s.frame, [-0.65, 0.5], 0.15, s.paint.shaded(1.4)),
    }
    s.canvas
        .ellipse(&s.frame, [-0.1, 0.35], [0.62, round], 0.0, s.paint);
    let head = [0.5, 0.05];
    s.canvas.circle(&s.frame, head, 0.34, s.paint.shaded(1.08));
    let ear = by_kind(s.kind, [0.13, 0.2, 0.6, 0.08, 0.2]);
    for x in [0.35, 0.58] {
        let wide = if s.kind == 2 { 0.1 } else { ear };
        s.canvas.ellipse(
            &s.frame,
            [x, -0.25 - ear * 0.6],
            [wide, ear],
            0.0,
            s.paint.shaded(0.85),
        );
    }
    if s.kind == 3 {
        let snout = [[0.7, 0.1], [1.15, 0.2]];
        s.canvas
            .stroke(&s.frame, &snout, [0.2, 0.06], s.paint.shaded(0.9));
    }
    s.canvas.circle(&s.frame, [0.6, 0.0], 0.06, DARK);
}
