//! The ways through a view: from an element, or a lane, to the next.

use smallvec::SmallVec;

/// The way from an element, or a lane, to the next: in the view and among the results.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub(super) length: usize,
    pub(super) strides: [isize; 2],
}

/// Steps from the outermost to the innermost, none of which continues another or leads nowhere.
#[derive(Default)]
pub(super) struct Steps(pub(super) SmallVec<[Step; 4]>);

impl Steps {
    /// Adds the next one.
    pub(super) fn push(&mut self, step: Step) {
        if step.length == 1 {
            return;
        }
        let merged = self.0.last_mut().filter(|outer| {
            let end = step.strides.map(|stride| stride.checked_mul(step.length as isize));
            end == outer.strides.map(Some)
        });
        match merged {
            Some(outer) => *outer = Step { length: outer.length * step.length, ..step },
            None => self.0.push(step),
        }
    }
}

impl Step {
    /// Returns the innermost of some steps, and the others. None are as good as one of length 1.
    pub(super) fn last_of(steps: &[Self]) -> (Self, &[Self]) {
        match steps {
            [outer @ .., last] => (*last, outer),
            [] => (Self { length: 1, strides: [0; 2] }, &[]),
        }
    }

    /// Returns where so many steps lead.
    #[inline]
    pub(super) fn from(&self, starts: [*mut u8; 2], steps: usize) -> [*mut u8; 2] {
        let [from, to] = self.strides.map(|stride| stride.wrapping_mul(steps as isize));
        [starts[0].wrapping_offset(from), starts[1].wrapping_offset(to)]
    }
}

/// Calls `body` with all places that steps lead to, in order, until it returns false. Returns
/// whether it never did.
pub(super) fn all_places(
    steps: &[Step],
    starts: [*mut u8; 2],
    body: &mut dyn FnMut([*mut u8; 2]) -> bool,
) -> bool {
    match steps {
        [] => body(starts),
        [step, rest @ ..] => {
            (0..step.length).all(|index| all_places(rest, step.from(starts, index), body))
        }
    }
}
