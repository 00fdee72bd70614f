//! Texts of the review pages of RIVM.

use super::texts;

texts! {
    /// Review by RIVM.
    Review {
        title: "Beoordelen" / "Review",
        caption: "Afgekeurde en te controleren regels, nieuwste eerst" / "Refused and for-review rows, newest first",
        count_one: "1 regel" / "1 row",
        count: "{aantal} regels" / "{aantal} rows",
        party: "Partij" / "Party",
        party_hint: "Code van de partij" / "Code of the party",
        code: "Code" / "Code",
        also_open: "Ook geopend door {namen}. Stem af voor u besluit." / "Also open with {namen}. Agree before you decide.",
        count_more: "Meer dan {aantal} regels" / "More than {aantal} rows",
        all_columns: "Alle kolommen" / "All columns",
        all_ages: "Elke leeftijd" / "Any age",
        age: "Wacht" / "Waits",
        age_day: "Langer dan een dag" / "Longer than a day",
        age_week: "Langer dan een week" / "Longer than a week",
        age_month: "Langer dan vier weken" / "Longer than four weeks",
        older: "Oudere regels" / "Older rows",
        newest: "Naar de nieuwste" / "To the newest",
        all_codes: "Alle codes" / "All codes",
        all_channels: "Alle kanalen" / "All channels",
        empty: "Er zijn geen regels om te beoordelen." / "There are no rows to review.",
        empty_filter: "Niets gevonden met deze filters." / "Nothing found with these filters.",
        received: "Ontvangen" / "Received",
        row: "Regel" / "Row",
        findings: "Bevindingen" / "Findings",
        open: "Openen" / "Open",
        open_label: "Open regel {regel} van {partij}" / "Open row {regel} of {partij}",
        open_logged: "U opent persoonsgegevens. Dat wordt vastgelegd." / "You open personal data. This is recorded.",
        detail_title: "Regel {regel} van {partij}" / "Row {regel} of {partij}",
        delivered: "Aangeleverd" / "Delivered",
        delivery: "Aanlevering" / "Delivery",
        match_note: "Koppeling met de BRP" / "Match with the BRP",
        sender_reason: "Reden van de aanleveraar" / "Reason of the sender",
        back: "Terug naar de lijst" / "Back to the list",
    }
}
