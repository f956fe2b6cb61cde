//! Which conversions lose nothing that a caller has to agree to.

use super::limits::range;
use crate::dtype::DType;
use crate::format::Kind;

/// Returns the digits and the largest exponent of a type of binary floats.
fn floats(dtype: DType) -> Option<(usize, i32)> {
    Some(match dtype {
        DType::F8E4M3 => (4, 8),
        DType::F8E5M2 => (3, 15),
        DType::F16 => (11, 15),
        DType::BF16 => (8, 127),
        DType::F32 => (24, 127),
        DType::F64 => (53, 1023),
        DType::LongDouble if size_of::<f64>() < DType::LongDouble.size() => (64, 16383),
        DType::LongDouble => (53, 1023),
        _ => return None,
    })
}

/// Returns the type of the two numbers of a complex one.
fn part(dtype: DType) -> Option<DType> {
    Some(match dtype {
        DType::Complex32 => DType::F16,
        DType::Complex64 => DType::F32,
        DType::Complex128 => DType::F64,
        DType::ComplexLongDouble => DType::LongDouble,
        _ => return None,
    })
}

/// Returns whether a type holds all values of another, by the rules of NumPy's "safe" casts: so
/// integers of 64 bits become doubles, though rounded.
#[must_use]
pub fn is_safe(from: DType, to: DType) -> bool {
    if from == to || (from, to) == (DType::Ucs2, DType::Ucs4) {
        return true;
    }
    match (part(from), part(to)) {
        (Some(from), Some(to)) => return is_safe(from, to),
        (Some(_), None) => return false,
        (None, Some(to)) => return is_safe(from, to),
        (None, None) => {}
    }
    match (range(from), range(to), floats(from), floats(to)) {
        (Some((low, high)), Some((to_low, to_high)), ..) => to_low <= low && high <= to_high,
        (Some((low, high)), None, None, Some((digits, _))) => {
            let whole = 1_i128 << digits;
            from.kind() == Kind::Bool || (-whole <= low && high <= whole) || digits >= 53
        }
        (None, None, Some(from), Some(to)) => from.0 <= to.0 && from.1 <= to.1,
        _ => false,
    }
}
