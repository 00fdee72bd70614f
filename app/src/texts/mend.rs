//! Texts of mending refused rows.

use super::texts;

texts! {
    /// The list of refused rows, and the form of one.
    Mend {
        title: "Regels verbeteren" / "Mend rows",
        link: "Regels verbeteren" / "Mend the rows",
        own_file: "Download de afgekeurde regels" / "Download the refused rows",
        own_file_text: "Verbeter ze in uw spreadsheet en lever dat bestand opnieuw aan." / "Mend them in your spreadsheet and deliver that file again.",
        caption: "Afgekeurde regels van deze aanlevering" / "Refused rows of this delivery",
        row: "Regel" / "Row",
        wrong: "Wat er mis is" / "What is wrong",
        mend_row: "Regel {regel} verbeteren" / "Mend row {regel}",
        good: "Regel {regel} is nu goed." / "Row {regel} is right now.",
        right_already: "Regel {regel} is intussen al verbeterd." / "Row {regel} has been mended in the meantime.",
        changed: "Iemand anders heeft deze regel intussen gewijzigd. Uw invoer staat hieronder en is nog niet gecontroleerd." / "Somebody else changed this row in the meantime. Your input is below and has not been checked yet.",
        kept: "Uw invoer staat nog klaar en is nog niet gecontroleerd." / "Your input is still here and has not been checked yet.",
        unreadable: "We konden de cellen van deze regel niet uit elkaar houden. Vul de regel hier opnieuw in." / "We could not tell the cells of this row apart. Fill in the row again here.",
        choose: "Kies" / "Choose",
        mutation_new: "Nieuw" / "New",
        mutation_correction: "Correctie" / "Correction",
        mutation_withdrawal: "Intrekking" / "Withdrawal",
        none_left: "Er zijn geen afgekeurde regels meer." / "No refused rows are left.",
        left_one: "Nog 1 regel te verbeteren." / "1 row left to mend.",
        left: "Nog {aantal} regels te verbeteren." / "{aantal} rows left to mend.",
        first: "Begin met regel {regel}" / "Begin with row {regel}",
        next: "Naar regel {regel}" / "To row {regel}",
        back: "Terug naar de aanlevering" / "Back to the delivery",
        row_name: "Regel verbeteren" / "Mend a row",
        row_title: "Regel {regel} verbeteren" / "Mend row {regel}",
        text: "We controleren de regel meteen opnieuw. Is die goed, dan slaan we hem op." / "We check the row again at once. When it is right, we store it.",
        text_preview: "We controleren de regel meteen opnieuw. We slaan pas iets op als u indient." / "We check the row again at once. Nothing is stored before you submit.",
        send: "Alleen deze regel indienen" / "Submit this row only",
        send_preview: "Regel opnieuw controleren" / "Check the row again",
        everywhere: "Ook in de {aantal} andere regels met deze waarde" / "Also in the {aantal} other rows with this value",
        everywhere_one: "Ook in de andere regel met deze waarde" / "Also in the other row with this value",
        reason: "Waarom dient u toch in?" / "Why do you submit anyway?",
        reason_hint: "Alleen als BSN en geboortedatum kloppen. Het RIVM kijkt ernaar." / "Only when BSN and birth date are right. RIVM looks at it.",
        other_columns: "De andere kolommen van deze regel" / "The other columns of this row",
        what_to_do: "Wat kunt u doen?" / "What can you do?",
    }
}
