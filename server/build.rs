//! A new file in `migrations/` must be embedded without a clean build.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
