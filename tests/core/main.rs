//! Tests of the library. The modules mirror those of `src/` and `core/src/`; `support` is what
//! several of them share.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod array;
mod element;
mod form;
mod format;
mod fuzzed;
mod kernels;
mod layout;
mod support;
mod view;
