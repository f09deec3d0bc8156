//! What is known of the document as a whole: from its status, or else from any message that is left.

use std::collections::BTreeSet;

use jiff::Timestamp;

use common::id::{DocumentId, Tenant};
use common::jetstream::history::{History, Standing};
use common::job::{JOB_VERSION, Job};
use common::object::Bucket;
use common::page::MediaType;
use common::telemetry::trace::TRACEPARENT;

use super::Found;

/// Length of a trace's id, hexadecimal digits (W3C Trace Context).
const TRACE_ID_LEN: usize = 32;

/// The document as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct About {
    pub(super) id: DocumentId,
    pub(super) tenant: Option<Tenant>,
    pub(super) media_type: Option<MediaType>,
    /// Length of the original, bytes.
    pub(super) bytes: Option<u64>,
    pub(super) received_at: Option<Timestamp>,
    /// The newest one that is known of.
    pub(super) generation: u32,
    /// How often something was lost between stages and made again.
    pub(super) remakes: Option<u32>,
    pub(super) correlation_id: Option<String>,
    /// Traces that its messages belong to.
    pub(super) trace_ids: BTreeSet<String>,
}

/// Sums up what was found.
pub(super) fn about(found: &Found) -> About {
    let history = &found.history;
    let mut about = About {
        id: found.id.clone(),
        tenant: tenant(history),
        media_type: None,
        bytes: None,
        received_at: None,
        generation: generation(history),
        remakes: None,
        correlation_id: None,
        trace_ids: trace_ids(history),
    };
    if let Standing::Live { record, .. } = &history.standing {
        about.media_type = Some(record.media_type);
        about.bytes = Some(record.original.size_bytes);
        about.received_at = Some(record.received_at);
        about.remakes = Some(record.remakes);
        about.correlation_id = Some(record.correlation_id.clone());
        return about;
    }
    if let Some(job) = jobs(history).last() {
        about.media_type = Some(job.media_type);
        about.received_at = Some(job.received_at);
        about.correlation_id = Some(job.correlation_id);
    }
    let original = history.objects.iter().find(|object| object.bucket == Bucket::Uploads);
    about.bytes = original.map(|object| object.bytes);
    let by_event = history.events.last().and_then(|event| event.correlation_id.clone());
    about.correlation_id = about.correlation_id.or(by_event);
    about
}

/// Whose document it is; `None` when nothing says so.
pub(super) fn tenant(history: &History) -> Option<Tenant> {
    let by_status = match &history.standing {
        Standing::Live { record, .. } => Some(record.tenant.clone()),
        Standing::Erased { tenant, .. } => tenant.clone(),
        Standing::Nothing => None,
    };
    let by_event = || history.events.iter().find_map(|event| event.tenant.clone());
    let by_job = || jobs(history).next().map(|job| job.tenant);
    by_status.or_else(by_event).or_else(by_job)
}

fn generation(history: &History) -> u32 {
    let by_status = match &history.standing {
        Standing::Live { record, .. } => record.generation,
        Standing::Erased { generation, .. } => *generation,
        Standing::Nothing => 0,
    };
    let by_event = history.events.iter().map(|event| event.generation);
    let by_letter = history.letters.iter().map(|kept| kept.letter.generation);
    by_event.chain(by_letter).max().unwrap_or(0).max(by_status)
}

/// Jobs that wait, and those that dead letters keep.
fn jobs(history: &History) -> impl Iterator<Item = Job> {
    let waiting = history.jobs.iter().filter_map(|kept| kept.job.clone());
    let dead = history.letters.iter().filter_map(|kept| {
        // Of another version it is a dead letter because nobody can read it.
        Job::decode(JOB_VERSION, &kept.letter.payload).ok()
    });
    waiting.chain(dead)
}

fn trace_ids(history: &History) -> BTreeSet<String> {
    let of_jobs = history.jobs.iter().filter_map(|kept| kept.message.traceparent.as_deref());
    let of_events = history.events.iter().filter_map(|event| event.message.traceparent.as_deref());
    let headers = history.letters.iter().flat_map(|kept| &kept.letter.headers);
    let of_letters = headers
        .filter(|(name, _)| name.eq_ignore_ascii_case(TRACEPARENT))
        .map(|(_, value)| value.as_str());
    of_jobs.chain(of_events).chain(of_letters).filter_map(trace_id).collect()
}

/// The trace's id in a `traceparent` header, `00-<trace>-<span>-<flags>`; `None` for what is none.
fn trace_id(header: &str) -> Option<String> {
    let mut parts = header.split('-');
    let (version, trace) = (parts.next()?, parts.next()?);
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let legal = version.len() == 2 && hex(version) && version != "ff";
    let known = trace.len() == TRACE_ID_LEN && hex(trace) && trace.bytes().any(|b| b != b'0');
    (legal && known && parts.next().is_some()).then(|| trace.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_known_by_its_header() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let header = format!("00-{trace}-00f067aa0ba902b7-01");
        assert_eq!(trace_id(&header).as_deref(), Some(trace));
        for bad in [
            "",
            "00-4bf92f",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(trace_id(bad), None, "{bad}");
        }
    }
}
