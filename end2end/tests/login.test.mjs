// Logging in and out, and who may not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { logIn } from "../lib/journey.mjs";
import { heading, open, path, press, visitor, withBrowser } from "../lib/portal.mjs";

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
