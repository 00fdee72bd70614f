//! The bytes of an SFTP channel: frames within their limit, each understood or answered under its own number, in
//! whatever pieces they come.
#![no_main]

use libfuzzer_sys::fuzz_target;
use server_fuzz::sftp::asked;

fuzz_target!(|data: &[u8]| {
    let whole = asked(data, usize::MAX);
    for most in [1, 5] {
        assert_eq!(whole, asked(data, most));
    }
});
