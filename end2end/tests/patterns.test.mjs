// The page of patterns (style/patterns.html): the stylesheet by itself, without a portal.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { LOOKS, assertAccessible, focusRing, look, violations } from "../lib/accessible.mjs";
import { visitor, withBrowser } from "../lib/portal.mjs";

withBrowser();

const patterns = new URL("../../style/patterns.html", import.meta.url).href;
const sheet = fileURLToPath(new URL("../../target/site/pkg/cims.css", import.meta.url));

test("every pattern is accessible, light and dark, wide and narrow", async (t) => {
  assert.ok(existsSync(sheet), "build first: cargo xtask build");
  const page = await visitor(t);
  await page.goto(patterns);
  await assertAccessible(page, "patterns");
});

test("axe finds what is wrong, in every look", async (t) => {
  const page = await visitor(t);
  await page.goto(patterns);
  await page.evaluate(() => {
    document.querySelector("main").insertAdjacentHTML("beforeend", '<input><p style="color: #777; background: #888">te bleek</p>');
  });
  for (const one of LOOKS) {
    await look(page, one);
    const dark = one.colour === "dark"; // only the colours are others
    const ids = (await violations(page, dark)).map((text) => text.split(":")[0]).sort();
    assert.deepEqual(ids, dark ? ["color-contrast"] : ["color-contrast", "label"], `${one.colour}, ${one.width} px`);
  }
});

test("the ring around the focus shows at every stop", async (t) => {
  const page = await visitor(t);
  await page.goto(patterns);
  for (const one of LOOKS) {
    await look(page, one);
    await page.evaluate(() => { document.activeElement.blur(); scrollTo(0, 0); });
    let stops = 0;
    for (; stops < 200; stops += 1) {
      await page.keyboard.press("Tab");
      const ring = await focusRing(page);
      if (ring === null) break; // past the last one, back to the address bar
      assert.deepEqual(ring, { ...ring, width: "3px", style: "solid", seen: true });
    }
    assert.ok(stops > 40, `only ${stops} stops`);
  }
});

test("what is chosen stays visible in forced colours", async (t) => {
  const page = await visitor(t);
  await page.emulateMedia({ forcedColors: "active" });
  await page.goto(patterns);
  const drawnBy = await page.locator("#tj").evaluate((radio) => getComputedStyle(radio).appearance);
  assert.equal(drawnBy, "auto");
});

test("paper is black on white, also for who works in the dark", async (t) => {
  const page = await visitor(t, { colour: "dark" });
  await page.goto(patterns);
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  const paper = await page.evaluate(() => ({
    ink: getComputedStyle(document.body).color,
    paper: getComputedStyle(document.documentElement).backgroundColor,
    menu: getComputedStyle(document.querySelector(".cims-nav")).display,
  }));
  assert.deepEqual(paper, { ink: "rgb(0, 0, 0)", paper: "rgb(255, 255, 255)", menu: "none" });
});
