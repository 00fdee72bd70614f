// Every page in both colours and on both widths: axe without violations, nothing sideways, and a picture of it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assertAccessible, look } from "../lib/accessible.mjs";
import { TWICE, WRONG_BSN, csv, person, reported, reportedWithoutBsn, sql, stranger } from "../lib/demo.mjs";
import { confirmWarnings, fillDate, fillPerson, fillVaccination, logIn, record, send } from "../lib/journey.mjs";
import { alive, open, path, press, until, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

const shots = process.env.SHOTS ?? new URL("../shots", import.meta.url).pathname;
mkdirSync(shots, { recursive: true });
const jab = { date: [27, 1, 2021], vaccine: "Comirnaty", batch: "EJ6796", dose: 1, group: "Zorgmedewerker" };

/** A picture shows no more of a long list than this. */
const TALLEST = 1800;

/** The looks of which a picture is taken. */
const PICTURES = [
  { suffix: "breed", colour: "light", width: 1280 },
  { suffix: "donker", colour: "dark", width: 1280 },
  { suffix: "smal", colour: "light", width: 320 },
];

/** Paths that were judged, for the walk over the router's own list at the end. */
const judged = new Set();

/** Judges the open page and takes its pictures. */
async function judge(page, name) {
  judged.add(path(page));
  await alive(page);
  assert.equal(await page.locator("h1").count(), 1, `${name} has one h1`);
  assert.ok((await page.title()).length > 5, `${name} has a title`);
  assert.match(await page.locator("html").getAttribute("lang"), /^(nl|en)$/);
  const picture = async ({ colour, width }) => {
    const suffix = PICTURES.find((one) => one.colour === colour && one.width === width)?.suffix;
    if (!suffix) return;
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    const clip = { x: 0, y: 0, width, height: Math.min(height, TALLEST) };
    await page.screenshot({ path: join(shots, `${name}-${suffix}.png`), fullPage: true, clip });
  };
  if (process.env.AXE !== "off") await assertAccessible(page, name, picture);
  // off: only new pictures, in a minute
  else for (const one of PICTURES) await look(page, one).then(() => picture(one));
  await look(page, { colour: "light", width: 1280 });
}

test("pages for everybody", async (t) => {
  const page = await visitor(t, { expected: ["status of 404", "status of 409", "status of 429", "status of 500"] });
  const pages = { welkom: "/", inloggen: "/inloggen", hulp: "/hulp", regels: "/hulp/regels", regel: "/hulp/regels/P03", kolommen: "/hulp/kolommen", toegankelijkheid: "/toegankelijkheid", privacy: "/privacy", cookies: "/cookies", "niet-gevonden": "/bestaat-niet", "niet-gevonden-na-versturen": "/niet-gevonden", "even-wachten": "/even-wachten", gewijzigd: "/gewijzigd", storing: "/storing/00000000-0000-7000-8000-000000000000" };
  for (const [name, address] of Object.entries(pages)) {
    await open(page, address);
    await judge(page, name);
  }
});

/** Sends a form that no page of the portal has. */
async function sends(page, action, fields) {
  const sent = ({ action, fields }) => {
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action });
    for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    document.body.append(form);
    form.submit();
  };
  await Promise.all([page.waitForEvent("framenavigated"), page.evaluate(sent, { action, fields })]);
  await page.waitForLoadState();
}

test("pages of the server itself, made when the portal cannot be asked", async (t) => {
  const page = await visitor(t, { expected: ["status of 403", "status of 413"] });
  await logIn(page, "invoerder");
  for (const [action, fields, title] of [
    ["/api/registratie-intrekken", { registration: "x" }, "Verstuur het formulier opnieuw"],
    ["/api/registratie-intrekken", { reason: "x".repeat(1.5e6) }, "Dit is te groot"],
  ]) {
    await open(page, "/registreren");
    await sends(page, action, fields);
    assert.equal(await page.locator("h1").innerText(), title);
    await assertAccessible(page, title);
    assert.equal(await page.getByRole("link", { name: "Naar de startpagina" }).count(), 1);
  }
});

test("recording, step by step", async (t) => {
  const page = await visitor(t);
  await logIn(page, "invoerder");
  await judge(page, "start");
  await open(page, "/registreren/zonder-toestemming");
  await judge(page, "zonder-toestemming");
  await open(page, "/registreren");
  await judge(page, "persoon");
  await press(page, "Verder");
  await judge(page, "persoon-fout");
  const somebody = person();
  await fillPerson(page, somebody);
  await press(page, "Verder");
  await judge(page, "vaccinatie");
  await fillVaccination(page, jab);
  await page.screenshot({ path: join(shots, "registreren.png"), fullPage: true, clip: { x: 0, y: 0, width: 1280, height: 1000 } }); // for the README
  await fillVaccination(page, { date: [1, 1, 2099] });
  await press(page, "Verder");
  await judge(page, "vaccinatie-fout");
  await fillVaccination(page, jab);
  await press(page, "Verder");
  await confirmWarnings(page);
  await judge(page, "controleren");
  await send(page);
  await judge(page, "klaar");
  await press(page, "Zelfde vaccinatie, volgende persoon");
  await judge(page, "volgende-persoon");
  await open(page, "/werklijst");
  await judge(page, "werklijst-nieuw");
  await open(page, "/werklijst?nieuw=1&bestand=A08");
  await judge(page, "werklijst-bestand-fout");
  const [day, month, year] = somebody.born;
  const others = [person(), stranger()].map(({ bsn, born }) => `${bsn}\t${born.join("-")}`);
  await page.locator("#persons").fill([`${somebody.bsn}\t${day}-${month}-${year}`, ...others, WRONG_BSN].join("\n"));
  await page.getByLabel("Al deze personen vinden goed dat het RIVM hun gegevens krijgt").check();
  await press(page, "Lijst maken");
  await judge(page, "werklijst");
  await press(page, "Lijst weggooien");
});

test("registrations", async (t) => {
  const page = await visitor(t);
  await logIn(page, "invoerder");
  await record(page, person(), jab);
  await open(page, "/registraties");
  await judge(page, "registraties");
  await open(page, "/registraties?van=1999-01-01&tot=1999-01-02");
  await judge(page, "registraties-leeg");
  await open(page, "/registraties");
  await press(page, /^Bekijk/, { role: "link", within: page.locator("tbody") });
  const registration = path(page);
  await judge(page, "registratie");
  await open(page, `${registration}/corrigeren`);
  await judge(page, "corrigeren");
  await open(page, `${registration}/intrekken`);
  await judge(page, "intrekken");
  await page.getByLabel("Waarom trekt u in?").fill("Verkeerde persoon gekozen.");
  await press(page, "Ja, intrekken");
  await open(page, `${registration}/terugzetten`);
  await judge(page, "terugzetten");
  await open(page, "/sessies");
  await judge(page, "sessies");
});

test("a file", async (t) => {
  const page = await visitor(t);
  await logIn(page, "invoerder");
  await open(page, "/aanleveren");
  await judge(page, "aanleveren");
  await press(page, "Bestand controleren");
  await judge(page, "aanleveren-fout");
  const one = person();
  const dotted = { ...one, bsn: `${one.bsn.slice(0, 4)}.${one.bsn.slice(4, 6)}.${one.bsn.slice(6)}` };
  const rows = csv([dotted, { ...person(), bsn: WRONG_BSN }]);
  await page.locator('input[type="file"]').setInputFiles({ name: "aanlevering.csv", mimeType: "text/csv", buffer: Buffer.from(rows) });
  await press(page, "Bestand controleren");
  await page.getByRole("button", { name: "Indienen", exact: true }).waitFor({ timeout: 30_000 });
  await judge(page, "voorbeeld");
  const delivery = path(page);
  await open(page, `${delivery}/herstel/H02/bsn`);
  await judge(page, "herstelde-waarden");
  await open(page, delivery);
  await press(page, "Regels verbeteren", { role: "link" });
  await judge(page, "regels-verbeteren");
  await press(page, "Regel 3", { role: "link" });
  await judge(page, "regel-verbeteren");
  await open(page, delivery);
  await press(page, "Indienen");
  await page.getByText("1 van 2 vaccinaties opgenomen.").waitFor({ timeout: 30_000 });
  await judge(page, "resultaat");
  await open(page, "/aanleveringen");
  await judge(page, "aanleveringen");
  await open(page, "/teruggestuurd");
  await judge(page, "teruggestuurd");
  await open(page, "/kwaliteit");
  await judge(page, "kwaliteit");
  await open(page, `${delivery}/intrekken`);
  await judge(page, "aanlevering-intrekken");
  await press(page, "Ja, intrekken");
  await judge(page, "aanlevering-intrekken-fout");
  await page.getByLabel("Waarom trekt u de aanlevering in?").fill("Verkeerd bestand gekozen.");
  await press(page, "Ja, intrekken");
  await page.getByText("Deze aanlevering is ingetrokken.").waitFor({ timeout: 30_000 });
  await judge(page, "aanlevering-ingetrokken");
  await open(page, `${delivery}/intrekken`);
  await judge(page, "intrekken-ongedaan");
});

test("a withdrawal that waits for a second person, and what is new", async (t) => {
  const [page, rivm, other] = [await visitor(t), await visitor(t), await visitor(t)];
  await logIn(page, "invoerder");
  await open(page, "/aanleveren");
  await page.locator('input[type="file"]').setInputFiles({ name: "twee.csv", mimeType: "text/csv", buffer: Buffer.from(csv([person()])) });
  await press(page, "Bestand controleren");
  await page.getByRole("button", { name: "Indienen", exact: true }).waitFor({ timeout: 30_000 });
  const delivery = path(page);
  await open(page, "/");
  await judge(page, "start-nieuws");
  await open(page, delivery);
  await press(page, "Indienen");
  await page.getByText("1 van 1 vaccinaties opgenomen.").waitFor({ timeout: 30_000 });
  await logIn(rivm, "beoordelaar");
  await open(rivm, `${delivery}/intrekken`);
  await judge(rivm, "aanlevering-intrekken-rivm");
  await rivm.getByLabel("Waarom trekt u de aanlevering in?").fill("Op verzoek.");
  await press(rivm, "Ja, intrekken vragen");
  await judge(rivm, "verzoek-gevraagd");
  await logIn(other, "rivmbeheer");
  await judge(other, "start-verzoek");
  await open(other, `${delivery}/intrekken`);
  await judge(other, "verzoek-akkoord");
  await press(other, "Niet akkoord");
  await judge(other, "verzoek-afgewezen");
});

test("rows that wait, a group of them, and a decision about it", async (t) => {
  const [page, rivm, other] = [await visitor(t), await visitor(t), await visitor(t)];
  await logIn(page, "invoerder");
  await open(page, "/aanleveren");
  const odd = csv([person(), person()]).replaceAll(";Comirnaty;", ";Pfizer NL paars;");
  await page.locator('input[type="file"]').setInputFiles({ name: "paars.csv", mimeType: "text/csv", buffer: Buffer.from(odd) });
  await press(page, "Bestand controleren");
  await until(page, 'button:has-text("Indienen")');
  await judge(page, "voorbeeld-afgekeurd");
  await press(page, "Indienen");
  await page.getByText("Er is niets opgenomen.", { exact: false }).waitFor({ timeout: 30_000 });
  await logIn(rivm, "beoordelaar");
  await judge(rivm, "start-rivm");
  await open(rivm, "/beoordelen");
  await judge(rivm, "beoordelen");
  await press(rivm, /^Open/, { role: "link", within: rivm.locator("tbody") });
  await judge(rivm, "beoordelen-regel");
  await open(rivm, "/beoordelen/groepen");
  await judge(rivm, "groepen");
  await open(rivm, "/beoordelen/groepen?code=D05&partij=niemand");
  await judge(rivm, "groepen-leeg");
  await open(rivm, "/beoordelen/groepen?code=V11");
  await press(rivm, /^Groep van/, { role: "link", within: rivm.locator("tbody") });
  const group = path(rivm);
  for (const details of await rivm.locator("details summary").all()) await details.click();
  await judge(rivm, "groep");
  await open(rivm, `${group}?soort=map&melding=waarde`);
  await judge(rivm, "groep-fout");
  const form = rivm.locator("details[open] form");
  await form.locator("select").selectOption({ label: "Comirnaty" });
  await form.locator("textarea").fill("Zo noemt de instelling dit vaccin.");
  await press(rivm, "Gevolgen bekijken", { within: form });
  await judge(rivm, "besluit");
  await press(rivm, "Voorleggen aan een collega");
  await judge(rivm, "besluit-gevraagd");
  await logIn(other, "rivmbeheer");
  await judge(other, "start-besluit");
  await open(other, "/beoordelen/besluiten");
  await judge(other, "besluiten");
  await open(other, path(rivm));
  await judge(other, "besluit-akkoord");
  await press(other, "Akkoord, uitvoeren");
  await until(other, 'text="Uitgevoerd, waarde geldt"');
  await judge(other, "besluit-uitgevoerd");
  await open(other, "/beoordelen/waarden");
  await judge(other, "waarden");
  await open(other, "/beoordelen/cijfers");
  await judge(other, "cijfers");
  await open(other, "/beoordelen/kwaliteit");
  await judge(other, "kwaliteit-instellingen");
  await press(other, /./, { role: "link", within: other.locator("tbody") });
  await judge(other, "kwaliteit-instelling");
});

test("a row without BSN, who may be its person, and the decision of the link", async (t) => {
  const who = person();
  reportedWithoutBsn(who, "ZONNEHOF");
  const page = await visitor(t);
  await logIn(page, "beoordelaar");
  await open(page, "/beoordelen?code=B14");
  await press(page, /^Open/, { role: "link", within: page.locator("tbody") });
  await judge(page, "regel-zonder-bsn");
  await press(page, "Persoon zoeken", { role: "link" });
  await judge(page, "koppelen");
  await press(page, "Gevolgen bekijken");
  await judge(page, "koppelen-fout");
  await page.locator('input[name="person"]').first().check();
  await page.locator("textarea").fill("Naam, geboortedatum en adres zijn gelijk.");
  await press(page, "Gevolgen bekijken");
  await judge(page, "besluit-koppelen");
  await press(page, "Annuleren");
  await open(page, "/beoordelen?melding=bsn");
  await judge(page, "beoordelen-geen-bsn");
});

test("two reports of one jab, a ruling, and the record of a person", async (t) => {
  const who = person();
  reported(who, TWICE);
  const page = await visitor(t);
  await logIn(page, "beoordelaar");
  await open(page, "/dossiers");
  await judge(page, "dossier-zoeken");
  await press(page, "Dossier openen");
  await judge(page, "dossier-zoeken-fout");
  await page.getByLabel("BSN", { exact: true }).fill(who.bsn);
  await page.getByLabel("Een persoon meldt een fout").check();
  await press(page, "Dossier openen");
  await judge(page, "dossier");
  const record = page.url();
  await press(page, /corrigeren op verzoek$/, { within: page.locator("#verloop > li").filter({ hasText: "EJ6795" }).last() });
  await page.getByLabel("Batchnummer").fill("???");
  await press(page, "Gevolgen bekijken");
  await judge(page, "correctie");
  await open(page, new URL(record).pathname + new URL(record).search);
  await open(page, path(page));
  await judge(page, "dossier-reden");
  await page.getByLabel("Een persoon meldt een fout").check();
  await press(page, "Dossier openen");
  await press(page, /^Melding van .* beoordelen$/, { role: "link" });
  await judge(page, "vergelijken");
  await page.getByText("Samenvoegen", { exact: true }).click();
  const form = page.locator("details[open] form");
  await press(page, "Vastleggen", { within: form });
  await judge(page, "vergelijken-fout");
  await form.locator("textarea").fill("Het is dezelfde prik.");
  await press(page, "Vastleggen", { within: form });
  await judge(page, "oordeel");
});

test("connections, and deliveries that wait", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "cims-wait-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "kamer.csv");
  writeFileSync(file, csv([person()]).replace("doelgroep", "doelgroep;kamer").replace("ZORGMEDEWERKER", "ZORGMEDEWERKER;12"));
  const words = ["--config", process.env.CIMS_CONFIG, "import", file, "--party", "NIEUWEHOF", "--channel", "zorgmail"];
  execFileSync(process.env.CIMS_BIN, words, { stdio: "ignore" });

  const asks = await visitor(t);
  await logIn(asks, "rivmbeheer");
  await open(asks, "/koppelingen");
  await judge(asks, "koppelingen");
  await press(asks, "Vragen");
  await judge(asks, "koppelingen-fout");
  await open(asks, "/volledigheid");
  await judge(asks, "volledigheid");
  await open(asks, "/beheer");
  await judge(asks, "beheer");
  await open(asks, "/toegang");
  await judge(asks, "toegang-sftp");
  await press(asks, "Uitgeven");
  await judge(asks, "toegang-sftp-fout");
  await asks.locator("tbody").getByRole("link").first().click();
  await asks.waitForLoadState();
  for (const fold of await asks.locator("main summary").all()) await fold.click();
  await judge(asks, "toegang-sftp-een");
  await open(asks, "/geparkeerd");
  await judge(asks, "geparkeerd");
  await press(asks, /^Aanlevering van Verpleeghuis Nieuwehof/, { role: "link", within: asks.locator("tbody tr").filter({ hasText: "Zorgmail" }) });
  await judge(asks, "geparkeerd-aanlevering");
  await press(asks, "Akkoord vragen");
  await judge(asks, "koppeling-gevraagd");

  const decides = await visitor(t);
  await logIn(decides, "privacy");
  await judge(decides, "start-privacy");
  await open(decides, path(asks));
  await decides.getByText("Afwijzen", { exact: true }).first().click();
  await press(decides, "Afwijzen", { within: decides.locator("details[open]") });
  await judge(decides, "koppeling-fout");
  await decides.getByText("Akkoord geven", { exact: true }).first().click();
  const agrees = decides.locator("details[open]").filter({ hasText: "neemt CIMS" });
  await agrees.getByLabel("Toelichting").fill("De overeenkomst is getekend.");
  await press(decides, "Akkoord geven", { within: agrees });
  await judge(decides, "koppeling-akkoord");
});

test("a new party, a file that is tried, and what a supplier sees", async (t) => {
  const code = `PAGINA${process.pid}`;
  t.after(() => {
    const party = `(SELECT id FROM parties WHERE code = '${code}')`;
    for (const table of ["party_requests", "connection_steps", "connections", "party_agb"]) sql(`DELETE FROM ${table} WHERE party_id = ${party}`);
    sql(`DELETE FROM parties WHERE code = '${code}'`);
  });
  const asks = await visitor(t);
  await logIn(asks, "rivmbeheer");
  await open(asks, "/aanvragen/nieuw");
  await judge(asks, "aanvraag-nieuw");
  await press(asks, "Aanvraag versturen");
  await judge(asks, "aanvraag-fout");
  await asks.getByLabel("Naam van de instelling").fill("Verpleeghuis Lindehof");
  await asks.getByLabel("Code", { exact: true }).fill(code);
  await asks.getByLabel("Soort", { exact: true }).selectOption({ label: "Verpleeghuis" });
  await asks.getByLabel("AGB-code").fill(`4848${String(process.pid % 10_000).padStart(4, "0")}`);
  await asks.getByLabel("Koppelvlak", { exact: true }).selectOption({ label: "SFTP" });
  await asks.getByLabel("Tussenpartij", { exact: true }).selectOption({ label: "ZorgSoft" });
  await asks.getByLabel("Extra kolommen").fill("kamer");
  await asks.getByLabel("Doel", { exact: true }).fill("vaccinatieregistratie");
  await asks.getByLabel("Contactpersoon").fill("Anne de Boer, 070 000 00 00");
  await press(asks, "Aanvraag versturen");
  await judge(asks, "aanvraag");
  const decides = await visitor(t);
  await logIn(decides, "privacy");
  await open(decides, "/aanvragen");
  await judge(decides, "aanvragen");
  await open(decides, path(asks));
  await press(decides, "Technische toets", { role: "link" });
  await judge(decides, "koppeling-nieuwe-partij");

  const tries = await visitor(t);
  await logIn(tries, "invoerder");
  await open(tries, "/proefbank");
  await judge(tries, "proefbank");
  await press(tries, "Bestand proberen");
  await judge(tries, "proefbank-fout");
  await tries.getByLabel("Upload", { exact: true }).check();
  const rows = csv([person(), { ...person(), bsn: "111222333" }]);
  await tries.locator('input[type="file"]').setInputFiles({ name: "proef.csv", mimeType: "text/csv", buffer: Buffer.from(rows) });
  await press(tries, "Bestand proberen");
  await tries.getByRole("heading", { name: "Antwoordbestanden" }).waitFor({ timeout: 30_000 });
  await judge(tries, "proef");

  const lars = await visitor(t);
  await logIn(lars, "leverancier");
  await judge(lars, "start-leverancier");
  await open(lars, "/installaties");
  await judge(lars, "installaties");
});

test("code lists, and a change that somebody refuses", async (t) => {
  const [asks, decides] = [await visitor(t), await visitor(t)];
  await logIn(asks, "rivmbeheer");
  await open(asks, "/codelijsten/namen");
  await judge(asks, "codelijst-namen");
  await open(asks, "/codelijsten/batches");
  await judge(asks, "codelijst-batches");
  for (const list of ["vaccins", "doelgroepen"]) {
    await open(asks, `/codelijsten/${list}`);
    await asks.getByText("Toevoegen of wijzigen", { exact: true }).click();
    await press(asks, "Gevolgen bekijken", { within: asks.locator("#toevoegen form") });
    await judge(asks, `codelijst-${list}-fout`);
  }
  await open(asks, "/codelijsten/leeftijdsgroepen");
  await judge(asks, "codelijst-leeftijden");
  await open(asks, "/codelijsten/leeftijdsgroepen/onderdeel?sleutel=B");
  for (const details of await asks.locator("details summary").all()) await details.click();
  await judge(asks, "codelijst-leeftijd");
  await open(asks, "/codelijsten/batches?lijst=kop-houdbaar_tot");
  await judge(asks, "codelijst-inlezen-fout");
  await open(asks, "/codelijsten/batches/onderdeel?sleutel=EJ6789&vaccin=Comirnaty");
  for (const details of await asks.locator("details summary").all()) await details.click();
  await judge(asks, "codelijst-batch");
  const form = asks.locator("details form").first();
  await form.locator("#houdbaar").fill("31-13-2021");
  await press(asks, "Gevolgen bekijken", { within: form });
  await judge(asks, "codelijst-batch-fout");
  await form.locator("#houdbaar").fill("30-06-2021");
  await form.locator("#bron").fill("Brief van de fabrikant");
  await press(asks, "Gevolgen bekijken", { within: form });
  await judge(asks, "codelijst-wijziging");
  await press(asks, "Voorleggen aan een collega");
  await judge(asks, "codelijst-wijziging-gevraagd");
  await logIn(decides, "rivmbeheer2");
  await judge(decides, "start-codelijst");
  await open(decides, path(asks));
  await judge(decides, "codelijst-wijziging-akkoord");
  await press(decides, "Geen akkoord");
  await judge(decides, "codelijst-wijziging-niet");
  await open(decides, "/codelijsten");
  await judge(decides, "codelijsten");
  await open(decides, "/codelijsten/verdacht");
  await judge(decides, "codelijst-verdacht");
});

test("who works for an institution", async (t) => {
  const page = await visitor(t);
  await open(page, "/uitnodiging");
  await judge(page, "uitnodiging-gebruiken");
  await press(page, "Verder naar inloggen");
  await judge(page, "uitnodiging-fout");
  await logIn(page, "beheerder");
  await open(page, "/gebruikers");
  await page.getByLabel("Naam van uw collega").fill("Nel Nieuw");
  await page.getByLabel("Registreren en aanleveren", { exact: true }).check();
  await press(page, "Code maken");
  await judge(page, "uitnodiging");
  await open(page, "/gebruikers");
  await judge(page, "gebruikers");
  const rosa = await visitor(t);
  await logIn(rosa, "rivmbeheer");
  await open(rosa, "/gebruikers");
  await judge(rosa, "contacten");
});

test("locations of an institution, and a form that was kept", async (t) => {
  t.after(() => sql("UPDATE locations SET ended_at = now() WHERE ended_at IS NULL"));
  const page = await visitor(t);
  await logIn(page, "beheerder");
  await open(page, "/instelling");
  await judge(page, "locaties-leeg");
  await page.locator("#name").fill("Afdeling Oost");
  await page.locator("#place").fill("Zeist");
  await press(page, "Toevoegen");
  await press(page, "Toevoegen");
  await judge(page, "locaties-fout");
  await page.getByText("Afdeling Oost, Zeist", { exact: true }).click();
  await judge(page, "locaties");
  await open(page, "/registreren");
  await judge(page, "persoon-locatie");
  await page.locator("#location").selectOption({ label: "Afdeling Oost" });
  await fillPerson(page, person());
  await press(page, "Verder");
  await judge(page, "vaccinatie-locatie");
  await open(page, "/gebruikers");
  await page.locator("#name").fill("Nel Nieuw");
  await page.locator('form[action="/api/gebruiker-uitnodigen"]').evaluate((form) => {
    form.action += "?bewaren=1";
    form.submit();
  });
  await page.waitForURL(/\/inloggen/);
  await judge(page, "inloggen-bewaard");
  await open(page, new URL(page.url()).searchParams.get("next"));
  await judge(page, "bewaard");
  await press(page, "Weggooien");
});

test("who is logged in", async (t) => {
  const [page, other] = [await visitor(t), await visitor(t)];
  await logIn(other, "invoerder");
  await logIn(page, "rivmbeheer");
  await open(page, "/gebruikers/sessies");
  await judge(page, "open-sessies");
});

test("a paper card, keyed by two people", async (t) => {
  const [one, two] = [await visitor(t), await visitor(t)];
  const number = `P-${process.pid}`;
  const who = person();
  await logIn(one, "kaarten");
  await judge(one, "start-kaarten");
  await open(one, "/kaarten/invoeren");
  await judge(one, "kaart-invoeren");
  await press(one, "Klaar met deze kaart");
  await judge(one, "kaart-invoeren-fout");
  await one.getByLabel("Kaartnummer", { exact: true }).fill(number);
  await one.getByLabel("Instelling op de kaart", { exact: true }).fill("ZONNEHOF");
  await fillPerson(one, who);
  await fillVaccination(one, jab);
  await press(one, "Klaar met deze kaart");
  await judge(one, "kaart-wacht");
  await open(one, "/kaarten");
  await judge(one, "kaarten");
  const card = new URL(await one.getByRole("link", { name: `Kaart ${number} bekijken` }).evaluate((link) => link.href)).pathname;
  await logIn(two, "kaarten2");
  await open(two, card);
  await judge(two, "kaart-nogmaals");
  await press(two, "Vergelijken en opslaan");
  await judge(two, "kaart-nogmaals-fout");
  await two.getByLabel("Ja", { exact: true }).check();
  await two.getByLabel("BSN", { exact: true }).fill(WRONG_BSN);
  await fillDate(two, "vaccinatiedatum", jab.date);
  await two.locator("#batchnummer").fill("EJ6795");
  await press(two, "Vergelijken en opslaan");
  await judge(two, "kaart-verschil");
  await open(two, `${card}?melding=keuze`);
  await judge(two, "kaart-verschil-fout");
  for (const choice of await two.getByLabel(/^Eerste invoer/).all()) await choice.check();
  await two.getByLabel("Waarom is dit juist?").fill("Verkeerd overgenomen.");
  await press(two, "Vastleggen en opslaan");
  await judge(two, "kaart-opgeslagen");
  await open(two, "/kaarten");
  await judge(two, "kaarten-opgeslagen");
});

test("somebody of two institutions", async (t) => {
  const page = await visitor(t);
  await logIn(page, "tweehuizen");
  await judge(page, "instelling");
});

test("no page of the router was left out", () => {
  const source = readFileSync(new URL("../../server/src/web/routes.rs", import.meta.url), "utf8");
  const pages = [...source.matchAll(/^\s+page\("([^"]+)"/gm)].map((match) => match[1]);
  assert.ok(pages.length >= 29, "the table of routes is still read");
  const shape = (route) => new RegExp(`^${route.replace(/\{[^}]+\}/g, "[^/]+")}$`);
  const fixed = new Set(pages.filter((route) => !route.includes("{")));
  const isJudged = (route) => [...judged].some((one) => shape(route).test(one) && (one === route || !fixed.has(one)));
  assert.deepEqual(pages.filter((route) => !isJudged(route)), []);
});

test("the choice of colours is kept without a script", async (t) => {
  const page = await visitor(t, { script: false });
  await open(page, "/");
  await page.getByLabel("Kleuren").selectOption({ label: "donker" });
  await press(page, "Kleuren kiezen");
  assert.equal(await page.locator("html").getAttribute("data-kleur"), "donker");
  await open(page, "/hulp");
  assert.equal(await page.locator("html").getAttribute("data-kleur"), "donker");
});

test("the choice of language is kept without a script", async (t) => {
  const page = await visitor(t, { script: false });
  await open(page, "/");
  await press(page, "English");
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await open(page, "/inloggen");
  assert.equal(await page.locator("h1").innerText(), "Log in");
  await press(page, "Nederlands");
  assert.equal(await page.locator("html").getAttribute("lang"), "nl");
});
