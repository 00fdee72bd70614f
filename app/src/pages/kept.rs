//! `/bewaard/{id}`: a form that was sent after the session ended, or of which nothing came by a fault of ours, to be sent
//! again, copied or thrown away.

use crate::calls::sessions::DiscardKept;
use crate::kept::{self, AGAIN};
use crate::page::{Screen, Visit, page, sessions};
use crate::parts::answers::{Answer, answers};
use crate::parts::{alert, hidden_inputs, paragraph, small_form, submit, title};
use crate::ports::session::KeptForm;
use crate::texts::{Texts, fill};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use uuid::Uuid;

/// `/bewaard/{id}`
pub(crate) fn kept() -> AnyView {
    page(|visit| async move {
        let caller = visit.caller()?.clone();
        let form = sessions()?.kept_form(&caller, visit.id()?).await?;
        Ok(screen(&visit, &form))
    })
}

fn screen(visit: &Visit, form: &KeptForm) -> Screen {
    let t = visit.t;
    let k = &t.kept;
    let typed = kept::typed(&form.path, &form.fields);
    let typed = typed
        .into_iter()
        .map(|(name, value)| Answer::new(label(name, t), said(name, value, t)))
        .collect();
    let again = kept::is_sent_again(&form.path).then(|| send_again(form, t));
    let copy = again.is_none().then(|| paragraph(k.copy));
    // Of the incident only its number is repeated, and only when it is one.
    let incident = visit
        .query("storing")
        .and_then(|text| Uuid::parse_str(&text).ok());
    let incident = incident.map(|number| number.to_string());
    let broken = incident.map(|number| alert::error(fill(t.frame.broken, &[("nummer", &number)])));
    let lead = if broken.is_some() { k.broken } else { k.lead };
    let body = view! {
        {broken}
        {title(k.title)}
        {paragraph(lead)}
        {answers(typed, t)}
        {copy}
        {paragraph(k.until)}
        <div class="utrecht-button-group">
            {again}
            {small_form(DiscardKept::PATH, vec![("id", form.id.to_string())], k.discard)}
        </div>
    };
    Screen::new(k.title, body)
}

fn send_again(form: &KeptForm, t: &'static Texts) -> AnyView {
    let fields = form.fields.iter().map(|(name, value)| {
        view! { <input type="hidden" name=name.clone() value=value.clone()/> }
    });
    let action = format!("{}?{AGAIN}={}", form.path, form.id);
    view! {
        <form method="post" action=action>
            {fields.collect_view()}
            {hidden_inputs(Vec::new())}
            {submit(t.kept.send)}
        </form>
    }
    .into_any()
}

/// A value as it stood on the page.
fn said<'a>(name: &str, value: &'a str, t: &'static Texts) -> &'a str {
    match value {
        _ if !name.starts_with("choice[") => value,
        "eerste" => t.cards.first,
        "tweede" => t.cards.second,
        "anders" => t.cards.other,
        value => value,
    }
}

/// What a field is called.
fn label(name: &str, t: &'static Texts) -> String {
    let k = &t.kept;
    if let Some(column) = kept::column(name) {
        return column.title_in(t.language).to_owned();
    }
    match name {
        "reason" => k.reason.to_owned(),
        "purpose" => k.purpose.to_owned(),
        "name" => k.name.to_owned(),
        "installation" => t.parties.installation.to_owned(),
        "key" => t.accounts.key.to_owned(),
        "sources" => t.accounts.sources.to_owned(),
        "place" => k.place.to_owned(),
        "value" => t.decisions.map_value.to_owned(),
        "first" => t.decisions.days_first.to_owned(),
        "last" => t.decisions.days_last.to_owned(),
        "persons" => k.persons.to_owned(),
        // the form of a code list names its fields in Dutch
        other => {
            let inside = other.split_once('[').map_or(other, |(_, inside)| inside);
            let inside = inside.trim_end_matches(']');
            let mut letters = inside.chars();
            let first = letters.next().map(char::to_uppercase);
            first.into_iter().flatten().chain(letters).collect()
        }
    }
}
