//! Exact sums of a few floats: a sum of two numbers that do not overlap.
//!
//! TwoSum (Knuth, The Art of Computer Programming, volume 2, 4.2.2) gives the sum of two floats and
//! what its rounding cut off, exactly. What is cut off is added in a second number, and whether
//! that was rounded as well is recorded. Where it never was, the pair is the exact sum. That holds
//! for most data, needs no bound on the numbers, and nothing to start with; so it is what short
//! sums are made of, and many of them side by side. What is too much for a pair goes to the window.

/// Returns the sum of two numbers and what its rounding cut off. It is no number where anything
/// overflows.
#[inline(always)]
fn two_sum(one: f64, other: f64) -> (f64, f64) {
    let sum = one + other;
    let part = sum - one;
    (sum, (one - (sum - part)) + (other - part))
}

/// The sum of two numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) struct Pair {
    pub(in super::super) sum: f64,
    pub(in super::super) rest: f64,
}

impl Pair {
    pub(in super::super) const ZERO: Self = Self { sum: 0.0, rest: 0.0 };

    /// Adds a number. Returns bits of which some other than the sign is set if anything was lost.
    ///
    /// `rest = old + cut` is exact just where both `rest - old` is `cut` and `rest - cut` is `old`:
    /// of the larger one of the two, the difference is exact (Dekker 1971), so that what was cut
    /// off of the rest is cut off of it too, and is less than all of it.
    #[inline(always)]
    pub(in super::super) fn add(&mut self, number: f64) -> u64 {
        let (sum, cut) = two_sum(self.sum, number);
        let rest = self.rest + cut;
        let differing = |one: f64, other: f64| one.to_bits() ^ other.to_bits();
        let lost = differing(rest - self.rest, cut) | differing(rest - cut, self.rest);
        *self = Self { sum, rest };
        lost
    }

    /// Returns the sum, rounded: never -0.0, and not finite where that is not known.
    #[inline(always)]
    pub(in super::super) fn rounded(self) -> f64 {
        self.sum + self.rest + 0.0
    }

    /// Returns the sum divided by a count and rounded once; None if that is not known, which it is
    /// not where anything overflowed or was no number.
    #[inline(always)]
    pub(in super::super) fn divided(self, count: usize) -> Option<f64> {
        let (high, low) = two_sum(self.sum, self.rest);
        if !(high + low).is_finite() {
            return None;
        }
        if count == 1 {
            // Never -0.0.
            return Some(high + 0.0);
        }
        let divisor = count as f64;
        if low == 0.0 && count < 1 << f64::MANTISSA_DIGITS {
            return Some((high + 0.0) / divisor);
        }
        Self::quotient(high, low, divisor)
    }

    /// The quotient of a sum that is no single number.
    ///
    /// The remainder of `high / divisor` is exact, so that `more` is what is missing to the
    /// quotient but for three roundings, each by 2^-53 of it at most. Where a thousand times that
    /// changes nothing, the quotient is rounded as the exact one is.
    fn quotient(high: f64, low: f64, divisor: f64) -> Option<f64> {
        let quotient = high / divisor;
        let more = ((-quotient).mul_add(divisor, high) + low) / divisor;
        let error = more.abs() * (1000.0 * f64::EPSILON);
        let [least, most] = [more - error, more + error].map(|more| quotient + more);
        // Far from where a remainder could be subnormal.
        let is_safe = (1e-200..1e200).contains(&high.abs()) && divisor < 1e15;
        (is_safe && least == most).then_some(least)
    }
}

#[cfg(test)]
mod tests {
    use super::Pair;

    /// Returns the sum divided by a count, and whether nothing was lost.
    fn sum(terms: &[f64], count: usize) -> (Option<f64>, bool) {
        let mut pair = Pair::ZERO;
        let lost = terms.iter().fold(0, |lost, &term| lost | pair.add(term));
        (pair.divided(count), lost << 1 == 0)
    }

    #[test]
    fn pairs_are_exact_or_say_that_they_are_not() {
        assert_eq!(sum(&[1e16, 1.0, 1.0, -1e16], 1), (Some(2.0), true));
        assert_eq!(sum(&[0.1; 10], 1), (Some(1.0), true));
        assert_eq!(sum(&[-0.0, -0.0], 1), (Some(0.0), true));
        assert!(!sum(&[1e100, 1.0, 1e-100], 1).1);
        assert!(!sum(&[1.0, 1e-30, 1e-60, -1.0], 1).1);
        assert_eq!(sum(&[f64::MAX, f64::MAX, -f64::MAX], 1).0, None);
        assert_eq!(sum(&[f64::INFINITY], 1).0, None);
        assert_eq!(sum(&[f64::NAN], 1).0, None);
    }

    #[test]
    fn quotients_are_rounded_once() {
        assert_eq!(sum(&[0.1; 10], 10), (Some(0.1), true));
        assert_eq!(sum(&[1.0, 2_f64.powi(-60)], 3), (Some(1.0 / 3.0), true));
        // Where the quotient is a tie, and just beside it.
        assert_eq!(sum(&[3.0, 3.0 * 2_f64.powi(-53)], 3).0, None);
        let above = sum(&[3.0, 3.5 * 2_f64.powi(-53)], 3).0;
        assert_eq!(above, Some(1.0 + f64::EPSILON));
    }
}
