//! `POST /werklijst`: a worklist from a file (features F05). It is read here and kept nowhere: in memory up to 2 MB, a
//! workbook by the limited child; only BSN and birth date are taken over. What comes of it is a page: 303 to the list, or back
//! to the form with a word.

use super::session::Visit;
use super::{Web, pages};
use app::ports::worklist::made_path;
use app::ports::{PortError, Worklists};
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{Extension, Multipart, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::worklist::MOST_BYTES;
use std::sync::Arc;

/// Name of the file field.
const FIELD: &str = "bestand";
/// Name of the tick about consent.
const CONSENT: &str = "file_consent";
/// Beyond this nobody waits for the end: the connection is cut.
const READ_AT_MOST: u64 = 64 << 20;

/// Why there is no list; the word in the address of the form.
enum NoFile {
    None,
    TooBig,
    BrokenOff,
    More,
    NoConsent,
}

impl NoFile {
    const fn word(&self) -> &'static str {
        match self {
            Self::None => "geen",
            Self::TooBig => "groot",
            Self::BrokenOff => "afgebroken",
            Self::More => "meer",
            Self::NoConsent => "toestemming",
        }
    }
}

impl From<MultipartError> for NoFile {
    fn from(_: MultipartError) -> Self {
        Self::BrokenOff
    }
}

/// The handler; the guard let only roles that deliver through.
pub async fn receive(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    Extension(worklists): Extension<Arc<dyn Worklists>>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let Some(alive) = visit.alive() else {
        return Redirect::to("/inloggen").into_response();
    };
    if let Err(seconds) = web
        .uploads
        .take(alive.caller.user_id, std::time::Instant::now())
    {
        return pages::too_many(seconds);
    }
    let content = match form {
        Ok(form) => take(form).await,
        Err(_) => Err(NoFile::BrokenOff),
    };
    let content = match content {
        Ok(content) => content,
        Err(why) => {
            let to = format!("/werklijst?nieuw=1&bestand={}#foutoverzicht", why.word());
            return Redirect::to(&to).into_response();
        }
    };
    match worklists
        .make_worklist_of_file(&alive.caller, content)
        .await
    {
        Ok(made) => Redirect::to(&made_path(made, "bestand")).into_response(),
        Err(PortError::Broken(number)) => pages::incident(number),
        Err(_) => Redirect::to("/niet-gevonden").into_response(),
    }
}

/// The file of the form, when its sender says that all of them consented: nobody else may be read.
async fn take(mut form: Multipart) -> Result<Vec<u8>, NoFile> {
    let mut kept = None;
    let mut consent = false;
    while let Some(field) = form.next_field().await? {
        match field.name() {
            Some(CONSENT) => consent = true,
            Some(FIELD) if field.file_name().is_some_and(|name| !name.is_empty()) => {
                if kept.is_some() {
                    return Err(NoFile::More);
                }
                kept = Some(bytes(field).await?);
            }
            _ => {}
        }
    }
    match kept {
        None => Err(NoFile::None),
        Some(_) if !consent => Err(NoFile::NoConsent),
        Some(content) => content.ok_or(NoFile::TooBig),
    }
}

/// All of a field; `None` when it is too big, once it was read to its end.
async fn bytes(mut field: Field<'_>) -> Result<Option<Vec<u8>>, NoFile> {
    let mut content = Vec::new();
    let mut size = 0_u64;
    while let Some(portion) = field.chunk().await? {
        size += portion.len() as u64;
        if size > READ_AT_MOST {
            return Err(NoFile::TooBig);
        }
        if size <= MOST_BYTES {
            content.extend_from_slice(&portion);
        }
    }
    Ok((size <= MOST_BYTES).then_some(content))
}
