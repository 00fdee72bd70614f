//! What the sender of a BRP set hears in `uit/` (specification §7): a receipt, then what the copy came to, or why the set
//! was not taken and what to do. Counts, line numbers and names of columns; never a value of a line.

use super::load::LoadError;
use super::record::HeaderError;
use crate::intake::Road;
use crate::intake::answer as csv;
use crate::intake::answer_files::{self, To};
use crate::store::brp_loads::Load;
use crate::store::{StoreError, WorkerTx};
use domain::dates::dutch;
use serde::Serialize;
use std::io::{self, Write};

/// What is said of a line that is left out.
const LINE: Said = Said {
    code: "BRP_REGEL",
    message: std::borrow::Cow::Borrowed(
        "Deze regel is geen persoonslijst. Controleer pl_id, BSN, datums en het aantal velden.",
    ),
};

/// Something that is said of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Said {
    /// For programs.
    code: &'static str,
    /// For people: what is wrong, and what to do.
    message: std::borrow::Cow<'static, str>,
}

impl Said {
    /// The file has no name of a set.
    pub(crate) fn name() -> Self {
        Self {
            code: "BRP_NAAM",
            message: "Dit is geen naam van een BRP-bestand. Gebruik BRP_VOL_jjjjmmdd_volgnr.csv of BRP_MUTATIE_jjjjmmdd_volgnr.csv.".into(),
        }
    }

    /// It is not what its control file promises.
    pub(crate) fn promise() -> Self {
        Self {
            code: "BRP_CONTROLE",
            message: "Het bestand is anders dan het controlebestand zegt. Lever beide opnieuw aan."
                .into(),
        }
    }

    /// Nobody proved in time that it is whole.
    pub(crate) fn unproved() -> Self {
        Self {
            code: "BRP_CONTROLE",
            message: csv::UNPROVED.into(),
        }
    }

    /// Why a set was not taken; none when it is the machine that could not.
    pub(crate) fn of(error: &LoadError) -> Option<Self> {
        let (code, message) = match error {
            LoadError::Header(HeaderError::Unknown(place)) => (
                "BRP_KOP",
                format!(
                    "Kolom {place} van de kopregel is niet bekend. Verbeter de naam of laat de kolom weg."
                ),
            ),
            LoadError::Header(HeaderError::Missing(name)) => (
                "BRP_KOP",
                format!(
                    "De kolom {name} ontbreekt. Zet deze kolom in het bestand en lever het opnieuw aan."
                ),
            ),
            LoadError::Header(HeaderError::Twice(name)) => (
                "BRP_KOP",
                format!(
                    "De kolom {name} staat er twee keer. Laat er één weg en lever het bestand opnieuw aan."
                ),
            ),
            LoadError::Csv(line) => (
                "BRP_LEZEN",
                format!(
                    "Vanaf regel {line} is het bestand niet te lezen. Maak het opnieuw: UTF-8, met een puntkomma tussen de velden."
                ),
            ),
            LoadError::Line(line) => (
                "BRP_LEZEN",
                format!(
                    "In regel {line} blijft een aanhalingsteken open, of de regel is te lang. Verbeter de regel en lever het hele bestand opnieuw aan."
                ),
            ),
            LoadError::Refused { read, refused, .. } => (
                "BRP_REGELS",
                format!(
                    "{refused} van {read} regels zijn geen persoonslijst. Verbeter ze en lever het hele bestand opnieuw aan."
                ),
            ),
            LoadError::Promised { promised, read } => (
                "BRP_CONTROLE",
                format!(
                    "Het bestand heeft {read} regels zonder de kopregel, en {promised} zijn aangekondigd. Lever het hele bestand opnieuw aan."
                ),
            ),
            LoadError::Shrink { before, now } => (
                "BRP_KRIMP",
                format!(
                    "Het bestand heeft {now} lijsten, het RIVM heeft er {before}. Lever iedereen aan. Klopt het aantal, overleg dan met het RIVM."
                ),
            ),
            LoadError::Older { newest } => (
                "BRP_VOLGORDE",
                match newest.number {
                    Some(number) => format!(
                        "Een nieuwer bestand is al geladen: dag {}, volgnummer {number}. Lever een nieuw bestand aan, met een hoger volgnummer.",
                        dutch(newest.day)
                    ),
                    None => format!(
                        "Een nieuwer bestand is al geladen: dag {}. Lever een nieuw bestand aan.",
                        dutch(newest.day)
                    ),
                },
            ),
            LoadError::Ahead(day) => (
                "BRP_VOLGORDE",
                format!(
                    "De dag {} in de bestandsnaam komt nog. Verbeter de naam en lever het bestand opnieuw aan.",
                    dutch(*day)
                ),
            ),
            LoadError::Store(StoreError::Value(_) | StoreError::Constraint(_)) => (
                "BRP_LEZEN",
                "Het RIVM kan een waarde uit dit bestand niet opslaan. Neem contact op met het RIVM."
                    .to_owned(),
            ),
            LoadError::Io(_) | LoadError::Busy | LoadError::BrokenOff(_) | LoadError::Store(_) => {
                return None;
            }
        };
        Some(Self {
            code,
            message: message.into(),
        })
    }
}

#[derive(Serialize)]
struct Wire<'a> {
    aanlevering: uuid::Uuid,
    bestand: &'a str,
    uitkomst: &'static str,
    soort: Option<&'static str>,
    regels: i64,
    afgekeurd: i64,
    afgekeurde_regels: &'a [i64],
    nieuw: i64,
    gewijzigd: i64,
    vervallen: i64,
    totaal: Option<i64>,
    seconden: Option<i64>,
    bevindingen: &'a [Said],
}

/// Puts the result of a set in `uit/`: taken when nothing refuses it. `load` is what is known of its load, if it came to one.
///
/// # Errors
/// When disk or database fails.
pub(crate) async fn result(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    to: &To<'_>,
    load: Option<&Load>,
    refused: Option<Said>,
) -> Result<(), StoreError> {
    let lines = load.map_or(&[][..], |load| load.refused_lines.as_slice());
    let outcome = match (&refused, lines) {
        (Some(_), _) => "GEWEIGERD",
        (None, []) => "VERWERKT",
        (None, _) => "DEELS_VERWERKT",
    };
    let taken = load.filter(|_| refused.is_none());
    let said: Vec<Said> = refused
        .into_iter()
        .chain((!lines.is_empty()).then_some(LINE))
        .collect();
    let wire = Wire {
        aanlevering: to.of.id(),
        bestand: to.name,
        uitkomst: outcome,
        soort: load.map(|load| if load.full { "volledig" } else { "mutatie" }),
        regels: load.map_or(0, |load| load.staged + load.refused),
        afgekeurd: load.map_or(0, |load| load.refused),
        afgekeurde_regels: lines,
        nieuw: taken.map_or(0, |load| load.new),
        gewijzigd: taken.map_or(0, |load| load.changed),
        vervallen: taken.map_or(0, |load| load.gone),
        totaal: taken.map(|load| load.total),
        seconden: taken.map(|load| load.seconds),
        bevindingen: &said,
    };
    let broken = |_| StoreError::Broken("answer".to_owned());
    let mut json = serde_json::to_vec(&wire).map_err(broken)?;
    json.push(b'\n');
    let table =
        table(outcome, &said, lines).map_err(|_| StoreError::Broken("answer".to_owned()))?;
    answer_files::put(road, tx, to, "resultaat-csv", &table).await?;
    answer_files::put(road, tx, to, "resultaat-json", &json).await
}

/// The same as lines: what is said of the set, then of each line that was left out.
fn table(outcome: &str, said: &[Said], lines: &[i64]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    csv::head(&mut out)?;
    let of_set = said.iter().filter(|said| **said != LINE);
    let mut told = false;
    for said in of_set {
        csv::writeln(&mut out, ["", "", outcome, "", said.code, &said.message])?;
        told = true;
    }
    for line in lines {
        let number = line.to_string();
        csv::writeln(
            &mut out,
            [&number, "", "AFGEKEURD", "", LINE.code, &LINE.message],
        )?;
        told = true;
    }
    if !told {
        csv::writeln(&mut out, ["", "", outcome, "", "", ""])?;
    }
    out.flush()?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brp::load::SetOf;
    use time::macros::date;

    #[test]
    fn every_refusal_is_told_in_sentences_of_twenty_words_at_most() {
        let refusals = [
            LoadError::Header(HeaderError::Unknown(3)),
            LoadError::Header(HeaderError::Missing("geboortedatum")),
            LoadError::Header(HeaderError::Twice("bsn")),
            LoadError::Csv(12),
            LoadError::Line(12),
            LoadError::Refused {
                read: 1_000,
                refused: 900,
                first: 2,
            },
            LoadError::Promised {
                promised: 1_000,
                read: 900,
            },
            LoadError::Shrink {
                before: 17_000_000,
                now: 12,
            },
            LoadError::Older {
                newest: SetOf {
                    day: date!(2021 - 03 - 01),
                    number: Some(12),
                },
            },
            LoadError::Older {
                newest: SetOf {
                    day: date!(2021 - 03 - 01),
                    number: None,
                },
            },
            LoadError::Ahead(date!(2021 - 03 - 01)),
            LoadError::Store(StoreError::Value("22021".to_owned())),
        ];
        let told = refusals.iter().map(|error| Said::of(error).expect("told"));
        let others = [Said::name(), Said::promise(), Said::unproved(), LINE];
        for said in told.chain(others) {
            for sentence in said.message.split(". ") {
                let words = sentence.split_whitespace().count();
                assert!(words <= 20, "{words}: {sentence}");
            }
        }
    }

    #[test]
    fn what_the_machine_could_not_do_is_no_refusal() {
        assert_eq!(Said::of(&LoadError::Busy), None);
        assert_eq!(Said::of(&LoadError::Store(StoreError::Unavailable)), None);
        assert_eq!(Said::of(&LoadError::Io(io::Error::other("disk"))), None);
    }

    #[test]
    fn a_table_names_each_line_that_was_left_out() {
        let table = table("DEELS_VERWERKT", &[LINE], &[7, 9]).expect("memory");
        let text = String::from_utf8(table).expect("UTF-8");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[1].starts_with("7;;AFGEKEURD;;BRP_REGEL;Deze regel"));
    }
}
