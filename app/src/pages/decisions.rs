//! `/beoordelen/besluiten` and `/beoordelen/besluiten/{id}`: a decision with what it would come to, the second person, and
//! what became of it (features F52, F53; security G18).

use super::clusters::{amount, cause, kind_name, told_field, way_to};
use super::link::{counts, of_decision};
use crate::calls::decisions::{CloseReturned, Decide, DropDecision, EndName, Recall, UndoLink};
use crate::page::{Screen, Visit, decisions, page};
use crate::parts::answers::{Answer, answers};
use crate::parts::field::Field;
use crate::parts::findings::findings;
use crate::parts::messages::Messages;
use crate::parts::pager::{address, pager};
use crate::parts::table::{Cell, empty, table};
use crate::parts::{
    alert, badge, brp_age, folded, go_on_or_not, heading, hidden_inputs, link, paragraph,
    second_link, small_form, submit, title,
};
use crate::ports::Page;
use crate::ports::decisions::{
    DecisionLine, DecisionState, DecisionView, ForeseenRow, MayDecide, RecordChange,
};
use crate::texts::{Texts, fill, number};
use domain::dates::{Days, dutch};
use domain::decision::DecisionKind;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/beoordelen/besluiten`
pub(crate) fn list() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let list = decisions()?.decisions(&caller, visit.page()).await?;
        Ok(list_screen(&visit, &list))
    })
}

fn list_screen(visit: &Visit, list: &Page<DecisionLine>) -> Screen {
    let t = visit.t;
    let (d, v) = (&t.decisions, &t.review);
    let content = if list.items.is_empty() {
        empty(
            d.decisions_empty,
            vec![second_link("/beoordelen/groepen", d.clusters)],
        )
    } else {
        let headers = [
            d.asked_at, d.kind, v.party, d.cause, d.rows, d.state, d.asked_by, d.open,
        ];
        let rows = list.items.iter().map(|line| row(line, t)).collect();
        let pages = pager("/beoordelen/besluiten", &[], list.page, list.total, t);
        view! { {table("besluiten", d.decisions_caption, &headers, rows)}{pages} }.into_any()
    };
    let body = view! {
        {title(d.decisions)}
        <p class="utrecht-paragraph">{link("/beoordelen/waarden", d.values)}</p>
        {content}
    };
    Screen::new(d.decisions, body)
        .under(v.title, "/beoordelen")
        .wide()
}

fn row(line: &DecisionLine, t: &'static Texts) -> Vec<Cell> {
    let d = &t.decisions;
    let cause = cause(line.code, line.column, t);
    let label = fill(
        d.open_label,
        &[("partij", &line.party), ("oorzaak", &cause)],
    );
    vec![
        Cell::new(line.asked_at.clone()),
        Cell::new(kind_name(line.kind, t)),
        Cell::new(line.party.clone()),
        Cell::new(cause),
        Cell::number(number(t.language, u64::from(line.rows))),
        Cell::new(if line.overdue {
            badge::badge("error", standing(line, t))
        } else {
            let days = (!line.days.is_all()).then(|| view! { <br/>{days(line.days, t)} });
            view! { {standing(line, t)}{days} }.into_any()
        }),
        Cell::new(line.asked_by.clone()),
        Cell::new(view! {
            <a class="utrecht-link utrecht-link--html-a" href=format!("/beoordelen/besluiten/{}", line.id) aria-label=label>{d.open}</a>
        }),
    ]
}

/// Where it stands, and what is left to do.
fn standing(line: &DecisionLine, t: &'static Texts) -> &'static str {
    let d = &t.decisions;
    let done = line.state == DecisionState::Done;
    match &line.name {
        Some(name) if name.until.is_some() => d.kept_ended,
        Some(_) => d.kept_short,
        None if line.overdue => d.overdue,
        None if line.returned > 0 => d.returned,
        None if done && line.kind == DecisionKind::Return => d.returned_done,
        None => state(line.state, t),
    }
}

const fn state(state: DecisionState, t: &'static Texts) -> &'static str {
    let d = &t.decisions;
    match state {
        DecisionState::Draft => d.state_draft,
        DecisionState::Asked => d.state_asked,
        DecisionState::Rejected => d.state_rejected,
        DecisionState::CalledBack => d.state_called_back,
        DecisionState::Running => d.state_running,
        DecisionState::Done => d.state_done,
    }
}

/// `/beoordelen/besluiten/{id}`
pub(crate) fn decision() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let after = visit.query("na");
        let id = visit.id()?;
        let view = decisions()?.decision_page(&caller, id, after).await?;
        Ok(screen(&visit, &view))
    })
}

/// Who was first and what came of it, for who wanted to decide too.
pub(super) fn before(
    state: DecisionState,
    (who, at): (&str, &str),
    t: &'static Texts,
) -> Option<AnyView> {
    let d = &t.decisions;
    let text = match state {
        DecisionState::Draft | DecisionState::Asked => return None,
        DecisionState::Running | DecisionState::Done => d.told_agreed,
        DecisionState::Rejected => d.told_said_no,
        DecisionState::CalledBack => d.told_taken_back,
    };
    let text = fill(text, &[("wie", who), ("moment", at)]);
    Some(alert::warning(paragraph(text)))
}

fn screen(visit: &Visit, view: &DecisionView) -> Screen {
    let t = visit.t;
    let (d, v) = (&t.decisions, &t.review);
    let line = &view.line;
    let name = amount(
        u64::from(line.rows),
        d.decision_title_one,
        d.decision_title,
        t,
    );
    let told = match (visit.query("melding").as_deref(), line.state) {
        (Some("loopt"), DecisionState::Running) => Some(alert::info(d.told_running)),
        (Some("wacht"), DecisionState::Asked) => Some(alert::ok(d.told_waiting)),
        (Some("zelfde"), _) => Some(alert::error(d.told_same)),
        (Some("ander"), _) => Some(alert::error(d.told_other)),
        (Some("eerder"), state) => {
            let who = view.decided_by.as_deref().unwrap_or(&line.asked_by);
            let at = view.decided_at.as_deref().unwrap_or_default();
            before(state, (who, at), t)
        }
        (Some("kanniet"), _) if line.kind == DecisionKind::Unlink => {
            Some(alert::error(t.links.undo_not_yet))
        }
        (Some("kanniet"), _) => Some(alert::error(t.links.not_yet)),
        _ => None,
    };
    let mut messages = Messages::default();
    if view.may_undo && visit.query("melding").as_deref() == Some("reden") {
        let missing = if line.kind == DecisionKind::Reject {
            d.readmit_reason_missing
        } else {
            t.links.undo_reason_missing
        };
        messages.add("reason", missing);
    }
    let closes = (view.line.returned > 0)
        .then(|| {
            visit
                .query("soort")
                .and_then(|kind| DecisionKind::parse(&kind))
        })
        .flatten();
    match (visit.query("melding").as_deref(), closes) {
        (Some("sluiten-uitleg"), Some(DecisionKind::Reject)) => {
            messages.add("told", d.told_missing);
        }
        (Some("sluiten-reden"), Some(kind)) => messages.add(closing_id(kind), d.reason_missing),
        _ => {}
    }
    if line_holds(view) && visit.query("melding").as_deref() == Some("einde") {
        messages.add("reason", d.end_reason_missing);
    }
    let mut facts = vec![
        Answer::new(d.kind, kind_name(line.kind, t)),
        Answer::new(v.party, line.party.clone()),
        Answer::new(d.cause, cause(line.code, line.column, t)),
    ];
    let values = [(d.old_value, &view.old), (d.new_value, &view.new)];
    for (key, value) in values.into_iter().filter(|_| view.new.is_some()) {
        facts.push(Answer::new(key, value.clone().unwrap_or_default()));
    }
    if line.kept {
        facts.push(Answer::new(d.days, days(line.days, t)));
    }
    facts.push(Answer::new(d.why, view.reason.clone()));
    let sentence = view.told.map(|told| told.sentence(t.language));
    facts.extend(sentence.map(|sentence| Answer::new(d.told, sentence)));
    let request = view.request.iter();
    facts.extend(request.map(|text| Answer::new(t.corrections.request, text.clone())));
    facts.push(Answer::new(d.asked_by, line.asked_by.clone()));
    facts.push(Answer::new(d.asked_at, line.asked_at.clone()));
    let decided = view.decided_by.iter().zip(&view.decided_at);
    let decided = decided.filter(|_| view.second_person);
    facts.extend(decided.map(|(by, at)| {
        let key = if line.state == DecisionState::Rejected {
            d.said_no_by
        } else {
            d.decided_by
        };
        Answer::new(key, format!("{by}, {at}"))
    }));
    facts.push(Answer::new(d.state, standing(line, t)));
    facts.extend(kept(view, t).map(|text| Answer::new(d.kept, text)));
    let ended = view.ended_by.iter();
    facts.extend(ended.map(|name| Answer::new(d.ended_by, name.clone())));
    let why = view.why_ended.iter();
    facts.extend(why.map(|text| Answer::new(d.why_ended, text.clone())));
    let done = matches!(line.state, DecisionState::Running | DecisionState::Done).then(|| {
        let count = |text: &str, count: u32| {
            fill(text, &[("aantal", &number(t.language, u64::from(count)))])
        };
        let refused = (view.done.1 > 0).then(|| paragraph(count(d.done_refused, view.done.1)));
        let waits = (line.returned > 0).then(|| {
            paragraph(amount(
                u64::from(line.returned),
                d.returned_one,
                d.returned_count,
                t,
            ))
        });
        let dealt = amount(u64::from(view.done.0), d.done_one, d.done, t);
        view! { {paragraph(dealt)}{refused}{waits} }
    });
    let refresh = (line.state == DecisionState::Running).then(|| {
        let here = format!("/beoordelen/besluiten/{}", line.id);
        view! { <p class="utrecht-paragraph">{link(here, d.refresh)}</p> }
    });
    let other = view.other.as_ref().map(|other| {
        let text = if view.late { d.late_text } else { d.other_open };
        let text = fill(text, &[("wie", &other.by)]);
        alert::warning(view! { {paragraph(text)}{way_to(other, t)} })
    });
    // What it would come to is judged by the copy of now.
    let open = matches!(line.state, DecisionState::Draft | DecisionState::Asked);
    let nobody = view.late && view.other.is_none() && view.held == 0;
    let late = nobody.then(|| alert::warning(d.late_nobody));
    let of = view.undoes.map(|id| {
        let way = format!("/beoordelen/besluiten/{id}");
        let text = match line.kind {
            DecisionKind::Readmit => d.undo_of,
            DecisionKind::Reject | DecisionKind::Accept => d.close_of,
            _ => t.links.undo_of,
        };
        view! { <p class="utrecht-paragraph">{second_link(way, text)}</p> }
    });
    let body = view! {
        {messages.summary(t)}
        {told}
        {title(name.clone())}
        {other}
        {late}
        {answers(facts, t)}
        {of}
        {done}
        {held(view, t)}
        {refresh}
        {open.then(|| brp_age::line(&view.brp, t))}
        {view.link.as_ref().map(|link| of_decision(link, t))}
        {foreseen(view, t)}
        {acts(view, t)}
        {view.may_undo.then(|| undo(view, &messages, t))}
        {closings(visit, view, &messages)}
        {ending(view, &messages, t)}
        <p class="utrecht-paragraph">{link("/beoordelen/besluiten", d.decisions)}</p>
    };
    Screen::new(name, body)
        .under(v.title, "/beoordelen")
        .under(d.decisions, "/beoordelen/besluiten")
        .failed(!messages.is_empty())
}

/// The form that undoes a link, or a rejection of stored rows.
fn undo(view: &DecisionView, messages: &Messages, t: &'static Texts) -> AnyView {
    let (l, d) = (&t.links, &t.decisions);
    let (name, text, reason) = if view.line.kind == DecisionKind::Reject {
        (d.readmit, d.readmit_text, d.readmit_reason)
    } else {
        (l.undo, l.undo_text, l.undo_reason)
    };
    let form = view! {
        <form class="cims-form" method="post" action=UndoLink::PATH novalidate>
            {hidden_inputs(vec![("id", view.line.id.to_string())])}
            {paragraph(text)}
            {Field::new("reason", reason, "").area(messages, t)}
            {submit(d.look_first)}
        </form>
    };
    folded(name, form.into_any(), !messages.is_empty()).into_any()
}

/// The form that ends a kept value.
fn ending(view: &DecisionView, messages: &Messages, t: &'static Texts) -> Option<AnyView> {
    let d = &t.decisions;
    if view.may != MayDecide::Look || !line_holds(view) {
        return None;
    }
    let form = view! {
        <form class="cims-form" method="post" action=EndName::PATH novalidate>
            {hidden_inputs(vec![("id", view.line.id.to_string())])}
            {paragraph(d.end_text)}
            {Field::new("reason", d.end_reason, "").area(messages, t)}
            {submit(d.end_name)}
        </form>
    };
    Some(folded(d.end_name, form.into_any(), !messages.is_empty()).into_any())
}

const fn closing_id(kind: DecisionKind) -> &'static str {
    match kind {
        DecisionKind::Accept => "reden-zo",
        _ => "reden-afwijzen",
    }
}

/// The forms that close what went back and was not mended.
fn closings(visit: &Visit, view: &DecisionView, messages: &Messages) -> Option<AnyView> {
    let t = visit.t;
    let d = &t.decisions;
    if view.line.returned == 0 || view.may != MayDecide::Look {
        return None;
    }
    let accept = view.line.stored.then_some(DecisionKind::Accept);
    let kinds = [DecisionKind::Reject].into_iter().chain(accept);
    let chosen = visit.query("soort");
    let forms = kinds.map(|kind| {
        let (name, text) = match kind {
            DecisionKind::Accept => (d.close_accept, d.accept_text),
            _ if view.line.stored => (d.close_reject, d.reject_stored),
            _ => (d.close_reject, d.reject_text),
        };
        let told = (kind == DecisionKind::Reject).then(|| told_field(visit, messages));
        let reason = Field {
            name: "reason".to_owned(),
            ..Field::new(closing_id(kind), d.reason, "")
        };
        let hidden = vec![
            ("id", view.line.id.to_string()),
            ("kind", kind.as_str().to_owned()),
        ];
        let form = view! {
            <form class="cims-form" method="post" action=CloseReturned::PATH novalidate>
                {hidden_inputs(hidden)}
                {paragraph(text)}
                {told}
                {reason.area(messages, t)}
                {submit(d.look_first)}
            </form>
        };
        folded(
            name,
            form.into_any(),
            chosen.as_deref() == Some(kind.as_str()),
        )
    });
    Some(view! { {heading(d.close)}{forms.collect_view()} }.into_any())
}

/// The days of the jabs that a name holds for.
pub(super) fn days(days: Days, t: &'static Texts) -> String {
    let d = &t.decisions;
    let [first, last] = [days.first, days.last].map(|day| day.map(dutch).unwrap_or_default());
    let text = match (days.first, days.last) {
        (None, None) => d.days_all,
        (Some(_), None) => d.days_from,
        (None, Some(_)) => d.days_until,
        (Some(_), Some(_)) => d.days_between,
    };
    fill(text, &[("eerste", &first), ("laatste", &last)])
}

/// What it says about rows that come later.
fn kept(view: &DecisionView, t: &'static Texts) -> Option<String> {
    let (d, line) = (&t.decisions, &view.line);
    match &line.name {
        Some(name) => Some(match &name.until {
            None => fill(d.kept_since, &[("moment", &name.since)]),
            Some(until) => fill(d.kept_until, &[("moment", &name.since), ("einde", until)]),
        }),
        None => (line.kept && view.may != MayDecide::Look).then(|| d.kept_soon.to_owned()),
    }
}

/// Rows that stay as they are because of their delivery, and what becomes of them when that is finished.
fn held(view: &DecisionView, t: &'static Texts) -> Option<AnyView> {
    let d = &t.decisions;
    if view.held == 0 {
        return None;
    }
    let holds = view.line.kept && view.ended_by.is_none();
    let then = if holds { d.held_kept } else { d.held_again };
    let rows = amount(u64::from(view.held), d.held_one, d.held, t);
    Some(alert::warning(view! { {paragraph(rows)}{paragraph(then)} }))
}

/// What it would come to, before it is carried out.
fn foreseen(view: &DecisionView, t: &'static Texts) -> Option<AnyView> {
    let d = &t.decisions;
    let outside = (view.outside > 0).then(|| {
        let text = amount(u64::from(view.outside), d.outside_one, d.outside, t);
        alert::warning(text)
    });
    if view.outcomes.is_empty() {
        return outside;
    }
    let outcomes = view.outcomes.iter().map(|(outcome, rows)| {
        vec![
            Cell::new(badge::outcome(*outcome, t)),
            Cell::number(number(t.language, u64::from(*rows))),
        ]
    });
    // Of a link the record stands with the person.
    let records = view.link.is_none();
    let first = view.first.iter().map(|row| {
        let mut cells = vec![
            Cell::new(link(format!("/beoordelen/{}", row.id), row_of(row, t))),
            Cell::new(row.file.clone().unwrap_or_else(|| "–".to_owned())),
            Cell::new(badge::outcome(row.outcome, t)),
            Cell::new(findings(&row.findings, t)),
        ];
        if records {
            cells.push(Cell::new(record(row.record, t)));
        }
        cells
    });
    let first = first.collect();
    let left = (view.left > 0).then(|| {
        let (one, many) = match view.line.kind {
            DecisionKind::Map => (d.left_refused_one, d.left_refused),
            _ => (d.left_one, d.left),
        };
        let text = amount(u64::from(view.left), one, many, t);
        alert::warning(text)
    });
    let mut headers = vec![d.row, d.file, d.outcome, d.still_wrong];
    if records {
        headers.push(d.record);
    }
    Some(
        view! {
            {heading(d.foreseen)}
            {outside}
            {table("uitkomsten", d.foreseen_caption, &[d.outcome, d.number], outcomes.collect())}
            {left}
            {match view.gone {
                Some(gone) => Some(of_gone(gone, t)),
                None => records.then(|| of_persons(view.persons, t)),
            }}
            {table("eerste", d.first_caption, &headers, first)}
            {more_rows(view, t)}
        }
        .into_any(),
    )
}

/// To the other rows of it.
fn more_rows(view: &DecisionView, t: &'static Texts) -> Option<AnyView> {
    let d = &t.decisions;
    let here = format!("/beoordelen/besluiten/{}", view.line.id);
    let first = view.further.then(|| {
        let way = format!("{here}#eerste");
        view! { {link(way, d.first_rows_again)}" " }
    });
    let next = view.next.as_ref().map(|after| {
        let way = address(&here, &[("na", after.clone())]);
        link(format!("{way}#eerste"), d.next_rows)
    });
    (first.is_some() || next.is_some())
        .then(|| view! { <p class="utrecht-paragraph">{first}{next}</p> }.into_any())
}

/// "Regel 3, ontvangen 22-11-2026 14:05".
fn row_of(row: &ForeseenRow, t: &'static Texts) -> String {
    let (number, moment) = (row.row.to_string(), &row.received);
    fill(
        t.decisions.row_link,
        &[("regel", &number), ("moment", moment)],
    )
}

/// "1 van 2 → 2 van 2", marked when it is more than the series has.
pub(super) fn record(change: Option<RecordChange>, t: &'static Texts) -> AnyView {
    let Some(change) = change else {
        return t.decisions.record_same.into_any();
    };
    let text = counts(change.before, change.after, change.doses, t);
    let above = change
        .doses
        .is_some_and(|doses| change.after > u32::from(doses));
    if above {
        badge::badge("error", text)
    } else {
        text.into_any()
    }
}

/// What becomes of the records of their persons.
fn of_persons(persons: (u32, u32), t: &'static Texts) -> AnyView {
    let d = &t.decisions;
    let (more, above) = persons;
    if more == 0 {
        return paragraph(d.records_none);
    }
    let more = amount(u64::from(more), d.records_one, d.records, t);
    let above = (above > 0).then(|| {
        let count = number(t.language, u64::from(above));
        alert::warning(fill(d.records_above, &[("aantal", &count)]))
    });
    view! { {paragraph(more)}{above} }.into_any()
}

/// What goes from the records of their persons, when stored rows are rejected.
fn of_gone((persons, stay): (u32, u32), t: &'static Texts) -> AnyView {
    let d = &t.decisions;
    let gone = match persons {
        0 => paragraph(d.gone_none),
        _ => alert::warning(amount(u64::from(persons), d.gone_one, d.gone, t)),
    };
    let stay =
        (stay > 0).then(|| paragraph(amount(u64::from(stay), d.gone_stays_one, d.gone_stays, t)));
    view! { {gone}{stay} }.into_any()
}

/// A name of it is in use.
fn line_holds(view: &DecisionView) -> bool {
    let name = view.line.name.as_ref();
    name.is_some_and(|name| name.until.is_none())
}

/// What this person may do.
fn acts(view: &DecisionView, t: &'static Texts) -> Option<AnyView> {
    let d = &t.decisions;
    let id = || vec![("id", view.line.id.to_string())];
    let go_on = |text| Some((Decide::PATH, text));
    let (yes, no) = match view.may {
        MayDecide::Confirm if view.late => (None, t.frame.cancel),
        MayDecide::Agree if view.late => (None, d.say_no),
        MayDecide::Look if view.line.returned > 0 => {
            return Some(small_form(Recall::PATH, id(), d.recall));
        }
        MayDecide::Look => return None,
        MayDecide::Confirm if view.second_person => (go_on(d.ask), t.frame.cancel),
        MayDecide::Confirm => (go_on(d.confirm), t.frame.cancel),
        MayDecide::Agree => (go_on(d.agree), d.say_no),
        MayDecide::CallBack => (None, d.take_back),
    };
    Some(go_on_or_not(view.line.id, yes, (DropDecision::PATH, no)))
}
