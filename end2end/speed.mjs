// How long an upload takes until its preview is there: `cargo xtask bench` runs this against a portal of its own.
//
//   node speed.mjs RUNS FILE…      CIMS_URL   the portal      ACCOUNT   who uploads (oidc/accounts.mjs)
//
// Real requests, no browser: log in at the peer, POST the file, ask how far it is, GET the page.
// It asks as the page does, without its pause of a second.
// The clock runs from the first byte sent to the last byte of the preview.
// Each run sends the file one empty line longer: the same rows, never the same file.
// Prints a line of JSON per file: `{"milliseconds": [per run], "counts": {label: rows}}`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Client, form, hangUp } from "./lib/http.mjs";

const client = new Client(process.env.CIMS_URL ?? assert.fail("CIMS_URL is not set"));
const ACCOUNT = process.env.ACCOUNT ?? "invoerder";
/** Between two questions how far it is, in milliseconds. */
const PAUSE = 5;
/** Longest wait for a preview, in milliseconds. */
const PATIENCE = 120_000;

function multipart(content) {
  const edge = "----cims-speed";
  const head = `--${edge}\r\ncontent-disposition: form-data; name="bestand"; filename="aanlevering.csv"\r\ncontent-type: text/csv\r\n\r\n`;
  return { body: Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${edge}--\r\n`)]), type: `multipart/form-data; boundary=${edge}` };
}

/** Uploads and waits for the preview: its page. */
async function preview(content) {
  const { to } = await client.post("/aanleveren", multipart(content));
  assert.match(to ?? "", /\/aanleveringen\/[0-9a-f-]{36}$/, "the upload became a delivery");
  const question = form({ delivery: to.split("/").pop() });
  for (const until = performance.now() + PATIENCE; performance.now() < until; await pause(PAUSE)) {
    const answer = await client.post("/api/aanlevering-voortgang", question);
    assert.equal(answer.status, 200, "how far it is");
    if (!JSON.parse(answer.text).working) return (await client.send(to)).text;
  }
  return assert.fail("no preview");
}

/** The rows per outcome that the page shows. */
function counts(page) {
  const items = page.matchAll(/cims-counts__number">([\d.]+)<\/strong>.*?cims-counts__label">([^<]+)</g);
  return Object.fromEntries([...items].map(([, number, label]) => [label, Number(number.replaceAll(".", ""))]));
}

await client.logIn(ACCOUNT);
await client.page("/aanleveren");
const [runs, ...files] = process.argv.slice(2);
for (const file of files) {
  const milliseconds = [];
  let content = readFileSync(file);
  let seen;
  for (let run = 0; run < Number(runs); run += 1) {
    content = Buffer.concat([content, Buffer.from("\n")]);
    const begin = performance.now();
    const page = await preview(content);
    milliseconds.push(performance.now() - begin);
    assert.match(page, />Indienen<\/button>/, "the preview can be submitted");
    const now = counts(page);
    if (seen) assert.deepEqual(now, seen, "every run counts the same");
    seen = now;
  }
  console.log(JSON.stringify({ milliseconds, counts: seen }));
}
hangUp();
