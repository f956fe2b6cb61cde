//! Integers of 24 bits, as sound files and analogue-to-digital converters have them.
//!
//! Beside the zeros of a fourth byte the three are the upper bits of an integer of 32, which is
//! then 256 times as large: so the sign needs no care, and what is too large for the one is too
//! large for the other.

use std::cmp::Ordering;
use std::fmt::{Debug, Formatter, Result as FmtResult};
use std::num::TryFromIntError;

/// Defines a type of integers of 24 bits, by the type of 32 that holds them and the wider ones that
/// it is made of.
macro_rules! int24 {
    ($(#[$doc:meta])* $name:ident $wide:ident, $to_wide:ident, $($wider:ident)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(transparent)]
        pub struct $name([u8; 3]);

        impl $name {
            /// The smallest of these integers.
            pub const MIN: Self = Self::from_upper($wide::MIN);
            /// The largest of these integers.
            pub const MAX: Self = Self::from_upper($wide::MAX);

            /// Makes the integer of its bytes, which are in this machine's order.
            #[must_use]
            #[inline]
            pub const fn from_ne_bytes(bytes: [u8; 3]) -> Self {
                Self(bytes)
            }

            /// Returns the bytes, in this machine's order.
            #[must_use]
            #[inline]
            pub const fn to_ne_bytes(self) -> [u8; 3] {
                self.0
            }

            /// Makes the integer of the upper bits of a wider one.
            #[inline]
            const fn from_upper(wide: $wide) -> Self {
                let [a, b, c, d] = wide.to_ne_bytes();
                Self(if cfg!(target_endian = "little") { [b, c, d] } else { [a, b, c] })
            }

            /// Makes the integer of the lowest bits of a wider one.
            #[must_use]
            #[inline]
            pub const fn wrapping(wide: $wide) -> Self {
                Self::from_upper(wide << 8)
            }

            /// Returns the integer with 32 bits.
            #[must_use]
            #[inline]
            pub const fn $to_wide(self) -> $wide {
                let [a, b, c] = self.0;
                let little = cfg!(target_endian = "little");
                $wide::from_ne_bytes(if little { [0, a, b, c] } else { [a, b, c, 0] }) >> 8
            }
        }

        impl From<$name> for $wide {
            #[inline]
            fn from(number: $name) -> Self {
                number.$to_wide()
            }
        }

        impl From<$name> for i128 {
            #[inline]
            fn from(number: $name) -> Self {
                number.$to_wide().into()
            }
        }

        $(impl TryFrom<$wider> for $name {
            type Error = TryFromIntError;

            #[inline]
            fn try_from(number: $wider) -> Result<Self, TryFromIntError> {
                $wide::try_from(number.saturating_mul(256)).map(Self::from_upper)
            }
        })*

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                self.$to_wide().cmp(&other.$to_wide())
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Debug for $name {
            fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
                self.$to_wide().fmt(f)
            }
        }
    };
}

int24! {
    /// A signed integer of 24 bits, in three bytes.
    ///
    /// # Examples
    /// ```
    /// use consumer::element::I24;
    /// assert_eq!(I24::try_from(-2_i64).unwrap().to_i32(), -2);
    /// assert_eq!(I24::MAX.to_i32(), 8_388_607);
    /// assert!(I24::try_from(8_388_608_i64).is_err());
    /// ```
    I24 i32, to_i32, i64 u64 i128
}
int24! {
    /// An unsigned integer of 24 bits, in three bytes.
    ///
    /// # Examples
    /// ```
    /// use consumer::element::U24;
    /// assert_eq!(U24::MAX.to_u32(), 16_777_215);
    /// assert!(U24::try_from(-1_i64).is_err());
    /// ```
    U24 u32, to_u32, i64 u64 i128
}
