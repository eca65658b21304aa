//! Latchkey beside a stand-in tenant, for a person to try.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, ExitCode, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use ureq::Agent;

use crate::{
    build::{self, Binaries, Profile},
    entropy, http, progress,
    repo::Repo,
    stack::{self, Home, Ports},
};

const PORTS: Ports = Ports {
    app: 3000,
    simulator: 3001,
    smtp: 3025,
};

/// What can be proven by hand in a demo, where the stories have the mailed code alone.
const PROOFS: (&str, &str) = (
    "LATCHKEY_PROOFS__ACCEPTED",
    "email_code,recovery_code,verified_id",
);

/// The console account.
const ADMIN: &str = "admin";

/// Builds, starts both, says what to try, and runs until Ctrl-C.
pub fn run(repo: &Repo, profile: Profile, fresh: bool) -> Result<ExitCode> {
    let busy = PORTS.busy();
    if let [port, ..] = busy[..] {
        bail!(
            "something else listens on port {port}. Find it by `ss -ltnp 'sport = :{port}'` and \
             stop it; perhaps it is another demo"
        );
    }
    let binaries = build::everything(repo, profile)?;

    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed))?;

    let folder = repo.path(".latchkey/demo");
    if fresh && folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let secret = kept(&folder.join("secret"), entropy::secret::<32>)?;
    let password = kept(&folder.join("console-password"), entropy::password::<12>)?;

    let agent = http::agent();
    let mut simulator = progress::step("Start the simulator", || {
        stack::simulator(&binaries, PORTS, &agent)
    })?;
    let home = Home {
        folder: &folder,
        secret: &secret,
        log_filter: "info",
    };
    let configuration = stack::configure(&home, PORTS, &agent)?;
    progress::step("Create the console account", || {
        create_admin(&binaries, &configuration, &password)
    })?;
    let mut server = progress::step("Start Latchkey", || {
        stack::ready_server(&binaries, &configuration, &[PROOFS], PORTS, &agent)
    })?;
    println!("{}", walk_through(&Cast::choose(&agent)?, &password));

    while !stop.load(Ordering::Relaxed) {
        server.check()?;
        simulator.check()?;
        std::thread::sleep(Duration::from_millis(200));
    }
    eprintln!("\nStopping.");
    Ok(ExitCode::SUCCESS)
}

/// What an earlier run left in `path`, or what `make` gives now.
fn kept(path: &Path, make: fn() -> Result<String>) -> Result<String> {
    if let Ok(kept) = fs::read_to_string(path) {
        return Ok(kept);
    }
    let fresh = make()?;
    stack::write_private(path, &fresh)?;
    Ok(fresh)
}

fn create_admin(binaries: &Binaries, configuration: &Path, password: &str) -> Result<()> {
    let mut child = Command::new(&binaries.server)
        .args([
            "admin",
            "create",
            ADMIN,
            "--password-stdin",
            "--replace",
            "--config",
        ])
        .arg(configuration)
        .stdin(Stdio::piped())
        .spawn()
        .context("cannot start the server's command line")?;
    let mut input = child
        .stdin
        .take()
        .context("the command's input was not piped")?;
    writeln!(input, "{password}")?;
    drop(input);
    let status = child.wait()?;
    ensure!(
        status.success(),
        "`latchkey admin create` ended with {status}"
    );
    Ok(())
}

/// Who plays which part in the walk-through.
struct Cast {
    subject: Person,
    approver: Person,
}

struct Person {
    name: String,
    sign_in_name: String,
    private_mail: String,
}

impl Cast {
    /// An ordinary employee with a private address and an ordinary manager.
    fn choose(agent: &Agent) -> Result<Self> {
        let people = http::json(agent, &format!("{}/_control/people", PORTS.simulator_url()))?;
        let people = people
            .as_array()
            .context("the simulator gave no list of people")?;
        Self::among(people).context("the example company has no employee to lock out")
    }

    fn among(people: &[Value]) -> Option<Self> {
        let plain = |it: &&Value| it["kind"] == "employee" && it["otherMails"][0].is_string();
        people.iter().filter(plain).find_map(|subject| {
            let manager = people.iter().find(|it| it["id"] == subject["managerId"])?;
            Some(Self {
                subject: Person::read(subject)?,
                approver: Person::read(manager)?,
            })
        })
    }
}

impl Person {
    fn read(person: &Value) -> Option<Self> {
        Some(Self {
            name: person["displayName"].as_str()?.to_owned(),
            sign_in_name: person["userPrincipalName"].as_str()?.to_owned(),
            private_mail: person["otherMails"][0]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        })
    }
}

fn walk_through(Cast { subject, approver }: &Cast, password: &str) -> String {
    let app = PORTS.app_url();
    let simulator = PORTS.simulator_url();
    format!(
        "
ready

  Latchkey           {app}
  Console            {app}/console   ({ADMIN} / {password})
  Stand-in tenant    {simulator}         (sign-in page)
  Everybody's mail   {simulator}/mailbox
  Everybody's wallet {simulator}/wallet

Two minutes, as {name}, who lost their phone:

  1. Open {app} and say that you lost your phone.
     You are {sign_in_name}.
  2. A code goes to {private_mail}: read it in the mailbox, type it, send the request.
     Keep the page open; it shows a contact code.
     Or show a Verified ID in place of the code: the wallet lists what is asked for.
  3. Now be {approver}, the manager: open the mail to {approver_mail} in the
     mailbox and follow its button, in another browser or a private window.
     Sign in as {approver}, type the contact code, tick the statement, approve.
  4. Back as {name}: ask for the pass, then sign in with it at {simulator}
     (a second time it is refused) and register a new Authenticator.
  5. The request now says that it is complete. See what happened in the console.
  6. At {app}/codes employees save recovery codes, and see whether recovery would
     work for them.

Ctrl-C stops everything. `cargo xtask demo --fresh` forgets it.
",
        name = subject.name,
        sign_in_name = subject.sign_in_name,
        private_mail = subject.private_mail,
        approver = approver.name,
        approver_mail = approver.sign_in_name,
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_subject_is_an_employee_with_a_private_address_and_a_manager() {
        let person = |id: &str, kind: &str, manager: Value, private: &[&str]| {
            json!({
                "id": id, "kind": kind, "managerId": manager, "otherMails": private,
                "displayName": id.to_uppercase(), "userPrincipalName": format!("{id}@contoso.example"),
            })
        };
        let people = [
            person("guest", "guest", json!("boss"), &["guest@private.example"]),
            person("mailless", "employee", json!("boss"), &[]),
            person("alone", "employee", Value::Null, &["alone@private.example"]),
            person("alex", "employee", json!("boss"), &["alex@private.example"]),
            person("boss", "manager", Value::Null, &[]),
        ];
        let cast = Cast::among(&people).unwrap();
        assert_eq!(cast.subject.sign_in_name, "alex@contoso.example");
        assert_eq!(cast.approver.name, "BOSS");
        let text = walk_through(&cast, "secret");
        assert!(text.contains("alex@private.example") && text.contains("(admin / secret)"));
        assert!(Cast::among(&people[..3]).is_none());
    }
}
