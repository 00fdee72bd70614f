//! Names, control files and last lines of the drop box. The first byte parts the name from the rest.
#![no_main]

use domain::delivery::dropbox::{self, BrpName, Control, FileName, NAME_CHARS, TAIL_BYTES, Tail};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&at, rest)) = data.split_first() else {
        return;
    };
    let (name, content) = rest.split_at(rest.len().min(usize::from(at)));
    if let Some(control) = Control::parse(content) {
        assert!(control.rows.is_some() || control.sha256.is_some());
        // Read back as it would be written.
        let rows = control.rows.map(|rows| format!("regels={rows}\n"));
        let sha = control.sha256.map(|sha| {
            let hex: String = sha.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("sha256={hex}\n")
        });
        let written = rows.into_iter().chain(sha).collect::<String>();
        assert_eq!(Control::parse(written.as_bytes()), Some(control));
    }
    let tail = Tail::of(content);
    let end = &content[content.len().saturating_sub(TAIL_BYTES)..];
    assert_eq!(tail, Tail::of(end), "more than the tail was looked at");
    let closed = [content, b"\r\n#EINDE;12\r\n"].concat();
    let expected = Tail {
        trailer: Some(12),
        ended: true,
    };
    assert_eq!(Tail::of(&closed), expected);

    let Ok(name) = std::str::from_utf8(name) else {
        return;
    };
    if dropbox::check_name(name).is_ok() {
        assert!(name.len() <= NAME_CHARS && !name.starts_with('.') && !name.contains('/'));
        for control in dropbox::control_names(name) {
            assert!(dropbox::is_control(&control));
        }
    }
    if let Some(rest) = dropbox::without_temporary(name) {
        assert!(!rest.is_empty() && name.starts_with(rest));
    }
    // A set of the BRP is never a file of rows.
    assert!(FileName::parse(name).is_none() || BrpName::parse(name).is_none());
});
