//! What holds of every text, in both languages.

use app::texts::{EN, NL, number};
use domain::text::Lang;

fn every_text() -> Vec<(&'static str, &'static str)> {
    [&NL, &EN]
        .into_iter()
        .flat_map(|t| {
            [
                t.frame.all(),
                t.entry.all(),
                t.registrations.all(),
                t.upload.all(),
                t.mend.all(),
                t.withdrawals.all(),
                t.review.all(),
                t.decisions.all(),
                t.links.all(),
                t.numbers.all(),
                t.parties.all(),
                t.persons.all(),
                t.lists.all(),
                t.operations.all(),
                t.accounts.all(),
                t.onboarding.all(),
                t.users.all(),
                t.kept.all(),
                t.locations.all(),
                t.worklist.all(),
                t.cards.all(),
                t.corrections.all(),
                t.fixed.all(),
                t.outside.all(),
            ]
            .concat()
        })
        .collect()
}

#[test]
fn no_text_is_empty_or_scolds() {
    for (name, text) in every_text() {
        assert!(!text.trim().is_empty(), "{name}");
        let lower = text.to_lowercase();
        // "niet verplicht" is the mark of an optional field (ux §3.1)
        let lower = lower.replace("(niet verplicht)", "");
        for word in [
            "ongeldig",
            "verplicht",
            "alstublieft",
            "sorry",
            "oeps",
            "invalid",
            "please",
            "oops",
        ] {
            assert!(!lower.contains(word), "{name}: {text}");
        }
    }
}

#[test]
fn no_sentence_has_more_than_twenty_words() {
    for (name, text) in every_text() {
        for sentence in text.split(['.', '?', '!', ':']) {
            let words = sentence.split_whitespace().count();
            assert!(words <= 20, "{name}: {words} words in “{sentence}”");
        }
    }
}

#[test]
fn both_languages_fill_the_same_places() {
    let places = |text: &str| {
        let mut names: Vec<String> = text
            .split('{')
            .skip(1)
            .filter_map(|p| p.split_once('}'))
            .map(|(n, _)| n.to_owned())
            .collect();
        names.sort();
        names
    };
    let all = every_text();
    let (dutch, english) = all.split_at(all.len() / 2);
    for ((name, nl), (_, en)) in dutch.iter().zip(english) {
        assert_eq!(places(nl), places(en), "{name}");
    }
}

#[test]
fn numbers_get_the_separator_of_the_language() {
    assert_eq!(number(Lang::Nl, 20_000), "20.000");
    assert_eq!(number(Lang::En, 1_234_567), "1,234,567");
    assert_eq!(number(Lang::Nl, 999), "999");
}
