//! A channel that ends after these bytes: what it asked, frame by frame.

use russh_sftp::protocol::Packet;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, ReadBuf};

#[path = "../../src/channels/sftp/packets.rs"]
mod packets;

/// Hands out so many bytes at a time.
struct Pieces<'a> {
    left: &'a [u8],
    most: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let size = self.left.len().min(self.most).min(out.remaining());
        let (piece, left) = self.left.split_at(size);
        out.put_slice(piece);
        self.left = left;
        Poll::Ready(Ok(()))
    }
}

/// Nothing here ever waits.
fn at_once<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("it waits for bytes that are there"),
    }
}

/// What each frame asks, how many bytes were taken, and why it ended.
pub type Asked = (Vec<String>, usize, Option<io::ErrorKind>);

/// Reads all frames of a channel that brings so many bytes at a time.
pub fn asked(bytes: &[u8], most: usize) -> Asked {
    let mut frames = packets::Frames::new(Pieces { left: bytes, most });
    let mut asked = Vec::new();
    loop {
        let before = frames.from().left.len();
        let frame = at_once(frames.next());
        let left = frames.from().left.len();
        let frame = match frame {
            Ok(Some(frame)) => frame,
            Ok(None) => return (asked, bytes.len() - left, None),
            Err(error) => return (asked, bytes.len() - left, Some(error.kind())),
        };
        assert!(!frame.is_empty() && frame.len() <= packets::LONGEST as usize);
        assert_eq!(before - left, 4 + frame.len());
        let number = frame
            .get(1..5)
            .map_or([0; 4], |four| four.try_into().unwrap());
        match packets::request(frame) {
            // Its extensions are shown in no order.
            Ok(Packet::Init(init)) => asked.push(format!("init {}", init.version)),
            Ok(Packet::Version(version)) => asked.push(format!("version {}", version.version)),
            Ok(packet) => asked.push(format!("{packet:?}")),
            Err((answered, status)) => {
                assert_eq!(answered, u32::from_be_bytes(number));
                asked.push(format!("{status:?}"));
            }
        }
    }
}
