//! The scalar types: one table, from which everything that lists types is generated.
//!
//! A [`DType`] is an element type of this machine (`I64`, whether the exporter wrote `l` or `q`),
//! and a [`ScalarType`] is one in a byte order. Rooms further up expand the table into enums,
//! matches and trait implementations through `for_each_scalar!`, so that a new type is one new line
//! here. `dispatch_scalar!` leads from a [`ScalarType`] to the Rust type that it names.

use half::{bf16, f16};
use num_complex::Complex;

use crate::element::{Address, Char, F8E4M3, F8E5M2, I24, LongDouble, U24, Ucs2, Ucs4};
use crate::format::{ByteOrder, Code, FormatString, Kind, Prefix};

/// The one table of scalar types. `for_each_scalar!(m)` expands to `m!` with, for each type, its
/// variant, the variant of its byte-swapped form, its Rust type, its kind, its canonical code (or
/// the void that stands for it where there is none) and its name. Types of one byte have no byte
/// order and are in a list of their own. Further tokens in the invocation come first in that of
/// `m!`.
#[doc(hidden)]
#[macro_export]
macro_rules! for_each_scalar {
    ($callback:ident $($extra:tt)*) => {
        $callback! {
            $($extra)*
            single {
                Bool bool, Bool, b"?", "bool";
                Char Char, Char, b"c", "char";
                I8 i8, Signed, b"b", "int8";
                U8 u8, Unsigned, b"B", "uint8";
                F8E4M3 F8E4M3, Float, b"1x:float8_e4m3fn:", "float8_e4m3fn";
                F8E5M2 F8E5M2, Float, b"1x:float8_e5m2:", "float8_e5m2";
            }
            multi {
                I16 I16Swapped i16, Signed, b"h", "int16";
                U16 U16Swapped u16, Unsigned, b"H", "uint16";
                I24 I24Swapped I24, Signed, b"3x:int24:", "int24";
                U24 U24Swapped U24, Unsigned, b"3x:uint24:", "uint24";
                I32 I32Swapped i32, Signed, b"i", "int32";
                U32 U32Swapped u32, Unsigned, b"I", "uint32";
                I64 I64Swapped i64, Signed, b"q", "int64";
                U64 U64Swapped u64, Unsigned, b"Q", "uint64";
                F16 F16Swapped f16, Float, b"e", "float16";
                BF16 BF16Swapped bf16, Float, b"2x:bfloat16:", "bfloat16";
                F32 F32Swapped f32, Float, b"f", "float32";
                F64 F64Swapped f64, Float, b"d", "float64";
                LongDouble LongDoubleSwapped LongDouble, Float, b"g", "long double";
                Complex32 Complex32Swapped Complex<f16>, Complex, b"Ze", "complex32";
                Complex64 Complex64Swapped Complex<f32>, Complex, b"Zf", "complex64";
                Complex128 Complex128Swapped Complex<f64>, Complex, b"Zd", "complex128";
                ComplexLongDouble ComplexLongDoubleSwapped Complex<LongDouble>, Complex, b"Zg",
                    "long double complex";
                Ucs2 Ucs2Swapped Ucs2, Text, b"u", "ucs2";
                Ucs4 Ucs4Swapped Ucs4, Text, b"w", "ucs4";
                Address AddressSwapped Address, Address, b"P", "address";
            }
        }
    };
}
#[doc(hidden)]
pub use for_each_scalar;

macro_rules! define_dtype {
    (
        single { $($s:ident $st:ty, $skind:ident, $scode:literal, $sname:literal;)* }
        multi { $($m:ident $swapped:ident $mt:ty, $mkind:ident, $mcode:literal, $mname:literal;)* }
    ) => {
        /// A scalar element type, without its byte order.
        ///
        /// Types are added in minor versions: match those that you handle, and `_`.
        ///
        /// # Examples
        /// ```
        /// use consumer::DType;
        /// assert_eq!(DType::F64.size(), 8);
        /// assert_eq!(DType::F64.name(), "float64");
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum DType {
            $(#[doc = concat!("`", $sname, "`")] $s,)*
            $(#[doc = concat!("`", $mname, "`")] $m,)*
        }

        impl DType {
            /// All scalar types, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$s,)* $(Self::$m,)*];

            /// Returns the size of one element in bytes.
            #[must_use]
            #[inline]
            pub const fn size(self) -> usize {
                match self {
                    $(Self::$s => size_of::<$st>(),)*
                    $(Self::$m => size_of::<$mt>(),)*
                }
            }

            /// Returns the kind of value that an element is.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$s => Kind::$skind,)* $(Self::$m => Kind::$mkind,)* }
            }

            /// Returns a native format that stands for the type on every machine, such as `q` for
            /// 64 bits. Where formats have no code for the type it is a void with its name, such as
            /// `2x:bfloat16:`, which stands for it only as a whole format.
            #[must_use]
            pub const fn format(self) -> &'static [u8] {
                match self { $(Self::$s => $scode,)* $(Self::$m => $mcode,)* }
            }

            /// Returns the usual name of the type: `int32`, `complex128`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$s => $sname,)* $(Self::$m => $mname,)* }
            }
        }
    };
}
for_each_scalar!(define_dtype);

/// Defines `dispatch_scalar!` over the types. The `$` is passed in, because a macro cannot write
/// one.
macro_rules! define_dispatch_scalar {
    (
        $d:tt
        single { $($s:ident $st:ty, $skind:ident, $scode:literal, $sname:literal;)* }
        multi { $($m:ident $swapped:ident $mt:ty, $mkind:ident, $mcode:literal, $mname:literal;)* }
    ) => {
        /// `dispatch_scalar!(scalar_type, T => body)`: expands to the body with `T` as the element
        /// type that a [`ScalarType`](crate::dtype::ScalarType) names.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! dispatch_scalar {
            ($d scalar_type:expr, $d t:ident => $d body:expr) => {{
                use $crate::dtype::{DType as Name, dispatch_types::*};
                let scalar_type = $d scalar_type;
                match (scalar_type.dtype, scalar_type.swapped) {
                    $((Name::$s, _) => { type $d t = $st; $d body })*
                    $((Name::$m, false) => { type $d t = $mt; $d body }
                    (Name::$m, true) => { type $d t = Swapped<$mt>; $d body })*
                }
            }};
        }
        #[doc(hidden)]
        pub use dispatch_scalar;
    };
}
for_each_scalar!(define_dispatch_scalar $);

/// The names of types that the expansion of `dispatch_scalar!` uses.
#[doc(hidden)]
pub mod dispatch_types {
    pub use crate::element::{Address, Char, F8E4M3, F8E5M2, I24, LongDouble};
    pub use crate::element::{Swapped, U24, Ucs2, Ucs4};
    pub use half::{bf16, f16};
    pub use num_complex::Complex;
}

impl DType {
    /// Returns whether formats have a code for the type. Where they have none, a void with its name
    /// stands for it.
    #[doc(hidden)]
    #[must_use]
    pub const fn has_code(self) -> bool {
        !matches!(self.format(), [.., b':'])
    }

    /// Returns a type that holds every number of this one, which not everybody knows.
    #[doc(hidden)]
    #[must_use]
    pub const fn wider(self) -> Option<Self> {
        Some(match self {
            Self::I24 => Self::I32,
            Self::U24 => Self::U32,
            Self::F8E4M3 | Self::F8E5M2 | Self::BF16 => Self::F32,
            Self::Complex32 => Self::Complex64,
            _ => return None,
        })
    }

    /// Returns the type that a letter stands for in native formats, if it is a scalar by itself.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn native_letter(letter: u8) -> Option<Self> {
        NATIVE_LETTERS[usize::from(letter)]
    }

    /// Returns the type of a name among those that formats have no code for.
    fn named(name: &[u8]) -> Option<Self> {
        let is_named = |dtype: &Self| dtype.name().as_bytes() == name && !dtype.has_code();
        Self::ALL.iter().copied().find(is_named)
    }

    /// Returns the scalar type that a code stands for in `size` bytes, or `None` if there is none.
    #[doc(hidden)]
    #[must_use]
    pub const fn from_code(code: Code, size: usize) -> Option<Self> {
        let kind = match code {
            // A type of its own even where it is no wider than a double.
            Code::LongDouble => return Some(Self::LongDouble),
            Code::ComplexLongDouble => return Some(Self::ComplexLongDouble),
            _ => code.kind(),
        };
        let mut index = 0;
        while index < Self::ALL.len() {
            let dtype = Self::ALL[index];
            // Kinds are compared by discriminant, because `==` is not const.
            if dtype.kind() as u8 == kind as u8 && dtype.size() == size && dtype.has_code() {
                return Some(dtype);
            }
            index += 1;
        }
        None
    }

    /// Returns the smallest and the largest number of a type of integers, `None` for others.
    #[doc(hidden)]
    #[must_use]
    pub const fn range(self) -> Option<(i128, i128)> {
        let bits = 8 * self.size();
        match self.kind() {
            Kind::Bool => Some((0, 1)),
            Kind::Signed => Some((-(1 << (bits - 1)), (1 << (bits - 1)) - 1)),
            Kind::Unsigned => Some((0, (1 << bits) - 1)),
            _ => None,
        }
    }
}

/// A scalar type in a byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScalarType {
    /// The type.
    pub dtype: DType,
    /// Whether the byte order is the opposite of this machine's. Never true for a single byte.
    pub swapped: bool,
}

impl ScalarType {
    /// Returns a type in the byte order of this machine.
    #[must_use]
    pub const fn native(dtype: DType) -> Self {
        Self { dtype, swapped: false }
    }

    const fn new(dtype: DType, swapped: bool) -> Self {
        Self { dtype, swapped: swapped && dtype.size() > 1 }
    }

    /// Returns the order of the bytes: this machine's for a single byte.
    #[must_use]
    pub const fn byte_order(self) -> ByteOrder {
        ByteOrder::from_swapped(self.swapped)
    }

    /// Returns a format that stands for the type on this machine: without a prefix if the byte
    /// order is this machine's.
    #[must_use]
    pub fn format(self) -> FormatString {
        let prefix = self.swapped.then(|| self.byte_order().prefix());
        FormatString::prefixed(prefix, self.dtype.format())
    }

    /// Returns a format that stands for the type and spells out its byte order, if it has one.
    #[doc(hidden)]
    #[must_use]
    pub fn explicit_format(self) -> FormatString {
        let prefix = (self.dtype.size() > 1).then(|| self.byte_order().prefix());
        FormatString::prefixed(prefix, self.dtype.format())
    }

    /// Returns the type, and its format, that a caller names, after an optional prefix, because
    /// formats have no code for it.
    #[doc(hidden)]
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<(Self, FormatString)> {
        let (prefix, name) = split_prefix(name);
        let dtype = DType::named(name)?;
        let swapped = prefix.and_then(Prefix::from_byte).is_some_and(Prefix::is_swapped);
        Some((Self::new(dtype, swapped), FormatString::prefixed(prefix, dtype.format())))
    }

    /// Returns the type, in its own size, that a format of one scalar stands for, if that is a
    /// letter, or a void with a name, after an optional prefix.
    #[doc(hidden)]
    #[must_use]
    pub fn from_own_format(format: &[u8]) -> Option<Self> {
        Self::from_letters(format).or_else(|| {
            let (prefix, void) = split_prefix(format);
            let is_void = |dtype: &&DType| dtype.format() == void && !dtype.has_code();
            let dtype = *DType::ALL.iter().find(is_void)?;
            let swapped = prefix.and_then(Prefix::from_byte).is_some_and(Prefix::is_swapped);
            Some(Self::new(dtype, swapped))
        })
    }

    /// Returns the type that a void of `size` bytes with a name stands for where it is a whole
    /// format; `None` if it is only a void.
    pub(crate) fn from_void(name: &str, size: usize, prefix: Prefix) -> Option<Self> {
        let dtype = DType::named(name.as_bytes()).filter(|dtype| dtype.size() == size)?;
        Some(Self::new(dtype, prefix.is_swapped()))
    }

    /// Returns the type that a code under a prefix stands for in elements of `itemsize` bytes.
    ///
    /// The size is the code's own, except for text, where the itemsize decides between the widths:
    /// ctypes exports `wchar_t` as `<u` with an itemsize of 4.
    pub(crate) fn from_code(code: Code, prefix: Prefix, itemsize: usize) -> Option<Self> {
        let size = match code.kind() {
            Kind::Text => itemsize,
            _ if prefix.has_native_sizes() => code.native_size(),
            _ => code.standard_size(),
        };
        if size != itemsize {
            return None;
        }
        Some(Self::new(DType::from_code(code, size)?, prefix.is_swapped()))
    }

    /// Returns the type, in its own size, of a format that is one letter after an optional prefix;
    /// `None` for any other format.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn from_letters(format: &[u8]) -> Option<Self> {
        match *format {
            [letter] => Self::from_letter(None, letter),
            [prefix, letter] => Self::from_letter(Some(prefix), letter),
            _ => None,
        }
    }

    /// Returns the type, in its own size, of a letter after an optional prefix; `None` if the
    /// letter alone is not a scalar.
    #[inline(always)]
    pub(crate) fn from_letter(prefix: Option<u8>, letter: u8) -> Option<Self> {
        let (letters, swapped) = match prefix {
            None => (&NATIVE_LETTERS, false),
            Some(prefix) => {
                let prefix = Prefix::from_byte(prefix)?;
                let native = prefix.has_native_sizes();
                let letters = if native { &NATIVE_LETTERS } else { &STANDARD_LETTERS };
                (letters, prefix.is_swapped())
            }
        };
        Some(Self::new(letters[usize::from(letter)]?, swapped))
    }
}

/// Returns the prefix of a format or a name, and the rest.
fn split_prefix(text: &[u8]) -> (Option<u8>, &[u8]) {
    match *text {
        [first, ref rest @ ..] if Prefix::from_byte(first).is_some() => (Some(first), rest),
        ref rest => (None, rest),
    }
}

/// The types of the letters in their native and in their standard sizes. Almost every format is one
/// letter, for which one lookup replaces the parser.
static NATIVE_LETTERS: [Option<DType>; 256] = by_letter(true);
static STANDARD_LETTERS: [Option<DType>; 256] = by_letter(false);

const fn by_letter(native: bool) -> [Option<DType>; 256] {
    let mut table = [None; 256];
    let mut letter = 0;
    while letter < 256 {
        if let Some(code) = Code::from_letter(letter as u8) {
            let size = if native { code.native_size() } else { code.standard_size() };
            table[letter] = DType::from_code(code, size);
        }
        letter += 1;
    }
    table
}
