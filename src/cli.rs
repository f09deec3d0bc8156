//! The command line: which commands there are, and what `--help` says about them.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use common::service::ServiceArgs;

use crate::command::{
    audit, backup, config, dead, decode, delete, doctor, errors, explain, finish, keys, status,
    story, submit, topology, watch, worker,
};
use crate::exit;
use crate::serve::{self, ServeArgs};

/// Self-hosted invoice reader: PDF, scan or photo in, every field with its place and probability out
#[derive(Parser, Debug)]
#[command(name = "invoice-ocr", version, after_help = format!("{EXAMPLES}\n\n{}", exit::help()))]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
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
    /// Send documents; with --wait, print what they say
    #[command(after_help = "Examples:
  invoice-ocr submit --wait invoice.pdf
  invoice-ocr submit --wait --parallel 8 --output ndjson scans/*.jpg
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
    /// Follow public events until Ctrl-C
    #[command(after_help = "Examples:
  invoice-ocr watch
  invoice-ocr watch --since 1h --output json | jq -r .event.id
  invoice-ocr watch --nats-url nats://broker:4222 --all")]
    Watch(watch::WatchArgs),
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
    /// Say what an error's code means and what to do about it
    #[command(after_help = "Examples:
  invoice-ocr errors document_encrypted
  invoice-ocr errors > docs/errors.md")]
    Errors(errors::ErrorsArgs),
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
            Command::Submit(args) => finish(submit::run(&args)),
            Command::Status(args) => finish(status::run(&args)),
            Command::Delete(args) => finish(delete::run(&args)),
            Command::Watch(args) => finish(watch::run(&args)),
            Command::Explain(args) => finish(explain::run(&args)),
            Command::Doctor(args) => finish(doctor::run(&args)),
            Command::Story(args) => finish(story::run(&args)),
            Command::Dead(args) => finish(dead::run(&args)),
            Command::Keys(args) => finish(keys::run(&args)),
            Command::Audit(args) => finish(audit::run(&args)),
            Command::Topology(args) => finish(topology::run(&args)),
            Command::Backup(args) => finish(backup::run(&args)),
            Command::Config(args) => finish(config::run(&args)),
            Command::Errors(args) => finish(errors::run(&args)),
            Command::Decode => finish(decode::run()),
            Command::Worker(args) => worker::run(&args),
            Command::BrokerChild { arguments } => serve::exec_broker(&arguments),
        }
    }
}
