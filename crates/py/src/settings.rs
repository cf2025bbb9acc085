//! Keyword arguments as settings, by the core's table: what it learns needs no line here.

use std::str::FromStr;

use leasekey::config::{ConfigKey, Form};
use leasekey::{Builder, Error, Result};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyDeltaAccess, PyDict, PyInt, PyList, PyString, PyTuple};

type Row = (&'static str, String, &'static str, Option<&'static str>, bool, &'static [&'static str]);

/// Every setting: keyword, form, what it does, default, whether it is secret, its variables.
pub(crate) fn table() -> Vec<Row> {
    let row = |key: &ConfigKey| {
        let form = format!("{:?}", key.form()).to_lowercase();
        (key.keyword(), form, key.doc(), key.default_text(), key.is_secret(), key.env_names())
    };
    ConfigKey::ALL.iter().map(row).collect()
}

/// The builder with these settings; None leaves a setting to the environment and the files.
pub(crate) fn given(mut builder: Builder, settings: &Bound<'_, PyDict>) -> Result<Builder> {
    for (keyword, value) in settings {
        let keyword = keyword.cast::<PyString>().map(|keyword| keyword.to_string_lossy().into_owned());
        let key = ConfigKey::from_str(&keyword.unwrap_or_default())?;
        if !value.is_none() {
            builder = builder.set(key, text(key, &value)?);
        }
    }
    Ok(builder)
}

fn text(key: ConfigKey, value: &Bound<'_, PyAny>) -> Result<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return text.to_str().map(ToOwned::to_owned).map_err(|_| key.not_allowed("not UTF-8"));
    }
    let read = match key.form() {
        Form::Boolean => value.cast::<PyBool>().ok().map(|on| on.is_true().to_string()),
        Form::Duration => span(value).or_else(|| whole(value)),
        Form::Integer => whole(value),
        Form::Address => addresses(value),
        _ => path(value),
    };
    read.ok_or_else(|| wrong_type(key, value))
}

// A bool is an int in Python, but no number.
fn whole(value: &Bound<'_, PyAny>) -> Option<String> {
    if value.is_instance_of::<PyBool>() || !value.is_instance_of::<PyInt>() {
        return None;
    }
    value.str().ok()?.extract().ok()
}

fn span(value: &Bound<'_, PyAny>) -> Option<String> {
    let span = value.cast::<PyDelta>().ok()?;
    let micros = i64::from(span.get_days()) * 86_400_000_000
        + i64::from(span.get_seconds()) * 1_000_000
        + i64::from(span.get_microseconds());
    // A negative one is read, and refused, as the text that it is.
    Some(format!("{micros}us"))
}

fn addresses(value: &Bound<'_, PyAny>) -> Option<String> {
    if !value.is_instance_of::<PyList>() && !value.is_instance_of::<PyTuple>() {
        return None;
    }
    value.extract::<Vec<String>>().ok().map(|addresses| addresses.join(","))
}

fn path(value: &Bound<'_, PyAny>) -> Option<String> {
    let path = value.call_method0("__fspath__").ok()?;
    path.cast::<PyString>().ok()?.extract().ok()
}

fn wrong_type(key: ConfigKey, value: &Bound<'_, PyAny>) -> Error {
    let name = value.get_type().name().map_or_else(|_| "unknown".into(), |name| name.to_string());
    key.not_allowed(&format!("of type {name}"))
}
