//! Workers that find less memory than a page takes.

use common::page::MediaType;
use libtest_mimic::Trial;

use crate::paper::Paper;
use crate::world::{config, fact, prepare_with};

pub(crate) fn trials() -> Vec<Trial> {
    vec![fact("a_page_is_made_whole_or_not_at_all", whole_or_not_at_all)]
}

/// Sides of the image, pixels: 20 MB, which PDFium has several copies of while it draws them.
const WIDTH: usize = 4000;
const HEIGHT: usize = 5000;

/// Address spaces, MiB: from what a worker cannot start with to what is enough for the image.
const FEWEST: u64 = 64;
const MOST: u64 = 512;
const STEP: u64 = 16;

/// Bytes that a pair of a run-length filter stands for at most.
const RUN: usize = 128;

/// A page with a black image, which is no scan: it covers half of the page.
fn drawing() -> Vec<u8> {
    // A run of 128 is told by 129, and the end by 128 (ISO 32000-1, 7.4.5).
    let mut black = [129, 0].repeat(WIDTH * HEIGHT / RUN);
    black.push(128);
    let image = format!(
        "/Type /XObject /Subtype /Image /Width {WIDTH} /Height {HEIGHT} /ColorSpace /DeviceGray \
         /BitsPerComponent 8 /Filter /RunLengthDecode"
    );
    Paper::default().stream(&image, &black).page("q 240 0 0 300 80 150 cm /Im Do Q").bytes()
}

async fn whole_or_not_at_all() {
    let pdf = drawing();
    let whole = prepare_with(&config(), MediaType::Pdf, &pdf).await.unwrap().raster(0).await;
    let inked = |pixels: &[u8]| pixels.iter().filter(|grey| **grey < 128).count();
    assert!(inked(&whole.2) * 10 > whole.2.len(), "the image is there");
    let (mut made, mut refused) = (0, 0);
    for memory in (FEWEST..=MOST).step_by(STEP as usize) {
        let config = config().with("worker.memory_bytes", memory << 20).unwrap();
        match prepare_with(&config, MediaType::Pdf, &pdf).await {
            Ok(done) => {
                made += 1;
                // A page on which nothing was found has none.
                let drawn = done.document.pages[0].raster.is_some();
                assert!(drawn && done.raster(0).await == whole, "another page with {memory} MiB");
            }
            Err(error) => {
                refused += 1;
                let codes = ["worker_out_of_memory", "worker_crashed"];
                assert!(codes.contains(&&*error.code), "{memory} MiB: {error}");
            }
        }
    }
    assert!(made > 0 && refused > 0, "{made} made, {refused} refused");
}
