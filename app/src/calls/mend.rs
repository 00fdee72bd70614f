//! The posts of mended rows.

use super::answer::{Posted, go};
use crate::form::RowForm;
use crate::islands::repair_grid::Verdict;
use crate::page::{Look, caller, deliveries};
use crate::ports::Wait;
use crate::ports::deliveries::{Foreseen, MendAnswer, MendedRow};
use domain::finding::{Code, Finding, Severity};
use domain::row::Column;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The inputs `rows[r12][…]` of a form. The letter keeps a number from being read as a place in a list.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct RowForms(BTreeMap<String, RowForm>);

impl std::fmt::Debug for RowForms {
    /// Says nothing: it holds data of persons.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RowForms(…)")
    }
}

impl RowForms {
    /// The rows; what is no row is left out.
    fn rows(&self) -> Vec<MendedRow> {
        let rows = self.0.iter().filter_map(|(name, form)| {
            Some(MendedRow {
                number: name.strip_prefix('r')?.parse().ok()?,
                seen: form.input("seen").parse().ok()?,
                cells: Column::ALL
                    .into_iter()
                    .filter(|column| form.0.contains_key(column.name()))
                    .map(|column| (column, form.input(column.name()).to_owned()))
                    .collect(),
                everywhere: !form.input("everywhere").is_empty(),
                ..MendedRow::default()
            })
        });
        rows.collect()
    }
}

/// Judges a row anew; leads to the rows that are left, or back to what is still wrong. `only_keep`: the session is
/// about to end, so what was typed is only kept.
#[server(prefix = "/api", endpoint = "regel-verbeteren")]
pub(crate) async fn mend_row(
    delivery: Uuid,
    number: u32,
    seen: Uuid,
    #[server(default)] row: RowForm,
    #[server(default)] reason: String,
    #[server(default)] concept: Option<Uuid>,
    #[server(default)] only_keep: bool,
) -> Posted {
    go(async move {
        let mut caller = caller().await?;
        caller.only_keeps |= only_keep;
        // Cells as in a spreadsheet: every column is one input here, none is folded away.
        let cells = Column::ALL.map(|column| (column, row.input(column.name()).to_owned()));
        let mended = MendedRow {
            number,
            seen,
            cells: cells.into(),
            reason: Some(reason),
            everywhere: !row.input("everywhere").is_empty(),
            anyway: true,
        };
        let answer = deliveries()?
            .mend(&caller, delivery, vec![mended], concept)
            .await?;
        let list = format!("/aanleveringen/{delivery}/regels");
        Ok(if let Some(draft) = answer.kept {
            let told = if answer.not_approved {
                "&melding=akkoord"
            } else {
                ""
            };
            format!(
                "{list}/{number}?concept={draft}{told}{}",
                waits(answer.wait)
            )
        } else if answer.refused > 0 {
            format!("{list}/{number}?opnieuw=1#foutoverzicht")
        } else if answer.right_already > 0 {
            format!("{list}?al={number}")
        } else {
            format!("{list}?goed={number}")
        })
    })
    .await
}

/// Judges the rows of the grid anew that were changed; leads back to it.
#[server(prefix = "/api", endpoint = "regels-verbeteren")]
pub(crate) async fn mend_rows(
    delivery: Uuid,
    #[server(default)] rows: RowForms,
    #[server(default)] pagina: u32,
    #[server(default)] concept: Option<Uuid>,
    #[server(default)] only_keep: bool,
) -> Posted {
    go(async move {
        let mut caller = caller().await?;
        caller.only_keeps |= only_keep;
        let answer = deliveries()?
            .mend(&caller, delivery, rows.rows(), concept)
            .await?;
        Ok(back_to_the_grid(delivery, pagina, answer))
    })
    .await
}

/// Until when rows wait, in an address.
fn waits(wait: Option<Wait>) -> String {
    wait.map_or_else(String::new, |wait| format!("&wacht={}", wait.as_str()))
}

fn back_to_the_grid(delivery: Uuid, page: u32, answer: MendAnswer) -> String {
    let mut path = format!("/aanleveringen/{delivery}/regels?pagina={}", page.max(1));
    for (name, rows) in [("goede", answer.good), ("foute", answer.refused)] {
        if rows > 0 {
            path += &format!("&{name}={rows}");
        }
    }
    if let Some(draft) = answer.kept {
        path += &format!("&concept={draft}{}", waits(answer.wait));
    } else if (MendAnswer {
        right_already: 0,
        ..answer
    }) == MendAnswer::default()
    {
        path += "&niets=1";
    }
    if answer.not_approved {
        path += "&melding=akkoord";
    }
    if answer.refused > 0 {
        path += "#foutoverzicht";
    }
    path
}

/// What the rows of the grid would come to, for its script; changes nothing. Any failure is no answer.
#[server(prefix = "/api", endpoint = "regels-voorzien")]
pub(crate) async fn foresee_rows(
    delivery: Uuid,
    #[server(default)] rows: RowForms,
) -> Result<String, ServerFnError> {
    let t = Look::here().t;
    let foreseen = async {
        let caller = caller().await?;
        deliveries()?.foresee(&caller, delivery, rows.rows()).await
    };
    let later = |finding: &Finding| finding.code == Code::B13 && finding.column.is_none();
    let said = |row: Foreseen| Verdict {
        row: row.number.to_string(),
        good: row.good,
        cells: row
            .findings
            .iter()
            // Of a row that could not be held against the BRP that is what is said.
            .filter(|finding| finding.severity == Severity::Fout || (!row.good && later(finding)))
            .map(|finding| {
                let column = finding.column.map_or("", Column::name);
                let message = finding.message_in(t.language).into_owned();
                (column.to_owned(), message)
            })
            .collect(),
    };
    let rows = foreseen.await.unwrap_or_default();
    let said: Vec<Verdict> = rows.into_iter().map(said).collect();
    Ok(Verdict::write(&said))
}
