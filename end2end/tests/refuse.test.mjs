// What the portal does not take, and how it says so.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WRONG_BSN, person, stranger } from "../lib/demo.mjs";
import { fillPerson, fillVaccination, logIn, summary } from "../lib/journey.mjs";
import { alive, heading, open, press, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";

  test(`an empty form says what is missing, above the title and at each field${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await open(page, "/registreren");
    await press(page, "Verder");
    assert.match(await page.title(), /^Fout: /);
    assert.equal((await summary(page)).length, 1, "consent comes before everything else");
    await page.locator('[name="row[toestemming]"][value="J"]').check();
    await press(page, "Verder");
    assert.match(await page.title(), /^Fout: /);
    const messages = await summary(page);
    assert.ok(messages.length >= 2, messages.join(" | "));
    for (const link of await page.locator("#foutoverzicht a").all()) {
      const target = await link.getAttribute("href");
      assert.equal(await page.locator(target).count(), 1, `${target} is not on the page`);
      assert.equal(await page.locator(`${target}-fout`).textContent(), `Foutmelding: ${await link.textContent()}`);
    }
    assert.doesNotMatch(page.url(), /bsn|9999/, "nothing of a person in the address");
  });

  test(`a BSN with two digits swapped is refused and everything typed stays${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await open(page, "/registreren");
    await fillPerson(page, { bsn: WRONG_BSN, born: ["2", "mei", "1940"] });
    await press(page, "Verder");
    assert.deepEqual(await summary(page), ["Dit BSN klopt niet. Controleer of u een cijfer hebt verwisseld."]);
    assert.equal(await page.locator("#bsn").inputValue(), WRONG_BSN);
    assert.equal(await page.locator("#bsn").getAttribute("aria-invalid"), "true");
    assert.match(await page.locator("#bsn").getAttribute("aria-describedby"), /bsn-fout/);
    assert.ok(await page.locator('[name="row[toestemming]"][value="J"]').isChecked());
  });

  test(`who cannot be matched is corrected, or sent with a reason${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await open(page, "/registreren");
    await fillPerson(page, stranger());
    await press(page, "Verder");
    assert.ok(await page.getByRole("heading", { name: "Niet te koppelen" }).isVisible());
    await press(page, "Verder met deze reden");
    assert.ok(await page.getByRole("link", { name: "Vul in waarom u weet dat de gegevens kloppen." }).isVisible());
    await page.locator("#reason").fill("Gezien op het paspoort.");
    await press(page, "Verder met deze reden");
    assert.equal(await heading(page), "Welke vaccinatie is gegeven?");
  });

  test(`somebody without a BSN goes to review${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await open(page, "/registreren");
    const { born } = person();
    await fillPerson(page, { bsn: "", born });
    await page.getByLabel("Deze persoon heeft geen BSN").check();
    await page.getByLabel("Woont in het buitenland").check();
    await page.locator("#achternaam").fill("Żółty");
    await page.locator("#postcode").fill("3721 MA");
    await press(page, "Verder");
    assert.equal(await heading(page), "Welke vaccinatie is gegeven?");
  });

  test(`a date in the future and a missing batch are refused${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    await open(page, "/registreren");
    await fillPerson(page, person());
    await press(page, "Verder");
    await fillVaccination(page, { date: [1, 1, 2099], vaccine: "Comirnaty", dose: 1, group: "Zorgmedewerker" });
    await press(page, "Verder");
    const fields = await page.locator("#foutoverzicht a").evaluateAll((links) => links.map((link) => link.hash));
    assert.deepEqual(fields, ["#vaccinatiedatum", "#batchnummer"]);
  });
}

test("a script that comes late does not take the focus away from who is typing", async (t) => {
  const page = await visitor(t, { expected: ["was preloaded using link preload"] }); // it is held back
  await logIn(page, "invoerder");
  await open(page, "/registreren");
  await fillPerson(page, { ...person(), bsn: WRONG_BSN });
  let release;
  const late = new Promise((resolve) => { release = resolve; });
  await page.route("**/*.wasm", async (route) => { await late; await route.continue(); });
  await page.getByRole("button", { name: "Verder", exact: true }).first().click({ noWaitAfter: true });
  // the browser itself goes where the address says, before any script
  await page.waitForFunction(() => document.activeElement?.id === "foutoverzicht");
  await page.locator("#bsn").focus();
  const woken = page.waitForResponse("**/*.wasm");
  release();
  await (await woken).finished();
  await alive(page);
  assert.equal(await page.evaluate(() => document.activeElement.id), "bsn");
});

test("with JavaScript the summary has the focus, and a mended field loses its message", async (t) => {
  const page = await visitor(t);
  await logIn(page, "invoerder");
  await open(page, "/registreren");
  const good = person();
  await fillPerson(page, { ...good, bsn: WRONG_BSN });
  await press(page, "Verder");
  await page.waitForFunction(() => document.activeElement?.id === "foutoverzicht");
  await alive(page);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "bsn");
  await page.keyboard.press("Control+A");
  await page.keyboard.type(good.bsn);
  await page.keyboard.press("Tab");
  await page.locator("#bsn-fout").waitFor({ state: "detached" });
});
