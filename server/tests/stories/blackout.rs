//! The database fails under running programs: every action says so, nothing is done by halves, and everything goes on
//! by itself once it is back.

use futures::future::join_all;

use crate::{
    aftermath::{is_right, settle},
    browser::Page,
    harness::Story,
    people::{Manager, Person, work_address},
    program::Program,
    visitor::{GLANCE, Step, Told, Visitor},
};

/// A way for the database to fail.
pub trait Blackout {
    /// It fails, from now on.
    async fn begins(&self);
    /// It works again.
    async fn ends(&self);
    /// Whether the program knows, before anybody wants anything of it.
    fn is_seen(&self) -> bool {
        true
    }
    /// What the program is told about where its database is, when that is not what the story knows.
    fn variables(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// People at all stages of a recovery.
struct Cast<'a> {
    /// Asks in a moment.
    nora: Person<'a>,
    /// Has a code to type.
    ada: Person<'a>,
    ada_code: String,
    /// Has proved who they are.
    kaisa: Person<'a>,
    /// Waits for an approval; the approver has the review before them.
    elif: Person<'a>,
    lena: Manager<'a>,
    /// Waits as well; the owner of the account has the question before them whether they asked.
    quentin: Person<'a>,
    owner: Manager<'a>,
    /// Can claim a pass.
    greta: Person<'a>,
}

const CAN_CLAIM: &str = "Approved: you can get your pass";

impl<'a> Cast<'a> {
    async fn at_their_stages(story: &'a Story) -> Self {
        let cast = Self {
            nora: story.locked_out("nora.lind"),
            ada: story.locked_out("ada.keller"),
            ada_code: String::new(),
            kaisa: story.locked_out("kaisa.virtanen"),
            elif: story.locked_out("elif.yilmaz"),
            lena: story.manager("lena.fischer"),
            quentin: story.locked_out("quentin.roy"),
            owner: story.manager("quentin.roy"),
            greta: story.locked_out("greta.holm"),
        };
        cast.ada.asks().await;
        let ada_code = cast.ada.code().await;
        cast.kaisa.asks().await.proves().await;
        cast.elif.waits().await;
        let review = cast.lena.opens_mail().await;
        review.shows(200, "ask you for help?");
        cast.quentin.waits().await;
        let link = cast.quentin.not_me_link().await;
        cast.owner.browser.get(&link).await;
        cast.greta.waits().await;
        let maria = story.manager("maria.costa");
        maria.opens_mail().await;
        let code = cast.greta.contact_code().await;
        let page = maria.approves(&code).await;
        page.shows(200, "You have approved the request");
        let can_claim = async || cast.greta.status().await.text().contains(CAN_CLAIM);
        story.eventually("the claim window", can_claim).await;
        Self { ada_code, ..cast }
    }

    /// Everybody does what is next, all at once.
    async fn act(&self, contact_code: &str) -> Vec<Page> {
        join_all([
            Box::pin(self.nora.types(&work_address("nora.lind")))
                as futures::future::LocalBoxFuture<'_, Page>,
            Box::pin(self.ada.browser.post("/prove", &[("code", &self.ada_code)])),
            Box::pin(self.kaisa.browser.post("/submit", &[])),
            Box::pin(self.lena.approves(contact_code)),
            Box::pin(self.owner.browser.post("/not-me", &[])),
            Box::pin(self.greta.claims()),
        ])
        .await
    }
}

/// Goes through a blackout with people at all stages.
pub async fn nobody_loses_a_step(story: &Story, blackout: &impl Blackout) {
    let program = program_of(story, blackout).await;
    let cast = Cast::at_their_stages(story).await;
    let contact_code = cast.elif.contact_code().await;
    let calls = story.calls("POST", "/authentication/").await.len();

    blackout.begins().await;
    assert_eq!(program.is_ready().await, !blackout.is_seen());
    for page in cast.act(&contact_code).await {
        let kept = match page.path.as_str() {
            "/approve" => "The request is as it was before this step.",
            _ => "Your request and the answers before this step are kept.",
        };
        page.shows(503, "We cannot go on right now")
            .shows(503, kept);
        assert_eq!(page.header("retry-after"), "10", "{}", page.path);
    }
    assert!(!program.is_ready().await, "it knows by now");
    let page = story.browser().get("/").await;
    page.shows(200, "Start now");
    assert_eq!(story.calls("POST", "/authentication/").await.len(), calls);
    assert!(story.calls("DELETE", "").await.is_empty());

    blackout.ends().await;
    let ready = async || program.is_ready().await;
    story
        .eventually("the program to be ready again", ready)
        .await;
    // A code that has changed meanwhile would cost a try.
    let contact_code = cast.elif.contact_code().await;
    let wanted = [
        "has an address outside work on file",
        "Check before you ask",
        "Your request is waiting for approval",
        "You have approved the request",
        "Thank you for telling us",
        "Your pass",
    ];
    for (page, sentence) in cast.act(&contact_code).await.iter().zip(wanted) {
        page.shows(200, sentence);
    }
    assert_eq!(story.live_passes("greta.holm").await.len(), 1);
    // What nobody could be told meanwhile goes out by itself.
    story
        .newest(&work_address("priya.raman"), |_| Some(()))
        .await;
    the_records_are_whole(story, program).await;
}

/// Begins a blackout when a pass was asked for at Microsoft, and ends it when the answer is there.
pub async fn no_pass_is_shown_that_is_not_kept(story: &Story, blackout: &impl Blackout) {
    let program = program_of(story, blackout).await;
    let mut ada = Visitor::new(story, "ada.keller", "daniel.okafor");
    ada.until(Told::Approved).await;
    story
        .holds_call("POST", "/temporaryAccessPassMethods")
        .await;
    let claims = async {
        while ada.shown.is_empty() && story.passes("ada.keller").await.is_empty() {
            if ada.step().await.unwrap() == Step::Waits {
                tokio::time::sleep(GLANCE).await;
            }
        }
    };
    let fails = async {
        story.faults_have_struck().await;
        blackout.begins().await;
        story.held_call_goes_on().await;
    };
    tokio::join!(claims, fails);
    let deleted = async || story.live_passes("ada.keller").await.is_empty();
    story.eventually("the pass to be deleted", deleted).await;
    assert!(ada.shown.is_empty(), "a pass is shown that is not kept");
    blackout.ends().await;
    let ready = async || program.is_ready().await;
    story
        .eventually("the program to be ready again", ready)
        .await;

    let log = ends(story, program).await;
    let mut visitors = [ada];
    settle(story, &mut visitors).await;
    is_right(story, &visitors, vec![log]).await;
    assert!(!visitors[0].shown.is_empty(), "no pass in the end");
}

async fn program_of<'a>(story: &'a Story, blackout: &impl Blackout) -> Program<'a> {
    let told = blackout.variables();
    let told: Vec<_> = told
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    story.program_with(&told).await
}

async fn the_records_are_whole(story: &Story, program: Program<'_>) {
    let log = ends(story, program).await;
    is_right(story, &[], vec![log]).await;
    assert_eq!(story.requests().await.len(), 6, "each asked once");
}

/// Ends the program, so that its records can be looked at, and gives back its log.
async fn ends(story: &Story, mut program: Program<'_>) -> String {
    assert!(program.ends().await.success());
    if let Some(disk) = story.disk() {
        disk.copy_out();
    }
    program.log()
}
