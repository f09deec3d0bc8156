//! What an operator's commands tell the audit trail. Always awaited: a deed without a record is an error.

use jiff::Timestamp;

use common::audit::{AUDIT_VERSION, Action, Actor, AuditRecord, Object, Outcome};
use common::error::StageError;
use common::id::Tenant;
use common::jetstream::broker::Broker;

use super::CommandError;

/// Tells the trail that whoever runs this command did something just now.
///
/// # Errors
/// [`CommandError::Broker`]: what was done is done, and the trail may not know of it.
pub(crate) async fn tell(
    broker: &Broker,
    tenant: Option<Tenant>,
    action: Action,
    object: Object,
    outcome: Outcome,
) -> Result<(), CommandError> {
    let record = AuditRecord {
        version: AUDIT_VERSION,
        time: Timestamp::now(),
        actor: Actor::Operator(format!("uid:{}", rustix::process::getuid().as_raw())),
        tenant,
        action,
        object,
        outcome,
        request_id: None,
        peer: None,
    };
    broker.audit(&record).await.map_err(|error| StageError::from(error).into())
}
