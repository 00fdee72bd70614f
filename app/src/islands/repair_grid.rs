//! The grid of refused rows as a spreadsheet: arrows, Enter, Esc, paste of a column; a cell is checked on leaving it, by
//! the rules in the browser and, when those find nothing, by the server (BRP, doubles).
//!
//! The form is the server's and complete without it. What the script needs stands in its `data-` attributes: parameters
//! of an island, and a listener of its own for each event, would weigh more than all of this.

use super::{Live, by_id, listen, said};
use domain::delivery::Channel;
use domain::row::{Column, RowText};
use leptos::ev::{ClipboardEvent, Event, FocusEvent, KeyboardEvent};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{
    Element, EventTarget, HtmlButtonElement, HtmlElement, HtmlFormElement, HtmlInputElement,
    RequestInit, Response, UrlSearchParams,
};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::JsFuture;

/// Where the question goes what rows would come to.
pub const PATH: &str = "/api/regels-voorzien";

/// What the server says of a row as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Number of the row.
    pub row: String,
    /// It would be refused no more.
    pub good: bool,
    /// Column, or nothing for the whole row, and what is wrong.
    pub cells: Vec<(String, String)>,
}

impl Verdict {
    /// As it travels: lines of cells with tabs between them, which no message has. A reader of JSON for one answer
    /// would be a thirtieth of the wasm.
    #[must_use]
    pub fn write(all: &[Self]) -> String {
        let mut text = String::new();
        for verdict in all {
            text += &format!("{}\t{}", verdict.row, if verdict.good { "+" } else { "-" });
            for (column, message) in &verdict.cells {
                text += &format!("\t{column}\t{message}");
            }
            text.push('\n');
        }
        text
    }

    /// Reads what [`Verdict::write`] wrote; a line that is none is left out.
    #[must_use]
    pub fn read(text: &str) -> Vec<Self> {
        let line = |line: &str| {
            let mut parts = line.split('\t').map(str::to_owned);
            let (row, good) = (parts.next()?, parts.next()? == "+");
            let mut cells = Vec::new();
            while let (Some(column), Some(message)) = (parts.next(), parts.next()) {
                cells.push((column, message));
            }
            Some(Self { row, good, cells })
        };
        text.lines().filter_map(line).collect()
    }
}

/// What the checks need.
#[derive(Clone)]
struct Grid {
    form: HtmlFormElement,
    live: Live,
    channel: Channel,
    /// Questions asked so far: only the answer to the last one counts.
    asked: Rc<Cell<u32>>,
}

/// Wakes the grid up; says to who cannot see it what was found.
#[island]
pub fn RepairGrid() -> impl IntoView {
    Effect::new(|_| wake());
    view! { <p class="cims-visually-hidden" role="status" id="gezegd"></p> }
}

fn wake() -> Option<()> {
    let form = document().query_selector("form[data-channel]").ok()??;
    let form: HtmlFormElement = form.dyn_into().ok()?;
    let grid = Grid {
        live: Live::of(&form)?,
        channel: Channel::parse(&form.get_attribute("data-channel")?)?,
        form: form.clone(),
        asked: Rc::default(),
    };
    by_id("toetsen")?.set_hidden(false);
    let kinds = ["focusin", "focusout", "keydown", "paste", "click"];
    listen(&form, &kinds, move |event| {
        let _ = grid.on(&event);
    });
    Some(())
}

/// The cell something happened in.
fn cell(target: Option<EventTarget>) -> Option<HtmlInputElement> {
    let input: HtmlInputElement = target?.dyn_into().ok()?;
    input.has_attribute("data-column").then_some(input)
}

fn inputs(of: &Element) -> Vec<HtmlInputElement> {
    let found = of.get_elements_by_tag_name("input");
    let one = |index| found.item(index)?.dyn_into().ok();
    (0..found.length()).filter_map(one).collect()
}

/// The cells of a row, or of anything else.
fn cells(of: &Element) -> Vec<HtmlInputElement> {
    let mut found = inputs(of);
    found.retain(|input| input.has_attribute("data-column"));
    found
}

fn row_of(cell: &Element) -> Option<Element> {
    cell.closest("tr").ok()?
}

/// The same column of another row.
fn in_row(row: &Element, column: &str) -> Option<HtmlInputElement> {
    cells(row)
        .into_iter()
        .find(|cell| cell.get_attribute("data-column").as_deref() == Some(column))
}

/// Changed since the page was made.
fn is_dirty(row: &Element) -> bool {
    cells(row)
        .iter()
        .any(|cell| cell.value() != cell.default_value())
}

/// What a key does: another cell, or the cell as it was. Keys with Ctrl or Alt are the browser's.
fn go(event: &KeyboardEvent) -> Option<()> {
    let from = cell(event.target())?;
    if event.ctrl_key() || event.alt_key() || event.meta_key() || event.is_composing() {
        return None;
    }
    let row = row_of(&from)?;
    let column = from.get_attribute("data-column")?;
    let below = |row: Option<Element>| row.and_then(|row| in_row(&row, &column));
    let place = |input: &HtmlInputElement| {
        let end = u32::try_from(input.value().encode_utf16().count()).ok()?;
        let (from, to) = (input.selection_start().ok()??, input.selection_end().ok()??);
        let all = from == 0 && to == end;
        Some((all || to == 0, all || from == end))
    };
    let beside = |step: isize| {
        let all = cells(&row);
        let at = all.iter().position(|other| *other == from)?;
        all.into_iter().nth(at.checked_add_signed(step)?)
    };
    let to = match event.key().as_str() {
        "Escape" => {
            from.set_value(&from.get_attribute("data-was")?);
            Some(from)
        }
        "ArrowUp" => below(row.previous_element_sibling()),
        "ArrowDown" => below(row.next_element_sibling()),
        "Enter" if event.shift_key() => below(row.previous_element_sibling()),
        "Enter" => {
            let next = below(row.next_element_sibling());
            if next.is_none() {
                // the end of the column: on to the button, where Enter sends
                let form = from.form()?;
                let button = form.query_selector("button[type=submit]").ok()??;
                event.prevent_default();
                let _ = button.dyn_into::<HtmlElement>().ok()?.focus();
                return None;
            }
            next
        }
        "ArrowLeft" if !event.shift_key() && place(&from)?.0 => beside(-1),
        "ArrowRight" if !event.shift_key() && place(&from)?.1 => beside(1),
        _ => return None,
    };
    event.prevent_default();
    let to = to?;
    let _ = to.focus();
    to.select();
    Some(())
}

/// Puts a copied block into the cells from this one on; answers those that were filled, and how many lines found no row.
fn fill(from: &HtmlInputElement, text: &str) -> (Vec<HtmlInputElement>, u32) {
    let (mut filled, mut lost) = (Vec::new(), 0);
    let mut row = row_of(from);
    let column = from.get_attribute("data-column").unwrap_or_default();
    for line in text.trim_end_matches(['\r', '\n']).lines() {
        let Some(here) = row.take() else {
            lost += 1;
            continue;
        };
        let targets = cells(&here).into_iter();
        let targets = targets
            .skip_while(|cell| cell.get_attribute("data-column").as_deref() != Some(&column));
        for (cell, value) in targets.zip(line.split('\t')) {
            cell.set_value(value.trim());
            let _ = offer_everywhere(&cell);
            let _ = cell.set_attribute("data-was", &cell.value());
            filled.push(cell);
        }
        row = here.next_element_sibling();
    }
    (filled, lost)
}

/// Where the message about a cell or row stands.
fn fault_id(of: &Element) -> String {
    of.id() + "-fout"
}

/// What is said of a cell or row, with its name before it.
fn named(of: &Element, words: &str) -> String {
    of.get_attribute("aria-label").unwrap_or_default() + ": " + words
}

fn say_at(id: &str, words: &str) {
    if let Some(said) = by_id(id) {
        said.set_text_content(Some(words));
    }
}

/// Shows the button that fills the value in wherever the old one stood; the tick for rows on other pages goes off
/// until it is pressed.
fn offer_everywhere(cell: &HtmlInputElement) -> Option<()> {
    let button = button_of(cell)?;
    button.set_hidden(cell.value() == cell.default_value());
    tick_of(cell)?.set_value("");
    Some(())
}

fn button_of(cell: &HtmlInputElement) -> Option<HtmlElement> {
    let button = cell.parent_element()?.query_selector("button").ok()??;
    button.dyn_into().ok()
}

fn tick_of(cell: &HtmlInputElement) -> Option<HtmlInputElement> {
    let tick = row_of(cell)?
        .query_selector("input[data-everywhere]")
        .ok()??;
    tick.dyn_into().ok()
}

/// The button was pressed: fills the cells that share the old value and are wrong with it.
fn everywhere(target: Option<EventTarget>) -> Option<Vec<HtmlInputElement>> {
    let button: HtmlElement = target?.dyn_into().ok()?;
    if !button.has_attribute("data-same") {
        return None;
    }
    let from = cells(&button.parent_element()?).into_iter().next()?;
    tick_of(&from)?.set_value("1");
    let (old, new) = (from.default_value(), from.value());
    let column = from.get_attribute("data-column")?;
    let table = from.closest("table").ok()??;
    let shares = |cell: &HtmlInputElement| {
        cell.get_attribute("data-column").as_deref() == Some(&column)
            && cell.default_value() == old
            && cell.value() == old
            && button_of(cell).is_some()
    };
    let mut filled: Vec<_> = cells(&table).into_iter().filter(shares).collect();
    for cell in &filled {
        cell.set_value(&new);
    }
    let _ = from.focus();
    button.set_hidden(true);
    filled.push(from);
    Some(filled)
}

impl Grid {
    fn on(&self, event: &Event) -> Option<()> {
        if event.type_() == "click" {
            self.check(&everywhere(event.target())?);
            return Some(());
        }
        let cell = cell(event.target())?;
        match event.type_().as_str() {
            "focusin" => cell.set_attribute("data-was", &cell.value()).ok()?,
            "focusout" if cell.get_attribute("data-was")? != cell.value() => {
                // a message that comes or goes would move a button away from under the pointer
                let to = event.dyn_ref::<FocusEvent>()?.related_target();
                if to.is_none_or(|to| !to.has_type::<HtmlButtonElement>()) {
                    let _ = offer_everywhere(&cell);
                    self.check(&[cell]);
                }
            }
            "keydown" => go(event.dyn_ref()?)?,
            "paste" => {
                let paste: &ClipboardEvent = event.dyn_ref()?;
                let text = paste.clipboard_data()?.get_data("text").ok()?;
                // one cell is the browser's
                if text.trim_end().contains(['\n', '\t']) {
                    event.prevent_default();
                    let (filled, lost) = fill(&cell, &text);
                    self.check(&filled);
                    let mut number = String::new();
                    if lost > 0 {
                        number = lost.to_string();
                    }
                    say_at("geplakt", &number);
                }
            }
            _ => {}
        }
        Some(())
    }

    fn words(&self, name: &str) -> String {
        self.form.get_attribute(name).unwrap_or_default()
    }

    fn say(words: &str) {
        say_at("gezegd", words);
    }

    /// Checks the rows of these cells: by the rules at once; by the server when those find nothing in one of them.
    fn check(&self, changed: &[HtmlInputElement]) {
        let mut rows: Vec<Element> = Vec::new();
        for row in changed.iter().filter_map(|cell| row_of(cell)) {
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        let mut ask = false;
        for row in &rows {
            ask |= self.check_here(row).unwrap_or(false);
        }
        if let [only] = changed {
            let said = only
                .get_attribute("aria-invalid")
                .and_then(|_| self.said_at(only));
            Self::say(&said.unwrap_or_default());
        }
        self.asked.set(self.asked.get() + 1);
        if ask && let Some(first) = rows.into_iter().next() {
            let grid = self.clone();
            spawn_local(async move {
                let _ = grid.ask(&first).await;
            });
        }
    }

    /// The message at a cell, with its name before it.
    fn said_at(&self, cell: &HtmlInputElement) -> Option<String> {
        let text = by_id(&fault_id(cell))?.text_content()?;
        let text = text.strip_prefix(&self.live.prefix).unwrap_or(&text);
        Some(named(cell, text))
    }

    /// By the rules alone; `true` when they find nothing. The messages then stay until the server has spoken.
    fn check_here(&self, row: &Element) -> Option<bool> {
        let mut text = RowText::default();
        for cell in cells(row) {
            let name = cell.get_attribute("data-column")?;
            let column = Column::ALL
                .into_iter()
                .find(|column| column.name() == name)?;
            text.set(column, cell.value().trim());
        }
        let faults = self.live.faults(&text, self.channel);
        if !faults.is_empty() {
            let said = faults.iter().map(|fault| {
                let column = fault.column.map_or("", Column::name);
                (column.to_owned(), self.live.message(fault))
            });
            self.show(row, &said.collect::<Vec<_>>(), false);
        }
        Some(faults.is_empty())
    }

    /// Asks the server about every row that was changed, since one can depend on another.
    async fn ask(&self, first: &Element) -> Option<()> {
        let asked = self.asked.get();
        let question = UrlSearchParams::new().ok()?;
        for input in inputs(&self.form) {
            if row_of(&input).is_none_or(|row| is_dirty(&row)) {
                question.append(&input.name(), &input.value());
            }
        }
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_body(&question);
        let answer = JsFuture::from(window().fetch_with_str_and_init(PATH, &init))
            .await
            .ok()?;
        let text = answer.dyn_into::<Response>().ok()?.json().ok()?;
        let text = JsFuture::from(text).await.ok()?.as_string()?;
        if self.asked.get() != asked {
            return None;
        }
        for verdict in Verdict::read(&text) {
            let row: Element = by_id(&("rij-".to_owned() + &verdict.row))?.into();
            self.show(&row, &verdict.cells, verdict.good);
            if row == *first {
                let first = verdict.cells.into_iter().next();
                let words = first.map_or_else(|| self.words("data-good"), |(_, message)| message);
                Self::say(&named(&row, &words));
            }
        }
        Some(())
    }

    /// Shows what is wrong with a row: under its cells, or at its number.
    fn show(&self, row: &Element, wrong: &[(String, String)], good: bool) {
        let of = |name: &str| {
            let found = wrong.iter().find(|(column, _)| column == name);
            found.map(|(_, message)| message.as_str())
        };
        let prefix = &self.live.prefix;
        for cell in cells(row) {
            let message = of(&cell.get_attribute("data-column").unwrap_or_default());
            let Some(parent) = cell.parent_element() else {
                continue;
            };
            let class = parent.class_list();
            let _ = match message {
                Some(_) => class
                    .add_1(WRONG)
                    .and(cell.set_attribute("aria-invalid", "true")),
                None => class
                    .remove_1(WRONG)
                    .and(cell.remove_attribute("aria-invalid")),
            };
            let id = fault_id(&cell);
            let place = |paragraph: &Element| {
                parent
                    .insert_before(paragraph, cell.next_sibling().as_ref())
                    .ok()
            };
            let _ = said::say(&id, message, prefix, &cell, &place);
        }
        if let Ok(Some(head)) = row.query_selector("th") {
            let id = fault_id(row);
            let place = |paragraph: &Element| head.append_child(paragraph).ok();
            let _ = said::say(&id, of(""), prefix, &head, &place);
            if let Ok(Some(mark)) = head.query_selector(".cims-grid__good")
                && let Ok(mark) = mark.dyn_into::<HtmlElement>()
            {
                mark.set_hidden(!good);
            }
        }
    }
}

/// Class of a wrong cell.
pub(crate) const WRONG: &str = "cims-grid__cell--wrong";
