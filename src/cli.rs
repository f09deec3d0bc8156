//! The command line: which commands there are, and what `--help` says about them.

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use common::service::ServiceArgs;

use crate::command::{
    audit, backup, completions, config, dead, decode, delete, doctor, errors, events, explain,
    finish, keys, man, openapi, read, status, story, submit, topology, watch, worker,
};
use crate::exit;
use crate::serve::{self, ServeArgs};

/// What the program is called.
pub(crate) const NAME: &str = "invoice-ocr";

/// Self-hosted invoice reader: PDF, scan or photo in, every field with its place and probability out
#[derive(Parser, Debug)]
#[command(name = NAME, version, after_help = format!("{EXAMPLES}\n\n{}", exit::help()))]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  invoice-ocr read invoice.pdf
  invoice-ocr serve --data /var/lib/invoice-ocr
  invoice-ocr submit --wait invoice.pdf
  invoice-ocr submit --wait --output json *.pdf | jq '.[].result.invoice.number.value'";

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the service: everything on one machine with its own broker, or some stages on a given one
    #[command(after_help = "Examples:
  invoice-ocr serve
  invoice-ocr serve --data /var/lib/invoice-ocr --listen 127.0.0.1:9000
  invoice-ocr serve --nats-url nats://broker:4222 --stages ocr,extract")]
    Serve {
        #[command(flatten)]
        args: ServeArgs,
        #[command(flatten)]
        service: ServiceArgs,
    },
    /// Read documents here and now, without a service
    ///
    /// The same stages as the service's, in worker processes of this program, with the same results. Nothing
    /// is kept and nobody is told.
    #[command(after_help = format!("Examples:
  invoice-ocr read invoice.pdf
  invoice-ocr read --languages deu+eng --output ndjson scans 'mail/*.pdf'
  invoice-ocr read --output json - < invoice.pdf | jq '.[0].result.invoice.totals.gross.value'
  invoice-ocr read --format ubl invoice.pdf > invoice.ubl.xml
  invoice-ocr read --fail-on-review invoice.pdf\n\n{}", exit::help()))]
    Read(read::ReadArgs),
    /// Send documents; with --wait, print what they say
    #[command(after_help = "Examples:
  invoice-ocr submit --wait invoice.pdf
  invoice-ocr submit --wait --parallel 8 --output ndjson scans/*.jpg
  invoice-ocr submit --resume sent.ndjson archive 'inbox/**/*.pdf'
  invoice-ocr submit --wait --format csv --out lines scans
  invoice-ocr submit --wait --fail-on-review --output json invoice.pdf")]
    Submit(submit::SubmitArgs),
    /// Print where a document stands and what it says
    #[command(after_help = "Examples:
  invoice-ocr status ID
  invoice-ocr status --output json ID | jq .state")]
    Status(status::StatusArgs),
    /// Remove a document and everything that was made of it
    #[command(after_help = "Examples:
  invoice-ocr delete ID")]
    Delete(delete::DeleteArgs),
    /// Have everything read that is put into a folder, and move it on with its result
    ///
    /// A file stays where it is until its result is on disk; then it moves to `done`, or to `failed` with the
    /// reason. Nothing is ever replaced. Put files there under another name (.part) or in another folder
    /// of the same disk and rename them when they are complete; others are taken once they have not changed
    /// for --settle seconds.
    #[command(after_help = "Examples:
  invoice-ocr watch /srv/invoices
  invoice-ocr watch /srv/invoices --done /srv/read --failed /srv/refused --settle 10
  invoice-ocr watch --once --output ndjson /srv/invoices | jq -r .moved_to")]
    Watch(watch::WatchArgs),
    /// Follow public events until Ctrl-C
    #[command(after_help = "Examples:
  invoice-ocr events
  invoice-ocr events --since 1h --output json | jq -r .event.id
  invoice-ocr events --nats-url nats://broker:4222 --all")]
    Events(events::EventsArgs),
    /// Print how a document is read: what is measured on its pages and done to them, and which values
    /// are chosen among which candidates
    #[command(after_help = "Examples:
  invoice-ocr explain scan.pdf
  invoice-ocr explain photo.jpg --out steps")]
    Explain(explain::ExplainArgs),
    /// Check a running installation end to end, and say what to do about what is wrong
    ///
    /// Two invoices of firms that do not exist are read, compared with what they say, and erased again:
    /// whoever follows events sees them (docs/operations.md). Exit code 1 when a check failed.
    #[command(after_help = "Examples:
  invoice-ocr doctor
  invoice-ocr doctor --data /var/lib/invoice-ocr --key-file doctor.key
  invoice-ocr doctor --url https://invoices.example.org --config operator.toml --key-file doctor.key
  invoice-ocr doctor --no-sample --json | jq '.checks[] | select(.verdict != \"ok\")'")]
    Doctor(doctor::DoctorArgs),
    /// Tell everything that is still known of one document, in order, and what it waits for now
    ///
    /// From its status, jobs, objects, events, dead letters and the audit trail. Never what it says.
    #[command(after_help = "Examples:
  invoice-ocr story ID
  invoice-ocr story ID --json | jq .now")]
    Story(story::StoryArgs),
    /// Look at, replay and discard what could not be finished
    #[command(after_help = "Examples:
  invoice-ocr dead list
  invoice-ocr dead replay NAME")]
    Dead(dead::DeadArgs),
    /// Make, list and revoke the API keys of clients
    #[command(after_help = "Examples:
  invoice-ocr keys create --name scanner --tenant acme --scope read --scope write
  invoice-ocr keys list
  invoice-ocr keys revoke ID")]
    Keys(keys::KeysArgs),
    /// List who uploaded, read and deleted what, and who made keys
    #[command(after_help = "Examples:
  invoice-ocr audit --since 1h
  invoice-ocr audit --output ndjson | jq -r 'select(.action == \"deleted\").document'")]
    Audit(audit::AuditArgs),
    /// Create, update and check the broker's streams, consumers and buckets
    #[command(after_help = "Examples:
  invoice-ocr topology apply --nats-url nats://broker:4222
  invoice-ocr topology check --data /var/lib/invoice-ocr")]
    Topology(topology::TopologyArgs),
    /// Copy everything that the broker keeps into files, and back
    #[command(after_help = "Examples:
  invoice-ocr backup create /backup/2026-11-26
  invoice-ocr backup restore /backup/2026-11-26 --nats-url nats://broker:4222")]
    Backup(backup::BackupArgs),
    /// Check the configuration, or print what can be configured
    #[command(after_help = "Examples:
  invoice-ocr config check --config /etc/invoice-ocr.toml
  invoice-ocr config reference > docs/configuration.md")]
    Config(config::ConfigArgs),
    /// Print what a shell needs to complete the commands and options of this program
    #[command(after_help = "Examples:
  invoice-ocr completions bash > /etc/bash_completion.d/invoice-ocr
  invoice-ocr completions zsh > ~/.zfunc/_invoice-ocr
  invoice-ocr completions fish > ~/.config/fish/completions/invoice-ocr.fish")]
    Completions(completions::CompletionsArgs),
    /// Write manual pages
    #[command(after_help = "Examples:
  invoice-ocr man --out /usr/local/share/man/man1")]
    Man(man::ManArgs),
    /// Say what an error's code means and what to do about it
    #[command(after_help = "Examples:
  invoice-ocr errors document_encrypted
  invoice-ocr errors > docs/errors.md")]
    Errors(errors::ErrorsArgs),
    /// Print the description of the HTTP API (OpenAPI 3.1), as a running service has it at /openapi.json
    #[command(after_help = "Examples:
  invoice-ocr openapi > contract/openapi.json")]
    Openapi,
    /// Turn a CBOR message on standard input into JSON
    ///
    /// What JSON cannot say: byte strings become `{"$bytes": "<base64>"}`, tags
    /// `{"$tag": n, "value": …}`, numbers outside its range `{"$number": "<text>"}`, and map keys that
    /// are not text their JSON text. JSON objects and arrays are passed through.
    #[command(after_help = "Examples:
  invoice-ocr decode < message.cbor
  nats stream view INVOICE_OCR --translate 'invoice-ocr decode'")]
    Decode,
    /// Run as a worker process of a stage
    #[command(hide = true)]
    Worker(worker::WorkerArgs),
    /// Become the broker of `serve`
    #[command(name = serve::BROKER_CHILD, hide = true)]
    BrokerChild {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

impl Cli {
    /// Runs the chosen command to its end.
    pub(crate) fn run(self) -> ExitCode {
        match self.command {
            Command::Serve { args, service } => serve::run(&args, &service),
            Command::Read(args) => finish(read::run(&args)),
            Command::Submit(args) => finish(submit::run(&args)),
            Command::Status(args) => finish(status::run(&args)),
            Command::Delete(args) => finish(delete::run(&args)),
            Command::Watch(args) => finish(watch::run(&args)),
            Command::Events(args) => finish(events::run(&args)),
            Command::Explain(args) => finish(explain::run(&args)),
            Command::Doctor(args) => finish(doctor::run(&args)),
            Command::Story(args) => finish(story::run(&args)),
            Command::Dead(args) => finish(dead::run(&args)),
            Command::Keys(args) => finish(keys::run(&args)),
            Command::Audit(args) => finish(audit::run(&args)),
            Command::Topology(args) => finish(topology::run(&args)),
            Command::Backup(args) => finish(backup::run(&args)),
            Command::Config(args) => finish(config::run(&args)),
            Command::Completions(args) => finish(completions::run(&args)),
            Command::Man(args) => finish(man::run(&args)),
            Command::Errors(args) => finish(errors::run(&args)),
            Command::Openapi => finish(openapi::run()),
            Command::Decode => finish(decode::run()),
            Command::Worker(args) => worker::run(&args),
            Command::BrokerChild { arguments } => serve::exec_broker(&arguments),
        }
    }
}

/// The command line as people see it: without the commands that the program starts itself with.
pub(crate) fn shown() -> clap::Command {
    let all = Cli::command();
    let shown = all.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    // A command can be given further ones, but none can be taken from it.
    let mut root = clap::Command::default()
        .name(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .subcommands(shown);
    if let Some(about) = all.get_about() {
        root = root.about(about.clone());
    }
    if let Some(help) = all.get_after_help() {
        root = root.after_help(help.clone());
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stands for an id in examples.
    const DOCUMENT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const KEY: &str = "0123456789abcdef";

    fn visit(command: &clap::Command, path: &str, look: &mut impl FnMut(&str, &clap::Command)) {
        look(path, command);
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            visit(inner, &format!("{path} {}", inner.get_name()), look);
        }
    }

    fn examples(command: &clap::Command) -> Vec<String> {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
        lines.take_while(|line| line.starts_with("  ")).map(|line| line.trim().to_owned()).collect()
    }

    /// The words of the first command of a line, as a shell splits it.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
        for c in line.chars() {
            match c {
                '\'' => quoted = !quoted,
                '|' | '<' | '>' if !quoted => break,
                ' ' if !quoted => words.push(std::mem::take(&mut word)),
                c => word.push(c),
            }
        }
        words.push(word);
        words.retain(|word| !word.is_empty());
        words
    }

    #[test]
    fn every_command_has_examples_of_itself_and_they_are_legal() {
        let mut seen = 0;
        visit(&shown(), NAME, &mut |path, command| {
            let mine: Vec<String> =
                examples(command).into_iter().filter(|line| line.starts_with(path)).collect();
            assert!(!mine.is_empty(), "{path}: no example of it: {:?}", examples(command));
            for line in mine {
                let id = if path.contains("keys") { KEY } else { DOCUMENT };
                let line = words(&line).into_iter().map(|word| match word.as_str() {
                    "ID" => id.to_owned(),
                    _ => word,
                });
                let line: Vec<String> = line.collect();
                if let Err(error) = Cli::try_parse_from(&line) {
                    panic!("{line:?}: {error}");
                }
                seen += 1;
            }
        });
        assert!(seen > 40, "{seen}");
    }

    #[test]
    fn what_is_shown_is_what_there_is() {
        let all = Cli::command();
        let names = |command: &clap::Command| -> Vec<String> {
            let shown = command.get_subcommands().filter(|inner| !inner.is_hide_set());
            shown.map(|inner| inner.get_name().to_owned()).collect()
        };
        assert_eq!(names(&shown()), names(&all));
        assert!(all.get_subcommands().any(|inner| inner.get_name() == "worker"));
        assert!(!shown().get_subcommands().any(|inner| inner.get_name() == "worker"));
    }
}
