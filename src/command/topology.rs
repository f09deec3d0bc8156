//! `invoice-ocr topology apply|check|users`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use common::jetstream::topology;
use common::jetstream::users::{self, Role, SeedError, Subscriber};
use common::service::ServiceArgs;

use super::operator::{self, OperatorArgs};
use super::{CommandError, console};
use crate::exit::Exit;

/// Arguments of `topology`.
#[derive(Args, Debug)]
pub(crate) struct TopologyArgs {
    #[command(subcommand)]
    action: TopologyAction,
}

#[derive(Subcommand, Debug)]
enum TopologyAction {
    /// Create and update streams, consumers and buckets; print what was changed
    #[command(after_help = "Examples:
  invoice-ocr topology apply --nats-url nats://broker:4222
  invoice-ocr topology apply --config /etc/invoice-ocr.toml")]
    Apply(OperatorArgs),
    /// Print what differs from this build and configuration; exit code 5 when something does
    #[command(after_help = "Examples:
  invoice-ocr topology check --nats-url nats://broker:4222
  invoice-ocr topology check || invoice-ocr topology apply")]
    Check(OperatorArgs),
    /// Make a user for each service, and the broker's configuration that says what each may do
    ///
    /// Keys that are there already stay. Needs no broker.
    #[command(after_help = "Examples:
  invoice-ocr topology users /etc/nats
  invoice-ocr topology users /etc/nats --subscriber bookkeeping --subscriber archive.acme
  invoice-ocr topology users /etc/nats --rotate ocr")]
    Users(UsersArgs),
}

#[derive(Args, Debug)]
struct UsersArgs {
    /// Folder for the keys (NAME.nk, mode 0600) and for users.conf
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Another program that reads events, everybody's or one tenant's
    #[arg(long = "subscriber", value_name = "NAME[.TENANT]")]
    subscribers: Vec<Subscriber>,
    /// Give this user another key; the one before stays good until its file is removed
    #[arg(long = "rotate", value_name = "USER")]
    rotated: Vec<Role>,
    #[command(flatten)]
    service: ServiceArgs,
}

/// What the broker's configuration includes.
const USERS_FILE: &str = "users.conf";

/// Runs the command.
///
/// # Errors
/// [`CommandError`] when the broker is away or refuses.
pub(crate) fn run(args: &TopologyArgs) -> Result<Exit, CommandError> {
    match &args.action {
        TopologyAction::Apply(args) => operator::with_broker(args, async |broker, config| {
            for drift in topology::apply(&broker, &config).await? {
                console::line(&drift.remedy())?;
            }
            Ok(Exit::Done)
        }),
        TopologyAction::Check(args) => operator::with_broker(args, async |broker, config| {
            let drift = topology::check(&broker, &config).await?;
            for drift in &drift {
                console::line(&drift.to_string())?;
            }
            Ok(if drift.is_empty() { Exit::Done } else { Exit::Drift })
        }),
        TopologyAction::Users(args) => make_users(args),
    }
}

fn make_users(args: &UsersArgs) -> Result<Exit, CommandError> {
    let UsersArgs { folder, subscribers, rotated, service } = args;
    let config = service.load()?;
    let subscribers = subscribers.iter().cloned().map(Role::Subscriber);
    let wanted: Vec<Role> = Role::own().chain(subscribers).collect();
    let users = users::users(folder, &wanted, rotated)?;
    let path = folder.join(USERS_FILE);
    std::fs::write(&path, users::configuration(&users, &config)?)
        .map_err(|source| SeedError::File { path: path.clone(), source })?;
    for user in &users {
        let (role, seed) = (&user.role, users::seed_path(folder, &user.role));
        let done = if user.made { "made" } else { "kept" };
        console::line(&format!("{role}: {} {done}", seed.display()))?;
        if user.keys.iter().any(|key| key.previous) {
            let before = users::previous(folder, role);
            console::line(&format!("{role}: {} is good until it is removed", before.display()))?;
        }
    }
    console::line(&format!("{}: included by server.conf", path.display()))?;
    Ok(Exit::Done)
}
