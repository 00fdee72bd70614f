//! Child processes that never outlive us: each in its own process group, tied to our
//! own life by `setpriv --pdeathsig` where that exists, stopped in order by `Drop`.
//! Ctrl-C only raises a flag, so that the one who started a child can stop it decently.

use crate::sh;
use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A running child with a name for messages.
pub(crate) struct Running {
    name: &'static str,
    child: Child,
    signal: Signal,
    patience: Duration,
}

/// Ctrl-C, TERM and HUP as a flag; the second time ends us at once.
#[derive(Clone)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens from now on.
    pub(crate) fn listen() -> Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [
            signal_hook::consts::SIGINT,
            signal_hook::consts::SIGTERM,
            signal_hook::consts::SIGHUP,
        ] {
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&flag))?;
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        Ok(Self(flag))
    }

    /// Whether somebody asked us to stop.
    pub(crate) fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A command whose process gets `signal` when we die, however we die.
pub(crate) fn tethered(program: &Path, signal: &str) -> Command {
    match sh::which("setpriv") {
        Some(setpriv) => {
            let mut command = sh::program(setpriv);
            command.args(["--pdeathsig", signal, "--"]).arg(program);
            command
        }
        None => sh::program(program),
    }
}

impl Running {
    /// Starts `command` with its output in `log`; `signal` is its polite way to stop.
    pub(crate) fn start(
        name: &'static str,
        command: &mut Command,
        log: &Path,
        signal: Signal,
    ) -> Result<Self> {
        let out = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let errors = out.try_clone()?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(errors)
            .process_group(0)
            .spawn();
        let child = child.with_context(|| format!("cannot start {name}: {}", sh::show(command)))?;
        Ok(Self {
            name,
            child,
            signal,
            patience: Duration::from_secs(20),
        })
    }

    /// Number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// An error when the child has ended by itself.
    pub(crate) fn still_alive(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("{} ended by itself with {status}", self.name),
            None => Ok(()),
        }
    }

    /// Waits until the child ends by itself; whether it ended well.
    pub(crate) fn ended(mut self) -> Result<bool> {
        Ok(self.child.wait()?.success())
    }

    /// Waits until `ready` says yes; fails when the child ends or the time is over.
    pub(crate) fn wait_until(
        &mut self,
        patience: Duration,
        mut ready: impl FnMut() -> bool,
    ) -> Result<()> {
        let begin = Instant::now();
        while !ready() {
            self.still_alive()?;
            if begin.elapsed() > patience {
                bail!("{} is not ready after {} s", self.name, patience.as_secs());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let group = Pid::from_child(&self.child);
        // A child that is already gone is what we want: no error to report.
        let _ = kill_process_group(group, self.signal);
        let begin = Instant::now();
        while begin.elapsed() < self.patience {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }
}
