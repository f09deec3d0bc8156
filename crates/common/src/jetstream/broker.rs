//! The connection to the broker.

mod access;
mod link;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream::{self, stream::Stream};
use async_nats::{ConnectOptions, ServerAddr};
use thiserror::Error;

pub use link::Denied;
use link::Link;

use super::names;
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

/// Code of the error for what the broker's users do not allow.
pub const FORBIDDEN: &str = "broker_forbids";

/// No connection.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// Nobody answers, or not in time, or not in a way that is trusted.
    #[error("cannot reach the broker at {url}: {reason}")]
    Unreachable {
        /// Where it was looked for, without credentials.
        url: String,
        /// The client's words.
        reason: String,
    },
    /// The broker does not know this service, or not any more.
    #[error("the broker at {url} refuses this service's credentials")]
    Refused {
        /// Where, without credentials.
        url: String,
    },
    /// A file that a key names cannot be used.
    #[error("{key} = {path}: {reason}")]
    File {
        /// Dotted key.
        key: &'static str,
        /// The file.
        path: String,
        /// What is wrong with it; never what is in it.
        reason: String,
    },
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
    link: Arc<Link>,
}

impl Broker {
    /// Connects a service to `url` as `name` (shown by `nats server report connections`, and what its
    /// inbox is called after). `url` may list the servers of a cluster, separated by commas; any that
    /// answers will do.
    ///
    /// # Errors
    /// [`ConnectError`] when nobody answers or the service is refused for 20 s, and at once for a file
    /// that cannot be used.
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
    /// As [`Self::connect`], after `patience`.
    pub async fn connect_within(
        patience: Duration,
        url: &str,
        name: &str,
        settings: &config::Broker,
    ) -> Result<Self, ConnectError> {
        let shown = || config::without_credentials(url);
        let failed = |reason: String| ConnectError::Unreachable { url: shown(), reason };
        let servers: Result<Vec<ServerAddr>, _> = url.split(',').map(str::parse).collect();
        let servers = servers.map_err(|error: std::io::Error| failed(error.to_string()))?;
        let inbox = match settings.inbox_prefix.as_str() {
            "" => names::inbox(name),
            prefix => prefix.to_owned(),
        };
        let link = Arc::new(Link::new(inbox.clone()));
        let noted = link.clone();
        let options = ConnectOptions::new()
            .name(name)
            .custom_inbox_prefix(inbox)
            .ping_interval(PING_INTERVAL)
            .request_timeout(Some(REQUEST_TIMEOUT))
            .retry_on_initial_connect()
            .event_callback(move |event| {
                noted.note(&event);
                async {}
            });
        let options = access::secured(options, &servers, settings)?;
        let client = options.connect(servers).await.map_err(|error| failed(error.to_string()))?;
        match tokio::time::timeout(patience, client.flush()).await {
            Ok(flushed) => flushed.map_err(|error| failed(error.to_string()))?,
            Err(_) if link.is_refused() => return Err(ConnectError::Refused { url: shown() }),
            Err(_) => {
                let waited = patience.as_secs();
                let trouble = link.trouble().unwrap_or_else(|| "no answer".to_owned());
                return Err(failed(format!("{trouble}, within {waited} s")));
            }
        }
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
            link,
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
        self.link.is_connected()
    }

    /// Whether the broker's last word was that it does not take this service's credentials, or not any
    /// more.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.link.is_refused()
    }

    /// The latest thing that the broker has forbidden on this connection, if any.
    #[must_use]
    pub fn denied(&self) -> Option<Denied> {
        self.link.latest_denied()
    }

    /// What the broker has forbidden this service since `when`: of `subject`, or anything. Waiting
    /// does not help then, though the time-out looks like that of a broker that is away.
    pub(super) fn denied_since(&self, when: Instant, subject: Option<&str>) -> Option<Denied> {
        self.link.denied_since(when, subject)
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

/// The broker's users do not allow it: nobody's fault but the operator's, and waiting does not help.
pub(super) fn forbidden(denied: &Denied) -> StageError {
    StageError::internal(FORBIDDEN, denied.to_string())
}
