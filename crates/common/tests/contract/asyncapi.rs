//! `contract/asyncapi.yaml` says what the code does: subjects, stream, headers, schemas, examples.

use std::collections::BTreeSet;

use async_nats::HeaderMap;
use common::audit::Actor;
use common::correction::{Author, Wanted};
use common::error::ErrorRecord;
use common::event::EventKind;
use common::id::{DocumentId, Tenant};
use common::jetstream::broker::Broker;
use common::jetstream::corrections::Corrected;
use common::jetstream::intake::Incoming;
use common::jetstream::names;
use common::stage::StageName;
use common::status::{ResultJson, State, StatusRecord};
use common::testing::{TestBroker, accepted_record, repository};
use serde_json::Value;

fn text(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

fn description() -> Value {
    serde_saphyr::from_str(&text("contract/asyncapi.yaml")).unwrap()
}

/// `value`, with what it and its parts refer to inside the description in their place.
fn inlined(description: &Value, value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            match members.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#')) {
                Some(place) => inlined(description, description.pointer(place).unwrap()),
                None => members
                    .iter()
                    .map(|(name, member)| (name.clone(), inlined(description, member)))
                    .collect(),
            }
        }
        Value::Array(items) => items.iter().map(|item| inlined(description, item)).collect(),
        other => other.clone(),
    }
}

/// The description's message of `kind`, with nothing left to look up but its body's schema.
fn message(kind: EventKind) -> Value {
    let description = description();
    let messages = inlined(&description, &description["components"]["messages"]);
    let messages = messages.as_object().unwrap();
    assert_eq!(messages.len(), EventKind::ALL.len());
    messages.values().find(|message| message["name"] == kind.as_str()).unwrap().clone()
}

/// The schema of the body of `message`.
fn body_schema(message: &Value) -> Value {
    let file = message["payload"]["$ref"].as_str().unwrap().strip_prefix("./").unwrap();
    json(&format!("contract/{file}"))
}

fn assert_fits(schema: &Value, instance: &Value) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(instance)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{instance:#}");
}

fn subject(kind: EventKind, tenant: &Tenant, id: &DocumentId, generation: u32) -> String {
    match kind {
        EventKind::Extracted => names::extracted_subject(tenant, id, generation),
        EventKind::Failed => names::failed_subject(tenant, id, generation),
        EventKind::Corrected => names::corrected_subject(tenant, id, generation, 1),
    }
}

/// A legal value of the channels' parameter `name`.
fn parameter(name: &str) -> String {
    let value = &description()["components"]["parameters"][name]["examples"][0];
    value.as_str().unwrap().to_owned()
}

#[test]
fn channels_are_the_subjects_that_the_code_publishes_to_and_the_stream_keeps() {
    let description = description();
    let channels = inlined(&description, &description["channels"]);
    let addresses: BTreeSet<&str> =
        channels.as_object().unwrap().values().map(|c| c["address"].as_str().unwrap()).collect();
    let (tenant, id) = (parameter("tenant").parse().unwrap(), parameter("id").parse().unwrap());
    let generation = parameter("generation").parse().unwrap();
    let stream = json("nats/streams/INVOICE_EVENTS.json");
    let mut expected = BTreeSet::new();
    let mut kept = Vec::new();
    for kind in EventKind::ALL {
        let last = if kind == EventKind::Corrected { "correction" } else { "generation" };
        let address = format!("{}.{{tenant}}.{{id}}.{{{last}}}", kind.as_str());
        let mut filled = address.clone();
        for name in ["tenant", "id", last] {
            filled = filled.replace(&format!("{{{name}}}"), &parameter(name));
        }
        assert_eq!(filled, subject(kind, &tenant, &id, generation));
        kept.push(format!("{}.*.*.*", kind.as_str()));
        // The live copy: the broker keeps the second token of the five.
        let (from, to) = (&stream["republish"]["src"], &stream["republish"]["dest"]);
        assert_eq!((from, to), (&"invoice.*.*.*.*".into(), &"invoice.{{wildcard(1)}}".into()));
        expected.extend([address, kind.as_str().to_owned()]);
    }
    assert_eq!(addresses, expected.iter().map(String::as_str).collect());
    assert_eq!(stream["subjects"], Value::from(kept));
    for channel in channels.as_object().unwrap().values() {
        let parameters = channel["parameters"].as_object().map_or(0, |all| all.len());
        assert_eq!(parameters, channel["address"].as_str().unwrap().matches('{').count());
        let is_stored = !channel["x-nats-jetstream"].is_null();
        assert_eq!(is_stored, parameters > 0, "{channel}");
    }
}

#[test]
fn the_stream_is_described_as_its_file_makes_it() {
    let (description, stream) = (description(), json("nats/streams/INVOICE_EVENTS.json"));
    let told = &description["components"]["x-nats-jetstream"]["events"];
    assert_eq!((&told["stream"], &stream["name"]), (&stream["name"], &names::EVENTS_STREAM.into()));
    let seconds = told["maxAgeSeconds"].as_u64().unwrap();
    assert_eq!(seconds * 1_000_000_000, stream["max_age"].as_u64().unwrap());
    assert_eq!(told["maxMessagesPerSubject"], stream["max_msgs_per_subject"]);
    assert_eq!(stream["discard_new_per_subject"], true);
}

#[test]
fn each_channel_is_sent_to_by_one_operation_and_carries_the_message_of_its_kind() {
    let description = description();
    let mut sent: Vec<String> = Vec::new();
    for operation in description["operations"].as_object().unwrap().values() {
        assert_eq!(operation["action"], "send");
        sent.push(operation["channel"]["$ref"].as_str().unwrap().to_owned());
    }
    sent.sort();
    let mut channels = Vec::new();
    for (name, channel) in description["channels"].as_object().unwrap() {
        channels.push(format!("#/channels/{name}"));
        let kind = EventKind::ALL
            .into_iter()
            .find(|kind| channel["address"].as_str().unwrap().starts_with(kind.as_str()));
        let messages = inlined(&description, &channel["messages"]);
        let messages: Vec<_> = messages.as_object().unwrap().values().collect();
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0]["name"], kind.unwrap().as_str());
    }
    channels.sort();
    assert_eq!(sent, channels);
}

#[test]
fn schemas_are_of_the_version_that_the_code_writes() {
    for kind in EventKind::ALL {
        let schema = body_schema(&message(kind));
        assert_eq!(schema["properties"]["schema"]["const"], kind.schema());
    }
}

#[test]
fn examples_fit_their_schemas_and_their_subject() {
    let (tenant, id) = (parameter("tenant").parse().unwrap(), parameter("id").parse().unwrap());
    let generation = parameter("generation").parse().unwrap();
    for kind in EventKind::ALL {
        let message = message(kind);
        let examples = message["examples"].as_array().unwrap();
        assert!(!examples.is_empty());
        for example in examples {
            assert_fits(&message["headers"], &example["headers"]);
            assert_fits(&body_schema(&message), &example["payload"]);
            assert_eq!(example["headers"]["ce-id"], subject(kind, &tenant, &id, generation));
            assert_eq!(example["headers"]["Nats-Msg-Id"], example["headers"]["ce-id"]);
            assert_eq!(example["headers"]["ce-subject"], example["payload"]["id"]);
        }
    }
}

fn as_object(headers: &HeaderMap) -> Value {
    let pairs = headers.iter().map(|(name, values)| (name.to_string(), values[0].as_str().into()));
    Value::Object(pairs.collect())
}

/// A document that ended as an event of `kind` tells; what it says is the description's example.
fn ended(kind: EventKind) -> StatusRecord {
    let record = accepted_record();
    match kind {
        EventKind::Extracted => {
            let result = &message(kind)["examples"][0]["payload"];
            let result = serde_json::value::to_raw_value(result).unwrap();
            StatusRecord { state: State::Completed, result: Some(ResultJson(result)), ..record }
        }
        EventKind::Failed => {
            let (code, message) = ("document_encrypted".into(), "needs a password".into());
            let error = ErrorRecord { code, message, stage: StageName::Preprocess };
            StatusRecord { state: State::Failed, error: Some(error), generation: 2, ..record }
        }
        EventKind::Corrected => {
            // What a person puts right has been read before.
            let record = ended(EventKind::Extracted);
            StatusRecord { generation: 3, ..record }
        }
    }
}

/// Publishes the event of `kind` as the product does.
async fn publish(broker: &Broker, kind: EventKind) -> StatusRecord {
    let record = ended(kind);
    if kind != EventKind::Corrected {
        broker.store_ending(&record, &Default::default()).await.unwrap();
        return record;
    }
    let incoming = Incoming {
        tenant: Tenant::default(),
        media_type: record.media_type,
        filename: None,
        options: Default::default(),
        correlation_id: record.correlation_id.clone(),
        received_at: record.received_at,
        allowance: None,
        bytes: "document".into(),
    };
    let taken = broker.accept(incoming).await.unwrap().record;
    assert_eq!(taken.id, record.id);
    broker.change_status(&record.id, |_| Ok::<_, ()>(record.clone())).await.unwrap();
    let body = br#"{"corrections": [{"field": "totals.gross", "value": "126.00"}]}"#;
    let (wanted, by) = (Wanted::read(body).unwrap(), Author { actor: Actor::Anybody, name: None });
    let corrected = broker.correct(&record.id, &record.tenant, &by, &wanted, |_| true).await;
    let Corrected::Done { record, changed: true } = corrected.unwrap() else { panic!("refused") };
    *record
}

#[tokio::test]
async fn what_is_published_is_what_is_described() {
    let server = TestBroker::start();
    let (broker, _) = server.connect().await;
    let client = async_nats::connect(server.url()).await.unwrap();
    let mut live = client.subscribe("invoice.*").await.unwrap();
    client.flush().await.unwrap();
    let context = async_nats::jetstream::new(client);
    for kind in EventKind::ALL {
        let (record, message) = (publish(&broker, kind).await, message(kind));
        let subject = subject(kind, &record.tenant, &record.id, record.generation);
        let stream = context.get_stream(names::EVENTS_STREAM).await.unwrap();
        let stored = stream.get_last_raw_message_by_subject(&subject).await.unwrap();
        let headers = as_object(&stored.headers);
        assert_fits(&message["headers"], &headers);
        assert_fits(&body_schema(&message), &serde_json::from_slice(&stored.payload).unwrap());

        let copy = futures_util::StreamExt::next(&mut live).await.unwrap();
        assert_eq!((copy.subject.as_str(), &copy.payload), (kind.as_str(), &stored.payload));
        let copied = as_object(copy.headers.as_ref().unwrap());
        assert_fits(&message["headers"], &copied);
        assert_eq!(copied["Nats-Subject"], subject);

        // Nothing is said that is not described.
        let described = inlined(&description(), &description()["components"]["schemas"]);
        let described = &described["eventHeaders"]["properties"];
        for name in headers.as_object().unwrap().keys().chain(copied.as_object().unwrap().keys()) {
            let is_the_brokers = name.starts_with("Nats-");
            assert!(is_the_brokers || !described[name].is_null(), "{name} is not described");
        }
    }
}
