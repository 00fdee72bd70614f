// Paper cards: two different people key one card; what differs is settled with a reason; the institution finds what was stored.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { WRONG_BSN, person } from "../lib/demo.mjs";
import { fillDate, fillPerson, fillVaccination, logIn, summary } from "../lib/journey.mjs";
import { PORTAL, formToken, heading, open, path, press, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

const ask = (query) => execFileSync("psql", [process.env.CIMS_PG, "-Atc", query]).toString().trim();
const jab = { date: [27, 1, 2021], vaccine: "Comirnaty", batch: "EJ6796", dose: 1, group: "Zorgmedewerker" };

/** Keys a card from the empty form to the page that says it waits; answers its path. */
async function key(page, number, who, what = jab) {
  await open(page, "/kaarten/invoeren");
  await page.getByLabel("Kaartnummer", { exact: true }).fill(number);
  await page.getByLabel("Instelling op de kaart", { exact: true }).fill("zonnehof");
  await fillPerson(page, who);
  await fillVaccination(page, what);
  await press(page, "Klaar met deze kaart");
  assert.equal(await heading(page), `Kaart ${number}`);
  assert.ok(await page.getByText("De kaart is bewaard.", { exact: false }).isVisible());
  return path(page);
}

/** Keys a card again, from the list. */
async function again(page, number, { bsn, date = jab.date, batch = jab.batch }) {
  await open(page, "/kaarten");
  await press(page, `Kaart ${number} nogmaals invoeren`, { role: "link" });
  await page.getByLabel("Ja", { exact: true }).check();
  await page.getByLabel("BSN", { exact: true }).fill(bsn);
  await fillDate(page, "vaccinatiedatum", date);
  await page.locator("#batchnummer").fill(batch);
  await press(page, "Vergelijken en opslaan");
}

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";
  const mark = `${process.pid}-${script ? "S" : "N"}`;

  test(`a card keyed the same by two people is stored, and its institution finds it${how}`, async (t) => {
    const who = person();
    const number = `GELIJK-${mark}`;
    const one = await visitor(t, { script });
    await logIn(one, "kaarten");
    const card = await key(one, number, who);
    const id = card.split("/").pop();

    // Not on one's own: there is no form, and the server says no to who posts without it.
    assert.equal(await one.getByRole("button", { name: "Vergelijken en opslaan" }).count(), 0);
    const forced = await one.request.post(`${PORTAL()}/api/kaart-nogmaals`, {
      form: { card: id, "row[toestemming]": "J", "row[bsn]": who.bsn, formulier: await formToken(one, card) },
      headers: { Origin: PORTAL(), Referer: PORTAL() + card, Accept: "text/html" },
      maxRedirects: 0,
    });
    assert.match(forced.headers().location, /melding=zelfde/);
    assert.equal(ask(`SELECT state FROM paper_cards WHERE id = '${id}'`), "waiting");

    const two = await visitor(t, { script });
    await logIn(two, "kaarten2");
    await open(two, card);
    const html = await two.content();
    assert.ok(!html.includes(who.bsn) && !html.includes(jab.batch), "the first's values are not on the page");
    // Written otherwise, and still the same.
    const dotted = `${who.bsn.slice(0, 4)}.${who.bsn.slice(4, 6)}.${who.bsn.slice(6)}`;
    await again(two, number, { bsn: dotted, batch: "ej 6796" });
    assert.ok(await two.getByText("De kaart is opgeslagen.").isVisible());
    assert.ok(await two.getByText("Geaccepteerd", { exact: true }).first().isVisible());
    assert.equal(ask(`SELECT r.channel || ' ' || r.source_key FROM paper_cards c JOIN reports r ON r.delivery_id = c.delivery_id WHERE c.id = '${id}'`), `papier kaart-${number}`);

    const nurse = await visitor(t, { script });
    await logIn(nurse, "invoerder");
    await open(nurse, "/aanleveringen");
    await press(nurse, new RegExp(`kaart-${number}`), { role: "link" });
    assert.ok(await nurse.getByText("1 van 1 vaccinaties opgenomen.").isVisible());

    // The number is taken now, and that is said before anything waits.
    await open(one, "/kaarten/invoeren");
    await one.getByLabel("Kaartnummer", { exact: true }).fill(number);
    await one.getByLabel("Instelling op de kaart", { exact: true }).fill("ZONNEHOF");
    await press(one, "Klaar met deze kaart");
    assert.match((await summary(one)).join(" "), /Dit kaartnummer is al ingevoerd op/);
    await press(one, "Kaart weggooien");
    assert.ok(await one.getByText("De kaart is weggegooid.").isVisible());
  });

  test(`what two people keyed differently is settled by the second, with a reason${how}`, async (t) => {
    const who = person();
    const number = `VERSCHIL-${mark}`;
    const one = await visitor(t, { script });
    await logIn(one, "kaarten");
    const card = await key(one, number, who, { ...jab, batch: "EJ6795" });
    const two = await visitor(t, { script });
    await logIn(two, "kaarten2");
    await again(two, number, { bsn: WRONG_BSN });
    assert.ok(await two.getByText("Verschil in de kaart").isVisible());
    assert.ok(await two.getByLabel(`Eerste invoer: ${who.bsn}`).isVisible());
    assert.ok(await two.getByLabel(`Tweede invoer: ${WRONG_BSN}`).isVisible());
    assert.equal(await two.getByRole("group", { name: "Vaccinatiedatum" }).count(), 0, "that was the same");

    // The first sees that it differs, not in what.
    await open(one, card);
    assert.ok(await one.getByText("Iemand anders dan u lost dat op.", { exact: false }).isVisible());
    assert.equal(await one.getByLabel(/^Tweede invoer/).count(), 0);

    await two.getByLabel(`Eerste invoer: ${who.bsn}`).check();
    const batch = two.getByRole("group", { name: "Batchnummer" });
    await batch.getByLabel("Geen van beide").check();
    await batch.getByLabel("Batchnummer: wat er wel staat").fill("EJ6796");
    await two.getByLabel("Waarom is dit juist?").fill("Beide lazen de batch verkeerd.");
    await press(two, "Vastleggen en opslaan");
    assert.ok(await two.getByText("De kaart is opgeslagen.").isVisible());
    assert.ok(await two.getByText("BSN, Batchnummer", { exact: true }).isVisible(), "what differed stays known");
    const id = card.split("/").pop();
    assert.equal(ask(`SELECT outcome || ' ' || (first_sealed IS NULL AND second_sealed IS NULL) FROM paper_cards WHERE id = '${id}'`), "GEACCEPTEERD true");
  });

  test(`a fault that stands on the card is kept as it is, and refused by the rules${how}`, async (t) => {
    const number = `FOUT-${mark}`;
    const who = { ...person(), bsn: WRONG_BSN };
    const one = await visitor(t, { script });
    await logIn(one, "kaarten");
    await open(one, "/kaarten/invoeren");
    await one.getByLabel("Kaartnummer", { exact: true }).fill(number);
    await one.getByLabel("Instelling op de kaart", { exact: true }).fill("ZONNEHOF");
    await fillPerson(one, who);
    await fillVaccination(one, jab);
    await press(one, "Klaar met deze kaart");
    assert.match((await summary(one)).join(" "), /Dit BSN klopt niet/);
    await one.getByLabel("Zo staat het op de kaart", { exact: true }).check();
    await press(one, "Klaar met deze kaart");
    assert.equal(await heading(one), `Kaart ${number}`);
    const two = await visitor(t, { script });
    await logIn(two, "kaarten2");
    await again(two, number, { bsn: WRONG_BSN });
    assert.ok(await two.getByText("De regels keuren deze kaart af.", { exact: false }).isVisible());
  });
}
