//! What the upload, its preview and its result tell.

use super::fakes::{ID, World, all_news};
use super::get;
use app::ports::deliveries::{Discarded, Phase};
use domain::delivery::Counts;
use domain::role::Role;
use std::sync::Arc;

fn world(change: impl FnOnce(&mut World)) -> Arc<World> {
    let mut world = World::new(Some(Role::Invoerder));
    change(&mut world);
    Arc::new(world)
}

fn delivery() -> String {
    format!("/aanleveringen/{ID}")
}

#[tokio::test]
async fn all_or_nothing_is_offered_when_every_row_is_right() {
    let button = "action=\"/api/aanlevering-alles-of-niets\"";
    let not_now = "Alles of niets indienen kan pas als elke regel goed is.";
    let page = get(&world(|world| world.counts.afgekeurd = 0), &delivery()).await;
    assert!(page.has(button) && !page.has(not_now));
    assert!(page.has("We bewaren dit voorbeeld 24 uur."));
    let page = get(&World::nurse(), &delivery()).await;
    assert!(!page.has(button) && page.has(not_now));
    // The summary of faults leads to it.
    let page = get(&World::nurse(), &format!("{}?fout=afgekeurd", delivery())).await;
    assert!(page.has("href=\"#alles-of-niets\"") && page.has("id=\"alles-of-niets\""));
}

#[tokio::test]
async fn one_row_is_told_as_one() {
    let page = get(&World::nurse(), &delivery()).await;
    assert!(page.has("1.320 regels gelezen"));
    assert!(page.has("2 lege regels of voorbeeldregels overgeslagen."));
    let one = world(|world| {
        world.counts = Counts {
            geaccepteerd: 1,
            ..Counts::default()
        };
        world.skipped = 1;
    });
    let page = get(&one, &delivery()).await;
    assert!(page.has("1 regel gelezen"));
    assert!(page.has("1 lege regel of voorbeeldregel overgeslagen."));
}

#[tokio::test]
async fn a_result_tells_apart_what_was_not_stored() {
    let page = get(
        &world(|world| {
            world.phase = Phase::Done;
            world.counts = Counts {
                geaccepteerd: 10,
                te_controleren: 3,
                afgekeurd: 7,
                dubbel: 1,
                geteld: 2,
            };
            world.withdrawals = 1;
        }),
        &delivery(),
    )
    .await;
    for part in [
        "12 van 23 vaccinaties opgenomen.",
        "1 registratie is ingetrokken.",
        "2 regels zijn alleen geteld, zonder persoon.",
        "5 regels kunt u verbeteren.",
        "3 daarvan controleert het RIVM eerst nog.",
        "1 regel kennen we al, of staat dubbel in dit bestand.",
    ] {
        assert!(page.has(part), "{part}");
    }
    assert!(page.has("utrecht-alert--ok"));
    let page = get(
        &world(|world| {
            world.phase = Phase::Done;
            world.counts = Counts {
                geteld: 10,
                ..Counts::default()
            };
        }),
        &delivery(),
    )
    .await;
    assert!(page.has("0 van 10 vaccinaties opgenomen."));
    assert!(
        !page.has("utrecht-alert--ok"),
        "nothing to be glad of where nothing is settled"
    );
    assert!(page.has("10 regels zijn alleen geteld, zonder persoon."));
    assert!(!page.has("ingetrokken.") && !page.has("kunt u verbeteren"));
}

#[tokio::test]
async fn a_file_that_never_counted_says_who_saw_to_that() {
    let answer = format!("{}/resultaat.csv", delivery());
    for (why, text) in [
        (Discarded::Thrown, "Dit voorbeeld is weggegooid."),
        (
            Discarded::Expired,
            "Dit voorbeeld is niet op tijd ingediend.",
        ),
        (
            Discarded::ByRivm,
            "Het RIVM heeft dit bestand niet toegelaten en gewist.",
        ),
    ] {
        let world = world(|world| {
            world.phase = Phase::Discarded;
            world.discarded = Some(why);
        });
        for path in [delivery(), "/aanleveringen".to_owned()] {
            let page = get(&world, &path).await;
            let by_rivm = why == Discarded::ByRivm;
            assert_eq!(page.has(&answer), by_rivm, "{why:?} {path}");
            assert!(!page.has("U hebt dit voorbeeld weggegooid"));
        }
        assert!(get(&world, &delivery()).await.has(text), "{why:?}");
    }
    let page = get(&world(|world| world.news = all_news()), "/").await;
    for text in [
        "Het RIVM heeft uw bestand niet toegelaten",
        "Uw bestand is niet op tijd ingediend en gewist",
        "Een collega heeft uw voorbeeld weggegooid",
    ] {
        assert!(page.links(&delivery(), text), "{text}");
    }
}

#[tokio::test]
async fn the_limits_of_a_file_are_told_first_and_its_days_as_they_are_configured() {
    let page = get(&World::nurse(), "/aanleveren").await;
    for part in ["20 MB", "20.000 regels", "64 kolommen", "16 KiB per regel"] {
        assert!(page.has(part), "{part}");
    }
    for (days, text) in [
        (30, "We wissen een aangeleverd bestand na 30 dagen."),
        (7, "We wissen een aangeleverd bestand na 7 dagen."),
        (1, "We wissen een aangeleverd bestand na 1 dag."),
    ] {
        let world = world(|world| world.file_days = days);
        for path in ["/aanleveren", "/privacy"] {
            assert!(get(&world, path).await.has(text), "{path} {days}");
        }
    }
}

#[tokio::test]
async fn a_sender_reads_when_its_delivery_was_let_go_and_not_by_whom() {
    let sentence = "Vrijgegeven door de privacycoördinator op 23-11-2026 09:30.";
    for phase in [Phase::Storing, Phase::Done, Phase::Withdrawn] {
        let page = get(&world(|world| world.phase = phase), &delivery()).await;
        assert!(page.has(sentence), "{phase:?}");
    }
    // It waits again, for something else.
    let page = get(&world(|world| world.phase = Phase::Parked), &delivery()).await;
    assert!(!page.has("Vrijgegeven"));
}
