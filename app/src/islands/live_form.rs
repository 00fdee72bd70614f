//! Checks a field on leaving it, with the rules of the server, once the form has been submitted.
//!
//! The form is the server's, and so is what stands around it with the words for this. The message at the field is added, changed or removed in place;
//! the error summary stays as the server wrote it until the next submit.

use super::{Live, by_id, listen, said};
use crate::form::RowForm;
use domain::delivery::Channel;
use domain::row::Column;
use leptos::ev::FocusEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlFormElement, Node};

/// Wakes the checks up of the form on this page.
#[island]
pub fn LiveForm() -> impl IntoView {
    Effect::new(|_| {
        let around: Element = by_id("nakijken")?.into();
        let live = Live::of(&around)?;
        listen(&around, &["focusout"], move |event| {
            let _ = judge(event.dyn_ref(), &live);
        });
        Some(())
    });
    view! { <span hidden></span> }
}

/// Checks the row as it stands and shows what it says of the field that was left. `None`: nothing to judge.
fn judge(event: Option<&FocusEvent>, live: &Live) -> Option<()> {
    let event = event?;
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
    let findings = live.faults(&row, Channel::Portaal);
    let fault = findings
        .iter()
        .find(|finding| finding.column == Some(column));
    let message = fault.map(|finding| live.message(finding));
    show(
        column.name(),
        group.as_ref(),
        message.as_deref(),
        &live.prefix,
    )
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
    Column::parse(&name)
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
    let before: Element = match group {
        Some(group) => group.query_selector(".cims-date, .cims-choices").ok()??,
        None => first.into(),
    };
    let described = group.cloned().unwrap_or_else(|| before.clone());
    said::say(
        &format!("{id}-fout"),
        message,
        prefix,
        &described,
        &|paragraph: &Element| {
            before
                .parent_node()?
                .insert_before(paragraph, Some(&before))
                .ok()
        },
    )
}
