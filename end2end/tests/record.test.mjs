// Recording a vaccination: a good one, a row of people, double submit, the back button.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WRONG_BSN, person, stranger } from "../lib/demo.mjs";
import { confirmWarnings, fillIn, fillPerson, fillVaccination, logIn, record, send } from "../lib/journey.mjs";
import { heading, open, path, press, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

const jab = { date: [27, 1, 2021], vaccine: "Comirnaty", batch: "EJ6796", dose: 1, group: "Zorgmedewerker" };

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";

  test(`a nurse records a vaccination and sees it among her registrations${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    const reference = await record(page, person(), jab);
    assert.equal(await heading(page), "Opgeslagen");
    assert.ok(await page.getByText("Geaccepteerd", { exact: true }).isVisible());
    await page.reload(); // a receipt may be read again
    assert.equal(await heading(page), "Opgeslagen");
    await press(page, "Bekijk deze registratie", { role: "link" });
    assert.match(await heading(page), new RegExp(reference));
    await open(page, "/registraties");
    assert.match(await page.locator("tbody tr").first().innerText(), /Comirnaty/);
  });

  test(`the next person needs BSN, birth date and consent, nothing else${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await record(page, person(), jab);
    await press(page, "Zelfde vaccinatie, volgende persoon");
    assert.ok(await page.getByText("Opgeslagen. Vul de volgende persoon in.").isVisible());
    assert.equal(await page.locator("#bsn").inputValue(), "");
    assert.equal(await page.locator('[name="row[toestemming]"]:checked').count(), 0);
    await fillPerson(page, person());
    await press(page, "Verder");
    assert.equal(await heading(page), "Controleer en verstuur", "nothing else is asked");
    assert.ok(await page.getByText("EJ6796").isVisible());
    await send(page);
    assert.equal(await heading(page), "Opgeslagen");
  });

  test(`a ward is worked through from a list${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await open(page, "/registreren");
    await press(page, /werklijst/, { role: "link", within: page.locator("main") });
    // a list of an earlier journey of this nurse
    if (await page.getByRole("link", { name: "Andere lijst maken" }).isVisible()) await press(page, "Andere lijst maken", { role: "link" });
    const people = [person(), person()];
    const two = (number) => String(number).padStart(2, "0");
    const line = ({ bsn, born: [day, month, year] }) => `${bsn}\t${two(day)}-${two(month)}-${year}\tkamer 1`;
    await page.locator("#persons").fill(["BSN\tGeboortedatum\tKamer", ...people.map(line), line(stranger()), WRONG_BSN].join("\n"));
    await page.getByLabel("Al deze personen vinden goed dat het RIVM hun gegevens krijgt").check();
    await press(page, "Lijst maken");
    const rows = page.locator("tbody tr");
    assert.equal(await rows.count(), 4);
    assert.equal(await rows.getByText("Te doen", { exact: true }).count(), 2);
    assert.ok(await rows.nth(2).getByText("Niet te koppelen", { exact: true }).isVisible());
    assert.ok(await rows.nth(3).getByText("Niet goed", { exact: true }).isVisible());

    await press(page, "Volgende registreren");
    assert.equal(await page.locator("#bsn").inputValue(), people[0].bsn);
    const consent = () => page.getByRole("group", { name: "Mogen we de gegevens delen met het RIVM?" });
    await consent().getByLabel("Ja", { exact: true }).check();
    await press(page, "Verder");
    await fillVaccination(page, jab);
    await press(page, "Verder");
    await confirmWarnings(page);
    await send(page);
    await press(page, "Volgende van de werklijst (1 te gaan)");
    assert.equal(await page.locator("#bsn").inputValue(), people[1].bsn);
    await consent().getByLabel("Ja", { exact: true }).check();
    await press(page, "Verder");
    assert.equal(await heading(page), "Controleer en verstuur", "the vaccination is the same");
    await send(page);
    await open(page, "/werklijst");
    assert.equal(await rows.getByText("Geregistreerd", { exact: true }).count(), 2);
    assert.equal(await page.getByRole("button", { name: "Volgende registreren" }).count(), 0);
    await press(page, "Lijst weggooien");
    assert.ok(await page.locator("#persons").isVisible());
  });

  test(`a ward comes from a file too, and what is wrong with a file is said${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    const send = async (name, text) => {
      await open(page, "/werklijst?nieuw=1");
      await page.locator("#bestand").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
      await page.getByLabel(/^Iedereen in dit bestand/).check();
      await press(page, "Lijst maken van dit bestand");
    };
    await send("geen.csv", "naam;kamer\nJansen;3\n");
    assert.match(await page.locator("#foutoverzicht").innerText(), /We vinden geen kopregel met BSN en Geboortedatum/);
    const two = (number) => String(number).padStart(2, "0");
    const line = ({ bsn, born: [day, month, year] }) => `Jansen;${bsn};${two(day)}-${two(month)}-${year}`;
    await send("zaal.csv", ["Naam;BSN;Geb datum", line(person()), line(stranger())].join("\r\n"));
    assert.equal(path(page), "/werklijst");
    const rows = page.locator("tbody tr");
    assert.equal(await rows.count(), 2);
    assert.ok(await rows.nth(0).getByText("Te doen", { exact: true }).isVisible());
    assert.ok(await rows.nth(1).getByText("Niet te koppelen", { exact: true }).isVisible());
    assert.equal(await page.getByText("Jansen").count(), 0, "only BSN and birth date are taken over");
    await press(page, "Lijst weggooien");
  });

  test(`a second jab of the same person shows the first above the questions${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await record(page, person(), jab);
    await press(page, "Zelfde persoon, nog een vaccinatie");
    if (path(page) === "/registreren") {
      await page.getByRole("group", { name: "Mogen we de gegevens delen met het RIVM?" }).getByLabel("Ja", { exact: true }).check();
      await press(page, "Verder");
    }
    assert.ok(await page.getByRole("heading", { name: "Eerder door u geregistreerd bij deze persoon" }).isVisible());
    await fillVaccination(page, { ...jab, date: [24, 2, 2021], batch: "EJ6796", dose: 2 });
    await press(page, "Verder");
    await confirmWarnings(page);
    await send(page);
    assert.equal(await heading(page), "Opgeslagen");
  });

  test(`sending the same form twice stores one vaccination${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await fillIn(page, person(), jab);
    const other = await page.context().newPage(); // the same page in two tabs: both are sent
    await other.goto(page.url());
    const first = await send(page);
    assert.equal(await send(other), first);
    await open(page, "/registraties");
    const references = await page.locator("tbody tr").count();
    await page.goto(other.url()); // and the receipt once more
    assert.equal(await page.locator(".cims-confirmation__reference strong").innerText(), first);
    await open(page, "/registraties");
    assert.equal(await page.locator("tbody tr").count(), references);
  });

  test(`going back after sending leads to the receipt, not to a dead end${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await fillIn(page, person(), jab);
    const check = page.url();
    const first = await send(page);
    for (const before of [check, check.replace("/controleren", "/vaccinatie"), check.replace("/controleren", "")]) {
      await page.goto(before);
      assert.equal(await heading(page), "Opgeslagen");
      assert.equal(await page.locator(".cims-confirmation__reference strong").innerText(), first);
    }
  });

  test(`a vaccination without consent is counted and keeps nothing of the person${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await open(page, "/registreren");
    await press(page, "Geen toestemming? Registreer zonder persoonsgegevens", { role: "link" });
    await press(page, "Verder zonder persoonsgegevens");
    assert.equal(await page.locator("#bsn").count(), 0);
    await fillVaccination(page, { ...jab, group: undefined });
    await page.getByLabel("18 tot en met 59 jaar").check();
    await press(page, "Verder");
    await confirmWarnings(page);
    await send(page);
    assert.equal(await heading(page), "Geteld");
  });

  test(`an answer can be changed from the page that shows them all${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await fillIn(page, person(), jab);
    await press(page, "Wijzig Batchnummer", { role: "link" });
    await page.locator("#batchnummer").fill("EJ6795");
    await press(page, "Verder");
    await confirmWarnings(page);
    assert.equal(await heading(page), "Controleer en verstuur");
    assert.ok(await page.getByText("EJ6795").isVisible());
  });
}

test("what was typed is still there after a session that ended", async (t) => {
  const page = await visitor(t);
  await logIn(page, "invoerder");
  await open(page, "/registreren");
  await fillPerson(page, person());
  await press(page, "Verder");
  await page.context().clearCookies(); // the session is gone, as after 15 minutes
  await logIn(page, "invoerder");
  await open(page, "/registreren");
  await press(page, "Verder met deze invoer", { role: "link" });
  assert.equal(await heading(page), "Welke vaccinatie is gegeven?");
});
