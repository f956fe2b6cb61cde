//! Summaries: sums, means, minima and maxima, and where these are.
//!
//! Integer sums are exact, and float sums correctly rounded: the exact sum of all elements, rounded
//! once to the nearest `f64`. So no result depends on the order of the elements, on how they lie in
//! memory, or on the vectors of the machine.
//!
//! | file | what it does |
//! |---|---|
//! | `total` | [`Sum`]: the sum of views, whatever their elements are |
//! | `sums` | exact sums of contiguous numbers, and the proof |
//! | `lanes` | summaries along axes |
//! | `environment` | what other libraries do to floats is not done to ours |
//! | `extreme` | [`Extreme`]: minima and maxima of views, and where they are |
//! | `order` | the order of numbers, and the loops that go by it |
//! | `blocks` | elements as contiguous numbers |
//! | `floats` | the least of floats |
//! | `form` | the few types of numbers that all elements are made of |
//! | `streams` | several places that a loop reads at |

mod blocks;
mod environment;
mod extreme;
mod floats;
mod form;
pub mod lanes;
mod order;
mod streams;
mod sums;
mod total;

pub use extreme::Extreme;
pub use lanes::{Task, no_elements, reduce_lanes};
pub use total::Sum;

/// The result of a summary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An integer; a `bool` is 0 or 1.
    Integer(i128),
    /// A float.
    Float(f64),
    /// A complex number, by its parts.
    Complex([f64; 2]),
}
