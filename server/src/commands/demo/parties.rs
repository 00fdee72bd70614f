//! The institutions and accounts of the demo. Account names are the `sub` of the OpenID peer of demo and tests.

use crate::store::sftp_accounts::{self, NewAccount};
use crate::store::{StoreError, WorkerTx};
use domain::delivery::Channel;
use domain::delivery::dropbox::Proof;
use domain::role::Role;
use uuid::Uuid;

/// A party: code, name, kind, default target group, AGB codes, BIG number of the profile.
pub(super) struct Party {
    code: &'static str,
    name: &'static str,
    kind: &'static str,
    target_group: Option<&'static str>,
    agb: &'static [&'static str],
    big: Option<&'static str>,
}

/// The institution whose connections nobody approved yet.
const NEW: &str = "NIEUWEHOF";
/// The supplier, and for whom it runs an installation.
const SUPPLIER: &str = "ZORGSOFT";
const SUPPLIED: [&str; 2] = ["ZONNEHOF", "DEMEENT"];

/// The institutions. The hospital has two AGB codes and no BIG number: there the form has to ask.
pub(super) const PARTIES: [Party; 8] = [
    Party {
        code: "ZONNEHOF",
        name: "Verpleeghuis Zonnehof",
        kind: "verpleeghuis",
        target_group: Some("BEWONER_INSTELLING"),
        agb: &["47470001"],
        big: Some("19012345601"),
    },
    Party {
        code: "GEZONDWERK",
        name: "Arbodienst Gezond Werk",
        kind: "arbodienst",
        target_group: Some("SPECIAAL_BEROEP"),
        agb: &["91910002"],
        big: Some("29012345601"),
    },
    Party {
        code: "STLUCAS",
        name: "Ziekenhuis Sint Lucas",
        kind: "ziekenhuis",
        target_group: Some("ZORGMEDEWERKER"),
        agb: &["06060003", "06060004"],
        big: None,
    },
    Party {
        code: "DEMEENT",
        name: "Huisartsenpraktijk De Meent",
        kind: "huisarts",
        target_group: None,
        agb: &["01010005"],
        big: Some("39012345601"),
    },
    Party {
        code: "GGDVOORBEELD",
        name: "GGD Voorbeeldstreek",
        kind: "ggd",
        target_group: Some("LEEFTIJD"),
        agb: &["75750006"],
        big: Some("49012345601"),
    },
    // Not approved yet: for this one the privacycoördinator has to decide.
    Party {
        code: NEW,
        name: "Verpleeghuis Nieuwehof",
        kind: "verpleeghuis",
        target_group: Some("BEWONER_INSTELLING"),
        agb: &["47470007"],
        big: Some("59012345601"),
    },
    Party {
        code: SUPPLIER,
        name: "ZorgSoft",
        kind: "tussenpartij",
        target_group: None,
        agb: &[],
        big: None,
    },
    Party {
        code: "RIVM",
        name: "RIVM",
        kind: "rivm",
        target_group: None,
        agb: &[],
        big: None,
    },
];

/// An account: name, full name, roles (with the code of the party, for those that deliver).
pub(super) struct Account {
    subject: &'static str,
    name: &'static str,
    roles: &'static [(Role, Option<&'static str>)],
}

/// The accounts.
pub(super) const ACCOUNTS: [Account; 11] = [
    Account {
        subject: "invoerder",
        name: "Iris Invoerder",
        roles: &[(Role::Invoerder, Some("ZONNEHOF"))],
    },
    Account {
        subject: "beheerder",
        name: "Bram Beheerder",
        roles: &[(Role::Instellingsbeheerder, Some("ZONNEHOF"))],
    },
    Account {
        subject: "tweehuizen",
        name: "Tess Tweehuizen",
        roles: &[
            (Role::Invoerder, Some("ZONNEHOF")),
            (Role::Invoerder, Some("GEZONDWERK")),
        ],
    },
    // Two of them: a card is keyed by two people.
    Account {
        subject: "kaarten",
        name: "Kim Kaartman",
        roles: &[(Role::RivmInvoerder, None)],
    },
    Account {
        subject: "kaarten2",
        name: "Kas Kaartsma",
        roles: &[(Role::RivmInvoerder, None)],
    },
    Account {
        subject: "leverancier",
        name: "Lars Leverancier",
        roles: &[(Role::Leverancier, Some(SUPPLIER))],
    },
    Account {
        subject: "beoordelaar",
        name: "Rik Regelmaat",
        roles: &[(Role::RivmBeoordelaar, None)],
    },
    Account {
        subject: "rivmbeheer",
        name: "Rosa Register",
        roles: &[(Role::RivmBeheer, None)],
    },
    // Code lists take two of them.
    Account {
        subject: "rivmbeheer2",
        name: "Ruud Register",
        roles: &[(Role::RivmBeheer, None)],
    },
    Account {
        subject: "privacy",
        name: "Pien Privé",
        roles: &[(Role::Privacycoordinator, None)],
    },
    Account {
        subject: "auditor",
        name: "Aad Audit",
        roles: &[(Role::Auditor, None)],
    },
];

/// Makes them all, with approved connections for every channel but for the new one.
pub(super) async fn make(tx: &mut WorkerTx<'_>, issuer: &str) -> Result<(), StoreError> {
    let mut parties = Vec::new();
    for party in &PARTIES {
        parties.push((party.code, make_party(tx, party).await?));
    }
    let id_of = |code: &str| {
        parties
            .iter()
            .find(|(known, _)| *known == code)
            .map(|(_, id)| *id)
    };
    let mut users = Vec::new();
    for account in &ACCOUNTS {
        let user = make_user(tx, issuer, account).await?;
        for (role, party) in account.roles {
            sqlx::query!(
                "INSERT INTO user_roles (user_id, party_id, role) VALUES ($1, $2, $3)",
                user,
                party.and_then(id_of),
                role.as_str()
            )
            .execute(&mut **tx)
            .await?;
        }
        users.push((account.subject, user));
    }
    let user_of = |subject: &str| {
        users
            .iter()
            .find(|(known, _)| *known == subject)
            .map(|(_, id)| *id)
    };
    // Asked for by RIVM-beheer, approved by the privacycoördinator: four eyes (security G18).
    for (_, party) in parties
        .iter()
        .filter(|(code, _)| !["RIVM", NEW, SUPPLIER].contains(code))
    {
        for channel in Channel::ALL.map(Channel::as_str) {
            sqlx::query!(
                "INSERT INTO connections (id, party_id, channel, state, requested_by, decided_by, decided_at) VALUES ($1, $2, $3, 'approved', $4, $5, now())",
                crate::clock::new_key(), party, channel, user_of("rivmbeheer"), user_of("privacy")
            )
            .execute(&mut **tx)
            .await?;
        }
    }
    let people = (user_of("rivmbeheer"), user_of("privacy"));
    for (code, party) in parties.iter().filter(|(code, _)| SUPPLIED.contains(code)) {
        make_installation(tx, code, *party, id_of(SUPPLIER), people).await?;
    }
    Ok(())
}

/// An installation that the supplier runs for a party. Nobody can log in with it: it has no key and no password.
async fn make_installation(
    tx: &mut WorkerTx<'_>,
    code: &str,
    party: Uuid,
    supplier: Option<Uuid>,
    (asked, decided): (Option<Uuid>, Option<Uuid>),
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO connections (id, party_id, intermediary_id, channel, state, requested_by, decided_by, decided_at)
         VALUES ($1, $2, $3, 'sftp', 'approved', $4, $5, now())",
        crate::clock::new_key(),
        party,
        supplier,
        asked,
        decided
    )
    .execute(&mut **tx)
    .await?;
    let new = NewAccount {
        party,
        intermediary: supplier,
        name: &format!("zorgsoft-{}", code.to_ascii_lowercase()),
        installation: "zorgsoft",
        proof: Proof::Rename,
        rhythm: "workday",
        brp: false,
        password: None,
        public_keys: &[],
        sources: &[],
    };
    sftp_accounts::add(tx, &new).await.map(drop)
}

async fn make_party(tx: &mut WorkerTx<'_>, party: &Party) -> Result<Uuid, StoreError> {
    let id = crate::clock::new_key();
    let only_agb = match party.agb {
        [only] => Some(*only),
        _ => None,
    };
    sqlx::query!(
        "INSERT INTO parties (id, code, name, kind, status, default_target_group, default_agb, default_big) VALUES ($1, $2, $3, $4, 'active', $5, $6, $7)",
        id, party.code, party.name, party.kind, party.target_group, only_agb, party.big
    )
    .execute(&mut **tx)
    .await?;
    for agb in party.agb {
        sqlx::query!(
            "INSERT INTO party_agb (party_id, agb) VALUES ($1, $2)",
            id,
            agb
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(id)
}

async fn make_user(
    tx: &mut WorkerTx<'_>,
    issuer: &str,
    account: &Account,
) -> Result<Uuid, StoreError> {
    let id = crate::clock::new_key();
    sqlx::query!(
        "INSERT INTO users (id, issuer, subject, name) VALUES ($1, $2, $3, $4)",
        id,
        issuer,
        account.subject,
        account.name
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who reads "log in als Rik Regelmaat" finds that name on the page of the login service and in the portal.
    #[test]
    fn the_login_service_of_the_demo_calls_everybody_as_the_portal_does() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../end2end/oidc/accounts.mjs");
        let there = std::fs::read_to_string(file).expect("accounts of the login service");
        for Account { subject, name, .. } in &ACCOUNTS {
            let line = format!("sub: '{subject}', name: '{name}'");
            assert!(there.contains(&line), "{line}");
        }
    }
}
