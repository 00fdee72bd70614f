//! `/aanleveren`: choose a file; what fits is told before. The bytes go to a plain route of the server, which
//! comes back here with a word in `fout` when no delivery came of it (ux §3.3).

use crate::islands::DropArea;
use crate::page::{Screen, page};
use crate::parts::messages::{Messages, described_by, error_message};
use crate::parts::{file_days, fold, heading, link, submit, time_out_note, title};
use crate::texts::Texts;
use domain::row::{Column, Requirement};
use leptos::prelude::*;

/// `/aanleveren`
pub(crate) fn upload() -> AnyView {
    page(|visit| async move {
        visit.deliverer()?;
        let t = visit.t;
        let u = &t.upload;
        let mut messages = Messages::default();
        if let Some(text) = visit.query("fout").and_then(|word| said(&word, t)) {
            messages.add("bestand", text);
        }
        let body = view! {
            {messages.summary(t)}
            {title(u.title)}
            <p class="utrecht-paragraph utrecht-paragraph--lead">{u.lead}</p>
            {heading(u.limits_title)}
            <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">
                <li>{u.limit_formats}</li>
                <li>{u.limit_size}</li>
                <li>{u.limit_table}</li>
                <li>{u.limit_one}</li>
            </ul>
            <p class="utrecht-paragraph">{file_days(t)}</p>
            <p class="utrecht-paragraph">{link("/aanleveren/sjabloon", u.template)}</p>
            <p class="utrecht-paragraph">{link("/proefbank", t.onboarding.try_first)}</p>
            {fold(u.columns, columns(t))}
            {form(&messages, t)}
        };
        let failed = !messages.is_empty();
        Ok(Screen::new(u.title, body).failed(failed))
    })
}

/// The text for a word of the address.
fn said(word: &str, t: &'static Texts) -> Option<&'static str> {
    let u = &t.upload;
    match word {
        "geen" => Some(u.page_none),
        "groot" => Some(u.page_size),
        "afgebroken" => Some(u.page_broken_off),
        "meer" => Some(u.page_more),
        "ruimte" => Some(u.page_no_room),
        _ => None,
    }
}

fn columns(t: &'static Texts) -> AnyView {
    let needed = |column: &Column| {
        !matches!(
            column.requirement(),
            Requirement::Optional | Requirement::ByChannel
        )
    };
    let items = Column::ALL.into_iter().filter(needed).map(|column| {
        view! { <li><strong>{column.name()}</strong>": "{column.hint_in(t.language)}</li> }
    });
    view! {
        <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">{items.collect_view()}</ul>
        <p class="utrecht-paragraph">{link("/hulp/kolommen", t.upload.columns_all)}</p>
    }
    .into_any()
}

fn form(messages: &Messages, t: &'static Texts) -> AnyView {
    let u = &t.upload;
    let error = messages.at("bestand").map(str::to_owned);
    let wrong = error.is_some();
    let class = if wrong {
        "utrecht-form-field utrecht-form-field--invalid"
    } else {
        "utrecht-form-field"
    };
    view! {
        <form class="cims-form" method="post" action="/aanleveren" enctype="multipart/form-data" novalidate
            data-sent=u.sent data-big=u.page_size data-more=u.page_more data-broken=u.page_broken_off data-prefix=t.frame.error_prefix>
            <div class=class>
                <div class="cims-upload">
                    <label class="utrecht-form-label utrecht-form-field__label" for="bestand">{u.file}</label>
                    <div class="utrecht-form-field-description utrecht-form-field__description" id="bestand-hint">{u.file_hint}</div>
                    {error_message("bestand", error.as_deref(), t)}
                    <input type="file" class="cims-upload__input" id="bestand" name="bestand" accept=".xlsx,.ods,.csv,text/csv"
                        aria-describedby=described_by("bestand", true, wrong) aria-invalid=wrong.then_some("true")/>
                    <p class="cims-upload__drop" id="slepen" hidden>{u.drop}</p>
                </div>
            </div>
            <DropArea/>
            {submit(u.send)}
            {time_out_note(t.frame.time_out_file)}
        </form>
    }
    .into_any()
}
