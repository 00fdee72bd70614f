// People and files of the journeys. The people are those of `cims demo` (same seed, same people), so the
// BRP copy knows them. Every test file takes its own stretch of them: no journey depends on another.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Changes the database from behind, as only time could: for sessions that ended. */
export function sql(text) {
  execFileSync("psql", [process.env.CIMS_PG, "-qc", text], { stdio: "ignore" });
}

/** Persons that one test file may use. */
const STRETCH = 100;

let people;
let taken = 0;
let rows = 0;

function load() {
  const folder = mkdtempSync(join(tmpdir(), "cims-people-"));
  const file = join(folder, "personen.csv");
  const program = process.env.CIMS_BIN ?? fileURLToPath(new URL("../../target/debug/cims", import.meta.url));
  execFileSync(program, ["demo", "--csv", file], { stdio: "ignore" });
  const [header, ...lines] = readFileSync(file, "utf8").trim().split(/\r?\n/).map((line) => line.split(";"));
  rmSync(folder, { recursive: true });
  const all = lines.map((cells) => Object.fromEntries(header.map((name, index) => [name, cells[index]])));
  const seen = new Map();
  for (const { bsn } of all) seen.set(bsn, (seen.get(bsn) ?? 0) + 1);
  const known = all.filter((one) => one.bsn && seen.get(one.bsn) === 1 && !one.opschorting_reden && !one.overlijden_datum);
  const born = (years) => known.filter((one) => new RegExp(`^${years}(0[1-9]|1[0-2])(0[1-9]|[12]\\d|3[01])$`).test(one.geboortedatum));
  // The oldest last: each file of tests keeps the persons that it had.
  const ordinary = [...born("19[4-9]\\d"), ...born("19[23]\\d")];
  const here = fileURLToPath(new URL("../tests", import.meta.url));
  // a file that takes nobody needs no stretch: there are not that many people
  const takes = (name) => /import \{[^}]*\b(person|stranger)\b[^}]*\} from "..\/lib\/demo.mjs"/.test(readFileSync(join(here, name), "utf8"));
  const turn = readdirSync(here).filter((name) => name.endsWith(".mjs") && takes(name)).sort().indexOf(basename(process.argv[1]));
  if (dirname(process.argv[1]) !== here) throw new Error("persons belong to a file of tests/");
  return ordinary.slice(turn * STRETCH, (turn + 1) * STRETCH);
}

/** Somebody whom the BRP knows and nobody has vaccinated: `{ bsn, born: [day, month, year], surname, prefix, postcode, number }`. */
export function person() {
  people ??= load();
  const one = people[taken];
  taken += 1;
  if (one === undefined) throw new Error("no persons left for this file of tests");
  const [, year, month, day] = one.geboortedatum.match(/^(\d{4})(\d\d)(\d\d)$/);
  const { geslachtsnaam: surname, voorvoegsel: prefix, postcode, huisnummer: number } = one;
  return { bsn: one.bsn, born: [Number(day), Number(month), Number(year)], surname, prefix, postcode, number };
}

/** Somebody whose birth date is not the one that the BRP knows. */
export function stranger() {
  const { bsn, born: [day, month, year] } = person();
  return { bsn, born: [day, month, year + 1] };
}

/** A number without the sense of a BSN: the last two digits of a test number swapped. */
export const WRONG_BSN = "999990091";

/** A file of the standard form with a first jab for each person. */
export function csv(persons) {
  const two = (number) => String(number).padStart(2, "0");
  const header = "bronsleutel;toestemming;bsn;geboortedatum;vaccinatiedatum;vaccin;batchnummer;dosisnummer;doelgroep";
  const lines = persons.map(({ bsn, born: [day, month, year] }) =>
    [`e2e-${process.pid}-${++rows}`, "J", bsn, `${two(day)}-${two(month)}-${year}`, "27-01-2021", "Comirnaty", "EJ6796", "1", "ZORGMEDEWERKER"].join(";"));
  return `${[header, ...lines].join("\r\n")}\r\n`;
}

/** The batch that each of two institutions reports of one jab: the second one waits for RIVM. */
export const TWICE = { GEZONDWERK: "EJ6795", ZONNEHOF: "EM0477" };

/** Institutions report a first jab of a person, each with its own batch. */
export function reported(who, batches) {
  for (const [party, batch] of Object.entries(batches)) deliver(party, csv([who]).replace("EJ6796", batch));
}

/** An institution reports a first jab of a person whose BSN it does not know. */
export function reportedWithoutBsn(who, party) {
  const [header, line] = csv([who]).trim().split("\r\n");
  const named = [header, "geen_bsn_reden;achternaam;voorvoegsel;postcode;huisnummer"].join(";");
  const cells = [line.replace(`;${who.bsn};`, ";;"), "ONBEKEND", who.surname, who.prefix, who.postcode, who.number].join(";");
  deliver(party, `${named}\r\n${cells}\r\n`);
}

/** A file of a party, as it comes in by upload. */
function deliver(party, text) {
  const folder = mkdtempSync(join(tmpdir(), "cims-reported-"));
  const file = join(folder, `${party}.csv`);
  writeFileSync(file, text);
  execFileSync(process.env.CIMS_BIN, ["--config", process.env.CIMS_CONFIG, "import", file, "--party", party, "--channel", "upload"], { stdio: "ignore" });
  rmSync(folder, { recursive: true });
}
