// A certified OpenID provider (npm oidc-provider) as the peer of the demo and of the login tests.
// It shares no code with CIMS, so both sides have to follow the standard.
//
//   OIDC_PORT           port on 127.0.0.1                      (9400)
//   OIDC_ISSUER         address under which it is reached      (http://127.0.0.1:OIDC_PORT)
//   CIMS_URL            public address of the portal           (http://localhost:3000)
//   OIDC_CLIENT_ID      client of the portal                   (cims)
//   OIDC_CLIENT_SECRET  its secret, or _FILE with its place    (made up at each start, and printed)
//   OIDC_ALG            signature of the ID token              (ES256; also PS256, RS256)
//
// Keys are new at every start: a portal that keeps running has to notice that by itself.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { Provider } from 'oidc-provider';

import { account, accounts, HIGH, LOW, SUBSTANTIAL } from './accounts.mjs';
import { errorPage, goodbyePage, loginPage, logoutPage } from './pages.mjs';

const env = process.env;
const port = Number(env.OIDC_PORT ?? 9400);
const issuer = env.OIDC_ISSUER ?? `http://127.0.0.1:${port}`;
const portal = (env.CIMS_URL ?? 'http://localhost:3000').replace(/\/+$/, '');
const alg = env.OIDC_ALG ?? 'ES256';

function secret() {
  if (env.OIDC_CLIENT_SECRET_FILE) return readFileSync(env.OIDC_CLIENT_SECRET_FILE, 'utf8').trim();
  if (env.OIDC_CLIENT_SECRET) return env.OIDC_CLIENT_SECRET;
  const made = randomBytes(32).toString('base64url');
  console.log(`client secret: ${made}`);
  return made;
}

function key(type, options, use) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: use, kid: `${use}-${randomBytes(6).toString('hex')}` };
}

const html = (ctx, status, body) => {
  ctx.status = status;
  ctx.type = 'html';
  ctx.body = body;
};

const provider = new Provider(issuer, {
  clients: [{
    client_id: env.OIDC_CLIENT_ID ?? 'cims',
    client_secret: secret(),
    client_name: 'CIMS',
    redirect_uris: [`${portal}/auth/terug`],
    post_logout_redirect_uris: [`${portal}/inloggen?reden=uitgelogd`],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: alg,
  }],
  jwks: {
    keys: [
      key('ec', { namedCurve: 'P-256' }, 'ES256'),
      key('rsa', { modulusLength: 2048 }, 'PS256'),
      key('rsa', { modulusLength: 2048 }, 'RS256'),
    ],
  },
  acrValues: [LOW, SUBSTANTIAL, HIGH],
  claims: { acr: null, auth_time: null, iss: null, openid: ['sub'], profile: ['name'] },
  conformIdTokenClaims: false,
  cookies: { keys: [randomBytes(32).toString('hex')] },
  enabledJWA: { idTokenSigningAlgValues: ['ES256', 'PS256', 'RS256'] },
  pkce: { required: () => true },
  ttl: { AuthorizationCode: 60, IdToken: 300, Interaction: 600, Session: 8 * 3600, Grant: 8 * 3600, AccessToken: 300 },
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => html(ctx, 200, logoutPage(form)),
      postLogoutSuccessSource: (ctx) => html(ctx, 200, goodbyePage()),
    },
  },
  interactions: { url: (_ctx, interaction) => `/inloggen/${interaction.uid}` },
  renderError: (ctx, out) => html(ctx, ctx.status, errorPage(out.error, out.error_description)),
  findAccount: (_ctx, sub) => {
    const found = account(sub);
    return found && { accountId: sub, claims: () => ({ sub, name: found.name }) };
  },
  // The portal is the provider's own client: nobody is asked to agree to anything.
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid profile');
    await grant.save();
    return grant;
  },
});

async function body(req) {
  let read = '';
  for await (const part of req) {
    read += part;
    if (read.length > 4096) throw new Error('body too long');
  }
  return new URLSearchParams(read);
}

async function choose(req, res) {
  const chosen = account((await body(req)).get('account'));
  if (!chosen) return provider.interactionFinished(req, res, { error: 'access_denied' });
  return provider.interactionFinished(req, res, {
    login: { accountId: chosen.sub, acr: chosen.acr, amr: chosen.acr === LOW ? ['pwd'] : ['pwd', 'otp'] },
  });
}

provider.use(async (ctx, next) => {
  const found = /^\/inloggen\/[\w-]+(\/annuleren)?$/.exec(ctx.path);
  if (!found) return next();
  try {
    if (ctx.method === 'GET' && !found[1]) {
      await provider.interactionDetails(ctx.req, ctx.res);
      return html(ctx, 200, loginPage(ctx.path, accounts));
    }
    if (ctx.method !== 'POST') return html(ctx, 405, errorPage('405', ''));
    ctx.respond = false;
    if (found[1]) return await provider.interactionFinished(ctx.req, ctx.res, { error: 'access_denied' });
    return await choose(ctx.req, ctx.res);
  } catch (error) {
    ctx.respond = undefined;
    return html(ctx, 400, errorPage('Deze inlogpoging is verlopen.', error.name));
  }
});

const server = provider.listen(port, '127.0.0.1', () => console.log(`OpenID provider ready: ${issuer}`));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}
