// A new party from its request to the first file that counts, by three people; and what a supplier sees of its installations.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { csv, sql } from "../lib/demo.mjs";
import { logIn, summary } from "../lib/journey.mjs";
import { PORTAL, heading, open, path, press, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

const ask = (query) => execFileSync("psql", [process.env.CIMS_PG, "-Atc", query]).toString().trim();
const cims = (...words) => execFileSync(process.env.CIMS_BIN, ["--config", process.env.CIMS_CONFIG, ...words], { stdio: "pipe" }).toString();

/** What the register holds. */
const register = () =>
  ask("SELECT (SELECT count(*) FROM persons), (SELECT count(*) FROM vaccinations), (SELECT count(*) FROM reports), (SELECT count(*) FROM anonymous_counts), (SELECT count(*) FROM anonymous_keys)");

/** Two persons of the demo whom no other journey takes: with consent, each with a jab of a day of its own. */
const CONSENTING = ["999990019;01-04-2000", "999991772;24-03-2000"];

/** The same rows with two of people who did consent, and a column of our own invention. */
function mixed(text, name) {
  const [header, ...lines] = text.trim().split("\r\n");
  const jabs = CONSENTING.map((who, index) => `${name}-${process.pid}-j${index};J;${who};27-01-2021;Comirnaty;EJ6796;1;BEWONER_INSTELLING;;19065432101`);
  return `${[`${header};kamer`, ...[...lines, ...jabs].map((line) => `${line};kamer 12`)].join("\r\n")}\r\n`;
}

/** So many rows of people who did not consent: counted, nobody looked up. */
function counted(rows, name) {
  const [header] = csv([]).split("\r\n");
  const lines = Array.from({ length: rows }, (_, index) => `${name}-${process.pid}-${index};N;;;27-01-2021;Comirnaty;EJ6796;1;BEWONER_INSTELLING;B;19012345601`);
  return `${[`${header};leeftijdsgroep;big_nummer`, ...lines].join("\r\n")}\r\n`;
}

const asFile = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

/** Tries a file on the page of the test lane, and waits for its report. */
async function tryOut(page, name, text) {
  await open(page, "/proefbank");
  await page.getByLabel(/^Upload/).check();
  await page.getByLabel("Bestand", { exact: true }).setInputFiles(asFile(name, text));
  await press(page, "Bestand proberen");
  await page.getByRole("heading", { name: "Antwoordbestanden" }).waitFor({ timeout: 30_000 });
}

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";
  const code = `E2E${process.pid}${script ? "A" : "B"}`;
  const agb = `4747${String(process.pid % 1000).padStart(3, "0")}${script ? 1 : 2}`;

  test(`a new party is asked for, tried, approved, and delivers: three people${how}`, async (t) => {
    t.after(() => {
      sql(`UPDATE user_roles SET ended_at = now() WHERE party_id = (SELECT id FROM parties WHERE code = '${code}')`);
      sql(`UPDATE parties SET status = CASE WHEN status = 'active' THEN 'ended' ELSE 'refused' END WHERE code = '${code}'`);
      sql(`UPDATE connections SET state = 'ended', decided_by = COALESCE(decided_by, (SELECT id FROM users WHERE subject = 'privacy')), decided_at = now() WHERE party_id = (SELECT id FROM parties WHERE code = '${code}')`);
    });
    const asks = await visitor(t, { script, expected: ["status of 404"] });
    await logIn(asks, "rivmbeheer");
    await press(asks, /Nieuwe partijen/, { role: "link", within: asks.locator("main") });
    await press(asks, "Nieuwe partij aanvragen", { role: "link" });
    await asks.getByLabel("Naam van de instelling").fill(`Verpleeghuis ${code}`);
    await asks.getByLabel("Code", { exact: true }).fill("ZONNEHOF");
    await asks.getByLabel("AGB-code").fill("4747");
    const between = asks.getByLabel("Naam van een nieuwe tussenpartij");
    await between.fill("Nieuwsoft");
    await press(asks, "Aanvraag versturen");
    assert.deepEqual(await summary(asks), ["Een andere partij heeft deze code al.", "Kies het soort instelling.", "Een AGB-code heeft 8 cijfers, en niet alleen nullen.", "Kies een koppelvlak.", "Vul een code in van 2 tot 20 letters en cijfers.", "Vul in waarvoor de gegevens worden gebruikt.", "Vul in wie we bij de instelling kunnen bellen of mailen."]);
    assert.equal(await asks.getByLabel("Naam van de instelling").inputValue(), `Verpleeghuis ${code}`, "nothing typed is lost");
    assert.ok(!asks.url().includes("Verpleeghuis"), "nothing typed is in the address");
    assert.equal(await between.inputValue(), "Nieuwsoft");
    await between.fill("");
    await asks.getByLabel("Code", { exact: true }).fill(code);
    await asks.getByLabel("Soort", { exact: true }).selectOption({ label: "Verpleeghuis" });
    await asks.getByLabel("AGB-code").fill(agb);
    await asks.getByLabel("Koppelvlak", { exact: true }).selectOption({ label: "Upload" });
    await asks.getByLabel("Doel", { exact: true }).fill("vaccinatieregistratie");
    await asks.getByLabel("Contactpersoon").fill("Anne de Boer, 070 000 00 00");
    await press(asks, "Aanvraag versturen");
    assert.ok(await asks.getByText("De aanvraag ligt bij de privacycoördinator.").isVisible());
    const request = path(asks);
    const steps = async (page) => (await page.locator(".cims-tasks__item").allInnerTexts()).map((text) => text.replace(/\s+/g, " "));
    assert.deepEqual(await steps(asks), ["Gegevens Klaar", "Technische toets Nog te doen", "Akkoord privacycoördinator Kan nog niet"]);
    assert.equal(ask(`SELECT status FROM parties WHERE code = '${code}'`), "requested");

    // Its first manager comes in by a code, and finds the page of the test lane and no more.
    await press(asks, "Code maken");
    assert.match((await summary(asks))[0], /naam/i);
    await asks.getByLabel("Naam van de eerste beheerder").fill("Nora Nieuw");
    await press(asks, "Code maken");
    const given = (await asks.locator(".cims-answers").first().innerText()).match(/[A-Z2-9]{4}(-[A-Z2-9]{4}){3}/)[0];
    const nora = await visitor(t, { script, expected: ["status of 404"] });
    await open(nora, "/uitnodiging");
    await nora.getByLabel("Code", { exact: true }).fill(given);
    await press(nora, "Verder naar inloggen");
    await nora.locator('button[value="nieuw"]').click();
    await nora.waitForURL((url) => url.href.startsWith(PORTAL()) && !url.pathname.startsWith("/auth/"));
    await nora.waitForLoadState();
    await open(nora, "/");
    assert.equal(await nora.locator("main").getByRole("link", { name: /Registreren/ }).count(), 0);
    for (const closed of ["/registreren", "/aanleveren", "/gebruikers", "/werklijst"]) {
      assert.equal((await nora.goto(PORTAL() + closed)).status(), 404, closed);
    }
    const before = register();
    await open(nora, "/proefbank");
    await press(nora, "Bestand proberen");
    assert.deepEqual(await summary(nora), ["Kies een bestand."]);
    await tryOut(nora, "te-weinig.csv", counted(3, "weinig"));
    assert.ok(await nora.getByText("Dit bestand voldoet nog niet aan alle eisen.").isVisible());
    await tryOut(nora, "echt.csv", counted(10, "bsn").replace(/;N;;;/, ";J;111222333;01-04-2000;"));
    assert.ok(await nora.getByRole("link", { name: /^R10/ }).isVisible(), "a real number is refused");

    const decides = await visitor(t, { script });
    await logIn(decides, "privacy");
    await press(decides, /Nieuwe partijen/, { role: "link", within: decides.locator("main") });
    await press(decides, `Aanvraag van Verpleeghuis ${code} bekijken`, { role: "link" });
    assert.equal(path(decides), request);
    await press(decides, "Akkoord privacycoördinator", { role: "link" });
    const connection = path(decides);
    assert.match(connection, /^\/koppelingen\//);
    const agree = async () => {
      await decides.getByText("Akkoord geven", { exact: true }).first().click();
      const form = decides.locator("details[open]").filter({ hasText: "neemt CIMS" });
      await form.getByLabel("Toelichting").fill("De overeenkomst is getekend.");
      await press(decides, "Akkoord geven", { within: form });
    };
    await agree();
    assert.ok(await decides.getByText("Akkoord kan pas als het nieuwste proefbestand voldoet.").isVisible());

    await tryOut(nora, "goed.csv", counted(10, "goed"));
    assert.ok(await nora.getByText("Dit bestand voldoet aan alle eisen.").isVisible());
    const answer = await nora.request.get(PORTAL() + path(nora) + "/resultaat.csv");
    assert.match(await answer.text(), /GETELD/);
    assert.equal(register(), before, "nothing of a test is in the register");

    // Who asked finds no button; the server says no as well.
    await open(asks, connection);
    assert.equal(await asks.getByRole("button", { name: "Akkoord geven" }).count(), 0);
    await open(decides, connection);
    assert.ok(await decides.getByText("Het nieuwste proefbestand voldoet.").isVisible());
    await agree();
    assert.ok(await decides.getByText("De partij mag nu aanleveren.", { exact: false }).isVisible());
    const history = (await decides.locator(".cims-timeline__item").allInnerTexts()).join(" ");
    assert.match(history, /Gevraagd, door Rosa Register[\s\S]*Akkoord geven, door Pien Privé[\s\S]*Toelichting: De overeenkomst is getekend\./);
    await open(asks, request);
    assert.deepEqual(await steps(asks), ["Gegevens Klaar", "Technische toets Klaar", "Akkoord privacycoördinator Klaar"]);

    // From now on the same session does what the code was for.
    await open(nora, "/aanleveren");
    assert.equal(await heading(nora), "Bestand aanleveren");
    await nora.locator('input[type="file"]').setInputFiles(asFile("eerste.csv", mixed(counted(12, "eerste"), "eerste")));
    await press(nora, "Bestand controleren");
    await nora.getByRole("button", { name: "Indienen", exact: true }).waitFor({ timeout: 30_000 });
    // In the portal a column that we do not know is told and left out; of the file nothing counts before it is submitted.
    assert.ok(await nora.getByText("Deze kolommen kennen we niet en slaan we niet op: kamer.").isVisible());
    assert.equal(register(), before);
    await press(nora, "Indienen");
    await nora.getByText("2 van 14 vaccinaties opgenomen.").waitFor({ timeout: 30_000 });
    assert.ok(await nora.getByText("12 regels zijn alleen geteld, zonder persoon.").isVisible());
    const [persons, , reports] = register().split("|").map(Number);
    const [personsBefore, , reportsBefore] = before.split("|").map(Number);
    assert.equal(reports, reportsBefore + 2);
    assert.ok(persons <= personsBefore + 2, "who did not consent is nobody");

    // The party as a whole is suspended, with a reason, and opened again.
    const whole = async (step, reason) => {
      const words = `Verpleeghuis ${code} ${step}`;
      await open(decides, connection);
      await decides.locator("summary").filter({ hasText: words }).click();
      const form = decides.locator("details[open]").filter({ hasText: words });
      await form.getByLabel("Reden").fill(reason);
      await press(decides, words, { within: form });
    };
    await whole("opschorten", "");
    assert.deepEqual(await summary(decides), ["Vul een reden in."]);
    assert.ok(await decides.locator("details[open]").filter({ hasText: `Verpleeghuis ${code} opschorten` }).isVisible());
    await whole("opschorten", "Gelekt wachtwoord");
    assert.ok(await decides.getByText("Uw besluit is vastgelegd.").isVisible());
    assert.match(await decides.locator("main").innerText(), /De partij als geheel[\s\S]*Opgeschort[\s\S]*Opschorten, door Pien Privé[\s\S]*Gelekt wachtwoord/);
    await nora.goto(`${PORTAL()}/aanleveren`);
    assert.notEqual(await heading(nora), "Bestand aanleveren", "its people cannot get in");
    await whole("heropenen", "Nieuw wachtwoord");
    assert.match(await decides.locator("main").innerText(), /De partij als geheel[\s\S]*Actief/);
  });
}

test("RIVM invites the contact of a supplier, who sees its installations until that is ended", async (t) => {
  t.after(() => sql("UPDATE user_roles SET ended_at = now() WHERE role = 'leverancier' AND ended_at IS NULL AND user_id = (SELECT id FROM users WHERE subject = 'nieuw')"));
  const rosa = await visitor(t);
  await logIn(rosa, "rivmbeheer");
  await open(rosa, "/toegang");
  await press(rosa, "Contacten van leveranciers", { role: "link" });
  await rosa.getByLabel("Leverancier", { exact: true }).selectOption({ label: "ZorgSoft" });
  await press(rosa, "Code maken");
  assert.deepEqual(await summary(rosa), ["Vul de naam van het contact in."]);
  await rosa.getByLabel("Naam van het contact").fill("Nora Nieuw");
  await press(rosa, "Code maken");
  const given = (await rosa.locator(".cims-answers").first().innerText()).match(/[A-Z2-9]{4}(-[A-Z2-9]{4}){3}/)[0];
  const nora = await visitor(t, { expected: ["status of 404"] });
  await open(nora, "/uitnodiging");
  await nora.getByLabel("Code", { exact: true }).fill(given);
  await press(nora, "Verder naar inloggen");
  await nora.locator('button[value="nieuw"]').click();
  await nora.waitForURL((url) => url.href.startsWith(PORTAL()) && !url.pathname.startsWith("/auth/"));
  await open(nora, "/installaties");
  assert.equal(await heading(nora), "Mijn installaties");
  assert.equal((await nora.goto(`${PORTAL()}/gebruikers`)).status(), 404);
  await open(rosa, "/gebruikers");
  await press(rosa, "Toegang van Nora Nieuw beëindigen");
  assert.ok(await rosa.getByText("De toegang is beëindigd. Dat geldt meteen.").isVisible());
  await open(nora, "/installaties");
  assert.notEqual(await heading(nora), "Mijn installaties");
});

test("a supplier sees which file of its installation is missing, and no person", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "cims-supplier-"));
  t.after(() => rmSync(folder, { recursive: true }));
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "id"], { cwd: folder, stdio: "pipe" });
  const name = `zs-${process.pid}`;
  cims("sftp", "add", name, "--party", "ZONNEHOF", "--intermediary", "ZORGSOFT", "--installation", name, "--key", join(folder, "id.pub"));
  t.after(() => cims("sftp", "end", name));
  const options = ["-q", "-b", "-", "-P", process.env.CIMS_SFTP, "-i", "id", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=known"];
  const sftp = (words) => execFileSync("sftp", [...options, `${name}@127.0.0.1`], { cwd: folder, stdio: "pipe", input: `${words}\n` }).toString();
  const put = (number, rows) => {
    const file = `CIMS_ZONNEHOF_${name}_20250506_${number}.csv`;
    writeFileSync(join(folder, "x.csv"), counted(rows, `zs${number}`));
    sftp(`put x.csv /in/${file}.part\nrename /in/${file}.part /in/${file}`);
    return file;
  };
  let last;
  for (const [number, rows] of [[1, 12], [2, 11], [4, 13]]) last = put(number, rows);
  const answer = `${last}.resultaat.json`;
  for (let turn = 0; turn < 150 && !sftp("ls /uit").includes(answer); turn += 1) await new Promise((done) => setTimeout(done, 200));
  sftp(`get /uit/${answer}`);
  assert.equal(JSON.parse(readFileSync(join(folder, answer), "utf8")).uitkomst, "VERWERKT");

  const lars = await visitor(t, { script: false, expected: ["status of 404"] });
  await logIn(lars, "leverancier");
  await press(lars, /Mijn installaties/, { role: "link", within: lars.locator("main") });
  assert.equal(path(lars), "/installaties");
  const row = lars.locator("tbody tr").filter({ hasText: name });
  assert.match(await row.innerText(), /Nummers die ontbreken: 3/);
  assert.match(await row.innerText(), /Meeste regels op een dag: 36/);
  assert.ok(await lars.locator("tbody tr").filter({ hasText: "Huisartsenpraktijk De Meent" }).isVisible(), "its other installation");
  assert.equal(await lars.locator("tbody tr").filter({ hasText: "Arbodienst" }).count(), 0);
  for (const closed of ["/volledigheid", "/aanleveringen", "/registraties", "/beoordelen", "/proefbank", "/koppelingen"]) {
    assert.equal((await lars.goto(PORTAL() + closed)).status(), 404, closed);
  }
  // It comes after all: nothing is missing any more.
  put(3, 12);
  for (let turn = 0; turn < 150; turn += 1) {
    await open(lars, "/installaties");
    if (!/ontbreken/.test(await row.innerText())) return;
    await lars.waitForTimeout(200);
  }
  assert.fail("the third file is still missing");
});
