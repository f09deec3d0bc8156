//! `invoice-ocr submit FILE…`: uploads files, waits for what they say.

mod progress;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;

use self::progress::Progress;
use super::endpoint::GatewayArgs;
use super::outcome::Outcome;
use super::table::{detail, overview, render};
use super::{CommandError, Output, console};
use crate::client::{Client, ClientError};
use crate::exit::Exit;

/// A digital one-page invoice takes about this long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// A scan of many pages takes minutes: asking more often than this only makes work.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long the service may be away, as in a restart, while a document is waited for.
const AWAY: Duration = Duration::from_secs(30);

/// Arguments of `submit`.
#[derive(Args, Debug)]
pub(crate) struct SubmitArgs {
    /// Documents: PDF, JPEG, PNG or e-invoices in XML
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    gateway: GatewayArgs,
    /// Wait until the documents are read, and print what they say
    #[arg(long)]
    wait: bool,
    /// Longest wait for one document
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    timeout: u64,
    /// Documents under way at once
    #[arg(long, value_name = "N", default_value_t = 4,
          value_parser = clap::value_parser!(u16).range(1..=256))]
    parallel: u16,
    /// Table: a row a file, or all fields of a single one. JSON: an array of the API's status
    /// answers, in the order of the files, each with `file` before it. NDJSON: the same, an object a
    /// line, as documents end
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Output,
    /// Exit with 3 when a result needs review
    #[arg(long, requires = "wait")]
    fail_on_review: bool,
}

/// Runs the command. The exit code is that of the file that fared worst.
///
/// # Errors
/// [`CommandError::Usage`] before anything is sent when a file is not there.
pub(crate) fn run(args: &SubmitArgs) -> Result<Exit, CommandError> {
    let missing = args.files.iter().find(|path| !path.is_file());
    if let Some(path) = missing {
        return Err(CommandError::Usage(format!("{}: no such file", path.display())));
    }
    let client = args.gateway.client()?;
    let progress = Progress::new(args.files.len());
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut outcomes: Vec<(usize, Outcome)> = Vec::new();
    scope(|threads| {
        for _ in 0..args.files.len().min(args.parallel.into()) {
            let (sender, next, client, progress) = (sender.clone(), &next, &client, &progress);
            threads.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = args.files.get(index) else { return };
                    let outcome = submit(client, path, args, progress);
                    // Nobody listens any more once standard output is closed.
                    if sender.send((index, outcome)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (index, outcome) in receiver {
            progress.ended();
            if args.output == Output::Ndjson {
                progress.suspend(|| console::line(&outcome.json().to_string()))?;
            }
            outcomes.push((index, outcome));
        }
        Ok::<(), CommandError>(())
    })?;
    progress.finish();
    outcomes.sort_by_key(|(index, _)| *index);
    let outcomes: Vec<Outcome> = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    print(args, &outcomes)?;
    let exits = outcomes.iter().map(|outcome| outcome.exit(args.fail_on_review));
    Ok(exits.max().unwrap_or(Exit::Done))
}

fn submit(client: &Client, path: &Path, args: &SubmitArgs, progress: &Progress) -> Outcome {
    let file = path.display().to_string();
    let deadline = Instant::now() + Duration::from_secs(args.timeout);
    progress.note(&file, "uploading");
    let accepted = match client.upload(path, deadline) {
        Ok(answer) if args.wait => answer,
        ended => return Outcome::new(&file, ended),
    };
    let id = accepted.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut last = accepted;
    let mut pause = FIRST_PAUSE;
    let mut away_since = None;
    loop {
        match client.status(&id) {
            Ok(answer) => {
                away_since = None;
                let text = |key| answer.get(key).and_then(Value::as_str).unwrap_or_default();
                if matches!(text("state"), "completed" | "failed") {
                    return Outcome::new(&file, Ok(answer));
                }
                progress.note(&file, &format!("{} ({})", text("state"), text("stage")));
                last = answer;
            }
            Err(error) => {
                let since = *away_since.get_or_insert_with(Instant::now);
                if !passes(&error) || since.elapsed() > AWAY {
                    return Outcome::new(&file, Err(error));
                }
            }
        }
        if Instant::now() + pause > deadline {
            return Outcome::timed_out(&file, last);
        }
        sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Whether a service that restarts, or a proxy before it, answers so.
fn passes(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable { .. } => true,
        ClientError::Refused { status, .. } => matches!(status, 429 | 502..=504),
        ClientError::Unreadable { .. } | ClientError::NotTheService { .. } => false,
    }
}

fn print(args: &SubmitArgs, outcomes: &[Outcome]) -> Result<(), CommandError> {
    let answer = outcomes.first().and_then(Outcome::answer);
    match (args.output, outcomes, answer) {
        // Printed as they ended.
        (Output::Ndjson, ..) => Ok(()),
        (Output::Json, ..) => console::json(&outcomes.iter().map(Outcome::json).collect()),
        (Output::Table, [outcome], Some(_)) if args.wait => {
            console::line(&detail::document(&outcome.json()))
        }
        (Output::Table, ..) => {
            let (header, rows) =
                if args.wait { overview::read(outcomes) } else { overview::sent(outcomes) };
            console::line(&render(&header, rows))
        }
    }
}
