//! Runs every machine of a process: one background thread, one timer, nothing that a caller's runtime,
//! cancellation or drop could touch.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::{ArcSwap, Guard};
use tokio::sync::{mpsc, oneshot};

use super::cell::Cell;
use super::command::{Command, Commands, Drive, Message, Waiter};
use super::effect::{Event, Phase};
use super::schedule::Plan;
use super::snapshot::{Reading, Snapshot, closed};
use super::source::Source;
use super::state::State;
use super::transition::DOUBT_WAIT;
use crate::context::{Context, PerProcess};
use crate::error::{Error, ErrorKind, Result};
use crate::time::BootInstant;

// The longest that the timer sleeps: the boot clock may have jumped over a suspension, the wall clock
// may have been set.
const HOUSEKEEPING: Duration = Duration::from_secs(30);
const WALL_STEP: Duration = Duration::from_secs(1);

/// One value kept fresh; dropping it ends the refreshing without any request.
pub struct Kept<T> {
    id: u64,
    context: Context,
    commands: Commands,
    snapshot: Arc<ArcSwap<Snapshot<T>>>,
}

/// What a caller waits for.
#[derive(Clone, Copy, Debug)]
pub struct Want {
    /// The value must live at least this long from now.
    pub lasts: Duration,
    /// It must be newer than this generation.
    pub newer_than: Option<u64>,
    /// That generation was refused as if it were dead; otherwise the caller simply wants a new one.
    pub doubts: bool,
    /// The caller's own deadline.
    pub within: Duration,
}

impl<T: Clone + Send + Sync + 'static> Kept<T> {
    /// Hands a source to the process's driver. Nothing is asked of it before the first [`wait`](Self::wait).
    ///
    /// # Errors
    /// `LK-0199` when the system gives no thread.
    pub fn new<S: Source<Value = T>>(context: &Context, plan: Plan, source: S) -> Result<Self> {
        Self::begin(context, State::new(plan), source, Snapshot::empty())
    }

    /// The same in a forked child, with what its parent had in hand: that serves, and is neither renewed nor
    /// given back.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn heir<S: Source<Value = T>>(
        context: &Context,
        plan: Plan,
        source: S,
        parent: &Snapshot<T>,
    ) -> Result<Self> {
        let inherited = parent.inherited();
        let Some(heritage) = inherited.heritage else { return Self::new(context, plan, source) };
        let heir = Self::begin(context, State::heir(heritage), source, inherited)?;
        heir.tell(Message::Event(Event::Forked));
        Ok(heir)
    }

    fn begin<S: Source<Value = T>>(
        context: &Context,
        state: State,
        source: S,
        snapshot: Snapshot<T>,
    ) -> Result<Self> {
        static IDS: AtomicU64 = AtomicU64::new(1);
        let id = IDS.fetch_add(1, Ordering::Relaxed);
        let commands = commands_of(context)?;
        let snapshot = Arc::new(ArcSwap::from_pointee(snapshot));
        let cell =
            Cell::new(id, context.clone(), state, Arc::new(source), snapshot.clone(), commands.clone());
        // A driver that ended has dropped its receiver; then nobody waits for an answer either.
        let _ = commands.send(Command::Add(id, Box::new(cell)));
        Ok(Self { id, context: context.clone(), commands, snapshot })
    }

    /// What readers see now: one atomic load, no lock, no allocation.
    #[inline]
    pub fn snapshot(&self) -> Guard<Arc<Snapshot<T>>> {
        self.snapshot.load()
    }

    /// Now, on the boot clock.
    #[inline]
    pub fn now(&self) -> BootInstant {
        self.context.time.boot()
    }

    /// The same to a few milliseconds, which the margin of every lifetime covers.
    #[inline]
    pub fn now_coarse(&self) -> BootInstant {
        self.context.time.boot_coarse()
    }

    /// The value, as soon as there is one that answers `want`.
    ///
    /// # Errors
    /// The error that all callers share when the attempt fails; `LK-0123` when the own deadline passes first;
    /// `LK-0117` when the last value is dead; `LK-0118` after a close.
    pub async fn wait(&self, want: Want) -> Result<Arc<Snapshot<T>>> {
        let now = self.now();
        let snapshot = self.snapshot.load_full();
        if want.lasts.is_zero() && want.newer_than.is_none() {
            match snapshot.read(now) {
                Reading::Ready(_) | Reading::Unattended(_) => return Ok(snapshot),
                Reading::Refused(error) => return Err(error),
                Reading::Wait => {}
            }
        }
        let (reply, answer) = oneshot::channel();
        let waiter = Waiter {
            asked_at: now,
            seen: snapshot.generation,
            lasts_until: now.plus(want.lasts),
            newer_than: want.newer_than,
            doubts: want.doubts,
            deadline: now.plus(want.within),
            reply,
        };
        self.tell(Message::Wait(waiter));
        match answer.await {
            Ok(answer) => answer.map(|()| self.snapshot.load_full()),
            // The machine ended with this caller still waiting.
            Err(_) if self.snapshot().phase == Phase::Closed => Err(closed()),
            Err(_) => Err(driver_ended()),
        }
    }

    /// Reports that this generation was refused as if it were dead. From this call on readers wait for a
    /// moment, even before the driver has heard of it.
    pub fn doubt(&self, generation: u64) {
        let until = self.now().plus(DOUBT_WAIT);
        self.snapshot.rcu(|snapshot| {
            let doubted = snapshot.generation == generation && snapshot.waits_until < until;
            if doubted {
                Arc::new(Snapshot { waits_until: until, ..(**snapshot).clone() })
            } else {
                snapshot.clone()
            }
        });
        self.tell(Message::Event(Event::Doubted(generation)));
    }

    /// Records that a caller was promised that this generation lives until then.
    pub fn promise(&self, generation: u64, until: BootInstant) {
        self.tell(Message::Event(Event::Promised(generation, until)));
    }

    /// A point of the boot clock on the wall clock, as of now.
    pub fn wall(&self, at: BootInstant) -> SystemTime {
        let wall = self.context.time.wall();
        wall.checked_add(at.since(self.now())).unwrap_or(wall)
    }

    /// Has the value in hand replaced at its refresh point, not renewed.
    pub fn spend(&self) {
        self.tell(Message::Event(Event::Spent));
    }

    /// Ends the refreshing as a drop does, while others may still hold this.
    pub fn abandon(&self) {
        self.tell(Message::Dropped);
    }

    /// Closes the machine and gives back what can be, within 2 s.
    pub async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        self.tell(Message::Close(reply));
        // An error means that the machine has ended before.
        let _ = answer.await;
    }

    fn tell(&self, message: Message) {
        // An ended driver answers through the dropped reply channel.
        let _ = self.commands.send(Command::Tell(self.id, message));
    }
}

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        let _ = self.commands.send(Command::Tell(self.id, Message::Dropped));
    }
}

impl<T> std::fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let snapshot = self.snapshot.load();
        let (generation, phase) = (snapshot.generation, snapshot.phase);
        f.debug_struct("Kept").field("generation", &generation).field("phase", &phase).finish_non_exhaustive()
    }
}

fn driver_ended() -> Error {
    Error::new(ErrorKind::Bug, "the background thread has ended")
}

/// The way to the driver of this context in this process; starts it on first use and after a fork.
fn commands_of(context: &Context) -> Result<Commands> {
    static DRIVERS: PerProcess<Mutex<Vec<(Context, Commands)>>> = PerProcess::new();
    let drivers = DRIVERS.of(context.env.process_id());
    let mut drivers = drivers.lock().unwrap_or_else(PoisonError::into_inner);
    drivers.retain(|(_, commands)| !commands.is_closed());
    if let Some((_, commands)) = drivers.iter().find(|(known, _)| known.address() == context.address()) {
        return Ok(commands.clone());
    }
    let (commands, inbox) = mpsc::unbounded_channel();
    context.launch.launch(Box::pin(Driver::new(context.clone()).run(inbox))).map_err(|error| {
        Error::new(ErrorKind::Bug, "the background thread could not be started")
            .with_hint("Raise the limit of threads for this process")
            .with_source(error)
    })?;
    drivers.push((context.clone(), commands.clone()));
    Ok(commands)
}

struct Driver {
    context: Context,
    cells: HashMap<u64, Box<dyn Drive>>,
    timer: BTreeSet<(BootInstant, u64)>,
    wakes: HashMap<u64, BootInstant>,
    // The wall clock's reading at the boot; moves when somebody sets the clock.
    epoch: SystemTime,
}

impl Driver {
    fn new(context: Context) -> Self {
        let epoch = epoch(&context);
        Self { context, cells: HashMap::new(), timer: BTreeSet::new(), wakes: HashMap::new(), epoch }
    }

    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Command>) {
        loop {
            let now = self.context.time.boot();
            let span = self.timer.first().map_or(HOUSEKEEPING, |(at, _)| at.since(now).min(HOUSEKEEPING));
            let mut touched = HashSet::new();
            tokio::select! {
                biased;
                command = inbox.recv() => match command {
                    None => return,
                    Some(command) => {
                        self.take(command, &mut touched);
                        // Ten thousand callers at once are answered together, not one by one.
                        while let Ok(command) = inbox.try_recv() {
                            self.take(command, &mut touched);
                        }
                    }
                },
                // A timer's shortest sleep is its tick, a millisecond: what is due now does not wait for it.
                () = async {}, if span.is_zero() => {}
                () = self.context.sleep.sleep(span), if self.sleeps() => {}
            }
            self.keep_house();
            self.ring(&mut touched);
            touched.into_iter().for_each(|id| self.settle(id));
        }
    }

    fn sleeps(&self) -> bool {
        !self.cells.is_empty()
    }

    fn take(&mut self, command: Command, touched: &mut HashSet<u64>) {
        match command {
            Command::Add(id, cell) => {
                self.cells.insert(id, cell);
            }
            Command::Tell(id, message) => {
                self.with(id, |cell| cell.take(message));
                touched.insert(id);
            }
        }
    }

    fn ring(&mut self, touched: &mut HashSet<u64>) {
        let now = self.context.time.boot();
        while let Some((_, id)) = self.timer.first().copied().filter(|(at, _)| *at <= now) {
            self.timer.pop_first();
            self.wakes.remove(&id);
            self.with(id, |cell| cell.take(Message::Event(Event::Woken)));
            touched.insert(id);
        }
    }

    fn settle(&mut self, id: u64) {
        self.with(id, |cell| cell.settle());
        let now = self.context.time.boot();
        let (ended, wake) =
            self.cells.get(&id).map_or((true, None), |cell| (cell.ended(), cell.wake_at(now)));
        if let Some(old) = self.wakes.remove(&id) {
            self.timer.remove(&(old, id));
        }
        if ended {
            self.cells.remove(&id);
        } else if let Some(wake) = wake {
            self.timer.insert((wake, id));
            self.wakes.insert(id, wake);
        }
    }

    fn keep_house(&mut self) {
        let epoch = epoch(&self.context);
        let stepped = epoch.duration_since(self.epoch).unwrap_or_else(|error| error.duration()) > WALL_STEP;
        if stepped {
            self.epoch = epoch;
            let ids: Vec<u64> = self.cells.keys().copied().collect();
            ids.into_iter().for_each(|id| self.with(id, |cell| cell.restamp()));
        }
    }

    // A panic in a user's hook, or a bug of ours, costs one attempt of one machine and nothing else.
    fn with(&mut self, id: u64, act: impl FnOnce(&mut dyn Drive)) {
        let Some(cell) = self.cells.get_mut(&id) else { return };
        if catch_unwind(AssertUnwindSafe(|| act(cell.as_mut()))).is_err() {
            let _ = catch_unwind(AssertUnwindSafe(|| cell.recover()));
        }
    }
}

fn epoch(context: &Context) -> SystemTime {
    let up = context.time.boot().since(BootInstant::default());
    context.time.wall().checked_sub(up).unwrap_or(SystemTime::UNIX_EPOCH)
}
