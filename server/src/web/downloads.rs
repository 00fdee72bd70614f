//! Files people take away: own names only, never opened in the page (security §4.7).

use super::printed::{self, Part, Printed};
use super::session::Visit;
use super::session::guard::NotFoundPage;
use super::{Web, client, headers, pages};
use crate::audit::{self, Event, Kind};
use crate::clock::dutch_moment;
use crate::intake::answer::{self, AnswerError, Received, Summary};
use crate::intake::own_file::{self, OwnFile};
use crate::intake::read::Format;
use crate::intake::template;
use crate::store::{StoreError, party_tx};
use app::ports::Caller;
use app::texts::{self, Texts, fill, language, number};
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::codes::CodeLists;
use domain::delivery::FileOutcome;
use domain::text::Lang;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use time::OffsetDateTime;
use uuid::Uuid;

/// Headers of a download. `name` is ours: ASCII letters, digits, `-`, `_` and `.`.
#[must_use]
pub fn headers_of(name: &str, kind: &'static str) -> [(HeaderName, HeaderValue); 3] {
    debug_assert!(
        name.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    );
    let named = HeaderValue::try_from(format!(
        "attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    ));
    [
        (
            header::CONTENT_DISPOSITION,
            named.unwrap_or(HeaderValue::from_static("attachment")),
        ),
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(headers::DOWNLOAD_POLICY),
        ),
    ]
}

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const ODS: &str = "application/vnd.oasis.opendocument.spreadsheet";

/// `GET /aanleveren/sjabloon`: the standard format as a workbook; the same for everybody, so made once for the lists in
/// force.
pub async fn template(State(web): State<Web>) -> Response {
    static MADE: Mutex<Option<(Arc<CodeLists>, Bytes)>> = Mutex::new(None);
    let lists = Arc::clone(&web.lists.borrow());
    let made = MADE.lock().ok().and_then(|made| made.clone());
    let bytes = match made.filter(|(of, _)| *of == lists) {
        Some((_, bytes)) => bytes,
        None => {
            let of = Arc::clone(&lists);
            match tokio::task::spawn_blocking(move || template::xlsx(&of)).await {
                Ok(Ok(made)) => {
                    let bytes = Bytes::from(made);
                    if let Ok(mut kept) = MADE.lock() {
                        *kept = Some((lists, bytes.clone()));
                    }
                    bytes
                }
                Ok(Err(_)) | Err(_) => {
                    let number = crate::clock::new_key();
                    tracing::error!(incident = %number, "the template cannot be made");
                    return pages::incident(number);
                }
            }
        }
    };
    (
        headers_of("cims-standaardformaat.xlsx", XLSX),
        Body::from(bytes),
    )
        .into_response()
}

/// What an answer file is made for.
#[derive(Clone, Copy)]
enum Form {
    Csv,
    Json,
    Receipt,
    Printed(Lang),
}

impl Form {
    const fn name(self) -> &'static str {
        match self {
            Self::Csv => "resultaat.csv",
            Self::Json => "resultaat.json",
            Self::Receipt => "ontvangst.json",
            Self::Printed(_) => "ontvangstbewijs.pdf",
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json | Self::Receipt => "application/json",
            Self::Printed(_) => "application/pdf",
        }
    }
}

/// `GET /aanleveringen/{id}/resultaat.csv`: every finding of a delivery of the own institution; no person in it.
pub async fn result_csv(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    Extension(not_found): Extension<NotFoundPage>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    result(&web, &visit, &not_found, headers, &id, Form::Csv).await
}

/// `GET /aanleveringen/{id}/resultaat.json`: totals per outcome and per code.
pub async fn result_json(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    Extension(not_found): Extension<NotFoundPage>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    result(&web, &visit, &not_found, headers, &id, Form::Json).await
}

/// `GET /aanleveringen/{id}/ontvangst.json`, `GET /proefbank/{id}/ontvangst.json`: the receipt of a file.
pub async fn receipt_json(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    Extension(not_found): Extension<NotFoundPage>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    result(&web, &visit, &not_found, headers, &id, Form::Receipt).await
}

/// `GET /aanleveringen/{id}/ontvangstbewijs.pdf`: the receipt of a file as a PDF, in the language of the visitor.
pub async fn receipt_pdf(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    Extension(not_found): Extension<NotFoundPage>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let language = language(client::cookie(&headers, "cims-taal").unwrap_or_default());
    let form = Form::Printed(language);
    result(&web, &visit, &not_found, headers, &id, form).await
}

async fn result(
    web: &Web,
    visit: &Visit,
    not_found: &NotFoundPage,
    headers: HeaderMap,
    id: &str,
    form: Form,
) -> Response {
    let (Some(alive), Ok(id)) = (visit.alive(), id.parse()) else {
        return not_found.page(visit, headers).await;
    };
    if let Err(seconds) = web.downloads.take(alive.caller.user_id, Instant::now()) {
        return pages::too_many(seconds);
    }
    match made(web, &alive.caller, id, form).await {
        Ok(content) => (
            headers_of(&format!("{id}.{}", form.name()), form.kind()),
            content,
        )
            .into_response(),
        Err(AnswerError::Store(StoreError::NotFound)) => not_found.page(visit, headers).await,
        Err(AnswerError::Store(error)) if error.is_transient() => pages::unavailable(),
        Err(error) => {
            tracing::error!(request_id = %visit.request_id, %error, "answer file");
            pages::incident(visit.request_id)
        }
    }
}

/// `GET /aanleveringen/{id}/verbeteren`: the own file back, with its refused rows only.
pub async fn own_file(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    Extension(not_found): Extension<NotFoundPage>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let (Some(alive), Ok(id)) = (visit.alive(), id.parse::<Uuid>()) else {
        return not_found.page(&visit, headers).await;
    };
    if let Err(seconds) = web.downloads.take(alive.caller.user_id, Instant::now()) {
        return pages::too_many(seconds);
    }
    match own(&web, &alive.caller, id).await {
        Ok(file) => {
            let (kind, ending) = match file.format {
                Format::Csv => ("text/csv", "csv"),
                Format::Xlsx => (XLSX, "xlsx"),
                Format::Ods => (ODS, "ods"),
            };
            (
                headers_of(&format!("{id}.verbeteren.{ending}"), kind),
                file.content,
            )
                .into_response()
        }
        Err(AnswerError::Store(StoreError::NotFound)) => not_found.page(&visit, headers).await,
        Err(AnswerError::Store(error)) if error.is_transient() => pages::unavailable(),
        Err(error) => {
            tracing::error!(request_id = %visit.request_id, %error, "own file back");
            pages::incident(visit.request_id)
        }
    }
}

async fn own(web: &Web, caller: &Caller, id: Uuid) -> Result<OwnFile, AnswerError> {
    let mut tx = party_tx(&web.db, caller).await?;
    let file = own_file::make(&mut tx, &web.road.keys, id).await?;
    let event = Event::of(caller, Kind::Exported)
        .object("delivery", id)
        .detail("rows", file.rows);
    let event = audit::about_typed(&web.db, event, file.persons.iter().copied()).await?;
    audit::add(&mut tx, event).await?;
    tx.commit().await?;
    Ok(file)
}

/// The receipt of a file as a page to keep: what came, and what became of it.
fn in_print(
    id: Uuid,
    received: &Received,
    summary: &Summary,
    now: OffsetDateTime,
    t: &'static Texts,
) -> Vec<u8> {
    let (u, f) = (&t.upload, &t.frame);
    let count = |count: u32| number(t.language, u64::from(count));
    let size = number(t.language, received.whole.size);
    let mut facts = vec![
        (u.receipt_party, received.party.clone()),
        (u.file, received.file_name.clone()),
        (u.receipt_size, fill(t.parties.bytes, &[("aantal", &size)])),
        ("SHA-256", received.whole.digest()),
        (u.receipt_received, dutch_moment(received.at)),
        (u.receipt_number, id.to_string()),
    ];
    let counts = &summary.counts;
    let (state, counted) = match (summary.state.as_str(), summary.outcome) {
        ("withdrawn", _) => (u.receipt_withdrawn, false),
        ("discarded", None) => (u.receipt_discarded, false),
        (_, None) => (u.receipt_busy, false),
        (_, Some(FileOutcome::Geweigerd)) => (u.receipt_refused, false),
        (_, Some(FileOutcome::Dubbel)) => (u.receipt_double, false),
        (_, Some(FileOutcome::Leeg)) => (u.receipt_empty, false),
        (_, Some(FileOutcome::Verwerkt | FileOutcome::DeelsVerwerkt)) => (u.receipt_done, true),
    };
    facts.push((u.receipt_state, state.to_owned()));
    if counted {
        facts.extend([
            (u.receipt_read, number(t.language, counts.rows())),
            (f.outcome_accepted, count(counts.geaccepteerd)),
            (f.outcome_review, count(counts.te_controleren)),
            (f.outcome_refused, count(counts.afgekeurd)),
            (f.outcome_double, count(counts.dubbel)),
            (f.outcome_counted, count(counts.geteld)),
        ]);
    }
    facts.push((u.receipt_made, dutch_moment(now)));
    printed::pdf(&Printed {
        language: texts::code(t.language),
        title: u.receipt,
        parts: vec![Part::Text(u.receipt_text), Part::Facts(facts)],
    })
}

/// The file and its audit line, in one transaction that sees the own institution only.
async fn made(web: &Web, caller: &Caller, id: Uuid, form: Form) -> Result<Vec<u8>, AnswerError> {
    let mut content = Vec::new();
    let mut tx = party_tx(&web.db, caller).await?;
    match form {
        Form::Csv => answer::csv(&mut tx, id, &mut content).await?,
        Form::Json => answer::json(&mut tx, id, &mut content).await?,
        Form::Receipt => answer::receipt(&mut tx, &web.road.keys, id, &mut content).await?,
        Form::Printed(language) => {
            let received = answer::received(&mut tx, &web.road.keys, id).await?;
            if received.is_test {
                // It tries something out: nothing was delivered.
                return Err(StoreError::NotFound.into());
            }
            let summary = answer::summary(&mut tx, id).await?;
            let now = web.road.clock.now();
            content = in_print(id, &received, &summary, now, texts::of(language));
        }
    }
    let event = Event::of(caller, Kind::AnswerFetched).object("delivery", id);
    audit::add(&mut tx, event.detail("form", form.name())).await?;
    tx.commit().await?;
    Ok(content)
}
