//! The record of a person as it follows from its history alone, at any moment: what was reported (the versions of registrations),
//! what RIVM ruled and accepted, what withdrawals stored and what code lists released. An own reading of those tables in plain
//! terms, which never asks what the register says that counts.

use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;
use uuid::Uuid;

/// Of a group of vaccinations the first counts: refused, steps to the one that was chosen, since when, and its key.
type Order = (bool, usize, (OffsetDateTime, Uuid), Uuid);

/// A row of a delivery.
type Place = (Uuid, i32);

/// A version of a registration, as it was stored.
#[derive(sqlx::FromRow)]
struct Version {
    id: Uuid,
    version: i32,
    party: String,
    source_key: String,
    mutation: String,
    person_id: Option<Uuid>,
    vaccination_id: Option<Uuid>,
    day: Option<String>,
    vaccine: Option<i16>,
    batch: Option<String>,
    dose: Option<i16>,
    delivery_id: Uuid,
    row_number: i32,
    restores: Option<i32>,
    valid_from: OffsetDateTime,
    valid_to: Option<OffsetDateTime>,
    outcome: String,
    /// A rule lets it wait.
    doubted: bool,
}

impl Version {
    fn place(&self) -> Place {
        (self.delivery_id, self.row_number)
    }

    fn stands(&self, at: OffsetDateTime) -> bool {
        self.mutation != "V" && self.valid_from <= at && self.valid_to.is_none_or(|to| to > at)
    }
}

/// What is true of a person, in one of its forms.
#[derive(sqlx::FromRow)]
struct Form {
    id: Uuid,
    continues: Option<Uuid>,
    valid_from: OffsetDateTime,
    valid_to: Option<OffsetDateTime>,
}

/// A ruling about rows.
#[derive(sqlx::FromRow)]
struct Ruled {
    kind: String,
    lesser: Option<Uuid>,
    kept: Option<Uuid>,
    rows: Vec<Uuid>,
    made_at: OffsetDateTime,
    undone_at: Option<OffsetDateTime>,
}

impl Ruled {
    fn holds(&self, at: OffsetDateTime) -> bool {
        self.made_at <= at && self.undone_at.is_none_or(|undone| undone > at)
    }
}

/// A row that was accepted with its group, or by a withdrawal; or waits again because that is over.
#[derive(sqlx::FromRow)]
struct Moved {
    delivery_id: Uuid,
    row_number: i32,
    at: OffsetDateTime,
    accepted: bool,
}

/// A row that a code list or the BRP judged anew: whether a rule let it wait, before and after.
#[derive(sqlx::FromRow)]
struct Reread {
    delivery_id: Uuid,
    row_number: i32,
    at: OffsetDateTime,
    before: bool,
    after: bool,
}

/// A vaccination that counts, and who reports it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Counted {
    pub(crate) person: Uuid,
    pub(crate) day: String,
    pub(crate) vaccine: i16,
    pub(crate) batch: String,
    pub(crate) dose: i16,
    /// Party, key and version of each registration that rests on it.
    pub(crate) sources: Vec<String>,
}

/// All that happened.
pub(crate) struct History {
    versions: Vec<Version>,
    forms: BTreeMap<Uuid, Form>,
    rulings: Vec<Ruled>,
    moves: Vec<Moved>,
    rereads: Vec<Reread>,
    /// Where each row stands, by its keys: a row that was mended had another one before.
    rows: BTreeMap<Uuid, Place>,
}

impl History {
    pub(crate) async fn read(world: &World) -> Self {
        let admin = &world.test.admin;
        let versions = sqlx::query_as(
            "SELECT r.id, r.version, p.code AS party, r.source_key, r.mutation, r.person_id, r.vaccination_id, to_char(r.vaccinated_on, 'DD-MM-YYYY') AS day,
                    r.vaccine, r.batch, r.dose, r.delivery_id, r.row_number, r.restores, r.valid_from, r.valid_to, r.outcome,
                    EXISTS (SELECT FROM jsonb_array_elements(r.findings) AS f WHERE f ->> 'severity' = 'controle') AS doubted
             FROM reports r JOIN parties p ON p.id = r.party_id ORDER BY r.id, r.version",
        );
        let forms: Vec<Form> =
            sqlx::query_as("SELECT id, continues, valid_from, valid_to FROM vaccinations")
                .fetch_all(admin)
                .await
                .unwrap();
        let rulings = sqlx::query_as(
            "SELECT kind, lesser, kept, rows, made_at, undone_at FROM rulings ORDER BY made_at",
        );
        let moves = sqlx::query_as(
            "SELECT (line::jsonb ->> 'delivery')::uuid AS delivery_id, (number #>> '{}')::integer AS row_number, at, true AS accepted
             FROM audit_lines, jsonb_array_elements(CASE WHEN jsonb_typeof(line::jsonb -> 'rows') = 'array' THEN line::jsonb -> 'rows' ELSE '[]' END) AS number
             WHERE event = 'record.decided' AND line::jsonb ->> 'decision' = 'accept'
             UNION ALL
             SELECT delivery_id, row_number, mended_at, outcome = 'TE_CONTROLEREN' FROM row_history
             WHERE raw_sealed IS NULL AND decision_id IS NULL AND list_change_id IS NULL AND brp_load_id IS NULL
               AND outcome IN ('TE_CONTROLEREN', 'GEACCEPTEERD')
             ORDER BY 3",
        );
        // After it, until the row changed once more.
        let rereads = sqlx::query_as(
            "SELECT h.delivery_id, h.row_number, h.mended_at AS at,
                    EXISTS (SELECT FROM jsonb_array_elements(h.findings) AS f WHERE f ->> 'severity' = 'controle') AS before,
                    EXISTS (SELECT FROM jsonb_array_elements(COALESCE(
                                (SELECT n.findings FROM row_history n WHERE n.row_id = h.row_id AND n.mended_at > h.mended_at ORDER BY n.mended_at LIMIT 1),
                                w.findings)) AS f WHERE f ->> 'severity' = 'controle') AS after
             FROM row_history h LEFT JOIN delivery_rows w ON w.id = h.row_id
             WHERE h.list_change_id IS NOT NULL OR h.brp_load_id IS NOT NULL ORDER BY h.mended_at",
        );
        let rows: Vec<(Uuid, Uuid, i32)> = sqlx::query_as(
            "SELECT id, delivery_id, row_number FROM delivery_rows
             UNION SELECT row_id, delivery_id, row_number FROM row_history",
        )
        .fetch_all(admin)
        .await
        .unwrap();
        Self {
            versions: versions.fetch_all(admin).await.unwrap(),
            forms: forms.into_iter().map(|form| (form.id, form)).collect(),
            rulings: rulings.fetch_all(admin).await.unwrap(),
            moves: moves.fetch_all(admin).await.unwrap(),
            rereads: rereads.fetch_all(admin).await.unwrap(),
            rows: rows
                .into_iter()
                .map(|(id, delivery, number)| (id, (delivery, number)))
                .collect(),
        }
    }

    /// The vaccination, whatever form it had: the first of its forms.
    fn first_form(&self, id: Uuid) -> Uuid {
        let mut at = id;
        while let Some(before) = self.forms.get(&at).and_then(|form| form.continues) {
            at = before;
        }
        at
    }

    /// Since when the form of then stood, by the first form.
    fn since(&self, first: Uuid, at: OffsetDateTime) -> (OffsetDateTime, Uuid) {
        let mut forms = self.forms.values();
        let then = forms.find(|form| {
            form.valid_from <= at
                && form.valid_to.is_none_or(|to| to > at)
                && self.first_form(form.id) == first
        });
        let then = then.expect("what is reported stands");
        (then.valid_from, then.id)
    }

    /// The version whose row asked somebody to look, when one did: its own, or that of what it says again.
    fn asked<'a>(&'a self, version: &'a Version) -> &'a Version {
        let Some(root) = version.restores else {
            return version;
        };
        let places: BTreeSet<Place> = self.rows.values().copied().collect();
        let mut same = self.versions.iter().filter(|one| {
            one.id == version.id
                && one.version <= version.version
                && (one.version == root || one.restores == Some(root))
                && (one.version == root || places.contains(&one.place()))
        });
        same.next_back().expect("it says something again")
    }

    /// A rule let a version wait at a moment.
    fn doubted(&self, asked: &Version, at: OffsetDateTime) -> bool {
        // Where RIVM put another value in its row, what is found since is about the version that made.
        let later = self.versions.iter().filter(|one| {
            one.id == asked.id && one.version > asked.version && one.place() == asked.place()
        });
        let until = later.map(|one| one.valid_from).min();
        let own = self.rereads.iter().filter(|one| {
            (one.delivery_id, one.row_number) == asked.place()
                && one.at >= asked.valid_from
                && until.is_none_or(|until| one.at < until)
        });
        let own: Vec<&Reread> = own.collect();
        match own.iter().find(|one| one.at > at) {
            Some(next) => next.before,
            None => own.last().map_or(asked.doubted, |last| last.after),
        }
    }

    /// What a version had come to at a moment.
    fn outcome(&self, version: &Version, at: OffsetDateTime) -> &'static str {
        let asked = self.asked(version);
        if !self.doubted(asked, at) {
            return "GEACCEPTEERD";
        }
        let since = asked.valid_from;
        let about = |row: &Uuid| self.rows.get(row) == Some(&asked.place());
        let ruled = self.rulings.iter().rfind(|ruling| {
            ruling.made_at >= since && ruling.holds(at) && ruling.rows.iter().any(about)
        });
        match ruled.map(|ruling| ruling.kind.as_str()) {
            Some("refuse") => return "AFGEKEURD",
            Some(_) => return "GEACCEPTEERD",
            None => {}
        }
        let moved = self.moves.iter().rfind(|one| {
            (one.delivery_id, one.row_number) == asked.place() && one.at >= since && one.at <= at
        });
        if moved.is_some_and(|one| one.accepted) {
            "GEACCEPTEERD"
        } else {
            "TE_CONTROLEREN"
        }
    }

    /// Registrations that are not stored as what follows from the history.
    pub(crate) fn wrong_outcomes(&self, now: OffsetDateTime) -> Vec<String> {
        let standing = self.versions.iter().filter(|version| version.stands(now));
        let wrong = standing.filter(|version| version.outcome != self.outcome(version, now));
        wrong
            .map(|one| {
                let follows = self.outcome(one, now);
                format!(
                    "{} {} v{}: {}, not {follows}",
                    one.party, one.source_key, one.version, one.outcome
                )
            })
            .collect()
    }

    /// Where the merges that held then lead, and in how many steps.
    fn top(&self, first: Uuid, at: OffsetDateTime) -> (Uuid, usize) {
        let (mut jab, mut steps) = (first, 0);
        loop {
            let merge = self.rulings.iter().find(|ruling| {
                ruling.holds(at) && ruling.lesser.map(|lesser| self.first_form(lesser)) == Some(jab)
            });
            let Some(kept) = merge.and_then(|merge| merge.kept) else {
                return (jab, steps);
            };
            (jab, steps) = (self.first_form(kept), steps + 1);
            assert!(steps < 50, "merges go round");
        }
    }

    /// What counted at a moment: of each group of reports of one jab, of which one is accepted, the vaccination that the rulings
    /// chose; while nothing that stands reports that one, the next best.
    pub(crate) fn counted(&self, at: OffsetDateTime) -> Vec<Counted> {
        let mut jabs: BTreeMap<Uuid, Vec<&Version>> = BTreeMap::new();
        for version in self.versions.iter().filter(|version| version.stands(at)) {
            let jab = version
                .vaccination_id
                .expect("what stands is of a vaccination");
            jabs.entry(self.first_form(jab)).or_default().push(version);
        }
        let mut groups: BTreeMap<Uuid, Vec<Order>> = BTreeMap::new();
        for (first, reports) in &jabs {
            let (top, steps) = self.top(*first, at);
            let refused = reports
                .iter()
                .all(|one| self.outcome(one, at) == "AFGEKEURD");
            let order = (refused, steps, self.since(*first, at), *first);
            groups.entry(top).or_default().push(order);
        }
        let mut counted: Vec<Counted> = Vec::new();
        for mut members in groups.into_values() {
            members.sort();
            let reports: Vec<&&Version> = members
                .iter()
                .flat_map(|(.., first)| &jabs[first])
                .collect();
            if reports
                .iter()
                .all(|one| self.outcome(one, at) != "GEACCEPTEERD")
            {
                continue;
            }
            let mut sources: Vec<String> = reports
                .iter()
                .map(|one| format!("{} {} {}", one.party, one.source_key, one.version))
                .collect();
            sources.sort();
            let said = jabs[&members[0].3][0];
            counted.push(Counted {
                person: said.person_id.unwrap(),
                day: said.day.clone().unwrap(),
                vaccine: said.vaccine.unwrap(),
                batch: said.batch.clone().unwrap(),
                dose: said.dose.unwrap(),
                sources,
            });
        }
        counted.sort();
        counted
    }
}

/// What counts now, as proofs and reports read it.
pub(crate) async fn counting(world: &World) -> Vec<Counted> {
    let found: Vec<(Uuid, String, i16, String, i16, Vec<String>)> = sqlx::query_as(
        "SELECT v.person_id, to_char(v.vaccinated_on, 'DD-MM-YYYY'), v.vaccine, v.batch, v.dose,
                ARRAY (SELECT concat_ws(' ', p.code, r.source_key, r.version) FROM vaccinations s
                       JOIN reports r ON r.person_id = s.person_id AND r.vaccination_id = s.id AND r.valid_to IS NULL JOIN parties p ON p.id = r.party_id
                       WHERE s.person_id = v.person_id AND s.valid_to IS NULL AND v.id IN (s.id, s.merged_into))
         FROM vaccinations v WHERE v.effective AND v.valid_to IS NULL",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap();
    let mut counted: Vec<Counted> = found
        .into_iter()
        .map(|(person, day, vaccine, batch, dose, mut sources)| {
            sources.sort();
            Counted {
                person,
                day,
                vaccine,
                batch,
                dose,
                sources,
            }
        })
        .collect();
    counted.sort();
    counted
}
