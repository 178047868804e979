//! A picture for CIFAR-100: twenty shapes for its groups, each in five kinds and colors.

mod beings;
mod household;
mod looks;
mod outdoors;

use super::canvas::{Canvas, Frame, Paint, SIDE, near};
use super::dice::Dice;
use super::photograph::{backdrop, effects};
use crate::datasets::cifar100::{FINE_LABEL_NAMES, coarse_of};
use looks::LOOKS;

/// What is drawn: the kind within its group, and how it is painted.
struct Subject<'a> {
    canvas: &'a mut Canvas,
    frame: Frame,
    /// 0 to 4: which class of the group.
    kind: usize,
    paint: Paint,
    dice: &'a mut Dice,
}

/// Draws a picture of the class into `planes`: 32x32 bytes of red, then green, then blue.
pub(super) fn draw(fine: u8, dice: &mut Dice, planes: &mut [u8]) {
    let group = usize::from(coarse_of(fine));
    let kind = (0..fine)
        .filter(|other| coarse_of(*other) == coarse_of(fine))
        .count();
    debug_assert!(usize::from(fine) < FINE_LABEL_NAMES.len() && kind < 5);
    let angle = dice.between(-2.6, -0.5);
    let strength = dice.between(0.0, 0.3);
    let mut canvas = Canvas::new([angle.cos() * strength, angle.sin() * strength]);
    let look = &LOOKS[group];
    let place = dice.pick(look.places);
    let ground = backdrop::draw(place, &mut canvas, dice);
    effects::blur(&mut canvas, dice.between(0.3, 1.0));
    let middle = SIDE as f32 / 2.0;
    let origin = [
        middle + dice.between(-2.5, 2.5),
        middle + dice.between(-2.0, 2.0),
    ];
    let frame = Frame::new(origin, dice.between(11.0, 15.0))
        .stretched(dice.sign() * dice.between(0.85, 1.1), 1.0)
        .turned(dice.between(-0.12, 0.12));
    let mut paint = Paint::from(near(look.colors[kind], 0.1, dice));
    if dice.chance(0.2) {
        paint.blotches = Some((paint.shaded(0.8).color, dice.between(2.0, 5.0), dice.seed()));
    }
    let mut subject = Subject {
        canvas: &mut canvas,
        frame,
        kind,
        paint,
        dice,
    };
    match group {
        0 => beings::swimmer(&mut subject),
        1 => beings::fish(&mut subject),
        2 => household::flower(&mut subject),
        3 => household::container(&mut subject),
        4 => household::fruit(&mut subject),
        5 => household::device(&mut subject),
        6 => household::furniture(&mut subject),
        7 => beings::insect(&mut subject),
        8 => beings::beast(&mut subject, 0.55),
        9 => outdoors::building(&mut subject),
        10 => outdoors::landscape(&mut subject),
        11 => beings::beast(&mut subject, 0.8),
        12 => beings::beast(&mut subject, 0.35),
        13 => beings::crawler(&mut subject),
        14 => beings::person(&mut subject),
        15 => beings::reptile(&mut subject),
        16 => beings::small_animal(&mut subject),
        17 => outdoors::tree(&mut subject),
        18 => outdoors::vehicle(&mut subject),
        _ => outdoors::machine(&mut subject),
    }
    if dice.chance(0.15) {
        effects::occlude(&mut canvas, ground, dice);
    }
    effects::photograph(&mut canvas, dice);
    canvas.write_planes(planes);
}
