//! `invoice-ocr story ID`: everything that is still known of one document, in the order of time.

mod about;
mod now;
mod present;
mod steps;

use clap::Args;
use jiff::Timestamp;

use common::audit::AuditRecord;
use common::id::DocumentId;
use common::jetstream::audit::TrailState;
use common::jetstream::broker::Broker;
use common::jetstream::history::History;
use common::jetstream::survey::Queue;
use common::jetstream::topology;
use common::stage::StageName;

use self::about::About;
use self::now::Now;
use self::steps::Step;
use super::operator::{self, OperatorArgs};
use super::{CommandError, Output, console};
use crate::exit::Exit;

/// Arguments of `story`.
#[derive(Args, Debug)]
pub(crate) struct StoryArgs {
    /// The document's id, as `submit` and `dead list` print it
    #[arg(value_name = "ID", value_parser = id)]
    id: DocumentId,
    #[command(flatten)]
    operator: OperatorArgs,
    /// Table: a row a step. JSON and NDJSON: one object
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Output,
    /// Short for --output json
    #[arg(long, conflicts_with = "output")]
    json: bool,
}

/// What was found, as it was found.
struct Found {
    id: DocumentId,
    history: History,
    audit: Vec<AuditRecord>,
    trail: TrailState,
    /// The queue of the stage that the document waits for.
    queue: Option<Queue>,
    /// When it was looked at.
    at: Timestamp,
}

/// A document's story.
struct Story {
    about: About,
    steps: Vec<Step>,
    now: Now,
    /// What nobody knows any more.
    forgotten: Vec<String>,
}

impl Story {
    fn of(found: &Found) -> Self {
        Self {
            about: about::about(found),
            steps: steps::steps(&found.history, &found.audit),
            now: now::now(found),
            forgotten: now::forgotten(found),
        }
    }
}

/// Runs the command. Never shows what the document says.
///
/// # Errors
/// [`CommandError`]; exit code 4 for an id that nothing is known of.
pub(crate) fn run(args: &StoryArgs) -> Result<Exit, CommandError> {
    let output = if args.json { Output::Json } else { args.output };
    operator::with_broker(&args.operator, async move |broker, _config| {
        topology::verify_gateway(&broker).await?;
        let found = find(&broker, &args.id).await?;
        if found.history.is_empty() && found.audit.is_empty() {
            return Err(CommandError::NoSuchDocument(args.id.clone()));
        }
        let story = Story::of(&found);
        match output {
            Output::Table => console::line(&present::text(&story))?,
            Output::Json => console::json(&present::object(&story))?,
            Output::Ndjson => console::line(&present::object(&story).to_string())?,
        }
        Ok(Exit::Done)
    })
}

async fn find(broker: &Broker, id: &DocumentId) -> Result<Found, CommandError> {
    let history = broker.history(id).await?;
    let tenant = about::tenant(&history);
    let audit = broker.audit_trail_of(id, tenant.as_ref()).await?;
    let trail = broker.audit_state().await?;
    let queue = match now::awaited(&history) {
        // Without it the story is told with a word less.
        Some(stage) => queue(broker, stage).await,
        None => None,
    };
    Ok(Found { id: id.clone(), history, audit, trail, queue, at: Timestamp::now() })
}

async fn queue(broker: &Broker, stage: StageName) -> Option<Queue> {
    broker.queue(stage).await.ok()
}

fn id(text: &str) -> Result<DocumentId, String> {
    text.parse().map_err(|error| format!("{error}"))
}
