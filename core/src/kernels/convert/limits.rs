//! Limits: which numbers a scalar type holds, in terms of each wide type.

use crate::dtype::DType;
use half::bf16;
use num_traits::{AsPrimitive, Bounded};

/// What a scalar type holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The smallest and the largest integer.
    pub(super) low: i128,
    pub(super) high: i128,
    /// The floats around those that become such an integer or, for a type of floats, a finite one.
    pub(super) floats: (f32, f32),
    pub(super) doubles: (f64, f64),
    /// What infinity becomes in a type of floats: itself, or NaN where there is none.
    pub(super) infinity: f32,
}

/// Returns the smallest and the largest integer of a type, or `None` for floats.
pub(super) const fn range(dtype: DType) -> Option<(i128, i128)> {
    dtype.range()
}

/// The limits of every scalar type, in the order of [`DType::ALL`]. A table, because computing them
/// takes longer than converting a few numbers.
static LIMITS: [Limits; DType::ALL.len()] = {
    let mut limits = [Limits::new(DType::Bool); DType::ALL.len()];
    let mut index = 0;
    while index < limits.len() {
        limits[index] = Limits::new(DType::ALL[index]);
        index += 1;
    }
    limits
};

/// Returns the nearest integer of a type.
#[inline]
pub(super) fn saturated<T>(number: i128) -> T
where
    T: Bounded + AsPrimitive<i128>,
    i128: AsPrimitive<T>,
{
    number.clamp(T::min_value().as_(), T::max_value().as_()).as_()
}

impl Limits {
    /// Returns the limits of a type.
    pub(super) fn for_dtype(dtype: DType) -> &'static Self {
        &LIMITS[dtype as usize]
    }

    const fn new(target: DType) -> Self {
        if let Some((low, high)) = range(target) {
            // The float below the smallest integer: one less, or if there is no such float, the
            // next.
            let (float, double) = ((low - 1) as f32, (low - 1) as f64);
            let float = if float as i128 == low - 1 { float } else { (low as f32).next_down() };
            let double = if double as i128 == low - 1 { double } else { (low as f64).next_down() };
            let (floats, doubles) = ((float, (high + 1) as f32), (double, (high + 1) as f64));
            return Self { low, high, floats, doubles, infinity: f32::NAN };
        }
        // Half a step beyond the largest number, from where on the nearest one is infinity.
        let above = match target {
            // Its last bit is 0, so that the step's middle is rounded to it.
            DType::F8E4M3 => {
                let high = 464;
                let (float, double) = ((high as f32).next_up(), (high as f64).next_up());
                let (floats, doubles) = ((-float, float), (-double, double));
                return Self { low: -high, high, floats, doubles, infinity: f32::NAN };
            }
            DType::F8E5M2 => 61440.0,
            DType::F16 => 65520.0,
            DType::BF16 => bf16::MAX.to_f32_const() as f64 + (1_u128 << 119) as f64,
            DType::F32 => f32::MAX as f64 + (1_u128 << 103) as f64,
            _ => f64::INFINITY,
        };
        // No integer of 64 bits is too large for other floats.
        let high = match target {
            DType::F8E5M2 | DType::F16 => above as i128 - 1,
            _ => i128::MAX,
        };
        let (floats, doubles) = ((-above as f32, above as f32), (-above, above));
        Self { low: -high, high, floats, doubles, infinity: f32::INFINITY }
    }

    /// Returns the smallest and the largest integer, as far as a wide type holds them.
    #[inline]
    pub(super) fn integers<T>(&self) -> (T, T)
    where
        T: Bounded + AsPrimitive<i128>,
        i128: AsPrimitive<T>,
    {
        (saturated(self.low), saturated(self.high))
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, saturated};
    use crate::dtype::DType;

    #[test]
    fn floats_around_the_limits_are_the_next_ones_beyond() {
        let limits = Limits::for_dtype(DType::U8);
        assert_eq!((limits.floats, limits.doubles), ((-1.0, 256.0), (-1.0, 256.0)));
        let limits = Limits::for_dtype(DType::I64);
        assert_eq!(limits.integers::<i64>(), (i64::MIN, i64::MAX));
        assert_eq!(limits.doubles, ((i64::MIN as f64).next_down(), 9_223_372_036_854_775_808.0));
        assert_eq!(limits.integers::<i32>(), (i32::MIN, i32::MAX));
        assert_eq!(limits.integers::<u64>(), (0, i64::MAX as u64));
        let limits = Limits::for_dtype(DType::F32);
        assert!(f64::from(f32::MAX) < limits.doubles.1);
        assert!((limits.doubles.1 as f32).is_infinite());
        assert_eq!(limits.doubles.1.next_down() as f32, f32::MAX);
    }

    #[test]
    fn saturated_is_the_nearest() {
        assert_eq!(saturated::<i32>(-1 << 40), i32::MIN);
        assert_eq!(saturated::<u64>(-7), 0);
        assert_eq!(saturated::<u64>(i128::MAX), u64::MAX);
        assert_eq!(saturated::<i64>(7), 7);
    }
}
