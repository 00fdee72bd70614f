//! Pure text work on one cell: what is visible, what looks like a spreadsheet's damage, what a name prefix is.
//! No finding is made here and nothing is remembered; [`super::judge`] decides.

use super::Column;
use std::borrow::Cow;

/// What stands for a character that cannot be seen.
enum Unseen {
    /// A kind of space: keeps words apart in text.
    Space,
    /// Takes no room.
    Nothing,
}

const fn unseen(c: char) -> Option<Unseen> {
    match c {
        '\t'
        | '\n'
        | '\r'
        | '\u{b}'
        | '\u{c}'
        | '\u{85}'
        | '\u{a0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200a}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{3000}' => Some(Unseen::Space),
        '\0'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' => Some(Unseen::Nothing),
        _ => None,
    }
}

/// Only characters of ASCII that can be seen, and plain spaces: nearly every cell. Eight bytes at a time,
/// for it is asked of every cell.
pub(super) fn plain(text: &str) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // The high bit of a byte is set when it is below a space, from DEL on, or not ASCII.
    let odd = |eight: [u8; 8]| {
        let bytes = u64::from_le_bytes(eight);
        bytes | bytes.wrapping_sub(EACH * 0x20) | bytes.wrapping_add(EACH)
    };
    let bytes = text.as_bytes();
    let Some(&last) = bytes.last_chunk::<8>() else {
        return bytes.iter().all(|b| matches!(b, b' '..=b'~'));
    };
    // The last eight may overlap the eights before them.
    let (eights, _) = bytes.as_chunks::<8>();
    eights
        .iter()
        .fold(odd(last), |all, eight| all | odd(*eight))
        & (EACH * 0x80)
        == 0
}

/// The text without plain spaces around it.
pub(super) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [b' ', ..] | [.., b' '] => text.trim_matches(' '),
        _ => text,
    }
}

/// Nothing to see in it: such a cell is empty.
#[must_use]
pub fn blank(text: &str) -> bool {
    match text.as_bytes() {
        [] => return true,
        [b'!'..=b'~', ..] => return false,
        _ => {}
    }
    text.chars().all(|c| c == ' ' || unseen(c).is_some())
}

/// The text without invisible characters (H03); borrowed when there are none. Odd spaces become plain ones
/// where words may stand side by side, and vanish from codes.
pub(super) fn visible(text: &str, column: Column) -> Cow<'_, str> {
    if !text.chars().any(|c| unseen(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let words = matches!(
        column,
        Column::Achternaam
            | Column::Voorvoegsel
            | Column::Vaccinatieplaats
            | Column::Vaccin
            | Column::Geboortedatum
            | Column::Vaccinatiedatum
            | Column::Batchnummer
            | Column::Postcode
    );
    let seen: String = text
        .chars()
        .filter_map(|c| match unseen(c) {
            None => Some(c),
            Some(Unseen::Space) if words => Some(' '),
            Some(_) => None,
        })
        .collect();
    Cow::Owned(seen.trim_matches(' ').to_owned())
}

/// An error value, or a control character: such a text is never stored, whatever repairs are switched off.
pub(super) fn is_unreadable(text: &str) -> bool {
    is_error_value(text) || (!plain(text) && text.chars().any(char::is_control))
}

/// An error value a spreadsheet leaves in a cell, in English or Dutch, or `####` of a narrow column.
fn is_error_value(text: &str) -> bool {
    if !text.starts_with(['#', 'E', 'F']) {
        return false;
    }
    if let Some(name) = text.strip_prefix('#') {
        return name.ends_with(['!', '?', '#'])
            || matches!(name, "N/A" | "N/B" | "n/a" | "n/b" | "NV");
    }
    let code = text
        .strip_prefix("Err:")
        .or_else(|| text.strip_prefix("Fout:"));
    code.is_some_and(|code| !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit()))
}

/// `1,23E+08`: a number a spreadsheet cut off.
pub(super) fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let mantissa = mantissa.split_once([',', '.']).map_or_else(
        || digits(mantissa),
        |(whole, rest)| digits(whole) && digits(rest),
    );
    mantissa && digits(exponent)
}

/// `12.0` or `12,00`: the number before the needless decimals (H07).
pub(super) fn without_decimals(text: &str) -> Option<&str> {
    let (whole, decimals) = text.split_once(['.', ','])?;
    let fits = !whole.is_empty()
        && whole.bytes().all(|b| b.is_ascii_digit())
        && matches!(decimals, "0" | "00");
    fits.then_some(whole)
}

/// Marks people put between the digits of a code (H02).
const fn is_separator(c: char) -> bool {
    matches!(
        c,
        ' ' | '.' | '-' | '\'' | '\u{2018}' | '\u{2019}' | '\u{2010}'..='\u{2013}'
    )
}

/// The text without separators (H02); `None` when there are none.
pub(super) fn without_separators(text: &str) -> Option<String> {
    text.contains(is_separator)
        .then(|| text.chars().filter(|c| !is_separator(*c)).collect())
}

/// With one point and digits behind it as a number has them: one or two, or below one. Those are decimals, not a part of a
/// code; more of them, or zeros in front, no spreadsheet makes of itself.
pub(super) fn is_fraction(text: &str) -> bool {
    text.split_once('.').is_some_and(|(whole, decimals)| {
        let digits = decimals.bytes().all(|byte| byte.is_ascii_digit());
        let below_one = matches!(whole, "" | "0");
        let padded = whole.starts_with('0');
        digits && (below_one || (!padded && matches!(decimals.len(), 1 | 2)))
    })
}

/// UTF-8 read as Windows-1252 (`Ã«`), a replacement character, or `?` inside a word (P22).
pub(super) fn is_mojibake(text: &str) -> bool {
    if plain(text) && !text.as_bytes().contains(&b'?') {
        return false;
    }
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        let damaged = match c {
            '\u{fffd}' | '\u{80}'..='\u{84}' | '\u{86}'..='\u{9f}' => true,
            '?' => before.is_alphabetic() && next.is_alphabetic(),
            'Ã' => is_continuation(next) || matches!(next, '–' | '—' | '‘' | '’' | '“' | '”'),
            'Â' | 'Ä' | 'Å' => is_continuation(next),
            'â' => matches!(next, '€' | '‚' | '\u{80}' | '\u{82}'),
            _ => false,
        };
        if damaged {
            return true;
        }
        before = c;
    }
    false
}

/// What bytes 80-BF, which follow a lead byte in UTF-8, look like in Windows-1252; marks that may well
/// follow another capital in a real name (dash, quotes) aside.
const fn is_continuation(c: char) -> bool {
    matches!(
        c,
        '\u{80}'
            ..='\u{bf}'
                | '€'
                | '‚'
                | 'ƒ'
                | '„'
                | '…'
                | '†'
                | '‡'
                | 'ˆ'
                | '‰'
                | 'Š'
                | '‹'
                | 'Œ'
                | 'Ž'
                | '•'
                | '˜'
                | '™'
                | 'š'
                | '›'
                | 'œ'
                | 'ž'
                | 'Ÿ'
    )
}

/// Words that stand before a surname and are not part of its sort order.
const PREFIX_WORDS: &[&str] = &[
    "'s", "'t", "a", "aan", "af", "al", "auf", "aus", "bij", "d'", "da", "dal", "de", "degli",
    "dei", "del", "della", "den", "der", "des", "di", "do", "don", "dos", "du", "el", "het", "im",
    "in", "l'", "la", "las", "le", "les", "lo", "los", "onder", "op", "over", "s'", "te", "ten",
    "ter", "tho", "thoe", "thor", "to", "toe", "tot", "uijt", "uit", "v.", "v.d.", "v/d", "van",
    "vanden", "vander", "vd", "ver", "vom", "von", "voor", "vor", "zu", "zum", "zur",
];

/// Every word of it is a prefix word: `de`, `van der`, `in 't`.
pub(crate) fn is_prefix(text: &str) -> bool {
    let mut words = text.split(' ').filter(|word| !word.is_empty()).peekable();
    words.peek().is_some()
        && words.all(|word| PREFIX_WORDS.iter().any(|known| same_word(word, known)))
}

fn same_word(word: &str, known: &str) -> bool {
    let curly = |c: char| {
        if matches!(c, '\u{2018}' | '\u{2019}' | '`' | '\u{b4}') {
            '\''
        } else {
            c
        }
    };
    word.chars()
        .map(curly)
        .flat_map(char::to_lowercase)
        .eq(known.chars())
}

/// `Vries, de` as surname and prefix (H08). Only known prefix words: a first name after the comma stays.
pub(super) fn split_prefix(surname: &str) -> Option<(&str, &str)> {
    if !surname.as_bytes().contains(&b',') {
        return None;
    }
    let (name, prefix) = surname.rsplit_once(',')?;
    let (name, prefix) = (name.trim_matches(' '), prefix.trim_matches(' '));
    (name.chars().any(char::is_alphabetic) && !name.contains(',') && is_prefix(prefix))
        .then_some((name, prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_told_from_the_rest_wherever_the_odd_byte_stands() {
        for length in 0..20 {
            for at in 0..length {
                for byte in 0..=0x7f_u8 {
                    let mut bytes = vec![b'~'; length];
                    bytes[at] = byte;
                    let text = String::from_utf8(bytes).unwrap();
                    assert_eq!(
                        plain(&text),
                        matches!(byte, b' '..=b'~'),
                        "{byte} at {at} of {length}"
                    );
                }
                let text = ["~".repeat(at), "é".to_owned(), " ".repeat(length - at)].concat();
                assert!(!plain(&text), "{at} of {length}");
            }
        }
        assert!(plain(""));
    }

    #[test]
    fn scientific_notation_is_a_number_cut_off() {
        for text in ["1,23E+08", "9.9999E+08", "1E8", "12e-3", "999990019E0"] {
            assert!(is_scientific(text), "{text}");
        }
        for text in ["", "E8", "1E", "EJ6795", "1,E8", "1.2.3E4", "1E+", "ABE12"] {
            assert!(!is_scientific(text), "{text}");
        }
    }

    #[test]
    fn error_values_of_spreadsheets_are_known_in_both_languages() {
        for text in [
            "#N/A", "#N/B", "#REF!", "#VERW!", "#WAARDE!", "#VALUE!", "#DEEL/0!", "#DIV/0!",
            "#NAAM?", "#NAME?", "########", "Err:502", "Fout:502",
        ] {
            assert!(is_error_value(text), "{text}");
        }
        for text in ["", "#", "#1 zuid", "N/A", "Err", "Fout:"] {
            assert!(!is_error_value(text), "{text}");
        }
    }

    #[test]
    fn mojibake_is_seen_and_real_names_are_left_alone() {
        for text in [
            "GÃ«rard",
            "Ã–zdemir",
            "BjÃ¶rk",
            "Yä\u{fffd}z",
            "M?ller",
            "Å ukic".replace(' ', "\u{a0}").as_str(),
            "Oâ€™Brien",
        ] {
            assert!(is_mojibake(text), "{text}");
        }
        for text in [
            "Gërard",
            "Özdemir",
            "Åberg",
            "Ângela",
            "Jansen",
            "Jansen ?",
            "Ærø",
            "São",
            "Château",
            "Großmann",
        ] {
            assert!(!is_mojibake(text), "{text}");
        }
    }

    #[test]
    fn only_known_prefixes_are_split_off() {
        for (text, expected) in [
            ("Vries, de", Some(("Vries", "de"))),
            ("Meer,van der", Some(("Meer", "van der"))),
            ("Veld, in \u{2019}t", Some(("Veld", "in \u{2019}t"))),
            ("Berg, Van Den", Some(("Berg", "Van Den"))),
            ("Jansen, Piet", None),
            ("de Vries", None),
            (", de", None),
            ("Vries,", None),
        ] {
            assert_eq!(split_prefix(text), expected, "{text}");
        }
    }

    #[test]
    fn decimals_go_only_when_they_say_nothing() {
        assert_eq!(without_decimals("2.0"), Some("2"));
        assert_eq!(without_decimals("210073,00"), Some("210073"));
        for text in ["2", "2.5", ".0", "2.0.0", "a.0", "2.000"] {
            assert_eq!(without_decimals(text), None, "{text}");
        }
    }
}
