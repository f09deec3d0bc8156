//! The examples of the API's description, asked of a real service: what it answers is what the description says.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::support::{Setup, folder, get, sample};

/// A ZIP archive with one file, which is no document.
const ARCHIVE: &[u8] = b"PK\x03\x04\x14\0\0\0\0\0\0\0{]\x93\x84sv\x0b\0\0\0\x0b\0\0\0\x05\0\0\0a.txtno document\
    PK\x01\x02\x14\x03\x14\0\0\0\0\0\0\0{]\x93\x84sv\x0b\0\0\0\x0b\0\0\0\x05\0\0\0\0\0\0\0\0\0\0\0\x80\x01\0\0\0\0a.txt\
    PK\x05\x06\0\0\0\0\x01\0\x01\x003\0\0\0.\0\0\0\0\0";

/// A parameter whose example stands for a name of each request's own.
const NAME: &str = "Idempotency-Key";

/// What the examples have as the address of a webhook. Nobody of this machine is behind it.
const RECEIVER: &str = "https://example.org/invoices";

fn described(url: &str) -> Value {
    get(&format!("{url}/openapi.json")).1
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The example that stands beside a schema, or in it.
fn example(parameter: &Value) -> Option<&Value> {
    parameter.get("example").or_else(|| parameter["schema"].get("example"))
}

/// Fails where `value` is not of the `schema` of a place in the description.
fn assert_fits(api: &Value, schema: &Value, value: &Value, place: &str) {
    let mut root = schema.clone();
    root["components"] = api["components"].clone();
    let validator = jsonschema::validator_for(&root).unwrap();
    let errors: Vec<String> = validator.iter_errors(value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{place}: {errors:?} in {value:#}");
}

#[test]
fn every_example_is_of_its_own_schema() {
    let folder = folder();
    let service = Setup { stages: "gateway", ..Setup::all(folder.path()) }.start();
    let api = described(&service.url);
    let mut seen = 0;
    look(&api, "", &mut |place, holder| {
        let Some(example) = holder.get("example") else { return };
        let own = holder.get("schema").unwrap_or(holder);
        let mut own = own.clone();
        own.as_object_mut().unwrap().remove("example");
        assert_fits(&api, &own, example, place);
        seen += 1;
    });
    assert!(seen > 30, "{seen} examples");
}

fn look(value: &Value, place: &str, each: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(inner) => {
            // What is called an example is data, whatever is in it; but a property may be called so too.
            if !place.ends_with("/properties") {
                each(place, value);
            }
            for (key, inner) in inner {
                look(inner, &format!("{place}/{key}"), each);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                look(item, &format!("{place}/{index}"), each);
            }
        }
        _ => {}
    }
}

/// A request made of an operation's examples.
struct Request {
    method: String,
    address: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

#[test]
fn every_operation_answers_its_examples_as_it_is_described() {
    let folder = folder();
    let port = receiver();
    let webhooks = format!(
        "[webhooks]\nallowed_networks = [\"127.0.0.1/32\"]\nports = [{port}]\nplain_http = true\n"
    );
    let service = Setup { config: &webhooks, ..Setup::all(folder.path()) }.start();
    let receiver = format!("http://127.0.0.1:{port}/invoices");
    let webhook = post(&service.url, "/api/v1/webhooks", &json!({ "url": receiver }));
    let webhook = webhook["id"].as_str().unwrap().to_owned();
    // Signs what is sent to the address that the example of an upload brings.
    post(&service.url, "/api/v1/webhooks", &json!({ "uploads": true }));
    // What the examples of the list look for, and one with images of pages.
    let listed = service.accepted(&sample("facture-tunisie.pdf"), "application/pdf");
    let id = service.accepted(&sample("facture-scan.pdf"), "application/pdf");
    for id in [&listed, &id] {
        assert_eq!(service.ended(id)["state"], "completed");
    }
    let log = format!("{}/api/v1/webhooks/{webhook}/deliveries", service.url);
    let delivery = until(|| get(&log).1["items"][0]["id"].as_str().map(str::to_owned));
    // What stands in an address for what there is.
    let names = [("id", &id), ("webhook", &webhook), ("delivery", &delivery)];
    let image = format!("{}/api/v1/invoices/{id}/pages/1/image", service.url);
    let (_, _, png) = crate::support::get_bytes(&image);
    let bodies = BTreeMap::from([
        ("application/pdf", sample("facture-electronique.pdf")),
        ("application/octet-stream", sample("invoice-two-pages.pdf")),
        ("application/xml", b"<rsm:CrossIndustryInvoice/>".to_vec()),
        ("application/zip", ARCHIVE.to_vec()),
        ("image/jpeg", sample("invoice-photo.jpg")),
        ("image/png", png),
        ("multipart/form-data", form(&sample("facture-scan.pdf"))),
    ]);
    let api = described(&service.url);
    let mut operations = Vec::new();
    for (path, methods) in members(&api["paths"]) {
        operations.extend(members(methods).map(|(method, operation)| (method, path, operation)));
    }
    // A document is there until it is asked to go.
    operations.sort_by_key(|(method, path, _)| (*method == "delete", path.contains("reprocess")));
    let mut asked = 0;
    for (method, path, operation) in operations {
        let types: Vec<Option<&str>> = match operation.get("requestBody") {
            None => vec![None],
            Some(body) => members(&body["content"]).map(|(kind, _)| Some(kind.as_str())).collect(),
        };
        for media_type in types {
            asked += 1;
            let mut request = request(method, path, operation, &names, asked);
            request.address = request.address.replace(RECEIVER, &receiver);
            let body = media_type.map(|kind| match kind {
                "application/json" => (kind, json_body(&api, operation, &receiver)),
                _ => {
                    (kind, bodies.get(kind).unwrap_or_else(|| panic!("no body of {kind}")).clone())
                }
            });
            let request = with_body(request, body);
            let name = format!("{method} {path} {}", media_type.unwrap_or_default());
            assert_answered(&api, operation, &send(&service.url, &request), &name);
        }
    }
    assert!(asked >= 34, "{asked} requests");
    let (_, found) = get(&format!("{}/api/v1/invoices?seller=simorgh", service.url));
    assert_eq!(found["items"][0]["id"], listed, "the example finds something");
}

fn form(file: &[u8]) -> Vec<u8> {
    let head =
        "--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n";
    [head.as_bytes(), file, b"\r\n--frontier--\r\n"].concat()
}

/// The example of an operation's JSON, sent to `receiver` where it says where to send.
fn json_body(api: &Value, operation: &Value, receiver: &str) -> Vec<u8> {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let schema = match schema["$ref"].as_str() {
        Some(place) => api.pointer(place.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    let example = schema.get("example").unwrap_or_else(|| panic!("no example: {schema}"));
    example.to_string().replace(RECEIVER, receiver).into_bytes()
}

/// Takes whatever is sent, and returns its port.
fn receiver() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let mut reader = BufReader::new(&connection);
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("content-length")
                {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            // Whoever hangs up early has not sent anything.
            if reader.read_exact(&mut vec![0; length]).is_ok() {
                let answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
                drop((&connection).write_all(answer));
            }
        }
    });
    port
}

fn until<T>(look: impl FnMut() -> Option<T>) -> T {
    common::testing::process::until(Duration::from_secs(60), "a delivery", look)
}

fn post(url: &str, path: &str, body: &Value) -> Value {
    let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    let address = path.to_owned();
    let body = body.to_string().into_bytes();
    let (status, _, answer) =
        send(url, &Request { method: "POST".to_owned(), address, headers, body });
    assert!(status < 300, "{path}: {status}");
    serde_json::from_slice(&answer).unwrap()
}

/// The request that the examples make; parameters without one are left out, as a client may. `names` stand in
/// the address for what there is.
fn request(
    method: &str,
    path: &str,
    operation: &Value,
    names: &[(&str, &String)],
    number: usize,
) -> Request {
    let (mut address, mut query, mut headers) = (path.to_owned(), Vec::new(), Vec::new());
    for parameter in list(&operation["parameters"]) {
        let name = parameter["name"].as_str().unwrap();
        let Some(example) = example(parameter) else {
            assert_ne!(parameter["required"], true, "{method} {path}: {name} has no example");
            continue;
        };
        let value = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
        match parameter["in"].as_str().unwrap() {
            "path" => {
                let known = names.iter().find(|(its, _)| *its == name);
                let value = known.map_or(&value, |(_, known)| known);
                address = address.replace(&format!("{{{name}}}"), value);
            }
            "query" => query.push(format!("{name}={}", value.replace('+', "%2B"))),
            "header" if name == NAME => {
                headers.push((name.to_owned(), format!("{value}-{number}")))
            }
            "header" => headers.push((name.to_owned(), value)),
            other => panic!("{name} in {other}"),
        }
    }
    if !query.is_empty() {
        address = format!("{address}?{}", query.join("&"));
    }
    Request { method: method.to_uppercase(), address, headers, body: Vec::new() }
}

fn with_body(mut request: Request, body: Option<(&str, Vec<u8>)>) -> Request {
    if let Some((media_type, bytes)) = body {
        let boundary = if media_type == "multipart/form-data" { "; boundary=frontier" } else { "" };
        request.headers.push(("Content-Type".to_owned(), format!("{media_type}{boundary}")));
        request.body = bytes;
    }
    request
}

/// Status, media type and body.
fn send(url: &str, request: &Request) -> (u16, String, Vec<u8>) {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(90)));
    let agent: ureq::Agent = config.build().into();
    let mut built = ureq::http::Request::builder()
        .method(request.method.as_str())
        .uri(format!("{url}{}", request.address));
    for (name, value) in &request.headers {
        built = built.header(name, value);
    }
    let mut answer = agent.run(built.body(&request.body[..]).unwrap()).unwrap();
    let media_type = answer.headers().get("content-type");
    let media_type = media_type.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    (answer.status().as_u16(), media_type, answer.body_mut().read_to_vec().unwrap())
}

fn assert_answered(
    api: &Value,
    operation: &Value,
    (status, media_type, body): &(u16, String, Vec<u8>),
    name: &str,
) {
    let text = String::from_utf8_lossy(body);
    assert!((200..300).contains(status), "{name}: {status} {text}");
    let described = operation["responses"].get(status.to_string());
    let described = described.unwrap_or_else(|| panic!("{name}: {status} is not described"));
    let essence = media_type.split(';').next().unwrap_or_default();
    let Some(content) = described.get("content") else {
        assert_eq!((essence, body.len()), ("", 0), "{name}: a body that is not described");
        return;
    };
    let schema = content.get(essence);
    let schema = schema.unwrap_or_else(|| panic!("{name}: {media_type} is not described"));
    let value = match essence.ends_with("json") {
        true => serde_json::from_slice(body).unwrap_or_else(|e| panic!("{name}: {e}: {text}")),
        false => json!(text),
    };
    if let Some(schema) = schema.get("schema") {
        assert_fits(api, schema, &value, name);
    }
}
