//! The modeling service as a program of its own, so that OpenCASCADE is in no other.

fn main() -> std::process::ExitCode {
    compute::main(modeling::Modeling)
}
