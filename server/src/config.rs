//! Configuration: one file (`cims.toml`), overridden by `CIMS__SECTION__KEY` in the environment.
//!
//! A key we do not know is refused, with its name and where it was read: a typo may not silently fall back
//! to a default. Secrets are never values here but paths of files, so the configuration can be shown.

use crate::intake::read::Limits;
use crate::intake::receive::KEPT_DAYS;
use crate::intake::scan;
use domain::delivery::Channel;
use domain::ruling::PRIORITY;
use figment::error::Kind;
use figment::providers::{Env, Format, Toml};
use figment::{Figment, Metadata};
use openidconnect::url::Url;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tracing_subscriber::EnvFilter;

/// The file that is read when no other is named.
pub const DEFAULT_FILE: &str = "cims.toml";

/// The whole configuration; every section has defaults fit for one machine.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Addresses and origin.
    pub server: Server,
    /// PostgreSQL, one address per role.
    pub database: Database,
    /// Key files.
    pub keys: Keys,
    /// Raw files.
    pub storage: Storage,
    /// SFTP drop box.
    pub sftp: Sftp,
    /// Malware scanner.
    pub scanner: Scanner,
    /// OpenID provider.
    pub login: Login,
    /// Sessions.
    pub session: Session,
    /// The work of RIVM.
    pub review: Review,
    /// Log lines.
    pub log: Log,
}

/// Addresses and origin.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Where the portal listens.
    pub listen: SocketAddr,
    /// Where metrics listen; apart from the portal, never public.
    pub metrics_listen: SocketAddr,
    /// Origin people see, e.g. `https://portaal.example.nl`; requests from elsewhere may change nothing.
    pub origin: String,
    /// Addresses whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Folder with `pkg/`, CSS, fonts and icons.
    pub site_root: PathBuf,
    /// Shows the banner "Demo: geen echte gegevens".
    pub demo: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            metrics_listen: SocketAddr::from(([127, 0, 0, 1], 9090)),
            origin: "http://localhost:3000".to_owned(),
            trusted_proxies: Vec::new(),
            site_root: PathBuf::from("target/site"),
            demo: false,
        }
    }
}

/// PostgreSQL. Three roles, three addresses: no process that serves people owns a table (security §4.5).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// Role `cims_portal`: reads for people.
    pub portal_url: String,
    /// File with the password of that role, when it has one.
    pub portal_password_file: Option<PathBuf>,
    /// Role `cims_worker`: writes the register.
    pub worker_url: String,
    /// File with the password of that role, when it has one.
    pub worker_password_file: Option<PathBuf>,
    /// Role `cims_log` of the logbeheerder, for `cims audit verify`; the owner's when absent.
    pub log_url: Option<String>,
    /// File with the password of that role, when it has one.
    pub log_password_file: Option<PathBuf>,
    /// Role that migrates; only `cims migrate` uses it, directly, never through a pooler.
    pub owner_url: Option<String>,
    /// File with the password of that role, when it has one.
    pub owner_password_file: Option<PathBuf>,
    /// Connections of each of the two pools.
    pub connections: u32,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            portal_url: "postgres://cims_portal@localhost/cims".to_owned(),
            portal_password_file: None,
            worker_url: "postgres://cims_worker@localhost/cims".to_owned(),
            worker_password_file: None,
            log_url: None,
            log_password_file: None,
            owner_url: None,
            owner_password_file: None,
            connections: 8,
        }
    }
}

/// Key files (security §10).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// Folder with `mac-1.key`, `enc-1.key` … of 32 bytes each.
    pub dir: PathBuf,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("keys"),
        }
    }
}

/// Raw files, sealed (security G4).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// Folder with `spool/` and `blobs/`.
    pub dir: PathBuf,
    /// Days a raw file is kept after its receipt, and an answer in `uit/` after it was made; what came of it is kept for ever (features F26).
    pub raw_file_days: u32,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("storage"),
            raw_file_days: KEPT_DAYS,
        }
    }
}

/// SFTP drop box (security §5). Its host key is `sftp-1.key` among the key files.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sftp {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Largest file, in bytes.
    pub max_file_bytes: u64,
    /// Largest set of the BRP, in bytes: everybody stands in a full one.
    pub max_brp_file_bytes: u64,
    /// Seconds to log in.
    pub login_seconds: u32,
    /// Minutes without a packet before a connection ends.
    pub idle_minutes: u32,
    /// Seconds a file without proof is left alone before it counts as whole (specification §8).
    pub quiet_seconds: u32,
    /// Seconds a sender is kept waiting while the database is away (security F3).
    pub patience_seconds: u32,
    /// Seconds that uploads which are open may go on when the server stops (security F16); a service manager must wait longer.
    pub last_uploads_seconds: u32,
    /// Files a party may put down in 24 hours, of all its installations.
    pub day_files: u32,
    /// Bytes likewise.
    pub day_bytes: u64,
    /// Key exchanges that a quantum computer would break are offered too, for clients that know no other.
    pub classic_key_exchange: bool,
}

impl Default for Sftp {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 2222)),
            max_file_bytes: Limits::SYSTEM.bytes,
            max_brp_file_bytes: Limits::BRP_BYTES,
            login_seconds: 20,
            idle_minutes: 15,
            quiet_seconds: 300,
            patience_seconds: 30,
            last_uploads_seconds: 60,
            day_files: 10_000,
            day_bytes: 100 * 1024 * 1024 * 1024,
            classic_key_exchange: true,
        }
    }
}

/// Malware scanner (rule A21).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scanner {
    /// Where clamd listens: the path of its Unix socket, or `host:port`; without it no file is scanned.
    pub address: Option<scan::Address>,
}

/// OpenID provider (security §4.3).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Login {
    /// Issuer; its discovery document is read at start and kept 24 hours.
    pub issuer: String,
    /// Our client at the provider.
    pub client_id: String,
    /// File with the client secret; none for a public client.
    pub client_secret_file: Option<PathBuf>,
    /// Levels of assurance (`acr`) that may enter; asked for and checked.
    pub acr: Vec<String>,
    /// Levels for RIVM roles, which need two factors; empty = the same.
    pub staff_acr: Vec<String>,
    /// Name on the button.
    pub provider_name: String,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            issuer: "http://localhost:3001".to_owned(),
            client_id: "cims".to_owned(),
            client_secret_file: None,
            acr: vec!["substantial".to_owned()],
            staff_acr: Vec::new(),
            provider_name: "inlogdienst".to_owned(),
        }
    }
}

/// Sessions (security §4.4).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Session {
    /// Minutes without a request before a session ends.
    pub idle_minutes: u32,
    /// Hours after which a session ends, however active.
    pub absolute_hours: u32,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            idle_minutes: 15,
            absolute_hours: 8,
        }
    }
}

/// The work of RIVM.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Review {
    /// Channels in the order in which their word counts, the best first (features F48): of two reports of one jab, the one
    /// that is proposed to count. A channel that is not named comes last.
    pub source_priority: Vec<Channel>,
}

impl Default for Review {
    fn default() -> Self {
        Self {
            source_priority: PRIORITY.to_vec(),
        }
    }
}

/// Log lines.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Filter, e.g. `info,server=debug`.
    pub filter: String,
    /// One JSON object a line, instead of text.
    pub json: bool,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            json: false,
        }
    }
}

/// Why a configuration is not usable; one sentence with key and source.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl Config {
    /// Reads the file ([`DEFAULT_FILE`] may be absent) and the environment.
    ///
    /// # Errors
    /// On an unreadable file, an unknown key or a value of the wrong kind; the sentence names key and source.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let names = std::env::vars_os().map(|(name, _)| name);
        if let Some(name) = names
            .filter_map(|name| name.into_string().ok())
            .find(|name| is_slip(name))
        {
            return Err(ConfigError(format!(
                "configuration: environment variable `{name}` means nothing; a key is written `CIMS__SECTION__KEY`, with two underscores"
            )));
        }
        Self::from_figment(&Self::figment(file))
    }

    fn figment(file: &Path) -> Figment {
        let figment = Figment::new();
        // Without a file an installation lives on the environment; a file that was asked for by name must be there.
        let figment = if file == Path::new(DEFAULT_FILE) && !file.exists() {
            figment
        } else {
            figment.merge(Toml::file_exact(file))
        };
        figment.merge(Env::prefixed("CIMS__").split("__"))
    }

    fn from_figment(figment: &Figment) -> Result<Self, ConfigError> {
        let config: Self = figment
            .extract()
            .map_err(|error| ConfigError(sentence(figment, &error)))?;
        if let Some((key, wanted)) = config.unusable() {
            let source = source(figment, key, None);
            return Err(ConfigError(format!(
                "configuration: key `{key}`{source} is not {wanted}"
            )));
        }
        Ok(config)
    }

    /// A key with a value of the right kind that cannot be used all the same, and what it should be.
    fn unusable(&self) -> Option<(&'static str, &'static str)> {
        // A session has to outlive the warnings before its ends: two minutes, and ten (ux §3.4).
        if !(3..=60).contains(&self.session.idle_minutes) {
            Some(("session.idle_minutes", "a number from 3 to 60"))
        } else if !(1..=24).contains(&self.session.absolute_hours) {
            Some(("session.absolute_hours", "a number from 1 to 24"))
        } else if self.login.acr.is_empty() {
            Some(("login.acr", "a list with at least one level of assurance"))
        } else if self.database.connections == 0 {
            Some(("database.connections", "a number from 1"))
        } else if !is_origin(&self.server.origin) {
            Some((
                "server.origin",
                "an origin, like https://portaal.example.nl",
            ))
        } else if is_twice(&self.review.source_priority) {
            Some((
                "review.source_priority",
                "a list that names each channel once",
            ))
        } else if EnvFilter::try_new(&self.log.filter).is_err() {
            Some(("log.filter", "a filter, like info,server=debug"))
        } else {
            None
        }
    }

    /// The configuration as TOML, passwords in addresses replaced.
    ///
    /// # Errors
    /// When it cannot be written as TOML, which would be our mistake.
    pub fn redacted(&self) -> Result<String, ConfigError> {
        let mut shown = self.clone();
        for url in [
            &mut shown.database.portal_url,
            &mut shown.database.worker_url,
        ] {
            *url = without_password(url);
        }
        for url in [&mut shown.database.log_url, &mut shown.database.owner_url]
            .into_iter()
            .flatten()
        {
            *url = without_password(url);
        }
        toml::to_string_pretty(&shown).map_err(|error| ConfigError(error.to_string()))
    }
}

/// "unknown key `sever` in cims.toml; known are …"
fn sentence(figment: &Figment, error: &figment::Error) -> String {
    let mut path = error.path.clone();
    if let Kind::UnknownField(name, _) = &error.kind
        && path.last() != Some(name)
    {
        path.push(name.clone());
    }
    let key = path.join(".");
    let source = source(figment, &key, error.metadata.as_ref());
    match &error.kind {
        Kind::UnknownField(_, known) => {
            format!(
                "configuration: unknown key `{key}`{source}; known here: {}",
                known.join(", ")
            )
        }
        // The kind says what was expected; the value itself may be a secret put in the wrong place.
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            format!("configuration: key `{key}`{source} is not {expected}")
        }
        Kind::Message(message) if key.is_empty() => {
            format!("configuration{source}: {}", without_lines(message))
        }
        _ => format!("configuration: key `{key}`{source} is not usable"),
    }
}

/// Where a key was read: " in cims.toml".
fn source(figment: &Figment, key: &str, otherwise: Option<&Metadata>) -> String {
    let metadata = figment.find_metadata(key).or(otherwise);
    metadata.map_or_else(String::new, |metadata| match &metadata.source {
        Some(source) => format!(" in {source}"),
        None => format!(
            " in the environment (CIMS__{})",
            key.replace('.', "__").to_uppercase()
        ),
    })
}

fn is_twice(channels: &[Channel]) -> bool {
    let mut places = channels.iter().enumerate();
    places.any(|(place, channel)| channels[..place].contains(channel))
}

/// As browsers write it: scheme, host and port, and nothing behind it.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}

/// What the reader of TOML says, without the line that it shows: a secret may stand there, in the wrong place.
fn without_lines(message: &str) -> String {
    let said = message.lines().map(str::trim);
    let said = said.filter(|line| !line.is_empty() && !line.contains('|'));
    said.collect::<Vec<_>>().join(", ")
}

/// An address of a database without its password, in whichever of the two places that stands. Of one that does not read as
/// an address nothing is shown: where its password ends is a guess.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return HIDDEN.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (path, options) = path.split_once('?').unwrap_or((path, ""));
    let unclear = |text: &str| text.contains(['@', '#']);
    if unclear(path) || unclear(options) {
        return format!("{scheme}://{HIDDEN}");
    }
    let address = format!("{scheme}://{}{path}", without_user_password(authority));
    if options.is_empty() {
        return address;
    }
    let shown = options.split('&').map(|option| {
        let (name, _) = option.split_once('=').unwrap_or((option, ""));
        // Written with % it is still the option that the database library reads.
        if name.eq_ignore_ascii_case("password") || name.contains('%') {
            format!("{name}={HIDDEN}")
        } else {
            option.to_owned()
        }
    });
    format!("{address}?{}", shown.collect::<Vec<_>>().join("&"))
}

/// Stands for what is not shown.
const HIDDEN: &str = "***";

/// `user:password@host` without the password. It may hold an '@': the last one ends it.
fn without_user_password(authority: &str) -> String {
    let Some((user, host)) = authority.rsplit_once('@') else {
        return authority.to_owned();
    };
    match user.split_once(':') {
        Some((user, _)) => format!("{user}:{HIDDEN}@{host}"),
        None => authority.to_owned(),
    }
}

/// One underscore too few: it would be passed over without a word.
fn is_slip(name: &str) -> bool {
    let rest = name.strip_prefix("CIMS_");
    rest.is_some_and(|rest| !rest.starts_with('_') && rest.contains("__"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_variable_with_an_underscore_too_few_is_a_slip() {
        assert!(is_slip("CIMS_SESSION__IDLE_MINUTES"));
        for name in [
            "CIMS__SESSION__IDLE_MINUTES",
            "CIMS_CONFIG",
            "CIMS_TEST_DATABASE_URL",
            "OTHER__X",
        ] {
            assert!(!is_slip(name), "{name}");
        }
    }

    fn load(toml: &str) -> Result<Config, ConfigError> {
        Config::from_figment(&Figment::new().merge(Toml::string(toml)))
    }

    #[test]
    fn an_empty_file_gives_the_defaults() {
        let config = load("").expect("defaults");
        assert_eq!(config.session.idle_minutes, 15);
        assert_eq!(config.server.listen.port(), 3000);
    }

    #[test]
    fn an_unknown_key_names_itself_and_its_source() {
        let dir = tempfile::tempdir().expect("dir");
        let file = dir.path().join("cims.toml");
        std::fs::write(&file, "[sever]\nlisten = \"127.0.0.1:1\"\n").expect("write");
        let error = Config::load(&file).expect_err("refused").to_string();
        assert!(
            error.contains("`sever`") && error.contains("cims.toml"),
            "{error}"
        );

        std::fs::write(&file, "[server]\nlissen = \"127.0.0.1:1\"\n").expect("write");
        let error = Config::load(&file).expect_err("refused").to_string();
        assert!(
            error.contains("`server.lissen`") && error.contains("cims.toml"),
            "{error}"
        );
    }

    #[test]
    #[expect(clippy::result_large_err, reason = "signature of figment's jail")]
    fn the_environment_overrides_and_is_named() {
        figment::Jail::expect_with(|jail| {
            jail.create_file("cims.toml", "[session]\nidle_minutes = 10\n")?;
            jail.set_env("CIMS__SESSION__IDLE_MINUTES", "12");
            let config = Config::load(Path::new("cims.toml")).expect("loads");
            assert_eq!(config.session.idle_minutes, 12);

            jail.set_env("CIMS__SESSION__IDLE_HOURS", "12");
            let error = Config::load(Path::new("cims.toml"))
                .expect_err("refused")
                .to_string();
            assert!(
                error.contains("`session.idle_hours`")
                    && error.contains("CIMS__SESSION__IDLE_HOURS"),
                "{error}"
            );
            Ok(())
        });
    }

    #[test]
    #[expect(clippy::result_large_err, reason = "signature of figment's jail")]
    fn a_scanner_is_configured_by_its_address_and_shown() {
        let config = load("").expect("defaults");
        assert_eq!(config.scanner.address, None);
        assert!(config.redacted().expect("toml").contains("[scanner]"));
        let config = load("[scanner]\naddress = \"/run/clamav/clamd.ctl\"\n").expect("loads");
        let shown = config.redacted().expect("toml");
        assert!(
            shown.contains("address = \"/run/clamav/clamd.ctl\""),
            "{shown}"
        );
        figment::Jail::expect_with(|jail| {
            jail.set_env("CIMS__SCANNER__ADDRESS", "127.0.0.1:3310");
            let config = Config::load(Path::new(DEFAULT_FILE)).expect("loads");
            assert_eq!(
                config.scanner.address,
                Some(scan::Address::Tcp("127.0.0.1:3310".to_owned()))
            );
            Ok(())
        });
    }

    #[test]
    #[expect(clippy::result_large_err, reason = "signature of figment's jail")]
    fn the_order_of_sources_is_configured_shown_and_named_when_it_is_none() {
        let config = load("").expect("defaults");
        assert_eq!(config.review.source_priority, PRIORITY);
        let config = load("[review]\nsource_priority = [\"papier\", \"sftp\"]\n").expect("loads");
        let order = [Channel::Papier, Channel::Sftp];
        assert_eq!(config.review.source_priority, order);
        let shown = config.redacted().expect("toml");
        assert!(
            shown.contains("[review]") && shown.contains("\"papier\""),
            "{shown}"
        );
        for wrong in ["[\"papier\", \"papier\"]", "[\"fax\"]", "\"papier\""] {
            let error = load(&format!("[review]\nsource_priority = {wrong}\n"))
                .expect_err("refused")
                .to_string();
            assert!(error.contains("`review.source_priority"), "{error}");
        }
        figment::Jail::expect_with(|jail| {
            jail.set_env("CIMS__REVIEW__SOURCE_PRIORITY", "[upload, sftp]");
            let config = Config::load(Path::new(DEFAULT_FILE)).expect("loads");
            let order = [Channel::Upload, Channel::Sftp];
            assert_eq!(config.review.source_priority, order);
            Ok(())
        });
    }

    #[test]
    fn a_scanner_that_is_nowhere_is_refused_by_its_key() {
        let error = load("[scanner]\naddress = \"clamd.ctl\"\n")
            .expect_err("refused")
            .to_string();
        assert!(error.contains("`scanner.address`"), "{error}");
    }

    #[test]
    fn only_the_default_file_may_be_absent() {
        let error = Config::load(Path::new("/nowhere/other.toml"))
            .expect_err("refused")
            .to_string();
        assert!(error.contains("other.toml"), "{error}");
    }

    #[test]
    fn a_wrong_value_is_named_but_not_shown() {
        let error = load("[session]\nidle_minutes = \"geheim123\"\n")
            .expect_err("refused")
            .to_string();
        assert!(error.contains("`session.idle_minutes`"), "{error}");
        assert!(!error.contains("geheim123"), "{error}");
    }

    #[test]
    fn a_session_that_just_outlives_the_warning_before_its_end_is_fine() {
        let config = load("[session]\nidle_minutes = 3\n").expect("loads");
        assert_eq!(config.session.idle_minutes, 3);
    }

    #[test]
    #[expect(clippy::result_large_err, reason = "signature of figment's jail")]
    fn a_value_that_cannot_be_used_names_its_key_and_its_source() {
        for (section, key, values) in [
            ("session", "idle_minutes", &["2", "61"][..]),
            ("session", "absolute_hours", &["0", "25"]),
            (
                "server",
                "origin",
                &[
                    "\"foo\"",
                    "\"https://portaal.example.nl/\"",
                    "\"https://portaal.example.nl/pad\"",
                    "\"ftp://portaal.example.nl\"",
                ],
            ),
            ("log", "filter", &["\"info,=x=y\""]),
            ("login", "acr", &["[]"]),
            ("database", "connections", &["0"]),
        ] {
            for value in values {
                figment::Jail::expect_with(|jail| {
                    let name = format!("`{section}.{key}`");
                    jail.create_file("cims.toml", &format!("[{section}]\n{key} = {value}\n"))?;
                    let refused = || Config::load(Path::new("cims.toml")).expect_err("refused");
                    let said = refused().to_string();
                    assert!(said.contains(&name) && said.contains("cims.toml"), "{said}");
                    jail.create_file("cims.toml", "")?;
                    let variable = format!("CIMS__{section}__{key}").to_uppercase();
                    jail.set_env(&variable, value.trim_matches('"'));
                    let said = refused().to_string();
                    assert!(said.contains(&name) && said.contains(&variable), "{said}");
                    Ok(())
                });
            }
        }
        let config = load("[server]\norigin = \"https://portaal.example.nl:8443\"\n");
        assert!(config.is_ok());
    }

    #[test]
    fn passwords_in_addresses_are_not_shown() {
        let config = load("[database]\nportal_url = \"postgres://cims:p@ss:w@db.example/cims\"\n")
            .expect("loads");
        let shown = config.redacted().expect("toml");
        assert!(
            shown.contains("postgres://cims:***@db.example/cims"),
            "{shown}"
        );
        assert!(!shown.contains("p@ss"), "{shown}");
        for (option, kept) in [
            ("password=topgeheim&sslmode=require", "sslmode=require"),
            ("host=%2Fvar%2Frun&Password=topgeheim", "host=%2Fvar%2Frun"),
            ("p%61ssword=topgeheim", "***"),
        ] {
            let config = load(&format!(
                "[database]\nowner_url = \"postgres://o@h/db?{option}\"\n"
            ));
            let shown = config.expect("loads").redacted().expect("toml");
            assert!(!shown.contains("topgeheim"), "{shown}");
            assert!(shown.contains(kept), "{shown}");
        }
    }
    #[test]
    fn an_address_that_cannot_be_read_shows_no_password_either() {
        for url in [
            "postgres://cims:top/geheim@db.example/cims",
            "postgres://cims:top?geheim@db.example/cims",
            "postgres://cims:top#geheim@db.example/cims",
            "postgres://cims:p@top/geheim@db.example/cims",
            "postgres://cims:p@top?geheim@db.example/cims",
            "cims:topgeheim@db.example/cims",
        ] {
            let config = load(&format!("[database]\nportal_url = \"{url}\"\n")).expect("loads");
            let shown = config.redacted().expect("toml");
            assert!(!shown.contains("geheim"), "{url}: {shown}");
        }
    }

    #[test]
    fn a_line_that_is_no_toml_is_named_by_its_number_and_not_shown() {
        let text = "[database]\nportal_url = postgres://cims:geheim123@db/cims\n";
        let error = load(text).expect_err("refused").to_string();
        assert!(error.contains("line 2"), "{error}");
        assert!(!error.contains("geheim123"), "{error}");
        assert!(!error.contains('\n'), "one sentence: {error}");
    }
}
