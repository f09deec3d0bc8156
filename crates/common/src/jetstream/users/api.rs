//! Subjects of JetStream's own interface, one function for each thing that somebody may want to do.

/// Asking about `stream`: its configuration, its level, which subjects it holds.
pub(super) fn about(stream: &str) -> String {
    format!("$JS.API.STREAM.INFO.{stream}")
}

/// Reading single messages, at the leader and at any replica.
pub(super) fn read(stream: &str) -> [String; 3] {
    [
        format!("$JS.API.STREAM.MSG.GET.{stream}"),
        format!("$JS.API.DIRECT.GET.{stream}"),
        // Of a subject that the request's own subject names.
        format!("$JS.API.DIRECT.GET.{stream}.>"),
    ]
}

/// Removing a single message.
pub(super) fn remove(stream: &str) -> String {
    format!("$JS.API.STREAM.MSG.DELETE.{stream}")
}

/// Removing messages by subject, or all.
pub(super) fn purge(stream: &str) -> String {
    format!("$JS.API.STREAM.PURGE.{stream}")
}

/// Asking about a consumer.
pub(super) fn consumer_info(stream: &str, consumer: &str) -> String {
    format!("$JS.API.CONSUMER.INFO.{stream}.{consumer}")
}

/// Taking and answering what a consumer that exists delivers.
pub(super) fn durable(stream: &str, consumer: &str) -> [String; 3] {
    [
        consumer_info(stream, consumer),
        format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"),
        format!("$JS.ACK.{stream}.{consumer}.>"),
    ]
}

/// Reading a stream in order, by a consumer of one's own that goes with the connection.
pub(super) fn follow(stream: &str) -> [String; 5] {
    [
        // Without a name, as it goes with its connection; or with one, and what it filters by.
        format!("$JS.API.CONSUMER.CREATE.{stream}"),
        format!("$JS.API.CONSUMER.CREATE.{stream}.>"),
        consumer_info(stream, "*"),
        format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.*"),
        format!("$JS.API.CONSUMER.DELETE.{stream}.*"),
    ]
}

/// Making and changing a stream, and copying it out and in. Not deleting it: nothing of this product
/// does.
pub(super) fn manage(stream: &str) -> [String; 7] {
    [
        format!("$JS.API.STREAM.INFO.{stream}"),
        format!("$JS.API.STREAM.CREATE.{stream}"),
        format!("$JS.API.STREAM.UPDATE.{stream}"),
        format!("$JS.API.STREAM.SNAPSHOT.{stream}"),
        format!("$JS.API.STREAM.RESTORE.{stream}"),
        // After the stream come an id of the copy, and how far it is.
        format!("$JS.SNAPSHOT.ACK.{stream}.>"),
        format!("$JS.SNAPSHOT.RESTORE.{stream}.>"),
    ]
}

/// Making, changing and pausing one consumer.
pub(super) fn keep_consumer(stream: &str, consumer: &str) -> [String; 3] {
    [
        consumer_info(stream, consumer),
        format!("$JS.API.CONSUMER.DURABLE.CREATE.{stream}.{consumer}"),
        format!("$JS.API.CONSUMER.PAUSE.{stream}.{consumer}"),
    ]
}

/// Making durable consumers of any name.
pub(super) fn any_consumer(stream: &str) -> String {
    format!("$JS.API.CONSUMER.DURABLE.CREATE.{stream}.*")
}

/// Seeing which streams and consumers there are.
pub(super) fn listings() -> [String; 5] {
    ["INFO", "STREAM.NAMES", "STREAM.LIST", "CONSUMER.NAMES.*", "CONSUMER.LIST.*"]
        .map(|what| format!("$JS.API.{what}"))
}
