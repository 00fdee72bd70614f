// RIVM decides once for all rows that share a cause: two different people for a new value, a message for rows that go back.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { csv, person } from "../lib/demo.mjs";
import { logIn } from "../lib/journey.mjs";
import { PORTAL, formToken, heading, open, path, press, until, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

/** Four jabs in a year. */
const DAYS = ["27-01", "10-03", "10-09", "10-12"];

/** The hundred persons of this file of tests. */
let all;
function people() {
  all ??= Array.from({ length: 100 }, () => person());
  return all;
}

/** A file of so many persons with these jabs of a year; `change` spoils a row. */
function file(persons, days, year, change) {
  const [header] = csv([]).split("\r\n");
  const rows = days.flatMap((day, index) => {
    const [, ...lines] = csv(people().slice(0, persons)).trim().split("\r\n");
    return lines.map((line) => change(line.replace("27-01-2021", `${day}-${year}`).replace(";1;", `;${index + 1};`)));
  });
  return `${[header, ...rows].join("\r\n")}\r\n`;
}

const ask = (query) => execFileSync("psql", [process.env.CIMS_PG, "-Atc", query]).toString().trim();

/** Uploads a file, submits it whatever is refused, and answers its page. */
async function deliver(page, text, result) {
  await open(page, "/aanleveren");
  await page.locator('input[type="file"]').setInputFiles({ name: "namen.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await press(page, "Bestand controleren");
  await until(page, 'button:has-text("Indienen")');
  await press(page, "Indienen");
  await page.getByText(result, { exact: false }).first().waitFor({ timeout: 30_000 });
  return path(page);
}

/** Opens the cluster with a code and so many rows. */
async function cluster(page, code, rows) {
  await open(page, `/beoordelen/groepen?code=${code}`);
  const line = page.locator("tbody tr").filter({ has: page.getByRole("cell", { name: String(rows), exact: true }) });
  await press(page, /^Groep van/, { role: "link", within: line.first() });
  assert.equal(await heading(page), `${rows} regels met dezelfde oorzaak`);
}

/** Unfolds one of the things that can be decided, and answers its form. */
async function unfold(page, name) {
  await page.getByText(name, { exact: true }).click();
  return page.locator("details[open] form");
}

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";
  const year = script ? 2021 : 2022;
  const outcome = script ? /Geaccepteerd\s+200\s+RIVM controleert\s+200/ : /RIVM controleert\s+400/;
  const name = script ? "Pfizer NL groot" : "Pfizer NL jaar twee";

  test(`a name in 400 rows is decided once, and a second person agrees${how}`, async (t) => {
    const nurse = await visitor(t);
    await logIn(nurse, "invoerder");
    const text = file(100, DAYS, year, (line) => line.replace(";Comirnaty;", `;${name};`));
    const delivery = await deliver(nurse, text, "Er is niets opgenomen.");
    const id = delivery.split("/").pop();

    const one = await visitor(t, { script });
    await logIn(one, "beoordelaar");
    await cluster(one, "V11", 400);
    assert.ok(await one.getByText(name, { exact: true }).isVisible(), "the value they share");
    let form = await unfold(one, "Deze waarde betekent iets anders");
    await press(one, "Gevolgen bekijken", { within: form });
    assert.match(await one.locator("#foutoverzicht").innerText(), /Vul de nieuwe waarde in/);
    form = one.locator("details[open] form");
    await form.locator("select").selectOption({ label: "Comirnaty" });
    await form.locator("textarea").fill("Zo noemt de instelling Comirnaty.");
    await press(one, "Gevolgen bekijken", { within: form });
    const decision = path(one);
    const outcomes = one.getByRole("table", { name: "Uitkomst van de regels na dit besluit" });
    assert.match(await outcomes.innerText(), outcome, "seen before it is done; some days the batch was too old");
    assert.equal(ask(`SELECT count(*) FROM reports WHERE delivery_id = '${id}'`), "0");
    await press(one, "Voorleggen aan een collega");
    assert.ok(await one.getByText("Een collega moet akkoord geven.", { exact: false }).first().isVisible());

    // Not on one's own: there is no button, and the server says no to who posts without it.
    assert.equal(await one.getByRole("button", { name: "Akkoord, uitvoeren" }).count(), 0);
    const forced = await one.request.post(`${PORTAL()}/api/besluit-akkoord`, {
      form: { id: decision.split("/").pop(), formulier: await formToken(one, decision) },
      headers: { Origin: PORTAL(), Referer: PORTAL() + decision, Accept: "text/html" },
      maxRedirects: 0,
    });
    assert.match(forced.headers().location, /melding=zelfde/);
    assert.equal(ask(`SELECT state FROM decisions WHERE id = '${decision.split("/").pop()}'`), "asked");

    const other = await visitor(t, { script });
    await logIn(other, "rivmbeheer");
    await open(other, "/beoordelen/besluiten");
    await press(other, /^Groep van/, { role: "link", within: other.locator("tbody tr").first() });
    assert.equal(path(other), decision);
    await press(other, "Akkoord, uitvoeren");
    await until(other, 'text="Uitgevoerd, waarde geldt"');
    assert.ok(await other.getByText("400 regels zijn behandeld.").isVisible());
    assert.equal(ask(`SELECT count(*) FROM reports WHERE delivery_id = '${id}'`), "400");
    const audited = "SELECT sum(jsonb_array_length(line::jsonb -> 'rows')) FROM audit_lines WHERE line::jsonb ->> 'event' = 'record.decided'";
    assert.equal(ask(`${audited} AND line::jsonb ->> 'delivery' = '${id}'`), "400", "the audit lists the rows");
    await nurse.reload();
    assert.ok(await nurse.getByText("400 van 400 vaccinaties opgenomen.").isVisible());

    // What comes later is read by the same name, until that is ended.
    const later = (line) => line.replace(";Comirnaty;", `;${name};`);
    await deliver(nurse, file(2, ["05-06"], year + 2, later).replaceAll(";1;ZORG", ";7;ZORG"), "2 van 2 vaccinaties opgenomen.");
    await nurse.getByText("2 waarden hersteld").click();
    assert.ok(await nurse.getByText("Vaccinnaam herkend", { exact: false }).first().isVisible());
    await other.reload();
    assert.ok(await other.getByText(/Deze waarde geldt sinds/).isVisible());
    await other.locator("summary", { hasText: "Waarde beëindigen" }).click();
    const ending = other.locator("details[open] form");
    await ending.locator("textarea").fill("De instelling schrijft nu Comirnaty.");
    await press(other, "Waarde beëindigen", { within: ending });
    assert.ok(await other.getByText(/Deze waarde gold van/).isVisible());
    await deliver(nurse, file(2, ["06-07"], year + 2, later).replaceAll(";1;ZORG", ";8;ZORG"), "Er is niets opgenomen.");
  });
}

test("rows that go back show their sender what RIVM says, and are mended there", async (t) => {
  const nurse = await visitor(t);
  await logIn(nurse, "invoerder");
  const delivery = await deliver(nurse, file(3, ["27-01"], 2023, (line) => line.replace(";EJ6796;", ";???;")), "Er is niets opgenomen.");

  const reviewer = await visitor(t);
  await logIn(reviewer, "beoordelaar");
  await cluster(reviewer, "V26", 3);
  const form = await unfold(reviewer, "Terug naar de instelling");
  await form.locator("textarea").fill("Kijk op het doosje: het nummer begint met twee letters.");
  await press(reviewer, "Gevolgen bekijken", { within: form });
  await press(reviewer, "Besluit nemen");
  await until(reviewer, 'text="Wacht op de instelling"');
  await open(reviewer, "/beoordelen/groepen?code=V26");
  assert.equal(await reviewer.getByRole("cell", { name: "3", exact: true }).count(), 0, "the queue leaves them out");

  await open(nurse, "/");
  await press(nurse, "Het RIVM stuurde regels terug om te verbeteren: 3", { role: "link" });
  assert.equal(path(nurse), `${delivery}/regels`);
  const told = nurse.getByText("Bericht van het RIVM: Kijk op het doosje: het nummer begint met twee letters.");
  assert.equal(await told.count(), 3);
  for (const row of [2, 3, 4]) await nurse.locator(`#r${row}-batchnummer`).fill("EJ6796");
  await press(nurse, "Alleen deze regels indienen");
  assert.ok(await nurse.getByText("3 regels zijn nu goed.").isVisible());
  await press(reviewer, "Besluiten", { role: "link", within: reviewer.locator("main") });
  assert.match(await reviewer.locator("tbody tr").filter({ hasText: "V26" }).first().innerText(), /Niet meer bij de instelling/);
});

/** A new institution with a key of its own for the drop box: runs `sftp` with these words, in a folder of its own. */
function installation(t, party, name) {
  const folder = mkdtempSync(join(tmpdir(), "cims-sftp-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const quiet = { cwd: folder, stdio: "pipe" };
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "id"], quiet);
  const add = ["--config", process.env.CIMS_CONFIG, "sftp", "add", name, "--party", party, "--installation", "1", "--key", join(folder, "id.pub")];
  execFileSync(process.env.CIMS_BIN, add, quiet);
  const options = ["-q", "-b", "-", "-P", process.env.CIMS_SFTP, "-i", "id", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=known"];
  return { folder, sftp: (words) => execFileSync("sftp", [...options, `${name}@127.0.0.1`], { ...quiet, input: `${words}\n` }).toString() };
}

/** A file for the test lane that shows all that an approval asks for. */
function trial(persons) {
  const header = "mutatie;bronsleutel;toestemming;leeftijdsgroep;bsn;geboortedatum;vaccinatiedatum;vaccin;batchnummer;dosisnummer;doelgroep";
  const two = (number) => String(number).padStart(2, "0");
  const jab = (mutation, key, { bsn, born: [day, month, year] }, date) =>
    `${mutation};${key};J;;${bsn};${two(day)}-${two(month)}-${year};${date};Comirnaty;EJ6796;9;BEWONER_INSTELLING`;
  const rows = persons.map((one, index) => jab("N", `proef-${index}`, one, "06-05-2025"));
  rows.push(jab("C", "proef-0", persons[0], "07-05-2025"), "V;proef-1;;;;;;;;;", "N;proef-x;N;B;;;06-05-2025;Comirnaty;EJ6796;1;");
  return `${[header, ...rows].join("\r\n")}\r\n`;
}

test("a new institution tries its files, two people agree, and its first delivery by SFTP is taken in", async (t) => {
  const asks = await visitor(t, { expected: ["status of 404"] });
  await logIn(asks, "rivmbeheer");
  await open(asks, "/koppelingen");
  await asks.getByLabel("Instelling", { exact: true }).selectOption({ label: "Verpleeghuis Nieuwehof" });
  await asks.getByLabel("Koppelvlak", { exact: true }).selectOption({ label: "SFTP" });
  await asks.getByLabel("Doel", { exact: true }).fill("vaccinatieregistratie");
  await press(asks, "Vragen");
  assert.ok(await asks.getByText("Uw vraag ligt bij de privacycoördinator.").isVisible());
  const connection = path(asks);
  assert.equal(await asks.getByRole("button", { name: "Akkoord geven" }).count(), 0, "who asks does not decide");
  const forced = await asks.request.post(`${PORTAL()}/api/koppeling-besluit`, {
    form: { id: connection.split("/").pop(), step: "approve", reason: "Mag niet", formulier: await formToken(asks, "/koppelingen") },
    headers: { Origin: PORTAL(), Referer: PORTAL() + connection, Accept: "text/html" },
    maxRedirects: 0,
  });
  assert.ok([302, 404].includes(forced.status()) && !/melding=klaar/.test(forced.headers().location ?? ""));
  assert.equal(ask(`SELECT state FROM connections WHERE id = '${connection.split("/").pop()}'`), "requested");

  // Until then there is no folder but that of the test.
  const box = installation(t, "NIEUWEHOF", "nieuwehof-1");
  const named = (number) => `CIMS_NIEUWEHOF_1_20250506_${number}.csv`;
  const put = (folder, file, text) => {
    writeFileSync(join(box.folder, "x.csv"), text);
    box.sftp(`put x.csv /${folder}/${file}.part\nrename /${folder}/${file}.part /${folder}/${file}`);
  };
  const said = async (file) => {
    const answer = `${file}.resultaat.json`;
    for (let turn = 0; turn < 100; turn += 1) {
      if (box.sftp("ls /uit").includes(answer)) {
        box.sftp(`get /uit/${answer}`);
        const { uitkomst, regels } = JSON.parse(readFileSync(join(box.folder, answer), "utf8"));
        if (uitkomst !== null) return [uitkomst, regels];
      }
      await new Promise((done) => setTimeout(done, 200));
    }
    return assert.fail(`no answer to ${file}`);
  };
  const stored = "SELECT count(*) FROM reports r JOIN parties p ON p.id = r.party_id WHERE p.code = 'NIEUWEHOF'";
  const seven = people().slice(0, 7);
  assert.throws(() => put("in", named(1), trial(seven)));
  put("test", named(1), trial(seven).replace("EJ6796", "???"));
  assert.deepEqual(await said(named(1)), ["DEELS_VERWERKT", 10]);

  const decides = await visitor(t, { script: false });
  await logIn(decides, "privacy");
  await press(decides, /Koppelingen/, { role: "link", within: decides.locator("main") });
  await press(decides, /^Koppeling SFTP van Verpleeghuis Nieuwehof bekijken/, { role: "link" });
  assert.equal(path(decides), connection);
  assert.ok(await decides.getByText("Het nieuwste proefbestand voldoet nog niet.").isVisible());
  const agree = async () => {
    await decides.getByText("Akkoord geven", { exact: true }).first().click();
    const form = decides.locator("details[open]").filter({ hasText: "neemt CIMS" });
    await form.getByLabel("Toelichting").fill("De overeenkomst is getekend.");
    await press(decides, "Akkoord geven", { within: form });
  };
  await agree();
  assert.ok(await decides.getByText("Akkoord kan pas als het nieuwste proefbestand voldoet.").isVisible());
  await decides.getByText("Afwijzen", { exact: true }).first().click();
  await press(decides, "Afwijzen", { within: decides.locator("details[open]") });
  assert.match(await decides.locator("#foutoverzicht").innerText(), /Vul een reden in/);

  put("test", named(2), trial(seven));
  assert.deepEqual(await said(named(2)), ["VERWERKT", 10]);
  assert.equal(ask(stored), "0", "a test is no registration");
  await open(decides, connection);
  assert.ok(await decides.getByText("Het nieuwste proefbestand voldoet.").isVisible());
  await agree();
  assert.ok(await decides.getByText("Uw besluit is vastgelegd.", { exact: false }).isVisible());

  // From now on it counts, and there is no folder for tests any more.
  assert.throws(() => put("test", named(3), trial(seven)));
  put("in", named(3), trial(seven));
  assert.deepEqual(await said(named(3)), ["VERWERKT", 10]);
  assert.notEqual(ask(stored), "0");
});
