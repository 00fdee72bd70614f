//! Invitations to work for an institution or a supplier, and accesses that nobody uses (features F86).

use crate::role::Role;

/// Days that a code can be entered.
pub const VALID_DAYS: i64 = 7;
/// Days without a login after which an access opens nothing until somebody gives it back.
pub const UNUSED_DAYS: i32 = 90;
/// Signs of a code: 80 bits, of 32 that are not taken for one another.
pub const CODE_LENGTH: usize = 16;

/// The letters of a code.
pub const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Roles to which somebody invites, on the page of users. The first manager of an institution is invited with its request
/// (`onboarding`), people at RIVM by a command (`cims user invite`).
#[must_use]
pub const fn given_by(role: Role) -> &'static [Role] {
    match role {
        Role::Instellingsbeheerder => &[Role::Invoerder, Role::Instellingsbeheerder],
        // Who gives out the accesses of installations.
        Role::RivmBeheer => &[Role::Leverancier],
        _ => &[],
    }
}

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
    fn a_manager_invites_colleagues_who_runs_the_register_contacts_of_suppliers_and_nobody_people_at_rivm()
     {
        for who in Role::ALL {
            let given = given_by(who);
            assert!(
                given.iter().all(|role| role.belongs_to_a_party()),
                "{who:?}"
            );
            let contacts = given.contains(&Role::Leverancier);
            assert_eq!(contacts, who.may_operate(), "{who:?}");
            let colleagues = given.contains(&Role::Invoerder);
            assert_eq!(colleagues, who.may_manage_own_users(), "{who:?}");
        }
    }

    #[test]
    fn no_two_signs_of_a_code_are_taken_for_one_another() {
        let mut signs = ALPHABET.to_vec();
        signs.dedup();
        assert_eq!(signs.len(), 32);
        assert!(!signs.contains(&b'O') && !signs.contains(&b'I') && !signs.contains(&b'0'));
    }
}
