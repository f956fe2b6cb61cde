//! Prefixes and byte orders.

/// The order in which the bytes of a number lie in memory.
///
/// # Examples
/// ```
/// use consumer::format::ByteOrder;
/// assert_eq!(ByteOrder::Big.prefix(), b'>');
/// assert!(ByteOrder::NATIVE.reversed().is_swapped());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// The least significant byte comes first.
    Little,
    /// The most significant byte comes first.
    Big,
}

impl ByteOrder {
    /// The byte order of this machine.
    pub const NATIVE: Self = if cfg!(target_endian = "little") { Self::Little } else { Self::Big };

    /// Returns the byte order that is, or is not, the opposite of this machine's.
    #[must_use]
    pub const fn from_swapped(swapped: bool) -> Self {
        if swapped { Self::NATIVE.reversed() } else { Self::NATIVE }
    }

    /// Returns whether this is the opposite of this machine's byte order.
    #[must_use]
    pub const fn is_swapped(self) -> bool {
        self as u8 != Self::NATIVE as u8
    }

    /// Returns the other byte order.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Little => Self::Big,
            Self::Big => Self::Little,
        }
    }

    /// Returns the prefix of a format string that names the byte order: `<` or `>`.
    #[must_use]
    pub const fn prefix(self) -> u8 {
        match self {
            Self::Little => b'<',
            Self::Big => b'>',
        }
    }
}

/// A prefix: the byte order, sizes and alignment of the items that follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Prefix {
    /// `@`, and the default: native order, sizes and alignment.
    #[default]
    Native,
    /// `^`: native order and sizes, no alignment.
    Packed,
    /// `=`: native order, standard sizes, no alignment.
    Standard,
    /// `<`: little-endian, standard sizes, no alignment.
    Little,
    /// `>` and `!`: big-endian, standard sizes, no alignment.
    Big,
}

impl Prefix {
    /// Returns the prefix that a byte of a format string stands for.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            b'@' => Some(Self::Native),
            b'^' => Some(Self::Packed),
            b'=' => Some(Self::Standard),
            b'<' => Some(Self::Little),
            b'>' | b'!' => Some(Self::Big),
            _ => None,
        }
    }

    /// Returns the canonical spelling of the prefix.
    #[must_use]
    pub const fn symbol(self) -> char {
        match self {
            Self::Native => '@',
            Self::Packed => '^',
            Self::Standard => '=',
            Self::Little => '<',
            Self::Big => '>',
        }
    }

    /// Returns whether sizes are those of the C types on this machine.
    #[must_use]
    pub const fn has_native_sizes(self) -> bool {
        matches!(self, Self::Native | Self::Packed)
    }

    /// Returns whether items are aligned as in a C structure.
    #[must_use]
    pub const fn is_aligned(self) -> bool {
        matches!(self, Self::Native)
    }

    /// Returns the byte order of the items.
    #[must_use]
    pub const fn byte_order(self) -> ByteOrder {
        match self {
            Self::Native | Self::Packed | Self::Standard => ByteOrder::NATIVE,
            Self::Little => ByteOrder::Little,
            Self::Big => ByteOrder::Big,
        }
    }

    /// Returns whether the byte order is the opposite of this machine's.
    #[must_use]
    pub const fn is_swapped(self) -> bool {
        self.byte_order().is_swapped()
    }
}
