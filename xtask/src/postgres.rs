//! The PostgreSQL server that tests run against.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use cluster::{Cluster, Programs};

use crate::{environment, progress, repo::Repo, system};

/// What a shell reports of a command that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// A server for the tests, which goes with this value, or with us when we are told to end.
pub struct Server {
    cluster: Arc<Cluster>,
    programs: Programs,
}

impl Server {
    /// Starts a server, with PostgreSQL installed first if need be. To be called once.
    pub fn start(repo: &Repo) -> Result<Self> {
        let programs = require()?;
        let what = format!("Start PostgreSQL from {}", programs.folder().display());
        let cluster = progress::step(&what, || {
            // A target folder below root's home is out of other accounts' reach.
            let parents = [repo.target().to_owned(), std::env::temp_dir()];
            Cluster::start(programs.clone(), &parents).map(Arc::new)
        })?;
        let cleared = Arc::clone(&cluster);
        ctrlc::set_handler(move || {
            cleared.clear();
            std::process::exit(INTERRUPTED);
        })?;
        Ok(Self { cluster, programs })
    }

    /// What the tests read in the environment: the superuser's address of the server, and the folder of its programs.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        [
            (URL, self.cluster.url()),
            (PROGRAMS, self.programs.folder().display().to_string()),
        ]
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The handler holds the cluster for as long as we run.
        self.cluster.clear();
    }
}

/// Where tests make their databases.
pub const URL: &str = "LATCHKEY_TEST_POSTGRES";
/// What tests make servers of their own with.
pub const PROGRAMS: &str = "LATCHKEY_TEST_POSTGRES_BIN";

/// PostgreSQL's programs: those in `LATCHKEY_POSTGRES_BIN`, or the system's, or Debian's.
fn require() -> Result<Programs> {
    if let Some(folder) = environment::postgres_programs() {
        return Programs::in_folder(folder).context("LATCHKEY_POSTGRES_BIN");
    }
    let look = || Programs::find(&environment::search_path());
    if let Some(programs) = look() {
        return Ok(programs);
    }
    system::install("PostgreSQL", &["postgresql"])?;
    look().context("PostgreSQL was installed but its programs are in no known place")
}
