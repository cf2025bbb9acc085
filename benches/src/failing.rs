//! Servers as they are on a bad day.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::Outcome;

const REPLY_500: &str = "HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\n\
    content-length: 29\r\nconnection: close\r\n\r\n{\"errors\":[\"internal error\"]}";

/// A port that is taken, so that nobody else gets it, and that nobody listens at.
pub(crate) fn silent() -> Outcome<(TcpSocket, String)> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    let address = format!("http://{}", socket.local_addr()?);
    Ok((socket, address))
}

/// A server that answers every request with a 500, and counts them.
pub(crate) async fn erring() -> Outcome<(Arc<AtomicU32>, String)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    let counter = Arc::new(AtomicU32::new(0));
    let counts = counter.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counts = counts.clone();
            tokio::spawn(async move {
                // A caller that went away needs no answer.
                let _ = err(stream, &counts).await;
            });
        }
    });
    Ok((counter, address))
}

async fn err(mut stream: TcpStream, counter: &AtomicU32) -> std::io::Result<()> {
    let mut request = [0; 8192];
    if stream.read(&mut request).await? > 0 {
        counter.fetch_add(1, Ordering::Relaxed);
        stream.write_all(REPLY_500.as_bytes()).await?;
    }
    stream.shutdown().await
}

/// A way to `address` on which every reply takes `delay` longer.
pub(crate) async fn slow_way_to(address: &str, delay: Duration) -> Outcome<String> {
    let target = address.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let way = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let target = target.clone();
            // Either side may hang up at any time.
            tokio::spawn(async move { drop(carry(near, &target, delay).await) });
        }
    });
    Ok(way)
}

async fn carry(mut near: TcpStream, target: &str, delay: Duration) -> std::io::Result<()> {
    let mut far = TcpStream::connect(target).await?;
    let (mut from_near, mut to_near) = near.split();
    let (mut from_far, mut to_far) = far.split();
    let replies = async {
        let mut chunk = [0; 8192];
        loop {
            let size = from_far.read(&mut chunk).await?;
            tokio::time::sleep(delay).await;
            match chunk.get(..size) {
                None | Some([]) => return Ok(()),
                Some(reply) => to_near.write_all(reply).await?,
            }
        }
    };
    tokio::select! {
        hung_up = tokio::io::copy(&mut from_near, &mut to_far) => hung_up.map(drop),
        ended = replies => ended,
    }
}
