//! `invoice-ocr watch DIR`: what is put into a folder is read and moved on, with its result beside it.
//!
//! The folder is looked through every second instead of being told of changes: many such folders are network
//! shares, where nobody tells what other machines do. There is no other memory than the folders themselves: a
//! file stays where it is until its result is on disk, and what is sent a second time the service knows.

mod pending;
mod shelf;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread::scope;
use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use self::pending::{Pending, Signature};
use self::shelf::{PutError, Shelf};
use super::delivery::{Delivery, Waited, passes};
use super::endpoint::GatewayArgs;
use super::interrupt::Interrupt;
use super::outcome::Outcome;
use super::read::{Languages, languages};
use super::table::overview;
use super::{CommandError, Output, console};
use crate::client::{ClientError, Content, Upload};
use crate::exit::Exit;

/// Between two looks at the folder: soon for people, and no load for a file server.
const LOOK: Duration = Duration::from_secs(1);

/// Before a file is tried again that could not be sent, since the service was away or busy.
const RETRY: Duration = Duration::from_secs(10);

/// Before a file is tried again for which there is no quota left today: a try sends the whole file.
const QUOTA_RETRY: Duration = Duration::from_secs(15 * 60);

/// How long one try may wait for a busy service.
const PATIENCE: Duration = Duration::from_secs(60);

/// Arguments of `watch`.
#[derive(Args, Debug)]
pub(crate) struct WatchArgs {
    /// The folder. What is in folders in it is left alone, and so are hidden files, empty ones, and those whose
    /// name ends as programs end it that are still writing (.part, .tmp, .crdownload, …)
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    gateway: GatewayArgs,
    /// Where files go that were read [default: done, in the folder]
    #[arg(long, value_name = "DIR")]
    done: Option<PathBuf>,
    /// Where files go that were refused or could not be read [default: failed, in the folder]
    #[arg(long, value_name = "DIR")]
    failed: Option<PathBuf>,
    /// Take a file once its size and its time have been the same for so long
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    settle: u64,
    /// Tesseract language codes in order of preference, e.g. "fra+eng" [default: the service's]
    #[arg(long, value_name = "CODES", value_parser = languages)]
    languages: Option<Languages>,
    /// Documents under way at once
    #[arg(long, value_name = "N", default_value_t = 4,
          value_parser = clap::value_parser!(u16).range(1..=256))]
    parallel: u16,
    /// End when what is there now has been done
    #[arg(long)]
    once: bool,
    /// Table: a line a file. JSON and NDJSON: an object a line, the API's status answer with `file` and
    /// `moved_to` before it, which is what the result's file holds
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Output,
}

/// What became of a file.
enum Fate {
    /// It was moved, with its result beside it.
    Moved { outcome: Outcome, to: PathBuf },
    /// It is where it was, and is tried again after so long.
    Kept { why: String, retry: Duration },
    /// Somebody wrote to it, or took it away, meanwhile: it is a new file, or none.
    Changed,
    /// It is where it was, and no other file would fare better.
    Hopeless(ClientError),
}

/// What the threads that do the work share.
struct Work<'a> {
    delivery: Delivery<'a>,
    languages: Option<String>,
    done: Shelf,
    failed: Shelf,
}

/// Runs until Ctrl-C, or with `--once` until nothing is left to do.
///
/// # Errors
/// [`CommandError`] where a folder cannot be used, another `watch` is at work there, or the service does not
/// take who asks.
pub(crate) fn run(args: &WatchArgs) -> Result<Exit, CommandError> {
    let folder = args.folder.as_path();
    let _lock = shelf::lock(folder)?;
    let shelf = |given: &Option<PathBuf>, name: &str| {
        Shelf::open(given.clone().unwrap_or_else(|| folder.join(name)))
    };
    let client = args.gateway.client()?;
    let interrupt = Interrupt::listen()?;
    let work = Work {
        delivery: Delivery::to(&client, &interrupt),
        languages: args.languages.as_ref().map(Languages::query),
        done: shelf(&args.done, "done")?,
        failed: shelf(&args.failed, "failed")?,
    };
    if !args.once {
        console::note(&format!("watching {}; Ctrl-C ends it", folder.display()));
    }
    let (to_do, tasks) = mpsc::channel::<(PathBuf, Signature)>();
    let (told, fates) = mpsc::channel();
    let tasks = Mutex::new(tasks);
    scope(|threads| {
        for _ in 0..args.parallel {
            let (tasks, told, work) = (&tasks, told.clone(), &work);
            threads.spawn(move || {
                while let Some((path, signature)) = next(tasks) {
                    let fate = work.take(&path, signature);
                    if told.send((path, fate)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(told);
        let outcome = oversee(args, &interrupt, &to_do, &fates);
        // Whoever waits for a document is woken.
        interrupt.set();
        drop(to_do);
        for (_, fate) in fates {
            // What moved in the last moment is told too.
            if let (Fate::Moved { outcome, to }, Ok(_)) = (&fate, &outcome) {
                tell(args.output, outcome, to)?;
            }
        }
        outcome
    })
}

/// The next file, once there is one. `None`: there will be no more.
fn next(tasks: &Mutex<mpsc::Receiver<(PathBuf, Signature)>>) -> Option<(PathBuf, Signature)> {
    tasks.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Hands out files and tells what became of them.
fn oversee(
    args: &WatchArgs,
    interrupt: &Interrupt,
    to_do: &mpsc::Sender<(PathBuf, Signature)>,
    fates: &mpsc::Receiver<(PathBuf, Fate)>,
) -> Result<Exit, CommandError> {
    let mut pending = Pending::after(Duration::from_secs(args.settle));
    let mut busy: HashSet<PathBuf> = HashSet::new();
    let mut worst = Exit::Done;
    let mut trouble: Option<String> = None;
    while !interrupt.is_set() {
        let there = pending::look(&args.folder)
            .map_err(|error| CommandError::Usage(format!("{}: {error}", args.folder.display())))?;
        for (path, signature) in pending.ready(there, Instant::now(), &busy) {
            busy.insert(path.clone());
            // The threads that receive live as long as this function.
            if to_do.send((path, signature)).is_err() {
                return Err(CommandError::Internal("nobody takes files any more".to_owned()));
            }
        }
        let nothing_left = busy.is_empty() && pending.is_empty();
        if args.once && nothing_left {
            return Ok(worst);
        }
        let until = Instant::now() + LOOK;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            // Also to be woken by Ctrl-C within a moment.
            let Ok((path, fate)) = fates.recv_timeout(left.min(LOOK / 10)) else {
                if interrupt.is_set() { break } else { continue }
            };
            busy.remove(&path);
            match fate {
                Fate::Moved { outcome, to } => {
                    trouble = None;
                    pending.forget(&path);
                    worst = worst.max(outcome.exit(false));
                    tell(args.output, &outcome, &to)?;
                }
                Fate::Kept { why, .. } if args.once => {
                    console::note(&format!("{}: left in place: {why}", path.display()));
                    pending.give_up(&path);
                    worst = worst.max(Exit::Unavailable);
                }
                Fate::Kept { why, retry } => {
                    // Once, not for each file and each try.
                    if trouble.as_ref() != Some(&why) {
                        console::note(&format!("files stay where they are for now: {why}"));
                        trouble = Some(why);
                    }
                    pending.postpone(&path, Instant::now() + retry);
                }
                Fate::Changed => pending.forget(&path),
                Fate::Hopeless(error) => return Err(error.into()),
            }
        }
    }
    Ok(if args.once { worst.max(Exit::Interrupted) } else { Exit::Done })
}

impl Work<'_> {
    /// Has the file read, and moves it.
    fn take(&self, path: &Path, signature: Signature) -> Fate {
        let file = path.display().to_string();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let upload = Upload {
            content: Content::File(path),
            filename: name,
            languages: self.languages.as_deref(),
        };
        let sent = self.delivery.send(&upload, Instant::now() + PATIENCE);
        let ended = match sent {
            None => return interrupted(),
            Some(Err(error)) => Err(error),
            Some(Ok(taken)) => {
                let id = taken.answer.get("id").and_then(Value::as_str).unwrap_or_default();
                match self.delivery.wait(id, taken.answer.clone(), None, |_| ()) {
                    Waited::Ended(status) => Ok(status),
                    Waited::Cut(..) => return interrupted(),
                    Waited::Failed(error) => Err(error),
                }
            }
        };
        match ended {
            Err(error) => match verdict(&error) {
                Verdict::File => self.put(path, signature, Outcome::new(&file, Err(error))),
                Verdict::Moment if Signature::of(path).is_err() => Fate::Changed,
                Verdict::Moment => {
                    let retry = if error.is_over_quota() { QUOTA_RETRY } else { RETRY };
                    Fate::Kept { why: error.to_string(), retry }
                }
                Verdict::Caller => Fate::Hopeless(error),
            },
            Ok(status) => self.put(path, signature, Outcome::new(&file, Ok(status))),
        }
    }

    fn put(&self, path: &Path, signature: Signature, outcome: Outcome) -> Fate {
        let shelf = if outcome.exit(false) == Exit::Done { &self.done } else { &self.failed };
        match shelf.put(path, signature, &outcome.json()) {
            Ok(to) => Fate::Moved { outcome, to },
            Err(PutError::Changed) => Fate::Changed,
            Err(PutError::Io(error)) => Fate::Kept { why: error, retry: RETRY },
        }
    }
}

fn interrupted() -> Fate {
    Fate::Kept { why: "interrupted".to_owned(), retry: RETRY }
}

/// What an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    File,
    Moment,
    Caller,
}

fn verdict(error: &ClientError) -> Verdict {
    match error {
        _ if passes(error) => Verdict::Moment,
        ClientError::Refused { status: 401 | 403, .. } | ClientError::NotTheService { .. } => {
            Verdict::Caller
        }
        // 404: accepted, and removed by somebody before it was read.
        ClientError::Refused { status: 400..=499, .. } => Verdict::File,
        ClientError::Refused { .. }
        | ClientError::Unreadable { .. }
        | ClientError::Unreachable { .. } => Verdict::Moment,
    }
}

fn tell(output: Output, outcome: &Outcome, to: &Path) -> Result<(), CommandError> {
    match output {
        Output::Table => console::line(&line(outcome, to, Timestamp::now())),
        Output::Json | Output::Ndjson => {
            console::line(&shelf::object(&outcome.json(), to).to_string())
        }
    }
}

fn line(outcome: &Outcome, to: &Path, now: Timestamp) -> String {
    let answer = outcome.answer().unwrap_or(&Value::Null);
    let state = answer.get("state").and_then(Value::as_str).unwrap_or("refused");
    let said = outcome.problem().unwrap_or_else(|| {
        let [_, said @ ..] = overview::summary(answer.get("result").unwrap_or(&Value::Null));
        said.join("  ")
    });
    console::printable(&format!("{now:.3}  {state:<9}  {}  {said}", to.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_is_at_fault_decides_whether_a_file_moves_stays_or_everything_ends() {
        let refused = |status| ClientError::Refused { status, problem: Value::Null };
        for status in [400, 404, 413, 415, 422] {
            assert_eq!(verdict(&refused(status)), Verdict::File, "{status}");
        }
        for status in [429, 500, 502, 503, 504] {
            assert_eq!(verdict(&refused(status)), Verdict::Moment, "{status}");
        }
        for status in [401, 403] {
            assert_eq!(verdict(&refused(status)), Verdict::Caller, "{status}");
        }
    }

    #[test]
    fn a_file_is_one_line() {
        let error = json!({"code": "document_damaged", "message": "cannot be parsed"});
        let outcome = Outcome::new("in/a.pdf", Ok(json!({"state": "failed", "error": error})));
        let line = line(&outcome, Path::new("in/failed/a\n.pdf"), Timestamp::UNIX_EPOCH);
        let expected = "1970-01-01T00:00:00.000Z  failed     in/failed/a .pdf  \
                        document_damaged: cannot be parsed";
        assert_eq!(line, expected);
    }
}
