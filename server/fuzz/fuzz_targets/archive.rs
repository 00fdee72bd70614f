//! The look through an archive of any bytes, and the readers behind it: nothing is read that it did not clear.
#![no_main]

use libfuzzer_sys::fuzz_target;
use server_fuzz::child;
use server_fuzz::intake::read::preflight;

fuzz_target!(|data: &[u8]| {
    let cleared = preflight::clear(data).ok().map(|cleared| cleared.format);
    assert_eq!(child::read(data), cleared);
});
