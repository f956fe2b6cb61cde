//! Fuzzes the layout layer; what is asserted stands beside the tests, which replay the corpus.

#![no_main]

#[path = "../../tests/core/fuzzed/layout.rs"]
mod layout;

libfuzzer_sys::fuzz_target!(|data: &[u8]| layout::check(data));
