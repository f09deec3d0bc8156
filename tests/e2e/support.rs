//! Starts services as processes, talks to them over HTTP, looks behind them over NATS.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use async_nats::jetstream;
use common::config::Config;
use common::jetstream::broker::Broker;
use common::stage::StageName;
pub(crate) use common::testing::process::signal;
use common::testing::{process, repository};
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

/// Longer than anything here takes, short enough to fail a hanging test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// A running `invoice-ocr serve`.
pub(crate) struct Service {
    child: Child,
    pub(crate) url: String,
}

/// How to start one.
#[derive(Clone)]
pub(crate) struct Setup<'a> {
    pub(crate) data: &'a Path,
    /// `--stages`.
    pub(crate) stages: &'a str,
    /// `--nats-url`; `None`: its own broker.
    pub(crate) broker: Option<String>,
    /// Configuration over the defaults.
    pub(crate) config: &'a str,
}

impl<'a> Setup<'a> {
    /// Everything, on a broker of its own.
    pub(crate) fn all(data: &'a Path) -> Self {
        Self { data, stages: "all", broker: None, config: "" }
    }

    pub(crate) fn start(&self) -> Service {
        let config = self.data.join(format!("{}.toml", self.stages));
        fs::create_dir_all(self.data).unwrap();
        fs::write(&config, self.config).unwrap();
        let endpoint = self.data.join("gateway.url");
        let has_gateway = self.stages == "all" || self.stages.contains("gateway");
        if has_gateway && endpoint.exists() {
            fs::remove_file(&endpoint).unwrap();
        }
        let log_path = self.data.join(format!("{}.log", self.stages));
        let log = fs::File::create(&log_path).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_invoice-ocr"));
        command
            .current_dir(repository())
            .args(["serve", "--listen", "127.0.0.1:0", "--stages", self.stages, "--data"])
            .arg(self.data)
            .arg("--config")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        if let Some(url) = &self.broker {
            command.args(["--nats-url", url]);
        }
        let mut service = Service { child: command.spawn().unwrap(), url: String::new() };
        if has_gateway {
            service.url = until("the gateway", || {
                service.assert_alive(self.data);
                let url = fs::read_to_string(&endpoint).ok()?.trim().to_owned();
                let ready = url.starts_with("http://") && get(&format!("{url}/ready")).0 == 200;
                ready.then_some(url)
            });
        }
        if self.stages != "gateway" {
            let stages = if self.stages == "all" { 3 } else { 1 };
            until("the stages", || {
                service.assert_alive(self.data);
                let log = fs::read_to_string(&log_path).ok()?;
                (log.matches("stage takes jobs").count() == stages).then_some(())
            });
        }
        service
    }
}

impl Service {
    fn assert_alive(&mut self, data: &Path) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("the service ended at once ({status}); see {}", data.display());
        }
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and how it ended.
    pub(crate) fn stop(mut self) -> ExitStatus {
        signal(self.child.id(), Signal::TERM);
        until("a clean end", || self.child.try_wait().unwrap())
    }

    /// Process ids of its children whose command line holds `word`.
    pub(crate) fn children(&self, word: &str) -> Vec<u32> {
        process::children(self.child.id(), word)
    }

    pub(crate) fn submit(&self, body: &[u8], media_type: &str) -> (u16, Value) {
        post(&format!("{}/api/v1/process-invoice", self.url), body, media_type)
    }

    /// Uploads a document that must be taken; its id.
    pub(crate) fn accepted(&self, body: &[u8], media_type: &str) -> String {
        let (status, answer) = self.submit(body, media_type);
        assert!(status == 202 || status == 200, "{status}: {answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn status(&self, id: &str) -> Value {
        get(&format!("{}/api/v1/invoices/{id}", self.url)).1
    }

    /// Waits until the document has ended.
    pub(crate) fn ended(&self, id: &str) -> Value {
        until("the end of a document", || {
            let status = self.status(id);
            matches!(status["state"].as_str(), Some("completed" | "failed")).then_some(status)
        })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Polls `look` until it finds something.
pub(crate) fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    process::until(PATIENCE, what, look)
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(90)))
        .build();
    config.into()
}

/// Status 0 when nobody answers.
pub(crate) fn get(url: &str) -> (u16, Value) {
    match agent().get(url).call() {
        Ok(mut answer) => {
            let text = answer.body_mut().read_to_string().unwrap_or_default();
            (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
        }
        Err(_) => (0, Value::Null),
    }
}

/// Status of a DELETE.
pub(crate) fn delete(url: &str) -> u16 {
    agent().delete(url).call().unwrap().status().as_u16()
}

/// Status of a PATCH with `headers`; 0 when nobody answers.
pub(crate) fn patch(url: &str, body: &[u8], headers: &[(&str, &str)]) -> u16 {
    let request = agent().patch(url);
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send(body).map_or(0, |answer| answer.status().as_u16())
}

/// Status, media type and body, whatever it is.
pub(crate) fn get_bytes(url: &str) -> (u16, String, Vec<u8>) {
    let mut answer = agent().get(url).call().unwrap();
    let media_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), media_type, answer.body_mut().read_to_vec().unwrap())
}

fn post(url: &str, body: &[u8], media_type: &str) -> (u16, Value) {
    post_with(url, body, &[("Content-Type", media_type)])
}

/// Status and body of a POST with `headers`.
pub(crate) fn post_with(url: &str, body: &[u8], headers: &[(&str, &str)]) -> (u16, Value) {
    let request = agent().post(url);
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    match request.send(body) {
        Ok(mut answer) => {
            let text = answer.body_mut().read_to_string().unwrap_or_default();
            (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
        }
        Err(_) => (0, Value::Null),
    }
}

pub(crate) fn sample(name: &str) -> Vec<u8> {
    fs::read(repository().join("samples").join(name)).unwrap()
}

pub(crate) fn expected(name: &str) -> Value {
    let stem = Path::new(name).file_stem().unwrap().to_str().unwrap();
    let path = repository().join("samples").join(format!("{stem}.expected.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A digital PDF that nobody has uploaded before: readers ignore what follows the end.
pub(crate) fn distinct(pdf: &[u8], number: usize) -> Vec<u8> {
    [pdf, format!("\n%{number}\n").as_bytes()].concat()
}

/// A folder that goes with the test.
pub(crate) fn folder() -> TempDir {
    TempDir::new().unwrap()
}

/// What lies in the broker.
pub(crate) struct Behind {
    url: String,
    runtime: tokio::runtime::Runtime,
    context: jetstream::Context,
}

impl Behind {
    /// Looks behind the broker at `url`.
    pub(crate) fn broker(url: &str) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        // The client takes no notice of user and password in an address.
        let address: async_nats::ServerAddr = url.parse().unwrap();
        let options = match (address.username(), address.password()) {
            (Some(user), Some(password)) => async_nats::ConnectOptions::with_user_and_password(
                user.to_owned(),
                password.to_owned(),
            ),
            _ => async_nats::ConnectOptions::new(),
        };
        let context =
            runtime.block_on(async { jetstream::new(options.connect(address).await.unwrap()) });
        Self { url: url.to_owned(), runtime, context }
    }

    /// Looks behind a service with a broker of its own.
    pub(crate) fn service(data: &Path) -> Self {
        Self::broker(fs::read_to_string(data.join("broker.url")).unwrap().trim())
    }

    pub(crate) fn messages(&self, stream: &str) -> u64 {
        let stream = self.runtime.block_on(self.context.get_stream(stream)).unwrap();
        stream.cached_info().state.messages
    }

    pub(crate) fn message(&self, stream: &str, subject: &str) -> Option<Vec<u8>> {
        let stream = self.runtime.block_on(self.context.get_stream(stream)).unwrap();
        let read = self.runtime.block_on(stream.get_last_raw_message_by_subject(subject));
        read.ok().map(|message| message.payload.to_vec())
    }

    /// A header of the newest message on `subject`.
    pub(crate) fn header(&self, stream: &str, subject: &str, name: &str) -> Option<String> {
        let stream = self.runtime.block_on(self.context.get_stream(stream)).unwrap();
        let read = self.runtime.block_on(stream.get_last_raw_message_by_subject(subject)).unwrap();
        read.headers.get(name).map(ToString::to_string)
    }

    /// Messages of `stream` on subjects that fit `filter`.
    pub(crate) fn count(&self, stream: &str, filter: &str) -> usize {
        use futures_util::TryStreamExt;
        let stream = self.runtime.block_on(self.context.get_stream(stream)).unwrap();
        let listed = self.runtime.block_on(stream.info_with_subjects(filter)).unwrap();
        let subjects: Vec<(String, usize)> = self.runtime.block_on(listed.try_collect()).unwrap();
        subjects.into_iter().map(|(_, count)| count).sum()
    }

    /// Changes a stream behind everybody's back.
    pub(crate) fn alter(&self, stream: &str, change: impl FnOnce(&mut jetstream::stream::Config)) {
        let stream = self.runtime.block_on(self.context.get_stream(stream)).unwrap();
        let mut config = stream.cached_info().config.clone();
        change(&mut config);
        self.runtime.block_on(self.context.update_stream(config)).unwrap();
    }

    /// Removes a stream behind everybody's back.
    pub(crate) fn remove(&self, stream: &str) {
        self.runtime.block_on(self.context.delete_stream(stream)).unwrap();
    }

    /// Waits until no stage has a job left: a document's status is its end, and its event follows.
    pub(crate) fn drained(&self) {
        until("empty queues", || {
            let queues = ["INVOICE_PREPROCESS", "INVOICE_OCR", "INVOICE_EXTRACT"];
            queues.iter().all(|queue| self.messages(queue) == 0).then_some(())
        });
    }

    /// Shortens the lease of each stage, which is 30 s, so that a killed service is replaced soon.
    pub(crate) fn shorten_leases(&self, ack_wait: Duration) {
        self.runtime.block_on(async {
            let settings = Config::defaults().unwrap().broker;
            let broker = Broker::connect(&self.url, "test", &settings).await.unwrap();
            for stage in StageName::ALL {
                broker.set_ack_wait(stage, ack_wait).await;
            }
        });
    }
}

/// The executable's own commands.
pub(crate) fn invoice_ocr(args: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_invoice-ocr")).args(args).output().unwrap()
}

pub(crate) fn contract() -> PathBuf {
    repository().join("contract/invoice-extracted.schema.json")
}
