//! The text of a format string: stored inline if it is short, and shared if it is long.

use std::ffi::{CStr, CString};
use std::fmt;
use std::sync::Arc;

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
        let mut inline = [0; INLINE];
        inline[..INLINE - 1].iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        Self(Text::Inline(Word(inline)))
    }

    /// Returns whether there is an `O` in the format, outside of names.
    #[doc(hidden)]
    #[must_use]
    pub fn mentions_objects(&self) -> bool {
        mentions_objects(self.as_bytes())
    }

    /// Returns whether the text is stored inline.
    #[inline(always)]
    pub(crate) fn is_inline(&self) -> bool {
        matches!(self.0, Text::Inline(_))
    }

    /// Returns the format with further text, which has no NUL, after it.
    #[must_use]
    pub(crate) fn followed_by(&self, text: &str) -> Self {
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
        let bytes = text.to_bytes_with_nul();
        let mut inline = [0; INLINE];
        match inline.get_mut(..bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                Self(Text::Inline(Word(inline)))
            }
            None => Self(Text::Shared(Arc::new(text.to_owned()))),
        }
    }
}

impl From<CString> for FormatString {
    fn from(text: CString) -> Self {
        Self::from(text.as_c_str())
    }
}

impl PartialEq for FormatString {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for FormatString {}

impl fmt::Display for FormatString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

impl fmt::Debug for FormatString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_c_str(), f)
    }
}
