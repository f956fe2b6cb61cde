//! The object `ConsumerArray`: what it owns, who may touch its memory and for how long, and how one
//! is created.
//!
//! # How the objects relate
//! An exporter fills in a `Py_buffer`, once and in place: it may point into itself, so that it must
//! never move, and some exporters allow only one at a time. It lies in the ConsumerArray that
//! `consume` created, the *root* ([`root`]). Slices, fields, transposes and the like are further
//! ConsumerArrays that refer to the root, and each of them, the root among them, holds it: a hold
//! is a count, not a reference. Releasing a view, or its death, drops its hold, and with the last
//! hold the export ends. So a view may be released while its slices live on. An operation that runs
//! arbitrary Python code holds the view in turn ([`access`]), which then lets go of the root when
//! both are over: the release and the operation ([`usage`]).
//!
//! Without a GIL nobody has the root but its views: `consume` hands out the first of them
//! ([`create`]).
//!
//! In the other direction, whoever asks a ConsumerArray for a buffer keeps *that* view from being
//! released, as with memoryview ([`usage`]). Anything else that hands the memory on for
//! longer than a call has to count there too, and keep the view alive.
//!
//! # The files
//! chain ← uninit ← scalar ← class, whose parts are usage and root; access is the only way from a
//! class to its memory; create has the constructors, consume those of other objects, and duplicate
//! copies.

pub(crate) mod access;
mod chain;
pub(crate) mod class;
pub(crate) mod consume;
pub(crate) mod create;
pub(crate) mod duplicate;
pub(crate) mod root;
pub(crate) mod scalar;
pub(crate) mod uninit;
pub(crate) mod usage;

pub(crate) use access::{Access, Description, ViewPart};
pub(crate) use class::PyConsumerArray;
pub(crate) use scalar::as_view;
