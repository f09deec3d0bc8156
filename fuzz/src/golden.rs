//! A job and a status that targets and seeds begin with.

use common::job::{JOB_VERSION, Job};
use common::status::{StatusRecord, Upload};

/// CBOR of the job. Frozen: no version of the service may fail to read it.
pub const JOB: &[u8] = include_bytes!("../../crates/common/tests/golden/job-v1.cbor");

/// The job.
pub fn job() -> Job {
    Job::decode(JOB_VERSION, JOB).expect("the golden job")
}

/// The status of its document, which was just accepted.
pub fn queued() -> StatusRecord {
    let job = job();
    StatusRecord::accepted(Upload {
        id: job.id,
        tenant: job.tenant,
        content_hash: job.content_hash,
        media_type: job.media_type,
        filename: job.filename,
        options: job.options,
        correlation_id: job.correlation_id,
        original: job.input,
        received_at: job.received_at,
        generation: job.generation,
    })
}
