//! `ts/schema.ts` is made of the library's own tables: this test compares, and `UPDATE=1` writes it.
//!
//! ```console
//! $ UPDATE=1 cargo test -p leasekey-node --test schema
//! ```
#![allow(clippy::expect_used, clippy::panic, reason = "a test outside the library")]

use std::fmt::Write;
use std::path::Path;

use leasekey::config::{ConfigKey, Form};
use leasekey::{CredentialKind, ErrorKind, EventKind};

const HEAD: &str = "// Made of the library's tables: UPDATE=1 cargo test -p leasekey-node --test schema\n\
                    import type { Duration } from \"./options.ts\";\n";

fn camel_case(keyword: &str) -> String {
    let mut words = keyword.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        letters
            .next()
            .map_or(name.clone(), |letter| format!("{name}{}{}", letter.to_uppercase(), letters.as_str()))
    })
}

fn union<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" | ")
}

fn form(form: Form) -> &'static str {
    match form {
        Form::Address => "address",
        Form::Boolean => "boolean",
        Form::Duration => "duration",
        Form::Integer => "integer",
        Form::Text => "text",
        _ => panic!("a form that JavaScript does not know"),
    }
}

fn type_of(key: ConfigKey) -> String {
    match key.form() {
        Form::Address if key == ConfigKey::Address => "string | readonly string[]".into(),
        Form::Boolean => "boolean".into(),
        Form::Duration => "Duration".into(),
        Form::Integer => "number".into(),
        _ if !key.words().is_empty() => union(key.words().iter().copied()),
        _ => "string".into(),
    }
}

fn allowed(of: Form) -> &'static str {
    match of {
        Form::Boolean => "true or false",
        // Bare digits are seconds to the library and milliseconds to JavaScript.
        Form::Duration => "a duration with its unit, such as \\\"15m\\\", or milliseconds, such as 900000",
        Form::Address | Form::Integer | Form::Text => of.allowed(),
        _ => panic!("a form that JavaScript does not know"),
    }
}

fn schema() -> String {
    let mut text = HEAD.to_owned();
    let mut line = |words: String| writeln!(text, "{words}").expect("a text grows");
    line(
        "\n/** The settings of Leasekey. Left out, they come from the environment or a settings file. */"
            .into(),
    );
    line("export interface Settings {".into());
    for key in ConfigKey::ALL {
        let default = key.default_text().map_or_else(String::new, |text| format!(" Default: `{text}`."));
        let variables = key.env_names().iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        line(format!("  /** {}{default} Variables: {variables}. */", key.doc()));
        line(format!("  {}?: {};", camel_case(key.keyword()), type_of(*key)));
    }
    line("}".into());
    line("\n/** How a setting's value is read. */".into());
    let forms = [Form::Address, Form::Boolean, Form::Duration, Form::Integer, Form::Text];
    line(format!("export type Form = {};", union(forms.iter().map(|of| form(*of)))));
    line("\n/** What is allowed where. */".into());
    line("export const ALLOWED: Record<Form, string> = {".into());
    forms.iter().for_each(|of| line(format!("  {}: \"{}\",", form(*of), allowed(*of))));
    line("};".into());
    line("\n/** Each setting's keyword in the library, and how it is read. */".into());
    line("export const SETTINGS: Record<keyof Settings, { keyword: string; form: Form }> = {".into());
    for key in ConfigKey::ALL {
        let (name, keyword) = (camel_case(key.keyword()), key.keyword());
        line(format!("  {name}: {{ keyword: \"{keyword}\", form: \"{}\" }},", form(key.form())));
    }
    line("};".into());
    line("\n/** The kinds of credentials that Vault's AWS engine hands out. */".into());
    line(format!("export type Kind = {};", union(CredentialKind::ALL.iter().map(|kind| kind.name()))));
    line("\n/** The events of a lease and its login. */".into());
    line("export type EventName =".into());
    for kind in EventKind::ALL {
        line(format!("  /** {} */\n  | \"{}\"", kind.meaning(), kind.name()));
    }
    line("  ;\n\nexport const EVENTS: readonly EventName[] = [".into());
    for kind in EventKind::ALL {
        line(format!("  \"{}\",", kind.name()));
    }
    line("];\n\n/** The codes of errors; `npx leasekey explain` tells of each. */".into());
    line(format!("export type ErrorCode = {};", union(ErrorKind::ALL.iter().map(|kind| kind.code()))));
    text
}

#[test]
fn the_settings_events_and_codes_of_typescript_are_the_librarys() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ts/schema.ts");
    let schema = schema();
    if std::fs::read_to_string(&path).is_ok_and(|text| text == schema) {
        return;
    }
    let how =
        "ts/schema.ts is not what the library says. Run: UPDATE=1 cargo test -p leasekey-node --test schema";
    assert!(std::env::var_os("UPDATE").is_some(), "{how}");
    std::fs::write(path, schema).expect("the file can be written");
}
