//! libFuzzer's entry to [`fuzz::multipart_upload`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::multipart_upload(bytes));
