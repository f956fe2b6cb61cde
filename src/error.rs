//! The one error type of the crate.
//!
//! Its kinds are private, so that a new one is no breaking change; what a caller may want to know
//! is asked through predicates. The Python layer maps each predicate to one exception class.

use std::fmt;

/// What went wrong, in words that name the offending thing.
///
/// # Examples
/// ```
/// let error = consumer::Format::parse(b"3i(2").unwrap_err();
/// assert!(error.is_format());
/// assert_eq!(error.offset(), Some(4));
/// assert!(error.to_string().contains("at byte 4"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Kind>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Format { format: String, offset: usize, message: String },
    Unreadable(String),
    Index(String),
    Key(String),
    Name(String),
    Value(String),
    Buffer(String),
    TooLarge(String),
    ReadOnly,
}

/// The result of this crate's operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A format string that does not follow the grammar; `offset` counts bytes from its start.
    pub fn format(format: &[u8], offset: usize, message: impl Into<String>) -> Self {
        let format = String::from_utf8_lossy(format).into_owned();
        Self(Box::new(Kind::Format { format, offset, message: message.into() }))
    }

    /// Elements that cannot be read as what their format says.
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::Unreadable(message.into())))
    }

    /// An index beyond the end of its dimension.
    pub fn index(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::Index(message.into())))
    }

    /// A key or argument of the wrong kind.
    pub fn key(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::Key(message.into())))
    }

    /// A name that no field has.
    pub fn name(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::Name(message.into())))
    }

    /// An argument of the right kind whose value does not fit.
    pub fn value(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::Value(message.into())))
    }

    /// A buffer that contradicts itself, or cannot be handed out as asked.
    pub fn buffer(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::Buffer(message.into())))
    }

    /// Sizes whose sum or product no memory can have.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::TooLarge(message.into())))
    }

    /// A store into memory that is exported read-only.
    pub fn read_only() -> Self {
        Self(Box::new(Kind::ReadOnly))
    }

    /// Whether a format string could not be parsed.
    #[must_use]
    pub fn is_format(&self) -> bool {
        matches!(*self.0, Kind::Format { .. })
    }

    /// Whether elements cannot be read: their format is unknown, or contradicts their size.
    /// The bytes of such an array stay usable.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        matches!(*self.0, Kind::Unreadable(_))
    }

    /// Whether an index was out of bounds.
    #[must_use]
    pub fn is_index(&self) -> bool {
        matches!(*self.0, Kind::Index(_))
    }

    /// Whether a key or argument was of the wrong kind, too many indices among them.
    #[must_use]
    pub fn is_key(&self) -> bool {
        matches!(*self.0, Kind::Key(_))
    }

    /// Whether a record has no field of a name.
    #[must_use]
    pub fn is_name(&self) -> bool {
        matches!(*self.0, Kind::Name(_))
    }

    /// Whether an argument had a value that does not fit.
    #[must_use]
    pub fn is_value(&self) -> bool {
        matches!(*self.0, Kind::Value(_))
    }

    /// Whether a buffer contradicts itself or cannot be handed out as asked.
    #[must_use]
    pub fn is_buffer(&self) -> bool {
        matches!(*self.0, Kind::Buffer(_))
    }

    /// Whether a size is larger than memory can be.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(*self.0, Kind::TooLarge(_))
    }

    /// Whether a store was tried into read-only memory.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        matches!(*self.0, Kind::ReadOnly)
    }

    /// Where in the format string parsing stopped, in bytes; `None` for every other kind.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        match *self.0 {
            Kind::Format { offset, .. } => Some(offset),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Format { format, offset, message } => {
                write!(f, "format {format:?}, at byte {offset}: {message}")
            }
            Kind::Unreadable(message)
            | Kind::Index(message)
            | Kind::Key(message)
            | Kind::Name(message)
            | Kind::Value(message)
            | Kind::Buffer(message)
            | Kind::TooLarge(message) => f.write_str(message),
            Kind::ReadOnly => f.write_str("cannot modify read-only memory"),
        }
    }
}

impl std::error::Error for Error {}
