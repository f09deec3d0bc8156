//! Listening, and stopping without cutting anybody off.

mod accept;
mod activity;
mod answer;
mod bind;
mod connection;
mod descriptors;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod gate;
mod head;
mod metrics;
mod overflow;
mod slots;
mod tls;
mod watched;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use common::config::{self, Config, ConfigError};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use self::accept::Acceptor;
use self::activity::Patience;
use self::connection::Service;
use self::metrics::ConnectionMetrics;
use self::overflow::Overflow;
use self::slots::Slots;
use self::tls::Certificates;
use crate::layer::rate::Rates;
use crate::router::{register, router_with};
use crate::state::GatewayState;

pub(crate) use self::bind::bind;

/// An address that must not be listened on.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ListenError {
    /// Reachable from elsewhere, while nobody is asked for a key.
    #[error(
        "gateway.listen = {address}: while nobody is asked for a key the gateway listens on loopback only \
         (127.0.0.1 or [::1]); set gateway.auth.mode = \"required\""
    )]
    NotLoopback {
        /// The address asked for.
        address: SocketAddr,
    },
}

/// Whether the gateway may listen on `address`, where everybody is let in or callers are `asked` who they
/// are. Ask before binding.
///
/// # Errors
/// [`ListenError`] with the reason.
pub fn check_listen(address: SocketAddr, asked: bool) -> Result<(), ListenError> {
    if asked || address.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    Err(ListenError::NotLoopback { address })
}

/// What is read from files before anybody connects.
pub(crate) struct Prepared {
    certificates: Option<Arc<Certificates>>,
    tls: Option<TlsAcceptor>,
}

impl Prepared {
    /// Reads certificate and key, if there are to be any.
    ///
    /// # Errors
    /// [`ConfigError::BadFile`] with the key and what is wrong.
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let certificates = Certificates::load(&config.gateway.tls)?;
        let tls = certificates.as_ref().map(Certificates::acceptor).transpose()?;
        Ok(Self { certificates, tls })
    }
}

/// Answers requests until `stop`; then takes no more, and lets the running ones end within the
/// configured grace period.
///
/// # Errors
/// [`ConfigError::BadFile`] when certificate or key cannot be used.
pub async fn serve(
    listener: TcpListener,
    state: GatewayState,
    stop: CancellationToken,
) -> Result<(), ConfigError> {
    let prepared = Prepared::new(&state.config)?;
    serve_prepared(listener, state, prepared, stop).await;
    Ok(())
}

/// Answers requests as [`serve`] does.
pub(crate) async fn serve_prepared(
    listener: TcpListener,
    state: GatewayState,
    prepared: Prepared,
    stop: CancellationToken,
) {
    let config = Arc::clone(&state.config);
    let metrics = state.metrics.register(ConnectionMetrics::register);
    let rates = Rates::new(&config);
    let (broker, register) = (state.broker.clone(), register(&state, stop.clone()));
    let service = Arc::new(Service {
        router: router_with(state, Arc::clone(&rates), Arc::clone(&register)),
        tls: prepared.tls,
        limits: config.gateway.connections.clone(),
        patience: Patience::from(&config.gateway),
        metrics,
        stop: stop.clone(),
    });
    let certificates = async {
        match prepared.certificates {
            Some(certificates) => certificates.keep_fresh().await,
            None => std::future::pending().await,
        }
    };
    let mut connections = JoinSet::new();
    tokio::select! {
        () = take_in(listener, &config.gateway, &service, &mut connections) => {}
        () = certificates => {}
        () = rates.keep_small() => {}
        () = register.run(&broker) => {}
        () = stop.cancelled() => {}
    }
    let grace = Duration::from_secs(config.service.shutdown_grace_seconds);
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, ended).await.is_ok() {
        tracing::info!("gateway stopped");
    } else {
        let grace_seconds = grace.as_secs();
        tracing::warn!(grace_seconds, "gateway stopped; requests still running were cut off");
    }
}

/// Takes connections for ever, each with a place of its own or with a short answer.
async fn take_in(
    listener: TcpListener,
    gateway: &config::Gateway,
    service: &Arc<Service>,
    connections: &mut JoinSet<()>,
) {
    let limits = &gateway.connections;
    let slots = Slots::new(descriptors::make_room(limits.max), limits.max_per_peer);
    let mut acceptor = Acceptor::new(listener);
    let mut overflow = Overflow::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = acceptor.next() => accepted,
            Some(_ended) = connections.join_next() => continue,
        };
        match slots.take(peer.ip(), gateway.proxies.trusts(peer.ip())) {
            Ok(slot) => {
                let service = Arc::clone(service);
                connections.spawn(async move {
                    service.metrics.open.inc();
                    Arc::clone(&service).serve(stream, peer).await;
                    service.metrics.open.dec();
                    drop(slot);
                });
            }
            Err(reason) => {
                service.metrics.refused(reason.name());
                // A handshake for everyone who is turned away would be what an attacker wants.
                if service.tls.is_none() {
                    overflow.answer(stream);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_listened_on_while_there_are_no_keys() {
        for good in ["127.0.0.1:8080", "127.9.9.9:1", "[::1]:0", "[::ffff:127.0.0.1]:80"] {
            assert_eq!(check_listen(good.parse().unwrap(), false), Ok(()), "{good}");
        }
        for bad in ["0.0.0.0:8080", "[::]:8080", "192.168.1.4:80", "[::ffff:10.0.0.1]:80"] {
            let address = bad.parse().unwrap();
            assert_eq!(
                check_listen(address, false),
                Err(ListenError::NotLoopback { address }),
                "{bad}"
            );
            assert_eq!(check_listen(address, true), Ok(()), "{bad}");
        }
    }
}
