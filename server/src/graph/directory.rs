//! People, who leads them, and where they can be reached.

use std::collections::HashSet;

use super::{
    client::Graph,
    error::GraphError,
    request::{Request, quoted},
    wire::{AuthenticationMethod, DirectoryObject, Organization, USER_PROPERTIES, User},
};
use domain::{Person, PersonId};

const READ_USERS: &str = "User.Read.All";
/// No line of managers is longer than this.
const LEVELS: usize = 50;

impl Graph {
    /// The one person whose sign-in name or work address is `identifier`, in any case. Nobody, when
    /// several people match.
    pub async fn find_person(&self, identifier: &str) -> Result<Option<Person>, GraphError> {
        let literal = quoted(identifier);
        let request = Request::get("/users", &[], READ_USERS)
            .query(
                "$filter",
                format!("userPrincipalName eq {literal} or mail eq {literal}"),
            )
            .query("$select", USER_PROPERTIES);
        let found: Vec<User> = self.list(&request).await?;
        // Graph folds more than case, so the answer is compared once more: by the letters of ASCII alone, which is
        // all that an identifier has.
        let same = |text: &str| text.eq_ignore_ascii_case(identifier);
        let mut people = found.into_iter().map(Person::from).filter(|person| {
            same(&person.user_principal_name) || person.mail.as_deref().is_some_and(same)
        });
        let first = people.next();
        Ok(if people.next().is_none() { first } else { None })
    }

    /// The person with this object id, if there is one.
    pub async fn person(&self, id: &PersonId) -> Result<Option<Person>, GraphError> {
        let ids = [id.0.as_str()];
        let request =
            Request::get("/users/{id}", &ids, READ_USERS).query("$select", USER_PROPERTIES);
        Ok(absent_as_none(self.read::<User>(&request).await)?.map(Person::from))
    }

    /// The person's manager, read afresh by object id. Nobody, when the manager is a contact outside
    /// the directory's people.
    pub async fn manager(&self, id: &PersonId) -> Result<Option<Person>, GraphError> {
        match self.manager_id(id).await? {
            Some(manager) => self.person(&manager).await,
            None => Ok(None),
        }
    }

    /// Whether `candidate` is `subject`, or reports to `subject` at any distance.
    ///
    /// # Errors
    /// Besides those of the calls, [`GraphError::Permanent`] when the line of managers is too long to
    /// be followed. A loop that does not contain `subject` ends the line.
    pub async fn is_in_report_tree(
        &self,
        subject: &PersonId,
        candidate: &PersonId,
    ) -> Result<bool, GraphError> {
        let mut seen = HashSet::new();
        let mut above = candidate.clone();
        for _ in 0..LEVELS {
            if above == *subject {
                return Ok(true);
            }
            if !seen.insert(above.clone()) {
                return Ok(false);
            }
            match self.manager_id(&above).await? {
                Some(manager) => above = manager,
                None => return Ok(false),
            }
        }
        Err(self.beyond(
            &Request::get(MANAGER, &[], READ_USERS),
            "the line of managers is too long",
        ))
    }

    /// The person's addresses outside the tenant's own mail, where a message can reach them without
    /// their account: `otherMails`, then the address for password reset. Without repetitions.
    pub async fn recovery_addresses(&self, person: &Person) -> Result<Vec<String>, GraphError> {
        let request = Request::get("/organization", &[], "Organization.Read.All")
            .query("$select", "verifiedDomains");
        let organizations: Vec<Organization> = self.list(&request).await?;
        let domains: HashSet<String> = organizations
            .into_iter()
            .flat_map(|organization| organization.verified_domains)
            .map(|domain| domain.name.to_lowercase())
            .collect();
        if domains.is_empty() {
            // Every address would look like one outside the tenant.
            return Err(self.beyond(&request, "the tenant's own domains are not readable"));
        }

        let methods: Vec<AuthenticationMethod> = self.authentication_methods(&person.id).await?;
        let on_file = person.other_mails.iter().cloned().chain(
            methods
                .into_iter()
                .filter_map(|method| method.email_address),
        );
        let mut seen = HashSet::new();
        Ok(on_file
            .filter(|address| {
                let address = address.to_lowercase();
                address.rsplit_once('@').is_some_and(|(local, domain)| {
                    !local.is_empty() && !domain.is_empty() && !domains.contains(domain)
                }) && seen.insert(address)
            })
            .collect())
    }

    /// Object id of the person's manager. Nobody, when the manager is a contact outside the directory's people.
    pub async fn manager_id(&self, id: &PersonId) -> Result<Option<PersonId>, GraphError> {
        let ids = [id.0.as_str()];
        let request = Request::get(MANAGER, &ids, READ_USERS).query("$select", "id");
        let manager = absent_as_none(self.read::<DirectoryObject>(&request).await)?;
        Ok(manager.and_then(DirectoryObject::into_person))
    }
}

const MANAGER: &str = "/users/{id}/manager";

/// Absence is an answer, not a failure.
pub(crate) fn absent_as_none<T>(outcome: Result<T, GraphError>) -> Result<Option<T>, GraphError> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(GraphError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
