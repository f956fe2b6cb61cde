//! Exact numbers, and how they are rounded: once, to the nearest `f64`, ties to even.

/// The number `±magnitude * 2^exponent`. In a magnitude of more than 96 bits the lowest one may
/// stand for all that is below it as well: no rounding depends on how much that is, as every number
/// halfway between two `f64`, and a count of at most 2^42 times such a number, is a multiple of 2
/// units.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Exact {
    pub(in super::super) negative: bool,
    pub(in super::super) magnitude: u128,
    pub(in super::super) exponent: i32,
}

/// Bits of the significand of an `f64`.
const PRECISION: i32 = 53;
/// The exponent of the smallest `f64`.
const LOWEST: i32 = -1074;

impl Exact {
    /// Makes the number `units * 2^exponent`.
    #[inline]
    pub(in super::super) fn from_units(units: i128, exponent: i32) -> Self {
        Self { negative: units < 0, magnitude: units.unsigned_abs(), exponent }
    }

    /// Returns the number divided by a count, of whose quotient the lowest bit may stand for all
    /// that is below it.
    fn divided(self, count: usize) -> Self {
        let count = (count as u128).max(1);
        let shift = self.magnitude.leading_zeros().min(127);
        let magnitude = self.magnitude << shift;
        let rest = u128::from(!magnitude.is_multiple_of(count));
        let exponent = self.exponent - shift as i32;
        Self { magnitude: (magnitude / count) | rest, exponent, ..self }
    }

    /// Returns the nearest `f64` to the number divided by a count.
    #[inline(never)]
    pub(in super::super) fn divided_to_f64(self, count: usize) -> f64 {
        if count == 1 { self.to_f64() } else { self.divided(count).to_f64() }
    }

    /// Returns the nearest `f64`: infinity for what is beyond, and never -0.0 for 0.
    #[inline(never)]
    fn to_f64(self) -> f64 {
        let Self { negative, magnitude, exponent } = self;
        if magnitude == 0 {
            return 0.0;
        }
        let bits = 128 - magnitude.leading_zeros() as i32;
        let excess = (bits - PRECISION).max(LOWEST - exponent).max(0);
        let significand = match excess {
            0 => magnitude as u64,
            1..128 => {
                let (half, rest) = (1 << (excess - 1), magnitude & ((1 << excess) - 1));
                let kept = (magnitude >> excess) as u64;
                kept + u64::from(rest > half || (rest == half && kept & 1 == 1))
            }
            _ => u64::from(excess == 128 && magnitude > 1 << 127),
        };
        let exponent = exponent + excess;
        let rounded = match exponent {
            ..=1023 => significand as f64 * power_of_two(exponent),
            _ => f64::INFINITY,
        };
        if negative { -rounded } else { rounded }
    }
}

/// Returns `2^exponent`, for exponents from -1074 to 1023.
#[inline]
pub(in super::super) fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(match exponent {
        -1022.. => ((exponent + 1023) as u64) << 52,
        _ => 1 << (exponent - LOWEST),
    })
}

#[cfg(test)]
mod tests {
    use super::Exact;

    #[test]
    fn ties_are_rounded_to_even_and_what_is_beyond_to_infinity() {
        let rounded = |units, exponent| Exact::from_units(units, exponent).to_f64();
        for (units, exponent, expected) in [
            (0, 5, 0.0),
            (-3, -1, -1.5),
            ((1 << 53) + 1, 0, 9_007_199_254_740_992.0),
            ((1 << 53) + 3, 0, 9_007_199_254_740_996.0),
            (((1 << 53) + 1) * 2 + 1, -1, 9_007_199_254_740_994.0),
            (1, -1074, 5e-324),
            (1, -1075, 0.0),
            (3, -1075, 1e-323),
            (i128::MAX, 897, f64::INFINITY),
            (i128::MAX, 1000, f64::INFINITY),
            (1, -2000, 0.0),
        ] {
            assert_eq!(rounded(units, exponent), expected, "{units} * 2^{exponent}");
        }
    }

    #[test]
    fn quotients_are_rounded_once() {
        for (units, count) in [(1, 3), (-10, 7), (1 << 100, 11), (i128::MAX, 1), (5, 1 << 40)] {
            let quotient = Exact::from_units(units, 0).divided_to_f64(count);
            let (units, count) = (units as f64, count as f64);
            assert!((quotient - units / count).abs() <= (units / count).abs() * 2e-16);
        }
        assert_eq!(Exact::from_units(1, 0).divided_to_f64(3), 1.0 / 3.0);
        assert_eq!(Exact::from_units(3, 1023).divided_to_f64(4), 0.75 * 2_f64.powi(1023));
    }
}
