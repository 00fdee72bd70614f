//! Invitations to work for an institution, and accesses that nobody uses (features F86).

use crate::role::Role;

/// Days that a code can be entered.
pub const VALID_DAYS: i64 = 7;
/// Days without a login after which an access opens nothing until somebody gives it back.
pub const UNUSED_DAYS: i32 = 90;
/// Signs of a code: 80 bits, of 32 that are not taken for one another.
pub const CODE_LENGTH: usize = 16;

/// The letters of a code.
pub const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Roles that who manages an institution's users may give.
pub const GIVEN: [Role; 2] = [Role::Invoerder, Role::Instellingsbeheerder];

/// A code as it is compared: upper case, without what people put between the groups. None when it cannot be one.
#[must_use]
pub fn code(typed: &str) -> Option<String> {
    let code: String = typed
        .chars()
        .filter(|sign| !sign.is_whitespace() && *sign != '-')
        .map(|sign| sign.to_ascii_uppercase())
        .collect();
    let known = |sign: u8| ALPHABET.contains(&sign);
    (code.len() == CODE_LENGTH && code.bytes().all(known)).then_some(code)
}

/// A code in groups of four, as people read it out.
#[must_use]
pub fn grouped(code: &str) -> String {
    let signs: Vec<char> = code.chars().collect();
    let groups: Vec<String> = signs
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        for typed in [
            "ABCD-EFGH-JKLM-2345",
            "abcdefghjklm2345",
            " abcd efgh jklm 2345 ",
        ] {
            assert_eq!(code(typed).as_deref(), Some("ABCDEFGHJKLM2345"), "{typed}");
        }
        for wrong in [
            "",
            "ABCD",
            "ABCD-EFGH-JKLM-234",
            "ABCD-EFGH-JKLM-23450",
            "ABCD-EFGH-JKLM-234I",
            "ABCD-EFGH-JKLM-234ß",
        ] {
            assert_eq!(code(wrong), None, "{wrong}");
        }
        assert_eq!(grouped("ABCDEFGHJKLM2345"), "ABCD-EFGH-JKLM-2345");
    }

    #[test]
    fn who_manages_users_gives_roles_of_an_institution_only() {
        assert!(GIVEN.iter().all(|role| role.belongs_to_a_party()));
        let mut signs = ALPHABET.to_vec();
        signs.dedup();
        assert_eq!(signs.len(), 32);
        assert!(!signs.contains(&b'O') && !signs.contains(&b'I') && !signs.contains(&b'0'));
    }
}
