//! Compiles the C++ shim over OpenCASCADE and links its libraries.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What each Debian package brings that we need: one header proves it there.
const PACKAGES: [(&str, &str); 4] = [
    ("libocct-foundation-dev", "Standard_Version.hxx"),
    ("libocct-modeling-data-dev", "BRep_Tool.hxx"),
    ("libocct-modeling-algorithms-dev", "BRepAlgoAPI_Cut.hxx"),
    ("libocct-data-exchange-dev", "STEPControl_Writer.hxx"),
];

/// What reads and writes STEP: one library from OpenCASCADE 7.8 on, two before.
const STEP: [&str; 1] = ["TKDESTEP"];
const STEP_BEFORE_7_8: [&str; 2] = ["TKSTEP", "TKSTEPBase"];

/// What else is linked, whose names are the same in all versions.
const LIBRARIES: [&str; 15] = [
    "TKXSBase",
    "TKFillet",
    "TKBool",
    "TKBO",
    "TKMesh",
    "TKPrim",
    "TKShHealing",
    "TKTopAlgo",
    "TKGeomAlgo",
    "TKBRep",
    "TKGeomBase",
    "TKG3d",
    "TKG2d",
    "TKMath",
    "TKernel",
];

const SOURCES: [&str; 5] =
    ["shim/primitive.cpp", "shim/combine.cpp", "shim/inspect.cpp", "shim/mesh.cpp", "shim/exchange.cpp"];

fn main() -> ExitCode {
    println!("cargo::rerun-if-env-changed=OCCT_INCLUDE_DIR");
    println!("cargo::rerun-if-env-changed=OCCT_LIB_DIR");
    println!("cargo::rerun-if-changed=shim");
    let include = std::env::var_os("OCCT_INCLUDE_DIR")
        .map_or_else(|| PathBuf::from("/usr/include/opencascade"), PathBuf::from);
    let libraries = std::env::var_os("OCCT_LIB_DIR").map(PathBuf::from);
    let missing = missing_packages(&include);
    if !missing.is_empty() {
        println!(
            "cargo::error=OpenCASCADE is missing: install it with `apt-get install {}`, or name \
             another place with OCCT_INCLUDE_DIR (looked in {}) and OCCT_LIB_DIR",
            missing.join(" "),
            include.display()
        );
        return ExitCode::FAILURE;
    }
    println!("cargo::rerun-if-changed={}", header(&include).display());
    let Some(step) = version(&include).map(step_libraries) else {
        println!(
            "cargo::error={} does not say which version of OpenCASCADE it is of",
            header(&include).display()
        );
        return ExitCode::FAILURE;
    };
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        .opt_level(2)
        .debug(false)
        .include("shim")
        .files(SOURCES)
        // OpenCASCADE's own headers warn; as system headers they keep it to themselves.
        .flag(format!("-isystem{}", include.display()))
        .warnings(true);
    if let Err(reason) = build.try_compile("solidshim") {
        println!("cargo::error=the shim over OpenCASCADE does not compile: {reason}");
        return ExitCode::FAILURE;
    }
    if let Some(place) = libraries {
        println!("cargo::rustc-link-search=native={}", place.display());
    }
    for library in step.iter().chain(&LIBRARIES) {
        println!("cargo::rustc-link-lib=dylib={library}");
    }
    ExitCode::SUCCESS
}

/// The packages whose header is not in `include`.
fn missing_packages(include: &Path) -> Vec<&'static str> {
    PACKAGES
        .iter()
        .filter(|(_, header)| !include.join(header).is_file())
        .map(|(package, _)| *package)
        .collect()
}

fn header(include: &Path) -> PathBuf {
    include.join("Standard_Version.hxx")
}

/// Major and minor version of the OpenCASCADE whose headers lie in `include`.
fn version(include: &Path) -> Option<(u32, u32)> {
    let text = std::fs::read_to_string(header(include)).ok()?;
    let number = |name: &str| {
        text.lines().find_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some("#define") && words.next() == Some(name))
                .then(|| words.next()?.parse().ok())?
        })
    };
    Some((number("OCC_VERSION_MAJOR")?, number("OCC_VERSION_MINOR")?))
}

fn step_libraries(version: (u32, u32)) -> &'static [&'static str] {
    if version < (7, 8) { &STEP_BEFORE_7_8 } else { &STEP }
}
