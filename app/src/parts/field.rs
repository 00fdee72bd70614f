//! One labelled input: label, hint, message, input, in that order.

use super::fold;
use super::messages::{Messages, described_by, error_message};
use crate::texts::Texts;
use leptos::prelude::*;

/// A labelled input and what is around it.
pub(crate) struct Field<'a> {
    /// Id of the input; also the anchor of the error summary.
    pub(crate) id: &'a str,
    /// Name in the form.
    pub(crate) name: String,
    /// Label.
    pub(crate) label: &'a str,
    /// Hint under the label, or nothing.
    pub(crate) hint: &'a str,
    /// What was typed.
    pub(crate) value: &'a str,
    /// Says "(niet verplicht)".
    pub(crate) optional: bool,
    /// Width in characters, a class of the stylesheet; 0 is the full width.
    pub(crate) width: u8,
    /// Digits: the phone shows its number keys.
    pub(crate) numeric: bool,
    /// Gets the focus when the page opens.
    pub(crate) autofocus: bool,
    /// Text of the fold-out "Waar vind ik dit?", or nothing.
    pub(crate) find: &'a str,
    /// Id of a list of suggestions, or nothing.
    pub(crate) list: &'a str,
    /// Lines and most characters of a box for more lines.
    pub(crate) room: (u16, u16),
}

impl<'a> Field<'a> {
    /// A field of a row: `row[name]`, with the name as id.
    pub(crate) fn row(column: domain::row::Column, value: &'a str, t: &Texts) -> Self {
        Self {
            name: format!("row[{}]", column.name()),
            ..Self::new(column.name(), column.title_in(t.language), value)
        }
    }

    /// Any field; its name is its id.
    pub(crate) fn new(id: &'a str, label: &'a str, value: &'a str) -> Self {
        Self {
            id,
            name: id.to_owned(),
            label,
            hint: "",
            value,
            optional: false,
            width: 0,
            numeric: false,
            autofocus: false,
            find: "",
            list: "",
            room: (3, 500),
        }
    }

    fn around(&self, messages: &Messages, t: &'static Texts, input: AnyView) -> AnyView {
        let error = messages.at(self.id);
        let class = if error.is_some() {
            "utrecht-form-field utrecht-form-field--invalid"
        } else {
            "utrecht-form-field"
        };
        let id = self.id.to_owned();
        let hint = (!self.hint.is_empty()).then(|| {
            let hint_id = format!("{}-hint", self.id);
            view! {
                <div class="utrecht-form-field-description utrecht-form-field__description" id=hint_id>{self.hint.to_owned()}</div>
            }
        });
        let find =
            (!self.find.is_empty()).then(|| fold(t.frame.where_find, super::paragraph(self.find)));
        view! {
            <div class=class>
                <label class="utrecht-form-label utrecht-form-field__label" for=id>
                    {self.label.to_owned()}
                    {self.optional.then(|| view! { " "<span class="cims-optional">{t.frame.optional}</span> })}
                </label>
                {hint}
                {error_message(self.id, error, t)}
                {input}
                {find}
            </div>
        }
        .into_any()
    }

    fn described(&self, messages: &Messages) -> (Option<String>, Option<&'static str>) {
        let wrong = messages.at(self.id).is_some();
        (
            described_by(self.id, !self.hint.is_empty(), wrong),
            wrong.then_some("true"),
        )
    }

    fn width_class(&self) -> String {
        if self.width == 0 {
            String::new()
        } else {
            format!(" cims-width-{}", self.width)
        }
    }

    /// A text box.
    pub(crate) fn text(self, messages: &Messages, t: &'static Texts) -> AnyView {
        let (described, invalid) = self.described(messages);
        let wrong = if invalid.is_some() {
            " utrecht-textbox--invalid"
        } else {
            ""
        };
        let class = format!(
            "utrecht-textbox utrecht-textbox--html-input utrecht-form-field__input{}{wrong}",
            self.width_class()
        );
        let input = view! {
            <input class=class type="text" id=self.id.to_owned() name=self.name.clone() value=self.value.to_owned()
                autocomplete="off" spellcheck="false" inputmode=self.numeric.then_some("numeric") autofocus=self.autofocus
                list=(!self.list.is_empty()).then(|| self.list.to_owned())
                aria-describedby=described aria-invalid=invalid/>
        };
        self.around(messages, t, input.into_any())
    }

    /// A date box of the browser, for filters.
    pub(crate) fn date(self) -> AnyView {
        view! {
            <div class="cims-filter__field">
                <label class="utrecht-form-label" for=self.id.to_owned()>{self.label.to_owned()}</label>
                <input class="utrecht-textbox utrecht-textbox--html-input" type="date" id=self.id.to_owned()
                    name=self.name.clone() value=self.value.to_owned()/>
            </div>
        }
        .into_any()
    }

    /// A text box of a filter bar.
    pub(crate) fn filter(self) -> AnyView {
        view! {
            <div class="cims-filter__field">
                <label class="utrecht-form-label" for=self.id.to_owned()>{self.label.to_owned()}</label>
                <input class="utrecht-textbox utrecht-textbox--html-input" type="text" id=self.id.to_owned()
                    name=self.name.clone() value=self.value.to_owned() autocomplete="off"/>
            </div>
        }
        .into_any()
    }

    /// A search in a filter. What may be a BSN is held back by the browser, for a filter stands in the address; the server
    /// refuses what comes all the same.
    pub(crate) fn filter_search(self) -> AnyView {
        view! {
            <div class="cims-filter__field">
                <label class="utrecht-form-label" for=self.id.to_owned()>{self.label.to_owned()}</label>
                <input class="utrecht-textbox utrecht-textbox--html-input" type="search" id=self.id.to_owned()
                    name=self.name.clone() value=self.value.to_owned() autocomplete="off" spellcheck="false"
                    maxlength=domain::search::SEARCH_CHARS pattern=NO_NINE_DIGITS title=self.hint.to_owned()/>
            </div>
        }
        .into_any()
    }

    /// A box for more lines.
    pub(crate) fn area(self, messages: &Messages, t: &'static Texts) -> AnyView {
        let (described, invalid) = self.described(messages);
        let wrong = if invalid.is_some() {
            " utrecht-textarea--invalid"
        } else {
            ""
        };
        let class = format!(
            "utrecht-textarea utrecht-textarea--html-textarea utrecht-form-field__input{wrong}"
        );
        let (rows, most) = self.room;
        let input = view! {
            <textarea class=class id=self.id.to_owned() name=self.name.clone() rows=rows autocomplete="off" maxlength=most
                aria-describedby=described aria-invalid=invalid>{as_text(self.value)}</textarea>
        };
        self.around(messages, t, input.into_any())
    }

    /// A list to choose from; the first choice is the empty one.
    pub(crate) fn select(
        self,
        options: Vec<(String, String)>,
        messages: &Messages,
        t: &'static Texts,
    ) -> AnyView {
        let (described, invalid) = self.described(messages);
        let wrong = if invalid.is_some() {
            " utrecht-select--invalid"
        } else {
            ""
        };
        let class =
            format!("utrecht-select utrecht-select--html-select utrecht-form-field__input{wrong}");
        let options = options_view(options, self.value);
        let input = view! {
            <select class=class id=self.id.to_owned() name=self.name.clone() aria-describedby=described aria-invalid=invalid>
                {options}
            </select>
        };
        self.around(messages, t, input.into_any())
    }

    /// A list to choose from in a filter bar.
    pub(crate) fn filter_select(self, options: Vec<(String, String)>) -> AnyView {
        let options = options_view(options, self.value);
        view! {
            <div class="cims-filter__field">
                <label class="utrecht-form-label" for=self.id.to_owned()>{self.label.to_owned()}</label>
                <select class="utrecht-select utrecht-select--html-select" id=self.id.to_owned() name=self.name.clone()>
                    {options}
                </select>
            </div>
        }
        .into_any()
    }
}

/// A text without nine digits, whatever stands between them.
const NO_NINE_DIGITS: &str = "(?:[^0-9]*[0-9]){0,8}[^0-9]*";

/// A value that is not in the list is kept as an own option, so that nothing typed elsewhere is lost.
fn options_view(mut options: Vec<(String, String)>, chosen: &str) -> AnyView {
    if !chosen.is_empty() && !options.iter().any(|(value, _)| value == chosen) {
        options.push((chosen.to_owned(), chosen.to_owned()));
    }
    options
        .into_iter()
        .map(|(value, text)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{text}</option> }
        })
        .collect_view()
        .into_any()
}

/// A box to tick, with the value `1`.
pub(crate) fn tick(
    id: &'static str,
    name: &'static str,
    label: impl Into<String>,
    on: bool,
    opens: bool,
) -> AnyView {
    checkbox(id, name, label.into(), on, (opens, false), false)
}

/// A box that has to be ticked to go on, with its message above it when it was not.
pub(crate) fn asked_tick(
    id: &'static str,
    label: &'static str,
    on: bool,
    required: bool,
    messages: &Messages,
    t: &'static Texts,
) -> AnyView {
    let error = messages.at(id);
    view! {
        {error_message(id, error, t)}
        {checkbox(id, id, label.to_owned(), on, (false, required), error.is_some())}
    }
    .into_any()
}

fn checkbox(
    id: &'static str,
    name: &'static str,
    label: String,
    on: bool,
    (opens, required): (bool, bool),
    wrong: bool,
) -> AnyView {
    view! {
        <div class="utrecht-form-field utrecht-form-field--checkbox cims-choice">
            <input class="utrecht-checkbox utrecht-checkbox--html-input utrecht-checkbox--custom utrecht-form-field__input"
                type="checkbox" id=id name=name value="1" checked=on data-opens=opens.then_some("") required=required
                aria-describedby=described_by(id, false, wrong) aria-invalid=wrong.then_some("true")/>
            <label class="utrecht-form-label utrecht-form-label--checkbox utrecht-form-field__label" for=id>{label}</label>
        </div>
    }
    .into_any()
}

/// Text for inside a `<textarea>` or `<title>`: Leptos writes that as it is (`ESCAPE_CHILDREN` is false there), so that what somebody
/// typed would end the element and go on as markup.
pub(crate) fn as_text(value: &str) -> String {
    value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
