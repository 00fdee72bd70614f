// RIVM-beheer manages the code lists: one proposes, another agrees, and what waited is released.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { csv, person, sql } from "../lib/demo.mjs";
import { logIn } from "../lib/journey.mjs";
import { PORTAL, formToken, heading, open, path, press, until, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

const ask = (query) => execFileSync("psql", [process.env.CIMS_PG, "-Atc", query]).toString().trim();
const mark = String(process.pid);

/** Uploads a file of first jabs with this batch and submits it. */
async function deliver(page, count, batch) {
  await open(page, "/aanleveren");
  const persons = Array.from({ length: count }, () => person());
  const text = csv(persons).replaceAll(";EJ6796;", `;${batch};`);
  await page.locator('input[type="file"]').setInputFiles({ name: "batch.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await press(page, "Bestand controleren");
  await page.getByRole("button", { name: "Indienen", exact: true }).waitFor({ timeout: 30_000 });
  await press(page, "Indienen");
  await page.getByText(`${count} van ${count} vaccinaties opgenomen.`).waitFor({ timeout: 30_000 });
  return path(page).split("/").pop();
}

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";

  test(`a batch that nobody knew is put in the list by two people, and its rows are released${how}`, async (t) => {
    const batch = `${script ? "ZA" : "ZB"}${mark}`;
    t.after(() => sql(`UPDATE batches SET valid_to = current_date WHERE lot = '${batch}'`));
    const nurse = await visitor(t);
    await logIn(nurse, "invoerder");
    const delivery = await deliver(nurse, 3, batch);
    const waits = `SELECT count(*) FROM delivery_rows WHERE delivery_id = '${delivery}' AND state = 'open'`;
    assert.equal(ask(waits), "3");

    const one = await visitor(t, { script });
    await logIn(one, "rivmbeheer");
    await press(one, /^Codelijsten/, { role: "link", within: one.locator("main") });
    await press(one, "Verdachte batches", { role: "link" });
    const line = one.locator("tbody tr").filter({ hasText: batch });
    assert.match(await line.innerText(), /3 keer gezien/);
    await press(one, `Batch ${batch} in de lijst zetten`, { role: "link" });
    const form = one.locator("#toevoegen form");
    assert.equal(await form.locator("#sleutel").inputValue(), batch);
    assert.equal(await form.locator("#vaccin").inputValue(), "Comirnaty");
    await press(one, "Gevolgen bekijken", { within: form });
    assert.deepEqual(await one.locator("#foutoverzicht li").allInnerTexts(), [
      "Vul in tot en met welke dag de batch houdbaar is.",
      "Vul in waar dit vandaan komt.",
    ]);
    await form.locator("#houdbaar").fill("31-10-2021");
    await form.locator("#bron").fill("Melding van de fabrikant");
    await press(one, "Gevolgen bekijken", { within: form });
    assert.equal(await heading(one), "Wijziging in Batches");
    const change = path(one);
    const id = change.split("/").pop();
    const foreseen = one.getByRole("table", { name: "Wachtende regels na deze wijziging" });
    assert.match(await foreseen.innerText(), /Geaccepteerd\s+3/);
    assert.equal(ask(waits), "3", "looking changes nothing");
    await press(one, "Voorleggen aan een collega");
    assert.ok(await one.getByText("Een collega van RIVM-beheer moet akkoord geven.").isVisible());

    // Not on one's own: there is no button, and the server says no to who posts without it.
    assert.equal(await one.getByRole("button", { name: "Akkoord, wijzigen" }).count(), 0);
    const forced = await one.request.post(`${PORTAL()}/api/lijst-akkoord`, {
      form: { id, formulier: await formToken(one, change) },
      headers: { Origin: PORTAL(), Referer: PORTAL() + change, Accept: "text/html" },
      maxRedirects: 0,
    });
    assert.match(forced.headers().location, /melding=zelfde/);
    assert.equal(ask(`SELECT state FROM list_changes WHERE id = '${id}'`), "asked");

    // A reviewer reads it, and has no button either.
    const reads = await visitor(t, { script });
    await logIn(reads, "beoordelaar");
    await open(reads, change);
    assert.equal(await reads.locator("main form").count(), 0);

    const other = await visitor(t, { script });
    await logIn(other, "rivmbeheer2");
    await press(other, "Er wacht een wijziging van een codelijst op uw akkoord: Batches", { role: "link" });
    await open(other, change);
    await press(other, "Akkoord, wijzigen");
    await until(other, 'text="In de lijst"');
    assert.ok(await other.getByText("3 wachtende regels zijn geaccepteerd.").isVisible());
    assert.equal(ask(waits), "0");
    assert.equal(ask(`SELECT count(*) FROM vaccinations WHERE batch = '${batch}' AND effective`), "3");

    await open(other, "/codelijsten/batches");
    await other.getByLabel("Zoek op nummer, naam of vaccin").fill(batch.toLowerCase());
    await press(other, "Filteren");
    await press(other, `${batch} bekijken`, { role: "link" });
    const history = await other.getByRole("table", { name: "Wijzigingen, de nieuwste eerst" }).innerText();
    assert.match(history, /Staat er nog niet in/);
    assert.match(history, /houdbaar tot en met 31-10-2021/);
  });
}

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";
  // One that no list has, a slip of the pen away from EJ6796.
  const typo = script ? "EJ679G" : "EJ679Q";

  test(`a batch that was copied wrong is put right in stored rows, at the institution's request${how}`, async (t) => {
    const nurse = await visitor(t);
    await logIn(nurse, "invoerder");
    const delivery = await deliver(nurse, 3, typo);
    const stands = `SELECT string_agg(DISTINCT concat_ws(' ', outcome, batch, version), ',') FROM reports WHERE delivery_id = '${delivery}' AND valid_to IS NULL`;
    assert.equal(ask(stands), `TE_CONTROLEREN ${typo} 1`);

    const one = await visitor(t, { script });
    await logIn(one, "beoordelaar");
    const row = ask(`SELECT id FROM delivery_rows WHERE delivery_id = '${delivery}' ORDER BY row_number LIMIT 1`);
    await open(one, `/beoordelen/groepen/${row}`);
    assert.equal(await heading(one), "3 regels met dezelfde oorzaak");
    assert.ok(await one.getByText(typo, { exact: true }).isVisible(), "the value they share");
    const near = one.locator("li").filter({ hasText: "EJ6796" });
    await press(one, "Deze waarde invullen", { role: "link", within: near.first() });
    const form = one.locator("details[open] form");
    assert.equal(await form.locator('input[name="value"]').inputValue(), "EJ6796");
    await form.locator('textarea[name="request"]').fill("Mevrouw De Boer, per brief van 3 maart");
    await form.locator('textarea[name="reason"]').fill("Verkeerd overgenomen van de doos.");
    await press(one, "Gevolgen bekijken", { within: form });
    const decision = path(one);
    const outcomes = one.getByRole("table", { name: "Uitkomst van de regels na dit besluit" });
    assert.match(await outcomes.innerText(), /Geaccepteerd\s+3/);
    await press(one, "Voorleggen aan een collega");
    assert.equal(ask(stands), `TE_CONTROLEREN ${typo} 1`, "not before somebody else agrees");

    const other = await visitor(t, { script });
    await logIn(other, "rivmbeheer");
    await open(other, decision);
    await press(other, "Akkoord, uitvoeren");
    await until(other, 'text="Uitgevoerd"');
    assert.ok(await other.getByText("3 regels zijn behandeld.").isVisible());
    assert.equal(ask(stands), "GEACCEPTEERD EJ6796 2");
    await nurse.reload();
    assert.ok(await nurse.getByText("3 van 3 vaccinaties opgenomen.").isVisible());
  });
}

test("a release list says which lines are wrong, and the good ones are one proposal", async (t) => {
  const page = await visitor(t, { script: false });
  await logIn(page, "rivmbeheer");
  await open(page, "/codelijsten/batches");
  const form = page.locator('form[action="/codelijsten/inlezen"]');
  const send = async (text, source) => {
    await page.getByText("Vrijgavelijst inlezen", { exact: true }).click();
    await form.locator("#bestand").setInputFiles({ name: "lijst.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
    await form.getByLabel("Waar komt dit vandaan?").fill(source);
    await press(page, "Bestand lezen", { within: form });
  };
  await send("batchnummer;vaccin\r\nZC1;Comirnaty\r\n", "lijst");
  assert.match(await page.locator("#foutoverzicht").innerText(), /In de kopregel ontbreekt houdbaar_tot/);
  await open(page, "/codelijsten/batches");
  const good = [1, 2, 3].map((n) => `ZC${n}${mark};Comirnaty;31-10-2021`);
  await send(["batchnummer;vaccin;houdbaar_tot", ...good, "ZC?;Comirnaty;31-10-2021", "ZC4;griepprik;31-10-2021", ""].join("\r\n"), "lijst van vandaag");
  assert.equal(await heading(page), "Wijziging van 3 regels in Batches");
  const wrong = await page.getByRole("table", { name: "Verbeter deze regels en lees ze opnieuw in" }).innerText();
  assert.match(wrong, /5\s+Dit kan niet\. Een batchnummer heeft/);
  assert.match(wrong, /6\s+Dit vaccin kennen we niet/);
  await press(page, "Annuleren");
  assert.ok(await page.getByText("Teruggenomen", { exact: true }).isVisible());
  assert.equal(ask(`SELECT count(*) FROM batches WHERE lot LIKE 'ZC_${mark}'`), "0");
});

test("a new vaccine and a new target group are put in the lists by two people, and stand in the forms", async (t) => {
  const letters = [...mark].map((digit) => String.fromCharCode(97 + Number(digit))).join("");
  const vaccine = `Proefvax${letters}`;
  const group = `PROEF_${letters.toUpperCase()}`;
  // What the browser does not know is left to the server: other journeys want the lists as they were.
  t.after(() => sql(`DELETE FROM target_groups WHERE code = '${group}'; DELETE FROM vaccines WHERE name = '${vaccine}'`));
  const one = await visitor(t);
  const other = await visitor(t, { script: false });
  await logIn(one, "rivmbeheer");
  await logIn(other, "rivmbeheer2");
  const agreed = async (change) => {
    await press(one, "Voorleggen aan een collega");
    await open(other, change);
    await press(other, "Akkoord, wijzigen");
    await until(other, 'text="In de lijst"');
  };

  await open(one, "/codelijsten/vaccins");
  await one.getByText("Toevoegen of wijzigen", { exact: true }).click();
  let form = one.locator("#toevoegen form");
  await form.locator("#sleutel").fill(vaccine);
  await form.locator("#eu").fill("1709");
  await form.locator("#bron").fill("Besluit van EMA");
  await press(one, "Gevolgen bekijken", { within: form });
  assert.deepEqual(await one.locator("#foutoverzicht li").allInnerTexts(), [
    "Vul een getal van 1 tot en met 9 in.",
    "Vul de eerste dag van gebruik in als dd-mm-jjjj.",
    "Een EU-nummer ziet eruit als EU/1/22/1709.",
  ]);
  form = one.locator("#toevoegen form");
  await form.locator("#eu").fill(`EU/1/23/${mark.slice(-4)}`);
  await form.locator("#doses").fill("1");
  await form.locator("#eerste").fill("06-01-2021");
  await form.locator("#bron").fill("Besluit van EMA");
  await press(one, "Gevolgen bekijken", { within: form });
  assert.equal(await heading(one), "Wijziging in Vaccins en tussenpozen");
  await agreed(path(one));
  await open(other, `/codelijsten/vaccins/onderdeel?sleutel=${vaccine}&vaccin=${vaccine}`);
  assert.ok(await other.getByText(/EU-nummer EU\/1\/23/).first().isVisible());

  await open(one, "/codelijsten/doelgroepen");
  await one.getByText("Toevoegen of wijzigen", { exact: true }).click();
  form = one.locator("#toevoegen form");
  await form.locator("#sleutel").fill(group.toLowerCase());
  await form.locator("#betekenis").fill("Proef met een groep");
  await form.locator("#bron").fill("Opdracht van VWS");
  await press(one, "Gevolgen bekijken", { within: form });
  await agreed(path(one));

  // The form of an institution has the vaccine within some seconds.
  const nurse = await visitor(t, { script: false });
  await logIn(nurse, "invoerder");
  const choice = nurse.locator("select#vaccin option", { hasText: vaccine });
  for (let turn = 0; turn < 100 && (await choice.count()) === 0; turn += 1) {
    await nurse.waitForTimeout(200);
    await open(nurse, "/registraties");
  }
  assert.equal(await choice.count(), 1);
  assert.equal(ask(`SELECT meaning FROM target_groups WHERE code = '${group}'`), "Proef met een groep");
});
