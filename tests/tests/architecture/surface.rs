//! What the library shows, and what it names of others.

use proc_macro2::{Delimiter, TokenTree};
use quote::ToTokens;
use syn::{Item, Visibility};

use crate::imports::leaves;
use crate::source::{Source, flat};

const NAMES: usize = 25;
const MODULES: usize = 12;

/// A crate, and the files that may name it.
const DOORS: &[(&str, &[&str])] = &[
    ("vaultrs", &["vault.rs", "vault/"]),
    ("rustify", &["vault.rs", "vault/"]),
    ("rustify_derive", &["vault.rs", "vault/"]),
    ("reqwest", &["vault.rs", "vault/", "context/system.rs"]),
];

/// A root with too many names or modules, or without its promise about unsafe code.
pub(crate) fn root(lib: &Source) -> Vec<String> {
    let modules =
        lib.file.items.iter().filter(|item| matches!(item, Item::Mod(m) if is_public(&m.vis))).count();
    let names: usize = lib.file.items.iter().map(names).sum();
    let forbids = lib.file.attrs.iter().any(|attribute| {
        attribute.path().is_ident("forbid") && attribute.to_token_stream().to_string().contains("unsafe_code")
    });
    let rules = [
        (modules <= MODULES, format!("the root has {modules} public modules, at most {MODULES}")),
        (names <= NAMES, format!("the root has {names} names, at most {NAMES}")),
        (forbids, "the root does not forbid unsafe_code".to_owned()),
    ];
    rules.into_iter().filter(|(kept, _)| !kept).map(|(_, told)| told).collect()
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn names(item: &Item) -> usize {
    let visibility = match item {
        Item::Use(item) if is_public(&item.vis) => return leaves(&item.tree).len(),
        Item::Const(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Static(item) => &item.vis,
        Item::Struct(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        _ => return 0,
    };
    usize::from(is_public(visibility))
}

/// Files that name a crate which is not theirs to name.
pub(crate) fn doors(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        let tokens = flat(source.file.to_token_stream());
        let foreign =
            DOORS.iter().filter(|(_, files)| !files.iter().any(|file| source.name.starts_with(file)));
        let named =
            foreign.filter(|(name, _)| tokens.iter().any(|t| matches!(t, TokenTree::Ident(i) if i == name)));
        found.extend(named.map(|(name, files)| {
            format!("{} names {name}, which is for {} only", source.name, files.join(", "))
        }));
    }
    found
}

/// `#[instrument]` without `skip_all`: it would log the arguments.
pub(crate) fn instrumented(sources: &[Source]) -> Vec<String> {
    let bare = sources.iter().filter(|source| has_bare_instrument(&source.tokens()));
    bare.map(|source| format!("{}: #[instrument] without skip_all", source.name)).collect()
}

fn has_bare_instrument(tokens: &[TokenTree]) -> bool {
    tokens.iter().enumerate().any(|(at, token)| {
        let TokenTree::Group(group) = token else { return false };
        let before = &tokens[..at];
        let attribute = matches!(before, [.., TokenTree::Punct(hash)] if hash.as_char() == '#');
        if attribute && group.delimiter() == Delimiter::Bracket {
            let words: Vec<_> = flat(group.stream()).iter().map(ToString::to_string).collect();
            return words.iter().any(|word| word == "instrument")
                && !words.iter().any(|word| word == "skip_all");
        }
        has_bare_instrument(&group.stream().into_iter().collect::<Vec<_>>())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_root_is_found() {
        let forbid = "#![forbid(unsafe_code)]\n";
        let modules: String = (0..13).map(|n| format!("pub mod m{n};\n")).collect();
        let uses: String = (0..13).map(|n| format!("pub use a::{{B{n}, C{n}}};\n")).collect();
        let found = |text: &str| root(&Source::new("lib.rs", text));
        assert_eq!(found(&format!("{forbid}{modules}")), ["the root has 13 public modules, at most 12"]);
        assert_eq!(found(&format!("{forbid}{uses}")), ["the root has 26 names, at most 25"]);
        assert_eq!(found("mod a; pub use a::B;"), ["the root does not forbid unsafe_code"]);
    }

    #[test]
    fn a_crate_behind_somebody_elses_door_is_found() {
        let found = |name, text| doors(&[Source::new(name, text)]).len();
        assert_eq!(found("lease.rs", "use vaultrs::client::VaultClient;"), 1);
        assert_eq!(found("auth/token.rs", "fn f() -> reqwest::Client { loop {} }"), 1);
        assert_eq!(found("vault/client.rs", "use rustify::Endpoint; use reqwest::Client;"), 0);
        assert_eq!(found("context/system.rs", "use reqwest::Client;"), 0);
        assert_eq!(found("context/http.rs", "#[derive(rustify_derive::Endpoint)] struct S;"), 1);
    }

    #[test]
    fn an_instrumented_function_that_logs_its_arguments_is_found() {
        let found = |text| instrumented(&[Source::new("a.rs", text)]).len();
        assert_eq!(found("#[tracing::instrument]\nfn f(token: &str) {}"), 1);
        assert_eq!(found("impl S { #[instrument(level = \"debug\", err)] fn f(&self) {} }"), 1);
        assert_eq!(found("#[instrument(skip_all, fields(role))]\nfn f() {}"), 0);
        assert_eq!(found("use tracing::instrument; fn f() { a[instrument]; }"), 0);
    }
}
