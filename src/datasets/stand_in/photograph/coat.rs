//! The colors of fur, feathers and skin.

use super::super::canvas::{Color, Paint, near};
use super::super::dice::Dice;

const BLACK: Color = [0.1, 0.09, 0.09];
const WHITE: Color = [0.92, 0.9, 0.87];
const GRAY: Color = [0.5, 0.49, 0.48];
const BROWN: Color = [0.42, 0.27, 0.16];
const TAN: Color = [0.7, 0.53, 0.34];
const CHESTNUT: Color = [0.5, 0.25, 0.13];
const ORANGE: Color = [0.8, 0.5, 0.22];

/// One color of several, varied, perhaps with blotches of another.
fn coat(colors: &[Color], blotched: f32, dice: &mut Dice) -> Paint {
    let color = dice.pick(colors);
    let color = near(color, 0.08, dice);
    let blotches = if dice.chance(blotched) {
        let other = dice.pick(colors);
        let other = near(other, 0.08, dice);
        Some((other, dice.between(1.5, 6.0), dice.seed()))
    } else {
        None
    };
    Paint {
        blotches,
        ..Paint::from(color)
    }
}

pub(super) fn cat(dice: &mut Dice) -> Paint {
    coat(&[BLACK, WHITE, GRAY, ORANGE, BROWN, TAN], 0.55, dice)
}

pub(super) fn dog(dice: &mut Dice) -> Paint {
    coat(&[BLACK, WHITE, GRAY, BROWN, TAN, CHESTNUT], 0.4, dice)
}

pub(super) fn deer(dice: &mut Dice) -> Paint {
    coat(
        &[BROWN, TAN, CHESTNUT, [0.5, 0.38, 0.26], [0.45, 0.42, 0.38]],
        0.15,
        dice,
    )
}

pub(super) fn horse(dice: &mut Dice) -> Paint {
    coat(&[BROWN, CHESTNUT, BLACK, WHITE, GRAY, TAN], 0.2, dice)
}

pub(super) fn frog(dice: &mut Dice) -> Paint {
    let greens = [
        [0.3, 0.5, 0.15],
        [0.45, 0.6, 0.2],
        [0.35, 0.4, 0.2],
        BROWN,
        [0.5, 0.45, 0.3],
        [0.25, 0.4, 0.3],
        [0.7, 0.3, 0.15],
    ];
    coat(&greens, 0.5, dice)
}

pub(super) fn bird(dice: &mut Dice) -> Paint {
    let feathers = [
        BROWN,
        GRAY,
        BLACK,
        WHITE,
        TAN,
        [0.7, 0.2, 0.15],
        [0.25, 0.4, 0.65],
        [0.8, 0.7, 0.2],
        [0.3, 0.4, 0.25],
    ];
    coat(&feathers, 0.3, dice)
}
