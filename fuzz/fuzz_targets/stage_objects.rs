//! libFuzzer's entry to [`fuzz::stage_objects`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::stage_objects(bytes));
