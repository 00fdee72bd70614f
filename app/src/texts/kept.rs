//! Texts of a form that was kept.

use super::texts;

texts! {
    /// A form that was sent after the session ended.
    Kept {
        title: "Dit vulde u net in" / "This is what you filled in",
        lead: "Uw sessie was afgelopen toen u dit verstuurde. Er is nog niets mee gedaan." / "Your session had ended when you sent this. Nothing was done with it yet.",
        until: "We bewaren dit 24 uur, alleen voor u." / "We keep this for 24 hours, for you alone.",
        send: "Alsnog versturen" / "Send it now",
        discard: "Weggooien" / "Throw away",
        reason: "Reden" / "Reason",
        purpose: "Doel" / "Purpose",
        name: "Naam" / "Name",
        place: "Plaats" / "Place",
        persons: "Personen" / "Persons",
    }
}
