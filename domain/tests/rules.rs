//! Every rule of stage 1 on its own fixtures, and the rule table itself.

use domain::codes::CodeLists;
use domain::delivery::{Channel, RowOutcome};
use domain::finding::{Code, Scope, Severity, Stage};
use domain::fixtures::{self, Fixture, Setting};
use domain::row::{Checked, Column, Context, PartyProfile, Profile, RawRow, RepairSet, check};
use domain::text::Lang;

fn judge(row: &RawRow<'_>, setting: Setting) -> Checked {
    let lists = CodeLists::builtin();
    let context = Context {
        today: fixtures::TODAY,
        channel: Channel::Sftp,
        profile: match setting {
            Setting::PartyWithoutDefaults => Profile::Party(PartyProfile::default()),
            Setting::Any | Setting::TestLane => Profile::Unknown,
        },
        lists: &lists,
        off: RepairSet::NONE,
        test_lane: setting == Setting::TestLane,
    };
    check(row, &context)
}

fn codes(checked: &Checked) -> Vec<Code> {
    checked
        .findings
        .iter()
        .map(|finding| finding.code)
        .collect()
}

fn label(fixture: &Fixture) -> String {
    format!("{} {:?}", fixture.code, fixture.failing)
}

#[test]
fn every_failing_row_gives_its_code_on_its_column_and_nothing_else() {
    for fixture in fixtures::ALL {
        let checked = judge(&fixture.failing_row(), fixture.setting);
        let mut expected = vec![fixture.code];
        expected.extend(fixture.also);
        expected.sort();
        let mut found = codes(&checked);
        found.sort();
        assert_eq!(found, expected, "{}", label(fixture));
        let finding = checked
            .findings
            .iter()
            .find(|finding| finding.code == fixture.code)
            .unwrap();
        assert_eq!(finding.column, Some(fixture.column), "{}", label(fixture));
        assert_eq!(
            finding.severity,
            fixture.code.severity(),
            "{}",
            label(fixture)
        );
        let refused = fixture.code.severity() == Severity::Fout;
        assert_eq!(
            checked.outcome == RowOutcome::Afgekeurd,
            refused,
            "{}",
            label(fixture)
        );
        assert_eq!(checked.accepted.is_none(), refused, "{}", label(fixture));
    }
}

#[test]
fn no_passing_row_gives_the_code() {
    for fixture in fixtures::ALL {
        let checked = judge(&fixture.passing_row(), fixture.setting);
        assert!(
            !codes(&checked).contains(&fixture.code),
            "{}: {:?}",
            label(fixture),
            codes(&checked)
        );
        if fixture.code != Code::R08 {
            assert_ne!(
                checked.outcome,
                RowOutcome::Afgekeurd,
                "{}: {:?}",
                label(fixture),
                codes(&checked)
            );
        }
    }
}

#[test]
fn every_rule_of_stage_1_has_fixtures() {
    // R05: only a reader counts fields. It and the rules of the file and of the register have their cases in
    // `server/tests`; `read::cases::every_rule_is_shown_to_fail_and_to_pass` counts them all.
    for &code in Code::ALL
        .iter()
        .filter(|code| code.stage() == Stage::Row && **code != Code::R05)
    {
        assert!(
            fixtures::ALL.iter().any(|fixture| fixture.code == code),
            "{code} has no fixture"
        );
    }
}

#[test]
fn the_good_rows_are_good() {
    for (cells, outcome) in [
        (fixtures::GOOD, RowOutcome::Geaccepteerd),
        (fixtures::COUNTED, RowOutcome::Geteld),
    ] {
        let checked = judge(&fixtures::row(cells, &[]), Setting::PartyWithoutDefaults);
        assert_eq!((codes(&checked), checked.outcome), (vec![], outcome));
    }
}

#[test]
fn every_code_has_a_sentence_in_both_languages_and_help() {
    for &code in Code::ALL {
        let (dutch, english) = (code.sentence(Lang::Nl), code.sentence(Lang::En));
        assert!(
            dutch.ends_with(['.', '?']) && english.ends_with(['.', '?']),
            "{code}"
        );
        assert_eq!(placeholder(dutch), placeholder(english), "{code}");
        let help = code.help();
        for text in [help.what, help.how_to_fix] {
            assert!(text.len() > 15 && text.ends_with('.'), "{code}: {text}");
        }
        assert!(!help.good.is_empty() && !help.bad.is_empty(), "{code}");
    }
}

fn placeholder(sentence: &str) -> Option<&str> {
    Some(&sentence[sentence.find('{')?..=sentence.find('}')?])
}

#[test]
fn codes_are_read_back_from_their_text_and_stand_in_order() {
    for &code in Code::ALL {
        assert_eq!(code.as_str().parse(), Ok(code));
        assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{code}\""));
        assert_eq!(
            code.scope() == Scope::File,
            code.as_str().starts_with('A'),
            "{code}"
        );
    }
    assert!(
        Code::ALL
            .windows(2)
            .all(|pair| pair[0].as_str() < pair[1].as_str())
    );
    assert_eq!(Code::ALL.len(), 110);
    assert!("Z99".parse::<Code>().is_err());
}

/// Codes whose help examples are the text of one cell. The others describe a situation in words.
const EXAMPLES_ARE_CELLS: &[Code] = {
    use Code::*;
    &[
        H01, H02, H05, H06, H07, P01, P02, P03, P04, P10, P11, P12, P15, P17, P20, P21, P22, P30,
        P31, R01, R04, R06, R09, T01, U01, U10, V01, V02, V03, V05, V07, V08, V20, V24, V25, V26,
        V30, V31, V42,
    ]
};

#[test]
fn the_examples_of_the_help_do_what_they_say() {
    for &code in EXAMPLES_ARE_CELLS {
        let fixture = fixtures::ALL
            .iter()
            .find(|fixture| fixture.code == code)
            .unwrap();
        let help = code.help();
        let examples = help
            .good
            .iter()
            .map(|text| (text, false))
            .chain(help.bad.iter().map(|text| (text, true)));
        for (&text, fails) in examples {
            let mut row = fixtures::row(fixture.base, &[]);
            row.set(fixture.column, if text == "(leeg)" { "" } else { text });
            let found = codes(&judge(&row, fixture.setting));
            assert_eq!(found.contains(&code), fails, "{code} {text}: {found:?}");
        }
    }
}

/// The specification this crate implements, as it stands in the project.
const SPECIFICATION: &str = include_str!("../../docs/ref/specification.md");

/// Cells of the rows of a table whose first cell fits.
fn table(fits: impl Fn(&str) -> bool) -> Vec<Vec<&'static str>> {
    let cells = |line: &'static str| {
        line.trim()
            .trim_matches('|')
            .split(" | ")
            .map(str::trim)
            .collect::<Vec<_>>()
    };
    SPECIFICATION
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(cells)
        .filter(|cells| fits(cells[0]))
        .collect()
}

#[test]
fn sentences_and_severities_are_those_of_the_specification_word_for_word() {
    let rules = table(|first| first.parse::<Code>().is_ok());
    assert_eq!(rules.len(), Code::ALL.len());
    for cells in rules {
        let code: Code = cells[0].parse().unwrap();
        assert_eq!(cells.last(), Some(&code.sentence(Lang::Nl)), "{code}");
        let severity = match cells[1].split(' ').next() {
            Some("W") => Severity::Waarschuwing,
            Some("C") => Severity::Controle,
            Some("H") => Severity::Hersteld,
            Some("DUBBEL") => Severity::Dubbel,
            // A20 parks the file: it comes in only when somebody decides so.
            _ => Severity::Fout,
        };
        assert_eq!(code.severity(), severity, "{code}");
    }
}

#[test]
fn columns_and_their_synonyms_are_those_of_the_specification() {
    let columns = table(|first| first.parse::<u8>().is_ok());
    assert_eq!(columns.len(), Column::COUNT);
    for (cells, column) in columns.iter().zip(Column::ALL) {
        assert_eq!(cells[0], (column.index() + 1).to_string());
        assert_eq!(cells[1].trim_matches('`'), column.name());
        assert_eq!(cells[3], column.synonyms().join(", "), "{column}");
    }
}
