//! The files in `nats/`, compiled in, with what the configuration replaces.

use serde_json::{Value, json};

use super::TopologyError;
use crate::config::Config;
use crate::jetstream::names::{self, webhooks};
use crate::object::Bucket;
use crate::stage::StageName;

macro_rules! file {
    ($path:literal) => {
        ($path, include_str!(concat!("../../../../../nats/", $path)))
    };
}

const STREAMS: [(&str, &str); 17] = [
    file!("streams/INVOICE_PREPROCESS.json"),
    file!("streams/INVOICE_OCR.json"),
    file!("streams/INVOICE_EXTRACT.json"),
    file!("streams/INVOICE_EVENTS.json"),
    file!("streams/INVOICE_DEAD.json"),
    file!("streams/INVOICE_ADVISORIES.json"),
    file!("streams/INVOICE_AUDIT.json"),
    file!("streams/INVOICE_QUOTA.json"),
    file!("streams/KV_invoice_duplicates.json"),
    file!("streams/KV_invoice_idempotency.json"),
    file!("streams/INVOICE_CALLBACKS.json"),
    file!("streams/KV_invoice_deliveries.json"),
    file!("streams/KV_invoice_keys.json"),
    file!("streams/KV_invoice_status.json"),
    file!("streams/KV_invoice_webhooks.json"),
    file!("streams/OBJ_invoice_uploads.json"),
    file!("streams/OBJ_invoice_work.json"),
];

const CONSUMERS: [(&str, &str, (&str, &str)); 5] = [
    (
        names::job_stream(StageName::Preprocess),
        names::job_consumer(StageName::Preprocess),
        file!("consumers/INVOICE_PREPROCESS.preprocess.json"),
    ),
    (
        names::job_stream(StageName::Ocr),
        names::job_consumer(StageName::Ocr),
        file!("consumers/INVOICE_OCR.ocr.json"),
    ),
    (
        names::job_stream(StageName::Extract),
        names::job_consumer(StageName::Extract),
        file!("consumers/INVOICE_EXTRACT.extract.json"),
    ),
    (
        names::EVENTS_STREAM,
        webhooks::EVENTS_CONSUMER,
        file!("consumers/INVOICE_EVENTS.webhooks.json"),
    ),
    (
        webhooks::CALLBACKS_STREAM,
        webhooks::CALLBACKS_CONSUMER,
        file!("consumers/INVOICE_CALLBACKS.deliver.json"),
    ),
];

/// Nanoseconds in an hour: durations at the broker are nanoseconds.
const HOUR_NS: u64 = 3_600_000_000_000;

/// A stream, or a consumer of one.
#[derive(Clone, Debug)]
pub(super) struct Asset {
    /// `STREAM`, or `STREAM > consumer`.
    pub(super) name: String,
    /// What it should be.
    pub(super) config: Value,
    stream: String,
    consumer: Option<String>,
}

impl Asset {
    pub(super) fn stream(name: &str) -> Self {
        Self { name: name.to_owned(), config: Value::Null, stream: name.to_owned(), consumer: None }
    }

    pub(super) fn consumer_of(stage: StageName) -> Self {
        Self::consumer(names::job_stream(stage), names::job_consumer(stage))
    }

    pub(super) fn consumer(stream: &str, consumer: &str) -> Self {
        Self {
            name: format!("{stream} > {consumer}"),
            config: Value::Null,
            stream: stream.to_owned(),
            consumer: Some(consumer.to_owned()),
        }
    }

    pub(super) fn info_subject(&self) -> String {
        match &self.consumer {
            None => format!("STREAM.INFO.{}", self.stream),
            Some(consumer) => format!("CONSUMER.INFO.{}.{consumer}", self.stream),
        }
    }

    pub(super) fn create_subject(&self) -> String {
        match &self.consumer {
            None => format!("STREAM.CREATE.{}", self.stream),
            Some(consumer) => format!("CONSUMER.DURABLE.CREATE.{}.{consumer}", self.stream),
        }
    }

    pub(super) fn update_subject(&self) -> String {
        match &self.consumer {
            None => format!("STREAM.UPDATE.{}", self.stream),
            // Creating a consumer that exists updates it.
            Some(_) => self.create_subject(),
        }
    }

    /// The request body that carries `config`.
    pub(super) fn envelope(&self, config: &Value) -> Value {
        match &self.consumer {
            None => config.clone(),
            Some(_) => json!({ "stream_name": self.stream, "config": config }),
        }
    }
}

/// Everything that should exist, streams before their consumers.
pub(super) fn wanted(config: &Config) -> Result<Vec<Asset>, TopologyError> {
    let mut assets = Vec::new();
    for (file, text) in STREAMS {
        let mut stream = parse(file, text)?;
        let name = name_of(&stream);
        for (key, value) in replaced(&name, config) {
            if let Some(fields) = stream.as_object_mut() {
                fields.insert(key.to_owned(), value.into());
            }
        }
        assets.push(Asset { config: stream, ..Asset::stream(&name) });
    }
    for (stream, consumer, (file, text)) in CONSUMERS {
        assets.push(Asset { config: parse(file, text)?, ..Asset::consumer(stream, consumer) });
    }
    Ok(assets)
}

/// Names of all streams.
pub(in crate::jetstream) fn streams() -> Result<Vec<String>, TopologyError> {
    let names = STREAMS.map(|(file, text)| parse(file, text).map(|stream| name_of(&stream)));
    names.into_iter().collect()
}

/// Subjects that a stream stores; none when there is no such stream.
pub(in crate::jetstream) fn subjects_of(name: &str) -> Result<Vec<String>, TopologyError> {
    let mut subjects = Vec::new();
    for (file, text) in STREAMS {
        let stream = parse(file, text)?;
        if name_of(&stream) == name {
            let listed = stream.get("subjects").and_then(Value::as_array).into_iter().flatten();
            subjects.extend(listed.filter_map(Value::as_str).map(str::to_owned));
        }
    }
    Ok(subjects)
}

/// Bytes that the broker reserves for all streams and their copies.
pub(in crate::jetstream) fn reserved_bytes(config: &Config) -> Result<u64, TopologyError> {
    let number = |stream: &Value, key: &str| stream.get(key).and_then(Value::as_u64).unwrap_or(0);
    let streams = wanted(config)?;
    let copies = streams.iter().filter(|asset| asset.consumer.is_none()).map(|asset| {
        number(&asset.config, "max_bytes").saturating_mul(number(&asset.config, "num_replicas"))
    });
    Ok(copies.fold(0, u64::saturating_add))
}

/// What the configuration puts in the place of a file's values.
fn replaced(stream: &str, config: &Config) -> Vec<(&'static str, u64)> {
    let keep = &config.retention;
    let mut values = vec![("num_replicas", config.broker.replicas as u64)];
    if stream == names::object_stream(Bucket::Uploads) {
        values.push(("max_age", keep.uploads_hours.saturating_mul(HOUR_NS)));
        values.push(("max_bytes", keep.uploads_max_bytes));
    } else if stream == names::object_stream(Bucket::Work) {
        values.push(("max_age", keep.work_hours.saturating_mul(HOUR_NS)));
        values.push(("max_bytes", keep.work_max_bytes));
    } else if [names::STATUS_STREAM, names::DUPLICATES_STREAM].contains(&stream) {
        values.push(("max_age", keep.status_hours.saturating_mul(HOUR_NS)));
    }
    values
}

fn name_of(stream: &Value) -> String {
    stream.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn parse(file: &'static str, text: &str) -> Result<Value, TopologyError> {
    serde_json::from_str(text)
        .map_err(|error| TopologyError::BadFile { file, reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jetstream::place::Place;
    use crate::jetstream::topology::{COMPATIBLE_KEY, REVISION, REVISION_KEY};

    fn all() -> Vec<Asset> {
        wanted(&Config::defaults().unwrap()).unwrap()
    }

    fn get(name: &str) -> Value {
        all().into_iter().find(|asset| asset.name == name).unwrap().config
    }

    #[test]
    fn every_file_carries_this_builds_revision() {
        for asset in all() {
            let metadata = &asset.config["metadata"];
            assert_eq!(metadata[REVISION_KEY], REVISION.to_string(), "{}", asset.name);
            assert!(metadata[COMPATIBLE_KEY].is_string(), "{}", asset.name);
        }
    }

    #[test]
    fn every_name_that_the_code_uses_has_its_file() {
        let names: Vec<String> = all().into_iter().map(|asset| asset.name).collect();
        for stage in StageName::ALL {
            assert!(names.contains(&names::job_stream(stage).to_owned()));
            assert!(names.contains(&Asset::consumer_of(stage).name));
        }
        for (stream, consumer) in webhooks::CONSUMERS {
            assert!(names.contains(&Asset::consumer(stream, consumer).name));
        }
        for stream in Place::STREAMS.into_iter().filter_map(Place::stream) {
            assert!(names.contains(&stream.to_owned()));
        }
    }

    #[test]
    fn a_job_is_removed_by_its_acknowledgement_and_an_event_is_stored_once() {
        for stage in StageName::ALL {
            let queue = get(names::job_stream(stage));
            assert_eq!(queue["retention"], "workqueue");
            assert_eq!(queue["discard"], "new");
        }
        let events = get(names::EVENTS_STREAM);
        assert_eq!(events["max_msgs_per_subject"], 1);
        assert_eq!(events["discard_new_per_subject"], true);
    }

    #[test]
    fn events_live_as_long_as_the_configuration_takes_them_to() {
        assert_eq!(get(names::EVENTS_STREAM)["max_age"], crate::config::EVENT_HOURS * HOUR_NS);
    }

    #[test]
    fn nothing_grows_without_a_limit() {
        for asset in all().into_iter().filter(|asset| asset.consumer.is_none()) {
            // A key is good until it expires or is revoked, as its record says.
            // An endpoint is there until its tenant removes it.
            let lasting = [names::KEYS_STREAM, webhooks::ENDPOINTS_STREAM];
            let limits: &[&str] = match lasting.contains(&asset.name.as_str()) {
                true => &["max_bytes", "max_msg_size"],
                false => &["max_bytes", "max_age"],
            };
            for limit in limits {
                assert!(asset.config[*limit].as_i64().unwrap() > 0, "{} {limit}", asset.name);
            }
        }
    }

    #[test]
    fn answers_to_repeated_requests_are_kept_as_long_as_clients_are_told() {
        let kept = get(names::IDEMPOTENCY_STREAM);
        assert_eq!(kept["max_age"], crate::idempotency::KEPT_HOURS * HOUR_NS);
        assert_eq!(kept["discard"], "old", "a client with many keys stops nobody's uploads");
    }

    #[test]
    fn counters_of_a_day_outlive_it() {
        let counters = get(names::QUOTA_STREAM);
        assert_eq!(counters["allow_msg_counter"], true);
        assert_eq!(counters["max_msgs_per_subject"], 1, "the last one is the total");
        // One that is added to all day is as old as its last message, one that is not is over.
        assert!(counters["max_age"].as_u64().unwrap() >= 24 * HOUR_NS);
    }

    #[test]
    fn nobody_takes_a_line_out_of_the_audit_trail() {
        let trail = get(names::AUDIT_STREAM);
        assert_eq!((&trail["deny_delete"], &trail["deny_purge"]), (&true.into(), &true.into()));
        assert_eq!(
            (&trail["allow_rollup_hdrs"], &trail["retention"]),
            (&false.into(), &"limits".into())
        );
        assert_eq!(trail["max_age"], crate::jetstream::audit::KEPT_DAYS * 24 * HOUR_NS);
    }

    #[test]
    fn no_consumer_has_a_backoff_list_which_would_inflate_our_retry_delays() {
        for asset in all() {
            assert!(asset.config.get("backoff").is_none(), "{}", asset.name);
        }
    }

    #[test]
    fn what_waits_for_one_webhook_does_not_keep_others_from_being_called() {
        let queue = get(webhooks::CALLBACKS_STREAM);
        let consumer = Asset::consumer(webhooks::CALLBACKS_STREAM, webhooks::CALLBACKS_CONSUMER);
        // Jobs that are due later count as pending, so as many may be pending as there can be.
        assert_eq!(get(&consumer.name)["max_ack_pending"], queue["max_msgs"]);
        // A delivery is in the log for as long as its event can be sent again.
        let events = get(names::EVENTS_STREAM);
        assert_eq!(get(webhooks::DELIVERIES_STREAM)["max_age"], events["max_age"]);
        let retries = Config::defaults().unwrap().webhooks.longest_delivery();
        assert!(queue["max_age"].as_u64().unwrap() / 1_000_000_000 > retries.as_secs());
    }

    #[test]
    fn the_configuration_replaces_replicas_retention_and_quotas() {
        let config = Config::defaults().unwrap().with("broker.replicas", 3).unwrap();
        let config = config.with("retention.work_hours", 5).unwrap();
        let config = config.with("retention.status_hours", 800).unwrap();
        for asset in wanted(&config).unwrap() {
            if asset.consumer.is_none() {
                assert_eq!(asset.config["num_replicas"], 3, "{}", asset.name);
            }
            if asset.name == names::object_stream(Bucket::Work) {
                assert_eq!(asset.config["max_age"], 5 * HOUR_NS);
            }
            if [names::STATUS_STREAM, names::DUPLICATES_STREAM].contains(&asset.name.as_str()) {
                assert_eq!(asset.config["max_age"], 800 * HOUR_NS, "{}", asset.name);
            }
        }
    }
}
