//! A trace on its way from one service to the next: the header `traceparent` of W3C Trace Context, in
//! requests and in messages.

use std::collections::HashMap;

use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The header that says which trace this is, and which span of it goes on.
pub const TRACEPARENT: &str = "traceparent";

/// The headers that carry a trace; the second one is what others on the way have to say.
const HEADERS: [&str; 2] = [TRACEPARENT, "tracestate"];

/// The headers with which what is done now goes on elsewhere; none while nobody traces.
#[must_use]
pub fn headers() -> Vec<(String, String)> {
    let mut headers = HashMap::new();
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut headers);
    // A trace without a state is carried as an empty one.
    headers.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Makes `span` a part of the trace whose headers `get` knows, and writes the trace's id to the span's
/// field `trace.id`, if it has one, so that log lines are found by it.
pub fn adopt<'a>(span: &Span, get: impl Fn(&str) -> Option<&'a str>) {
    let carried = Carried(HEADERS.map(get));
    if carried.0[0].is_some() {
        // Refused for a span that has begun, which none has here.
        drop(span.set_parent(TraceContextPropagator::new().extract(&carried)));
    }
    let context = span.context();
    let id = context.span().span_context().trace_id();
    if id != opentelemetry::TraceId::INVALID {
        span.record("trace.id", tracing::field::display(id));
    }
}

struct Carried<'a>([Option<&'a str>; 2]);

impl Extractor for Carried<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        HEADERS.iter().zip(self.0).find(|(name, _)| **name == key)?.1
    }

    fn keys(&self) -> Vec<&str> {
        HEADERS.iter().zip(self.0).filter(|(_, value)| value.is_some()).map(|(k, _)| *k).collect()
    }
}
