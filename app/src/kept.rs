//! Forms that are kept whole when they are sent after the session ended (ux §1: nothing typed is lost).
//!
//! The forms of a registration, a card, a correction and a proposal have drafts of their own. Every other form in which somebody
//! typed something is kept by the guard of the server as it was sent, and shown on `/bewaard/{id}` after the next login,
//! from where it is sent again, copied or thrown away. So is a proposal that lacks something: of that no draft can be made.
//! Nothing is done with it before that.

use domain::row::Column;

/// Behind an address to which a form is sent: it only asks to be kept. A script does so when the session is about to end.
pub const ONLY_KEEP_ADDED: &str = "?bewaren=1";

/// The same as a query.
pub const ONLY_KEEP: &str = ONLY_KEEP_ADDED.split_at(1).1;

/// Name in the query of a form that is sent again: the key under which it was kept.
pub const AGAIN: &str = "bewaard";

/// Name of the field by which the form of a card says which of its answers is consent: `1` when both keyed that, else the
/// one of the two who did.
pub const AGREED: &str = "agreed";

/// These forms, and the fields of each in which somebody types: groups of fields (`row` of `row[…]`), or single ones.
pub const FORMS: &[(&str, &[&str])] = &[
    ("/api/werklijst-maken", &["persons"]),
    ("/api/kaart-nogmaals", &["row"]),
    ("/api/kaart-verschil", &["choice", "other", "reason"]),
    ("/api/oordeel", &["reason"]),
    ("/api/oordeel-terug", &["reason"]),
    ("/api/aanlevering-intrekken", &["reason"]),
    ("/api/gebruiker-uitnodigen", &["name"]),
    ("/api/partij-beheerder", &["name"]),
    ("/api/koppeling-vragen", &["purpose"]),
    ("/api/koppeling-besluit", &["reason"]),
    ("/api/partij-besluit", &["reason"]),
    ("/api/geparkeerd-besluit", &["reason"]),
    ("/api/toegang-wijzigen", &["key", "sources", "reason"]),
    (
        "/api/toegang-uitgeven",
        &["name", "installation", "key", "sources"],
    ),
    ("/api/locatie-toevoegen", &["name", "place"]),
    ("/api/locatie-wijzigen", &["name", "place"]),
    (
        "/api/groep-besluit",
        &["value", "first", "last", "reason", "request"],
    ),
    ("/api/regel-koppelen", &["reason"]),
    ("/api/koppeling-terug", &["reason"]),
    ("/api/naam-beeindigen", &["reason"]),
    ("/api/teruggestuurd-afsluiten", &["reason"]),
    (
        "/api/lijst-voorstel",
        &[
            "form[sleutel]",
            "form[vaccin]",
            "form[hpk]",
            "form[vrijgegeven]",
            "form[houdbaar]",
            "form[doses]",
            "form[dagen]",
            "form[eerste]",
            "form[eu]",
            "form[betekenis]",
            "form[leeftijd]",
            "form[vanaf]",
            "form[bron]",
        ],
    ),
];

/// Those that are sent again from the page that shows them: it shows all that they do, or they are easily undone. What the
/// others typed is there to copy: which person, party or row a decision is about, only its own page says.
const SENT_AGAIN: [&str; 4] = [
    "/api/werklijst-maken",
    "/api/kaart-nogmaals",
    "/api/gebruiker-uitnodigen",
    "/api/locatie-toevoegen",
];

/// Is this form sent again as it was kept?
#[must_use]
pub fn is_sent_again(path: &str) -> bool {
    SENT_AGAIN.contains(&path)
}

/// Names and values of a form.
pub type Fields = Vec<(String, String)>;

/// Is this form kept whole?
#[must_use]
pub fn is_kept(path: &str) -> bool {
    FORMS.iter().any(|(form, _)| *form == path)
}

/// What is kept of a form: nothing when nobody typed anything. Without consent nothing of a person (rule T10).
#[must_use]
pub fn of(path: &str, mut fields: Fields) -> Option<Fields> {
    let answer = |name: &str| {
        let found = fields.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let agreed = match path {
        "/api/werklijst-maken" => !answer("consent").is_empty(),
        "/api/kaart-verschil" => match answer(AGREED) {
            "" => false,
            "1" => true,
            who => answer("choice[toestemming]") == who,
        },
        _ => answer("row[toestemming]").eq_ignore_ascii_case("J"),
    };
    fields.retain(|(name, _)| {
        name != crate::FORM_TOKEN && (agreed || !(name == "persons" || is_personal(name)))
    });
    (!typed(path, &fields).is_empty()).then_some(fields)
}

/// What somebody typed in a form, in its order.
#[must_use]
pub fn typed<'a>(path: &str, fields: &'a Fields) -> Vec<(&'a str, &'a str)> {
    let Some((_, names)) = FORMS.iter().find(|(form, _)| *form == path) else {
        return Vec::new();
    };
    // In the form about an entry its key came with the page.
    let about_entry = fields
        .iter()
        .any(|(name, value)| name == "form[onderdeel]" && value == "true");
    let is_typed = |name: &str| {
        if about_entry && matches!(name, "form[sleutel]" | "form[vaccin]") {
            return false;
        }
        let group = name.split('[').next().unwrap_or_default();
        names.contains(&group) || names.contains(&name)
    };
    let filled = fields
        .iter()
        .filter(|(name, value)| is_typed(name) && !value.trim().is_empty());
    filled
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// Inputs `row[…]`, `choice[…]` and `other[…]` about a person: the column, or a box of its date.
fn is_personal(name: &str) -> bool {
    let personal = |column: Column| column.is_personal();
    column(name).is_some_and(personal)
}

/// The column of an input `row[…]` or `other[…]`, one of its boxes included.
#[must_use]
pub fn column(name: &str) -> Option<Column> {
    let (_, inside) = name.split_once('[')?;
    let inside = inside.trim_end_matches(']');
    let is_of = |column: &Column| {
        inside
            .strip_prefix(column.name())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    let mut found: Vec<Column> = Column::ALL.into_iter().filter(is_of).collect();
    // `geen_bsn_reden` before what it begins with
    found.sort_by_key(|column| column.name().len());
    found.pop()
}
