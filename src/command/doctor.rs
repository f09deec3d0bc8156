//! `invoice-ocr doctor`: a running installation, checked end to end.
//!
//! Each check is a value that was fetched ([`probe`], I/O) and a judgement on it ([`judge`], pure). The
//! broker is asked first: what it says of the stages decides whether samples are worth sending.

mod check;
mod judge;
mod present;
mod probe;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use common::config::Config;
use common::service::ServiceArgs;

use self::check::{Check, Report, Verdict};
use self::probe::{broker, configuration, gateway, sample};
use super::{CommandError, Output, console, endpoint, operator};
use crate::client::Client;
use crate::exit::Exit;

/// Longest wait for one answer of the gateway: `/ready` itself takes three seconds to say no.
const ANSWER: Duration = Duration::from_secs(10);

/// Arguments of `doctor`.
#[derive(Args, Debug)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    service: ServiceArgs,
    /// Check the `serve` that runs on this data folder [default: data, where it is there]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The gateway [default: the one of the data folder, or http://127.0.0.1:8080]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// File with an API key of the scopes read, write, delete and operations, of a tenant of its own;
    /// without it, the one in INVOICE_OCR_API_KEY is shown
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// File with the nkey's seed of the broker's system user (system.nk of `topology users`), who alone
    /// is told how writes are brought to disk
    #[arg(long, value_name = "FILE")]
    system_key: Option<PathBuf>,
    /// Also check a service at its service.ops_listen, e.g. http://10.0.0.7:9100; may be repeated
    #[arg(long = "ops", value_name = "URL")]
    services: Vec<String>,
    /// Send no sample
    #[arg(long)]
    no_sample: bool,
    /// How long a sample may take, seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u64).range(..=endpoint::LONGEST_TIMEOUT_SECONDS))]
    timeout: u64,
    /// Table: a row a check. JSON: an object. NDJSON: a check a line
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Output,
    /// Short for --output json
    #[arg(long, conflicts_with = "output")]
    json: bool,
    /// Exit with 3 when a check warns
    #[arg(long)]
    fail_on_warning: bool,
}

/// Runs the command. What is wrong with the installation is a check that failed, never an error.
///
/// # Errors
/// [`CommandError`] for arguments that cannot be used.
pub(crate) fn run(args: &DoctorArgs) -> Result<Exit, CommandError> {
    let key = endpoint::key(args.key_file.as_deref())?;
    operator::start_log()?;
    let loaded = args.service.load();
    let mut checks = vec![configuration::check(&loaded)];
    let config = loaded.ok();
    let beyond = operator::block_on(async { Ok(broker::checks(args, config.as_ref()).await) })?;
    let stages_run = !beyond
        .iter()
        .any(|check| check.name.starts_with(check::STAGE) && check.verdict == Verdict::Failed);
    match gateway_url(args) {
        Ok(url) => {
            let client = Client::within(ANSWER, &url, key);
            checks.extend(of_gateway(args, &client, &url, config.as_ref(), stages_run));
        }
        Err(error) => checks.push(gateway::nowhere(&error)),
    }
    checks.extend(beyond);
    let report = Report::new(checks);
    match if args.json { Output::Json } else { args.output } {
        Output::Table => console::line(&present::text(&report))?,
        Output::Json => console::json(&present::object(&report))?,
        Output::Ndjson => {
            for check in &report.checks {
                console::line(&present::line(check).to_string())?;
            }
        }
    }
    Ok(report.exit(args.fail_on_warning))
}

fn gateway_url(args: &DoctorArgs) -> Result<String, CommandError> {
    match &args.url {
        Some(url) => Ok(url.clone()),
        None => endpoint::gateway(args.data.as_deref()),
    }
}

/// Everything that is asked over HTTP. Metrics come last: workers that only a sample starts say by
/// then what holds around them.
fn of_gateway(
    args: &DoctorArgs,
    client: &Client,
    url: &str,
    config: Option<&Config>,
    stages_run: bool,
) -> Vec<Check> {
    let (mut checks, reached) = gateway::checks(client, url);
    let patience = Duration::from_secs(args.timeout);
    checks.extend(match (reached, args.no_sample, stages_run) {
        (false, ..) => sample::skipped("the gateway does not answer"),
        (_, true, _) => sample::skipped("--no-sample"),
        (.., false) => sample::skipped("a stage has no service, so they would not be read"),
        (true, false, true) => sample::checks(client, patience),
    });
    let others: Vec<Client> =
        args.services.iter().map(|url| Client::within(ANSWER, url, None)).collect();
    checks.extend(gateway::metrics(client, reached, &others, config));
    checks.extend(args.services.iter().zip(&others).map(|(url, client)| gateway::ops(url, client)));
    checks
}
