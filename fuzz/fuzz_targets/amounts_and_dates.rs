//! libFuzzer's entry to [`fuzz::amounts_and_dates`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::amounts_and_dates(bytes));
