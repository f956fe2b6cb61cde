//! Places of minima and maxima in lanes that are numbers one after the other.

#![allow(unsafe_code)]

use super::super::blocks::BLOCK_BYTES;
use super::super::form::Form;
use super::super::order::{find, flip, least};
use super::steps::{Step, all_places};
use super::{Lanes, PAUSE_BYTES};

impl Lanes<'_> {
    /// Returns whether places are looked for in contiguous lanes that stay in the cache while they
    /// are looked at twice.
    pub(super) fn finds_places_by_row(&self) -> bool {
        let bytes = self.contiguous * self.encoding.size;
        self.task.is_place() && (1..=BLOCK_BYTES).contains(&bytes)
    }

    /// Finds the places, lane by lane.
    ///
    /// # Safety
    /// [`finds_places_by_row`](Self::finds_places_by_row) is true. The steps lead to lanes of
    /// elements of the encoding, and to places for their results.
    pub(super) unsafe fn find_places(&mut self, kept: &[Step], starts: [*mut u8; 2]) {
        let (lanes, outer) = Step::last_of(kept);
        let form = Form::of(self.encoding);
        let (count, flip) = (self.contiguous, flip(form, self.task.is_maximum()));
        let bytes = count * form.size;
        let together = PAUSE_BYTES / bytes;
        all_places(outer, starts, &mut |starts| {
            (0..lanes.length).step_by(together).all(|first| {
                let end = lanes.length.min(first + together);
                for lane in first..end {
                    let [start, target] = lanes.from(starts, lane);
                    // SAFETY: the caller guarantees the lane, which is contiguous, and so as many
                    // numbers of the form, and the place of the result.
                    unsafe {
                        let bits = least(start, count, form, flip) ^ flip;
                        // Where others have stored into the memory meanwhile, it need not be there.
                        let place = find(start, count, form, bits).unwrap_or(0);
                        target.cast::<i64>().write_unaligned(place as i64);
                    }
                }
                self.pauses.after((end - first) * bytes)
            })
        });
    }
}
