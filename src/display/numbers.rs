//! Numbers as Keras writes them.

/// A metric in a progress line: four digits after the point, or scientific when it is tiny.
pub(crate) fn metric(value: f64) -> String {
    if value.abs() > 1e-3 && value.is_finite() {
        format!("{value:.4}")
    } else {
        scientific(value)
    }
}

/// Python's `{:.4e}`: `2.3026e-04`.
pub(super) fn scientific(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_string();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_string();
    }
    let text = format!("{value:.4e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(rest) => ('-', rest),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}

/// Thousands with commas: `921,728`.
pub(crate) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount of memory: `3.52 MB`.
pub(super) fn memory(bytes: f64) -> String {
    const UNITS: [&str; 6] = ["B", "KB", "MB", "GB", "TB", "PB"];
    let mut amount = bytes;
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    format!("{amount:.2} {}", UNITS[unit])
}

/// A time that is left: `42s`, `1:05`, `2:03:04`.
pub(super) fn eta(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    if seconds > 3600.0 {
        format!(
            "{}:{:02}:{:02}",
            whole / 3600,
            whole % 3600 / 60,
            whole % 60
        )
    } else if seconds > 60.0 {
        format!("{}:{:02}", whole / 60, whole % 60)
    } else {
        format!("{whole}s")
    }
}

/// The time of one unit: `9ms/step`.
pub(super) fn pace(seconds: f64, unit: &str) -> String {
    if seconds >= 1.0 || seconds == 0.0 {
        format!("{seconds:.0}s/{unit}")
    } else if seconds >= 1e-3 {
        format!("{:.0}ms/{unit}", seconds * 1e3)
    } else {
        format!("{:.0}us/{unit}", seconds * 1e6)
    }
}

/// A duration for people: `42 ms`, `8.4 s`, `1 min 23 s`, `2 h 5 min`.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    if seconds < 0.0995 {
        format!("{:.0} ms", seconds.max(0.0) * 1e3)
    } else if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if whole < 60 {
        format!("{whole} s")
    } else if whole < 3600 {
        format!("{} min {} s", whole / 60, whole % 60)
    } else {
        format!("{} h {} min", whole / 3600, whole % 3600 / 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_written_as_keras_writes_them() {
        assert_eq!(metric(2.33895), "2.3390");
        assert_eq!(metric(-0.5), "-0.5000");
        assert_eq!(metric(0.00023026), "2.3026e-04");
        assert_eq!(metric(0.001), "1.0000e-03");
        assert_eq!(metric(0.0), "0.0000e+00");
        assert_eq!(metric(f64::NAN), "nan");
        assert_eq!(metric(f64::INFINITY), "inf");
        assert_eq!(scientific(1.5e-120), "1.5000e-120");
    }

    #[test]
    fn counts_and_memory() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(896), "896");
        assert_eq!(grouped(923_914), "923,914");
        assert_eq!(grouped(1_000_000), "1,000,000");
        assert_eq!(memory(0.0), "0.00 B");
        assert_eq!(memory(923_914.0 * 4.0), "3.52 MB");
        assert_eq!(memory(34_826.0 * 4.0), "136.04 KB");
        assert_eq!(memory(480.0), "480.00 B");
    }

    #[test]
    fn times() {
        assert_eq!(eta(59.9), "59s");
        assert_eq!(eta(65.0), "1:05");
        assert_eq!(eta(7384.0), "2:03:04");
        assert_eq!(pace(0.0, "step"), "0s/step");
        assert_eq!(pace(1.4, "step"), "1s/step");
        assert_eq!(pace(0.0094, "step"), "9ms/step");
        assert_eq!(pace(0.000_042, "step"), "42us/step");
        assert_eq!(duration(0.0421), "42 ms");
        assert_eq!(duration(8.44), "8.4 s");
        assert_eq!(duration(83.0), "1 min 23 s");
        assert_eq!(duration(7500.0), "2 h 5 min");
    }
}
