//! The SHA-256 of a file beside the reading of it: of a large one on a core of its own.

use sha2::{Digest as _, Sha256};
use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

/// Pieces that may wait to be hashed.
const WAITING: usize = 4;
/// From so many pieces on another core is worth its start.
const WORTH: usize = 8;

/// Takes the pieces of a file, one behind the other.
pub(super) struct Hash<'s, 'e> {
    scope: &'s thread::Scope<'s, 'e>,
    pieces: usize,
    place: Place<'s>,
}

enum Place<'s> {
    Here(Sha256),
    There {
        todo: SyncSender<(Vec<u8>, usize)>,
        done: Receiver<Vec<u8>>,
        hash: thread::ScopedJoinHandle<'s, [u8; 32]>,
    },
}

/// Lets `read` hand over all bytes; answers their SHA-256, and what `read` said.
///
/// # Errors
/// Those of `read`.
pub(super) fn beside<T>(
    read: impl FnOnce(&mut Hash<'_, '_>) -> io::Result<T>,
) -> io::Result<([u8; 32], T)> {
    thread::scope(|scope| {
        let mut hash = Hash {
            scope,
            pieces: 0,
            place: Place::Here(Sha256::new()),
        };
        let said = read(&mut hash)?;
        Ok((hash.finish()?, said))
    })
}

impl Hash<'_, '_> {
    /// The first `filled` bytes of a buffer come next; answers one to fill again, of the same size.
    pub(super) fn update(&mut self, buffer: Vec<u8>, filled: usize) -> Vec<u8> {
        self.pieces += 1;
        if self.pieces == WORTH {
            self.move_away();
        }
        match &mut self.place {
            Place::Here(hash) => {
                hash.update(&buffer[..filled]);
                buffer
            }
            Place::There { todo, done, .. } => {
                let size = buffer.len();
                // A thread that ended in a panic is seen at the end.
                drop(todo.send((buffer, filled)));
                done.try_recv().unwrap_or_else(|_| vec![0; size])
            }
        }
    }

    /// Where there is no room for another thread, it goes on here.
    fn move_away(&mut self) {
        let Place::Here(hash) = &self.place else {
            return;
        };
        let (todo, taken): (_, Receiver<(Vec<u8>, usize)>) = sync_channel(WAITING);
        let (back, done): (Sender<Vec<u8>>, _) = channel();
        let mut hash = hash.clone();
        let work = move || {
            for (buffer, filled) in taken {
                hash.update(&buffer[..filled]);
                // Nobody fills it again at the end of the file.
                drop(back.send(buffer));
            }
            hash.finalize().into()
        };
        if let Ok(hash) = thread::Builder::new().spawn_scoped(self.scope, work) {
            self.place = Place::There { todo, done, hash };
        }
    }

    fn finish(self) -> io::Result<[u8; 32]> {
        match self.place {
            Place::Here(hash) => Ok(hash.finalize().into()),
            Place::There { todo, hash, .. } => {
                drop(todo);
                hash.join().map_err(|_| io::Error::other("hashing ended"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_its_hash_however_many_pieces_it_takes() {
        for pieces in [0, 1, WORTH - 1, WORTH, 100] {
            let mut all = Vec::new();
            let hashed = beside(|hash| {
                let mut buffer = vec![0; 1_000];
                for piece in 0..pieces {
                    let filled = 1_000 - piece % 7;
                    buffer[..filled].fill(u8::try_from(piece).unwrap());
                    all.extend_from_slice(&buffer[..filled]);
                    buffer = hash.update(buffer, filled);
                    assert_eq!(buffer.len(), 1_000);
                }
                Ok(())
            });
            let expected: [u8; 32] = Sha256::digest(&all).into();
            assert_eq!(hashed.expect("readable").0, expected, "{pieces}");
        }
        assert!(beside(|_| Err::<(), _>(io::Error::other("gone"))).is_err());
    }
}
