//! Who sends a request: where from, and what it shows of itself. Known before its rate is counted and before
//! any handler sees it, so that a credential is checked once.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use common::config::{Config, Proxies};

use crate::access::{Access, Holder};
use crate::error::ApiError;
use crate::limit::{self, Client, Network};

/// Where a connection comes from; in every request's extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Where the client is, behind the proxies that are believed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// Who the client has shown to be, or what was wrong with what it showed.
#[derive(Clone, Debug)]
pub(crate) struct Shown(pub(crate) Result<Holder, ApiError>);

/// What clients are told apart by.
#[derive(Debug)]
pub(crate) struct Identity {
    proxies: Proxies,
    access: Access,
}

impl Identity {
    /// By the configuration, and by what `access` knows of them.
    pub(crate) fn new(config: &Config, access: Access) -> Arc<Self> {
        Arc::new(Self { proxies: config.gateway.proxies.clone(), access })
    }
}

/// Says who asks: [`ClientAddress`], [`Shown`] and [`Client`] in the request's extensions.
pub(crate) async fn identify(
    State(identity): State<Arc<Identity>>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let peer = request.extensions().get::<Peer>().map(|Peer(address)| address.ip());
    let address = peer.map(|peer| limit::client_address(peer, headers, &identity.proxies));
    let shown = identity.access.holder(headers).await;
    let known = shown.as_ref().ok().and_then(|holder| Client::known_as(&holder.actor));
    // Without a connection, as in tests of the router alone, everybody is the same stranger.
    let stranger = || Network::of(address.unwrap_or(Ipv6Addr::UNSPECIFIED.into()));
    let client = known.unwrap_or_else(|| Client::Network(stranger()));
    let extensions = request.extensions_mut();
    if let Some(address) = address {
        extensions.insert(ClientAddress(address.to_canonical()));
    }
    extensions.insert(Shown(shown));
    extensions.insert(client);
    next.run(request).await
}
