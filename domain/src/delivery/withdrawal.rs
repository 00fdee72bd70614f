//! When a whole delivery may be withdrawn, and when one person is not enough (security G18).

/// More rows than this in the register: a second person has to agree.
pub const FOUR_EYES_ROWS: u32 = 1_000;

/// Days after receipt in which the party itself may withdraw; later RIVM does on its request (features F09).
pub const OWN_DAYS: i64 = 30;

/// A second, different person has to agree before a withdrawal, or its undoing, begins.
#[must_use]
pub const fn needs_second_person(by_rivm: bool, rows: u32) -> bool {
    by_rivm || rows > FOUR_EYES_ROWS
}

#[cfg(test)]
mod tests {
    use super::needs_second_person;

    #[test]
    fn rivm_always_needs_two_and_a_party_above_a_thousand_rows() {
        assert!(needs_second_person(true, 1));
        assert!(!needs_second_person(false, 1_000));
        assert!(needs_second_person(false, 1_001));
    }
}
