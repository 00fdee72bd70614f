//! Login by OpenID Connect: code flow, PKCE S256, state, nonce, `acr` (security §4.3).
//!
//! Any provider, by configuration. What it says of itself (addresses, keys) is fetched at the first
//! login, kept 24 hours and fetched again when a token is signed with a key we do not know: so a provider
//! that is down at our start, or that changes its keys, needs nobody's hand. Only ES256, PS256 and RS256
//! are accepted; the crate knows `none` and HS256 too.

use super::attempt::Attempt;
use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenClaims,
    CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AuthenticationContextClass, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, IssuerUrl, LogoutRequest, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, SignatureVerificationError,
    TokenResponse, reqwest, url::Url,
};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::RwLock;

/// How long the provider's addresses and keys are kept.
const KEEP: time::Duration = time::Duration::hours(24);
/// A stranger with a made-up `kid` must not make us hammer the provider.
const REFRESH_AT_MOST_EVERY: time::Duration = time::Duration::seconds(10);
/// Signatures we accept on an ID token.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 3] = [
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
];

/// What the deployer configures of the provider.
#[derive(Clone)]
pub struct Settings {
    /// Issuer, exactly as the provider writes it.
    pub issuer: String,
    /// Our name at the provider.
    pub client_id: String,
    /// Our secret there; a public client has none.
    pub client_secret: Option<SecretString>,
    /// Levels of assurance that suffice, best first; empty = whatever the provider does.
    pub acr: Vec<String>,
    /// Public address of the portal, without a slash at its end.
    pub public_url: String,
}

/// Somebody the provider vouches for.
#[derive(Clone)]
pub struct Identity {
    /// Issuer.
    pub issuer: String,
    /// Subject there; never a BSN.
    pub subject: String,
    /// How surely the provider knows.
    pub acr: Option<String>,
}

/// Why nobody was logged in. Holds nothing the provider or the browser sent, except in [`LoginError::detail`] for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// The provider cannot be reached or answers nonsense.
    #[error("the identity provider is unavailable")]
    Unavailable(String),
    /// No attempt of this browser, or too old, or used before, or of another.
    #[error("no open login attempt")]
    NoAttempt,
    /// The person pressed cancel at the provider.
    #[error("cancelled at the provider")]
    Cancelled,
    /// Logged in there, but not surely enough.
    #[error("level of assurance too low")]
    TooWeak,
    /// The answer does not hold: signature, issuer, audience, time, nonce.
    #[error("the provider's answer does not hold")]
    Invalid(String),
}

impl LoginError {
    /// Words for the log: no token, no name, no subject.
    #[must_use]
    pub fn detail(&self) -> &str {
        match self {
            Self::Unavailable(why) | Self::Invalid(why) => why,
            Self::NoAttempt | Self::Cancelled | Self::TooWeak => "",
        }
    }
}

/// What the browser brings back from the provider.
#[derive(serde::Deserialize)]
pub struct Answer {
    /// The code to exchange.
    pub code: Option<String>,
    /// Our own `state`.
    pub state: Option<String>,
    /// Issuer (RFC 9207), where the provider sends it.
    pub iss: Option<String>,
    /// Refusal.
    pub error: Option<String>,
}

struct Known {
    metadata: ProviderMetadataWithLogout,
    fetched: OffsetDateTime,
}

/// The provider, as far as we know it now.
pub struct Provider {
    settings: Settings,
    http: reqwest::Client,
    known: RwLock<Option<Arc<Known>>>,
    clock: fn() -> OffsetDateTime,
}

impl Provider {
    /// A provider that has not been asked anything yet.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(settings: Settings, clock: fn() -> OffsetDateTime) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            // A redirect could lead the secret or the code anywhere.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self {
            settings,
            http,
            known: RwLock::new(None),
            clock,
        })
    }

    /// Scheme, host and port of the issuer, for `form-action`.
    #[must_use]
    pub fn origin(&self) -> String {
        Url::parse(&self.settings.issuer)
            .map(|url| url.origin().ascii_serialization())
            .unwrap_or_default()
    }

    /// Starts a login: where to send the browser, and what to remember of it.
    ///
    /// # Errors
    /// The provider is unavailable.
    pub async fn begin(&self, next: String, prompt: bool) -> Result<(Url, Attempt), LoginError> {
        let known = self.known().await?;
        let client = self.client(&known)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .set_pkce_challenge(challenge);
        for acr in &self.settings.acr {
            request = request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
        }
        if prompt {
            request = request.add_prompt(CoreAuthPrompt::Login);
        }
        let (url, state, nonce) = request.url();
        let attempt = Attempt {
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
            next,
            began: (self.clock)().unix_timestamp(),
            invitation: None,
        };
        Ok((url, attempt))
    }

    /// Ends a login: exchanges the code and believes the token only when everything fits.
    ///
    /// # Errors
    /// Everything of [`LoginError`].
    pub async fn finish(&self, attempt: &Attempt, answer: &Answer) -> Result<Identity, LoginError> {
        if !attempt.is_of(answer.state.as_deref()) {
            return Err(LoginError::NoAttempt);
        }
        if answer
            .iss
            .as_ref()
            .is_some_and(|iss| *iss != self.settings.issuer)
        {
            return Err(LoginError::Invalid(
                "the answer names another issuer".to_owned(),
            ));
        }
        if let Some(error) = &answer.error {
            return Err(match error.as_str() {
                "access_denied" | "login_required" | "interaction_required" => {
                    LoginError::Cancelled
                }
                "temporarily_unavailable" | "server_error" => {
                    LoginError::Unavailable("the provider says so itself".to_owned())
                }
                _ => LoginError::Invalid("the provider refused the request".to_owned()),
            });
        }
        let code = answer
            .code
            .clone()
            .ok_or_else(|| LoginError::Invalid("answer without a code".to_owned()))?;
        let known = self.known().await?;
        let token = self.exchange(&known, attempt, code).await?;
        let claims = self.believe(known, &token, attempt).await?;
        Ok(Identity {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
            acr: claims.auth_context_ref().map(|acr| acr.to_string()),
        })
    }

    /// Where to end the provider's own session, if it offers that.
    ///
    /// # Errors
    /// The provider is unavailable.
    pub async fn logout_url(&self, back: &str) -> Result<Option<Url>, LoginError> {
        let known = self.known().await?;
        let Some(end) = known
            .metadata
            .additional_metadata()
            .end_session_endpoint
            .clone()
        else {
            return Ok(None);
        };
        let back = PostLogoutRedirectUrl::new(format!("{}{back}", self.settings.public_url))
            .map_err(|error| LoginError::Invalid(error.to_string()))?;
        let request = LogoutRequest::from(end)
            .set_client_id(ClientId::new(self.settings.client_id.clone()))
            .set_post_logout_redirect_uri(back);
        Ok(Some(request.http_get_url()))
    }

    async fn exchange(
        &self,
        known: &Known,
        attempt: &Attempt,
        code: String,
    ) -> Result<CoreIdToken, LoginError> {
        let response = self
            .client(known)?
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| LoginError::Unavailable("the provider has no token endpoint".to_owned()))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(|error| match error {
                openidconnect::RequestTokenError::Request(_) => {
                    LoginError::Unavailable("the token endpoint does not answer".to_owned())
                }
                openidconnect::RequestTokenError::ServerResponse(_) => {
                    LoginError::Invalid("the provider does not accept the code".to_owned())
                }
                // `alg: none` without a signature part and other malformed tokens end here.
                _ => LoginError::Invalid("the token response cannot be read".to_owned()),
            })?;
        response
            .id_token()
            .cloned()
            .ok_or_else(|| LoginError::Invalid("no ID token".to_owned()))
    }

    /// Verifies the token; with an unknown key, once more after fetching the keys anew.
    async fn believe(
        &self,
        known: Arc<Known>,
        token: &CoreIdToken,
        attempt: &Attempt,
    ) -> Result<CoreIdTokenClaims, LoginError> {
        match self.verify(&known, token, attempt) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                let fresh = self.refresh(known.fetched).await?;
                self.verify(&fresh, token, attempt).map_err(refused)
            }
            other => other.map_err(refused),
        }
    }

    fn verify(
        &self,
        known: &Known,
        token: &CoreIdToken,
        attempt: &Attempt,
    ) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
        let client = self
            .client(known)
            .map_err(|error| ClaimsVerificationError::Other(error.to_string()))?;
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_auth_context_verifier_fn(|acr| self.suffices(acr));
        token
            .claims(&verifier, &Nonce::new(attempt.nonce.clone()))
            .cloned()
    }

    fn suffices(&self, acr: Option<&AuthenticationContextClass>) -> Result<(), String> {
        let enough = self.settings.acr.is_empty()
            || acr.is_some_and(|acr| self.settings.acr.iter().any(|one| one == acr.as_str()));
        enough.then_some(()).ok_or_else(|| "acr".to_owned())
    }

    fn client(&self, known: &Known) -> Result<Client, LoginError> {
        let back = RedirectUrl::new(format!("{}/auth/terug", self.settings.public_url))
            .map_err(|error| LoginError::Invalid(error.to_string()))?;
        Ok(CoreClient::from_provider_metadata(
            known.metadata.clone(),
            ClientId::new(self.settings.client_id.clone()),
            self.settings
                .client_secret
                .as_ref()
                .map(|secret| ClientSecret::new(secret.expose_secret().to_owned())),
        )
        .set_redirect_uri(back))
    }

    async fn known(&self) -> Result<Arc<Known>, LoginError> {
        let now = (self.clock)();
        if let Some(known) = self.known.read().await.as_ref()
            && now - known.fetched < KEEP
        {
            return Ok(Arc::clone(known));
        }
        self.fetch().await
    }

    /// Fetches again, unless somebody else just did.
    async fn refresh(&self, seen: OffsetDateTime) -> Result<Arc<Known>, LoginError> {
        if let Some(known) = self.known.read().await.as_ref()
            && (known.fetched > seen || (self.clock)() - known.fetched < REFRESH_AT_MOST_EVERY)
        {
            return Ok(Arc::clone(known));
        }
        self.fetch().await
    }

    async fn fetch(&self) -> Result<Arc<Known>, LoginError> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone())
            .map_err(|error| LoginError::Unavailable(error.to_string()))?;
        let metadata = ProviderMetadataWithLogout::discover_async(issuer, &self.http)
            .await
            .map_err(|error| LoginError::Unavailable(error.to_string()))?;
        let known = Arc::new(Known {
            metadata,
            fetched: (self.clock)(),
        });
        *self.known.write().await = Some(Arc::clone(&known));
        Ok(known)
    }
}

type Client = CoreClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
>;

fn refused(error: ClaimsVerificationError) -> LoginError {
    match error {
        ClaimsVerificationError::InvalidAuthContext(_) => LoginError::TooWeak,
        other => LoginError::Invalid(other.to_string()),
    }
}
