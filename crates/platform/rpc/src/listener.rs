//! A bound address.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};

use crate::Error;

/// A bound address, before anything is served on it: the port is known, so peers can be told.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds `host:port`; port 0 takes a free one.
    pub async fn bind(address: &str) -> Result<Self, Error> {
        let refuse = |source| Error::Listen { address: address.to_owned(), source };
        let tcp = TcpListener::bind(address).await.map_err(refuse)?;
        let address = tcp.local_addr().map_err(refuse)?;
        Ok(Self { tcp, address })
    }

    /// The address that was bound, with its port.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.tcp.accept().await?;
        // Small messages both ways: waiting to fill a segment costs 40 ms a call.
        stream.set_nodelay(true)?;
        Ok((stream, peer))
    }
}
