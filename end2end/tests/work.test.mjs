// Two people of RIVM at the same work: what goes back to its sender and is closed, what is rejected for good and comes back,
// what one has open while the other decides, and what both can take back.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { csv, person, reported, sql } from "../lib/demo.mjs";
import { logIn } from "../lib/journey.mjs";
import { PORTAL, formToken, heading, open, path, press, until, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

const ask = (query) => execFileSync("psql", [process.env.CIMS_PG, "-Atc", query]).toString().trim();
const mark = String(process.pid);
let files = 0;

/** A file of an institution, as it comes in by upload; answers its delivery, its rows by key and its name. */
function delivers(party, text) {
  const folder = mkdtempSync(join(tmpdir(), "cims-work-"));
  const name = `werk-${mark}-${++files}.csv`;
  writeFileSync(join(folder, name), text);
  const words = ["--config", process.env.CIMS_CONFIG, "import", join(folder, name), "--party", party, "--channel", "upload"];
  const { status, stderr } = spawnSync(process.env.CIMS_BIN, words, { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  assert.ok([0, 1].includes(status), stderr); // 1: some rows were refused
  const id = ask(`SELECT id FROM deliveries WHERE file_name = '${name}'`);
  const rows = ask(`SELECT id FROM delivery_rows WHERE delivery_id = '${id}' ORDER BY row_number`).split("\n");
  return { id, rows, name };
}

/** So many persons. */
const people = (count) => Array.from({ length: count }, () => person());

/** The line that one of the things that can be done is folded behind. */
const folded = (page, name) => page.locator("summary").filter({ hasText: new RegExp(`^${name}$`) });

/** Unfolds it, and answers its form. */
async function unfold(page, name) {
  await folded(page, name).click();
  return page.locator("details[open] form");
}

/** What the summary says is missing. */
const missing = (page) => page.locator("#foutoverzicht li").allInnerTexts();

/** The group of rows with this value, found by it. */
async function group(page, value) {
  await open(page, `/beoordelen/groepen?zoek=${encodeURIComponent(value)}`);
  await press(page, /^Groep van/, { role: "link", within: page.locator("tbody tr") });
}

/** Nobody agrees to what is theirs: there is no button, and the server says no to who posts without it. */
async function notAlone(page) {
  const decision = path(page);
  assert.equal(await page.getByRole("button", { name: "Akkoord, uitvoeren" }).count(), 0);
  const forced = await page.request.post(`${PORTAL()}/api/besluit-akkoord`, {
    form: { id: decision.split("/").pop(), formulier: await formToken(page, decision) },
    headers: { Origin: PORTAL(), Referer: PORTAL() + decision, Accept: "text/html" },
    maxRedirects: 0,
  });
  assert.match(forced.headers().location, /melding=zelfde/);
  assert.equal(ask(`SELECT state FROM decisions WHERE id = '${decision.split("/").pop()}'`), "asked");
}

/** Opens a record from a page of a row, for the reason that the row waits. */
async function record(page) {
  await press(page, "Naar het dossier van deze persoon", { role: "link" });
  await page.getByLabel("Een regel wacht op een besluit").check();
  await press(page, "Dossier openen");
  const lines = (name) => page.getByRole("table", { name }).locator("tbody tr").count();
  return { counts: await lines("Vaccinaties die tellen"), aside: await lines("Vaccinaties die niet tellen") };
}

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";

  test(`two jabs of one person are both kept, and a colleague undoes it${how}`, async (t) => {
    const who = person();
    reported(who, { GEZONDWERK: "EJ6795" });
    const { rows: [row] } = delivers("ZONNEHOF", csv([who]).replace("27-01-2021", "10-03-2021"));
    const [rik, rosa] = [await visitor(t, { script }), await visitor(t, { script })];
    await logIn(rik, "beoordelaar");
    await open(rik, "/beoordelen?code=D05");
    await press(rik, /^Open/, { role: "link", within: rik.locator("tbody tr").first() });
    assert.equal(path(rik), `/beoordelen/${row}`);
    await press(rik, "Vergelijken", { role: "link" });
    const compare = path(rik);
    const day = rik.locator("tbody tr").filter({ hasText: "Vaccinatiedatum" });
    assert.match(await day.innerText(), /10-03-2021[\s\S]*27-01-2021[\s\S]*Verschilt/);
    let form = await unfold(rik, "Beide houden");
    assert.match(await form.innerText(), /1 van 2 → 2 van 2/, "seen before it is done");
    await press(rik, "Vastleggen", { within: form });
    assert.deepEqual(await missing(rik), ["Vul een reden in."]);
    form = rik.locator("details[open] form");
    await form.locator("textarea").fill("Het zijn twee prikken, de dosis is verkeerd overgenomen.");
    await press(rik, "Vastleggen", { within: form });
    assert.ok(await rik.getByText("Uw oordeel is vastgelegd en geldt meteen.").isVisible());
    assert.ok(await rik.getByText("Beide houden", { exact: true }).isVisible());
    const ruling = path(rik);
    assert.deepEqual(await record(rik), { counts: 2, aside: 0 });

    await logIn(rosa, "rivmbeheer");
    await open(rosa, compare);
    assert.ok(await rosa.getByText("Hierover is al besloten, door Rik Regelmaat.").isVisible());
    await open(rosa, ruling);
    form = await unfold(rosa, "Oordeel terugdraaien");
    await press(rosa, "Oordeel terugdraaien", { within: form });
    assert.deepEqual(await missing(rosa), ["Vul in waarom het oordeel niet klopt."]);
    form = rosa.locator("details[open] form");
    await form.locator("textarea").fill("De instelling zegt dat het één prik was.");
    await press(rosa, "Oordeel terugdraaien", { within: form });
    assert.ok(await rosa.getByText("Het oordeel is teruggedraaid. De regel wacht weer.").isVisible());
    assert.deepEqual(await record(rosa), { counts: 1, aside: 1 });
    const line = await rosa.locator("#verloop").innerText();
    assert.match(line, /Oordeel teruggedraaid: Beide houden[\s\S]*De instelling zegt dat het één prik was\./);
    await open(rik, compare);
    assert.ok(await folded(rik, "Beide houden").isVisible(), "it waits again");
  });
}

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";

  test(`one row of a group goes back alone, and a colleague closes it when no answer comes${how}`, async (t) => {
    const batch = `?${mark}${script ? 1 : 2}`;
    const { id, name } = delivers("ZONNEHOF", csv(people(3)).replaceAll(";EJ6796;", `;${batch};`));
    const [rik, rosa] = [await visitor(t, { script }), await visitor(t, { script, expected: ["status of 404"] })];
    await logIn(rik, "beoordelaar");
    await group(rik, batch);
    assert.equal(await heading(rik), "3 regels met dezelfde oorzaak");
    let form = await unfold(rik, "Terug naar de instelling");
    const alone = await form.getByRole("button", { name: /^Alleen regel/ }).innerText();
    const number = alone.match(/^Alleen regel ([234])$/)[1];
    await press(rik, alone, { within: form });
    assert.deepEqual(await missing(rik), ["Vul het bericht aan de instelling in."]);
    form = rik.locator("details[open] form");
    await form.locator("textarea").fill("Op deze regel staat geen batchnummer. Wat was het?");
    await press(rik, alone, { within: form });
    assert.equal(await heading(rik), "Besluit over 1 regel");
    const decision = path(rik);
    await press(rik, "Besluit nemen");
    await until(rik, 'text="Wacht op de instelling"');
    assert.ok(await rik.getByText("1 regel is behandeld.").isVisible());
    assert.ok(await rik.getByText("1 regel wacht nog op de instelling.").isVisible());
    await group(rik, batch);
    assert.equal(await heading(rik), "2 regels met dezelfde oorzaak", "its like go on waiting");

    const nurse = await visitor(t, { script });
    await logIn(nurse, "invoerder");
    await open(nurse, "/teruggestuurd");
    const asked = nurse.locator("tbody tr").filter({ hasText: name });
    assert.equal(await asked.count(), 1);
    assert.match(await asked.innerText(), /Op deze regel staat geen batchnummer\. Wat was het\?/);
    await press(nurse, `Regel ${number} verbeteren`, { role: "link", within: asked });
    assert.equal(path(nurse), `/aanleveringen/${id}/regels/${number}`);

    // RIVM follows it at its decisions: the list of the institution is the institution's.
    await logIn(rosa, "rivmbeheer");
    assert.equal((await open(rosa, "/teruggestuurd")).status(), 404);
    assert.equal(await heading(rosa), "Pagina niet gevonden");
    await open(rosa, "/beoordelen/besluiten");
    const line = rosa.locator("tbody tr").filter({ has: rosa.locator(`a[href="${decision}"]`) });
    assert.match(await line.innerText(), /Terug naar de instelling[\s\S]*Verpleeghuis Zonnehof[\s\S]*Wacht op de instelling[\s\S]*Rik Regelmaat/);
    await press(rosa, /^Groep van/, { role: "link", within: line });
    assert.equal(path(rosa), decision);
    form = await unfold(rosa, "Afsluiten: definitief afwijzen");
    await press(rosa, "Gevolgen bekijken", { within: form });
    assert.deepEqual(await missing(rosa), ["Kies wat de instelling leest."]);
    form = rosa.locator("details[open] form");
    await form.getByLabel("Wat de instelling leest").selectOption({ label: "De gegevens kloppen niet en zijn niet meer te herstellen." });
    await press(rosa, "Gevolgen bekijken", { within: form });
    assert.deepEqual(await missing(rosa), ["Vul in waarom u dit besluit."]);
    form = rosa.locator("details[open] form");
    await form.locator("textarea").fill("De instelling gaf geen antwoord.");
    await press(rosa, "Gevolgen bekijken", { within: form });
    assert.equal(await heading(rosa), "Besluit over 1 regel");
    assert.match(await rosa.getByRole("table", { name: "Uitkomst van de regels na dit besluit" }).innerText(), /Afgekeurd\s+1/);
    await press(rosa, "Besluit nemen");
    await until(rosa, 'text="Uitgevoerd"');
    await press(rosa, "Het besluit waarmee deze regels terug gingen", { role: "link" });
    assert.equal(path(rosa), decision);
    assert.equal(await folded(rosa, "Afsluiten: definitief afwijzen").count(), 0, "nothing is left to close");
    assert.equal(await rosa.getByText("Afgehandeld door de instelling").count(), 0, "it was RIVM that closed it");

    await open(nurse, `/aanleveringen/${id}`);
    const rejected = nurse.getByRole("table", { name: "Door het RIVM afgewezen" }).locator("tbody tr");
    assert.match(await rejected.innerText(), new RegExp(`De gegevens kloppen niet en zijn niet meer te herstellen\\.\\s+${number}\\s+1`));
    await open(nurse, "/teruggestuurd");
    assert.equal(await asked.count(), 0);
  });
}

test("a stored row that went back is left as it is by a colleague, and counts", async (t) => {
  const batch = `ZD${mark}`;
  const { id, rows: [row], name } = delivers("ZONNEHOF", csv([person()]).replace(";EJ6796;", `;${batch};`));
  const [rik, rosa, nurse] = [await visitor(t), await visitor(t), await visitor(t)];
  await logIn(rik, "beoordelaar");
  await open(rik, `/beoordelen?zoek=${batch}`);
  await press(rik, /^Open/, { role: "link", within: rik.locator("tbody tr").first() });
  await press(rik, "Terugsturen", { role: "link" });
  assert.equal(path(rik), `/beoordelen/groepen/${row}`);
  let form = rik.locator("details[open] form");
  await form.locator("textarea").fill("Deze batch kennen wij niet. Klopt het nummer?");
  await press(rik, "Gevolgen bekijken", { within: form });
  const decision = path(rik);
  await press(rik, "Besluit nemen");
  await until(rik, 'text="Wacht op de instelling"');

  await logIn(nurse, "invoerder");
  await open(nurse, "/teruggestuurd");
  const asked = nurse.locator("tbody tr").filter({ hasText: name });
  await press(nurse, "Registratie van regel 2 bekijken", { role: "link", within: asked });
  assert.ok(await nurse.getByText("Bericht van het RIVM: Deze batch kennen wij niet. Klopt het nummer?").isVisible());

  await logIn(rosa, "rivmbeheer");
  await open(rosa, decision);
  form = await unfold(rosa, "Afsluiten: zo laten staan");
  await press(rosa, "Gevolgen bekijken", { within: form });
  assert.deepEqual(await missing(rosa), ["Vul in waarom u dit besluit."]);
  form = rosa.locator("details[open] form");
  await form.locator("textarea").fill("De fabrikant kent deze batch.");
  await press(rosa, "Gevolgen bekijken", { within: form });
  assert.match(await rosa.getByRole("table", { name: "Uitkomst van de regels na dit besluit" }).innerText(), /Geaccepteerd\s+1/);
  await press(rosa, "Besluit nemen");
  await until(rosa, 'text="Uitgevoerd"');
  assert.equal(ask(`SELECT count(*) FROM vaccinations WHERE batch = '${batch}' AND effective`), "1");
  await nurse.reload();
  assert.equal(await nurse.getByText(/^Bericht van het RIVM/).count(), 0);
  await open(nurse, `/aanleveringen/${id}`);
  assert.ok(await nurse.getByText("1 van 1 vaccinaties opgenomen.").isVisible());
});

test("more than a hundred refused rows are rejected for good by two people, and their sender reads why", async (t) => {
  const batch = `?${mark}3`;
  // Four jabs of each person: refused for their batch, so none of them is stored.
  const [header] = csv([]).split("\r\n");
  const who = people(26);
  const jabs = ["27-01", "10-03", "10-09", "10-12"].flatMap((day, dose) => {
    const [, ...lines] = csv(who).trim().split("\r\n");
    return lines.map((line) => line.replace("27-01-2021", `${day}-2021`).replace(";EJ6796;1;", `;${batch};${dose + 1};`));
  });
  const { id, name } = delivers("ZONNEHOF", `${[header, ...jabs].join("\r\n")}\r\n`);
  const [rik, rosa, nurse] = [await visitor(t), await visitor(t, { script: false }), await visitor(t)];
  await logIn(rik, "beoordelaar");
  await group(rik, batch);
  assert.equal(await heading(rik), "104 regels met dezelfde oorzaak");
  let form = await unfold(rik, "Definitief afwijzen");
  await press(rik, "Gevolgen bekijken", { within: form });
  assert.deepEqual(await missing(rik), ["Kies wat de instelling leest."]);
  form = rik.locator("details[open] form");
  await form.getByLabel("Wat de instelling leest").selectOption({ label: "Dit is een testregel en geen echte vaccinatie." });
  await form.locator("textarea").fill("De leverancier stuurde zijn proefbestand.");
  await press(rik, "Gevolgen bekijken", { within: form });
  assert.match(await rik.getByRole("table", { name: "Uitkomst van de regels na dit besluit" }).innerText(), /Afgekeurd\s+104/);
  await press(rik, "Voorleggen aan een collega");
  const decision = path(rik);
  await notAlone(rik);
  const rejected = `SELECT count(*) FROM delivery_rows WHERE delivery_id = '${id}' AND state = 'rejected'`;
  assert.equal(ask(rejected), "0", "not before somebody else agrees");

  await logIn(rosa, "rivmbeheer");
  const waits = rosa.locator("li").filter({ has: rosa.locator(`a[href="${decision}"]`) });
  await press(rosa, "Er wacht een besluit op uw akkoord: 104 regels (Verpleeghuis Zonnehof)", { role: "link", within: waits });
  assert.equal(path(rosa), decision);
  assert.ok(await rosa.getByText("De leverancier stuurde zijn proefbestand.").isVisible());
  await press(rosa, "Akkoord, uitvoeren");
  await until(rosa, 'text="Uitgevoerd"');
  assert.ok(await rosa.getByText("104 regels zijn behandeld.").isVisible());
  assert.equal(ask(rejected), "104");

  await logIn(nurse, "invoerder");
  const news = nurse.locator("li").filter({ hasText: name });
  await press(nurse, "Het RIVM wees regels definitief af: 104", { role: "link", within: news });
  assert.equal(path(nurse), `/aanleveringen/${id}`);
  const why = nurse.getByRole("table", { name: "Door het RIVM afgewezen" });
  assert.match(await why.innerText(), /Dit is een testregel en geen echte vaccinatie\.[\s\S]*104/);
  assert.ok(!(await nurse.locator("main").innerText()).includes("proefbestand"), "what RIVM wrote for itself");
  assert.equal(await nurse.getByRole("link", { name: "Regels verbeteren" }).count(), 0, "for good");
});

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";

  test(`stored rows are rejected for good by two people, and two people undo it${how}`, async (t) => {
    const batch = `Z${script ? "E" : "F"}${mark}`;
    const { id } = delivers("ZONNEHOF", csv(people(2)).replaceAll(";EJ6796;", `;${batch};`));
    const stands = `SELECT count(*) FROM reports WHERE delivery_id = '${id}' AND valid_to IS NULL AND mutation <> 'V'`;
    assert.equal(ask(stands), "2");
    const registration = ask(`SELECT id FROM reports WHERE delivery_id = '${id}' ORDER BY row_number LIMIT 1`);
    const [rik, rosa, nurse] = [await visitor(t, { script }), await visitor(t, { script }), await visitor(t, { script })];
    await logIn(rik, "beoordelaar");
    await group(rik, batch);
    assert.equal(await heading(rik), "2 regels met dezelfde oorzaak");
    let form = await unfold(rik, "Definitief afwijzen");
    await form.getByLabel("Wat de instelling leest").selectOption({ label: "Uw instelling heeft hierom gevraagd." });
    await form.locator("textarea").fill("Gebeld: dit waren andere personen.");
    await press(rik, "Gevolgen bekijken", { within: form });
    const decision = path(rik);
    assert.ok(await rik.getByText("Van 2 personen verdwijnt een vaccinatie die nog niet meetelde.").isVisible());
    await press(rik, "Voorleggen aan een collega");
    await notAlone(rik);
    assert.equal(ask(stands), "2", "not before somebody else agrees");

    await logIn(rosa, "rivmbeheer");
    await open(rosa, decision);
    await press(rosa, "Akkoord, uitvoeren");
    await until(rosa, 'text="Uitgevoerd"');
    assert.equal(ask(stands), "0");
    await logIn(nurse, "invoerder");
    await open(nurse, `/registraties/${registration}`);
    assert.ok(await nurse.getByText("Het RIVM heeft deze registratie afgewezen: Uw instelling heeft hierom gevraagd.").isVisible());
    assert.equal(await nurse.getByRole("link", { name: /corrigeren|Intrekken ongedaan maken/i }).count(), 0, "for good");

    // It was right after all: with a reason, and by two people again.
    form = await unfold(rosa, "Afwijzing ongedaan maken");
    await press(rosa, "Gevolgen bekijken", { within: form });
    assert.deepEqual(await missing(rosa), ["Vul in waarom u dit ongedaan maakt."]);
    form = rosa.locator("details[open] form");
    await form.locator("textarea").fill("Het waren toch deze personen.");
    await press(rosa, "Gevolgen bekijken", { within: form });
    const undo = path(rosa);
    assert.match(await rosa.getByRole("table", { name: "Uitkomst van de regels na dit besluit" }).innerText(), /RIVM controleert\s+2/);
    await press(rosa, "Voorleggen aan een collega");
    await notAlone(rosa);
    assert.equal(ask(stands), "0", "not before somebody else agrees");
    await open(rik, undo);
    assert.ok(await rik.getByText("Het waren toch deze personen.").isVisible());
    await press(rik, "Akkoord, uitvoeren");
    await until(rik, 'text="Uitgevoerd"');
    await press(rik, "De afwijzing die dit ongedaan maakt", { role: "link" });
    assert.equal(path(rik), decision);
    assert.equal(await folded(rik, "Afwijzing ongedaan maken").count(), 0, "nothing is left to undo");
    assert.equal(ask(stands), "2");
    await open(nurse, `/aanleveringen/${id}`);
    assert.ok(await nurse.getByText("2 van 2 vaccinaties opgenomen.").isVisible());
    await group(rik, batch);
    assert.equal(await heading(rik), "2 regels met dezelfde oorzaak", "they wait as before");
  });
}

test("two reviewers see each other at the same rows, and the second one hears who was first", async (t) => {
  const batch = `?${mark}4`;
  delivers("ZONNEHOF", csv(people(2)).replaceAll(";EJ6796;", `;${batch};`));
  const queue = `/beoordelen?zoek=${encodeURIComponent(batch)}`;
  const [rik, rosa] = [await visitor(t), await visitor(t, { script: false })];
  await logIn(rik, "beoordelaar");
  await open(rik, queue);
  await press(rik, /^Open/, { role: "link", within: rik.locator("tbody tr").first() });
  const row = path(rik);
  assert.equal(await rik.getByText(/^Ook geopend door/).count(), 0, "alone");

  await logIn(rosa, "rivmbeheer");
  await open(rosa, queue);
  const lines = rosa.locator("tbody tr");
  assert.equal(await lines.count(), 2);
  assert.equal(await lines.getByText("Open bij Rik Regelmaat", { exact: true }).count(), 1);
  const his = lines.filter({ hasText: "Open bij Rik Regelmaat" });
  await press(rosa, /^Open/, { role: "link", within: his });
  assert.equal(path(rosa), row);
  assert.ok(await rosa.getByText("Ook geopend door Rik Regelmaat. Stem af voor u besluit.").isVisible());
  await rik.reload();
  assert.ok(await rik.getByText("Ook geopend door Rosa Register. Stem af voor u besluit.").isVisible());
  // After ten minutes nobody is thought to look any more.
  sql(`UPDATE row_looks SET seen_at = seen_at - interval '11 minutes' WHERE row_id = '${row.split("/").pop()}'`);
  await open(rosa, queue);
  assert.equal(await rosa.getByText(/Open bij/).count(), 0);

  // The same at their group, whichever row they came from.
  await press(rosa, /^Open/, { role: "link", within: rosa.locator("tbody tr").last() });
  await press(rosa, "Alle regels met deze oorzaak", { role: "link" });
  await press(rik, "Alle regels met deze oorzaak", { role: "link" });
  assert.equal(await heading(rik), "2 regels met dezelfde oorzaak");
  assert.ok(await rik.getByText("Ook geopend door Rosa Register. Stem af voor u besluit.").isVisible());
  const message = await unfold(rik, "Terug naar de instelling");
  await message.locator("textarea").fill("Wat was het batchnummer?");

  // She is first.
  const hers = await unfold(rosa, "Terug naar de instelling");
  await hers.locator("textarea").fill("Kijk nog eens op het doosje.");
  await press(rosa, "Gevolgen bekijken", { within: hers });
  const decision = path(rosa);
  await press(rosa, "Besluit nemen");
  await until(rosa, 'text="Wacht op de instelling"');
  await press(rik, "Gevolgen bekijken", { within: message });
  assert.equal(await heading(rik), "Iemand was u voor");
  assert.ok(await rik.getByText("Rosa Register heeft al over deze regels besloten. Er is niets meer te doen.").isVisible());
  await press(rik, "Dat besluit bekijken", { role: "link" });
  assert.equal(path(rik), decision);
  assert.ok(await rik.getByText("Kijk nog eens op het doosje.").isVisible());
  // He can still have them back.
  await press(rik, "Terughalen naar de werklijst");
  assert.equal(await rik.getByText("Afgehandeld door de instelling").count(), 0, "it was RIVM that took it back");
  await group(rik, batch);
  assert.equal(await heading(rik), "2 regels met dezelfde oorzaak");
});

/** A letter with Alt and Shift. Playwright sends no text with Alt, and without it Chromium knows of no access key. */
async function keys(page, letter) {
  const cdp = await page.context().newCDPSession(page);
  const sign = letter.toUpperCase();
  const key = { modifiers: 1 + 8, key: sign, code: `Key${sign}`, windowsVirtualKeyCode: sign.charCodeAt(0) };
  const pressed = cdp.send("Input.dispatchKeyEvent", { type: "keyDown", text: letter, unmodifiedText: letter, ...key });
  await Promise.all([page.waitForEvent("framenavigated"), pressed]);
  await cdp.send("Input.dispatchKeyEvent", { type: "keyUp", ...key });
  await cdp.detach();
  await page.waitForLoadState();
}

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";
  // A letter for a digit, and a sign that is another.
  const typo = script ? "FDO785" : "FDQ785";

  test(`a reviewer goes from row to row by the keys, and sees what was meant and why${how}`, async (t) => {
    const [right, ...wrong] = csv(people(3)).replaceAll("27-01-2021", "01-06-2021").trim().split("\r\n").slice(1);
    const [header] = csv([]).split("\r\n");
    const lines = [right.replace(";EJ6796;", ";FD0785;"), ...wrong.map((line) => line.replace(";EJ6796;", `;${typo};`))];
    const { id, rows: [, first, second] } = delivers("ZONNEHOF", `${[header, ...lines].join("\r\n")}\r\n`);
    const page = await visitor(t, { script });
    await logIn(page, "beoordelaar");
    const queue = `/beoordelen?zoek=${typo}`;
    await open(page, queue);
    await press(page, /^Open/, { role: "link", within: page.locator("tbody tr").first() });
    const begin = path(page).split("/").pop();
    assert.ok([first, second].includes(begin));
    const near = page.locator("main li").filter({ hasText: "Batchnummer FD0785" });
    const why = script ? "Het lijkt op wat er staat: O en 0, of I en 1." : "Het verschilt één teken van wat er staat.";
    const said = await near.innerText();
    assert.ok(said.includes(why), said);
    assert.match(said, /In die week \d+ keer gegeven\./);
    assert.ok(await page.getByText("Er verandert niets vanzelf.").isVisible());

    await keys(page, "n");
    assert.equal(path(page), `/beoordelen/${begin === first ? second : first}`);
    assert.equal(await page.getByRole("link", { name: "Volgende regel" }).count(), 0, "the last one with this filter");
    await keys(page, "m");
    assert.ok(await page.getByRole("button", { name: "Van mijn lijst" }).isVisible());
    await keys(page, "m");
    assert.ok(await page.getByRole("button", { name: "Op mijn lijst" }).isVisible());
    await keys(page, "l");
    assert.equal(path(page), "/beoordelen");
    assert.equal(await page.locator("tbody tr").count(), 2, "the filter was kept");

    await open(page, `/beoordelen/${first}`);
    await keys(page, "v");
    assert.equal(path(page), `/beoordelen/groepen/${first}`);
    await press(page, "Deze waarde invullen", { role: "link", within: near.first() });
    assert.equal(await page.locator('details[open] input[name="value"]').inputValue(), "FD0785");
    const stand = `SELECT string_agg(DISTINCT batch, ' ' ORDER BY batch) FROM reports WHERE delivery_id = '${id}' AND valid_to IS NULL`;
    assert.equal(ask(stand), `FD0785 ${typo}`, "nothing changed by itself");

    await open(page, `/beoordelen/${first}`);
    await keys(page, "t");
    assert.equal(path(page), `/beoordelen/groepen/${first}`);
    const form = page.locator("details[open] form");
    await form.getByLabel("Bericht aan de instelling").fill("Deze batch kennen wij niet. Klopt het nummer?");
    await press(page, "Gevolgen bekijken", { within: form });
    await press(page, "Besluit nemen");
    await until(page, 'text="Wacht op de instelling"');
    await open(page, queue);
    assert.ok(await page.getByText("Niets gevonden met deze filters.").isVisible());
  });
}

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";

  test(`a value that an institution goes on writing is kept by two people, is listed, and ends for a reason${how}`, async (t) => {
    const word = `Zorg ${script ? "A" : "B"}${mark}`;
    delivers("ZONNEHOF", csv(people(2)).replaceAll(";ZORGMEDEWERKER", `;${word}`));
    const [rik, rosa] = [await visitor(t, { script }), await visitor(t, { script })];
    await logIn(rik, "beoordelaar");
    await group(rik, word);
    let form = await unfold(rik, "Deze waarde betekent iets anders");
    await form.getByLabel("Nieuwe waarde").selectOption({ label: "Zorgmedewerker" });
    await form.locator("textarea").fill("Zo noemt de instelling haar eigen mensen.");
    await press(rik, "Gevolgen bekijken", { within: form });
    const decision = path(rik);
    await press(rik, "Voorleggen aan een collega");
    await notAlone(rik);
    await logIn(rosa, "rivmbeheer");
    await open(rosa, decision);
    await press(rosa, "Akkoord, uitvoeren");
    await until(rosa, 'text="Uitgevoerd, waarde geldt"');

    await open(rik, "/beoordelen/besluiten");
    await press(rik, "Bewaarde waarden", { role: "link" });
    assert.equal(await heading(rik), "Bewaarde waarden");
    const line = rik.locator("tbody tr").filter({ hasText: word });
    const listed = /Verpleeghuis Zonnehof[\s\S]*Doelgroep[\s\S]*Zorgmedewerker[\s\S]*Van alle dagen[\s\S]*Geldt nog[\s\S]*Rik Regelmaat, akkoord van Rosa Register\s+2/;
    assert.match(await line.innerText(), listed);
    await press(rik, `Waarde ${word} van Verpleeghuis Zonnehof bekijken`, { role: "link" });
    assert.equal(path(rik), decision);
    form = await unfold(rik, "Waarde beëindigen");
    await press(rik, "Waarde beëindigen", { within: form });
    assert.deepEqual(await missing(rik), ["Vul in waarom u deze waarde beëindigt."]);
    form = rik.locator("details[open] form");
    await form.locator("textarea").fill("De instelling gebruikt nu onze woorden.");
    await press(rik, "Waarde beëindigen", { within: form });
    assert.ok(await rik.getByText("Uitgevoerd, waarde beëindigd").isVisible());
    assert.equal(await folded(rik, "Waarde beëindigen").count(), 0);

    await open(rosa, "/beoordelen/waarden");
    const ended = await rosa.locator("tbody tr").filter({ hasText: word }).innerText();
    assert.match(ended, /Rik Regelmaat\s+De instelling gebruikt nu onze woorden\./);
    assert.doesNotMatch(ended, /Geldt nog/);
  });
}

/** The number with two neighbours among its digits changed places: it is no BSN any more. */
function swapped(bsn) {
  const at = [7, 6, 5, 4].find((place) => bsn[place] !== bsn[place + 1]);
  return { wrong: bsn.slice(0, at) + bsn[at + 1] + bsn[at] + bsn.slice(at + 2), places: [at + 1, at + 2] };
}

test("digits of a BSN that changed places are suggested to RIVM alone, with why and how often that was right", async (t) => {
  const [one, two] = people(2);
  const [header, ...lines] = csv([one, two]).trim().split("\r\n");
  const named = [one, two].map((who, index) => `${lines[index].replace(who.bsn, swapped(who.bsn).wrong)};${who.surname};${who.prefix}`);
  const { id, rows } = delivers("ZONNEHOF", `${[`${header};achternaam;voorvoegsel`, ...named].join("\r\n")}\r\n`);
  const [rik, rosa, nurse] = [await visitor(t), await visitor(t, { script: false }), await visitor(t)];
  const meant = ({ bsn }) => `Het ${swapped(bsn).places[0]}e en ${swapped(bsn).places[1]}e cijfer van het BSN zijn verwisseld`;
  await logIn(rik, "beoordelaar");
  await open(rik, `/beoordelen/${rows[0]}`);
  const suggestion = (page, who) => page.locator("main li").filter({ hasText: meant(who) });
  const said = await suggestion(rik, one).innerText();
  assert.match(said, /Zo past de regel bij precies één persoon in de BRP\. Zeg dit niet tegen de instelling\./);
  assert.match(said, /Van dit soort voorstel weten we nog niet of het klopt\.|Dit soort voorstel klopte \d+ van de \d+ keer\./);
  assert.ok(!(await rik.content()).includes(one.bsn), "the places, and no number");
  await logIn(rosa, "rivmbeheer");
  await open(rosa, `/beoordelen/${rows[1]}`);
  assert.ok(await suggestion(rosa, two).isVisible());

  // Who delivered it hears that the number is wrong, and finds out itself.
  await logIn(nurse, "invoerder");
  await open(nurse, `/aanleveringen/${id}/regels/2`);
  assert.equal(await nurse.getByText("cijfer van het BSN zijn verwisseld").count(), 0);
  assert.equal(await nurse.locator("#bsn").inputValue(), swapped(one.bsn).wrong, "nothing changed by itself");
  await nurse.locator("#bsn").fill(one.bsn);
  await press(nurse, "Alleen deze regel indienen");
  assert.ok(await nurse.getByText("Regel 2 is nu goed.").isVisible());
  await rosa.reload();
  assert.match(await suggestion(rosa, two).innerText(), /Dit soort voorstel klopte [1-9]\d* van de \d+ keer\./);
});
