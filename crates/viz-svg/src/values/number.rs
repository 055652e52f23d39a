//! Numbers as a reader sees them.

/// A number with three significant digits: plain between 0.001 and 99,999, with a power of ten beyond.
pub fn short(x: f64) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    if !x.is_finite() {
        return if x.is_nan() {
            "NaN"
        } else if x > 0.0 {
            "∞"
        } else {
            "−∞"
        }
        .to_owned();
    }
    let exponent = x.abs().log10().floor() as i32;
    let text = if (-3..5).contains(&exponent) {
        trimmed(&format!("{x:.*}", (2 - exponent).max(0) as usize))
    } else {
        let mantissa_and_exponent = format!("{x:.2e}");
        let (mantissa, exponent) =
            mantissa_and_exponent.split_once('e').unwrap_or((&mantissa_and_exponent, "0"));
        format!("{}e{exponent}", trimmed(mantissa))
    };
    text.replace('-', "−")
}

fn trimmed(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

/// A coordinate: two decimals, no trailing zeros.
pub(crate) fn coordinate(x: f64) -> String {
    let hundredths = (x * 100.0).round() as i64;
    let (sign, size) = (if hundredths < 0 { "-" } else { "" }, hundredths.unsigned_abs());
    match (size / 100, size % 100) {
        (whole, 0) => format!("{sign}{whole}"),
        (whole, rest) if rest.is_multiple_of(10) => format!("{sign}{whole}.{}", rest / 10),
        (whole, rest) => format!("{sign}{whole}.{rest:02}"),
    }
}

/// Round tick values over `low..=high`, about `count` of them, and the decimals they need.
pub(crate) fn ticks(low: f64, high: f64, count: usize) -> (Vec<f64>, usize) {
    let rough = (high - low) / count as f64;
    if !(rough > 0.0 && rough.is_finite()) {
        return (vec![low], 2);
    }
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= rough).unwrap_or(rough);
    let first = (low / step - 1e-9).ceil();
    let last = (high / step + 1e-9).floor();
    let ticks = (0..=(last - first).max(0.0) as usize).map(|i| (first + i as f64) * step).collect();
    (ticks, (-step.log10().floor()).clamp(0.0, 300.0) as usize)
}
