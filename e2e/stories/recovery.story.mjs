// The whole way: a lost phone, a code, a manager, a pass, a new phone. Once with
// JavaScript and once without it, by the same story.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  approve, askForRecovery, at, backFromHere, checkAgainUntil, contactCode, desktop, follow, linkIn, methodsOf, observe,
  openReview, passesOf, personNamed, pictures, press, reference, reviewLink, signIn, tells, withStack,
} from "./steps.mjs";

/** Whatever can be logged is logged, so that a secret in it would be found. */
const talkative = { logFilter: "trace" };

test("a lost phone is replaced, with JavaScript", () =>
  withStack((stack) => recover(stack, { name: "Ada Keller", reports: "Daniel Okafor", javaScriptEnabled: true }), talkative));

test("a lost phone is replaced, without JavaScript", () =>
  withStack((stack) => recover(stack, { name: "Chidi Eze", reports: "Daniel Okafor", javaScriptEnabled: false }), talkative));

async function recover(stack, { name, reports, javaScriptEnabled }) {
  const person = await personNamed(stack, name);
  const before = await methodsOf(stack, person);
  const sessionsBefore = await stack.control("GET", `/sessions/${person.id}`);
  assert.ok(before.length > 3 && sessionsBefore.openSessions > 1, "there is something to lose");

  // Every page that anybody sees, to look for the pass in afterwards.
  const pages = new Map();
  const note = (page) => async (called) => {
    pages.set(called, await page.content());
    await pictures(page, `${javaScriptEnabled ? "script" : "plain"}-${String(pages.size).padStart(2, "0")}-${called}`);
  };

  const { context, page } = await stack.launchBrowser({ javaScriptEnabled, viewport: desktop });
  const kiosk = observe(context, stack.app);
  const see = note(page);

  await askForRecovery(stack, page, person, { seen: see });
  const request = await reference(page);
  assert.match(request, /^LK-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
  await page.getByText(`${reports.split(" ")[0]} ${reports.split(" ")[1][0]}.`).first().waitFor();
  const code = await contactCode(page);
  assert.match(code, /^\d{3} \d{3}$/);

  const manager = await openReview(stack, person, { javaScriptEnabled });
  const evidence = manager.page.locator("dl.summary").first();
  for (const fact of [
    name, person.userPrincipalName, "Their phone is lost or stolen", "127.0.0.1", "Chrome on Linux",
    "Typed the code that was mailed to their address on file", "Microsoft Authenticator",
  ]) {
    assert.ok((await evidence.innerText()).includes(fact), `the manager is told: ${fact}`);
  }
  assert.ok(!(await manager.page.content()).includes(code.replace(" ", "")), "the manager has to ask for the code");
  await note(manager.page)("review");
  await approve(manager.page, person, code);
  await at(manager.page, "You have approved the request");
  await note(manager.page)("review-approved");

  // With JavaScript the page finds out by itself.
  if (!javaScriptEnabled) await follow(page, "Check again");
  await at(page, "Approved: you can get your pass");
  await see("status-ready");
  assert.deepEqual(await methodsOf(stack, person), before, "nothing happens before the pass is asked for");

  await follow(page, "Get your pass");
  await at(page, "Get your pass");
  await see("claim");
  await press(page, "Yes, show me the pass");
  await at(page, "Your pass");
  const pass = await page.locator("#pass").innerText();
  const [made, ...others] = await passesOf(stack, person);
  assert.equal(pass, made.value, "the page shows the pass that the tenant made");
  assert.ok(made.isUsableOnce && others.length === 0);
  // The tenant's policy begins with a minimum of 60 minutes; 15 are asked for.
  const time = page.locator(".pass-time");
  if (javaScriptEnabled) {
    await time.getByText(/^(59|60):\d\d left$/).waitFor();
    await page.getByRole("button", { name: "Copy", exact: true }).waitFor();
  } else {
    assert.equal((await time.innerText()).trim(), "works for 60 minutes");
  }
  assert.ok(tells(await page.content(), pass), "a page that holds the pass is recognised");
  await pictures(page, `${javaScriptEnabled ? "script" : "plain"}-the-pass`);

  // The pass stays on its page; the sign-in opens beside it.
  const opening = context.waitForEvent("page");
  await follow(page, "Sign in with the pass (opens a new tab)");
  const tenant = await opening;
  await at(tenant, "Sign in");
  assert.equal(await signIn(tenant, person, pass), undefined, "the pass opens the account");
  await at(tenant, "Security info");

  const thief = await stack.launchBrowser({ javaScriptEnabled });
  await thief.page.goto(stack.sim);
  assert.match(await signIn(thief.page, person, pass), /used already/, "the pass works once");

  const status = await context.newPage();
  await status.goto(`${stack.app}/status`);
  await at(status, "Sign in with your pass");
  await note(status)("status-disclosed");

  await tenant.getByLabel("Name of the phone").fill("Pixel of the story");
  await press(tenant, "Register Microsoft Authenticator");
  await tenant.getByText("Microsoft Authenticator was added.").waitFor();

  // Here, too, the page notices by itself.
  await (javaScriptEnabled ? at : checkAgainUntil)(status, "You are back in");
  await status.getByText("Microsoft Authenticator (Pixel of the story)").waitFor();
  await note(status)("status-completed");

  const after = await methodsOf(stack, person);
  assert.deepEqual(after.map(({ type }) => type).sort(), ["microsoftAuthenticator", "password"]);
  const fresh = after.find(({ type }) => type === "microsoftAuthenticator");
  assert.ok(before.every(({ id }) => id !== fresh.id), "the old Authenticator is not the new one");
  const sessionsAfter = await stack.control("GET", `/sessions/${person.id}`);
  assert.ok(
    sessionsAfter.signInSessionsValidFromDateTime > sessionsBefore.signInSessionsValidFromDateTime,
    "older sign-ins count no longer",
  );
  assert.equal(sessionsAfter.openSessions, 1, "only the new sign-in is open");

  await consoleShows(stack, { person, reports, request, note, javaScriptEnabled });
  const notice = await stack.mail(person.mail, ({ subject }) => subject.startsWith("A new sign-in method was added"));
  linkIn(stack, notice);

  await status.close();
  const carried = (await ours(context, stack)).map(({ value }) => value);
  assert.ok(carried.length > 0, "the browser was bound to the request");
  await press(page, "Finish and clear this screen");
  await at(page, "This screen is clear");
  await see("finished");
  assert.deepEqual(await ours(context, stack), [], "nothing of ours stays in the browser");
  // Without JavaScript the browser complains of every script.
  if (javaScriptEnabled) assert.deepEqual([...kiosk.complaints, ...manager.seen.complaints], []);

  assert.ok(!tells(await backFromHere(page), pass), "Back does not bring the pass back");
  for (const [called, html] of pages) assert.ok(!tells(html, pass), `the pass is on its own page only, not on ${called}`);
  const secrets = [pass, ...carried, secretOf(await reviewLink(stack, person))];
  for (const { addresses } of [kiosk, manager.seen]) {
    const telling = addresses.filter((address) => secrets.some((secret) => tells(address, secret)));
    assert.deepEqual(telling, [], "no address tells a secret");
  }
  await nothingIsKept(stack, made);
}

/** The pass is in no mail, no log, however talkative, and not in the database. */
async function nothingIsKept(stack, { id, value: pass }) {
  assert.ok(!tells(JSON.stringify(await stack.control("GET", "/mailbox")), pass), "no mail tells the pass");
  const files = (await readdir(stack.folder)).filter((file) => file !== "latchkey-simulator.log");
  assert.ok(["latchkey.db", "latchkey.db-wal", "latchkey.log"].every((file) => files.includes(file)), `${files}`);
  const contents = await Promise.all(files.map((file) => readFile(join(stack.folder, file), "latin1")));
  assert.ok(contents.some((content) => content.includes(id)), "the pass's id is on record");
  assert.deepEqual(files.filter((_, index) => tells(contents[index], pass)), [], "no file holds the pass");
}

/** An admin signs in and finds the recovery with all that happened. */
async function consoleShows(stack, { person, reports, request, note, javaScriptEnabled }) {
  const { page } = await stack.launchBrowser({ javaScriptEnabled, viewport: desktop });
  await page.goto(`${stack.app}/console`);
  await at(page, "Sign in to the console");
  await note(page)("console-sign-in");
  await page.getByLabel("Name").fill(stack.admin.name);
  await page.getByLabel("Password").fill(stack.admin.password);
  await press(page, "Sign in");
  await at(page, "Recoveries");
  const row = page.getByRole("row").filter({ hasText: request });
  assert.match(await row.innerText(), new RegExp(`${person.displayName}[^]*Completed[^]*${reports}`));
  await note(page)("console-list");
  await follow(row, request);
  await at(page, `Recovery ${request}`);
  const timeline = await page.locator(".timeline").innerText();
  let from = 0;
  for (const step of [
    "Opened the request: Their phone is lost or stolen",
    `Recognised ${person.displayName}`,
    "Passed: code by mail to the address on file",
    `Asked ${reports} for approval`,
    "Approved: spoke with the person on a number they already had",
    "The pass can be had until",
    "Began issuing, attempt 1",
    "Found on the account:",
    "Ended all sessions",
    "Gave out pass",
    "New methods are registered: Microsoft Authenticator (Pixel of the story)",
  ]) {
    const found = timeline.indexOf(step, from);
    assert.ok(found >= 0, `“${step}” comes next in the timeline:\n${timeline}`);
    from = found;
  }
  await note(page)("console-detail");
}

/** Our cookies, without those of the simulator, which shares the host. */
const ours = async (context, stack) =>
  (await context.cookies(stack.app)).filter(({ name }) => name.includes("latchkey"));

const secretOf = (link) => link.slice(link.lastIndexOf("/") + 1);
