//! A picture for CIFAR-10: a place, a subject in it, perhaps something in front, and the camera.

mod animals;
pub(super) mod backdrop;
mod coat;
pub(super) mod effects;
mod faces;
mod four_legged;
mod vehicles;
mod water_and_air;

use super::canvas::{Canvas, Color, Frame, SIDE};
use super::dice::Dice;
use backdrop::Place;

/// Draws a picture of one of CIFAR-10's classes into `planes`: 32x32 bytes of red, then green, then
/// blue.
pub(super) fn draw(class: u8, dice: &mut Dice, planes: &mut [u8]) {
    let angle = dice.between(-2.6, -0.5);
    let strength = dice.between(0.0, 0.35);
    let mut canvas = Canvas::new([angle.cos() * strength, angle.sin() * strength]);
    let ground = backdrop::draw(place(class, dice), &mut canvas, dice);
    // The camera is sharp on the subject, not behind it.
    effects::blur(&mut canvas, dice.between(0.3, 1.0));

    // Three sizes: nearly all of the picture, the usual, and far away.
    let half = dice.weighted(&[(15.0, 1.0), (13.0, 2.0), (10.5, 1.0)]) * dice.between(0.9, 1.1);
    let free = (SIDE as f32 / 2.0 - half).max(0.0) * 0.7 + 1.5;
    let origin = [
        SIDE as f32 / 2.0 + dice.between(-free, free),
        SIDE as f32 / 2.0 + dice.between(-free, free) * 0.8,
    ];
    let frame = Frame::new(origin, half)
        .stretched(
            dice.sign() * dice.between(0.78, 1.1),
            dice.between(0.88, 1.1),
        )
        .slanted(dice.between(-0.1, 0.1));
    subject(class, &mut canvas, &frame, ground, dice);

    if dice.chance(0.2) {
        effects::occlude(&mut canvas, ground, dice);
    }
    effects::photograph(&mut canvas, dice);
    canvas.write_planes(planes);
}

/// Places are shared between classes: none gives a class away.
fn place(class: u8, dice: &mut Dice) -> Place {
    use Place::{Grass, Ground, Road, Room, Sand, Sea, Sky, Snow, Studio, Woods};
    let weights: &[(Place, f32)] = match class {
        0 => &[
            (Sky, 5.0),
            (Road, 1.5),
            (Sea, 1.0),
            (Grass, 1.0),
            (Studio, 1.0),
            (Sand, 0.5),
        ],
        1 => &[
            (Road, 5.0),
            (Grass, 1.5),
            (Studio, 2.0),
            (Sand, 1.0),
            (Snow, 0.5),
            (Room, 0.5),
        ],
        2 => &[
            (Sky, 2.5),
            (Woods, 2.5),
            (Grass, 2.0),
            (Sea, 1.0),
            (Ground, 1.0),
            (Snow, 0.5),
        ],
        3 => &[
            (Room, 5.0),
            (Grass, 1.5),
            (Studio, 1.0),
            (Ground, 1.0),
            (Road, 0.7),
            (Snow, 0.3),
        ],
        4 => &[
            (Grass, 4.0),
            (Woods, 3.5),
            (Snow, 1.0),
            (Ground, 0.8),
            (Sand, 0.7),
        ],
        5 => &[
            (Room, 3.0),
            (Grass, 3.0),
            (Sand, 1.0),
            (Snow, 0.8),
            (Road, 0.7),
            (Studio, 1.0),
        ],
        6 => &[
            (Ground, 4.0),
            (Grass, 1.5),
            (Sea, 1.0),
            (Woods, 1.5),
            (Sand, 1.0),
            (Studio, 1.0),
        ],
        7 => &[
            (Grass, 4.5),
            (Sand, 1.5),
            (Woods, 1.5),
            (Snow, 0.8),
            (Road, 0.7),
            (Studio, 0.7),
        ],
        8 => &[
            (Sea, 7.0),
            (Sky, 1.0),
            (Sand, 0.7),
            (Studio, 0.5),
            (Road, 0.3),
        ],
        _ => &[
            (Road, 5.0),
            (Grass, 1.3),
            (Studio, 1.5),
            (Sand, 1.2),
            (Snow, 0.7),
            (Sky, 0.5),
        ],
    };
    dice.weighted(weights)
}

fn subject(class: u8, canvas: &mut Canvas, frame: &Frame, ground: Color, dice: &mut Dice) {
    let stands = frame.turned(dice.between(-0.12, 0.12));
    match class {
        0 => water_and_air::airplane(canvas, frame, dice),
        1 => vehicles::automobile(canvas, &stands, dice),
        2 => animals::bird(canvas, &stands, dice),
        3 if dice.chance(0.4) => faces::cat(canvas, &stands, dice),
        3 => four_legged::cat(canvas, &stands, dice),
        4 if dice.chance(0.2) => faces::deer(canvas, &stands, dice),
        4 => four_legged::deer(canvas, &stands, dice),
        5 if dice.chance(0.4) => faces::dog(canvas, &stands, dice),
        5 => four_legged::dog(canvas, &stands, dice),
        6 => animals::frog(canvas, &stands, dice),
        7 if dice.chance(0.2) => faces::horse(canvas, &stands, dice),
        7 => four_legged::horse(canvas, &stands, dice),
        8 => water_and_air::ship(canvas, &stands, ground, dice),
        _ => vehicles::truck(canvas, &stands, dice),
    }
}
