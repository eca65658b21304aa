//! The example company, Harbour & Finch: the same people with the same ids on every start.

use jiff::{SignedDuration, Timestamp};

use uuid::Uuid;

use crate::{
    entropy::stable_guid,
    kits::{Kit, methods},
    world::{Group, MailboxSettings, Person, Profile, RoleGrant, TENANT_WIDE, role},
};

/// The domain of every mailbox that the tenant itself runs; `.example` can never be delivered to (RFC 2606).
pub const DOMAIN: &str = "harbourfinch.example";

struct Entry {
    name: &'static str,
    title: &'static str,
    department: &'static str,
    manager: &'static str,
    kind: &'static str,
    kit: Kit,
}

const fn entry(
    name: &'static str,
    title: &'static str,
    department: &'static str,
    manager: &'static str,
    kind: &'static str,
    kit: Kit,
) -> Entry {
    Entry {
        name,
        title,
        department,
        manager,
        kind,
        kit,
    }
}

/// Managers are named by their full name; an empty name means none.
#[rustfmt::skip]
const STAFF: &[Entry] = &[
    entry("Ingrid Solberg", "Chief Executive", "Management", "", "no-manager", Kit::Passkey),
    entry("Tomas Berg", "Chief Operating Officer", "Management", "Ingrid Solberg", "manager", Kit::Usual),
    entry("Priya Raman", "Chief Financial Officer", "Finance", "Ingrid Solberg", "manager", Kit::Authenticator),
    entry("Jonas Weber", "Head of IT", "IT", "Tomas Berg", "manager", Kit::Passkey),
    entry("Maria Costa", "Head of Sales", "Sales", "Ingrid Solberg", "manager", Kit::Usual),
    entry("Lena Fischer", "Shipping Manager", "Shipping", "Tomas Berg", "manager", Kit::Usual),
    entry("Daniel Okafor", "Team Lead, Dispatch", "Shipping", "Lena Fischer", "manager", Kit::Laptop),
    entry("Ada Keller", "Dispatcher", "Shipping", "Daniel Okafor", "employee", Kit::Usual),
    entry("Bo Nilsson", "Dispatcher", "Shipping", "Daniel Okafor", "employee", Kit::Phone),
    entry("Chidi Eze", "Customs Clerk", "Shipping", "Daniel Okafor", "employee", Kit::Everything),
    entry("Dana Petrova", "Customs Clerk", "Shipping", "Daniel Okafor", "employee", Kit::TwoPhones),
    entry("Elif Yilmaz", "Warehouse Planner", "Shipping", "Lena Fischer", "employee", Kit::Laptop),
    entry("Femi Adeyemi", "Warehouse Planner", "Shipping", "Lena Fischer", "employee", Kit::Authenticator),
    entry("Greta Holm", "Key Account Manager", "Sales", "Maria Costa", "employee", Kit::Usual),
    entry("Hugo Martin", "Key Account Manager", "Sales", "Maria Costa", "employee", Kit::MailAndExternal),
    entry("Iris Novak", "Sales Assistant", "Sales", "Greta Holm", "employee", Kit::Phone),
    entry("Jamal Haddad", "Sales Assistant", "Sales", "Greta Holm", "employee", Kit::Usual),
    entry("Kaisa Virtanen", "Accountant", "Finance", "Priya Raman", "employee", Kit::Authenticator),
    entry("Liam O'Connor", "Accountant", "Finance", "Priya Raman", "employee", Kit::Usual),
    entry("Mei Tanaka", "Controller", "Finance", "Priya Raman", "employee", Kit::Passkey),
    entry("Nora Lind", "Payroll Clerk", "Finance", "Mei Tanaka", "employee", Kit::Usual),
    entry("Oskar Kowalski", "Help Desk Lead", "IT", "Jonas Weber", "manager", Kit::Usual),
    entry("Paula Silva", "Help Desk Agent", "IT", "Oskar Kowalski", "employee", Kit::Authenticator),
    entry("Quentin Roy", "Network Engineer", "IT", "Jonas Weber", "employee", Kit::Laptop),
    entry("Rosa Jimenez", "Developer", "IT", "Jonas Weber", "employee", Kit::Nothing),
    entry("Sven Aas", "Auditor", "Management", "Ingrid Solberg", "auditor", Kit::Passkey),
    entry("Tara Singh", "Systems Administrator", "IT", "Jonas Weber", "global-admin", Kit::Everything),
    entry("Umar Farouk", "Systems Administrator", "IT", "Jonas Weber", "group-admin", Kit::Usual),
    entry("Vera Horvat", "Security Engineer", "IT", "Jonas Weber", "pim-eligible", Kit::Passkey),
    entry("Will Turner", "Identity Engineer", "IT", "Jonas Weber", "group-owner", Kit::Usual),
    entry("Xenia Popa", "Head of Legal", "Management", "Ingrid Solberg", "restricted", Kit::Usual),
    entry("Yusuf Demir", "Regional Help Desk", "IT", "Oskar Kowalski", "unit-admin", Kit::Authenticator),
    entry("Zoe Laurent", "Reporting Analyst", "Finance", "Priya Raman", "harmless-role", Kit::Usual),
    entry("Anton Self", "Consultant", "Sales", "Anton Self", "self-manager", Kit::Usual),
    entry("Bea Ring", "Project Lead", "Sales", "Carl Ring", "manager-loop", Kit::Usual),
    entry("Carl Ring", "Project Lead", "Sales", "Bea Ring", "manager-loop", Kit::Phone),
    entry("Diego Ramos", "Driver", "Shipping", "", "no-manager", Kit::Phone),
    entry("Emma Larsen", "Former Dispatcher", "Shipping", "Daniel Okafor", "disabled", Kit::Usual),
    entry("Filip Dvorak", "Dispatcher", "Shipping", "Emma Larsen", "manager-disabled", Kit::Usual),
    entry("Gina Rossi", "Fork-lift Operator", "Shipping", "Lena Fischer", "synced", Kit::Phone),
    entry("Henrik Dahl", "Fork-lift Operator", "Shipping", "Lena Fischer", "synced", Kit::Authenticator),
];

/// People of other directories, invited.
const GUESTS: &[(&str, &str)] = &[
    ("Ivo Partner", "ivo@partner.example"),
    ("Julia Supplier", "julia@supplier.example"),
];

/// Everybody, in a fixed order. `now` dates the accounts: they are some years old.
pub fn people(now: Timestamp) -> Vec<Person> {
    let staff = STAFF
        .iter()
        .enumerate()
        .map(|(index, entry)| employee(index, entry, now));
    let guests = GUESTS.iter().map(|(name, mail)| guest(name, mail, now));
    staff.chain(guests).collect()
}

/// The object id of the employee with this full name.
pub fn id_of(name: &str) -> Uuid {
    stable_guid(&format!("person {name}"))
}

/// The groups, among them a role-assignable one with a role and one without.
pub fn groups(people: &[Person]) -> Vec<Group> {
    let in_department = |department: &str| {
        people
            .iter()
            .filter(|person| person.profile.department.as_deref() == Some(department))
            .map(|person| person.profile.id)
            .collect()
    };
    let group = |name: &str, members: Vec<Uuid>| Group {
        id: stable_guid(&format!("group {name}")),
        display_name: name.to_owned(),
        members,
        owners: Vec::new(),
        is_assignable_to_role: false,
        roles: Vec::new(),
        is_dynamic: false,
        is_synced: false,
        is_management_restricted: false,
    };
    let shipping = group("Shipping", in_department("Shipping"));
    let shipping_id = shipping.id;
    vec![
        shipping,
        group("Finance", in_department("Finance")),
        group("All warehouses", vec![shipping_id]),
        group("MFA exclusions", Vec::new()),
        group(
            "Recovery on call",
            vec![id_of("Oskar Kowalski"), id_of("Paula Silva")],
        ),
        Group {
            is_assignable_to_role: true,
            ..group(
                "Recovery of administrators",
                vec![
                    id_of("Ingrid Solberg"),
                    id_of("Tomas Berg"),
                    id_of("Xenia Popa"),
                ],
            )
        },
        Group {
            is_assignable_to_role: true,
            roles: vec![template("Privileged Authentication Administrator")],
            ..group("Tier 0 administrators", vec![id_of("Umar Farouk")])
        },
        Group {
            is_assignable_to_role: true,
            owners: vec![id_of("Will Turner")],
            ..group("Future administrators", Vec::new())
        },
        Group {
            is_dynamic: true,
            ..group("All employees", in_department("Sales"))
        },
        Group {
            is_synced: true,
            ..group("Domain printers", Vec::new())
        },
    ]
}

fn employee(index: usize, entry: &Entry, now: Timestamp) -> Person {
    let (given_name, surname) = entry.name.split_once(' ').expect("staff have two names");
    let alias = entry
        .name
        .to_lowercase()
        .replace(' ', ".")
        .replace('\'', "");
    let hired =
        now - SignedDuration::from_hours(24 * (400 + 30 * i64::try_from(index).unwrap_or(0)));
    let is_synced = entry.kind == "synced";
    let mut person = Person {
        profile: Profile {
            id: id_of(entry.name),
            display_name: entry.name.to_owned(),
            given_name: Some(given_name.to_owned()),
            surname: Some(surname.to_owned()),
            user_principal_name: format!("{alias}@{DOMAIN}"),
            mail: Some(format!("{alias}@{DOMAIN}")),
            other_mails: vec![format!("{alias}@private.example")],
            mobile_phone: Some(format!("+47 555 01 {:03}", 100 + index)),
            business_phones: vec![format!("+47 555 02 {:03}", 100 + index)],
            employee_id: Some(format!("E{}", 1001 + index)),
            employee_type: Some("Employee".to_owned()),
            employee_hire_date: (!index.is_multiple_of(3)).then_some(hired),
            account_enabled: entry.kind != "disabled",
            user_type: "Member".to_owned(),
            external_user_state: None,
            on_premises_sync_enabled: is_synced.then_some(true),
            on_premises_immutable_id: is_synced.then(|| format!("aW1tdXRhYmxlL{index}==")),
            department: Some(entry.department.to_owned()),
            job_title: Some(entry.title.to_owned()),
            company_name: Some("Harbour & Finch".to_owned()),
            office_location: Some("Bergen".to_owned()),
            preferred_language: (index % 4 != 3).then(|| "en-GB".to_owned()),
            usage_location: Some("NO".to_owned()),
            is_management_restricted: (entry.kind == "restricted").then_some(true),
            sign_in_sessions_valid_from_date_time: hired,
            created_date_time: hired,
        },
        kind: entry.kind,
        manager: (!entry.manager.is_empty()).then(|| id_of(entry.manager)),
        methods: methods(entry.kit, given_name, index, hired),
        passes: Vec::new(),
        roles: Vec::new(),
        eligible_roles: Vec::new(),
        app_roles: Vec::new(),
        mailbox_settings: Some(MailboxSettings::default()),
    };
    grant_roles(&mut person);
    person
}

fn guest(name: &str, mail: &str, now: Timestamp) -> Person {
    let mut person = employee(
        90,
        &entry("Guest Guest", "", "", "Maria Costa", "guest", Kit::Nothing),
        now,
    );
    let profile = &mut person.profile;
    profile.id = id_of(name);
    name.clone_into(&mut profile.display_name);
    profile.given_name = None;
    profile.surname = None;
    profile.user_principal_name = format!("{}#EXT#@{DOMAIN}", mail.replace('@', "_"));
    profile.mail = Some(mail.to_owned());
    profile.other_mails = vec![mail.to_owned()];
    profile.mobile_phone = None;
    profile.business_phones = Vec::new();
    profile.employee_id = None;
    profile.employee_type = None;
    profile.employee_hire_date = None;
    "Guest".clone_into(&mut profile.user_type);
    profile.external_user_state = Some("Accepted".to_owned());
    profile.department = None;
    profile.job_title = None;
    profile.company_name = None;
    profile.office_location = None;
    profile.usage_location = None;
    person.methods.clear();
    person.mailbox_settings = None;
    person
}

fn grant_roles(person: &mut Person) {
    let grant = |name: &str, scope: &str| RoleGrant {
        template: template(name),
        scope: scope.to_owned(),
    };
    match person.kind {
        "global-admin" => {
            person
                .roles
                .push(grant("Global Administrator", TENANT_WIDE));
            person.app_roles.push("Latchkey.Admin".to_owned());
        }
        "unit-admin" => {
            let unit = stable_guid("administrative unit West");
            person.roles.push(grant(
                "Helpdesk Administrator",
                &format!("/administrativeUnits/{unit}"),
            ));
        }
        "harmless-role" => person.roles.push(grant("Reports Reader", TENANT_WIDE)),
        "pim-eligible" => person
            .eligible_roles
            .push(template("Security Administrator")),
        "auditor" => person.app_roles.push("Latchkey.Auditor".to_owned()),
        _ if person.profile.job_title.as_deref() == Some("Help Desk Lead") => {
            person.app_roles.push("Latchkey.HelpDesk".to_owned());
        }
        _ => {}
    }
}

fn template(name: &str) -> Uuid {
    crate::world::ROLES
        .iter()
        .find(|role| role.name == name)
        .and_then(|found| role(found.template))
        .expect("the company uses built-in roles")
        .template
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::world::kind_of;

    #[test]
    fn the_company_is_the_same_every_time() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000);
        let ids =
            |people: Vec<Person>| -> Vec<Uuid> { people.iter().map(|p| p.profile.id).collect() };
        let first = ids(people(now));
        assert_eq!(first, ids(people(now)));
        assert_eq!(first.iter().collect::<HashSet<_>>().len(), first.len());
        assert!(first.len() >= 40);
    }

    #[test]
    fn managers_exist() {
        let everybody = people(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000));
        for person in &everybody {
            if let Some(manager) = person.manager {
                assert!(
                    everybody.iter().any(|other| other.profile.id == manager),
                    "{} has an unknown manager",
                    person.profile.display_name
                );
            }
        }
    }

    #[test]
    fn somebody_has_one_of_every_kind_and_at_most_one_default() {
        let everybody = people(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000));
        let chidi = everybody
            .iter()
            .find(|p| p.profile.display_name == "Chidi Eze")
            .unwrap();
        for collection in [
            "phoneMethods",
            "microsoftAuthenticatorMethods",
            "softwareOathMethods",
            "fido2Methods",
            "windowsHelloForBusinessMethods",
            "platformCredentialMethods",
            "emailMethods",
            "externalAuthenticationMethods",
        ] {
            let kind = kind_of(collection).unwrap();
            assert!(
                chidi
                    .methods
                    .iter()
                    .any(|method| method.name() == kind.name)
            );
        }
        for person in &everybody {
            assert!(
                person
                    .methods
                    .iter()
                    .filter(|method| method.is_default)
                    .count()
                    <= 1
            );
        }
    }
}
