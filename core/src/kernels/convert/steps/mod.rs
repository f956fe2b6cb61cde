//! The steps of a conversion, each over one or two types.
//!
//! | file | what its steps do |
//! |---|---|
//! | `widen` | scalars to their wide type, and back |
//! | `between` | one wide type to another |
//! | `check` | find errors, clamp, tell truth |
//! | `moves` | move bytes |

mod between;
mod check;
mod moves;
mod widen;

pub(super) use between::{between, between_to_round, try_between, wrap};
pub(super) use check::{clamp, clamp_floats, complex_truth, imaginary, infinite, outside, truth};
pub(super) use moves::{reals, same, spread, swap};
pub(super) use widen::{narrow, widen};
