//! Parts of the page of a delivery: the picture of its outcomes, what changes for persons, and the choices of the
//! preview (store the good rows, all or nothing, a repair switched off, how the workbook is read).

use super::link::counts;
use crate::calls::delivery::{
    ChooseSheet, DiscardDelivery, SubmitDelivery, SubmitWholeDelivery, SwitchRepair, TakeHidden,
};
use crate::parts::messages::{Messages, described_by, error_message};
use crate::parts::table::{Cell, table};
use crate::parts::{badge, button_link, fold, heading, hidden_inputs, link, paragraph, row_ranges};
use crate::ports::deliveries::{DeliveryView, DosesGroup};
use crate::texts::{Texts, fill, number};
use domain::delivery::Counts;
use domain::finding::Code;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use std::collections::BTreeMap;

/// The way to the refused rows.
pub(super) fn mend(delivery: &DeliveryView, t: &'static Texts) -> Option<AnyView> {
    let line = &delivery.line;
    (delivery.mendable() > 0).then(|| {
        view! {
            <p class="utrecht-paragraph">{button_link(format!("/aanleveringen/{}/regels", line.id), t.mend.link)}</p>
            <p class="utrecht-paragraph">{link(format!("/aanleveringen/{}/verbeteren", line.id), t.mend.own_file)}" "{t.mend.own_file_text}</p>
        }
        .into_any()
    })
}

/// The outcomes as one bar. The same numbers stand in the list below it, so it is a picture only.
pub(super) fn bar(counts: &Counts) -> Option<AnyView> {
    let rows = counts.rows();
    if rows == 0 {
        return None;
    }
    let parts = [
        ("success", counts.geaccepteerd),
        ("warning", counts.te_controleren),
        ("error", counts.afgekeurd),
        ("neutral", counts.dubbel),
        ("counted", counts.geteld),
    ];
    let mut from = 0_u64;
    let rects = parts.map(|(kind, count)| {
        let x = from * 1000 / rows;
        from += u64::from(count);
        let width = from * 1000 / rows - x;
        // Few rows among many would round to nothing and disappear.
        let width = if count > 0 { width.max(4) } else { 0 };
        view! { <rect class=format!("cims-bar__part cims-bar__part--{kind}") x=x.to_string() y="0" width=width.to_string() height="16"/> }
    });
    Some(
        view! {
            <svg class="cims-bar" viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                {rects.collect_view()}
            </svg>
        }
        .into_any(),
    )
}

/// What the rows do for their persons, among the own registrations.
pub(super) fn persons(delivery: &DeliveryView, t: &'static Texts) -> Option<AnyView> {
    let (groups, doubles) = (&delivery.doses, &delivery.own_doubles);
    if groups.is_empty() && doubles.is_empty() {
        return None;
    }
    let u = &t.upload;
    let count = |count: u32| Cell::number(number(t.language, u64::from(count)));
    let changes = (!groups.is_empty()).then(|| {
        let rows = groups.iter().map(|group| {
            vec![
                Cell::new(change(group, t)),
                count(group.count),
                Cell::new(row_ranges(&group.rows, t)),
            ]
        });
        let headers = [u.doses_change, u.times, u.in_rows];
        table("personen", u.doses_caption, &headers, rows.collect())
    });
    let known = (!doubles.is_empty()).then(|| {
        let rows = doubles.iter().map(|group| {
            let (kind, text) = if group.differ {
                ("warning", u.double_differs)
            } else {
                ("error", u.double_same)
            };
            vec![
                Cell::new(badge::badge(kind, text)),
                count(group.count),
                Cell::new(row_ranges(&group.rows, t)),
            ]
        });
        let headers = [u.double_what, u.times, u.in_rows];
        table("dubbel", u.double_caption, &headers, rows.collect())
    });
    let shown = view! {
        {paragraph(u.doses_text)}
        {changes}
        {known}
    };
    // A double is what somebody wants to see before it is sent.
    Some(
        if doubles.is_empty() && !groups.iter().any(|group| group.above) {
            fold(u.doses_title, shown)
        } else {
            view! { {heading(u.doses_title)}{shown} }.into_any()
        },
    )
}

/// "1 van 2 → 2 van 2", or red "3 van 2: dubbele registratie?" (features F-X5).
fn change(group: &DosesGroup, t: &'static Texts) -> AnyView {
    let (before, after) = (u32::from(group.before), u32::from(group.after));
    let u = &t.upload;
    let text = match group.series {
        Some(series) if group.above || after > u32::from(series) => fill(
            if group.above {
                u.doses_above
            } else {
                u.doses_past
            },
            &[
                ("voor", &before.to_string()),
                ("na", &after.to_string()),
                ("reeks", &series.to_string()),
            ],
        ),
        series => counts(before, after, series, t),
    };
    if group.above {
        badge::badge("error", text)
    } else {
        text.into_any()
    }
}

/// Each kind of repair, to switch off or on again.
pub(super) fn switches(delivery: &DeliveryView, t: &'static Texts) -> Option<AnyView> {
    let u = &t.upload;
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for group in &delivery.repairs {
        *kinds.entry(group.code.as_str()).or_default() += u64::from(group.count);
    }
    for code in &delivery.repairs_off {
        kinds.insert(code.as_str(), 0);
    }
    if !delivery.may_switch || kinds.is_empty() {
        return None;
    }
    let items = kinds.into_iter().map(|(code, count)| {
        let off = delivery.repairs_off.iter().any(|other| other == code);
        let sentence = code
            .parse::<Code>()
            .map_or("", |code| code.sentence(t.language));
        let state = if off {
            u.switch_is_off.to_owned()
        } else {
            fill(u.switch_is_on, &[("aantal", &number(t.language, count))])
        };
        let hidden = vec![
            ("delivery", delivery.line.id.to_string()),
            ("code", code.to_owned()),
            ("on", off.to_string()),
        ];
        let press = if off { u.switch_on } else { u.switch_off };
        view! {
            <li class="cims-switch">
                <span>{format!("{code} {sentence} ")}<strong>{state}</strong></span>
                <form method="post" action=SwitchRepair::PATH>
                    {hidden_inputs(hidden)}
                    <button class="utrecht-button utrecht-button--secondary-action" type="submit">
                        {press}<span class="cims-visually-hidden">{format!(" {code}")}</span>
                    </button>
                </form>
            </li>
        }
    });
    let shown = view! {
        {paragraph(u.switch_text)}
        <ul class="cims-switches">{items.collect_view()}</ul>
    };
    Some(fold(u.switch_title, shown))
}

/// Which sheet is read, when several match (rule A16).
pub(super) fn sheets(
    delivery: &DeliveryView,
    messages: &Messages,
    t: &'static Texts,
) -> Option<AnyView> {
    let u = &t.upload;
    if !delivery.may_switch || delivery.sheets.is_empty() {
        return None;
    }
    let options = delivery.sheets.iter().enumerate().map(|(at, (index, name))| {
        let id = if at == 0 { "werkblad".to_owned() } else { format!("werkblad-{index}") };
        view! {
            <div class="utrecht-form-field utrecht-form-field--radio cims-choice">
                <input class="utrecht-radio-button utrecht-radio-button--html-input utrecht-form-field__input" type="radio"
                    id=id.clone() name="sheet" value=index.to_string() checked=delivery.sheet == Some(*index)/>
                <label class="utrecht-form-label utrecht-form-label--radio utrecht-form-field__label" for=id>{name.clone()}</label>
            </div>
        }
    });
    let error = messages.at("werkblad");
    Some(
        view! {
            <form method="post" action=ChooseSheet::PATH>
                {hidden_inputs(vec![("delivery", delivery.line.id.to_string())])}
                <fieldset class="utrecht-form-fieldset utrecht-form-fieldset--html-fieldset"
                    aria-describedby=described_by("werkblad", true, error.is_some())>
                    <legend class="utrecht-form-fieldset__legend utrecht-form-fieldset__legend--html-legend">{u.sheet_title}</legend>
                    <div class="utrecht-form-field-description" id="werkblad-hint">{u.sheet_text}" "{u.sheet_again}</div>
                    {error_message("werkblad", error, t)}
                    <div class="cims-choices">{options.collect_view()}</div>
                </fieldset>
                <button class="utrecht-button utrecht-button--secondary-action" type="submit">{u.sheet_read}</button>
            </form>
        }
        .into_any(),
    )
}

/// Hidden rows: left out and told, or taken along.
pub(super) fn hidden_rows(delivery: &DeliveryView, t: &'static Texts) -> Option<AnyView> {
    let u = &t.upload;
    let count = number(t.language, u64::from(delivery.hidden));
    let (told, press) = match (delivery.with_hidden, delivery.hidden) {
        (true, _) => (u.hidden_taken.to_owned(), u.hidden_leave.to_owned()),
        (false, 0) => return None,
        (false, 1) => (u.hidden_one.to_owned(), u.hidden_take_one.to_owned()),
        (false, _) => (
            fill(u.hidden_many, &[("aantal", &count)]),
            fill(u.hidden_take, &[("aantal", &count)]),
        ),
    };
    let hidden = vec![
        ("delivery", delivery.line.id.to_string()),
        ("on", (!delivery.with_hidden).to_string()),
    ];
    let form = delivery.may_switch.then(|| {
        view! {
            <form method="post" action=TakeHidden::PATH>
                {hidden_inputs(hidden)}
                <button class="utrecht-button utrecht-button--secondary-action" type="submit">{press}</button>
            </form>
        }
    });
    Some(view! { <div class="cims-switch"><span>{told}</span>{form}</div> }.into_any())
}

/// "Indienen", "alles of niets", "weggooien".
pub(super) fn choices(delivery: &DeliveryView, t: &'static Texts) -> AnyView {
    let u = &t.upload;
    let counts = &delivery.line.counts;
    let all_refused = u64::from(counts.afgekeurd) == counts.rows();
    let text = if all_refused {
        u.submit_none
    } else {
        u.submit_text
    };
    let hidden = || hidden_inputs(vec![("delivery", delivery.line.id.to_string())]);
    let whole = if counts.afgekeurd > 0 {
        view! { <p class="cims-form__note" id="alles-of-niets" tabindex="-1">{u.whole_not_now}</p> }
            .into_any()
    } else {
        view! {
            <form method="post" action=SubmitWholeDelivery::PATH>
                {hidden()}
                <button class="utrecht-button utrecht-button--secondary-action" id="alles-of-niets" type="submit">{u.submit_whole}</button>
                <p class="cims-form__note">{u.submit_whole_text}</p>
            </form>
        }
        .into_any()
    };
    view! {
        {delivery.may_submit.then(|| view! {
            {paragraph(text)}
            {paragraph(u.submit_kept)}
            <form method="post" action=SubmitDelivery::PATH>
                {hidden()}
                <button class="utrecht-button utrecht-button--primary-action cims-button--main" type="submit">{u.submit}</button>
            </form>
            {whole}
        })}
        <form method="post" action=DiscardDelivery::PATH>
            {hidden()}
            <button class="utrecht-button utrecht-button--secondary-action" type="submit">{u.discard}</button>
        </form>
    }
    .into_any()
}
