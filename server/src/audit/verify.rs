//! Recomputes the chains and compares them with the heads and the signed anchors; names the first broken line.

use crate::keys::{KeyId, Keys};
use crate::store::StoreError;
use futures::TryStreamExt;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::{Connection, Executor, PgConnection};
use std::collections::HashMap;
use std::fmt;
use time::OffsetDateTime;
use uuid::Uuid;

/// Number of chains.
const SHARDS: i16 = 16;

/// What is wrong, and where first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A line is missing or moved: this number stands where another is due.
    Gap {
        /// The number found.
        found: i64,
    },
    /// The text of the line, or one before it, does not give its hash.
    Hash,
    /// A column beside the text says something else than the text.
    Column(&'static str),
    /// The index of persons was changed.
    Persons,
    /// The chain ends before the head, or after it.
    Head,
    /// An anchor, signed outside the database, knows another line here or none at all.
    Anchor {
        /// Number of the anchor.
        id: i64,
    },
    /// An anchor that the next one names is not there any more.
    Taken {
        /// Number of the anchor.
        id: i64,
    },
    /// An anchor whose signature is not ours.
    Forged {
        /// Number of the anchor.
        id: i64,
    },
}

/// The first broken line of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Chain.
    pub shard: i16,
    /// Number of the line that is not as it was written.
    pub seq: i64,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}/{}: ", self.shard, self.seq)?;
        match &self.fault {
            Fault::Gap { found } => write!(f, "missing; line {found} stands in its place"),
            Fault::Hash => f.write_str("was changed"),
            Fault::Column(name) => write!(f, "its column {name} was changed"),
            Fault::Persons => f.write_str("its list of persons was changed"),
            Fault::Head => f.write_str("is missing at the end of its chain"),
            Fault::Anchor { id } => write!(f, "is not the line that signed anchor {id} knows"),
            Fault::Taken { id } => write!(f, "anchor {id} is missing"),
            Fault::Forged { id } => write!(f, "anchor {id} was not signed by us"),
        }
    }
}

/// What was verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Lines read.
    pub lines: u64,
    /// Anchors read.
    pub anchors: u64,
    /// Lines that no anchor signs yet: whoever takes them from the end takes them unnoticed.
    pub unsigned: u64,
    /// The first broken line of each broken chain.
    pub broken: Vec<Broken>,
}

/// An anchored line: what an anchor says of a chain.
struct Pin {
    anchor: i64,
    seq: i64,
    hash: Vec<u8>,
}

/// Verifies everything, as a role that may read the audit tables: all as it stood at one moment, for lines are written
/// meanwhile.
///
/// # Errors
/// When they cannot be read.
pub async fn verify(connection: &mut PgConnection, keys: &Keys) -> Result<Report, StoreError> {
    let mut tx = connection.begin().await?;
    tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await?;
    let report = verify_within(&mut tx, keys).await?;
    tx.rollback().await?;
    Ok(report)
}

/// The same in a transaction of the caller, who sees to it that nothing is written meanwhile.
///
/// # Errors
/// When they cannot be read.
pub async fn verify_within(
    connection: &mut PgConnection,
    keys: &Keys,
) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let mut pins = anchors(connection, keys, &mut report).await?;
    for shard in 0..SHARDS {
        let pins = pins.remove(&shard).unwrap_or_default();
        if let Some(broken) = chain(connection, shard, pins, &mut report).await? {
            report.broken.push(broken);
        }
    }
    Ok(report)
}

/// Reads the anchors; what each says goes to its chain, a forged one into the report.
async fn anchors(
    connection: &mut PgConnection,
    keys: &Keys,
    report: &mut Report,
) -> Result<HashMap<i16, Vec<Pin>>, StoreError> {
    let mut pins: HashMap<i16, Vec<Pin>> = HashMap::new();
    let mut rows =
        sqlx::query!("SELECT id, content, key_id, signature FROM audit_anchors ORDER BY id")
            .fetch(connection);
    let mut due = 1;
    let mut read: HashMap<i64, [u8; 32]> = HashMap::new();
    let not = |id, fault: fn(i64) -> Fault| Broken {
        shard: 0,
        seq: 0,
        fault: fault(id),
    };
    while let Some(anchor) = rows.try_next().await? {
        report.anchors += 1;
        let key = anchor.key_id.parse().map(KeyId).ok();
        let ours = key.is_some_and(|key| {
            keys.verify_anchor(key, anchor.content.as_bytes(), &anchor.signature)
        });
        if !ours || anchor.id < due {
            report
                .broken
                .push(not(anchor.id, |id| Fault::Forged { id }));
            continue;
        }
        due = anchor.id + 1;
        read.insert(anchor.id, Sha256::digest(&anchor.signature).into());
        for line in anchor.content.lines() {
            if let Some((before, digest)) = parse_after(line) {
                if read.get(&before).is_none_or(|read| read[..] != digest) {
                    report.broken.push(not(before, |id| Fault::Taken { id }));
                }
                continue;
            }
            let Some((shard, seq, hash)) = parse_head(line) else {
                continue;
            };
            let pins = pins.entry(shard).or_default();
            // Most chains do not move in most minutes: the first anchor of a head says it all.
            if pins
                .last()
                .is_none_or(|pin| pin.seq != seq || pin.hash != hash)
            {
                pins.push(Pin {
                    anchor: anchor.id,
                    seq,
                    hash,
                });
            }
        }
    }
    Ok(pins)
}

/// "after 7 ab12…": the anchor before, and the SHA-256 of its signature.
fn parse_after(line: &str) -> Option<(i64, Vec<u8>)> {
    let (id, digest) = line.strip_prefix("after ")?.split_once(' ')?;
    Some((id.parse().ok()?, unhex(digest)?))
}

/// "3 17 ab12…"
fn parse_head(line: &str) -> Option<(i16, i64, Vec<u8>)> {
    let mut words = line.split(' ');
    let (shard, seq, hash) = (words.next()?, words.next()?, words.next()?);
    Some((shard.parse().ok()?, seq.parse().ok()?, unhex(hash)?))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let bytes = (0..text.len()).step_by(2);
    bytes
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

/// One chain, from its first line to its head. Stops at the first broken line.
async fn chain(
    connection: &mut PgConnection,
    shard: i16,
    pins: Vec<Pin>,
    report: &mut Report,
) -> Result<Option<Broken>, StoreError> {
    let head = sqlx::query!("SELECT seq, hash FROM audit_heads WHERE shard = $1", shard)
        .fetch_optional(&mut *connection)
        .await?;
    let broken = |seq, fault| Ok(Some(Broken { shard, seq, fault }));
    let mut hash: Vec<u8> = Sha256::digest(format!("cims/audit/v1/{shard}")).to_vec();
    let mut seq = 0;
    let signed = pins.iter().map(|pin| pin.seq).max().unwrap_or_default();
    let mut pins = pins;
    // Two servers may have read the heads in one order and signed them in another.
    pins.sort_by_key(|pin| pin.seq);
    let mut pins = pins.into_iter().peekable();
    while pins.next_if(|pin| pin.seq == 0).is_some() {}
    let mut rows = sqlx::query_as!(
        Line,
        r#"SELECT l.seq, l.at, l.actor, l.organisation_id, l.event, l.line, l.hash,
                  ARRAY(SELECT p.person_id FROM audit_persons p WHERE p.shard = l.shard AND p.seq = l.seq AND p.person_id IS NOT NULL ORDER BY p.person_id) AS "persons!: Vec<Uuid>",
                  ARRAY(SELECT COALESCE(p.mac_key || ':', '') || encode(p.person_mac, 'hex') FROM audit_persons p WHERE p.shard = l.shard AND p.seq = l.seq AND p.person_mac IS NOT NULL ORDER BY p.person_mac) AS "macs!: Vec<String>"
           FROM audit_lines l WHERE l.shard = $1 ORDER BY l.seq"#,
        shard
    )
    .fetch(&mut *connection);
    while let Some(line) = rows.try_next().await? {
        report.lines += 1;
        seq += 1;
        if line.seq != seq {
            return broken(seq, Fault::Gap { found: line.seq });
        }
        hash = Sha256::new()
            .chain_update(&hash)
            .chain_update(&line.line)
            .finalize()
            .to_vec();
        if hash != line.hash {
            return broken(seq, Fault::Hash);
        }
        if let Some(fault) = line.disagrees(shard) {
            return broken(seq, fault);
        }
        while let Some(pin) = pins.next_if(|pin| pin.seq <= seq) {
            if pin.seq != seq || pin.hash != hash {
                return broken(seq, Fault::Anchor { id: pin.anchor });
            }
        }
    }
    drop(rows);
    report.unsigned += u64::try_from(seq - signed).unwrap_or_default();
    match (pins.next(), head) {
        (Some(pin), _) => return broken(seq + 1, Fault::Anchor { id: pin.anchor }),
        (None, Some(head)) if head.seq == seq && head.hash == hash => {}
        (None, _) => return broken(seq + 1, Fault::Head),
    }
    let stray = sqlx::query_scalar!(
        "SELECT min(p.seq) FROM audit_persons p WHERE p.shard = $1 AND NOT EXISTS (SELECT FROM audit_lines l WHERE l.shard = p.shard AND l.seq = p.seq)",
        shard
    )
    .fetch_one(&mut *connection)
    .await?;
    Ok(stray.map(|seq| Broken {
        shard,
        seq,
        fault: Fault::Persons,
    }))
}

struct Line {
    seq: i64,
    at: OffsetDateTime,
    actor: Option<String>,
    organisation_id: Option<Uuid>,
    event: String,
    line: String,
    hash: Vec<u8>,
    persons: Vec<Uuid>,
    /// Key and MAC, as the digest takes them.
    macs: Vec<String>,
}

impl Line {
    /// Whether a column beside the text says something else than the text.
    fn disagrees(&self, shard: i16) -> Option<Fault> {
        let Ok(Value::Object(said)) = serde_json::from_str(&self.line) else {
            return Some(Fault::Column("line"));
        };
        let text = |name: &str| said.get(name).and_then(Value::as_str);
        if said.get("shard").and_then(Value::as_i64) != Some(shard.into())
            || said.get("seq").and_then(Value::as_i64) != Some(self.seq)
        {
            return Some(Fault::Column("seq"));
        }
        if text("event") != Some(&self.event) {
            return Some(Fault::Column("event"));
        }
        if text("actor") != self.actor.as_deref() {
            return Some(Fault::Column("actor"));
        }
        if text("organisation") != self.organisation_id.map(|id| id.to_string()).as_deref() {
            return Some(Fault::Column("organisation_id"));
        }
        let at = text("at").and_then(|at| {
            OffsetDateTime::parse(at, &time::format_description::well_known::Rfc3339).ok()
        });
        if at != Some(self.at) {
            return Some(Fault::Column("at"));
        }
        (text("persons") != self.persons_digest().as_deref()).then_some(Fault::Persons)
    }

    /// The same text as `audit_persons_digest` in the schema.
    fn persons_digest(&self) -> Option<String> {
        if self.persons.is_empty() && self.macs.is_empty() {
            return None;
        }
        let persons: Vec<_> = self.persons.iter().map(Uuid::to_string).collect();
        Some(hex(&Sha256::digest(format!(
            "{};{}",
            persons.join(","),
            self.macs.join(",")
        ))))
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
