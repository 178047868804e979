//! Keeping numbers out of the range next to zero in which processors are slow.
//!
//! Below 1e-38 an f32 is "denormal", and arithmetic with it takes a hundred times as long. Averages
//! that decay (the moments of an optimizer, where a gradient stays 0) and probabilities of saturated
//! models drift into that range and stay there. Nothing that small can be seen in a result.

/// `value`, or 0 when it is closer to 0 than 1e-30.
#[inline(always)]
pub(crate) fn settled(value: f32) -> f32 {
    if value.abs() < 1e-30 { 0.0 } else { value }
}

/// The square of `value`, or 0 when that is smaller than 1e-30.
#[inline(always)]
pub(crate) fn settled_square(value: f32) -> f32 {
    let value = if value.abs() < 1e-15 { 0.0 } else { value };
    value * value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_be_seen_is_dropped() {
        assert_eq!(settled(1e-31), 0.0);
        assert_eq!(settled(-1e-29), -1e-29);
        assert!(settled(f32::NAN).is_nan() && settled_square(f32::NAN).is_nan());
        assert_eq!(settled_square(1e-16), 0.0);
        assert_eq!(settled_square(-2.0), 4.0);
    }

    #[test]
    fn a_decaying_average_ends_at_zero() {
        let mut average = 1.0f32;
        for _ in 0..2000 {
            average = settled(average + (0.0 - average) * 0.1);
        }
        assert_eq!(average, 0.0);
    }
}
