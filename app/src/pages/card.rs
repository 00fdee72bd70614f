//! `/kaarten/{id}`: a card for whoever opens it: the first waits, a second keys it again, somebody settles what differs
//! (features F11). The first's values are on the page only once somebody else has keyed it again.

use crate::calls::cards::{DiscardCard, KeyAgain, SettleCard};
use crate::kept::AGREED;
use crate::page::{Screen, Visit, cards, page};
use crate::parts::answers::{Answer, answers, words};
use crate::parts::date_boxes::{Kind, date_boxes};
use crate::parts::field::Field;
use crate::parts::findings::findings;
use crate::parts::messages::{Messages, error_message};
use crate::parts::radios::Radios;
use crate::parts::{
    alert, badge, button_link, hidden_inputs, paragraph, second_link, small_form, submit, title,
};
use crate::ports::cards::{CardView, Difference, MayCard};
use crate::texts::{Texts, fill};
use domain::delivery::RowOutcome;
use domain::row::Column;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/kaarten/{id}`
pub(crate) fn card() -> AnyView {
    page(|visit| async move {
        let caller = visit.keyer()?.clone();
        let view = cards()?.card(&caller, visit.id()?).await?;
        Ok(screen(&visit, &view))
    })
}

fn screen(visit: &Visit, view: &CardView) -> Screen {
    let t = visit.t;
    let c = &t.cards;
    let mut messages = Messages::default();
    let mut told = None;
    match (visit.query("melding").as_deref(), &view.may) {
        (Some("wacht"), MayCard::Wait) => told = Some(alert::ok(c.told_waiting)),
        (Some("opgeslagen"), MayCard::Done { .. }) => told = Some(alert::ok(c.told_stored)),
        (Some("zelfde"), _) => told = Some(alert::error(c.same_person)),
        (Some("akkoord"), _) => told = Some(alert::error(c.not_approved)),
        (Some("keuze"), MayCard::KeyAgain) => {
            messages.add(Column::Toestemming.name(), c.no_consent_chosen);
        }
        (Some("keuze"), MayCard::Settle(differences)) => {
            if let Some(first) = differences.first() {
                messages.add(first.column.name(), c.no_choice);
            }
        }
        (Some("reden"), MayCard::Settle(_)) => messages.add("reason", c.no_why),
        _ => {}
    }
    let name = fill(c.card_title, &[("nummer", &view.line.number)]);
    let failed = !messages.is_empty();
    let content = match &view.may {
        MayCard::Wait => wait(view, t),
        MayCard::Look => alert::warning(paragraph(c.look_text)),
        MayCard::KeyAgain => key_again(visit, view, &messages),
        MayCard::Settle(differences) => settle(view, differences, &messages, t),
        MayCard::Done { .. } => done(view, t),
    };
    let body = view! {
        {messages.summary(t)}
        {told}
        {title(name.clone())}
        {answers(facts(view, t), t)}
        {content}
    };
    Screen::new(name, body)
        .under(c.title, "/kaarten")
        .failed(failed)
}

fn facts(view: &CardView, t: &'static Texts) -> Vec<Answer> {
    let c = &t.cards;
    let line = &view.line;
    let keyed = format!("{}, {}", line.keyed_by, line.keyed_at);
    let mut facts = vec![
        Answer::new(c.party, line.party.clone()),
        Answer::new(c.keyed_by, keyed),
    ];
    if let MayCard::Done {
        differed,
        second,
        settled,
        ..
    } = &view.may
    {
        facts.push(Answer::new(c.keyed_again_by, second.clone()));
        let names: Vec<&str> = differed
            .iter()
            .map(|column| column.title_in(t.language))
            .collect();
        if !names.is_empty() {
            facts.push(Answer::new(c.done_differed, names.join(", ")));
        }
        if let Some((by, at)) = settled {
            facts.push(Answer::new(c.settled_by, format!("{by}, {at}")));
        }
    }
    facts
}

fn wait(view: &CardView, t: &'static Texts) -> AnyView {
    let c = &t.cards;
    view! {
        {paragraph(c.wait_text)}
        <div class="utrecht-button-group">
            {button_link("/kaarten/invoeren", c.next)}
            {small_form(DiscardCard::PATH, vec![("card", view.line.id.to_string())], c.throw_away)}
        </div>
    }
    .into_any()
}

fn key_again(visit: &Visit, view: &CardView, messages: &Messages) -> AnyView {
    let t = visit.t;
    let c = &t.cards;
    let consent = Radios {
        id: Column::Toestemming.name(),
        legend: Column::Toestemming.title_in(t.language),
        hint: "",
        value: "",
        options: &super::choices::of(Column::Toestemming, t),
        inline: true,
    };
    let bsn = Field {
        hint: c.again_bsn_hint,
        width: 9,
        numeric: true,
        ..Field::row(Column::Bsn, "", t)
    };
    let batch = Field {
        width: 20,
        ..Field::row(Column::Batchnummer, "", t)
    };
    let date = Kind::Vaccination(visit.frame.today, false);
    view! {
        {paragraph(c.again_lead)}
        <form class="cims-form" method="post" action=KeyAgain::PATH autocomplete="off" novalidate>
            {hidden_inputs(vec![("card", view.line.id.to_string())])}
            {consent.view(messages, t)}
            {bsn.text(messages, t)}
            {date_boxes(Column::Vaccinatiedatum, date, "", messages, t)}
            {batch.text(messages, t)}
            <div class="utrecht-button-group">
                {submit(c.again_send)}
                {second_link("/kaarten", t.frame.cancel)}
            </div>
        </form>
    }
    .into_any()
}

fn settle(
    view: &CardView,
    differences: &[Difference],
    messages: &Messages,
    t: &'static Texts,
) -> AnyView {
    let c = &t.cards;
    let reason = Field {
        hint: c.why_hint,
        ..Field::new("reason", c.why, "")
    };
    let choices = differences
        .iter()
        .map(|difference| choice(difference, messages, t));
    let hidden = vec![
        ("card", view.line.id.to_string()),
        (AGREED, agreed(differences).to_owned()),
    ];
    view! {
        <h2 class="utrecht-heading-2">{c.differs_title}</h2>
        {paragraph(c.differs_lead)}
        <form class="cims-form" method="post" action=SettleCard::PATH autocomplete="off">
            {hidden_inputs(hidden)}
            {choices.collect_view()}
            {reason.area(messages, t)}
            <div class="utrecht-button-group">
                {submit(c.settle_send)}
                {second_link("/kaarten", t.frame.cancel)}
            </div>
        </form>
    }
    .into_any()
}

/// Which answer is consent, for a form that is kept when the session ends ([`crate::kept`]). Two who say the same said yes
/// where they differ about the person: without consent nothing of one is keyed.
fn agreed(differences: &[Difference]) -> &'static str {
    let yes = |text: &str| text.eq_ignore_ascii_case("J");
    let consent = differences
        .iter()
        .find(|difference| difference.column == Column::Toestemming);
    match consent {
        None => "1",
        Some(consent) if yes(&consent.first) => "eerste",
        Some(consent) if yes(&consent.second) => "tweede",
        Some(_) => "",
    }
}

/// What the first keyed, what the second did, or something else.
fn choice(difference: &Difference, messages: &Messages, t: &'static Texts) -> AnyView {
    let c = &t.cards;
    let column = difference.column;
    let id = column.name();
    let wrong = messages.at(id);
    let shown = |text: &str| match text {
        "" => c.empty.to_owned(),
        text => words(column, text, t),
    };
    let radio = |input: String, value: &'static str, label: String| {
        view! {
            <div class="utrecht-form-field utrecht-form-field--radio cims-choice">
                <input class="utrecht-radio-button utrecht-radio-button--html-input utrecht-form-field__input" type="radio"
                    id=input.clone() name=format!("choice[{id}]") value=value/>
                <label class="utrecht-form-label utrecht-form-label--radio utrecht-form-field__label" for=input>{label}</label>
            </div>
        }
    };
    // Consent is yes or no: two differ, so one of them is right.
    let other = (column != Column::Toestemming).then(|| {
        let label = fill(c.other_label, &[("kolom", column.title_in(t.language))]);
        let input = format!("{id}_wel");
        let field = Field {
            name: format!("other[{id}]"),
            width: 20,
            optional: true,
            ..Field::new(&input, &label, "")
        };
        view! {
            {radio(format!("{id}_anders"), "anders", c.other.to_owned())}
            {field.text(&Messages::default(), t)}
        }
    });
    view! {
        <fieldset class="utrecht-form-fieldset utrecht-form-fieldset--html-fieldset">
            <legend class="utrecht-form-fieldset__legend utrecht-form-fieldset__legend--html-legend">{column.title_in(t.language)}</legend>
            {error_message(id, wrong, t)}
            <div class="cims-choices">
                {radio(id.to_owned(), "eerste", format!("{}: {}", c.first, shown(&difference.first)))}
                {radio(format!("{id}_tweede"), "tweede", format!("{}: {}", c.second, shown(&difference.second)))}
                {other}
            </div>
        </fieldset>
    }
    .into_any()
}

fn done(view: &CardView, t: &'static Texts) -> AnyView {
    let c = &t.cards;
    let MayCard::Done {
        outcome,
        findings: found,
        differed,
        ..
    } = &view.may
    else {
        return ().into_any();
    };
    let same = differed.is_empty().then(|| paragraph(c.done_same));
    let refused = (*outcome == RowOutcome::Afgekeurd).then(|| paragraph(c.refused_text));
    view! {
        {same}
        <p class="utrecht-paragraph">{badge::outcome(*outcome, t)}</p>
        {refused}
        {findings(found, t)}
        <div class="utrecht-button-group">
            {button_link("/kaarten/invoeren", c.next)}
            {second_link("/kaarten", c.title)}
        </div>
    }
    .into_any()
}
