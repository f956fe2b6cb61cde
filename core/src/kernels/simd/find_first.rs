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

/// Returns the index of the first of `count` elements that the predicate holds for. `chunks` are
/// the lengths of long and short chunks.
#[inline(always)]
pub(crate) fn find_first(
    count: usize,
    chunks: [usize; 2],
    predicate: impl Fn(usize) -> bool,
) -> Option<usize> {
    let searched = skip_chunks(0, count, chunks[0], &predicate);
    let searched = skip_chunks(searched, count, chunks[1], &predicate);
    (searched..count).find(|&index| predicate(index))
}

/// Skips whole chunks, from `first` on, that have no element that the predicate holds for. Returns
/// where the first other chunk starts, or where fewer elements than a chunk are left.
#[inline(always)]
fn skip_chunks(
    mut first: usize,
    count: usize,
    chunk: usize,
    predicate: impl Fn(usize) -> bool,
) -> usize {
    while count - first >= chunk {
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
    use super::find_first;

    #[test]
    fn the_first_one_is_found_wherever_it_is() {
        for count in (0..100).chain([8192 + 64, 20_000]) {
            for place in (0..count).step_by(1 + count / 90) {
                // Whatever comes after the first one changes nothing.
                for predicate in
                    [|index, place| index == place, |index: usize, place| index >= place]
                {
                    let holds = |index: usize| {
                        assert!(index < count);
                        predicate(index, place)
                    };
                    assert_eq!(find_first(count, [16, 4], holds), Some(place));
                }
            }
            assert_eq!(find_first(count, [16, 4], |_| false), None);
        }
    }
}
