//! Texts of the list of a round through a ward.

use super::texts;

texts! {
    /// The list of a round.
    Worklist {
        title: "Werklijst" / "Worklist",
        link: "Meer mensen vandaag? Maak een werklijst." / "More people today? Make a worklist.",
        waiting: "Naar uw werklijst: nog {open} te gaan" / "To your worklist: {open} to go",
        lead: "Plak hier wie u gaat vaccineren. U ziet meteen wie klaar is om te registreren." / "Paste here whom you are going to vaccinate. You see at once who is ready.",
        persons: "Personen" / "Persons",
        persons_hint: "Eén persoon per regel: BSN en geboortedatum. U kunt kolommen uit uw spreadsheet plakken; andere kolommen nemen wij niet over. Hooguit 200 regels." / "One person a line: BSN and birth date. You can paste columns of your spreadsheet; other columns are not taken over. 200 lines at most.",
        consent: "Al deze personen vinden goed dat het RIVM hun gegevens krijgt" / "All these persons agree that RIVM gets their data",
        make: "Lijst maken" / "Make the list",
        no_persons: "Plak ten minste één regel met een BSN en een geboortedatum." / "Paste at least one line with a BSN and a birth date.",
        too_long: "Dit zijn meer dan 200 regels. Maak meer dan één lijst." / "These are more than 200 lines. Make more than one list.",
        no_consent: "Kruis dit aan, of laat wie niet wil van de lijst." / "Tick this, or leave out who does not agree.",
        caption: "Wie u vandaag vaccineert" / "Whom you vaccinate today",
        kept: "Gemaakt om {tijd}. Alleen u ziet deze lijst; na 24 uur is ze weg." / "Made at {tijd}. Only you see this list; it is gone after 24 hours.",
        stands: "Stand" / "Stands",
        newest: "Laatst hier geregistreerd" / "Recorded here last",
        action: "Actie" / "Action",
        open: "Te doen" / "To do",
        recorded: "Geregistreerd" / "Recorded",
        not_matchable: "Niet te koppelen" / "Not matchable",
        not_matchable_text: "Controleer BSN en geboortedatum. Klopt het? Registreer dan met een reden." / "Check BSN and birth date. Are they right? Then record with a reason.",
        not_asked: "Nog niet gecontroleerd" / "Not checked yet",
        wrong: "Niet goed" / "Not right",
        record: "Registreren" / "Record",
        record_label: "Registreer {persoon}" / "Record {persoon}",
        next: "Volgende registreren" / "Record the next",
        next_same: "Volgende van de werklijst ({open} te gaan)" / "Next of the worklist ({open} to go)",
        further: "Verder controleren" / "Check further",
        further_text: "Van {aantal} personen weten we het nog niet. U kunt 60 personen per minuut controleren." / "Of {aantal} persons we do not know yet. You can check 60 persons a minute.",
        done: "Iedereen op de lijst is geregistreerd." / "Everybody on the list is recorded.",
        nobody: "Er staat niemand meer open." / "Nobody is left to do.",
        discard: "Lijst weggooien" / "Throw the list away",
        another: "Andere lijst maken" / "Make another list",
    }
}
