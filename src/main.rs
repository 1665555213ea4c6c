//! The command-line entry point.

fn main() -> std::process::ExitCode {
    reachdx::cli::run(std::env::args_os())
}
