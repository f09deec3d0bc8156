//! What differs between a file and the broker: pure.

use std::fmt;

use serde_json::Value;

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub enum Drift {
    /// The asset does not exist.
    Missing {
        /// Which stream or consumer.
        asset: String,
    },
    /// A field has another value.
    Field {
        /// Which stream or consumer.
        asset: String,
        /// Dotted path of the field.
        field: String,
        /// What the file or the configuration says.
        wanted: Value,
        /// What the broker has.
        found: Value,
    },
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { asset } => write!(f, "{asset}: does not exist"),
            Self::Field { asset, field, wanted, found } => {
                write!(f, "{asset}: {field} is {found}, should be {wanted}")
            }
        }
    }
}

impl Drift {
    /// What `apply` did about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Missing { asset } => format!("created {asset}"),
            Self::Field { asset, field, wanted, found } => {
                format!("changed {asset}: {field} from {found} to {wanted}")
            }
        }
    }
}

/// Compares what `wanted` names; what else the broker has is its own business.
pub(super) fn differences(asset: &str, wanted: &Value, found: Option<&Value>) -> Vec<Drift> {
    let Some(found) = found else {
        return vec![Drift::Missing { asset: asset.to_owned() }];
    };
    let mut drift = Vec::new();
    compare(asset, "", wanted, found, &mut drift);
    drift
}

fn compare(asset: &str, path: &str, wanted: &Value, found: &Value, drift: &mut Vec<Drift>) {
    if let (Some(wanted), false) = (wanted.as_object(), found.is_null()) {
        for (key, value) in wanted {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            compare(asset, &path, value, found.get(key).unwrap_or(&Value::Null), drift);
        }
        return;
    }
    // The broker leaves zero values out of its answers.
    let zero = wanted == &Value::Bool(false) || wanted == &Value::from(0) || wanted == "";
    if wanted != found && !(zero && found.is_null()) {
        drift.push(Drift::Field {
            asset: asset.to_owned(),
            field: path.to_owned(),
            wanted: wanted.clone(),
            found: found.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_the_file_names_is_compared() {
        let wanted = json!({"max_age": 5, "metadata": {"a": "1"}, "sealed": false});
        let found = json!({"max_age": 5, "metadata": {"a": "1", "_nats.ver": "2"}, "more": 1});
        assert_eq!(differences("S", &wanted, Some(&found)), []);
    }

    #[test]
    fn a_changed_field_is_named_with_both_values() {
        let drift = differences("S", &json!({"m": {"a": 1}}), Some(&json!({"m": {"a": 2}})));
        assert_eq!(drift.len(), 1);
        assert_eq!(drift[0].to_string(), "S: m.a is 2, should be 1");
    }

    #[test]
    fn a_missing_asset_is_one_difference() {
        let drift = differences("S", &json!({"a": 1}), None);
        assert_eq!(drift, [Drift::Missing { asset: "S".into() }]);
    }
}
