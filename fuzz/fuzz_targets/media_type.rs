//! libFuzzer's entry to [`fuzz::media_type`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::media_type(bytes));
