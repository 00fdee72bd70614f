// The RIVM reviewer sees what was refused or waits, of all parties.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TWICE, person, reported, stranger } from "../lib/demo.mjs";
import { confirmWarnings, fillPerson, fillVaccination, logIn, send } from "../lib/journey.mjs";
import { heading, open, path, press, visitor, withBrowser } from "../lib/portal.mjs";

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

    // Taken on: the list of this reviewer has it, that of nobody has not.
    const row = path(reviewer);
    await press(reviewer, "Op mijn lijst");
    assert.equal(path(reviewer), row);
    await press(reviewer, "Terug naar de lijst", { role: "link" });
    assert.equal(await heading(reviewer), "Beoordelen");
    await reviewer.getByLabel("Bij wie").selectOption("mij");
    await press(reviewer, "Filteren");
    assert.equal(await reviewer.locator("tbody tr").count(), 1);
    await press(reviewer, /^Open/, { role: "link", within: reviewer.locator("tbody tr").first() });
    assert.equal(path(reviewer), row);
    await press(reviewer, "Van mijn lijst");
    await press(reviewer, "Terug naar de lijst", { role: "link" });
    assert.ok(await reviewer.getByText("Niets gevonden met deze filters.").isVisible(), "the filter was kept");
  });
}

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";

  test(`two reports of one jab are merged, a colleague undoes it, and the record tells all${how}`, async (t) => {
    const who = person();
    reported(who, TWICE);
    const [rik, rosa] = [await visitor(t, { script }), await visitor(t, { script })];
    await logIn(rik, "beoordelaar");
    await open(rik, "/beoordelen?code=D04");
    await press(rik, /^Open/, { role: "link", within: rik.locator("tbody tr").first() });
    await press(rik, "Vergelijken", { role: "link" });
    assert.match(await heading(rik), /vergelijken$/);
    const batch = rik.locator("tbody tr").filter({ hasText: "Batchnummer" });
    assert.match(await batch.innerText(), /EM0477[\s\S]*EJ6795[\s\S]*Verschilt/);
    const row = path(rik);

    // Without a reason nothing happens.
    await rik.getByText("Samenvoegen", { exact: true }).click();
    const form = rik.locator("details[open] form");
    await press(rik, "Vastleggen", { within: form });
    assert.ok(await rik.getByRole("link", { name: "Vul een reden in." }).isVisible());
    await form.locator("textarea").fill("Batch nagevraagd, het is dezelfde prik.");
    await press(rik, "Vastleggen", { within: form });
    assert.ok(await rik.getByText("Uw oordeel is vastgelegd en geldt meteen.").isVisible());
    const ruling = path(rik);

    // The colleague hears that it was decided, sees why, and undoes it.
    await logIn(rosa, "rivmbeheer");
    await open(rosa, row);
    assert.ok(await rosa.getByText(/^Hierover is al besloten, door /).isVisible());
    await press(rosa, "Naar het dossier van deze persoon", { role: "link" });
    assert.match(await rosa.locator("main").innerText(), /Batch nagevraagd, het is dezelfde prik\./);
    const proof = rosa.getByRole("table", { name: "Vaccinaties die tellen" });
    assert.equal(await proof.locator("tbody tr").count(), 1, "one jab");
    assert.equal(await proof.locator("li").count(), 2, "from two sources");
    assert.ok(!rosa.url().includes(who.bsn));
    await open(rosa, ruling);
    await rosa.getByText("Oordeel terugdraaien", { exact: true }).first().click();
    await press(rosa, "Oordeel terugdraaien", { within: rosa.locator("details[open]") });
    assert.ok(await rosa.getByText("Het oordeel is teruggedraaid. De regel wacht weer.").isVisible());

    // By BSN, with a reason, the record is found; it is not in the address.
    await open(rik, "/dossiers");
    await rik.getByLabel("BSN", { exact: true }).fill(who.bsn);
    await rik.getByLabel("Een persoon meldt een fout").check();
    await press(rik, "Dossier openen");
    assert.equal(await heading(rik), "Dossier");
    assert.match(path(rik), /^\/dossiers\/[0-9a-f-]{36}$/);
    assert.ok(await rik.getByText("Teruggedraaid", { exact: true }).isVisible());
    await press(rik, /^Melding van .* beoordelen$/, { role: "link" });
    assert.equal(path(rik), row);
    await rik.getByText("Deze melding telt niet", { exact: true }).click();
    const refuse = rik.locator("details[open] form");
    await refuse.locator("textarea").fill("Batch bestaat niet bij deze instelling.");
    await press(rik, "Vastleggen", { within: refuse });
    assert.ok(await rik.getByText("Uw oordeel is vastgelegd en geldt meteen.").isVisible());
  });
}

test("a correction that an institution asks for takes two people of RIVM, and the institution sees it", async (t) => {
  const who = person();
  reported(who, { GEZONDWERK: "EJ6795" });
  const [rik, rosa] = [await visitor(t), await visitor(t)];
  await logIn(rik, "beoordelaar");
  await open(rik, "/dossiers");
  await rik.getByLabel("BSN", { exact: true }).fill(who.bsn);
  await rik.getByLabel("Een instelling vraagt om een correctie").check();
  await press(rik, "Dossier openen");
  const known = rik.getByRole("table", { name: "Meldingen, de nieuwste eerst" }).locator("tbody tr").filter({ hasText: "EJ6795" });
  await press(rik, /corrigeren op verzoek$/, { within: known });
  assert.equal(await heading(rik), "Correctie op verzoek");
  const correction = path(rik);

  // Without a request it goes nowhere.
  await press(rik, "Voorleggen aan een collega");
  assert.ok(await rik.getByText(/^Dit kan nog niet\./).isVisible());
  await rik.getByLabel("Wie vroeg dit, wanneer en hoe?").fill("Mevrouw De Boer, per brief van 3 maart.");
  await rik.getByLabel("Vaccinatiedatum").fill("28-01-2021");
  await press(rik, "Gevolgen bekijken");
  const change = rik.getByRole("table", { name: "Voor en na de correctie" }).locator("tbody tr");
  assert.match(await change.innerText(), /27-01-2021[\s\S]*28-01-2021/);
  await press(rik, "Voorleggen aan een collega");
  assert.ok(await rik.getByText("De correctie wacht op akkoord van een collega.").isVisible());

  await logIn(rosa, "rivmbeheer");
  await press(rosa, "Akkoord gevraagd voor een correctie van Arbodienst Gezond Werk.", { role: "link" });
  assert.equal(path(rosa), correction);
  assert.ok(await rosa.getByText("Mevrouw De Boer, per brief van 3 maart.").isVisible());
  await press(rosa, "Akkoord, uitvoeren");
  assert.ok(await rosa.getByText("De correctie is uitgevoerd en geldt meteen.").isVisible());
  await press(rosa, "Naar het dossier van deze persoon", { role: "link" });
  const proof = rosa.getByRole("table", { name: "Vaccinaties die tellen" });
  assert.match(await proof.innerText(), /28-01-2021/);
});
