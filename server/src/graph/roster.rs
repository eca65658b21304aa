//! Many people at once: the members of a group, and everybody's manager.

use domain::{Person, PersonId};
use reqwest::Url;
use serde::Deserialize;

use super::{
    client::{Graph, PAGES},
    error::GraphError,
    request::Request,
    wire::{DirectoryObject, USER_PROPERTIES, User},
};

/// Members of a group at most: nobody asks more people to approve.
const MEMBERS: usize = 200;
/// People per page of everybody's managers.
const PAGE: usize = 200;

/// Where the directory goes on after a page of people.
#[derive(Clone, Debug)]
pub struct NextPage(Url);

/// Somebody, and who leads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Led {
    /// Object id.
    pub person: PersonId,
    /// Object id of their manager. Nobody, when that is a contact outside the directory's people.
    pub manager: Option<PersonId>,
}

/// A user with the manager of theirs, as `$expand` adds it.
#[derive(Deserialize)]
struct LedUser {
    id: String,
    manager: Option<DirectoryObject>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleGroup {
    is_assignable_to_role: Option<bool>,
}

impl Graph {
    /// The people in a group, directly or through others, whoever they are: enabled or not, members or guests. The
    /// first [`MEMBERS`] of a larger group.
    ///
    /// Graph answers from an index that lags behind writes for a while, so whoever is to be trusted for being a member
    /// is asked for once more by [`Graph::memberships`].
    ///
    /// # Errors
    /// [`GraphError::NotFound`] when there is no such group.
    pub async fn members_of(&self, group: &str) -> Result<Vec<Person>, GraphError> {
        self.first_members_of(group, MEMBERS).await
    }

    /// As [`Self::members_of`], `most` people.
    pub(super) async fn first_members_of(
        &self,
        group: &str,
        most: usize,
    ) -> Result<Vec<Person>, GraphError> {
        let ids = [group];
        let request = Request::get(
            "/groups/{id}/transitiveMembers/microsoft.graph.user",
            &ids,
            "GroupMember.Read.All",
        )
        .query("$select", USER_PROPERTIES)
        .query("$top", most.to_string())
        .advanced();
        let mut page = self.first_page::<User>(&request).await?;
        let mut members = page.items;
        // A page may hold fewer than it could.
        for _ in 1..PAGES {
            let Some(next) = page.next.filter(|_| members.len() < most) else {
                break;
            };
            page = self.page_at(&next, &request).await?;
            members.append(&mut page.items);
        }
        members.truncate(most);
        Ok(members.into_iter().map(Person::from).collect())
    }

    /// Whether roles can be assigned to a group (`isAssignableToRole`). That is decided when a group is made; only whoever
    /// manages roles, and the group's owners, change its members, and it has no other groups in it
    /// (learn.microsoft.com/entra/identity/role-based-access-control/groups-concept).
    ///
    /// # Errors
    /// [`GraphError::NotFound`] when there is no such group.
    pub async fn is_assignable_to_role(&self, group: &str) -> Result<bool, GraphError> {
        let ids = [group];
        let request = Request::get("/groups/{id}", &ids, "GroupMember.Read.All")
            .query("$select", "id,isAssignableToRole");
        let group: RoleGroup = self.read(&request).await?;
        // Null for groups from before there were such.
        Ok(group.is_assignable_to_role == Some(true))
    }

    /// A page of the directory's people and their managers: the first, or what is after another.
    ///
    /// Graph answers from an index that lags behind writes for a while.
    pub async fn managers(
        &self,
        after: Option<&NextPage>,
    ) -> Result<(Vec<Led>, Option<NextPage>), GraphError> {
        let request = Request::get("/users", &[], "User.Read.All")
            .query("$select", "id")
            // Without `$levels` it is not asked which properties are wanted.
            .query("$expand", "manager($levels=1;$select=id)")
            .query("$filter", "userType eq 'Member'")
            .query("$top", PAGE.to_string())
            .advanced();
        let page = match after {
            Some(next) => self.page_at::<LedUser>(&next.0, &request).await?,
            None => self.first_page::<LedUser>(&request).await?,
        };
        let people = page.items.into_iter().map(|user| Led {
            person: PersonId(user.id),
            manager: user.manager.and_then(DirectoryObject::into_person),
        });
        Ok((people.collect(), page.next.map(NextPage)))
    }
}
