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

/// A share as percent, with two significant digits: `4.6 %`, `0.52 %`, `12 %`; `<0.01 %` below that. The space is one
/// at which no line breaks.
pub(crate) fn percent(share: f64) -> String {
    if !share.is_finite() {
        return short(share);
    }
    match 100.0 * share {
        0.0 => "0\u{a0}%".to_owned(),
        x if x.abs() < 0.01 => format!("{}<0.01\u{a0}%", if x < 0.0 { "−" } else { "" }),
        x => format!("{}\u{a0}%", two_digits(x)),
    }
}

/// The same with a sign: `+4.6 %`, `−0.52 %`.
pub(crate) fn signed_percent(share: f64) -> String {
    let text = percent(share);
    if share > 0.0 && share.is_finite() { format!("+{text}") } else { text }
}

/// How many times as much, with two significant digits: `12×`, `0.38×`.
pub(crate) fn times(x: f64) -> String {
    if !x.is_finite() {
        return short(x);
    }
    match x {
        0.0 => "0×".to_owned(),
        x if x.abs() < 0.01 => "<0.01×".to_owned(),
        x => format!("{}×", two_digits(x)),
    }
}

/// A number with its sign and at most two significant digits: `+0.12`, `−0.003`; with a power of ten below 0.0001 and
/// from a million on.
pub(crate) fn signed(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return short(x);
    }
    let sign = if x > 0.0 { "+" } else { "−" };
    let size = x.abs();
    if (1e-4..1e6).contains(&size) {
        return format!("{sign}{}", trimmed(&two_digits(size)));
    }
    let text = format!("{size:.1e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{sign}{}e{}", trimmed(mantissa), exponent.replace('-', "−"))
}

/// Two significant digits; whole numbers have all of theirs.
fn two_digits(x: f64) -> String {
    let digits = |x: f64| (1 - x.abs().log10().floor() as i32).max(0) as usize;
    let text = format!("{x:.*}", digits(x));
    // 9.96 is 10 and not 10.0.
    let rounded: f64 = text.parse().unwrap_or(x);
    format!("{x:.*}", digits(rounded)).replace('-', "−")
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

#[cfg(test)]
mod tests {
    use super::{percent, signed, signed_percent, times};

    #[test]
    fn numbers_have_two_digits() {
        let spelled =
            [0.0, 1e-6, 0.0001, 0.0052, 0.046, 0.04, 0.0996, 0.1204, 0.996, 1.0, 1.234].map(percent);
        let expected = [
            "0 %", "<0.01 %", "0.010 %", "0.52 %", "4.6 %", "4.0 %", "10 %", "12 %", "100 %", "100 %",
            "123 %",
        ];
        assert_eq!(spelled, expected.map(|text| text.replace(' ', "\u{a0}")));
        let spelled = [0.046, -0.0052, -1e-6, 0.0, f64::NAN, f64::NEG_INFINITY].map(signed_percent);
        let expected = ["+4.6 %", "−0.52 %", "−<0.01 %", "0 %", "NaN", "−∞"];
        assert_eq!(spelled, expected.map(|text| text.replace(' ', "\u{a0}")));
        let spelled = [12.3, 0.384, 10.22, 5.3009, 0.004, 0.0, 186.0, 9.96].map(times);
        assert_eq!(spelled, ["12×", "0.38×", "10×", "5.3×", "<0.01×", "0×", "186×", "10×"]);
        let spelled = [0.1234, -0.003, 0.0996, 2.0, -15.7, 1234.5, 1.24e-7, -3.6e9, 0.0].map(signed);
        assert_eq!(spelled, ["+0.12", "−0.003", "+0.1", "+2", "−16", "+1234", "+1.2e−7", "−3.6e9", "0"]);
    }
}
