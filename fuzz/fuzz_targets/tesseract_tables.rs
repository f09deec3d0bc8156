//! libFuzzer's entry to [`fuzz::tesseract_tables`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::tesseract_tables(bytes));
