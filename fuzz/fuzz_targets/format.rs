//! Fuzzes the format layer; what is asserted stands beside the tests, which replay the corpus.

#![no_main]

#[path = "../../tests/core/fuzzed/format.rs"]
mod format;

libfuzzer_sys::fuzz_target!(|data: &[u8]| format::check(data));
