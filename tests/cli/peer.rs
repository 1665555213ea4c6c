//! Scripted peers on the loopback interface.

use socket2::{Domain, Socket, Type};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

/// One thing a peer does with a connection.
#[derive(Clone, Debug)]
pub(crate) enum Turn {
    /// Waits.
    Wait(Duration),
    /// Sends this.
    Say(Vec<u8>),
    /// Reads until something arrives, or the other side closes.
    Hear,
    /// Tells the test that it came this far.
    Tell(Sender<()>),
    /// Sends this over and over until the other side is gone.
    Flood(Vec<u8>),
}

/// Listens on a free port and goes through the turns on each connection, then keeps it open until
/// the other side closes it. Gives the port.
pub(crate) fn listen(turns: Vec<Turn>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, turns) = (stream.unwrap(), turns.clone());
            // A connection that breaks is the other side's choice.
            thread::spawn(move || drop(talk(stream, &turns)));
        }
    });
    port
}

/// A port that is taken and refuses connections for as long as this lives.
pub(crate) struct Refusing {
    socket: Socket,
}

impl Refusing {
    pub(crate) fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&address.into()).unwrap();
        Self { socket }
    }

    pub(crate) fn port(&self) -> u16 {
        let address = self.socket.local_addr().unwrap();
        address.as_socket().unwrap().port()
    }
}

/// An SSH server as far as its KEXINIT.
pub(crate) fn ssh() -> Vec<Turn> {
    recorded(include_bytes!(
        "../../fuzz/seeds/conversation_ssh/openssh_9_2"
    ))
}

/// A mail server without STARTTLS.
pub(crate) fn smtp() -> Vec<Turn> {
    recorded(include_bytes!(
        "../../fuzz/seeds/conversation_smtp/opensmtpd"
    ))
}

/// A web server that has nothing to show.
pub(crate) fn http() -> Vec<Turn> {
    vec![
        Turn::Hear,
        Turn::Say(b"HTTP/1.1 204 No Content\r\nServer: test\r\nConnection: close\r\n\r\n".into()),
    ]
}

/// What a recorded server said, each part but the first after it heard something. Records part what
/// was sent at a time by the byte 0xfe.
fn recorded(bytes: &[u8]) -> Vec<Turn> {
    let mut parts = bytes.splitn(2, |byte| *byte == 0xfe);
    let mut turns = vec![Turn::Say(parts.next().unwrap().into())];
    for part in parts {
        turns.extend([Turn::Hear, Turn::Say(part.into())]);
    }
    turns
}

fn talk(mut stream: TcpStream, turns: &[Turn]) -> io::Result<()> {
    let mut buffer = [0; 4096];
    for turn in turns {
        match turn {
            Turn::Wait(time) => thread::sleep(*time),
            Turn::Say(bytes) => stream.write_all(bytes)?,
            Turn::Hear => drop(stream.read(&mut buffer)?),
            // A test that has ended needs not be told.
            Turn::Tell(test) => drop(test.send(())),
            Turn::Flood(bytes) => loop {
                stream.write_all(bytes)?;
            },
        }
    }
    while stream.read(&mut buffer)? > 0 {}
    Ok(())
}
