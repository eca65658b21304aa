// What goes wrong, or is meant to be refused, as people meet it in a browser.
// Without JavaScript, which must not make a difference here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../harness.mjs";
import {
  alertAbout, approve, askForRecovery, assertUntouched, at, backFromHere, checkAgainUntil, claim, contactCode, follow, followReviewLink, haveApproved, identify, linkIn,
  methodsOf, openReview, passesOf, personNamed, press, prove, reviewLink, signIn, tells, withStack,
} from "./steps.mjs";

/** A story of one person at a kiosk of their own. */
const story = (title, name, tell) =>
  test(title, () => withStack(async (stack) => {
    const person = await personNamed(stack, name);
    const before = await methodsOf(stack, person);
    const { context, page } = await stack.launchBrowser({ javaScriptEnabled: false });
    await tell({ stack, person, before, context, page });
  }));

/** The person asks again in another browser and is told that recovery is locked. */
async function assertFrozen(stack, person) {
  const { page } = await stack.launchBrowser({ javaScriptEnabled: false });
  await identify(stack, page, person);
  await prove(stack, page, person);
  await page.getByText("Recovery is locked for a day to protect it.").waitFor();
  await at(page, "Check before you ask");
}

story("a request is withdrawn", "Ada Keller", async ({ stack, person, before, page }) => {
  await askForRecovery(stack, page, person);
  await page.getByText("I no longer need this").click();
  await press(page, "Yes, withdraw the request");
  await at(page, "You withdrew your request");

  const manager = await stack.launchBrowser({ javaScriptEnabled: false });
  await followReviewLink(stack, manager.page, person);
  await at(manager.page, "The request was withdrawn");
  await assertUntouched(stack, person, before);

  await follow(page, "Ask again");
  await at(page, "What happened?");
});

story("the manager reports a request", "Ada Keller", async ({ stack, person, before, page }) => {
  await askForRecovery(stack, page, person);
  const manager = await openReview(stack, person);
  await press(manager.page, "I don’t recognise this, report it");
  await at(manager.page, "Thank you for reporting this");

  await follow(page, "Check again");
  await at(page, "This request was reported");
  await alertAbout(stack, person, "reported by an approver");
  await assertFrozen(stack, person);
  await assertUntouched(stack, person, before);
});

story("the manager declines", "Ada Keller", async ({ stack, person, before, page }) => {
  await askForRecovery(stack, page, person);
  const manager = await openReview(stack, person);
  await follow(manager.page, "Decline");
  await at(manager.page, "Why do you decline?");
  await manager.page.getByLabel("They no longer need it").check();
  await press(manager.page, "Yes, decline the request");
  await at(manager.page, "The request is declined");

  await follow(page, "Check again");
  await at(page, "Your request was declined");
  await page.goto(`${stack.app}/pass`);
  await at(page, "Your request was declined");
  await assertUntouched(stack, person, before);
});

story("three wrong contact codes end a request", "Ada Keller", async ({ stack, person, before, page }) => {
  await askForRecovery(stack, page, person);
  const right = await contactCode(page);
  // Off by one in each digit, so that no code of these five minutes is hit by chance.
  const wrong = right.replaceAll(/\d/g, (digit) => String((Number(digit) + 1) % 10));
  const manager = await openReview(stack, person);
  await manager.page.getByText("You have 3 tries.").waitFor();
  await approve(manager.page, person, wrong);
  await manager.page.getByText("You have 2 tries.").waitFor();
  assert.match(await manager.page.getByRole("alert").innerText(), /That is not the code they see now/);
  assert.match(await manager.page.title(), /^Error: /);
  await approve(manager.page, person, wrong);
  await manager.page.getByText("This is the last try.").waitFor();
  await approve(manager.page, person, wrong);
  await at(manager.page, "The code was wrong three times");

  await alertAbout(stack, person, "wrong contact code three times");
  await follow(page, "Check again");
  await at(page, "Your request was declined");

  // The right code comes too late.
  await manager.page.goto(await reviewLink(stack, person));
  await at(manager.page, "The code was wrong three times");
  await assertUntouched(stack, person, before);
});

story("the manager has to type a code and to attest", "Ada Keller", async ({ stack, person, before, page }) => {
  await askForRecovery(stack, page, person);
  const { page: review } = await openReview(stack, person);
  await press(review, "Approve");
  await review.getByRole("link", { name: "Enter the code", exact: true }).waitFor();
  await review.getByLabel("The code that Ada told you").fill(await contactCode(page));
  await press(review, "Approve");
  await review.getByRole("link", { name: /^Confirm that you spoke with the person/ }).waitFor();
  await review.getByText("You have 3 tries.").waitFor();

  await follow(page, "Check again");
  await at(page, "Your request is waiting for approval");
  await assertUntouched(stack, person, before);
});

story("the owner says that it was not them", "Ada Keller", async ({ stack, person, before, page }) => {
  await askForRecovery(stack, page, person);
  const notice = await stack.mail(person.mail, ({ subject }) => subject.startsWith("Somebody asked to recover"));
  const owner = await stack.launchBrowser({ javaScriptEnabled: false });
  await owner.page.goto(linkIn(stack, notice));
  await at(owner.page, "Did you ask to recover your account?");
  assert.equal(owner.page.url(), `${stack.app}/not-me`, "the address bar tells no secret");
  await follow(page, "Check again");
  await at(page, "Your request is waiting for approval");

  await press(owner.page, "This wasn’t me, stop it");
  await at(owner.page, "Thank you for telling us");
  await follow(page, "Check again");
  await at(page, "This request was reported");
  await alertAbout(stack, person, "reported by the owner");

  const manager = await stack.launchBrowser({ javaScriptEnabled: false });
  await followReviewLink(stack, manager.page, person);
  await at(manager.page, "Thank you for reporting this");
  await assertFrozen(stack, person);
  await assertUntouched(stack, person, before);
});

story("a pass that could not be used is replaced", "Dana Petrova", async ({ stack, person, context, page }) => {
  await stack.control("PUT", "/tap-policy", { minimumLifetimeInMinutes: 10 });
  await askForRecovery(stack, page, person);
  await haveApproved(stack, page, person);
  const first = await claim(page);
  assert.equal((await page.locator(".pass-time").innerText()).trim(), "works for 15 minutes");

  const other = await context.newPage();
  await other.goto(`${stack.app}/status`);
  await follow(other, "I could not use it");
  await at(other, "Get another pass");
  await press(other, "Yes, show me the pass");
  await at(other, "Your pass");
  const second = await other.locator("#pass").innerText();
  assert.notEqual(second, first);
  assert.deepEqual((await passesOf(stack, person)).map(({ value, state }) => [value, state]), [
    [first, "Removed"],
    [second, "EnabledByPolicy"],
  ]);

  const tenant = await stack.launchBrowser();
  await tenant.page.goto(stack.sim);
  assert.match(await signIn(tenant.page, person, first), /incorrect/, "the first pass has stopped working");
  assert.equal(await signIn(tenant.page, person, second), undefined, "the second one works");

  // Whoever is signed in needs no third.
  await other.goto(`${stack.app}/pass`);
  await press(other, "Yes, show me the pass");
  await at(other, "Sign in with your pass");
  await other.getByText("has been used to sign in already").first().waitFor();
  assert.equal((await passesOf(stack, person)).length, 2);

  await press(tenant.page, "Register Microsoft Authenticator");
  await checkAgainUntil(other, "You are back in");
  await press(other, "Finish and clear this screen");
  await at(other, "This screen is clear");
  assert.deepEqual(await context.cookies(), []);
});

story("Microsoft fails while a pass is made", "Ada Keller", async ({ stack, person, page }) => {
  await askForRecovery(stack, page, person);
  await haveApproved(stack, page, person);
  await stack.control("POST", "/faults", { method: "POST", path: "/temporaryAccessPassMethods", kind: "status", status: 503 });
  await follow(page, "Get your pass");
  await press(page, "Yes, show me the pass");
  await at(page, "Approved: you can get your pass");
  await page.getByText("We could not make your pass this time.").waitFor();
  assert.ok(!(await page.content()).includes("Nothing has changed"), "nothing is promised that is not so");

  await stack.control("DELETE", "/faults");
  let tries = 0;
  await eventually("the pass", async () => {
    await follow(page, "Get your pass");
    await page.getByText("The last attempt may have signed you out").waitFor();
    await press(page, "Yes, show me the pass");
    tries += 1;
    if ((await page.title()).startsWith("Your pass")) return true;
    await page.getByText("Wait a minute, then try again.").waitFor();
    return false;
  }, 20_000);
  assert.ok(tries > 1, "the server does not hurry Microsoft");
  const made = await passesOf(stack, person);
  assert.equal(await page.locator("#pass").innerText(), made.at(-1).value);
});

story("a pass is shown once", "Ada Keller", async ({ stack, person, context, page }) => {
  await askForRecovery(stack, page, person);
  await haveApproved(stack, page, person);
  const pass = await claim(page);
  assert.ok(tells(await page.content(), pass));

  await follow(page, "Latchkey");
  await at(page, "Get back into your work account");
  assert.ok(!tells(await backFromHere(page), pass), "Back does not show it again");
  // As the browser offers there: sends the form once more.
  await page.reload();
  await at(page, "Sign in with your pass");
  const telling = [await page.content()];
  for (const path of ["/pass", "/status"]) {
    await page.goto(`${stack.app}${path}`);
    telling.push(await page.content());
  }
  assert.ok(telling.every((html) => !tells(html, pass)), "nothing shows the pass again");
  assert.equal((await passesOf(stack, person)).length, 1, "reloading makes no other pass");

  const stranger = await stack.launchBrowser({ javaScriptEnabled: false });
  await stranger.page.goto(`${stack.app}/pass`);
  await at(stranger.page, "There is no request in this browser");
  assert.ok((await context.cookies()).every(({ httpOnly, sameSite }) => httpOnly && sameSite === "Lax"));
});

story("the requester's browser cannot approve", "Ada Keller", async ({ stack, person, before, context, page }) => {
  await askForRecovery(stack, page, person);
  const review = await context.newPage();
  const answer = await review.goto(await reviewLink(stack, person));
  assert.equal(answer.status(), 403);
  await at(review, "Use another browser to review this");
  assert.equal(await review.getByRole("button").count(), 0);

  await follow(page, "Check again");
  await at(page, "Your request is waiting for approval");
  await assertUntouched(stack, person, before);
});

story("dead links say so", "Ada Keller", async ({ stack, person, page }) => {
  await askForRecovery(stack, page, person);
  const review = await reviewLink(stack, person);
  const secret = review.slice(review.lastIndexOf("/") + 1);
  const altered = secret.replace(/^./, (first) => (first === "A" ? "B" : "A"));
  const { context, page: reader } = await stack.launchBrowser({ javaScriptEnabled: false });
  for (const path of [
    "/approve/x", "/not-me/x", `/approve/${altered}`, `/approve/${secret.slice(0, -1)}`, `/approve/${secret}A`,
    // A link is for one purpose only.
    `/not-me/${secret}`,
    // Without the link that led there.
    "/approve", "/not-me",
  ]) {
    const answer = await reader.goto(`${stack.app}${path}`);
    assert.equal(answer.status(), 410, path);
    await at(reader, "This link no longer works");
    assert.deepEqual(await context.cookies(), [], `${path} gives no cookie`);
  }
  const missing = await reader.goto(`${stack.app}/no-such-page`);
  assert.equal(missing.status(), 404);
  await at(reader, "There is no page here");
});

story("an action cannot be opened as a page", "Ada Keller", async ({ stack, person, before, page }) => {
  await askForRecovery(stack, page, person);
  for (const path of ["/submit", "/withdraw", "/prove/resend", "/pass/again", "/finish", "/approve/report", "/approve/reopen", "/console/sign-out"]) {
    const answer = await page.goto(`${stack.app}${path}`);
    assert.equal(answer.status(), 405, path);
    await at(page, "This address cannot be opened by itself");
  }
  await follow(page, "See where your request stands");
  await at(page, "Your request is waiting for approval");
  await assertUntouched(stack, person, before);
});
