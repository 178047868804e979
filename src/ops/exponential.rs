//! Exponentials in f32, and what is made of them, without branches: a loop over them inside of
//! `vectorized` uses wide registers, where a call into the C library would go number by number.
//!
//! Errors are below 2 units in the last place (3 for `tanh`, `sigmoid` and `softplus`), measured
//! against f64 by the tests below. What is closer to 0 than 2e-38 becomes 0: next to it processors
//! are slow (see `denormal.rs`).

/// Above this, `exp` is infinite, whatever the last digits are.
const LARGEST: f32 = 89.0;
/// Below this, `exp` is 0: the next power of two down would leave the range of ordinary floats.
const SMALLEST: f32 = -86.98;

/// ln 2 in two parts; the first has so few digits that its products with exponents are exact.
const LN_2_HIGH: f32 = 355.0 / 512.0;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// `x` as `n ln 2 + r` with a whole `n`: `2^(n - 1)` and `exp(r) - 1`. `x` must be from `SMALLEST`
/// to `LARGEST`, or NaN.
#[inline(always)]
fn half_power_and_rest(x: f32) -> (f32, f32) {
    /// Adding it rounds to a whole number, which is then found in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    // Taylor's series: |r| is at most 0.347, where the first part left out is 5e-9 of exp(r).
    let series = 1.0 / 720.0 + r * (1.0 / 5040.0);
    let series = 1.0 / 24.0 + r * (1.0 / 120.0 + r * series);
    let rest = r + r * r * (0.5 + r * (1.0 / 6.0 + r * series));
    let exponent = shifted
        .to_bits()
        .wrapping_sub(ROUND.to_bits())
        .wrapping_add(126);
    (f32::from_bits(exponent << 23), rest)
}

/// `x`, but not below `low` nor above `high`; NaN stays.
#[inline(always)]
fn limited(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// The exponential.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let (half_power, rest) = half_power_and_rest(limited(x, SMALLEST, LARGEST));
    let power = (2.0 + 2.0 * rest) * half_power;
    if x < SMALLEST { 0.0 } else { power }
}

/// `exp(x) - 1`, exact to the last digits where that is close to 0, too.
#[inline(always)]
pub(crate) fn exp_m1(x: f32) -> f32 {
    // At -18 the exponential is below half of the last digit of 1.
    let (half_power, rest) = half_power_and_rest(limited(x, -18.0, LARGEST));
    2.0 * (half_power * rest + (half_power - 0.5))
}

/// `1 / (1 + exp(-x))`.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    // Beyond 10 it is 1 to the last digit.
    let e = exp_m1(2.0 * limited(x.abs(), 0.0, 10.0));
    (e / (e + 2.0)).copysign(x)
}

/// `log(exp(x) + 1)`, without overflow.
#[inline(always)]
pub(crate) fn softplus(x: f32) -> f32 {
    let positive = if x < 0.0 { 0.0 } else { x };
    positive + ln_1p_of_share(exp(-x.abs()))
}

/// `log(1 + x)` for `x` from 0 to 1.
#[inline(always)]
fn ln_1p_of_share(x: f32) -> f32 {
    // log((1 + s) / (1 - s)) as a series; s is at most 1/3, where the first part left out is 1e-8.
    let s = x / (2.0 + x);
    let square = s * s;
    let series = 1.0 / 9.0 + square * (1.0 / 11.0 + square * (1.0 / 13.0));
    let series = 1.0 / 3.0 + square * (1.0 / 5.0 + square * (1.0 / 7.0 + square * series));
    2.0 * (s + s * square * series)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::vectorized;

    /// Every float of a fine grid over the whole range, both signs, in the order of their bits.
    fn floats() -> impl Iterator<Item = f32> {
        const STEP: usize = 997;
        (0..=u32::MAX)
            .step_by(STEP)
            .map(f32::from_bits)
            .filter(|x| !x.is_nan())
            .chain([f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0])
    }

    /// Fails when `ours` is further from `exact` than `units` of the last place, at any float.
    fn check(name: &str, units: f64, ours: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64) {
        /// What is smaller may be 0.
        const LEAST: f64 = 2e-38;
        let mut worst = (0.0, 0.0f32);
        for x in floats() {
            let (y, exact) = (ours(x), exact(f64::from(x)));
            let rounded = exact as f32;
            if y == rounded || exact.abs() < LEAST && f64::from(y).abs() < LEAST {
                continue;
            }
            let place = f64::from(f32::from_bits(rounded.to_bits() + 1)) - f64::from(rounded);
            let error = ((f64::from(y) - exact) / place).abs();
            if error > worst.0 || error.is_nan() {
                worst = (error, x);
            }
        }
        println!("{name}: {:.2} units at {:e}", worst.0, worst.1);
        assert!(worst.0 <= units, "{name}: {worst:?}");
        assert!(
            ours(f32::NAN).is_nan() && ours(-f32::NAN).is_nan(),
            "{name}"
        );
    }

    #[test]
    fn exponentials_are_exact_to_the_last_digits() {
        check("exp", 2.0, exp, f64::exp);
        check("exp_m1", 2.0, exp_m1, f64::exp_m1);
        check("sigmoid", 3.0, sigmoid, |x| 1.0 / (1.0 + (-x).exp()));
        check("tanh", 3.0, tanh, f64::tanh);
        let softplus_exact = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        check("softplus", 3.0, softplus, softplus_exact);
    }

    #[test]
    fn ends_are_exact() {
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp_m1(f32::NEG_INFINITY), -1.0);
        assert_eq!(exp_m1(f32::INFINITY), f32::INFINITY);
        assert_eq!((tanh(f32::INFINITY), tanh(f32::NEG_INFINITY)), (1.0, -1.0));
        assert!(tanh(-0.0).is_sign_negative());
        assert_eq!((sigmoid(200.0), sigmoid(-200.0)), (1.0, 0.0));
        assert_eq!(softplus(f32::INFINITY), f32::INFINITY);
    }

    #[test]
    fn wide_registers_give_the_same_numbers() {
        let x: Vec<f32> = (-4000..4000).map(|i| i as f32 * 0.013).collect();
        let mut wide = x.clone();
        vectorized(
            #[inline(always)]
            || wide.iter_mut().for_each(|v| *v = tanh(*v) + exp(*v)),
        );
        for (wide, x) in wide.iter().zip(&x) {
            assert_eq!(*wide, tanh(*x) + exp(*x));
        }
    }
}
