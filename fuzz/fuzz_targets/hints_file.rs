//! libFuzzer's entry to [`fuzz::hints_file`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::hints_file(bytes));
