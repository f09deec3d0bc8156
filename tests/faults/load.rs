//! A client that uploads documents as a careful one does: until it has its 202.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::testing::repository;
use serde_json::Value;
use tokio::sync::{Mutex, RwLock};
use tokio::task::JoinSet;

use crate::wait::{PATIENCE, agent};

/// What is uploaded, in turn: a page with text, two pages, a hybrid invoice; each sixth is a scan,
/// which takes twenty times as long.
const SAMPLES: [&str; 6] = [
    "facture-tunisie.pdf",
    "invoice-two-pages.pdf",
    "facture-electronique.pdf",
    "facture-tunisie.pdf",
    "invoice-two-pages.pdf",
    "facture-scan.pdf",
];

/// All of them, once.
pub(crate) const KINDS: [&str; 4] = [
    "facture-tunisie.pdf",
    "invoice-two-pages.pdf",
    "facture-electronique.pdf",
    "facture-scan.pdf",
];

/// Uploads at once.
const CLIENTS: usize = 4;

/// Longest wait for one answer.
const ANSWER: Duration = Duration::from_secs(20);

/// Pause after an upload that nobody took.
const AGAIN: Duration = Duration::from_millis(200);

/// A document that the gateway has promised to see through.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    pub(crate) sample: &'static str,
}

/// What the clients know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Receipts {
    /// By document id.
    pub(crate) accepted: BTreeMap<String, Accepted>,
    /// Tries that got no promise, by what they got: a status, or 0 for no answer.
    pub(crate) refused: BTreeMap<u16, usize>,
    /// `Retry-After` was missing on a 503.
    pub(crate) silent_refusals: usize,
    /// Longest time in which somebody tried and nobody was accepted.
    pub(crate) longest_pause: Duration,
    last: Option<Instant>,
}

impl Receipts {
    fn accept(&mut self, id: String, sample: &'static str, began: Instant) {
        let now = Instant::now();
        let since = self.last.map_or(began, |last| last.max(began));
        self.longest_pause = self.longest_pause.max(now - since);
        self.last = Some(now);
        self.accepted.insert(id, Accepted { sample });
    }
}

/// Uploads documents and remembers what was promised.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// Gateways, tried in turn.
    gateways: Arc<RwLock<Vec<String>>>,
    receipts: Arc<Mutex<Receipts>>,
    next: Arc<AtomicUsize>,
}

impl Client {
    pub(crate) fn of(gateways: Vec<String>) -> Self {
        Self {
            gateways: Arc::new(RwLock::new(gateways)),
            receipts: Arc::default(),
            next: Arc::new(AtomicUsize::new(1)),
        }
    }

    /// From now on, uploads go to these.
    pub(crate) async fn set_gateways(&self, gateways: Vec<String>) {
        *self.gateways.write().await = gateways;
    }

    pub(crate) async fn receipts(&self) -> Receipts {
        self.receipts.lock().await.clone()
    }

    /// Uploads `count` documents, [`CLIENTS`] at once, each until it is accepted.
    pub(crate) async fn upload(&self, count: usize) {
        let mut uploads = JoinSet::new();
        for _ in 0..count {
            if uploads.len() == CLIENTS {
                uploads.join_next().await.unwrap().unwrap();
            }
            let client = self.clone();
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            uploads.spawn(async move { client.upload_one(number).await });
        }
        while let Some(done) = uploads.join_next().await {
            done.unwrap();
        }
    }

    /// Uploads document `number` until it is accepted; its id.
    pub(crate) async fn upload_one(&self, number: usize) -> String {
        self.upload_sample(SAMPLES[number % SAMPLES.len()], number).await
    }

    /// Uploads the copy of `sample` that has `number` until it is accepted; its id.
    pub(crate) async fn upload_sample(&self, sample: &'static str, number: usize) -> String {
        self.upload_bytes(sample, number, distinct(sample, number)).await
    }

    /// Uploads `bytes` as document `number` until they are accepted; its id.
    pub(crate) async fn upload_bytes(
        &self,
        sample: &'static str,
        number: usize,
        bytes: Vec<u8>,
    ) -> String {
        let began = Instant::now();
        let bytes: Arc<[u8]> = bytes.into();
        for turn in number.. {
            assert!(began.elapsed() < PATIENCE, "nobody takes document {number}");
            let gateways = self.gateways.read().await.clone();
            let gateway = gateways[turn % gateways.len()].clone();
            let answer = self.try_upload(&gateway, bytes.clone()).await;
            let mut receipts = self.receipts.lock().await;
            match answer {
                Answer { status: 200 | 202, id: Some(id), .. } => {
                    receipts.accept(id.clone(), sample, began);
                    return id;
                }
                Answer { status, retry_after, .. } => {
                    *receipts.refused.entry(status).or_default() += 1;
                    receipts.silent_refusals += usize::from(status == 503 && !retry_after);
                }
            }
            drop(receipts);
            tokio::time::sleep(AGAIN).await;
        }
        unreachable!("the loop has no end of its own")
    }

    /// One try.
    pub(crate) async fn try_upload(&self, gateway: &str, bytes: Arc<[u8]>) -> Answer {
        let url = format!("{gateway}/api/v1/process-invoice");
        tokio::task::spawn_blocking(move || post(&url, &bytes)).await.unwrap()
    }

    /// Another number for a document that nobody has uploaded.
    pub(crate) fn number(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

/// What an upload was answered with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// 0: nobody answered.
    pub(crate) status: u16,
    pub(crate) id: Option<String>,
    pub(crate) retry_after: bool,
}

fn post(url: &str, bytes: &[u8]) -> Answer {
    let sent = agent(ANSWER).post(url).header("Content-Type", "application/pdf").send(bytes);
    let Ok(mut answer) = sent else { return Answer::default() };
    let status = answer.status().as_u16();
    let retry_after = answer.headers().contains_key("retry-after");
    let text = answer.body_mut().read_to_string().unwrap_or_default();
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    Answer { status, id: body["id"].as_str().map(str::to_owned), retry_after }
}

/// A copy of a sample that nobody has uploaded before: readers ignore what follows the end.
pub(crate) fn distinct(sample: &str, number: usize) -> Vec<u8> {
    let mut bytes = fs::read(repository().join("samples").join(sample)).unwrap();
    bytes.extend_from_slice(format!("\n%{number}\n").as_bytes());
    bytes
}
