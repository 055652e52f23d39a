//! A server for LIT's client, whose model attributes what is edited there.
//!
//! It listens on 127.0.0.1 alone, and answers pages of its own alone: `http.rs` checks where a request comes from. A
//! thread for each connection reads and answers; the model is asked by the thread that runs the server, one text after
//! another.

mod answers;
mod http;
mod live;
mod question;
#[cfg(test)]
mod tests;
mod texts;

pub use live::Live;

use crate::error::Error;
use http::{Gate, Reply};
use saliency_schema::Record;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use texts::Job;

/// How many texts wait for the model, besides the one that it attributes.
const QUEUE: usize = 8;
/// How many connections are open at a time.
const CONNECTIONS: usize = 64;
/// How often it is looked whether the server is to stop.
const TICK: Duration = Duration::from_millis(100);
/// How long answers are waited for that are being written when the server stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// What attributes a text.
pub trait Explain {
    /// The records of what follows a prompt, one for each method, in the same order for every text: of the target where
    /// there is one, or else of what the model writes.
    ///
    /// # Errors
    /// In one sentence, which the client shows: the text is too long, for example.
    fn records(
        &mut self,
        prompt: &str,
        target: Option<&str>,
    ) -> Result<Vec<Record>, Box<dyn std::error::Error>>;
}

/// A server for LIT's client, on a port of 127.0.0.1.
///
/// Whoever may use this machine's network on this machine can use it: other users of the machine can. Pages of other
/// addresses can't: a request whose `Host` or `Origin` is not the server's own is refused before its body is read, and
/// there is no permission for other origins.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

/// Counts a connection for as long as it is there.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Server {
    /// Takes a port of 127.0.0.1; 0 is one that is free.
    ///
    /// # Errors
    /// The port is taken, or not for this user.
    pub fn bind(port: u16) -> Result<Self, Error> {
        let failed = |source| Error::Port { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Its address, for a browser.
    pub fn address(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Answers until `stop` says so, which is asked ten times a second; a model that is at work is waited for, so that
    /// it should ask, too.
    pub fn run(self, live: Live, model: &mut dyn Explain, stop: &dyn Fn() -> bool) {
        let (jobs, queue) = sync_channel(QUEUE);
        let live = Arc::new(live.with_queue(jobs));
        let (closing, open) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let accepting = {
            let (live, closing, open) = (live.clone(), closing.clone(), open.clone());
            thread::spawn(move || accept(&self.listener, self.address, &live, &closing, &open))
        };
        work(&queue, &live, model, stop);
        closing.store(true, Ordering::SeqCst);
        // Whoever waits for the model is told.
        drop(queue);
        // So that it looks.
        let woken = TcpStream::connect_timeout(&self.address, TICK);
        if woken.is_ok() {
            let _ = accepting.join();
        }
        let end = Instant::now() + FAREWELL;
        while open.load(Ordering::SeqCst) > 0 && Instant::now() < end {
            thread::sleep(TICK / 10);
        }
    }
}

/// Attributes what is asked for.
fn work(queue: &Receiver<Job>, live: &Live, model: &mut dyn Explain, stop: &dyn Fn() -> bool) {
    while !stop() {
        match queue.recv_timeout(TICK) {
            Ok(job) => live.work(job, model),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
}

/// Takes connections, and answers each on a thread of its own.
fn accept(
    listener: &TcpListener,
    address: SocketAddr,
    live: &Arc<Live>,
    closing: &AtomicBool,
    open: &Arc<AtomicUsize>,
) {
    let gate = Gate::new(address.port());
    loop {
        let connection = listener.accept();
        if closing.load(Ordering::SeqCst) {
            return;
        }
        let Ok((mut stream, _)) = connection else {
            // Too many files are open, for example.
            thread::sleep(TICK);
            continue;
        };
        let before = open.fetch_add(1, Ordering::SeqCst);
        let counted = Open(open.clone());
        if before >= CONNECTIONS {
            http::write(&mut stream, &Reply::busy("too many connections are open; try again"));
            continue;
        }
        let (live, gate) = (live.clone(), gate.clone());
        // If there can be no thread, the connection is closed.
        let _ = thread::Builder::new().spawn(move || {
            let _counted = counted;
            answer(&mut stream, &gate, &live);
        });
    }
}

fn answer(stream: &mut TcpStream, gate: &Gate, live: &Live) {
    let reply = match http::read(stream, gate, &|path| live.takes(path)) {
        Ok(request) => live.answer(&request),
        Err(Some(refused)) => refused,
        // Nobody is there any more.
        Err(None) => return,
    };
    http::write(stream, &reply);
    let _ = stream.shutdown(Shutdown::Write);
    http::drain(stream);
}
