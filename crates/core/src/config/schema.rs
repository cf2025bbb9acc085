//! The JSON schema of settings files, from the same rows as everything else.

use serde_json::{Map, Value, json};

use super::{ConfigKey, Form};

// What humantime reads, months and years left out.
const DURATION: &str = "^([0-9]+|([0-9]+(\\.[0-9]+)? *(nsec|ns|usec|us|msec|ms|seconds?|secs?|s|minutes?|mins?|m\
                        |hours?|hrs?|h|days?|d|weeks?|w) *)+)$";

/// The JSON schema (draft 2020-12) of `leasekey.toml`, for editors and checks: `docs/leasekey.schema.json`.
///
/// What it accepts, Leasekey can read, but for texts that other settings or a server decide on.
pub fn json_schema() -> String {
    let keys = ConfigKey::ALL.iter().filter(|key| **key != ConfigKey::Config);
    let properties: Map<_, _> = keys.map(|key| (key.keyword().to_owned(), property(*key))).collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "leasekey.toml",
        "description": "Settings of Leasekey. docs/settings.md says where the file is looked for.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    format!("{schema:#}\n")
}

fn property(key: ConfigKey) -> Value {
    let mut property = values(key);
    property.insert("description".to_owned(), description(key).into());
    if let Some(default) = key.default_text() {
        property.insert("default".to_owned(), typed(key.form(), default));
    }
    if key.is_secret() {
        property.insert("writeOnly".to_owned(), true.into());
    }
    property.into()
}

fn description(key: ConfigKey) -> String {
    let variables = key.env_names().join(", ");
    let place = if key.is_from_found_file() {
        "Any settings file may set it."
    } else {
        "Not in a leasekey.toml of a working directory: only in the user's, the system's or the named file."
    };
    format!("{} {place} Variables: {variables}.", key.doc())
}

// A default as a file would hold it.
fn typed(form: Form, text: &str) -> Value {
    match form {
        Form::Boolean => text.parse::<bool>().map_or(Value::Null, Value::from),
        Form::Integer => text.parse::<u64>().map_or(Value::Null, Value::from),
        Form::Address | Form::Duration | Form::Text => text.into(),
    }
}

fn values(key: ConfigKey) -> Map<String, Value> {
    let schema = match key.form() {
        Form::Address => json!({ "type": "string", "pattern": "^https?://" }),
        Form::Boolean => json!({
            "enum": [true, false, 1, 0, "1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"],
        }),
        Form::Duration => json!({ "type": ["string", "integer"], "minimum": 0, "pattern": DURATION }),
        Form::Integer => json!({ "type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]+$" }),
        Form::Text if key.words().is_empty() => json!({ "type": "string" }),
        Form::Text => json!({ "enum": key.words() }),
    };
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}
