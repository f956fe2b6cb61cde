//! Writing a format string: the canonical spelling of a tree.

use std::fmt::{self, Write as _};

use super::{Code, Element, Format, Item, Prefix};

impl fmt::Display for Format {
    /// Writes the canonical spelling of the format, which parses to the same tree: a prefix only
    /// where it changes, `Z` and a letter for complex numbers, and white space only where the
    /// grammar needs it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printer { f, prefix: Prefix::default(), after_pointer: false }.items(&self.items)
    }
}

/// The state that writing one item takes over from the items before it.
struct Printer<'a, 'b> {
    f: &'a mut fmt::Formatter<'b>,
    /// The prefix in force.
    prefix: Prefix,
    /// Whether the last code written was the pointer `Z`, which a following `f` would turn into a
    /// complex number.
    after_pointer: bool,
}

impl Printer<'_, '_> {
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
