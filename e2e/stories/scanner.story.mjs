// What guards mailboxes opens every link of every mail before people do: it runs the scripts, follows what it finds and
// asks again, but presses nothing. Nothing may come of that.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../harness.mjs";
import {
  approve, askForRecovery, at, checkAgainUntil, claim, contactCode, follow, identify, methodsOf, openReview, passesOf, personNamed,
  press, prove, reference, signIn, withStack,
} from "./steps.mjs";

/** With two in any hour, the next may have to wait for long: each mail with a code has the link to further ones. */
const edit = (stock) => stock.replace(/^mails_per_hour = .*$/m, "mails_per_hour = 2");

/** Everything of ours that a mail leads to. */
function linksIn(stack, mail) {
  const found = `${mail.text}\n${mail.html}`.match(/https?:\/\/[^\s"<>]+/g) ?? [];
  return [...new Set(found.filter((link) => link.startsWith(`${stack.app}/`)))];
}

/** Whether a link gives rights: a path of two parts whose last is a secret of 256 bits. */
const secretOf = (link) => link.match(/\/([\w-]{43})$/)?.[1];

/** Opens `address` as a browser does, and waits until its scripts are done. */
async function opens(context, address) {
  const page = await context.newPage();
  await page.goto(address);
  // A page that listens for news is never idle.
  await page.waitForLoadState("networkidle", { timeout: 3000 }).catch(() => {});
  return page;
}

/** Looks at a link in every way that presses nothing. */
async function looksAt(stack, browser, link) {
  const context = await browser.newContext();
  const page = await opens(context, link);
  const secret = secretOf(link);
  if (secret) {
    assert.ok(!page.url().includes(secret), `the secret is out of the address at once: ${page.url()}`);
    assert.ok(!(await page.content()).includes(secret), "and in no page");
  }
  const hrefs = await page.locator("a[href]").evaluateAll((anchors) => anchors.map(({ href }) => href));
  const further = [...new Set(hrefs.map((href) => href.split("#")[0]))].filter((href) => href.startsWith(`${stack.app}/`));
  for (const href of further) await (await opens(context, href)).close();
  // Again, with the cookies and without; a redirect is followed, and what is refused is refused.
  for (const address of [link, page.url(), ...further]) {
    for (const method of ["HEAD", "GET"]) {
      await context.request.fetch(address, { method });
      await fetch(address, { method });
    }
  }
  await context.close();
}

/** Whoever scans, and never looks at a link twice. */
async function scanner(stack) {
  const { browser } = await stack.launchBrowser();
  const seen = new Set();
  /** Looks at every link of every mail that has come since. */
  return async () => {
    const mails = await stack.control("GET", "/mailbox");
    const links = mails.flatMap((mail) => linksIn(stack, mail)).filter((link) => !seen.has(link));
    for (const link of links) {
      seen.add(link);
      await looksAt(stack, browser, link);
    }
    return mails.map(({ subject }) => subject);
  };
}

/** What an admin sees of the request, and what the tenant and its mailbox were told. */
async function standing(stack, office, request) {
  await office.goto(`${stack.app}/console`);
  await follow(office, request);
  await at(office, `Recovery ${request}`);
  const record = await office.locator("main").innerText();
  const writes = (await stack.control("GET", "/calls")).filter(({ method, path }) =>
    method !== "GET" && path.startsWith("/v1.0") && !path.includes("/checkMemberGroups"));
  const mails = await stack.control("GET", "/mailbox");
  return { record, writes: writes.length, mails: mails.length };
}

/** Waits until this many mails have come with subjects that begin so. */
const arrive = (stack, ...subjects) => eventually(`mails: ${subjects.join(", ")}`, async () => {
  const mails = await stack.control("GET", "/mailbox");
  return subjects.every((subject) => mails.some((mail) => mail.subject.startsWith(subject)));
});

/** An employee makes codes, which they are told of by mail. */
async function makesCodes(stack, person) {
  const { page } = await stack.launchBrowser();
  await page.goto(`${stack.app}/codes`);
  await press(page, "Continue to sign in");
  await page.getByRole("button", { name: person.userPrincipalName }).click();
  await press(page, "Make ten codes");
  await at(page, "Save your codes now");
  return page;
}

async function atConsole(stack) {
  const { page } = await stack.launchBrowser();
  await page.goto(`${stack.app}/console`);
  await page.getByLabel("Name").fill(stack.admin.name);
  await page.getByLabel("Password").fill(stack.admin.password);
  await press(page, "Sign in");
  await at(page, "Recoveries");
  return page;
}

test("a scanner opens every link of every mail, and everything goes on as if it had not", () =>
  withStack(async (stack) => {
    const person = await personNamed(stack, "Ada Keller");
    const scan = await scanner(stack);
    const office = await atConsole(stack);
    const { page } = await stack.launchBrowser();
    let request;
    /** Scans, and sees that nothing came of it. */
    const changesNothing = async () => {
      const before = await standing(stack, office, request);
      const subjects = await scan();
      assert.deepEqual(await standing(stack, office, request), before);
      return subjects;
    };

    await identify(stack, page, person);
    request = await reference(page);
    const isLast = ({ text }) => text.includes(request) && text.includes("/your-code/");
    await stack.mail(person.privateMail, isLast);
    await changesNothing();
    await prove(stack, page, person);
    await at(page, "Your request is waiting for approval");

    const name = person.displayName;
    await arrive(stack, `${name} cannot sign in`, "Somebody asked to recover", `${name} asks for account recovery`);
    await changesNothing();
    await at(page, "Your request is waiting for approval");
    const manager = await openReview(stack, person);
    await approve(manager.page, person, await contactCode(page));
    await at(manager.page, "You have approved the request");

    await arrive(stack, "The recovery of your", `The recovery of the account of ${name}`);
    await checkAgainUntil(page, "Approved: you can get your pass");
    await changesNothing();
    const pass = await claim(page);

    await arrive(stack, "A pass to sign in", `A pass for the account of ${name}`);
    const subjects = await changesNothing();
    assert.ok(subjects.length >= 8, `${subjects.join("\n")}`);
    assert.equal((await passesOf(stack, person)).length, 1);
    const { page: tenant } = await stack.launchBrowser();
    await tenant.goto(stack.sim);
    assert.equal(await signIn(tenant, person, pass), undefined, "the pass opens the account");
    await tenant.getByLabel("Name of the phone").fill("Pixel of the story");
    await press(tenant, "Register Microsoft Authenticator");
    await tenant.getByText("Microsoft Authenticator was added.").waitFor();

    await arrive(stack, "A new sign-in method was added");
    await changesNothing();
    await page.goto(`${stack.app}/status`);
    await checkAgainUntil(page, "You are back in");
    assert.equal((await methodsOf(stack, person)).length, 2);
  }, { edit }));

test("codes stay as they are when a scanner opens the link that makes them void", () =>
  withStack(async (stack) => {
    const person = await personNamed(stack, "Ada Keller");
    const page = await makesCodes(stack, person);
    await arrive(stack, "Recovery codes were made");
    const scan = await scanner(stack);
    await scan();
    await follow(page, "I have saved them");
    await page.getByText("10 of 10 codes are left.").waitFor();
  }, { edit: (stock) => stock.replace('accepted = ["email_code"]', 'accepted = ["email_code", "recovery_code"]') }));

test("the links that a scanner has opened still do what they are for", () =>
  withStack(async (stack) => {
    const person = await personNamed(stack, "Ada Keller");
    const scan = await scanner(stack);
    const { page } = await stack.launchBrowser();
    await askForRecovery(stack, page, person);
    const name = person.displayName;
    await arrive(stack, `${name} cannot sign in`, "Somebody asked to recover", `${name} asks for account recovery`);
    await scan();
    const { domain } = await stack.control("GET", "/tenant");
    const notice = await stack.mail(`security@${domain}`, ({ subject }) => subject.startsWith(`${name} asks`));
    const team = await stack.launchBrowser();
    await team.page.goto(linksIn(stack, notice).find(secretOf));
    await at(team.page, "Stop this recovery?");
    await press(team.page, "Stop this recovery");
    await at(team.page, "This recovery is stopped");
    await checkAgainUntil(page, "This request was reported");
  }));
