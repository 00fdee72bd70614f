//! Small pictures made on the server. What they show stands beside them in words.

use leptos::prelude::*;

/// A part of a whole. The number stands beside it, so it is a picture only.
pub(crate) fn bar(part: u32, whole: u32, kind: &'static str) -> AnyView {
    let width = u64::from(part) * 1000 / u64::from(whole.max(1));
    // Few rows among many would round to nothing and disappear.
    let width = if part > 0 { width.max(4) } else { 0 };
    view! {
        <svg class="cims-bar cims-bar--row" viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class=format!("cims-bar__part cims-bar__part--{kind}") x="0" y="0" width=width.to_string() height="16"/>
        </svg>
    }
    .into_any()
}

/// What a share was, time after time, the oldest first: a column each, under what it is called; where there was nothing to
/// have a share of, a dash on the line. With a name and a text of its own; the numbers stand in the table beneath.
pub(crate) fn shares(
    name: &'static str,
    text: String,
    shares: &[(String, Option<u64>)],
) -> AnyView {
    let columns = shares.iter().enumerate().map(|(place, (when, share))| {
        // A hundred high, under a line for the number.
        let (left, height) = (place * 60, share.unwrap_or_default().min(100));
        let (middle, top) = (left + 30, 124 - height);
        let said = share.map_or_else(|| "-".to_owned(), |share| format!("{share}%"));
        let column = share.map(|_| view! {
            <rect class="cims-chart__column" x=(left + 10).to_string() y=top.to_string() width="40" height=height.to_string()/>
        });
        view! {
            {column}
            <text class="cims-chart__text" x=middle.to_string() y=(top - 6).to_string() text-anchor="middle">{said}</text>
            <text class="cims-chart__text" x=middle.to_string() y="142" text-anchor="middle">{when.clone()}</text>
        }
    });
    // A picture of one week is no taller than one of eight.
    let wide = shares.len().max(8) * 60;
    view! {
        <svg class="cims-chart" viewBox=format!("0 0 {wide} 148") role="img" aria-labelledby="beeld-naam beeld-tekst" focusable="false">
            <title id="beeld-naam">{name}</title>
            <desc id="beeld-tekst">{text}</desc>
            <line class="cims-chart__line" x1="0" y1="24.5" x2=wide.to_string() y2="24.5"/>
            <line class="cims-chart__line" x1="0" y1="124.5" x2=wide.to_string() y2="124.5"/>
            {columns.collect_view()}
        </svg>
    }
    .into_any()
}

/// One day of a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Day {
    /// Something came.
    Came,
    /// Something was expected and nothing came.
    Missed,
    /// Nothing was expected.
    Quiet,
}

/// Days in weeks of seven, the oldest first; a square each. What they show stands beside it in words.
pub(crate) fn calendar(days: &[Day]) -> AnyView {
    let squares = days.iter().enumerate().map(|(place, day)| {
        let kind = match day {
            Day::Came => "success",
            Day::Missed => "error",
            Day::Quiet => "none",
        };
        // A missed day is lower too: colour alone tells nothing to some.
        let (top, height) = if *day == Day::Missed { (10, 4) } else { (2, 12) };
        let class = format!("cims-calendar__day cims-calendar__day--{kind}");
        view! { <rect class=class x=(place * 12).to_string() y=top.to_string() width="9" height=height.to_string()/> }
    });
    let size = format!("0 0 {} 16", days.len() * 12);
    view! {
        <svg class="cims-calendar" viewBox=size aria-hidden="true" focusable="false">{squares.collect_view()}</svg>
    }
    .into_any()
}

/// How much each day brought, the oldest first: a column each, under the calendar of the same days.
pub(crate) fn columns(days: &[u64]) -> AnyView {
    let most = days.iter().max().copied().unwrap_or_default().max(1);
    let columns = days.iter().enumerate().map(|(place, rows)| {
        // A day with little still shows.
        let height = if *rows == 0 { 0 } else { (rows * 24 / most).max(2) };
        view! {
            <rect class="cims-calendar__rows" x=(place * 12).to_string() y=(24 - height).to_string() width="9" height=height.to_string()/>
        }
    });
    let size = format!("0 0 {} 24", days.len() * 12);
    view! {
        <svg class="cims-calendar" viewBox=size aria-hidden="true" focusable="false">{columns.collect_view()}</svg>
    }
    .into_any()
}
