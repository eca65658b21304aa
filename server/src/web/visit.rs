//! Who is at the other end: cookies, address, browser.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Once,
    time::Duration,
};

use axum::{
    extract::{self, ConnectInfo, FromRequestParts, Request as HttpRequest},
    http::{HeaderMap, header, request::Parts},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use domain::{Network, Origin, Request, Timestamp};

use super::{Web, answer::Failure};
use crate::{
    auth::{
        employee::{self, Employee},
        sign_in,
    },
    secret::Bearer,
    store::SignInKind,
};
use app::view::{Place, ProblemPage};

/// The longest description of a browser that is kept.
const LONGEST_USER_AGENT: usize = 300;

/// Said once: a proxy sends the header with every visit.
static UNKNOWN_PROXY: Once = Once::new();

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// Binds a browser to a request.
    Browser,
    /// An approver's link, moved out of the address.
    Approver,
    /// An owner's link, moved out of the address.
    Owner,
    /// The link of the owner of saved codes, moved out of the address.
    CodesOwner,
    /// The link to one's codes, moved out of the address.
    Mailbox,
    /// A console session.
    Console,
    /// A session of an employee.
    Employee,
    /// A sign-in at the organisation's identity provider that has begun.
    SignIn,
}

impl Token {
    const ALL: [Self; 8] = [
        Self::Browser,
        Self::Approver,
        Self::Owner,
        Self::CodesOwner,
        Self::Console,
        Self::Employee,
        Self::SignIn,
        Self::Mailbox,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Browser => "latchkey-request",
            Self::Approver => "latchkey-review",
            Self::Owner => "latchkey-owner",
            Self::CodesOwner => "latchkey-codes-owner",
            Self::Mailbox => "latchkey-mailbox",
            Self::Console => "latchkey-console",
            Self::Employee => "latchkey-employee",
            Self::SignIn => "latchkey-sign-in",
        }
    }

    /// How long the browser keeps it: approvers read and call within a quarter of an hour, or open
    /// their link again.
    const fn lifetime(self) -> Duration {
        match self {
            Self::Browser => Duration::from_hours(48),
            Self::Approver | Self::Owner | Self::CodesOwner | Self::Mailbox => {
                Duration::from_mins(15)
            }
            Self::Console => Duration::from_hours(12),
            Self::Employee => employee::LIFETIME,
            Self::SignIn => sign_in::LIFETIME,
        }
    }
}

/// One visit.
pub struct Visit {
    jar: CookieJar,
    address: IpAddr,
    user_agent: String,
    secure: bool,
    /// Where the visitor comes back to who has to sign in first.
    place: Option<Place>,
}

impl Visit {
    /// The secret that the browser carries for `token`.
    pub fn secret(&self, token: Token) -> Option<Bearer> {
        Bearer::parse(self.jar.get(&self.name(token))?.value())
    }

    /// From where a request is made, as far as the visit tells.
    pub fn origin(&self) -> Origin {
        Origin {
            address: self.address.to_string(),
            country: None,
            user_agent: self.user_agent.clone(),
        }
    }

    /// The request that this browser is bound to.
    pub async fn request(&self, web: &Web) -> Result<Request, Failure> {
        let secret = self.secret(Token::Browser).ok_or(ProblemPage::NoRequest)?;
        Ok(web
            .recovery
            .request_of(&secret)
            .await?
            .ok_or(ProblemPage::NoRequest)?)
    }

    /// The employee who is signed in in this browser, if anybody is.
    pub async fn session(&self, web: &Web) -> Result<Option<Employee>, Failure> {
        Ok(match self.secret(Token::Employee) {
            Some(secret) => employee::resume(&web.recovery, &secret).await?,
            None => None,
        })
    }

    /// The employee who is signed in in this browser. Whoever is not is sent to sign in, and comes back to the place
    /// that the visited address belongs to.
    pub async fn employee(&self, web: &Web) -> Result<Employee, Failure> {
        if web.sign_ins.party(SignInKind::Employee).is_none() {
            return Err(ProblemPage::NotFound.into());
        }
        self.session(web).await?.ok_or_else(|| match self.place {
            Some(place) => Failure::SignInFirst(place),
            None => ProblemPage::NotFound.into(),
        })
    }

    /// As [`Self::employee`], if they have shown themselves just now: for what outlasts their session. Whoever has not
    /// is sent to do so, and comes back to `place`.
    pub async fn fresh_employee(&self, web: &Web, place: Place) -> Result<Employee, Failure> {
        let employee = self.employee(web).await?;
        if employee.is_fresh(web.recovery.now()) {
            Ok(employee)
        } else {
            Err(Failure::SignInFirst(place))
        }
    }

    /// As [`Self::employee`], if they may decide ([`Employee::may_decide`]). Whoever may not is sent to sign in, and comes
    /// back to `place`.
    pub async fn deciding_employee(&self, web: &Web, place: Place) -> Result<Employee, Failure> {
        let employee = self.employee(web).await?;
        if employee.may_decide(web.recovery.now()) {
            Ok(employee)
        } else {
            Err(Failure::SignInFirst(place))
        }
    }

    /// Cookies that give the browser `secret` for `token`.
    pub fn give(&self, token: Token, secret: &Bearer) -> CookieJar {
        self.give_for(token, secret, token.lifetime())
    }

    /// Notes that this browser has nothing more of the request that it was bound to. Whatever keeps that from being noted
    /// keeps nobody from clearing their browser, or from asking anew.
    pub async fn leave_browser(&self, web: &Web) {
        let Some(secret) = self.secret(Token::Browser) else {
            return;
        };
        if let Err(error) = web.recovery.leave_browser(&secret).await {
            tracing::warn!(%error, "a request does not know that its browser was left");
        }
    }

    /// Cookies that bind the browser to `request` by `secret`, for as long as something can come of it.
    pub fn bind(&self, request: &Request, secret: &Bearer, now: Timestamp) -> CookieJar {
        let end = request.facts.opened_at + request.longest_life();
        self.give_for(Token::Browser, secret, end.since(now))
    }

    fn give_for(&self, token: Token, secret: &Bearer, lifetime: Duration) -> CookieJar {
        CookieJar::new().add(self.cookie(
            token,
            secret.expose().to_string(),
            i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX),
        ))
    }

    /// Cookies that take everything for `token` away.
    pub fn take(&self, token: Token) -> CookieJar {
        CookieJar::new().add(self.cookie(token, String::new(), 0))
    }

    /// Cookies that leave nothing of ours in the browser.
    pub fn take_everything(&self) -> CookieJar {
        Token::ALL.into_iter().fold(CookieJar::new(), |jar, token| {
            jar.add(self.cookie(token, String::new(), 0))
        })
    }

    /// `__Host-` ties a cookie to this host and to TLS. Browsers refuse the prefix over plain HTTP,
    /// which is accepted on this machine only.
    fn name(&self, token: Token) -> String {
        format!(
            "{}{}",
            if self.secure { "__Host-" } else { "" },
            token.name()
        )
    }

    /// `Lax`, since people come from links in mails; actions check where they come from.
    fn cookie(&self, token: Token, value: String, seconds: i64) -> Cookie<'static> {
        let mut cookie = Cookie::build((self.name(token), value))
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Lax)
            .build();
        cookie.set_max_age(time::Duration::seconds(seconds));
        cookie
    }
}

impl From<&Visit> for Network {
    /// The network that a visit comes from.
    fn from(visit: &Visit) -> Self {
        visit.address.into()
    }
}

impl FromRequestParts<Web> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        let user_agent = parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("");
        Ok(Self {
            jar: CookieJar::from_headers(&parts.headers),
            address: client_address(peer, &parts.headers, web.site.trusted_proxies),
            user_agent: user_agent.chars().take(LONGEST_USER_AGENT).collect(),
            secure: web.site.base_url.scheme() == "https",
            place: Place::at(parts.uri.path()),
        })
    }
}

/// The client's address: with `trusted` proxies of ours in front, what the outermost of them wrote,
/// which is that many entries from the end. Whatever stands before it can be forged.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: usize) -> IpAddr {
    let Some(steps) = trusted.checked_sub(1) else {
        if headers.contains_key("x-forwarded-for") {
            UNKNOWN_PROXY.call_once(|| {
                tracing::warn!(
                    "a visit came with X-Forwarded-For, and server.trusted_proxies is 0: if a proxy of yours sends it, \
                     everybody seems to come from that proxy, and limits stop them together"
                );
            });
        }
        return peer;
    };
    let entries: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    entries
        .iter()
        .rev()
        .nth(steps)
        .and_then(|entry| address_in(entry))
        .unwrap_or(peer)
}

/// The address that a proxy wrote, where some add the port: `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`,
/// `[2001:db8::1]`, `[2001:db8::1]:443`.
fn address_in(entry: &str) -> Option<IpAddr> {
    let bare = entry
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    bare.unwrap_or(entry)
        .parse()
        .or_else(|_| entry.parse::<SocketAddr>().map(|socket| socket.ip()))
        .ok()
}

/// Whether a form could be read.
pub struct Form<T>(pub T);

impl<T: serde::de::DeserializeOwned> axum::extract::FromRequest<Web> for Form<T> {
    type Rejection = Failure;

    async fn from_request(request: HttpRequest, web: &Web) -> Result<Self, Failure> {
        match axum::Form::<T>::from_request(request, web).await {
            Ok(axum::Form(form)) => Ok(Self(form)),
            Err(_) => Err(ProblemPage::BadForm.into()),
        }
    }
}

/// Captured parts of the address. What is no text is an address that we have not.
pub struct Path<T>(pub T);

impl<T: serde::de::DeserializeOwned + Send> FromRequestParts<Web> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Failure> {
        match extract::Path::from_request_parts(parts, web).await {
            Ok(extract::Path(captured)) => Ok(Self(captured)),
            Err(_) => Err(ProblemPage::NotFound.into()),
        }
    }
}

/// What follows the question mark. What none of our pages links to is an address that we have not.
pub struct Query<T>(pub T);

impl<T: serde::de::DeserializeOwned> FromRequestParts<Web> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Failure> {
        match extract::Query::from_request_parts(parts, web).await {
            Ok(extract::Query(query)) => Ok(Self(query)),
            Err(_) => Err(ProblemPage::NotFound.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn an_address_is_read_with_and_without_its_port() {
        for (entry, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:51234", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("unknown", None),
            ("_hidden", None),
            ("", None),
        ] {
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(address_in(entry), expected, "{entry}");
        }
    }

    #[test]
    fn only_what_our_own_proxies_wrote_is_believed() {
        let peer = IpAddr::from([10, 0, 0, 1]);
        let mut headers = HeaderMap::new();
        headers.append(
            "x-forwarded-for",
            HeaderValue::from_static("1.1.1.1, 2.2.2.2"),
        );
        headers.append("x-forwarded-for", HeaderValue::from_static("3.3.3.3"));
        for (trusted, expected) in [
            (0, [10, 0, 0, 1]),
            (1, [3, 3, 3, 3]),
            (2, [2, 2, 2, 2]),
            (3, [1, 1, 1, 1]),
            (4, [10, 0, 0, 1]),
        ] {
            assert_eq!(
                client_address(peer, &headers, trusted),
                IpAddr::from(expected),
                "{trusted} proxies"
            );
        }
    }
}
