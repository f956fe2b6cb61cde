//! The parser: recursive descent over the bytes of a format string.
//!
//! A prefix stays in force until the next one, even across the braces of records, so it is state of
//! the whole parser and not of one nesting level. Depth and counts are limited, so that no input
//! exhausts the stack or overflows a sum. Errors carry the byte offset at which the input stopped
//! following the grammar.

use super::{Code, Element, Format, Item, Prefix};
use crate::error::{Error, Result};
use crate::fallible;

/// The limit for nested records and references: more than any exporter writes, and little enough
/// for the stack.
const MAX_DEPTH: usize = 64;

/// The limit for the items of a format, nested ones included: elements of as many are not read.
const MAX_ITEMS: usize = 1 << 16;

impl Format {
    /// Parses a format string, given as the bytes of the exporter's C string without its NUL.
    ///
    /// # Errors
    /// Returns an error with [`is_format`](Error::is_format), which names the byte, if the string
    /// does not follow the grammar, nests deeper than 64 levels, has more than 65536 items (a run
    /// of padding is two at most) or a count that is larger than memory, and one with
    /// [`is_too_large`](Error::is_too_large) if there is not enough memory for the tree.
    ///
    /// # Examples
    /// ```
    /// use consumer::Format;
    /// use consumer::format::{Code, Prefix};
    ///
    /// assert_eq!(Format::parse(b"<i").unwrap().as_scalar(), Some((Code::Int, Prefix::Little)));
    /// assert_eq!(Format::parse(b"fffBBBB").unwrap().items.len(), 7);
    /// assert!(Format::parse(b"bfloat16").unwrap_err().is_format());
    /// ```
    pub fn parse(format: &[u8]) -> Result<Self> {
        Self::parse_by(format, Rules::Own).map(|(tree, _)| tree)
    }

    /// The same for a format that a caller wrote, and not an exporter: a prefix behind the last
    /// element is refused, as `struct` and NumPy do. Exporters may leave one there, which changes
    /// nothing. Behind the last element of a record, NumPy writes them itself.
    ///
    /// # Errors
    /// Returns the errors of [`parse`](Self::parse), and one for such a prefix.
    #[doc(hidden)]
    pub fn parse_strict(format: &[u8]) -> Result<Self> {
        Self::parse_by(format, Rules::Callers).map(|(tree, _)| tree)
    }

    /// Parses a format string, and returns its tree and whether NumPy finds the same in it.
    ///
    /// # Errors
    /// Returns the errors of [`parse`](Self::parse).
    pub(crate) fn parse_and_compare(format: &[u8]) -> Result<(Self, bool)> {
        Self::parse_by(format, Rules::Own)
    }

    /// Parses a format string as NumPy does, for which the prefix that is in force where a record
    /// ends decides whether the record is aligned, and not the one in front of it.
    ///
    /// # Errors
    /// Returns the errors of [`parse`](Self::parse), and one for what NumPy writes but does not
    /// read: a sub-array of sub-arrays, and a prefix that nothing follows.
    pub(crate) fn parse_as_numpy(format: &[u8]) -> Result<Self> {
        Self::parse_by(format, Rules::NumPy).map(|(tree, _)| tree)
    }

    fn parse_by(format: &[u8], rules: Rules) -> Result<(Self, bool)> {
        let prefix = Prefix::default();
        let mut parser =
            Parser { text: format, position: 0, prefix, rules, is_alike: true, count: 0 };
        let items = parser.items(0)?;
        match parser.peek() {
            None => Ok((Self { items }, parser.is_alike)),
            Some(_) => Err(parser.error("'}' without a record that it could close")),
        }
    }
}

/// Whose rules apply where readers differ.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    /// For the formats of exporters.
    Own,
    /// The same, but for a prefix at the end.
    Callers,
    NumPy,
}

/// Makes padding part of the padding in front of it, and returns whether it is: NumPy writes an `x`
/// for each byte, of which a record may have any number. Two items are left, so that padding alone
/// does not become an element.
fn joins(items: &mut [Item], item: &Item) -> bool {
    let [.., before, last] = items else { return false };
    let joined = match (padding_of(before), padding_of(last), padding_of(item)) {
        (Some(_), Some(size), Some(more)) if last.prefix == item.prefix => {
            size.checked_add(more).filter(|&sum| isize::try_from(sum).is_ok())
        }
        _ => None,
    };
    if let Some(size) = joined {
        last.element = Element::Void(size);
    }
    joined.is_some()
}

/// Returns how many bytes of padding an item is, if it is nothing else.
fn padding_of(item: &Item) -> Option<usize> {
    match item {
        Item { element: Element::Void(size), name: None, shape, .. } if shape.is_empty() => {
            Some(*size)
        }
        _ => None,
    }
}

struct Parser<'a> {
    text: &'a [u8],
    position: usize,
    prefix: Prefix,
    rules: Rules,
    /// Whether nothing was found for which the rules differ.
    is_alike: bool,
    /// The number of items so far.
    count: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }

    fn error(&self, message: impl Into<String>) -> Error {
        Error::format(self.text, self.position, message)
    }

    /// Describes the next byte for an error message.
    fn found(&self) -> String {
        match self.peek() {
            Some(byte @ 0x20..=0x7e) => format!("{:?}", char::from(byte)),
            Some(byte) => format!("byte {byte:#04x}"),
            None => "the end".to_owned(),
        }
    }

    /// Notes that the rules differ for what was found, and returns an error if it is something that
    /// NumPy does not read and its rules apply.
    fn differ(&mut self, unread: Option<&str>) -> Result<()> {
        self.is_alike = false;
        match (self.rules, unread) {
            (Rules::NumPy, Some(message)) => Err(self.error(message)),
            _ => Ok(()),
        }
    }

    fn skip_space(&mut self) {
        // What C's isspace() accepts, as `struct` does; \v is part of it.
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)) {
            self.position += 1;
        }
    }

    fn prefixes(&mut self) {
        while let Some(prefix) = self.peek().and_then(Prefix::from_byte) {
            self.prefix = prefix;
            self.position += 1;
            self.skip_space();
        }
    }

    /// Parses items up to the end of the string or a closing brace, which is not consumed.
    fn items(&mut self, depth: usize) -> Result<Vec<Item>> {
        if depth > MAX_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if matches!(self.peek(), None | Some(b'}')) {
                return Ok(items);
            }
            // A record may end with a prefix that nothing follows: NumPy writes such records.
            self.prefixes();
            if matches!(self.peek(), None | Some(b'}')) {
                if self.rules == Rules::Callers && self.peek().is_none() {
                    let found = self.found();
                    return Err(self.error(format!("expected a type code, found {found}")));
                }
                self.differ(Some("a prefix that nothing follows"))?;
                return Ok(items);
            }
            let item = self.item(depth)?;
            if joins(&mut items, &item) {
                continue;
            }
            self.count += 1;
            if self.count > MAX_ITEMS {
                return Err(self.error(format!("more than {MAX_ITEMS} items")));
            }
            fallible::push(&mut items, item)?;
        }
    }

    fn item(&mut self, depth: usize) -> Result<Item> {
        let shape = self.shape()?;
        self.prefixes();
        let count = self.count()?;
        self.prefixes();
        let mut prefix = self.prefix;
        let (repeat, element) = self.element(count, depth)?;
        if matches!(element, Element::Record(_)) && prefix.is_aligned() != self.prefix.is_aligned()
        {
            self.differ(None)?;
            if self.rules == Rules::NumPy {
                prefix = self.prefix;
            }
        }
        let name = self.name()?;
        Ok(Item { prefix, shape, repeat, element, name })
    }

    /// Parses the shape of a sub-array. Consecutive shapes, the outermost first, are that of a
    /// sub-array of sub-arrays.
    fn shape(&mut self) -> Result<Vec<usize>> {
        let mut shape = Vec::new();
        while self.take(b'(') {
            if !shape.is_empty() {
                self.differ(Some("a sub-array of sub-arrays"))?;
            }
            self.lengths(&mut shape)?;
        }
        Ok(shape)
    }

    /// Parses the lengths of a shape and its closing parenthesis.
    fn lengths(&mut self, shape: &mut Vec<usize>) -> Result<()> {
        loop {
            self.skip_space();
            match self.count()? {
                Some(length) => fallible::push(shape, length)?,
                None => {
                    let found = self.found();
                    return Err(self.error(format!("expected a length, found {found}")));
                }
            }
            self.skip_space();
            if self.take(b')') {
                return Ok(());
            }
            if !self.take(b',') {
                let found = self.found();
                return Err(self.error(format!("expected ',' or ')', found {found}")));
            }
        }
    }

    fn count(&mut self) -> Result<Option<usize>> {
        let mut count: Option<usize> = None;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let next = count.unwrap_or(0).checked_mul(10);
            let next = next.and_then(|tens| tens.checked_add(usize::from(digit - b'0')));
            match next.filter(|&next| isize::try_from(next).is_ok()) {
                Some(next) => count = Some(next),
                None => return Err(self.error("a count larger than memory")),
            }
            self.position += 1;
        }
        Ok(count)
    }

    /// Parses an element and returns it with its repeat count. For strings and padding the count is
    /// their length instead.
    fn element(&mut self, count: Option<usize>, depth: usize) -> Result<(usize, Element)> {
        let start = self.position;
        let Some(letter) = self.peek() else {
            return Err(self.error("expected a type code, found the end"));
        };
        self.position += 1;
        let length = count.unwrap_or(1);
        let element = match letter {
            b's' => return Ok((1, Element::Bytes(length))),
            b'p' => return Ok((1, Element::Pascal(length))),
            b'x' => return Ok((1, Element::Void(length))),
            b't' => return Ok((1, Element::Bits(length))),
            b'u' if count.is_some() => return Ok((1, Element::Text(Code::Ucs2, length))),
            b'w' if count.is_some() => return Ok((1, Element::Text(Code::Ucs4, length))),
            b'O' => Element::Object,
            b'Z' => match self.peek().and_then(Code::complex_of) {
                Some(code) => {
                    self.position += 1;
                    Element::Scalar(code)
                }
                None => Element::Scalar(Code::WideCharPointer),
            },
            b'&' => Element::Reference(Box::new(self.target(depth + 1)?)),
            b'X' => Element::Function(self.function()?),
            b'T' => {
                self.open_brace("T")?;
                let items = self.items(depth + 1)?;
                if !self.take(b'}') {
                    return Err(self.error("expected '}', found the end"));
                }
                Element::Record(items)
            }
            _ => match Code::from_letter(letter) {
                Some(code) => Element::Scalar(code),
                None => {
                    self.position = start;
                    let found = self.found();
                    return Err(self.error(format!("expected a type code, found {found}")));
                }
            },
        };
        Ok((length, element))
    }

    /// Parses the target of a reference: an item without a name, because a name that follows is
    /// that of the reference.
    fn target(&mut self, depth: usize) -> Result<Item> {
        if depth > MAX_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.skip_space();
        let shape = self.shape()?;
        self.prefixes();
        let count = self.count()?;
        self.prefixes();
        let prefix = self.prefix;
        let (repeat, element) = self.element(count, depth)?;
        Ok(Item { prefix, shape, repeat, element, name: None })
    }

    fn open_brace(&mut self, code: &str) -> Result<()> {
        if self.take(b'{') {
            return Ok(());
        }
        let found = self.found();
        Err(self.error(format!("expected '{{' after {code}, found {found}")))
    }

    /// Parses the signature between the braces of `X{…}`, in which only braces have a meaning.
    fn function(&mut self) -> Result<String> {
        self.open_brace("X")?;
        let start = self.position;
        let mut depth = 1_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let signature = self.utf8(start)?;
                self.position += 1;
                return Ok(signature);
            }
            self.position += 1;
        }
        Err(self.error("expected '}', found the end"))
    }

    fn name(&mut self) -> Result<Option<String>> {
        if !self.take(b':') {
            return Ok(None);
        }
        let start = self.position;
        while let Some(byte) = self.peek() {
            if byte == b':' {
                let name = self.utf8(start)?;
                self.position += 1;
                return Ok(Some(name));
            }
            self.position += 1;
        }
        Err(self.error("expected ':' after the name, found the end"))
    }

    /// Returns the text from `start` to the current position.
    fn utf8(&self, start: usize) -> Result<String> {
        match std::str::from_utf8(&self.text[start..self.position]) {
            Ok(text) => fallible::string(text),
            Err(error) => Err(Error::format(
                self.text,
                start + error.valid_up_to(),
                "expected UTF-8 in a name or signature",
            )),
        }
    }
}
