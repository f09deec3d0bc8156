//! `invoice-ocr audit`: who did what.

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use common::audit::AuditRecord;
use common::id::Tenant;
use common::jetstream::broker::Broker;
use common::jetstream::topology;

use super::events::duration;
use super::operator::{self, OperatorArgs};
use super::table::{NOTHING, render};
use super::{CommandError, Output, console};
use crate::exit::Exit;

/// Columns of the table.
const HEADER: [&str; 8] =
    ["time", "actor", "tenant", "action", "object", "outcome", "peer", "request id"];

/// Arguments of `audit`.
#[derive(Args, Debug)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    operator: OperatorArgs,
    /// Begin this long ago, e.g. "90s", "1h", "720h" [default: with the oldest record]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    since: Option<SignedDuration>,
    /// Only what was done to this tenant's documents and keys
    #[arg(long)]
    tenant: Option<Tenant>,
    /// Table: a row a record. JSON: an array. NDJSON: an object a line, as they are read
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Output,
}

/// Runs the command. The oldest record comes first.
///
/// # Errors
/// [`CommandError`].
pub(crate) fn run(args: &AuditArgs) -> Result<Exit, CommandError> {
    let ago =
        |ago| Timestamp::now().checked_sub(ago).map_err(|e| CommandError::Usage(e.to_string()));
    let since = args.since.map(ago).transpose()?;
    operator::with_broker(&args.operator, async move |broker, _config| {
        topology::verify_gateway(&broker).await?;
        warn_if_cut_short(&broker, since).await?;
        print(&broker, since, args).await
    })
}

async fn print(
    broker: &Broker,
    since: Option<Timestamp>,
    args: &AuditArgs,
) -> Result<Exit, CommandError> {
    let (mut rows, mut objects) = (Vec::new(), Vec::new());
    let each = |record: AuditRecord| {
        if args.tenant.is_some() && args.tenant != record.tenant {
            return Ok(());
        }
        match args.output {
            Output::Table => rows.push(row(&record)),
            Output::Json => objects.push(json!(record)),
            Output::Ndjson => console::line(&json!(record).to_string())?,
        }
        Ok::<(), CommandError>(())
    };
    broker.audit_trail(since, each).await?;
    match args.output {
        Output::Table if !rows.is_empty() => console::line(&render(&HEADER, rows))?,
        Output::Json => console::json(&Value::Array(objects))?,
        Output::Table | Output::Ndjson => {}
    }
    Ok(Exit::Done)
}

fn row(record: &AuditRecord) -> Vec<String> {
    let or_nothing = |text: Option<String>| text.unwrap_or_else(|| NOTHING.to_owned());
    vec![
        format!("{:.3}", record.time),
        record.actor.to_string(),
        or_nothing(record.tenant.as_ref().map(Tenant::to_string)),
        record.action.as_str().to_owned(),
        record.object.to_string(),
        record.outcome.as_str().to_owned(),
        or_nothing(record.peer.map(|peer| peer.to_string())),
        or_nothing(record.request_id.clone()),
    ]
}

/// Says so when records had to go before their time: the list alone would not show it.
#[expect(clippy::print_stderr, reason = "commands speak to the person who started them")]
async fn warn_if_cut_short(broker: &Broker, since: Option<Timestamp>) -> Result<(), CommandError> {
    let state = broker.audit_state().await?;
    if let (true, Some(oldest)) = (state.cut_short, state.oldest_at)
        && since.is_none_or(|since| since < oldest)
    {
        eprintln!("warning: records from before {oldest:.0} had to make room for newer ones");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use common::audit::{AUDIT_VERSION, Action, Actor, Object, Outcome};

    use super::*;

    #[test]
    fn a_row_has_as_many_cells_as_the_header() {
        let record = AuditRecord {
            version: AUDIT_VERSION,
            time: Timestamp::UNIX_EPOCH,
            actor: Actor::Operator("uid:0".into()),
            tenant: None,
            action: Action::Replayed,
            object: Object::DeadLetter("unknown-7".into()),
            outcome: Outcome::Done,
            request_id: None,
            peer: Some([127, 0, 0, 1].into()),
        };
        let cells = row(&record);
        assert_eq!(cells.len(), HEADER.len());
        assert_eq!(
            cells[1..],
            ["operator uid:0", "-", "replayed", "unknown-7", "done", "127.0.0.1", "-"]
        );
    }
}
