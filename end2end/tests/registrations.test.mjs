// "Mijn registraties": find, open, correct, withdraw.
import assert from "node:assert/strict";
import { test } from "node:test";
import { person } from "../lib/demo.mjs";
import { logIn, record } from "../lib/journey.mjs";
import { heading, open, press, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

const jab = { date: [28, 1, 2021], vaccine: "Comirnaty", batch: "EJ6796", dose: 1, group: "Zorgmedewerker" };

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";

  test(`a wrong batch is corrected; the old version stays readable${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await record(page, person(), jab);
    await press(page, "Bekijk deze registratie", { role: "link" });
    await press(page, "Corrigeren", { role: "link" });
    await page.locator("#batchnummer").fill("EJ6795");
    await press(page, "Correctie opslaan");
    assert.match(await page.locator("#foutoverzicht").innerText(), /Vul een reden in\./);
    assert.equal(await page.locator("#batchnummer").inputValue(), "EJ6795", "what was typed stays");
    await page.getByLabel("Waarom corrigeert u?").fill("Verkeerde batch gekozen.");
    await confirmAndPress(page, "Correctie opslaan");
    assert.match(await heading(page), /^Registratie /);
    assert.ok(await page.getByText("De correctie is opgeslagen.").isVisible());
    const history = await page.locator(".cims-timeline").innerText();
    assert.match(history, /Versie 2/);
    assert.match(history, /Versie 1/);
    assert.match(history, /Verkeerde batch gekozen\./);
  });

  test(`a registration is withdrawn with a reason and stays in the list${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await record(page, person(), jab);
    await press(page, "Bekijk deze registratie", { role: "link" });
    await press(page, "Intrekken", { role: "link" });
    await press(page, "Ja, intrekken");
    assert.match(await page.locator("#foutoverzicht").innerText(), /Vul een reden in\./);
    await page.getByLabel("Waarom trekt u in?").fill("Bij de verkeerde persoon geregistreerd.");
    await press(page, "Ja, intrekken");
    assert.ok(await page.getByText("De registratie is ingetrokken.").isVisible());
    assert.equal(await page.getByRole("link", { name: "Corrigeren" }).count(), 0);
    await open(page, "/registraties");
    assert.match(await page.locator("tbody tr").first().innerText(), /Ingetrokken/);
    // a mistake after all: it is put back, with a reason
    await press(page, /^Bekijk/, { role: "link", within: page.locator("tbody") });
    await press(page, "Intrekken ongedaan maken", { role: "link" });
    await press(page, "Ja, ongedaan maken");
    assert.match(await page.locator("#foutoverzicht").innerText(), /Vul een reden in\./);
    await page.getByLabel("Waarom maakt u het intrekken ongedaan?").fill("Het was toch de goede persoon.");
    await press(page, "Ja, ongedaan maken");
    assert.ok(await page.getByText("Het intrekken is ongedaan gemaakt.").isVisible());
    assert.match(await page.locator(".cims-timeline").innerText(), /Versie 3[^]*Het was toch de goede persoon\./);
    await open(page, "/registraties");
    assert.doesNotMatch(await page.locator("tbody tr").first().innerText(), /Ingetrokken/);
  });

  test(`the list is filtered by date and vaccine, and the address says by what${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await record(page, person(), { ...jab, date: [3, 2, 2021] });
    await open(page, "/registraties");
    await page.getByLabel("Vanaf").fill("2021-02-03");
    await page.getByLabel("Tot en met").fill("2021-02-03");
    await press(page, "Filteren");
    assert.match(page.url(), /van=2021-02-03/);
    const rows = await page.locator("tbody tr").allInnerTexts();
    assert.ok(rows.length > 0);
    assert.ok(rows.every((row) => row.includes("03-02-2021")), rows.join("\n"));
    await page.getByLabel("Tot en met").fill("2021-01-01");
    await press(page, "Filteren");
    assert.ok(await page.getByText("Niets gevonden met deze filters.").isVisible());
  });
}

async function confirmAndPress(page, name) {
  await press(page, name);
  const tick = page.getByLabel("Ik heb dit gecontroleerd");
  if (await tick.isVisible()) {
    await tick.check();
    await press(page, name);
  }
}

test("another institution does not find it", async (t) => {
  const mine = await visitor(t);
  await logIn(mine, "invoerder");
  await record(mine, person(), jab);
  await press(mine, "Bekijk deze registratie", { role: "link" });
  const address = new URL(mine.url()).pathname;
  const other = await visitor(t, { expected: ["status of 404"] });
  await logIn(other, "tweehuizen");
  await other.getByLabel("Arbodienst Gezond Werk").check();
  await press(other, "Verder met deze keuze");
  await open(other, address);
  assert.equal(await heading(other), "Pagina niet gevonden");
});
