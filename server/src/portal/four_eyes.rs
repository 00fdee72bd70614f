//! What one prepares and another agrees to: decisions about rows that wait, corrections on request, changes of code lists
//! (security G18). Where it stands says what a press of the button comes to, so that of two who come at once the second hears who was
//! first. The caller reads it when nobody else can move it any more, or tries again when somebody did.

use app::ports::Caller;
use uuid::Uuid;

/// What it comes to that somebody goes on with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Press {
    /// Who prepared it asks.
    Ask,
    /// Somebody else agrees.
    Agree,
    /// Who asked cannot agree.
    SamePerson,
    /// It goes already, and who presses asked for it or agreed: in another tab, before.
    Goes,
    /// Somebody else agreed before, did not agree, or took it back.
    Before,
}

/// This caller goes on with what is in this state. A draft is its maker's.
pub(super) fn press(
    caller: &Caller,
    state: &str,
    asked_by: Uuid,
    decided_by: Option<Uuid>,
) -> Press {
    let own = asked_by == caller.user_id;
    match state {
        "draft" => Press::Ask,
        "asked" if own => Press::SamePerson,
        "asked" => Press::Agree,
        "rejected" | "called_back" => Press::Before,
        _ if own || decided_by == Some(caller.user_id) => Press::Goes,
        _ => Press::Before,
    }
}

/// The state it comes to when this caller does not want it; `None` when it is open no more.
pub(super) fn dropped(caller: &Caller, state: &str, asked_by: Uuid) -> Option<&'static str> {
    let to = if asked_by == caller.user_id {
        "called_back"
    } else {
        "rejected"
    };
    matches!(state, "draft" | "asked").then_some(to)
}
