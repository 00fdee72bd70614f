//! `/aanleveringen/{id}/intrekken`: withdraw a whole delivery or undo that; the request that waits for a second
//! person; and what it came to (ux §3.2 destructive act, §4). For institutions and for RIVM.

use super::clusters::amount;
use crate::calls::withdrawals::{AgreeToWithdrawal, TurnDownWithdrawal, WithdrawDelivery};
use crate::islands::Progress;
use crate::page::{Screen, Visit, page, withdrawals};
use crate::parts::answers::{Answer, answers};
use crate::parts::field::Field;
use crate::parts::messages::Messages;
use crate::parts::{
    alert, heading, hidden_inputs, link, paragraph, row_ranges, second_link, small_form, title,
};
use crate::ports::deliveries::{DeliveryView, Phase};
use crate::ports::withdrawals::{May, OpenRequest, Outcome, Refusal, Step, WithdrawalView};
use crate::texts::{Texts, fill, number};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/aanleveringen/{id}/intrekken`
pub(crate) fn withdraw_delivery() -> AnyView {
    page(|visit| async move {
        let caller = visit.withdrawer()?.clone();
        let view = withdrawals()?.withdrawal(&caller, visit.id()?).await?;
        Ok(screen(&visit, &view))
    })
}

fn screen(visit: &Visit, view: &WithdrawalView) -> Screen {
    let t = visit.t;
    let w = &t.withdrawals;
    let undo = view.step == Step::Undo || view.open.as_ref().is_some_and(|request| request.undo);
    let heading_of_page = if undo { w.undo_title } else { w.title };
    let mut messages = Messages::default();
    let mut told = None;
    match visit.query("melding").as_deref() {
        Some("reden") => messages.add("reason", w.reason_missing),
        Some("zelfde") => messages.add("verzoek", w.same_person),
        Some("akkoord") => told = Some(alert::error(w.not_approved)),
        Some("gevraagd") if view.open.is_some() => told = Some(alert::ok(w.asked)),
        _ => {}
    }
    let failed = !messages.is_empty();
    let refused = view.refused.map(|refused| {
        alert::info(match refused {
            Refusal::Rejected => w.rejected,
            Refusal::CalledBack => w.called_back,
        })
    });
    let moment = ("moment", view.received.as_str());
    let which = if view.rivm {
        fill(w.which_party, &[("partij", &view.party), moment])
    } else {
        fill(w.which, &[("bestand", &view.file_name), moment])
    };
    let back = back_to(visit, view);
    let body = view! {
        {messages.summary(t)}
        {told}
        {title(heading_of_page)}
        {paragraph(which)}
        {refused}
        {view.last.as_ref().map(|last| outcome(last, t))}
        {view.open.as_ref().map(|request| open(view, request, t))}
        {step(view, &messages, &back, t)}
    };
    let screen = Screen::new(heading_of_page, body).failed(failed);
    // institutions have a page of the delivery, RIVM comes from a row
    if visit.reviewer().is_ok() {
        screen.under(t.review.title, "/beoordelen")
    } else if view.rivm {
        screen
    } else {
        screen
            .under(t.upload.list_title, "/aanleveringen")
            .under(t.upload.delivery, back)
    }
}

/// What can be asked for.
fn step(view: &WithdrawalView, messages: &Messages, back: &str, t: &'static Texts) -> AnyView {
    let w = &t.withdrawals;
    match view.step {
        Step::Withdraw => withdraw_form(view, messages, back, t),
        Step::Undo => undo_form(view, messages, back, t),
        Step::TooLate => alert::info(w.too_late),
        Step::Again => alert::info(w.again),
        Step::NotYours => alert::info(w.not_yours),
        Step::Nothing if view.open.is_none() => alert::info(w.nothing),
        Step::Nothing => ().into_any(),
    }
}

fn withdraw_form(
    view: &WithdrawalView,
    messages: &Messages,
    back: &str,
    t: &'static Texts,
) -> AnyView {
    let w = &t.withdrawals;
    let counted = (view.counted > 0)
        .then(|| paragraph(amount(u64::from(view.counted), w.counted_one, w.counted, t)));
    let texts = view! {
        {paragraph(amount(u64::from(view.rows), w.consequence_one, w.consequence, t))}
        <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">
            <li>{w.consequence_before}</li>
            <li>{w.consequence_kept}</li>
            <li>{w.consequence_review}</li>
            <li>{w.consequence_history}</li>
            <li>{w.consequence_again}</li>
        </ul>
        {counted}
    };
    let ask = Ask {
        texts: texts.into_any(),
        label: w.reason,
        hint: w.reason_hint,
        send: if view.second_person {
            w.send_request
        } else {
            w.send
        },
        stay: w.back,
    };
    form(view, ask, messages, back, t)
}

fn undo_form(view: &WithdrawalView, messages: &Messages, back: &str, t: &'static Texts) -> AnyView {
    let w = &t.withdrawals;
    let turned = view.last.as_ref().map_or(0, |last| last.reversed);
    let texts = view! {
        {heading(w.undo_title)}
        {paragraph(amount(u64::from(turned), w.undo_text_one, w.undo_text, t))}
        {paragraph(w.undo_kept)}
    };
    let ask = Ask {
        texts: texts.into_any(),
        label: w.undo_reason,
        hint: w.undo_hint,
        send: if view.second_person {
            w.undo_send_request
        } else {
            w.undo_send
        },
        stay: w.undo_back,
    };
    form(view, ask, messages, back, t)
}

/// The words of the form.
struct Ask {
    texts: AnyView,
    label: &'static str,
    hint: &'static str,
    send: &'static str,
    stay: &'static str,
}

/// Consequence, reason, danger button, way back.
fn form(
    view: &WithdrawalView,
    ask: Ask,
    messages: &Messages,
    back: &str,
    t: &'static Texts,
) -> AnyView {
    let w = &t.withdrawals;
    let reason = Field {
        hint: ask.hint,
        ..Field::new("reason", ask.label, "")
    };
    let mut hidden = vec![("delivery", view.delivery.to_string())];
    if view.step == Step::Undo {
        hidden.push(("undo", "1".to_owned()));
    }
    let second = view.second_person.then(|| {
        let text = if view.rivm { w.second_rivm } else { w.second };
        alert::info(text)
    });
    view! {
        {ask.texts}
        {second}
        <form class="cims-form" method="post" action=WithdrawDelivery::PATH novalidate>
            {hidden_inputs(hidden)}
            {reason.area(messages, t)}
            <div class="utrecht-button-group">
                <button class="utrecht-button utrecht-button--primary-action utrecht-button--danger" type="submit">{ask.send}</button>
                {second_link(back, ask.stay)}
            </div>
        </form>
    }
    .into_any()
}

/// Where somebody came from: the page of the delivery, the list of rows, or the start page.
fn back_to(visit: &Visit, view: &WithdrawalView) -> String {
    if !view.rivm {
        format!("/aanleveringen/{}", view.delivery)
    } else if visit.reviewer().is_ok() {
        "/beoordelen".to_owned()
    } else {
        "/".to_owned()
    }
}

/// What waits for a second person, or runs.
fn open(view: &WithdrawalView, request: &OpenRequest, t: &'static Texts) -> AnyView {
    let w = &t.withdrawals;
    let hidden = || vec![("delivery", view.delivery.to_string())];
    if request.running {
        return running(view, request, t);
    }
    let what = if request.undo {
        w.what_undo
    } else {
        w.what_withdraw
    };
    let list = [
        (w.what, what.to_owned()),
        (w.asked_by, request.asked_by.clone()),
        (w.asked_at, request.asked_at.clone()),
        (w.why, request.reason.clone()),
    ];
    let acts = match request.may {
        May::Look => ().into_any(),
        May::CallBack => small_form(TurnDownWithdrawal::PATH, hidden(), w.call_back),
        May::Decide => view! {
            <div class="utrecht-button-group">
                <form method="post" action=AgreeToWithdrawal::PATH>
                    {hidden_inputs(hidden())}
                    <button class="utrecht-button utrecht-button--primary-action utrecht-button--danger" type="submit">{w.agree}</button>
                </form>
                {small_form(TurnDownWithdrawal::PATH, hidden(), w.reject)}
            </div>
        }
        .into_any(),
    };
    view! {
        <h2 class="utrecht-heading-2" id="verzoek" tabindex="-1">{w.waiting_title}</h2>
        {paragraph(w.waiting_text)}
        {told(list.to_vec(), t)}
        {acts}
    }
    .into_any()
}

fn running(view: &WithdrawalView, request: &OpenRequest, t: &'static Texts) -> AnyView {
    let (w, u) = (&t.withdrawals, &t.upload);
    let text = if request.undo {
        w.running_undo
    } else {
        w.running
    };
    view! {
        <noscript><meta http-equiv="refresh" content="3"/></noscript>
        {paragraph(text)}
        <Progress
            delivery=view.delivery.to_string()
            done=request.progress.0
            total=request.progress.1
            rows=u.progress_rows.to_owned()
            start=text.to_owned()
            label=w.progress_label.to_owned()
        />
        {paragraph(u.progress_close)}
        <p class="utrecht-paragraph">{link(format!("/aanleveringen/{}/intrekken", view.delivery), u.refresh)}</p>
    }
    .into_any()
}

/// Names and values, one under the other.
fn told(list: Vec<(&'static str, String)>, t: &'static Texts) -> AnyView {
    let list = list
        .into_iter()
        .map(|(name, value)| Answer::new(name, value));
    answers(list.collect(), t)
}

/// What the last one that was carried out came to.
fn outcome(last: &Outcome, t: &'static Texts) -> AnyView {
    let w = &t.withdrawals;
    let count = |count: u32| number(t.language, u64::from(count));
    let mut list = vec![
        (
            if last.undo { w.restored } else { w.reversed },
            count(last.reversed),
        ),
        (w.kept, count(last.kept)),
    ];
    if !last.kept_rows.first.is_empty() {
        list.push((w.kept_rows, row_ranges(&last.kept_rows, t)));
    }
    list.push((w.when, last.at.clone()));
    list.push((w.asked_by, last.asked_by.clone()));
    if let Some(agreed) = &last.agreed_by {
        list.push((w.agreed_by, agreed.clone()));
    }
    list.push((w.why, last.reason.clone()));
    let done = if last.undo { w.done_undo } else { w.done };
    view! { {alert::info(done)}{told(list, t)} }.into_any()
}

/// On the page of a delivery: what was withdrawn, and the way to do or undo it.
pub(super) fn on_delivery(
    delivery: &DeliveryView,
    view: &WithdrawalView,
    t: &'static Texts,
) -> AnyView {
    let w = &t.withdrawals;
    let last = view
        .last
        .as_ref()
        .filter(|last| !last.undo || delivery.line.phase == Phase::Done)
        .map(|last| outcome(last, t));
    let text = match (&view.open, view.step) {
        (Some(request), _) if !request.running => Some(w.link_waiting),
        (None, Step::Withdraw | Step::TooLate) => Some(w.link),
        (None, Step::Undo) => Some(w.link_undo),
        _ => None,
    };
    let way = text.map(|text| {
        view! {
            <p class="utrecht-paragraph cims-no-print">
                {second_link(format!("/aanleveringen/{}/intrekken", view.delivery), text)}
            </p>
        }
    });
    view! { {last}{way} }.into_any()
}
