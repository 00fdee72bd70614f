"""Reading and row rules with polars, nothing stored: polars_rules.py FILE LISTS."""

import sys

import polars as pl

from report import Clock
from rules import GROUPS, WEIGHTS, Lists

FILE, LISTS = sys.argv[1:]
lists = Lists(LISTS)
text = pl.col
DAY = r"^\d{2}-\d{2}-\d{4}$"


def day(name):
    """A day written dd-mm-jjjj; null when it is none."""
    return pl.when(text(name).str.contains(DAY)).then(text(name)).str.to_date("%d-%m-%Y", strict=False)


def absent(name, condition):
    """An empty cell, or one for which the condition does not hold."""
    return text(name).is_null() | ~condition


number = text("bsn").cast(pl.Int64, strict=False)
total = pl.sum_horizontal(number // 10 ** (8 - at) % 10 * weight for at, weight in enumerate(WEIGHTS))
given, born = pl.col("given"), pl.col("born")
BROKEN = [
    ("T01", absent("toestemming", text("toestemming").is_in(["J", "N"]))),
    ("P01", text("bsn").is_null()),
    ("P02", ~text("bsn").str.contains(r"^\d{9}$")),
    ("P03", (total % 11 != 0) | (number == 0)),
    ("P10", text("geboortedatum").is_null()),
    ("P12", born.is_null() & text("geboortedatum").str.contains(DAY)),
    ("P15", born.is_null() & text("geboortedatum").str.contains(r"^\d{2}-\d{2}-\d{2}$")),
    ("P11", born.is_null()),
    ("P20", ~text("geslacht").is_in(["M", "V", "O"])),
    ("P30", ~text("postcode").str.contains(r"^[1-9]\d{3}[A-Z]{2}$") | text("postcode").str.contains("S[ADS]$")),
    ("P31", ~text("huisnummer").str.contains(r"^[1-9]\d{0,4}$")),
    ("V01", text("vaccinatiedatum").is_null()),
    ("V03", given.is_null() & text("vaccinatiedatum").str.contains(DAY)),
    ("V02", given.is_null()),
    ("V04", given > lists.today),
    ("V05", given < lists.start),
    ("V12", absent("hpk_code", text("hpk_code").is_in(list(lists.products)))),
    ("V20", text("batchnummer").is_null()),
    ("V31", absent("dosisnummer", text("dosisnummer").str.contains("^[1-9]$"))),
    ("V42", absent("doelgroep", text("doelgroep").is_in(sorted(GROUPS)))),
]
code = pl.coalesce(pl.when(broken).then(pl.lit(name)) for name, broken in BROKEN)

clock = Clock()
read = pl.scan_csv(FILE, separator=";", infer_schema=False)
days = read.with_columns(born=day("geboortedatum"), given=day("vaccinatiedatum"))
counted = days.select(code=code).group_by("code").len().collect()
accepted = counted.filter(pl.col("code").is_null())["len"].sum()
clock.say(accepted, counted["len"].sum() - accepted)
