//! Proofs that fail for one person, over all of their requests.

use domain::{PersonId, Rate, Taken};

use super::Limits;
use crate::recovery::ServiceError;

/// Proofs that may fail for one person before somebody is told, at once and in an hour: whoever mistypes every code that
/// one request is mailed comes to nine.
const FAILURES: u32 = 12;

impl Limits {
    /// Notes a proof that failed for this person. Tells whether somebody has to be told: too many do, and nobody was
    /// told in the last hour. It keeps nobody from anything.
    pub async fn note_failure_for(&self, person: &PersonId) -> Result<bool, ServiceError> {
        let now = self.clock.now();
        let parts = [person.0.as_bytes()];
        let failures = self.bucket("fail_person", &parts, Rate::per_hour(FAILURES, FAILURES));
        let mut taking = self.store.begin_taking().await?;
        if let Taken::Granted { .. } = taking.take(&failures, now).await? {
            taking.commit().await?;
            return Ok(false);
        }
        let told = self.bucket("fail_person_told", &parts, Rate::per_hour(1, 1));
        let is_news = matches!(taking.take(&told, now).await?, Taken::Granted { .. });
        taking.commit().await?;
        Ok(is_news)
    }
}
