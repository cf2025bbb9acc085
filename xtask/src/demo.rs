//! `cargo xtask demo`: the quickstart, on servers of its own.

use crate::cargo::cargo;
use crate::failure::{Failure, Result};
use crate::process;
use crate::stack::{OwnStack, Server, Shape};

/// Brings a stack up, runs the quickstart on it and takes it down.
pub(crate) fn demo(server: Server) -> Result<()> {
    println!("Leasekey leases AWS credentials from a real {}, and keeps them fresh.", server.title());
    println!("\n== 1 of 4: compile the quickstart (examples/rust)");
    step(&mut cargo(&["build", "--quiet", "--package", "leasekey-example", "--bin", "quickstart"]))?;
    println!("\n== 2 of 4: bring the servers up");
    let stack = OwnStack::start(server, Shape::default(), "demo")?;
    println!("\n== 3 of 4: run the quickstart");
    let mut quickstart = cargo(&["run", "--quiet", "--package", "leasekey-example", "--bin", "quickstart"]);
    stack.exports().give(&mut quickstart);
    let ran = step(&mut quickstart);
    println!("\n== 4 of 4: take the servers down");
    let ended = stack.end(ran.is_err());
    ran.and(ended)?;
    println!("\nDone. Keep servers like these for yourself: cargo xtask stack up");
    Ok(())
}

fn step(command: &mut std::process::Command) -> Result<()> {
    let status = process::run(command)?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new("the demo failed", format!("the step above ended with {status}"))
        .next("read its last lines; the servers' logs were kept if they had started"))
}
