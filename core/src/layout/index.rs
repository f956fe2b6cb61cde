//! Indices: resolving those that count from the end, and computing those of a position.

/// Resolves an index that counts from the end if it is negative. Returns `None` if it is out of
/// bounds.
#[must_use]
#[inline(always)]
pub fn resolve_index(index: isize, length: usize) -> Option<usize> {
    let from_start = if index < 0 { index.wrapping_add(length as isize) } else { index } as usize;
    (from_start < length).then_some(from_start)
}

/// Returns the indices of the element at a position in C order.
#[must_use]
pub fn unravel(mut position: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (place, &length) in index.iter_mut().zip(shape).rev() {
        *place = position % length.max(1);
        position /= length.max(1);
    }
    index
}

#[cfg(test)]
mod tests {
    use super::{resolve_index, unravel};

    #[test]
    fn indices_from_both_ends() {
        let resolved = [-4, -3, -1, 0, 2, 3, isize::MIN, isize::MAX];
        let resolved = resolved.map(|index| resolve_index(index, 3));
        assert_eq!(resolved, [None, Some(0), Some(2), Some(0), Some(2), None, None, None]);
        assert_eq!(resolve_index(0, 0), None);
        assert_eq!(resolve_index(-1, 0), None);
    }

    #[test]
    fn positions_in_c_order() {
        assert_eq!(
            (0..6).map(|position| unravel(position, &[2, 3])).collect::<Vec<_>>(),
            [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
        );
        assert!(unravel(0, &[]).is_empty());
    }
}
