//! Texts of rows that RIVM sent back to their institution.

use super::texts;

texts! {
    /// Rows that were sent back.
    Returned {
        title: "Teruggestuurd" / "Sent back",
        link: "Teruggestuurde regels" / "Rows that were sent back",
        text: "Het RIVM vraagt u deze regels te verbeteren. Staat een regel al in het register? Corrigeer dan de registratie." / "RIVM asks you to mend these rows. Is a row in the register already? Then correct the registration.",
        text_file: "Levert u met bestanden aan? Dan kan het ook met een correctie in uw volgende bestand." / "Do you deliver by files? Then a correction in your next file does it too.",
        caption: "Teruggestuurde regels, de oudste eerst" / "Rows that were sent back, the oldest first",
        empty: "Er zijn geen teruggestuurde regels." / "No rows were sent back.",
        since: "Teruggestuurd op" / "Sent back on",
        message: "Bericht van het RIVM" / "Message from RIVM",
        mend: "Verbeteren" / "Mend",
        open_registration: "Registratie van regel {regel} bekijken" / "See the registration of row {regel}",
        open_row: "Regel {regel} verbeteren" / "Mend row {regel}",
        typed: "Ingevoerd in het portaal" / "Recorded in the portal",
        rejected: "Het RIVM heeft deze registratie afgewezen: {reden}" / "RIVM rejected this registration: {reden}",
    }
}
