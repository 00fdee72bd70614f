// How long a decision about many rows takes: `cargo xtask bench` runs this against a portal of its own.
//
//   node decision.mjs KIND CODE ROWS RUNS VALUE      CIMS_URL   the portal
//
// Each run takes the first group with this code that has so many rows, and decides: `map` says what its name stands for,
// `accept` takes its rows as they are.
// "preview" runs from asking for the page of the decision to its last byte; "carriedOut" from the second person's
// "akkoord" until a page says that it was done. Prints a line of JSON: the milliseconds of each run.
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { Client, form, hangUp } from "./lib/http.mjs";

const PORTAL = process.env.CIMS_URL ?? assert.fail("CIMS_URL is not set");
const [kind, code, rows, runs, value] = process.argv.slice(2);
/** Between two questions whether it is done, and longest wait, in milliseconds. */
const PAUSE = 20;
const PATIENCE = 120_000;

/** Address and hidden fields of the first form that holds all of these. */
function formWith(page, ...marks) {
  const found = [...page.matchAll(/<form[^>]*action="([^"]+)"[^>]*>(.*?)<\/form>/gs)].find(([, , inside]) => marks.every((mark) => inside.includes(mark)));
  assert.ok(found, `a form with ${marks}`);
  const [, action, inside] = found;
  const hidden = [...inside.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => ["name", "value"].map((part) => input.match(new RegExp(`${part}="([^"]*)"`))?.[1] ?? ""));
  return { action, fields: Object.fromEntries(hidden), inside };
}

/** The numbers of the table of what is foreseen, added up. */
function foreseenRows(page) {
  const [table] = page.slice(page.indexOf('id="uitkomsten"')).split("</table>");
  const numbers = [...table.matchAll(/numeric-data"[^>]*>(?:<!>)?([\d.]+)/g)].map(([, number]) => Number(number.replaceAll(".", "")));
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** The first of these groups with so many rows; others may wait beside them. */
async function ofSize(asks, groups) {
  for (const [, group] of groups.matchAll(/href="(\/beoordelen\/groepen\/[0-9a-f-]{36})"/g)) {
    const page = await asks.page(group);
    if (page.includes(`${Number(rows).toLocaleString("nl-NL")} regels`)) return page;
  }
  return assert.fail("no group of so many rows");
}

async function one(asks, agrees) {
  const groups = await asks.page(`/beoordelen/groepen?code=${code}`);
  const page = await ofSize(asks, groups);
  const propose = formWith(page, `value="${kind}"`, "<textarea", "Gevolgen bekijken</button>");
  const chosen = kind === "map" ? { value: (propose.inside.match(new RegExp(`<option[^>]*value="([^"]*)"[^>]*>${value}<`)) ?? assert.fail(`${value} can be chosen`))[1] } : {};
  const made = await asks.post(propose.action, form({ ...propose.fields, ...chosen, reason: "Zo noemt de instelling dit." }));
  const path = new URL(made.to).pathname;
  assert.match(path, /^\/beoordelen\/besluiten\//, "a decision");

  let begin = performance.now();
  const foreseen = await asks.page(path);
  const preview = performance.now() - begin;
  assert.equal(foreseenRows(foreseen), Number(rows), "every row is foreseen");
  const ask = formWith(foreseen, "Voorleggen aan een collega</button>");
  await asks.post(ask.action, form(ask.fields));

  const agree = formWith(await agrees.page(path), "Akkoord, uitvoeren</button>");
  begin = performance.now();
  await agrees.post(agree.action, form(agree.fields));
  for (const until = begin + PATIENCE; performance.now() < until; await pause(PAUSE)) {
    if ((await agrees.page(path)).includes("Uitgevoerd")) {
      return { preview, carriedOut: performance.now() - begin };
    }
  }
  return assert.fail("never carried out");
}

const asks = await new Client(PORTAL).logIn("beoordelaar");
const agrees = await new Client(PORTAL).logIn("rivmbeheer");
const done = [];
for (let run = 0; run < Number(runs); run += 1) done.push(await one(asks, agrees));
console.log(JSON.stringify({ preview: done.map((run) => run.preview), carriedOut: done.map((run) => run.carriedOut) }));
hangUp();
