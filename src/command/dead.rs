//! `invoice-ocr dead list|show|replay|discard`.

mod present;

use clap::{Args, Subcommand};

use common::audit::{Action, Object, Outcome};
use common::id::{DocumentId, Tenant};
use common::jetstream::broker::Broker;
use common::jetstream::dead_letters::{DeadLetterError, Kept};
use common::jetstream::topology;

use super::error::of_dead_letter;
use super::operator::{self, OperatorArgs};
use super::table::render;
use super::{CommandError, Output, console, witness};
use crate::exit::Exit;

/// Arguments of `dead`.
#[derive(Args, Debug)]
pub(crate) struct DeadArgs {
    #[command(flatten)]
    operator: OperatorArgs,
    #[command(subcommand)]
    action: DeadAction,
}

#[derive(Subcommand, Debug)]
enum DeadAction {
    /// List dead letters, oldest first
    #[command(after_help = "Examples:
  invoice-ocr dead list
  invoice-ocr dead list --output ndjson | jq -r 'select(.code == \"timeout\").name'")]
    List {
        /// How to print
        #[arg(long, short, value_enum, value_name = "FORMAT", default_value = "table")]
        output: Output,
    },
    /// Print everything about one, with its original message decoded, as JSON
    #[command(after_help = "Examples:
  invoice-ocr dead show NAME
  invoice-ocr dead show NAME | jq .job.filename")]
    Show {
        /// Name in `dead list`
        name: String,
    },
    /// Process the document once more, as its next generation
    #[command(after_help = "Examples:
  invoice-ocr dead replay NAME
  invoice-ocr dead replay --all --yes")]
    Replay(Chosen),
    /// Remove dead letters; their documents stay failed
    #[command(after_help = "Examples:
  invoice-ocr dead discard NAME
  invoice-ocr dead discard --all --yes")]
    Discard(Chosen),
}

#[derive(Args, Debug)]
struct Chosen {
    /// Name in `dead list`
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    name: Option<String>,
    /// All of them
    #[arg(long, requires = "yes")]
    all: bool,
    /// Do not ask: --all is meant
    #[arg(long)]
    yes: bool,
}

/// Runs the command.
///
/// # Errors
/// [`CommandError`]; exit code 4 for a letter that is not there.
pub(crate) fn run(args: &DeadArgs) -> Result<Exit, CommandError> {
    operator::with_broker(&args.operator, async |broker, _config| {
        topology::verify(&broker, None).await?;
        act(&broker, &args.action).await
    })
}

async fn act(broker: &Broker, action: &DeadAction) -> Result<Exit, CommandError> {
    match action {
        DeadAction::List { output } => list(&broker.dead_letters().await?, *output),
        DeadAction::Show { name } => {
            console::json(&present::whole(&broker.dead_letter(name).await?))?;
            Ok(Exit::Done)
        }
        DeadAction::Replay(chosen) => {
            for_each(broker, chosen, Action::Replayed, async |name| {
                Ok(match broker.replay(name).await? {
                    Some(generation) => format!("replayed {name} as generation {generation}"),
                    None => format!("published {name} again as it was"),
                })
            })
            .await
        }
        DeadAction::Discard(chosen) => {
            for_each(broker, chosen, Action::Discarded, async |name| {
                broker.discard(name).await?;
                Ok(format!("discarded {name}"))
            })
            .await
        }
    }
}

fn list(kept: &[Kept], output: Output) -> Result<Exit, CommandError> {
    match output {
        Output::Table if kept.is_empty() => {}
        Output::Table => {
            let rows = kept.iter().map(|kept| present::row(kept).to_vec()).collect();
            console::line(&render(&present::HEADER, rows))?;
        }
        Output::Json => console::json(&kept.iter().map(present::short).collect())?,
        Output::Ndjson => {
            for kept in kept {
                console::line(&present::short(kept).to_string())?;
            }
        }
    }
    Ok(Exit::Done)
}

/// Does `work` to each chosen letter, goes on after one that cannot be dealt with, and ends with
/// the worst exit code. Stops when the broker goes away.
#[expect(clippy::print_stderr, reason = "commands speak to the person who started them")]
async fn for_each(
    broker: &Broker,
    chosen: &Chosen,
    action: Action,
    work: impl AsyncFn(&str) -> Result<String, DeadLetterError>,
) -> Result<Exit, CommandError> {
    let mut names: Vec<String> = match &chosen.name {
        Some(name) => vec![name.clone()],
        None => broker.dead_letters().await?.into_iter().map(|kept| kept.name).collect(),
    };
    // A document that died in two generations has two letters of one name.
    names.sort();
    names.dedup();
    let mut worst = Exit::Done;
    for name in names {
        // Before it is gone.
        let (tenant, object) = described(broker, &name).await?;
        let done = work(&name).await;
        witness::tell(broker, tenant, action, object, outcome(&done)).await?;
        match done {
            Ok(done) => console::line(&done)?,
            Err(DeadLetterError::Broker(error)) => return Err(error.into()),
            Err(error) => {
                eprintln!("error: {error}");
                worst = worst.max(of_dead_letter(&error));
            }
        }
    }
    Ok(worst)
}

/// What the audit trail calls a letter, and whose document it is about.
async fn described(broker: &Broker, name: &str) -> Result<(Option<Tenant>, Object), CommandError> {
    let Ok(id) = name.parse::<DocumentId>() else {
        return Ok((None, Object::DeadLetter(name.to_owned())));
    };
    let tenant = match broker.dead_letter(name).await {
        Ok(kept) => kept.letter.tenant,
        Err(DeadLetterError::Broker(error)) => return Err(error.into()),
        // A document is replayed without its letter, too.
        Err(_) => broker.status(&id).await?.map(|record| record.tenant),
    };
    Ok((tenant, Object::Document(id)))
}

fn outcome<T>(done: &Result<T, DeadLetterError>) -> Outcome {
    match done {
        Ok(_) => Outcome::Done,
        Err(DeadLetterError::NotFound(_) | DeadLetterError::NoStatus(_)) => Outcome::NotFound,
        Err(DeadLetterError::NotFailed { .. } | DeadLetterError::Broker(_)) => Outcome::Failed,
    }
}
