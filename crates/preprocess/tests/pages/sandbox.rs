//! The stage with its sandbox required, and its limit on pixels.

use common::error::ErrorKind;
use common::page::MediaType::Jpeg;
use common::stage::Stage;
use libtest_mimic::Trial;

use crate::world::{config, fact, fixture, prepare_with, stage};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        fact("a_service_starts_only_with_its_sandbox", starts),
        fact("a_document_with_one_pixel_more_than_allowed_is_refused", too_many_pixels),
    ]
}

async fn starts() {
    let required = config();
    assert_eq!(required.worker.sandbox, common::config::Sandbox::Required);
    stage(&required).warm_up().await.unwrap();
}

async fn too_many_pixels() {
    let image = fixture("grey.jpg");
    let whole = prepare_with(&config(), Jpeg, &image).await.unwrap();
    let geometry = whole.document.pages[0].geometry;
    let pixels = u64::from(geometry.width_px) * u64::from(geometry.height_px);
    let enough = config().with("limits.max_document_pixels", pixels).unwrap();
    prepare_with(&enough, Jpeg, &image).await.unwrap();
    let small = config().with("limits.max_document_pixels", pixels - 1).unwrap();
    let Err(error) = prepare_with(&small, Jpeg, &image).await else { panic!("it was accepted") };
    assert_eq!((error.kind, &*error.code), (ErrorKind::Rejected, "too_many_pixels"));
    assert!(error.message.contains(&pixels.to_string()), "{error}");
}
