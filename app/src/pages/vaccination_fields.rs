//! The fields about a vaccination; used to record one and to correct one.

use super::choices;
use crate::parts::date_boxes::{Kind, date_boxes};
use crate::parts::field::Field;
use crate::parts::messages::Messages;
use crate::parts::radios::Radios;
use crate::parts::{fold, paragraph};
use crate::ports::entry::{BatchChoice, DraftView};
use crate::texts::{Texts, fill};
use domain::row::{Column, RowText};
use leptos::prelude::*;
use time::Date;

/// Date, vaccine, batch, dose, and target group; without consent age group and country.
pub(crate) fn fields(
    row: &RowText,
    draft: &DraftView,
    no_consent: bool,
    today: Date,
    messages: &Messages,
    t: &'static Texts,
) -> AnyView {
    let e = &t.entry;
    let cell = |column| row.get(column);
    // all was kept from the person before: Enter in the first box goes on (features F02)
    let focus = draft.next_person && messages.is_empty();
    let vaccine = Field::row(Column::Vaccin, cell(Column::Vaccin), t);
    let batch = Field {
        hint: e.batch_hint,
        width: 20,
        list: "batches",
        ..Field::row(Column::Batchnummer, cell(Column::Batchnummer), t)
    };
    let dose = Field {
        hint: e.dose_hint,
        width: 2,
        numeric: true,
        ..Field::row(Column::Dosisnummer, cell(Column::Dosisnummer), t)
    };
    let group = if no_consent {
        without_person(row, messages, t)
    } else {
        Field::row(Column::Doelgroep, cell(Column::Doelgroep), t).select(
            choices::options(Column::Doelgroep, e.target_group_choose, t),
            messages,
            t,
        )
    };
    view! {
        {date_boxes(Column::Vaccinatiedatum, Kind::Vaccination(today, focus), cell(Column::Vaccinatiedatum), messages, t)}
        {vaccine.select(choices::vaccines(e.vaccine_choose, t), messages, t)}
        {batch.text(messages, t)}
        {batches(&draft.batches, t)}
        {draft.suggestions.iter().map(|batch| suggestion(batch, t)).collect_view()}
        {dose.text(messages, t)}
        {group}
    }
    .into_any()
}

/// Batches used here before, as suggestions while typing; every other number is fine too.
fn batches(list: &[BatchChoice], t: &'static Texts) -> AnyView {
    let options = list.iter().map(|choice| {
        let values = [
            ("vaccin", choice.vaccine.as_str()),
            ("aantal", &choice.times.to_string()),
        ];
        view! { <option value=choice.number.clone()>{fill(t.entry.batch_times, &values)}</option> }
    });
    view! { <datalist id="batches">{options.collect_view()}</datalist> }.into_any()
}

/// "Bedoelt u EJ6796?" One press takes it over (features F-X4).
fn suggestion(batch: &str, t: &'static Texts) -> AnyView {
    let batch = batch.to_owned();
    let text = fill(t.entry.batch_suggestion, &[("batch", &batch)]);
    view! {
            <p class="cims-suggestion">
                <button class="utrecht-link-button utrecht-link-button--html-button" type="submit" name="suggestion" value=batch>{text}</button>
            </p>
        }
        .into_any()
}

fn without_person(row: &RowText, messages: &Messages, t: &'static Texts) -> AnyView {
    let e = &t.entry;
    let age = Radios {
        id: Column::Leeftijdsgroep.name(),
        legend: Column::Leeftijdsgroep.title_in(t.language),
        hint: "",
        value: row.get(Column::Leeftijdsgroep),
        options: &choices::of(Column::Leeftijdsgroep, t),
        inline: false,
    };
    let country = match row.get(Column::Vaccinatieland) {
        "" => "NL",
        filled => filled,
    };
    let country = Field {
        label: e.country,
        ..Field::row(Column::Vaccinatieland, country, t)
    };
    let countries = choices::of(Column::Vaccinatieland, t);
    view! {
        {age.view(messages, t)}
        {country.select(countries, messages, t)}
    }
    .into_any()
}

/// Who gave it and where: the profile of the party fills what stays empty, so it is folded away until it is needed.
pub(crate) fn performer(row: &RowText, messages: &Messages, t: &'static Texts) -> AnyView {
    let e = &t.entry;
    let cell = |column| row.get(column);
    let agb = Field {
        optional: true,
        hint: e.agb_hint,
        width: 9,
        numeric: true,
        find: e.agb_where,
        ..Field::row(Column::UitvoerderAgb, cell(Column::UitvoerderAgb), t)
    };
    let big = Field {
        optional: true,
        hint: e.big_hint,
        width: 12,
        numeric: true,
        find: e.big_where,
        ..Field::row(Column::BigNummer, cell(Column::BigNummer), t)
    };
    let place = Field {
        optional: true,
        ..Field::row(Column::Vaccinatieplaats, cell(Column::Vaccinatieplaats), t)
    };
    let columns = [
        Column::UitvoerderAgb,
        Column::BigNummer,
        Column::Vaccinatieplaats,
    ];
    let wrong = columns
        .iter()
        .any(|column| messages.at(column.name()).is_some());
    let fields = view! {
        {paragraph(e.performer_text)}
        {agb.text(messages, t)}
        {big.text(messages, t)}
        {place.text(messages, t)}
    };
    if wrong {
        fields.into_any()
    } else {
        fold(e.performer_title, fields)
    }
}
