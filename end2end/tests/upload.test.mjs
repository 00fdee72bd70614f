// Delivering a spreadsheet: preview and what can be chosen there, result, and files that are not taken.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { WRONG_BSN, csv, person } from "../lib/demo.mjs";
import { logIn } from "../lib/journey.mjs";
import { open, path, press, until, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

const file = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

async function choose(page, files) {
  await open(page, "/aanleveren");
  await page.locator('input[type="file"]').setInputFiles(files);
  await press(page, "Bestand controleren");
}

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";

  test(`a file with a good and a bad row: preview, submit, result${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await choose(page, file("aanlevering.csv", csv([person(), { ...person(), bsn: WRONG_BSN }])));
    assert.match(path(page), /^\/aanleveringen\//);
    await until(page, 'button:has-text("Indienen")');
    assert.deepEqual(await counts(page), { geaccepteerd: 1, afgekeurd: 1 });
    assert.ok(await page.getByText("P03").first().isVisible());
    await press(page, "Indienen");
    await until(page, 'h2:has-text("Resultaat"), h1:has-text("Resultaat")');
    assert.deepEqual(await counts(page), { geaccepteerd: 1, afgekeurd: 1 });
    assert.ok(await page.getByText("1 van 2 vaccinaties opgenomen.").isVisible());
    const receipt = await page.getByRole("link", { name: "Ontvangstbewijs (PDF)" }).getAttribute("href");
    const paper = await page.request.get(new URL(receipt, page.url()).href);
    assert.equal(paper.headers()["content-type"], "application/pdf");
    assert.match((await paper.body()).toString("latin1"), /^%PDF-1\.7[^]*\(aanlevering\.csv\) Tj/);
    await open(page, "/registraties");
    assert.match(await page.locator("tbody tr").first().innerText(), /Comirnaty/);
  });

  test(`nothing chosen${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await open(page, "/aanleveren");
    await press(page, "Bestand controleren");
    assert.match(await page.locator("#foutoverzicht").innerText(), /Kies een bestand\./);
  });

  test(`a picture is not a spreadsheet${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
    await choose(page, { name: "vaccinaties.xlsx", mimeType: "application/octet-stream", buffer: png });
    await until(page, "text=Dit is geen spreadsheet.");
  });

  test(`a file without the columns says which are missing${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await choose(page, file("lijst.csv", "naam;datum\nPieters;2021-01-27\n"));
    await until(page, "text=/Deze kolommen ontbreken/");
  });
}

test("a file is dropped, and a choice that cannot be taken is said before it is sent", async (t) => {
  const page = await visitor(t);
  await logIn(page, "invoerder");
  await open(page, "/aanleveren");
  const drop = (files) => page.evaluate((files) => {
    const data = new DataTransfer();
    for (const [name, size] of files) data.items.add(new File([new Uint8Array(size).fill(32)], name));
    const area = document.querySelector(".cims-upload");
    for (const kind of ["dragover", "drop"]) area.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
  }, files);
  await page.getByText("U kunt het bestand ook hierheen slepen.").waitFor();
  await drop([["een.csv", 10], ["twee.csv", 10]]);
  assert.match(await page.locator("#bestand-fout").innerText(), /Kies één bestand tegelijk\./);
  await drop([["groot.csv", 20 * 1024 * 1024 + 1]]);
  assert.match(await page.locator("#bestand-fout").innerText(), /Het bestand is groter dan 20 MB\./);
  let sent = 0;
  page.on("request", (request) => { sent += request.method() === "POST" ? 1 : 0; });
  await press(page, "Bestand controleren");
  assert.match(await page.locator("#foutoverzicht").innerText(), /Het bestand is groter dan 20 MB\./);
  assert.equal(sent, 0, "nothing was sent for it");
  await page.getByText("U kunt het bestand ook hierheen slepen.").waitFor();
  await drop([["leeg.csv", 0]]);
  assert.ok(!(await page.locator("#bestand-fout").isVisible()));
  await press(page, "Bestand controleren");
  await until(page, "text=Het bestand is leeg.");
});

test("a transfer that breaks off is said, and can be tried again", async (t) => {
  const page = await visitor(t, { expected: ["net::ERR_FAILED"] });
  await logIn(page, "invoerder");
  await open(page, "/aanleveren");
  await page.getByText("U kunt het bestand ook hierheen slepen.").waitFor();
  await page.route("**/aanleveren", (route) => (route.request().method() === "POST" ? route.abort("failed") : route.continue()));
  await page.locator('input[type="file"]').setInputFiles(file("afgebroken.csv", csv([person()])));
  await page.getByRole("button", { name: "Bestand controleren" }).click();
  await page.locator("#bestand-fout").waitFor();
  assert.match(await page.locator("#bestand-fout").innerText(), /Het bestand is niet goed overgekomen\. Probeer het opnieuw\./);
  await page.unroute("**/aanleveren");
  await press(page, "Bestand controleren");
  await until(page, 'button:has-text("Indienen")');
});

test("the same file again is recognised", async (t) => {
  const page = await visitor(t);
  await logIn(page, "invoerder");
  const twice = file("nog-eens.csv", csv([person()]));
  await choose(page, twice);
  await until(page, 'button:has-text("Indienen")');
  await press(page, "Indienen");
  await until(page, 'h2:has-text("Resultaat"), h1:has-text("Resultaat")');
  await choose(page, twice);
  await until(page, "text=/[Dd]ubbel|al eerder|kennen we al/");
});

const ask = (query) => execFileSync("psql", [process.env.CIMS_PG, "-Atc", query]).toString().trim();
const stored = (delivery) => Number(ask(`SELECT count(*) FROM reports WHERE delivery_id = '${delivery.split("/").pop()}'`));

/** A workbook by LibreOffice, of sheets of lines; in `hidden` the lines that are hidden, by sheet. */
function workbook(folder, kind, sheets, hidden) {
  const spaces = ["office", "table", "text"].map((name) => `xmlns:${name}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0"`).join(" ");
  const cell = (text) => `<table:table-cell office:value-type="string"><text:p>${text}</text:p></table:table-cell>`;
  const row = (line, away) => `<table:table-row${away ? ' table:visibility="collapse"' : ""}>${line.split(";").map(cell).join("")}</table:table-row>`;
  const tables = Object.entries(sheets).map(([name, lines]) =>
    `<table:table table:name="${name}">${lines.map((line, index) => row(line, hidden[name]?.includes(index))).join("")}</table:table>`);
  const flat = join(folder, "twee.fods");
  writeFileSync(flat, `<?xml version="1.0" encoding="UTF-8"?><office:document ${spaces} office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:body><office:spreadsheet>${tables.join("")}</office:spreadsheet></office:body></office:document>`);
  execFileSync("soffice", ["--headless", `-env:UserInstallation=file://${join(folder, "profiel")}`, "--convert-to", kind, "--outdir", folder, flat], { stdio: "ignore" });
  return join(folder, `twee.${kind}`);
}

for (const [kind, script] of [["xlsx", true], ["ods", false]]) {
  test(`of two sheets one is chosen, and its hidden row is taken along (${kind}${script ? "" : ", without JavaScript"})`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "cims-choices-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const [header, ...rows] = csv(Array.from({ length: 4 }, person)).trim().split("\r\n");
    const sheets = { Januari: [header, rows[0]], Februari: [header, rows[1], rows[2], rows[3]] };
    const file = workbook(folder, kind, sheets, { Februari: [2] });
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await choose(page, file);
    await until(page, "text=Kies een werkblad");
    assert.equal(await page.getByRole("button", { name: "Indienen", exact: true }).count(), 0, "nothing was read yet");
    await press(page, "Dit werkblad lezen");
    assert.match(await page.locator("#foutoverzicht").innerText(), /Kies welk werkblad we lezen/);
    await page.getByLabel("Februari").check();
    await press(page, "Dit werkblad lezen");
    await until(page, "text=1 verborgen regel is niet gelezen.");
    assert.deepEqual(await counts(page), { geaccepteerd: 2 });
    await press(page, "Neem de verborgen regel mee");
    await until(page, "text=Verborgen regels zijn meegenomen.");
    await until(page, 'button:has-text("Indienen")');
    assert.deepEqual(await counts(page), { geaccepteerd: 3 });
    const delivery = path(page);
    await press(page, "Indienen");
    await until(page, "text=3 van 3 vaccinaties opgenomen.");
    assert.equal(stored(delivery), 3);
  });
}

test("a repair that is switched off refuses its rows, and is switched on again", async (t) => {
  const page = await visitor(t);
  await logIn(page, "invoerder");
  const text = csv([person(), person()]).replace(";Comirnaty;", ";Pfizer;");
  await choose(page, { name: "herstel.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await until(page, 'button:has-text("Indienen")');
  assert.deepEqual(await counts(page), { geaccepteerd: 2 });
  await page.getByText("Herstel uitzetten").click();
  await press(page, "Uitzetten H06");
  await until(page, "text=V11");
  assert.deepEqual(await counts(page), { geaccepteerd: 1, afgekeurd: 1 });
  await page.getByText("Herstel uitzetten").click();
  await press(page, "Weer aanzetten H06");
  await until(page, 'summary:has-text("hersteld")');
  assert.deepEqual(await counts(page), { geaccepteerd: 2 });
});

test("all or nothing is there when every row is right, and the good rows are stored when one is not", async (t) => {
  const page = await visitor(t);
  await logIn(page, "invoerder");
  const text = csv([person(), { ...person(), bsn: WRONG_BSN }]);
  await choose(page, { name: "alles.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await until(page, 'button:has-text("Indienen")');
  const delivery = path(page);
  assert.ok(await page.getByText("Alles of niets indienen kan pas als elke regel goed is.").isVisible());
  assert.equal(await page.getByRole("button", { name: "Alles of niets indienen" }).count(), 0);
  await press(page, "Indienen");
  await until(page, "text=1 van 2 vaccinaties opgenomen.");
  assert.equal(stored(delivery), 1);
  await choose(page, { name: "goed.csv", mimeType: "text/csv", buffer: Buffer.from(csv([person()])) });
  await until(page, 'button:has-text("Alles of niets indienen")');
  await press(page, "Alles of niets indienen");
  await until(page, "text=1 van 1 vaccinaties opgenomen.");
});

/** The counts above zero, by their label. */
async function counts(page) {
  const items = await page.locator(".cims-counts__item").evaluateAll((list) =>
    list.map((item) => [item.querySelector(".cims-counts__label").textContent.trim(), Number(item.querySelector(".cims-counts__number").textContent.replace(".", ""))]));
  return Object.fromEntries(items.filter(([, number]) => number > 0));
}
