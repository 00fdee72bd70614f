//! `/registraties/{id}`: one registration with its versions; the old ones stay readable. What RIVM asks about it is answered here too.

use super::withdraw::kept;
use crate::calls::registrations::StandByRegistration;
use crate::page::{Screen, Visit, entry, page};
use crate::parts::answers::of_row;
use crate::parts::earlier::earlier;
use crate::parts::field::Field;
use crate::parts::messages::Messages;
use crate::parts::{
    alert, badge, findings::findings, fold, heading, hidden_inputs, paragraph, second_link, title,
};
use crate::ports::entry::{DraftView, RegistrationVersion, RegistrationView};
use crate::texts::{Texts, fill};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/registraties/{id}`
pub(crate) fn registration() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let view = entry()?.registration(&caller, visit.id()?).await?;
        let kept = kept(&visit, &caller).await?;
        Ok(screen(&visit, &view, kept.as_ref()))
    })
}

fn screen(visit: &Visit, registration: &RegistrationView, kept: Option<&DraftView>) -> Screen {
    let t = visit.t;
    let r = &t.registrations;
    let mut missing = Messages::default();
    if registration.may_stand_by && visit.query("melding").as_deref() == Some("toelichting") {
        missing.add("reason", t.returned.right_missing);
    }
    let failed = !missing.is_empty();
    let done = match visit.query("melding").as_deref() {
        Some("gecorrigeerd") => Some(alert::ok(r.corrected)),
        Some("ingetrokken") => Some(alert::ok(r.withdrawn)),
        Some("teruggezet") => Some(alert::ok(t.withdrawals.one_done)),
        Some("klopt") => Some(alert::ok(t.returned.right_done)),
        Some("akkoord") => Some(alert::error(t.withdrawals.not_approved)),
        _ => None,
    };
    let newest = registration.versions.first();
    let withdrawn = newest.is_some_and(|version| version.withdrawal);
    let state = if withdrawn {
        badge::badge("neutral", t.frame.withdrawn)
    } else {
        badge::outcome(registration.outcome, t)
    };
    let data = registration
        .versions
        .iter()
        .find(|version| !version.withdrawal)
        .map(|version| of_row(&version.row, t));
    let messages =
        findings(&registration.findings, t).map(|list| view! { {heading(r.messages)}{list} });
    let versions = registration.versions.iter().enumerate();
    let versions = versions
        .map(|(index, version)| version_item(version, index > 0, t))
        .collect_view();
    let acts = if registration.may_change && !withdrawn {
        let base = format!("/registraties/{}", registration.id);
        view! {
            <div class="utrecht-button-group cims-no-print">
                {second_link(format!("{base}/corrigeren"), r.correct)}
                {second_link(format!("{base}/intrekken"), r.withdraw)}
            </div>
        }
        .into_any()
    } else if registration.may_restore {
        let way = format!("/registraties/{}/terugzetten", registration.id);
        view! { <p class="utrecht-paragraph cims-no-print">{second_link(way, t.withdrawals.link_undo)}</p> }
            .into_any()
    } else {
        (!withdrawn).then(|| paragraph(r.no_change)).into_any()
    };
    let asked = registration
        .message
        .as_ref()
        .map(|message| alert::warning(fill(t.decisions.from_rivm, &[("bericht", message)])));
    let right = registration
        .may_stand_by
        .then(|| stand_by(registration, kept, &missing, t));
    let name = fill(r.detail_title, &[("kenmerk", &registration.reference)]);
    let body = view! {
        {missing.summary(t)}
        {done}
        {title(name.clone())}
        <p class="utrecht-paragraph">{state}</p>
        {asked}
        {acts}
        {right}
        {heading(r.detail_data)}
        {data}
        {messages}
        {heading(r.history)}
        <ol class="cims-timeline">{versions}</ol>
        {earlier(&registration.earlier, t)}
    };
    Screen::new(name, body)
        .under(r.title, "/registraties")
        .failed(failed)
}

/// The other answer to what RIVM asks: nothing has to be mended. `kept`: what was typed before.
fn stand_by(
    registration: &RegistrationView,
    kept: Option<&DraftView>,
    messages: &Messages,
    t: &'static Texts,
) -> AnyView {
    let r = &t.returned;
    let why = Field {
        hint: r.right_hint,
        ..Field::new(
            "reason",
            r.right_reason,
            kept.map_or("", |kept| &kept.reason),
        )
    };
    view! {
        {heading(r.right_title)}
        {paragraph(r.right_text)}
        <form class="cims-form cims-no-print" method="post" action=StandByRegistration::PATH novalidate>
            {hidden_inputs(vec![("registration", registration.id.to_string())])}
            {why.area(messages, t)}
            <div class="utrecht-button-group">
                <button class="utrecht-button utrecht-button--primary-action" type="submit">{r.right_send}</button>
            </div>
        </form>
    }
    .into_any()
}

fn version_item(version: &RegistrationVersion, old: bool, t: &'static Texts) -> AnyView {
    let r = &t.registrations;
    let when = fill(
        r.version_by,
        &[
            ("moment", &version.recorded),
            ("naam", &version.recorded_by),
        ],
    );
    let reason = version
        .reason
        .as_ref()
        .map(|reason| paragraph(fill(r.version_reason, &[("reden", reason)])));
    let rejected = version.rejected.map(|told| {
        let why = told.sentence(t.language);
        paragraph(fill(t.returned.rejected, &[("reden", why)]))
    });
    let data = (old && !version.withdrawal).then(|| fold(r.version_show, of_row(&version.row, t)));
    view! {
        <li class="cims-timeline__item">
            <span class="cims-timeline__when">{when}</span>
            " "<strong>{fill(r.version, &[("nummer", &version.number.to_string())])}</strong>
            {version.withdrawal.then(|| view! { " "{badge::badge("neutral", r.version_withdrawal)} })}
            {reason}
            {rejected}
            {data}
        </li>
    }
    .into_any()
}
