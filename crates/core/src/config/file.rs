//! Values of settings files.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::value::{Origin, Value};
use super::{ConfigKey, environment};
use crate::context::{Env, FileRead, Files};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::secret::SecretString;

const NAME: &str = "leasekey.toml";
const SYSTEM: &str = "/etc/leasekey/leasekey.toml";
const MOST_BYTES: u64 = 64 * 1024;

/// Who put a file where it is, and so what it may set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Trust {
    /// Whoever wrote the directory, perhaps a cloned repository.
    Found,
    /// The user or the system.
    Own,
}

type Values = Vec<(ConfigKey, Value)>;

/// The settings of the file that the user names. It must exist.
pub(super) fn named(files: &dyn Files, path: &Value) -> Result<Values> {
    let place = path.origin.place(ConfigKey::Config);
    let path = Path::new(path.text.expose());
    let file = files.read(path, MOST_BYTES).map_err(|error| {
        invalid(format!("{place} names {}, which cannot be read", shown(path))).with_source(error)
    })?;
    parse(path, &file, Trust::Own)
}

/// The settings of the files in their usual places, the strongest first.
pub(super) fn usual(env: &dyn Env, files: &dyn Files) -> Result<Values> {
    let user = user_file(env)?;
    let mut values = Vec::new();
    if let Some((path, file)) = find(env, files, user.as_deref()) {
        values.extend(parse(&path, &file, Trust::Found)?);
    }
    if let Some(path) = user
        && let Some(file) = reachable(files, &path)
    {
        values.extend(parse(&path, &file, Trust::Own)?);
    }
    let path = Path::new(SYSTEM);
    match files.read(path, MOST_BYTES) {
        Ok(file) => values.extend(parse(path, &file, Trust::Own)?),
        Err(error) if is_absent(&error) => {}
        Err(error) => return Err(invalid(format!("{SYSTEM} cannot be read")).with_source(error)),
    }
    Ok(values)
}

fn user_file(env: &dyn Env) -> Result<Option<PathBuf>> {
    // A relative XDG_CONFIG_HOME is to be ignored, says its specification.
    let xdg = environment::read(env, "XDG_CONFIG_HOME")?.map(PathBuf::from).filter(|path| path.is_absolute());
    let directory = xdg.or_else(|| env.home().map(|home| home.join(".config")));
    Ok(directory.map(|directory| directory.join("leasekey").join(NAME)))
}

// The nearest file in the working directory and those above it. The user's and the system's own files are
// not found files, even where the search passes them.
fn find(env: &dyn Env, files: &dyn Files, user: Option<&Path>) -> Option<(PathBuf, FileRead)> {
    let start = env.working_directory()?;
    start
        .ancestors()
        .map(|directory| directory.join(NAME))
        .filter(|path| Some(path.as_path()) != user && path != Path::new(SYSTEM))
        .find_map(|path| reachable(files, &path).map(|file| (path, file)))
}

// A service may have been started in a directory, or with a home, that it cannot look into: such a file
// is as good as none.
fn reachable(files: &dyn Files, path: &Path) -> Option<FileRead> {
    files.read(path, MOST_BYTES).ok()
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn parse(path: &Path, file: &FileRead, trust: Trust) -> Result<Values> {
    let text = content(path, file, trust)?;
    let at = |span: Range<usize>| Origin::File { path: path.to_owned(), line: line(text, span.start) };
    let table = DeTable::parse(text).map_err(|error| {
        let at = at(error.span().unwrap_or_default());
        // Only the parser's own words: its Display quotes the line, which may hold a secret.
        invalid(format!("{at} is not TOML: {}", printable(error.message())))
    })?;
    let settings = table.into_inner().into_iter();
    settings
        .map(|(keyword, value)| setting(keyword.get_ref(), value.get_ref(), at(keyword.span()), trust))
        .collect()
}

fn content<'a>(path: &Path, file: &'a FileRead, trust: Trust) -> Result<&'a str> {
    let refuse = |why: &str| invalid(format!("{} {why}", shown(path)));
    if !file.regular {
        return Err(refuse("is not a regular file"));
    }
    // Whoever can write it chooses the server that gets the login.
    if trust == Trust::Own && file.mode.is_some_and(|mode| mode & 0o002 != 0) {
        return Err(
            refuse("can be written by everybody").with_hint(format!("Run: chmod o-w {}", shown(path)))
        );
    }
    let Some(content) = &file.content else {
        return Err(refuse(&format!("is larger than {MOST_BYTES} bytes")));
    };
    std::str::from_utf8(content.expose()).map_err(|_| refuse("is not UTF-8"))
}

fn setting(keyword: &str, value: &DeValue<'_>, at: Origin, trust: Trust) -> Result<(ConfigKey, Value)> {
    let key: ConfigKey = keyword
        .parse()
        .map_err(|error: Error| invalid(format!("{at}: {}", error.message())).with_hint(error.hint()))?;
    if key == ConfigKey::Config {
        return Err(invalid(format!("{at} sets {keyword}, which no settings file may set"))
            .with_hint("Name the file in LEASEKEY_CONFIG"));
    }
    if trust == Trust::Found && !key.is_from_found_file() {
        return Err(out_of_place(key, &at));
    }
    let text = match value {
        DeValue::String(text) => SecretString::from(text.as_ref()),
        DeValue::Integer(number) => SecretString::from(number.to_string()),
        DeValue::Boolean(on) => SecretString::from(on.to_string()),
        _ => {
            return Err(invalid(format!("{at} sets {keyword} to a value of type {}", value.type_str()))
                .with_hint("Allowed is a text in quotes, a whole number, true or false"));
        }
    };
    Ok((key, Value { text, origin: at }))
}

fn out_of_place(key: ConfigKey, at: &Origin) -> Error {
    let allowed = ConfigKey::ALL.iter().filter(|key| key.is_from_found_file());
    let allowed: Vec<_> = allowed.map(|key| key.keyword()).collect();
    invalid(format!(
        "{at} sets {}; a file found by directory may set {} only",
        key.keyword(),
        allowed.join(", ")
    ))
    .with_hint(format!(
        "Move it to ~/.config/leasekey/{NAME}, {SYSTEM} or the file of LEASEKEY_CONFIG, or set {}",
        key.env_names().last().copied().unwrap_or_default()
    ))
}

fn line(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

fn invalid(what: String) -> Error {
    Error::new(ErrorKind::InvalidSetting, what)
}

fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy())
}
