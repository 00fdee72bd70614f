// Logging in and out, and who may not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { logIn } from "../lib/journey.mjs";
import { PORTAL, heading, open, path, press, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";

  test(`somebody logs in, sees name and institution, and logs out${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "invoerder");
    assert.equal(await heading(page), "Wat wilt u doen?");
    assert.match(await page.locator(".cims-topbar__name").innerText(), /^Iris /);
    await press(page, "Log uit", { within: page.locator(".cims-topbar") });
    await open(page, "/registreren");
    assert.equal(path(page), "/inloggen");
  });

  test(`somebody of two institutions picks one${how}`, async (t) => {
    const page = await visitor(t, { script });
    await logIn(page, "tweehuizen");
    assert.equal(await heading(page), "Kies uw instelling");
    await page.getByRole("radio").nth(1).check();
    await press(page, "Verder met deze keuze");
    assert.equal(await heading(page), "Wat wilt u doen?");
  });

  test(`a login that is too weak is refused${how}`, async (t) => {
    const page = await visitor(t, { script, expected: ["status of 4"] });
    await logIn(page, "zwak");
    await open(page, "/registreren");
    assert.equal(path(page), "/inloggen");
  });

  test(`somebody whom CIMS does not know gets no further${how}`, async (t) => {
    const page = await visitor(t, { script, expected: ["status of 4"] });
    await logIn(page, "onbekend");
    await open(page, "/registreren");
    assert.equal(path(page), "/inloggen");
  });
}

test("a reviewer has no form to record, and somebody who records has no review page", async (t) => {
  const reviewer = await visitor(t, { expected: ["status of 404"] });
  await logIn(reviewer, "beoordelaar");
  await open(reviewer, "/registreren");
  assert.equal(await heading(reviewer), "Pagina niet gevonden");
  const nurse = await visitor(t, { expected: ["status of 404"] });
  await logIn(nurse, "invoerder");
  await open(nurse, "/beoordelen");
  assert.equal(await heading(nurse), "Pagina niet gevonden");
});

for (const script of [true, false]) {
  const how = script ? "" : " (without JavaScript)";

  test(`a colleague is invited, comes in with the code, and is ended${how}`, async (t) => {
    const [bram, olga] = [await visitor(t, { script }), await visitor(t, { script, expected: ["status of 4"] })];
    await logIn(bram, "beheerder");
    await press(bram, /Gebruikers/, { role: "link", within: bram.locator("main") });
    await press(bram, "Code maken");
    assert.match(await bram.locator("#foutoverzicht").innerText(), /Vul de naam van uw collega in/);
    await bram.getByLabel("Naam van uw collega").fill("Olga Onbekend");
    await bram.getByLabel("Registreren en aanleveren", { exact: true }).check();
    await press(bram, "Code maken");
    assert.equal(await heading(bram), "Uitnodiging");
    const code = (await bram.locator("dd").filter({ hasText: /^[A-Z2-9]{4}(-[A-Z2-9]{4}){3}$/ }).innerText()).trim();

    await open(olga, "/inloggen");
    await press(olga, "Hebt u een code gekregen?", { role: "link" });
    await press(olga, "Verder naar inloggen");
    assert.match(await olga.locator("#foutoverzicht").innerText(), /Een code heeft 16 letters en cijfers/);
    await olga.getByLabel("Code", { exact: true }).fill(code.toLowerCase());
    await olga.getByRole("button", { name: "Verder naar inloggen" }).click();
    await olga.locator('button[value="onbekend"]').click();
    await olga.waitForURL((url) => url.href.startsWith(PORTAL()) && !url.pathname.startsWith("/auth/"));
    assert.equal(await heading(olga), "Wat wilt u doen?");
    assert.match(await olga.locator(".cims-topbar__name").innerText(), /^Olga /);
    await open(olga, "/registreren");
    assert.equal(path(olga), "/registreren");

    await open(bram, "/gebruikers");
    await press(bram, "Toegang van Olga Onbekend beëindigen");
    assert.ok(await bram.getByText("De toegang is beëindigd. Dat geldt meteen.").isVisible());
    await open(olga, "/registreren");
    assert.equal(path(olga), "/inloggen");
  });

  test(`RIVM ends the session of somebody, and the next click says so${how}`, async (t) => {
    const [iris, rosa] = [await visitor(t, { script }), await visitor(t, { script })];
    await logIn(iris, "tweehuizen");
    await logIn(rosa, "rivmbeheer");
    await open(rosa, "/beheer");
    await press(rosa, /^Wie nu is ingelogd/, { role: "link" });
    assert.equal(await heading(rosa), "Open sessies");
    const name = /^Sessie van Tess.* beëindigen$/;
    await press(rosa, name);
    assert.ok(await rosa.getByText("De sessie is beëindigd.", { exact: false }).isVisible());
    assert.equal(await rosa.getByRole("button", { name }).count(), 0);
    await open(iris, "/registreren");
    assert.equal(path(iris), "/inloggen");
    assert.ok(await iris.getByText("Een beheerder heeft uw sessie beëindigd.", { exact: false }).isVisible());
  });
}
