//! `GET /docs/errors`: what the `type` of a problem points at.

use std::fmt::Write as _;

use axum::Router;
use axum::response::Html;
use axum::routing::get;

use crate::error::ERRORS_PAGE;
use crate::error::kind::{ALL, Kind};

/// The page.
pub(crate) fn routes() -> Router {
    let page = page(ALL);
    Router::new().route(ERRORS_PAGE, get(move || async move { Html(page) }))
}

fn page(kinds: &[&Kind]) -> String {
    let mut rows = String::new();
    for Kind { code, status, title, remedy } in kinds {
        // Writing to a String cannot fail.
        let _written = writeln!(
            rows,
            "<tr id=\"{code}\"><td><code>{code}</code><td>{status}<td>{title}<td>{remedy}"
        );
    }
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Problems</title>\n\
         <style>body{{font:1rem/1.5 sans-serif;margin:2rem auto;max-width:60rem}}\
         table{{border-collapse:collapse}}td,th{{border-bottom:1px solid #ccc;padding:.4rem .8rem;\
         text-align:left;vertical-align:top}}tr:target{{background:#ffd}}</style>\n\
         <h1>Problems</h1>\n\
         <p>Every error is a problem of RFC 9457; programs go by its <code>code</code>. Where a \
         limit was passed, <code>limit</code> and <code>value</code> name it.\n\
         <table><tr><th>code<th>status<th>title<th>what to do\n{rows}</table></html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_place_that_its_type_points_at() {
        let page = page(ALL);
        for kind in ALL {
            assert!(page.contains(&format!("id=\"{}\"", kind.code)), "{}", kind.code);
        }
    }
}
