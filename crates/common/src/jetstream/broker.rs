//! The connection to the broker.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::jetstream::{self, stream::Stream};
use async_nats::{ConnectOptions, Event, ServerAddr};
use percent_encoding::percent_decode_str;
use thiserror::Error;

use super::room::Intake;
use crate::config;
use crate::error::StageError;

/// Half-open connections are noticed after two of these; the client's default is a minute.
const PING_INTERVAL: Duration = Duration::from_secs(10);

/// Longest wait for one answer of the broker.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest wait of a service for its first connection before it gives up and says so: services and
/// broker are often started together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// No connection.
#[derive(Debug, Error)]
#[error("cannot reach the broker at {url}: {source}")]
pub struct ConnectError {
    /// Where it was looked for, without credentials.
    pub url: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// A connection, shared by everything in a process. Reconnects by itself for ever.
#[derive(Clone, Debug)]
pub struct Broker {
    pub(super) client: async_nats::Client,
    pub(super) context: jetstream::Context,
    /// Longest time a publish is repeated while the broker answers nothing.
    pub(super) patience: Duration,
    /// Longest wait for one object's bytes.
    pub(super) object_timeout: Duration,
    /// What the way in knows of the room behind it.
    pub(super) intake: Arc<Intake>,
    connected: Arc<AtomicBool>,
}

impl Broker {
    /// Connects a service to `url` as `name` (shown by `nats server report connections`). `url` may
    /// list the servers of a cluster, separated by commas; any that answers will do.
    ///
    /// # Errors
    /// [`ConnectError`] when nobody answers within 20 s.
    pub async fn connect(
        url: &str,
        name: &str,
        settings: &config::Broker,
    ) -> Result<Self, ConnectError> {
        Self::connect_within(CONNECT_TIMEOUT, url, name, settings).await
    }

    /// Likewise, for somebody who does not wait for a broker that is still starting.
    ///
    /// # Errors
    /// [`ConnectError`] when nobody answers within `patience`.
    pub async fn connect_within(
        patience: Duration,
        url: &str,
        name: &str,
        settings: &config::Broker,
    ) -> Result<Self, ConnectError> {
        let connected = Arc::new(AtomicBool::new(true));
        let flag = connected.clone();
        let options = ConnectOptions::new()
            .name(name)
            .ping_interval(PING_INTERVAL)
            .request_timeout(Some(REQUEST_TIMEOUT))
            .retry_on_initial_connect()
            .event_callback(move |event| {
                note(&flag, &event);
                async {}
            });
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| ConnectError {
            url: config::without_credentials(url),
            source,
        };
        let servers: Result<Vec<ServerAddr>, _> = url.split(',').map(str::parse).collect();
        let servers = servers.map_err(|e| failed(Box::new(e)))?;
        let options = with_credentials(options, &servers);
        let client = options.connect(servers).await.map_err(|e| failed(Box::new(e)))?;
        let flushed = tokio::time::timeout(patience, client.flush()).await;
        flushed.map_err(|e| failed(Box::new(e)))?.map_err(|e| failed(Box::new(e)))?;
        let context = jetstream::context::ContextBuilder::new()
            .timeout(REQUEST_TIMEOUT)
            .ack_timeout(REQUEST_TIMEOUT)
            .build(client.clone());
        Ok(Self {
            client,
            context,
            patience: Duration::from_secs(settings.publish_patience_seconds),
            object_timeout: Duration::from_secs(settings.object_timeout_seconds),
            intake: Arc::default(),
            connected,
        })
    }

    /// The same connection with another patience for publishing.
    #[must_use]
    pub fn with_patience(&self, patience: Duration) -> Self {
        Self { patience, ..self.clone() }
    }

    /// The stream called `name`; the broker is not asked whether it is there.
    ///
    /// # Errors
    /// `Transient` when there is no connection to speak through.
    pub(super) async fn stream(&self, name: &str) -> Result<Stream<()>, StageError> {
        self.context.get_stream_no_info(name).await.map_err(away)
    }

    /// Whether the connection stands, as far as the client knows.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// Sends what is buffered and closes. Call once nothing more is to be sent.
    pub async fn close(&self) {
        if let Err(error) = self.client.flush().await {
            tracing::warn!(%error, "broker connection closed with unsent data");
        }
        if let Err(error) = self.client.drain().await {
            tracing::debug!(%error, "broker connection was already closed");
        }
    }
}

/// The broker did not answer as it should: it is away, or will be asked again.
pub(super) fn away(error: impl std::error::Error) -> StageError {
    StageError::transient("broker_away", error.to_string())
}

/// The user and password, or the token, that the first address with any of them has: the client
/// library takes no notice of them there.
fn with_credentials(options: ConnectOptions, servers: &[ServerAddr]) -> ConnectOptions {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let named = servers.iter().find_map(|server| Some((server.username()?, server.password())));
    match named {
        Some((user, Some(password))) => options.user_and_password(decoded(user), decoded(password)),
        Some((token, None)) => options.token(decoded(token)),
        None => options,
    }
}

/// Permission violations and slow consumers are only ever told here; callers see time-outs.
fn note(connected: &AtomicBool, event: &Event) {
    match event {
        Event::Connected => {
            connected.store(true, Ordering::Relaxed);
            tracing::info!("broker connected");
        }
        Event::Disconnected | Event::Closed => {
            connected.store(false, Ordering::Relaxed);
            tracing::warn!("broker disconnected");
        }
        Event::SlowConsumer(_) | Event::ServerError(_) | Event::ClientError(_) => {
            tracing::error!(event = %event, "broker reported a problem");
        }
        Event::LameDuckMode | Event::Draining => tracing::info!(event = %event, "broker event"),
    }
}
