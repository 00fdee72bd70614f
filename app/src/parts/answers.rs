//! Answers in rows: what was filled in, with a link to change it.

use crate::texts::Texts;
use domain::row::{Column, RowText};
use leptos::prelude::*;

/// One answer: key, value, link to change it.
pub(crate) struct Answer {
    key: String,
    value: String,
    change: Option<String>,
}

impl Answer {
    /// An answer; an empty value says so.
    pub(crate) fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
            change: None,
        }
    }

    /// With a link to change it.
    pub(crate) fn change(mut self, href: String) -> Self {
        self.change = Some(href);
        self
    }
}

/// The list of answers.
pub(crate) fn answers(list: Vec<Answer>, t: &'static Texts) -> AnyView {
    let items = list.into_iter().map(|answer| {
        let key = answer.key.clone();
        let value = if answer.value.is_empty() {
            view! { <span class="cims-empty">{t.frame.not_filled}</span> }.into_any()
        } else {
            answer.value.into_any()
        };
        view! {
            <div class="utrecht-data-list__item">
                <dt class="utrecht-data-list__item-key">{answer.key}</dt>
                <dd class="utrecht-data-list__item-value utrecht-data-list__item-value--html-dd">{value}</dd>
                {answer.change.map(|href| view! {
                    <dd class="utrecht-data-list__actions utrecht-data-list__actions--html-dd">
                        <a class="utrecht-link utrecht-link--html-a" href=href>
                            {t.frame.change}<span class="cims-visually-hidden">" "{key}</span>
                        </a>
                    </dd>
                })}
            </div>
        }
    });
    view! { <dl class="utrecht-data-list utrecht-data-list--rows cims-answers">{items.collect_view()}</dl> }.into_any()
}

/// The filled cells of a row, in the order of the specification, with words for the codes.
pub(crate) fn of_row(row: &RowText, t: &'static Texts) -> AnyView {
    let filled = Column::ALL
        .into_iter()
        .filter(|column| !row.get(*column).is_empty());
    answers(
        filled
            .map(|column| {
                Answer::new(
                    column.title_in(t.language),
                    words(column, row.get(column), t),
                )
            })
            .collect(),
        t,
    )
}

/// A cell in words: codes of lists as their label, everything else as it is.
pub(crate) fn words(column: Column, text: &str, t: &'static Texts) -> String {
    crate::pages::choices::of(column, t)
        .into_iter()
        .find(|(value, _)| value.eq_ignore_ascii_case(text))
        .map(|(_, label)| label)
        .or_else(|| {
            // A target group that ended.
            let group = column == Column::Doelgroep;
            let words = crate::pages::choices::first_group(text, t).filter(|_| group)?;
            Some(words.to_owned())
        })
        .unwrap_or_else(|| text.to_owned())
}
