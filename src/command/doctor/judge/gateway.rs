//! What the gateway answers.

use serde_json::Value;

use super::super::check::Judgement;
use crate::client::Page;

/// Status of an answer to who shows no key, or none that is good.
const UNAUTHORISED: u16 = 401;

/// Status of an answer to a key without the scope.
const FORBIDDEN: u16 = 403;

/// Judges `/health`.
pub(in super::super) fn health(page: &Page) -> Judgement {
    match page.status {
        200 => Judgement::ok("alive"),
        status => Judgement::failed(
            format!("HTTP {status}"),
            "see that --url is the gateway's address, and its log",
        ),
    }
}

/// Judges `/ready`.
pub(in super::super) fn ready(page: &Page) -> Judgement {
    match page.status {
        200 => Judgement::ok("takes documents"),
        503 => Judgement::failed(
            detail(page).unwrap_or_else(|| "not ready".to_owned()),
            "the gateway says what is missing; see the checks of the broker below",
        ),
        status => Judgement::failed(format!("HTTP {status}"), "see the gateway's log"),
    }
}

/// Judges `/docs`: a page with a script that shows the description.
pub(in super::super) fn documentation(page: &Page) -> Judgement {
    match page.status {
        200 if page.body.contains("swagger") => Judgement::ok("there"),
        200 => Judgement::warning("a page that is not the API's", "what answers there? A proxy?"),
        status => Judgement::warning(
            format!("HTTP {status}"),
            "let the proxy before the gateway pass /docs, or do without",
        ),
    }
}

/// Judges `/openapi.json`, against the version of this program.
pub(in super::super) fn description(page: &Page, own_version: &str) -> Judgement {
    let body: Value = serde_json::from_str(&page.body).unwrap_or_default();
    let version = body.pointer("/info/version").and_then(Value::as_str);
    match (page.status, version) {
        (200, Some(version)) if version == own_version => {
            Judgement::ok(format!("version {version}"))
        }
        (200, Some(version)) => Judgement::warning(
            format!("version {version}, this program is {own_version}"),
            "update the older one of the two",
        ),
        (200, None) => Judgement::failed("it describes no API", "what answers there? A proxy?"),
        (status, _) => Judgement::failed(format!("HTTP {status}"), "see the gateway's log"),
    }
}

/// Judges `/metrics`. `has_key`: whether one was shown.
pub(in super::super) fn metrics(page: &Page, has_key: bool) -> Judgement {
    match page.status {
        200 if page.body.contains("# EOF") => {
            let samples = page.body.lines().filter(|line| !line.starts_with('#')).count();
            Judgement::ok(format!("{samples} figures"))
        }
        200 => Judgement::failed("no OpenMetrics text", "what answers there? A proxy?"),
        status => refused(status, has_key, "operations", page),
    }
}

/// Judges an answer that is no success, to a request that needs `scope`.
pub(in super::super) fn refused(status: u16, has_key: bool, scope: &str, page: &Page) -> Judgement {
    let make = "invoice-ocr keys create --name doctor --tenant doctor --scope \
                read,write,delete,operations > doctor.key, then --key-file doctor.key";
    match status {
        UNAUTHORISED if !has_key => Judgement::skipped("the gateway wants a key").unless(make),
        UNAUTHORISED => {
            Judgement::failed(detail(page).unwrap_or_else(|| "the key is not good".into()), make)
        }
        FORBIDDEN => Judgement::skipped(format!("the key has no scope {scope}")).unless(make),
        status => {
            let said = detail(page).map(|detail| format!(": {detail}")).unwrap_or_default();
            Judgement::failed(format!("HTTP {status}{said}"), "see the gateway's log")
        }
    }
}

/// Judges health and readiness of a service at its port for operators.
pub(in super::super) fn ops(health: &Page, ready: &Page) -> Judgement {
    match (health.status, ready.status) {
        (200, 200) => Judgement::ok("alive and ready"),
        (200, _) => Judgement::failed("alive, not ready", "its broker is away: see its log"),
        (status, _) => Judgement::failed(format!("HTTP {status}"), "see its log"),
    }
}

/// The words of a problem document.
fn detail(page: &Page) -> Option<String> {
    let body: Value = serde_json::from_str(&page.body).ok()?;
    body.get("detail").and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::check::Verdict;

    fn page(status: u16, body: &str) -> Page {
        Page { status, date: None, body: body.to_owned() }
    }

    #[test]
    fn a_gateway_that_answers_is_alive() {
        assert_eq!(health(&page(200, "{}")).verdict, Verdict::Ok);
        assert_eq!(health(&page(502, "")).verdict, Verdict::Failed);
    }

    #[test]
    fn what_is_missing_is_told_in_the_gateways_words() {
        assert_eq!(ready(&page(200, "{}")).verdict, Verdict::Ok);
        let missing = ready(&page(503, r#"{"detail":"the broker is away"}"#));
        assert_eq!((missing.verdict, &*missing.found), (Verdict::Failed, "the broker is away"));
        assert_eq!(ready(&page(500, "")).verdict, Verdict::Failed);
    }

    #[test]
    fn documentation_is_not_worth_a_failure() {
        assert_eq!(documentation(&page(200, "<script src=swagger-ui.js>")).verdict, Verdict::Ok);
        assert_eq!(documentation(&page(200, "hello")).verdict, Verdict::Warning);
        assert_eq!(documentation(&page(404, "")).verdict, Verdict::Warning);
    }

    #[test]
    fn the_description_tells_the_gateways_version() {
        let body = r#"{"info":{"version":"1.2.3"}}"#;
        assert_eq!(description(&page(200, body), "1.2.3").verdict, Verdict::Ok);
        assert_eq!(description(&page(200, body), "1.2.4").verdict, Verdict::Warning);
        assert_eq!(description(&page(200, "{}"), "1.2.3").verdict, Verdict::Failed);
        assert_eq!(description(&page(404, ""), "1.2.3").verdict, Verdict::Failed);
    }

    #[test]
    fn metrics_that_may_not_be_seen_are_skipped_and_a_key_that_is_bad_fails() {
        assert_eq!(metrics(&page(200, "a 1\n# EOF\n"), false).found, "1 figures");
        assert_eq!(metrics(&page(200, "<html>"), false).verdict, Verdict::Failed);
        assert_eq!(metrics(&page(401, ""), false).verdict, Verdict::Skipped);
        assert_eq!(metrics(&page(401, ""), true).verdict, Verdict::Failed);
        assert_eq!(metrics(&page(403, ""), true).verdict, Verdict::Skipped);
        assert_eq!(metrics(&page(500, ""), true).verdict, Verdict::Failed);
    }

    #[test]
    fn a_service_alone_is_alive_and_ready_or_not() {
        let (good, bad) = (page(200, ""), page(503, ""));
        assert_eq!(ops(&good, &good).verdict, Verdict::Ok);
        assert_eq!(ops(&good, &bad).verdict, Verdict::Failed);
        assert_eq!(ops(&bad, &bad).verdict, Verdict::Failed);
    }
}
