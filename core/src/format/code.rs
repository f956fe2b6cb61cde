//! The type codes of format strings: the C type of each letter, with its native and standard size.
//!
//! A code names a C type (`l` is `long`). Which Rust type that is on this machine is decided two
//! rooms up, in [`dtype`](crate::dtype), from its [`Kind`] and the size that applies.

use half::f16;
use std::ffi::{c_int, c_long, c_longlong, c_short, c_void};

/// A stand-in for C's `long double` with the size and alignment that it has on this machine.
/// build.rs determines which of those in use that is.
#[cfg(not(long_double = "double"))]
#[cfg_attr(long_double_align = "16", repr(C, align(16)))]
#[cfg_attr(long_double_align = "8", repr(C, align(8)))]
#[cfg_attr(long_double_align = "4", repr(C, align(4)))]
struct LongDoubleAbi([u8; if cfg!(long_double_align = "4") { 12 } else { 16 }]);
#[cfg(long_double = "double")]
#[repr(C)]
struct LongDoubleAbi(f64);

/// Size of C's `long double` on this machine, in bytes.
pub(crate) const LONG_DOUBLE_SIZE: usize = size_of::<LongDoubleAbi>();

/// The kind of value that a code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `?`: zero is false, every other byte is true.
    Bool,
    /// `c`: one byte, as a byte string.
    Char,
    /// `b h i l q n`
    Signed,
    /// `B H I L Q N`
    Unsigned,
    /// `e f d g`
    Float,
    /// `Ze Zf Zd Zg`, `E F D G`
    Complex,
    /// `u w`: one code unit of text.
    Text,
    /// `P z Z`: an address.
    Address,
}

/// Declares the codes: spelling, variant, C type, standard size in bytes and kind.
macro_rules! codes {
    ($($(#[$doc:meta])* $spelling:literal $code:ident $c:ty, $standard:expr, $kind:ident;)*) => {
        /// A type code of the format grammar: the spelling of one C type.
        ///
        /// # Examples
        /// ```
        /// use consumer::format::Code;
        /// assert_eq!(Code::Double.spelling(), "d");
        /// assert_eq!(Code::Double.native_size(), 8);
        /// assert_eq!(Code::Long.standard_size(), 4);
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $code,)* }

        impl Code {
            /// Every code, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// Returns the letter, or `Z` and a letter, that spells the code.
            #[must_use]
            pub const fn spelling(self) -> &'static str {
                match self { $(Self::$code => $spelling,)* }
            }

            /// Returns the size in bytes under `@` and `^`: that of the C type on this machine.
            #[must_use]
            pub const fn native_size(self) -> usize {
                match self { $(Self::$code => size_of::<$c>(),)* }
            }

            /// Returns the alignment in bytes under `@`: that of the C type on this machine.
            #[must_use]
            pub const fn native_alignment(self) -> usize {
                match self { $(Self::$code => align_of::<$c>(),)* }
            }

            /// Returns the size in bytes under `=`, `<`, `>` and `!`. Codes that `struct` accepts
            /// only natively (`n N P g` …) keep their native size, because that is how exporters
            /// write them.
            #[must_use]
            pub const fn standard_size(self) -> usize {
                match self { $(Self::$code => $standard,)* }
            }

            /// Returns the kind of value that the code stands for.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$code => Kind::$kind,)* }
            }
        }
    };
}

codes! {
    /// C `_Bool`.
    "?" Bool u8, 1, Bool;
    /// C `char`, as a byte string of length 1.
    "c" Char u8, 1, Char;
    /// C `signed char`.
    "b" SignedChar i8, 1, Signed;
    /// C `unsigned char`.
    "B" UnsignedChar u8, 1, Unsigned;
    /// C `short`.
    "h" Short c_short, 2, Signed;
    /// C `unsigned short`.
    "H" UnsignedShort c_short, 2, Unsigned;
    /// C `int`.
    "i" Int c_int, 4, Signed;
    /// C `unsigned int`.
    "I" UnsignedInt c_int, 4, Unsigned;
    /// C `long`.
    "l" Long c_long, 4, Signed;
    /// C `unsigned long`.
    "L" UnsignedLong c_long, 4, Unsigned;
    /// C `long long`.
    "q" LongLong c_longlong, 8, Signed;
    /// C `unsigned long long`.
    "Q" UnsignedLongLong c_longlong, 8, Unsigned;
    /// C `ssize_t`.
    "n" SSize isize, size_of::<isize>(), Signed;
    /// C `size_t`.
    "N" Size usize, size_of::<usize>(), Unsigned;
    /// IEEE 754 binary16.
    "e" Half f16, 2, Float;
    /// C `float`.
    "f" Float f32, 4, Float;
    /// C `double`.
    "d" Double f64, 8, Float;
    /// C `long double`.
    "g" LongDouble LongDoubleAbi, size_of::<LongDoubleAbi>(), Float;
    /// Two binary16 numbers: real and imaginary part. `E` in the letters of CPython.
    "Ze" ComplexHalf [f16; 2], 4, Complex;
    /// C `float _Complex`. `F` in the letters of CPython.
    "Zf" ComplexFloat [f32; 2], 8, Complex;
    /// C `double _Complex`. `D` in the letters of CPython.
    "Zd" ComplexDouble [f64; 2], 16, Complex;
    /// C `long double _Complex`. `G` in the letters of CPython.
    "Zg" ComplexLongDouble [LongDoubleAbi; 2], 2 * size_of::<LongDoubleAbi>(), Complex;
    /// A UCS-2 code unit.
    "u" Ucs2 u16, 2, Text;
    /// A UCS-4 code point.
    "w" Ucs4 u32, 4, Text;
    /// C `void *`.
    "P" Pointer *const c_void, size_of::<usize>(), Address;
    /// C `char *` (ctypes `c_char_p`).
    "z" CharPointer *const c_void, size_of::<usize>(), Address;
    /// C `wchar_t *` (ctypes `c_wchar_p`).
    "Z" WideCharPointer *const c_void, size_of::<usize>(), Address;
}

impl Code {
    /// Returns the code of a single letter, or `None` if the letter alone names no element of known
    /// size.
    #[must_use]
    pub const fn from_letter(letter: u8) -> Option<Self> {
        BY_LETTER[letter as usize]
    }

    /// Returns the complex type whose parts are the float that `letter` names. Such a letter may
    /// follow a `Z`.
    #[must_use]
    pub const fn complex_of(letter: u8) -> Option<Self> {
        match letter {
            b'e' => Some(Self::ComplexHalf),
            b'f' => Some(Self::ComplexFloat),
            b'd' => Some(Self::ComplexDouble),
            b'g' => Some(Self::ComplexLongDouble),
            _ => None,
        }
    }
}

/// The codes by letter. Most formats are a single letter, for which one lookup replaces a parse.
static BY_LETTER: [Option<Code>; 256] = by_letter();

const fn by_letter() -> [Option<Code>; 256] {
    let mut table = [None; 256];
    let mut index = 0;
    while index < Code::ALL.len() {
        let code = Code::ALL[index];
        let spelling = code.spelling().as_bytes();
        if spelling.len() == 1 {
            table[spelling[0] as usize] = Some(code);
        }
        index += 1;
    }
    table[b'E' as usize] = Some(Code::ComplexHalf);
    table[b'F' as usize] = Some(Code::ComplexFloat);
    table[b'D' as usize] = Some(Code::ComplexDouble);
    table[b'G' as usize] = Some(Code::ComplexLongDouble);
    table
}
