//! The browser's half: `frontend` as WebAssembly. Uses rustup's wasm standard library
//! where it is installed; else Debian's `rustc-web` builds one from source. Then
//! wasm-bindgen (as a library) and wasm-opt (npm binaryen). Never downloads a toolchain.

use crate::fingerprint::Fingerprint;
use crate::node::Node;
use crate::{apt, say, sh};
use anyhow::{Context as _, Result, anyhow, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use wasm_bindgen_cli_support::Bindgen;

/// `output-name` of `[[workspace.metadata.leptos]]`; leptos asks for `<name>.js` and `<name>_bg.wasm`.
const NAME: &str = "cims";
const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "wasm-release";
/// With `--all-features` binaryen 132 writes imports that browsers refuse: name what browsers have.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];
/// Raise it when the recipe below changes, so that nobody keeps an old result.
const RECIPE: &str = "5";

/// Which compiler makes the wasm.
enum Compiler {
    Rustup,
    Debian,
}

/// Builds `pkg/cims.js` and `pkg/cims_bg.wasm`; does nothing when no input changed. `true`: as small as can be.
pub(crate) fn build(pkg: &Path, force: bool) -> Result<bool> {
    let compiler = Compiler::choose()?;
    let small = matches!(compiler, Compiler::Debian);
    let words = [RECIPE, &compiler.version()?];
    let inputs = [
        "Cargo.toml",
        "Cargo.lock",
        "app",
        "domain",
        "frontend",
        "xtask/npm/package-lock.json",
    ];
    let fingerprint = Fingerprint::of("wasm", &words, &inputs)?;
    let (js, wasm) = (
        pkg.join(format!("{NAME}.js")),
        pkg.join(format!("{NAME}_bg.wasm")),
    );
    if !force && fingerprint.is_current(&[&js, &wasm]) {
        say::note("wasm: nothing changed");
        return Ok(small);
    }
    let begin = Instant::now();
    say::step(format_args!(
        "wasm with {} (the first time takes some minutes)",
        words[1]
    ));
    let compiled = compiler.compile()?;
    let bound = sh::target().join("xtask/bound");
    bind(&compiled, &bound)?;
    optimise(&bound.join(format!("{NAME}_bg.wasm")), &wasm)?;
    fs::copy(bound.join(format!("{NAME}.js")), &js)?;
    say::note(format_args!(
        "wasm built in {}",
        say::duration(begin.elapsed())
    ));
    fingerprint.keep()?;
    Ok(small)
}

/// What Debian has to bring: nothing where the toolchain on the path knows the target.
pub(crate) fn needs() -> Vec<apt::Need> {
    let library =
        sh::quiet(sh::program("rustc").args(["--print", "target-libdir", "--target", TARGET]));
    if library.is_ok_and(|folder| Path::new(folder.trim()).exists()) {
        return Vec::new();
    }
    vec![
        ("/usr/bin/rustc", "rustc-web"),
        ("/usr/bin/cargo", "cargo-web"),
        ("/usr/lib/rustlib/src/rust/library", "rust-web-src"),
        ("wasm-ld-19", "lld-19"),
    ]
}

impl Compiler {
    fn choose() -> Result<Self> {
        if needs().is_empty() {
            return Ok(Self::Rustup);
        }
        let hint = "`rustup target add wasm32-unknown-unknown` would do instead";
        apt::ensure(&needs(), "wasm").with_context(|| hint)?;
        Ok(Self::Debian)
    }

    fn version(&self) -> Result<String> {
        let program = match self {
            Self::Rustup => "rustc",
            Self::Debian => "/usr/bin/rustc",
        };
        Ok(sh::quiet(sh::program(program).arg("--version"))?
            .trim()
            .to_owned())
    }

    /// The way to `frontend.wasm`; its own output folder, so that the two compilers never undo each other's work.
    fn compile(&self) -> Result<PathBuf> {
        let folder = sh::target().join("wasm");
        let mut cargo = match self {
            Self::Rustup => sh::cargo(),
            Self::Debian => debian_cargo(),
        };
        cargo.args([
            "build",
            "--package",
            "frontend",
            "--target",
            TARGET,
            "--profile",
            PROFILE,
        ]);
        if matches!(self, Self::Debian) {
            // A panic in the browser stops the islands either way: without its text, which could
            // quote a value, the module is a tenth smaller. The library for size sorts in fewer bytes.
            cargo.args(["-Zbuild-std=std,panic_abort", "-Zpanic-immediate-abort"]);
            cargo.arg("-Zbuild-std-features=optimize_for_size");
            cargo.args(["--config", "profile.wasm-release.panic=\"immediate-abort\""]);
        }
        sh::run(cargo.env("CARGO_TARGET_DIR", &folder))?;
        Ok(folder.join(TARGET).join(PROFILE).join("frontend.wasm"))
    }
}

/// Debian's cargo with nothing of rustup's environment; the bootstrap switch allows `-Zbuild-std`.
fn debian_cargo() -> Command {
    let mut cargo = sh::program("/usr/bin/cargo");
    for (name, _) in std::env::vars_os() {
        let known = name.to_string_lossy();
        if known.starts_with("RUSTUP_")
            || known.starts_with("CARGO_PKG_")
            || [
                "CARGO",
                "RUSTC",
                "RUSTDOC",
                "RUSTFLAGS",
                "CARGO_ENCODED_RUSTFLAGS",
            ]
            .contains(&known.as_ref())
        {
            cargo.env_remove(&name);
        }
    }
    cargo
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        // Nobody reads in a browser where a panic was, or what `Debug` says: 4 kB.
        .env("RUSTFLAGS", "-Zlocation-detail=none -Zfmt-debug=none")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19");
    cargo
}

/// wasm-bindgen: writes the JavaScript that loads the module.
fn bind(compiled: &Path, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let bind = || {
        Bindgen::new()
            .input_path(compiled)
            .web(true)?
            .typescript(false)
            .out_name(NAME)
            .generate(folder)
    };
    bind().map_err(|error| anyhow!("wasm-bindgen: {error:#}"))?;
    if folder.join("snippets").exists() {
        bail!(
            "a crate brought JavaScript of its own (snippets): the content security policy has no place for it"
        );
    }
    Ok(())
}

/// wasm-opt for size, twice: what the first turn leaves, the second makes half a percent smaller.
fn optimise(input: &Path, output: &Path) -> Result<()> {
    let node = Node::find()?;
    node.install("xtask/npm")?;
    let tool = sh::root().join("xtask/npm/node_modules/binaryen/bin/wasm-opt");
    sh::quiet(
        node.node()
            .arg(tool)
            .args(["-Oz", "-Oz"])
            .args(FEATURES)
            .arg(input)
            .arg("-o")
            .arg(output),
    )
    .map(drop)
}
