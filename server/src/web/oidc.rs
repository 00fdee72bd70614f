//! Login by OpenID Connect: code flow, PKCE S256, state, nonce, `acr` (security §4.3).
