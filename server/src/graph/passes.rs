//! Temporary Access Passes, and the policy that they are under.

use std::{collections::BTreeSet, time::Duration};

use domain::{PassPolicy, PersonId, Timestamp, Warrant};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    client::Graph,
    directory::absent_as_none,
    error::GraphError,
    request::Request,
    wire::{PassConfiguration, Target, TemporaryAccessPass},
};

const PASSES: &str = "/users/{id}/authentication/temporaryAccessPassMethods";
pub(super) const PASS: &str = "/users/{id}/authentication/temporaryAccessPassMethods/{pass}";
pub(super) const WRITE_PASSES: &str = "UserAuthMethod-TAP.ReadWrite.All";
/// Most groups that one `checkMemberGroups` takes.
const GROUPS_PER_CHECK: usize = 20;
const EVERYBODY: &str = "all_users";

/// A pass that was just made. This is the only place where its value ever is; it is wiped when
/// dropped, and `Debug` does not show it.
#[derive(Debug)]
pub struct CreatedPass {
    /// The id under which it is listed.
    pub id: String,
    /// What the person types.
    pub value: SecretString,
    /// When it was made, by Microsoft's clock.
    pub made_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// How long it works, in minutes.
    pub lifetime_minutes: u32,
}

/// A pass as Microsoft lists it. Its value is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LivePass {
    /// Its id.
    pub id: String,
    /// Whether one can sign in with it now.
    pub usable: bool,
    /// Why, or why not.
    pub usability: PassUsability,
    /// When it was made, by Microsoft's clock, if Microsoft says so.
    pub created_at: Option<Timestamp>,
    /// Whether it works only once; taken to, when Microsoft does not say.
    pub once: bool,
}

/// Why a pass can be used or not (`methodUsabilityReason`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PassUsability {
    /// It can be used.
    EnabledByPolicy,
    /// The tenant's policy does not allow it any more.
    DisabledByPolicy,
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It was used, and worked only once.
    OneTimeUsed,
    /// A reason that this version does not know.
    Other(String),
}

impl PassUsability {
    fn parse(reason: &str) -> Self {
        match reason.to_ascii_lowercase().as_str() {
            "enabledbypolicy" => Self::EnabledByPolicy,
            "disabledbypolicy" => Self::DisabledByPolicy,
            "expired" => Self::Expired,
            "notyetvalid" => Self::NotYetValid,
            "onetimeused" => Self::OneTimeUsed,
            _ => Self::Other(reason.to_owned()),
        }
    }
}

impl TemporaryAccessPass {
    fn created_at(&self) -> Option<Timestamp> {
        moment(self.created_date_time.as_deref()?)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        let start = self.start_date_time.as_deref().and_then(moment);
        Some(start.or_else(|| self.created_at())? + minutes(self.lifetime_in_minutes))
    }
}

/// A moment in Graph's spelling (ISO 8601).
fn moment(text: &str) -> Option<Timestamp> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(moment.as_millisecond()))
}

fn minutes(count: u32) -> Duration {
    Duration::from_secs(60 * u64::from(count))
}

impl From<TemporaryAccessPass> for LivePass {
    fn from(pass: TemporaryAccessPass) -> Self {
        Self {
            usable: pass.is_usable == Some(true),
            usability: PassUsability::parse(pass.method_usability_reason.as_deref().unwrap_or("")),
            created_at: pass.created_at(),
            once: pass.is_usable_once != Some(false),
            id: pass.id,
        }
    }
}

impl Graph {
    /// The tenant's pass policy as it applies to this person.
    pub async fn pass_policy(&self, id: &PersonId) -> Result<PassPolicy, GraphError> {
        let request = Request::get(
            "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/TemporaryAccessPass",
            &[],
            "Policy.Read.AuthenticationMethod",
        );
        let policy: PassConfiguration = self.read(&request).await?;
        let enabled = policy.state.eq_ignore_ascii_case("enabled");
        Ok(PassPolicy {
            usable: enabled && self.is_in_scope(id, &policy).await?,
            minimum_minutes: policy.minimum_lifetime_in_minutes,
            maximum_minutes: policy.maximum_lifetime_in_minutes,
        })
    }

    /// Makes a pass for the person whom the warrant is for. It works once, for `lifetime_minutes` from now. It takes the place of an older
    /// one. The caller's `client_request_id` identifies the attempt at Microsoft's side.
    ///
    /// It is never repeated by itself: a second pass would replace the first.
    ///
    /// # Errors
    /// [`GraphError::PolicyRefused`] when Microsoft allows no such pass for this person. Whenever
    /// [`GraphError::may_have_been_applied`] holds, a pass may exist that nobody knows.
    pub async fn create_pass(
        &self,
        warrant: &Warrant,
        lifetime_minutes: u32,
        client_request_id: Uuid,
    ) -> Result<CreatedPass, GraphError> {
        let id = warrant.person();
        let ids = [id.0.as_str()];
        let request = Request::post(PASSES, &ids, WRITE_PASSES)
            .body(json!({ "lifetimeInMinutes": lifetime_minutes, "isUsableOnce": true }))
            .identified_by(client_request_id);
        let answer = match self.send(&request).await {
            // Some tenants keep an older behaviour: no second pass beside a first one.
            Err(error) if is_about_existing_pass(&error) => {
                if let Some(old) = self.pass(id).await? {
                    self.delete_pass(warrant, &old.id).await?;
                }
                self.send(&request).await
            }
            outcome => outcome,
        };
        let answer = answer.map_err(as_refusal)?;
        let call = answer.call.clone();
        let mut pass: TemporaryAccessPass = answer.json()?;
        let Some(value) = pass.value.take() else {
            return Err(GraphError::permanent(
                "the new pass came without its value",
                call,
            ));
        };
        let made_at = pass.created_at().unwrap_or_else(|| self.clock().now());
        Ok(CreatedPass {
            value,
            made_at,
            expires_at: pass
                .expires_at()
                .unwrap_or_else(|| made_at + minutes(pass.lifetime_in_minutes)),
            lifetime_minutes: pass.lifetime_in_minutes,
            id: pass.id,
        })
    }

    /// The person's pass, usable or not. There is at most one.
    pub async fn pass(&self, id: &PersonId) -> Result<Option<LivePass>, GraphError> {
        let ids = [id.0.as_str()];
        let request = Request::get(PASSES, &ids, "UserAuthMethod-TAP.Read.All");
        let passes: Vec<TemporaryAccessPass> = self.list(&request).await?;
        Ok(passes.into_iter().next().map(LivePass::from))
    }

    /// Deletes a pass of the person whom the warrant is for, which also ends what was signed in with it. One that is gone is deleted.
    pub async fn delete_pass(&self, warrant: &Warrant, pass: &str) -> Result<(), GraphError> {
        let ids = [warrant.person().0.as_str(), pass];
        let outcome = self.send(&Request::delete(PASS, &ids, WRITE_PASSES)).await;
        absent_as_none(outcome).map(drop)
    }

    /// Included and not excluded. Groups count with those inside them.
    async fn is_in_scope(
        &self,
        id: &PersonId,
        policy: &PassConfiguration,
    ) -> Result<bool, GraphError> {
        let is_direct = |target: &Target| target.id == EVERYBODY || target.id == id.0;
        let groups: Vec<&str> = policy
            .include_targets
            .iter()
            .chain(&policy.exclude_targets)
            .filter(|target| !is_direct(target))
            .map(|target| target.id.as_str())
            .collect();
        let memberships = self.memberships(id, &groups).await?;
        let matches = |target: &Target| is_direct(target) || memberships.contains(&target.id);
        Ok(policy.include_targets.iter().any(matches)
            && !policy.exclude_targets.iter().any(matches))
    }

    /// Those of `groups` that the person is in, directly or through others, by their object ids.
    ///
    /// `POST /users/{id}/checkMemberGroups`, at most twenty at a time.
    pub async fn memberships(
        &self,
        id: &PersonId,
        groups: &[&str],
    ) -> Result<BTreeSet<String>, GraphError> {
        #[derive(Deserialize)]
        struct Found {
            value: Vec<String>,
        }
        let ids = [id.0.as_str()];
        let mut memberships = BTreeSet::new();
        for some in groups.chunks(GROUPS_PER_CHECK) {
            let body = json!({ "groupIds": some });
            let request = Request::ask(
                "/users/{id}/checkMemberGroups",
                &ids,
                "GroupMember.Read.All",
                body,
            );
            memberships.extend(self.read::<Found>(&request).await?.value);
        }
        Ok(memberships)
    }
}

fn is_about_existing_pass(error: &GraphError) -> bool {
    let GraphError::Permanent { problem, call } = error else {
        return false;
    };
    let problem = problem.to_lowercase();
    matches!(call.status, Some(400 | 409))
        && ["already", "existing", "exists"]
            .iter()
            .any(|word| problem.contains(word))
}

/// Our part of the request is always well formed, so that "bad request" is about this person or this
/// lifetime: Graph has no code of its own for it.
fn as_refusal(error: GraphError) -> GraphError {
    match error {
        GraphError::Permanent { problem, call } if call.status == Some(400) => {
            GraphError::PolicyRefused {
                message: problem,
                call,
            }
        }
        error => error,
    }
}
