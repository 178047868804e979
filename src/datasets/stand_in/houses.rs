//! Stand-ins for the data sets of houses: tables in which prices follow from the other numbers, as
//! far as prices do.

use super::dice::{Dice, mix};
use super::write_npz::{self, Array};
use super::{Work, files};
use crate::Result;
use crate::datasets::{boston_housing, california_housing};

/// `boston_housing.npz`.
pub(in crate::datasets) fn write_boston(work: &mut Work<'_>) -> Result<()> {
    let columns = boston_housing::COLUMN_NAMES.len();
    write(work, boston_housing::DATASET.files[0].name, columns, boston)
}

/// `california_housing.npz`.
pub(in crate::datasets) fn write_california(work: &mut Work<'_>) -> Result<()> {
    let columns = california_housing::COLUMN_NAMES.len();
    write(
        work,
        california_housing::DATASET.files[0].name,
        columns,
        california,
    )
}

fn write<const COLUMNS: usize>(
    work: &mut Work<'_>,
    name: &str,
    columns: usize,
    row: fn(&mut Dice) -> ([f32; COLUMNS], f32),
) -> Result<()> {
    let count = work.size.total();
    let family = mix(work.seed, 1);
    let (mut x, mut y) = (
        Vec::with_capacity(count * columns),
        Vec::with_capacity(count),
    );
    for index in 0..count {
        let (numbers, price) = row(&mut Dice::new(mix(family, index as u64 + 1)));
        x.extend(numbers.map(decimal));
        y.push(decimal(price));
    }
    let arrays = [
        Array::of_floats("x", &x, &[count, columns]),
        Array::of_floats("y", &y, &[count]),
    ];
    files::write(work.folder, name, |file| write_npz::write(file, &arrays))
}

/// With four digits after the point, as tables have them.
fn decimal(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}

/// Rounded to so many digits after the point.
fn rounded(value: f32, digits: i32) -> f32 {
    let power = 10f32.powi(digits);
    (value * power).round() / power
}

/// A suburb of Boston, with the columns CRIM to LSTAT, and its price in thousands of dollars.
fn boston(dice: &mut Dice) -> ([f32; 13], f32) {
    // How much of a city the suburb is, from 0 to 1, drives most of the others.
    let city = dice.between(0.0, 1.0);
    let crime = ((city * 6.0 - 4.2) + dice.normal() * 0.9)
        .exp()
        .clamp(0.006, 89.0);
    let large_lots = match city < 0.35 && dice.chance(0.7) {
        true => dice.between(12.5, 100.0).round(),
        false => 0.0,
    };
    let industry = (3.0 + 17.0 * city + dice.normal() * 3.0).clamp(0.46, 27.74);
    let river = f32::from(u8::from(dice.chance(0.07)));
    let oxides = (0.42 + 0.28 * city + dice.normal() * 0.04).clamp(0.385, 0.871);
    let rooms = (6.55 - 0.5 * city + dice.normal() * 0.6).clamp(3.56, 8.78);
    let age = (30.0 + 62.0 * city + dice.normal() * 17.0).clamp(2.9, 100.0);
    let distance = (7.2 - 5.4 * city + dice.normal() * 0.9).clamp(1.13, 12.13);
    let highway = match city > 0.74 {
        true => 24.0,
        false => dice.count(1, 8) as f32,
    };
    let tax = match highway > 8.0 {
        true => 666.0,
        false => (310.0 + dice.normal() * 60.0).clamp(187.0, 469.0).round(),
    };
    let pupils = (17.2 + 2.6 * city + dice.normal() * 1.4).clamp(12.6, 22.0);
    // Says nothing about the price here.
    let b = (396.9 - dice.between(0.0, 1.0).powi(6) * 390.0).clamp(0.32, 396.9);
    let poor = (5.0 + 13.0 * city - 4.0 * (rooms - 6.3) + dice.normal() * 3.5).clamp(1.73, 37.97);
    let price = 23.0 + 5.2 * (rooms - 6.3)
        - 0.5 * (poor - 12.0)
        - 14.0 * (oxides - 0.55)
        - 0.75 * (pupils - 18.4)
        - 0.5 * (distance - 3.8)
        - 0.09 * crime.min(40.0)
        + 2.7 * river
        + dice.normal() * 2.4;
    let row = [
        crime,
        large_lots,
        rounded(industry, 2),
        river,
        rounded(oxides, 3),
        rounded(rooms, 3),
        rounded(age, 1),
        distance,
        highway,
        tax,
        rounded(pupils, 1),
        rounded(b, 2),
        rounded(poor, 2),
    ];
    (row, rounded(price.clamp(5.0, 50.0), 1))
}

/// A group of blocks in California, with the columns MedInc to Longitude, and its price in dollars.
fn california(dice: &mut Dice) -> ([f32; 8], f32) {
    // From the south to the north, and from the coast inland.
    let north = match dice.chance(0.55) {
        true => dice.between(0.05, 0.25),
        false => dice.between(0.0, 1.0),
    };
    let inland = dice.between(0.0, 1.0).powi(2);
    let latitude = 32.5 + 9.4 * north;
    let longitude = -117.2 - 7.1 * north + 3.2 * inland + dice.normal() * 0.15;
    let income = (1.3 - 0.35 * inland + dice.normal() * 0.42)
        .exp()
        .clamp(0.5, 15.0);
    let age = (30.0 - 6.0 * inland + dice.normal() * 12.0)
        .clamp(1.0, 52.0)
        .round();
    let rooms = (4.3 + 0.3 * income + dice.normal() * 0.7).clamp(0.9, 40.0);
    let bedrooms = (1.06 + dice.normal() * 0.08).clamp(0.4, 8.0);
    let people = (7.05 + dice.normal() * 0.65)
        .exp()
        .clamp(3.0, 35_682.0)
        .round();
    let household = (2.9 + dice.normal() * 0.6).clamp(0.8, 20.0);
    let price = 38_000.0 + 41_000.0 * income + 900.0 * age
        - 95_000.0 * inland
        - 12_000.0 * (household - 2.9)
        + 35_000.0 * (1.0 - (north - 0.55).abs() * 2.0).max(0.0)
        + dice.normal() * 32_000.0;
    let row = [
        income,
        age,
        rooms,
        bedrooms,
        people,
        household,
        rounded(latitude, 2),
        rounded(longitude, 2),
    ];
    (row, price.clamp(14_999.0, 500_001.0).round())
}
