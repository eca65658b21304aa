//! Calls to Graph: addressed, authorised, tried again where that is safe, and judged.

use std::{sync::Arc, time::Duration};

use reqwest::{StatusCode, Url};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    error::{CallRecord, GraphError, Rejection, Transient},
    request::{Request, join},
    settings::{Settings, SettingsError, check_address},
    token::{Token, TokenSource},
    transport::{Answer, EXCHANGE_TIME, Transport},
};
use crate::clock::{Clock, Entropy};

/// Most retries of one call, and the longest wait before one.
const RETRIES: u32 = 2;
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// Wait before the first retry when Microsoft names none; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// Most pages of one list. More than that is no list of one person's things.
pub(super) const PAGES: usize = 50;

/// A client of one tenant's directory and authentication methods. Clones share its connections and
/// its token.
#[derive(Clone)]
pub struct Graph {
    core: Arc<Core>,
    /// On the monotonic clock.
    deadline: Option<Duration>,
}

struct Core {
    transport: Transport,
    root: Url,
    tokens: TokenSource,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    eligible_roles: bool,
}

/// A part of a list.
pub(super) struct Page<T> {
    pub items: Vec<T>,
    /// Where the rest is, if there is more.
    pub next: Option<Url>,
    call: CallRecord,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Graph")
            .field("root", &self.core.root.as_str())
            .finish_non_exhaustive()
    }
}

impl Graph {
    /// Makes a client; nothing is sent yet.
    ///
    /// # Errors
    /// If an address is not https (http is accepted for this machine), or the certificate or its key
    /// cannot be read.
    pub fn new(
        settings: Settings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SettingsError> {
        // A stand-in on this machine plays the global cloud.
        let resource = match settings.graph_url.scheme() {
            "http" => "https://graph.microsoft.com".to_owned(),
            _ => settings.graph_url.origin().ascii_serialization(),
        };
        let root = ("graph_url", settings.graph_url.clone());
        Self::of_resource(settings, root, &resource, clock, entropy)
    }

    /// A client of another service that the same application may call: it has its own `root`, which the setting of
    /// that name gives, and its tokens are for `resource`.
    pub(super) fn of_resource(
        settings: Settings,
        (name, root): (&'static str, Url),
        resource: &str,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SettingsError> {
        let Settings {
            login_url,
            tenant_id,
            client_id,
            credential,
            eligible_roles,
            ..
        } = settings;
        check_address("login_url", &login_url)?;
        check_address(name, &root)?;
        let local = login_url.scheme() == "http" || root.scheme() == "http";
        let endpoint = join(&login_url, &[&tenant_id, "oauth2", "v2.0", "token"])
            .ok_or(SettingsError::NotAServiceAddress { name: "login_url" })?;
        let scope = format!("{resource}/.default");
        let tokens = TokenSource::new(
            endpoint,
            client_id,
            credential,
            scope,
            Arc::clone(&clock),
            Arc::clone(&entropy),
        )?;
        let transport = Transport::new(Arc::clone(&clock), local)?;
        let core = Core {
            transport,
            root,
            tokens,
            clock,
            entropy,
            eligible_roles,
        };
        Ok(Self {
            core: Arc::new(core),
            deadline: None,
        })
    }

    /// The same client, whose calls must all end within `time` from now, retries included, and no later than they had
    /// to before. Without it each call has ten seconds of its own.
    #[must_use]
    pub fn within(&self, time: Duration) -> Self {
        let deadline = self.core.clock.monotonic() + time;
        let deadline = self
            .deadline
            .map_or(deadline, |sooner| sooner.min(deadline));
        Self {
            core: Arc::clone(&self.core),
            deadline: Some(deadline),
        }
    }

    /// Whether the tenant has roles that people are only eligible for.
    pub(super) fn reads_eligible_roles(&self) -> bool {
        self.core.eligible_roles
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.core.clock.as_ref()
    }

    /// Makes the call and gives back a successful answer.
    pub(super) async fn send(&self, request: &Request<'_>) -> Result<Answer, GraphError> {
        let call = self.record(request);
        match request.url(&self.core.root) {
            Some(url) => self.send_to(&url, request, call).await,
            None => Err(GraphError::permanent("an id is none", call)),
        }
    }

    /// Makes the call and reads the answer.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        request: &Request<'_>,
    ) -> Result<T, GraphError> {
        self.send(request).await?.json()
    }

    /// Makes the call and reads the whole list, page by page.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        request: &Request<'_>,
    ) -> Result<Vec<T>, GraphError> {
        let mut page = self.first_page(request).await?;
        let mut items = Vec::new();
        for _ in 0..PAGES {
            items.append(&mut page.items);
            let Some(next) = page.next else {
                return Ok(items);
            };
            page = self.page_at(&next, request).await?;
        }
        Err(GraphError::permanent("the list does not end", page.call))
    }

    /// Makes the call and reads the first page of a list.
    pub(super) async fn first_page<T: DeserializeOwned>(
        &self,
        request: &Request<'_>,
    ) -> Result<Page<T>, GraphError> {
        self.page_of(self.send(request).await?)
    }

    /// Reads the page of the list that `request` began, at the address that the page before it gave.
    pub(super) async fn page_at<T: DeserializeOwned>(
        &self,
        address: &Url,
        request: &Request<'_>,
    ) -> Result<Page<T>, GraphError> {
        let answer = self.send_to(address, request, self.record(request)).await?;
        self.page_of(answer)
    }

    fn page_of<T: DeserializeOwned>(&self, answer: Answer) -> Result<Page<T>, GraphError> {
        #[derive(Deserialize)]
        struct Listed<T> {
            value: Vec<T>,
            #[serde(rename = "@odata.nextLink")]
            next: Option<String>,
        }
        let call = answer.call.clone();
        let Listed { value, next } = answer.json()?;
        let next = match next.map(|next| self.own_address(&next)) {
            None => None,
            Some(Some(next)) => Some(next),
            Some(None) => {
                return Err(GraphError::permanent(
                    "the next page is at a foreign address",
                    call,
                ));
            }
        };
        Ok(Page {
            items: value,
            next,
            call,
        })
    }

    /// What is wrong with the answers of calls that succeeded one by one.
    pub(super) fn beyond(&self, request: &Request<'_>, problem: &'static str) -> GraphError {
        GraphError::permanent(problem, self.record(request))
    }

    fn record(&self, request: &Request<'_>) -> CallRecord {
        CallRecord {
            method: request.method.name(),
            path: request.path,
            writes: request.method.writes(),
            status: None,
            client_request_id: request
                .client_request_id
                .unwrap_or_else(|| self.core.entropy.uuid()),
            request_id: None,
        }
    }

    /// An address that may be sent our token: below the configured root.
    fn own_address(&self, link: &str) -> Option<Url> {
        let link = Url::parse(link).ok()?;
        let root = &self.core.root;
        let own = link.origin() == root.origin()
            && link.username().is_empty()
            && link.password().is_none()
            && link.path().starts_with(root.path());
        own.then_some(link)
    }

    async fn send_to(
        &self,
        url: &Url,
        request: &Request<'_>,
        call: CallRecord,
    ) -> Result<Answer, GraphError> {
        let own_deadline = self.core.clock.monotonic() + EXCHANGE_TIME;
        let deadline = self
            .deadline
            .map_or(own_deadline, |deadline| deadline.min(own_deadline));
        // On the heap: an exchange is a large future, and some callers hold many of them.
        let attempt = || Box::pin(self.attempt(url, request, call.clone(), deadline));
        let mut wait = FIRST_WAIT;
        for _ in 0..RETRIES {
            let outcome = attempt().await;
            let Err(GraphError::Retryable { after, .. }) = &outcome else {
                return outcome;
            };
            let pause = after.unwrap_or(wait);
            let too_late = self.core.clock.monotonic() + pause >= deadline;
            if !request.method.is_repeatable() || pause > LONGEST_WAIT || too_late {
                return outcome;
            }
            tokio::time::sleep(pause).await;
            wait *= 2;
        }
        attempt().await
    }

    /// One attempt, which is two when Graph refuses a token that looked good.
    async fn attempt(
        &self,
        url: &Url,
        request: &Request<'_>,
        call: CallRecord,
        deadline: Duration,
    ) -> Result<Answer, GraphError> {
        let token = self.token(&call, deadline).await?;
        let answer = self
            .exchange(url, request, &token, call.clone(), deadline)
            .await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return judge(answer, request);
        }
        self.core.tokens.forget(&token);
        let token = self.token(&call, deadline).await?;
        judge(
            self.exchange(url, request, &token, call, deadline).await?,
            request,
        )
    }

    async fn token(&self, call: &CallRecord, deadline: Duration) -> Result<Arc<Token>, GraphError> {
        let left = self.time_left(deadline);
        let getting = self.core.tokens.get(&self.core.transport);
        match tokio::time::timeout(left, getting).await {
            Ok(outcome) => outcome,
            Err(_) => Err(GraphError::retryable(
                Transient::OutOfTime,
                None,
                call.clone(),
            )),
        }
    }

    async fn exchange(
        &self,
        url: &Url,
        request: &Request<'_>,
        token: &Token,
        call: CallRecord,
        deadline: Duration,
    ) -> Result<Answer, GraphError> {
        let left = self.time_left(deadline);
        if left.is_zero() {
            return Err(GraphError::retryable(Transient::OutOfTime, None, call));
        }
        let transport = &self.core.transport;
        let mut builder = transport
            .http
            .request(request.method.http(), url.clone())
            .bearer_auth(token.expose());
        if request.advanced {
            builder = builder.header("ConsistencyLevel", "eventual");
        }
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        transport.exchange(builder, call, left).await
    }

    fn time_left(&self, deadline: Duration) -> Duration {
        deadline.saturating_sub(self.core.clock.monotonic())
    }
}

/// Tells success from the classes of failure.
fn judge(answer: Answer, request: &Request<'_>) -> Result<Answer, GraphError> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    let Answer {
        status,
        retry_after,
        body,
        call,
    } = answer;
    let rejection = Rejection::parse(&body);
    let boxed = || Box::new(call.clone());
    Err(match status {
        StatusCode::TOO_MANY_REQUESTS => {
            GraphError::retryable(Transient::Throttled, retry_after, call)
        }
        StatusCode::REQUEST_TIMEOUT => GraphError::retryable(Transient::Timeout, retry_after, call),
        status if status.is_server_error() => {
            GraphError::retryable(Transient::ServerFault, retry_after, call)
        }
        StatusCode::UNAUTHORIZED => GraphError::Credential {
            code: None,
            hint: "Graph refuses a fresh token; check that tenant and cloud belong together",
            call: boxed(),
        },
        StatusCode::FORBIDDEN if rejection.is_about_billing() => GraphError::permanent(
            "Face Check is not paid for: switch it on in the Entra admin center, Verified ID",
            call,
        ),
        StatusCode::FORBIDDEN => GraphError::Forbidden {
            permission: request.permission,
            code: rejection.code,
            call: boxed(),
        },
        StatusCode::NOT_FOUND if !rejection.is_about_path() => {
            GraphError::NotFound { call: boxed() }
        }
        _ if rejection.is_about_default_method() => GraphError::DefaultMethod { call: boxed() },
        _ if rejection.is_about_policy() => GraphError::PolicyRefused {
            message: rejection.message,
            call: boxed(),
        },
        _ => GraphError::permanent(rejection.to_string(), call),
    })
}
