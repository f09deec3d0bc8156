//! libFuzzer's entry to [`fuzz::extract_words`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::extract_words(bytes));
