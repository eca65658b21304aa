// A name that is asked for often: what it takes in a browser, and without scripts.

import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { AxeBuilder } from "@axe-core/playwright";
import assert from "node:assert/strict";
import { at, personNamed, press, withStack } from "./steps.mjs";

/** One request of a name is free; the next takes work, or five seconds. */
const edit = (stock) => stock
  .replace(/^account_opens = .*$/m, "account_opens = 1")
  .replace(/^\[limits\]$/m, "[limits]\nwait_seconds = 5");

/** Waits, as a person does who was told so, until the clock is past this time of day in UTC. */
async function isPast(time) {
  const now = new Date();
  const moment = new Date(`${now.toISOString().slice(0, 10)}T${time}Z`);
  // Told before midnight, it can be a time of tomorrow.
  if (moment < now - 12 * 60 * 60 * 1000) moment.setUTCDate(moment.getUTCDate() + 1);
  await setTimeout(moment - now + 1000);
}

/** Asks for a person's account in a browser of its own. */
async function asks(stack, person, options) {
  const { page } = await stack.launchBrowser(options);
  await page.goto(`${stack.app}/identify?reason=lost-phone`);
  await page.getByLabel("What is your work email address?").fill(person.userPrincipalName);
  await press(page, "Continue");
  return page;
}

const story = (title, options, tell) =>
  test(title, () => withStack(async (stack) => {
    const person = await personNamed(stack, "Ada Keller");
    await at(await asks(stack, person, { javaScriptEnabled: false }), "Enter the code from your mail");
    const page = await asks(stack, person, options);
    await page.getByText("This takes a moment longer today").waitFor();
    const kept = await page.getByLabel("What is your work email address?").inputValue();
    assert.equal(kept, person.userPrincipalName);
    await tell(page);
    await at(page, "Enter the code from your mail");
  }, { edit }));

story("a browser works while its person waits, and stays in use", {}, async (page) => {
  await page.getByRole("status").getByText("Done. Press Continue.").waitFor({ timeout: 60_000 });
  const { violations } = await new AxeBuilder({ page }).analyze();
  assert.deepEqual(violations.map(({ id }) => id), []);
  await press(page, "Continue");
});

story("without scripts, time does instead of work", { javaScriptEnabled: false }, async (page) => {
  const told = page.getByText(/^Wait until \d\d:\d\d:\d\d UTC, then press Continue\.$/);
  const [until] = (await told.textContent()).match(/\d\d:\d\d:\d\d/);
  await press(page, "Continue");
  await page.getByText("A little more time is needed").waitFor();
  await isPast(until);
  await press(page, "Continue");
});
