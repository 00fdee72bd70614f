//! A small OpenID provider inside the test: real protocol over loopback, and lies on request.
//!
//! It knows nothing of the code under test: it signs its tokens by hand.

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

pub const CLIENT: &str = "cims";
pub const SECRET: &str = "a secret of the test";
pub const SUBSTANTIAL: &str = "http://eidas.europa.eu/LoA/substantial";

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    None,
    WrongKey,
    AlgNone,
    AlgHs256,
    ForeignIssuer,
    ForeignAudience,
    Expired,
    WrongNonce,
    NoNonce,
    LowAcr,
    NoAcr,
}

struct Grant {
    sub: String,
    nonce: String,
    challenge: String,
    lie: Lie,
}

#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    issuer: String,
    key: Mutex<(String, SigningKey)>,
    grants: Mutex<HashMap<String, Grant>>,
    key_fetches: AtomicUsize,
}

impl Provider {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("port");
        let issuer = format!("http://{}", listener.local_addr().expect("address"));
        let provider = Self(Arc::new(Inner {
            issuer,
            key: Mutex::new(("first".to_owned(), new_key())),
            grants: Mutex::default(),
            key_fetches: AtomicUsize::new(0),
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(keys))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// As after a person logged in there: a code for the address of `/auth/start`.
    pub fn grant(&self, authorize: &HashMap<String, String>, sub: &str, lie: Lie) -> String {
        let code = uuid::Uuid::new_v4().simple().to_string();
        let grant = Grant {
            sub: sub.to_owned(),
            nonce: authorize["nonce"].clone(),
            challenge: authorize["code_challenge"].clone(),
            lie,
        };
        self.0
            .grants
            .lock()
            .expect("grants")
            .insert(code.clone(), grant);
        code
    }

    /// Another key from now on, as providers do without telling.
    pub fn change_key(&self, kid: &str) {
        *self.0.key.lock().expect("key") = (kid.to_owned(), new_key());
    }

    pub fn key_fetches(&self) -> usize {
        self.0.key_fetches.load(Ordering::Relaxed)
    }
}

fn new_key() -> SigningKey {
    let seed = Sha256::digest(uuid::Uuid::new_v4().as_bytes());
    SigningKey::from_slice(&seed).expect("key")
}

async fn discovery(State(provider): State<Provider>) -> Json<Value> {
    let issuer = provider.issuer();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "end_session_endpoint": format!("{issuer}/end"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    }))
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    provider.0.key_fetches.fetch_add(1, Ordering::Relaxed);
    let key = provider.0.key.lock().expect("key");
    let point = key.1.verifying_key().to_sec1_point(false);
    let coordinate = |bytes: Option<&_>| {
        URL_SAFE_NO_PAD.encode(AsRef::<[u8]>::as_ref(
            bytes
                .map(|b: &p256::FieldBytes| b.as_slice())
                .expect("point"),
        ))
    };
    Json(json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": key.0,
        "x": coordinate(point.x()), "y": coordinate(point.y()),
    }]}))
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let basic = format!(
        "Basic {}",
        STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace(' ', "+")))
    );
    let basic_ok = headers
        .get(header::AUTHORIZATION)
        .is_some_and(|one| one.as_bytes() == basic.as_bytes());
    let grant = form
        .get("code")
        .and_then(|code| provider.0.grants.lock().expect("grants").remove(code));
    let refused =
        |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let (true, Some(grant)) = (basic_ok, grant) else {
        return refused("invalid_grant");
    };
    let verifier = form.get("code_verifier").cloned().unwrap_or_default();
    if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) != grant.challenge {
        return refused("invalid_grant");
    }
    Json(json!({ "access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": provider.sign(&grant) })).into_response()
}

impl Provider {
    fn sign(&self, grant: &Grant) -> String {
        let now = server::clock::now().unix_timestamp();
        let issuer = if grant.lie == Lie::ForeignIssuer {
            "https://evil.example"
        } else {
            self.issuer()
        };
        let audience = if grant.lie == Lie::ForeignAudience {
            "another"
        } else {
            CLIENT
        };
        let expires = if grant.lie == Lie::Expired {
            now - 5
        } else {
            now + 60
        };
        let mut claims = json!({ "iss": issuer, "aud": audience, "sub": grant.sub, "iat": now - 10, "exp": expires });
        match grant.lie {
            Lie::NoNonce => {}
            Lie::WrongNonce => claims["nonce"] = json!("another"),
            _ => claims["nonce"] = json!(grant.nonce),
        }
        match grant.lie {
            Lie::NoAcr => {}
            Lie::LowAcr => claims["acr"] = json!("http://eidas.europa.eu/LoA/low"),
            _ => claims["acr"] = json!(SUBSTANTIAL),
        }
        let (kid, key) = self.0.key.lock().expect("key").clone();
        let alg = match grant.lie {
            Lie::AlgNone => "none",
            Lie::AlgHs256 => "HS256",
            _ => "ES256",
        };
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!(
            "{}.{}",
            part(&json!({ "alg": alg, "typ": "JWT", "kid": kid })),
            part(&claims)
        );
        let signature = match grant.lie {
            Lie::AlgNone => String::new(),
            // The client secret as a key: what a mix-up of algorithms would accept.
            Lie::AlgHs256 => {
                URL_SAFE_NO_PAD.encode(hmac_sha256(SECRET.as_bytes(), signed.as_bytes()))
            }
            Lie::WrongKey => es256(&new_key(), &signed),
            _ => es256(&key, &signed),
        };
        format!("{signed}.{signature}")
    }
}

fn es256(key: &SigningKey, text: &str) -> String {
    let signature: Signature = key.sign(text.as_bytes());
    URL_SAFE_NO_PAD.encode(signature.to_bytes())
}

fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    use hmac::Mac;
    let mut mac = <hmac::Hmac<Sha256> as Mac>::new_from_slice(key).expect("any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}
