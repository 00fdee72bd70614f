//! Where the bytes of a delivery come from. A file is read more than once (its encoding, its
//! whole-file decisions, its rows), so a source can be opened again and again.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

/// Bytes that can be read from the start any number of times.
pub trait Source: Send + Sync {
    /// Opens it at its first byte.
    ///
    /// # Errors
    /// When it cannot be read now.
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>>;
}

/// A file on disk.
impl Source for PathBuf {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        let file = File::open(self)?;
        if !file.metadata()?.is_file() {
            // A pipe cannot be read twice, a device may never end.
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "this is not a regular file",
            ));
        }
        Ok(Box::new(file))
    }
}

/// Bytes in memory.
impl Source for Vec<u8> {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(self.as_slice()))
    }
}
