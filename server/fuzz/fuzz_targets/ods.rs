//! The XML of an OpenDocument spreadsheet, in an archive that is always whole.
#![no_main]

use libfuzzer_sys::fuzz_target;
use server_fuzz::{archive, child};

fuzz_target!(|data: &[u8]| {
    child::read(&archive::ods(data));
});
