// That nobody is shut out: by keyboard alone, on the narrowest screen, and by
// the rules that a program can check, in light and dark.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import {
  approve, askForRecovery, at, contactCode, desktop, follow, linkIn, mailedCode, openReview, passesOf,
  personNamed, press, withStack,
} from "./steps.mjs";

/** The width of WCAG 1.4.10, which is also that of 1280 px at 400 %. */
const narrow = { width: 320, height: 640 };

test("every page passes axe in light and dark, and fits 320 px", () =>
  withStack(async (stack) => {
    const person = await personNamed(stack, "Ada Keller");
    const { page, context } = await stack.launchBrowser({ viewport: desktop });
    const faults = [];
    const inspect = (on) => async (called) => faults.push(...await faultsOf(on, called));
    const see = inspect(page);

    // An answer that is missing, in its place on the way.
    await page.goto(`${stack.app}/what-happened?answered=yes`);
    await page.getByRole("alert").waitFor();
    await see("what-happened-error");
    await askForRecovery(stack, page, person, { seen: see });
    await page.getByText("I no longer need this").click();
    await see("status-withdraw");

    const manager = await openReview(stack, person);
    await inspect(manager.page)("review");
    await press(manager.page, "Approve");
    await manager.page.getByRole("alert").waitFor();
    await inspect(manager.page)("review-error");
    await approve(manager.page, person, await contactCode(page));
    await at(manager.page, "You have approved the request");
    await inspect(manager.page)("reviewed");

    await at(page, "Approved: you can get your pass");
    await see("status-ready");
    await follow(page, "Get your pass");
    await at(page, "Get your pass");
    await see("claim");
    await press(page, "Yes, show me the pass");
    await at(page, "Your pass");
    for (const summary of await page.locator("summary").all()) await summary.click();
    await see("pass");

    const status = await context.newPage();
    await status.goto(`${stack.app}/status`);
    await at(status, "Sign in with your pass");
    await inspect(status)("status-disclosed");
    await stack.control("POST", `/people/${person.id}/methods`, {
      type: "microsoftAuthenticatorAuthenticationMethod", displayName: "Pixel",
    });
    await at(status, "You are back in");
    await inspect(status)("status-completed");

    const notice = await stack.mail(person.mail, ({ subject }) => subject.startsWith("A new sign-in method"));
    const owner = await stack.launchBrowser({ viewport: desktop });
    await owner.page.goto(linkIn(stack, notice));
    await at(owner.page, "Did you ask to recover your account?");
    await inspect(owner.page)("not-me");

    await press(page, "Finish and clear this screen");
    await at(page, "This screen is clear");
    await see("finished");
    await page.goto(`${stack.app}/no-such-page`);
    await see("problem");

    await page.goto(`${stack.app}/console`);
    await page.getByLabel("Name").fill(stack.admin.name);
    await press(page, "Sign in");
    await page.getByRole("alert").waitFor();
    await see("console-sign-in-error");
    await page.getByLabel("Password").fill(stack.admin.password);
    await press(page, "Sign in");
    await at(page, "Recoveries");
    await see("console-list");
    await page.getByRole("row").nth(1).getByRole("link").click();
    await page.locator(".timeline").waitFor();
    await see("console-detail");

    assert.deepEqual(faults, []);
  }));

/** What axe finds on a page in both colour schemes, and whether it is wider than 320 px. */
async function faultsOf(page, called) {
  const faults = [];
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    for (const { id, nodes } of violations) {
      faults.push(...nodes.map(({ target, failureSummary }) => `${called}, ${colorScheme}: ${id} at ${target}: ${failureSummary}`));
    }
  }
  const before = page.viewportSize();
  await page.setViewportSize(narrow);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  if (width > narrow.width) faults.push(`${called}: ${width} px wide on a screen of ${narrow.width} px`);
  await page.setViewportSize(before);
  return faults;
}

test("the whole way works by keyboard alone", () =>
  withStack(async (stack) => {
    const person = await personNamed(stack, "Ada Keller");
    const { page } = await stack.launchBrowser({ viewport: desktop });
    const button = (name) => page.getByRole("button", { name, exact: true });
    const link = (name) => page.getByRole("link", { name, exact: true });

    await page.goto(stack.app);
    await page.keyboard.press("Tab");
    await assertFocused(link("Skip to main content"));
    await page.keyboard.press("Enter");
    await reach(page, link("Start now"), "Enter");
    await at(page, "What happened?");
    await reach(page, button("Continue"), "Enter");
    // The summary of what is wrong takes the focus, and leads to the field.
    await assertFocused(page.getByRole("alert"));
    await reach(page, link("Choose what happened"), "Enter");
    await assertFocused(page.getByLabel("My phone is lost or stolen"));
    await page.keyboard.press("Space");
    await page.keyboard.press("Enter");
    await at(page, "Your phone is lost or stolen");
    await reach(page, link("Ask for a recovery"), "Enter");
    await reach(page, page.getByLabel("What is your work email address?"));
    await page.keyboard.type(person.userPrincipalName);
    await page.keyboard.press("Enter");
    await reach(page, page.getByLabel("Enter the code from your mail"));
    await page.keyboard.type(await mailedCode(stack, page, person));
    await page.keyboard.press("Enter");
    await at(page, "Check before you ask");
    await reach(page, button("Ask for recovery"), "Enter");
    await at(page, "Your request is waiting for approval");

    const manager = await openReview(stack, person);
    await reach(manager.page, manager.page.getByLabel("The code that Ada told you"));
    await manager.page.keyboard.type(await contactCode(page));
    await reach(manager.page, manager.page.getByLabel("I spoke with Ada just now"), "Space");
    await reach(manager.page, manager.page.getByRole("button", { name: "Approve", exact: true }), "Enter");
    await at(manager.page, "You have approved the request");

    await at(page, "Approved: you can get your pass");
    await reach(page, link("Get your pass"), "Enter");
    await reach(page, button("Yes, show me the pass"), "Enter");
    await at(page, "Your pass");
    const [pass] = await passesOf(stack, person);
    assert.equal(await page.locator("#pass").innerText(), pass.value);
    await reach(page, button("Finish and clear this screen"), "Enter");
    await at(page, "This screen is clear");
  }));

/** Tabs on to `target`, which must show that it has the focus, and presses `key` on it. */
async function reach(page, target, key) {
  await target.waitFor();
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press("Tab");
    if (await hasFocus(target)) {
      // Radios and checkboxes show it on their label.
      const rings = await target.evaluate((element) => [element, ...(element.labels ?? [])].map((drawn) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(drawn);
        return outlineStyle === "none" ? 0 : parseFloat(outlineWidth);
      }));
      assert.ok(Math.max(...rings) >= 2, `the focus is seen on ${target}`);
      if (key) await page.keyboard.press(key);
      return;
    }
  }
  assert.fail(`${target} is not reached by the Tab key`);
}

const hasFocus = (target) => target.evaluate((element) => element === document.activeElement);

async function assertFocused(target) {
  assert.ok(await hasFocus(target), `${target} has the focus`);
}
