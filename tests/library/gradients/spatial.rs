//! Padding, cropping and up-sampling.

use kerust::layers::Interpolation;
use kerust::ops;
use kerust::prelude::*;

use super::{check, numbers};

#[test]
fn padding_cropping_and_up_sampling() -> Result<()> {
    let sequence = [numbers(1, (2, 5, 3), -1.0, 1.0)];
    let picture = [numbers(2, (2, 4, 3, 1), -1.0, 1.0)];
    let volume = [numbers(3, (1, 2, 3, 4, 2), -1.0, 1.0)];
    check("padding", &sequence, |t, i| {
        ops::zero_padding(t, &i[0], [(0, 3)])
    })?;
    check("padding", &volume, |t, i| {
        ops::zero_padding(t, &i[0], [(1, 0), (0, 2), (1, 1)])
    })?;
    check("cropping", &sequence, |t, i| {
        ops::cropping(t, &i[0], [(1, 2)])
    })?;
    check("cropping", &volume, |t, i| {
        ops::cropping(t, &i[0], [(1, 0), (0, 1), (1, 2)])
    })?;
    for interpolation in [
        Interpolation::Nearest,
        Interpolation::Bilinear,
        Interpolation::Bicubic,
        Interpolation::Lanczos3,
        Interpolation::Lanczos5,
    ] {
        check(&format!("{interpolation:?}"), &picture, |t, i| {
            ops::up_sampling(t, &i[0], [2, 3], interpolation)
        })?;
    }
    check("up-sampling", &volume, |t, i| {
        ops::up_sampling(t, &i[0], [1, 2, 3], Interpolation::Nearest)
    })
}
