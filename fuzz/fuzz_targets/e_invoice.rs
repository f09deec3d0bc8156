//! libFuzzer's entry to [`fuzz::e_invoice`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::e_invoice(bytes));
