import { test } from "node:test";
import { person } from "../lib/demo.mjs";
import { logIn, record, fillPerson } from "../lib/journey.mjs";
import { heading, press, visitor, withBrowser } from "../lib/portal.mjs";
withBrowser();
const jab = { date: [27, 1, 2021], vaccine: "Comirnaty", batch: "EJ6796", dose: 1, group: "Zorgmedewerker" };
test("x", async (t) => {
  const page = await visitor(t, {});
  page.on("framenavigated", f => console.log("nav", f.url()));
  await logIn(page, "invoerder");
  await record(page, person(), jab);
  await page.screenshot({ path: "/tmp/e2e/z1.png", fullPage: true });
  await press(page, "Zelfde vaccinatie, volgende persoon");
  await page.screenshot({ path: "/tmp/e2e/z2.png", fullPage: true });
  await fillPerson(page, person());
  await press(page, "Verder");
  console.log(page.url(), await heading(page));
  await page.screenshot({ path: "/tmp/e2e/z3.png", fullPage: true });
});
