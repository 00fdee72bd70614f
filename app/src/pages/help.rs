//! `/hulp…`: made from the tables of `domain`, so that help, checks and template never differ (features F-X8).

use crate::page::{Screen, page, still};
use crate::parts::icon::Icon;
use crate::parts::table::{Cell, table};
use crate::parts::tiles::tiles;
use crate::parts::{badge, heading, link, paragraph, second_link, title};
use crate::ports::PortError;
use crate::texts::Texts;
use domain::finding::Code;
use domain::row::{Column, Requirement};
use domain::text::Lang;
use leptos::prelude::*;

/// `/hulp`
pub(crate) fn help() -> AnyView {
    still(|visit| {
        let f = &visit.t.fixed;
        let body = view! {
            {title(f.help_title)}
            <p class="utrecht-paragraph utrecht-paragraph--lead">{f.help_lead}</p>
            {heading(f.help_steps)}
            <ol class="utrecht-ordered-list utrecht-ordered-list--html-content">
                <li>{f.help_step_person}</li>
                <li>{f.help_step_vaccination}</li>
                <li>{f.help_step_check}</li>
            </ol>
            {tiles(vec![
                (Icon::Info, "/hulp/regels", f.help_rules, f.help_rules_text),
                (Icon::List, "/hulp/kolommen", f.help_columns, f.help_columns_text),
                (Icon::Download, "/aanleveren/sjabloon", visit.t.upload.template, visit.t.upload.limit_formats),
            ])}
            {heading(f.help_contact_title)}
            {paragraph(f.help_contact)}
        };
        Screen::new(f.help_title, body)
    })
}

/// `/hulp/regels`
pub(crate) fn rules() -> AnyView {
    still(|visit| {
        let t = visit.t;
        let f = &t.fixed;
        let rows = Code::ALL.iter().map(|code| {
            vec![
                Cell::new(link(
                    format!("/hulp/regels/{}", code.as_str()),
                    code.as_str(),
                )),
                Cell::new(code.sentence(t.language)),
                Cell::new(badge::severity(code.severity(), t)),
            ]
        });
        let headers = [f.rule_code, f.rule_message, t.upload.severity];
        let body = view! {
            {title(f.rules_title)}
            {table("regels", f.rules_caption, &headers, rows.collect())}
        };
        Screen::new(f.rules_title, body)
            .under(f.help_title, "/hulp")
            .wide()
    })
}

/// `/hulp/regels/{code}`
pub(crate) fn rule() -> AnyView {
    page(|visit| async move {
        let code: Code = visit
            .param("code")
            .parse()
            .map_err(|_| PortError::NotFound)?;
        let t = visit.t;
        let f = &t.fixed;
        let help = code.help();
        // the explanation is in Dutch only; a screen reader must know
        let dutch = (t.language != Lang::Nl).then_some("nl");
        let body = view! {
            {title(code.as_str())}
            <p class="utrecht-paragraph utrecht-paragraph--lead">{code.sentence(t.language)}</p>
            <p class="utrecht-paragraph">{badge::severity(code.severity(), t)}</p>
            {heading(f.rule_what)}
            <p class="utrecht-paragraph" lang=dutch>{help.what}</p>
            {heading(f.rule_fix)}
            <p class="utrecht-paragraph" lang=dutch>{help.how_to_fix}</p>
            {examples(f.rule_good, help.good)}
            {examples(f.rule_bad, help.bad)}
            <p class="utrecht-paragraph">{second_link("/hulp/regels", f.rule_back)}</p>
        };
        Ok(Screen::new(code.as_str(), body)
            .under(f.help_title, "/hulp")
            .under(f.rules_title, "/hulp/regels"))
    })
}

fn examples(head: &'static str, list: &'static [&'static str]) -> Option<AnyView> {
    if list.is_empty() {
        return None;
    }
    let items = list
        .iter()
        .map(|example| view! { <li><code class="utrecht-code">{*example}</code></li> });
    Some(
        view! {
            {heading(head)}
            <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">{items.collect_view()}</ul>
        }
        .into_any(),
    )
}

/// `/hulp/kolommen`
pub(crate) fn columns() -> AnyView {
    still(|visit| {
        let t = visit.t;
        let f = &t.fixed;
        let rows = Column::ALL.into_iter().map(|column| {
            vec![
                Cell::new(view! { <code class="utrecht-code">{column.name()}</code> }),
                Cell::new(needed(column.requirement(), t)),
                Cell::new(content(column, t)),
                Cell::new(column.synonyms().join(", ")),
            ]
        });
        let headers = [
            f.column_name,
            f.column_needed,
            f.column_content,
            f.column_synonyms,
        ];
        let body = view! {
            {title(f.columns_title)}
            {paragraph(f.columns_text)}
            {table("kolommen", f.columns_caption, &headers, rows.collect())}
            <p class="utrecht-paragraph">{link("/aanleveren/sjabloon", t.upload.template)}</p>
        };
        Screen::new(f.columns_title, body)
            .under(f.help_title, "/hulp")
            .wide()
    })
}

/// What to fill in; of the age groups also which ages they are here.
fn content(column: Column, t: &'static Texts) -> String {
    let hint = column.hint_in(t.language);
    if column != Column::Leeftijdsgroep {
        return hint.to_owned();
    }
    let ages = super::choices::of(column, t);
    let ages: Vec<String> = ages
        .iter()
        .map(|(group, words)| format!("{group}: {words}"))
        .collect();
    format!("{hint} {}.", ages.join("; "))
}

fn needed(requirement: Requirement, t: &'static Texts) -> &'static str {
    let f = &t.fixed;
    match requirement {
        Requirement::Always => f.needed_always,
        Requirement::WithConsent => f.needed_with_consent,
        Requirement::WithoutConsent => f.needed_without_consent,
        Requirement::BsnOrReason => f.needed_bsn,
        Requirement::VaccineOrHpk => f.needed_vaccine,
        Requirement::UnlessInProfile => f.needed_profile,
        Requirement::ByChannel => f.needed_channel,
        Requirement::Optional => f.needed_never,
    }
}
