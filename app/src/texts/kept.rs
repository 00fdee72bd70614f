//! Texts of a form that was kept.

use super::texts;

texts! {
    /// A form that was sent after the session ended.
    Kept {
        title: "Dit vulde u net in" / "This is what you filled in",
        lead: "Uw sessie was afgelopen. Er is nog niets mee gedaan." / "Your session had ended. Nothing was done with it yet.",
        broken: "Dit is niet gelukt. Probeer het later opnieuw." / "This did not work. Try again later.",
        until: "We bewaren dit 24 uur, alleen voor u." / "We keep this for 24 hours, for you alone.",
        copy: "Neem over wat u nodig hebt. Vul daarna het formulier opnieuw in." / "Copy what you need. Then fill in the form again.",
        send: "Alsnog versturen" / "Send it now",
        discard: "Weggooien" / "Throw away",
        reason: "Reden" / "Reason",
        purpose: "Doel" / "Purpose",
        name: "Naam" / "Name",
        place: "Plaats" / "Place",
        persons: "Personen" / "Persons",
    }
}
