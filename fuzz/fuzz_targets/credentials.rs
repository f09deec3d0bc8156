//! libFuzzer's entry to [`fuzz::credentials`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::credentials(bytes));
