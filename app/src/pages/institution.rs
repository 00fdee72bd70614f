//! `/instelling`: for whom one works now, when there is more than one answer; and, for who manages the institution, the
//! list of its locations (features F03).

use crate::calls::locations::{AddLocation, EndLocation, RenameLocation};
use crate::calls::sessions::ChooseInstitution;
use crate::page::{Screen, Visit, locations, page};
use crate::parts::field::Field;
use crate::parts::messages::Messages;
use crate::parts::{
    alert, button_link, folded, heading, hidden_inputs, paragraph, small_form, submit, title,
};
use crate::ports::locations::{Location, OwnLocations};
use crate::ports::{Caller, Membership};
use crate::shell::role_name;
use crate::texts::{Texts, fill};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use uuid::Uuid;

/// `/instelling`
pub(crate) fn institution() -> AnyView {
    page(|visit| async move {
        let caller = visit.caller()?.clone();
        let list = if caller.role().may_manage_own_users() {
            Some(locations()?.locations(&caller).await?)
        } else {
            None
        };
        Ok(screen(&visit, &caller, list))
    })
}

fn screen(visit: &Visit, caller: &Caller, list: Option<OwnLocations>) -> Screen {
    let t = visit.t;
    let said = Said::of(visit);
    let name = if caller.memberships.len() > 1 {
        t.frame.institution_title
    } else {
        t.locations.institution
    };
    let party = caller.party().map_or("", |party| party.name.as_str());
    let list = list.map(|list| {
        view! {
            {heading(fill(t.locations.title, &[("instelling", party)]))}
            {own(&list, &said, t)}
        }
    });
    let failed = !said.messages.is_empty();
    let body = view! {
        {said.told}
        {said.messages.summary(t)}
        {title(name)}
        {choice(caller, t)}
        {list}
    };
    Screen::new(name, body).failed(failed)
}

/// What a post came back with.
#[derive(Default)]
struct Said {
    messages: Messages,
    told: Option<AnyView>,
    /// The location it is about; none is the new one.
    at: Option<Uuid>,
    /// What was typed, when it has to be mended.
    typed: Option<(String, String)>,
}

impl Said {
    fn of(visit: &Visit) -> Self {
        let l = &visit.t.locations;
        let mut said = Self {
            at: visit.query("locatie").and_then(|id| id.parse().ok()),
            ..Self::default()
        };
        let name = field(said.at, "name");
        match visit.query("melding").as_deref() {
            Some("naam") => said.messages.add(name, l.no_name),
            Some("bezet") => said.messages.add(name, l.taken),
            Some("toegevoegd") => said.told = Some(alert::ok(l.told_added)),
            Some("gewijzigd") => said.told = Some(alert::ok(l.told_changed)),
            Some("beeindigd") => said.told = Some(alert::ok(l.told_ended)),
            _ => {}
        }
        if !said.messages.is_empty() {
            let typed = |name| visit.query(name).unwrap_or_default();
            said.typed = Some((typed("naam"), typed("plaats")));
        }
        said
    }

    /// Name and place to show for a location: as typed when it is about this one, else as they are.
    fn shown(&self, one: Option<&Location>) -> (String, String) {
        match (&self.typed, one) {
            (Some(typed), _) if self.at == one.map(|one| one.id) => typed.clone(),
            (_, Some(one)) => (one.name.clone(), one.place.clone()),
            (_, None) => Default::default(),
        }
    }
}

/// Id of an input: of the location it changes, or of the new one.
fn field(at: Option<Uuid>, name: &str) -> String {
    at.map_or_else(|| name.to_owned(), |id| format!("{name}-{id}"))
}

/// Nothing to choose, or the institutions somebody works for.
fn choice(caller: &Caller, t: &'static Texts) -> AnyView {
    let f = &t.frame;
    if caller.memberships.len() < 2 {
        return view! {
            {paragraph(f.institution_only)}
            <p class="utrecht-paragraph">{button_link("/", f.to_home)}</p>
        }
        .into_any();
    }
    let options = caller.memberships.iter().enumerate();
    let options = options
        .map(|(index, membership)| option(index, membership, *membership == caller.membership, t));
    view! {
        <form class="cims-form" method="post" action=ChooseInstitution::PATH>
            <fieldset class="utrecht-form-fieldset utrecht-form-fieldset--html-fieldset">
                <legend class="utrecht-form-fieldset__legend utrecht-form-fieldset__legend--html-legend">{f.institution_text}</legend>
                <div class="cims-choices">{options.collect_view()}</div>
            </fieldset>
            {submit(f.institution_choose)}
        </form>
    }
    .into_any()
}

/// The list, each with a form of its own, and a form for a new one.
fn own(list: &OwnLocations, said: &Said, t: &'static Texts) -> AnyView {
    let l = &t.locations;
    let none = list.all.is_empty().then(|| paragraph(l.none));
    let all = list.all.iter().map(|one| {
        let name = match one.place.as_str() {
            "" => one.name.clone(),
            place => format!("{}, {place}", one.name),
        };
        folded(name, change(one, said, t), said.at == Some(one.id))
    });
    view! {
        {paragraph(l.lead)}
        {paragraph(l.keeps)}
        {none}
        {all.collect_view()}
        <h3 class="utrecht-heading-3">{l.add_title}</h3>
        <form class="cims-form" method="post" action=AddLocation::PATH novalidate>
            {inputs(None, said, t)}
            {submit(l.add)}
        </form>
    }
    .into_any()
}

fn change(one: &Location, said: &Said, t: &'static Texts) -> AnyView {
    let l = &t.locations;
    let id = || vec![("id", one.id.to_string())];
    let save = fill(l.save_label, &[("locatie", &one.name)]);
    view! {
        <form class="cims-form" method="post" action=RenameLocation::PATH novalidate>
            {hidden_inputs(id())}
            {inputs(Some(one), said, t)}
            <button class="utrecht-button utrecht-button--secondary-action" type="submit">{save}</button>
        </form>
        {paragraph(l.end_text)}
        {small_form(EndLocation::PATH, id(), fill(l.end_label, &[("locatie", &one.name)]))}
    }
    .into_any()
}

fn inputs(one: Option<&Location>, said: &Said, t: &'static Texts) -> AnyView {
    let l = &t.locations;
    let at = one.map(|one| one.id);
    let (name_id, place_id) = (field(at, "name"), field(at, "place"));
    let (name, place) = said.shown(one);
    let name = Field {
        name: "name".to_owned(),
        hint: l.name_hint,
        ..Field::new(&name_id, l.name, &name)
    };
    let place = Field {
        name: "place".to_owned(),
        hint: l.place_hint,
        optional: true,
        ..Field::new(&place_id, l.place, &place)
    };
    view! {
        {name.text(&said.messages, t)}
        {place.text(&said.messages, t)}
    }
    .into_any()
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
