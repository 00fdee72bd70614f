"""The same into the tables of the register: sql_tables.py FILE LISTS URL PEERS PARTY, into a fresh copy of the register.

The rows are judged as `sets.py` says. The same statement seals them and makes their digests and keys, in parallel, by
pgcrypto: HMAC-SHA-256, and AES-256-CBC, for it has no GCM: what it seals carries no proof that nobody changed it. Then one
INSERT a table, in the order of the file; persons in that of their keyed BSN. Keys grow with time, as ours do.
The log gets a line per 1,250 rows with its persons, as by an import, without those of receipt and end.
"""

import sys
import time
from pathlib import Path
from secrets import token_bytes
from uuid import uuid4

import psycopg

from report import Clock
from rules import Lists
from sets import COLUMNS, judge, listed, place, take

FILE, LISTS, URL, PEERS, PARTY = sys.argv[1:]
# Columns with the rules that refuse a value there; a value of one that names nobody makes a cluster of rows that wait
REFUSED = {
    "toestemming": ("T01", False),
    "bsn": ("P01 P02 P03 B10", False),
    "geboortedatum": ("P10 P11 P12 P15", False),
    "geslacht": ("P20", False),
    "postcode": ("P30", False),
    "huisnummer": ("P31", False),
    "vaccinatiedatum": ("V01 V02 V03 V04 V05", True),
    "hpk_code": ("V12", True),
    "batchnummer": ("V20 V21", True),
    "dosisnummer": ("V31", True),
    "doelgroep": ("V42", True),
}
# A version of a registration: the row without the sender's key, with what its product is called and who administered
SAID = [f"j.{name}" for name in COLUMNS if name != "bronsleutel"]
SAID += ["v.name AS vaccin", "%(agb)s AS uitvoerder_agb", "%(big)s AS big_nummer"]
TAKEN = "line code given product bronsleutel hpk_code batchnummer dosisnummer doelgroep vaccinatieland doses".split()

OWN = f"""
CREATE TABLE brp (bsn text, born date);
CREATE TABLE broken AS
    SELECT code, in_column, mapped,
        jsonb_build_array(jsonb_build_object('code', code, 'column', in_column, 'severity', 'fout', 'filled', 'Nothing')) AS findings
    FROM (VALUES {", ".join(f"('{code}', '{column}', {mapped})" for column, (codes, mapped) in REFUSED.items() for code in codes.split())})
        AS v (code, in_column, mapped);
"""


def key(at):
    """A key: the time, the row, and six of its random bytes."""
    return f"encode(%(stamp)s || int4send(r.line::int) || substr(r.bits, {at}, 6), 'hex')::uuid"


def sealed(text, at):
    """Sealed as ours are: three bytes say how, then what sixteen random ones begin."""
    start = f"substr(r.bits, {at}, 16)"
    return f"'\\x010001'::bytea || {start} || encrypt_iv(convert_to({text}, 'UTF8'), %(enc)s, {start}, 'aes-cbc/pad:pkcs')"


def digest(text, key):
    """Its keyed hash."""
    return f"hmac(convert_to({text}, 'UTF8'), %({key})s, 'sha256')"


# The random bytes keep PostgreSQL from putting the inner queries into the outer one, which would do their work several times
JUDGE = f"""
CREATE UNLOGGED TABLE ruled AS
SELECT {listed(TAKEN, "r.")}, {key(49)} AS row_key, {key(55)} AS report_key, {key(61)} AS jab_key, {key(67)} AS person_key,
    CASE WHEN r.code IS NULL THEN {digest("r.bsn", "mac")} END AS bsn_mac,
    CASE WHEN r.code IS NULL THEN {sealed("r.bsn", 33)} END AS bsn_sealed,
    CASE WHEN r.code IS NULL THEN {digest("r.content", "digest")} END AS row_digest,
    CASE WHEN r.code IS NULL THEN {sealed("r.content", 17)} END AS content_sealed,
    {sealed("r.raw", 1)} AS raw_sealed,
    b.findings, b.in_column, CASE WHEN b.mapped
        THEN '1:' || encode({digest("concat(b.in_column, ':', r.raw::json -> 'cells' ->> b.in_column)", "digest")}, 'hex') END AS in_value
FROM (
    SELECT j.*, v.doses, gen_random_bytes(72) AS bits,
        '{{"cells":' || row_to_json(whole)::text || '}}' AS raw, '{{"cells":' || row_to_json(said)::text || '}}' AS content
    FROM ({judge([name for name in COLUMNS if name != "bsn"])}) j
    LEFT JOIN vaccines v ON v.id = j.product
    CROSS JOIN LATERAL (SELECT {listed(COLUMNS, "j.")}) whole
    CROSS JOIN LATERAL (SELECT {listed(SAID)}) said
) r
LEFT JOIN broken b ON b.code = r.code
ORDER BY r.line
"""

# Of each row that is stored its person: the one that the register knows, or one new one for all rows with a BSN
WHOM = """
CREATE UNLOGGED TABLE stored AS
SELECT line, COALESCE(known, fresh) AS person_id, known IS NULL AND nth = 1 AS is_new, nth, bsn_mac, bsn_sealed
FROM (
    SELECT r.line, r.bsn_mac, r.bsn_sealed, p.id AS known, first_value(r.person_key) OVER whom AS fresh, row_number() OVER whom AS nth,
        row_number() OVER (PARTITION BY r.bsn_mac, r.given, r.product ORDER BY r.line) AS turn
    FROM ruled r
    LEFT JOIN persons p ON p.mac_key = '1' AND p.bsn_mac = r.bsn_mac
    WHERE r.code IS NULL
        AND NOT EXISTS (SELECT FROM vaccinations v WHERE v.person_id = p.id AND v.vaccinated_on = r.given AND v.vaccine = r.product
                          AND v.valid_to IS NULL)
        AND NOT EXISTS (SELECT FROM reports k WHERE k.party_id = %(party)s AND k.source_key = r.bronsleutel)
    WINDOW whom AS (PARTITION BY r.bsn_mac ORDER BY r.given, r.product, r.line)
) n
WHERE turn = 1
"""

DELIVERY = """
INSERT INTO deliveries (id, party_id, channel, state, file_name, file_size, ruleset_version)
VALUES (%(delivery)s, %(party)s, 'sftp', 'storing', %(name)s, %(size)s, 'sql_tables')
"""

PERSONS = """
INSERT INTO persons (id, mac_key, bsn_mac, bsn_enc)
SELECT person_id, '1', bsn_mac, bsn_sealed FROM stored WHERE is_new ORDER BY bsn_mac
"""

JABS = """
INSERT INTO vaccinations (person_id, id, vaccinated_on, vaccine, hpk, batch, dose, country, target_group, agb)
SELECT s.person_id, r.jab_key, r.given, r.product, r.hpk_code, r.batchnummer, r.dosisnummer::smallint, COALESCE(r.vaccinatieland, 'NL'),
    r.doelgroep, %(agb)s
FROM ruled r JOIN stored s ON s.line = r.line
"""

REPORTS = """
INSERT INTO reports (id, party_id, source_key, channel, delivery_id, row_number, outcome, person_id, vaccination_id, vaccinated_on,
    vaccine, batch, dose, target_group, content_sealed, row_digest, ruleset_version, digest_key)
SELECT r.report_key, %(party)s, r.bronsleutel, 'sftp', %(delivery)s, r.line::int + 1, 'GEACCEPTEERD', s.person_id, r.jab_key, r.given,
    r.product, r.batchnummer, r.dosisnummer::smallint, r.doelgroep, r.content_sealed, r.row_digest, 'sql_tables', '1'
FROM ruled r JOIN stored s ON s.line = r.line
"""

ROWS = """
INSERT INTO delivery_rows (delivery_id, row_number, id, party_id, outcome, findings, match, mutation, source_key, row_digest, raw_sealed,
    person_id, report_id, vaccination_id, state, doses_before, doses_after, doses_series, doses_above, cluster_code, cluster_column,
    cluster_value, digest_key)
SELECT %(delivery)s, r.line::int + 1, r.row_key, %(party)s,
    CASE WHEN r.code IS NOT NULL THEN 'AFGEKEURD' WHEN s.line IS NULL THEN 'DUBBEL' ELSE 'GEACCEPTEERD' END,
    COALESCE(r.findings, '[]'), CASE WHEN s.line IS NOT NULL THEN 'GEVONDEN' END, CASE WHEN r.code IS NULL THEN 'N' END,
    r.bronsleutel, r.row_digest, r.raw_sealed, s.person_id, CASE WHEN s.line IS NOT NULL THEN r.report_key END,
    CASE WHEN s.line IS NOT NULL THEN r.jab_key END, CASE WHEN r.code IS NULL THEN 'closed' ELSE 'open' END, s.nth - 1, s.nth,
    CASE WHEN s.line IS NOT NULL THEN r.doses END,
    CASE WHEN s.line IS NOT NULL THEN s.nth > GREATEST(r.doses, r.dosisnummer::smallint) END,
    r.code, COALESCE(r.in_column, ''), COALESCE(r.in_value, ''), '1'
FROM ruled r LEFT JOIN stored s ON s.line = r.line
"""

END = """
UPDATE deliveries d SET state = 'done', outcome = CASE WHEN n.refused = 0 THEN 'VERWERKT' ELSE 'DEELS_VERWERKT' END, rows_read = n.rows,
    geaccepteerd = n.accepted, afgekeurd = n.refused, dubbel = n.rows - n.accepted - n.refused, progress = n.rows + 1, finished_at = now()
FROM (SELECT count(*)::int AS rows, (count(*) FILTER (WHERE outcome = 'GEACCEPTEERD'))::int AS accepted,
          (count(*) FILTER (WHERE outcome = 'AFGEKEURD'))::int AS refused
      FROM delivery_rows WHERE delivery_id = %(delivery)s) n
WHERE d.id = %(delivery)s RETURNING d.geaccepteerd, d.afgekeurd
"""

LOG = """
SELECT count(audit_add(
    json_build_object('event', 'transfer.rows-stored', 'eventID', gen_random_uuid(), 'eventActionCode', 'C', 'eventOutcomeIndicator', 0,
        'purposeOfUse', 'vaccinatieregistratie', 'participantObject', json_build_object('typeCode', 'delivery', 'id', %(delivery)s),
        'delivery', %(delivery)s, 'rows', json_build_array(c.first, c.last), 'actor', 'worker', 'organisation', %(party)s)::text,
    %(party)s::text, c.persons, '{}'::bytea[], NULL::text))
FROM (
    SELECT min(r.line) + 1 AS first, max(r.line) + 1 AS last,
        COALESCE(array_agg(DISTINCT s.person_id) FILTER (WHERE s.person_id IS NOT NULL), '{}') AS persons
    FROM ruled r LEFT JOIN stored s ON s.line = r.line GROUP BY (r.line - 1) / 1250 ORDER BY 1
) c
"""

lists = Lists(LISTS)
# The register has a table of batches too: what is only of this peer stands in front of it
OPTIONS = "-c search_path=peer,public"
with psycopg.connect(URL, autocommit=True, options=OPTIONS) as connection:
    connection.execute("CREATE SCHEMA peer")
    connection.execute("CREATE EXTENSION pgcrypto SCHEMA peer")
    connection.execute(OWN)
    with psycopg.connect(PEERS) as peers, peers.cursor() as here, connection.cursor() as there:
        with here.copy("COPY brp (bsn, born) TO STDOUT (FORMAT binary)") as out, there.copy("COPY brp FROM STDIN (FORMAT binary)") as to:
            for portion in out:
                to.write(portion)
    connection.execute("ALTER TABLE brp ADD PRIMARY KEY (bsn)")
    connection.execute("VACUUM ANALYZE brp, broken")
    select = "SELECT id, default_agb, default_big FROM parties WHERE code = %s"
    party, agb, big = connection.execute(select, [PARTY]).fetchone()
    place(connection, lists)

with psycopg.connect(URL, options=OPTIONS) as connection, connection.cursor() as cursor, open(FILE, "rb") as file:
    clock = Clock()
    values = {
        "today": lists.today,
        "start": lists.start,
        "party": party,
        "agb": agb,
        "big": big,
        "delivery": uuid4(),
        "name": Path(FILE).name,
        "size": Path(FILE).stat().st_size,
        "stamp": int(time.time() * 1000).to_bytes(6, "big"),
        "mac": token_bytes(32),
        "digest": token_bytes(32),
        "enc": token_bytes(32),
    }
    # CREATE TABLE AS takes no parameters: they are written into the text
    written = psycopg.ClientCursor(connection)
    run = lambda statement: cursor.execute(written.mogrify(statement, values))
    cursor.execute("SET LOCAL work_mem = '256MB'")
    # PostgreSQL takes sealing for cheap: with its own figure it might do all of it in one process
    cursor.execute("SET LOCAL parallel_tuple_cost = 0")
    take(cursor, file)
    run(JUDGE)
    cursor.execute("ANALYZE ruled")
    run(WHOM)
    cursor.execute("ANALYZE stored")
    run(DELIVERY)
    cursor.execute(PERSONS)
    run(JABS)
    run(REPORTS)
    run(ROWS)
    run(END)
    accepted, refused = cursor.fetchone()
    run(LOG)
    connection.commit()
    clock.say(accepted, refused)
