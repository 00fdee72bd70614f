// The own file back: only the refused rows, in the form they came in, to be corrected and delivered again as it is.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { csv, person } from "../lib/demo.mjs";
import { logIn } from "../lib/journey.mjs";
import { open, path, press, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

/** Semicolons, UTF-8, the header in line 1, and every column as text: what a careful person chooses in LibreOffice. */
const AS_TEXT = `CSV:59,34,76,1,${Array.from({ length: 24 }, (_, index) => `${index + 1}/2`).join("/")}`;

/** Lets LibreOffice open a file and save it as something else; answers the new file. */
function saveAs(folder, file, kind, filter) {
  const out = join(folder, "uit");
  const program = ["--headless", `-env:UserInstallation=file://${join(folder, "profiel")}`];
  if (filter) program.push(`--infilter=${filter}`);
  const to = kind === "csv" ? "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true" : kind;
  execFileSync("soffice", [...program, "--convert-to", to, "--outdir", out, file], { stdio: "ignore" });
  return join(out, basename(file).replace(/\.[^.]+$/, `.${kind}`));
}

/** Delivers a file and waits for its result; answers its page. */
async function deliver(page, file, result) {
  await open(page, "/aanleveren");
  await page.locator('input[type="file"]').setInputFiles(file);
  await press(page, "Bestand controleren");
  await page.getByRole("button", { name: "Indienen", exact: true }).waitFor({ timeout: 30_000 });
  await press(page, "Indienen");
  await page.getByText(result).waitFor({ timeout: 30_000 });
  return path(page);
}

/** Follows the link to the own file; answers where it was saved. */
async function download(page, folder) {
  const waits = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download de afgekeurde regels" }).click();
  const arrived = await waits;
  const name = arrived.suggestedFilename();
  // The key of the delivery may hold nine digits by chance.
  const beside = name.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, "");
  assert.ok(!/\d{9}/.test(beside), "no number of a person in the name");
  await arrived.saveAs(join(folder, name));
  return join(folder, name);
}

const ask = (query) => execFileSync("psql", [process.env.CIMS_PG, "-Atc", query]).toString().trim();
const stored = (...deliveries) => Number(ask(`SELECT count(*) FROM reports WHERE delivery_id IN (${deliveries.map((one) => `'${one.split("/").pop()}'`)})`));

for (const kind of ["csv", "xlsx"]) {
  test(`refused rows go back as ${kind}, are corrected there, and take the place of the refused ones`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "cims-own-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const page = await visitor(t);
    await logIn(page, "invoerder");
    const [header, ...rows] = csv(Array.from({ length: 5 }, person)).trim().split("\r\n");
    rows[1] = rows[1].replace(";1;", ";nul;");
    rows[3] = rows[3].replace(";EJ6796;", ";???;");
    const first = join(folder, "vaccinaties.csv");
    writeFileSync(first, `${[header, ...rows].join("\r\n")}\r\n`);
    const sent = kind === "csv" ? first : saveAs(folder, first, "xlsx", AS_TEXT);
    const delivery = await deliver(page, sent, "3 van 5 vaccinaties opgenomen.");

    const own = await download(page, folder);
    assert.ok(own.endsWith(`.${kind}`), own);
    const text = readFileSync(kind === "csv" ? own : saveAs(folder, own, "csv"), "utf8").replace(/^\ufeff/, "");
    const [words, ...back] = text.trim().split(/\r?\n/);
    assert.deepEqual(words.split(";").slice(0, 9), header.split(";"), "the same columns in the same order");
    assert.deepEqual(words.split(";").slice(-3).sort(), ["cims_regel", "foutcode", "melding"]);
    assert.equal(back.length, 2, "only the refused rows");
    assert.ok(back[0].startsWith(rows[1]) && back[1].startsWith(rows[3]), "as they were delivered");
    assert.match(back[0], /;V31;/);

    const fixed = join(folder, "verbeterd.csv");
    writeFileSync(fixed, [words, back[0].replace(";nul;", ";1;"), back[1].replace(";???;", ";EJ6796;"), ""].join("\r\n"));
    const again = await deliver(page, kind === "csv" ? fixed : saveAs(folder, fixed, "xlsx", AS_TEXT), "2 van 2 vaccinaties opgenomen.");
    assert.equal(stored(delivery, again), 5, "each vaccination once");
    await open(page, `${delivery}/regels`);
    assert.ok(await page.getByText("Er zijn geen afgekeurde regels meer.").isVisible());
  });
}
