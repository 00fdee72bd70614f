//! A question with a few answers, none chosen beforehand.

use super::messages::{Messages, described_by, error_message};
use crate::texts::Texts;
use leptos::prelude::*;

/// A group of radio buttons; the first has the id of the group.
pub(crate) struct Radios<'a, O> {
    /// Id of the first button; anchor of the error summary.
    pub(crate) id: &'a str,
    /// The question.
    pub(crate) legend: &'a str,
    /// Hint, or nothing.
    pub(crate) hint: &'a str,
    /// The chosen value, or nothing.
    pub(crate) value: &'a str,
    /// Value and label.
    pub(crate) options: &'a [(O, O)],
    /// Side by side.
    pub(crate) inline: bool,
}

impl<O: AsRef<str>> Radios<'_, O> {
    /// The group, named `row[id]`.
    pub(crate) fn view(self, messages: &Messages, t: &'static Texts) -> AnyView {
        let name = format!("row[{}]", self.id);
        self.named(&name, messages, t)
    }

    /// The group, with this name.
    pub(crate) fn named(self, name: &str, messages: &Messages, t: &'static Texts) -> AnyView {
        let error = messages.at(self.id);
        let class = if error.is_some() {
            "utrecht-form-fieldset utrecht-form-fieldset--html-fieldset utrecht-form-fieldset--invalid"
        } else {
            "utrecht-form-fieldset utrecht-form-fieldset--html-fieldset"
        };
        let described = described_by(self.id, !self.hint.is_empty(), error.is_some());
        let hint = (!self.hint.is_empty()).then(|| {
            view! { <div class="utrecht-form-field-description" id=format!("{}-hint", self.id)>{self.hint.to_owned()}</div> }
        });
        let options = self.options.iter().enumerate().map(|(index, (value, label))| {
            let (value, label) = (value.as_ref().to_owned(), label.as_ref().to_owned());
            let id = if index == 0 { self.id.to_owned() } else { format!("{}_{}", self.id, value.to_lowercase()) };
            let checked = self.value.eq_ignore_ascii_case(&value);
            view! {
                <div class="utrecht-form-field utrecht-form-field--radio cims-choice">
                    <input class="utrecht-radio-button utrecht-radio-button--html-input utrecht-form-field__input" type="radio"
                        id=id.clone() name=name.to_owned() value=value checked=checked/>
                    <label class="utrecht-form-label utrecht-form-label--radio utrecht-form-field__label" for=id>{label}</label>
                </div>
            }
        });
        let choices = if self.inline {
            "cims-choices cims-choices--inline"
        } else {
            "cims-choices"
        };
        view! {
            <fieldset class=class aria-describedby=described data-column=self.id.to_owned()>
                <legend class="utrecht-form-fieldset__legend utrecht-form-fieldset__legend--html-legend">{self.legend.to_owned()}</legend>
                {hint}
                {error_message(self.id, error, t)}
                <div class=choices>{options.collect_view()}</div>
            </fieldset>
        }
        .into_any()
    }
}
