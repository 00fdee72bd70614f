//! Findings as a list: code with its help page, sentence, column.

use domain::finding::{Finding, Severity};
use leptos::prelude::*;

use crate::texts::Texts;

/// The list; nothing when there are none.
pub(crate) fn findings(list: &[Finding], t: &'static Texts) -> Option<AnyView> {
    if list.is_empty() {
        return None;
    }
    let items = list.iter().map(|finding| {
        let kind = match finding.severity {
            Severity::Fout => "error",
            Severity::Controle | Severity::Waarschuwing => "warning",
            Severity::Hersteld | Severity::Dubbel => "info",
        };
        view! {
            <li class=format!("cims-findings__item cims-findings__item--{kind}")>
                <a class="cims-findings__code" href=format!("/hulp/regels/{}", finding.code.as_str())>{finding.code.as_str()}</a>" "
                <span class="cims-findings__text">{finding.message_in(t.language).into_owned()}</span>
                {finding.column.map(|column| view! { " "<span class="cims-findings__where">{column.title_in(t.language)}</span> })}
            </li>
        }
    });
    Some(view! { <ul class="cims-findings">{items.collect_view()}</ul> }.into_any())
}
