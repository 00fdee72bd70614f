//! Posts of recording a vaccination: person, vaccination, send, next.

use super::answer::{Posted, go};
use crate::form::RowForm;
use crate::page::{caller, entry, locations};
use crate::parts::pager::and;
use crate::parts::warnings::Tick;
use crate::ports::entry::{Anew, Placed, Saved, Step, Submitted};
use crate::ports::{Caller, PortError, PortResult};
use domain::row::{Column, RowText};
use leptos::prelude::*;
use uuid::Uuid;

/// Address of a step of a draft.
pub(crate) fn step_path(step: Step, draft: Uuid) -> String {
    match step {
        Step::Person => format!("/registreren?concept={draft}"),
        Step::Vaccination => format!("/registreren/vaccinatie?concept={draft}"),
        Step::Check => format!("/registreren/controleren?concept={draft}"),
    }
}

/// Where saving a step leads: on, back to the check page when it came from there, or to its findings.
fn after(saved: Saved, here: Step, draft: Uuid, back: bool) -> String {
    match saved {
        Saved::GoOn(_) if back => step_path(Step::Check, draft),
        Saved::GoOn(step) => step_path(step, draft),
        Saved::LookAgain => format!("{}#foutoverzicht", step_path(here, draft)),
    }
}

/// The same address with a word about why this is a new draft.
fn told(path: String, anew: Option<Anew>) -> String {
    let word = match anew {
        None => return path,
        Some(Anew::Sent) => "verstuurd",
        Some(Anew::Changed) => "gewijzigd",
        Some(Anew::Gone) => "weg",
    };
    and(&path, "melding", word)
}

/// Saves the person step; the first time it begins a draft.
#[server(prefix = "/api", endpoint = "registreren-persoon")]
pub(crate) async fn save_person(
    #[server(default)] row: RowForm,
    #[server(default)] concept: Option<Uuid>,
    #[server(default)] revision: Option<String>,
    #[server(default)] reason: String,
    #[server(default)] back: bool,
    #[server(default)] location: Option<String>,
    #[server(default)] go_on: bool,
) -> Posted {
    go(async move {
        let (caller, entry) = (caller().await?, entry()?);
        let go_on = go_on && reason.trim().is_empty();
        let person = person_part(&row.to_row());
        // Whether that person agrees was not answered, and nobody is there to answer it (ux §3.2).
        if caller.only_keeps && person.get(Column::Toestemming).trim().is_empty() {
            return Ok("/registreren".to_owned());
        }
        let Placed { draft, anew } = place(&caller, concept, revision, &person).await?;
        pick(&caller, draft, location).await?;
        let saved = entry.save_person(&caller, draft, person, reason).await;
        let to = match saved {
            // What was typed is in the draft.
            Err(PortError::TooMany(wait)) => {
                format!("{}&wacht={}", step_path(Step::Person, draft), wait.as_str())
            }
            Ok(Saved::LookAgain) if go_on => {
                let to = after(Saved::LookAgain, Step::Person, draft, false);
                and(&to, "reden", "1")
            }
            saved => after(saved?, Step::Person, draft, back && anew.is_none()),
        };
        Ok(told(to, anew))
    })
    .await
}

/// The draft for a person who was typed.
async fn place(
    caller: &Caller,
    concept: Option<Uuid>,
    revision: Option<String>,
    person: &RowText,
) -> PortResult<Placed> {
    let entry = entry()?;
    match concept {
        Some(draft) => {
            entry
                .place(caller, draft, revision, person, Step::Person)
                .await
        }
        None => Ok(Placed {
            draft: entry.begin(caller, None, false).await?,
            anew: None,
        }),
    }
}

/// What stands for the institution without a location. An empty field does not say that it was asked.
pub(crate) const NOWHERE: &str = "geen";

/// Where it is recorded, when the form asked.
async fn pick(caller: &Caller, draft: Uuid, location: Option<String>) -> PortResult<()> {
    let at = match location.as_deref() {
        None => return Ok(()),
        Some(NOWHERE) => None,
        Some(id) => Some(id.parse().map_err(|_| PortError::NotFound)?),
    };
    match locations()?.pick_location(caller, draft, at).await {
        // It ended meanwhile: what was typed counts all the same, at the location of before.
        Err(PortError::NotFound) => Ok(()),
        other => other,
    }
}

/// The columns of the person step. Without consent nothing but that leaves the form.
fn person_part(row: &RowText) -> RowText {
    let mut part = RowText::default();
    let refused = row.get(Column::Toestemming).eq_ignore_ascii_case("N");
    for column in crate::pages::choices::PERSON {
        if !refused || column == Column::Toestemming {
            part.set(column, row.get(column));
        }
    }
    part
}

/// Everything but the columns of the person step.
fn vaccination_part(mut row: RowText) -> RowText {
    for column in crate::pages::choices::PERSON {
        row.set(column, "");
    }
    row
}

/// Saves the vaccination step; `suggestion` takes over the batch that was meant.
#[server(prefix = "/api", endpoint = "registreren-vaccinatie")]
pub(crate) async fn save_vaccination(
    #[server(default)] row: RowForm,
    concept: Uuid,
    #[server(default)] revision: Option<String>,
    #[server(default)] confirmed: Option<String>,
    #[server(default)] warned: Option<String>,
    #[server(default)] suggestion: Option<String>,
    #[server(default)] back: bool,
) -> Posted {
    go(async move {
        let (caller, entry) = (caller().await?, entry()?);
        let tick = Tick::of(confirmed, warned);
        let taken_over = suggestion.is_some();
        let mut row = vaccination_part(row.to_row());
        if let Some(batch) = suggestion {
            row.set(Column::Batchnummer, batch);
        }
        let Placed { draft, anew } = entry
            .place(&caller, concept, revision, &row, Step::Vaccination)
            .await?;
        let saved = entry
            .save_vaccination(&caller, draft, row, tick.told())
            .await?;
        let back = back && anew.is_none();
        let again = matches!(saved, Saved::LookAgain) && !taken_over;
        let to = told(after(saved, Step::Vaccination, draft, back), anew);
        Ok(if again { tick.passed_over(to) } else { to })
    })
    .await
}

/// Keeps what was typed when the session is about to end; a script asks it, nobody waits for the answer.
/// Nothing is kept of a person as long as the question about consent has no answer.
#[server(prefix = "/api", endpoint = "registreren-bewaren")]
pub(crate) async fn keep_typed(
    #[server(default)] row: RowForm,
    #[server(default)] concept: Option<Uuid>,
    #[server(default)] revision: Option<String>,
    #[server(default)] reason: String,
    #[server(default)] vaccination: bool,
    #[server(default)] location: Option<String>,
) -> Posted {
    let kept: PortResult<()> = async move {
        let (mut caller, entry) = (caller().await?, entry()?);
        // A script asks it: nobody wants to go on, so nothing is looked up and nothing remembered.
        caller.only_keeps = true;
        let row = row.to_row();
        if vaccination {
            let draft = concept.ok_or(PortError::NotFound)?;
            let row = vaccination_part(row);
            let placed = entry
                .place(&caller, draft, revision, &row, Step::Vaccination)
                .await?;
            entry
                .save_vaccination(&caller, placed.draft, row, None)
                .await?;
        } else if !row.get(Column::Toestemming).is_empty() {
            let person = person_part(&row);
            let placed = place(&caller, concept, revision, &person).await?;
            pick(&caller, placed.draft, location).await?;
            entry
                .save_person(&caller, placed.draft, person, reason)
                .await?;
        }
        Ok(())
    }
    .await;
    // the page is about to close: there is nobody to tell
    let _ = kept;
    Ok(())
}

/// Stores the draft, when it says what the page showed. Twice the same draft leads to the same receipt.
#[server(prefix = "/api", endpoint = "registreren-versturen")]
pub(crate) async fn send_draft(concept: Uuid, #[server(default)] revision: String) -> Posted {
    go(async move {
        let (caller, entry) = (caller().await?, entry()?);
        let receipt =
            |reference: &str| format!("/registreren/klaar/{}", crate::shell::encode(reference));
        Ok(
            match entry.submit(&caller, concept, Some(revision)).await? {
                Submitted::Done { reference } => receipt(&reference),
                Submitted::Other { reference } => format!("{}?melding=anders", receipt(&reference)),
                Submitted::Changed => {
                    format!("{}&melding=gewijzigd", step_path(Step::Check, concept))
                }
                Submitted::LookAgain(step) => format!("{}#foutoverzicht", step_path(step, concept)),
                Submitted::NotApproved => {
                    format!("{}&melding=akkoord", step_path(Step::Check, concept))
                }
            },
        )
    })
    .await
}

/// Begins the next draft: the same vaccination for another person, or the same person again.
#[server(prefix = "/api", endpoint = "registreren-volgende")]
pub(crate) async fn begin_next(same_as: String, #[server(default)] same_person: bool) -> Posted {
    go(async move {
        let (caller, entry) = (caller().await?, entry()?);
        let draft = entry.begin(&caller, Some(same_as), same_person).await?;
        let step = entry.draft(&caller, draft).await?.step;
        // the page to check is never the first thing one sees of a new registration
        let step = if step == Step::Check {
            Step::Vaccination
        } else {
            step
        };
        Ok(step_path(step, draft))
    })
    .await
}

/// Throws a draft away.
#[server(prefix = "/api", endpoint = "registreren-weggooien")]
pub(crate) async fn discard_draft(concept: Uuid) -> Posted {
    go(async move {
        let (caller, entry) = (caller().await?, entry()?);
        entry.discard(&caller, concept).await?;
        Ok("/registreren".to_owned())
    })
    .await
}
