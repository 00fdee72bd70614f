"""Per row a prepared SELECT and a prepared INSERT, in one transaction: per_row.py FILE LISTS URL.

The statements go to libpq through psycopg's own wrapper, without its adaptation of values.
"""

import csv
import sys

import psycopg
from psycopg import pq

from report import Clock
from rules import Lists, judge

FILE, LISTS, URL = sys.argv[1:]
KEPT = (
    "bronsleutel achternaam voorvoegsel geslacht postcode huisnummer batchnummer dosisnummer doelgroep "
    "vaccinatieplaats vaccinatieland"
).split()
PLACE = f"""
DROP TABLE IF EXISTS accepted, refused;
CREATE TABLE accepted (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, bsn text NOT NULL, born date NOT NULL,
    given date NOT NULL, product smallint NOT NULL, {" text, ".join(KEPT)} text, UNIQUE (bsn, given, product));
CREATE TABLE refused (line bigint PRIMARY KEY, code text NOT NULL);
"""
PERSON = b"SELECT born FROM brp WHERE bsn = $1"
ACCEPT = (
    f"INSERT INTO accepted (bsn, born, given, product, {', '.join(KEPT)}) "
    f"VALUES ({', '.join(f'${at}' for at in range(1, 5 + len(KEPT)))}) ON CONFLICT DO NOTHING"
).encode()
REFUSE = b"INSERT INTO refused VALUES ($1, $2)"


def done(result):
    """Stops on what the database refuses."""
    if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
        raise SystemExit(result.error_message.decode())
    return result


def text(value):
    """A value as libpq wants it; empty is NULL."""
    return str(value).encode() or None


lists = Lists(LISTS)
with psycopg.connect(URL, autocommit=True) as connection:
    connection.execute(PLACE)
    connection.execute("CHECKPOINT")
    wire = connection.pgconn
    for name, statement in ((b"person", PERSON), (b"accept", ACCEPT), (b"refuse", REFUSE)):
        done(wire.prepare(name, statement))
    accepted = refused = 0
    with open(FILE, newline="") as file:
        clock = Clock()
        done(wire.exec_(b"BEGIN"))
        for line, row in enumerate(csv.DictReader(file, delimiter=";"), 2):
            code = judge(row, lists)
            if code is None:
                found = done(wire.exec_prepared(b"person", [row["bsn"].encode()]))
                if found.ntuples != 1 or found.get_value(0, 0) != text(row["born"]):
                    code = "B10"
            if code is None:
                values = [row["bsn"], row["born"], row["given"], row["product"], *(row[name] for name in KEPT)]
                stored = done(wire.exec_prepared(b"accept", [text(value) for value in values]))
                accepted += stored.command_tuples
            else:
                done(wire.exec_prepared(b"refuse", [text(line), code.encode()]))
                refused += 1
        done(wire.exec_(b"COMMIT"))
        clock.say(accepted, refused)
