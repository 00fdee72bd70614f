//! Texts of corrections on an institution's request.

use super::texts;

texts! {
    /// Corrections on request.
    Corrections {
        start: "Op verzoek" / "On request",
        correct: "Corrigeren" / "Correct",
        withdraw: "Intrekken" / "Withdraw",
        start_label: "Melding van {moment} corrigeren op verzoek" / "Correct report of {moment} on request",
        start_withdraw_label: "Melding van {moment} intrekken op verzoek" / "Withdraw report of {moment} on request",
        title: "Correctie op verzoek" / "Correction on request",
        title_withdraw: "Intrekken op verzoek" / "Withdrawal on request",
        lead: "Alleen als de instelling erom vraagt. Een collega moet akkoord geven." / "Only when the institution asks for it. A colleague has to agree.",
        request: "Wie vroeg dit, wanneer en hoe?" / "Who asked for this, when and how?",
        request_hint: "Bijvoorbeeld: mevrouw De Boer, per brief van 3 maart, kenmerk 2021-14" / "For example: Ms De Boer, by letter of 3 March, reference 2021-14",
        save: "Gevolgen bekijken" / "See what follows",
        ask: "Voorleggen aan een collega" / "Ask a colleague",
        agree: "Akkoord, uitvoeren" / "Agree, carry out",
        say_no: "Niet akkoord" / "Do not agree",
        take_back: "Intrekken" / "Take back",
        drop: "Weggooien" / "Discard",
        change: "Gegevens" / "Data",
        compared: "Wat er verandert" / "What changes",
        compared_caption: "Voor en na de correctie" / "Before and after the correction",
        before: "Nu" / "Now",
        after: "Wordt" / "Becomes",
        nothing: "Er verandert niets." / "Nothing changes.",
        withdrawn: "De melding telt daarna niet meer." / "After this the report no longer counts.",
        outcome: "Uitkomst" / "Outcome",
        foreseen: "Wat de regels ervan vinden" / "What the rules say",
        told_waiting: "De correctie wacht op akkoord van een collega." / "The correction waits for a colleague.",
        told_done: "De correctie is uitgevoerd en geldt meteen." / "The correction was carried out and holds at once.",
        told_same: "Wie vraagt, kan niet zelf akkoord geven." / "Who asks cannot agree.",
        told_not_yet: "Dit kan nog niet. Vul het verzoek in en los op wat de regels tegenhouden." / "Not yet. Fill in the request and mend what the rules refuse.",
        told_other: "De melding is intussen veranderd, of er wacht al een correctie." / "The report changed in the meantime, or a correction waits already.",
        stale: "De melding is veranderd sinds u haar opende. Begin opnieuw vanuit het dossier." / "The report changed since you opened it. Start again from the record.",
        state: "Status" / "State",
        news: "Akkoord gevraagd voor een correctie van {partij}." / "Approval asked for a correction of {partij}.",
    }
}
