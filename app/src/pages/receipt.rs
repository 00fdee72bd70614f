//! `/registreren/klaar/{reference}`: what became of it and what next (features F02). Holds no person data,
//! survives a reload and a bookmark.

use crate::calls::entry::BeginNext;
use crate::calls::worklist::BeginFromWorklist;
use crate::page::{Screen, Visit, entry, page, worklists};
use crate::parts::{
    alert, badge, findings::findings, heading, hidden_inputs, link, mended::mended, paragraph,
    second_link,
};
use crate::ports::entry::Receipt;
use crate::texts::{Texts, fill};
use domain::delivery::RowOutcome;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/registreren/klaar/{reference}`
pub(crate) fn receipt() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let receipt = entry()?.receipt(&caller, visit.param("reference")).await?;
        let open = worklists()?.open_on_worklist(&caller).await?;
        Ok(screen(&visit, receipt, open.unwrap_or_default()))
    })
}

/// `open`: how many of this user's worklist are to do.
fn screen(visit: &Visit, receipt: Receipt, open: usize) -> Screen {
    let t = visit.t;
    let e = &t.entry;
    let (head, text) = match receipt.outcome {
        RowOutcome::Geaccepteerd => (e.done_title, e.done_accepted_text),
        RowOutcome::TeControleren => (e.done_title, e.done_review_text),
        RowOutcome::Geteld => (e.done_counted, e.done_counted_text),
        RowOutcome::Dubbel => (e.done_double, e.done_double_text),
        RowOutcome::Afgekeurd => (e.done_refused, e.done_refused_text),
    };
    let same_person = receipt.registration.is_some();
    let other =
        (visit.query("melding").as_deref() == Some("anders")).then(|| alert::error(e.sent_other));
    let body = view! {
        {other}
        <div class="cims-confirmation">
            <h1 class="utrecht-heading-1 cims-confirmation__title">{head}</h1>
            <p class="cims-confirmation__reference">{e.reference}" "<strong class="cims-code">{receipt.reference.clone()}</strong></p>
        </div>
        <p class="utrecht-paragraph">{badge::outcome(receipt.outcome, t)}" "{receipt.vaccination.clone()}</p>
        {if receipt.outcome == RowOutcome::Afgekeurd { alert::error(text) } else { paragraph(text) }}
        {findings(&receipt.findings, t)}
        {mended(&receipt.mended, None, t)}
        {paragraph(fill(e.received, &[("moment", &receipt.received)]))}
        {heading(e.whats_next)}
        <div class="utrecht-button-group cims-no-print">
            {(open > 0).then(|| next_of_list(&receipt.reference, open, t))}
            {next(&receipt.reference, false, open == 0, t)}
            {same_person.then(|| next(&receipt.reference, true, false, t))}
            {second_link("/", e.done_finish)}
        </div>
        {receipt.registration.map(|id| view! {
            <p class="utrecht-paragraph">{link(format!("/registraties/{id}"), e.see_registration)}</p>
            {paragraph(e.correct_later)}
        })}
    };
    Screen::new(head, body).under(e.title, "/registreren")
}

/// The same vaccination for the next person of the worklist.
fn next_of_list(reference: &str, open: usize, t: &'static Texts) -> AnyView {
    let text = fill(t.worklist.next_same, &[("open", &open.to_string())]);
    view! {
        <form method="post" action=BeginFromWorklist::PATH>
            {hidden_inputs(vec![("same_as", reference.to_owned())])}
            <button class="utrecht-button utrecht-button--primary-action cims-button--main" type="submit" autofocus=true>{text}</button>
        </form>
    }
    .into_any()
}

fn next(reference: &str, same_person: bool, main: bool, t: &'static Texts) -> AnyView {
    let text = if same_person {
        t.entry.same_person
    } else {
        t.entry.same_vaccination
    };
    let class = if main {
        "utrecht-button utrecht-button--primary-action cims-button--main"
    } else {
        "utrecht-button utrecht-button--secondary-action"
    };
    view! {
        <form method="post" action=BeginNext::PATH>
            {hidden_inputs(vec![("same_as", reference.to_owned()), ("same_person", same_person.to_string())])}
            <button class=class type="submit" autofocus=main>{text}</button>
        </form>
    }
    .into_any()
}
