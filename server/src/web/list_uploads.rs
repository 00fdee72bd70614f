//! `POST /codelijsten/inlezen`: a release list of batches. Small, so it is read whole; what comes of it is a page: 303 to
//! the proposal, or back to the form with a word.

use super::session::Visit;
use super::{Web, pages};
use crate::portal::Portal;
use app::ports::PortError;
use app::ports::lists::{Imported, Lists};
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Extension, Multipart, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::lists::Fault;

/// Where a list is sent.
pub(super) const PATH: &str = "/codelijsten/inlezen";

/// The answer to a list of more bytes than a body may have.
pub(super) fn too_large() -> Response {
    back("groot")
}

/// What the form holds.
#[derive(Default)]
struct Form {
    content: Vec<u8>,
    from: String,
    source: String,
}

/// The handler; the guard let only RIVM-beheer through.
pub async fn receive(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let Some(alive) = visit.alive() else {
        return Redirect::to("/inloggen").into_response();
    };
    let Ok(form) = form else {
        return back("afgebroken");
    };
    let Ok(form) = read(form).await else {
        return back("afgebroken");
    };
    let portal = Portal::new(web.road.clone());
    let imported = portal
        .import_list(&alive.caller, form.content, form.from, form.source)
        .await;
    match imported {
        Ok(Imported::Made(id)) => {
            Redirect::to(&format!("/codelijsten/wijzigingen/{id}")).into_response()
        }
        Ok(Imported::Wrong(faults)) => {
            let words: Vec<&str> = faults.into_iter().map(Fault::as_str).collect();
            back(&words.join("."))
        }
        Ok(Imported::Empty) => back("leeg"),
        Ok(Imported::Lacks(column)) => back(&format!("kop-{column}")),
        Ok(Imported::Odd) => back("kop"),
        Ok(Imported::Long) => back("lang"),
        Ok(Imported::Broken) => back("stuk"),
        Err(PortError::Broken(incident)) => pages::incident(incident),
        Err(_) => Redirect::to("/niet-gevonden").into_response(),
    }
}

fn back(word: &str) -> Response {
    Redirect::to(&format!("/codelijsten/batches?lijst={word}#foutoverzicht")).into_response()
}

async fn read(mut multipart: Multipart) -> Result<Form, axum::extract::multipart::MultipartError> {
    let mut form = Form::default();
    while let Some(field) = multipart.next_field().await? {
        match field.name() {
            Some("bestand") => form.content = field.bytes().await?.to_vec(),
            Some("vanaf") => form.from = field.text().await?,
            Some("bron") => form.source = field.text().await?,
            _ => {}
        }
    }
    Ok(form)
}
