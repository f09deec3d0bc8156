//! libFuzzer's entry to [`fuzz::worker_frames`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::worker_frames(bytes));
