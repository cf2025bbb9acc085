//! What the README tells a newcomer to type is what CI runs. Its Rust blocks are doctests of `leasekey`.
#![allow(clippy::unwrap_used, reason = "a test reads files and may fail loudly")]

use std::path::Path;

fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)).unwrap()
}

fn commands(readme: &str) -> Vec<&str> {
    let blocks = readme.split("\n```sh\n").skip(1).filter_map(|rest| rest.split_once("\n```"));
    blocks.flat_map(|(block, _)| block.lines()).collect()
}

#[test]
fn every_command_of_the_readme_is_run_by_ci() {
    let (readme, ci) = (text("README.md"), text(".ci/run"));
    let commands = commands(&readme);
    assert!(commands.contains(&"cargo xtask test"));
    let missing: Vec<_> = commands.iter().filter(|command| !ci.contains(**command)).collect();
    assert!(missing.is_empty(), ".ci/run does not run {missing:?}");
}

#[test]
fn only_sh_blocks_are_commands() {
    let text = "a\n```sh\none\ntwo\n```\n```text\nnot\n```\n```sh\nthree\n```\n";
    assert_eq!(commands(text), ["one", "two", "three"]);
}
