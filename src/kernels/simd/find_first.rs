//! The first element that a predicate holds for, as a loop that compilers can vectorise.
//!
//! A loop that may end at any element is not vectorised. So elements are tested in chunks of a
//! fixed length: within a chunk every element is tested and the results are combined, which has no
//! exit and becomes vector code; between two chunks there is one branch. Chunks are long first, so
//! that the cost of the branch is negligible, then short, for what is left. The chunk in which
//! something was found, or the rest, is searched element by element. The lengths of both are
//! constants to the caller, and so to the compiler, which inlines all of this.
//!
//! The predicate may be called for elements after the first that it holds for, so it must have no
//! side effects. It is never called for an index of `count` or beyond.

use crate::kernels::prefetch::{DISTANCE, prefetch};

/// Returns the index of the first of `count` elements that the predicate holds for.
#[inline(always)]
pub(crate) fn find_first<const CHUNK: usize, const SHORT_CHUNK: usize>(
    count: usize,
    predicate: impl Fn(usize) -> bool,
) -> Option<usize> {
    find_first_from(0, count, [CHUNK, SHORT_CHUNK], predicate)
}

/// The same as [`find_first`] for elements that are contiguous from `start` on. If there are many,
/// prefetches later ones.
#[inline(always)]
pub(crate) fn find_first_contiguous<T>(
    start: *const T,
    count: usize,
    chunks: [usize; 2],
    predicate: impl Fn(usize) -> bool,
) -> Option<usize> {
    let distance = DISTANCE / size_of::<T>();
    let before_chunk = |first: usize| {
        let later = start.wrapping_add(first + distance).cast();
        prefetch(later, chunks[0] * size_of::<T>());
    };
    // The last elements are left out: there is nothing after them to prefetch.
    let count_prefetching = count.saturating_sub(distance);
    let searched = skip_chunks(0, count_prefetching, chunks[0], before_chunk, &predicate);
    find_first_from(searched, count, chunks, predicate)
}

#[inline(always)]
fn find_first_from(
    first: usize,
    count: usize,
    [chunk, short_chunk]: [usize; 2],
    predicate: impl Fn(usize) -> bool,
) -> Option<usize> {
    let searched = skip_chunks(first, count, chunk, |_| (), &predicate);
    let searched = skip_chunks(searched, count, short_chunk, |_| (), &predicate);
    (searched..count).find(|&index| predicate(index))
}

/// Skips whole chunks, from `first` on, that have no element that the predicate holds for. Calls
/// `before_chunk` with the start of every chunk. Returns where the first other chunk starts, or
/// where fewer elements than a chunk are left.
#[inline(always)]
fn skip_chunks(
    mut first: usize,
    count: usize,
    chunk: usize,
    before_chunk: impl Fn(usize),
    predicate: impl Fn(usize) -> bool,
) -> usize {
    while count - first >= chunk {
        before_chunk(first);
        let mut any = false;
        for index in 0..chunk {
            any |= predicate(first + index);
        }
        if any {
            break;
        }
        first += chunk;
    }
    first
}

#[cfg(test)]
mod tests {
    use super::{find_first, find_first_contiguous};

    #[test]
    fn the_first_one_is_found_wherever_it_is() {
        for count in (0..100).chain([8192 + 64, 20_000]) {
            let bytes = vec![0_u8; count];
            for place in (0..count).step_by(1 + count / 90) {
                // Whatever comes after the first one changes nothing.
                for predicate in
                    [|index, place| index == place, |index: usize, place| index >= place]
                {
                    let holds = |index: usize| {
                        assert!(index < count);
                        predicate(index, place)
                    };
                    assert_eq!(find_first::<16, 4>(count, holds), Some(place));
                    let found = find_first_contiguous(bytes.as_ptr(), count, [16, 4], holds);
                    assert_eq!(found, Some(place));
                }
            }
            assert_eq!(find_first::<16, 4>(count, |_| false), None);
            assert_eq!(find_first_contiguous(bytes.as_ptr(), count, [16, 4], |_| false), None);
        }
    }
}
