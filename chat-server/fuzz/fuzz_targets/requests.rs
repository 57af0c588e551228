//! Runs the property of `requests` on whatever the fuzzer makes up.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| chat_fuzz::requests::holds(input));
