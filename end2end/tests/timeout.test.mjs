// The session ends after 15 minutes without action; two minutes before, a dialog says so (WCAG 2.2.1).
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible } from "../lib/accessible.mjs";
import { logIn } from "../lib/journey.mjs";
import { open, path, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

test("at 13 minutes the dialog opens with the focus in it; staying closes it and starts anew", async (t) => {
  const page = await visitor(t);
  await page.clock.install();
  await logIn(page, "invoerder");
  await open(page, "/registreren");
  await page.waitForLoadState("networkidle");
  await page.locator("#bsn").focus();
  const dialog = page.getByRole("dialog", { name: "U wordt over 2 minuten uitgelogd." });
  await page.clock.fastForward("12:30");
  assert.ok(!(await dialog.isVisible()));
  await page.clock.fastForward("00:45");
  await dialog.waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Blijf ingelogd");
  await assertAccessible(page, "time-out dialog");
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === "POST"),
    page.getByRole("button", { name: "Blijf ingelogd" }).click(),
  ]);
  assert.ok(answer.ok(), `${answer.url()} answered ${answer.status()}`);
  assert.ok(!(await dialog.isVisible()));
  assert.equal(await page.evaluate(() => document.activeElement.id), "bsn", "the focus goes back");
  await page.clock.fastForward("13:15");
  await dialog.waitFor();
});

test("two minutes after the dialog nothing of a person is left on the screen", async (t) => {
  const page = await visitor(t);
  await page.clock.install();
  await logIn(page, "invoerder");
  await open(page, "/registreren");
  await page.waitForLoadState("networkidle");
  await page.clock.fastForward("13:15");
  await page.clock.fastForward("02:05");
  await page.waitForURL(/\/inloggen/);
  assert.equal(path(page), "/inloggen");
});

test("without JavaScript a line under the form tells it", async (t) => {
  const page = await visitor(t, { script: false });
  await logIn(page, "invoerder");
  await open(page, "/registreren");
  assert.ok(await page.getByText("Na 15 minuten zonder actie logt u opnieuw in. Uw invoer blijft bewaard.").isVisible());
});
