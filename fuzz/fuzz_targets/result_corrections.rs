//! libFuzzer's entry to [`fuzz::result_corrections`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::result_corrections(bytes));
