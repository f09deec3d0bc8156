//! `invoice-ocr submit FILE…`: sends documents, and with `--wait` prints what they say.

mod journal;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use self::journal::{Journal, Sent};
use super::batch::Batch;
use super::delivery::{Delivery, Waited};
use super::endpoint::{GatewayArgs, LONGEST_TIMEOUT_SECONDS};
use super::exporting::ExportArgs;
use super::interrupt::Interrupt;
use super::outcome::{Outcome, Seen};
use super::progress::Progress;
use super::read::{Languages, languages};
use super::source::{Source, Sources};
use super::{CommandError, Output, console, summary};
use crate::client::{Client, ClientError, Content, Taken, Upload, unreadable};
use crate::exit::Exit;

/// Arguments of `submit`.
#[derive(Args, Debug)]
pub(crate) struct SubmitArgs {
    /// Documents (PDF, JPEG, PNG, e-invoices in XML), folders of them, patterns in quotes; `-` is standard
    /// input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    gateway: GatewayArgs,
    /// Tesseract language codes in order of preference, e.g. "fra+eng" [default: the service's]
    #[arg(long, value_name = "CODES", value_parser = languages)]
    languages: Option<Languages>,
    /// Wait until the documents are read, and print what they say
    #[arg(long)]
    wait: bool,
    /// Longest wait for one document, and for a service that is busy
    #[arg(long, value_name = "SECONDS", default_value_t = 600,
          value_parser = clap::value_parser!(u64).range(..=LONGEST_TIMEOUT_SECONDS))]
    timeout: u64,
    /// Documents under way at once
    #[arg(long, value_name = "N", default_value_t = 4,
          value_parser = clap::value_parser!(u16).range(1..=256))]
    parallel: u16,
    /// Note in this file what was accepted, and do not send what is noted there: a run that was interrupted
    /// is taken up by the same command. By content, so moved and renamed files count too
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// Table: a row a file, or all fields of a single one. JSON: an array of the API's status
    /// answers, in the order of the files, each with `file` before it. NDJSON: the same, an object a
    /// line, as documents end
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Output,
    #[command(flatten)]
    export: ExportArgs,
    /// Exit with 3 when a result needs review
    #[arg(long, requires = "wait")]
    fail_on_review: bool,
}

/// What all uploads of a run share.
struct Run<'a> {
    args: &'a SubmitArgs,
    client: &'a Client,
    delivery: Delivery<'a>,
    journal: Option<Journal>,
    languages: String,
}

/// What became of a document.
enum Ended {
    /// It was only to be sent, or could not be.
    Sent(Result<Value, ClientError>),
    Waited(Waited),
}

/// Runs the command. The exit code is that of the file that fared worst.
///
/// # Errors
/// [`CommandError::Usage`] before anything is sent when a file is not there.
pub(crate) fn run(args: &SubmitArgs) -> Result<Exit, CommandError> {
    if args.export.is_wanted() && !args.wait {
        return Err(CommandError::Usage("--format needs --wait: there is no result before".into()));
    }
    let sources = Sources::find(&args.files)?;
    let journal = args.resume.as_deref().map(Journal::open).transpose()?;
    let client = args.gateway.client()?;
    let interrupt = Interrupt::listen()?;
    let run = Run {
        args,
        client: &client,
        delivery: Delivery::to(&client, &interrupt),
        journal,
        languages: args.languages.as_ref().map(Languages::query).unwrap_or_default(),
    };
    let batch = Batch {
        sources: &sources,
        parallel: args.parallel.into(),
        output: args.output,
        read: args.wait,
        export: &args.export,
        interrupt: &interrupt,
    };
    let done = batch.run(|source, progress| run.submit(source, progress))?;
    let interrupted = interrupt.is_set();
    if sources.all.len() > 1 || interrupted || sources.all.is_empty() {
        console::note(&summary::sent(&done, sources.left_out));
    }
    if interrupted && args.resume.is_some() {
        console::note("interrupted: the same command goes on where this one ended");
    } else if interrupted {
        console::note("interrupted: what is sent again is known and costs nothing but the upload");
    }
    Ok(done.exit(args.fail_on_review))
}

impl Run<'_> {
    /// `None`: somebody asked to end before it was sent.
    fn submit(&self, source: &Source, progress: &Progress) -> Option<Outcome> {
        let file = source.shown();
        let deadline = Instant::now() + Duration::from_secs(self.args.timeout);
        progress.note(&file, "uploading");
        let (ended, seen) = match self.pass(source, &file, deadline, progress, true)? {
            // What an earlier run sent has expired or was removed since.
            (
                Ended::Waited(Waited::Failed(ClientError::Refused { status: 404, .. })),
                Seen::ByJournal,
            ) => self.pass(source, &file, deadline, progress, false)?,
            ended => ended,
        };
        let outcome = match ended {
            Ended::Sent(sent) => Outcome::new(&file, sent),
            Ended::Waited(Waited::Ended(status)) => Outcome::new(&file, Ok(status)),
            Ended::Waited(Waited::Cut(cut, last)) => Outcome::cut(&file, last, cut),
            Ended::Waited(Waited::Failed(error)) => Outcome::new(&file, Err(error)),
        };
        Some(outcome.seen(seen))
    }

    /// Sends the document and waits for it, if it is to be waited for. Returns also whether it was new.
    fn pass(
        &self,
        source: &Source,
        file: &str,
        deadline: Instant,
        progress: &Progress,
        by_journal: bool,
    ) -> Option<(Ended, Seen)> {
        let (answer, seen) = match self.send(source, file, deadline, by_journal)? {
            Ok(taken) => taken,
            Err(error) => return Some((Ended::Sent(Err(error)), Seen::First)),
        };
        if !self.args.wait {
            return Some((Ended::Sent(Ok(answer)), seen));
        }
        let id = text(&answer, "id").to_owned();
        let waited = self.delivery.wait(&id, answer, Some(deadline), |status| {
            progress.note(file, &format!("{} ({})", text(status, "state"), text(status, "stage")));
        });
        Some((Ended::Waited(waited), seen))
    }

    /// Sends the document, unless the journal knows it and counts.
    fn send(
        &self,
        source: &Source,
        file: &str,
        deadline: Instant,
        by_journal: bool,
    ) -> Option<Result<(Value, Seen), ClientError>> {
        let mut from_stdin = Vec::new();
        let content = match source {
            Source::File(path) => Content::File(path),
            Source::Stdin => match std::io::stdin().lock().read_to_end(&mut from_stdin) {
                Ok(_) => Content::Bytes(&from_stdin),
                Err(error) => return Some(Err(unreadable(Path::new("standard input"), &error))),
            },
        };
        let noted = match &self.journal {
            None => None,
            Some(journal) => match self.noted(content) {
                Ok(sent) => Some((journal, sent)),
                Err(error) => return Some(Err(error)),
            },
        };
        if by_journal
            && let Some((journal, sent)) = &noted
            && let Some(id) = journal.id(sent)
        {
            return Some(Ok((json!({"id": id, "state": "accepted"}), Seen::ByJournal)));
        }
        let languages = Some(self.languages.as_str()).filter(|languages| !languages.is_empty());
        let upload = Upload { content, filename: source.name(), languages };
        let sent = self.delivery.send(&upload, deadline)?;
        if let (Ok(taken), Some((journal, sent))) = (&sent, &noted)
            && let Err(error) = journal.note(file, sent, text(&taken.answer, "id"))
        {
            // The document is there; only the next run will send it again.
            console::note(&format!("warning: the journal cannot be written: {error}"));
        }
        let seen =
            |taken: Taken| (taken.answer, if taken.new { Seen::First } else { Seen::ByService });
        Some(sent.map(seen))
    }

    /// What a journal knows an upload of `content` by.
    fn noted(&self, content: Content<'_>) -> Result<Sent, ClientError> {
        let mut hasher = blake3::Hasher::new();
        match content {
            Content::Bytes(bytes) => _ = hasher.update(bytes),
            Content::File(path) => {
                let hashed =
                    std::fs::File::open(path).and_then(|f| hasher.update_reader(f).map(drop));
                hashed.map_err(|error| unreadable(path, &error))?;
            }
        }
        let (service, languages) = (self.client.url().to_owned(), self.languages.clone());
        Ok(Sent { service, blake3: hasher.finalize().to_hex().to_string(), languages })
    }
}

fn text<'v>(answer: &'v Value, key: &str) -> &'v str {
    answer.get(key).and_then(Value::as_str).unwrap_or_default()
}
