//! One HTTP exchange: limits of time and size, ids, and the record of it.

use std::{sync::Arc, time::Duration};

use reqwest::{RequestBuilder, StatusCode, header::HeaderMap, redirect::Policy};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::{
    error::{CallRecord, GraphError, Transient, printable},
    settings::SettingsError,
};
use crate::clock::Clock;

/// Longest time of one exchange, from connecting to the last byte.
pub(crate) const EXCHANGE_TIME: Duration = Duration::from_secs(10);
const CONNECT_TIME: Duration = Duration::from_secs(3);
/// Largest body that is read, in bytes. A full page of a thousand people stays below it.
const BODY_SIZE: usize = 4 * 1024 * 1024;
/// Room for the usual answer, so that a body is rarely moved while it grows.
const USUAL_BODY_SIZE: usize = 16 * 1024;

/// The HTTP client and the clock that times it.
pub(crate) struct Transport {
    pub http: reqwest::Client,
    clock: Arc<dyn Clock>,
}

/// An answer, read to its end. The body is wiped when it is dropped, since it may hold a pass or a
/// token.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub retry_after: Option<Duration>,
    pub body: Zeroizing<Vec<u8>>,
    pub call: CallRecord,
}

impl Answer {
    /// The body as JSON. What cannot be read is not repeated in the error.
    pub fn json<T: DeserializeOwned>(self) -> Result<T, GraphError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let problem = format!(
                "the answer cannot be understood at line {}, column {}",
                error.line(),
                error.column()
            );
            GraphError::permanent(problem, self.call)
        })
    }
}

impl Transport {
    /// A client that follows no redirect. `local` is for services on this machine, which a proxy from
    /// the environment could not reach.
    pub fn new(clock: Arc<dyn Clock>, local: bool) -> Result<Self, SettingsError> {
        let builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIME)
            .timeout(EXCHANGE_TIME)
            .user_agent(concat!("latchkey/", env!("CARGO_PKG_VERSION")));
        let builder = if local {
            builder.no_proxy()
        } else {
            builder.https_only(true)
        };
        let http = builder.build().map_err(SettingsError::Http)?;
        Ok(Self { http, clock })
    }

    /// Sends `request` and reads the whole answer, within `time`.
    pub async fn exchange(
        &self,
        request: RequestBuilder,
        call: CallRecord,
        time: Duration,
    ) -> Result<Answer, GraphError> {
        let started = self.clock.monotonic();
        let request = request
            .timeout(time.min(EXCHANGE_TIME))
            .header("client-request-id", call.client_request_id.to_string());
        let outcome = receive(request, call).await;
        let call = match &outcome {
            Ok(answer) => &answer.call,
            Err(error) => error.call(),
        };
        tracing::info!(
            method = call.method,
            path = call.path,
            status = call.status,
            client_request_id = %call.client_request_id,
            request_id = call.request_id.as_deref(),
            elapsed_ms = u64::try_from((self.clock.monotonic().saturating_sub(started)).as_millis()).ok(),
            failure = outcome.as_ref().err().map(ToString::to_string),
            "called Microsoft"
        );
        outcome
    }
}

async fn receive(request: RequestBuilder, mut call: CallRecord) -> Result<Answer, GraphError> {
    let mut response = match request.send().await {
        Ok(response) => response,
        Err(error) => return Err(fault(&error, call)),
    };
    let status = response.status();
    call.status = Some(status.as_u16());
    call.request_id = request_id(response.headers());
    let retry_after = retry_after(response.headers());

    let mut body = Zeroizing::new(Vec::with_capacity(USUAL_BODY_SIZE));
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > BODY_SIZE => {
                return Err(GraphError::permanent("the answer is too large", call));
            }
            Ok(Some(chunk)) => append(&mut body, &chunk),
            Ok(None) => {
                return Ok(Answer {
                    status,
                    retry_after,
                    body,
                    call,
                });
            }
            Err(error) => return Err(fault(&error, call)),
        }
    }
}

/// Like `extend`, but wipes the old place when the buffer has to move.
fn append(body: &mut Zeroizing<Vec<u8>>, chunk: &[u8]) {
    let needed = body.len() + chunk.len();
    if needed > body.capacity() {
        let mut roomier = Zeroizing::new(Vec::with_capacity(needed.max(2 * body.capacity())));
        roomier.extend_from_slice(body);
        *body = roomier;
    }
    body.extend_from_slice(chunk);
}

fn fault(error: &reqwest::Error, call: CallRecord) -> GraphError {
    if error.is_builder() {
        return GraphError::permanent("the request cannot be built", call);
    }
    let fault = if error.is_connect() {
        Transient::NotConnected
    } else if error.is_timeout() {
        Transient::Timeout
    } else {
        Transient::ConnectionLost
    };
    GraphError::retryable(fault, None, call)
}

/// Graph says `request-id`, the token service `x-ms-request-id`.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let value = headers
        .get("request-id")
        .or_else(|| headers.get("x-ms-request-id"))?;
    value.to_str().ok().map(printable)
}

/// Seconds, also fractional as Graph sends them; a date is ignored.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get(reqwest::header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait_for(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(reqwest::header::RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers)
    }

    #[test]
    fn retry_after_is_read_in_whole_and_fractional_seconds() {
        assert_eq!(wait_for("3"), Some(Duration::from_secs(3)));
        assert_eq!(wait_for("2.128"), Some(Duration::from_millis(2128)));
        for nonsense in [
            "-1",
            "NaN",
            "inf",
            "1e300",
            "Wed, 21 Oct 2015 07:28:00 GMT",
            "",
        ] {
            assert_eq!(wait_for(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_growing_body_keeps_its_bytes() {
        let mut body = Zeroizing::new(Vec::with_capacity(4));
        for chunk in [&b"abc"[..], b"defghij", b"", b"k"] {
            append(&mut body, chunk);
        }
        assert_eq!(body.as_slice(), b"abcdefghijk");
    }
}
