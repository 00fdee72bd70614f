//! The parent's patience with its child: how long it has waited, and the hand that ends the child.

use rustix::process::Signal;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdout, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a child may take to end after its last word.
const LAST_MOMENT: Duration = Duration::from_secs(2);

/// How long the parent has waited for the child.
#[derive(Default)]
pub(super) struct Waited {
    before: Duration,
    since: Option<Instant>,
}

impl Waited {
    fn begin(&mut self) {
        self.since = Some(now());
    }

    fn end(&mut self) {
        self.before = self.total();
        self.since = None;
    }

    fn total(&self) -> Duration {
        self.before
            + self
                .since
                .map_or(Duration::ZERO, |since| now().duration_since(since))
    }
}

/// Time that only measures patience; no rule depends on it.
fn now() -> Instant {
    Instant::now()
}

fn lock(waited: &Mutex<Waited>) -> std::sync::MutexGuard<'_, Waited> {
    waited.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The child's output; remembers how long each read took.
pub(super) struct Watched {
    pub(super) output: ChildStdout,
    pub(super) waited: Arc<Mutex<Waited>>,
}

impl Read for Watched {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        lock(&self.waited).begin();
        let read = self.output.read(out);
        lock(&self.waited).end();
        read
    }
}

/// Kills the child when the parent has waited too long, and when nobody wants its rows any more.
pub(super) struct Guard {
    child: Arc<Mutex<Child>>,
    /// Dropping it ends the watch.
    watch: Option<std::sync::mpsc::Sender<()>>,
}

impl Guard {
    pub(super) fn watch(child: Child, waited: Arc<Mutex<Waited>>, patience: Duration) -> Self {
        let child = Arc::new(Mutex::new(child));
        let (watch, gone) = std::sync::mpsc::channel();
        let watched = Arc::clone(&child);
        std::thread::spawn(move || {
            let pause = Duration::from_millis(200);
            while gone.recv_timeout(pause) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                if lock(&waited).total() > patience {
                    kill(&watched);
                    return;
                }
            }
        });
        Self {
            child,
            watch: Some(watch),
        }
    }

    pub(super) fn stop(&mut self) {
        self.watch = None;
        kill(&self.child);
    }

    /// Why a child that said no more ended by itself: true when what it read did it. It gets a moment to end.
    pub(super) fn died_of_it(&mut self) -> bool {
        let asked = now();
        let status = loop {
            let ended = self
                .child
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .try_wait();
            match ended {
                Ok(Some(status)) => break Some(status),
                Ok(None) if asked.elapsed() < LAST_MOMENT => {
                    std::thread::sleep(Duration::from_millis(5))
                }
                // It lives, and closed its mouth.
                _ => break None,
            }
        };
        self.stop();
        status.is_none_or(blames_the_file)
    }
}

/// Whether a child ended by what it read: its own limits, a panic, or a word too few. Another hand (the system that has no memory
/// left, who stops the service, our own patience) says nothing of the file, and neither does a child that could not begin
/// (security G13).
fn blames_the_file(status: ExitStatus) -> bool {
    const PANIC: i32 = 101;
    let by_itself = [
        Signal::XCPU,
        Signal::ABORT,
        Signal::SEGV,
        Signal::BUS,
        Signal::ILL,
        Signal::FPE,
        Signal::XFSZ,
    ];
    match (status.code(), status.signal()) {
        (_, Some(signal)) => by_itself.iter().any(|own| own.as_raw() == signal),
        (code, None) => matches!(code, Some(0 | PANIC)),
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Ends the child and takes its exit status, so that no zombie stays.
fn kill(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    drop(child.kill());
    drop(child.wait());
}
