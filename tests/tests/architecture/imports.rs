//! Who imports whom: floors, circles, and reaching into the insides of others.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use proc_macro2::{Delimiter, TokenTree};
use syn::{Item, UseTree, Visibility};

use crate::source::Source;

/// The floors, the lowest first: a module imports from those before its own only. `config` reads the world
/// through `context`, so it stands on a step above it.
const FLOORS: &[&[&str]] = &[
    &["error", "secret", "time"],
    &["context"],
    &["config"],
    &["event", "iam", "refresh"],
    &["aws", "sink", "vault"],
    &["auth", "identity"],
    &["lease"],
    &["provider"],
    &["dev", "harness", "serve"],
    &["cli", "manual"],
    // Binaries are crates of their own, above the library.
    &["bin"],
];

type Module = Vec<String>;

/// `from` and `to` are modules in `parent`; something in `from` names something in `to`.
struct Edge {
    parent: Module,
    from: String,
    to: String,
    told: String,
    /// The path goes on into a module of `to` that is not public.
    inside: bool,
}

/// Imports from the same floor or a higher one.
pub(crate) fn floors(sources: &[Source]) -> Vec<String> {
    let floor = |name: &str| FLOORS.iter().position(|floor| floor.contains(&name));
    let unknown = sources.iter().filter_map(|source| source.module.first().map(|top| (source, top)));
    let unknown = unknown.filter(|(_, top)| floor(top).is_none());
    let unknown = unknown.map(|(source, top)| format!("{}: module {top} has no floor", source.name));
    let edges = edges(sources).into_iter().filter(|edge| edge.parent.is_empty());
    let upward = edges.filter(|edge| floor(&edge.to) >= floor(&edge.from));
    unknown.chain(upward.map(|edge| format!("{}: not a lower floor", edge.told))).collect()
}

/// Modules of one parent that import each other in a circle.
pub(crate) fn cycles(sources: &[Source]) -> Vec<String> {
    let mut graphs: BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for edge in edges(sources) {
        graphs.entry(edge.parent).or_default().entry(edge.from).or_default().insert(edge.to);
    }
    let mut found = Vec::new();
    for (parent, graph) in graphs {
        for start in graph.keys().filter(|start| reaches(&graph, start)) {
            found.push(format!(
                "crate::{} is in a circle of imports",
                [parent.clone(), vec![start.clone()]].concat().join("::")
            ));
        }
    }
    found
}

fn reaches(graph: &BTreeMap<String, BTreeSet<String>>, start: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![start];
    while let Some(module) = next.pop() {
        next.extend(
            graph.get(module).into_iter().flatten().map(String::as_str).filter(|to| seen.insert(*to)),
        );
    }
    seen.contains(start)
}

/// Paths through a module that its parent did not make public.
pub(crate) fn insides(sources: &[Source]) -> Vec<String> {
    let edges = edges(sources).into_iter().filter(|edge| edge.inside);
    edges.map(|edge| format!("{}: reaches into the insides of {}", edge.told, edge.to)).collect()
}

fn edges(sources: &[Source]) -> Vec<Edge> {
    let house = House::of(sources);
    let edges = sources.iter().flat_map(|source| {
        let paths = paths(&source.tokens(), &source.module);
        paths.into_iter().filter_map(|path| house.edge(source, &path)).collect::<Vec<_>>()
    });
    edges.collect()
}

/// The modules there are, which of them are public, and what each re-exports from which of its own.
struct House {
    modules: HashSet<Module>,
    public: HashSet<Module>,
    reexports: HashMap<Module, String>,
}

impl House {
    fn of(sources: &[Source]) -> Self {
        let mut house = Self {
            modules: sources.iter().map(|source| source.module.clone()).collect(),
            public: HashSet::new(),
            reexports: HashMap::new(),
        };
        for source in sources {
            for item in &source.file.items {
                house.declare(&source.module, item);
            }
        }
        house
    }

    fn declare(&mut self, module: &Module, item: &Item) {
        match item {
            Item::Mod(item) if matches!(item.vis, Visibility::Public(_)) => {
                self.public.insert(child(module, &item.ident.to_string()));
            }
            Item::Use(item) => {
                for path in leaves(&item.tree) {
                    let path: Vec<_> = path.into_iter().skip_while(|part| part == "self").collect();
                    let (Some(from), Some(name)) = (path.first(), path.last()) else { continue };
                    if self.modules.contains(&child(module, from)) {
                        self.reexports.insert(child(module, name), from.clone());
                    }
                }
            }
            _ => {}
        }
    }

    fn edge(&self, source: &Source, path: &[String]) -> Option<Edge> {
        let common = source.module.iter().zip(path).take_while(|(a, b)| a == b).count();
        let (from, name) = (source.module.get(common)?, path.get(common)?);
        let parent = source.module[..common].to_vec();
        let named = child(&parent, name);
        let to = if self.modules.contains(&named) { name } else { self.reexports.get(&named)? };
        let inner = path.get(common + 1).map(|inner| child(&named, inner));
        let inside =
            inner.is_some_and(|inner| self.modules.contains(&inner) && !self.public.contains(&inner));
        let told = format!("{} names crate::{}", source.name, path.join("::"));
        (from != to).then(|| Edge { parent, from: from.clone(), to: to.clone(), told, inside })
    }
}

fn child(module: &[String], name: &str) -> Module {
    [module, &[name.to_owned()]].concat()
}

/// The paths that a `use` names, renames under their new names.
pub(crate) fn leaves(tree: &UseTree) -> Vec<Vec<String>> {
    let below = |ident: &syn::Ident, tree| {
        leaves(tree).into_iter().map(|path| [vec![ident.to_string()], path].concat()).collect()
    };
    match tree {
        UseTree::Path(path) => below(&path.ident, &path.tree),
        UseTree::Name(name) => vec![vec![name.ident.to_string()]],
        UseTree::Rename(rename) => vec![vec![rename.ident.to_string(), rename.rename.to_string()]],
        UseTree::Glob(_) => vec![vec!["*".to_owned()]],
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
    }
}

/// Every path that starts with `crate`, `self` or `super`, from the root on, macros' insides too.
fn paths(tokens: &[TokenTree], module: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let rest = &tokens[at + 1..];
        match token {
            TokenTree::Group(group) => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                found.extend(paths(&inner, &within(&tokens[..at], module, group.delimiter())));
            }
            TokenTree::Ident(ident) if is_separator(rest) => match ident.to_string().as_str() {
                "crate" => found.extend(follow(rest, Vec::new())),
                "self" => found.extend(follow(rest, module.to_vec())),
                // Later ones of `super::super` are followed from the first.
                "super" if !is_separator(&tokens[at.saturating_sub(2)..at]) => {
                    found.extend(follow(rest, module[..module.len().saturating_sub(1)].to_vec()));
                }
                _ => {}
            },
            _ => {}
        }
    }
    found
}

// A brace group after `mod name` is that module.
fn within(before: &[TokenTree], module: &[String], delimiter: Delimiter) -> Module {
    match before {
        [.., TokenTree::Ident(word), TokenTree::Ident(name)]
            if word == "mod" && delimiter == Delimiter::Brace =>
        {
            child(module, &name.to_string())
        }
        _ => module.to_vec(),
    }
}

fn is_separator(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [TokenTree::Punct(a), TokenTree::Punct(b), ..] if a.as_char() == ':' && b.as_char() == ':')
}

// The paths that go on after `base` with `::name`, `::super` or `::{..}`.
fn follow(tokens: &[TokenTree], mut base: Vec<String>) -> Vec<Vec<String>> {
    if !is_separator(tokens) {
        return vec![base];
    }
    match &tokens[2..] {
        [TokenTree::Ident(ident), rest @ ..] => {
            if ident == "super" {
                base.pop();
            } else {
                base.push(ident.to_string());
            }
            follow(rest, base)
        }
        [TokenTree::Group(group), ..] if group.delimiter() == Delimiter::Brace => {
            let inner: Vec<_> = group.stream().into_iter().collect();
            let parts =
                inner.split(|token| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ','));
            let parts = parts.filter(|part| !part.is_empty());
            parts.flat_map(|part| branch(part, base.clone())).collect()
        }
        _ => vec![base],
    }
}

fn branch(tokens: &[TokenTree], mut base: Vec<String>) -> Vec<Vec<String>> {
    let Some(TokenTree::Ident(ident)) = tokens.first() else { return vec![base] };
    match ident.to_string().as_str() {
        "self" => {}
        "super" => drop(base.pop()),
        name => base.push(name.to_owned()),
    }
    follow(&tokens[1..], base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(files: &[(&str, &str)]) -> Vec<Source> {
        files.iter().map(|(name, text)| Source::new(name, text)).collect()
    }

    #[test]
    fn an_import_from_the_same_or_a_higher_floor_is_found() {
        let found = |text| {
            floors(&house(&[
                ("lib.rs", "pub use lease::Lease;"),
                ("lease.rs", ""),
                ("vault.rs", ""),
                ("refresh.rs", text),
            ]))
        };
        for planted in [
            "use crate::vault::Client;",
            "use crate::{error, lease::{self, Lease}};",
            "fn f() { crate::vault::send() }",
            "fn f() { log!(crate::vault::NAME) }",
            "use super::vault;",
            "mod inner { use super::super::vault; }",
            "use crate::Lease;",
            "macro_rules! m { () => { $crate::vault::x() } }",
        ] {
            assert!(!found(planted).is_empty(), "{planted}");
        }
        assert_eq!(found("#[cfg(test)] mod tests { use crate::vault; } pub(crate) fn f() {}"), [""; 0]);
        assert_eq!(floors(&house(&[("attic.rs", "")])), ["attic.rs: module attic has no floor"]);
    }

    #[test]
    fn a_circle_of_siblings_is_found_also_through_the_parents_names() {
        let parent = ("refresh.rs", "mod a; mod b; pub use a::A; pub use self::b::B;");
        let a = ("refresh/a.rs", "use super::B;");
        assert_eq!(cycles(&house(&[parent, a, ("refresh/b.rs", "use super::a::A;")])).len(), 2);
        assert_eq!(cycles(&house(&[parent, a, ("refresh/b.rs", "use crate::refresh::A;")])).len(), 2);
        assert_eq!(cycles(&house(&[parent, a, ("refresh/b.rs", "use super::C;")])).len(), 0);
    }

    #[test]
    fn a_path_through_a_module_that_is_not_public_is_found() {
        let found = |parent, user| {
            insides(&house(&[("refresh.rs", parent), ("refresh/state.rs", ""), ("vault.rs", user)])).len()
        };
        assert_eq!(found("pub(crate) mod state;", "use crate::refresh::state::step;"), 1);
        assert_eq!(found("pub mod state;", "use crate::refresh::state::step;"), 0);
        assert_eq!(found("mod state; pub use state::step;", "use crate::refresh::step;"), 0);
    }
}
