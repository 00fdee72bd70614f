//! Searching what waits for RIVM, by nothing of a person (features F51): a text becomes words, and each word the rule codes
//! and columns that it may mean. Parties are looked up by who has a database.

use crate::bsn::hides_a_bsn;
use crate::finding::Code;
use crate::matching::fold;
use crate::row::Column;
use crate::text::Lang;

/// Longest search, in characters.
pub const SEARCH_CHARS: usize = 60;
/// Most words that count.
pub const SEARCH_WORDS: usize = 5;
/// A shorter word means only a code.
const SHORT: usize = 3;

/// The text holds nine digits that may be a BSN, written together or apart: it is searched for nowhere, and kept nowhere.
#[must_use]
pub fn may_hold_a_bsn(text: &str) -> bool {
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '.' | '-' | '/' | '\u{a0}'))
        .collect();
    hides_a_bsn(text) || hides_a_bsn(&digits)
}

/// A word of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchWord {
    /// The word, folded.
    pub text: String,
    /// Rules with this code, or this word in their Dutch sentence.
    pub codes: Vec<Code>,
    /// Columns with this word in their Dutch title.
    pub columns: Vec<Column>,
}

/// The words of a search; none of a text that may hold a BSN.
#[must_use]
pub fn words(text: &str) -> Vec<SearchWord> {
    if may_hold_a_bsn(text) {
        return Vec::new();
    }
    let text: String = text.chars().take(SEARCH_CHARS).collect();
    let folded = fold(&text);
    let words = folded.split(' ').filter(|word| !word.is_empty());
    words.take(SEARCH_WORDS).map(word).collect()
}

fn word(text: &str) -> SearchWord {
    let long = text.chars().count() >= SHORT;
    let means = |code: &Code| {
        code.as_str().eq_ignore_ascii_case(text)
            || long && fold(code.sentence(Lang::Nl)).contains(text)
    };
    let columns = Column::ALL.into_iter();
    SearchWord {
        text: text.to_owned(),
        codes: Code::ALL.iter().copied().filter(means).collect(),
        columns: columns
            .filter(|column| long && fold(column.title_in(Lang::Nl)).contains(text))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_a_word_of_its_sentence_and_a_column_are_found() {
        let of = |text| words(text).remove(0);
        assert_eq!(of("b14").codes, [Code::B14]);
        assert!(of("koppelen").codes.contains(&Code::B10));
        assert!(of("Batchnummer").columns.contains(&Column::Batchnummer));
        assert!(of("GEBOORTEDATUM").columns.contains(&Column::Geboortedatum));
        let nothing = of("xyzzy");
        assert!(nothing.codes.is_empty() && nothing.columns.is_empty());
        assert!(of("de").codes.is_empty(), "too short to mean a sentence");
    }

    #[test]
    fn a_bsn_is_no_search_however_it_is_written() {
        for text in [
            "999990019",
            "9999 90 019",
            "9999.90.019",
            "rij 999990019 kwijt",
            "99999-0019",
        ] {
            assert!(may_hold_a_bsn(text), "{text}");
            assert!(words(text).is_empty(), "{text}");
        }
        for text in [
            "06010001",
            "999990018",
            "EJ6795",
            "De Linde 12",
            "2021060402",
        ] {
            assert!(!may_hold_a_bsn(text), "{text}");
            assert!(!words(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_search_has_an_end() {
        assert_eq!(
            words("een twee drie vier vijf zes zeven").len(),
            SEARCH_WORDS
        );
        assert_eq!(words(&"a".repeat(500))[0].text.len(), SEARCH_CHARS);
        assert!(words("  ").is_empty());
    }
}
