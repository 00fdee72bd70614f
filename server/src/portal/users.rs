//! Who works for an institution: its instellingsbeheerder invites, ends and gives back; RIVM-beheer does so for the contacts
//! of suppliers. The code of an invitation is found by its keyed hash and shown to who made it from its seal; used or taken
//! back, it is gone.

use super::{OrBroken, Portal, event, words};
use crate::audit::{self, Kind};
use crate::keys::{Keys, Purpose};
use crate::store::users::{self, Invitation, NewInvitation};
use crate::store::{StoreError, party_tx, worker_tx};
use app::ports::users::{Changed, InvitationLine, InvitationView, UserLine, UserList, Users};
use app::ports::{Caller, PortError, PortResult};
use domain::invitation::{ALPHABET, CODE_LENGTH, UNUSED_DAYS, VALID_DAYS, given_by, grouped};
use domain::role::Role;
use rand::TryRngCore;
use time::Duration;
use uuid::Uuid;

/// Longest name that is kept, in characters.
const CHARS: usize = 100;

/// A caller who invites anybody.
fn inviter(caller: &Caller) -> PortResult<()> {
    if given_by(caller.role()).is_empty() {
        Err(PortError::NotFound)
    } else {
        Ok(())
    }
}

/// The party for which a caller may end or give back this role: the own one; at RIVM the supplier of whose contact it is.
fn managed(caller: &Caller, role: Role, supplier: Option<Uuid>) -> PortResult<Uuid> {
    inviter(caller)?;
    match caller.party() {
        Some(own) => Ok(own.id),
        None if given_by(caller.role()).contains(&role) => supplier.ok_or(PortError::NotFound),
        None => Err(PortError::NotFound),
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
        inviter(caller)?;
        let own = caller.party().is_some();
        let given = given_by(caller.role()).iter();
        let given: Vec<String> = given.map(|role| role.as_str().to_owned()).collect();
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let found = users::managed(&mut tx, &given, UNUSED_DAYS)
            .await
            .or_broken(caller)?;
        let invited = users::invitations(&mut tx, None).await.or_broken(caller)?;
        let suppliers = if own {
            Vec::new()
        } else {
            users::suppliers(&mut tx).await.or_broken(caller)?
        };
        let users = found.into_iter().map(|one| {
            Ok(UserLine {
                id: one.user_id,
                name: one.name,
                role: role(&one.role)?,
                last: one.last_used_at.map(words::moment),
                unused: one.unused,
                own: one.user_id == caller.user_id,
                supplier: (!own).then_some((one.party_id, one.party)),
            })
        });
        let invitations = invited.iter().map(|one| line(caller, one));
        Ok(UserList {
            users: users.collect::<Result<_, _>>().or_broken(caller)?,
            invitations: invitations.collect::<Result<_, _>>().or_broken(caller)?,
            suppliers,
        })
    }

    async fn invite(
        &self,
        caller: &Caller,
        name: String,
        role: Role,
        supplier: Option<Uuid>,
    ) -> PortResult<Uuid> {
        let party = managed(caller, role, supplier)?;
        if !given_by(caller.role()).contains(&role) {
            return Err(PortError::NotFound);
        }
        if caller.party().is_none() {
            let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
            let suppliers = users::suppliers(&mut tx).await.or_broken(caller)?;
            if !suppliers.iter().any(|(id, _)| *id == party) {
                return Err(PortError::NotFound);
            }
        }
        self.invite_for(caller, party, &name, role).await
    }

    async fn invitation(&self, caller: &Caller, id: Uuid) -> PortResult<InvitationView> {
        inviter(caller)?;
        let found = self.open_invitation(caller, id).await?;
        let found = found.ok_or(PortError::NotFound)?;
        let code = self
            .open_text(Purpose::Invitation, id, found.code_sealed.clone())
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        Ok(InvitationView {
            line: line(caller, &found).or_broken(caller)?,
            code: grouped(&code),
        })
    }

    async fn take_back(&self, caller: &Caller, id: Uuid) -> PortResult<Changed> {
        inviter(caller)?;
        // What the caller does not see is not theirs to take back.
        let found = self.open_invitation(caller, id).await?;
        let Some(party) = found.and_then(|found| found.party_id) else {
            return Ok(Changed::Before);
        };
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        if !users::take_back(&mut tx, party, id)
            .await
            .or_broken(caller)?
        {
            return Ok(Changed::Before);
        }
        let line = event(caller, Kind::UserChanged)
            .for_party(party)
            .object("invitation", id)
            .detail("step", "taken-back");
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Changed::Done)
    }

    async fn end_user(
        &self,
        caller: &Caller,
        user: Uuid,
        role: Role,
        supplier: Option<Uuid>,
    ) -> PortResult<Changed> {
        let party = managed(caller, role, supplier)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        match users::end(&mut tx, party, user, role.as_str(), UNUSED_DAYS).await {
            Ok(true) => {}
            Ok(false) => return Ok(Changed::Before),
            Err(StoreError::Conflict(_)) => return Ok(Changed::LastManager),
            Err(error) => return Err(super::broken(caller, &error)),
        }
        let line = event(caller, Kind::UserChanged)
            .for_party(party)
            .object("user", user)
            .detail("step", "ended")
            .detail("role", role.as_str());
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Changed::Done)
    }

    async fn readmit(
        &self,
        caller: &Caller,
        user: Uuid,
        role: Role,
        supplier: Option<Uuid>,
    ) -> PortResult<Changed> {
        let party = managed(caller, role, supplier)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        if !users::readmit(&mut tx, party, user, role.as_str())
            .await
            .or_broken(caller)?
        {
            return Ok(Changed::Before);
        }
        let line = event(caller, Kind::UserChanged)
            .for_party(party)
            .object("user", user)
            .detail("step", "readmitted")
            .detail("role", role.as_str());
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Changed::Done)
    }
}

impl Portal {
    /// An invitation that waits, of those that a caller sees.
    async fn open_invitation(&self, caller: &Caller, id: Uuid) -> PortResult<Option<Invitation>> {
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let found = users::invitations(&mut tx, Some(id)).await;
        Ok(found.or_broken(caller)?.into_iter().next())
    }

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

fn line(caller: &Caller, found: &Invitation) -> Result<InvitationLine, StoreError> {
    let supplier = found.party.clone().filter(|_| caller.party().is_none());
    Ok(InvitationLine {
        supplier,
        id: found.id,
        name: found.name.clone(),
        role: role(&found.role)?,
        until: words::moment(found.expires_at),
    })
}

fn role(text: &str) -> Result<Role, StoreError> {
    Role::parse(text).ok_or_else(|| StoreError::Broken("role".to_owned()))
}
