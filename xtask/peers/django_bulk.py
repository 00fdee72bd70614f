"""django-import-export in bulk: django_bulk.py FILE LISTS URL [tuned].

Plain is `use_bulk` and nothing else: every row is looked up by its key first, as a correct import must. Tuned
leaves out what its documentation says costs much: all look-ups and all differences. It can only add.
The BRP is asked a thousand numbers at a time, before the rows.
"""

import sys
from pathlib import Path

import django
from django.apps import AppConfig
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

from report import Clock
from rules import Lists, judge

FILE, LISTS, URL, *HOW = sys.argv[1:]
TUNED = HOW == ["tuned"]
database = conninfo_to_dict(URL)


class Peers(AppConfig):
    """This file as an application of its own."""

    name = "__main__"
    label = "peers"


settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "import_export", "__main__.Peers"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database["dbname"],
            "USER": database["user"],
            "HOST": database["host"],
        }
    },
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

import tablib
from django.core.exceptions import ValidationError
from django.db import connection, models
from import_export import resources


class Person(models.Model):
    """The BRP as the bench loaded it."""

    bsn = models.TextField(primary_key=True)
    born = models.DateField(null=True)

    class Meta:
        app_label = "peers"
        managed = False
        db_table = "brp"


class Vaccination(models.Model):
    """What is accepted."""

    bronsleutel = models.TextField()
    bsn = models.TextField()
    born = models.DateField()
    given = models.DateField()
    product = models.SmallIntegerField()
    achternaam = models.TextField()
    voorvoegsel = models.TextField()
    geslacht = models.TextField()
    postcode = models.TextField()
    huisnummer = models.TextField()
    batchnummer = models.TextField()
    dosisnummer = models.SmallIntegerField()
    doelgroep = models.TextField()
    vaccinatieplaats = models.TextField()
    vaccinatieland = models.TextField()

    class Meta:
        app_label = "peers"
        db_table = "accepted"
        constraints = [models.UniqueConstraint(fields=["bsn", "given", "product"], name="once")]


class Deliveries(resources.ModelResource):
    """The rules, and what becomes of a row."""

    def before_import(self, dataset, **kwargs):
        """Asks the BRP."""
        numbers = [number for number in dataset["bsn"] if number]
        self.known = {}
        for at in range(0, len(numbers), 1000):
            found = Person.objects.filter(bsn__in=numbers[at : at + 1000])
            self.known.update(found.values_list("bsn", "born"))

    def before_import_row(self, row, **kwargs):
        """Refuses a row with its code."""
        code = judge(row, LISTED)
        if code is None and self.known.get(row["bsn"]) != row["born"]:
            code = "B10"
        if code is not None:
            raise ValidationError(code)

    class Meta:
        model = Vaccination
        exclude = ("id",)
        import_id_fields = ("bronsleutel",)
        use_bulk = True
        batch_size = 1000
        use_transactions = True
        force_init_instance = TUNED
        skip_diff = TUNED
        report_skipped = not TUNED


LISTED = Lists(LISTS)
with connection.schema_editor() as editor:
    editor.execute("DROP TABLE IF EXISTS accepted, refused")
    editor.create_model(Vaccination)

clock = Clock()
rows = tablib.Dataset().load(Path(FILE).read_text(), format="csv", delimiter=";")
result = Deliveries().import_data(rows, dry_run=False, raise_errors=False)
if result.has_errors():
    raise SystemExit(f"errors: {[error.error for error in result.base_errors]} {result.row_errors()[:1]}")
clock.say(Vaccination.objects.count(), len(result.invalid_rows))
