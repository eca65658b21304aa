//! A stand-in Microsoft Entra tenant for trying and testing Latchkey.
//!
//! It speaks the parts of OAuth 2.0, OpenID Connect, Microsoft Graph v1.0 and the Request Service of Verified ID that
//! account recovery needs, offers a sign-in page where a Temporary Access Pass can be used and a wallet to present
//! Verified IDs from, takes mail over SMTP and shows it, and lets testers look at and change everything under
//! `/_control`. It shares no code with the rest of Latchkey, so that client and stand-in
//! cannot share a mistake.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! let tenant = simulator::Simulator::start(simulator::Options::default()).await?;
//! println!("Graph is at {}/v1.0", tenant.base_url());
//! tenant.stop().await;
//! # Ok(())
//! # }
//! ```

mod answer;
mod clock;
mod company;
mod control;
mod entropy;
mod faults;
mod front;
mod graph;
mod keys;
mod kits;
mod mail;
mod oauth;
mod oidc;
mod pages;
mod server;
mod verified_id;
mod world;

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use axum::{
    Router,
    routing::{any, get, post},
};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{front::Tenant, world::World};

/// Where the simulator listens and how it is reached.
#[derive(Clone, Debug)]
pub struct Options {
    /// Graph, sign-in, pages and control. Port 0 takes a free one.
    pub http: SocketAddr,
    /// Mail. Port 0 takes a free one.
    pub smtp: SocketAddr,
    /// The origin written into tokens, links and discovery, without a trailing slash. By default
    /// `http://localhost:{port}`.
    pub public_url: Option<String>,
}

impl Default for Options {
    /// Free ports on the loopback interface.
    fn default() -> Self {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            http: free,
            smtp: free,
            public_url: None,
        }
    }
}

/// A running stand-in tenant. Dropping it stops it.
#[derive(Debug)]
pub struct Simulator {
    base_url: String,
    http_addr: SocketAddr,
    smtp_addr: SocketAddr,
    listeners: JoinSet<()>,
}

impl Simulator {
    /// Binds both listeners and serves the example company.
    ///
    /// # Errors
    /// When an address cannot be bound.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let http = TcpListener::bind(options.http)
            .await
            .with_context(|| format!("cannot listen for HTTP on {}", options.http))?;
        let smtp = TcpListener::bind(options.smtp)
            .await
            .with_context(|| format!("cannot listen for SMTP on {}", options.smtp))?;
        let http_addr = http.local_addr()?;
        let smtp_addr = smtp.local_addr()?;
        let base_url = options.public_url.map_or_else(
            || format!("http://localhost:{}", http_addr.port()),
            |url| url.trim_end_matches('/').to_owned(),
        );
        keys::warm_up();
        let tenant = Tenant::new(World::example(&base_url));
        let mut listeners = JoinSet::new();
        listeners.spawn(server::serve(http, routes(tenant.clone())));
        listeners.spawn(mail::serve(smtp, tenant));
        Ok(Self {
            base_url,
            http_addr,
            smtp_addr,
            listeners,
        })
    }

    /// The origin of Graph, sign-in and pages, such as `http://localhost:3001`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The bound address of the HTTP listener.
    pub fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// The bound address of the SMTP listener.
    pub fn smtp_addr(&self) -> SocketAddr {
        self.smtp_addr
    }

    /// Closes the listeners and every connection, and waits until they are closed.
    pub async fn stop(mut self) {
        self.listeners.shutdown().await;
    }
}

fn routes(tenant: Tenant) -> Router {
    Router::new()
        .route("/v1.0/{*path}", any(front::graph))
        .route(
            "/v1.0/verifiableCredentials/createPresentationRequest",
            post(front::verified_id),
        )
        .route(
            "/v1.0/verifiableCredentials/presentationRequests/{id}",
            get(pages::open_in_wallet),
        )
        .route("/{tenant}/oauth2/v2.0/token", post(front::token))
        .route(
            "/{tenant}/oauth2/v2.0/authorize",
            get(oidc::authorize).post(oidc::choose),
        )
        .route("/{tenant}/oauth2/v2.0/logout", get(oidc::logout))
        .route(
            "/{tenant}/v2.0/.well-known/openid-configuration",
            get(oidc::discovery),
        )
        .route("/{tenant}/discovery/v2.0/keys", get(oidc::published_keys))
        .nest("/_control", control::routes())
        .merge(pages::routes())
        .with_state(tenant)
}
