"""What the designs share that do everything in SQL, as sets.

The raw text goes by COPY into an unlogged table. One statement judges all rows beside the BRP, in parallel.
Days are looked up in a table of all days: a cast per row costs much more, and fails on a wrong one.
"""

COLUMNS = (
    "bronsleutel toestemming bsn geboortedatum achternaam voorvoegsel geslacht postcode huisnummer "
    "vaccinatiedatum hpk_code batchnummer dosisnummer doelgroep vaccinatieplaats vaccinatieland"
).split()

PLACE = f"""
CREATE TABLE days AS
    SELECT to_char(day, 'DD-MM-YYYY') AS text, day::date FROM generate_series('1890-01-01'::date, '2040-12-31', '1 day') day;
ALTER TABLE days ADD PRIMARY KEY (text);
CREATE TABLE products (hpk text PRIMARY KEY, product smallint NOT NULL);
CREATE TABLE batches (lot text PRIMARY KEY, products smallint[] NOT NULL);
CREATE UNLOGGED TABLE staging (line bigint GENERATED ALWAYS AS IDENTITY, {" text, ".join(COLUMNS)} text);
"""

NUMBER = "s.bsn::int"
SUM = " + ".join(f"{weight} * ({NUMBER} / {10 ** (9 - at)} %% 10)" for at, weight in enumerate((9, 8, 7, 6, 5, 4, 3, 2), 1))


def listed(names, prefix=""):
    """Columns as SQL lists them."""
    return ", ".join(prefix + name for name in names)


def place(connection, lists):
    """Makes the tables that rows are judged with, and leaves nothing of it to write."""
    connection.execute(PLACE)
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO products VALUES (%s, %s)", lists.products.items())
        cursor.executemany("INSERT INTO batches VALUES (%s, %s)", [(lot, list(known)) for lot, known in lists.batches.items()])
    connection.execute("VACUUM ANALYZE days, products, batches")
    connection.execute("CHECKPOINT")


def take(cursor, file):
    """The text of a file into `staging`."""
    with cursor.copy(f"COPY staging ({listed(COLUMNS)}) FROM STDIN (FORMAT csv, HEADER, DELIMITER ';')") as copy:
        while portion := file.read(1 << 20):
            copy.write(portion)
    cursor.execute("ANALYZE staging")


def judge(kept):
    """All rows: what they say, these columns of their text, and the first rule that they break. Wants the days `today` and `start`."""
    return f"""
SELECT s.line, s.bsn, born.day AS born, given.day AS given, p.product, {listed(kept, "s.")}, CASE
    WHEN s.toestemming IS NULL OR s.toestemming NOT IN ('J', 'N') THEN 'T01'
    WHEN s.bsn IS NULL THEN 'P01'
    WHEN s.bsn !~ '^[0-9]{{9}}$' THEN 'P02'
    WHEN s.bsn = '000000000' OR ({SUM} - {NUMBER} %% 10) %% 11 <> 0 THEN 'P03'
    WHEN s.geboortedatum IS NULL THEN 'P10'
    WHEN born.day IS NULL THEN CASE WHEN s.geboortedatum ~ '^[0-9]{{2}}-[0-9]{{2}}-[0-9]{{4}}$' THEN 'P12'
        WHEN s.geboortedatum ~ '^[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}}$' THEN 'P15' ELSE 'P11' END
    WHEN s.geslacht NOT IN ('M', 'V', 'O') THEN 'P20'
    WHEN s.postcode !~ '^[1-9][0-9]{{3}}[A-Z]{{2}}$' OR right(s.postcode, 2) IN ('SA', 'SD', 'SS') THEN 'P30'
    WHEN s.huisnummer !~ '^[1-9][0-9]{{0,4}}$' THEN 'P31'
    WHEN s.vaccinatiedatum IS NULL THEN 'V01'
    WHEN given.day IS NULL THEN CASE WHEN s.vaccinatiedatum ~ '^[0-9]{{2}}-[0-9]{{2}}-[0-9]{{4}}$' THEN 'V03' ELSE 'V02' END
    WHEN given.day > %(today)s THEN 'V04'
    WHEN given.day < %(start)s THEN 'V05'
    WHEN p.product IS NULL THEN 'V12'
    WHEN s.batchnummer IS NULL THEN 'V20'
    WHEN p.product <> ALL (t.products) THEN 'V21'
    WHEN s.dosisnummer IS NULL OR s.dosisnummer !~ '^[1-9]$' THEN 'V31'
    WHEN s.doelgroep IS NULL OR s.doelgroep NOT IN ('BEWONER_INSTELLING', 'KWETSBAAR_OUDER', 'LEEFTIJD', 'MEDISCHE_INDICATIE', 'ZORGMEDEWERKER', 'SPECIAAL_BEROEP', 'OVERIG') THEN 'V42'
    WHEN brp.born IS DISTINCT FROM born.day THEN 'B10'
    END AS code
FROM staging s
LEFT JOIN days born ON born.text = s.geboortedatum
LEFT JOIN days given ON given.text = s.vaccinatiedatum
LEFT JOIN products p ON p.hpk = s.hpk_code
LEFT JOIN batches t ON t.lot = s.batchnummer
LEFT JOIN brp ON brp.bsn = s.bsn
"""
