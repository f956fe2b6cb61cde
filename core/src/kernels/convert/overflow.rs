//! [`Overflow`]: what becomes of numbers that a type does not hold.

/// What becomes of a number that its new type does not hold. Rounding and the loss of a fraction
/// are no overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overflow {
    /// It is an error: an integer out of range, an infinity or NaN that is to become an integer, a
    /// finite number that is to become infinite, an infinity where the type has none.
    Error,
    /// Integers keep their lowest bits: the number, less its fraction, modulo 2 to the number of
    /// bits. Infinities and NaN become 0, and floats that are too large infinite, or NaN where the
    /// type has no infinity.
    Wrap,
    /// Integers become the nearest one that there is. NaN becomes 0, and floats that are too large
    /// infinite, or the largest there is where the type has no infinity.
    Saturate,
}
