//! Compiles the contract with a protobuf compiler written in Rust: no `protoc` is needed.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files: Vec<PathBuf> = std::fs::read_dir("proto/opentwin/v1")?
        .map(|entry| entry.map(|e| PathBuf::from("opentwin/v1").join(e.file_name())))
        .collect::<Result<_, _>>()?;
    println!("cargo:rerun-if-changed=proto");
    let mut compiler = protox::Compiler::new(["proto"])?;
    // Comments travel along: the published contract is made from the same descriptors.
    compiler.include_source_info(true).include_imports(true);
    compiler.open_files(&files)?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("contract.bin"), compiler.encode_file_descriptor_set())?;
    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names().bytes([".opentwin.v1"]).btree_map([".opentwin.v1"]);
    tonic_prost_build::configure().compile_fds_with_config(compiler.file_descriptor_set(), config)?;
    Ok(())
}
