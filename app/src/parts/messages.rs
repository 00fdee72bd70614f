//! What is wrong in a form: one message per field, the same words in the summary and at the field.

use crate::texts::Texts;
use domain::finding::{Finding, Severity};
use domain::row::Column;
use leptos::prelude::*;

/// Messages of a form, by the id of the first input they are about.
#[derive(Default)]
pub(crate) struct Messages {
    list: Vec<(String, String)>,
}

impl Messages {
    /// The faults among the findings that belong to these columns, the first per column, in the order of
    /// the columns; findings without a column lead to the first of them.
    pub(crate) fn of(findings: &[Finding], columns: &[Column], t: &Texts) -> Self {
        let mut messages = Self::default();
        messages.add_findings(findings, columns, t);
        messages
    }

    /// Adds these to what is there, as [`Messages::of`] does.
    pub(crate) fn add_findings(&mut self, findings: &[Finding], columns: &[Column], t: &Texts) {
        let faults = || {
            findings
                .iter()
                .filter(|finding| finding.severity == Severity::Fout)
        };
        for column in columns {
            if let Some(finding) = faults().find(|finding| finding.column == Some(*column)) {
                self.add(column.name(), finding.message_in(t.language).into_owned());
            }
        }
        if let Some(first) = columns.first() {
            for finding in faults().filter(|finding| finding.column.is_none()) {
                self.add(first.name(), finding.message_in(t.language).into_owned());
            }
        }
    }

    /// Adds a message, unless the field already has one.
    pub(crate) fn add(&mut self, id: impl Into<String>, text: impl Into<String>) {
        let id = id.into();
        if !self.list.iter().any(|(known, _)| *known == id) {
            self.list.push((id, text.into()));
        }
    }

    /// Nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The message at a field.
    pub(crate) fn at(&self, id: &str) -> Option<&str> {
        self.list
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, text)| text.as_str())
    }

    /// The summary above the title of the page, with a link to each field.
    pub(crate) fn summary(&self, t: &'static Texts) -> Option<AnyView> {
        if self.is_empty() {
            return None;
        }
        let items = self.list.iter().map(|(id, text)| {
            view! { <li><a class="utrecht-link utrecht-link--html-a" href=format!("#{id}")>{text.clone()}</a></li> }
        });
        let summary = view! {
            <div class="cims-error-summary" role="alert" tabindex="-1" id="foutoverzicht" aria-labelledby="foutoverzicht-titel">
                <h2 class="cims-error-summary__title" id="foutoverzicht-titel">{t.frame.problem}</h2>
                <ul class="cims-error-summary__list">{items.collect_view()}</ul>
            </div>
            <crate::islands::FocusOn id="foutoverzicht".to_owned()/>
        };
        Some(summary.into_any())
    }
}

/// The message at a field; `None` gives nothing.
pub(crate) fn error_message(id: &str, text: Option<&str>, t: &'static Texts) -> Option<AnyView> {
    let text = text?.to_owned();
    let id = format!("{id}-fout");
    Some(
        view! {
            <p class="utrecht-form-field-error-message utrecht-form-field__error-message" id=id>
                <span class="cims-visually-hidden">{t.frame.error_prefix}</span>{text}
            </p>
        }
        .into_any(),
    )
}

/// Value of `aria-describedby`: hint and message, as far as they are there.
pub(crate) fn described_by(id: &str, hint: bool, error: bool) -> Option<String> {
    let parts: Vec<String> = [
        hint.then(|| format!("{id}-hint")),
        error.then(|| format!("{id}-fout")),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
