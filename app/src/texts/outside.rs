//! Texts of the few pages that the server makes when the app cannot be asked.

use super::texts;

texts! {
    /// Pages outside the app.
    Outside {
        logged_in: "U bent ingelogd" / "You are logged in",
        go_on: "Ga verder" / "Go on",
        to_start: "Naar de startpagina" / "To the home page",
        incident: "Er ging iets mis" / "Something went wrong",
        incident_text: "Er ging iets mis bij ons. Noem bij contact nummer {nummer}." / "Something went wrong on our side. Mention number {nummer} when you contact us.",
        unavailable: "Even niet bereikbaar" / "Not available right now",
        unavailable_text: "Het portaal is even niet bereikbaar. Probeer het over een minuut opnieuw." / "The portal is not available right now. Try again in a minute.",
        stale: "Verstuur het formulier opnieuw" / "Send the form again",
        stale_text: "Dit formulier stond te lang open, of u bent daarna opnieuw ingelogd. Er is niets gewijzigd." / "This form was open for too long, or you logged in again since. Nothing was changed.",
        stale_way: "Ga terug, ververs de pagina en verstuur het formulier opnieuw." / "Go back, refresh the page and send the form again.",
        too_large: "Dit is te groot" / "This is too large",
        too_large_text: "Wat u verstuurde, is te groot. Er is niets gewijzigd." / "What you sent is too large. Nothing was changed.",
        too_large_way: "Ga terug, maak de tekst korter en verstuur het formulier opnieuw." / "Go back, make the text shorter and send the form again.",
        wait: "Even wachten" / "One moment",
        wait_text: "U probeerde het te vaak achter elkaar. Probeer het over {seconden} seconden opnieuw." / "You tried too often in a row. Try again in {seconden} seconds.",
        foreign: "Dit verzoek kwam niet van een pagina van CIMS zelf." / "This request did not come from a page of CIMS itself.",
    }
}
