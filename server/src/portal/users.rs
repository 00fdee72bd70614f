//! Who works for an institution: its instellingsbeheerder invites, ends and gives back. The code of an invitation is found
//! by its keyed hash and shown to who made it from its seal; used or taken back, it is gone.

use super::{OrBroken, Portal, event, words};
use crate::audit::{self, Kind};
use crate::keys::{Keys, Purpose};
use crate::store::users::{self, Invitation, NewInvitation};
use crate::store::{StoreError, party_tx, worker_tx};
use app::ports::users::{Changed, InvitationLine, InvitationView, UserLine, UserList, Users};
use app::ports::{Caller, PortError, PortResult};
use domain::invitation::{ALPHABET, CODE_LENGTH, GIVEN, UNUSED_DAYS, VALID_DAYS, grouped};
use domain::role::Role;
use rand::TryRngCore;
use time::Duration;
use uuid::Uuid;

/// Longest name that is kept, in characters.
const CHARS: usize = 100;

/// The institution of a caller who manages its users.
fn manager(caller: &Caller) -> PortResult<Uuid> {
    match caller.party() {
        Some(party) if caller.role().may_manage_own_users() => Ok(party.id),
        _ => Err(PortError::NotFound),
    }
}

/// A new code.
///
/// # Errors
/// When the machine has no randomness.
pub fn new_code() -> std::io::Result<String> {
    let mut bytes = [0_u8; CODE_LENGTH];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(std::io::Error::other)?;
    let sign = |byte: &u8| {
        let sign = ALPHABET.get(usize::from(byte % 32));
        char::from(sign.copied().unwrap_or_default())
    };
    Ok(bytes.iter().map(sign).collect())
}

/// Under what an invitation is found: the keyed hash of its code, with the key it was made with.
#[must_use]
pub fn code_hash(keys: &Keys, code: &str) -> String {
    keys.value_mac("invitation", code).named_hex()
}

#[async_trait::async_trait]
impl Users for Portal {
    async fn users(&self, caller: &Caller) -> PortResult<UserList> {
        manager(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let found = users::of_party(&mut tx, UNUSED_DAYS)
            .await
            .or_broken(caller)?;
        let invited = users::invitations(&mut tx, None).await.or_broken(caller)?;
        let users = found.into_iter().map(|one| {
            Ok(UserLine {
                id: one.user_id,
                name: one.name,
                role: role(&one.role)?,
                last: one.last_used_at.map(words::moment),
                unused: one.unused,
                own: one.user_id == caller.user_id,
            })
        });
        let invitations = invited.iter().map(line);
        Ok(UserList {
            users: users.collect::<Result<_, _>>().or_broken(caller)?,
            invitations: invitations.collect::<Result<_, _>>().or_broken(caller)?,
        })
    }

    async fn invite(&self, caller: &Caller, name: String, role: Role) -> PortResult<Uuid> {
        let party = manager(caller)?;
        if !GIVEN.contains(&role) {
            return Err(PortError::NotFound);
        }
        self.invite_for(caller, party, &name, role).await
    }

    async fn invitation(&self, caller: &Caller, id: Uuid) -> PortResult<InvitationView> {
        manager(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let found = users::invitations(&mut tx, Some(id))
            .await
            .or_broken(caller)?;
        let found = found.into_iter().next().ok_or(PortError::NotFound)?;
        let code = self
            .open_text(Purpose::Invitation, id, found.code_sealed.clone())
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        Ok(InvitationView {
            line: line(&found).or_broken(caller)?,
            code: grouped(&code),
        })
    }

    async fn take_back(&self, caller: &Caller, id: Uuid) -> PortResult<Changed> {
        let party = manager(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        if !users::take_back(&mut tx, party, id)
            .await
            .or_broken(caller)?
        {
            return Ok(Changed::Before);
        }
        let line = event(caller, Kind::UserChanged)
            .object("invitation", id)
            .detail("step", "taken-back");
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Changed::Done)
    }

    async fn end_user(&self, caller: &Caller, user: Uuid, role: Role) -> PortResult<Changed> {
        let party = manager(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        match users::end(&mut tx, party, user, role.as_str(), UNUSED_DAYS).await {
            Ok(true) => {}
            Ok(false) => return Ok(Changed::Before),
            Err(StoreError::Conflict(_)) => return Ok(Changed::LastManager),
            Err(error) => return Err(super::broken(caller, &error)),
        }
        let line = event(caller, Kind::UserChanged)
            .object("user", user)
            .detail("step", "ended")
            .detail("role", role.as_str());
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Changed::Done)
    }

    async fn readmit(&self, caller: &Caller, user: Uuid, role: Role) -> PortResult<Changed> {
        let party = manager(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        if !users::readmit(&mut tx, party, user, role.as_str())
            .await
            .or_broken(caller)?
        {
            return Ok(Changed::Before);
        }
        let line = event(caller, Kind::UserChanged)
            .object("user", user)
            .detail("step", "readmitted")
            .detail("role", role.as_str());
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Changed::Done)
    }
}

impl Portal {
    /// Invites somebody to work for a party.
    pub(super) async fn invite_for(
        &self,
        caller: &Caller,
        party: Uuid,
        name: &str,
        role: Role,
    ) -> PortResult<Uuid> {
        let name = words::kept(name, CHARS);
        let code = new_code().map_err(|error| super::broken(caller, &error))?;
        let (id, at) = (crate::clock::new_key(), self.road.clock.now());
        let keys = &self.road.keys;
        let new = NewInvitation {
            id,
            party: Some(party),
            role: role.as_str(),
            name: &name,
            code_hash: &code_hash(keys, &code),
            code_sealed: keys
                .seal(code.as_bytes(), &Purpose::Invitation.of(id.as_bytes()))
                .into_bytes(),
            by: Some(caller.user_id),
            at,
            expires_at: at + Duration::days(VALID_DAYS),
        };
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        users::invite(&mut tx, &new).await.or_broken(caller)?;
        let line = event(caller, Kind::UserChanged)
            .for_party(party)
            .object("invitation", id)
            .detail("step", "invited")
            .detail("role", role.as_str());
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(id)
    }
}

fn line(found: &Invitation) -> Result<InvitationLine, StoreError> {
    Ok(InvitationLine {
        id: found.id,
        name: found.name.clone(),
        role: role(&found.role)?,
        until: words::moment(found.expires_at),
    })
}

fn role(text: &str) -> Result<Role, StoreError> {
    Role::parse(text).ok_or_else(|| StoreError::Broken("role".to_owned()))
}
