#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kerust_fuzz::readers::npz_weights(bytes));
