//! A date in three boxes: nothing jumps, month names are fine. That a part is unknown is ticked elsewhere in its form.

use super::messages::{Messages, described_by, error_message};
use crate::form::Boxes;
use crate::islands::QuickDates;
use crate::texts::Texts;
use domain::row::Column;
use leptos::prelude::*;
use time::Date;

/// What the date is for.
pub(crate) enum Kind {
    /// Parts may be unknown.
    Birth,
    /// Has the buttons "Vandaag" and "Gisteren" of this day, and the focus when all else was kept.
    Vaccination(Date, bool),
}

/// The boxes of a date column. The first box has the name of the column as id.
pub(crate) fn date_boxes(
    column: Column,
    kind: Kind,
    value: &str,
    messages: &Messages,
    t: &'static Texts,
) -> AnyView {
    let e = &t.entry;
    let id = column.name();
    let boxes = Boxes::of(value);
    let error = messages.at(id);
    let wrong = error.is_some();
    let class = if wrong {
        "utrecht-form-fieldset utrecht-form-fieldset--html-fieldset utrecht-form-fieldset--invalid"
    } else {
        "utrecht-form-fieldset utrecht-form-fieldset--html-fieldset"
    };
    let described = described_by(id, true, wrong);
    let focus = matches!(kind, Kind::Vaccination(_, true));
    let part = |suffix: &str, label: &'static str, value: &str, year: bool| {
        let input_id = if suffix == "dag" {
            id.to_owned()
        } else {
            format!("{id}_{suffix}")
        };
        let class = if year {
            "cims-date__part cims-date__part--year"
        } else {
            "cims-date__part"
        };
        let wrong_class = if wrong {
            " utrecht-textbox--invalid"
        } else {
            ""
        };
        // month names are accepted, so that box keeps the letters of a phone's keyboard
        let numeric = (suffix != "maand").then_some("numeric");
        view! {
            <div class=class>
                <label class="utrecht-form-label cims-date__label" for=input_id.clone()>{label}</label>
                <input class=format!("utrecht-textbox utrecht-textbox--html-input cims-date__input{wrong_class}") type="text"
                    inputmode=numeric autocomplete="off" id=input_id name=format!("row[{id}_{suffix}]") value=value.to_owned()
                    autofocus={focus && suffix == "dag"} aria-invalid=wrong.then_some("true")/>
            </div>
        }
        .into_any()
    };
    let extra = match kind {
        Kind::Birth => ().into_any(),
        Kind::Vaccination(today, _) => view! {
            <QuickDates
                field=id.to_owned()
                today=three(today)
                yesterday=three(today.previous_day().unwrap_or(today))
                labels=(e.today.to_owned(), e.yesterday.to_owned())
            />
        }
        .into_any(),
    };
    let hint = match column {
        Column::Geboortedatum => e.birth_date_hint,
        _ => e.vaccination_date_hint,
    };
    view! {
        <fieldset class=class aria-describedby=described data-column=id>
            <legend class="utrecht-form-fieldset__legend utrecht-form-fieldset__legend--html-legend">{column.title_in(t.language)}</legend>
            <div class="utrecht-form-field-description" id=format!("{id}-hint")>{hint}</div>
            {error_message(id, error, t)}
            <div class="cims-date">
                {part("dag", e.day, &boxes.day, false)}
                {part("maand", e.month, &boxes.month, false)}
                {part("jaar", e.year, &boxes.year, true)}
            </div>
            {extra}
        </fieldset>
    }
    .into_any()
}

fn three(date: Date) -> (u8, u8, i32) {
    (date.day(), u8::from(date.month()), date.year())
}
