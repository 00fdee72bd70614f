// Real requests without a browser, for what is timed: cookies per host, forms as a page of the same origin sends them.
import assert from "node:assert/strict";
import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true });

/** Lets the process end. */
export const hangUp = () => agent.destroy();

/** The fields of a form, as a body. */
export const form = (fields) => ({ body: Buffer.from(new URLSearchParams(fields).toString()), type: "application/x-www-form-urlencoded" });

/** Somebody at the portal. */
export class Client {
  constructor(portal) {
    this.portal = portal;
    /** Cookies by host; paths do not matter between two honest servers. */
    this.jars = new Map();
  }

  /** One request with the cookies of its host; redirects are not followed. */
  send(url, { method = "GET", headers = {}, body } = {}) {
    const { host } = new URL(url);
    const jar = this.jars.get(host) ?? new Map();
    this.jars.set(host, jar);
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
  async follow(url) {
    for (let turn = 0; turn < 10; turn += 1) {
      const answer = await this.send(url);
      if (!answer.to) return { ...answer, url };
      url = answer.to;
    }
    return assert.fail("redirected for ever");
  }

  /** A page of the portal that must be there. */
  async page(path) {
    const answer = await this.send(this.portal + path);
    assert.equal(answer.status, 200, path);
    return answer.text;
  }

  /** A POST as a page of the same origin sends it; `path` may be a whole address. */
  post(path, { body, type }) {
    const url = new URL(path, this.portal);
    return this.send(url.href, { method: "POST", body, headers: { origin: url.origin, "sec-fetch-site": "same-origin", "content-type": type } });
  }

  /** Chooses an account at the login peer and comes back. */
  async logIn(account) {
    const choice = await this.follow(`${this.portal}/auth/start`);
    assert.equal(choice.status, 200, "the login peer shows who may be chosen");
    const chosen = await this.post(choice.url, form({ account }));
    assert.ok(chosen.to, "the login peer sends back");
    const home = await this.follow(chosen.to);
    assert.equal(home.status, 200, "logged in");
    return this;
  }
}
