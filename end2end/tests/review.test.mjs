// The RIVM reviewer sees what was refused or waits, of all parties.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stranger } from "../lib/demo.mjs";
import { confirmWarnings, fillPerson, fillVaccination, logIn, send } from "../lib/journey.mjs";
import { heading, open, press, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

const jab = { date: [27, 1, 2021], vaccine: "Comirnaty", batch: "EJ6796", dose: 1, group: "Zorgmedewerker" };

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";

  test(`a registration that could not be matched is opened by a reviewer${how}`, async (t) => {
    const nurse = await visitor(t, { script });
    await logIn(nurse, "invoerder");
    await open(nurse, "/registreren");
    await fillPerson(nurse, stranger());
    await press(nurse, "Verder");
    await nurse.locator("#reason").fill("Gezien op het paspoort.");
    await press(nurse, "Opnieuw controleren");
    await fillVaccination(nurse, jab);
    await press(nurse, "Verder");
    await confirmWarnings(nurse);
    await send(nurse);
    assert.ok(await nurse.getByText("RIVM controleert", { exact: true }).isVisible());

    const reviewer = await visitor(t, { script });
    await logIn(reviewer, "beoordelaar");
    await open(reviewer, "/beoordelen");
    const first = reviewer.locator("tbody tr").first();
    assert.match(await first.innerText(), /RIVM controleert/);
    await press(reviewer, /^Open/, { role: "link", within: first });
    assert.match(await heading(reviewer), /^Regel /);
    assert.ok(await reviewer.getByText("Gezien op het paspoort.").isVisible());
    await press(reviewer, "Terug naar de lijst", { role: "link" });
    assert.equal(await heading(reviewer), "Beoordelen");
  });
}
