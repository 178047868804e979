//! Marks of an axis: few, at round numbers.

/// A mark and what stands beside it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

/// At most about `most` round numbers from `low` to `high`; only `whole` ones if need be.
pub(super) fn ticks(low: f64, high: f64, most: usize, whole: bool) -> Vec<Tick> {
    let Some(step) = step(high - low, most.max(1), whole) else {
        return Vec::new();
    };
    // So that 0.3 is found although it is 0.30000000000000004.
    let (first, last) = ((low / step - 1e-6).ceil(), (high / step + 1e-6).floor());
    let largest = low.abs().max(high.abs());
    if last - first > 1000.0 || largest / step > 1e9 {
        // So far from 0 that round numbers do not differ.
        let ends = [low, high];
        return ends.map(|value| tick(value, format!("{value:e}"))).into();
    }
    let count = (last - first) as usize + 1;
    let values = (0..count).map(|i| (first + i as f64) * step);
    values
        .map(|value| tick(value, written(value, step, largest)))
        .collect()
}

fn tick(value: f64, label: String) -> Tick {
    Tick { value, label }
}

/// 1, 2 or 5 times a power of ten.
fn step(span: f64, most: usize, whole: bool) -> Option<f64> {
    let rough = span / most as f64;
    if !rough.is_finite() || rough < f64::MIN_POSITIVE {
        return None;
    }
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    let step = step
        .into_iter()
        .find(|step| *step >= rough * (1.0 - 1e-9))?;
    Some(if whole { step.max(1.0) } else { step })
}

/// A number on an axis whose marks are `step` apart.
fn written(value: f64, step: f64, largest: f64) -> String {
    // Not "-0".
    let value = if value.abs() < step * 1e-6 {
        0.0
    } else {
        value
    };
    let exponent = (step.log10() + 1e-9).floor() as i32;
    if (1e-4..1e6).contains(&largest) {
        return format!("{value:.*}", exponent.min(0).unsigned_abs() as usize);
    }
    if value == 0.0 {
        return "0".to_string();
    }
    let digits = value.abs().log10().floor() as i32 - exponent;
    let text = format!("{value:.*e}", digits.clamp(0, 6) as usize);
    match text.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => {
            let digits = digits.trim_end_matches('0').trim_end_matches('.');
            format!("{digits}e{exponent}")
        }
        _ => text,
    }
}

/// Up to `most` of `count` places that lie evenly: the number of every so-manyth.
pub(super) fn every(count: usize, most: usize) -> usize {
    let rough = count.div_ceil(most.max(1)).max(1);
    let mut power = 1;
    loop {
        let fitting = [1, 2, 5].map(|factor| factor * power);
        if let Some(step) = fitting.into_iter().find(|step| *step >= rough) {
            return step;
        }
        power *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, most: usize) -> Vec<String> {
        let ticks = ticks(low, high, most, false).into_iter();
        ticks.map(|tick| tick.label).collect()
    }

    #[test]
    fn marks_are_round_and_written_alike() {
        assert_eq!(
            labels(0.0, 1.0, 5),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(labels(-3.2, 3.2, 4), ["-2", "0", "2"]);
        assert_eq!(labels(0.13, 0.41, 3), ["0.2", "0.3", "0.4"]);
        assert_eq!(labels(0.0, 2e-5, 2), ["0", "1e-5", "2e-5"]);
        assert_eq!(labels(0.0, 3e6, 3), ["0", "1e6", "2e6", "3e6"]);
        assert_eq!(labels(0.0, 1e6, 2), ["0", "5e5", "1e6"]);
        let whole = ticks(1.0, 3.0, 9, true);
        assert_eq!(whole.len(), 3, "no halves of an epoch: {whole:?}");
    }

    #[test]
    fn no_range_is_too_strange() {
        for (low, high) in [
            (0.0, 0.0),
            (1e300, 1e300),
            (-1e308, 1e308),
            (1e15, 1e15 + 1.0),
            (f64::NAN, 1.0),
            (0.0, f64::INFINITY),
            (0.0, 5e-324),
            (1.0, 1.0 + 1e-15),
        ] {
            assert!(ticks(low, high, 6, false).len() < 20, "{low} to {high}");
        }
    }

    #[test]
    fn every_so_manyth_is_a_round_number() {
        assert_eq!(every(10, 20), 1);
        assert_eq!(every(100, 20), 5);
        assert_eq!(every(1000, 20), 50);
        assert_eq!(every(0, 0), 1);
    }
}
