//! The scalar types: one table, and everything that lists types is generated from it.
//!
//! [`Scalar`] names an element type of the machine (`I64`, whether the exporter wrote `l` or `q`);
//! [`ScalarType`] adds the byte order; [`judge`] finds it for a format string and an itemsize.

use half::f16;
use num_complex::Complex;
use std::sync::Arc;

use crate::element::{Address, Char, Form, LongDouble, Ucs2, Ucs4};
use crate::error::{Error, Result};
use crate::format::{self, Class, Code, Element, Format, FormatString, Item, Prefix};

/// The one list of scalar types. `for_each_scalar!(m)` expands to `m!` with, for each type, its
/// variant, the variant of its byte-swapped form, its Rust type, its class, its canonical code and
/// its name. Types of one byte have no byte order, and stand in a list of their own. What else the
/// invocation holds is handed to `m!` first.
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
            }
            multi {
                I16 I16Swapped i16, Signed, b"h", "int16";
                U16 U16Swapped u16, Unsigned, b"H", "uint16";
                I32 I32Swapped i32, Signed, b"i", "int32";
                U32 U32Swapped u32, Unsigned, b"I", "uint32";
                I64 I64Swapped i64, Signed, b"q", "int64";
                U64 U64Swapped u64, Unsigned, b"Q", "uint64";
                F16 F16Swapped f16, Float, b"e", "float16";
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
pub use for_each_scalar;

macro_rules! define_scalar {
    (
        single { $($s:ident $st:ty, $sclass:ident, $scode:literal, $sname:literal;)* }
        multi { $($m:ident $swapped:ident $mt:ty, $mclass:ident, $mcode:literal, $mname:literal;)* }
    ) => {
        /// A scalar element type, without its byte order.
        ///
        /// # Examples
        /// ```
        /// use consumer::Scalar;
        /// assert_eq!(Scalar::F64.size(), 8);
        /// assert_eq!(Scalar::F64.name(), "float64");
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Scalar {
            $(#[doc = concat!("`", $sname, "`")] $s,)*
            $(#[doc = concat!("`", $mname, "`")] $m,)*
        }

        impl Scalar {
            /// Every scalar type, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$s,)* $(Self::$m,)*];

            /// Size of one element in bytes.
            #[must_use]
            #[inline]
            pub const fn size(self) -> usize {
                match self {
                    $(Self::$s => size_of::<$st>(),)*
                    $(Self::$m => size_of::<$mt>(),)*
                }
            }

            /// What kind of value it is.
            #[must_use]
            pub const fn class(self) -> Class {
                match self { $(Self::$s => Class::$sclass,)* $(Self::$m => Class::$mclass,)* }
            }

            /// A native format that stands for the type on every machine, such as `q` for 64 bits.
            #[must_use]
            pub const fn format(self) -> &'static [u8] {
                match self { $(Self::$s => $scode,)* $(Self::$m => $mcode,)* }
            }

            /// The type's name in the field: `int32`, `complex128`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$s => $sname,)* $(Self::$m => $mname,)* }
            }
        }
    };
}
for_each_scalar!(define_scalar);

/// Defines `dispatch_scalar!` over the types. The `$` is handed in, for a macro cannot write one.
macro_rules! define_dispatch_scalar {
    (
        $d:tt
        single { $($s:ident $st:ty, $sclass:ident, $scode:literal, $sname:literal;)* }
        multi { $($m:ident $swapped:ident $mt:ty, $mclass:ident, $mcode:literal, $mname:literal;)* }
    ) => {
        /// `dispatch_scalar!(scalar_type, T => body)`: the body with `T` as the element type that a
        /// [`ScalarType`] names.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! dispatch_scalar {
            ($d scalar_type:expr, $d t:ident => $d body:expr) => {{
                use $crate::dtype::{Scalar as Name, dispatch_types::*};
                let scalar_type = $d scalar_type;
                match (scalar_type.scalar, scalar_type.swapped) {
                    $((Name::$s, _) => { type $d t = $st; $d body })*
                    $((Name::$m, false) => { type $d t = $mt; $d body }
                    (Name::$m, true) => { type $d t = Swapped<$mt>; $d body })*
                }
            }};
        }
        pub use dispatch_scalar;
    };
}
for_each_scalar!(define_dispatch_scalar $);

/// The names that `dispatch_scalar!` writes.
pub mod dispatch_types {
    pub use crate::element::{Address, Char, LongDouble, Swapped, Ucs2, Ucs4};
    pub use half::f16;
    pub use num_complex::Complex;
}

impl Scalar {
    /// The scalar type that a code is in a size in bytes; `None` where there is none.
    pub const fn of(code: Code, size: usize) -> Option<Self> {
        let class = match code {
            // Where it is no wider than a double it is a type of its own all the same.
            Code::LongDouble => return Some(Self::LongDouble),
            Code::ComplexLongDouble => return Some(Self::ComplexLongDouble),
            _ => code.class(),
        };
        let mut index = 0;
        while index < Self::ALL.len() {
            let scalar = Self::ALL[index];
            // `Class` is compared by discriminant, for `==` is not const.
            if scalar.class() as u8 == class as u8 && scalar.size() == size {
                return Some(scalar);
            }
            index += 1;
        }
        None
    }
}

/// A scalar type in a byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScalarType {
    /// The type.
    pub scalar: Scalar,
    /// Whether its bytes stand in the order that is not this machine's. Never true for one byte.
    pub swapped: bool,
}

impl ScalarType {
    const fn new(scalar: Scalar, swapped: bool) -> Self {
        Self { scalar, swapped: swapped && scalar.size() > 1 }
    }

    /// A format that stands for the type on this machine: without a prefix where it is in its byte
    /// order.
    #[must_use]
    pub fn format(self) -> FormatString {
        let other = if cfg!(target_endian = "little") { b'>' } else { b'<' };
        let prefix = self.swapped.then_some(other);
        FormatString::of_few(prefix.into_iter().chain(self.scalar.format().iter().copied()))
    }

    /// The type that a code names under a prefix in elements of `itemsize` bytes.
    ///
    /// The size is the code's own, with one exception: text, where itemsize decides between the
    /// widths (ctypes exports `wchar_t` as `<u` with an itemsize of 4).
    pub fn of(code: Code, prefix: Prefix, itemsize: usize) -> Option<Self> {
        let size = match code.class() {
            Class::Text => itemsize,
            _ if prefix.has_native_sizes() => code.native_size(),
            _ => code.standard_size(),
        };
        if size != itemsize {
            return None;
        }
        Some(Self::new(Scalar::of(code, size)?, prefix.is_swapped()))
    }
}

/// What [`judge`] found the elements to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// Scalars of this type.
    Scalar(ScalarType),
    /// Records, strings of fixed width and the like.
    Composite(Arc<Form>),
    /// Nothing that can be read. The error says why; the bytes stay usable.
    Unreadable(Error),
}

/// Judges a format string, a claim, against the itemsize, the authority.
///
/// # Examples
/// ```
/// use consumer::dtype::{Judgement, judge};
/// use consumer::Scalar;
///
/// let Judgement::Scalar(found) = judge(b">d", 8) else { panic!() };
/// assert_eq!((found.scalar, found.swapped), (Scalar::F64, cfg!(target_endian = "little")));
/// assert!(matches!(judge(b"d", 4), Judgement::Unreadable(_)));
/// ```
#[must_use]
pub fn judge(format: &[u8], itemsize: usize) -> Judgement {
    let known = match *format {
        [letter] => judge_short(None, letter, itemsize),
        [prefix, letter] => judge_short(Some(prefix), letter, itemsize),
        _ => None,
    };
    match known {
        Some(found) => Judgement::Scalar(found),
        None => judge_tree(format, itemsize).unwrap_or_else(Judgement::Unreadable),
    }
}

/// The type of a format of one letter, after one prefix or none, whose size is the itemsize: almost
/// every format is. `None` where it is not, and the parser has to tell why.
#[inline]
pub fn judge_short(prefix: Option<u8>, letter: u8, itemsize: usize) -> Option<ScalarType> {
    by_table(prefix, letter).filter(|found| found.scalar.size() == itemsize)
}

/// The type of a format of one letter, after one prefix or none, in the size that it has by itself.
/// `None` for all others.
#[inline]
pub fn short_scalar(format: &[u8]) -> Option<ScalarType> {
    match *format {
        [letter] => by_table(None, letter),
        [prefix, letter] => by_table(Some(prefix), letter),
        _ => None,
    }
}

#[inline(always)]
fn by_table(prefix: Option<u8>, letter: u8) -> Option<ScalarType> {
    let (letters, swapped) = match prefix {
        None => (&NATIVE_LETTERS, false),
        Some(prefix) => {
            let prefix = Prefix::from_byte(prefix)?;
            let native = prefix.has_native_sizes();
            let letters = if native { &NATIVE_LETTERS } else { &STANDARD_LETTERS };
            (letters, prefix.is_swapped())
        }
    };
    Some(ScalarType::new(letters[usize::from(letter)]?, swapped))
}

/// Everything but the short formats whose size is right.
fn judge_tree(format: &[u8], itemsize: usize) -> Result<Judgement> {
    let unreadable = |reason: String| {
        let format = String::from_utf8_lossy(format);
        Error::unreadable(format!("elements of format {format:?} cannot be read: {reason}"))
    };
    let tree = Format::parse(format).map_err(|error| unreadable(error.to_string()))?;
    if let Some((code, prefix)) = tree.as_scalar()
        && let Some(found) = ScalarType::of(code, prefix, itemsize)
    {
        return Ok(Judgement::Scalar(found));
    }
    let mut tree = tree;
    let mut size = tree.measure().map_err(|error| unreadable(error.to_string()))?.size;
    if size > itemsize {
        // NumPy's packed record scalars are described as if they were aligned. Where that does not
        // fit the itemsize, and the fields without gaps fit it exactly, they lie without gaps.
        let packed = tree.packed();
        if packed.measure().is_ok_and(|measure| measure.size == itemsize) {
            (tree, size) = (packed, itemsize);
        }
    }
    let contradiction =
        || unreadable(format!("it describes {size} bytes, but itemsize is {itemsize}"));
    // A format of nothing describes no bytes, rather than bytes that are all padding.
    if size > itemsize || (itemsize > 0 && tree.items.is_empty()) {
        return Err(contradiction());
    }
    if is_ambiguous(&tree.items) {
        return Err(unreadable(
            "the padding behind a record in it may be the record's own or not: writers differ"
                .to_owned(),
        ));
    }
    match Form::of(&tree).map_err(|error| unreadable(error.to_string()))? {
        // Explicit padding may stand behind it.
        Form::Scalar(scalar_type) if scalar_type.scalar.size() == itemsize => {
            Ok(Judgement::Scalar(scalar_type))
        }
        // Padding at the end of a record is the writer's choice; a single value has none.
        form if size == itemsize || matches!(form, Form::Record(_)) => {
            Ok(Judgement::Composite(Arc::new(form)))
        }
        _ => Err(contradiction()),
    }
}

/// Whether items hold a record whose end is not clear. In PEP 3118 a record that is aligned ends on
/// its own alignment; NumPy writes that padding behind the closing brace, where it is counted twice.
/// Its own exports are read by their dtypes; where others pass such formats on, nobody can tell.
fn is_ambiguous(items: &[Item]) -> bool {
    items.iter().enumerate().any(|(position, item)| {
        let Element::Record(inner) = &item.element else { return false };
        let padding = items[position + 1..].iter().map_while(|item| match item {
            Item { element: Element::Void(size), name: None, .. } => Some(*size),
            _ => None,
        });
        let padding = padding.fold(0, usize::saturating_add);
        let implicit = match (format::measure_element(item), format::place(inner)) {
            (Ok(whole), Ok((_, fields))) => whole.size - fields.size,
            _ => 0,
        };
        (implicit > 0 && padding >= implicit) || is_ambiguous(inner)
    })
}

/// The types of the letters in their native and in their standard sizes.
static NATIVE_LETTERS: [Option<Scalar>; 256] = by_letter(true);
static STANDARD_LETTERS: [Option<Scalar>; 256] = by_letter(false);

const fn by_letter(native: bool) -> [Option<Scalar>; 256] {
    let mut table = [None; 256];
    let mut letter = 0;
    while letter < 256 {
        if let Some(code) = Code::from_letter(letter as u8) {
            let size = if native { code.native_size() } else { code.standard_size() };
            table[letter] = Scalar::of(code, size);
        }
        letter += 1;
    }
    table
}
