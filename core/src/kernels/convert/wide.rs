//! The wide types: the few that every number is converted through.

use crate::dtype::DType;
use crate::format::LONG_DOUBLE_SIZE;

/// A type of numbers that the numbers of several scalar types fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WideType {
    I32,
    I64,
    U64,
    F32,
    F64,
    LongDouble,
}

impl WideType {
    /// Returns the narrowest wide type that holds every number of a real scalar type.
    pub(super) fn from_dtype(dtype: DType) -> Self {
        match dtype {
            DType::I64 | DType::U32 => Self::I64,
            DType::U64 => Self::U64,
            DType::F8E4M3 | DType::F8E5M2 | DType::F16 | DType::BF16 | DType::F32 => Self::F32,
            DType::F64 => Self::F64,
            DType::LongDouble => Self::LongDouble,
            _ => Self::I32,
        }
    }

    pub(super) fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64 | Self::LongDouble)
    }

    /// Returns the size in bytes of one number.
    pub(super) fn size(self) -> usize {
        match self {
            Self::I32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
            Self::LongDouble => LONG_DOUBLE_SIZE,
        }
    }
}
