//! Runs of elements, several of the same length and distance together.
//!
//! A [`Run`] of `view` is one line of elements. If runs are short, it costs more to go from one to
//! the next than to work on it, so kernels are given the two innermost axes at once: [`Runs`] are
//! `count` runs of `length` elements. A kernel that needs a bounded amount of work takes them in
//! blocks: whole runs if several fit, otherwise parts of one.

use crate::view::Run;

/// Runs of elements in `N` views; in copies the first view is the target and the second the source.
/// All strides are in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Runs<const N: usize = 2> {
    /// The first element of the first run.
    pub(crate) starts: [*mut u8; N],
    /// From an element to the next one of its run.
    pub(crate) strides: [isize; N],
    /// Elements of a run.
    pub(crate) length: usize,
    /// From a run to the next one.
    pub(crate) outer_strides: [isize; N],
    /// How many runs there are.
    pub(crate) count: usize,
}

impl<const N: usize> Runs<N> {
    /// Makes runs of a single one.
    #[inline]
    pub(crate) fn single(run: Run<N>) -> Self {
        let Run { starts, strides, length } = run;
        Self { starts, strides, length, outer_strides: [0; N], count: 1 }
    }

    /// Returns the number of elements of all runs.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.count * self.length
    }

    /// Returns the runs in one of the views.
    #[inline]
    pub(crate) fn in_view(&self, view: usize) -> Runs<1> {
        Runs {
            starts: [self.starts[view]],
            strides: [self.strides[view]],
            length: self.length,
            outer_strides: [self.outer_strides[view]],
            count: self.count,
        }
    }

    /// Returns where the run `index` starts.
    #[inline(always)]
    pub(crate) fn run_starts(&self, index: usize) -> [*mut u8; N] {
        let mut starts = self.starts;
        for (start, stride) in starts.iter_mut().zip(self.outer_strides) {
            *start = start.wrapping_offset(stride.wrapping_mul(index as isize));
        }
        starts
    }

    /// Returns where each run starts, in order.
    #[inline(always)]
    pub(crate) fn iter_starts(&self) -> impl Iterator<Item = [*mut u8; N]> {
        (0..self.count).map(|index| self.run_starts(index))
    }

    /// Returns `length` elements of the run `index`, from its element `first` on, as a single run.
    pub(crate) fn sub_run(&self, index: usize, first: usize, length: usize) -> Self {
        let mut starts = self.run_starts(index);
        for (start, stride) in starts.iter_mut().zip(self.strides) {
            *start = start.wrapping_offset(stride.wrapping_mul(first as isize));
        }
        Self { starts, length, count: 1, ..*self }
    }

    /// Calls `body` with blocks of at most `max` elements, in order, until it returns `false`:
    /// whole runs if several fit, otherwise parts of a run. Returns whether it never did.
    #[inline]
    pub(crate) fn all_blocks(&self, max: usize, mut body: impl FnMut(Self) -> bool) -> bool {
        if self.length == 0 {
            return true;
        }
        let fit = max / self.length;
        if self.count > 1 && fit > 1 {
            for first in (0..self.count).step_by(fit) {
                let (starts, count) = (self.run_starts(first), fit.min(self.count - first));
                if !body(Self { starts, count, ..*self }) {
                    return false;
                }
            }
            return true;
        }
        let length = max.min(self.length);
        for index in 0..self.count {
            for first in (0..self.length).step_by(length) {
                if !body(self.sub_run(index, first, length.min(self.length - first))) {
                    return false;
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Runs;

    /// Returns the addresses of all elements, run by run.
    fn places(runs: &Runs<1>) -> Vec<usize> {
        let starts = runs.iter_starts();
        let run = |[start]: [*mut u8; 1]| {
            (0..runs.length as isize)
                .map(move |index| start.addr() + (index * runs.strides[0]) as usize)
        };
        starts.flat_map(run).collect()
    }

    #[test]
    fn blocks_are_all_elements_in_order_and_none_is_too_large() {
        let start = std::ptr::without_provenance_mut(1000);
        for (length, count, max) in [
            (5, 3, 1),
            (5, 3, 4),
            (5, 3, 5),
            (5, 3, 9),
            (5, 3, 10),
            (5, 3, 99),
            (0, 3, 4),
            (5, 0, 4),
        ] {
            let runs = Runs { starts: [start], strides: [3], length, outer_strides: [100], count };
            let mut found = Vec::new();
            assert!(runs.all_blocks(max, |block| {
                assert!(block.len() <= max && block.len() > 0);
                found.extend(places(&block));
                true
            }));
            assert_eq!(found, places(&runs));
            let mut calls = 0;
            let all = runs.all_blocks(max, |_| {
                calls += 1;
                calls < 2
            });
            assert_eq!(all, calls < 2);
            assert!(calls <= 2);
        }
    }
}
