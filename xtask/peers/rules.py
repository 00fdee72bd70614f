"""Row rules of the made file, for peers that judge row by row (specification §4)."""

import json
from datetime import date
from pathlib import Path

GROUPS = frozenset(
    "BEWONER_INSTELLING KWETSBAAR_OUDER LEEFTIJD MEDISCHE_INDICATIE ZORGMEDEWERKER SPECIAAL_BEROEP OVERIG".split()
)
CONSENT = frozenset(("J", "N"))
SEXES = frozenset(("", "M", "V", "O"))
WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)


class Lists:
    """Products, batches and days, as the bench read them from the register."""

    def __init__(self, file):
        said = json.loads(Path(file).read_text())
        self.today = date.fromisoformat(said["today"])
        self.start = date.fromisoformat(said["start"])
        # HPK code: number of the product
        self.products = dict(map(tuple, said["products"]))
        # lot: numbers of the products it is known for
        self.batches = {}
        for lot, product in said["batches"]:
            self.batches.setdefault(lot, set()).add(product)


def day(text):
    """A day written dd-mm-jjjj; None when it has that form and does not exist; False without the form."""
    if len(text) != 10 or text[2] != "-" or text[5] != "-":
        return False
    parts = text[:2], text[3:5], text[6:]
    if not all(part.isdecimal() for part in parts):
        return False
    try:
        return date(int(parts[2]), int(parts[1]), int(parts[0]))
    except ValueError:
        return None


def eleven(bsn):
    """The eleven-test."""
    total = sum(int(digit) * weight for digit, weight in zip(bsn, WEIGHTS))
    return total % 11 == 0 and bsn != "000000000"


def postcode(text):
    """1234AB, or nothing."""
    if not text:
        return True
    digits, letters = text[:4], text[4:]
    return (
        len(text) == 6
        and digits.isdecimal()
        and digits[0] != "0"
        and letters.isalpha()
        and letters.isupper()
        and letters not in ("SA", "SD", "SS")
    )


def judge(row, lists):
    """The first rule that a row breaks, or None; then the row has `born`, `given` (days) and `product` too."""
    bsn = row["bsn"]
    if row["toestemming"] not in CONSENT:
        return "T01"
    if not bsn:
        return "P01"
    if len(bsn) != 9 or not bsn.isdecimal():
        return "P02"
    if not eleven(bsn):
        return "P03"
    born = row["geboortedatum"]
    if not born:
        return "P10"
    found = day(born)
    if found is False:
        return "P15" if len(born) == 8 and born[2] == born[5] == "-" else "P11"
    if found is None:
        return "P12"
    row["born"] = found
    if row["geslacht"] not in SEXES:
        return "P20"
    if not postcode(row["postcode"]):
        return "P30"
    number = row["huisnummer"]
    if number and not (number.isdecimal() and 1 <= int(number) <= 99999):
        return "P31"
    given = row["vaccinatiedatum"]
    if not given:
        return "V01"
    given = day(given)
    if given is False:
        return "V02"
    if given is None:
        return "V03"
    if given > lists.today:
        return "V04"
    if given < lists.start:
        return "V05"
    row["given"] = given
    product = lists.products.get(row["hpk_code"])
    if product is None:
        return "V12"
    row["product"] = product
    batch = row["batchnummer"]
    if not batch:
        return "V20"
    known = lists.batches.get(batch)
    if known is not None and product not in known:
        return "V21"
    dose = row["dosisnummer"]
    if not (len(dose) == 1 and "1" <= dose <= "9"):
        return "V31"
    if row["doelgroep"] not in GROUPS:
        return "V42"
    return None
