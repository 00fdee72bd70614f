//! An institution and RIVM at work on one person: something of every kind that a route can be asked for.
//!
//! All of it is made over the routes themselves, so a form that changes breaks here first.

use crate::browser::{Answer, Browser, query};
use crate::portal::Portal;
pub(crate) use crate::support::csv;
use crate::support::{NAOMI, good, with};
use app::ports::PartyRef;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use domain::row::{Column, RowText};
use openidconnect::url::form_urlencoded;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use time::macros::date;
use uuid::Uuid;

/// The birth date of the one person.
pub const BORN: &str = "01-04-1987";

/// What would give the one person away: number, birth date and name, in every way a page writes them.
pub const TRACES: [&str; 9] = [
    NAOMI,
    "9999.95.571",
    "*****5571",
    BORN,
    "1-4-1987",
    "1987-04-01",
    "19870401",
    "1 april 1987",
    "Jonker",
];

/// A field of a form, and what is in it.
pub type Field<'a> = (&'a str, &'a str);

/// A form as browsers write it.
pub fn form(fields: &[Field<'_>]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name, value);
    }
    form.finish()
}

/// The same with the cells of a row, as `row[column]`.
pub fn with_row(fields: &[Field<'_>], of: &str, row: &RowText) -> String {
    let cells = Column::ALL.map(|column| (format!("{of}[{}]", column.name()), row.get(column)));
    let filled = cells.iter().filter(|(_, text)| !text.is_empty());
    let cells = filled.map(|(name, text)| (name.as_str(), *text));
    form(&fields.iter().copied().chain(cells).collect::<Vec<_>>())
}

/// A good row of the one person, with other cells.
pub fn row(cells: &[(Column, &str)]) -> RowText {
    with(good(NAOMI, BORN), cells)
}

/// A form with a file.
pub fn upload(path: &str, content: &str) -> Request<Body> {
    upload_for(path, None, content)
}

/// A form with a file, for a connection of the test lane.
pub fn upload_for(path: &str, lane: Option<Uuid>, content: &str) -> Request<Body> {
    let part = |name: &str, file: &str, content: &str| {
        format!(
            "--grens\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
        )
    };
    let lane = lane.map_or_else(String::new, |lane| part("koppeling", "", &lane.to_string()));
    let body = lane
        + &part("bestand", "; filename=\"rijen.csv\"", content)
        + &part("file_consent", "", "1");
    Request::post(path)
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=grens")
        .body(Body::from(body + "--grens--\r\n"))
        .expect("request")
}

/// A file that was tried out on the page of the test lane; its delivery.
pub async fn tried(house: &mut House) -> Uuid {
    let content = csv(&[house.another("EJ6795")]);
    let request = upload_for("/proefbank", Some(house.lane().await), &content);
    led_on("/proefbank", &house.of("op-proef").send(request).await);
    house.portal.work().await;
    house
        .id("SELECT id FROM deliveries ORDER BY seq DESC LIMIT 1")
        .await
}

/// The key at the end of a path, before what is asked of it.
pub fn key(path: &str) -> Uuid {
    let path = path.split(['?', '#']).next().expect("path");
    let last = path.rsplit('/').next().expect("part");
    last.parse().unwrap_or_else(|_| panic!("no key in {path}"))
}

/// What the draft on a page says, as its form brings it along.
pub fn revision(page: &str) -> &str {
    hidden(page, "revision").expect("a revision")
}

/// What a page brings along under a name.
pub fn hidden<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let input = page.split(&format!("name=\"{name}\"")).nth(1)?;
    input.split("value=\"").nth(1)?.split('"').next()
}

/// The draft that an answer leads to.
pub fn draft_in(path: &str) -> Uuid {
    let draft = path
        .split_once("concept=")
        .map(|(_, rest)| rest.split(['&', '#']).next().expect("key"));
    draft
        .and_then(|draft| draft.parse().ok())
        .unwrap_or_else(|| panic!("no draft in {path}"))
}

/// Everybody by name: of each role the first is called after it.
pub const PEOPLE: [&str; 13] = [
    "invoerder",
    "instellingsbeheerder",
    "op-proef",
    "leverancier",
    "rivm-invoerder",
    "rivm-invoerder-2",
    "rivm-beoordelaar",
    "rivm-beheer",
    "privacycoordinator",
    "auditor",
    "vreemd",
    "invoerder-2",
    "invoerder-3",
];

/// Who send files, in turn: nobody may send more than twenty in a minute.
const SENDERS: [&str; 4] = [
    "invoerder",
    "instellingsbeheerder",
    "invoerder-2",
    "invoerder-3",
];

/// The institution, RIVM, and everybody logged in.
pub struct House {
    pub portal: Portal,
    pub people: BTreeMap<&'static str, Browser>,
    rows: usize,
    files: AtomicUsize,
}

impl House {
    pub async fn new() -> Self {
        let portal = Portal::on(date!(2021 - 06 - 15)).await;
        let own = portal.test.party("ZONNEHOF").await;
        let other = portal.test.party("DUINZICHT").await;
        let tried = portal.test.party("PROEF").await;
        portal
            .sql("UPDATE parties SET status = 'requested' WHERE code = 'PROEF'")
            .await;
        portal
            .sql("UPDATE parties SET default_target_group = 'BEWONER_INSTELLING', default_big = '19012345601'")
            .await;
        portal
            .sql(
                "UPDATE connections SET state = 'requested', decided_by = NULL, decided_at = NULL
                  WHERE party_id = (SELECT id FROM parties WHERE code = 'PROEF')",
            )
            .await;
        let mut people = BTreeMap::new();
        for name in PEOPLE {
            let (role, party): (&str, Option<&PartyRef>) = match name {
                "invoerder" | "instellingsbeheerder" | "leverancier" => (name, Some(&own)),
                "invoerder-2" | "invoerder-3" => ("invoerder", Some(&own)),
                // Nobody approved the institution yet: its manager tries files and nothing else.
                "op-proef" => ("instellingsbeheerder", Some(&tried)),
                "rivm-invoerder-2" => ("rivm-invoerder", None),
                "vreemd" => ("instellingsbeheerder", Some(&other)),
                _ => (name, None),
            };
            portal.user(name, &[(role, party)]).await;
            people.insert(name, portal.logged_in(name).await);
        }
        Self {
            portal,
            people,
            rows: 0,
            files: AtomicUsize::new(0),
        }
    }

    /// The connection that waits for a file that was tried out.
    pub async fn lane(&self) -> Uuid {
        let sql = "SELECT id FROM connections WHERE state = 'requested' AND channel = 'upload'";
        self.id(sql).await
    }

    /// A copy of the browser of somebody.
    pub fn of(&self, name: &str) -> Browser {
        self.people[name].clone()
    }

    /// Sends a form that is to lead on, not to a page about an error.
    pub async fn post(&self, name: &str, path: &str, form: &str) -> String {
        let answer = self.of(name).post(path, form).await;
        led_on(path, &answer)
    }

    pub async fn id(&self, sql: &str) -> Uuid {
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned()))
            .fetch_one(&self.portal.test.admin)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// A vaccination of the one person that nobody recorded yet, of a batch. There are three, until [`House::clear`].
    pub fn another(&mut self, batch: &str) -> RowText {
        let (dose, on) = [
            ("1", "27-01-2021"),
            ("2", "10-03-2021"),
            ("3", "12-05-2021"),
        ][self.rows % 3];
        self.rows += 1;
        row(&[
            (Column::Vaccinatiedatum, on),
            (Column::Batchnummer, batch),
            (Column::Dosisnummer, dose),
        ])
    }

    /// Empties the register; people and the log stay.
    pub async fn clear(&mut self) {
        for table in [
            "paper_cards",
            "rulings",
            "corrections",
            "receipts",
            "trials",
            "delivery_rows",
            "row_history",
            "reports",
            "withdrawals",
            "vaccinations",
            "persons",
            "drafts",
            "worklists",
            "jobs",
            "deliveries",
            "brp_checks",
            "brp_file_checks",
        ] {
            let sql = format!("DELETE FROM {table}");
            sqlx::query(sqlx::AssertSqlSafe(sql))
                .execute(&self.portal.test.admin)
                .await
                .unwrap_or_else(|error| panic!("{table}: {error}"));
        }
        self.rows = 0;
    }

    /// A draft of somebody that is ready to be sent.
    pub async fn draft(&mut self, name: &str) -> Uuid {
        let row = self.another("EJ6795");
        let path = "/api/registreren-persoon";
        let draft = draft_in(&self.post(name, path, &with_row(&[], "row", &row)).await);
        let fields = [("concept", draft.to_string()), ("confirmed", "1".into())];
        let fields: Vec<Field<'_>> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let path = "/api/registreren-vaccinatie";
        let to = self.post(name, path, &with_row(&fields, "row", &row)).await;
        assert!(to.starts_with("/registreren/controleren"), "{to}");
        draft
    }

    /// A form with a tick, after one look at what its page warns of.
    pub async fn warned(&self, name: &str, path: &str, typed: &str) -> String {
        let to = self.post(name, path, typed).await;
        let page = self.of(name).get(&to).await;
        let told = hidden(&page.body, "warned").unwrap_or_else(|| panic!("no warnings: {to}"));
        format!("{typed}&{}", form(&[("warned", told)]))
    }

    /// The form that sends a draft of somebody, as its page shows it.
    pub async fn checked(&mut self, name: &str) -> String {
        let draft = self.draft(name).await;
        self.sends(name, draft).await
    }

    /// The form that sends this draft, as its page shows it now.
    pub async fn sends(&self, name: &str, draft: Uuid) -> String {
        let page = format!("/registreren/controleren?concept={draft}");
        let page = self.of(name).get(&page).await;
        format!("concept={draft}&revision={}", revision(&page.body))
    }

    /// A registration, by its reference and key.
    pub async fn record(&mut self, name: &str) -> (String, Uuid) {
        let form = self.checked(name).await;
        let to = self.post(name, "/api/registreren-versturen", &form).await;
        let reference = to.strip_prefix("/registreren/klaar/");
        let reference = reference.unwrap_or_else(|| panic!("{to}")).to_owned();
        let sql = format!("SELECT report_id FROM receipts WHERE reference = '{reference}'");
        (reference, self.id(&sql).await)
    }

    /// A registration that was withdrawn.
    pub async fn withdrawn(&mut self) -> Uuid {
        let (_, registration) = self.record("invoerder").await;
        let form = form(&[("registration", &registration.to_string()), ("reason", "x")]);
        self.post("invoerder", "/api/registratie-intrekken", &form)
            .await;
        registration
    }

    /// A form of the manager that was kept.
    pub async fn kept(&self) -> Uuid {
        let path = format!("/api/gebruiker-uitnodigen?{}", app::kept::ONLY_KEEP);
        let answer = self
            .of("instellingsbeheerder")
            .post_bare(&path, "name=Nel&role=invoerder")
            .await;
        let to = query(&format!("http://localhost{}", answer.location()));
        key(&to["next"])
    }

    /// A file in preview.
    pub async fn preview(&self, rows: &[RowText]) -> Uuid {
        let request = upload("/aanleveren", &csv(rows));
        let turn = self.files.fetch_add(1, Ordering::Relaxed) % SENDERS.len();
        let answer = self.of(SENDERS[turn]).send(request).await;
        let delivery = key(&led_on("/aanleveren", &answer));
        self.portal.work().await;
        delivery
    }

    /// A file that was stored.
    pub async fn stored(&self, rows: &[RowText]) -> Uuid {
        let delivery = self.preview(rows).await;
        let form = format!("delivery={delivery}");
        self.post("invoerder", "/api/aanlevering-indienen", &form)
            .await;
        self.portal.work().await;
        delivery
    }

    /// A row of a stored file that waits for RIVM: its batch is on no list.
    pub async fn waiting(&mut self) -> Uuid {
        let row = self.another("ZZ9999");
        let delivery = self.stored(&[row]).await;
        let sql = format!("SELECT id FROM delivery_rows WHERE delivery_id = '{delivery}'");
        self.id(&sql).await
    }

    /// A registration that RIVM sent back to its institution.
    pub async fn returned(&mut self) -> Uuid {
        let row = self.waiting().await;
        let (judge, form) = (
            "rivm-beoordelaar",
            format!("row={row}&kind=return&reason=x"),
        );
        let id = key(&self.post(judge, "/api/groep-besluit", &form).await);
        let form = format!("id={id}");
        self.post(judge, "/api/besluit-akkoord", &form).await;
        self.portal.work().await;
        let sql = format!(
            "SELECT report_id FROM delivery_rows WHERE id = '{row}' AND returned_by = '{id}'"
        );
        self.id(&sql).await
    }

    /// A row of a stored file that waits for RIVM: there is no BSN in it, and its person is in the BRP.
    pub async fn nameless(&mut self) -> Uuid {
        let mut row = self.another("EJ6795");
        row.set(Column::Bsn, "");
        row.set(Column::GeenBsnReden, "ONBEKEND");
        row.set(Column::Achternaam, "Jonker");
        row.set(Column::Postcode, "1234AB");
        let delivery = self.stored(&[row]).await;
        let sql = format!("SELECT id FROM delivery_rows WHERE delivery_id = '{delivery}'");
        self.id(&sql).await
    }

    /// A preview with rows that were refused: the second of the file, and so on.
    pub async fn refused(&mut self, rows: usize) -> Uuid {
        let wrong = row(&[(Column::Dosisnummer, "nul")]);
        self.preview(&vec![wrong; rows]).await
    }

    /// What a form about a refused row says it saw.
    pub async fn seen(&self, delivery: Uuid, number: u32) -> Uuid {
        let sql = format!(
            "SELECT id FROM delivery_rows WHERE delivery_id = '{delivery}' AND row_number = {number}"
        );
        self.id(&sql).await
    }

    /// A card that was keyed once; `whole`: it waits for the second person.
    pub async fn card(&mut self, whole: bool) -> Uuid {
        let row = self.another("EJ6795");
        let number = if whole {
            format!("K{}", self.rows)
        } else {
            String::new()
        };
        let fields = [("number", number.as_str()), ("party", "ZONNEHOF")];
        let form = with_row(&fields, "row", &row);
        let to = self.post("rivm-invoerder", "/api/kaart-invoeren", &form);
        let to = to.await;
        if whole { key(&to) } else { draft_in(&to) }
    }

    /// A card of which the second person keyed something else.
    pub async fn differing(&mut self) -> Uuid {
        let card = self.card(true).await;
        let other = row(&[(Column::Batchnummer, "EJ6796")]);
        let form = with_row(&[("card", &card.to_string())], "row", &other);
        let to = self.post("rivm-invoerder-2", "/api/kaart-nogmaals", &form);
        assert!(to.await.contains("verschil"));
        card
    }

    /// A decision about the rows that share a cause with this one.
    pub async fn decision(&self, row: Uuid) -> Uuid {
        let form = format!("row={row}&kind=accept&reason=x");
        key(&self
            .post("rivm-beoordelaar", "/api/groep-besluit", &form)
            .await)
    }

    /// A ruling about a row.
    pub async fn ruling(&self, row: Uuid) -> Uuid {
        let form = format!("row={row}&kind=keep&reason=x");
        key(&self.post("rivm-beoordelaar", "/api/oordeel", &form).await)
    }

    /// A correction that is ready to be asked for.
    pub async fn correction(&mut self) -> Uuid {
        let (_, registration) = self.record("invoerder").await;
        let form = format!("registration={registration}&withdraw=1");
        let judge = "rivm-beoordelaar";
        let id = key(&self.post(judge, "/api/correctie-beginnen", &form).await);
        let form = format!("id={id}&request=brief");
        self.post(judge, "/api/correctie-bewaren", &form).await;
        id
    }

    /// A stored file whose withdrawal RIVM asked for.
    pub async fn withdrawal_asked(&mut self) -> Uuid {
        let row = self.another("EJ6795");
        let delivery = self.stored(&[row]).await;
        let form = format!("delivery={delivery}&reason=x");
        let path = "/api/aanlevering-intrekken";
        self.post("rivm-beoordelaar", path, &form).await;
        delivery
    }
}

/// Where an answer leads; panics when that is a page about an error.
pub fn led_on(path: &str, answer: &Answer) -> String {
    let to = answer.location().to_owned();
    let failed = [
        "/niet-gevonden",
        "/storing",
        "/even-wachten",
        "/gewijzigd",
        "/inloggen",
    ];
    assert!(
        matches!(answer.status, StatusCode::FOUND | StatusCode::SEE_OTHER)
            && !failed.iter().any(|page| to.starts_with(page))
            && !to.contains("fout="),
        "{path}: {} {to} {}",
        answer.status,
        answer.body
    );
    to
}
