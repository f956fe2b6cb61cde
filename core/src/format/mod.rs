//! Format strings of PEP 3118 as trees: [`Format::parse`] reads one, `Display` writes one, and
//! [`Format::measure`] computes the size that one describes.
//!
//! This room knows the grammar and the sizes of the C types; it never touches the bytes of an
//! element. The grammar is that of the `struct` module, extended by PEP 3118 and by what real
//! exporters write:
//!
//! ```text
//! format  := item*                           white space between items is ignored
//! item    := prefix* shape* prefix* count? prefix* element (':' name ':')?
//! prefix  := '@' | '^' | '=' | '<' | '>' | '!'        in force until the next one, also in braces
//! shape   := '(' n (',' n)* ')'                       a sub-array of what follows
//! element := code | 'Z' real | 'T{' item* '}' | '&' item | 'X{' … '}' | 's' | 'p' | 'x' | 'O' |
//! 't'
//! ```

mod code;
mod display;
mod measure;
mod parse;
mod prefix;
mod string;

pub(crate) use code::LONG_DOUBLE_SIZE;
pub use code::{Code, Kind};
pub use measure::Measure;
pub(crate) use measure::{item_offsets, measure_element, span_of, weight};
pub use prefix::{ByteOrder, Prefix};
pub use string::FormatString;
pub(crate) use string::mentions_objects;

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
    /// The items of the top level. More than one item makes an unnamed record, as in `fffBBBB`.
    pub items: Vec<Item>,
}

/// One item of a format: an element with its repeat count, prefix and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The prefix in force for the element.
    pub prefix: Prefix,
    /// The shape of the sub-array of elements; empty for a plain element.
    pub shape: Vec<usize>,
    /// The number of consecutive elements: 3 in `3i`. Without a name or a shape, each is a field.
    pub repeat: usize,
    /// What the item holds.
    pub element: Element,
    /// The field's name; `None` where the format gives none.
    pub name: Option<String>,
}

/// What an item holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Element {
    /// A single code: a number, a bool, a char, a code unit or an address.
    Scalar(Code),
    /// `5s`: a byte string of that many bytes.
    Bytes(usize),
    /// `5p`: a Pascal string, stored in that many bytes.
    Pascal(usize),
    /// `3w`, `4u`: a string of that many code units.
    Text(Code, usize),
    /// `7x`: that many bytes of padding, or a void field if it has a name.
    Void(usize),
    /// `O`: a reference to a Python object.
    Object,
    /// `t`, `3t`: that many bits. No exporter is known to write it, and nothing reads it.
    Bits(usize),
    /// `&…`: the address of what follows.
    Reference(Box<Item>),
    /// `X{…}`: the address of a function.
    Function(String),
    /// `T{…}`: a record.
    Record(Vec<Item>),
}

impl Format {
    /// Returns the code and prefix of a format that is one plain scalar, such as `d`, `<i` or `1H`.
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
