//! The text of a format string: stored inline if it is short, and shared if it is long.

use std::ffi::{CStr, CString};
use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::fallible::{self, Shortened};

/// A format string as the exporter wrote it, which can be handed on as a C string.
///
/// # Examples
/// ```
/// use consumer::FormatString;
/// assert_eq!(FormatString::from(c"<d").as_bytes(), b"<d");
/// assert_eq!(FormatString::from(c"<d").to_string(), "<d");
/// ```
#[derive(Clone)]
pub struct FormatString(Text);

/// The number of inline bytes, including the terminating NUL.
const INLINE: usize = 8;

/// Text in a machine word, and aligned like one, so that copying it is one load and one store.
#[derive(Clone, Copy)]
#[repr(align(8))]
struct Word([u8; INLINE]);

#[derive(Clone)]
enum Text {
    Inline(Word),
    Shared(Arc<CString>),
}

impl FormatString {
    /// Makes a format of one byte or, if the second one is not 0, of two.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn from_letters(first: u8, second: u8) -> Self {
        let mut inline = [0; INLINE];
        (inline[0], inline[1]) = (first, second);
        Self(Text::Inline(Word(inline)))
    }

    /// Makes a format of at most seven bytes, none of them NUL. Further bytes are ignored.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn inline(bytes: impl IntoIterator<Item = u8>) -> Self {
        // Built in a register: loading a word whose bytes were just stored one by one stalls.
        let places = (0..INLINE as u32 - 1).zip(bytes);
        let word = places.fold(0, |word, (place, byte)| word | (u64::from(byte) << (8 * place)));
        Self(Text::Inline(Word(word.to_le_bytes())))
    }

    /// Makes a format, none of whose bytes is NUL, with a prefix in front.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn prefixed(prefix: Option<u8>, format: &[u8]) -> Self {
        let bytes = prefix.into_iter().chain(format.iter().copied());
        if format.len() < INLINE - 1 {
            return Self::inline(bytes);
        }
        CString::new(bytes.collect::<Vec<u8>>()).unwrap_or_default().into()
    }

    /// Returns whether there is an `O` in the format, outside of names.
    #[doc(hidden)]
    #[must_use]
    pub fn mentions_objects(&self) -> bool {
        mentions_objects(self.as_bytes())
    }

    /// Copies a format of any length.
    ///
    /// # Errors
    /// Returns an error with [`is_too_large`](crate::Error::is_too_large) if there is not enough
    /// memory.
    #[doc(hidden)]
    #[inline]
    pub fn try_from_c_str(text: &CStr) -> Result<Self> {
        match Self::try_inline(text) {
            Some(format) => Ok(format),
            None => {
                // With the room for the NUL that follows.
                let copy = fallible::bytes(text.to_bytes(), 1)?;
                Ok(Self(Text::Shared(Arc::new(CString::new(copy).unwrap_or_default()))))
            }
        }
    }

    #[inline]
    fn try_inline(text: &CStr) -> Option<Self> {
        let bytes = text.to_bytes_with_nul();
        let mut inline = [0; INLINE];
        inline.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self(Text::Inline(Word(inline))))
    }

    /// Returns whether the text is stored inline.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn is_inline(&self) -> bool {
        matches!(self.0, Text::Inline(_))
    }

    /// Returns the format with further text, which has no NUL, after it.
    #[doc(hidden)]
    #[must_use]
    pub fn followed_by(&self, text: &str) -> Self {
        let bytes = [self.as_bytes(), text.as_bytes()].concat();
        CString::new(bytes).unwrap_or_default().into()
    }

    /// Returns the format as a C string.
    #[must_use]
    #[inline]
    pub fn as_c_str(&self) -> &CStr {
        match &self.0 {
            Text::Inline(word) => CStr::from_bytes_until_nul(&word.0).unwrap_or_default(),
            Text::Shared(text) => text,
        }
    }

    /// Returns the bytes before the terminating NUL.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.as_c_str().to_bytes()
    }
}

/// Returns whether there is an `O` in a format, whether it follows the grammar or not, outside of
/// names.
pub(crate) fn mentions_objects(format: &[u8]) -> bool {
    format.split(|&byte| byte == b':').step_by(2).any(|text| text.contains(&b'O'))
}

impl From<&CStr> for FormatString {
    #[inline]
    fn from(text: &CStr) -> Self {
        Self::try_inline(text).unwrap_or_else(|| Self(Text::Shared(Arc::new(text.to_owned()))))
    }
}

impl From<CString> for FormatString {
    fn from(text: CString) -> Self {
        Self::try_inline(&text).unwrap_or_else(|| Self(Text::Shared(Arc::new(text))))
    }
}

impl PartialEq for FormatString {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for FormatString {}

/// A long format is shortened: this is how messages quote it. [`as_bytes`](FormatString::as_bytes)
/// has all of it.
impl fmt::Display for FormatString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shortened(&fallible::lossy_start(self.as_bytes())).fmt(f)
    }
}

impl fmt::Debug for FormatString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_c_str(), f)
    }
}
