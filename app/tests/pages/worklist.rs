//! A worklist from a file: the form, and a sentence of its own for each thing that can be wrong with it.

use super::fakes::World;
use super::get;

#[tokio::test]
async fn the_limits_are_told_before_the_file_is_chosen() {
    let page = get(&World::nurse(), "/werklijst?nieuw=1").await;
    for part in [
        "tot 2 MB en 200 regels",
        "enctype=\"multipart/form-data\"",
        "name=\"bestand\"",
        "name=\"file_consent\"",
        "name=\"persons\"",
    ] {
        assert!(page.has(part), "{part}");
    }
}

#[tokio::test]
async fn each_error_of_a_file_has_its_own_sentence() {
    let words = [
        "geen",
        "meer",
        "afgebroken",
        "groot",
        "leeg",
        "lang",
        "later",
        "A01",
        "A02",
        "A03",
        "A04",
        "A05",
        "A08",
        "A09",
        "A11",
        "A16",
        "A21",
        "A22",
    ];
    let mut said = std::collections::BTreeSet::new();
    for word in words {
        let page = get(
            &World::nurse(),
            &format!("/werklijst?nieuw=1&bestand={word}"),
        )
        .await;
        assert!(page.title().starts_with("Fout:"), "{word}");
        let message = page
            .html
            .split("href=\"#bestand\"")
            .nth(1)
            .and_then(|rest| rest.split_once('>'))
            .and_then(|(_, rest)| rest.split_once("</a>"))
            .map(|(text, _)| text.to_owned())
            .unwrap();
        assert!(
            !message.contains('{') && message.ends_with('.'),
            "{message}"
        );
        assert!(said.insert(message), "{word} has a sentence of another");
    }
    let page = get(&World::nurse(), "/werklijst?nieuw=1&bestand=toestemming").await;
    assert!(page.has("href=\"#file_consent\""));
    let page = get(&World::nurse(), "/werklijst?melding=verborgen").await;
    assert!(page.has("Verborgen regels"));
}
