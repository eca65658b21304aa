//! Use cases, which decide on the request as it is: the model finds out what they did, and whether the
//! rules say the same.

use domain::{
    AbortCause, Actor, Command, Decline, Deed, Event, Identifier, Opening, Origin, ProofKind,
    Reason, Refusal, RequestId, Seat, StateName, Timestamp, TypedCode, open,
};
use latchkey::{
    clock::SystemEntropy,
    recovery::{Decision, ServiceError, Turn, TypedCodes},
    secret::Bearer,
};
use uuid::Uuid;

use super::{
    model::found,
    tables::{Content, JobRow},
    world::{MOST, SUBJECTS, World, meet},
};
use crate::kit::{MANAGER, by, decline, id as person_id};

impl World<'_> {
    /// The timers' use case.
    pub async fn run_timers(&mut self) {
        let now = self.story.now();
        let due: Vec<_> = self.store.due(now, 200).await.unwrap();
        for id in &self.requests {
            let is_due = self.model.request(*id).due_at().is_some_and(|at| at <= now);
            assert_eq!(due.contains(id), is_due);
        }
        let moved = self.story.run_timers().await;
        assert!(moved >= due.len());
        let content = Content::read(&self.tables).await;
        for id in self.requests.clone() {
            let is_moved = content.requests[&id].version > self.model.content.requests[&id].version;
            assert!(is_moved || !due.contains(&id));
            if is_moved {
                self.follow(&content, id, &[(Actor::Timer, Command::Tick)]);
                meet(self.met, "a timer");
            }
        }
    }

    /// The use case of opening a request.
    pub async fn open_by_form(&mut self, subject: u8) {
        if self.requests.len() == MOST {
            return;
        }
        let name = SUBJECTS[usize::from(subject) % SUBJECTS.len()];
        let identifier = Identifier::parse(&format!("{name}@contoso.com")).unwrap();
        let origin = Origin {
            address: "192.0.2.1".to_owned(),
            country: None,
            user_agent: "Firefox".to_owned(),
        };
        let recovery = self.story.recovery();
        let opened = recovery
            .open(identifier, Reason::LostPhone, origin)
            .await
            .unwrap();
        let facts = opened.request.facts.clone();
        let opening = Opening {
            id: facts.id,
            identifier: facts.identifier,
            reason: facts.reason,
            origin: facts.origin,
            terms: facts.terms,
        };
        let outcome = open(opening, facts.opened_at);
        assert_eq!(outcome.request, opened.request);
        let content = Content::read(&self.tables).await;
        let mut unknown = self.unknown_jobs(&content, facts.id);
        let jobs = found(&outcome, facts.opened_at, &mut unknown);
        assert!(unknown.is_empty(), "{unknown:?}");
        self.opened(&outcome, facts.opened_at, &jobs, opened.browser.hash());
    }

    /// One of the other use cases, which decides on the request as it is.
    pub async fn use_case(&mut self, request: u8, which: u8) {
        let id = self.nth(request);
        let recovery = self.story.recovery();
        let decision = Decision {
            request: id,
            approver: person_id(MANAGER),
            seat: Seat::OwnBrowser,
        };
        let browser = |command| (Actor::Browser, command);
        // Few requests can be claimed, so those mostly are.
        let is_ready = self.model.request(id).state_name() == StateName::Ready;
        let which = if is_ready && which < 192 {
            6
        } else {
            which % 7
        };
        let (done, mut commands) = match which {
            0 => (
                recovery.withdraw(id).await.map(drop),
                vec![browser(Command::Withdraw)],
            ),
            1 => (
                recovery.deny(&decision, Decline::Unsure).await.map(drop),
                vec![(by(MANAGER), decline())],
            ),
            2 => (
                recovery.report(&decision).await.map(drop),
                vec![(by(MANAGER), Command::Report)],
            ),
            3 => (
                recovery.disown(id).await.map(drop),
                vec![(Actor::Owner, Command::Report)],
            ),
            4 => (
                recovery.resend_code(id).await,
                vec![browser(Command::ResendEmailCode)],
            ),
            5 => {
                let wrong = TypedCode::parse("00000000", 8).unwrap();
                let spend = browser(Command::SpendProofTry);
                let fail = browser(Command::FailProofs(vec![ProofKind::EmailCode]));
                (
                    recovery
                        .prove_codes(
                            id,
                            &Bearer::generate(&SystemEntropy),
                            &TypedCodes {
                                mailed: Some(wrong),
                                saved: None,
                            },
                        )
                        .await
                        .map(drop),
                    vec![spend, fail],
                )
            }
            _ => {
                // The directory does not know these people, so each attempt stops at once.
                let claimed = recovery.claim(id, Turn::First).await;
                assert!(claimed.is_err());
                (Err(ServiceError::Refused(Refusal::Cancelled)), Vec::new())
            }
        };
        match &done {
            Ok(()) | Err(ServiceError::Refused(_)) => {}
            Err(error) => panic!("{error}"),
        }
        let content = Content::read(&self.tables).await;
        let events = &content.log[&id][self.model.content.log[&id].len()..];
        if let Some(Event::IssueStarted { intent, fence, .. }) =
            events.first().map(|row| &row.event)
        {
            let cause = AbortCause::GuardChanged(Refusal::SubjectIsGone);
            let stop = Command::Abort {
                fence: *fence,
                cause,
                may_leave_pass: false,
            };
            commands = vec![
                browser(Command::Claim { intent: *intent }),
                (Actor::Issuer, stop),
            ];
            meet(self.met, "a claim by its use case");
        }
        let followed = self.follow(&content, id, &commands);
        if let Err(ServiceError::Refused(reason)) = &done {
            self.refused(&content, id, which, *reason);
        }
        if done.is_ok() {
            assert_eq!(followed, commands.len());
            meet(self.met, "a use case");
        }
    }

    /// What an approver meant to do and the rules refused is in the log.
    fn refused(&mut self, content: &Content, id: RequestId, which: u8, reason: Refusal) {
        let deed = match which {
            1 => Deed::Decline,
            2 => Deed::Report,
            _ => return,
        };
        let event = Event::DecisionRefused {
            approver: person_id(MANAGER),
            deed,
            reason,
        };
        let at = content.log[&id].last().unwrap().at;
        self.model.note(id, &by(MANAGER), at, event);
        meet(self.met, "a refusal in the log");
    }

    /// Follows what a use case has done to a request, as far as it came. Returns the number of changes.
    fn follow(&mut self, content: &Content, id: RequestId, commands: &[(Actor, Command)]) -> usize {
        let known = self.model.content.requests[&id].version;
        let changes = usize::try_from(content.requests[&id].version - known).unwrap();
        assert!(changes <= commands.len(), "{commands:?}");
        let mut unknown = self.unknown_jobs(content, id);
        for command in &commands[..changes] {
            let row = &content.log[&id][self.model.content.log[&id].len()];
            let at = Timestamp::from_millis(row.at);
            self.model.follow(id, command.clone(), at, &mut unknown);
            let name = self.model.request(id).state_name();
            meet(self.met, StateName::as_str(name));
        }
        assert!(unknown.is_empty(), "{unknown:?}");
        changes
    }

    fn unknown_jobs(&self, content: &Content, id: RequestId) -> Vec<(Uuid, JobRow)> {
        let known = &self.model.content.jobs;
        let of_request = content.jobs.iter().filter(|(_, job)| job.request == id);
        of_request
            .filter(|(id, _)| !known.contains_key(id))
            .map(|(id, job)| (*id, job.clone()))
            .collect()
    }
}
