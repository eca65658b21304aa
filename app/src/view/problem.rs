//! What can go wrong, as a closed list: no free text of an error ever reaches a page.

/// A problem with an answer or an action. Each has its words in `components::problem`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    // Fields
    /// No answer was chosen.
    ReasonMissing,
    /// Nothing was typed as the sign-in name.
    IdentifierMissing,
    /// More than 254 characters.
    IdentifierTooLong,
    /// Not of the form name@example.com, or with characters that no sign-in name has.
    IdentifierMalformed,
    /// Nothing was typed as the code.
    CodeMissing,
    /// Not the number of digits that a code has.
    CodeMalformed,
    /// Well-formed, but not the code, not any more, or not of this request: one problem, so that nobody
    /// learns which.
    CodeWrong,
    /// A saved code with a typing mistake in it, or something else.
    SavedCodeMalformed,
    /// Nothing was typed where several things could be.
    CodesMissing,
    /// What was typed would not suffice even if it were right, so it was not looked at.
    TooFewProofs,
    /// Of what was typed, something is wrong, too old, used or somebody else's.
    ProofsWrong,
    /// It is not known yet whom the request is about, so nothing was looked at, and nothing counted.
    TooEarly,
    /// The same for longer than usual: the directory is slow or away.
    LookUpWaits,
    /// No more tries before another code is sent.
    CodeTriesUsedUp,
    /// No more codes for this request.
    NoMoreCodes,
    /// The contact code does not match; a try is used up.
    ContactCodeWrong,
    /// Third wrong contact code: the request was declined.
    ContactCodeTriesUsedUp,
    /// The attestation was not ticked.
    AttestationMissing,
    /// Sign-in name or password of the console wrong.
    SignInRefused,
    /// Nothing was typed as the reference.
    ReferenceMissing,
    /// No request of theirs that waits for a code has that reference.
    ReferenceUnknown,
    /// The code for that reference is too old.
    ReferenceCodeExpired,
    // Submission
    /// Nobody in the directory may approve for this person.
    NoApprover,
    /// The account cannot be recovered here (disabled, guest, privileged…): ask the help desk.
    NotEligible,
    /// The account is frozen after a report.
    Frozen,
    /// As many requests wait for the person's approver as may wait for anybody.
    ApproverBusy,
    /// The person has another open request.
    AlreadyOpen,
    /// The tenant cannot issue passes to this person: the policy is off or does not include them.
    PassPolicy,
    // Saved codes
    /// New codes could not be made; those before still work.
    CodesNotMade,
    /// The people who run the service have paused recovery, and with it making codes.
    CodesPaused,
    /// A report keeps the account as it is for a while, and its owner from making codes.
    CodesFrozen,
    /// So many codes were made of late that no others are.
    CodesTooOften,
    /// The form that makes codes was sent when they were made already.
    CodesMadeAlready,
    /// What recovery needs could not be looked at.
    ReadinessUnknown,
    // Absences
    /// No first day, or none that is one.
    FirstDayMissing,
    /// No last day, or none that is one.
    LastDayMissing,
    /// The last day is before the first.
    LastDayBeforeFirst,
    /// The last day is over.
    LastDayOver,
    /// It goes on for more than a year, or ends later than in a year.
    AbsenceTooLong,
    /// There is another in that time, or there are as many as there may be.
    AbsenceTaken,
    /// Nobody bears that name, or nobody who can stand in.
    DelegateUnknown,
    /// Nobody stands in for themselves.
    DelegateIsOneself,
    /// So many colleagues were named of late that no other is looked up.
    NamedTooMany,
    // Approvals
    /// No reason was chosen.
    DeclineReasonMissing,
    /// Nobody was named.
    ColleagueMissing,
    /// Nobody was named, and none chosen of those who were offered.
    NextMissing,
    /// Nobody active bears that name.
    ColleagueUnknown,
    /// The rules do not let them decide about this person.
    ColleagueRefused,
    /// The rules do not let the one who was chosen decide about this person.
    NextRefused,
    /// They were asked already.
    ColleagueAsked,
    /// The one who was chosen was asked already.
    NextAsked,
    /// It was handed on as often as it may be.
    HandedOnTooOften,
    /// The rules do not let this approver decide about this person any more.
    MayNotApprove,
    /// The approver's own account was recovered a few days ago.
    ApproverRecoveredLately,
    /// The person has approved for the approver not long ago.
    ApproverOwesSubject,
    /// The approver has approved as many requests in a day as anybody may.
    ApproverAtDailyCap,
    /// The account cannot be recovered here any more.
    SubjectNotEligible,
    /// A case is not taken up again: the person has another open request.
    ReopenOccupied,
    /// The same: as many requests wait for those who would be asked as may wait for anybody.
    ReopenBusy,
    /// The same: it was taken up before, or too late.
    ReopenOver,
    /// The same: a rule or a guard is against it.
    ReopenRefused,
    /// The request is none that the person was asked about.
    NotYoursToReview,
    // Services
    /// Microsoft did not answer, or asked to wait. Nothing was lost.
    DirectoryUnavailable,
    /// Too many at once; try again shortly.
    Busy,
    /// The request moved on meanwhile; look at where it stands.
    MovedOn,
    /// The pass could not be issued this time; another attempt is possible.
    IssueFailed,
    /// A pass that was shown cannot be replaced any more: the time or the attempts are over.
    ReplaceOver,
    /// The pass that was shown has been used.
    PassUsed,
    /// Microsoft does not list the pass that was shown, so that nobody knows whether it was used.
    PassNotListed,
}

/// A whole page about a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemPage {
    /// 404.
    NotFound,
    /// 405: an action opened as a page.
    NotAPage,
    /// 403: a form sent from another site, or without saying where from.
    ForeignForm,
    /// 413/422: a form that none of our pages sends.
    BadForm,
    /// This browser holds no request, or not any more: start again, or use the first browser.
    NoRequest,
    /// An approver's or owner's link that is unknown, used up or too old.
    DeadLink,
    /// An approver opened their link in the browser that asked for the recovery.
    SameBrowser,
    /// 410: the answer of a sign-in that took too long, was used, or began in another browser.
    SignInStale,
    /// 403: a sign-in that let nobody in, or nobody of this organisation.
    SignInRefused,
    /// 403: a sign-in that was to be fresh, or to satisfy an authentication context, and does not say that it did.
    SignInNotEnough,
    /// 403: an approver whom the directory does not list as an active employee any more.
    ApproverInactive,
    /// 403: an employee who is signed in, whom the directory does not list as one any more.
    AccountInactive,
    /// As [`Self::SignInStale`], of a sign-in that was to be a proof.
    PasswordStale,
    /// 403: a sign-in that proves nothing about this request.
    PasswordRefused,
    /// 503: a sign-in that was to be a proof, before it is known whom the request is about. It is kept for when the
    /// page is loaded again.
    PasswordTooEarly,
    /// 500: our fault; the request is kept.
    Internal,
    /// 503: database or directory away; the request is kept.
    Unavailable,
    /// 429: too much from the same network.
    TooMany {
        /// When it can be tried again, from now.
        minutes: u16,
    },
    /// 503: too much is going on, so nobody can ask for a while.
    Flooded {
        /// When it can be tried again, from now.
        minutes: u16,
    },
    /// 503: the people who run the service have paused it.
    Paused,
}

/// Whom a page about a problem speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Whoever may have a request in this browser.
    Anybody,
    /// An employee at the pages for employees, where nobody has one.
    Employee,
    /// Whoever reviews a request of somebody else.
    Approver,
}

impl Audience {
    /// Who is at this address.
    pub fn at(path: &str) -> Self {
        let is_within = |place: &str| {
            path.strip_prefix(place)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if is_within("/approve") || is_within("/approvals") {
            Self::Approver
        } else if ["/codes", "/sign-in", "/sign-out"]
            .into_iter()
            .any(is_within)
        {
            Self::Employee
        } else {
            Self::Anybody
        }
    }
}
