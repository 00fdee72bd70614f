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
import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

const PORTAL = process.env.CIMS_URL ?? assert.fail("CIMS_URL is not set");
const ACCOUNT = process.env.ACCOUNT ?? "invoerder";
/** Between two questions how far it is, in milliseconds. */
const PAUSE = 5;
/** Longest wait for a preview, in milliseconds. */
const PATIENCE = 120_000;
const agent = new Agent({ keepAlive: true });
/** Cookies by host; paths do not matter between two honest servers. */
const jars = new Map();

/** One request with the cookies of its host; redirects are not followed. */
function send(url, { method = "GET", headers = {}, body } = {}) {
  const { host } = new URL(url);
  const jar = jars.get(host) ?? new Map();
  jars.set(host, jar);
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const own = { ...(cookie && { cookie }), ...(body && { "content-length": body.length }), ...headers };
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent, headers: own }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        for (const line of answer.headers["set-cookie"] ?? []) {
          const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
          if (value === "") jar.delete(name);
          else jar.set(name, value);
        }
        const to = answer.headers.location && new URL(answer.headers.location, url).href;
        resolve({ status: answer.statusCode, to, text: Buffer.concat(parts).toString() });
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** Follows redirects by GET until there is a page. */
async function follow(url) {
  for (let turn = 0; turn < 10; turn += 1) {
    const answer = await send(url);
    if (!answer.to) return { ...answer, url };
    url = answer.to;
  }
  return assert.fail("redirected for ever");
}

const form = (fields) => ({ body: Buffer.from(new URLSearchParams(fields).toString()), type: "application/x-www-form-urlencoded" });

/** A POST as a page of the same origin sends it. */
function post(url, { body, type }) {
  const { origin } = new URL(url);
  return send(url, { method: "POST", body, headers: { origin, "sec-fetch-site": "same-origin", "content-type": type } });
}

/** Chooses the account at the login peer and comes back. */
async function logIn() {
  const choice = await follow(`${PORTAL}/auth/start`);
  assert.equal(choice.status, 200, "the login peer shows who may be chosen");
  const chosen = await post(choice.url, form({ account: ACCOUNT }));
  assert.ok(chosen.to, "the login peer sends back");
  assert.equal((await follow(chosen.to)).status, 200);
  assert.equal((await send(`${PORTAL}/aanleveren`)).status, 200, "logged in");
}

function multipart(content) {
  const edge = "----cims-speed";
  const head = `--${edge}\r\ncontent-disposition: form-data; name="bestand"; filename="aanlevering.csv"\r\ncontent-type: text/csv\r\n\r\n`;
  return { body: Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${edge}--\r\n`)]), type: `multipart/form-data; boundary=${edge}` };
}

/** Uploads and waits for the preview: its page. */
async function preview(content) {
  const { to } = await post(`${PORTAL}/aanleveren`, multipart(content));
  assert.match(to ?? "", /\/aanleveringen\/[0-9a-f-]{36}$/, "the upload became a delivery");
  const question = form({ delivery: to.split("/").pop() });
  for (const until = performance.now() + PATIENCE; performance.now() < until; await pause(PAUSE)) {
    const answer = await post(`${PORTAL}/api/aanlevering-voortgang`, question);
    assert.equal(answer.status, 200, "how far it is");
    if (!JSON.parse(answer.text).working) return (await send(to)).text;
  }
  return assert.fail("no preview");
}

/** The rows per outcome that the page shows. */
function counts(page) {
  const items = page.matchAll(/cims-counts__number">([\d.]+)<\/strong>.*?cims-counts__label">([^<]+)</g);
  return Object.fromEntries([...items].map(([, number, label]) => [label, Number(number.replaceAll(".", ""))]));
}

await logIn();
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
agent.destroy();
