//! Programs run in the foreground, and what Ctrl-C does to them.
//!
//! Each child leads a process group of its own. A signal to xtask is passed on to that group and remembered, so
//! the chore ends with its clean-up done instead of in the middle of it. A second one kills the child outright.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::failure::{Doing, Failure, Result};

const POLL: Duration = Duration::from_millis(20);

/// The signal that came in, or 0.
static SIGNAL: AtomicI32 = AtomicI32::new(0);
/// The process group of the child in the foreground, or 0.
static CHILD: AtomicI32 = AtomicI32::new(0);

/// Starts to listen for Ctrl-C, `kill` and a closed terminal.
pub(crate) fn watch_signals() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).doing(|| "cannot watch for Ctrl-C".into())?;
    thread::spawn(move || {
        for signal in signals.forever() {
            let again = SIGNAL.swap(signal, Ordering::SeqCst) != 0;
            pass_on(if again { Signal::KILL } else { named(signal) });
        }
    });
    Ok(())
}

/// Fails once a signal has come in.
pub(crate) fn check_interrupted() -> Result<()> {
    match SIGNAL.load(Ordering::SeqCst) {
        0 => Ok(()),
        signal => Err(Failure::interrupted(signal)),
    }
}

/// Runs `command` to its end.
pub(crate) fn run(command: &mut Command) -> Result<ExitStatus> {
    run_with(command, |_| ())
}

/// Runs `command` to its end and calls `tick` every so often with the time it has taken.
pub(crate) fn run_with(command: &mut Command, mut tick: impl FnMut(Duration)) -> Result<ExitStatus> {
    let mut child = start(command)?;
    let since = Instant::now();
    let status = loop {
        match child.try_wait().doing(|| format!("cannot wait for {}", name(command)))? {
            Some(status) => break status,
            None => thread::sleep(POLL),
        }
        tick(since.elapsed());
    };
    finish();
    check_interrupted()?;
    Ok(status)
}

/// Runs `command` to its end and hands over each line of its output, both streams as one.
pub(crate) fn run_lines(command: &mut Command, mut line: impl FnMut(&str)) -> Result<ExitStatus> {
    let what = || "cannot make a pipe".to_owned();
    let (reader, writer) = std::io::pipe().doing(what)?;
    command.stdin(Stdio::null()).stdout(writer.try_clone().doing(what)?).stderr(writer);
    let mut child = start(command)?;
    // The command holds the writing end too; the pipe ends when the last holder lets go.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    for bytes in BufReader::new(reader).split(b'\n').map_while(std::io::Result::ok) {
        line(&String::from_utf8_lossy(&bytes));
    }
    let status = child.wait();
    finish();
    check_interrupted()?;
    status.doing(|| format!("cannot wait for {}", name(command)))
}

/// Starts `command` as the child in the foreground; [`finish`] ends that.
fn start(command: &mut Command) -> Result<Child> {
    check_interrupted()?;
    let child = command.process_group(0).spawn().doing(|| format!("cannot start {}", name(command)))?;
    CHILD.store(i32::try_from(child.id()).unwrap_or(0), Ordering::SeqCst);
    // A signal between the check and here would otherwise miss the child.
    match SIGNAL.load(Ordering::SeqCst) {
        0 => (),
        signal => pass_on(named(signal)),
    }
    Ok(child)
}

/// The child in the foreground has ended.
fn finish() {
    CHILD.store(0, Ordering::SeqCst);
}

/// Sleeps for `pause`, unless a signal comes in.
pub(crate) fn pause(pause: Duration) -> Result<()> {
    let until = Instant::now() + pause;
    while Instant::now() < until {
        check_interrupted()?;
        thread::sleep(POLL.min(pause));
    }
    check_interrupted()
}

/// The program's name, without its arguments.
pub(crate) fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn pass_on(signal: Signal) {
    if let Some(group) = Pid::from_raw(CHILD.load(Ordering::SeqCst)) {
        // The group may have ended by itself in the meantime.
        let _gone = kill_process_group(group, signal);
    }
}

fn named(signal: i32) -> Signal {
    match signal {
        SIGINT => Signal::INT,
        SIGHUP => Signal::HUP,
        _ => Signal::TERM,
    }
}
