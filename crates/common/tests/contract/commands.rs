//! Every `nats` command on a page of this repository is one that the command line has, about something that
//! the topology makes, and may be asked by whom the page says it is for.
//!
//! The command line is not run: it comes with no registry that this repository is built from. Commands and flags
//! are those of its version 0.4, in `cli.rs`.

use std::collections::BTreeSet;
use std::path::Path;

use common::jetstream::users::{self, Role};
use common::testing::repository;

use crate::cli::{self, Argument, Command};
use crate::page::{self, Line, Reader};

/// What a page calls a document, and a tenant, as a command would say it.
const STAND_INS: [(&str, &str); 3] = [
    ("ID/HASH", "457cbb35c5a59b2a6c73fa72b7a98f73b894195f8aa8e30c0329cbef61eaf6d0/aa"),
    ("ID", "457cbb35c5a59b2a6c73fa72b7a98f73b894195f8aa8e30c0329cbef61eaf6d0"),
    ("TENANT", "acme"),
];

/// A word with what it stands for in the place of each token that stands for something.
fn filled(word: &str) -> String {
    let one = |token: &str| STAND_INS.iter().find(|(name, _)| *name == token).map(|(_, is)| *is);
    if let Some(whole) = one(word) {
        return whole.to_owned();
    }
    word.split('.').map(|token| one(token).unwrap_or(token)).collect::<Vec<_>>().join(".")
}

/// The topology's files.
struct Topology {
    /// Names, and the subjects that each keeps.
    streams: Vec<(String, Vec<String>)>,
    /// As `<stream>.<consumer>`.
    consumers: BTreeSet<String>,
}

impl Topology {
    fn read() -> Self {
        let mut streams = Vec::new();
        for path in page::files(&repository().join("nats/streams"), "json") {
            let file: serde_json::Value = serde_json::from_str(&page::text(&path)).unwrap();
            let subjects = file["subjects"].as_array().unwrap().iter();
            let subjects = subjects.map(|s| s.as_str().unwrap().to_owned()).collect();
            streams.push((file["name"].as_str().unwrap().to_owned(), subjects));
        }
        let consumers = page::files(&repository().join("nats/consumers"), "json");
        let stem =
            |path: &std::path::PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
        Self { streams, consumers: consumers.iter().map(stem).collect() }
    }

    fn subjects(&self, stream: &str) -> Option<&[String]> {
        self.streams.iter().find(|(name, _)| name == stream).map(|(_, subjects)| &subjects[..])
    }

    fn keeps(&self, stream: &str, subject: &str) -> bool {
        self.subjects(stream).unwrap().iter().any(|kept| page::overlaps(kept, subject))
    }

    /// Whether anything is ever published on what fits `subject`.
    fn carries(&self, subject: &str) -> bool {
        let live = ["invoice.extracted", "invoice.failed", "invoice.corrected"].map(str::to_owned);
        let kept = self.streams.iter().flat_map(|(_, subjects)| subjects);
        kept.chain(&live).any(|carried| page::overlaps(carried, subject))
    }
}

/// One page.
struct Check<'a> {
    topology: &'a Topology,
    /// Consumers that the page makes, wherever: a reader's is also looked at before it is made anew.
    made: BTreeSet<String>,
}

impl<'a> Check<'a> {
    fn of(topology: &'a Topology, lines: &[Line]) -> Self {
        let commands = lines.iter().filter_map(|line| cli::parse(&line.words).ok());
        let made = commands.filter(|command| command.is("consumer add")).filter_map(|command| {
            Some(format!("{}.{}", command.stream()?, command.word(Argument::Consumer)?))
        });
        Self { topology, made: made.collect() }
    }

    fn line(&self, line: &Line) -> Vec<String> {
        let told = |fault: String| format!("`nats {}`: {fault}", line.words.join(" "));
        let faults = match cli::parse(&line.words) {
            Err(fault) => vec![fault],
            Ok(command) => self.command(&command, line),
        };
        faults.into_iter().map(told).collect()
    }

    fn command(&self, command: &Command, line: &Line) -> Vec<String> {
        let mut faults = Vec::new();
        if line.is_whole && command.arguments.len() < command.verb.needed {
            faults.push(format!("{} arguments are too few", command.arguments.len()));
        }
        // A page that speaks of all of them calls one so.
        let stream = command.stream().filter(|stream| stream != "STREAM");
        if let Some(stream) = &stream
            && self.topology.subjects(stream).is_none()
        {
            faults.push(format!("there is no stream {stream}"));
            return faults;
        }
        for (kind, word) in command.arguments.iter().chain(&command.values) {
            let word = &filled(word);
            let fault = match kind {
                Argument::Consumer => self.consumer(command, stream.as_deref().unwrap(), word),
                Argument::Subject | Argument::Key => {
                    self.subject(command, stream.as_deref(), *kind, word)
                }
                _ => None,
            };
            faults.extend(fault);
        }
        faults.extend(refused(command, line, stream.as_deref()));
        faults
    }

    fn consumer(&self, command: &Command, stream: &str, name: &str) -> Option<String> {
        let full = format!("{stream}.{name}");
        if command.is("consumer add") {
            let is_events = stream == "INVOICE_EVENTS";
            return (!is_events).then(|| format!("{stream} takes no consumers of others"));
        }
        let is_there = self.topology.consumers.contains(&full) || self.made.contains(&full);
        (!is_there).then(|| format!("{stream} has no consumer {name}, nor does the page make one"))
    }

    fn subject(
        &self,
        command: &Command,
        stream: Option<&str>,
        kind: Argument,
        word: &str,
    ) -> Option<String> {
        let fits = match (kind, stream) {
            (Argument::Key, Some(stream)) => {
                let bucket = stream.strip_prefix("KV_").unwrap();
                // Keys of statuses are ids, nothing else.
                let is_id = bucket != "invoice_status" || word.len() == 64;
                is_id && self.topology.keeps(stream, &format!("$KV.{bucket}.{word}"))
            }
            (_, Some(stream)) => self.topology.keeps(stream, word),
            (_, None) => self.topology.carries(word),
        };
        (!fits).then(|| format!("{} never sees {word}", command.verb.words))
    }
}

/// What `line` asks the broker for and its reader may not have.
fn refused(command: &Command, line: &Line, stream: Option<&str>) -> Vec<String> {
    let role: Role = match line.reader {
        Reader::Anybody => return Vec::new(),
        Reader::Operator => "operator".parse().unwrap(),
        Reader::Subscriber => "subscriber.bookkeeping".parse().unwrap(),
    };
    let rights = users::rights(&role).unwrap();
    let consumer = command.word(Argument::Consumer).unwrap_or_default();
    let (publish, listen) = cli::asks(command, stream.unwrap_or_default(), &filled(&consumer));
    let listen = listen.iter().map(|subject| filled(subject)).collect::<Vec<_>>();
    let lacks = |allowed: &BTreeSet<String>, wanted: &[String]| -> Vec<String> {
        let missing = wanted.iter().filter(|w| !allowed.iter().any(|a| page::covers(a, w)));
        missing.map(|subject| format!("{role} may not use {subject}")).collect()
    };
    [lacks(&rights.publish, &publish), lacks(&rights.subscribe, &listen)].concat()
}

/// The pages that show commands.
fn pages() -> Vec<String> {
    let root = repository();
    let of = |folder: &str| {
        let paths = page::files(&root.join(folder), "md");
        let name = |path: &std::path::PathBuf| {
            Path::new(folder).join(path.file_name().unwrap()).to_str().unwrap().to_owned()
        };
        paths.iter().map(name).collect::<Vec<_>>()
    };
    ["", "docs", "docs/runbooks", "nats", "examples/subscribers"].into_iter().flat_map(of).collect()
}

#[test]
fn every_command_on_a_page_is_about_something_that_there_is() {
    let topology = Topology::read();
    let (mut faults, mut checked) = (Vec::new(), 0);
    for page in pages() {
        let lines = page::commands(&page::text(&repository().join(&page)));
        let check = Check::of(&topology, &lines);
        let found = lines.iter().flat_map(|line| check.line(line));
        faults.extend(found.map(|fault| format!("{page}: {fault}")));
        checked += lines.len();
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(checked > 80, "only {checked} commands: the pages are not read any more");
}

#[test]
fn commands_about_nothing_and_what_may_not_be_asked_are_noticed() {
    let wrong = [
        ("```sh\nnats stream info INVOICE_EVENT\n```", "no stream INVOICE_EVENT"),
        ("```sh\nnats stream inspect INVOICE_EVENTS\n```", "no such command"),
        ("```sh\nnats stream info INVOICE_EVENTS --deep\n```", "no flag --deep"),
        ("```sh\nnats stream info INVOICE_EVENTS --no-json\n```", "no flag --no-json"),
        ("```sh\nnats stream info\n```", "too few"),
        ("```sh\nnats stream get INVOICE_EVENTS --last-for invoice.jobs.ocr.ID\n```", "never sees"),
        ("```sh\nnats consumer info INVOICE_OCR extract\n```", "no consumer extract"),
        ("```sh\nnats consumer add INVOICE_OCR spy --pull\n```", "takes no consumers"),
        ("```sh\nnats kv get invoice_states ID\n```", "no stream KV_invoice_states"),
        ("```sh\nnats kv get invoice_status short\n```", "never sees"),
        ("```sh\nnats sub 'invoice.done.*.*.*'\n```", "never sees"),
        ("`nats consumer pauses` is wrong", "no such command"),
        ("```sh operator\nnats stream view INVOICE_DEAD\n```", "operator may not"),
        ("```sh operator\nnats sub invoice.failed\n```", "operator may not"),
        ("```sh subscriber\nnats stream info INVOICE_EVENTS\n```", "may not"),
    ];
    let topology = Topology::read();
    for (text, fault) in wrong {
        let lines = page::commands(text);
        let check = Check::of(&topology, &lines);
        let told = lines.iter().flat_map(|line| check.line(line)).collect::<Vec<_>>().join("\n");
        assert!(told.contains(fault), "{text}: {fault} is not in {told:?}");
    }
}
