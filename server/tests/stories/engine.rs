//! The database of a story: a SQLite file, or a database of its own on the PostgreSQL server that
//! `LATCHKEY_TEST_POSTGRES` names (`cargo xtask test` starts one, and runs every story on both).

use std::path::{Path, PathBuf};

use latchkey::clock::{Entropy, SystemEntropy};
use sqlx::{
    AssertSqlSafe, Connection, Executor, FromRow, PgConnection, PgPool, Postgres, Sqlite,
    SqliteConnection, SqlitePool, Transaction,
    postgres::PgRow,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use url::Url;

use crate::harness::setting;

/// Where a story's records are.
pub enum Database {
    Sqlite(PathBuf),
    Postgres(Url),
}

/// What a database was like at a moment.
pub enum Copy {
    Sqlite(PathBuf),
    /// The name of another database.
    Postgres(String),
}

/// A look at the tables, beside everything that works on them.
pub enum Tables {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Keeps everybody else from writing until it is let go.
pub enum Held {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Database {
    /// A new one, which nobody has opened yet.
    pub async fn create(folder: &Path) -> Self {
        match setting("LATCHKEY_TEST_POSTGRES") {
            Some(server) => Self::on(&server, "pg_default").await,
            None => Self::Sqlite(folder.join("latchkey.db")),
        }
    }

    /// A new one on a PostgreSQL server, in one of its tablespaces.
    pub async fn on(server: &str, tablespace: &str) -> Self {
        let mut url: Url = server.parse().unwrap();
        let name = format!("story_{}", SystemEntropy.uuid().simple());
        let statement = format!("CREATE DATABASE {name} TABLESPACE {tablespace}");
        on_server(&url, &[statement]).await;
        url.set_path(&name);
        Self::Postgres(url)
    }

    /// As the configuration names it: without the password.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => {
                let mut url = url.clone();
                url.set_password(None).unwrap();
                url.to_string()
            }
        }
    }

    /// The password, if it needs one.
    pub fn password(&self) -> Option<&str> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(url) => url.password(),
        }
    }

    /// Its tables, which somebody has made already.
    pub async fn tables(&self) -> Tables {
        match self {
            Self::Sqlite(path) => {
                let options = SqliteConnectOptions::new().filename(path).read_only(true);
                Tables::Sqlite(SqlitePool::connect_with(options).await.unwrap())
            }
            Self::Postgres(url) => Tables::Postgres(PgPool::connect(url.as_str()).await.unwrap()),
        }
    }

    /// Keeps everybody else from writing, and lets them read.
    pub async fn hold(&self) -> Held {
        match self {
            Self::Sqlite(path) => {
                let options = SqliteConnectOptions::new().filename(path);
                let pool = SqlitePool::connect_with(options).await.unwrap();
                Held::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await.unwrap())
            }
            Self::Postgres(url) => {
                let pool = PgPool::connect(url.as_str()).await.unwrap();
                let mut transaction = pool.begin().await.unwrap();
                let lock = "LOCK TABLE requests IN EXCLUSIVE MODE";
                transaction.execute(lock).await.unwrap();
                Held::Postgres(transaction)
            }
        }
    }

    /// Keeps everybody else from making the tables of an empty database.
    pub async fn hold_tables(&self) -> Held {
        let Self::Postgres(url) = self else {
            unreachable!("an embedded database is locked as a whole")
        };
        let pool = PgPool::connect(url.as_str()).await.unwrap();
        let mut transaction = pool.begin().await.unwrap();
        // Whoever makes a table of that name waits for what becomes of this one.
        let table = "CREATE TABLE _sqlx_migrations (version BIGINT)";
        transaction.execute(table).await.unwrap();
        Held::Postgres(transaction)
    }

    /// How many wait for somebody else's lock, where that can be seen.
    pub async fn waiting_for_locks(&self) -> i64 {
        let Self::Postgres(url) = self else {
            return 0;
        };
        let mut connection = PgConnection::connect(url.as_str()).await.unwrap();
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let waiting = sqlx::query_scalar(waiting);
        let waiting = waiting.fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        waiting
    }

    /// Everything that is in it, piece by piece, with the names of the pieces.
    pub async fn content(&self) -> Vec<(String, Vec<u8>)> {
        match self {
            Self::Sqlite(path) => {
                let files: Vec<_> = ["", "-wal", "-shm"]
                    .into_iter()
                    .filter_map(|ending| {
                        let mut file = path.clone().into_os_string();
                        file.push(ending);
                        let bytes = std::fs::read(&file).ok()?;
                        Some((format!("latchkey.db{ending}"), bytes))
                    })
                    .collect();
                assert!(files.len() >= 2, "the write-ahead log is looked at too");
                files
            }
            Self::Postgres(url) => {
                let pool = PgPool::connect(url.as_str()).await.unwrap();
                let names = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
                let tables: Vec<String> = sqlx::query_scalar(names).fetch_all(&pool).await.unwrap();
                assert!(tables.len() >= 5, "{tables:?}");
                let mut pieces = Vec::new();
                for table in tables {
                    // Bytes that are text stand as that text.
                    let rows = AssertSqlSafe(format!("SELECT t::text FROM {table} t"));
                    let mut connection = pool.acquire().await.unwrap();
                    connection
                        .execute("SET bytea_output = 'escape'")
                        .await
                        .unwrap();
                    let rows: Vec<String> = sqlx::query_scalar(rows)
                        .fetch_all(&mut *connection)
                        .await
                        .unwrap();
                    pieces.push((table, rows.join("\n").into_bytes()));
                }
                pieces
            }
        }
    }
}

impl Database {
    /// How many rows of a table meet a condition.
    pub async fn count(&self, table: &str, condition: &str) -> i64 {
        let statement = format!("SELECT COUNT(*) FROM {table} WHERE {condition}");
        let statement = AssertSqlSafe(statement);
        match self {
            Self::Sqlite(path) => {
                let options = SqliteConnectOptions::new().filename(path);
                let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
                let count = sqlx::query_scalar(statement).fetch_one(&mut connection);
                count.await.unwrap()
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url.as_str()).await.unwrap();
                let count = sqlx::query_scalar(statement).fetch_one(&mut connection);
                count.await.unwrap()
            }
        }
    }

    /// Runs a statement behind everybody's back.
    pub async fn tamper(&self, statement: &str) {
        self.try_tamper(statement).await.unwrap();
    }

    /// As [`Self::tamper`].
    ///
    /// # Errors
    /// When the database refuses it.
    pub async fn try_tamper(&self, statement: &str) -> sqlx::Result<()> {
        let statement = AssertSqlSafe(statement.to_owned());
        match self {
            Self::Sqlite(path) => {
                let options = SqliteConnectOptions::new().filename(path);
                let mut connection = SqliteConnection::connect_with(&options).await?;
                connection.execute(statement).await?;
                connection.close().await
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url.as_str()).await?;
                connection.execute(statement).await?;
                connection.close().await
            }
        }
    }

    /// Copies it as it is now, as an operator's own tools would.
    pub async fn copy(&self) -> Copy {
        let name = format!("copy_{}", SystemEntropy.uuid().simple());
        match self {
            Self::Sqlite(path) => {
                let copy = path.with_file_name(name);
                self.tamper(&format!("VACUUM INTO '{}'", copy.display()))
                    .await;
                Copy::Sqlite(copy)
            }
            Self::Postgres(url) => {
                let own = own_name(url);
                on_server(
                    url,
                    &[
                        // PostgreSQL copies only what nobody is connected to.
                        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{own}'"),
                        format!("CREATE DATABASE {name} TEMPLATE {own}"),
                    ],
                )
                .await;
                Copy::Postgres(name)
            }
        }
    }

    /// Puts a copy in its place. Nobody may be at work on it.
    pub async fn put_back(&self, copy: Copy) {
        match (self, copy) {
            (Self::Sqlite(path), Copy::Sqlite(copy)) => std::fs::rename(copy, path).unwrap(),
            (Self::Postgres(url), Copy::Postgres(copy)) => {
                let own = own_name(url);
                on_server(
                    url,
                    &[
                        format!("DROP DATABASE {own} WITH (FORCE)"),
                        format!("ALTER DATABASE {copy} RENAME TO {own}"),
                    ],
                )
                .await;
            }
            _ => unreachable!("a copy is of the same engine"),
        }
    }
}

/// The name of the database that `url` leads to.
pub fn own_name(url: &Url) -> String {
    url.path().trim_start_matches('/').to_owned()
}

/// Runs statements outside the story's own database, one by one.
pub async fn on_server(url: &Url, statements: &[String]) {
    let mut server = url.clone();
    server.set_path("postgres");
    let mut connection = PgConnection::connect(server.as_str()).await.unwrap();
    for statement in statements {
        let statement = AssertSqlSafe(statement.clone());
        connection.execute(statement).await.unwrap();
    }
    connection.close().await.unwrap();
}

impl Tables {
    /// The rows of a query.
    pub async fn select<T>(&self, query: &'static str) -> Vec<T>
    where
        T: Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>,
    {
        match self {
            Self::Sqlite(pool) => sqlx::query_as(query).fetch_all(pool).await.unwrap(),
            Self::Postgres(pool) => sqlx::query_as(query).fetch_all(pool).await.unwrap(),
        }
    }
}

impl Held {
    /// Lets the others write again.
    pub async fn let_go(self) {
        match self {
            Self::Sqlite(transaction) => transaction.rollback().await.unwrap(),
            Self::Postgres(transaction) => transaction.rollback().await.unwrap(),
        }
    }
}
