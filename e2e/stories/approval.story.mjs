// What approvers do, each on a phone of their own: narrow, and without JavaScript as often as with it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import { eventually } from "../harness.mjs";
import {
  approve, askForRecovery, at, checkAgainUntil, claim, contactCode, follow, haveApproved, linkIn, managerOf,
  openReview, passesOf, personNamed, pictures, press, withStack,
} from "./steps.mjs";

/** The width of WCAG 1.4.10. */
const narrow = { width: 320, height: 640 };

/** Nothing runs over the edge of the narrowest screen, and nobody is kept out. */
async function assertFits(page, called, { scripts = true } = {}) {
  const before = page.viewportSize();
  await page.setViewportSize(narrow);
  const width = await page.locator("html").evaluate(({ scrollWidth }) => scrollWidth);
  assert.ok(width <= narrow.width, `${called}: ${width} px on the narrowest screen`);
  await page.setViewportSize(before);
  if (scripts) {
    const { violations } = await new AxeBuilder({ page }).analyze();
    assert.deepEqual(violations.map(({ id, nodes }) => `${called}: ${id} at ${nodes[0].html}`), []);
  }
}

/** A request of `name` that waits, in their own browser. */
async function waiting(stack, name) {
  const person = await personNamed(stack, name);
  const { page } = await stack.launchBrowser();
  await askForRecovery(stack, page, person);
  return { person, page };
}

/** Opens the link of the newest mail that asks `approver`, and signs in as them. */
async function review(stack, approver, person, options = {}) {
  const { page } = await stack.launchBrowser({ viewport: narrow, ...options });
  const asks = ({ subject }) => subject.includes(`${person.displayName} cannot sign in`);
  await page.goto(linkIn(stack, await stack.mail(approver.mail, asks)));
  await at(page, "Sign in to review this request");
  await press(page, "Continue to sign in");
  await page.getByRole("button", { name: approver.userPrincipalName }).click();
  await at(page, `Did ${person.displayName} ask you for help?`);
  return page;
}

for (const javaScriptEnabled of [true, false]) {
  test(`an approver approves on the narrowest phone ${javaScriptEnabled ? "with" : "without"} JavaScript`, () =>
    withStack(async (stack) => {
      const { person, page } = await waiting(stack, "Ada Keller");
      const manager = await managerOf(stack, person);
      const phone = await review(stack, manager, person, { javaScriptEnabled });
      await assertFits(phone, "review", { scripts: javaScriptEnabled });
      await pictures(phone, "approval-review");
      await approve(phone, person, await contactCode(page));
      await at(phone, "You have approved the request");
      await checkAgainUntil(page, "Approved: you can get your pass");
    }));
}

test("an approver declines for a reason", () =>
  withStack(async (stack) => {
    const { person, page } = await waiting(stack, "Ada Keller");
    const { page: phone } = await openReview(stack, person);
    await follow(phone, "Decline");
    await at(phone, "Why do you decline?");
    await assertFits(phone, "decline");
    await pictures(phone, "approval-decline");
    await press(phone, "Yes, decline the request");
    await phone.getByRole("link", { name: "Choose why you decline", exact: true }).click();
    assert.ok(await phone.locator("#why").evaluate((field) => field === document.activeElement));
    await phone.getByLabel("I could not reach them on a number I already had").check();
    await press(phone, "Yes, decline the request");
    await at(phone, "The request is declined");
    await checkAgainUntil(page, "Your request was declined");
  }));

test("an approver reports", () =>
  withStack(async (stack) => {
    const { person, page } = await waiting(stack, "Ada Keller");
    const { page: phone } = await openReview(stack, person, { javaScriptEnabled: false });
    await press(phone, "I don’t recognise this, report it");
    await at(phone, "Thank you for reporting this");
    await checkAgainUntil(page, "This request was reported");
  }));

test("an approver hands on to a colleague", () =>
  withStack(async (stack) => {
    const { person, page } = await waiting(stack, "Ada Keller");
    const maria = await personNamed(stack, "Maria Costa");
    const { page: phone } = await openReview(stack, person);
    await follow(phone, "I’m not the right person");
    await at(phone, "Who should decide instead of you?");
    await phone.getByText("Lena Fischer, the manager of Ada’s manager").waitFor();
    await assertFits(phone, "hand on");
    await pictures(phone, "approval-hand-on");
    await phone.getByLabel("Or the work email address of another colleague").fill(person.userPrincipalName);
    await press(phone, "Ask them instead of me");
    await phone.getByRole("link", { name: /^They may not decide about this person/ }).waitFor();
    await phone.getByLabel("Or the work email address of another colleague").fill(maria.userPrincipalName);
    await press(phone, "Ask them instead of me");
    await at(phone, "You have named somebody else");
    await assertFits(phone, "handed on");
    const other = await review(stack, maria, person);
    await other.getByText("You are asked because Daniel Okafor named you.").waitFor();
    await approve(other, person, await contactCode(page));
    await at(other, "You have approved the request");
  }));

test("whoever stands in is asked at once, and finds the request without their mail", () =>
  withStack(async (stack) => {
    const person = await personNamed(stack, "Ada Keller");
    const manager = await managerOf(stack, person);
    const maria = await personNamed(stack, "Maria Costa");
    const { page: office } = await stack.launchBrowser({ viewport: narrow });
    await office.goto(`${stack.app}/approvals`);
    await press(office, "Continue to sign in");
    await office.getByRole("button", { name: manager.userPrincipalName }).click();
    await at(office, "Requests for your approval");
    await follow(office, "Say when you are away");
    await at(office, "When you are away");
    await assertFits(office, "absence");
    const today = new Date().toISOString().slice(0, 10);
    await office.getByLabel("First day").fill(today);
    await office.getByLabel("Last day").fill(today);
    await office.getByLabel("Who stands in for you (optional)").fill(maria.userPrincipalName);
    await press(office, "Add this time");
    await office.getByText("stands in for you.").waitFor();
    await pictures(office, "approval-absence");
    const told = await stack.mail(maria.mail, ({ subject }) => subject.startsWith("You stand in for Daniel Okafor"));
    assert.equal(linkIn(stack, told), `${stack.app}/approvals/absence`);

    const { page } = await stack.launchBrowser();
    await askForRecovery(stack, page, person);
    const { page: phone } = await stack.launchBrowser({ viewport: narrow });
    await phone.goto(`${stack.app}/approvals`);
    await press(phone, "Continue to sign in");
    await phone.getByRole("button", { name: maria.userPrincipalName }).click();
    await at(phone, "Requests for your approval");
    await phone.getByText("You are asked because you stand in for Daniel Okafor, Ada’s manager, who is away.").waitFor();
    await assertFits(phone, "approvals");
    await pictures(phone, "approval-list");
    // They have just signed in, so they are not asked to again.
    await press(phone, "Review the request of Ada Keller");
    await at(phone, "Did Ada Keller ask you for help?");
    await approve(phone, person, await contactCode(page));
    await at(phone, "You have approved the request");
  }));

test("an account with special rights takes two approvers", () => {
  const configuration = '[privileged]\napprovers_group = "10c6fc31-d1bc-4df8-9f09-b6288f116e5c"\ncool_off_minutes = 0\n';
  return withStack(async (stack) => {
    const { person, page } = await waiting(stack, "Tara Singh");
    const code = await contactCode(page);
    assert.match(code, /^\d{4} \d{4}$/);
    const first = await review(stack, await personNamed(stack, "Tomas Berg"), person);
    await first.getByText("This account has special rights.").waitFor();
    await assertFits(first, "dual control");
    await pictures(first, "approval-dual");
    await approve(first, person, code);
    await at(first, "Yours is the first of two approvals");
    const second = await review(stack, await personNamed(stack, "Ingrid Solberg"), person);
    await second.getByText("yours is the second of two").waitFor();
    await approve(second, person, await contactCode(page));
    await at(second, "You have approved the request");
    await checkAgainUntil(page, "Approved: you can get your pass");
  }, { configuration });
});

/** The owner says, in a browser of their own, that it was not them. */
async function disown(stack, person, subject) {
  const notice = await stack.mail(person.mail, (mail) => mail.subject.startsWith(subject));
  const { page } = await stack.launchBrowser({ javaScriptEnabled: false });
  await page.goto(linkIn(stack, notice));
  await press(page, "This wasn’t me, stop it");
  await at(page, "Thank you for telling us");
}

test("“this wasn’t me” before anybody has approved, and once it is approved", () =>
  withStack(async (stack) => {
    const waits = await waiting(stack, "Ada Keller");
    await disown(stack, waits.person, "Somebody asked to recover");
    await checkAgainUntil(waits.page, "This request was reported");

    const approved = await waiting(stack, "Elif Yilmaz");
    await haveApproved(stack, approved.page, approved.person);
    await disown(stack, approved.person, "Somebody asked to recover");
    await checkAgainUntil(approved.page, "This request was reported");
  }));

test("“this wasn’t me” while the pass is being made leaves none", () =>
  withStack(async (stack) => {
    const { person, page } = await waiting(stack, "Ada Keller");
    await haveApproved(stack, page, person);
    const call = { method: "POST", path: "/temporaryAccessPassMethods", kind: "hold", times: 1 };
    await stack.control("POST", "/faults", call);
    await follow(page, "Get your pass");
    await at(page, "Get your pass");
    const claiming = press(page, "Yes, show me the pass");
    const isHeld = async () => (await stack.control("GET", "/faults")).length === 0;
    await eventually("Microsoft to be asked for the pass", isHeld);
    await disown(stack, person, "Somebody asked to recover");
    await stack.control("POST", "/held-calls");
    await claiming;
    await page.locator("h1").waitFor();
    assert.equal(await page.locator("#pass").count(), 0, "no pass is shown");
    await page.goto(`${stack.app}/status`);
    await checkAgainUntil(page, "This request was reported");
    const passes = await passesOf(stack, person);
    assert.deepEqual(passes.map(({ state }) => state), ["Removed"], "none stays");
  }));

test("“this wasn’t me” after the pass was shown undoes what was done", () =>
  withStack(async (stack) => {
    const { person, page } = await waiting(stack, "Ada Keller");
    await haveApproved(stack, page, person);
    await claim(page);
    await disown(stack, person, "Somebody asked to recover");
    await page.goto(`${stack.app}/status`);
    await checkAgainUntil(page, "This recovery was undone");
  }));
