// What must hold on every page, in both colours and on both widths.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

export const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
export const LOOKS = [
  { colour: "light", width: 1280 },
  { colour: "dark", width: 1280 },
  { colour: "light", width: 320 },
  { colour: "dark", width: 320 },
];

/** Shows the page that is open in one of the looks. */
export async function look(page, { colour, width }) {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: colour });
}

/** Rules about colours: in the dark the page is the same but for these. */
const COLOURS = ["color-contrast", "link-in-text-block"];
const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Violations that axe finds, in words. Its script stays in the page, for the next look at it. */
export async function violations(page, colours = false) {
  assert.equal(page.frames().length, 1, "axe is run in the page alone, not in frames");
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(SOURCE);
  const runOnly = colours ? { type: "rule", values: COLOURS } : { type: "tag", values: TAGS };
  const options = { runOnly, preload: false, resultTypes: ["violations"] };
  const violations = await page.evaluate(async (options) => (await window.axe.run(document, options)).violations, options);
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)} (${node.failureSummary})`));
}

/** Elements that stick out of the window to the right. */
export async function sticksOut(page) {
  return page.evaluate(() => {
    const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
    if (!wide) return [];
    return [...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .map((element) => `${element.tagName}.${element.className}`);
  });
}

/** Fails unless the open page is fine in every look; in each, `shown` sees it too. */
export async function assertAccessible(page, name, shown = async () => {}) {
  for (const one of LOOKS) {
    await look(page, one);
    await shown(one);
    assert.deepEqual(await violations(page, one.colour === "dark"), [], `${name}, ${one.colour}, ${one.width} px`);
    assert.deepEqual(await sticksOut(page), [], `${name} scrolls sideways at ${one.width} px`);
  }
}

/** How the element that has the focus shows it; `null` when nothing has it. */
export async function focusRing(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return null;
    const { outlineWidth: width, outlineStyle: style } = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const seen = box.width > 0 && box.bottom > 0 && box.top < innerHeight;
    return { element: `${element.tagName}#${element.id}.${element.className}`, width, style, seen };
  });
}
