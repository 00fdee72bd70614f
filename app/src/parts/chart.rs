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
