//! The one error type of the crate.
//!
//! Its variants are private, so that a new one is not a breaking change. Callers ask what went
//! wrong through predicates; the Python module maps each of them to one exception class.

use std::fmt;

/// An error with a message that names the offending thing.
///
/// # Examples
/// ```
/// let error = consumer::Format::parse(b"3i(2").unwrap_err();
/// assert!(error.is_format());
/// assert_eq!(error.offset(), Some(4));
/// assert!(error.to_string().contains("at byte 4"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Repr>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Repr {
    Format { format: String, offset: usize, message: String },
    Unreadable { message: String, references: bool },
    Index(String),
    WrongKind(String),
    NoSuchField(String),
    Value(String),
    Buffer(String),
    TooLarge(String),
    NoMemory(String),
    ReadOnly,
}

/// The result of this crate's operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The constructors of the variants that hold nothing but a message.
macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident $variant:ident;)*) => {
        $(
            $(#[$doc])*
            #[doc(hidden)]
            #[must_use]
            pub fn $name(message: impl Into<String>) -> Self {
                Self(Box::new(Repr::$variant(message.into())))
            }
        )*
    };
}

impl Error {
    constructors! {
        /// An index beyond the end of its dimension.
        index Index;
        /// A key or argument of the wrong kind.
        wrong_kind WrongKind;
        /// A field name that a record does not have.
        no_such_field NoSuchField;
        /// An argument of the right kind with a value that does not fit.
        value Value;
        /// A buffer that contradicts itself or cannot be exported as requested.
        buffer Buffer;
        /// A size that is larger than memory.
        too_large TooLarge;
        /// A size that is larger than the memory that is left.
        no_memory NoMemory;
    }

    /// Elements that cannot be read as what their format says.
    #[doc(hidden)]
    #[must_use]
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self(Box::new(Repr::Unreadable { message: message.into(), references: false }))
    }

    /// The same error for elements that cannot be read and in whose bytes there may be references
    /// to objects.
    #[doc(hidden)]
    #[must_use]
    pub fn with_references(mut self) -> Self {
        if let Repr::Unreadable { references, .. } = &mut *self.0 {
            *references = true;
        }
        self
    }

    /// Returns whether there may be references to objects in the bytes of elements that cannot be
    /// read.
    #[doc(hidden)]
    #[must_use]
    pub fn has_references(&self) -> bool {
        matches!(*self.0, Repr::Unreadable { references: true, .. })
    }

    /// A format string that does not follow the grammar; `offset` counts bytes from its start.
    pub(crate) fn format(format: &[u8], offset: usize, message: impl Into<String>) -> Self {
        let format = excerpt(format, offset);
        Self(Box::new(Repr::Format { format, offset, message: message.into() }))
    }

    /// A key with more than one `...`.
    #[doc(hidden)]
    #[must_use]
    pub fn several_ellipses() -> Self {
        Self::wrong_kind("an index can have only one ellipsis ('...')")
    }

    /// A store into memory that is exported read-only.
    #[doc(hidden)]
    #[must_use]
    pub fn read_only() -> Self {
        Self(Box::new(Repr::ReadOnly))
    }

    /// A store of plain bytes in memory that owns, or may own, references to objects.
    #[doc(hidden)]
    #[must_use]
    pub fn references_as_bytes() -> Self {
        Self::wrong_kind(
            "the elements hold references to objects, which are not stored as plain bytes",
        )
    }

    /// Memory of ours that is too small for `wanted` bytes, or elements that are not contiguous.
    #[doc(hidden)]
    #[must_use]
    pub fn memory_too_small(wanted: usize, available: usize) -> Self {
        Self::value(format!("{wanted} bytes do not fit memory of {available}"))
    }

    /// The same error, which says that it is about a field.
    #[doc(hidden)]
    #[must_use]
    #[cold]
    pub fn in_field(mut self, name: &dyn fmt::Display) -> Self {
        if let Repr::Index(message)
        | Repr::WrongKind(message)
        | Repr::NoSuchField(message)
        | Repr::Value(message)
        | Repr::Buffer(message) = &mut *self.0
        {
            message.insert_str(0, &format!("field '{name}': "));
        }
        self
    }

    /// Returns whether a format string could not be parsed.
    #[must_use]
    pub fn is_format(&self) -> bool {
        matches!(*self.0, Repr::Format { .. })
    }

    /// Returns whether elements cannot be read, because their format is unknown or contradicts
    /// their size. The bytes of such an array stay usable.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        matches!(*self.0, Repr::Unreadable { .. })
    }

    /// Returns whether an index was out of bounds.
    #[must_use]
    pub fn is_index(&self) -> bool {
        matches!(*self.0, Repr::Index(_))
    }

    /// Returns whether a key or argument was of the wrong kind, or a key had too many parts.
    #[must_use]
    pub fn is_wrong_kind(&self) -> bool {
        matches!(*self.0, Repr::WrongKind(_))
    }

    /// Returns whether a record has no field of the requested name.
    #[must_use]
    pub fn is_no_such_field(&self) -> bool {
        matches!(*self.0, Repr::NoSuchField(_))
    }

    /// Returns whether an argument had a value that does not fit.
    #[must_use]
    pub fn is_value(&self) -> bool {
        matches!(*self.0, Repr::Value(_))
    }

    /// Returns whether a buffer contradicts itself or cannot be exported as requested.
    #[must_use]
    pub fn is_buffer(&self) -> bool {
        matches!(*self.0, Repr::Buffer(_))
    }

    /// Returns whether a size is larger than memory.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(*self.0, Repr::TooLarge(_) | Repr::NoMemory(_))
    }

    /// Returns whether a size is larger than the memory that is left, and nothing else is wrong.
    #[doc(hidden)]
    #[must_use]
    pub fn is_no_memory(&self) -> bool {
        matches!(*self.0, Repr::NoMemory(_))
    }

    /// Returns whether a store was refused because the memory is read-only.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        matches!(*self.0, Repr::ReadOnly)
    }

    /// Returns where in the format string parsing stopped, in bytes; `None` for any other error.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        match *self.0 {
            Repr::Format { offset, .. } => Some(offset),
            _ => None,
        }
    }
}

/// Numbers as Python writes a tuple of them, such as a shape.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Tuple<'a, T>(pub &'a [T]);

impl<T: fmt::Display> fmt::Display for Tuple<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, number) in self.0.iter().enumerate() {
            write!(f, "{}{number}", if index > 0 { ", " } else { "" })?;
        }
        f.write_str(if self.0.len() == 1 { ",)" } else { ")" })
    }
}

/// Returns a format as text; of a long one, what is around a byte.
fn excerpt(format: &[u8], offset: usize) -> String {
    const AROUND: usize = 200;
    let from = if format.len() > 2 * AROUND { offset.saturating_sub(AROUND) } else { 0 };
    let to = (from + 2 * AROUND).min(format.len());
    let part = String::from_utf8_lossy(&format[from.min(to)..to]);
    let (before, after) =
        (if from > 0 { "…" } else { "" }, if to < format.len() { "…" } else { "" });
    format!("{before}{part}{after}")
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Repr::Format { format, offset, message } => {
                write!(f, "format {format:?}, at byte {offset}: {message}")
            }
            Repr::Unreadable { message, .. }
            | Repr::Index(message)
            | Repr::WrongKind(message)
            | Repr::NoSuchField(message)
            | Repr::Value(message)
            | Repr::Buffer(message)
            | Repr::TooLarge(message)
            | Repr::NoMemory(message) => f.write_str(message),
            Repr::ReadOnly => f.write_str("cannot modify read-only memory"),
        }
    }
}

impl std::error::Error for Error {}
