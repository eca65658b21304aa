//! The HTTP listener: plain HTTP/1.1 over hyper, able to reset a connection instead of answering.

use std::net::SocketAddr;

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    response::{IntoResponse, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tower::ServiceExt;

/// Marks a response that must never be sent: the connection is reset in its place.
#[derive(Clone)]
struct ResetConnection;

/// What hyper is told so that it gives up the connection.
#[derive(Debug)]
struct Reset;

impl std::fmt::Display for Reset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is reset on purpose")
    }
}

impl std::error::Error for Reset {}

/// A response that makes [`serve`] reset the connection (TCP RST) without sending a byte.
pub fn reset_connection() -> Response {
    let mut response = ().into_response();
    response.extensions_mut().insert(ResetConnection);
    response
}

/// Serves `router` until the future is dropped, which closes every connection.
pub async fn serve(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, peer)) = accepted {
                    connections.spawn(serve_connection(stream, peer, router.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve_connection(stream: TcpStream, peer: SocketAddr, router: Router) {
    // Answers are small; waiting to fill a packet would cost 40 ms each.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let router = router.clone();
        Box::pin(async move {
            let Ok(response) = router.oneshot(request.map(Body::new)).await;
            if response.extensions().get::<ResetConnection>().is_some() {
                return Err(Reset);
            }
            Ok(response)
        })
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let outcome = std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await;
    if outcome.is_err() {
        // A zero linger turns the close into a reset, as a crashed front end would. If the option cannot be set, the
        // peer sees a plain close, which it must survive as well.
        let _ = connection.into_parts().io.into_inner().set_zero_linger();
    }
}
