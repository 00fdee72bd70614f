//! Where each rule is shown to fail and to pass, but for those of the row and of the rows of one file: their rows
//! are `domain::fixtures`. A table that runs its cases holds itself to its list here, and
//! `read::cases::every_rule_is_shown_to_fail_and_to_pass` holds all of them to the table of rules.

#![allow(
    clippy::allow_attributes,
    dead_code,
    reason = "each test binary uses a part of it"
)]

use domain::finding::Code;

/// Shown by `read/cases.rs`: through `cims check`, or the reader under limits of the test.
pub(crate) const BY_READING: &[Code] = {
    use Code::*;
    &[
        A01, A02, A03, A04, A05, A06, A07, A08, A09, A10, A11, A14, A15, A16, A17, A18, A19, A22,
        R05,
    ]
};

/// Shown by `intake/cases.rs`: down the road of a delivery, on a real database.
pub(crate) const BY_DELIVERING: &[Code] = {
    use Code::*;
    &[
        A12, A20, B10, B11, B12, B13, B14, B19, D03, D04, D05, R02, R07, U02, V21, V22, V23, V32,
        V33,
    ]
};

/// Shown by a test that needs machinery of its own: its file under `tests`, and the function that shows both.
pub(crate) const BY_A_TEST: &[(Code, &str, &str)] = &[
    (
        Code::A13,
        "sftp/proof.rs",
        "a_file_of_another_name_is_refused_and_told",
    ),
    (
        Code::A21,
        "intake/scanner.rs",
        "an_infected_upload_is_refused_and_destroyed_and_a_clean_one_passes",
    ),
];
