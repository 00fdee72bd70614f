// Everything with the keyboard: the next person of a row takes at most six presses besides BSN and birth date.
import assert from "node:assert/strict";
import { test } from "node:test";
import { focusRing } from "../lib/accessible.mjs";
import { person } from "../lib/demo.mjs";
import { PORTAL, heading, open, path, visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

/** Presses Tab until the focus is on `selector`; every stop must show its focus. Answers the number of presses. */
async function tabTo(page, selector, most = 60) {
  for (let presses = 1; presses <= most; presses += 1) {
    await page.keyboard.press("Tab");
    const ring = await focusRing(page);
    if (ring !== null) assert.deepEqual(ring, { ...ring, style: "solid", width: "3px", seen: true });
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return presses;
  }
  return assert.fail(`the focus never came to ${selector} on ${path(page)}`);
}

/** Enter, and wait for the page that comes. */
async function enter(page) {
  await Promise.all([page.waitForEvent("framenavigated"), page.keyboard.press("Enter")]);
  await page.waitForLoadState();
}

async function type(page, text) {
  for (const key of text) await page.keyboard.press(key);
}

async function logInByKeyboard(page, account) {
  await open(page, "/inloggen");
  await tabTo(page, 'main a[href*="/auth/start"], main button');
  await enter(page);
  await page.locator(`button[value="${account}"]`).focus(); // the login peer is not ours
  await enter(page);
  await page.waitForURL((url) => url.href.startsWith(PORTAL()) && !url.pathname.startsWith("/auth/"));
  await page.waitForLoadState();
}

async function personByKeyboard(page, { bsn, born }) {
  if (!(await page.evaluate(() => document.activeElement?.id === "bsn"))) await tabTo(page, "#bsn");
  await type(page, bsn);
  await tabTo(page, "#geboortedatum");
  await type(page, String(born[0]));
  await page.keyboard.press("Tab");
  await type(page, String(born[1]));
  await page.keyboard.press("Tab");
  await type(page, String(born[2]));
  await tabTo(page, '[name="row[toestemming]"]');
  await page.keyboard.press("Space");
  await enter(page);
}

// The second one nobody knows: it is looked at once, and not again for the next person.
for (const batch of ["EJ6796", "QQ1234"]) test(`log in, record, next person, log out, without a mouse, of batch ${batch}`, async (t) => {
  const page = await visitor(t);
  await logInByKeyboard(page, "invoerder");
  await tabTo(page, 'a[href="/registreren"].cims-tiles__link');
  await enter(page);
  await personByKeyboard(page, person());
  assert.equal(await heading(page), "Welke vaccinatie is gegeven?");
  await tabTo(page, "#vaccinatiedatum");
  await type(page, "27");
  await page.keyboard.press("Tab");
  await type(page, "1");
  await page.keyboard.press("Tab");
  await type(page, "2021");
  await tabTo(page, "#vaccin");
  await type(page, "Com");
  await tabTo(page, "#batchnummer");
  await type(page, batch);
  await tabTo(page, "#dosisnummer");
  await type(page, "1");
  await tabTo(page, "#doelgroep");
  await type(page, "Zor");
  await tabTo(page, "main button.cims-button--main"); // Enter on a list opens it
  await enter(page);
  if (await page.getByLabel("Ik heb dit gecontroleerd").isVisible()) {
    await tabTo(page, '[name="confirmed"]');
    await page.keyboard.press("Space");
    await enter(page);
  }
  assert.equal(await heading(page), "Controleer en verstuur");
  await tabTo(page, "button.cims-button--main");
  await enter(page);
  assert.equal(await heading(page), "Opgeslagen");

  // the next person: what is pressed besides BSN and birth date, the way to each field included
  let presses = 0;
  const press = async (key) => { presses += 1; await (key === "Enter" ? enter(page) : page.keyboard.press(key)); };
  // the browser puts it there a moment after the page has loaded
  const focusComes = (selector) => page.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector);
  const next = person();
  await focusComes("button.cims-button--main"); // "Zelfde vaccinatie, volgende persoon"
  await press("Enter");
  await focusComes("#bsn");
  await type(page, next.bsn);
  presses += await tabTo(page, "#geboortedatum");
  await type(page, String(next.born[0]));
  await page.keyboard.press("Tab"); // moving between the boxes of a date is part of the date
  await type(page, String(next.born[1]));
  await page.keyboard.press("Tab");
  await type(page, String(next.born[2]));
  presses += await tabTo(page, '[name="row[toestemming]"]');
  await press("Space");
  await press("Enter"); // go on
  assert.equal(await heading(page), "Controleer en verstuur"); // the vaccination was kept
  await focusComes("button.cims-button--main");
  await press("Enter"); // send
  assert.equal(await heading(page), "Opgeslagen");
  t.diagnostic(`${presses} presses besides BSN and birth date`);
  assert.ok(presses <= 6, `${presses} presses`);

  await tabTo(page, ".cims-topbar__button");
  await enter(page);
});

test("the skip link leads past the menu", async (t) => {
  const page = await visitor(t);
  await open(page, "/hulp");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Naar de inhoud");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "inhoud");
});
