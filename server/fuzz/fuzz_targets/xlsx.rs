//! The XML of an XLSX workbook, in an archive that is always whole. Parts are parted by a record separator.
#![no_main]

use libfuzzer_sys::fuzz_target;
use server_fuzz::{archive, child};

fuzz_target!(|data: &[u8]| {
    child::read(&archive::xlsx(data));
});
