"""Reading and row rules with DuckDB, nothing stored: duckdb_rules.py FILE LISTS."""

import sys

import duckdb

from report import Clock
from rules import GROUPS, WEIGHTS, Lists

FILE, LISTS = sys.argv[1:]
lists = Lists(LISTS)
words = lambda list: ", ".join(f"'{word}'" for word in list)
total = " + ".join(f"n // {10 ** (8 - at)} % 10 * {weight}" for at, weight in enumerate(WEIGHTS))
JUDGE = rf"""
WITH raw AS (
    SELECT *, try_cast(bsn AS INTEGER) AS n,
        CASE WHEN regexp_full_match(geboortedatum, '\d{{2}}-\d{{2}}-\d{{4}}') THEN try_strptime(geboortedatum, '%d-%m-%Y') END AS born,
        CASE WHEN regexp_full_match(vaccinatiedatum, '\d{{2}}-\d{{2}}-\d{{4}}') THEN try_strptime(vaccinatiedatum, '%d-%m-%Y') END AS given
    FROM read_csv($1, delim = ';', header = true, all_varchar = true)
)
SELECT CASE
    WHEN toestemming IS NULL OR toestemming NOT IN ('J', 'N') THEN 'T01'
    WHEN bsn IS NULL THEN 'P01'
    WHEN NOT regexp_full_match(bsn, '\d{{9}}') THEN 'P02'
    WHEN n = 0 OR ({total}) % 11 <> 0 THEN 'P03'
    WHEN geboortedatum IS NULL THEN 'P10'
    WHEN born IS NULL THEN CASE WHEN regexp_full_match(geboortedatum, '\d{{2}}-\d{{2}}-\d{{4}}') THEN 'P12'
        WHEN regexp_full_match(geboortedatum, '\d{{2}}-\d{{2}}-\d{{2}}') THEN 'P15' ELSE 'P11' END
    WHEN geslacht NOT IN ('M', 'V', 'O') THEN 'P20'
    WHEN NOT regexp_full_match(postcode, '[1-9]\d{{3}}[A-Z]{{2}}') OR right(postcode, 2) IN ('SA', 'SD', 'SS') THEN 'P30'
    WHEN NOT regexp_full_match(huisnummer, '[1-9]\d{{0,4}}') THEN 'P31'
    WHEN vaccinatiedatum IS NULL THEN 'V01'
    WHEN given IS NULL THEN CASE WHEN regexp_full_match(vaccinatiedatum, '\d{{2}}-\d{{2}}-\d{{4}}') THEN 'V03' ELSE 'V02' END
    WHEN given > DATE '{lists.today}' THEN 'V04'
    WHEN given < DATE '{lists.start}' THEN 'V05'
    WHEN hpk_code IS NULL OR hpk_code NOT IN ({words(lists.products)}) THEN 'V12'
    WHEN batchnummer IS NULL THEN 'V20'
    WHEN dosisnummer IS NULL OR NOT regexp_full_match(dosisnummer, '[1-9]') THEN 'V31'
    WHEN doelgroep IS NULL OR doelgroep NOT IN ({words(sorted(GROUPS))}) THEN 'V42'
    END AS code, count(*)
FROM raw GROUP BY 1
"""

clock = Clock()
counted = dict(duckdb.execute(JUDGE, [FILE]).fetchall())
accepted = counted.pop(None, 0)
clock.say(accepted, sum(counted.values()))
