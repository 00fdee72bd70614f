"""Writes the workbook of P8: workbook.py FILE.csv FILE.xlsx. All cells are text, as the template has them."""

import csv
import sys

import xlsxwriter

COLUMNS = (
    "bronsleutel toestemming bsn geboortedatum geslacht postcode huisnummer vaccinatiedatum hpk_code "
    "batchnummer dosisnummer doelgroep"
).split()

source, target = sys.argv[1:]
workbook = xlsxwriter.Workbook(target, {"strings_to_numbers": False})
sheet = workbook.add_worksheet("Vaccinaties")
sheet.write_row(0, 0, COLUMNS)
with open(source, newline="") as file:
    for at, row in enumerate(csv.DictReader(file, delimiter=";"), 1):
        for column, name in enumerate(COLUMNS):
            if row[name]:
                sheet.write_string(at, column, row[name])
workbook.close()
