// The provider's own pages: plain HTML that works without JavaScript and with a keyboard.

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const text = (value) => String(value).replace(/[&<>"']/g, (sign) => escapes[sign]);

const css = `
:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 40rem; padding: 1.5rem 1rem; }
ul { list-style: none; padding: 0; }
li { margin-block: .5rem; }
button { font: inherit; text-align: start; inline-size: 100%; min-block-size: 44px; padding: .6rem .9rem; cursor: pointer;
  border: 2px solid currentColor; border-radius: .3rem; background: transparent; color: inherit; }
button:hover { text-decoration: underline; }
button:focus-visible { outline: 3px solid Highlight; outline-offset: 3px; }
button strong, button span { display: block; }
.note { border-inline-start: .4rem solid #b46a00; padding-inline-start: .8rem; }
`;

function page(title, body) {
  return `<!doctype html>
<html lang="nl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}</title><link rel="icon" href="data:,"><style>${css}</style></head>
<body><main><h1>${text(title)}</h1>${body}</main></body></html>`;
}

export function loginPage(action, accounts) {
  const rows = accounts.map((one) => `<li><button name="account" value="${text(one.sub)}">
<strong>${text(one.name)} (${text(one.sub)})</strong><span>${text(one.what)}</span></button></li>`);
  return page('Inloggen (demo)', `
<p class="note">Dit is een inlogdienst voor de demo. In het echt staat hier de inlogdienst van uw organisatie.
De personen zijn verzonnen; er is geen wachtwoord.</p>
<h2 id="kies">Als wie wilt u inloggen?</h2>
<form method="post" action="${text(action)}"><ul aria-labelledby="kies">${rows.join('\n')}</ul></form>
<form method="post" action="${text(action)}/annuleren"><button>Annuleren</button></form>`);
}

// `form` is made by oidc-provider and holds its own token; we add the buttons.
export function logoutPage(form) {
  return page('Uitloggen', `
<p>U bent uitgelogd bij CIMS. Wilt u ook uitloggen bij deze inlogdienst?</p>${form}
<p><button autofocus type="submit" form="op.logoutForm" name="logout" value="yes">Ja, ook hier uitloggen</button></p>
<p><button type="submit" form="op.logoutForm">Nee, alleen bij CIMS</button></p>`);
}

export function goodbyePage() {
  return page('U bent uitgelogd', '<p>U kunt dit venster sluiten.</p>');
}

export function errorPage(code, description) {
  return page('Inloggen lukt niet', `<p>${text(code)}: ${text(description ?? '')}</p>`);
}
