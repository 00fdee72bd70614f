//! The session as its owner sees it: who am I, where am I logged in, which institution.

use super::Caller;
#[cfg(feature = "ssr")]
use super::{Page, PortResult};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One of my sessions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionLine {
    /// Key (not the secret).
    pub id: Uuid,
    /// When it began, "22 november 2026, 14:05".
    pub began: String,
    /// Last action.
    pub last_seen: String,
    /// Browser as it named itself, shortened.
    pub browser: String,
    /// This very session.
    pub current: bool,
}

/// An open session of somebody, as who may end it sees it: nothing of what is done in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserSession {
    /// Key (not the secret).
    pub id: Uuid,
    /// Whose.
    pub user: Uuid,
    /// Name of the user.
    pub name: String,
    /// The institution it works for; empty at RIVM, or when none was chosen.
    pub institution: String,
    /// When it began, "22 november 2026, 14:05".
    pub began: String,
    /// Last action.
    pub last_seen: String,
    /// Browser as it named itself, shortened.
    pub browser: String,
    /// This very session.
    pub current: bool,
    /// The user has more than one.
    pub several: bool,
}

/// What the page frame needs; `caller` is `None` when nobody is logged in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Frame {
    /// Who is logged in, with a chosen membership.
    pub caller: Option<Caller>,
    /// Demo banner "Demo: geen echte gegevens".
    pub demo: bool,
    /// Today in Europe/Amsterdam: "Vandaag" of the date buttons and the `today` of the live checks.
    pub today: time::Date,
    /// Seconds until the session ends when nothing is done, for the dialog at 13 minutes.
    pub seconds_left: u32,
    /// Seconds until it ends whatever is done, for the dialog 10 minutes before the 8 hours are over.
    pub absolute_seconds_left: u32,
    /// "light", "dark" or "" (system), from the cookie.
    pub colour: String,
    /// "nl" or "en".
    pub language: String,
    /// This login ended another session of the same user; told once.
    pub ended_another: bool,
}

/// A form that was sent after the session ended, as it was sent.
#[cfg(feature = "ssr")]
pub struct KeptForm {
    /// Key.
    pub id: Uuid,
    /// Where it was sent to; one of [`crate::kept::FORMS`].
    pub path: String,
    /// Names and values.
    pub fields: crate::kept::Fields,
}

/// How long sessions live and uploaded files stay, as the portal is configured; texts and warnings say it.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone, Copy)]
pub struct Life {
    /// Minutes without an action.
    pub idle_minutes: u32,
    /// Hours in all.
    pub absolute_hours: u32,
    /// Days that a raw file is kept.
    pub file_days: u32,
}

/// Sessions of the caller.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Sessions: Send + Sync {
    /// What a form of this request brings along, when somebody is logged in ([`crate::HEAVY`]).
    fn form_token(&self) -> Option<String>;
    /// How long sessions live and uploaded files stay.
    fn life(&self) -> Life;
    /// The caller of the current request (Leptos context), the one door.
    async fn frame(&self) -> PortResult<Frame>;
    /// My sessions, newest first.
    async fn mine(&self, caller: &Caller) -> PortResult<Vec<SessionLine>>;
    /// Ends one of my sessions.
    async fn end(&self, caller: &Caller, session: Uuid) -> PortResult<()>;
    /// Open sessions: of everybody (RIVM-beheer), or of who works for the own institution (instellingsbeheerder), by name.
    async fn open_sessions(&self, caller: &Caller, page: u32) -> PortResult<Page<UserSession>>;
    /// Ends one session of such a user, or all; how many ended. It holds from the next request on.
    async fn end_sessions(
        &self,
        caller: &Caller,
        user: Uuid,
        session: Option<Uuid>,
    ) -> PortResult<u32>;
    /// A form of the caller that was kept (audited: it may hold a person).
    async fn kept_form(&self, caller: &Caller, id: Uuid) -> PortResult<KeptForm>;
    /// Throws it away.
    async fn discard_kept(&self, caller: &Caller, id: Uuid) -> PortResult<()>;
    /// Chooses a membership: party key, or `None` for the RIVM role.
    async fn choose(&self, caller: &Caller, party: Option<Uuid>) -> PortResult<()>;
}
