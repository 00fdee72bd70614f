// The RIVM reviewer sees what was refused or waits, of all parties.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TWICE, person, reported, reportedWithoutBsn, stranger } from "../lib/demo.mjs";
import { confirmWarnings, fillPerson, fillVaccination, logIn, send } from "../lib/journey.mjs";
import { PORTAL, formToken, heading, open, path, press, until, visitor, withBrowser } from "../lib/portal.mjs";

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
    await rosa.getByLabel("Een regel wacht op een besluit").check();
    await press(rosa, "Dossier openen");
    assert.match(await rosa.locator("main").innerText(), /Batch nagevraagd, het is dezelfde prik\./);
    const proof = rosa.getByRole("table", { name: "Vaccinaties die tellen" });
    assert.equal(await proof.locator("tbody tr").count(), 1, "one jab");
    assert.equal(await proof.locator("li").count(), 2, "from two sources");
    assert.ok(!rosa.url().includes(who.bsn));
    await open(rosa, ruling);
    await rosa.getByText("Oordeel terugdraaien", { exact: true }).first().click();
    await rosa.getByLabel("Waarom klopt dit oordeel niet?").fill("Het waren toch twee prikken.");
    await press(rosa, "Oordeel terugdraaien", { within: rosa.locator("details[open]") });
    assert.ok(await rosa.getByText("Het waren toch twee prikken.").isVisible());
    assert.ok(await rosa.getByText("Het oordeel is teruggedraaid. De regel wacht weer.").isVisible());

    // By BSN, with a reason, the record is found; it is not in the address.
    await open(rik, "/dossiers");
    await rik.getByLabel("BSN", { exact: true }).fill(who.bsn);
    await rik.getByLabel("Een persoon meldt een fout").check();
    await press(rik, "Dossier openen");
    assert.equal(await heading(rik), "Dossier");
    assert.match(path(rik), /^\/dossiers\/[0-9a-f-]{36}$/);
    assert.ok(await rik.getByText("Teruggedraaid", { exact: true }).isVisible());
    const line = await rik.locator("#verloop").innerText();
    assert.match(line, /Oordeel teruggedraaid: Samenvoegen[\s\S]*Het waren toch twee prikken\.[\s\S]*Batch nagevraagd, het is dezelfde prik\.[\s\S]*Gemeld/);
    assert.ok(await rik.getByText("1 van 2", { exact: true }).isVisible());
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
  const known = rik.locator("#verloop > li").filter({ hasText: "EJ6795" });
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
  // Not on one's own: there is no button, and the server says no to who posts without it.
  assert.equal(await rik.getByRole("button", { name: "Akkoord, uitvoeren" }).count(), 0);
  const forced = await rik.request.post(`${PORTAL()}/api/correctie-akkoord`, {
    form: { id: correction.split("/").pop(), formulier: await formToken(rik, correction) },
    headers: { Origin: PORTAL(), Referer: PORTAL() + correction, Accept: "text/html" },
    maxRedirects: 0,
  });
  assert.match(forced.headers().location, /melding=zelfde/);

  await logIn(rosa, "rivmbeheer");
  await press(rosa, "Akkoord gevraagd voor een correctie van Arbodienst Gezond Werk.", { role: "link" });
  assert.equal(path(rosa), correction);
  assert.ok(await rosa.getByText("Mevrouw De Boer, per brief van 3 maart.").isVisible());
  await press(rosa, "Akkoord, uitvoeren");
  assert.ok(await rosa.getByText("De correctie is uitgevoerd en geldt meteen.").isVisible());
  await press(rosa, "Naar het dossier van deze persoon", { role: "link" });
  const proof = rosa.getByRole("table", { name: "Vaccinaties die tellen" });
  assert.match(await proof.innerText(), /28-01-2021/);
  const line = await rosa.locator("#verloop").innerText();
  assert.match(line, /Correctie op verzoek van de instelling[\s\S]*met akkoord van[\s\S]*Mevrouw De Boer, per brief van 3 maart\./);
  assert.match(line, /RIVM, op verzoek van Arbodienst Gezond Werk/);
});

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";

  test(`a row without BSN is linked to a person of the BRP by two people, and its sender sees none of it${how}`, async (t) => {
    const who = person();
    reportedWithoutBsn(who, "ZONNEHOF");
    const [rik, rosa] = [await visitor(t, { script }), await visitor(t, { script })];
    await logIn(rik, "beoordelaar");
    await open(rik, "/beoordelen?code=B14");
    await press(rik, /^Open/, { role: "link", within: rik.locator("tbody tr").first() });
    await press(rik, "Persoon zoeken", { role: "link" });
    assert.equal(await heading(rik), "Persoon zoeken in de BRP");
    assert.ok(!rik.url().includes(who.bsn));
    const first = rik.locator('input[name="person"]').first();
    assert.ok(!(await first.isChecked()), "nobody is chosen beforehand");
    await press(rik, "Gevolgen bekijken");
    assert.match(await rik.locator("#foutoverzicht").innerText(), /Kies de persoon\./);
    await first.check();
    await rik.locator("textarea").fill("Naam, geboortedatum en adres zijn gelijk.");
    await press(rik, "Gevolgen bekijken");
    const decision = path(rik);
    const main = await rik.locator("main").innerText();
    assert.match(main, /Koppelen aan een persoon/);
    assert.match(main, /0 van 2 → 1 van 2/);
    assert.ok(main.includes(`*****${who.bsn.slice(5)}`) && !main.includes(who.bsn));
    await press(rik, "Voorleggen aan een collega");
    assert.equal(await rik.getByRole("button", { name: "Akkoord, uitvoeren" }).count(), 0, "not on one's own");

    await logIn(rosa, "rivmbeheer");
    await open(rosa, decision);
    await press(rosa, "Akkoord, uitvoeren");
    await until(rosa, 'text="Uitgevoerd"');
    assert.ok(await rosa.getByText("1 regel is behandeld.").isVisible());
    // The record of the person has it.
    await open(rik, "/dossiers");
    await rik.getByLabel("BSN", { exact: true }).fill(who.bsn);
    await rik.getByLabel("Een persoon meldt een fout").check();
    await press(rik, "Dossier openen");
    assert.equal(await rik.getByRole("table", { name: "Vaccinaties die tellen" }).locator("tbody tr").count(), 1);
    // Who delivered it sees what was delivered.
    const nurse = await visitor(t, { script });
    await logIn(nurse, "invoerder");
    await open(nurse, "/registraties");
    assert.ok(!(await nurse.locator("main").innerText()).includes(who.bsn.slice(5)));

    // It was somebody else after all: undone with a reason, by two people again.
    await open(rosa, decision);
    await rosa.getByText("Koppeling ongedaan maken", { exact: true }).click();
    const form = rosa.locator('form[action^="/api/koppeling-terug"]');
    await press(rosa, "Gevolgen bekijken", { within: form });
    assert.match(await rosa.locator("#foutoverzicht").innerText(), /Vul in waarom de koppeling niet klopt\./);
    await form.locator("textarea").fill("Het is een naamgenoot.");
    await press(rosa, "Gevolgen bekijken", { within: form });
    const undo = path(rosa);
    assert.match(await rosa.locator("main").innerText(), /1 van 2 → 0 van 2/);
    await press(rosa, "Voorleggen aan een collega");
    const forced = await rosa.request.post(`${PORTAL()}/api/besluit-akkoord`, {
      form: { id: undo.split("/").pop(), formulier: await formToken(rosa, undo) },
      headers: { Origin: PORTAL(), Referer: PORTAL() + undo, Accept: "text/html" },
      maxRedirects: 0,
    });
    assert.match(forced.headers().location, /melding=zelfde/);
    await open(rik, undo);
    await press(rik, "Akkoord, uitvoeren");
    await until(rik, 'text="Uitgevoerd"');
    await open(rik, "/beoordelen?code=B14");
    assert.ok(await rik.locator("tbody tr").first().isVisible(), "it waits again");
  });
}

test("the queue is searched by words, and never by a BSN", async (t) => {
  const who = stranger();
  const rik = await visitor(t, { script: false });
  await logIn(rik, "beoordelaar");
  await open(rik, "/beoordelen");
  await rik.getByLabel("Zoeken", { exact: true }).fill("koppelen");
  await press(rik, "Filteren");
  assert.match(rik.url(), /zoek=koppelen/);
  assert.ok(await rik.locator("tbody tr").first().isVisible());
  await rik.getByLabel("Zoeken", { exact: true }).fill("xyzzy");
  await press(rik, "Filteren");
  assert.ok(await rik.getByText("Niets gevonden met deze filters.").isVisible());
  // The browser holds nine digits back; an address that was typed is left at once.
  await rik.getByLabel("Zoeken", { exact: true }).fill(who.bsn);
  await rik.getByRole("button", { name: "Filteren", exact: true }).click();
  assert.ok(!rik.url().includes(who.bsn));
  for (const list of ["/beoordelen", "/beoordelen/groepen"]) {
    await open(rik, `${list}?zoek=${who.bsn}`);
    assert.ok(!rik.url().includes(who.bsn) && !(await rik.content()).includes(who.bsn));
    assert.ok(await rik.getByText("Zoek hier niet op een BSN.", { exact: false }).isVisible());
  }
});
