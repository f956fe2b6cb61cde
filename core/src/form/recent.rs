//! What was found out of formats and types lately: tables of a bounded size, so that the same ones
//! are not read over and over.
//!
//! What is found is believed as it stands, so that an entry has to have all that it depends on, and
//! whoever looks it up compares that. Nobody waits for a table: where another thread is changing
//! the place that is asked for, or was when the process forked, what is sought counts as not there.

use std::sync::{Arc, RwLock};

use super::ElementType;

/// How many pairs of entries a table has.
const PAIRS: usize = 64;

/// The heaviest element type that is kept: see [`ElementType::weight`].
const MAX_WEIGHT: usize = 1 << 17;

/// The longest text that is looked for.
const MAX_TEXT: usize = 1 << 12;

/// A table of what was found out lately. Each key has two places for its entry, of which the one
/// that was filled first is filled again. The entries are boxed, so that an empty table is nothing
/// but zeros, which take no room in the file of a library.
pub struct Recent<E>([RwLock<[Option<Box<E>>; 2]>; PAIRS]);

impl<E> Recent<E> {
    /// Makes an empty table.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "it is for statics")]
    pub const fn new() -> Self {
        Self([const { RwLock::new([None, None]) }; PAIRS])
    }

    /// Returns what `take` makes of the first entry for a key that it makes anything of.
    pub fn find<R>(&self, key: usize, mut take: impl FnMut(&E) -> Option<R>) -> Option<R> {
        let pair = self.0.get(key % PAIRS)?.try_read().ok()?;
        pair.iter().flatten().find_map(|entry| take(entry))
    }

    /// Keeps an entry. Returns the one that had to go.
    pub fn keep(&self, key: usize, entry: E) -> Option<E> {
        let Some(Ok(mut pair)) = self.0.get(key % PAIRS).map(RwLock::try_write) else {
            return Some(entry);
        };
        let [newer, older] = &mut *pair;
        std::mem::replace(older, newer.replace(Box::new(entry))).map(|old| *old)
    }
}

/// Returns the key of a text; `None` for one that is too long to be looked for.
#[must_use]
pub fn key_of_text(text: &[u8]) -> Option<usize> {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let step = |hash: u64, chunk: &[u8]| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        (hash.rotate_left(29) ^ u64::from_le_bytes(word)).wrapping_mul(FACTOR)
    };
    if text.len() > MAX_TEXT {
        return None;
    }
    let hash = text.chunks(8).fold(text.len() as u64, step);
    Some(((hash ^ hash >> 29).wrapping_mul(FACTOR) >> 32) as usize)
}

/// Returns whether an element type is one to be kept.
#[must_use]
pub fn is_to_be_kept(element_type: &ElementType) -> bool {
    element_type.weight() <= MAX_WEIGHT
}

/// What a format was judged to be, with an itemsize.
pub(super) struct Judged {
    format: Box<[u8]>,
    itemsize: usize,
    element_type: Arc<ElementType>,
}

static JUDGED: Recent<Judged> = Recent::new();

/// Returns what a format was judged to be lately.
pub(super) fn judged(format: &[u8], itemsize: usize) -> Option<Arc<ElementType>> {
    JUDGED.find(key_of_text(format)?, |known| {
        let same = known.itemsize == itemsize && *known.format == *format;
        same.then(|| known.element_type.clone())
    })
}

/// Keeps what a format was judged to be.
pub(super) fn keep_judged(format: &[u8], itemsize: usize, element_type: &Arc<ElementType>) {
    if let Some(key) = key_of_text(format)
        && is_to_be_kept(element_type)
        && let Ok(text) = crate::fallible::bytes(format, 0)
    {
        let format = text.into_boxed_slice();
        JUDGED.keep(key, Judged { format, itemsize, element_type: element_type.clone() });
    }
}
