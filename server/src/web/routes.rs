//! Every route of the web edge in one table: method, path, who may, and whether an answer holds person data.
//!
//! The router refuses to be built when a page of `app`, a server function or an own route is missing here: so
//! nothing is served that nobody decided about. The sweeps over headers, CSRF, audit lines and foreign keys
//! walk this list (`server/tests/web_edge`): a route without its place there makes them fail.

use axum::http::Method;
use domain::role::Role;
use std::collections::{BTreeSet, HashMap};

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Open,
    /// Everybody; but who is logged in has to have chosen an institution.
    Front,
    /// Who is logged in, also before an institution is chosen.
    LoggedIn,
    /// Who chose a membership with one of these roles. Others get the page "bestaat niet".
    Roles(&'static [Role]),
}

/// What kind of answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page made by `app`.
    Page,
    /// A server function.
    Call,
    /// An own handler of the web edge.
    Own,
    /// Files and machine endpoints: no session is looked at.
    Plain,
}

/// One route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// GET (HEAD comes with it) or POST.
    pub method: &'static str,
    /// As axum writes it; a server function without the number Leptos puts behind its name.
    pub path: &'static str,
    /// Who may.
    pub access: Access,
    /// It shows, takes in or changes data of a person: the request writes an audit line about the person, or about the
    /// thing that holds persons. Any other answer names no person at all.
    pub person_data: bool,
    /// What kind.
    pub kind: Kind,
}

/// Roles that record and deliver.
pub const DELIVER: &[Role] = &[Role::Invoerder, Role::Instellingsbeheerder];
/// Roles that try files.
pub const TRY: &[Role] = &[Role::Invoerder, Role::Instellingsbeheerder, Role::OpProef];
/// The role that sees the installations of its own party.
pub const SUPPLY: &[Role] = &[Role::Leverancier];
/// The role that manages the locations of an institution.
pub const MANAGE: &[Role] = &[Role::Instellingsbeheerder];
/// Roles that invite somebody (`domain::invitation::given_by`): colleagues, or contacts of suppliers.
pub const INVITE: &[Role] = &[Role::Instellingsbeheerder, Role::RivmBeheer];
/// Roles that judge rows.
pub const REVIEW: &[Role] = &[Role::RivmBeoordelaar, Role::RivmBeheer];
/// Roles that withdraw whole deliveries: of their institution, or as RIVM.
pub const WITHDRAW: &[Role] = &[
    Role::Invoerder,
    Role::Instellingsbeheerder,
    Role::RivmBeoordelaar,
    Role::RivmBeheer,
];
/// Roles that ask for connections, or approve them.
pub const GOVERN: &[Role] = &[Role::RivmBeheer, Role::Privacycoordinator];
/// The role that runs the register.
pub const OPERATE: &[Role] = &[Role::RivmBeheer];
/// The role that keys paper cards.
pub const KEY: &[Role] = &[Role::RivmInvoerder];
/// Roles that end sessions of others.
pub const SESSIONS: &[Role] = &[Role::Instellingsbeheerder, Role::RivmBeheer];
/// Roles that decide about deliveries that wait.
pub const PARK: &[Role] = &[
    Role::RivmBeoordelaar,
    Role::RivmBeheer,
    Role::Privacycoordinator,
];
/// Any role.
pub const ANY: &[Role] = &[
    Role::Invoerder,
    Role::Instellingsbeheerder,
    Role::OpProef,
    Role::Leverancier,
    Role::RivmInvoerder,
    Role::RivmBeoordelaar,
    Role::RivmBeheer,
    Role::Privacycoordinator,
    Role::Auditor,
];

impl Route {
    /// Is it this one, whatever its parameters are called?
    fn is(&self, method: &Method, path: &str) -> bool {
        self.method == method.as_str() && shape(self.path) == shape(path)
    }
}

const fn page(path: &'static str, access: Access, person_data: bool) -> Route {
    Route {
        method: "GET",
        path,
        access,
        person_data,
        kind: Kind::Page,
    }
}

const fn call(path: &'static str, access: Access, person_data: bool) -> Route {
    Route {
        method: "POST",
        path,
        access,
        person_data,
        kind: Kind::Call,
    }
}

const fn own(method: &'static str, path: &'static str, access: Access, person_data: bool) -> Route {
    Route {
        method,
        path,
        access,
        person_data,
        kind: Kind::Own,
    }
}

const fn plain(path: &'static str) -> Route {
    Route {
        method: "GET",
        path,
        access: Access::Open,
        person_data: false,
        kind: Kind::Plain,
    }
}

use Access::{Front, LoggedIn, Open, Roles};

const TABLE: &[Route] = &[
    page("/", Front, false),
    page("/inloggen", Open, false),
    page("/instelling", LoggedIn, false),
    page("/sessies", LoggedIn, false),
    page("/bewaard/{id}", Roles(ANY), true),
    page("/registreren", Roles(DELIVER), true),
    page("/registreren/zonder-toestemming", Roles(DELIVER), false),
    page("/registreren/vaccinatie", Roles(DELIVER), true),
    page("/registreren/controleren", Roles(DELIVER), true),
    page("/registreren/klaar/{reference}", Roles(DELIVER), false),
    page("/werklijst", Roles(DELIVER), true),
    page("/kaarten", Roles(KEY), false),
    page("/kaarten/invoeren", Roles(KEY), true),
    page("/kaarten/{id}", Roles(KEY), true),
    page("/gebruikers/sessies", Roles(SESSIONS), false),
    page("/registraties", Roles(DELIVER), true),
    page("/registraties/{id}", Roles(DELIVER), true),
    page("/registraties/{id}/corrigeren", Roles(DELIVER), true),
    page("/registraties/{id}/intrekken", Roles(DELIVER), true),
    page("/registraties/{id}/terugzetten", Roles(DELIVER), true),
    page("/aanleveren", Roles(DELIVER), false),
    page("/aanleveringen", Roles(DELIVER), false),
    page("/teruggestuurd", Roles(DELIVER), false),
    page("/kwaliteit", Roles(DELIVER), false),
    page("/aanleveringen/{id}", Roles(DELIVER), true),
    page(
        "/aanleveringen/{id}/herstel/{code}/{kolom}",
        Roles(DELIVER),
        true,
    ),
    page("/aanleveringen/{id}/regels", Roles(DELIVER), true),
    page("/aanleveringen/{id}/regels/{nummer}", Roles(DELIVER), true),
    page("/aanleveringen/{id}/intrekken", Roles(WITHDRAW), false),
    page("/beoordelen", Roles(REVIEW), true),
    page("/beoordelen/groepen", Roles(REVIEW), false),
    page("/beoordelen/groepen/{id}", Roles(REVIEW), true),
    page("/beoordelen/besluiten", Roles(REVIEW), false),
    page("/beoordelen/besluiten/{id}", Roles(REVIEW), true),
    page("/beoordelen/waarden", Roles(REVIEW), false),
    page("/beoordelen/cijfers", Roles(REVIEW), false),
    page("/beoordelen/kwaliteit", Roles(REVIEW), false),
    page("/beoordelen/kwaliteit/{id}", Roles(REVIEW), false),
    page("/beoordelen/oordelen/{id}", Roles(REVIEW), true),
    page("/beoordelen/correcties/{id}", Roles(REVIEW), true),
    page("/beoordelen/{id}", Roles(REVIEW), true),
    page("/beoordelen/{id}/vergelijken", Roles(REVIEW), true),
    page("/beoordelen/{id}/koppelen", Roles(REVIEW), true),
    page("/dossiers", Roles(REVIEW), false),
    page("/beheer", Roles(OPERATE), false),
    page("/toegang", Roles(OPERATE), false),
    page("/toegang/{id}", Roles(OPERATE), false),
    page("/codelijsten", Roles(REVIEW), false),
    page("/codelijsten/verdacht", Roles(REVIEW), false),
    page("/codelijsten/wijzigingen/{id}", Roles(REVIEW), false),
    page("/codelijsten/{lijst}", Roles(REVIEW), false),
    page("/codelijsten/{lijst}/onderdeel", Roles(REVIEW), false),
    page("/gebruikers", Roles(INVITE), false),
    page("/gebruikers/uitnodiging/{id}", Roles(INVITE), false),
    page("/uitnodiging", Open, false),
    page("/dossiers/{id}", Roles(REVIEW), true),
    page("/koppelingen", Roles(GOVERN), false),
    page("/koppelingen/{id}", Roles(GOVERN), false),
    page("/aanvragen", Roles(GOVERN), false),
    page("/aanvragen/nieuw", Roles(OPERATE), false),
    page("/aanvragen/{id}", Roles(GOVERN), false),
    page("/proefbank", Roles(TRY), false),
    page("/proefbank/{id}", Roles(TRY), false),
    page("/installaties", Roles(SUPPLY), false),
    page("/volledigheid", Roles(REVIEW), false),
    page("/geparkeerd", Roles(PARK), false),
    page("/geparkeerd/{id}", Roles(PARK), false),
    page("/hulp", Open, false),
    page("/hulp/regels", Open, false),
    page("/hulp/regels/{code}", Open, false),
    page("/hulp/kolommen", Open, false),
    page("/toegankelijkheid", Open, false),
    page("/privacy", Open, false),
    page("/cookies", Open, false),
    page("/niet-gevonden", Open, false),
    page("/even-wachten", Open, false),
    page("/gewijzigd", Open, false),
    page("/storing/{incident}", Open, false),
    call("/api/taal", Open, false),
    call("/api/kleuren", Open, false),
    call("/api/sessie-beeindigen", LoggedIn, false),
    call("/api/bewaard-weggooien", Roles(ANY), false),
    call("/api/instelling-kiezen", LoggedIn, false),
    call("/api/registreren-persoon", Roles(DELIVER), true),
    call("/api/registreren-vaccinatie", Roles(DELIVER), false),
    call("/api/registreren-versturen", Roles(DELIVER), true),
    call("/api/registreren-volgende", Roles(DELIVER), true),
    call("/api/registreren-weggooien", Roles(DELIVER), false),
    call("/api/registreren-bewaren", Roles(DELIVER), false),
    call("/api/werklijst-maken", Roles(DELIVER), true),
    call("/api/werklijst-verder", Roles(DELIVER), true),
    call("/api/werklijst-registreren", Roles(DELIVER), true),
    call("/api/werklijst-weggooien", Roles(DELIVER), false),
    call("/api/kaart-invoeren", Roles(KEY), true),
    call("/api/kaart-nogmaals", Roles(KEY), true),
    call("/api/kaart-verschil", Roles(KEY), true),
    call("/api/kaart-weggooien", Roles(KEY), true),
    call("/api/sessies-beeindigen", Roles(SESSIONS), false),
    call("/api/registratie-corrigeren", Roles(DELIVER), true),
    call("/api/registratie-intrekken", Roles(DELIVER), true),
    call("/api/registratie-terugzetten", Roles(DELIVER), true),
    call("/api/registratie-klopt", Roles(DELIVER), true),
    call("/api/aanlevering-indienen", Roles(DELIVER), true),
    call("/api/aanlevering-alles-of-niets", Roles(DELIVER), true),
    call("/api/aanlevering-herstel", Roles(DELIVER), false),
    call("/api/aanlevering-werkblad", Roles(DELIVER), false),
    call("/api/aanlevering-verborgen", Roles(DELIVER), false),
    call("/api/regel-verbeteren", Roles(DELIVER), true),
    call("/api/regels-verbeteren", Roles(DELIVER), true),
    call("/api/regels-voorzien", Roles(DELIVER), true),
    call("/api/groep-besluit", Roles(REVIEW), false),
    call("/api/regel-koppelen", Roles(REVIEW), true),
    call("/api/koppeling-terug", Roles(REVIEW), false),
    call("/api/regel-toewijzen", Roles(REVIEW), false),
    call("/api/besluit-akkoord", Roles(REVIEW), true),
    call("/api/besluit-niet", Roles(REVIEW), false),
    call("/api/naam-beeindigen", Roles(REVIEW), false),
    call("/api/oordeel", Roles(REVIEW), true),
    call("/api/oordeel-terug", Roles(REVIEW), true),
    call("/api/dossier-zoeken", Roles(REVIEW), true),
    call("/api/correctie-beginnen", Roles(REVIEW), true),
    call("/api/correctie-bewaren", Roles(REVIEW), true),
    call("/api/correctie-akkoord", Roles(REVIEW), true),
    call("/api/correctie-niet", Roles(REVIEW), true),
    call("/api/lijst-voorstel", Roles(OPERATE), false),
    call("/api/lijst-akkoord", Roles(OPERATE), false),
    call("/api/lijst-niet", Roles(OPERATE), false),
    call("/api/gebruiker-uitnodigen", Roles(INVITE), false),
    call("/api/uitnodiging-intrekken", Roles(INVITE), false),
    call("/api/gebruiker-beeindigen", Roles(INVITE), false),
    call("/api/gebruiker-toelaten", Roles(INVITE), false),
    call("/api/locatie-toevoegen", Roles(MANAGE), false),
    call("/api/locatie-wijzigen", Roles(MANAGE), false),
    call("/api/locatie-beeindigen", Roles(MANAGE), false),
    call("/api/partij-aanvragen", Roles(OPERATE), false),
    call("/api/partij-beheerder", Roles(OPERATE), false),
    call("/api/koppeling-vragen", Roles(GOVERN), false),
    call("/api/koppeling-besluit", Roles(GOVERN), false),
    call("/api/partij-besluit", Roles(GOVERN), false),
    call("/api/toegang-wijzigen", Roles(OPERATE), false),
    call("/api/toegang-uitgeven", Roles(OPERATE), false),
    call("/api/geparkeerd-vragen", Roles(PARK), false),
    call("/api/geparkeerd-besluit", Roles(PARK), false),
    call("/api/regels-terughalen", Roles(REVIEW), false),
    call("/api/teruggestuurd-afsluiten", Roles(REVIEW), false),
    call("/api/aanlevering-weggooien", Roles(DELIVER), true),
    call("/api/aanlevering-voortgang", Roles(WITHDRAW), false),
    call("/api/aanlevering-intrekken", Roles(WITHDRAW), true),
    call("/api/aanlevering-intrekken-akkoord", Roles(WITHDRAW), true),
    call("/api/aanlevering-intrekken-afwijzen", Roles(WITHDRAW), true),
    own("GET", "/auth/start", Open, false),
    own("GET", "/auth/terug", Open, false),
    own("POST", "/auth/uitnodiging", Open, false),
    own("POST", "/auth/uitloggen", Open, false),
    own("POST", "/sessie/verleng", LoggedIn, false),
    own("POST", "/aanleveren", Roles(DELIVER), true),
    own("POST", "/proefbank", Roles(TRY), true),
    own("GET", "/proefbank/{id}/ontvangst.json", Roles(TRY), false),
    own("GET", "/proefbank/{id}/resultaat.csv", Roles(TRY), false),
    own("GET", "/proefbank/{id}/resultaat.json", Roles(TRY), false),
    own("POST", "/werklijst", Roles(DELIVER), true),
    own("POST", "/codelijsten/inlezen", Roles(OPERATE), false),
    own("GET", "/aanleveren/sjabloon", Open, false),
    own(
        "GET",
        "/aanleveringen/{id}/ontvangst.json",
        Roles(DELIVER),
        false,
    ),
    own(
        "GET",
        "/aanleveringen/{id}/ontvangstbewijs.pdf",
        Roles(DELIVER),
        false,
    ),
    own(
        "GET",
        "/aanleveringen/{id}/resultaat.csv",
        Roles(DELIVER),
        false,
    ),
    own(
        "GET",
        "/aanleveringen/{id}/resultaat.json",
        Roles(DELIVER),
        false,
    ),
    own(
        "GET",
        "/aanleveringen/{id}/verbeteren",
        Roles(DELIVER),
        true,
    ),
    plain("/healthz"),
    plain("/readyz"),
    plain("/version"),
    plain("/pkg/{*file}"),
    plain("/favicon.svg"),
    plain("/robots.txt"),
];

/// The table.
#[must_use]
pub fn routes() -> &'static [Route] {
    TABLE
}

/// The routes of the running router by method and axum's own path, for the guard.
#[derive(Debug, Default)]
pub struct Lookup(HashMap<(Method, String), Route>);

impl Lookup {
    /// Pairs what the router really serves with the table.
    ///
    /// # Errors
    /// Names every route that is served but not in the table.
    pub fn pair(served: impl IntoIterator<Item = (Method, String)>) -> anyhow::Result<Self> {
        let mut lookup = HashMap::new();
        let mut unknown = BTreeSet::new();
        for (method, path) in served {
            match TABLE.iter().find(|route| route.is(&method, &path)) {
                Some(route) => {
                    lookup.insert((method, path), *route);
                }
                None => {
                    unknown.insert(format!("{method} {path}"));
                }
            }
        }
        anyhow::ensure!(
            unknown.is_empty(),
            "served, but without an entry in web/routes.rs: {unknown:?}"
        );
        Ok(Self(lookup))
    }

    /// The route of a request; HEAD is a GET.
    #[must_use]
    pub fn of(&self, method: &Method, path: &str) -> Option<Route> {
        let method = if method == Method::HEAD {
            Method::GET
        } else {
            method.clone()
        };
        self.0.get(&(method, path.to_owned())).copied()
    }
}

/// A path without the names of its parameters, and a server function without its number.
fn shape(path: &str) -> String {
    let path = if path.starts_with("/api/") {
        path.trim_end_matches(|sign: char| sign.is_ascii_digit())
    } else {
        path
    };
    path.split('/')
        .map(|part| match part.as_bytes() {
            [b'{', b'*', ..] => "{*}",
            [b'{', ..] => "{}",
            _ => part,
        })
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_parameters_and_numbers_of_server_functions_do_not_matter() {
        assert_eq!(shape("/a/{id}/b"), shape("/a/{key}/b"));
        assert_eq!(shape("/api/choose1234567890"), "/api/choose");
        assert_ne!(shape("/a/{id}"), shape("/a/b"));
        assert_eq!(shape("/pkg/{*file}"), shape("/pkg/{*path}"));
    }

    #[test]
    fn a_route_nobody_decided_about_stops_the_start() {
        let error =
            Lookup::pair([(Method::POST, "/api/surprise42".to_owned())]).expect_err("refused");
        assert!(error.to_string().contains("POST /api/surprise"), "{error}");
    }

    #[test]
    fn nothing_that_changes_something_is_a_get() {
        for route in routes() {
            assert!(matches!(route.method, "GET" | "POST"), "{}", route.path);
            assert!(
                route.kind != Kind::Call || route.method == "POST",
                "{}",
                route.path
            );
        }
    }
}
