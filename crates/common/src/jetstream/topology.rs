//! Streams, consumers and buckets: made from the files in `nats/`, never by services.
//!
//! The files are what the `nats` CLI takes too (`nats stream add --config`), so an operator can
//! read, compare and change them without this program. Configuration replaces replicas, retention
//! and quotas. Services bind to what exists and refuse to start when it is not theirs: a
//! `get_or_create` would hide drift.

mod compare;
mod definition;

use std::time::{Duration, Instant};

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{RequestError, RequestErrorKind};
use serde_json::{Value, json};
use thiserror::Error;

use super::broker::{Broker, Denied};
use super::names::{self, webhooks};
use super::runner::StageConsumer;
use crate::config::Config;
use crate::stage::StageName;

pub use compare::Drift;
use compare::differences;
use definition::{Asset, wanted};
pub(super) use definition::{reserved_bytes, streams, subjects_of};

/// Revision of the topology that this build needs; the files carry theirs as metadata.
pub const REVISION: u32 = 3;

/// For so long a question that nobody answers is asked again: a cluster that was just started or restored
/// takes as long to elect a leader for each of its streams and consumers.
const PATIENCE: Duration = Duration::from_secs(20);

/// Metadata key of the revision that made an asset.
const REVISION_KEY: &str = "invoice-ocr.revision";

/// Metadata key of the oldest revision whose services still work with an asset.
const COMPATIBLE_KEY: &str = "invoice-ocr.compatible-since";

/// The topology cannot be read or changed.
#[derive(Debug, Error)]
pub enum TopologyError {
    /// The broker does not answer.
    #[error("the broker does not answer about {asset}: {reason}")]
    Unreachable {
        /// Which stream or consumer.
        asset: String,
        /// The client's words.
        reason: String,
    },
    /// This service's user may not ask.
    #[error("{asset}: {denied}")]
    Forbidden {
        /// Which stream or consumer.
        asset: String,
        /// What it may not do.
        denied: Denied,
    },
    /// The broker refuses the change.
    #[error("the broker refuses {asset}: {reason}")]
    Refused {
        /// Which stream or consumer.
        asset: String,
        /// The broker's words.
        reason: String,
    },
    /// A file in `nats/` is broken.
    #[error("nats/{file}: {reason}")]
    BadFile {
        /// Which.
        file: &'static str,
        /// Why.
        reason: String,
    },
    /// What a service needs is not there.
    #[error("{asset} does not exist; run `invoice-ocr topology apply`")]
    Missing {
        /// Which stream or consumer.
        asset: String,
    },
    /// What a service needs was made by a build that it does not fit.
    #[error(
        "{asset} has revision {found}, this build needs {REVISION}: run `invoice-ocr topology \
         apply` with the newest build, and replace services that are older"
    )]
    WrongRevision {
        /// Which stream or consumer.
        asset: String,
        /// What it says of itself.
        found: String,
    },
}

/// Creates what is missing and updates what differs. Returns what differed.
///
/// # Errors
/// [`TopologyError`] at the first asset that cannot be brought about.
pub async fn apply(broker: &Broker, config: &Config) -> Result<Vec<Drift>, TopologyError> {
    let mut drift = Vec::new();
    for asset in wanted(config)? {
        let found = info(broker, &asset).await?;
        let differs = differences(&asset.name, &asset.config, found.as_ref());
        match found {
            None => put(broker, &asset, asset.create_subject(), &asset.config).await?,
            Some(found) if !differs.is_empty() => {
                let merged = overlay(found, &asset.config);
                put(broker, &asset, asset.update_subject(), &merged).await?;
            }
            Some(_) => {}
        }
        drift.extend(differs);
    }
    Ok(drift)
}

/// What differs from the files and the configuration; empty when nothing does.
///
/// # Errors
/// [`TopologyError::Unreachable`] or [`TopologyError::BadFile`].
pub async fn check(broker: &Broker, config: &Config) -> Result<Vec<Drift>, TopologyError> {
    let mut drift = Vec::new();
    for asset in wanted(config)? {
        let found = info(broker, &asset).await?;
        drift.extend(differences(&asset.name, &asset.config, found.as_ref()));
    }
    Ok(drift)
}

/// Binds a stage to its queue.
///
/// # Errors
/// [`TopologyError`] when the queue or anything the stage writes to is missing or not ours.
pub async fn bind(broker: &Broker, stage: StageName) -> Result<StageConsumer, TopologyError> {
    for stream in names::streams_of(stage) {
        fits(broker, &Asset::stream(stream)).await?;
    }
    let consumer = Asset::consumer_of(stage);
    fits(broker, &consumer).await?;
    let bound = broker
        .context
        .get_consumer_from_stream(names::job_consumer(stage), names::job_stream(stage))
        .await;
    let unreachable =
        |reason: String| TopologyError::Unreachable { asset: consumer.name.clone(), reason };
    Ok(StageConsumer::new(bound.map_err(|error| unreachable(error.to_string()))?))
}

/// Checks what the gateway uses.
///
/// # Errors
/// As [`verify`].
pub async fn verify_gateway(broker: &Broker) -> Result<(), TopologyError> {
    let own = [
        names::KEYS_STREAM,
        names::AUDIT_STREAM,
        names::DUPLICATES_STREAM,
        names::IDEMPOTENCY_STREAM,
        names::QUOTA_STREAM,
    ];
    let called =
        [webhooks::ENDPOINTS_STREAM, webhooks::CALLBACKS_STREAM, webhooks::DELIVERIES_STREAM];
    for stream in own.into_iter().chain(called) {
        fits(broker, &Asset::stream(stream)).await?;
    }
    for (stream, consumer) in webhooks::CONSUMERS {
        fits(broker, &Asset::consumer(stream, consumer)).await?;
    }
    verify(broker, Some(StageName::Preprocess)).await
}

/// Checks what every service uses, and the queue of the stage that it hands on to.
///
/// # Errors
/// [`TopologyError`] when something is missing or not ours.
pub async fn verify(broker: &Broker, next: Option<StageName>) -> Result<(), TopologyError> {
    let shared = [
        names::STATUS_STREAM,
        names::EVENTS_STREAM,
        names::DEAD_STREAM,
        names::object_stream(crate::object::Bucket::Uploads),
        names::object_stream(crate::object::Bucket::Work),
    ];
    for stream in shared.into_iter().chain(next.map(names::job_stream)) {
        fits(broker, &Asset::stream(stream)).await?;
    }
    Ok(())
}

async fn fits(broker: &Broker, asset: &Asset) -> Result<(), TopologyError> {
    let name = asset.name.clone();
    let found = info(broker, asset).await?.ok_or(TopologyError::Missing { asset: name.clone() })?;
    let number =
        |key: &str| -> Option<u32> { found.get("metadata")?.get(key)?.as_str()?.parse().ok() };
    match (number(REVISION_KEY), number(COMPATIBLE_KEY)) {
        (Some(revision), _) if revision == REVISION => Ok(()),
        // Made by a newer build that says that we still fit: a rolling update is under way.
        (Some(revision), Some(since)) if revision > REVISION && since <= REVISION => Ok(()),
        (revision, _) => Err(TopologyError::WrongRevision {
            asset: name,
            found: revision.map_or_else(|| "none".to_owned(), |r| r.to_string()),
        }),
    }
}

/// The asset's configuration at the broker; `None` when it does not exist.
async fn info(broker: &Broker, asset: &Asset) -> Result<Option<Value>, TopologyError> {
    let answer = request(broker, asset, asset.info_subject(), &json!({})).await?;
    match answer.get("error") {
        None => Ok(answer.get("config").cloned()),
        Some(error) if is_missing(error) => Ok(None),
        Some(error) => {
            Err(TopologyError::Refused { asset: asset.name.clone(), reason: description(error) })
        }
    }
}

async fn put(
    broker: &Broker,
    asset: &Asset,
    subject: String,
    config: &Value,
) -> Result<(), TopologyError> {
    let answer = request(broker, asset, subject, &asset.envelope(config)).await?;
    match answer.get("error") {
        None => Ok(()),
        Some(error) => {
            Err(TopologyError::Refused { asset: asset.name.clone(), reason: description(error) })
        }
    }
}

async fn request(
    broker: &Broker,
    asset: &Asset,
    subject: String,
    payload: &Value,
) -> Result<Value, TopologyError> {
    let asked = Instant::now();
    loop {
        let error: RequestError = match broker.context.request(subject.clone(), payload).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        // Of whatever: a service that may not do one thing that it needs cannot start.
        if let Some(denied) = broker.denied_since(asked, None) {
            return Err(TopologyError::Forbidden { asset: asset.name.clone(), denied });
        }
        if error.kind() != RequestErrorKind::TimedOut || asked.elapsed() > PATIENCE {
            return Err(unreachable(asset, &error));
        }
    }
}

fn unreachable(asset: &Asset, error: &RequestError) -> TopologyError {
    TopologyError::Unreachable { asset: asset.name.clone(), reason: error.to_string() }
}

fn is_missing(error: &Value) -> bool {
    let code = error.get("err_code").and_then(Value::as_u64).unwrap_or_default();
    [ErrorCode::STREAM_NOT_FOUND, ErrorCode::CONSUMER_NOT_FOUND].contains(&ErrorCode(code))
}

fn description(error: &Value) -> String {
    let text = |key: &str| error.get(key).map(|v| v.to_string()).unwrap_or_default();
    format!("{} (error {})", text("description"), text("err_code"))
}

/// `found` with everything that `wanted` names: what the server or an operator added stays.
fn overlay(mut found: Value, wanted: &Value) -> Value {
    if let (Some(found), Some(wanted)) = (found.as_object_mut(), wanted.as_object()) {
        for (key, value) in wanted {
            let merged = match found.remove(key) {
                Some(Value::Object(inner)) if value.is_object() => {
                    overlay(Value::Object(inner), value)
                }
                _ => value.clone(),
            };
            found.insert(key.clone(), merged);
        }
    }
    found
}
