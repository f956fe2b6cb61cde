//! Format strings of PEP 3118 as trees: [`Format::parse`] reads one, `Display` writes one.
//!
//! This layer knows the grammar and the sizes, and reads no element. The grammar is that of the
//! `struct` module, extended by PEP 3118 and by what exporters really write:
//!
//! ```text
//! format  := item*                           white space between items is ignored
//! item    := shape? prefix* count? prefix* element (':' name ':')?
//! prefix  := '@' | '^' | '=' | '<' | '>' | '!'        holds until the next one, into and out of T{}
//! shape   := '(' n (',' n)* ')'                        a sub-array of the element that follows
//! element := code | 'Z' real | 'T{' item* '}' | '&' item | 'X{' … '}' | 's' | 'p' | 'x' | 'O' | 't'
//! ```

mod code;
mod parse;
mod size;
mod text;

pub use code::{Class, Code};
pub use size::Measure;
pub use size::{measure_element, place};
pub use text::FormatString;

use std::fmt::{self, Write as _};

/// A stand-in for C's `long double` with its size and alignment on this machine; build.rs tells
/// which of the formats in use it is.
#[cfg(any(long_double = "binary128", all(long_double = "x87", target_pointer_width = "64")))]
#[repr(C, align(16))]
struct LongDoubleAbi([u8; 16]);
#[cfg(all(long_double = "x87", target_pointer_width = "32"))]
#[repr(C, align(4))]
struct LongDoubleAbi([u8; 12]);
#[cfg(long_double = "double")]
#[repr(C)]
struct LongDoubleAbi(f64);

/// Size of C's `long double` on this machine, in bytes.
pub const LONG_DOUBLE_SIZE: usize = size_of::<LongDoubleAbi>();

/// What a prefix says of the items that follow it: byte order, sizes and alignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Prefix {
    /// `@`, and what holds before any prefix: native order, sizes and alignment.
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
    /// The prefix that a byte of a format string is.
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

    /// How the prefix is spelt.
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

    /// Whether sizes are those of the C types on this machine.
    #[must_use]
    pub const fn has_native_sizes(self) -> bool {
        matches!(self, Self::Native | Self::Packed)
    }

    /// Whether items are aligned as in a C structure.
    #[must_use]
    pub const fn is_aligned(self) -> bool {
        matches!(self, Self::Native)
    }

    /// Whether the byte order is not this machine's.
    #[must_use]
    pub const fn is_swapped(self) -> bool {
        match self {
            Self::Native | Self::Packed | Self::Standard => false,
            Self::Little => cfg!(target_endian = "big"),
            Self::Big => cfg!(target_endian = "little"),
        }
    }
}

/// A parsed format string: its items in order.
///
/// # Examples
/// ```
/// use consumer::Format;
///
/// let format = Format::parse(b"T{<i:id:d:weight:}").unwrap();
/// assert_eq!(format.measure().unwrap().size, 12);
/// assert_eq!(format.to_string(), "T{<i:id:d:weight:}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Format {
    /// The items of the top level. More than one is an unnamed record, as in `fffBBBB`.
    pub items: Vec<Item>,
}

/// One item of a format: an element, how often it stands there, and under which prefix and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The prefix in force for the element.
    pub prefix: Prefix,
    /// The shape of the sub-array of elements; empty for a plain element.
    pub shape: Vec<usize>,
    /// How many such elements follow each other as fields of their own: 3 in `3i`.
    pub repeat: usize,
    /// What stands there.
    pub element: Element,
    /// The field's name; `None` where the format gives none.
    pub name: Option<String>,
}

/// What an item holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// One code: a number, a bool, a char, a code unit, an address.
    Scalar(Code),
    /// `5s`: a byte string of that many bytes.
    Bytes(usize),
    /// `5p`: a Pascal string in that many bytes.
    Pascal(usize),
    /// `3w`, `4u`: a string of that many code units.
    Text(Code, usize),
    /// `7x`: that many bytes of padding, or a void field where it has a name.
    Void(usize),
    /// `O`: a reference to a Python object.
    Object,
    /// `t`, `3t`: that many bits. No exporter is known; nothing reads it.
    Bits(usize),
    /// `&…`: the address of what follows.
    Reference(Box<Item>),
    /// `X{…}`: the address of a function.
    Function(String),
    /// `T{…}`: a record.
    Record(Vec<Item>),
}

impl Format {
    /// The code and prefix of a format that is a single plain scalar, such as `d`, `<i` or `1H`.
    #[must_use]
    pub fn as_scalar(&self) -> Option<(Code, Prefix)> {
        match self.items.as_slice() {
            [Item { prefix, shape, repeat: 1, element: Element::Scalar(code), name: None }]
                if shape.is_empty() =>
            {
                Some((*code, *prefix))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    /// Writes the format in one canonical spelling, which parses to the same tree: a prefix only
    /// where it changes, `Z` and a letter for complex numbers, no white space but where it must be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Writer { f, prefix: Prefix::default(), after_pointer: false }.items(&self.items)
    }
}

/// What writing an item must know of those before it.
struct Writer<'a, 'b> {
    f: &'a mut fmt::Formatter<'b>,
    /// The prefix in force.
    prefix: Prefix,
    /// Whether the last thing written was the pointer `Z`, which a following `f` would make complex.
    after_pointer: bool,
}

impl Writer<'_, '_> {
    fn items(&mut self, items: &[Item]) -> fmt::Result {
        items.iter().try_for_each(|item| self.item(item))
    }

    fn item(&mut self, item: &Item) -> fmt::Result {
        if std::mem::take(&mut self.after_pointer) {
            self.f.write_char(' ')?;
        }
        if !item.shape.is_empty() {
            self.f.write_char('(')?;
            for (dimension, length) in item.shape.iter().enumerate() {
                let comma = if dimension == 0 { "" } else { "," };
                write!(self.f, "{comma}{length}")?;
            }
            self.f.write_char(')')?;
        }
        if item.prefix != self.prefix {
            self.f.write_char(item.prefix.symbol())?;
            self.prefix = item.prefix;
        }
        if item.repeat != 1 {
            write!(self.f, "{}", item.repeat)?;
        }
        self.element(&item.element)?;
        match &item.name {
            Some(name) => {
                self.after_pointer = false;
                write!(self.f, ":{name}:")
            }
            None => Ok(()),
        }
    }

    fn element(&mut self, element: &Element) -> fmt::Result {
        match element {
            Element::Scalar(code) => {
                self.after_pointer = *code == Code::WideCharPointer;
                self.f.write_str(code.spelling())
            }
            Element::Bytes(count) => write!(self.f, "{count}s"),
            Element::Pascal(count) => write!(self.f, "{count}p"),
            Element::Text(code, count) => write!(self.f, "{count}{}", code.spelling()),
            Element::Void(count) => write!(self.f, "{count}x"),
            Element::Bits(count) => write!(self.f, "{count}t"),
            Element::Object => self.f.write_char('O'),
            Element::Function(signature) => write!(self.f, "X{{{signature}}}"),
            Element::Reference(target) => {
                self.f.write_char('&')?;
                self.item(target)
            }
            Element::Record(items) => {
                self.f.write_str("T{")?;
                self.items(items)?;
                self.after_pointer = false;
                self.f.write_char('}')
            }
        }
    }
}
