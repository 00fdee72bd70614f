//! The file field with a drop area: says before sending what would not be taken, and how far the sending is.
//!
//! It wraps a form that the server made; without it that is a plain file field.

use super::{by_id, listen, said};
use leptos::ev::{DragEvent, Event};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use leptos::web_sys::{
    Element, FileList, FormData, HtmlFormElement, ProgressEvent, XmlHttpRequest,
};

/// What the answer is asked to be: the path it leads to, as text. A redirect would fetch the page twice.
pub const WHERE: &str = "text/plain";

/// Bytes that a file may have (specification §3). The server counts them itself; a test holds the two together.
pub const LIMIT: u32 = 20 << 20;

/// Wakes the drop area up; shows how far the sending is.
#[island]
pub fn DropArea() -> impl IntoView {
    Effect::new(|_| wake());
    view! {
        <div class="cims-progress" id="versturen" hidden>
            <progress class="cims-progress__bar" aria-labelledby="verstuurd" max="100"></progress>
            <p class="cims-progress__text" id="verstuurd" role="status"></p>
        </div>
    }
}

fn wake() -> Option<()> {
    let form = document().query_selector("form[data-sent]").ok()??;
    let form: HtmlFormElement = form.dyn_into().ok()?;
    by_id("slepen")?.set_hidden(false);
    let kinds = ["dragover", "dragleave", "drop", "change", "submit"];
    let own = form.clone();
    listen(&form, &kinds, move |event| {
        let _ = on(&own, &event);
    });
    Some(())
}

fn on(form: &HtmlFormElement, event: &Event) -> Option<()> {
    match event.type_().as_str() {
        "dragover" => {
            event.prevent_default();
            mark(true)
        }
        "dragleave" => mark(false),
        "drop" => {
            event.prevent_default();
            let _ = mark(false);
            let files = event.dyn_ref::<DragEvent>()?.data_transfer()?.files()?;
            // two files are not one: the choice that was there stays
            if files.length() == 1 {
                super::input("bestand")?.set_files(Some(&files));
            }
            tell(form, judge(&files))
        }
        "change" => tell(form, wrong_choice()),
        _ if wrong_choice() == Some(NotSo::TooBig) => {
            // what the server would say after it had it all
            event.prevent_default();
            lead("/aanleveren?fout=groot#foutoverzicht")
        }
        _ => {
            send(form)?;
            event.prevent_default();
            tell(form, None)
        }
    }
}

/// Why a choice of files is not sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NotSo {
    TooBig,
    More,
    BrokenOff,
}

impl NotSo {
    /// Attribute of the form with the words for it.
    const fn words(self) -> &'static str {
        match self {
            Self::TooBig => "data-big",
            Self::More => "data-more",
            Self::BrokenOff => "data-broken",
        }
    }
}

fn judge(files: &FileList) -> Option<NotSo> {
    match files.length() {
        0 => None,
        1 => (files.item(0)?.size() > f64::from(LIMIT)).then_some(NotSo::TooBig),
        _ => Some(NotSo::More),
    }
}

fn wrong_choice() -> Option<NotSo> {
    judge(&super::input("bestand")?.files()?)
}

/// Goes to an own page, also when only the part behind the # would change.
fn lead(to: &str) -> Option<()> {
    let place = window().location();
    let here = place.pathname().ok()? + &place.search().ok()?;
    place.set_href(to).ok()?;
    if to.split('#').next() == Some(&here) {
        place.reload().ok()?;
    }
    Some(())
}

/// Shows that a file would land here.
fn mark(over: bool) -> Option<()> {
    let area = document().query_selector(".cims-upload").ok()??;
    area.class_list()
        .toggle_with_force("cims-upload--over", over)
        .ok()?;
    Some(())
}

/// The message at the field, or none.
fn tell(form: &HtmlFormElement, why: Option<NotSo>) -> Option<()> {
    let field: Element = by_id("bestand")?.into();
    let _ = match why {
        Some(_) => field.set_attribute("aria-invalid", "true"),
        None => field.remove_attribute("aria-invalid"),
    };
    let words = why.and_then(|why| form.get_attribute(why.words()));
    let prefix = form.get_attribute("data-prefix").unwrap_or_default();
    let place = |paragraph: &Element| {
        let parent = field.parent_node()?;
        parent.insert_before(paragraph, Some(&field)).ok()
    };
    said::say("bestand-fout", words.as_deref(), &prefix, &field, &place)
}

/// Shows how far the sending is; `None`: it is over.
fn show(form: &HtmlFormElement, percent: Option<u8>) -> Option<()> {
    let all = by_id("versturen")?;
    all.set_hidden(percent.is_none());
    // once is enough
    let button = form.query_selector("button[type=submit]").ok()??;
    button
        .toggle_attribute_with_force("disabled", percent.is_some())
        .ok()?;
    let percent = percent?.to_string();
    all.first_element_child()?
        .set_attribute("value", &percent)
        .ok()?;
    let words = form.get_attribute("data-sent")?.replace("{deel}", &percent);
    by_id("verstuurd")?.set_text_content(Some(&words));
    Some(())
}

/// How much was sent, in whole hundredths: to write a number with decimals takes 4 kB of wasm.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of 100, and a cast of more stops at 255"
)]
fn percent(sent: &ProgressEvent) -> u8 {
    (sent.loaded() * 100.0 / sent.total().max(1.0)).round() as u8
}

/// Sends the form and follows where it leads; `None`: it could not, and the browser sends it.
fn send(form: &HtmlFormElement) -> Option<()> {
    let body = FormData::new_with_form(form).ok()?;
    let request = XmlHttpRequest::new().ok()?;
    request.open("POST", &form.action()).ok()?;
    request.set_request_header("Accept", WHERE).ok()?;
    let (own, asked) = (form.clone(), request.clone());
    let told = Closure::<dyn Fn(Event)>::new(move |event: Event| {
        if event.type_() == "loadend" {
            let _ = show(&own, None);
            let _ = follow(&own, &asked);
        } else if let Ok(event) = event.dyn_into::<ProgressEvent>() {
            let _ = show(&own, Some(percent(&event)));
        }
    });
    let upload = request.upload().ok()?;
    upload.set_onprogress(Some(told.as_ref().unchecked_ref()));
    request.set_onloadend(Some(told.as_ref().unchecked_ref()));
    request.send_with_opt_form_data(Some(&body)).ok()?;
    told.forget();
    let _ = show(form, Some(0));
    Some(())
}

/// Goes where the answer leads.
fn follow(form: &HtmlFormElement, answer: &XmlHttpRequest) -> Option<()> {
    let text = answer.response_text().ok().flatten().unwrap_or_default();
    match answer.status().ok()? {
        0 => tell(form, Some(NotSo::BrokenOff)),
        200 if text.starts_with('/') => lead(&text),
        // the session has ended
        200 => window().location().assign(&answer.response_url()).ok(),
        // a page about what went wrong: the browser gets it itself
        _ => form.submit().ok(),
    }
}
