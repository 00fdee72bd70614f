// What people do in the portal, in the words on the screen.
import assert from "node:assert/strict";
import { PORTAL, heading, open, path, press } from "./portal.mjs";

/** Logs in at the login peer as one of its accounts (end2end/oidc/accounts.mjs). */
export async function logIn(page, account) {
  await open(page, "/inloggen");
  await page.getByRole("link", { name: "Inloggen" }).or(page.getByRole("button", { name: "Inloggen" })).last().click();
  await page.locator(`button[value="${account}"]`).click();
  // back at the portal, past the step in which the browser shows its cookie for the first time
  await page.waitForURL((url) => url.href.startsWith(PORTAL()) && !url.pathname.startsWith("/auth/"));
  await page.waitForLoadState();
}

/** Fills the three boxes of a date. */
export async function fillDate(page, column, [day, month, year]) {
  await page.locator(`[name="row[${column}_dag]"]`).fill(String(day));
  await page.locator(`[name="row[${column}_maand]"]`).fill(String(month));
  await page.locator(`[name="row[${column}_jaar]"]`).fill(String(year));
}

/** Step 1: who. `consent` is "Ja" or "Nee". */
export async function fillPerson(page, { bsn, born, consent = "Ja" }) {
  await page.getByLabel("BSN", { exact: true }).fill(bsn);
  await fillDate(page, "geboortedatum", born);
  const question = page.getByRole("group", { name: "Mogen we de gegevens delen met het RIVM?" });
  await question.getByLabel(consent, { exact: true }).check();
}

/** Step 2: what. Fields that are not named keep what they hold. */
export async function fillVaccination(page, { date, vaccine, batch, dose, group }) {
  if (date) await fillDate(page, "vaccinatiedatum", date);
  if (vaccine) await page.locator("#vaccin").selectOption({ label: vaccine });
  if (batch) await page.locator("#batchnummer").fill(batch);
  if (dose) await page.locator("#dosisnummer").fill(String(dose));
  if (group) await page.locator("#doelgroep").selectOption({ label: group });
}

/** Fills in one vaccination from the empty form to the page that shows all answers. */
export async function fillIn(page, person, vaccination) {
  await open(page, "/registreren");
  await fillPerson(page, person);
  await press(page, "Verder");
  assert.equal(await heading(page), "Welke vaccinatie is gegeven?");
  await fillVaccination(page, vaccination);
  await press(page, "Verder");
  await confirmWarnings(page);
}

/** Records one vaccination from the empty form to the receipt; answers its reference. */
export async function record(page, person, vaccination) {
  await fillIn(page, person, vaccination);
  return send(page);
}

/** Ticks "Ik heb dit gecontroleerd" when the page asks for it. */
export async function confirmWarnings(page) {
  const tick = page.getByLabel("Ik heb dit gecontroleerd");
  if (await tick.isVisible()) {
    await tick.check();
    await press(page, "Verder");
  }
}

/** Step 3 and the receipt. */
export async function send(page) {
  assert.equal(await heading(page), "Controleer en verstuur");
  await press(page, "Versturen");
  assert.match(path(page), /^\/registreren\/klaar\//);
  return page.locator(".cims-confirmation__reference strong").innerText();
}

/** The messages of the error summary. */
export const summary = (page) => page.locator("#foutoverzicht li").allInnerTexts();
