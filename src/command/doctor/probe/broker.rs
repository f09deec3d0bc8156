//! What the broker says of itself, its streams and the stages' queues.

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use common::config::Config;
use common::jetstream::broker::Broker;
use common::jetstream::names;
use common::jetstream::place::Place;
use common::jetstream::survey::{Queue, StreamLevel, Unanswered};
use common::jetstream::topology;
use common::jetstream::users::{self, Role};
use common::stage::StageName;

use super::super::DoctorArgs;
use super::super::check::{Check, Judgement, STAGE};
use super::super::judge::server::Sync;
use super::super::judge::{clock, disk, rights, server, stage, streams, topology as drift, trail};
use super::certificate;
use crate::command::{endpoint, operator};

/// Looks at a queue before nobody counts as taking from it: services ask again every three seconds, and
/// between two requests is a moment without one.
const LOOKS: usize = 4;

/// Pause between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// The embedded broker's configuration, in the data folder.
const EMBEDDED: &str = "broker/server.conf";

/// What to do where the broker is not reached.
const REACH: &str = "start it, or say where it is: --data, --nats-url, [broker] in --config";

/// Everything that is asked of the broker.
pub(in super::super) async fn checks(args: &DoctorArgs, config: Option<&Config>) -> Vec<Check> {
    const NAME: &str = "broker.connection";
    let Some(config) = config else {
        return vec![Judgement::skipped("the configuration says where it is").named(NAME)];
    };
    let data = args.data.as_deref();
    let url = match endpoint::broker(config, data) {
        Ok(url) => url,
        Err(error) => {
            return vec![Judgement::skipped(error.to_string()).unless(REACH).named(NAME)];
        }
    };
    let certificates = certificate::of_broker(&url, &config.broker);
    let broker = match operator::connect(&url, &config.broker).await {
        Ok(broker) => broker,
        Err(error) => {
            let failed = Judgement::failed(error.to_string(), REACH).named(NAME);
            return std::iter::once(failed).chain(certificates).collect();
        }
    };
    let shown = common::config::without_credentials(&url);
    let mut checks = vec![Judgement::ok(shown).named(NAME)];
    // Whose configuration is at hand: not that of a broker that the configuration names.
    let embedded = config.broker.url.is_empty().then(|| endpoint::data_folder(data));
    let asked = Asked { broker: &broker, config, embedded, system: args.system_key.as_deref() };
    checks.extend(asked.of_itself(&url).await);
    checks.extend(certificates);
    checks.extend(asked.of_streams().await);
    broker.close().await;
    checks
}

/// Whom to ask.
struct Asked<'a> {
    broker: &'a Broker,
    config: &'a Config,
    /// The data folder of the `serve` that runs the broker.
    embedded: Option<&'a Path>,
    /// The system user's key.
    system: Option<&'a Path>,
}

impl Asked<'_> {
    /// Version, disk, writes, rights, topology.
    async fn of_itself(&self, url: &str) -> Vec<Check> {
        let broker = self.broker;
        let said = broker.server();
        let disk = match broker.disk_share().await {
            Ok(share) => disk::judge(&share, self.embedded.and_then(free)),
            Err(_) if !said.jetstream => Judgement::failed(
                "JetStream is not enabled",
                "jetstream { … } in the broker's configuration (nats/server.conf)",
            ),
            Err(error) => unanswered(&error),
        };
        let rights = match broker.user().await {
            Ok(user) => match users::missing(&Role::Operator, &user) {
                Ok(lacked) => rights::judge(&user, &lacked, said.asks),
                Err(error) => Judgement::skipped(error.to_string()),
            },
            Err(error) => unanswered(&error),
        };
        let topology = match topology::check(broker, self.config).await {
            Ok(differences) => drift::judge(&differences),
            Err(error) => Judgement::failed(error.to_string(), "see broker.rights"),
        };
        vec![
            server::version(&said).named("broker.version"),
            disk.named("broker.disk"),
            server::sync(&self.sync(url).await).named("broker.sync"),
            rights.named("broker.rights"),
            topology.named("broker.topology"),
        ]
    }

    async fn sync(&self, url: &str) -> Sync {
        if let Some(key) = self.system {
            let mut settings = self.config.broker.clone();
            settings.nkey_file = key.display().to_string();
            settings.credentials_file = String::new();
            settings.inbox_prefix = Role::System.inbox();
            // What the address says would go before the key.
            let url = common::config::without_credentials(url);
            return match operator::connect(&url, &settings).await {
                Err(error) => Sync::Unknown(error.to_string()),
                Ok(system) => match system.keeping().await {
                    Ok(servers) => Sync::Said(servers),
                    Err(error) => Sync::Unknown(error.to_string()),
                },
            };
        }
        let own =
            self.embedded.and_then(|folder| std::fs::read_to_string(folder.join(EMBEDDED)).ok());
        match own {
            Some(text) => Sync::Configured(text),
            None => Sync::Unknown("how writes are brought to disk is not known".to_owned()),
        }
    }

    /// Levels, copies, clock, queues, dead letters, audit trail.
    async fn of_streams(&self) -> Vec<Check> {
        let mut levels = Vec::new();
        let mut unknown = None;
        let before = Timestamp::now();
        let mut clock = None;
        for stream in Place::STREAMS.into_iter().filter_map(Place::stream) {
            match self.broker.stream_level(stream).await {
                Ok(level) => {
                    clock = clock.or_else(|| reading(before, &level));
                    levels.push(level);
                }
                Err(error) => unknown = Some(error),
            }
        }
        let clustered = self.broker.server().cluster.is_some();
        let told = |judged: Judgement| match &unknown {
            Some(error) if levels.is_empty() => unanswered(error),
            _ => judged,
        };
        let clock = clock.map(|reading| clock::judge("the broker", &reading));
        let letters = levels.iter().find(|level| level.name == names::DEAD_STREAM);
        let mut checks = vec![
            told(streams::room(&levels)).named("streams.room"),
            told(streams::copies(&levels, clustered)).named("streams.copies"),
            clock.unwrap_or_else(|| Judgement::skipped("it does not say")).named("broker.clock"),
        ];
        let queues = self.queues().await;
        checks.extend(queues.into_iter().map(|(name, looks)| {
            let judged = match looks {
                Ok(looks) => stage::judge(name, &looks, streams::work(&levels)),
                Err(error) => unanswered(&error),
            };
            judged.named(format!("{STAGE}{name}"))
        }));
        let letters = match letters {
            Some(level) => trail::letters(level.messages),
            None => told(Judgement::skipped("there is no such stream")),
        };
        checks.push(letters.named("dead_letters"));
        let audit = match self.broker.audit_state().await {
            Ok(state) => trail::audit(&state),
            Err(error) => {
                Judgement::failed(error.to_string(), "see broker.rights and broker.topology")
            }
        };
        checks.push(audit.named("audit"));
        checks
    }

    /// Looks at every queue until somebody has asked each for jobs, or [`LOOKS`] times.
    async fn queues(&self) -> Vec<(StageName, Result<Vec<Queue>, Unanswered>)> {
        let mut seen: Vec<_> = StageName::ALL.map(|stage| (stage, Ok(Vec::new()))).into();
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(LOOK).await;
            }
            let mut quiet = false;
            for (stage, looks) in &mut seen {
                let Ok(so_far) = looks else { continue };
                if so_far.iter().any(|queue: &Queue| queue.pulls > 0) {
                    continue;
                }
                match self.broker.queue(*stage).await {
                    Ok(queue) => {
                        quiet |= queue.pulls == 0;
                        so_far.push(queue);
                    }
                    Err(error) => *looks = Err(error),
                }
            }
            if !quiet {
                break;
            }
        }
        seen
    }
}

/// The broker's clock; nanoseconds, of which its own rounding is the least.
fn reading(before: Timestamp, level: &StreamLevel) -> Option<clock::Reading> {
    let resolution = SignedDuration::from_millis(1);
    Some(clock::Reading { before, after: Timestamp::now(), there: level.answered_at?, resolution })
}

/// Bytes that are free where `folder` is.
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn unanswered(error: &Unanswered) -> Judgement {
    match error {
        Unanswered::Forbidden(_) => Judgement::failed(
            error.to_string(),
            "run `invoice-ocr topology users` with this version again, and have the broker read the \
             file (docs/broker.md)",
        ),
        Unanswered::Missing(_) => {
            Judgement::failed(error.to_string(), "invoice-ocr topology apply")
        }
        Unanswered::Silent(_) => Judgement::failed(error.to_string(), "see the broker's log"),
    }
}
