//! With whom a waiting row is: on one's own list, on that of a colleague, or on nobody's (features F51).

use super::field::Field;
use super::messages::Messages;
use super::{heading, hidden_inputs, paragraph};
use crate::calls::review::Assign;
use crate::ports::review::{Reviewer, With};
use crate::texts::{Texts, fill, number};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use uuid::Uuid;

/// What is assigned.
pub(crate) struct Assigning<'a> {
    /// The row.
    pub(crate) row: Uuid,
    /// All rows of its group.
    pub(crate) group: bool,
    /// On whose list the row is.
    pub(crate) assignee: Option<Uuid>,
    /// Who can have it.
    pub(crate) reviewers: &'a [Reviewer],
    /// Where it leads back to.
    pub(crate) back: String,
}

/// The lists by their words in the address, one's own before those of colleagues.
pub(crate) fn lists(reviewers: &[Reviewer], t: &'static Texts) -> Vec<(String, String)> {
    let v = &t.review;
    let with = |one: &Reviewer| {
        let rows = number(t.language, u64::from(one.rows));
        if one.me {
            (With::Me.word(), fill(v.my_list, &[("aantal", &rows)]))
        } else {
            let text = fill(v.list_of, &[("naam", &one.name), ("aantal", &rows)]);
            (With::Colleague(one.id).word(), text)
        }
    };
    let mine = reviewers.iter().filter(|one| one.me).map(with);
    let theirs = reviewers.iter().filter(|one| !one.me).map(with);
    let nobody = (With::Nobody.word(), v.with_nobody.to_owned());
    mine.chain([nobody]).chain(theirs).collect()
}

/// One button for one's own list, and a choice of all.
pub(crate) fn assigning(what: &Assigning<'_>, t: &'static Texts) -> AnyView {
    let v = &t.review;
    let hidden = |to: Option<With>| {
        let mut fields = vec![
            ("row", what.row.to_string()),
            ("group", what.group.to_string()),
            ("back", what.back.clone()),
        ];
        fields.extend(to.map(|to| ("to", to.word())));
        hidden_inputs(fields)
    };
    let me = what.reviewers.iter().find(|one| one.me);
    let mine = me.is_some_and(|me| what.assignee == Some(me.id));
    let (to, text) = if mine {
        (With::Nobody, v.let_go)
    } else {
        (With::Me, v.take_on)
    };
    let chosen = match what.assignee {
        Some(_) if mine => With::Me,
        Some(id) => With::Colleague(id),
        None => With::Nobody,
    };
    let chosen = chosen.word();
    let choice = Field {
        name: "to".to_owned(),
        ..Field::new("bij", v.with_whom, &chosen)
    };
    let choice = choice.select(lists(what.reviewers, t), &Messages::default(), t);
    view! {
        {heading(v.assign_title)}
        {paragraph(if what.group { v.assign_group_note } else { v.assign_note })}
        <form method="post" action=Assign::PATH>
            {hidden(Some(to))}
            <button class="utrecht-button utrecht-button--secondary-action" type="submit" accesskey="m" aria-keyshortcuts="Alt+Shift+m">{text}</button>
        </form>
        <form class="cims-form" method="post" action=Assign::PATH>
            {hidden(None)}
            {choice}
            <button class="utrecht-button utrecht-button--secondary-action" type="submit">{v.assign}</button>
        </form>
    }
    .into_any()
}
