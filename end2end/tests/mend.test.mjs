// Refused rows of a file mended in one visit, without a second upload and without JavaScript.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { csv, person } from "../lib/demo.mjs";
import { logIn } from "../lib/journey.mjs";
import { open, path, press, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

/** Days of the first, second and third jab. */
const DAYS = ["27-01-2021", "10-03-2021", "10-09-2021"];

/** Rows of the file that get a dose that is no number. */
const WRONG = [2, 50, 101, 150, 201, 250, 301];

/** One hundred persons with three jabs each: 300 rows, of which seven are wrong. */
function file() {
  const people = Array.from({ length: 100 }, () => person());
  const [header] = csv([]).split("\r\n");
  const lines = DAYS.flatMap((day, index) => {
    const [, ...rows] = csv(people).trim().split("\r\n");
    return rows.map((row) => row.replace(DAYS[0], day).replace(";1;", `;${index + 1};`));
  });
  assert.equal(lines.length, 300);
  const right = new Map(WRONG.map((row) => [row, Math.floor((row - 2) / 100) + 1]));
  for (const [row, dose] of right) lines[row - 2] = lines[row - 2].replace(`;${dose};`, ";nul;");
  return { text: `${[header, ...lines].join("\r\n")}\r\n`, right };
}

/** Waits for a phase of the page of a delivery; without JavaScript the page refreshes itself. */
async function until(page, selector) {
  for (let turn = 0; turn < 60; turn += 1) {
    if (await page.locator(selector).first().isVisible()) return;
    await page.waitForTimeout(500);
    await page.reload();
  }
  assert.fail(`never saw ${selector} on ${path(page)}`);
}

test("300 rows with seven bad ones are finished in one visit (without JavaScript)", async (t) => {
  const page = await visitor(t, { script: false });
  await logIn(page, "invoerder");
  await open(page, "/aanleveren");
  const { text, right } = file();
  await page.locator('input[type="file"]').setInputFiles({ name: "driehonderd.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await press(page, "Bestand controleren");
  await until(page, 'button:has-text("Indienen")');
  const delivery = path(page);
  await press(page, "Regels verbeteren", { role: "link" });
  for (const [row, dose] of right) {
    await press(page, `Begin met regel ${row}`, { role: "link" });
    await page.locator("#dosisnummer").fill("12");
    await press(page, "Regel opnieuw controleren");
    assert.match(await page.locator("#foutoverzicht").innerText(), /\S/, "still wrong: said on the page of the row");
    assert.equal(await page.locator("#dosisnummer").inputValue(), "12");
    await page.locator("#dosisnummer").fill(String(dose));
    await press(page, "Regel opnieuw controleren");
    assert.ok(await page.getByText(`Regel ${row} is nu goed.`).isVisible());
  }
  assert.ok(await page.getByText("Er zijn geen afgekeurde regels meer.").isVisible());
  await open(page, delivery);
  await press(page, "Indienen");
  await until(page, "text=300 van 300 vaccinaties opgenomen.");
  const id = delivery.split("/").pop();
  const stored = execFileSync("psql", [process.env.CIMS_PG, "-Atc", `SELECT count(*) FROM reports WHERE delivery_id = '${id}'`]);
  assert.equal(stored.toString().trim(), "300");
});
