//! One scenario's world: brokers, services, clients, and the audit at its end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::config::Config;
use common::jetstream::broker::Broker;
use common::jetstream::topology;
use common::stage::StageName;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::audit::{self, Expected, Findings, References};
use crate::books::Books;
use crate::fleet::{Plan, ROLES, Service};
use crate::load::{Client, KINDS};
use crate::server::{Cluster, Server, ServerOptions};
use crate::wait::{PATIENCE, eventually};

/// Lease of a job: a tenth of the default's 30 s, so that what is lost comes back soon.
pub(crate) const LEASE: Duration = Duration::from_secs(3);

/// What every scenario of a run is given.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// The build under test.
    pub(crate) program: PathBuf,
    /// A build with another message version, if there is one.
    pub(crate) next: Option<PathBuf>,
    pub(crate) seed: u64,
    pub(crate) references: Arc<References>,
    /// Keep the folder of a scenario that failed.
    pub(crate) keep: bool,
}

impl Given {
    /// Everything random of a scenario, from the seed alone.
    pub(crate) fn rng(&self) -> StdRng {
        StdRng::seed_from_u64(self.seed)
    }
}

/// The broker or brokers.
#[derive(Debug)]
pub(crate) enum Brokers {
    One(Box<Server>),
    Three(Cluster),
}

/// Everything that runs, and what it is measured with.
#[derive(Debug)]
pub(crate) struct Lab {
    pub(crate) given: Given,
    pub(crate) brokers: Brokers,
    pub(crate) services: Vec<Service>,
    pub(crate) client: Client,
    pub(crate) books: Books,
    pub(crate) expected: Expected,
    pub(crate) notes: Vec<String>,
    /// Promises that were found broken on the way.
    pub(crate) broken: Vec<String>,
    /// When the fault was done, and what was under way then.
    fault: Option<(Instant, usize)>,
    // Last: what runs in it ends first.
    folder: TempDir,
}

/// How a scenario's services differ from four plain ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fit {
    /// `[faults] points`, by role.
    pub(crate) faults: Vec<(&'static str, String)>,
    /// Further settings, for all roles.
    pub(crate) settings: Vec<(&'static str, String)>,
    /// Environment, by role.
    pub(crate) environment: Vec<(&'static str, String, String)>,
    /// Where each role finds its broker, when not at the broker itself.
    pub(crate) brokers: Vec<(&'static str, String)>,
    /// Roles that the scenario starts itself.
    pub(crate) without: Vec<&'static str>,
}

/// What a scenario ends with.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) findings: Findings,
    pub(crate) in_flight: usize,
    /// From the fault until every document that was under way had ended.
    pub(crate) recovery: Duration,
    pub(crate) notes: Vec<String>,
}

impl Lab {
    /// One broker and one service of each kind.
    pub(crate) async fn start(given: &Given, fit: Fit) -> Self {
        Self::on(given, fit, ServerOptions::default()).await
    }

    /// Likewise, on a broker with options.
    pub(crate) async fn on(given: &Given, fit: Fit, options: ServerOptions) -> Self {
        let folder = folder();
        let server = Server::start(&folder.path().join("broker"), "n0", options);
        let url = server.url();
        Self::around(given, fit, folder, Brokers::One(Box::new(server)), url).await
    }

    /// Three brokers.
    pub(crate) async fn cluster(given: &Given, mut fit: Fit) -> Self {
        fit.settings.push(("BROKER__REPLICAS", "3".to_owned()));
        let folder = folder();
        let cluster = Cluster::start(folder.path()).await;
        let url = cluster.url();
        Self::around(given, fit, folder, Brokers::Three(cluster), url).await
    }

    pub(crate) async fn around(
        given: &Given,
        fit: Fit,
        mut folder: TempDir,
        brokers: Brokers,
        url: String,
    ) -> Self {
        // Also when the scenario does not come to its end; one that does decides then.
        folder.disable_cleanup(given.keep);
        let replicas = if matches!(brokers, Brokers::Three(_)) { 3 } else { 1 };
        apply_topology(&url, replicas, &fit).await;
        let books = Books::open(&url).await;
        let mut lab = Self {
            given: given.clone(),
            brokers,
            services: Vec::new(),
            client: Client::of(Vec::new()),
            books,
            expected: Expected::default(),
            notes: Vec::new(),
            broken: Vec::new(),
            fault: None,
            folder,
        };
        for role in ROLES.into_iter().filter(|role| !fit.without.contains(role)) {
            let plan = lab.plan(role, "a", &url, &fit);
            lab.services.push(Service::start(lab.folder.path(), plan));
        }
        lab.client = Client::of(lab.gateways());
        for gateway in lab.services.iter().filter(|service| service.role() == "gateway") {
            gateway.ready().await;
        }
        lab
    }

    /// How a further service of the scenario is started.
    pub(crate) fn plan(&self, role: &'static str, name: &str, url: &str, fit: &Fit) -> Plan {
        let of_role = |(its, _): &&(&str, String)| *its == role;
        let broker = fit.brokers.iter().find(of_role).map_or(url, |(_, broker)| broker).to_owned();
        let environment = fit.environment.iter().filter(|(its, ..)| *its == role);
        Plan {
            role,
            name: name.to_owned(),
            program: self.given.program.clone(),
            broker,
            faults: fit.faults.iter().filter(of_role).map(|(_, fault)| fault.clone()).collect(),
            environment: environment.map(|(_, key, value)| (key.clone(), value.clone())).collect(),
            settings: fit.settings.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
        }
    }

    /// Adds a service.
    pub(crate) fn add(&mut self, plan: Plan) {
        self.services.push(Service::start(self.folder.path(), plan));
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn gateways(&self) -> Vec<String> {
        let gateways = self.services.iter().filter(|service| service.role() == "gateway");
        gateways.map(Service::url).collect()
    }

    /// From now on, uploads go to all gateways that there are.
    pub(crate) async fn use_all_gateways(&self) {
        self.client.set_gateways(self.gateways()).await;
    }

    /// The first service of `role`.
    pub(crate) fn service(&self, role: &str) -> &Service {
        self.services.iter().find(|service| service.role() == role).expect("a service of the role")
    }

    pub(crate) fn server(&mut self) -> &mut Server {
        match &mut self.brokers {
            Brokers::One(server) => server,
            Brokers::Three(_) => panic!("a scenario of one broker"),
        }
    }

    pub(crate) fn nodes(&mut self) -> &mut Cluster {
        match &mut self.brokers {
            Brokers::Three(cluster) => cluster,
            Brokers::One(_) => panic!("a scenario of three brokers"),
        }
    }

    /// Uploads `count` documents in the background.
    pub(crate) fn upload(&self, count: usize) -> JoinHandle<()> {
        let client = self.client.clone();
        tokio::spawn(async move { client.upload(count).await })
    }

    /// Waits until `count` documents were accepted.
    pub(crate) async fn accepted(&self, count: usize) {
        eventually("uploads", async || {
            (self.client.receipts().await.accepted.len() >= count).then_some(())
        })
        .await;
    }

    /// Waits until `count` documents have ended.
    pub(crate) async fn ended(&self, count: u64) {
        eventually("documents", async || {
            (self.books.count("INVOICE_EVENTS").await? >= count).then_some(())
        })
        .await;
    }

    /// Notes that the fault happens now.
    pub(crate) async fn fault(&mut self) {
        let accepted = self.client.receipts().await.accepted.len();
        let events = self.books.count("INVOICE_EVENTS").await.unwrap_or_default();
        let under_way = accepted.saturating_sub(usize::try_from(events).unwrap());
        self.fault = Some((Instant::now(), under_way));
    }

    /// Writes a line under the table.
    pub(crate) fn note(&mut self, line: impl Into<String>) {
        self.notes.push(line.into());
    }

    /// Waits until `count` uploads are accepted, and notes what their clients saw meanwhile.
    pub(crate) async fn note_uploads(&mut self, count: usize) {
        let client = self.client.clone();
        eventually("uploads", async || {
            (client.receipts().await.accepted.len() >= count).then_some(())
        })
        .await;
        let receipts = self.client.receipts().await;
        let (repeated, pause) = (receipts.refused.values().sum::<usize>(), receipts.longest_pause);
        let seconds = pause.as_secs_f64();
        self.note(format!(
            "longest time in which no upload was accepted: {seconds:.1} s; tries repeated: {repeated}"
        ));
    }

    /// Waits until every accepted document has ended and no job is left, then holds the books
    /// against what was promised.
    pub(crate) async fn finish(self, uploads: JoinHandle<()>) -> Outcome {
        uploads.await.unwrap();
        let receipts = self.client.receipts().await;
        let wanted: Vec<&String> =
            receipts.accepted.keys().filter(|id| !self.expected.erased.contains(*id)).collect();
        let (fault, in_flight) = self.fault.unwrap_or((Instant::now(), receipts.accepted.len()));
        let mut missing = String::new();
        let mut recovery = Duration::ZERO;
        let (mut rest, mut progress) = (wanted, Instant::now());
        while !rest.is_empty() {
            let mut unended = Vec::new();
            let mut first = None;
            for id in &rest {
                if let Some(place) = self.unended(id).await {
                    first = first.or(Some((*id, place)));
                    unended.push(*id);
                }
            }
            if unended.len() < rest.len() {
                (progress, recovery) = (Instant::now(), fault.elapsed());
            } else if let Some((id, place)) = first.filter(|_| progress.elapsed() > PATIENCE) {
                missing = format!("{} documents did not end, such as {id}: {place}", rest.len());
                break;
            }
            rest = unended;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Acknowledgements, events and dead letters follow the status.
        let settled = async {
            while self.books.jobs().await != Some(0) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        };
        tokio::time::timeout(PATIENCE / 3, settled).await.unwrap_or(());
        let references = &self.given.references;
        let mut findings = audit::audit(&self.books, &receipts, references, &self.expected).await;
        findings.broken.splice(0..0, self.broken);
        findings.broken.splice(0..0, (!missing.is_empty()).then_some(missing));
        let mut folder = self.folder;
        if self.given.keep && !findings.broken.is_empty() {
            findings.broken.push(format!("everything is kept in {}", folder.path().display()));
        } else {
            folder.disable_cleanup(false);
        }
        Outcome { findings, in_flight, recovery, notes: self.notes }
    }

    /// State and stage of a document that has not ended; `None` for one that has.
    async fn unended(&self, id: &str) -> Option<String> {
        let status = self.books.status(id).await.unwrap_or_default();
        let (state, stage) = (&status["state"], &status["stage"]);
        let ended = matches!(state.as_str(), Some("completed" | "failed"));
        (!ended).then(|| format!("{state} in {stage}"))
    }

    /// Results of the samples as they are without any fault.
    pub(crate) async fn references(given: &Given) -> References {
        let lab = Self::start(given, Fit::default()).await;
        let mut references = References::new();
        for sample in KINDS {
            let id = lab.client.upload_sample(sample, 0).await;
            let status = eventually("a reference", async || {
                let status = lab.books.status(&id).await?;
                matches!(status["state"].as_str(), Some("completed" | "failed")).then_some(status)
            })
            .await;
            assert_eq!(status["state"], "completed", "{sample} fails without any fault");
            references.insert(sample, audit::essence(&status["result"]));
        }
        references
    }
}

/// A folder beside the target, not under /tmp: brokers write much, and /tmp may be memory.
pub(crate) fn folder() -> TempDir {
    TempDir::with_prefix_in("faults-", env!("CARGO_TARGET_TMPDIR")).unwrap()
}

async fn apply_topology(url: &str, replicas: usize, fit: &Fit) {
    let mut config = Config::defaults().unwrap().with("broker.replicas", replicas).unwrap();
    for (key, value) in &fit.settings {
        let Some(key) = key.strip_prefix("RETENTION__") else { continue };
        let key = format!("retention.{}", key.to_lowercase());
        config = config.with(&key, value.parse::<u64>().unwrap()).unwrap();
    }
    let broker = Broker::connect(url, "lab", &config.broker).await.unwrap();
    let started = Instant::now();
    // A cluster that has just elected its leader may not place streams yet.
    while let Err(error) = topology::apply(&broker, &config).await {
        assert!(started.elapsed() < PATIENCE, "{error}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for stage in StageName::ALL {
        broker.set_ack_wait(stage, LEASE).await;
    }
}
