//! libFuzzer's entry to [`fuzz::request_heads`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::request_heads(bytes));
