//! What an operator does to the records: bring them up to date, back them up, restore them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail, ensure};

use crate::{
    config::Config,
    run::{Service, Surroundings},
    store::{self, BackupFile, Inventory, Location, Store, StoreError, beside},
    words,
};

/// How often a long copy says how far it is.
const PROGRESS: Duration = Duration::from_secs(1);

/// Opens the database to change it, whether a server works on it or not. Its tables are brought up to date
/// first, if nobody is in the way.
pub async fn open_store(location: &Location) -> anyhow::Result<Store> {
    match Store::join(location).await {
        // Before the first start there is nothing to join.
        Err(StoreError::OlderSchema) => Store::open(location).await,
        opened => opened,
    }
    .map_err(|error| cannot_open(error, location))
}

/// Why the database cannot be opened, with its place.
pub fn cannot_open(error: StoreError, location: &Location) -> anyhow::Error {
    anyhow::Error::new(error).context(format!(
        "cannot open the database {location} (database.url)"
    ))
}

/// Brings the database's tables up to date.
pub async fn migrate(config: Config) -> anyhow::Result<()> {
    let store = open_store(&config.database).await?;
    store.close().await;
    println!("The database is up to date.");
    Ok(())
}

/// Copies an embedded database into `file` while a server may work on it.
pub async fn back_up(config: Config, file: PathBuf) -> anyhow::Result<()> {
    let path = embedded(&config.database)?;
    ensure!(
        !file.exists(),
        "{} is there already: a backup never replaces another, so choose a new name",
        file.display()
    );
    ensure!(
        path.exists(),
        "there is no database at {} (database.url) to back up",
        path.display()
    );
    // Under its own name only once it is whole.
    let partial = beside(&file, ".partial");
    let whole = async {
        store::clear(&partial)?;
        store::create_private(&partial)?;
        copy_with_progress(path, &partial).await?;
        let inventory = check(&partial).await?;
        store::put(&partial, &file)?;
        anyhow::Ok(inventory)
    };
    match whole
        .await
        .with_context(|| format!("cannot back up {} to {}", path.display(), file.display()))
    {
        Ok(inventory) => {
            println!("Backed up to {}: {}.", file.display(), told(&inventory));
            Ok(())
        }
        Err(error) => {
            // Half a backup is none.
            let _ = store::clear(&partial);
            Err(error)
        }
    }
}

async fn copy_with_progress(from: &Path, to: &Path) -> Result<(), StoreError> {
    let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len()) / 1_000_000;
    let all = size(from);
    let progress = async {
        let mut ticks = tokio::time::interval(PROGRESS);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            eprintln!("Copied {} of about {all} MB", size(to));
        }
    };
    tokio::select! {
        copied = store::copy(from, to) => copied,
        () = progress => unreachable!("progress is told until the copy is done"),
    }
}

/// Reads a whole copy and says what is in it.
async fn check(copy: &Path) -> Result<Inventory, StoreError> {
    let copy = BackupFile::open(copy).await?;
    let inventory = copy.verify().await;
    copy.close().await;
    inventory
}

/// Puts the backup `file` in the place of an embedded database that no server works on.
pub async fn restore(mut config: Config, file: PathBuf) -> anyhow::Result<()> {
    let path = embedded(&config.database)?.to_owned();
    let surroundings = Surroundings::default();
    let now = surroundings.clock.now();
    // Taken and given back: whoever waits for the copy only to hear of a running server waits in vain.
    store::ensure_unused(&path).map_err(|error| cannot_open(error, &config.database))?;
    let incoming = beside(&path, ".restoring");
    store::clear(&incoming)?;
    let result = async {
        store::create_private(&incoming)?;
        eprintln!("Copying {}", file.display());
        fs::copy(&file, &incoming).with_context(|| format!("cannot read {}", file.display()))?;
        eprintln!("Checking it");
        let inventory = check(&incoming)
            .await
            .with_context(|| format!("cannot use {}", file.display()))?;
        config.database = Location::Sqlite(incoming.clone());
        // The copy has a log of its own past; the checkpoint is the next start's to compare.
        config.audit.checkpoint_file = None;
        let service = Service::build(config, surroundings).await?;
        let ended = service.recovery.take_over_restored().await?;
        service.recovery.close().await;
        anyhow::Ok((inventory, ended))
    };
    let (inventory, ended) = match Box::pin(result).await {
        Ok(done) => done,
        Err(error) => {
            let _ = store::clear(&incoming);
            return Err(error);
        }
    };
    let kept = beside(&path, &format!(".before-restore-{}", now.millis()));
    let replaced = path.exists();
    let put = store::replace(&path, &incoming, &kept).await;
    store::clear(&incoming)?;
    put.with_context(|| {
        format!(
            "the backup is good, but cannot be put in the place of {}, which is as it was",
            path.display()
        )
    })?;
    println!("Restored {}: {}.", file.display(), told(&inventory));
    println!(
        "{ended} requests that were open in it are ended, since what happened after the backup is not known. People ask anew."
    );
    println!(
        "Reports and console accounts made after the backup are not in it, and passwords of the console are those of then."
    );
    if replaced {
        println!("The former database is kept as {}.", kept.display());
    }
    Ok(())
}

fn embedded(location: &Location) -> anyhow::Result<&Path> {
    match location {
        Location::Sqlite(path) => Ok(path),
        Location::Postgres { .. } => bail!(
            "this is for an embedded database: PostgreSQL has tools of its own, pg_dump and pg_restore (see docs/backup.md)"
        ),
    }
}

fn told(inventory: &Inventory) -> String {
    let log = inventory.last_row.map_or_else(
        || "an empty audit log".to_owned(),
        |(row, at)| {
            let at = words::moment(at).words;
            format!("the audit log up to row {row} of {at}")
        },
    );
    format!("{} requests, {log}", inventory.requests)
}
