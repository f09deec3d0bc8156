//! Numbers that cannot work: zeros with which nothing would ever be done, and amounts that no clock counts to and no
//! machine does.

use super::{Config, ConfigError, StageSettings};

/// Longest of any time that is given in seconds: a year. Clocks add it without overflow, and nothing
/// here takes as long; milliseconds that were meant are noticed.
const LONGEST_SECONDS: u64 = 365 * 24 * 3600;

/// Most of anything that one process does at once. Each holds a document or a process of its own.
const MOST_AT_ONCE: u64 = 10_000;

/// Longest side of a page, pixels: Tesseract keeps coordinates in 16 bits with sign.
pub const MAX_PAGE_SIDE_PX: u32 = 32_767;

/// A number of the configuration, and what it may be.
struct Number {
    key: &'static str,
    value: u64,
    /// What would come of 0, where that is no good.
    zero: Option<&'static str>,
    /// The most that it may be, and why.
    most: Option<(u64, &'static str)>,
}

impl Number {
    fn new(key: &'static str, value: impl TryInto<u64>) -> Self {
        // What does not fit is more than any limit.
        let value = value.try_into().unwrap_or(u64::MAX);
        Self { key, value, zero: None, most: None }
    }

    /// A length of time.
    fn seconds(key: &'static str, value: u64) -> Self {
        Self::new(key, value).at_most(LONGEST_SECONDS, "longer than a year (31536000 seconds)")
    }

    /// How many at once.
    fn at_once(key: &'static str, value: usize) -> Self {
        Self::new(key, value).at_most(MOST_AT_ONCE, "no machine does so many (at most 10000)")
    }

    fn not_zero(self, reason: &'static str) -> Self {
        Self { zero: Some(reason), ..self }
    }

    fn at_most(self, most: u64, reason: &'static str) -> Self {
        Self { most: Some((most, reason)), ..self }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let Self { key, value, zero, most } = *self;
        let unusable = |reason| Err(ConfigError::unusable(key, &value, reason));
        match (zero, most) {
            (Some(reason), _) if value == 0 => unusable(reason),
            (_, Some((most, reason))) if value > most => unusable(reason),
            _ => Ok(()),
        }
    }
}

/// How the keys of a stage are called.
struct StageKeys {
    workers: &'static str,
    attempts: &'static str,
    retry_delays: &'static str,
    deadline: &'static str,
}

macro_rules! keys_of {
    ($stage:literal) => {
        StageKeys {
            workers: concat!("stages.", $stage, ".workers"),
            attempts: concat!("stages.", $stage, ".attempts"),
            retry_delays: concat!("stages.", $stage, ".retry_delays_seconds"),
            deadline: concat!("stages.", $stage, ".deadline_seconds"),
        }
    };
}

/// Refuses numbers with which a service would do nothing, or stop with a panic.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    let numbers = [of_services(config), of_documents(config), of_workers(config)];
    numbers.iter().flatten().try_for_each(Number::check)?;
    let stages = &config.stages;
    check_stage(&keys_of!("preprocess"), &stages.preprocess)?;
    check_stage(&keys_of!("ocr"), &stages.ocr)?;
    check_stage(&keys_of!("extract"), &stages.extract)?;
    let (orphans, patience) =
        (config.sweeper.orphans_after_seconds, config.broker.publish_patience_seconds);
    if orphans <= patience {
        let reason = "a document's bytes are there before its status is, for up to \
                      broker.publish_patience_seconds; removed meanwhile, it would be lost";
        return Err(ConfigError::unusable("sweeper.orphans_after_seconds", &orphans, reason));
    }
    Ok(())
}

fn of_services(config: &Config) -> Vec<Number> {
    let (broker, gateway) = (&config.broker, &config.gateway);
    let (sweeper, service) = (&config.sweeper, &config.service);
    let upload = "every upload would be refused";
    let batch = "every batch would be refused";
    vec![
        // 0: what is published is tried once.
        Number::seconds("broker.publish_patience_seconds", broker.publish_patience_seconds),
        Number::seconds("broker.object_timeout_seconds", broker.object_timeout_seconds)
            .not_zero("no object would ever be read"),
        Number::new("gateway.max_upload_bytes", gateway.max_upload_bytes).not_zero(upload),
        Number::at_once("gateway.max_concurrent_uploads", gateway.max_concurrent_uploads)
            .not_zero(upload),
        Number::new("gateway.max_batch_bytes", gateway.max_batch_bytes).not_zero(batch),
        Number::new("gateway.max_batch_files", gateway.max_batch_files).not_zero(batch),
        Number::seconds("gateway.upload_timeout_seconds", gateway.upload_timeout_seconds)
            .not_zero(upload),
        Number::seconds("gateway.accept_patience_seconds", gateway.accept_patience_seconds)
            .not_zero(upload),
        Number::seconds("sweeper.interval_seconds", sweeper.interval_seconds)
            .not_zero("the sweeper would do nothing else than look"),
        Number::seconds("sweeper.stuck_after_seconds", sweeper.stuck_after_seconds)
            .not_zero("every document would be taken for one that stands still"),
        Number::seconds("sweeper.orphans_after_seconds", sweeper.orphans_after_seconds),
        // 0: running work is handed back at once.
        Number::seconds("service.shutdown_grace_seconds", service.shutdown_grace_seconds),
    ]
}

fn of_documents(config: &Config) -> Vec<Number> {
    let limits = &config.limits;
    let (document, file) = ("every document would be refused", "every e-invoice would be refused");
    let side = "Tesseract cannot read longer ones (at most 32767)";
    vec![
        Number::new("limits.max_pages", limits.max_pages).not_zero(document),
        Number::new("limits.max_page_pixels", limits.max_page_pixels).not_zero(document),
        Number::new("limits.max_document_pixels", limits.max_document_pixels).not_zero(document),
        Number::new("limits.max_page_side_px", limits.max_page_side_px)
            .not_zero(document)
            .at_most(MAX_PAGE_SIDE_PX.into(), side),
        Number::new("limits.max_embedded_xml_bytes", limits.max_embedded_xml_bytes).not_zero(file),
    ]
}

fn of_workers(config: &Config) -> Vec<Number> {
    let worker = &config.worker;
    let (none, page) = ("no worker would ever be ready", "no page would ever be done");
    let again = "every worker would be replaced after each page";
    vec![
        Number::new("worker.memory_bytes", worker.memory_bytes).not_zero(none),
        Number::seconds("worker.cpu_seconds_per_page", worker.cpu_seconds_per_page).not_zero(page),
        Number::seconds("worker.wall_seconds_per_page", worker.wall_seconds_per_page)
            .not_zero(page),
        Number::seconds("worker.start_seconds", worker.start_seconds).not_zero(none),
        Number::new("worker.max_documents", worker.max_documents).not_zero(again),
        Number::new("worker.max_resident_bytes", worker.max_resident_bytes).not_zero(again),
    ]
}

fn check_stage(keys: &StageKeys, stage: &StageSettings) -> Result<(), ConfigError> {
    if stage.retry_delays_seconds.is_empty() {
        return Err(ConfigError::unusable(keys.retry_delays, &"[]", "give at least one delay"));
    }
    // 0: at once.
    let delays =
        stage.retry_delays_seconds.iter().map(|delay| Number::seconds(keys.retry_delays, *delay));
    let others = [
        // 0: one for each core.
        Number::at_once(keys.workers, stage.workers),
        Number::new(keys.attempts, stage.attempts).not_zero("every document would fail untried"),
        Number::seconds(keys.deadline, stage.deadline_seconds)
            .not_zero("every attempt would time out"),
    ];
    delays.chain(others).try_for_each(|number| number.check())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key that is refused when `key` has `value`.
    fn refused(key: &str, value: u64) -> Option<&'static str> {
        match Config::defaults().unwrap().with(key, value) {
            Ok(_) => None,
            Err(ConfigError::Unusable { key, .. }) => Some(key),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn zeros_with_which_nothing_would_be_done_are_refused_by_name() {
        for key in [
            "broker.object_timeout_seconds",
            "gateway.max_upload_bytes",
            "gateway.max_concurrent_uploads",
            "gateway.max_batch_bytes",
            "gateway.max_batch_files",
            "gateway.upload_timeout_seconds",
            "gateway.accept_patience_seconds",
            "limits.max_pages",
            "limits.max_page_pixels",
            "limits.max_document_pixels",
            "limits.max_page_side_px",
            "limits.max_embedded_xml_bytes",
            "worker.memory_bytes",
            "worker.cpu_seconds_per_page",
            "worker.wall_seconds_per_page",
            "worker.start_seconds",
            "worker.max_documents",
            "worker.max_resident_bytes",
            "stages.preprocess.attempts",
            "stages.ocr.attempts",
            "stages.extract.deadline_seconds",
            "sweeper.interval_seconds",
            "sweeper.stuck_after_seconds",
            "sweeper.orphans_after_seconds",
        ] {
            assert_eq!((refused(key, 0), refused(key, 61)), (Some(key), None), "{key}");
        }
        for key in [
            "broker.publish_patience_seconds",
            "service.shutdown_grace_seconds",
            "stages.ocr.workers",
            "gateway.rate.requests_per_minute",
        ] {
            assert_eq!(refused(key, 0), None, "{key}");
        }
    }

    #[test]
    fn amounts_beyond_clocks_and_machines_are_refused_by_name() {
        for (key, most) in [
            ("broker.publish_patience_seconds", 3_599),
            ("worker.wall_seconds_per_page", LONGEST_SECONDS),
            ("stages.ocr.deadline_seconds", LONGEST_SECONDS),
            ("sweeper.stuck_after_seconds", LONGEST_SECONDS),
            ("service.shutdown_grace_seconds", LONGEST_SECONDS),
            ("stages.ocr.workers", MOST_AT_ONCE),
            ("gateway.max_concurrent_uploads", MOST_AT_ONCE),
            ("limits.max_page_side_px", MAX_PAGE_SIDE_PX.into()),
        ] {
            assert_eq!(refused(key, most), None, "{key}");
            assert!(refused(key, most + 1).is_some(), "{key}");
        }
    }

    #[test]
    fn every_delay_of_a_stage_counts_and_there_is_one() {
        let delays = |delays: Vec<u64>| {
            Config::defaults().unwrap().with("stages.extract.retry_delays_seconds", delays)
        };
        assert!(delays(vec![0, LONGEST_SECONDS]).is_ok());
        for bad in [vec![], vec![0, LONGEST_SECONDS + 1]] {
            let error = delays(bad).unwrap_err().to_string();
            assert!(error.contains("stages.extract.retry_delays_seconds"), "{error}");
        }
    }
}
