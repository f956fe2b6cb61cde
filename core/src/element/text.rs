//! Numbers as Python writes them.

use std::fmt::{Display, Formatter, Result};

/// A float, whose text is that of Python's `repr`: the fewest digits that are read back as the same
/// number.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct PythonFloat(pub f64);

impl Display for PythonFloat {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let number = self.0;
        if number.is_nan() {
            return f.write_str("nan");
        }
        // Python writes an exponent elsewhere than Rust, and in another way.
        if number == 0.0 || (1e-4..1e16).contains(&number.abs()) {
            if !may_be_between(number) {
                return write!(f, "{number:?}");
            }
            let text = format!("{number:?}");
            let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            return f.write_str(&nearest(number, text, format!("{number:.decimals$}")));
        }
        let text = format!("{number:e}");
        let digits = text.bytes().take_while(|&byte| byte != b'e').filter(u8::is_ascii_digit);
        let decimals = digits.count().saturating_sub(1);
        let text = nearest(number, text, format!("{number:.decimals$e}"));
        match text.split_once('e') {
            None => f.write_str(&text),
            Some((digits, exponent)) => match exponent.strip_prefix('-') {
                Some(exponent) => write!(f, "{digits}e-{exponent:0>2}"),
                None => write!(f, "{digits}e+{exponent}"),
            },
        }
    }
}

/// Returns whether a number from 1e-4 to 1e16 may lie in the middle between two of the texts with
/// the fewest digits that are read back as it. Python takes the even one then, and Rust the other.
fn may_be_between(number: f64) -> bool {
    let (bits, exponent) = (number.to_bits(), (number.to_bits() >> 52 & 0x7ff) as i32);
    // A number has as many decimals as it has binary places, of which the last is a 5. In the
    // middle it has one digit more than are enough, which are 15 at least and 17 at most.
    let places = 1075 - exponent - (bits | 1 << 52).trailing_zeros() as i32;
    places > 0 && (9e14..2e18).contains(&(number.abs() * 10_f64.powi(places)))
}

/// The shortest text of a number, or the one that is `rounded` to as many digits, with ties to
/// even, if that is read back as the number, too. Next to powers of two it may not.
fn nearest(number: f64, shortest: String, rounded: String) -> String {
    if rounded.parse() == Ok(number) { rounded } else { shortest }
}

/// Returns the number with the fewest decimal digits that a narrower float type rounds to `number`,
/// which it has: 0.1 for the `f32` next to it. The type has so many binary digits, and its least
/// number is 2 to the power of `lowest`.
#[doc(hidden)]
#[must_use]
pub fn shortest(number: f64, digits: i32, lowest: i32) -> f64 {
    let rounds = |other: f64| {
        // In steps of the type's numbers near it, it is a small number.
        let exponent = (other.to_bits() >> 52 & 0x7ff) as i32 - 1023;
        let step = 2_f64.powi((exponent - digits + 1).max(lowest));
        (other / step).round_ties_even() * step == number
    };
    let shorter = |after_point| format!("{number:.after_point$e}").parse::<f64>().ok();
    // No narrow float needs more than nine digits.
    let found = (0..9).filter_map(shorter).find(|&other| rounds(other));
    found.unwrap_or(number)
}

/// Writes a complex number as Python does, given the texts of its parts.
#[doc(hidden)]
#[must_use]
pub fn complex_text(real: &str, imaginary: &str) -> String {
    let sign = if imaginary.starts_with('-') { "" } else { "+" };
    format!("({real}{sign}{imaginary}j)")
}

#[cfg(test)]
mod tests {
    use super::PythonFloat;

    #[test]
    fn floats_are_written_as_python_does() {
        let texts = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (-2.5, "-2.5"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (-1.25e-7, "-1.25e-07"),
            (5e-324, "5e-324"),
            (1e15, "1000000000000000.0"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (2_251_799_813_685_249.0 / 4.0, "562949953421312.2"),
            (2_251_799_813_685_251.0 / 4.0, "562949953421312.8"),
            (-2_251_799_813_685_253.0 / 4.0, "-562949953421313.2"),
            (1e16, "1e+16"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (-f64::NAN, "nan"),
        ];
        for (number, text) in texts {
            assert_eq!(PythonFloat(number).to_string(), text);
        }
    }
}
