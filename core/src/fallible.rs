//! Allocations whose size somebody else chooses: an error where there is no memory, and no abort.
//!
//! What is of a few hundred bytes whatever the input, such as a layout or a message, is allocated
//! as usual in Rust. What grows with a key, a format, a name or an element comes from here, and
//! what quotes one of them quotes some of it.

use std::borrow::Cow;
use std::collections::BinaryHeap;
use std::fmt::{self, Display, Write};
use std::hint::black_box;

use crate::error::{Error, Result};

/// Sizes up to this one count as small.
const SMALL: usize = 16 << 10;

/// The error for a size that is larger than the memory that is left.
#[cold]
#[must_use]
pub fn no_memory(size: usize) -> Error {
    Error::no_memory(format!("no memory for {size} bytes"))
}

/// Makes a vector with room for `count` items.
///
/// # Errors
/// Returns an error with [`is_too_large`](Error::is_too_large) if there is not enough memory.
pub fn vec_for<T>(count: usize) -> Result<Vec<T>> {
    let mut items = Vec::new();
    items.try_reserve_exact(count).map_err(|_| no_memory(count.saturating_mul(size_of::<T>())))?;
    Ok(items)
}

/// Appends an item.
///
/// # Errors
/// Returns an error with [`is_too_large`](Error::is_too_large) if there is not enough memory.
#[inline]
pub fn push<T>(items: &mut Vec<T>, item: T) -> Result<()> {
    if items.len() == items.capacity() {
        let size = items.len().saturating_add(1).saturating_mul(size_of::<T>());
        items.try_reserve(1).map_err(|_| no_memory(size))?;
    }
    items.push(item);
    Ok(())
}

/// Collects items.
///
/// # Errors
/// Returns an error with [`is_too_large`](Error::is_too_large) if there is not enough memory.
pub fn collect<T>(items: impl Iterator<Item = T>) -> Result<Vec<T>> {
    let mut all = vec_for(items.size_hint().0)?;
    for item in items {
        push(&mut all, item)?;
    }
    Ok(all)
}

/// Sorts items. What is sorted here is short, and a heap takes a fraction of the code that the
/// standard library's sort of slices is made into for each type.
#[must_use]
pub fn sorted<T: Ord>(items: Vec<T>) -> Vec<T> {
    BinaryHeap::from(items).into_sorted_vec()
}

/// Copies bytes, with room for `more` of them.
///
/// # Errors
/// Returns an error with [`is_too_large`](Error::is_too_large) if there is not enough memory.
pub fn bytes(source: &[u8], more: usize) -> Result<Vec<u8>> {
    let mut copy = vec_for(source.len().saturating_add(more))?;
    copy.extend_from_slice(source);
    Ok(copy)
}

/// Appends text.
///
/// # Errors
/// Returns an error with [`is_too_large`](Error::is_too_large) if there is not enough memory.
pub fn push_str(text: &mut String, more: &str) -> Result<()> {
    text.try_reserve(more.len()).map_err(|_| no_memory(text.len().saturating_add(more.len())))?;
    text.push_str(more);
    Ok(())
}

/// Appends the text of a number.
///
/// # Errors
/// Returns an error with [`is_too_large`](Error::is_too_large) if there is not enough memory.
pub fn push_number(text: &mut String, number: impl Display) -> Result<()> {
    // More than any number takes in decimal.
    const LONGEST: usize = 64;
    text.try_reserve(LONGEST).map_err(|_| no_memory(text.len().saturating_add(LONGEST)))?;
    let _ = write!(text, "{number}");
    Ok(())
}

/// Copies text.
///
/// # Errors
/// Returns an error with [`is_too_large`](Error::is_too_large) if there is not enough memory.
pub fn string(source: &str) -> Result<String> {
    let mut copy = String::new();
    copy.try_reserve_exact(source.len()).map_err(|_| no_memory(source.len()))?;
    copy.push_str(source);
    Ok(copy)
}

/// Finds out whether there is memory for what code that cannot fail is about to allocate, such as
/// a copy of a large tree, in all `size` bytes at most. Another thread may take it meanwhile.
///
/// # Errors
/// Returns an error with [`is_too_large`](Error::is_too_large) if there is not enough memory.
pub fn room_for(size: usize) -> Result<()> {
    if size <= SMALL {
        return Ok(());
    }
    // The compiler must not leave out an allocation that nobody uses.
    black_box(vec_for::<u8>(black_box(size))?);
    Ok(())
}

/// Returns the start of text, which is more than [`Shortened`] shows where it is not all of it.
#[must_use]
pub fn lossy_start(text: &[u8]) -> Cow<'_, str> {
    // No character has more than four bytes. One that is cut in two is not shown.
    String::from_utf8_lossy(&text[..text.len().min(4 * QUOTED + 4)])
}

/// Text in a message: whole if it is short, and else its start.
pub struct Shortened<'a>(pub &'a str);

/// Characters of the text that messages quote.
pub const QUOTED: usize = 500;

impl<'a> Shortened<'a> {
    /// Returns what is quoted, and what stands for the rest.
    fn parts(&self) -> (&'a str, &'static str) {
        match self.0.char_indices().nth(QUOTED) {
            Some((end, _)) => (&self.0[..end], "…"),
            None => (self.0, ""),
        }
    }
}

impl fmt::Display for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, rest) = self.parts();
        write!(f, "{start}{rest}")
    }
}

impl fmt::Debug for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, rest) = self.parts();
        write!(f, "{start:?}{rest}")
    }
}
