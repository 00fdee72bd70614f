//! How a party comes in: RIVM-beheer files a request, the institution tries files on the page of the test lane; the
//! decision is that about its connection (`parties`). What is typed is kept sealed until it is filed, so that no fault
//! loses it (ux §3.1).

use super::deliveries::phase;
use super::parties::trial;
use super::{OrBroken, Portal, event, unopened, words};
use crate::audit::{self, Kind};
use crate::keys::{Purpose, Sealed};
use crate::store::connections::{self, Request};
use crate::store::party_requests::{self, PartyRequest};
use crate::store::trials::{self, Attempt, Lane, Tried};
use crate::store::{PartyTx, StoreError, WorkerTx, party_tx, profiles, users, worker_tx};
use app::ports::deliveries::Phase;
use app::ports::onboarding::{
    AttemptView, BenchView, Filed, LaneView, Manager, Onboarding, PartyFormView, RequestLine,
    RequestView,
};
use app::ports::{Caller, Page, PortError, PortResult};
use domain::connection::{ConnectionState, whole_standard};
use domain::delivery::{Channel, Counts};
use domain::invitation::{UNUSED_DAYS, grouped};
use domain::onboarding::{Between, Fault, NewParty, PartyForm, TaskState, code_of};
use domain::role::Role;
use uuid::Uuid;

/// Files that were tried that the page shows.
const ATTEMPTS: i64 = 20;

fn operator(caller: &Caller) -> PortResult<()> {
    if caller.role().may_operate() {
        Ok(())
    } else {
        Err(PortError::NotFound)
    }
}

fn governor(caller: &Caller) -> PortResult<()> {
    if caller.role().may_operate() || caller.role().may_approve() {
        Ok(())
    } else {
        Err(PortError::NotFound)
    }
}

fn tries(caller: &Caller) -> PortResult<()> {
    if caller.role().may_try() && caller.party().is_some() {
        Ok(())
    } else {
        Err(PortError::NotFound)
    }
}

#[async_trait::async_trait]
impl Onboarding for Portal {
    async fn party_requests(&self, caller: &Caller, page: u32) -> PortResult<Page<RequestLine>> {
        governor(caller)?;
        let page = page.max(1);
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let (found, total) = party_requests::list(&mut tx, page)
            .await
            .or_broken(caller)?;
        let items = found.iter().map(line).collect::<Result<_, _>>();
        Ok(Page {
            items: items.or_broken(caller)?,
            total,
            page,
        })
    }

    async fn party_request(&self, caller: &Caller, id: Uuid) -> PortResult<RequestView> {
        governor(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let found = party_requests::one(&mut tx, id).await.or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        let form = self.open_form(id, found.form_sealed.clone());
        Ok(RequestView {
            line: line(&found).or_broken(caller)?,
            form: form.or_broken(caller)?,
            manager: self.manager_of(caller, &found).await?,
        })
    }

    async fn party_form(&self, caller: &Caller, draft: Option<Uuid>) -> PortResult<PartyFormView> {
        operator(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let all = connections::parties(&mut tx).await.or_broken(caller)?;
        let between = all.into_iter().filter(|(_, _, between)| *between);
        let mut view = PartyFormView {
            id: draft.unwrap_or_else(crate::clock::new_key),
            form: PartyForm::default(),
            faults: Vec::new(),
            between: between.map(|(code, name, _)| (code, name)).collect(),
        };
        if let Some(id) = draft {
            let sealed = party_requests::draft(&mut tx, id, caller.user_id)
                .await
                .or_broken(caller)?;
            view.form = self.open_form(id, sealed).or_broken(caller)?;
            view.faults = read(&mut tx, &view.form).await.or_broken(caller)?.1;
        }
        Ok(view)
    }

    async fn file_party(&self, caller: &Caller, id: Uuid, form: PartyForm) -> PortResult<Filed> {
        operator(caller)?;
        let form = form.kept();
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let (new, _) = read(&mut tx, &form).await.or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        let sealed = self.seal_form(id, &form).or_broken(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        if !party_requests::keep(&mut tx, id, caller.user_id, &sealed)
            .await
            .or_broken(caller)?
        {
            // The same form twice is one request; the form of somebody else is not there.
            let mine = party_requests::is_filed(&mut tx, id, caller.user_id);
            return if mine.await.or_broken(caller)? {
                Ok(Filed::Done)
            } else {
                Err(PortError::NotFound)
            };
        }
        let Some(new) = new.filter(|_| !caller.only_keeps) else {
            tx.commit().await.or_broken(caller)?;
            return Ok(Filed::Faults);
        };
        let Some((party, intermediary)) = make(&mut tx, &new, caller.user_id)
            .await
            .or_broken(caller)?
        else {
            // Somebody filed a party of this code in this very moment: the form says so.
            tx.rollback().await.or_broken(caller)?;
            let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
            party_requests::keep(&mut tx, id, caller.user_id, &sealed)
                .await
                .or_broken(caller)?;
            tx.commit().await.or_broken(caller)?;
            return Ok(Filed::Faults);
        };
        let request = Request {
            party,
            intermediary,
            channel: new.channel.as_str(),
            purpose: Some(&new.purpose),
            standard: &whole_standard(),
            columns: &new.columns,
            by: caller.user_id,
        };
        let connection = connections::ask(&mut tx, &request)
            .await
            .or_broken(caller)?
            .ok_or(PortError::Conflict)?;
        party_requests::file(&mut tx, id, party, connection)
            .await
            .or_broken(caller)?;
        let new_between = intermediary.filter(|_| matches!(new.between, Some(Between::New { .. })));
        let made = [(party, "party", party), (party, "connection", connection)];
        let made = made
            .into_iter()
            .chain(new_between.map(|between| (between, "party", between)));
        for (of, what, key) in made {
            let line = event(caller, Kind::PartyChanged)
                .for_party(of)
                .object(what, key)
                .detail("step", "asked")
                .detail("channel", new.channel.as_str());
            audit::add(&mut tx, line).await.or_broken(caller)?;
        }
        tx.commit().await.or_broken(caller)?;
        Ok(Filed::Done)
    }

    async fn invite_manager(&self, caller: &Caller, request: Uuid, name: String) -> PortResult<()> {
        operator(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let found = party_requests::one(&mut tx, request)
            .await
            .or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        if self.manager_of(caller, &found).await? != Manager::Nobody {
            return Err(PortError::Conflict);
        }
        let role = Role::Instellingsbeheerder;
        self.invite_for(caller, found.party_id, &name, role)
            .await
            .map(drop)
    }

    async fn bench(&self, caller: &Caller) -> PortResult<BenchView> {
        tries(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let lanes = trials::lanes(&mut tx, &tried_channels())
            .await
            .or_broken(caller)?;
        let lanes = lanes.iter().map(lane).collect::<Result<_, _>>();
        let attempts = trials::attempts(&mut tx, None, ATTEMPTS)
            .await
            .or_broken(caller)?;
        let attempts = attempts.iter().map(attempt).collect::<Result<_, _>>();
        Ok(BenchView {
            lanes: lanes.or_broken(caller)?,
            attempts: attempts.or_broken(caller)?,
        })
    }

    async fn attempt(&self, caller: &Caller, id: Uuid) -> PortResult<AttemptView> {
        tries(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let found = trials::attempts(&mut tx, Some(id), 1)
            .await
            .or_broken(caller)?;
        let found = found.first().ok_or(PortError::NotFound)?;
        attempt(found).or_broken(caller)
    }
}

impl Portal {
    /// Who is to manage a new party; a code shows to who made it only.
    async fn manager_of(&self, caller: &Caller, of: &PartyRequest) -> PortResult<Manager> {
        if !caller.role().may_operate() || !matches!(of.status.as_str(), "requested" | "active") {
            return Ok(Manager::NotMine);
        }
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let there = users::has_manager(&mut tx, of.party_id, UNUSED_DAYS)
            .await
            .or_broken(caller)?;
        let invited = users::invited_manager(&mut tx, of.party_id, caller.user_id)
            .await
            .or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        let Some(invited) = invited.filter(|_| !there) else {
            return Ok(if there {
                Manager::There
            } else {
                Manager::Nobody
            });
        };
        let code = self.open_text(Purpose::Invitation, invited.id, invited.code_sealed);
        Ok(Manager::Invited {
            name: invited.name,
            code: grouped(&code.or_broken(caller)?.unwrap_or_default()),
            until: words::moment(invited.expires_at),
        })
    }

    fn seal_form(&self, id: Uuid, form: &PartyForm) -> Result<Vec<u8>, StoreError> {
        let plain = serde_json::to_vec(form).map_err(|_| unopened())?;
        let purpose = Purpose::PartyForm.of(id.as_bytes());
        Ok(self.road.keys.seal(&plain, &purpose).into_bytes())
    }

    fn open_form(&self, id: Uuid, sealed: Vec<u8>) -> Result<PartyForm, StoreError> {
        let purpose = Purpose::PartyForm.of(id.as_bytes());
        let plain = self
            .road
            .keys
            .open(&Sealed::from_bytes(sealed), &purpose)
            .map_err(|_| unopened())?;
        serde_json::from_slice(&plain).map_err(|_| unopened())
    }
}

/// Channels of which files are tried, as on the wire.
#[must_use]
pub fn tried_channels() -> Vec<String> {
    let tried = Channel::ALL
        .into_iter()
        .filter(|channel| channel.is_tried());
    tried.map(|channel| channel.as_str().to_owned()).collect()
}

/// What a form asks for, and what is wrong with it: by its own words, and by what the register knows.
async fn read(
    tx: &mut PartyTx<'_>,
    form: &PartyForm,
) -> Result<(Option<NewParty>, Vec<Fault>), StoreError> {
    let (new, mut faults) = match form.read() {
        Ok(new) => (Some(new), Vec::new()),
        Err(faults) => (None, faults),
    };
    let (code, between) = (code_of(&form.code), code_of(&form.between_code));
    let taken = party_requests::taken(tx, &code, form.agb.trim(), &between).await?;
    let mut add = |holds: bool, fault: Fault| {
        if holds {
            faults.push(fault);
        }
    };
    add(taken.code, Fault::CodeTaken);
    add(taken.agb, Fault::AgbTaken);
    add(taken.between, Fault::BetweenTaken);
    faults.sort_unstable();
    Ok((new.filter(|_| faults.is_empty()), faults))
}

/// The party that is asked for, and the one in between; none when a code was taken meanwhile.
async fn make(
    tx: &mut WorkerTx<'_>,
    new: &NewParty,
    by: Uuid,
) -> Result<Option<(Uuid, Option<Uuid>)>, StoreError> {
    let Some(party) = party_requests::make_party(tx, new, by).await? else {
        return Ok(None);
    };
    let between = match &new.between {
        None => return Ok(Some((party, None))),
        Some(Between::Known(code)) => {
            let known = profiles::by_code(tx, code).await?;
            Some(known.ok_or(StoreError::NotFound)?.0)
        }
        Some(Between::New { name, code }) => {
            party_requests::make_between(tx, code, name, by).await?
        }
    };
    Ok(between.map(|between| (party, Some(between))))
}

fn line(found: &PartyRequest) -> Result<RequestLine, StoreError> {
    let odd = || StoreError::Broken("request".to_owned());
    let state = ConnectionState::parse(&found.state).ok_or_else(odd)?;
    let channel = Channel::parse(&found.channel).ok_or_else(odd)?;
    let test = match found.conforms {
        _ if !channel.is_tried() => TaskState::NotNeeded,
        Some(true) => TaskState::Done,
        _ => TaskState::Todo,
    };
    let approval = match state {
        ConnectionState::Requested if test == TaskState::Todo => TaskState::NotYet,
        ConnectionState::Requested => TaskState::Todo,
        ConnectionState::Refused => TaskState::Refused,
        ConnectionState::Approved | ConnectionState::Suspended | ConnectionState::Ended => {
            TaskState::Done
        }
    };
    Ok(RequestLine {
        id: found.id,
        connection: found.connection_id,
        party: found.party.clone(),
        code: found.code.clone(),
        intermediary: found.intermediary.clone(),
        channel,
        asked_by: found.asked_name.clone(),
        asked_at: words::moment(found.filed_at),
        test,
        approval,
    })
}

fn lane(found: &Lane) -> Result<LaneView, StoreError> {
    let odd = || StoreError::Broken("connection".to_owned());
    let state = ConnectionState::parse(&found.state).ok_or_else(odd)?;
    Ok(LaneView {
        id: found.id,
        channel: Channel::parse(&found.channel).ok_or_else(odd)?,
        intermediary: found.intermediary.clone(),
        waits: state == ConnectionState::Requested,
    })
}

fn attempt(found: &Attempt) -> Result<AttemptView, StoreError> {
    let odd = || StoreError::Broken("trial".to_owned());
    let channel = Channel::parse(&found.channel).ok_or_else(odd)?;
    let number = |count: i32| u32::try_from(count).unwrap_or_default();
    let counts = Counts {
        geaccepteerd: number(found.geaccepteerd),
        te_controleren: number(found.te_controleren),
        afgekeurd: number(found.afgekeurd),
        dubbel: number(found.dubbel),
        geteld: number(found.geteld),
    };
    let phase = phase(&found.state).ok_or_else(odd)?;
    let tried = match (&found.outcome, &found.codes) {
        (Some(outcome), Some(codes)) if phase == Phase::Done => Some(Tried {
            finished_at: found.received_at,
            outcome: outcome.clone(),
            rows: i32::try_from(counts.rows()).unwrap_or(i32::MAX),
            refused: found.afgekeurd,
            corrections: found.corrections,
            withdrawals: found.withdrawals,
            without_consent: found.without_consent,
            codes: codes.clone(),
            conforms: false,
            findings: found.findings.clone(),
            columns: Vec::new(),
        }),
        _ => None,
    };
    let tried = tried
        .map(|tried| trial(&tried, channel, None))
        .transpose()?;
    Ok(AttemptView {
        id: found.id,
        file_name: found.file_name.clone().unwrap_or_default(),
        channel,
        intermediary: found.intermediary.clone(),
        phase,
        received: words::moment(found.received_at),
        counts,
        findings: serde_json::from_value(found.findings.clone()).map_err(|_| odd())?,
        trial: tried,
    })
}
