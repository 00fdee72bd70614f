//! What was probably meant, why, and how often that was right before.

use super::{heading, paragraph};
use crate::ports::review::Suggestion;
use crate::texts::{Texts, fill};
use domain::suggestion::SuggestionKind;
use leptos::prelude::*;

/// The list under its heading; `act` makes what can be done with one. Nothing when there are none.
pub(crate) fn suggestions(
    list: &[Suggestion],
    act: impl Fn(&Suggestion) -> Option<AnyView>,
    t: &'static Texts,
) -> Option<AnyView> {
    if list.is_empty() {
        return None;
    }
    let items = list.iter().map(|one| {
        let why = why(one, t).into_iter().map(|text| view! { {text}" " });
        view! {
            <li>
                <strong>{what(one, t)}</strong>
                <p class="utrecht-paragraph">{why.collect_view()}{record(one, t)}</p>
                {act(one)}
            </li>
        }
    });
    Some(
        view! {
            {heading(t.review.suggestions)}
            {paragraph(t.review.suggest_note)}
            <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">{items.collect_view()}</ul>
        }
        .into_any(),
    )
}

/// The suggestion in words.
pub(crate) fn what(one: &Suggestion, t: &'static Texts) -> String {
    let v = &t.review;
    let value = one.value.as_deref().unwrap_or_default();
    let column = one.column.title_in(t.language);
    match (one.kind, one.places) {
        (SuggestionKind::Batch, _) => fill(v.suggest_batch, &[("waarde", value)]),
        (SuggestionKind::Vaccine, _) => fill(v.suggest_vaccine, &[("waarde", value)]),
        (SuggestionKind::DayMonth, _) => fill(v.suggest_day_month, &[("kolom", column)]),
        (SuggestionKind::Bsn, places) => {
            let (one, two) = places.unwrap_or_default();
            let places = [("een", &*one.to_string()), ("twee", &*two.to_string())];
            fill(v.suggest_bsn, &places)
        }
        (SuggestionKind::Names, _) => v.suggest_names.to_owned(),
    }
}

fn why(one: &Suggestion, t: &'static Texts) -> Vec<String> {
    let v = &t.review;
    let mut why = Vec::new();
    match one.kind {
        SuggestionKind::Batch if one.look_alike => why.push(v.why_look_alike.to_owned()),
        SuggestionKind::Batch => why.push(v.why_one_edit.to_owned()),
        SuggestionKind::Vaccine => why.push(v.why_name.to_owned()),
        SuggestionKind::DayMonth if one.value.is_some() => why.push(v.why_date.to_owned()),
        SuggestionKind::Bsn | SuggestionKind::DayMonth | SuggestionKind::Names => {
            why.push(v.why_brp.to_owned());
        }
    }
    if one.used > 0 {
        why.push(fill(v.why_used, &[("aantal", &one.used.to_string())]));
    }
    why
}

fn record(one: &Suggestion, t: &'static Texts) -> String {
    let v = &t.review;
    let (right, of) = one.record;
    if of == 0 {
        return v.record_none.to_owned();
    }
    let counts = [("goed", &*right.to_string()), ("keer", &*of.to_string())];
    fill(v.record, &counts)
}
