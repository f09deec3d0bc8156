//! The part of the `nats` command line, version 0.4, that pages use: its commands, their arguments and flags, and what
//! each asks the broker for.

/// What an argument or a flag's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    /// A stream's name.
    Stream,
    /// A consumer's name.
    Consumer,
    /// A bucket of keys and values.
    Bucket,
    /// A bucket of objects.
    Objects,
    /// A key in the bucket.
    Key,
    /// A subject or a filter of subjects.
    Subject,
    /// Anything else.
    Text,
}

use Argument::{Bucket, Consumer, Key, Objects, Stream, Subject, Text};

/// A command of the command line.
#[derive(Debug)]
pub(crate) struct Verb {
    /// Its words.
    pub(crate) words: &'static str,
    /// What it takes, in order; the last one as often as wanted where `repeats`.
    arguments: &'static [Argument],
    /// How many of them it cannot do without unless it asks.
    pub(crate) needed: usize,
    repeats: bool,
    /// Flags without a value; with `!` before those that have a `--no-` form, too.
    switches: &'static [&'static str],
    /// Flags with a value.
    values: &'static [(&'static str, Argument)],
}

const fn verb(
    words: &'static str,
    arguments: &'static [Argument],
    needed: usize,
    switches: &'static [&'static str],
    values: &'static [(&'static str, Argument)],
) -> Verb {
    Verb { words, arguments, needed, repeats: false, switches, values }
}

/// Flags of every command.
static EVERYWHERE: [(&str, Argument); 12] = [
    ("server", Text),
    ("context", Text),
    ("nkey", Text),
    ("creds", Text),
    ("user", Text),
    ("password", Text),
    ("inbox-prefix", Text),
    ("tlsca", Text),
    ("tlscert", Text),
    ("tlskey", Text),
    ("timeout", Text),
    ("connection-name", Text),
];

static VERBS: [Verb; 35] = [
    Verb {
        repeats: true,
        ..verb(
            "sub",
            &[Subject],
            1,
            &["raw", "!ack", "headers-only", "subjects-only", "timestamp", "new", "all", "last"],
            &[("count", Text), ("queue", Text), ("translate", Text), ("wait", Text)],
        )
    },
    verb("stream report", &[], 0, &["consumers", "messages", "raw"], &[("subject", Subject)]),
    verb("stream ls", &[], 0, &["names", "json"], &[("subject", Subject)]),
    verb("stream info", &[Stream], 1, &["json", "state", "no-select"], &[]),
    verb("stream state", &[Stream], 1, &["json", "no-select"], &[]),
    verb(
        "stream subjects",
        &[Stream, Subject],
        1,
        &["json", "reverse", "!names"],
        &[("sort", Text)],
    ),
    verb(
        "stream view",
        &[Stream, Text],
        1,
        &["raw"],
        &[("id", Text), ("since", Text), ("translate", Text), ("subject", Subject)],
    ),
    verb(
        "stream get",
        &[Stream, Text],
        1,
        &["json"],
        &[("last-for", Subject), ("translate", Text)],
    ),
    verb("stream backup", &[Stream, Text], 2, &["!progress", "check", "!consumers"], &[]),
    verb("stream restore", &[Text], 1, &["!progress"], &[("config", Text), ("replicas", Text)]),
    // Makes what a file says, whatever it is called.
    verb("stream add", &[Text], 0, &["validate", "defaults"], &[("config", Text)]),
    verb("consumer ls", &[Stream], 1, &["json", "names"], &[]),
    verb("consumer report", &[Stream], 1, &["raw", "leaders"], &[]),
    verb("consumer info", &[Stream, Consumer], 2, &["json", "no-select"], &[]),
    verb("consumer state", &[Stream, Consumer], 2, &["json", "no-select"], &[]),
    verb("consumer rm", &[Stream, Consumer], 2, &["force"], &[]),
    verb("consumer pause", &[Stream, Consumer, Text], 3, &["force"], &[]),
    verb("consumer resume", &[Stream, Consumer], 2, &["force"], &[]),
    verb(
        "consumer next",
        &[Stream, Consumer],
        2,
        &["!ack", "nak", "term", "raw"],
        &[("wait", Text), ("count", Text)],
    ),
    verb(
        "consumer add",
        &[Stream, Consumer],
        1,
        &["pull", "ephemeral", "defaults", "validate", "memory"],
        &[
            ("config", Text),
            ("ack", Text),
            ("deliver", Text),
            ("description", Text),
            ("filter", Subject),
            ("max-deliver", Text),
            ("max-pending", Text),
            ("replay", Text),
            ("wait", Text),
        ],
    ),
    verb("kv ls", &[Bucket, Text], 0, &["names", "verbose", "display-value"], &[]),
    verb("kv info", &[Bucket], 1, &[], &[]),
    verb("kv get", &[Bucket, Key], 2, &["raw"], &[("revision", Text)]),
    verb("kv history", &[Bucket, Key], 2, &[], &[]),
    verb("kv watch", &[Bucket, Key], 1, &["history", "!deletes", "updates"], &[("revision", Text)]),
    verb("kv del", &[Bucket, Key], 1, &["force"], &[]),
    verb("kv purge", &[Bucket, Key], 2, &["force"], &[]),
    verb("object ls", &[Objects], 0, &["names"], &[]),
    verb("object info", &[Objects, Text], 1, &[], &[]),
    verb("object get", &[Objects, Text], 2, &["!progress", "force"], &[("output", Text)]),
    verb("context add", &[Text], 1, &["select", "embed"], &[("description", Text)]),
    verb("context select", &[Text], 0, &[], &[]),
    verb("rtt", &[Text], 0, &["json"], &[]),
    verb("account backup", &[Text], 1, &["!consumers", "check", "force"], &[]),
    // `server …` speaks to the broker's own account, where nothing of the topology is.
    Verb {
        repeats: true,
        ..verb(
            "server",
            &[Text],
            1,
            &["force", "json", "leaders"],
            &[("account", Text), ("sort", Text), ("top", Text)],
        )
    },
];

/// A command as somebody writes it.
#[derive(Debug)]
pub(crate) struct Command {
    /// Which.
    pub(crate) verb: &'static Verb,
    /// Its arguments, in order.
    pub(crate) arguments: Vec<(Argument, String)>,
    /// Values of its flags.
    pub(crate) values: Vec<(Argument, String)>,
    /// Its flags, without their hyphens.
    flags: Vec<String>,
}

impl Command {
    /// Whether it is the command of these words.
    pub(crate) fn is(&self, words: &str) -> bool {
        self.verb.words == words
    }

    /// The first argument of that kind.
    pub(crate) fn word(&self, kind: Argument) -> Option<String> {
        self.arguments.iter().find(|(is, _)| *is == kind).map(|(_, word)| word.clone())
    }

    /// The stream that it is about: itself, or the one behind a bucket.
    pub(crate) fn stream(&self) -> Option<String> {
        let bucket = |kind, prefix: &str| self.word(kind).map(|name| format!("{prefix}{name}"));
        self.word(Stream).or_else(|| bucket(Bucket, "KV_")).or_else(|| bucket(Objects, "OBJ_"))
    }
}

/// Reads what stands after `nats`.
pub(crate) fn parse(words: &[String]) -> Result<Command, String> {
    let (mut plain, mut flags, mut given) = (Vec::new(), Vec::new(), Vec::new());
    // Which flags there are depends on the command, whose words may come after some: those of every command.
    let find = |plain: &[String]| {
        let begins = |verb: &&Verb| {
            let said: Vec<_> = verb.words.split(' ').collect();
            plain.len() >= said.len() && said.iter().zip(plain).all(|(one, other)| one == other)
        };
        VERBS.iter().find(begins)
    };
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let Some(flag) = word.strip_prefix("--") else {
            plain.push(word.clone());
            continue;
        };
        let verb = find(&plain);
        let (flag, value) = flag.split_once('=').map_or((flag, None), |(f, v)| (f, Some(v)));
        let own = verb.map_or(&[][..], |verb| verb.values).iter();
        if let Some((_, kind)) = own.chain(&EVERYWHERE).find(|(name, _)| *name == flag) {
            let value = value.map(str::to_owned).or_else(|| rest.next().cloned());
            given.push((*kind, value.ok_or_else(|| format!("--{flag} takes a value"))?));
        } else {
            let switches = verb.map_or(&[][..], |verb| verb.switches);
            let negated = flag.strip_prefix("no-").map(|flag| format!("!{flag}"));
            let known = switches.iter().any(|switch| {
                switch.trim_start_matches('!') == flag || Some(*switch) == negated.as_deref()
            });
            if !known {
                return Err(format!("no flag --{flag}"));
            }
        }
        flags.push(flag.to_owned());
    }
    let verb = find(&plain).ok_or("no such command, or one that is not in cli.rs")?;
    let arguments = plain.split_off(verb.words.split(' ').count());
    let kinds = verb.arguments.iter().copied();
    let last = verb.repeats.then(|| verb.arguments.last().copied()).flatten();
    let kinds: Vec<_> = kinds.chain(last.into_iter().cycle()).take(arguments.len()).collect();
    if kinds.len() < arguments.len() {
        return Err(format!("'{}' is too much", arguments[kinds.len()]));
    }
    let arguments = kinds.into_iter().zip(arguments).collect();
    Ok(Command { verb, arguments, values: given, flags })
}

/// Subjects that it publishes to, and listens on beside its inbox.
pub(crate) fn asks(command: &Command, stream: &str, consumer: &str) -> (Vec<String>, Vec<String>) {
    let api = |what: &[&str]| what.iter().map(|subject| format!("$JS.API.{subject}")).collect();
    let about = format!("STREAM.INFO.{stream}");
    let info = format!("CONSUMER.INFO.{stream}.{consumer}");
    let ask: Vec<String> = match command.verb.words {
        "sub" => {
            let heard = command.arguments.iter().map(|(_, subject)| subject.clone());
            return (Vec::new(), heard.collect());
        }
        "stream report" | "stream ls" => api(&["STREAM.LIST", "STREAM.NAMES"]),
        "stream info" | "stream state" | "stream subjects" | "kv info" => api(&[&about]),
        "stream get" => api(&[&about, &format!("STREAM.MSG.GET.{stream}")]),
        // Pages of work queues are read message by message, of other streams by a consumer.
        "stream view" if is_queue(stream) => api(&[&about, &format!("DIRECT.GET.{stream}")]),
        "stream view" | "kv watch" | "kv ls" | "kv history" | "object ls" | "object get" => {
            let made = format!("CONSUMER.CREATE.{stream}.NAME");
            api(&[&about, &made, &format!("CONSUMER.MSG.NEXT.{stream}.NAME")])
        }
        "stream backup" => api(&[&about, &format!("STREAM.SNAPSHOT.{stream}")]),
        "kv get" => {
            let bucket = stream.trim_start_matches("KV_");
            api(&[&about, &format!("DIRECT.GET.{stream}.$KV.{bucket}.ID")])
        }
        "consumer ls" => api(&[&format!("CONSUMER.LIST.{stream}")]),
        "consumer report" => {
            let each = format!("CONSUMER.INFO.{stream}.{}", stage_of(stream).unwrap_or("*"));
            api(&[&about, &format!("CONSUMER.LIST.{stream}"), &each])
        }
        "consumer info" | "consumer state" => api(&[&info]),
        "consumer add" => api(&[&about, &format!("CONSUMER.CREATE.{stream}.{consumer}.FILTER")]),
        "consumer rm" => api(&[&info, &format!("CONSUMER.DELETE.{stream}.{consumer}")]),
        "consumer pause" | "consumer resume" => {
            api(&["INFO", &info, &format!("CONSUMER.PAUSE.{stream}.{consumer}")])
        }
        "consumer next" => {
            let mut asked: Vec<String> =
                api(&[&info, &format!("CONSUMER.MSG.NEXT.{stream}.{consumer}")]);
            if !command.flags.iter().any(|flag| flag == "no-ack") {
                asked.push(format!("$JS.ACK.{stream}.{consumer}.1.1.1.1.1"));
            }
            asked
        }
        "context add" | "context select" => Vec::new(),
        // Nobody's, so that a page that says otherwise is wrong.
        other => vec![format!("what '{other}' asks")],
    };
    (ask, Vec::new())
}

fn stage_of(stream: &str) -> Option<&'static str> {
    common::stage::StageName::ALL
        .into_iter()
        .find(|stage| common::jetstream::names::job_stream(*stage) == stream)
        .map(common::stage::StageName::as_str)
}

fn is_queue(stream: &str) -> bool {
    stage_of(stream).is_some()
}
