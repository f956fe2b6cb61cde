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
        // Rust and Python find the same digits, and differ in when and how they write an exponent.
        if number == 0.0 || (1e-4..1e16).contains(&number.abs()) {
            return write!(f, "{number:?}");
        }
        let text = format!("{number:e}");
        match text.split_once('e') {
            None => f.write_str(&text),
            Some((digits, exponent)) => match exponent.strip_prefix('-') {
                Some(exponent) => write!(f, "{digits}e-{exponent:0>2}"),
                None => write!(f, "{digits}e+{exponent}"),
            },
        }
    }
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
