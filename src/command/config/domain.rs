//! Which values a key takes, found by asking the configuration itself: it is given values, and what
//! it refuses is out. So the reference cannot say anything else than the code.

use common::config::Config;
use toml::Value;

/// No variant of any key's values is called so; the error about it lists those that there are.
const NO_VARIANT: &str = "?";

/// Up to here each number is tried by itself, since a few keys take some numbers and not those between.
const SMALL: i64 = 16;

/// Largest values of the types that numbers are kept in. They are the machine's limits, not a key's.
const MACHINE: [i64; 4] = [u8::MAX as i64, u16::MAX as i64, u32::MAX as i64, i64::MAX];

/// The values of a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Domain {
    /// `true` or `false`.
    Boolean,
    /// Whole numbers from the first to the second, or without an upper limit.
    Integer(i64, Option<i64>),
    /// These whole numbers.
    OneOf(Vec<i64>),
    /// Numbers from the first to the second, as they are written.
    Number(String, String),
    /// Text: any, or one of these.
    Text(Vec<String>),
    /// An address and a port.
    Address,
    /// A list of what is said.
    List(&'static str, Vec<String>),
    /// Whole numbers, or one of these words.
    Either(i64, i64, String),
}

/// The values that dotted `key` of `config` takes beside what it is, `value`, while all other keys stay.
pub(super) fn domain(config: &Config, key: &str, value: &Value) -> Domain {
    let takes = |value: Value| config.clone().with(key, value).is_ok();
    match value {
        Value::Boolean(_) => Domain::Boolean,
        Value::Integer(default) => integers(*default, |number| takes(Value::Integer(number))),
        Value::Float(_) => {
            let (least, most) = (Value::Float(-1.0), Value::Float(2.0));
            // All keys of this kind are probabilities and shares.
            let end = |open: bool, end: &str| if open { "…" } else { end }.to_owned();
            Domain::Number(end(takes(least), "0"), end(takes(most), "1"))
        }
        Value::Array(items) => {
            let of_numbers = items.iter().any(Value::is_integer);
            let names = variants(config, key, Value::Array(vec![NO_VARIANT.into()]));
            match (of_numbers, names) {
                (true, _) => Domain::List("whole numbers", Vec::new()),
                (false, names) => Domain::List("texts", names),
            }
        }
        Value::String(text) if takes(Value::Integer(1)) => {
            // A word stands for one of the numbers, so the numbers are looked for from one that is taken.
            match integers(1, |number| takes(Value::Integer(number))) {
                Domain::Integer(least, most) => {
                    Domain::Either(least, most.unwrap_or(i64::MAX), text.clone())
                }
                other => other,
            }
        }
        _ if takes(NO_VARIANT.into()) => Domain::Text(Vec::new()),
        Value::String(text) if text.parse::<std::net::SocketAddr>().is_ok() => Domain::Address,
        _ => Domain::Text(variants(config, key, NO_VARIANT.into())),
    }
}

/// The numbers that are taken, around `default`, which is.
fn integers(default: i64, takes: impl Fn(i64) -> bool) -> Domain {
    let least = edge(-1, default, &takes);
    let most = edge(i64::MAX, default, &takes);
    let small: Vec<i64> = (least..=SMALL).filter(|number| takes(*number)).collect();
    match most {
        // Between two that are taken lies one that is not.
        _ if least <= SMALL && (least..=SMALL).any(|n| !takes(n) && Some(&n) < small.last()) => {
            Domain::OneOf(small)
        }
        most if MACHINE.contains(&most) => Domain::Integer(least, None),
        most => Domain::Integer(least, Some(most)),
    }
}

/// The last number that is taken on the way from `inside`, which is, to `outside`.
fn edge(outside: i64, inside: i64, takes: &impl Fn(i64) -> bool) -> i64 {
    if takes(outside) {
        return outside;
    }
    let (mut refused, mut taken) = (outside, inside);
    while refused.abs_diff(taken) > 1 {
        let middle = refused.midpoint(taken);
        match takes(middle) {
            true => taken = middle,
            false => refused = middle,
        }
    }
    taken
}

/// The names in the error about a `value` that is none of them: "expected `one of `a`, `b`, `c``", or
/// "expected `a` or `b`".
fn variants(config: &Config, key: &str, value: Value) -> Vec<String> {
    let Err(error) = config.clone().with(key, value) else { return Vec::new() };
    let error = error.to_string().replace('`', "");
    let Some((_, expected)) = error.split_once("expected ") else { return Vec::new() };
    let expected = expected.split(" for key").next().unwrap_or(expected);
    let expected = expected.trim_start_matches("one of ").replace(" or ", ", ");
    expected.split(", ").map(|name| name.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: &str) -> Domain {
        let config = Config::defaults().unwrap();
        let all = Value::try_from(&config).unwrap();
        let value = key.split('.').fold(&all, |table, name| &table[name]);
        domain(&config, key, value)
    }

    #[test]
    fn what_a_key_takes_is_what_the_configuration_takes() {
        assert_eq!(of("broker.tls_required"), Domain::Boolean);
        assert_eq!(of("broker.replicas"), Domain::OneOf(vec![1, 3, 5]));
        assert_eq!(of("limits.max_pages"), Domain::Integer(1, None));
        assert_eq!(of("limits.max_page_side_px"), Domain::Integer(1, Some(32_767)));
        assert_eq!(of("gateway.rate.requests_per_minute"), Domain::Integer(0, None));
        assert_eq!(of("gateway.connections.max"), Domain::Integer(1, None));
        assert_eq!(of("gateway.connections.max_head_bytes"), Domain::Integer(8192, None));
        assert_eq!(of("gateway.auth.jwt.leeway_seconds"), Domain::Integer(0, Some(60)));
        assert_eq!(of("extract.review_below"), Domain::Number("0".into(), "1".into()));
        assert_eq!(of("gateway.listen"), Domain::Address);
        assert_eq!(of("broker.url"), Domain::Text(Vec::new()));
        assert_eq!(
            of("ocr.engines"),
            Domain::Text(["tesseract", "ppocr", "auto"].map(String::from).into())
        );
        assert_eq!(of("ocr.page_segmentation_mode"), Domain::Either(0, 13, "auto".into()));
        assert_eq!(
            of("gateway.auth.jwt.algorithms"),
            Domain::List("texts", ["HS256", "RS256", "EdDSA"].map(String::from).into())
        );
    }
}
