//! `/kaarten` and `/kaarten/invoeren`: what waits for a second person, and keying a card (features F11).

use super::vaccination_fields::{fields, performer};
use super::{choices, person};
use crate::calls::cards::{DiscardCard, KeyCard};
use crate::page::{Screen, Visit, cards as port, page};
use crate::parts::field::{Field, tick};
use crate::parts::messages::Messages;
use crate::parts::pager::pager;
use crate::parts::table::{Cell, table};
use crate::parts::{
    alert, badge, button_link, heading, hidden_inputs, link, paragraph, small_form, submit,
    time_out_note, title,
};
use crate::ports::cards::{CardDraft, CardLine, CardLists, CardState, PartyFault};
use crate::ports::entry::DraftView;
use crate::texts::{Texts, fill};
use domain::card::NumberFault;
use domain::finding::Severity;
use domain::row::Column;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/kaarten`
pub(crate) fn cards() -> AnyView {
    page(|visit| async move {
        let caller = visit.keyer()?.clone();
        let lists = port()?.cards(&caller, visit.page()).await?;
        Ok(list_screen(&visit, lists))
    })
}

fn list_screen(visit: &Visit, lists: CardLists) -> Screen {
    let t = visit.t;
    let c = &t.cards;
    let told = (visit.query("melding").as_deref() == Some("weg")).then(|| alert::ok(c.told_thrown));
    let open = if lists.open.items.is_empty() {
        paragraph(c.open_none)
    } else {
        let headers = [c.number, c.party, c.keyed_by, c.keyed_at, c.state, c.action];
        let rows = lists
            .open
            .items
            .iter()
            .map(|one| open_row(one, t))
            .collect();
        table("kaarten", c.open_caption, &headers, rows)
    };
    let drafts = (!lists.drafts.is_empty()).then(|| {
        let headers = [c.number, c.party, c.keyed_at, c.action];
        let rows = lists.drafts.iter().map(|one| draft_row(one, t)).collect();
        view! {
            {heading(c.drafts)}
            {paragraph(c.drafts_text)}
            {table("concepten", c.drafts_caption, &headers, rows)}
        }
    });
    let stored = (!lists.stored.is_empty()).then(|| {
        let headers = [c.number, c.party, c.outcome, c.action];
        let rows = lists.stored.iter().map(|one| stored_row(one, t)).collect();
        view! {
            {heading(c.stored)}
            {table("opgeslagen", c.stored_caption, &headers, rows)}
        }
    });
    let body = view! {
        {told}
        {title(c.title)}
        {paragraph(c.lead)}
        <p class="utrecht-paragraph">{button_link("/kaarten/invoeren", c.key)}</p>
        {heading(c.open)}
        {open}
        {pager("/kaarten", &[], lists.open.page, lists.open.total, t)}
        {drafts}
        {stored}
    };
    Screen::new(c.title, body).wide()
}

fn open_row(one: &CardLine, t: &'static Texts) -> Vec<Cell> {
    let c = &t.cards;
    let state = match one.state {
        CardState::Differs => badge::badge("warning", c.differs),
        _ => badge::badge("neutral", c.waiting),
    };
    let keyed_by = if one.own {
        c.yours.to_owned()
    } else {
        one.keyed_by.clone()
    };
    let (text, label) = match (one.own, one.state) {
        (true, _) => (c.see, c.see_label),
        (false, CardState::Differs) => (c.settle, c.settle_label),
        (false, _) => (c.again, c.again_label),
    };
    vec![
        Cell::new(one.number.clone()),
        Cell::new(one.party.clone()),
        Cell::new(keyed_by),
        Cell::new(one.keyed_at.clone()),
        Cell::new(state),
        Cell::new(way(format!("/kaarten/{}", one.id), text, label, one, t)),
    ]
}

fn draft_row(one: &CardLine, t: &'static Texts) -> Vec<Cell> {
    let c = &t.cards;
    let to = format!("/kaarten/invoeren?concept={}", one.id);
    vec![
        Cell::new(number(one, t)),
        Cell::new(one.party.clone()),
        Cell::new(one.keyed_at.clone()),
        Cell::new(way(to, c.go_on, c.go_on_label, one, t)),
    ]
}

fn stored_row(one: &CardLine, t: &'static Texts) -> Vec<Cell> {
    let c = &t.cards;
    let outcome = one.outcome.map(|outcome| badge::outcome(outcome, t));
    vec![
        Cell::new(one.number.clone()),
        Cell::new(one.party.clone()),
        Cell::new(outcome),
        Cell::new(way(
            format!("/kaarten/{}", one.id),
            c.see,
            c.see_label,
            one,
            t,
        )),
    ]
}

fn number(one: &CardLine, t: &'static Texts) -> String {
    if one.number.is_empty() {
        t.cards.no_number.to_owned()
    } else {
        one.number.clone()
    }
}

fn way(
    to: String,
    text: &'static str,
    label: &str,
    one: &CardLine,
    t: &'static Texts,
) -> impl IntoView + use<> {
    let label = fill(label, &[("nummer", &number(one, t))]);
    view! { <a class="utrecht-link utrecht-link--html-a" href=to aria-label=label>{text}</a> }
}

/// `/kaarten/invoeren?concept=…`
pub(crate) fn key_card() -> AnyView {
    page(|visit| async move {
        let caller = visit.keyer()?.clone();
        let draft = match visit.draft()? {
            None => None,
            Some(id) => {
                let draft = port()?.card_draft(&caller, id).await?;
                if draft.is_none() {
                    // Sent on, in another tab or before the back button.
                    leptos_axum::redirect(&format!("/kaarten/{id}"));
                }
                draft
            }
        };
        Ok(key_screen(&visit, draft))
    })
}

fn key_screen(visit: &Visit, draft: Option<CardDraft>) -> Screen {
    let t = visit.t;
    let c = &t.cards;
    let messages = draft
        .as_ref()
        .map(|draft| messages(draft, t))
        .unwrap_or_default();
    let other = draft.as_ref().and_then(|draft| draft.used.as_ref());
    let other = other.map(|(_, card)| {
        view! { <p class="utrecht-paragraph">{link(format!("/kaarten/{card}"), c.number_used_see)}</p> }
    });
    let failed = !messages.is_empty();
    let discard = draft.as_ref().map(|draft| {
        small_form(
            DiscardCard::PATH,
            vec![("card", draft.id.to_string())],
            c.throw_away,
        )
    });
    let body = view! {
        {messages.summary(t)}
        {title(c.key)}
        {other}
        {key_form(visit, draft, &messages)}
        {discard}
    };
    Screen::new(c.key, body)
        .under(c.title, "/kaarten")
        .failed(failed)
}

fn messages(draft: &CardDraft, t: &'static Texts) -> Messages {
    let c = &t.cards;
    let mut messages = Messages::default();
    let number = draft.number.map(|fault| match fault {
        NumberFault::Empty => c.number_empty,
        NumberFault::Signs => c.number_signs,
        NumberFault::HoldsBsn => c.number_bsn,
    });
    if let Some(text) = number {
        messages.add("number", text);
    }
    if let Some((moment, _)) = &draft.used {
        messages.add("number", fill(c.number_used, &[("moment", moment)]));
    }
    let party = draft.party.map(|fault| match fault {
        PartyFault::Empty => c.party_empty,
        PartyFault::Unknown => c.party_unknown,
        PartyFault::NotApproved => c.party_not_approved,
    });
    if let Some(text) = party {
        messages.add("party", text);
    }
    messages.add_findings(&draft.findings, &columns(), t);
    messages
}

fn columns() -> Vec<Column> {
    [choices::PERSON.as_slice(), choices::VACCINATION.as_slice()].concat()
}

fn key_form(visit: &Visit, draft: Option<CardDraft>, messages: &Messages) -> AnyView {
    let t = visit.t;
    let c = &t.cards;
    let hidden = draft
        .iter()
        .map(|draft| ("concept", draft.id.to_string()))
        .collect();
    let (typed, found) = draft
        .map(|draft| (draft.typed, draft.findings))
        .unwrap_or_default();
    let row = &typed.row;
    let number = Field {
        hint: c.number_hint,
        width: 20,
        autofocus: messages.is_empty(),
        ..Field::new("number", c.number, &typed.number)
    };
    let party = Field {
        hint: c.party_hint,
        width: 20,
        ..Field::new("party", c.party_label, &typed.party)
    };
    let no_consent = row.get(Column::Toestemming).eq_ignore_ascii_case("N");
    let refused = found
        .iter()
        .any(|finding| finding.severity == Severity::Fout);
    let on_card = refused.then(|| {
        view! {
            <section class="cims-panel cims-stack" aria-labelledby="zo-op-de-kaart">
                <h2 class="utrecht-heading-2" id="zo-op-de-kaart">{c.on_card_title}</h2>
                {paragraph(c.on_card_text)}
                {tick("so_on_card", "so_on_card", c.on_card, typed.so_on_card, false)}
            </section>
        }
    });
    let form = view! {
        <form class="cims-form" method="post" action=KeyCard::PATH data-keep-along="true" novalidate>
            {hidden_inputs(hidden)}
            {number.text(messages, t)}
            {party.text(messages, t)}
            {heading(c.person)}
            {person::fields_with(row, messages, false, c.consent_hint, t)}
            {heading(c.vaccination)}
            {fields(row, &DraftView::of_row(row.clone(), found.clone()), no_consent, visit.frame.today, messages, t)}
            {(!no_consent).then(|| performer(row, messages, t))}
            {on_card}
            {submit(c.send)}
            {time_out_note(t.frame.time_out_line)}
        </form>
    };
    person::live(form.into_any(), visit, messages)
}
