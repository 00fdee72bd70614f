//! Texts of the numbers of the work.

use super::texts;

texts! {
    /// Numbers.
    Numbers {
        title: "Cijfers" / "Numbers",
        nothing: "Er is nog niets aangeleverd en er wacht niets." / "Nothing was delivered yet and nothing waits.",
        how_long: "Hoe lang regels wachten" / "How long rows wait",
        age: "Leeftijd" / "Age",
        age_caption: "Wachtende regels naar leeftijd" / "Waiting rows by age",
        day: "Tot een dag" / "Up to a day",
        week: "Tot een week" / "Up to a week",
        month: "Tot vier weken" / "Up to four weeks",
        longer: "Langer dan vier weken" / "Longer than four weeks",
        rows: "Regels" / "Rows",
        picture: "Verhouding" / "Share",
        why: "Waarom regels wachten" / "Why rows wait",
        cause: "Oorzaak" / "Cause",
        cause_caption: "Wachtende regels naar oorzaak, de meeste eerst" / "Waiting rows by cause, the most first",
        parties: "Instellingen" / "Institutions",
        party: "Instelling" / "Institution",
        party_text: "Aangeleverd en afgekeurd: de laatste vier weken. Een regel die later is verbeterd, telt niet als afgekeurd." / "Delivered and refused: the last four weeks. A row that was mended later does not count as refused.",
        party_caption: "Wachtende regels en kwaliteit per instelling" / "Waiting rows and quality per institution",
        open: "Wachten nu" / "Waiting now",
        delivered: "Aangeleverd" / "Delivered",
        refused: "Afgekeurd" / "Refused",
        quality: "Kwaliteit van uw aanleveringen" / "Quality of your deliveries",
        quality_lead: "De laatste acht weken. Een regel die u later verbeterde, telt als goed." / "The last eight weeks. A row that you mended later counts as good.",
        quality_none: "U leverde de laatste acht weken niets aan." / "You delivered nothing in the last eight weeks.",
        quality_weeks: "Per week" / "By week",
        quality_causes: "Waarom regels zijn afgekeurd" / "Why rows are refused",
        quality_all_good: "Er is geen regel afgekeurd. Goed gedaan." / "No row is refused. Well done.",
        week_of: "Week van" / "Week of",
        good: "Goed" / "Good",
        percent: "{aantal} %" / "{aantal} %",
        causes: "Vaakste oorzaken" / "Most frequent causes",
    }
}
