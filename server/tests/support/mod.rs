//! A database per test: a template is migrated once, each test copies it and drops it at its end.
//!
//! Address of the cluster, as a superuser: `CIMS_TEST_DATABASE_URL`, else `DATABASE_URL`, else that of `.env`.

#![allow(
    clippy::allow_attributes,
    dead_code,
    reason = "each test binary uses a part of it"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_types,
    reason = "a test that cannot start should say where; names of databases are made here"
)]

use app::ports::{Caller, Membership, PartyRef};
use domain::bsn::Bsn;
use domain::role::Role;
use domain::row::{Column, RowText};
use server::keys::{Keys, Purpose};
use server::store::{Db, schema};
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, PgPool};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Born 01-04-2000, in the BRP.
pub(crate) const EREBOS: &str = "999990019";
/// Born 01-04-1987, in the BRP.
pub(crate) const NAOMI: &str = "999995571";
/// Born 24-03-2000, in the BRP.
pub(crate) const FROUKE: &str = "999991772";
/// Died 01-12-2009.
pub(crate) const MENELAOS: &str = "999994839";
/// On two lists.
pub(crate) const TWICE: &str = "999995923";

/// A database of its own, with both pools and keys.
pub(crate) struct TestDb {
    /// The pools of the server.
    pub(crate) db: Db,
    /// A superuser, to look at everything and to break things.
    pub(crate) admin: PgPool,
    /// Fresh keys.
    pub(crate) keys: Arc<Keys>,
    /// Folder of the keys, and room for files.
    pub(crate) dir: tempfile::TempDir,
    /// Name of the database.
    pub(crate) name: String,
    cluster: PgConnectOptions,
}

impl TestDb {
    /// Makes one.
    pub(crate) async fn new() -> Self {
        Self::within(cluster()).await
    }

    /// Makes one in this cluster; address and superuser of it.
    pub(crate) async fn within(cluster: PgConnectOptions) -> Self {
        let name = format!("cims_test_{}", Uuid::new_v4().simple());
        let template = template(&cluster).await;
        let mut admin = maintenance(&cluster).await;
        admin
            .execute(AssertSqlSafe(format!(
                "CREATE DATABASE {name} TEMPLATE {template}"
            )))
            .await
            .expect("copy of the template");
        admin.close().await.ok();
        let dir = tempfile::tempdir().expect("folder");
        Keys::generate_missing(&dir.path().join("keys")).expect("keys");
        let keys = Arc::new(Keys::load(&dir.path().join("keys")).expect("keys"));
        let role = |role: &str| cluster.clone().username(role).database(&name);
        let db = Db::from_options(role("cims_portal"), role("cims_worker"), 4);
        let admin = PgPoolOptions::new()
            .max_connections(2)
            .connect_lazy_with(cluster.clone().database(&name));
        Self {
            db,
            admin,
            keys,
            dir,
            name,
            cluster,
        }
    }

    /// Connection options of a role to this database.
    pub(crate) fn as_role(&self, role: &str) -> PgConnectOptions {
        self.cluster.clone().username(role).database(&self.name)
    }

    /// Address of this database for a role, for processes of their own.
    pub(crate) fn url(&self, role: &str) -> String {
        let host = self.cluster.get_socket().map_or_else(
            || self.cluster.get_host().to_owned(),
            |socket| socket.display().to_string(),
        );
        format!(
            "postgres://{role}@localhost:{}/{}?host={host}",
            self.cluster.get_port(),
            self.name
        )
    }

    /// A party that may deliver, with one AGB code.
    pub(crate) async fn party(&self, code: &str) -> PartyRef {
        let id = Uuid::now_v7();
        let name = format!("Instelling {code}");
        sqlx::query("INSERT INTO parties (id, code, name, kind, status, default_agb) VALUES ($1, $2, $3, 'verpleeghuis', 'active', '06010001')")
            .bind(id).bind(code).bind(&name).execute(&self.admin).await.expect("party");
        sqlx::query("INSERT INTO party_agb (party_id, agb) VALUES ($1, '06010001')")
            .bind(id)
            .execute(&self.admin)
            .await
            .expect("agb");
        let coordinator = Uuid::now_v7();
        sqlx::query("INSERT INTO users (id, issuer, subject, name) VALUES ($1, 'https://issuer.test', $2, 'Coördinator')")
            .bind(coordinator)
            .bind(format!("coordinator-{code}"))
            .execute(&self.admin)
            .await
            .expect("coordinator");
        for channel in domain::delivery::Channel::ALL {
            sqlx::query("INSERT INTO connections (id, party_id, channel, state, decided_by, decided_at) VALUES ($1, $2, $3, 'approved', $4, now())")
                .bind(Uuid::now_v7()).bind(id).bind(channel.as_str()).bind(coordinator).execute(&self.admin).await.expect("connection");
        }
        PartyRef {
            id,
            code: code.to_owned(),
            name,
        }
    }

    /// A BRP of a handful of fictitious people.
    pub(crate) async fn brp(&self) {
        let load = Uuid::now_v7();
        sqlx::query("INSERT INTO brp_loads (id, kind, state, file_name, file_digest, digest_key, finished_at) VALUES ($1, 'full', 'done', 'test', '\\x00', '1', now())")
            .bind(load)
            .execute(&self.admin)
            .await
            .unwrap();
        for (pl, bsn, surname, birth, suspension, death) in [
            ("1", EREBOS, "Bultenaar", "20000401", None, None),
            ("2", NAOMI, "Jonker", "19870401", None, None),
            ("3", FROUKE, "Jansen", "20000324", None, None),
            (
                "4",
                MENELAOS,
                "Homeros",
                "19400502",
                Some("O"),
                Some("20091201"),
            ),
            ("5", TWICE, "Eerste", "19500101", None, None),
            ("6", TWICE, "Tweede", "19500101", None, None),
        ] {
            let mac = self.keys.bsn_mac(&Bsn::parse(bsn).unwrap());
            let sealed = self
                .keys
                .seal(bsn.as_bytes(), &Purpose::BrpBsn.of(pl.as_bytes()));
            sqlx::query(
                "INSERT INTO brp_lists (pl_id, mac_key, bsn_mac, bsn_enc, surname, birth_date, suspension_reason, death_date, content_digest, load_id)
                 VALUES ($1, $2, $3, $9, $4, $5, $6, $7, '\\x00', $8)",
            )
            .bind(pl)
            .bind(mac.key_id())
            .bind(mac.bytes.to_vec())
            .bind(surname)
            .bind(birth)
            .bind(suspension)
            .bind(death)
            .bind(load)
            .bind(sealed.into_bytes())
            .execute(&self.admin)
            .await
            .unwrap();
        }
    }

    /// A user with one role, as the caller of a request.
    pub(crate) async fn caller(
        &self,
        subject: &str,
        role: Role,
        party: Option<&PartyRef>,
    ) -> Caller {
        let id = Uuid::now_v7();
        sqlx::query("INSERT INTO users (id, issuer, subject, name) VALUES ($1, 'https://issuer.test', $2, $2)")
            .bind(id).bind(subject).execute(&self.admin).await.expect("user");
        sqlx::query("INSERT INTO user_roles (user_id, party_id, role) VALUES ($1, $2, $3)")
            .bind(id)
            .bind(party.map(|party| party.id))
            .bind(role.as_str())
            .execute(&self.admin)
            .await
            .expect("role");
        let membership = Membership {
            party: party.cloned(),
            role,
        };
        Caller {
            user_id: id,
            name: subject.to_owned(),
            memberships: vec![membership.clone()],
            membership,
            session_id: Uuid::now_v7(),
            request_id: Uuid::now_v7(),
            only_keeps: false,
        }
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (cluster, name) = (self.cluster.clone(), self.name.clone());
        // Drop cannot wait inside the test's own runtime, and the pools still hold connections: FORCE ends them.
        let drop = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("runtime");
            runtime.block_on(async move {
                let mut admin = maintenance(&cluster).await;
                admin
                    .execute(AssertSqlSafe(format!(
                        "DROP DATABASE IF EXISTS {name} WITH (FORCE)"
                    )))
                    .await
                    .ok();
                admin.close().await.ok();
            });
        };
        std::thread::spawn(drop).join().ok();
    }
}

/// What a test says that cannot run here. `cargo xtask test` installs all that tests need, and says so (`CIMS_TEST_ALL`): there it
/// fails, and is not green without a word.
pub(crate) fn not_run(why: &str) -> String {
    unless_all(why, std::env::var_os("CIMS_TEST_ALL").is_some())
}

/// The same of a disk to fill up. Where nobody may mount one `cargo xtask test` tells it (`CIMS_TEST_NO_DISK`).
pub(crate) fn no_disk() -> String {
    let told = std::env::var_os("CIMS_TEST_NO_DISK").is_some();
    let all = std::env::var_os("CIMS_TEST_ALL").is_some() && !told;
    unless_all("no disk of one's own may be mounted here", all)
}

pub(crate) fn unless_all(why: &str, all: bool) -> String {
    assert!(!all, "not run: {why}");
    format!("not run: {why}")
}

fn cluster() -> PgConnectOptions {
    let url = std::env::var("CIMS_TEST_DATABASE_URL")
        .or_else(|_| std::env::var("DATABASE_URL"))
        .ok()
        .or_else(|| {
            let file =
                std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../.env")).ok()?;
            file.lines()
                .find_map(|line| line.strip_prefix("DATABASE_URL=").map(str::to_owned))
        })
        .expect("CIMS_TEST_DATABASE_URL or DATABASE_URL; `cargo xtask test` sets it");
    PgConnectOptions::from_str(&url)
        .expect("database address")
        .disable_statement_logging()
}

async fn maintenance(cluster: &PgConnectOptions) -> PgConnection {
    cluster
        .clone()
        .database("postgres")
        .connect()
        .await
        .expect("the cluster of the tests")
}

/// The migrated template; its name holds the digest of the migrations. Made once, whoever comes first.
async fn template(cluster: &PgConnectOptions) -> String {
    let name = format!("cims_template_{}", digest_of_migrations());
    let mut admin = maintenance(cluster).await;
    // Advisory locks are per database, and everybody asks in `postgres`.
    admin
        .execute("SELECT pg_advisory_lock(7163)")
        .await
        .expect("lock");
    let exists: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)",
    )
    .bind(&name)
    .fetch_one(&mut admin)
    .await
    .expect("templates");
    if !exists {
        admin
            .execute(AssertSqlSafe(format!(
                "DROP DATABASE IF EXISTS {name} WITH (FORCE)"
            )))
            .await
            .expect("half-made template");
        admin
            .execute(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .await
            .expect("template");
        let mut made = cluster
            .clone()
            .database(&name)
            .connect()
            .await
            .expect("template");
        schema::migrate(&mut made, Duration::from_secs(60))
            .await
            .expect("migrations");
        made.close().await.ok();
        admin
            .execute(AssertSqlSafe(format!(
                "ALTER DATABASE {name} IS_TEMPLATE true"
            )))
            .await
            .expect("template");
    }
    admin.close().await.ok();
    name
}

fn digest_of_migrations() -> String {
    let mut files: Vec<_> =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations"))
            .expect("migrations")
            .map(|entry| entry.expect("file").path())
            .collect();
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        digest.update(std::fs::read(file).expect("migration"));
    }
    digest
        .finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A row of these cells.
pub(crate) fn row(cells: &[(Column, &str)]) -> RowText {
    with(RowText::default(), cells)
}

/// A good row: this person, first dose of Comirnaty from a known batch.
pub(crate) fn good(bsn: &str, birth: &str) -> RowText {
    row(&[
        (Column::Toestemming, "J"),
        (Column::Bsn, bsn),
        (Column::Geboortedatum, birth),
        (Column::Vaccinatiedatum, "27-01-2021"),
        (Column::Vaccin, "Comirnaty"),
        (Column::Batchnummer, "EJ6795"),
        (Column::Dosisnummer, "1"),
        (Column::Doelgroep, "BEWONER_INSTELLING"),
        (Column::UitvoerderAgb, "06010001"),
        (Column::BigNummer, "19012345601"),
    ])
}

/// A row without consent: counted, and nobody looked up.
pub(crate) fn counted(source_key: &str) -> RowText {
    row(&[
        (Column::Bronsleutel, source_key),
        (Column::Toestemming, "N"),
        (Column::Vaccinatiedatum, "27-01-2021"),
        (Column::Vaccin, "Comirnaty"),
        (Column::Batchnummer, "EJ6795"),
        (Column::Dosisnummer, "1"),
        (Column::Leeftijdsgroep, "B"),
        (Column::Doelgroep, "BEWONER_INSTELLING"),
        (Column::UitvoerderAgb, "06010001"),
    ])
}

/// The same with other cells.
pub(crate) fn with(mut row: RowText, cells: &[(Column, &str)]) -> RowText {
    for (column, text) in cells {
        row.set(*column, *text);
    }
    row
}

/// Rows as a file.
pub(crate) fn csv(rows: &[RowText]) -> String {
    let header = Column::ALL.map(Column::name).join(";");
    let line = |row: &RowText| {
        Column::ALL
            .map(|column| row.get(column).to_owned())
            .join(";")
    };
    let lines = std::iter::once(header).chain(rows.iter().map(line));
    lines.map(|line| line + "\r\n").collect()
}

/// Waits until it is so, and looks every few milliseconds; `fault` says what is wrong when it takes longer than `longest`.
pub(crate) async fn until(longest: Duration, fault: &str, is_so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < longest, "{fault}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
