//! `/instelling`: for whom one works now, when there is more than one answer.

use crate::calls::sessions::ChooseInstitution;
use crate::page::{Screen, page};
use crate::parts::{button_link, paragraph, submit, title};
use crate::ports::Membership;
use crate::shell::role_name;
use crate::texts::Texts;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/instelling`
pub(crate) fn institution() -> AnyView {
    page(|visit| async move {
        let (caller, t) = (visit.caller()?, visit.t);
        let f = &t.frame;
        if caller.memberships.len() < 2 {
            let body = view! {
                {title(f.institution_title)}
                {paragraph(f.institution_only)}
                <p class="utrecht-paragraph">{button_link("/", f.to_home)}</p>
            };
            return Ok(Screen::new(f.institution_title, body));
        }
        let options = caller.memberships.iter().enumerate();
        let options = options.map(|(index, membership)| {
            option(index, membership, *membership == caller.membership, t)
        });
        let body = view! {
            {title(f.institution_title)}
            <form class="cims-form" method="post" action=ChooseInstitution::PATH>
                <fieldset class="utrecht-form-fieldset utrecht-form-fieldset--html-fieldset">
                    <legend class="utrecht-form-fieldset__legend utrecht-form-fieldset__legend--html-legend">{f.institution_text}</legend>
                    <div class="cims-choices">{options.collect_view()}</div>
                </fieldset>
                {submit(f.institution_choose)}
            </form>
        };
        Ok(Screen::new(f.institution_title, body))
    })
}

fn option(index: usize, membership: &Membership, chosen: bool, t: &'static Texts) -> AnyView {
    let name = membership.party.as_ref().map_or_else(
        || t.frame.institution_rivm.to_owned(),
        |party| party.name.clone(),
    );
    let value = membership
        .party
        .as_ref()
        .map(|party| party.id.to_string())
        .unwrap_or_default();
    let id = format!("instelling_{index}");
    view! {
        <div class="utrecht-form-field utrecht-form-field--radio cims-choice">
            <input class="utrecht-radio-button utrecht-radio-button--html-input utrecht-form-field__input" type="radio"
                id=id.clone() name="instelling" value=value checked=chosen/>
            <label class="utrecht-form-label utrecht-form-label--radio utrecht-form-field__label" for=id>
                {name}" "<span class="cims-muted">{role_name(membership.role, t)}</span>
            </label>
        </div>
    }
    .into_any()
}
