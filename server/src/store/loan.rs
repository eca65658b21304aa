//! A connection on loan from its pool.

use sqlx::{Database, Executor, Pool, pool::PoolConnection};
use tokio::time::timeout;

use super::engine::PATIENCE;

/// A connection that goes back to its pool when it is dropped, in whatever state it is left; if that takes long or
/// fails, it is closed.
///
/// By itself the driver waits for a sign of life from each connection that comes back, for as long as the operating
/// system believes in the other end: a quarter of an hour on Linux, in which the pool is short of a connection.
pub(super) struct Loan<DB: Database>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    /// Until it goes back.
    connection: Option<PoolConnection<DB>>,
    is_in_transaction: bool,
}

impl<DB: Database> Loan<DB>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    /// The next connection that is free.
    pub async fn of(pool: &Pool<DB>) -> sqlx::Result<Self> {
        let mut connection = pool.acquire().await?;
        // Unless it is given back expressly.
        connection.close_on_drop();
        Ok(Self {
            connection: Some(connection),
            is_in_transaction: false,
        })
    }

    /// The connection.
    pub fn connection(&mut self) -> &mut DB::Connection {
        self.connection
            .as_mut()
            .expect("it is there until this is dropped")
    }

    /// Begins a transaction by this statement. Unless it is committed, it is undone when this is dropped.
    ///
    /// The driver's own transactions own their connection, and give it back as the driver does.
    pub async fn begin(&mut self, statement: &'static str) -> sqlx::Result<()> {
        // Before it is: the statement may arrive though nobody waits for its answer any more.
        self.is_in_transaction = true;
        self.connection().execute(statement).await.map(drop)
    }

    /// Ends the transaction, and keeps what it did.
    pub async fn commit(&mut self) -> sqlx::Result<()> {
        self.connection().execute("COMMIT").await?;
        self.is_in_transaction = false;
        Ok(())
    }
}

impl<DB: Database> Drop for Loan<DB>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        let is_in_transaction = self.is_in_transaction;
        tokio::spawn(timeout(PATIENCE, async move {
            // SQLite ends a transaction itself when there is no room for it, and refuses to end it again: such a
            // connection is closed as well.
            if !is_in_transaction || connection.execute("ROLLBACK").await.is_ok() {
                connection.return_to_pool().await;
            }
        }));
    }
}
