// Refused rows of a file mended in one visit, without a second upload: with the mouse, with the keyboard only, and
// without JavaScript.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { csv, person } from "../lib/demo.mjs";
import { logIn } from "../lib/journey.mjs";
import { alive, open, path, press, until, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

/** Days of three jabs in a year. */
const DAYS = ["27-01", "10-03", "10-09"];

/** Rows of the file that get a dose that is no number. */
const WRONG = [2, 50, 101, 150, 201, 250, 301];

/** The hundred persons of this file of tests; every test gives them the jabs of another year. */
let all;
function people() {
  all ??= Array.from({ length: 100 }, () => person());
  return all;
}

/** Rows of the file of the demo with another day and dose. */
function jabs(of, day, dose) {
  const [, ...rows] = csv(of).trim().split("\r\n");
  return rows.map((row) => row.replace("27-01-2021", day).replace(";1;", `;${dose};`));
}

/** One hundred persons with three jabs each: 300 rows, of which seven are wrong; and what those should say. */
function file(year) {
  const [header] = csv([]).split("\r\n");
  const dose = (index) => 3 * (year - 2021) + index + 1;
  const lines = DAYS.flatMap((day, index) => jabs(people(), `${day}-${year}`, dose(index)));
  assert.equal(lines.length, 300);
  const right = new Map(WRONG.map((row) => [row, dose(Math.floor((row - 2) / 100))]));
  for (const [row, dose] of right) lines[row - 2] = lines[row - 2].replace(`;${dose};`, ";nul;");
  return { text: `${[header, ...lines].join("\r\n")}\r\n`, right };
}

/** Uploads a file and waits for its preview; answers the page of the delivery. */
async function preview(page, text) {
  await open(page, "/aanleveren");
  await page.locator('input[type="file"]').setInputFiles({ name: "driehonderd.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await press(page, "Bestand controleren");
  await until(page, 'button:has-text("Indienen")');
  return path(page);
}

/** Submits what the preview shows, and says how many rows the register got of it. */
async function submit(page, delivery) {
  await open(page, delivery);
  await press(page, "Indienen");
  await until(page, "text=300 van 300 vaccinaties opgenomen.");
  const id = delivery.split("/").pop();
  const stored = execFileSync("psql", [process.env.CIMS_PG, "-Atc", `SELECT count(*) FROM reports WHERE delivery_id = '${id}'`]);
  assert.equal(stored.toString().trim(), "300");
}

const cell = (page, row, column) => page.locator(`#r${row}-${column}`);
const mark = (page, row) => page.locator(`#rij-${row} .cims-grid__good`);

test("300 rows with seven bad ones are finished in one visit (without JavaScript)", async (t) => {
  const page = await visitor(t, { script: false });
  await logIn(page, "invoerder");
  const { text, right } = file(2021);
  const delivery = await preview(page, text);
  await press(page, "Regels verbeteren", { role: "link" });
  await alive(page);
  // Three of them each on its own page.
  for (const [row, dose] of [...right].slice(0, 3)) {
    await press(page, `Regel ${row}`, { role: "link" });
    await page.locator("#dosisnummer").fill("12");
    await press(page, "Regel opnieuw controleren");
    assert.match(await page.locator("#foutoverzicht").innerText(), /\S/, "still wrong: said on the page of the row");
    assert.equal(await page.locator("#dosisnummer").inputValue(), "12");
    await page.locator("#dosisnummer").fill(String(dose));
    await press(page, "Regel opnieuw controleren");
    assert.ok(await page.getByText(`Regel ${row} is nu goed.`).isVisible());
  }
  // The others together in the table, one of them still wrong at first.
  assert.ok(!(await page.locator("#toetsen").isVisible()), "no word about keys that do nothing");
  for (const [row, dose] of [...right].slice(3)) await cell(page, row, "dosisnummer").fill(row === 301 ? "12" : String(dose));
  await press(page, "Regels opnieuw controleren");
  assert.ok(await page.getByText("3 regels zijn nu goed.").isVisible());
  await page.locator("#foutoverzicht a").first().click();
  assert.equal(new URL(page.url()).hash, "#r301-dosisnummer");
  assert.equal(await cell(page, 301, "dosisnummer").inputValue(), "12");
  await cell(page, 301, "dosisnummer").fill(String(right.get(301)));
  await press(page, "Regels opnieuw controleren");
  assert.ok(await page.getByText("1 regel is nu goed.").isVisible());
  assert.ok(await page.getByText("Er zijn geen afgekeurde regels meer.").isVisible());
  await submit(page, delivery);
});

test("300 rows with seven bad ones are finished with the mouse", async (t) => {
  const page = await visitor(t);
  await logIn(page, "invoerder");
  const { text, right } = file(2022);
  const delivery = await preview(page, text);
  await press(page, "Regels verbeteren", { role: "link" });
  await alive(page);
  for (const [row, dose] of right) {
    const dosis = cell(page, row, "dosisnummer");
    await dosis.click({ clickCount: 3 });
    if (row === 2) {
      await page.keyboard.type("12");
      await cell(page, 50, "dosisnummer").click();
      assert.match(await page.locator("#r2-dosisnummer-fout").innerText(), /\d/, "checked on leaving the cell, by the rules in the browser");
      await dosis.click({ clickCount: 3 });
    }
    await page.keyboard.type(String(dose));
  }
  await page.locator("h1").click();
  // The server has judged every one, and nothing is stored.
  await mark(page, 301).waitFor();
  for (const row of right.keys()) assert.equal(await cell(page, row, "dosisnummer").getAttribute("aria-invalid"), null);
  await press(page, "Regels opnieuw controleren");
  assert.ok(await page.getByText("7 regels zijn nu goed.").isVisible());
  await submit(page, delivery);
});

test("300 rows with seven bad ones are finished with the keyboard only", async (t) => {
  const page = await visitor(t);
  await logIn(page, "invoerder");
  const { text, right } = file(2023);
  const delivery = await preview(page, text);
  await press(page, "Regels verbeteren", { role: "link" });
  await alive(page);
  const focused = () => page.evaluate(() => document.activeElement.id);
  for (let turn = 0; turn < 60 && (await focused()) !== "r2-dosisnummer"; turn += 1) await page.keyboard.press("Tab");
  assert.equal(await focused(), "r2-dosisnummer", "Tab leads to the first wrong cell");
  // Esc puts a cell back as it was; arrows lead on and back.
  await page.keyboard.press("Control+a");
  await page.keyboard.type("5");
  await page.keyboard.press("Escape");
  assert.equal(await cell(page, 2, "dosisnummer").inputValue(), "nul");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(), "r50-dosisnummer");
  await page.keyboard.press("ArrowRight");
  assert.notEqual(await focused(), "r50-dosisnummer", "on to the next cell of the row");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowUp");
  assert.equal(await focused(), "r2-dosisnummer");
  // What is selected is typed over; Enter goes down, and at the end to the button.
  for (const dose of right.values()) {
    await page.keyboard.type(String(dose));
    await page.keyboard.press("Enter");
  }
  await mark(page, 250).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Regels opnieuw controleren");
  await page.keyboard.press("Enter");
  await page.getByText("7 regels zijn nu goed.").waitFor();
  await submit(page, delivery);
});

test("a column is pasted, and one value goes into all rows that share it", async (t) => {
  const page = await visitor(t);
  await logIn(page, "invoerder");
  const [header] = csv([]).split("\r\n");
  const [first, second, third, fourth, last] = jabs(people().slice(0, 5), "27-01-2024", 9);
  const nameless = [first, second, third].map((row) => row.replace("EJ6796", "???"));
  const wrong = [...nameless, fourth].map((row) => row.replace(";9;", ";nul;"));
  assert.ok(wrong[0].includes("???;nul"), "the file of the demo has this batch");
  await preview(page, `${[header, ...wrong, last].join("\r\n")}\r\n`);
  await press(page, "Regels verbeteren", { role: "link" });
  await alive(page);
  // Copied from another window, as from a spreadsheet.
  const sheet = await page.context().newPage();
  await sheet.setContent("<textarea>9\n9\n9\n9\n9\n9\n</textarea>");
  await sheet.locator("textarea").press("Control+a");
  await sheet.locator("textarea").press("Control+c");
  await sheet.close();
  await cell(page, 2, "dosisnummer").click();
  await page.keyboard.press("Control+v");
  for (const row of [2, 3, 4, 5]) assert.equal(await cell(page, row, "dosisnummer").inputValue(), "9");
  await mark(page, 5).waitFor();
  // The column is longer than the page: it says how many values found no row.
  assert.match(await page.locator(".cims-grid__lost").innerText(), /^2 keer was er op deze pagina geen regel voor een geplakte waarde\./);
  await cell(page, 2, "batchnummer").fill("EJ6796");
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Ook in de 2 andere regels" }).first().click();
  for (const row of [2, 3, 4]) await mark(page, row).waitFor();
  assert.equal(await cell(page, 4, "batchnummer").inputValue(), "EJ6796");
  await press(page, "Regels opnieuw controleren");
  assert.ok(await page.getByText("4 regels zijn nu goed.").isVisible());
});

test("what only the server can refuse is said and mended in the table too", async (t) => {
  const page = await visitor(t);
  await logIn(page, "invoerder");
  const [header] = csv([]).split("\r\n");
  const [row, other] = jabs(people().slice(7, 9), "27-01-2024", 9);
  const cells = row.split(";");
  const born = cells[3];
  const later = (years) => born.replace(/\d{4}$/, (year) => String(Number(year) + years));
  cells[3] = later(1);
  await preview(page, `${[header, cells.join(";"), other].join("\r\n")}\r\n`);
  await press(page, "Regels verbeteren", { role: "link" });
  await alive(page);
  const told = page.locator("#rij-2").getByText("BSN en geboortedatum zijn niet te koppelen.");
  assert.ok(await told.isVisible(), "every cell is right by itself");
  // Another date that the rules in the browser take: the server does not.
  await cell(page, 2, "geboortedatum").fill(later(2));
  const judged = page.waitForResponse((answer) => answer.request().method() === "POST");
  await page.keyboard.press("Tab");
  await judged;
  assert.ok(await told.isVisible());
  assert.ok(!(await mark(page, 2).isVisible()));
  await cell(page, 2, "geboortedatum").fill(born);
  await page.keyboard.press("Tab");
  await mark(page, 2).waitFor();
  await press(page, "Regels opnieuw controleren");
  assert.ok(await page.getByText("1 regel is nu goed.").isVisible());
});
