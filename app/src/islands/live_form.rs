//! Checks a field on leaving it, with the rules of the server, once the form has been submitted.
//!
//! It wraps a form that the server made. The message at the field is added, changed or removed in place;
//! the error summary stays as the server wrote it until the next submit.

use super::by_id;
use crate::form::RowForm;
use domain::codes::CodeLists;
use domain::delivery::Channel;
use domain::finding::Severity;
use domain::row::RepairSet;
use domain::row::{Column, Context, Profile, check};
use domain::text::Lang;
use leptos::ev::FocusEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlFormElement, Node};
use time::{Date, Month};

/// A form whose fields are checked on leaving them.
#[island]
pub fn LiveForm(
    /// Day, month, year of today.
    today: (u8, u8, i32),
    /// The form came back with findings: only then it checks while one types on.
    active: bool,
    /// Language of the messages is English.
    english: bool,
    /// Hidden words before a message.
    prefix: String,
    /// The form.
    children: Children,
) -> impl IntoView {
    let leave = move |event: FocusEvent| {
        if active {
            let language = if english { Lang::En } else { Lang::Nl };
            let _ = judge(&event, today, language, &prefix);
        }
    };
    view! { <div on:focusout=leave>{children()}</div> }
}

/// Checks the row as it stands and shows what it says of the field that was left. `None`: nothing to judge.
fn judge(event: &FocusEvent, today: (u8, u8, i32), language: Lang, prefix: &str) -> Option<()> {
    let left: Element = event.target()?.dyn_into().ok()?;
    let group = left.closest("fieldset[data-column]").ok().flatten();
    let entered: Option<Node> = event
        .related_target()
        .and_then(|target| target.dyn_into().ok());
    if group
        .as_ref()
        .is_some_and(|group| group.contains(entered.as_ref()))
    {
        return None; // still inside the same date or question
    }
    if entered
        .as_ref()
        .is_some_and(|node| node.node_name() == "BUTTON")
    {
        return None; // a message that comes or goes would move the button away from under the pointer
    }
    let column = column_of(&left, group.as_ref())?;
    let row = read(&left.closest("form").ok()??.dyn_into().ok()?).to_row();
    let today = Date::from_calendar_date(today.2, Month::try_from(today.1).ok()?, today.0).ok()?;
    let lists = CodeLists::builtin();
    let context = Context {
        today,
        channel: Channel::Portaal,
        profile: Profile::Unknown,
        lists: &lists,
        off: RepairSet::NONE,
        test_lane: false,
    };
    let findings = check(&row.as_raw(), &context).findings;
    let fault = findings
        .iter()
        .find(|finding| finding.column == Some(column) && finding.severity == Severity::Fout);
    let message = fault.map(|finding| finding.message_in(language).into_owned());
    show(column.name(), group.as_ref(), message.as_deref(), prefix)
}

fn column_of(left: &Element, group: Option<&Element>) -> Option<Column> {
    let name = match group {
        Some(group) => group.get_attribute("data-column")?,
        None => left
            .get_attribute("name")?
            .strip_prefix("row[")?
            .strip_suffix(']')?
            .to_owned(),
    };
    Column::ALL.into_iter().find(|column| column.name() == name)
}

/// The inputs `row[…]` of a form as they stand.
fn read(form: &HtmlFormElement) -> RowForm {
    let inputs = super::typed(form).into_iter();
    let cells = inputs.filter_map(|(name, value)| {
        Some((
            name.strip_prefix("row[")?.strip_suffix(']')?.to_owned(),
            value,
        ))
    });
    RowForm(cells.collect())
}

/// Shows or removes the message at a field.
fn show(id: &str, group: Option<&Element>, message: Option<&str>, prefix: &str) -> Option<()> {
    let first = by_id(id)?;
    let inputs: Vec<Element> = match group {
        Some(group) => {
            let found = group.get_elements_by_tag_name("input");
            (0..found.length())
                .filter_map(|index| found.item(index))
                .collect()
        }
        None => vec![first.clone().into()],
    };
    for input in &inputs {
        let _ = match message {
            Some(_) => input.set_attribute("aria-invalid", "true"),
            None => input.remove_attribute("aria-invalid"),
        };
    }
    let error_id = format!("{id}-fout");
    let old = by_id(&error_id);
    let Some(message) = message else {
        if let Some(old) = old {
            old.remove();
        }
        return Some(());
    };
    let paragraph = match old {
        Some(old) => old.into(),
        None => {
            let paragraph = document().create_element("p").ok()?;
            paragraph.set_id(&error_id);
            paragraph.set_class_name(
                "utrecht-form-field-error-message utrecht-form-field__error-message",
            );
            let before: Element = match group {
                Some(group) => group.query_selector(".cims-date, .cims-choices").ok()??,
                None => first.into(),
            };
            before
                .parent_node()?
                .insert_before(&paragraph, Some(&before))
                .ok()?;
            let described = group.cloned().unwrap_or(before);
            let ids = described
                .get_attribute("aria-describedby")
                .unwrap_or_default();
            // the id may still be there of a message that was mended before
            if !ids.split(' ').any(|id| id == error_id) {
                let _ =
                    described.set_attribute("aria-describedby", format!("{ids} {error_id}").trim());
            }
            paragraph
        }
    };
    paragraph.set_text_content(None);
    let hidden = document().create_element("span").ok()?;
    hidden.set_class_name("cims-visually-hidden");
    hidden.set_text_content(Some(prefix));
    paragraph.append_child(&hidden).ok()?;
    paragraph
        .append_child(&document().create_text_node(message))
        .ok()?;
    Some(())
}
