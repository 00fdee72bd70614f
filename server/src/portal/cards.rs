//! Paper cards: RIVM keys one, somebody else keys part of it again, and what differs is settled; then the row takes the road
//! of every row, by channel papier (features F11).
//!
//! What the first keyed is compared by keyed hashes and opened for three reasons only: for the first, while it is a draft;
//! for somebody else who has keyed it again and differs; and to store it. Each look is in the audit.

use super::again::{Halt, again};
use super::entry::{Arrived, Parcel, context};
use super::{OrBroken, Portal, broken, event, unopened, words};
use crate::audit::{self, Event, Kind};
use crate::intake::check::{self, Desk};
use crate::keys::{Mac, Purpose, Sealed};
use crate::store::cards::{self, Card, CardRow, Done, FirstKeyed};
use crate::store::products::Products;
use crate::store::{StoreError, WorkerTx, party_tx, profiles, worker_tx};
use app::ports::cards::{
    CardDraft, CardLine, CardLists, CardState, CardView, Cards, Difference, Keyed, KeyedAgain,
    MayCard, PartyFault, TypedCard,
};
use app::ports::{Caller, Page, PortError, PortResult};
use domain::card::{self, Choice, REKEYED};
use domain::delivery::{Channel, RowOutcome};
use domain::finding::{Finding, Severity};
use domain::row::{Column, Context, Profile, RowText};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Cards that are told as stored last.
const STORED: i64 = 10;
/// Longest reason that is kept, in characters.
const REASON_CHARS: usize = 500;

/// What is kept of what the first keyed.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Kept {
    number: String,
    party: String,
    row: RowText,
    so_on_card: bool,
}

/// A card as typed, against the rules that need no register.
struct Looked {
    draft: CardDraft,
    party: Option<Uuid>,
    number: Option<String>,
}

impl Looked {
    /// Nothing is left to look at before a second person takes over.
    fn is_ready(&self) -> bool {
        let draft = &self.draft;
        let consent = matches!(draft.typed.row.get(Column::Toestemming), "J" | "N");
        let refuses = |finding: &Finding| finding.severity == Severity::Fout;
        draft.number.is_none()
            && draft.used.is_none()
            && draft.party.is_none()
            && consent
            && (draft.typed.so_on_card || !draft.findings.iter().any(refuses))
    }
}

/// Somebody who keys cards, for no institution.
fn keyer(caller: &Caller) -> PortResult<()> {
    if caller.role().may_key_cards() && caller.party().is_none() {
        Ok(())
    } else {
        Err(PortError::NotFound)
    }
}

#[async_trait::async_trait]
impl Cards for Portal {
    async fn cards(&self, caller: &Caller, page: u32) -> PortResult<CardLists> {
        keyer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let (open, total) = cards::open(&mut tx, page).await.or_broken(caller)?;
        let drafts = cards::drafts(&mut tx).await.or_broken(caller)?;
        let stored = cards::stored(&mut tx, STORED).await.or_broken(caller)?;
        let line = event(caller, Kind::ListShown)
            .detail("list", "cards")
            .detail("rows", open.len() + drafts.len() + stored.len());
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(CardLists {
            open: Page {
                items: lines(caller, open)?,
                total: u64::try_from(total).unwrap_or_default(),
                page,
            },
            drafts: lines(caller, drafts)?,
            stored: lines(caller, stored)?,
        })
    }

    async fn card_draft(&self, caller: &Caller, id: Uuid) -> PortResult<Option<CardDraft>> {
        keyer(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let card = self.own_card(&mut tx, caller, id).await?;
        if card.state != "draft" {
            return Ok(None);
        }
        let kept = self.first_keyed(&card).or_broken(caller)?;
        let typed = TypedCard {
            number: kept.number,
            party: kept.party,
            row: kept.row,
            so_on_card: kept.so_on_card,
        };
        let looked = self
            .look_at_card(&mut tx, id, typed)
            .await
            .or_broken(caller)?;
        let line = event(caller, Kind::CardOpened).object("card", id);
        let line = self.about_bsn(line, &looked.draft.typed.row);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Some(looked.draft))
    }

    async fn key_card(
        &self,
        caller: &Caller,
        id: Option<Uuid>,
        mut typed: TypedCard,
    ) -> PortResult<Keyed> {
        keyer(caller)?;
        if check::refuses_consent(&typed.row) {
            // Nothing about the person may be kept, not even sealed (rule T10).
            check::forget_person(&mut typed.row);
        } else {
            typed.row.set(Column::Leeftijdsgroep, "");
        }
        let id = id.unwrap_or_else(crate::clock::new_key);
        match self.try_key(caller, id, &typed).await {
            // Somebody keyed a card with this number in this very moment: now that is told.
            Err(StoreError::Constraint(_)) => self.try_key(caller, id, &typed).await,
            other => other,
        }
        .or_broken(caller)
    }

    async fn discard_card(&self, caller: &Caller, id: Uuid) -> PortResult<()> {
        keyer(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let party = cards::discard(&mut tx, id, caller.user_id)
            .await
            .or_broken(caller)?
            .ok_or(PortError::Conflict)?;
        let line = of_party(event(caller, Kind::CardDiscarded), party).object("card", id);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }

    async fn card(&self, caller: &Caller, id: Uuid) -> PortResult<CardView> {
        keyer(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let card = open_card(&mut tx, caller, id).await?;
        let own = card.first_by == caller.user_id;
        let may = match (card.state.as_str(), own) {
            ("waiting", true) => MayCard::Wait,
            ("waiting", false) => MayCard::KeyAgain,
            ("differs", true) => MayCard::Look,
            ("differs", false) => self.shown_differences(&mut tx, caller, &card).await?,
            _ => done(&card).or_broken(caller)?,
        };
        tx.commit().await.or_broken(caller)?;
        Ok(CardView {
            line: line(caller, row_of(card)).or_broken(caller)?,
            may,
        })
    }

    async fn key_again(&self, caller: &Caller, id: Uuid, typed: RowText) -> PortResult<KeyedAgain> {
        keyer(caller)?;
        let mut second = RowText::default();
        for column in REKEYED {
            second.set(column, typed.get(column));
        }
        if check::refuses_consent(&second) {
            check::forget_person(&mut second);
        }
        again(caller, || self.try_key_again(caller, id, &second)).await
    }

    async fn settle_card(
        &self,
        caller: &Caller,
        id: Uuid,
        choices: Vec<(Column, Choice)>,
        reason: String,
    ) -> PortResult<KeyedAgain> {
        keyer(caller)?;
        let reason = words::kept(&reason, REASON_CHARS);
        again(caller, || self.try_settle(caller, id, &choices, &reason)).await
    }
}

impl Portal {
    async fn try_key(
        &self,
        caller: &Caller,
        id: Uuid,
        typed: &TypedCard,
    ) -> Result<Keyed, StoreError> {
        let mut tx = worker_tx(&self.road.db).await?;
        let looked = self.look_at_card(&mut tx, id, typed.clone()).await?;
        let ready = !caller.only_keeps && looked.is_ready();
        let sealed = self.seal_first(id, typed);
        let macs = if ready {
            self.card_macs(&typed.row)
        } else {
            Vec::new()
        };
        let keyed = FirstKeyed {
            id,
            by: caller.user_id,
            at: self.road.clock.now(),
            sealed: &sealed,
            party: looked.party,
            number: looked.number.as_deref(),
            macs: &macs,
            ready,
        };
        if !cards::keep(&mut tx, &keyed).await? {
            // Sent before, from another tab.
            tx.rollback().await?;
            return Ok(Keyed::Waiting(id));
        }
        let line = of_party(event(caller, Kind::CardKeyed), looked.party)
            .object("card", id)
            .detail("step", if ready { "first" } else { "draft" });
        audit::add(&mut tx, self.about_bsn(line, &typed.row)).await?;
        tx.commit().await?;
        Ok(if ready {
            Keyed::Waiting(id)
        } else {
            Keyed::LookAgain(id)
        })
    }

    /// Number, party, and the rules of the row; the register is asked when it is stored.
    async fn look_at_card(
        &self,
        tx: &mut WorkerTx<'_>,
        id: Uuid,
        typed: TypedCard,
    ) -> Result<Looked, StoreError> {
        let today = self.road.clock.day(self.road.clock.now());
        let (number, number_fault) = match card::number(&typed.number) {
            Ok(number) => (Some(number), None),
            Err(fault) => (None, Some(fault)),
        };
        let (party, party_fault) = match typed.party.trim() {
            "" => (None, Some(PartyFault::Empty)),
            text => match cards::party(tx, text).await? {
                None => (None, Some(PartyFault::Unknown)),
                Some((_, false)) => (None, Some(PartyFault::NotApproved)),
                Some((party, true)) => (Some(party), None),
            },
        };
        let used = match (party, &number) {
            (Some(party), Some(number)) => cards::with_number(tx, party, number, id).await?,
            _ => None,
        };
        let products = Products::load(tx, today).await?;
        let profile = match party {
            Some(party) => profiles::of(tx, party, Uuid::nil())
                .await
                .map(Profile::Party)?,
            None => Profile::Unknown,
        };
        let rules = Context {
            channel: Channel::Papier,
            profile,
            ..context(today, &products, domain::row::PartyProfile::default())
        };
        let desk = Desk {
            context: rules,
            keys: &self.road.keys,
        };
        let mut findings = desk.check(1, &typed.row.as_raw()).findings;
        findings.retain(|finding| finding.severity != Severity::Hersteld);
        Ok(Looked {
            draft: CardDraft {
                id,
                typed,
                findings,
                number: number_fault,
                used: used.map(|(card, at)| (words::moment(at), card)),
                party: party_fault,
            },
            party,
            number,
        })
    }

    async fn try_key_again(
        &self,
        caller: &Caller,
        id: Uuid,
        second: &RowText,
    ) -> Result<KeyedAgain, Halt> {
        let mut tx = worker_tx(&self.road.db).await?;
        let card = open_card(&mut tx, caller, id).await?;
        match card.state.as_str() {
            // Pressed before: in another tab, or by a third person.
            "stored" => return Ok(KeyedAgain::Stored),
            "differs" => return Ok(KeyedAgain::Differs),
            _ => {}
        }
        if card.first_by == caller.user_id {
            return Ok(KeyedAgain::SamePerson);
        }
        if second.get(Column::Toestemming).is_empty() {
            return Ok(KeyedAgain::NoChoice);
        }
        let differed = self.differing(&card, second)?;
        if differed.is_empty() {
            let row = self.first_keyed(&card)?.row;
            return self.store_card(tx, caller, &card, row, None).await;
        }
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(second).unwrap_or_default());
        let aad = Purpose::CardSecond.of(id.as_bytes());
        let sealed = self.road.keys.seal(&plain, &aad).into_bytes();
        let names: Vec<String> = differed.iter().map(|one| one.name().to_owned()).collect();
        let now = self.road.clock.now();
        cards::differs(&mut tx, id, caller.user_id, now, &sealed, &names).await?;
        let line = of_party(event(caller, Kind::CardKeyed), card.party_id)
            .object("card", id)
            .detail("step", "second")
            .detail("differed", names.len());
        audit::add(&mut tx, self.about_bsn(line, second)).await?;
        tx.commit().await?;
        Ok(KeyedAgain::Differs)
    }

    async fn try_settle(
        &self,
        caller: &Caller,
        id: Uuid,
        choices: &[(Column, Choice)],
        reason: &str,
    ) -> Result<KeyedAgain, Halt> {
        let mut tx = worker_tx(&self.road.db).await?;
        let card = open_card(&mut tx, caller, id).await?;
        match card.state.as_str() {
            "stored" => return Ok(KeyedAgain::Stored),
            "differs" => {}
            _ => return Err(PortError::Conflict.into()),
        }
        if card.first_by == caller.user_id {
            return Ok(KeyedAgain::SamePerson);
        }
        let first = self.first_keyed(&card)?.row;
        let second = self.second_keyed(&card)?;
        let Some(row) = card::settled(&first, &second, &columns(&card.differed), choices) else {
            return Ok(KeyedAgain::NoChoice);
        };
        if reason.is_empty() {
            return Ok(KeyedAgain::NoReason);
        }
        let aad = Purpose::Reason.of(id.as_bytes());
        let sealed = self.road.keys.seal(reason.as_bytes(), &aad).into_bytes();
        self.store_card(tx, caller, &card, row, Some(&sealed)).await
    }

    /// The row takes the road of every row, whatever becomes of it: refused, it waits for its party as from a file.
    async fn store_card(
        &self,
        mut tx: WorkerTx<'_>,
        caller: &Caller,
        card: &Card,
        mut row: RowText,
        reason_sealed: Option<&[u8]>,
    ) -> Result<KeyedAgain, Halt> {
        let (Some(party), Some(number)) = (card.party_id, card.number.as_deref()) else {
            return Err(PortError::NotFound.into());
        };
        if !cards::is_open(&mut tx, party).await? {
            return Ok(KeyedAgain::NotApproved);
        }
        row.set(Column::Bronsleutel, card::source_key(number));
        let parcel = Parcel {
            linked: None,
            caller,
            party,
            row: &row,
            source_key: None,
            goes_on: None,
            reason: None,
            reference: Some(card::source_key(number)),
            card: Some(number),
            draft: None,
        };
        let arrived = self.deliver(&mut tx, parcel).await?;
        let judged = arrived
            .judged()
            .ok_or_else(|| broken(caller, &"a card without outcome"))?;
        let now = self.road.clock.now();
        let done = Done {
            id: card.id,
            by: caller.user_id,
            at: now,
            reason_sealed,
            delivery: arrived.delivery,
            outcome: judged.outcome.as_str(),
            findings: serde_json::to_value(&judged.shown).unwrap_or_default(),
        };
        cards::done(&mut tx, &done).await?;
        let line = self.stored_line(caller, party, card.id, &arrived, judged.outcome, &row);
        let mut lines = arrived.chunk.lines;
        lines.push(line);
        audit::add_all(&mut tx, lines).await?;
        tx.commit().await?;
        Ok(KeyedAgain::Stored)
    }

    fn stored_line(
        &self,
        caller: &Caller,
        party: Uuid,
        card: Uuid,
        arrived: &Arrived,
        outcome: RowOutcome,
        row: &RowText,
    ) -> Event {
        let kind = match outcome {
            RowOutcome::Geteld => Kind::Counted,
            RowOutcome::Afgekeurd => Kind::CardKeyed,
            _ => Kind::Entered,
        };
        let line = event(caller, kind)
            .for_party(party)
            .object("delivery", arrived.delivery)
            .detail("card", card.to_string())
            .detail("outcome", outcome.as_str());
        if outcome == RowOutcome::Afgekeurd {
            self.about_bsn(line, row)
        } else {
            line.about(arrived.chunk.persons.iter().copied())
        }
    }

    /// What the two keyed, for somebody who may settle it.
    async fn shown_differences(
        &self,
        tx: &mut WorkerTx<'_>,
        caller: &Caller,
        card: &Card,
    ) -> PortResult<MayCard> {
        let first = self.first_keyed(card).or_broken(caller)?.row;
        let second = self.second_keyed(card).or_broken(caller)?;
        let differences = columns(&card.differed)
            .into_iter()
            .map(|column| Difference {
                column,
                first: first.get(column).to_owned(),
                second: second.get(column).to_owned(),
            });
        let differences = differences.collect();
        let line = of_party(event(caller, Kind::CardOpened), card.party_id).object("card", card.id);
        let line = self.about_bsn(self.about_bsn(line, &first), &second);
        audit::add(tx, line).await.or_broken(caller)?;
        Ok(MayCard::Settle(differences))
    }

    /// Columns in which the second keyed something else: by hash, or opened when the keys rotated in between.
    fn differing(&self, card: &Card, second: &RowText) -> Result<Vec<Column>, StoreError> {
        let macs = self.card_macs(second);
        let key = |mac: &String| mac.split(':').next().map(str::to_owned);
        let same_keys = card.first_macs.len() == macs.len()
            && card.first_macs.iter().map(key).eq(macs.iter().map(key));
        if !same_keys {
            let first = self.first_keyed(card)?.row;
            return Ok(card::differences(&first, second, self.year()));
        }
        let pairs = card.first_macs.iter().zip(&macs);
        let differs = REKEYED.into_iter().zip(pairs);
        Ok(differs
            .filter(|(_, (first, second))| first != second)
            .map(|(column, _)| column)
            .collect())
    }

    /// Keyed hashes of what is keyed twice, in the order of [`REKEYED`].
    fn card_macs(&self, row: &RowText) -> Vec<String> {
        let mac = |column: Column| {
            let value =
                zeroize::Zeroizing::new(card::compared(column, row.get(column), self.year()));
            let name = format!("card/{}", column.name());
            self.road.keys.value_mac(&name, &value).named_hex()
        };
        REKEYED.into_iter().map(mac).collect()
    }

    fn year(&self) -> i32 {
        self.road.clock.day(self.road.clock.now()).year()
    }

    fn seal_first(&self, id: Uuid, typed: &TypedCard) -> Vec<u8> {
        let kept = Kept {
            number: typed.number.clone(),
            party: typed.party.clone(),
            row: typed.row.clone(),
            so_on_card: typed.so_on_card,
        };
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(&kept).unwrap_or_default());
        let aad = Purpose::CardFirst.of(id.as_bytes());
        self.road.keys.seal(&plain, &aad).into_bytes()
    }

    fn first_keyed(&self, card: &Card) -> Result<Kept, StoreError> {
        let sealed = card.first_sealed.clone().ok_or_else(unopened)?;
        let aad = Purpose::CardFirst.of(card.id.as_bytes());
        let plain = self.road.keys.open(&Sealed::from_bytes(sealed), &aad);
        serde_json::from_slice(&plain.map_err(|_| unopened())?).map_err(|_| unopened())
    }

    fn second_keyed(&self, card: &Card) -> Result<RowText, StoreError> {
        self.open_row(Purpose::CardSecond, card.id, card.second_sealed.clone())
    }

    /// A card that the caller keyed first.
    async fn own_card(&self, tx: &mut WorkerTx<'_>, caller: &Caller, id: Uuid) -> PortResult<Card> {
        let card = cards::one(tx, id).await.or_broken(caller)?;
        card.filter(|card| card.first_by == caller.user_id)
            .ok_or(PortError::NotFound)
    }

    /// Somebody may be known by the MAC of a BSN that was keyed.
    fn about_bsn(&self, line: Event, row: &RowText) -> Event {
        let mac: Option<Mac> = self.mac_of(row);
        match mac {
            Some(mac) => line.about_mac(&mac),
            None => line,
        }
    }
}

/// A card that is no draft any more, locked.
async fn open_card(tx: &mut WorkerTx<'_>, caller: &Caller, id: Uuid) -> PortResult<Card> {
    let card = cards::one(tx, id).await.or_broken(caller)?;
    card.filter(|card| card.state != "draft")
        .ok_or(PortError::NotFound)
}

fn of_party(line: Event, party: Option<Uuid>) -> Event {
    match party {
        Some(party) => line.for_party(party),
        None => line,
    }
}

fn columns(names: &[String]) -> Vec<Column> {
    names
        .iter()
        .filter_map(|name| Column::parse(name))
        .collect()
}

/// How it ended.
fn done(card: &Card) -> Result<MayCard, StoreError> {
    let odd = || StoreError::Broken("card".to_owned());
    let outcome = card.outcome.as_deref().and_then(RowOutcome::parse);
    let findings: Vec<Finding> =
        serde_json::from_value(card.findings.clone()).map_err(|_| odd())?;
    let settled = card.settled_name.clone();
    Ok(MayCard::Done {
        outcome: outcome.ok_or_else(odd)?,
        findings,
        differed: columns(&card.differed),
        second: card.second_name.clone().unwrap_or_default(),
        settled: settled.zip(card.settled_at.map(words::moment)),
    })
}

fn row_of(card: Card) -> CardRow {
    CardRow {
        id: card.id,
        number: card.number,
        party: card.party,
        state: card.state,
        first_by: card.first_by,
        first_name: card.first_name,
        first_at: card.first_at,
        outcome: card.outcome,
    }
}

fn lines(caller: &Caller, rows: Vec<CardRow>) -> PortResult<Vec<CardLine>> {
    let lines = rows.into_iter().map(|row| line(caller, row));
    lines.collect::<Result<_, _>>().or_broken(caller)
}

fn line(caller: &Caller, row: CardRow) -> Result<CardLine, StoreError> {
    let state = match row.state.as_str() {
        "draft" => CardState::Draft,
        "waiting" => CardState::Waiting,
        "differs" => CardState::Differs,
        "stored" => CardState::Stored,
        _ => return Err(StoreError::Broken("card".to_owned())),
    };
    Ok(CardLine {
        id: row.id,
        number: row.number.unwrap_or_default(),
        party: row.party.unwrap_or_default(),
        keyed_by: row.first_name,
        keyed_at: words::moment(row.first_at),
        state,
        own: row.first_by == caller.user_id,
        outcome: row.outcome.as_deref().and_then(RowOutcome::parse),
    })
}
