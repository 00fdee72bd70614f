//! `POST /aanleveren` and `POST /proefbank`: one file, streamed to the sealed store with an own byte counter (security L13, ux §3.3).
//!
//! axum's limits do not cover multipart. A file that is too big is read to its end before the answer, or
//! browsers show a broken connection instead of "Het bestand is groter dan 20 MB.". What comes of it is a page:
//! 303 to the delivery, or back to the form with a word.

use super::session::Visit;
use super::{Web, pages};
use crate::audit::{Event, Kind};
use crate::intake::read::Limits;
use crate::intake::receive::{self, BlobWriter, ReceiveError, Received, Sender};
use crate::portal::tried_channels;
use crate::store::trials::{self, Lane};
use crate::store::{StoreError, party_tx};
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
/// Name of the field that says for which connection a file is tried.
const LANE: &str = "koppeling";
/// Longest value of that field, in bytes.
const LANE_BYTES: usize = 64;
/// Beyond this nobody waits for the end: the connection is cut.
const READ_AT_MOST: u64 = 512 << 20;

/// Why there is no delivery; the word in the address of the form.
enum NoFile {
    None,
    TooBig,
    BrokenOff,
    More,
    NoLane,
    NoRoom,
}

impl NoFile {
    const fn word(&self) -> &'static str {
        match self {
            Self::None => "geen",
            Self::TooBig => "groot",
            Self::BrokenOff => "afgebroken",
            Self::More => "meer",
            Self::NoLane => "koppeling",
            Self::NoRoom => "ruimte",
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

/// What a file is brought for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To be delivered, after a preview.
    Deliver,
    /// To be tried: nothing of it goes into the register.
    Try,
}

impl Purpose {
    /// The page of the form.
    const fn form(self) -> &'static str {
        match self {
            Self::Deliver => "/aanleveren",
            Self::Try => "/proefbank",
        }
    }

    /// The pages of what was received.
    const fn received(self) -> &'static str {
        match self {
            Self::Deliver => "/aanleveringen",
            Self::Try => "/proefbank",
        }
    }
}

/// A file to deliver; the guard let only roles that deliver through.
pub async fn receive(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    bring(&web, &visit, &headers, form, Purpose::Deliver).await
}

/// A file to try; the guard let only roles that try through.
pub async fn try_out(
    State(web): State<Web>,
    Extension(visit): Extension<Visit>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    bring(&web, &visit, &headers, form, Purpose::Try).await
}

async fn bring(
    web: &Web,
    visit: &Visit,
    headers: &HeaderMap,
    form: Result<Multipart, MultipartRejection>,
    purpose: Purpose,
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
        return lead(back(purpose, &NoFile::BrokenOff));
    };
    match take(web, &alive.caller, form, purpose).await {
        Ok(received) => lead(format!("{}/{}", purpose.received(), received.id())),
        Err(Failed::No(why)) => lead(back(purpose, &why)),
        Err(Failed::Ours(error)) => {
            tracing::error!(request_id = %visit.request_id, %error, "upload could not be kept");
            match error {
                ReceiveError::Disk(error) if is_full(&error) => {
                    lead(back(purpose, &NoFile::NoRoom))
                }
                ReceiveError::Store(error) if error.is_transient() => pages::unavailable(),
                ReceiveError::Store(_) | ReceiveError::Disk(_) => pages::incident(visit.request_id),
            }
        }
    }
}

/// No room on the disk of raw files, for anybody or for us: that passes (security F5).
fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

fn back(purpose: Purpose, why: &NoFile) -> String {
    format!("{}?fout={}#foutoverzicht", purpose.form(), why.word())
}

async fn take(
    web: &Web,
    caller: &Caller,
    mut form: Multipart,
    purpose: Purpose,
) -> Result<Received, Failed> {
    let (mut kept, mut lane) = (None, None);
    while let Some(field) = form.next_field().await? {
        if purpose == Purpose::Try && field.name() == Some(LANE) {
            lane = key(field).await?;
            continue;
        }
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
    let event = Event::of(caller, Kind::DeliveryReceived);
    let (channel, intermediary, event) = match purpose {
        Purpose::Deliver => (Channel::Upload, None, event),
        Purpose::Try => {
            let lane = lane_of(web, caller, lane).await?;
            let channel = Channel::parse(&lane.channel).ok_or(Failed::No(NoFile::NoLane))?;
            (channel, lane.intermediary_id, event.detail("test", true))
        }
    };
    let sender = Sender {
        party: party.id,
        by: Some(caller.user_id),
        channel,
        file_name: &name,
        preview: purpose == Purpose::Deliver,
        test_lane: purpose == Purpose::Try,
        intermediary,
        event,
        now: (web.clock)(),
        dropped: None,
    };
    receive::receive(&web.road, sender, file)
        .await
        .map_err(Failed::Ours)
}

/// The connection of the own institution that a file is tried for.
async fn lane_of(web: &Web, caller: &Caller, chosen: Option<Uuid>) -> Result<Lane, Failed> {
    let ours = |error: StoreError| Failed::Ours(error.into());
    let mut tx = party_tx(&web.db, caller).await.map_err(ours)?;
    let lanes = trials::lanes(&mut tx, &tried_channels())
        .await
        .map_err(ours)?;
    tx.rollback().await.map_err(ours)?;
    let mut lanes = lanes.into_iter();
    lanes
        .find(|lane| Some(lane.id) == chosen)
        .ok_or(Failed::No(NoFile::NoLane))
}

/// A key that a field holds; none when it is no key. What is longer is not kept.
async fn key(mut field: Field<'_>) -> Result<Option<Uuid>, Failed> {
    let mut text = Vec::new();
    let mut length = 0;
    while let Some(portion) = field.chunk().await? {
        length += portion.len();
        if length > LANE_BYTES {
            return Err(Failed::No(NoFile::NoLane));
        }
        text.extend_from_slice(&portion);
    }
    let text = std::str::from_utf8(&text).unwrap_or_default();
    Ok(text.trim().parse().ok())
}

/// Streams a field to the sealed store; the disk is written beside the async threads. Whatever comes of it, the writer has
/// ended before the answer: what was cut off is gone by then. A disk that takes no more is told at the end, for browsers.
async fn keep(web: &Web, mut field: Field<'_>) -> Result<BlobWriter, Failed> {
    let file = web.road.blobs.create(&web.keys, crate::clock::new_key());
    let (send, mut portions) = mpsc::channel::<axum::body::Bytes>(8);
    let writing = tokio::task::spawn_blocking(move || {
        let mut file = file?;
        while let Some(portion) = portions.blocking_recv() {
            file.push(&portion)?;
        }
        Ok::<_, io::Error>(file)
    });
    let passed = pass_on(&mut field, send).await;
    let file = writing.await;
    let size = passed?;
    let file = file.map_err(io::Error::other)??;
    if size > Limits::PORTAL.bytes {
        Err(Failed::No(NoFile::TooBig))
    } else {
        Ok(file)
    }
}

/// Hands the portions of a field to the writer, as long as they fit; answers how many bytes there were.
async fn pass_on(
    field: &mut Field<'_>,
    send: mpsc::Sender<axum::body::Bytes>,
) -> Result<u64, Failed> {
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
            send = None;
        }
    }
    Ok(size)
}
