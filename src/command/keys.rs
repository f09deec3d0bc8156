//! `invoice-ocr keys create|list|revoke`.

mod present;

use clap::{Args, Subcommand};
use jiff::{Span, Timestamp, Zoned};

use common::audit::{Action, Actor, Object, Outcome};
use common::config::Config;
use common::id::Tenant;
use common::jetstream::broker::Broker;
use common::jetstream::keys::Revoked;
use common::jetstream::topology;
use common::key::{ApiKey, KeyId, KeyRecord, Scope};
use common::quota::{ClientHash, Day, OwnQuota};

use super::operator::{self, OperatorArgs};
use super::table::render;
use super::{CommandError, Output, console, witness};
use crate::exit::Exit;
use present::Known;

/// Longest name of a key, characters: it is one column of a table.
const MAX_NAME_LEN: usize = 64;

/// Tries to find an id that no key has: the second one is a wonder already.
const MAX_TRIES: usize = 3;

/// Arguments of `keys`.
#[derive(Args, Debug)]
pub(crate) struct KeysArgs {
    #[command(flatten)]
    operator: OperatorArgs,
    #[command(subcommand)]
    action: KeysAction,
}

#[derive(Subcommand, Debug)]
enum KeysAction {
    /// Make a key and print it, this once: only a hash of it is kept
    #[command(after_help = "Examples:
  invoice-ocr keys create --name scanner --tenant acme --scope read --scope write
  invoice-ocr keys create --name trial --tenant acme --scope write --documents-per-day 50
  invoice-ocr keys create --name prometheus --scope operations --expires 90d > /etc/prometheus/key")]
    Create(CreateArgs),
    /// List keys, oldest first, also those that open nothing any more; with what was used of their quotas today
    #[command(after_help = "Examples:
  invoice-ocr keys list
  invoice-ocr keys list --output ndjson | jq -r 'select(.tenant == \"acme\").id'")]
    List {
        /// How to print
        #[arg(long, short, value_enum, value_name = "FORMAT", default_value = "table")]
        output: Output,
    },
    /// Take a key back: within a second it opens nothing any more
    #[command(after_help = "Examples:
  invoice-ocr keys revoke ID")]
    Revoke {
        /// Id in `keys list`: the part of the key between its underscores
        #[arg(value_name = "ID")]
        id: KeyId,
    },
}

#[derive(Args, Debug)]
struct CreateArgs {
    /// What the key is for, for whoever reads the list
    #[arg(long, value_parser = name)]
    name: String,
    /// Whose documents it opens
    #[arg(long, default_value = "default")]
    tenant: Tenant,
    /// What may be done with it: read, write, delete (documents), webhooks, operations (metrics); may be repeated
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',',
          value_parser = scope)]
    scopes: Vec<Scope>,
    /// For how long it is good, e.g. "90d", "12h" [default: until it is revoked]
    #[arg(long, value_name = "DURATION", value_parser = span)]
    expires: Option<Span>,
    /// New documents that may be read for it in a day of UTC; 0: no limit [default: gateway.quota.documents_per_day]
    #[arg(long, value_name = "N")]
    documents_per_day: Option<u64>,
    /// Bytes of new documents in a day; 0: no limit [default: gateway.quota.bytes_per_day]
    #[arg(long, value_name = "N")]
    bytes_per_day: Option<u64>,
    /// Table: the key alone. JSON and NDJSON: an object with the key as `key`
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Output,
}

/// Runs the command.
///
/// # Errors
/// [`CommandError`]; exit code 4 for a key that is not there.
pub(crate) fn run(args: &KeysArgs) -> Result<Exit, CommandError> {
    operator::with_broker(&args.operator, async |broker, config| {
        topology::verify_gateway(&broker).await?;
        match &args.action {
            KeysAction::Create(args) => create(&broker, args).await,
            KeysAction::List { output } => list(&known(&broker, &config).await?, *output),
            KeysAction::Revoke { id } => revoke(&broker, id).await,
        }
    })
}

async fn create(broker: &Broker, args: &CreateArgs) -> Result<Exit, CommandError> {
    let now = Timestamp::now();
    let expires_at = args.expires.map(|span| end(now, span)).transpose()?;
    for _ in 0..MAX_TRIES {
        let key = ApiKey::generate().map_err(|error| CommandError::Internal(error.to_string()))?;
        let scopes = args.scopes.iter().copied().collect();
        let (name, tenant) = (args.name.clone(), args.tenant.clone());
        let mut record = KeyRecord::new(&key, name, tenant, scopes, now, expires_at);
        record.quota = OwnQuota {
            documents_per_day: args.documents_per_day,
            bytes_per_day: args.bytes_per_day,
        };
        if !broker.create_key(&record).await? {
            continue;
        }
        // Before it is shown: a key that nobody has seen opens nothing, so none is out without a record.
        let object = Object::Key(record.id.clone());
        let tenant = Some(record.tenant.clone());
        witness::tell(broker, tenant, Action::KeyCreated, object, Outcome::Done).await?;
        show(&key, &record, args.output)?;
        return Ok(Exit::Done);
    }
    Err(CommandError::Internal(format!("{MAX_TRIES} ids in a row were taken")))
}

#[expect(clippy::print_stderr, reason = "commands speak to the person who started them")]
fn show(key: &ApiKey, record: &KeyRecord, output: Output) -> Result<(), CommandError> {
    match output {
        Output::Table => {
            console::line(&key.reveal())?;
            let KeyRecord { id, tenant, .. } = record;
            eprintln!("key {id} of tenant {tenant}: keep it now, it is not shown again");
            Ok(())
        }
        Output::Json => console::json(&present::created(key, record)),
        Output::Ndjson => console::line(&present::created(key, record).to_string()),
    }
}

/// All keys, with what the gateway has counted for each today.
async fn known(broker: &Broker, config: &Config) -> Result<Vec<Known>, CommandError> {
    let day = Day::of(Timestamp::now());
    let mut known = Vec::new();
    for key in broker.keys().await? {
        let quota = key.record.quota.over(config.gateway.quota);
        let client = ClientHash::of(&Actor::Key(key.record.id.clone()).to_string());
        let used = broker.used(&client, quota, day).await?;
        known.push(Known { key, quota, used });
    }
    Ok(known)
}

fn list(keys: &[Known], output: Output) -> Result<Exit, CommandError> {
    let now = Timestamp::now();
    match output {
        Output::Table if keys.is_empty() => {}
        Output::Table => {
            let rows = keys.iter().map(|key| present::row(key, now).to_vec()).collect();
            console::line(&render(&present::HEADER, rows))?;
        }
        Output::Json => console::json(&keys.iter().map(|key| present::object(key, now)).collect())?,
        Output::Ndjson => {
            for key in keys {
                console::line(&present::object(key, now).to_string())?;
            }
        }
    }
    Ok(Exit::Done)
}

async fn revoke(broker: &Broker, id: &KeyId) -> Result<Exit, CommandError> {
    let revoked = broker.revoke_key(id, Timestamp::now()).await?;
    let (tenant, outcome, said) = match revoked {
        Revoked::Now(record) => (Some(record.tenant), Outcome::Done, format!("revoked {id}")),
        Revoked::Before(record) => {
            (Some(record.tenant), Outcome::Done, format!("{id} was revoked before"))
        }
        Revoked::NotFound => (None, Outcome::NotFound, String::new()),
    };
    witness::tell(broker, tenant, Action::KeyRevoked, Object::Key(id.clone()), outcome).await?;
    if outcome == Outcome::NotFound {
        return Err(CommandError::NoSuchKey(id.clone()));
    }
    console::line(&said)?;
    Ok(Exit::Done)
}

fn end(now: Timestamp, span: Span) -> Result<Timestamp, CommandError> {
    // A day is 24 hours in UTC, where no clock is put back.
    let end =
        now.to_zoned(jiff::tz::TimeZone::UTC).checked_add(span).map(|end: Zoned| end.timestamp());
    end.map_err(|error| CommandError::Usage(error.to_string()))
}

/// `read` is short for `documents:read`, `webhooks` for `webhooks:manage`, `operations` for `operations:read`.
fn scope(text: &str) -> Result<Scope, String> {
    let whole = match text {
        "operations" => "operations:read".to_owned(),
        "webhooks" => "webhooks:manage".to_owned(),
        short if !short.contains(':') => format!("documents:{short}"),
        whole => whole.to_owned(),
    };
    whole.parse().map_err(|error| format!("{error}"))
}

fn name(text: &str) -> Result<String, String> {
    let legal = !text.trim().is_empty() && text.chars().count() <= MAX_NAME_LEN;
    if legal && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(format!("a name is 1 to {MAX_NAME_LEN} printable characters"))
    }
}

fn span(text: &str) -> Result<Span, String> {
    let span: Span = text.parse().map_err(|error| format!("{error}"))?;
    if span.is_positive() { Ok(span) } else { Err("must be more than nothing".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_have_short_names() {
        let scopes =
            ["read", "write", "correct", "delete", "operations", "documents:read"].map(scope);
        let [read, write, correct, delete, operations, whole] = scopes.map(Result::unwrap);
        assert_eq!((read, whole), (Scope::DocumentsRead, Scope::DocumentsRead));
        assert_eq!((write, delete), (Scope::DocumentsWrite, Scope::DocumentsDelete));
        assert_eq!(correct, Scope::DocumentsCorrect);
        assert_eq!(operations, Scope::OperationsRead);
        assert_eq!(scope("webhooks").unwrap(), Scope::WebhooksManage);
        assert!(scope("everything").unwrap_err().contains("documents:read"));
    }

    #[test]
    fn a_key_ends_after_as_many_days_as_were_asked_for() {
        let start = Timestamp::UNIX_EPOCH;
        assert_eq!(end(start, span("90d").unwrap()).unwrap().as_second(), 90 * 86_400);
        assert_eq!(end(start, span("12h").unwrap()).unwrap().as_second(), 12 * 3600);
        for bad in ["0d", "-1d", "soon"] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_is_one_line() {
        assert!(name("scanner 2, hall B").is_ok());
        for bad in ["", "  ", "a\nb", &"a".repeat(MAX_NAME_LEN + 1)] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }
}
