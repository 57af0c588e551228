//! Runs the property of `passes` on whatever the fuzzer makes up.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| chat_fuzz::passes::holds(input));
