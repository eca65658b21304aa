// The steps that stories share, each as one person does it in a browser.

import assert from "node:assert/strict";
import { eventually, screenshot, startStack } from "../harness.mjs";

export const desktop = { width: 1280, height: 900 };
export const phone = { width: 390, height: 844 };

/** Runs `story` on programs of its own. */
export async function withStack(story, options) {
  const stack = await startStack(options);
  try {
    await story(stack);
  } finally {
    await stack.stop();
  }
}

/** Somebody of the example company, as the simulator's control describes them. */
export async function personNamed(stack, name) {
  const people = await stack.control("GET", "/people");
  const person = people.find(({ displayName }) => displayName === name);
  assert.ok(person, `${name} works at the example company`);
  return { ...person, privateMail: person.otherMails[0] };
}

/** Whoever `person` reports to. */
export async function managerOf(stack, person) {
  return await stack.control("GET", `/people/${person.managerId}`);
}

/** The sign-in methods of `person` as the tenant holds them: `{ type, id, displayName }`. */
export async function methodsOf(stack, person) {
  const methods = await stack.control("GET", `/people/${person.id}/methods`);
  return methods.map((method) => ({
    type: method["@odata.type"].replace("#microsoft.graph.", "").replace("AuthenticationMethod", ""),
    id: method.id,
    displayName: method.displayName,
  }));
}

/** The passes of `person`, oldest first, with their values. */
export async function passesOf(stack, person) {
  const passes = await stack.control("GET", `/people/${person.id}/passes`);
  return passes.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
}

/**
 * Writes down what a browser context goes through: `addresses` that the bar
 * showed, and `complaints` of the browser about `site`, which healthy pages
 * never cause.
 */
export function observe(context, site) {
  const seen = { addresses: [], complaints: [] };
  const complain = (where, what) => {
    if (where.startsWith(site)) seen.complaints.push(`${where}: ${what}`);
  };
  const watch = (page) => {
    page.on("framenavigated", (frame) => seen.addresses.push(frame.url()));
    page.on("pageerror", (error) => complain(page.url(), error.message));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complain(page.url(), message.text());
    });
    page.on("requestfailed", (request) => {
      // Leaving a page ends what it was still loading or listening to.
      const { errorText } = request.failure();
      if (errorText !== "net::ERR_ABORTED") complain(request.url(), errorText);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) complain(response.url(), response.status());
    });
  };
  for (const page of context.pages()) watch(page);
  context.on("page", watch);
  return seen;
}

/** Waits until the page with this heading is there. */
export async function at(page, heading) {
  await page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
}

/** Asks where the request stands until it stands at this heading. */
export async function checkAgainUntil(page, heading) {
  await eventually(heading, async () => {
    if ((await page.locator("h1").innerText()) === heading) return true;
    await follow(page, "Check again");
    return false;
  });
}

/** Whether `text` tells `secret`, as it is or as HTML, JSON or addresses write it. */
export function tells(text, secret) {
  const inText = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const inAttribute = inText.replaceAll('"', "&quot;").replaceAll("'", "&#39;");
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [secret, inText, inAttribute, inJson, encodeURIComponent(secret)].some((form) => text.includes(form));
}

/** Goes back to a page that must not come back; gives what the browser shows instead. */
export async function backFromHere(page) {
  // A browser may refuse to show the answer to a form again, which is as good.
  const refused = await page.goBack().then(() => "", (error) => error.message);
  assert.match(refused, /^$|ERR_CACHE_MISS/);
  return await eventually("a page behind the last", () => page.content().catch(() => undefined));
}

/** Pictures of the page at both widths, as `target/screens/NAME-1280.png` and `…-390.png`. */
export async function pictures(page, name) {
  const before = page.viewportSize();
  for (const size of [desktop, phone]) {
    await page.setViewportSize(size);
    await screenshot(page, `${name}-${size.width}`);
  }
  await page.setViewportSize(before);
}

export const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
export const follow = (page, name) => page.getByRole("link", { name, exact: true }).click();

/** A visit to a page that is of no interest to the story. */
const noted = async () => {};

/**
 * The start of every recovery: from the start page to the proofs. `seen`
 * is called with the name of each page, while it is there.
 */
export async function identify(stack, page, person, { why = "My phone is lost or stolen", ladder = "Your phone is lost or stolen", asked = "Enter the code from your mail", seen = noted } = {}) {
  await page.goto(stack.app);
  await at(page, "Get back into your work account");
  await seen("start");
  await follow(page, "Start now");
  await at(page, "What happened?");
  await seen("what-happened");
  await page.getByLabel(why, { exact: true }).check();
  await press(page, "Continue");
  await at(page, ladder);
  await seen("ladder");
  await follow(page, "Ask for a recovery");
  await at(page, "What is your work email address?");
  await seen("identify");
  await page.getByLabel("What is your work email address?").fill(person.userPrincipalName);
  await press(page, "Continue");
  await at(page, asked);
  await seen("prove");
}

/** The code that was mailed to `person` for the request that `page` is about. */
export async function mailedCode(stack, page, person) {
  const request = await reference(page);
  const mail = await stack.mail(person.privateMail, ({ subject, text }) =>
    subject.startsWith("Your code") && text.includes(request));
  return mail.text.match(/^ {4}([\d ]+)$/m)[1];
}

/** Types the mailed code, checks the answers and asks. */
export async function prove(stack, page, person, { seen = noted } = {}) {
  await page.getByLabel("Enter the code from your mail").fill(await mailedCode(stack, page, person));
  await press(page, "Continue");
  await at(page, "Check before you ask");
  await seen("check");
  await press(page, "Ask for recovery");
}

/** From the start page to the status page of a request that waits for approval. */
export async function askForRecovery(stack, page, person, how = {}) {
  await identify(stack, page, person, how);
  await prove(stack, page, person, how);
  await at(page, "Your request is waiting for approval");
  await how.seen?.("status-waiting");
}

/** The contact code that the status page shows. */
export const contactCode = (page) => page.locator("#contact-code").innerText();

/** The reference of the request that the page is about. */
export const reference = (page) => page.locator(".reference").first().innerText();

/** The one link of ours in a mail, which its button and its text share. */
export function linkIn(stack, mail) {
  const links = mail.text.match(/https?:\/\/\S+/g);
  assert.equal(links.length, 1, `one link in “${mail.subject}”`);
  assert.ok(links[0].startsWith(`${stack.app}/`), "the link leads to us");
  assert.ok(mail.html.includes(`href="${links[0]}"`), "the button has the same address");
  return links[0];
}

/** The link in the mail that asks the manager of `person`. */
export async function reviewLink(stack, person) {
  const manager = await managerOf(stack, person);
  const asks = ({ subject }) => subject === `${person.displayName} cannot sign in and asks for your approval`;
  return linkIn(stack, await stack.mail(manager.mail, asks));
}

/** Signs in as the manager of `person`, where the page asks for it. */
async function signInToReview(stack, page, person) {
  const manager = await managerOf(stack, person);
  await at(page, "Sign in to review this request");
  await press(page, "Continue to sign in");
  await page.getByRole("button", { name: manager.userPrincipalName }).click();
}

/** Follows the manager's link in a browser in which nobody is signed in, and signs in as the manager. */
export async function followReviewLink(stack, page, person) {
  await page.goto(await reviewLink(stack, person));
  await signInToReview(stack, page, person);
}

/** Opens the manager's link on a phone of their own. */
export async function openReview(stack, person, options = {}) {
  const opened = await stack.launchBrowser({ viewport: phone, ...options });
  const seen = observe(opened.context, stack.app);
  await followReviewLink(stack, opened.page, person);
  await at(opened.page, `Did ${person.displayName} ask you for help?`);
  return { ...opened, seen };
}

/** Types the code that the manager was told, and approves. */
export async function approve(page, person, code) {
  const firstName = person.displayName.split(" ")[0];
  await page.getByLabel(`The code that ${firstName} told you`).fill(code);
  await page.getByLabel(`I spoke with ${firstName} just now`).check();
  await press(page, "Approve");
}

/** The manager approves on their phone, and the person's status page is opened anew. */
export async function haveApproved(stack, page, person) {
  const manager = await openReview(stack, person, { javaScriptEnabled: false });
  await approve(manager.page, person, await contactCode(page));
  await at(manager.page, "You have approved the request");
  await follow(page, "Check again");
  await at(page, "Approved: you can get your pass");
}

/** Claims the pass and gives its value. */
export async function claim(page) {
  await follow(page, "Get your pass");
  await at(page, "Get your pass");
  await press(page, "Yes, show me the pass");
  await at(page, "Your pass");
  return await page.locator("#pass").innerText();
}

/** Tries to sign in at the simulator's page; gives what it refuses with, or nothing. */
export async function signIn(page, person, pass) {
  await page.getByLabel("User name").fill(person.userPrincipalName);
  await page.getByLabel("Temporary Access Pass").fill(pass);
  await press(page, "Sign in");
  await page.getByRole("heading", { level: 1 }).waitFor();
  const refusal = page.getByRole("alert");
  return (await refusal.count()) > 0 ? await refusal.innerText() : undefined;
}

/** The alert that the security team gets about `person`. */
export async function alertAbout(stack, person, headline) {
  const { domain } = await stack.control("GET", "/tenant");
  return await stack.mail(`security@${domain}`, ({ subject }) =>
    subject.startsWith(`Alert: ${headline} (${person.displayName}`));
}

/** Asserts that the tenant still has every method that `person` had. */
export async function assertUntouched(stack, person, before) {
  assert.deepEqual(await methodsOf(stack, person), before, "the account is as it was");
  assert.deepEqual(await passesOf(stack, person), [], "no pass was made");
}
