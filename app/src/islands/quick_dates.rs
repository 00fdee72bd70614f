//! "Vandaag" and "Gisteren": fill the three boxes of a date. Hidden until a script can do it.

use leptos::prelude::*;

/// The buttons beside the boxes of a date.
#[island]
pub fn QuickDates(
    /// Id of the first box; the others end in `_maand` and `_jaar`.
    field: String,
    /// Day, month, year of today.
    today: (u8, u8, i32),
    /// The day before.
    yesterday: (u8, u8, i32),
    /// Words on the buttons.
    labels: (String, String),
) -> impl IntoView {
    let awake = RwSignal::new(false);
    Effect::new(move |_| awake.set(true));
    let button = move |label: String, date: (u8, u8, i32)| {
        let field = field.clone();
        let fill = move |_| {
            let boxes = [
                (field.clone(), date.0.to_string()),
                (format!("{field}_maand"), date.1.to_string()),
                (format!("{field}_jaar"), date.2.to_string()),
            ];
            for (id, value) in boxes {
                if let Some(input) = super::input(&id) {
                    input.set_value(&value);
                }
            }
        };
        view! { <button class="utrecht-button utrecht-button--secondary-action" type="button" on:click=fill>{label}</button> }
    };
    view! {
        <div class="cims-date__quick" hidden=move || !awake.get()>
            {button.clone()(labels.0, today)}
            {button(labels.1, yesterday)}
        </div>
    }
}
