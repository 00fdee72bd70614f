// Withdrawing a whole delivery and undoing it; the second person at RIVM; and what is new on the start page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { csv, person } from "../lib/demo.mjs";
import { logIn } from "../lib/journey.mjs";
import { PORTAL, formToken, heading, open, path, press, until, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

/** Delivers a file with so many good rows, as far as its preview; answers the path of its page. */
async function preview(page, name, rows) {
  await open(page, "/aanleveren");
  const content = csv(Array.from({ length: rows }, () => person()));
  await page.locator('input[type="file"]').setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(content) });
  await press(page, "Bestand controleren");
  await until(page, 'button:has-text("Indienen")');
  return path(page);
}

/** The same, and presses "Indienen". */
async function deliver(page, name, rows) {
  const delivery = await preview(page, name, rows);
  await press(page, "Indienen");
  return delivery;
}

/** The value beside a name in the list of what became of a withdrawal. */
const value = (page, name) =>
  page.locator(".utrecht-data-list__item", { hasText: name }).locator("dd").first().innerText();

/** The first registrations of the list that are withdrawn. */
async function withdrawnAmong(page, number) {
  await open(page, "/registraties");
  const rows = await page.locator("tbody tr").allInnerTexts();
  return rows.slice(0, number).filter((row) => row.includes("Ingetrokken")).length;
}

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";

  test(`a delivery is withdrawn with a reason, and that is undone${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    const delivery = await deliver(page, "verkeerd.csv", 2);
    await until(page, "text=2 van 2 vaccinaties opgenomen.");
    assert.match(await page.locator("main").innerText(), /We wissen uw bestand op \d\d-\d\d-\d{4}\./);
    await press(page, "Aanlevering intrekken", { role: "link" });
    assert.equal(await heading(page), "Aanlevering intrekken");
    assert.match(await page.locator("main").innerText(), /2 regels van deze aanlevering staan in het register\./);
    await press(page, "Ja, intrekken");
    assert.match(await page.locator("#foutoverzicht").innerText(), /Vul een reden in\./);
    await page.getByLabel("Waarom trekt u de aanlevering in?").fill("Verkeerd bestand gekozen.");
    await press(page, "Ja, intrekken");
    assert.equal(path(page), delivery);
    await until(page, "text=Deze aanlevering is ingetrokken.");
    assert.equal(await value(page, "Teruggedraaid"), "2");
    assert.equal(await value(page, "Gebleven"), "0");
    assert.equal(await value(page, "Reden"), "Verkeerd bestand gekozen.");
    assert.equal(await withdrawnAmong(page, 2), 2);

    await open(page, delivery);
    await press(page, "Intrekken ongedaan maken", { role: "link" });
    await page.getByLabel("Waarom maakt u het intrekken ongedaan?").fill("Het was toch het goede bestand.");
    await press(page, "Ja, ongedaan maken");
    await until(page, "text=Het intrekken is ongedaan gemaakt.");
    assert.equal(await value(page, "Teruggezet"), "2");
    assert.equal(await withdrawnAmong(page, 2), 0);
    await press(page, /^Bekijk/, { role: "link", within: page.locator("tbody") });
    const history = await page.locator(".cims-timeline").innerText();
    assert.match(history, /Versie 3[^]*Het was toch het goede bestand\.[^]*Versie 2[^]*Verkeerd bestand gekozen\.[^]*Versie 1/);
  });

  test(`the start page says that a file is done until its page is opened${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    const delivery = await preview(page, "nieuws.csv", 1);
    // sent, and not looked at: who sees the page of a file that is done has heard the news
    await page.request.post(`${PORTAL()}/api/aanlevering-indienen`, {
      form: { delivery: delivery.split("/").pop() },
      headers: { Origin: PORTAL(), Accept: "text/html" },
      maxRedirects: 0,
    });
    await open(page, "/");
    await until(page, `a[href="${delivery}"]:has-text("Uw bestand is verwerkt: 1 van 1 opgenomen")`);
    await page.locator(`a[href="${delivery}"]`).click();
    await page.getByText("1 van 1 vaccinaties opgenomen.").waitFor();
    await open(page, "/");
    assert.equal(await page.locator(`a[href="${delivery}"]`).count(), 0);
  });
}

test("RIVM withdraws a delivery only when a second person agrees", async (t) => {
  const [nurse, first, second] = [await visitor(t), await visitor(t), await visitor(t, { script: false })];
  await logIn(nurse, "invoerder");
  const delivery = await deliver(nurse, "rivm.csv", 1);
  await until(nurse, "text=1 van 1 vaccinaties opgenomen.");
  await logIn(first, "beoordelaar");
  await open(first, `${delivery}/intrekken`);
  assert.ok(!(await first.locator("main").innerText()).includes("rivm.csv"), "the name of the file is the sender's");
  await first.getByLabel("Waarom trekt u de aanlevering in?").fill("Op verzoek van de instelling.");
  await press(first, "Ja, intrekken vragen");
  assert.ok(await first.getByText("Iemand anders moet nu akkoord geven.").isVisible());
  assert.equal(await first.getByRole("button", { name: "Akkoord, voer uit" }).count(), 0, "not the same person");
  const asked = path(first);
  const forced = await first.request.post(`${PORTAL()}/api/aanlevering-intrekken-akkoord`, {
    form: { delivery: delivery.split("/").pop(), formulier: await formToken(first, asked) },
    headers: { Origin: PORTAL(), Referer: PORTAL() + asked, Accept: "text/html" },
    maxRedirects: 0,
  });
  assert.match(forced.headers().location, /melding=zelfde/);
  await open(nurse, `${delivery}/intrekken`);
  assert.equal(await value(nurse, "Gevraagd door"), "RIVM");
  assert.equal(await nurse.getByRole("button", { name: "Akkoord, voer uit" }).count(), 0, "not the institution");

  await logIn(second, "rivmbeheer");
  await press(second, /^Er wacht een verzoek op uw akkoord/, { role: "link" });
  assert.equal(await value(second, "Reden"), "Op verzoek van de instelling.");
  await press(second, "Akkoord, voer uit");
  await until(second, "text=Deze aanlevering is ingetrokken.");
  assert.equal(await value(second, "Teruggedraaid"), "1");
  await open(nurse, delivery);
  assert.ok(await nurse.getByText("Deze aanlevering is ingetrokken.").isVisible());
  assert.equal(await nurse.getByRole("link", { name: "Intrekken ongedaan maken" }).count(), 0);
});
