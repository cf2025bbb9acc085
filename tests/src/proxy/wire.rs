//! A relay of bytes between clients and a server, and what breaks below HTTP.

#![allow(clippy::panic, reason = "a test cannot go on without its relay")]

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

/// What the relay does to the next request and its reply, on connections that are open as well as on new ones.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Takes the request, and then nothing happens: a stopped process, a half-open connection.
    Hang,
    /// The reply's body comes byte by byte, so much apart.
    Drip(Duration),
    /// Ends the connection after so many bytes of the reply's body.
    Cut {
        /// So many bytes of the body come through.
        after: usize,
        /// Whether it ends with a reset, not as if all were said.
        reset: bool,
    },
    /// Answers in the server's place: `head`, and then `tail` so many times or until the client has gone.
    Say {
        /// What comes first.
        head: Vec<u8>,
        /// What is repeated.
        tail: Vec<u8>,
        /// How often.
        times: usize,
    },
}

/// The relay; it and its connections end when it is dropped.
pub struct Wire {
    /// Its own address, `http://127.0.0.1:1234`.
    pub address: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    began: Instant,
    fault: Mutex<Option<Fault>>,
    open: Mutex<JoinSet<()>>,
    hung_up: Notify,
    moments: Mutex<Vec<Duration>>,
    connections: AtomicUsize,
    said: AtomicUsize,
}

impl Wire {
    /// A relay to the server at this address.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn of(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.unwrap_or_else(|error| panic!("the relay: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("the relay: {error}"));
        let shared = Arc::new(Shared::new());
        let server = server.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let accepting = tokio::spawn(accept(listener, server, shared.clone()));
        Self { address: format!("http://{address}"), shared, accepting }
    }

    /// Breaks everything in this way from now on.
    pub fn breaks(&self, fault: Fault) {
        *self.shared.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }

    /// All is well from now on.
    pub fn heals(&self) {
        *self.shared.fault.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Ends every connection at rest, as a server that is stopped, and waits until the clients have noticed.
    ///
    /// # Panics
    /// If one has not within 10 s.
    pub async fn hangs_up(&self) {
        let open = std::mem::take(&mut *self.shared.open.lock().unwrap_or_else(PoisonError::into_inner));
        self.shared.hung_up.notify_waiters();
        let noticed = tokio::time::timeout(Duration::from_secs(10), open.join_all()).await;
        noticed.unwrap_or_else(|_| panic!("a client keeps a connection whose other end is closed"));
    }

    /// How many connections there were.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// When requests came, counted from its own beginning.
    #[must_use]
    pub fn moments(&self) -> Vec<Duration> {
        self.shared.moments.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many bytes were said in the server's place.
    #[must_use]
    pub fn said(&self) -> usize {
        self.shared.said.load(Ordering::Relaxed)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.accepting.abort();
        self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

async fn accept(listener: TcpListener, server: String, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        shared.connections.fetch_add(1, Ordering::Relaxed);
        let (server, relaying) = (server.clone(), shared.clone());
        let relay = async move {
            // An error is an end that went away.
            let _gone = relaying.relay(client, &server).await;
        };
        shared.open.lock().unwrap_or_else(PoisonError::into_inner).spawn(relay);
    }
}

impl Shared {
    fn new() -> Self {
        Self {
            began: Instant::now(),
            fault: Mutex::default(),
            open: Mutex::default(),
            hung_up: Notify::new(),
            moments: Mutex::default(),
            connections: AtomicUsize::new(0),
            said: AtomicUsize::new(0),
        }
    }

    fn fault(&self) -> Option<Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn relay(&self, mut client: TcpStream, server: &str) -> io::Result<()> {
        let mut server = TcpStream::connect(server).await?;
        let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
        loop {
            tokio::select! {
                () = self.hung_up.notified() => return noticed(client).await,
                read = client.read(&mut asked) => {
                    let Some(asked) = some(&asked, read?) else { return Ok(()) };
                    self.moments.lock().unwrap_or_else(PoisonError::into_inner).push(self.began.elapsed());
                    match self.fault() {
                        Some(Fault::Hang) => std::future::pending().await,
                        Some(Fault::Say { head, tail, times }) => return self.say(client, &head, &tail, times).await,
                        _ => server.write_all(asked).await?,
                    }
                }
                read = server.read(&mut answered) => {
                    let Some(answered) = some(&answered, read?) else { return Ok(()) };
                    match self.fault() {
                        Some(Fault::Drip(apart)) => drip(&mut client, answered, apart).await?,
                        Some(Fault::Cut { after, reset }) => return cut(client, answered, after, reset).await,
                        _ => client.write_all(answered).await?,
                    }
                }
            }
        }
    }

    async fn say(&self, mut client: TcpStream, head: &[u8], tail: &[u8], times: usize) -> io::Result<()> {
        client.write_all(head).await?;
        for _ in 0..times {
            client.write_all(tail).await?;
            self.said.fetch_add(tail.len(), Ordering::Relaxed);
        }
        client.shutdown().await
    }
}

/// Says no more, and waits until the client ends the connection.
async fn noticed(mut client: TcpStream) -> io::Result<()> {
    client.shutdown().await?;
    while client.read(&mut [0; 1024]).await? > 0 {}
    Ok(())
}

async fn drip(client: &mut TcpStream, reply: &[u8], apart: Duration) -> io::Result<()> {
    let (head, body) = reply.split_at(body_at(reply));
    client.write_all(head).await?;
    for byte in body {
        tokio::time::sleep(apart).await;
        client.write_all(&[*byte]).await?;
    }
    Ok(())
}

async fn cut(mut client: TcpStream, reply: &[u8], after: usize, reset: bool) -> io::Result<()> {
    let end = reply.len().min(body_at(reply) + after);
    client.write_all(reply.get(..end).unwrap_or_default()).await?;
    if reset { client.set_zero_linger() } else { client.shutdown().await }
}

fn body_at(reply: &[u8]) -> usize {
    const END: &[u8] = b"\r\n\r\n";
    reply.windows(END.len()).position(|bytes| bytes == END).map_or(reply.len(), |at| at + END.len())
}

fn some(bytes: &[u8], read: usize) -> Option<&[u8]> {
    bytes.get(..read).filter(|bytes| !bytes.is_empty())
}
