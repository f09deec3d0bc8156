//! What each section of the configuration holds.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Auth, Connections, Cors, Engines, Following, PageSegmentation, Proxies, Rate, Tls};
use crate::failpoint::Fault;
use crate::quota::Quota;

/// See `[broker]` in `config.default.toml`, as for all sections below.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Broker {
    pub url: String,
    pub nkey_file: String,
    pub credentials_file: String,
    pub inbox_prefix: String,
    pub tls_required: bool,
    pub tls_ca: String,
    pub tls_certificate: String,
    pub tls_key: String,
    pub listen: SocketAddr,
    pub nats_server: String,
    pub replicas: usize,
    pub publish_patience_seconds: u64,
    pub object_timeout_seconds: u64,
}

/// See `[retention]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Retention {
    pub uploads_hours: u64,
    pub uploads_max_bytes: u64,
    pub work_hours: u64,
    pub work_max_bytes: u64,
    pub status_hours: u64,
}

/// See `[gateway]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Gateway {
    pub listen: SocketAddr,
    pub max_upload_bytes: u64,
    pub max_concurrent_uploads: usize,
    pub max_batch_bytes: u64,
    pub max_batch_files: u64,
    pub upload_timeout_seconds: u64,
    pub accept_patience_seconds: u64,
    pub connections: Connections,
    pub following: Following,
    pub rate: Rate,
    pub quota: Quota,
    pub proxies: Proxies,
    pub tls: Tls,
    pub cors: Cors,
    pub auth: Auth,
}

/// See `[limits]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Limits {
    pub max_pages: u32,
    pub max_page_pixels: u64,
    pub max_document_pixels: u64,
    pub max_page_side_px: u32,
    pub max_embedded_xml_bytes: u64,
}

/// See `[worker]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Worker {
    pub memory_bytes: u64,
    pub cpu_seconds_per_page: u64,
    pub wall_seconds_per_page: u64,
    pub start_seconds: u64,
    pub max_documents: u32,
    pub max_resident_bytes: u64,
    pub sandbox: Sandbox,
    pub pdfium_library: String,
    pub onnxruntime_library: String,
    pub models: String,
    pub tessdata: String,
}

/// How much of a worker's sandbox has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sandbox {
    /// All that is needed, or no document is read.
    Required,
    /// What this machine can do.
    BestEffort,
}

/// See `[ocr]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Ocr {
    pub engines: Engines,
    pub languages: Vec<String>,
    pub page_segmentation_mode: PageSegmentation,
}

/// See `[extract]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Extract {
    pub review_below: f64,
    pub hints: String,
    pub own: Own,
}

/// See `[faults]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Faults {
    pub points: Vec<Fault>,
}

/// See `[extract.own]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Own {
    pub names: Vec<String>,
    pub vat_ids: Vec<String>,
    pub ibans: Vec<String>,
    pub registration_ids: Vec<String>,
}

/// See `[stages.*]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Stages {
    pub preprocess: StageSettings,
    pub ocr: StageSettings,
    pub extract: StageSettings,
}

/// See `[stages.*]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct StageSettings {
    pub workers: usize,
    pub attempts: u32,
    pub retry_delays_seconds: Vec<u64>,
    pub deadline_seconds: u64,
}

/// See `[sweeper]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Sweeper {
    pub interval_seconds: u64,
    pub stuck_after_seconds: u64,
    pub orphans_after_seconds: u64,
}

/// See `[service]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Service {
    pub shutdown_grace_seconds: u64,
    pub ops_listen: String,
}

/// See `[log]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
    pub spans: bool,
}

/// See `[traces]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "config.default.toml documents each key, once")]
pub struct Traces {
    pub endpoint: String,
    pub sample_ratio: f64,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

impl StageSettings {
    /// Jobs worked on at once.
    #[must_use]
    pub fn worker_count(&self) -> usize {
        if self.workers > 0 {
            return self.workers;
        }
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }

    /// Longest time for one attempt.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        Duration::from_secs(self.deadline_seconds)
    }
}
