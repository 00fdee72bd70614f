//! `/beoordelen/correcties/{id}`: RIVM corrects or withdraws a registration that its institution asked to change; a colleague
//! agrees (features F53).

use super::decisions::before;
use super::mend::options;
use crate::calls::corrections::{DecideCorrection, DropCorrection, SaveCorrection};
use crate::page::{Screen, Visit, corrections, page};
use crate::parts::answers::{Answer, answers, words};
use crate::parts::field::Field;
use crate::parts::findings::findings;
use crate::parts::messages::Messages;
use crate::parts::table::{Cell, table};
use crate::parts::{
    alert, badge, go_on_or_not, heading, hidden_inputs, link, paragraph, submit, title,
};
use crate::ports::corrections::CorrectionView;
use crate::ports::decisions::{DecisionState, MayDecide};
use crate::ports::persons::Why;
use crate::texts::Texts;
use domain::row::{Column, RowText};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/beoordelen/correcties/{id}`
pub(crate) fn correction() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let view = corrections()?.correction(&caller, visit.id()?).await?;
        Ok(screen(&visit, &view))
    })
}

/// What can be changed: all but the key of the row.
fn columns() -> impl Iterator<Item = Column> {
    let fixed = |column: &Column| matches!(column, Column::Mutatie | Column::Bronsleutel);
    Column::ALL.into_iter().filter(move |column| !fixed(column))
}

fn screen(visit: &Visit, view: &CorrectionView) -> Screen {
    let t = visit.t;
    let (c, d) = (&t.corrections, &t.decisions);
    let told = match (visit.query("melding").as_deref(), view.state) {
        (Some("wacht"), DecisionState::Asked) => Some(alert::ok(c.told_waiting)),
        (Some("klaar"), DecisionState::Done) => Some(alert::ok(c.told_done)),
        (Some("zelfde"), _) => Some(alert::error(c.told_same)),
        (Some("nog-niet"), DecisionState::Draft) => Some(alert::error(c.told_not_yet)),
        (Some("ander"), _) => Some(alert::error(c.told_other)),
        (Some("eerder"), state) => {
            let decided = view.decided.as_ref();
            decided.and_then(|(who, at)| before(state, (who, at), t))
        }
        _ => None,
    };
    let open = matches!(view.state, DecisionState::Draft | DecisionState::Asked);
    let stale = (open && view.outcome.is_none()).then(|| alert::warning(paragraph(c.stale)));
    let name = if view.after.is_some() {
        c.title
    } else {
        c.title_withdraw
    };
    let state = match view.state {
        DecisionState::Draft => d.state_draft,
        DecisionState::Asked => d.state_asked,
        DecisionState::Rejected => d.state_rejected,
        DecisionState::CalledBack => d.state_called_back,
        DecisionState::Running => d.state_running,
        DecisionState::Done => d.state_done,
    };
    let mut facts = vec![
        Answer::new(t.review.party, view.party.clone()),
        Answer::new(d.asked_by, view.asked_by.clone()),
        Answer::new(d.asked_at, view.asked_at.clone()),
        Answer::new(c.state, state),
    ];
    if view.may != MayDecide::Confirm {
        facts.push(Answer::new(c.request, view.request.clone()));
    }
    if let Some((by, at)) = &view.decided {
        let key = if view.state == DecisionState::Rejected {
            d.said_no_by
        } else {
            d.decided_by
        };
        facts.push(Answer::new(key, format!("{by}, {at}")));
    }
    let foreseen = view
        .outcome
        .filter(|_| view.after.is_some())
        .map(|outcome| {
            view! {
                {heading(c.foreseen)}
                <p class="utrecht-paragraph">{badge::outcome(outcome, t)}</p>
                {findings(&view.findings, t)}
            }
        });
    let form = (view.may == MayDecide::Confirm).then(|| form(view, t));
    let record = format!("/dossiers/{}?reden={}", view.person, Why::Request.as_str());
    let body = view! {
        {told}
        {title(name)}
        {paragraph(c.lead)}
        {stale}
        {answers(facts, t)}
        {form}
        {changes(view, t)}
        {foreseen}
        {acts(view, t)}
        <p class="utrecht-paragraph">{link(record, t.persons.to_person)}</p>
    };
    Screen::new(name, body)
        .under(t.review.title, "/beoordelen")
        .under(t.persons.find_title, "/dossiers")
}

fn form(view: &CorrectionView, t: &'static Texts) -> AnyView {
    let c = &t.corrections;
    let messages = Messages::of(&view.findings, &columns().collect::<Vec<_>>(), t);
    let cells = view.after.as_ref().map(|row| {
        let cells = columns().map(|column| cell(row, column, &messages, t));
        view! { {heading(c.change)}{cells.collect_view()} }
    });
    let request = Field {
        hint: c.request_hint,
        ..Field::new("request", c.request, &view.request)
    };
    view! {
        <form class="cims-form" method="post" action=SaveCorrection::PATH novalidate>
            {hidden_inputs(vec![("id", view.id.to_string())])}
            {request.area(&messages, t)}
            {cells}
            {submit(c.save)}
        </form>
    }
    .into_any()
}

fn cell(row: &RowText, column: Column, messages: &Messages, t: &'static Texts) -> AnyView {
    let field = Field {
        hint: column.hint_in(t.language),
        ..Field::row(column, row.get(column), t)
    };
    let list = options(column, t);
    if list.len() > 1 {
        field.select(list, messages, t)
    } else {
        field.text(messages, t)
    }
}

fn changes(view: &CorrectionView, t: &'static Texts) -> AnyView {
    let c = &t.corrections;
    let Some(after) = &view.after else {
        return view! { {heading(c.compared)}{paragraph(c.withdrawn)} }.into_any();
    };
    let rows = columns().filter(|column| view.before.get(*column) != after.get(*column));
    let rows: Vec<Vec<Cell>> = rows
        .map(|column| {
            vec![
                Cell::new(column.title_in(t.language)),
                Cell::new(words(column, view.before.get(column), t)),
                Cell::new(words(column, after.get(column), t)),
            ]
        })
        .collect();
    let content = if rows.is_empty() {
        paragraph(c.nothing)
    } else {
        let headers = [t.persons.what, c.before, c.after];
        table("wijzigingen", c.compared_caption, &headers, rows)
    };
    view! { {heading(c.compared)}{content} }.into_any()
}

/// What this person may do.
fn acts(view: &CorrectionView, t: &'static Texts) -> Option<AnyView> {
    let c = &t.corrections;
    let go_on = |text| Some((DecideCorrection::PATH, text));
    let (yes, no) = match view.may {
        MayDecide::Look => return None,
        MayDecide::Confirm => (go_on(c.ask), c.drop),
        MayDecide::Agree => (go_on(c.agree), c.say_no),
        MayDecide::CallBack => (None, c.take_back),
    };
    Some(go_on_or_not(view.id, yes, (DropCorrection::PATH, no)))
}
