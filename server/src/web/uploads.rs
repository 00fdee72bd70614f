//! `POST /aanleveren`: one file, streamed to the sealed store with an own byte counter (security L13, ux §3.3).
//!
//! axum's limits do not cover multipart. A file that is too big is read to its end before the answer, or
//! browsers show a broken connection instead of "Het bestand is groter dan 20 MB.". What comes of it is a page:
//! 303 to the delivery, or back to the form with a word.

use super::session::Visit;
use super::{Web, pages};
use crate::audit::{Event, Kind};
use crate::intake::read::Limits;
use crate::intake::receive::{self, BlobWriter, ReceiveError, Received, Sender};
use app::islands::drop_area::WHERE;
use app::ports::Caller;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{Extension, Multipart, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::delivery::Channel;
use std::io;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Name of the file field.
const FIELD: &str = "bestand";
/// Beyond this nobody waits for the end: the connection is cut.
const READ_AT_MOST: u64 = 512 << 20;

/// Why there is no delivery; the word in the address of the form.
enum NoFile {
    None,
    TooBig,
    BrokenOff,
    More,
}

impl NoFile {
    const fn word(&self) -> &'static str {
        match self {
            Self::None => "geen",
            Self::TooBig => "groot",
            Self::BrokenOff => "afgebroken",
            Self::More => "meer",
        }
    }
}

enum Failed {
    No(NoFile),
    Ours(ReceiveError),
}

impl From<MultipartError> for Failed {
    fn from(_: MultipartError) -> Self {
        Self::No(NoFile::BrokenOff)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Ours(error.into())
    }
}

/// The handler; the guard let only roles that deliver through.
pub async fn receive(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
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
    // A script that shows how far the sending is asks where it leads; a browser is sent there.
    let script = headers
        .get(header::ACCEPT)
        .is_some_and(|kind| kind == WHERE);
    let lead = |to: String| {
        if script {
            to.into_response()
        } else {
            Redirect::to(&to).into_response()
        }
    };
    let Ok(form) = form else {
        return lead(back(&NoFile::BrokenOff));
    };
    match take(&web, &alive.caller, form).await {
        Ok(received) => lead(format!("/aanleveringen/{}", received.id())),
        Err(Failed::No(why)) => lead(back(&why)),
        Err(Failed::Ours(error)) => {
            tracing::error!(request_id = %visit.request_id, %error, "upload could not be kept");
            match error {
                ReceiveError::Store(error) if error.is_transient() => pages::unavailable(),
                ReceiveError::Store(_) | ReceiveError::Disk(_) => pages::incident(visit.request_id),
            }
        }
    }
}

fn back(why: &NoFile) -> String {
    format!("/aanleveren?fout={}#foutoverzicht", why.word())
}

async fn take(web: &Web, caller: &Caller, mut form: Multipart) -> Result<Received, Failed> {
    let mut kept = None;
    while let Some(field) = form.next_field().await? {
        if field.name() != Some(FIELD) || field.file_name().is_none_or(str::is_empty) {
            continue;
        }
        if kept.is_some() {
            return Err(Failed::No(NoFile::More));
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        kept = Some((name, keep(web, field).await?));
    }
    let Some((name, file)) = kept else {
        return Err(Failed::No(NoFile::None));
    };
    let Some(party) = caller.party() else {
        return Err(Failed::No(NoFile::None));
    };
    let sender = Sender {
        party: party.id,
        by: Some(caller.user_id),
        channel: Channel::Upload,
        file_name: &name,
        preview: true,
        test_lane: false,
        event: Event::of(caller, Kind::DeliveryReceived),
        now: (web.clock)(),
        dropped: None,
    };
    receive::receive(&web.road, sender, file)
        .await
        .map_err(Failed::Ours)
}

/// Streams a field to the sealed store; the disk is written beside the async threads.
async fn keep(web: &Web, mut field: Field<'_>) -> Result<BlobWriter, Failed> {
    let mut file = web.road.blobs.create(&web.keys, Uuid::now_v7())?;
    let (send, mut portions) = mpsc::channel::<axum::body::Bytes>(8);
    let writing = tokio::task::spawn_blocking(move || {
        while let Some(portion) = portions.blocking_recv() {
            file.push(&portion)?;
        }
        Ok::<_, io::Error>(file)
    });
    let mut size = 0_u64;
    let mut send = Some(send);
    while let Some(portion) = field.chunk().await? {
        size += portion.len() as u64;
        if size > Limits::PORTAL.bytes {
            send = None;
        }
        if size > READ_AT_MOST {
            return Err(Failed::No(NoFile::TooBig));
        }
        if let Some(to) = &send
            && to.send(portion).await.is_err()
        {
            break;
        }
    }
    drop(send);
    let file = writing.await.map_err(io::Error::other)??;
    if size > Limits::PORTAL.bytes {
        Err(Failed::No(NoFile::TooBig))
    } else {
        Ok(file)
    }
}
