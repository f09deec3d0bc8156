//! One broker that goes away and comes back, and one without disk.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::lab::{Brokers, Fit, Given, Lab, Outcome, folder};
use crate::server::{Server, ServerOptions};
use crate::wait::mortal;

const DOCUMENTS: usize = 16;

pub(super) async fn broker_restarted(given: Given) -> Outcome {
    let mut lab = Lab::start(&given, Fit::default()).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.accepted(DOCUMENTS / 3).await;
    lab.fault().await;
    let server = lab.server();
    server.stop();
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.restart();
    lab.finish(uploads).await
}

pub(super) async fn broker_killed_ten_times(given: Given) -> Outcome {
    let mut lab = Lab::start(&given, Fit::default()).await;
    let uploads = lab.upload(3 * DOCUMENTS);
    lab.fault().await;
    for kill in 0..10 {
        tokio::time::sleep(Duration::from_millis(300 + 40 * (given.seed + kill) % 500)).await;
        let server = lab.server();
        server.kill();
        server.restart();
    }
    lab.finish(uploads).await
}

/// A disk of its own for a broker, small, in a mount namespace that lives as long as this.
struct Disk {
    holder: Child,
    path: std::path::PathBuf,
}

impl Disk {
    fn mount(path: &std::path::Path, megabytes: u32) -> Self {
        std::fs::create_dir_all(path).unwrap();
        let script = format!(
            "mount -t tmpfs -o size={megabytes}m tmpfs {path} && touch {path}/mounted && exec sleep infinity",
            path = path.display()
        );
        let holder = mortal("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let disk = Self { holder, path: path.to_path_buf() };
        let mounted = path.join("mounted").display().to_string();
        crate::wait::until("a small disk", || disk.inside(&["test", "-e", &mounted]).then_some(()));
        disk
    }

    /// Words to put before a command so that it sees the disk.
    fn enter(&self) -> Vec<String> {
        let id = self.holder.id().to_string();
        ["nsenter", "--target", &id, "--user", "--mount", "--preserve-credentials", "--"]
            .map(str::to_owned)
            .to_vec()
    }

    fn inside(&self, command: &[&str]) -> bool {
        let enter = self.enter();
        let mut entered = Command::new(&enter[0]);
        entered.args(&enter[1..]).args(command).stderr(Stdio::null());
        entered.status().unwrap().success()
    }

    fn grow(&self, megabytes: u32) {
        let (size, path) = (format!("remount,size={megabytes}m"), self.path.display().to_string());
        assert!(self.inside(&["mount", "-o", &size, &path]), "the disk does not grow");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.holder.kill());
        drop(self.holder.wait());
    }
}

/// Megabytes of a disk that holds the topology and some twenty documents.
const SMALL: u32 = 4;

/// The disk is full while documents come and go. nats-server freezes a stream that could not be
/// written until it is restarted: the operator makes room and restarts it.
pub(super) async fn disk_full(given: Given) -> Outcome {
    let folder = folder();
    let disk = Disk::mount(&folder.path().join("broker/data"), SMALL);
    let options = ServerOptions { under: disk.enter(), ..ServerOptions::default() };
    let server = Server::start(&folder.path().join("broker"), "n0", options);
    let url = server.url();
    let brokers = Brokers::One(Box::new(server));
    let mut lab = Lab::around(&given, Fit::default(), folder, brokers, url).await;
    let uploads = lab.upload(60);
    let client = lab.client.clone();
    crate::wait::eventually("a full disk", async || {
        client.receipts().await.refused.contains_key(&503).then_some(())
    })
    .await;
    lab.fault().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let accepted = lab.client.receipts().await.accepted.len();
    lab.note(format!("{accepted} documents were accepted before the disk was full"));
    disk.grow(50 * SMALL);
    let server = lab.server();
    server.stop();
    server.restart();
    let outcome = lab.finish(uploads).await;
    drop(disk);
    outcome
}

/// A backup is taken while documents are under way; then the broker dies with its disk, and a new
/// one gets what the backup has. Everything that was accepted before the backup began is there and
/// ends.
pub(super) async fn broker_lost_and_restored(given: Given) -> Outcome {
    let mut lab = Lab::start(&given, Fit::default()).await;
    let uploads = lab.upload(DOCUMENTS);
    lab.accepted(DOCUMENTS).await;
    let backup = lab.folder().join("backup");
    let url = lab.server().url();
    backed_up(&given, "create", &backup, &url);
    let ended = lab.books.count("INVOICE_EVENTS").await.unwrap();
    lab.note(format!("{ended} of {DOCUMENTS} documents had ended when the backup was taken"));
    lab.fault().await;
    lab.server().lose();
    lab.server().restart();
    backed_up(&given, "restore", &backup, &url);
    lab.finish(uploads).await
}

fn backed_up(given: &Given, action: &str, folder: &std::path::Path, url: &str) {
    let mut command = Command::new(&given.program);
    command.args(["backup", action]).arg(folder).args(["--nats-url", url]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "backup {action}: {output:?}");
}
