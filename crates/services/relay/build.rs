//! A debug build reads the web UI from its folder at start; a release build holds it, and has to be built
//! again when it changed.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=../../../web/dist");
    }
}
