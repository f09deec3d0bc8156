//! A stage with workers, an object store in memory, and jobs.

use std::future::Future;
use std::path::{Path, PathBuf};

use common::config::Config;
use common::error::StageError;
use common::id::{ContentHash, DocumentId, Options, Tenant};
use common::job::Job;
use common::object::fake::MemoryObjects;
use common::object::{Bucket, ObjectRef, ObjectStore};
use common::page::{MediaType, PreparedDocument, decode};
use common::stage::{Outcome, Stage};
use common::worker::Program;
use libtest_mimic::Trial;
use preprocess::Preprocess;

/// Names PDFium for these tests where it is not in `vendor/lib`.
const LIBRARY_VARIABLE: &str = "INVOICE_OCR_TEST_PDFIUM";

pub(crate) fn fact<F: Future<Output = ()> + 'static>(name: &str, body: fn() -> F) -> Trial {
    Trial::test(name, move || {
        tokio::runtime::Runtime::new()?.block_on(body());
        Ok(())
    })
}

/// What became of a document, with the store that holds its objects.
pub(crate) struct Done {
    pub(crate) document: PreparedDocument,
    pub(crate) handed: ObjectRef,
    pub(crate) objects: MemoryObjects,
}

impl Done {
    /// Width, height and pixels of a page's raster.
    pub(crate) async fn raster(&self, page: usize) -> (u32, u32, Vec<u8>) {
        let object = self.document.pages[page].raster.as_ref().unwrap();
        let png = self.objects.read(object).await.unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let mut grey = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut grey).unwrap();
        assert_eq!(frame.color_type, png::ColorType::Grayscale);
        (frame.width, frame.height, grey)
    }

    pub(crate) fn texts(&self, page: usize) -> Vec<&str> {
        self.document.pages[page].words.iter().map(|word| word.text.as_str()).collect()
    }
}

pub(crate) fn config() -> Config {
    let library = library();
    Config::defaults().unwrap().with("worker.pdfium_library", library).unwrap()
}

/// Runs the stage over `bytes`.
pub(crate) async fn prepare(media_type: MediaType, bytes: &[u8]) -> Result<Done, StageError> {
    prepare_with(&config(), media_type, bytes).await
}

pub(crate) async fn prepare_with(
    config: &Config,
    media_type: MediaType,
    bytes: &[u8],
) -> Result<Done, StageError> {
    let stage = stage(config);
    let objects = MemoryObjects::default();
    let job = job(media_type, bytes);
    objects.write(Bucket::Uploads, &job.id, bytes.to_vec().into()).await?;
    let Outcome::Handed(handed) = stage.run(&job, &objects).await? else {
        panic!("this stage hands on");
    };
    let document = decode(&objects.read(&handed).await?)?;
    Ok(Done { document, handed, objects })
}

/// The code that `bytes` are refused with, and its message.
pub(crate) async fn refusal(media_type: MediaType, bytes: &[u8]) -> (String, String) {
    let Err(error) = prepare(media_type, bytes).await else { panic!("it was accepted") };
    assert_eq!(error.kind, common::error::ErrorKind::Rejected, "{error}");
    (error.code.into_owned(), error.message)
}

pub(crate) fn stage(config: &Config) -> Preprocess {
    Preprocess::new(config, program())
}

pub(crate) fn program() -> Program {
    Program { path: std::env::current_exe().unwrap(), args: vec!["worker".to_owned()] }
}

pub(crate) fn job(media_type: MediaType, bytes: &[u8]) -> Job {
    let content_hash = ContentHash::of(bytes);
    let (tenant, options) = (Tenant::default(), Options::default());
    let id = DocumentId::derive(&tenant, &content_hash, &options);
    Job {
        input: ObjectRef::to(Bucket::Uploads, &id, bytes),
        id,
        tenant,
        generation: 1,
        media_type,
        content_hash,
        filename: None,
        options,
        correlation_id: "test".to_owned(),
        received_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration file to name it in")]
fn library() -> String {
    let vendored = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vendor/lib/libpdfium.so");
    let named = std::env::var(LIBRARY_VARIABLE).ok().map(PathBuf::from);
    let found = [Some(vendored.clone()), named].into_iter().flatten().find(|path| path.is_file());
    let Some(found) = found else {
        let place = vendored.display();
        panic!("no PDFium at {place}: run scripts/setup, or name it in {LIBRARY_VARIABLE}");
    };
    found.canonicalize().unwrap().to_str().unwrap().to_owned()
}
