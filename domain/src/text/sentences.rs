//! One sentence per rule code, word for word the text of specification §4, with its English twin.

use super::Lang;
use crate::finding::Code;

/// The sentence of a code, its `{…}` still open.
#[must_use]
pub const fn sentence(code: Code, lang: Lang) -> &'static str {
    let (dutch, english) = both(code);
    match lang {
        Lang::Nl => dutch,
        Lang::En => english,
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
const fn both(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::A01 => ("Het bestand is leeg.", "The file is empty."),
        Code::A02 => (
            "Dit is geen spreadsheet. Lever een XLSX- of CSV-bestand aan.",
            "This is not a spreadsheet. Deliver an XLSX or CSV file.",
        ),
        Code::A03 => (
            "Dit bestand is met een wachtwoord beveiligd. Haal het wachtwoord eraf en probeer het opnieuw.",
            "This file is protected by a password. Remove the password and try again.",
        ),
        Code::A04 => (
            "Sla het bestand op als XLSX en probeer het opnieuw.",
            "Save the file as XLSX and try again.",
        ),
        Code::A05 => (
            "Dit bestand bevat macro's of koppelingen. Sla het op als gewoon XLSX-bestand.",
            "This file contains macros or links. Save it as an ordinary XLSX file.",
        ),
        Code::A06 => (
            "Het bestand is groter dan {limiet}.",
            "The file is larger than {limiet}.",
        ),
        Code::A07 => (
            "Het bestand heeft meer dan {limiet} regels. Splits het bestand.",
            "The file has more than {limiet} rows. Split the file.",
        ),
        Code::A08 => (
            "Deze kolommen ontbreken: {kolommen}.",
            "These columns are missing: {kolommen}.",
        ),
        Code::A09 => (
            "De kolom {kolom} komt twee keer voor.",
            "The column {kolom} appears twice.",
        ),
        Code::A10 => (
            "Deze kolommen kennen we niet en slaan we niet op: {kolommen}.",
            "We do not know these columns and do not store them: {kolommen}.",
        ),
        Code::A11 => (
            "Het bestand is beschadigd bij regel {regel}.",
            "The file is damaged at row {regel}.",
        ),
        Code::A12 => (
            "Dit bestand hebben we al ontvangen op {datum}.",
            "We already received this file on {datum}.",
        ),
        Code::A13 => (
            "De bestandsnaam past niet bij dit account.",
            "The file name does not fit this account.",
        ),
        Code::A14 => (
            "Het bestand is niet volledig overgekomen. Lever het opnieuw aan.",
            "The file did not arrive completely. Deliver it again.",
        ),
        Code::A15 => (
            "Vanaf regel {regel} lijken de kolommen verschoven.",
            "From row {regel} on the columns seem to be shifted.",
        ),
        Code::A16 => (
            "Kies welk werkblad u wilt aanleveren.",
            "Choose which worksheet you want to deliver.",
        ),
        Code::A17 => (
            "In kolom {kolom} staan dag en maand omgewisseld.",
            "Day and month are swapped in column {kolom}.",
        ),
        Code::A18 => (
            "Het bestand is gelezen als {codering}.",
            "The file was read as {codering}.",
        ),
        Code::A19 => (
            "De kopregel staat op regel {regel}.",
            "The header row is on row {regel}.",
        ),
        Code::A20 => (
            "Te veel regels zijn niet te koppelen. Mogelijk zijn kolommen verschoven.",
            "Too many rows cannot be matched. The columns may be shifted.",
        ),
        Code::A21 => (
            "In dit bestand is een virus gevonden. Het is niet opgeslagen.",
            "A virus was found in this file. It was not stored.",
        ),
        Code::A22 => (
            "Het bestand heeft te veel kolommen.",
            "The file has too many columns.",
        ),
        Code::B10 => (
            "BSN en geboortedatum zijn niet te koppelen. Controleer allebei.",
            "BSN and date of birth cannot be matched. Check both.",
        ),
        Code::B11 => ("De naam wijkt af.", "The name differs."),
        Code::B12 => (
            "Volgens de BRP kan deze vaccinatiedatum niet.",
            "According to the BRP this vaccination date is not possible.",
        ),
        Code::B13 => (
            "De controle met de BRP volgt later.",
            "The check with the BRP follows later.",
        ),
        Code::B14 => (
            "Zonder BSN controleert het RIVM deze regel.",
            "Without a BSN, RIVM checks this row.",
        ),
        Code::B19 => ("Het RIVM controleert deze regel.", "RIVM checks this row."),
        Code::D01 => (
            "Deze regel staat al op regel {regel}.",
            "This row already appears on row {regel}.",
        ),
        Code::D02 => (
            "Deze regel spreekt regel {regel} tegen.",
            "This row contradicts row {regel}.",
        ),
        Code::D03 => (
            "Deze vaccinatie is al geregistreerd.",
            "This vaccination is already registered.",
        ),
        Code::D04 => (
            "Op deze datum staat al een andere vaccinatie.",
            "Another vaccination is already registered on this date.",
        ),
        Code::D05 => (
            "Deze dosis is al op een andere datum geregistreerd.",
            "This dose is already registered on another date.",
        ),
        Code::H01 => ("Voorloopnul toegevoegd.", "Leading zero added."),
        Code::H02 => ("Leestekens verwijderd.", "Punctuation removed."),
        Code::H03 => (
            "Onzichtbare tekens verwijderd.",
            "Invisible characters removed.",
        ),
        Code::H04 => ("Datumgetal omgezet.", "Day number converted to a date."),
        Code::H05 => ("Batchnummer opgeschoond.", "Batch number cleaned up."),
        Code::H06 => ("Vaccinnaam herkend.", "Vaccine name recognised."),
        Code::H07 => ("Decimaal verwijderd.", "Decimal removed."),
        Code::H08 => ("Voorvoegsel gesplitst.", "Surname prefix split off."),
        Code::P01 => ("Vul het BSN in.", "Fill in the BSN."),
        Code::P02 => ("Een BSN heeft 9 cijfers.", "A BSN has 9 digits."),
        Code::P03 => (
            "Dit BSN klopt niet. Controleer of u een cijfer hebt verwisseld.",
            "This BSN is not right. Check whether you swapped a digit.",
        ),
        Code::P04 => (
            "De spreadsheet heeft cijfers van het BSN afgekapt. Maak de kolom tekst en vul het BSN opnieuw in.",
            "The spreadsheet cut off digits of the BSN. Make the column text and fill in the BSN again.",
        ),
        Code::P05 => ("Deze reden kennen we niet.", "We do not know this reason."),
        Code::P06 => (
            "Vul een BSN in, of een reden waarom er geen BSN is.",
            "Fill in a BSN, or a reason why there is no BSN.",
        ),
        Code::P07 => (
            "Vul zonder BSN ook de achternaam in, en bij ONBEKEND de postcode.",
            "Without a BSN, fill in the surname too, and with ONBEKEND the postcode.",
        ),
        Code::P10 => ("Vul de geboortedatum in.", "Fill in the date of birth."),
        Code::P11 => (
            "Schrijf de geboortedatum als dd-mm-jjjj, bijvoorbeeld 02-05-1940.",
            "Write the date of birth as dd-mm-yyyy, for example 02-05-1940.",
        ),
        Code::P12 => (
            "Deze geboortedatum bestaat niet.",
            "This date of birth does not exist.",
        ),
        Code::P13 => (
            "De geboortedatum ligt na de vaccinatiedatum.",
            "The date of birth is after the vaccination date.",
        ),
        Code::P14 => (
            "Geboortedatum en vaccinatiedatum zijn gelijk. Zijn de kolommen verwisseld?",
            "Date of birth and vaccination date are the same. Were the columns swapped?",
        ),
        Code::P15 => (
            "Schrijf het jaartal met vier cijfers.",
            "Write the year with four digits.",
        ),
        Code::P16 => (
            "Dit geboortejaar is niet mogelijk.",
            "This year of birth is not possible.",
        ),
        Code::P17 => (
            "Deze persoon is ouder dan 110 jaar. Controleer de geboortedatum.",
            "This person is older than 110. Check the date of birth.",
        ),
        Code::P18 => (
            "Deze persoon was jonger dan 12 jaar.",
            "This person was younger than 12.",
        ),
        Code::P20 => ("Vul M, V of O in.", "Fill in M, V or O."),
        Code::P21 => ("Deze achternaam kan niet.", "This surname is not possible."),
        Code::P22 => (
            "De leestekens in de naam lijken beschadigd.",
            "The accents in the name seem to be damaged.",
        ),
        Code::P23 => (
            "Dit voorvoegsel is te lang.",
            "This surname prefix is too long.",
        ),
        Code::P30 => (
            "Schrijf de postcode als 1234 AB.",
            "Write the postcode as 1234 AB.",
        ),
        Code::P31 => (
            "Het huisnummer moet een getal zijn.",
            "The house number must be a number.",
        ),
        Code::R01 => (
            "Vul N (nieuw), C (correctie) of V (vervallen) in.",
            "Fill in N (new), C (correction) or V (withdrawn).",
        ),
        Code::R02 => (
            "Deze bronsleutel kennen we niet van u.",
            "We do not know this bronsleutel from you.",
        ),
        Code::R03 => ("De bronsleutel ontbreekt.", "The bronsleutel is missing."),
        Code::R04 => (
            "De bronsleutel bevat een BSN. Gebruik een ander nummer.",
            "The bronsleutel contains a BSN. Use another number.",
        ),
        Code::R05 => (
            "Deze regel heeft een ander aantal kolommen dan de kopregel.",
            "This row has a different number of columns from the header row.",
        ),
        Code::R06 => (
            "Gebruik in de bronsleutel alleen letters, cijfers, punt, streepje en liggend streepje.",
            "Use only letters, digits, full stops, hyphens and underscores in the bronsleutel.",
        ),
        Code::R07 => (
            "Deze bronsleutel is al gebruikt. Lever een correctie aan (C).",
            "This bronsleutel was used before. Deliver a correction (C).",
        ),
        Code::R08 => ("Deze regel is te lang.", "This row is too long."),
        Code::R09 => ("Deze regel is onleesbaar.", "This row is unreadable."),
        Code::R10 => (
            "Gebruik in de proefbank alleen test-BSN's.",
            "Use only test BSNs in the test lane.",
        ),
        Code::T01 => (
            "Vul bij toestemming J (ja) of N (nee) in.",
            "Fill in J (yes) or N (no) for consent.",
        ),
        Code::T02 => (
            "Vul zonder toestemming de leeftijdsgroep in (A, B of C).",
            "Without consent, fill in the age group (A, B or C).",
        ),
        Code::T03 => (
            "Vul de leeftijdsgroep alleen in als er geen toestemming is.",
            "Fill in the age group only when there is no consent.",
        ),
        Code::T10 => (
            "Deze persoon gaf geen toestemming. Lever dan geen persoonsgegevens aan. We hebben ze niet bewaard.",
            "This person did not give consent. Do not deliver personal data then. We did not keep them.",
        ),
        Code::U01 => ("Een AGB-code heeft 8 cijfers.", "An AGB code has 8 digits."),
        Code::U02 => (
            "U mag niet aanleveren voor deze AGB-code.",
            "You may not deliver for this AGB code.",
        ),
        Code::U03 => (
            "Vul de AGB-code van de uitvoerder in.",
            "Fill in the AGB code of the administering party.",
        ),
        Code::U10 => (
            "Een BIG-nummer heeft 11 cijfers.",
            "A BIG number has 11 digits.",
        ),
        Code::U11 => ("Vul het BIG-nummer in.", "Fill in the BIG number."),
        Code::V01 => (
            "Vul de vaccinatiedatum in.",
            "Fill in the vaccination date.",
        ),
        Code::V02 => (
            "Schrijf de vaccinatiedatum als dd-mm-jjjj, bijvoorbeeld 27-01-2021.",
            "Write the vaccination date as dd-mm-yyyy, for example 27-01-2021.",
        ),
        Code::V03 => (
            "Deze vaccinatiedatum bestaat niet.",
            "This vaccination date does not exist.",
        ),
        Code::V04 => (
            "De vaccinatiedatum ligt in de toekomst.",
            "The vaccination date is in the future.",
        ),
        Code::V05 => (
            "Op deze datum werd in Nederland nog niet gevaccineerd.",
            "Nobody was vaccinated in the Netherlands yet on this date.",
        ),
        Code::V06 => (
            "Dit vaccin was op deze datum nog niet in gebruik.",
            "This vaccine was not in use yet on this date.",
        ),
        Code::V07 => (
            "Schrijf het jaartal met vier cijfers.",
            "Write the year with four digits.",
        ),
        Code::V08 => (
            "Staan dag en maand omgewisseld?",
            "Were day and month swapped?",
        ),
        Code::V10 => (
            "Vul het vaccin of de HPK-code in.",
            "Fill in the vaccine or the HPK code.",
        ),
        Code::V11 => ("Dit vaccin kennen we niet.", "We do not know this vaccine."),
        Code::V12 => (
            "Deze HPK-code kennen we niet.",
            "We do not know this HPK code.",
        ),
        Code::V13 => (
            "Vaccin en HPK-code horen niet bij elkaar.",
            "Vaccine and HPK code do not belong together.",
        ),
        Code::V14 => (
            "Hier staan meer vaccins. Vul er één in.",
            "There are several vaccines here. Fill in one.",
        ),
        Code::V20 => ("Vul het batchnummer in.", "Fill in the batch number."),
        Code::V21 => (
            "Dit batchnummer hoort bij een ander vaccin.",
            "This batch number belongs to another vaccine.",
        ),
        Code::V22 => (
            "Dit batchnummer kennen we nog niet.",
            "We do not know this batch number yet.",
        ),
        Code::V23 => (
            "Deze batch was op de vaccinatiedatum verlopen.",
            "This batch had expired on the vaccination date.",
        ),
        Code::V24 => (
            "Hier staan meer batchnummers. Vul er één in.",
            "There are several batch numbers here. Fill in one.",
        ),
        Code::V25 => (
            "De spreadsheet heeft het batchnummer veranderd. Maak de kolom tekst en vul het opnieuw in.",
            "The spreadsheet changed the batch number. Make the column text and fill it in again.",
        ),
        Code::V26 => (
            "Dit batchnummer kan niet.",
            "This batch number is not possible.",
        ),
        Code::V30 => ("Vul het dosisnummer in.", "Fill in the dose number."),
        Code::V31 => (
            "Het dosisnummer moet een getal van 1 tot en met 9 zijn.",
            "The dose number must be a number from 1 to 9.",
        ),
        Code::V32 => (
            "Tussen deze dosis en de vorige zitten minder dagen dan gebruikelijk.",
            "There are fewer days than usual between this dose and the previous one.",
        ),
        Code::V33 => (
            "We kennen nog geen eerdere dosis van deze persoon.",
            "We do not know an earlier dose of this person yet.",
        ),
        Code::V40 => (
            "Dit land kennen we niet. Nederland is NL.",
            "We do not know this country. The Netherlands is NL.",
        ),
        Code::V41 => ("Vul de doelgroep in.", "Fill in the target group."),
        Code::V42 => (
            "Deze doelgroep kennen we niet. Kies er een uit de lijst.",
            "We do not know this target group. Choose one from the list.",
        ),
        Code::V43 => (
            "Deze plaatsnaam is te lang.",
            "This place name is too long.",
        ),
    }
}
