//! A file's text, without its tests.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Attribute, Item};

/// A Rust file.
pub(crate) struct Source {
    /// Its path below the source folder, `refresh/state.rs`.
    pub(crate) name: String,
    /// Its module, `["refresh", "state"]`; empty for the root.
    pub(crate) module: Vec<String>,
    /// What is left without tests.
    pub(crate) file: syn::File,
    /// How many lines that is.
    pub(crate) lines: usize,
    /// The modules that it declares for tests only: their files are tests, too.
    pub(crate) test_modules: Vec<Vec<String>>,
}

impl Source {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        let mut file = syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let module = name.trim_end_matches(".rs").trim_end_matches("/mod").split('/').map(ToOwned::to_owned);
        let module: Vec<_> = module.filter(|part| !["lib", "main"].contains(&part.as_str())).collect();
        let mut lines = text.lines().count();
        let mut test_modules = Vec::new();
        file.items.retain(|item| {
            let test = is_test(attributes(item));
            if let (true, Item::Mod(item)) = (test, item) {
                test_modules.push([module.clone(), vec![item.ident.to_string()]].concat());
            }
            if test {
                lines -= item.span().end().line - item.span().start().line + 1;
            }
            !test
        });
        Self { name: name.to_owned(), module, file, lines, test_modules }
    }

    pub(crate) fn tokens(&self) -> Vec<TokenTree> {
        self.file.to_token_stream().into_iter().collect()
    }
}

/// All tokens, those in groups too, in their order.
pub(crate) fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => flat(group.stream()),
            token => vec![token],
        })
        .collect()
}

pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

// `#[test]`, `#[cfg(test)]` and `#[cfg(all(test, ..))]`; code that is also there without `test` counts.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        if attribute.path().is_ident("test") {
            return true;
        }
        let Ok(list) = attribute.meta.require_list() else { return false };
        let words: Vec<_> = flat(list.tokens.clone()).iter().map(ToString::to_string).collect();
        list.path.is_ident("cfg")
            && matches!(words.first().map(String::as_str), Some("test" | "all"))
            && words.iter().any(|word| word == "test")
    })
}

#[test]
fn tests_are_left_out_of_the_text_and_of_the_lines() {
    let source = Source::new("a/b.rs", "fn f() {}\n\n#[cfg(test)]\nmod tests {\n    fn g() {}\n}\n");
    assert_eq!((source.file.items.len(), source.lines), (1, 2));
    assert_eq!(source.module, ["a", "b"]);
    assert_eq!(source.test_modules, [["a", "b", "tests"]]);
    let kept = Source::new("lib.rs", "#[cfg(any(test, feature = \"test-util\"))]\nmod scripted;\n");
    assert_eq!((kept.file.items.len(), kept.lines, kept.module.len()), (1, 2, 0));
}
