// A browser and visitors of the portal. Every visitor collects what the page complains about;
// a journey fails when a page breaks the content security policy or throws.
import { chromium } from "playwright-core";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { before, after } from "node:test";

const need = (name) => process.env[name] ?? assert.fail(`${name} is not set; run \`cargo xtask test e2e\``);
export const PORTAL = () => need("CIMS_URL");
const ours = (address) => ["file:", process.env.CIMS_URL].some((start) => start && address.startsWith(start));

// Chromium on Linux does not know two of the features that our Permissions-Policy switches off elsewhere,
// and asks for this file on a page that has no icon.
const HARMLESS = ["Permissions-Policy header: Unrecognized feature", "/favicon.ico"];

// A Chromium with windows makes a renderer for its own toolbar beside each page, which costs a quarter of a journey's
// processor time. The rest is what Playwright switches off, for the last list counts.
const UNUSED = [
  "PreloadTopChromeWebUI", "WebUIOmniboxPopup", "WebUITabStrip", "InitialWebUI", "WebUIReloadButton", "WebUIToolbar",
  "AimEnabled", "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable",
  "HttpsUpgrades", "LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding",
  "PreconnectToSearch", "ThirdPartyStoragePartitioning",
];

let browser;
/** Pages on which JavaScript runs. */
const scripted = new WeakSet();

/** Call once at the top of a test file. */
export function withBrowser() {
  before(async () => {
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].find(existsSync),
      args: ["--no-sandbox", "--disable-gpu", `--disable-features=${UNUSED.join(",")}`],
    });
  });
  after(() => browser.close());
}

/**
 * A page of its own: own cookies, own window.
 * `script: false` switches JavaScript off; `expected` are complaints of the console that belong to the journey.
 */
export async function visitor(t, { script = true, colour = "light", width = 1280, expected = [] } = {}) {
  const context = await browser.newContext({
    javaScriptEnabled: script,
    colorScheme: colour,
    viewport: { width, height: 900 },
    locale: "nl-NL",
    timezoneId: "Europe/Amsterdam",
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  if (script) scripted.add(page);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (!ours(message.location().url || page.url())) return; // the login peer is not ours
    if (["error", "warning"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  t.after(async () => {
    await context.close();
    const allowed = [...HARMLESS, ...expected, ...(script ? [] : ["was preloaded using link preload"])];
    const left = complaints.filter((text) => !allowed.some((part) => text.includes(part)));
    assert.deepEqual([...new Set(left)], [], "the browser's console complained");
  });
  return page;
}

/** Opens a page of the portal. */
export const open = (page, path) => page.goto(PORTAL() + path);

/** Asks for the page again. A page that refreshes itself in that very moment wins: its load is waited for. */
export async function again(page) {
  await page.reload().catch((error) => {
    if (!/ERR_ABORTED|interrupted by another navigation/.test(error.message)) throw error;
  });
  await page.waitForLoadState();
}

/** Asks for the page again until it shows something; without JavaScript it may refresh itself meanwhile. */
export async function until(page, selector) {
  for (let turn = 0; turn < 150; turn += 1) {
    if (await page.locator(selector).first().isVisible()) return;
    await page.waitForTimeout(200);
    await again(page);
  }
  assert.fail(`never saw ${selector} on ${path(page)}`);
}

/** The path of the page that is shown now. */
export const path = (page) => new URL(page.url()).pathname;

/** Presses a button or follows a link by its name and waits for the next page. */
export async function press(page, name, { role = "button", within = page } = {}) {
  const target = within.getByRole(role, { name, exact: typeof name === "string" }).first();
  await Promise.all([page.waitForEvent("framenavigated"), target.click()]);
  await page.waitForLoadState();
}

/** The token that forms of this session bring along, from a page that has a form. */
export async function formToken(page, path) {
  const html = await (await page.request.get(PORTAL() + path)).text();
  return html.match(/name="formulier" value="([^"]+)"/)[1];
}

/** The one h1 of the page. */
export const heading = (page) => page.locator("h1").innerText();

/** With JavaScript: waits until the islands of the page are alive (frontend/src/lib.rs says so). */
export async function alive(page) {
  if (scripted.has(page)) await page.locator("html[data-alive]").waitFor({ state: "attached" });
}
