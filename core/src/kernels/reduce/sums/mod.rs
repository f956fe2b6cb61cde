//! Exact sums of contiguous numbers, and their one rounding.
//!
//! | file | what it does |
//! |---|---|
//! | `integers` | sums of integers |
//! | `window` | sums of `f64` that are exact at the speed of plain ones, and the proof |
//! | `block` | the pass over a block of floats |
//! | `doubles` | the vectors of that |
//! | `lanes` | the same of many lanes at once |
//! | `pair` | sums of a few `f64`, and of many side by side |
//! | `superaccumulator` | sums of any `f64`, for what the window leaves undecided |
//! | `round` | exact numbers, and how they are rounded |

mod block;
mod doubles;
pub(super) mod integers;
mod lanes;
mod pair;
mod round;
mod superaccumulator;
mod window;

pub(super) use lanes::{FloatLanes, LONGEST};
pub(super) use pair::Pair;
pub(super) use round::Exact;
pub(super) use superaccumulator::Superaccumulator;
pub(super) use window::{Floats, Window};
