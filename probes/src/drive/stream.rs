//! A connection that counts and bounds what it reads, plain or under TLS.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// A connection, plain or under TLS.
pub(super) enum Stream {
    /// Bytes as they come.
    Plain(Metered),
    /// Bytes under TLS.
    Tls(Box<TlsStream<Metered>>),
}

impl Stream {
    /// Reads some bytes; none at the end of the stream.
    pub(super) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer).await,
            Self::Tls(stream) => stream.read(buffer).await,
        }
    }

    /// Writes all bytes.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes).await,
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    /// Says that no more bytes will be sent.
    pub(super) async fn end(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.shutdown().await,
            Self::Tls(stream) => stream.shutdown().await,
        }
    }
}

/// What one probe has read from all its connections.
#[derive(Clone, Default)]
pub(super) struct Meter(Arc<Mutex<Readings>>);

#[derive(Default)]
struct Readings {
    total: usize,
    is_flooded: bool,
    head: Vec<u8>,
}

impl Meter {
    /// Bytes read so far.
    pub(super) fn total(&self) -> usize {
        self.readings().total
    }

    /// True when the peer sent more than may be read.
    pub(super) fn is_flooded(&self) -> bool {
        self.readings().is_flooded
    }

    /// The first bytes of the current stretch, as they came over the wire.
    pub(super) fn head(&self) -> Vec<u8> {
        self.readings().head.clone()
    }

    /// Begins a new stretch, such as a TLS handshake.
    pub(super) fn mark(&self) {
        self.readings().head.clear();
    }

    fn readings(&self) -> MutexGuard<'_, Readings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn allowance(&self) -> Option<usize> {
        let mut readings = self.readings();
        let left = READ_LIMIT - readings.total;
        readings.is_flooded |= left == 0;
        (left > 0).then_some(left)
    }

    fn count(&self, bytes: &[u8]) {
        let mut readings = self.readings();
        readings.total += bytes.len();
        let room = HEAD_BYTES.saturating_sub(readings.head.len());
        readings.head.extend(bytes.iter().take(room));
    }
}

/// A TCP stream whose reads are counted, and fail past the limit.
pub(super) struct Metered {
    stream: TcpStream,
    meter: Meter,
}

impl Metered {
    /// Counts this stream's reads with the probe's meter.
    pub(super) fn new(stream: TcpStream, meter: &Meter) -> Self {
        let meter = meter.clone();
        Self { stream, meter }
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(allowance) = self.meter.allowance() else {
            return Poll::Ready(Err(io::Error::other("the peer sent more than the limit")));
        };
        let length = allowance.min(buffer.remaining());
        let mut limited = ReadBuf::new(buffer.initialize_unfilled_to(length));
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut limited))?;
        self.meter.count(limited.filled());
        let length = limited.filled().len();
        buffer.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Bytes read per probe, all connections together.
const READ_LIMIT: usize = 64 * 1024;
const HEAD_BYTES: usize = 1024;
