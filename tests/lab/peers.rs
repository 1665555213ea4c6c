//! Scripted peers: what no packaged server can be made to say or leave unsaid.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Tells the threads of a peer that the machine is going away.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    /// Sleeps, or returns at once when the machine goes away.
    pub(crate) fn sleep(&self, time: Duration) {
        let (stopped, changed) = &*self.0;
        let stopped = stopped.lock().unwrap();
        drop(
            changed
                .wait_timeout_while(stopped, time, |stopped| !*stopped)
                .unwrap(),
        );
    }

    fn set(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn is_set(&self) -> bool {
        *self.0.0.lock().unwrap()
    }
}

/// A peer's thread; dropping it closes the socket and waits.
pub(crate) struct Peer {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Peer {
    /// Listens in the network of the calling thread, and answers each connection with `talk` on a
    /// thread of its own.
    pub(crate) fn answer<F>(address: SocketAddr, talk: F) -> Self
    where
        F: Fn(TcpStream, &Stop) + Clone + Send + 'static,
    {
        let listener = listen(address);
        let stop = Stop::default();
        let stopped = stop.clone();
        let thread = thread::spawn(move || {
            while !stopped.is_set() {
                match listener.accept() {
                    Ok((stream, _)) => {
                        let (talk, stopped) = (talk.clone(), stopped.clone());
                        thread::spawn(move || talk(stream, &stopped));
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) => panic!("accept: {error}"),
                }
            }
        });
        Self {
            stop,
            thread: Some(thread),
        }
    }

    /// Answers each datagram with what `reply` makes of it.
    pub(crate) fn datagrams<F>(socket: UdpSocket, mut reply: F) -> Self
    where
        F: FnMut(&[u8]) -> Option<Vec<u8>> + Send + 'static,
    {
        let stop = Stop::default();
        let stopped = stop.clone();
        socket.set_read_timeout(Some(POLL)).unwrap();
        let thread = thread::spawn(move || {
            let mut buffer = [0; 1500];
            while !stopped.is_set() {
                let Ok((length, from)) = socket.recv_from(&mut buffer) else {
                    continue;
                };
                if let Some(answer) = reply(&buffer[..length]) {
                    drop(socket.send_to(&answer, from));
                }
            }
        });
        Self {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop.set();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn listen(address: SocketAddr) -> TcpListener {
    let domain = socket2::Domain::for_address(address);
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, None).unwrap();
    if address.is_ipv6() {
        socket.set_only_v6(true).unwrap();
    }
    socket.set_reuse_address(true).unwrap();
    socket.bind(&address.into()).unwrap();
    socket.listen(128).unwrap();
    socket.set_read_timeout(Some(POLL)).unwrap();
    socket.into()
}

/// Accepts and never says anything.
pub(crate) fn stays_silent(stream: TcpStream, stop: &Stop) {
    stop.sleep(FOREVER);
    drop(stream);
}

/// Accepts and closes at once, without a word.
pub(crate) fn hangs_up(stream: TcpStream, _: &Stop) {
    drop(stream);
}

/// Says `text` and goes on listening for a while.
pub(crate) fn says(text: &'static str) -> impl Fn(TcpStream, &Stop) + Clone + Send + 'static {
    move |stream, stop| talk_smtp(stream, stop, text, Duration::ZERO)
}

/// Says `text` after `delay`, and then speaks SMTP as far as EHLO and QUIT.
pub(crate) fn says_late(
    text: &'static str,
    delay: Duration,
) -> impl Fn(TcpStream, &Stop) + Clone + Send + 'static {
    move |stream, stop| talk_smtp(stream, stop, text, delay)
}

/// Accepts RDP with network level authentication only ([MS-RDPBCGR] 2.2.1.2.2, failure code 5), and
/// leaves TLS to whoever listens on [`TLS`].
pub(crate) fn insists_on_nla(mut stream: TcpStream, _: &Stop) {
    let mut request = [0; 512];
    drop(stream.set_read_timeout(Some(PATIENCE)));
    let Ok(length) = stream.read(&mut request) else {
        return;
    };
    let requested = request[..length]
        .last_chunk::<4>()
        .map_or(0, |flags| u32::from_le_bytes(*flags));
    let negotiation: [u8; 8] = if requested & 2 == 0 {
        [3, 0, 8, 0, 5, 0, 0, 0]
    } else {
        [2, 0, 8, 0, 2, 0, 0, 0]
    };
    let mut confirm = vec![3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0];
    confirm.extend(negotiation);
    drop(stream.write_all(&confirm));
    if negotiation[0] == 2 {
        relay(stream);
    }
}

/// Passes bytes between a client and the server on [`TLS`] until both are done.
fn relay(client: TcpStream) {
    let server = TcpStream::connect(TLS).unwrap();
    let pump = |mut from: TcpStream, mut to: TcpStream| {
        drop(from.set_read_timeout(Some(PATIENCE)));
        drop(std::io::copy(&mut from, &mut to));
        drop(to.shutdown(Shutdown::Write));
    };
    let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let upwards = thread::spawn(move || pump(from_client, to_server));
    pump(server, client);
    drop(upwards.join());
}

fn talk_smtp(mut stream: TcpStream, stop: &Stop, greeting: &str, delay: Duration) {
    stop.sleep(delay);
    drop(stream.set_read_timeout(Some(PATIENCE)));
    let mut answer = greeting;
    let mut request = [0; 512];
    loop {
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
        let Ok(length @ 1..) = stream.read(&mut request) else {
            return;
        };
        answer = match &request[..length] {
            [b'E' | b'e', ..] => "250 peer.lab.example\r\n",
            [b'Q' | b'q', ..] => "221 bye\r\n",
            _ => "500 what\r\n",
        };
    }
}

/// Where a TLS server of the same machine listens.
pub(crate) const TLS: &str = "127.0.0.1:4433";

/// How often a waiting peer looks whether its machine is going away; `accept` honours it as well.
const POLL: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(3);
const FOREVER: Duration = Duration::from_hours(1);
