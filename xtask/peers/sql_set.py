"""Everything in SQL, as sets, into one table: sql_set.py FILE LISTS URL.

The rows are judged as `sets.py` says. A second statement sorts the good ones by the unique key, once: doubles drop out,
the rest is inserted in that order.
"""

import sys

import psycopg

from report import Clock
from rules import Lists
from sets import judge, listed, place, take

FILE, LISTS, URL = sys.argv[1:]
KEPT = (
    "bronsleutel achternaam voorvoegsel geslacht postcode huisnummer batchnummer dosisnummer doelgroep "
    "vaccinatieplaats vaccinatieland"
).split()

ONE_TABLE = f"""
DROP TABLE IF EXISTS staging, judged, refused, accepted, days, products, batches;
CREATE TABLE accepted (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, bsn text NOT NULL, born date NOT NULL,
    given date NOT NULL, product smallint NOT NULL, {" text, ".join(KEPT)} text, UNIQUE (bsn, given, product));
CREATE TABLE refused (line bigint PRIMARY KEY, code text NOT NULL);
"""

JUDGE = f"CREATE UNLOGGED TABLE judged AS {judge(KEPT)}"

ACCEPT = f"""
INSERT INTO accepted (bsn, born, given, product, {listed(KEPT)})
SELECT bsn, born, given, product, {listed(KEPT)}
FROM (SELECT *, row_number() OVER (PARTITION BY bsn, given, product ORDER BY line) AS turn FROM judged WHERE code IS NULL) j
WHERE turn = 1 AND NOT EXISTS (SELECT FROM accepted a WHERE a.bsn = j.bsn AND a.given = j.given AND a.product = j.product)
ORDER BY bsn, given, product
"""

lists = Lists(LISTS)
with psycopg.connect(URL, autocommit=True) as connection:
    connection.execute(ONE_TABLE)
    connection.execute("VACUUM ANALYZE accepted")
    place(connection, lists)

with psycopg.connect(URL) as connection, connection.cursor() as cursor, open(FILE, "rb") as file:
    clock = Clock()
    cursor.execute("SET LOCAL work_mem = '256MB'")
    take(cursor, file)
    # CREATE TABLE AS takes no parameters: the days are written into its text
    cursor.execute(psycopg.ClientCursor(connection).mogrify(JUDGE, {"today": lists.today, "start": lists.start}))
    cursor.execute("ANALYZE judged")
    cursor.execute("INSERT INTO refused SELECT line, code FROM judged WHERE code IS NOT NULL")
    refused = cursor.rowcount
    cursor.execute(ACCEPT)
    accepted = cursor.rowcount
    connection.commit()
    clock.say(accepted, refused)
