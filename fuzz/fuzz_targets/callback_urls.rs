//! libFuzzer's entry to [`fuzz::callback_urls`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::callback_urls(bytes));
