//! The line of a record: reports, decisions, rulings and what was undone, the newest first, each with who, when and why.

use super::clusters::kind_name as decision_name;
use super::compare::kind_name;
use crate::calls::corrections::BeginCorrection;
use crate::parts::{badge, hidden_inputs, paragraph};
use crate::ports::persons::{
    Act, Acted, Cause, Happened, How, PersonView, Reported, Reread, RulingView,
};
use crate::texts::{Texts, fill};
use domain::row::{Column, RowText};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// All that happened.
pub(super) fn line(view: &PersonView, t: &'static Texts) -> AnyView {
    let items = view.line.iter().filter_map(|one| match *one {
        Happened::Reported(at) => Some(report(view.reported.get(at)?, view, t)),
        Happened::Ruled(at) => Some(ruling(view.rulings.get(at)?, t)),
        Happened::Undone(at) => undone(view.rulings.get(at)?, t),
        Happened::Acted(at) => Some(acted(view.acts.get(at)?, t)),
        Happened::Reread(at) => Some(reread(view.rereads.get(at)?, t)),
    });
    view! { <ol class="cims-timeline" id="verloop">{items.collect_view()}</ol> }.into_any()
}

/// One of them: what RIVM did has a mark of another shape.
struct Item {
    rivm: bool,
    at: String,
    what: AnyView,
    who: String,
    /// What it says, and why.
    said: Vec<String>,
    acts: Option<AnyView>,
}

impl Item {
    fn view(self) -> AnyView {
        let class = if self.rivm {
            "cims-timeline__item cims-timeline__item--rivm"
        } else {
            "cims-timeline__item"
        };
        let said = self.said.into_iter().map(paragraph).collect_view();
        view! {
            <li class=class>
                <span class="cims-timeline__when">{self.at}</span>
                {self.what}
                <p class="utrecht-paragraph">{self.who}</p>
                {said}
                {self.acts}
            </li>
        }
        .into_any()
    }
}

fn named(name: &'static str, state: Option<AnyView>) -> AnyView {
    view! { <p class="utrecht-paragraph"><strong>{name}</strong>" "{state}</p> }.into_any()
}

fn report(one: &Reported, view: &PersonView, t: &'static Texts) -> AnyView {
    let p = &t.persons;
    let state = match (one.waits, one.stands && !one.back) {
        (Some(_), _) => Some(badge::badge("warning", t.frame.outcome_review)),
        (None, true) => Some(badge::outcome(one.outcome, t)),
        (None, false) => None,
    };
    // What was taken back is what the version before said.
    let before = view.reported.iter().find(|other| {
        one.back && other.registration == one.registration && other.version + 1 == one.version
    });
    let cells = before.map_or(&one.cells, |before| &before.cells);
    let mut said = Vec::new();
    if !cells.get(Column::Vaccinatiedatum).is_empty() {
        said.push(jab(cells, t));
    }
    said.extend(one.reason.as_ref().map(|reason| because(reason, t)));
    let mut who = fill(
        p.line_party,
        &[
            ("partij", &one.party),
            ("koppelvlak", badge::channel(one.channel, t)),
        ],
    );
    if one.on_request {
        who = fill(p.line_on_request, &[("partij", &one.party)]);
    }
    Item {
        rivm: one.on_request || matches!(one.how, How::Linked | How::Unlinked | How::Amended),
        at: one.at.clone(),
        what: named(how_name(one.how, t), state),
        who,
        said,
        acts: report_acts(one, t),
    }
    .view()
}

fn jab(cells: &RowText, t: &'static Texts) -> String {
    let cell = |column| cells.get(column);
    fill(
        t.persons.line_jab,
        &[
            ("datum", cell(Column::Vaccinatiedatum)),
            ("vaccin", cell(Column::Vaccin)),
            ("batch", cell(Column::Batchnummer)),
            ("dosis", cell(Column::Dosisnummer)),
        ],
    )
}

fn because(reason: &str, t: &'static Texts) -> String {
    fill(t.registrations.version_reason, &[("reden", reason)])
}

const fn how_name(how: How, t: &'static Texts) -> &'static str {
    let p = &t.persons;
    match how {
        How::New => p.how_new,
        How::Corrected => p.how_corrected,
        How::Withdrawn => p.how_withdrawn,
        How::Gone => p.how_gone,
        How::Back => p.how_back,
        How::BackWithDelivery => p.how_back_with,
        How::Linked => p.how_linked,
        How::Unlinked => p.how_unlinked,
        How::Amended => p.how_amended,
    }
}

/// What somebody can do with a report: judge it when it waits, and correct or withdraw it when its institution asks.
fn report_acts(one: &Reported, t: &'static Texts) -> Option<AnyView> {
    let p = &t.persons;
    if !one.stands || one.back {
        return None;
    }
    let judge = one.waits.map(|row| {
        let label = fill(p.judge_label, &[("moment", &one.at)]);
        view! { <a class="utrecht-link utrecht-link--html-a" href=format!("/beoordelen/{row}/vergelijken") aria-label=label>{p.judge}</a>" " }
    });
    let c = &t.corrections;
    let button = |withdraw: bool| {
        let (text, label) = if withdraw {
            (c.withdraw, c.start_withdraw_label)
        } else {
            (c.correct, c.start_label)
        };
        let label = fill(label, &[("moment", &one.at)]);
        let mut hidden = vec![("registration", one.registration.to_string())];
        hidden.extend(withdraw.then(|| ("withdraw", "1".to_owned())));
        view! {
            <form class="cims-timeline__act" method="post" action=BeginCorrection::PATH>
                {hidden_inputs(hidden)}
                <button class="utrecht-link-button utrecht-link-button--html-button" type="submit" aria-label=label>{text}</button>
            </form>
        }
    };
    Some(
        view! { <div class="cims-timeline__acts">{judge}{button(false)}{button(true)}</div> }
            .into_any(),
    )
}

fn open(way: String, label: String, t: &'static Texts) -> AnyView {
    view! { <p class="utrecht-paragraph"><a class="utrecht-link utrecht-link--html-a" href=way aria-label=label>{t.persons.open}</a></p> }
        .into_any()
}

fn ruling(one: &RulingView, t: &'static Texts) -> AnyView {
    let p = &t.persons;
    let state = if one.undone.is_some() {
        badge::badge("neutral", p.undone)
    } else {
        badge::badge("success", p.holds)
    };
    let label = fill(p.open_label, &[("moment", &one.made_at)]);
    Item {
        rivm: true,
        at: one.made_at.clone(),
        what: named(kind_name(one.kind, false, t), Some(state)),
        who: fill(p.line_ruled, &[("naam", &one.made_by)]),
        said: vec![because(&one.reason, t)],
        acts: Some(open(format!("/beoordelen/oordelen/{}", one.id), label, t)),
    }
    .view()
}

fn undone(one: &RulingView, t: &'static Texts) -> Option<AnyView> {
    let p = &t.persons;
    let undone = one.undone.as_ref()?;
    let what = fill(p.line_undone, &[("oordeel", kind_name(one.kind, false, t))]);
    let said = (!undone.reason.is_empty()).then(|| because(&undone.reason, t));
    let item = Item {
        rivm: true,
        at: undone.at.clone(),
        what: view! { <p class="utrecht-paragraph"><strong>{what}</strong></p> }.into_any(),
        who: fill(p.line_ruled, &[("naam", &undone.by)]),
        said: said.into_iter().collect(),
        acts: None,
    };
    Some(item.view())
}

/// A decision about rows, or a correction that an institution asked for.
fn acted(one: &Acted, t: &'static Texts) -> AnyView {
    let p = &t.persons;
    let (what, place) = match one.act {
        Act::Decision(kind) => (decision_name(kind, t), "besluiten"),
        Act::Corrected => (p.act_corrected, "correcties"),
        Act::Withdrawn => (p.act_withdrawn, "correcties"),
    };
    let who = match &one.agreed_by {
        Some(second) => fill(p.line_two, &[("naam", &one.asked_by), ("collega", second)]),
        None => fill(p.line_ruled, &[("naam", &one.asked_by)]),
    };
    let mut said = Vec::new();
    if !one.reason.trim().is_empty() {
        said.push(because(&one.reason, t));
    }
    let request = one.request.as_ref();
    said.extend(request.map(|request| fill(p.line_request, &[("verzoek", request)])));
    let label = fill(p.act_label, &[("moment", &one.at)]);
    Item {
        rivm: true,
        at: one.at.clone(),
        what: named(what, None),
        who,
        said,
        acts: Some(open(format!("/beoordelen/{place}/{}", one.id), label, t)),
    }
    .view()
}

/// What a code list or the BRP changed: nobody decided it.
fn reread(one: &Reread, t: &'static Texts) -> AnyView {
    let p = &t.persons;
    let (what, way) = match one.cause {
        Cause::List(id) => (
            p.reread_list,
            Some(format!("/codelijsten/wijzigingen/{id}")),
        ),
        Cause::Brp => (p.reread_brp, None),
    };
    let stood = one.stood.join(", ");
    let said = (!stood.is_empty()).then(|| fill(p.reread_stood, &[("codes", &stood)]));
    let label = || fill(p.reread_label, &[("moment", &one.at)]);
    Item {
        rivm: true,
        at: one.at.clone(),
        what: named(what, None),
        who: p.reread_who.to_owned(),
        said: said.into_iter().collect(),
        acts: way.map(|way| open(way, label(), t)),
    }
    .view()
}
