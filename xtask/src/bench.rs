//! Measures the release build against its goals.

use std::{fs, process::ExitCode, time::Duration};

use anyhow::{Context as _, Result, ensure};

use crate::{
    build::{self, Profile},
    clock::Stopwatch,
    entropy, http, progress,
    repo::Repo,
    stack::{self, Home, Ports},
    wasm,
};

/// Starts that are measured; one more before them creates the database.
const STARTS: usize = 9;
/// Pages loaded before the memory is read.
const PAGE_LOADS: usize = 20;

const COLD_START_GOAL: Duration = Duration::from_millis(200);
/// In bytes.
const MEMORY_GOAL: u64 = 40_000_000;

/// Cold start, idle memory and sizes, as a table.
pub fn smoke(repo: &Repo) -> Result<ExitCode> {
    let binaries = build::everything(repo, Profile::Release)?;
    let folder = repo.target().join("bench");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let agent = http::agent();
    let ports = Ports::free()?;
    let _simulator = stack::simulator(&binaries, ports, &agent)?;
    let secret = entropy::secret::<32>()?;
    let home = Home {
        folder: &folder,
        secret: &secret,
        log_filter: "warn",
    };
    let configuration = stack::configure(&home, ports, &agent)?;

    let mut starts = progress::step(&format!("Start the server {STARTS} times"), || {
        drop(stack::ready_server(
            &binaries,
            &configuration,
            &[],
            ports,
            &agent,
        )?);
        let ready = format!("{}/readyz", ports.app_url());
        let often = (Duration::from_millis(1), Duration::from_secs(10));
        (0..STARTS)
            .map(|_| {
                let watch = Stopwatch::start();
                let mut server = stack::server(&binaries, &configuration, &[])?;
                http::wait_for(&agent, &ready, often, || server.check())?;
                Ok(watch.elapsed())
            })
            .collect::<Result<Vec<_>>>()
    })?;
    starts.sort();

    let (resident, proportional) = progress::step("Load pages and read the memory", || {
        let server = stack::ready_server(&binaries, &configuration, &[], ports, &agent)?;
        for _ in 0..PAGE_LOADS {
            ensure!(
                http::answers(&agent, &ports.app_url()),
                "the start page does not load"
            );
        }
        let of_process = |file: &str| format!("/proc/{}/{file}", server.id());
        Ok((
            kernel_bytes(&of_process("status"), "VmRSS:")?,
            kernel_bytes(&of_process("smaps_rollup"), "Pss:")?,
        ))
    })?;

    let median = starts[STARTS / 2];
    let spread = format!("{} to {}", millis(starts[0]), millis(starts[STARTS - 1]));
    let wasm_size = wasm::gzip_size(repo)?;
    let binary_size = fs::metadata(&binaries.server)?.len();
    let goals = [
        (
            "cold start, median".to_owned(),
            format!("{} ({spread})", millis(median)),
            format!("< {}", millis(COLD_START_GOAL)),
            median < COLD_START_GOAL,
        ),
        (
            format!("memory after {PAGE_LOADS} pages (VmRSS)"),
            megabytes(resident),
            format!("< {}", megabytes(MEMORY_GOAL)),
            resident < MEMORY_GOAL,
        ),
        (
            "WASM, gzip".to_owned(),
            wasm::kilobytes(wasm_size),
            format!("≤ {}", wasm::kilobytes(wasm::GZIP_BUDGET)),
            wasm_size <= wasm::GZIP_BUDGET,
        ),
    ];
    println!("{:<30} {:<28} {:<10}", "what", "measured", "goal");
    for (what, measured, goal, met) in &goals {
        let met = if *met { "met" } else { "not met" };
        println!("{what:<30} {measured:<28} {goal:<10} {met}");
    }
    println!(
        "{:<30} {}",
        "memory, shared parts split (Pss)",
        megabytes(proportional)
    );
    println!("{:<30} {}", "server binary", megabytes(binary_size));
    Ok(if goals.iter().all(|goal| goal.3) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A `key: N kB` line of a file in `/proc`, in bytes; the kernel's kB are 1024.
fn kernel_bytes(file: &str, key: &str) -> Result<u64> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    text.lines()
        .find_map(|line| {
            line.strip_prefix(key)?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .map(|kilobytes: u64| kilobytes * 1024)
        .with_context(|| format!("{file} has no {key}"))
}

fn millis(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}
