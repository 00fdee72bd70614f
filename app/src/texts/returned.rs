//! Texts of rows that RIVM sent back to their institution.

use super::texts;

texts! {
    /// Rows that were sent back.
    Returned {
        title: "Teruggestuurd" / "Sent back",
        link: "Teruggestuurde regels" / "Rows that were sent back",
        text: "Het RIVM vraagt u deze regels te verbeteren. Staat een regel al in het register? Corrigeer dan de registratie, of laat daar weten dat zij klopt." / "RIVM asks you to mend these rows. Is a row in the register already? Then correct the registration, or tell there that it is right.",
        text_file: "Levert u met bestanden aan? Dan kan het ook met een correctie in uw volgende bestand." / "Do you deliver by files? Then a correction in your next file does it too.",
        caption: "Teruggestuurde regels, de oudste eerst" / "Rows that were sent back, the oldest first",
        empty: "Er zijn geen teruggestuurde regels." / "No rows were sent back.",
        since: "Teruggestuurd op" / "Sent back on",
        message: "Bericht van het RIVM" / "Message from RIVM",
        mend: "Verbeteren" / "Mend",
        open_registration: "Registratie van regel {regel} bekijken" / "See the registration of row {regel}",
        open_row: "Regel {regel} verbeteren" / "Mend row {regel}",
        typed: "Ingevoerd in het portaal" / "Recorded in the portal",
        right_title: "Klopt het zo?" / "Is it right as it stands?",
        right_text: "Is deze registratie juist? Leg dan uit waarom. Het RIVM kijkt er daarna opnieuw naar." / "Is this registration right? Then explain why. RIVM looks at it again after that.",
        right_reason: "Toelichting" / "Explanation",
        right_hint: "Bijvoorbeeld: dit batchnummer staat zo op de verpakking. Noem geen BSN of naam." / "For example: this batch number is the one on the package. Do not mention a BSN or name.",
        right_missing: "Vul een toelichting in." / "Fill in an explanation.",
        right_send: "Het klopt zo" / "It is right as it stands",
        right_done: "Het RIVM heeft uw toelichting. De registratie is niet gewijzigd." / "RIVM has your explanation. The registration did not change.",
        rejected: "Het RIVM heeft deze registratie afgewezen: {reden}" / "RIVM rejected this registration: {reden}",
    }
}
