//! `leasekey config show`.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::cli::table::{self, Wrap};
use crate::cli::{Console, Outcome};
use crate::config::{Config, ConfigKey, Form, Origin, Overrides};
use crate::context::Context;
use crate::error::printable;

const HIDDEN: &str = "(hidden)";

#[derive(Args)]
pub(super) struct Arguments {
    /// Tell where each value came from: a variable, a file and line, the default
    #[arg(long)]
    origin: bool,
    /// List the settings too that are not set
    #[arg(long)]
    all: bool,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    /// A row per setting
    #[default]
    Table,
    /// An object with a member per setting
    Json,
}

pub(super) fn run(arguments: &Arguments, context: &Context, console: &mut Console<'_>) -> Outcome {
    let config = Config::load(context, Overrides::default())?;
    let shown = ConfigKey::ALL.iter().copied().filter(|key| arguments.all || is_set(&config, *key));
    match arguments.format {
        Format::Json => {
            let members = shown.map(|key| (key.keyword().to_owned(), member(&config, key, arguments.origin)));
            let object = Value::Object(members.collect());
            writeln!(console.out, "{object:#}")?;
        }
        Format::Table if arguments.origin => {
            let rows = shown.map(|key| [key.keyword().into(), value(&config, key), origin(&config, key)]);
            table::print(console.out, wrap(console.terminal), ["SETTING", "VALUE", "ORIGIN"], rows)?;
        }
        Format::Table => {
            let rows = shown.map(|key| [key.keyword().into(), value(&config, key)]);
            table::print(console.out, wrap(console.terminal), ["SETTING", "VALUE"], rows)?;
        }
    }
    Ok(())
}

fn wrap(terminal: bool) -> Wrap {
    if terminal { Wrap::Columns } else { Wrap::Nothing }
}

fn is_set(config: &Config, key: ConfigKey) -> bool {
    config.origin(key).is_some_and(|origin| *origin != Origin::Default)
}

fn value(config: &Config, key: ConfigKey) -> String {
    match config.origin(key) {
        None => String::new(),
        Some(_) if is_hidden(config, key) => HIDDEN.to_owned(),
        Some(_) => config.text(key).map(printable).unwrap_or_default(),
    }
}

fn origin(config: &Config, key: ConfigKey) -> String {
    config.origin(key).map_or_else(|| "unset".to_owned(), Origin::to_string)
}

// An address that somebody wrote a password into is refused when it is used; until then it is hidden.
fn is_hidden(config: &Config, key: ConfigKey) -> bool {
    let suspect = || config.text(key).is_some_and(|text| text.contains(['@', '?']));
    key.is_secret() || (key.form() == Form::Address && suspect())
}

fn member(config: &Config, key: ConfigKey, origin: bool) -> Value {
    let hidden = config.origin(key).is_some() && is_hidden(config, key);
    let value = if hidden { Some(HIDDEN) } else { config.text(key) };
    if !origin {
        return json!(value);
    }
    let origin = match config.origin(key) {
        None => Value::Null,
        Some(Origin::Builder) => json!({ "from": "builder" }),
        Some(Origin::Env(name)) => json!({ "from": "environment", "variable": name }),
        Some(Origin::File { path, line }) => {
            json!({ "from": "file", "path": path.to_string_lossy(), "line": line })
        }
        Some(Origin::Default) => json!({ "from": "default" }),
    };
    json!({ "value": value, "hidden": hidden, "origin": origin })
}
