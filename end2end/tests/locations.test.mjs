// An institution with several locations: its manager keeps the list, who records says where; what is remembered lives there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { person, sql } from "../lib/demo.mjs";
import { confirmWarnings, fillPerson, fillVaccination, logIn, send, summary } from "../lib/journey.mjs";
import { heading, open, press, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

const jab = { date: [27, 1, 2021], vaccine: "Comirnaty", batch: "EJ6796", dose: 1, group: "Zorgmedewerker" };

/** Adds a location on the page of the institution. */
async function add(page, name, place) {
  const form = page.locator('form[action="/api/locatie-toevoegen"]');
  await form.getByLabel("Naam van de locatie").fill(name);
  await form.getByLabel("Plaats").fill(place);
  await press(page, "Toevoegen");
}

/** From the empty form to the vaccination, at a location. */
async function begin(page, location) {
  await open(page, "/registreren");
  await page.getByLabel("Locatie", { exact: true }).selectOption({ label: location });
  await fillPerson(page, person());
  await press(page, "Verder");
  assert.equal(await heading(page), "Welke vaccinatie is gegeven?");
}

for (const script of [true, false]) {
  test(`each location has its own batch of the day${script ? "" : " (without JavaScript)"}`, async (t) => {
    t.after(() => sql("UPDATE locations SET ended_at = now() WHERE ended_at IS NULL"));
    const [manager, nurse] = [await visitor(t, { script }), await visitor(t, { script })];
    await logIn(manager, "beheerder");
    await press(manager, /Uw instelling/, { role: "link" });
    assert.ok(await manager.getByText("U hebt nog geen locaties.").isVisible());
    await add(manager, "", "Zeist");
    assert.deepEqual(await summary(manager), ["Vul de naam van de locatie in."]);
    assert.equal(await manager.locator("#place").inputValue(), "Zeist", "nothing typed is lost");
    await add(manager, "Oost", "Zeist");
    await add(manager, "West", "Bilthoven");
    await add(manager, "oost", "");
    assert.deepEqual(await summary(manager), ["Deze naam is al in gebruik. Kies een andere naam."]);

    await logIn(nurse, "invoerder");
    await begin(nurse, "Oost");
    assert.ok(await nurse.getByText("Locatie: Oost").isVisible());
    assert.equal(await nurse.locator("#vaccinatieplaats").inputValue(), "Zeist");
    await fillVaccination(nurse, jab);
    await press(nurse, "Verder");
    await confirmWarnings(nurse);
    await send(nurse);
    await press(nurse, "Zelfde vaccinatie, volgende persoon");
    assert.equal(await nurse.getByLabel("Locatie", { exact: true }).locator("option:checked").innerText(), "Oost");

    await begin(nurse, "West");
    assert.equal(await nurse.locator("#batchnummer").inputValue(), "", "nothing of another location");
    await fillVaccination(nurse, { ...jab, batch: "EJ6795" });
    await press(nurse, "Verder");
    await begin(nurse, "Oost");
    assert.equal(await nurse.locator("#batchnummer").inputValue(), "EJ6796");
    await begin(nurse, "West");
    assert.equal(await nurse.locator("#batchnummer").inputValue(), "EJ6795");

    // What was picked and remembered ends with the session.
    await press(nurse, "Log uit", { within: nurse.locator(".cims-topbar") });
    await logIn(nurse, "invoerder");
    await begin(nurse, "Oost");
    assert.equal(await nurse.locator("#batchnummer").inputValue(), "");

    await open(manager, "/instelling");
    await manager.getByText("Oost, Zeist", { exact: true }).click();
    await press(manager, "Oost beëindigen");
    assert.ok(await manager.getByText("De locatie is beëindigd. Niemand kan deze nog kiezen.").isVisible());
    await open(nurse, "/registreren");
    assert.deepEqual(await nurse.getByLabel("Locatie", { exact: true }).locator("option").allInnerTexts(), ["Geen locatie", "West"]);
  });
}
