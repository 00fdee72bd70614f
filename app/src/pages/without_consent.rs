//! `/registreren/zonder-toestemming`: what happens without consent, and on without personal data.

use crate::calls::entry::SavePerson;
use crate::page::{Screen, page};
use crate::parts::{hidden_inputs, paragraph, second_link, submit, title};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/registreren/zonder-toestemming`
pub(crate) fn without_consent() -> AnyView {
    page(|visit| async move {
        visit.deliverer()?;
        let e = &visit.t.entry;
        let body = view! {
            {title(e.without_title)}
            {paragraph(e.without_text)}
            {paragraph(e.without_next)}
            <form class="cims-form" method="post" action=SavePerson::PATH>
                {hidden_inputs(vec![("row[toestemming]", "N".to_owned())])}
                <div class="utrecht-button-group">
                    {submit(e.without_go_on)}
                    {second_link("/registreren", e.without_back)}
                </div>
            </form>
        };
        Ok(Screen::new(e.without_title, body).under(e.title, "/registreren"))
    })
}
