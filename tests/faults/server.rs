//! nats-server processes: one alone, and three as a cluster.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::testing::process::signal;
use common::testing::{nats_server, repository};
use rustix::process::Signal;
use serde_json::Value;

use crate::proxy::{Network, Proxy};
use crate::wait::{get_json, mortal, until};

/// What a server is started with besides the product's own configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerOptions {
    /// Further lines of its configuration.
    pub(crate) lines: String,
    /// Program and arguments to start it under, such as `nsenter …`.
    pub(crate) under: Vec<String>,
}

/// One nats-server with a port and data that outlive it.
#[derive(Debug)]
pub(crate) struct Server {
    name: String,
    folder: PathBuf,
    port: u16,
    monitor: u16,
    options: ServerOptions,
    child: Option<Child>,
}

impl Server {
    /// Starts a server that keeps its data in `folder`.
    pub(crate) fn start(folder: &Path, name: &str, options: ServerOptions) -> Self {
        fs::create_dir_all(folder).unwrap();
        let (name, folder) = (name.to_owned(), folder.to_path_buf());
        let mut server =
            Self { name, folder, port: free_port(), monitor: free_port(), options, child: None };
        server.restart();
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where it keeps its streams.
    pub(crate) fn store(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Starts it again on the same port and data.
    pub(crate) fn restart(&mut self) {
        self.launch();
        let health = format!("http://127.0.0.1:{}/varz", self.monitor);
        let child = self.child.as_mut().unwrap();
        until("a broker", || {
            // It answers before it has taken all of its ports.
            assert!(child.try_wait().unwrap().is_none(), "{} has ended, see its log", self.name);
            get_json(&health).map(drop)
        });
    }

    /// Likewise, without waiting for it.
    pub(crate) fn launch(&mut self) {
        let configuration = self.folder.join("server.conf");
        fs::write(&configuration, self.configuration()).unwrap();
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("server.log"))
            .unwrap();
        let mut words = self.options.under.clone();
        words.push(nats_server().canonicalize().unwrap().display().to_string());
        let mut command = mortal(&words[0]);
        command.args(&words[1..]).arg("--config").arg(&configuration);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().unwrap());
    }

    fn configuration(&self) -> String {
        let product = fs::read_to_string(repository().join("nats/server.conf")).unwrap();
        let jetstream = format!("jetstream {{\n  store_dir: \"{}\"\n", self.store().display());
        let product = product.replacen("jetstream {", &jetstream, 1);
        format!(
            "{product}\nserver_name: {}\nlisten: \"127.0.0.1:{}\"\nhttp: \"127.0.0.1:{}\"\n{}\n",
            self.name, self.port, self.monitor, self.options.lines
        )
    }

    /// Replaces its further lines and lets it read them.
    pub(crate) fn reload(&mut self, lines: &str) {
        self.options.lines = lines.to_owned();
        fs::write(self.folder.join("server.conf"), self.configuration()).unwrap();
        self.signal(Signal::HUP);
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// `kill -9`, and its disk is gone.
    pub(crate) fn lose(&mut self) {
        self.kill();
        fs::remove_dir_all(self.store()).unwrap();
    }

    /// SIGTERM, and its end.
    pub(crate) fn stop(&mut self) {
        self.signal(Signal::TERM);
        if let Some(mut child) = self.child.take() {
            until("the end of a broker", || child.try_wait().unwrap());
        }
    }

    pub(crate) fn signal(&self, what: Signal) {
        if let Some(child) = &self.child {
            signal(child.id(), what);
        }
    }

    /// An answer of its monitoring port.
    pub(crate) fn monitor(&self, path: &str) -> Option<Value> {
        get_json(&format!("http://127.0.0.1:{}/{path}", self.monitor))
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself, and a stopped one has to be killed all the same.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Three servers that know each other through proxies, so that one can be cut off.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) servers: Vec<Server>,
    /// The way from one server to another, by their indices.
    ways: Vec<(usize, usize, Proxy)>,
}

impl Cluster {
    pub(crate) async fn start(folder: &Path) -> Self {
        let routes: Vec<u16> = (0..3).map(|_| free_port()).collect();
        let mut ways = Vec::new();
        for from in 0..3 {
            for to in (0..3).filter(|to| *to != from) {
                ways.push((from, to, Proxy::to(routes[to]).await));
            }
        }
        let mut servers = Vec::new();
        for (index, port) in routes.iter().enumerate() {
            let out = ways.iter().filter(|(from, ..)| *from == index);
            let out: Vec<String> =
                out.map(|(.., way)| format!("\"nats://127.0.0.1:{}\"", way.port())).collect();
            // Not advertised: what the others learn about a server would lead round the proxies.
            let lines = format!(
                "cluster {{ name: lab, listen: \"127.0.0.1:{port}\", no_advertise: true, \
                 pool_size: -1, routes: [{}] }}",
                out.join(", ")
            );
            let options = ServerOptions { lines, ..ServerOptions::default() };
            let name = format!("n{index}");
            servers.push(Server::start(&folder.join(&name), &name, options));
        }
        let cluster = Self { servers, ways };
        cluster.elected();
        cluster
    }

    /// Waits until it has a leader for its own matters.
    pub(crate) fn elected(&self) {
        until("a leader of the cluster", || self.meta_leader());
    }

    /// The server that leads the cluster's own matters.
    pub(crate) fn meta_leader(&self) -> Option<usize> {
        let answer = self.servers.iter().find_map(|server| server.monitor("jsz"))?;
        let leader = answer["meta_cluster"]["leader"].as_str()?.to_owned();
        self.index_of(&leader)
    }

    pub(crate) fn index_of(&self, name: &str) -> Option<usize> {
        self.servers.iter().position(|server| server.name() == name)
    }

    /// All of them, as a service is told.
    pub(crate) fn url(&self) -> String {
        let urls: Vec<String> = self.servers.iter().map(Server::url).collect();
        urls.join(",")
    }

    /// Between one server and the two others.
    pub(crate) fn around(&self, server: usize, network: Network) {
        for (from, to, way) in &self.ways {
            if *from == server || *to == server {
                way.set(network);
            }
        }
    }
}

/// Ports of the laboratory. Above those that need rights, and below those that Linux gives to connections
/// (32768 on): one of these could take the port of a server that is down for a moment, and keep it.
const PORTS: std::ops::Range<u32> = 15_000..32_000;

/// A port that nobody listens on, and that this process has not been given before.
pub(crate) fn free_port() -> u16 {
    static GIVEN: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(rand::random()));
    let next = || {
        let given = GIVEN.fetch_add(1, Ordering::Relaxed);
        u16::try_from(PORTS.start + given % (PORTS.end - PORTS.start)).unwrap()
    };
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    std::iter::repeat_with(next).take(PORTS.len()).find(is_free).expect("a free port")
}

/// How long a leader change may take, with room for a busy machine.
pub(crate) const ELECTION: Duration = Duration::from_secs(60);
