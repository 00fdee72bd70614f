//! `/beoordelen/{id}/koppelen`: who of the BRP may be the person of a row that was not matched (features F10, F53). The
//! search is with the data of the row alone; everybody who is shown is audited.

use crate::calls::decisions::LinkRow;
use crate::page::{Screen, Visit, decisions, page};
use crate::parts::answers::{Answer, answers, of_row};
use crate::parts::field::Field;
use crate::parts::messages::{Messages, error_message};
use crate::parts::{alert, brp_age, heading, hidden_inputs, paragraph, second_link, submit, title};
use crate::ports::decisions::{Candidate, Candidates, Gone, LinkView, LinkedBy, Same};
use crate::texts::{Texts, fill};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/beoordelen/{id}/koppelen`
pub(crate) fn link_row() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let view = decisions()?.candidates(&caller, visit.id()?).await?;
        Ok(screen(&visit, &view))
    })
}

fn screen(visit: &Visit, view: &Candidates) -> Screen {
    let t = visit.t;
    let (l, v) = (&t.links, &t.review);
    let mut messages = Messages::default();
    match visit.query("melding").as_deref() {
        Some("persoon") => messages.add("person", l.person_missing),
        Some("reden") => messages.add("reason", l.reason_missing),
        _ => {}
    }
    let row = format!("/beoordelen/{}", view.row);
    let name = fill(
        v.detail_title,
        &[("regel", &view.number.to_string()), ("partij", &view.party)],
    );
    let found = if view.found.is_empty() {
        let group = format!("/beoordelen/groepen/{}", view.row);
        view! {
            {alert::info(l.nobody)}
            {paragraph(l.nobody_text)}
            <div class="utrecht-button-group">{second_link(group, l.to_group)}{second_link(row.clone(), name)}</div>
        }
        .into_any()
    } else {
        form(view, &row, &messages, t)
    };
    let body = view! {
        {messages.summary(t)}
        {title(l.title)}
        {alert::info(l.logged)}
        {heading(l.delivered)}
        {of_row(&view.delivered, t)}
        {heading(l.found)}
        {brp_age::line(&view.brp, t)}
        {found}
    };
    Screen::new(l.title, body)
        .under(v.title, "/beoordelen")
        .under(t.decisions.row, row)
        .failed(!messages.is_empty())
}

fn form(view: &Candidates, row: &str, messages: &Messages, t: &'static Texts) -> AnyView {
    let l = &t.links;
    let error = messages.at("person");
    let class = if error.is_some() {
        "utrecht-form-fieldset utrecht-form-fieldset--html-fieldset utrecht-form-fieldset--invalid"
    } else {
        "utrecht-form-fieldset utrecht-form-fieldset--html-fieldset"
    };
    let described = error.is_some().then_some("person-fout");
    let options = view.found.iter().enumerate().map(|(at, one)| {
        // The first has the id that the summary of what is wrong leads to.
        let id = if at == 0 {
            "person".to_owned()
        } else {
            format!("person_{at}")
        };
        let facts = format!("{id}-wie");
        view! {
            <div class="utrecht-form-field utrecht-form-field--radio cims-choice">
                <input class="utrecht-radio-button utrecht-radio-button--html-input utrecht-form-field__input" type="radio"
                    id=id.clone() name="person" value=one.list.clone() aria-describedby=facts.clone()/>
                <label class="utrecht-form-label utrecht-form-label--radio utrecht-form-field__label" for=id>{name(one, t)}</label>
            </div>
            <div id=facts>{answers(facts_of(one, t), t)}</div>
        }
    });
    let options = options.collect_view();
    let more = view.more.then(|| alert::warning(paragraph(l.more)));
    view! {
        {more}
        <form class="cims-form" method="post" action=LinkRow::PATH novalidate>
            {hidden_inputs(vec![("row", view.row.to_string())])}
            <fieldset class=class aria-describedby=described>
                <legend class="utrecht-form-fieldset__legend utrecht-form-fieldset__legend--html-legend">{l.who}</legend>
                {error_message("person", error, t)}
                <div class="cims-choices">{options}</div>
            </fieldset>
            {paragraph(l.colleague)}
            {Field::new("reason", l.reason, "").area(messages, t)}
            <div class="utrecht-button-group">
                {submit(t.decisions.look_first)}
                {second_link(row.to_owned(), t.frame.cancel)}
            </div>
        </form>
    }
    .into_any()
}

fn name(one: &Candidate, t: &'static Texts) -> String {
    one.name
        .clone()
        .unwrap_or_else(|| t.links.secret.to_owned())
}

/// What is known of somebody, for who has to choose.
fn facts_of(one: &Candidate, t: &'static Texts) -> Vec<Answer> {
    let l = &t.links;
    let same = one.same.iter().map(|same| match same {
        Same::Bsn => l.same_bsn,
        Same::BirthDate => l.same_birth_date,
        Same::Address => l.same_address,
        Same::Name => l.same_name,
    });
    let same: Vec<&str> = same.collect();
    let address = match &one.address {
        Some(address) => address.clone(),
        None if one.secret => l.secret_why.to_owned(),
        None => l.no_address.to_owned(),
    };
    let known = match one.vaccinations {
        1 => l.known_one.to_owned(),
        number => fill(l.known_more, &[("aantal", &number.to_string())]),
    };
    let mut facts = vec![
        Answer::new("BSN", one.bsn.clone()),
        Answer::new(l.born, one.birth_date.clone()),
        Answer::new(l.address, address),
    ];
    facts.extend(one.gone.map(|gone| {
        let text = match gone {
            Gone::Died => l.died,
            Gone::Emigrated => l.emigrated,
            Gone::NonResident => l.non_resident,
            Gone::Other => l.gone_other,
        };
        Answer::new(l.gone, text)
    }));
    facts.push(Answer::new(l.same, same.join(", ")));
    facts.push(Answer::new(l.known, known));
    facts
}

/// The person of a link on the page of its decision, and what changes in the record.
pub(super) fn of_decision(view: &LinkView, t: &'static Texts) -> AnyView {
    let l = &t.links;
    let person = match &view.person {
        None => alert::error(l.person_gone),
        Some(person) => {
            let mut facts = vec![Answer::new(l.person, name(person, t))];
            facts.extend(facts_of(person, t));
            if let Some((before, after)) = view.counting {
                facts.push(Answer::new(l.record, counts(before, after, view.doses, t)));
            }
            answers(facts, t)
        }
    };
    view! {
        {heading(l.delivered)}
        {of_row(&view.delivered, t)}
        {heading(l.person)}
        {person}
    }
    .into_any()
}

/// "1 van 2 → 2 van 2".
pub(super) fn counts(before: u32, after: u32, series: Option<u8>, t: &'static Texts) -> String {
    let text = if series.is_some() {
        t.links.counts
    } else {
        t.links.counts_bare
    };
    let series = series.map(|doses| doses.to_string()).unwrap_or_default();
    let (before, after) = (before.to_string(), after.to_string());
    fill(
        text,
        &[("voor", &before), ("na", &after), ("reeks", &series)],
    )
}

/// Who linked a row, and who agreed.
pub(super) fn linked(by: &LinkedBy, t: &'static Texts) -> Answer {
    let l = &t.links;
    let text = fill(
        l.linked_by,
        &[
            ("wie", &by.asked_by),
            ("akkoord", &by.agreed_by),
            ("moment", &by.at),
        ],
    );
    Answer::new(l.linked, text)
}
