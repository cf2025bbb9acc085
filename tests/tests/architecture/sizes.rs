//! How long files and functions are, without tests.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::source::Source;

const FILE: usize = 600;
const FUNCTION: usize = 80;

/// Files and functions over the hard sizes.
pub(crate) fn too_large(sources: &[Source]) -> Vec<String> {
    let files = sources.iter().filter(|source| source.lines > FILE);
    let files = files.map(|source| format!("{}: {} lines, at most {FILE}", source.name, source.lines));
    let functions = sources.iter().flat_map(|source| functions(source).into_iter().map(move |f| (source, f)));
    let functions = functions.filter(|(_, (_, lines))| *lines > FUNCTION);
    let functions = functions.map(|(source, (name, lines))| {
        format!("{}: fn {name} has {lines} lines, at most {FUNCTION}", source.name)
    });
    files.chain(functions).collect()
}

/// The middle and the 90th percentile, for people to watch.
pub(crate) fn report(sources: &[Source]) -> String {
    let files = spread(sources.iter().map(|source| source.lines).collect());
    let functions = spread(sources.iter().flat_map(functions).map(|(_, lines)| lines).collect());
    format!("lines of files {files}; of functions {functions}")
}

fn spread(mut sizes: Vec<usize>) -> String {
    sizes.sort_unstable();
    let at = |percent: usize| sizes.get(sizes.len() * percent / 100).or(sizes.last()).copied().unwrap_or(0);
    format!("median {}, p90 {}, most {}", at(50), at(90), at(100))
}

fn functions(source: &Source) -> Vec<(String, usize)> {
    let mut bodies = Bodies(Vec::new());
    bodies.visit_file(&source.file);
    bodies.0
}

struct Bodies(Vec<(String, usize)>);

impl Bodies {
    fn measure(&mut self, name: &syn::Ident, body: &syn::Block) {
        let span = body.span();
        self.0.push((name.to_string(), span.end().line - span.start().line + 1));
    }
}

impl<'a> Visit<'a> for Bodies {
    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        self.measure(&item.sig.ident, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        self.measure(&item.sig.ident, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'a syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.measure(&item.sig.ident, body);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(lines: usize) -> String {
        format!("struct S;\nimpl S {{\n    fn long() {{\n{}    }}\n}}\n", "let _ = 1;\n".repeat(lines - 2))
    }

    #[test]
    fn a_long_function_is_found() {
        assert_eq!(too_large(&[Source::new("a.rs", &function(80))]), [""; 0]);
        assert_eq!(
            too_large(&[Source::new("a.rs", &function(81))]),
            ["a.rs: fn long has 81 lines, at most 80"]
        );
    }

    #[test]
    fn a_long_file_is_found_and_tests_do_not_count() {
        let lines = "// line\n".repeat(600);
        let tests = "#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(too_large(&[Source::new("a.rs", &format!("{lines}{tests}"))]), [""; 0]);
        assert_eq!(
            too_large(&[Source::new("a.rs", &format!("{lines}// one more\n"))]),
            ["a.rs: 601 lines, at most 600"]
        );
    }

    #[test]
    fn the_spread_is_of_sorted_sizes() {
        assert_eq!(spread(vec![3, 1, 2]), "median 2, p90 3, most 3");
        assert_eq!(spread(vec![]), "median 0, p90 0, most 0");
    }
}
