//! Live parts: what scripts add to pages that are complete without them.
//!
//! Each renders plain HTML on the server and wakes up in the browser. They change what the server made
//! in place (a message at a field, a value in a box), so the markup has one source.

#![expect(
    missing_docs,
    reason = "the macro makes structs of properties, whose fields are documented here"
)]

pub mod drop_area;
pub mod focus;
pub mod live_form;
pub mod progress;
pub mod quick_dates;
pub mod repair_grid;
mod said;
pub mod time_out;

pub use drop_area::DropArea;
pub use focus::FocusOn;
pub use live_form::LiveForm;
pub use progress::Progress;
pub use quick_dates::QuickDates;
pub use repair_grid::RepairGrid;
pub use time_out::TimeOut;

use domain::codes::CodeLists;
use domain::delivery::Channel;
use domain::finding::{Code, Finding, Severity};
use domain::row::{Context, Profile, RepairSet, RowText, check};
use domain::text::Lang;
use leptos::ev::Event;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use leptos::web_sys;
use leptos::web_sys::{Element, HtmlFormElement, HtmlInputElement};
use time::{Date, Month};

/// What a live check needs to know. It stands in the attributes of the form or what is around it: parameters of an
/// island would be read as JSON, which weighs more than the check.
#[derive(Clone)]
struct Live {
    today: Date,
    language: Lang,
    /// Hidden words before a message.
    prefix: String,
    /// The lists of the server hold what the built-in ones do not: what a name or code is, the server says.
    managed: bool,
}

impl Live {
    /// As `data-today` ("27-11-2026") and `data-prefix` say.
    fn of(element: &Element) -> Option<Self> {
        let today = element.get_attribute("data-today")?;
        let mut parts = today.split('-').map(|part| part.parse::<u16>().ok());
        let mut part = || parts.next()?;
        let (day, month, year) = (part()?, part()?, part()?);
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        let root = leptos::prelude::document().document_element()?;
        let english = root.get_attribute("lang").as_deref() == Some("en");
        Some(Self {
            today: Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()?,
            language: if english { Lang::En } else { Lang::Nl },
            prefix: element.get_attribute("data-prefix")?,
            managed: element.has_attribute("data-managed"),
        })
    }

    /// The faults of a row by the rules of the server.
    fn faults(&self, row: &RowText, channel: Channel) -> Vec<Finding> {
        let lists = CodeLists::builtin();
        let context = Context {
            today: self.today,
            channel,
            profile: Profile::Unknown,
            lists: &lists,
            off: RepairSet::NONE,
            test_lane: false,
        };
        let mut findings = check(&row.as_raw(), &context).findings;
        findings.retain(|finding| {
            let of_list = matches!(finding.code, Code::V06 | Code::V11 | Code::V12 | Code::V42);
            finding.severity == Severity::Fout && !(self.managed && of_list)
        });
        findings
    }

    /// What a finding says.
    fn message(&self, finding: &Finding) -> String {
        finding.message_in(self.language).into_owned()
    }
}

/// Runs `then` for these events of an element, as long as the page lives.
fn listen(on: &Element, kinds: &[&str], then: impl Fn(Event) + 'static) {
    let then = Closure::<dyn Fn(Event)>::new(then);
    for kind in kinds {
        let _ = on.add_event_listener_with_callback(kind, then.as_ref().unchecked_ref());
    }
    then.forget();
}

/// The element with an id.
fn by_id(id: &str) -> Option<web_sys::HtmlElement> {
    leptos::prelude::document()
        .get_element_by_id(id)
        .and_then(|element| element.dyn_into().ok())
}

/// The input with an id.
fn input(id: &str) -> Option<web_sys::HtmlInputElement> {
    by_id(id).and_then(|element| element.dyn_into().ok())
}

/// Names and values of a form as it stands: what the browser would post. What is asked of an input, a list and a text area
/// answer alike.
fn typed(form: &HtmlFormElement) -> Vec<(String, String)> {
    let elements = form.elements();
    let one = |index| {
        let element = elements.item(index)?;
        let name = element.get_attribute("name")?;
        let input = element.unchecked_ref::<HtmlInputElement>();
        let posted = match input.type_().as_str() {
            "radio" | "checkbox" => input.checked(),
            "submit" | "fieldset" => false,
            _ => true,
        };
        posted.then(|| (name, input.value()))
    };
    (0..elements.length()).filter_map(one).collect()
}
