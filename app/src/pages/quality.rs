//! `/kwaliteit`: how good what the own institution delivers is, week by week, and what to do about it (features F54).

use super::clusters::cause;
use crate::page::{Screen, Visit, deliveries as port, page};
use crate::parts::chart::bar;
use crate::parts::table::{Cell, empty, table};
use crate::parts::{heading, link, paragraph, second_link, title};
use crate::ports::deliveries::{QualityView, QualityWeek};
use crate::texts::{Texts, fill, number};
use leptos::prelude::*;

/// `/kwaliteit`
pub(crate) fn quality() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let view = port()?.quality(&caller).await?;
        Ok(screen(&visit, &view))
    })
}

fn screen(visit: &Visit, view: &QualityView) -> Screen {
    let t = visit.t;
    let n = &t.numbers;
    let content = if view.weeks.is_empty() {
        empty(
            n.quality_none,
            vec![second_link("/aanleveren", t.frame.tile_upload)],
        )
    } else {
        let weeks = view.weeks.iter().map(|one| week(one, t)).collect();
        let headers = [n.week_of, n.delivered, n.refused, n.good, n.picture];
        let causes = view.causes.iter().map(|(code, rows)| {
            let way = format!("/hulp/regels/{}", code.as_str());
            vec![
                Cell::new(link(way, cause(*code, None, t))),
                Cell::number(number(t.language, u64::from(*rows))),
                Cell::new(code.help().how_to_fix),
            ]
        });
        let causes: Vec<_> = causes.collect();
        let refused = view.weeks.iter().any(|week| week.refused > 0);
        let causes = if !refused {
            paragraph(n.quality_all_good)
        } else {
            let headers = [n.cause, n.rows, t.mend.what_to_do];
            table("oorzaken", n.quality_causes, &headers, causes)
        };
        view! {
            {table("weken", n.quality_weeks, &headers, weeks)}
            {heading(n.causes)}
            {causes}
        }
        .into_any()
    };
    let body = view! {
        {title(n.quality)}
        {paragraph(n.quality_lead)}
        {content}
        <p class="utrecht-paragraph">{second_link("/aanleveringen", t.upload.list_title)}</p>
    };
    Screen::new(n.quality, body)
        .under(t.upload.list_title, "/aanleveringen")
        .wide()
}

fn week(one: &QualityWeek, t: &'static Texts) -> Vec<Cell> {
    let count = |count: u32| Cell::number(number(t.language, u64::from(count)));
    let good = one.rows.saturating_sub(one.refused);
    let share = u64::from(good) * 100 / u64::from(one.rows.max(1));
    let share = fill(t.numbers.percent, &[("aantal", &share.to_string())]);
    vec![
        Cell::new(one.monday.clone()),
        count(one.rows),
        count(one.refused),
        Cell::number(share),
        Cell::new(bar(good, one.rows, "success")),
    ]
}
